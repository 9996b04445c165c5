// Short sentences: at the edge of the page, from where they go away by themselves, or only for those who listen.

import { part } from './part';

const SHOWN_MS = 5_000;

export function notice(sentence: string): void {
  const line = document.createElement('p');
  line.textContent = sentence;
  placeOf('.notices').append(line);
  setTimeout(() => line.remove(), SHOWN_MS);
}

/** For those who do not see it happen. */
export function announce(sentence: string): void {
  placeOf('.announcement').textContent = sentence;
}

/** An open dialog covers all else, also for those who listen. */
function placeOf(selector: string): Element {
  return document.querySelector(`dialog[open] ${selector}`) ?? part(document, `body > ${selector}`, HTMLElement);
}
