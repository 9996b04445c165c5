// One question before what cannot be undone.

import { part } from './part';

/** Whether the person said yes. Escape is no. */
export function confirmed(): Promise<boolean> {
  const dialog = part(document, '#confirm', HTMLDialogElement);
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}
