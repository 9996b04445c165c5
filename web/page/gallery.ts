// All generations of the user, newest first: one card for each document, found again by its path.

import { hasEnded, keyOf, type GenerationState } from '../client';
import type { Actions } from './actions';
import { Card } from './card';
import type { FeedView } from './feed';
import { announce } from './notices';
import { part } from './part';
import type { Viewer } from './viewer';
import { promptOf, stateInWords } from './words';

const LOAD_AHEAD = '800px';

export class Gallery {
  private readonly list = part(document, '#gallery', HTMLElement);
  private readonly empty = part(document, '#empty', HTMLElement);
  private readonly moreButton = part(document, '#more', HTMLButtonElement);
  private readonly cards = new Map<string, Card>();
  private readonly working = new Set<string>();
  private readonly end = new IntersectionObserver(
    ([button]) => {
      if (button?.isIntersecting) this.more();
    },
    { rootMargin: LOAD_AHEAD },
  );
  private more: () => void = () => {};

  constructor(
    private readonly actions: Actions,
    private readonly viewer: Viewer,
  ) {
    this.moreButton.onclick = () => this.more();
  }

  /** What to do when the end of the list comes near, here or in the viewer. */
  onMore(more: () => void): void {
    this.more = more;
    this.viewer.onMore(more);
  }

  show({ generations, hasMore, live }: FeedView): void {
    const keys = generations.map(keyOf);
    this.removeAllBut(new Set(keys));
    generations.forEach((state, index) => this.place(state, index));
    this.list.setAttribute('aria-busy', String(!live && generations.length === 0));
    this.empty.hidden = generations.length > 0 || !live;
    if (!hasMore && document.activeElement === this.moreButton) this.cardOf(this.list.lastElementChild)?.focus();
    this.moreButton.hidden = !hasMore;
    // Observed anew, it tells at once when the end is still near.
    this.end.disconnect();
    if (hasMore) this.end.observe(this.moreButton);
    const ended = generations.flatMap((state) => this.endingOf(state) ?? []);
    if (ended.length > 0) announce(ended.join('; '));
    this.viewer.follow(keys.flatMap((key) => this.cards.get(key) ?? []));
  }

  /** For another user. */
  clear(): void {
    this.end.disconnect();
    this.viewer.close();
    this.list.replaceChildren();
    this.empty.hidden = true;
    this.list.setAttribute('aria-busy', 'true');
    this.moreButton.hidden = true;
  }

  /** Cards that stand where they belong are not moved: moving stops a video. */
  private place(state: GenerationState, index: number): void {
    const key = keyOf(state);
    const card = this.cards.get(key) ?? new Card(state, this.actions, (opened, which) => this.viewer.open(opened, which));
    this.cards.set(key, card);
    card.show(state);
    const standing = this.list.children[index] ?? null;
    if (standing !== card.element) this.list.insertBefore(card.element, standing);
  }

  private removeAllBut(keys: ReadonlySet<string>): void {
    for (const [key, card] of this.cards) {
      if (keys.has(key)) continue;
      const hadFocus = card.element.contains(document.activeElement);
      const beside = card.element.nextElementSibling ?? card.element.previousElementSibling;
      card.element.remove();
      this.cards.delete(key);
      this.working.delete(key);
      const next = this.cardOf(beside);
      if (hadFocus && next !== undefined) next.focus();
      else if (hadFocus) part(document, '#gallery-title', HTMLElement).focus();
    }
  }

  private cardOf(element: Element | null): Card | undefined {
    return [...this.cards.values()].find((card) => card.element === element);
  }

  /** What is to be said aloud, for those who do not see that it has ended. Progress would be too much. */
  private endingOf(state: GenerationState): string | undefined {
    const key = keyOf(state);
    if (!hasEnded(state)) this.working.add(key);
    else if (this.working.delete(key)) return `${stateInWords(state)}: ${promptOf(state)}`;
    return undefined;
  }
}
