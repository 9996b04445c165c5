// All generations of the user, newest first: one card for each document, found again by its path.

import { Card, type Order } from './card';
import { hasEnded, type Entry, type View } from './generations';
import { part } from './part';
import { stateInWords } from './words';

export class Gallery {
  private readonly list = part(document, '#gallery', HTMLElement);
  private readonly empty = part(document, '#empty', HTMLElement);
  private readonly announcement = part(document, '#announcement', HTMLElement);
  private readonly cards = new Map<string, Card>();
  private readonly working = new Set<string>();

  constructor(private readonly order: Order) {}

  show({ entries, live }: View): void {
    const keys = entries.map(keyOf);
    this.removeAllBut(new Set(keys));
    entries.forEach((entry, index) => this.place(entry, index));
    this.empty.hidden = entries.length > 0 || !live;
    for (const entry of entries) this.announce(entry);
  }

  /** Cards that stand where they belong are not moved: moving stops a video. */
  private place(entry: Entry, index: number): void {
    const key = keyOf(entry);
    const card = this.cards.get(key) ?? new Card(entry, this.order);
    this.cards.set(key, card);
    card.show(entry);
    const standing = this.list.children[index] ?? null;
    if (standing !== card.element) this.list.insertBefore(card.element, standing);
  }

  private removeAllBut(keys: ReadonlySet<string>): void {
    for (const [key, card] of this.cards) {
      if (keys.has(key)) continue;
      const hadFocus = card.element.contains(document.activeElement);
      card.element.remove();
      this.cards.delete(key);
      this.working.delete(key);
      if (hadFocus) part(document, '#gallery-title', HTMLElement).focus();
    }
  }

  /** Says aloud that something has ended, for those who do not see it. Progress would be too much. */
  private announce(entry: Entry): void {
    const key = keyOf(entry);
    if (!hasEnded(entry)) this.working.add(key);
    else if (this.working.delete(key)) {
      this.announcement.textContent = `${stateInWords(entry)}: ${entry.generation.request_data?.prompt ?? ''}`;
    }
  }
}

function keyOf(entry: Entry): string {
  return `${entry.mediaType}/${entry.fileUid}`;
}
