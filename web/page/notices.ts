// Short sentences at the edge of the page, which go away by themselves.

import { part } from './part';

const SHOWN_MS = 5_000;

export function notice(sentence: string): void {
  const line = document.createElement('p');
  line.textContent = sentence;
  // An open dialog covers all else, also for those who listen.
  const place = document.querySelector('dialog[open] .notices') ?? part(document, 'body > .notices', HTMLElement);
  place.append(line);
  setTimeout(() => line.remove(), SHOWN_MS);
}
