// One generation in the gallery.

import { Frame } from './frame';
import type { CommandType } from './generated/contract';
import { hasEnded, type Entry } from './generations';
import { part } from './part';
import { factsInWords, failureInWords, stateInWords } from './words';

export type Order = (type: CommandType, entry: Entry) => void;

/** Shows whatever state it is given; it remembers nothing of the one before. */
export class Card {
  readonly element: HTMLElement;
  private readonly frame: Frame;
  private entry: Entry;

  constructor(entry: Entry, order: Order) {
    const template = part(document, '#card', HTMLTemplateElement);
    const copy = document.importNode(template.content, true);
    this.element = part(copy, '.card', HTMLElement);
    this.frame = new Frame(part(this.element, '.frame', HTMLElement));
    this.entry = entry;
    for (const type of ['cancel', 'delete'] as const) {
      this.button(type).addEventListener('click', () => {
        if (!isOrdered(this.entry)) order(type, this.entry);
      });
    }
    this.show(entry);
  }

  show(entry: Entry): void {
    this.entry = entry;
    this.element.dataset.fileUid = entry.fileUid;
    this.element.dataset.mediaType = entry.mediaType;
    this.element.dataset.status = entry.generation.status ?? '';
    this.frame.show(entry);
    this.write('.prompt', entry.generation.request_data?.prompt ?? '');
    this.write('.words', stateInWords(entry));
    this.write('.problem', failureInWords(entry));
    this.write('.facts', factsInWords(entry));
    this.showProgress(entry);
    this.showButton('cancel', !hasEnded(entry) && !entry.sending);
    this.showButton('delete', hasEnded(entry));
  }

  private showProgress(entry: Entry): void {
    const bar = part(this.element, 'progress', HTMLProgressElement);
    const { status, stage, progress } = entry.generation;
    bar.hidden = status !== 'processing';
    if (stage === 'generating' && typeof progress?.fraction === 'number') bar.value = progress.fraction;
    else bar.removeAttribute('value');
  }

  private showButton(type: CommandType, useful: boolean): void {
    const button = this.button(type);
    button.hidden = !useful;
    // Not `disabled`, which would take the focus away from under the person's fingers.
    button.setAttribute('aria-disabled', String(isOrdered(this.entry)));
    const name = type === 'cancel' ? 'Cancel' : 'Delete';
    button.setAttribute('aria-label', `${name}: ${this.entry.generation.request_data?.prompt ?? ''}`);
  }

  private button(type: CommandType): HTMLButtonElement {
    return part(this.element, `.actions .${type}`, HTMLButtonElement);
  }

  /** Empty paragraphs are not shown. The text is set only when it differs, so a selection in it stays. */
  private write(selector: string, text: string): void {
    const target = part(this.element, `.caption ${selector}`, HTMLElement);
    if (target.textContent !== text) target.textContent = text;
  }
}

/** Whether the user has asked for what the card's button does. */
function isOrdered(entry: Entry): boolean {
  return entry.ordered === 'delete' || (entry.ordered === 'cancel' && !hasEnded(entry));
}
