// The buttons of one generation, where they stand: below its card, or in the viewer.

import type { GenerationState } from '../client';
import type { Action, Actions } from './actions';
import { icon } from './icon';
import { promptOf } from './words';

export class ActionButtons {
  private offered = '';
  private of: (() => GenerationState) | undefined;
  private picture: number | undefined;

  /** `before` is told what is about to be carried out. */
  constructor(
    private readonly place: HTMLElement,
    private readonly actions: Actions,
    private readonly where: 'card' | 'viewer',
    private readonly before: (name: string) => void = () => {},
  ) {}

  /**
   * Buttons stay as long as they mean the same: a new one would lose the focus, and a press that has begun on the old
   * one. What a button does is looked up when it is pressed: the state may be another by then. Returns whether they
   * are others, and had the focus. Where there are several pictures, `picture` is the one that is meant.
   */
  show(of: () => GenerationState, picture?: number): boolean {
    this.of = of;
    this.picture = picture;
    const state = of();
    const actions = this.actions.of(state).filter(({ onCard }) => onCard || this.where === 'viewer');
    const offered = JSON.stringify([state.mediaType, state.fileUid, state.status, actions.map(({ name }) => name)]);
    const isNew = offered !== this.offered;
    const hadFocus = isNew && this.place.contains(document.activeElement);
    if (isNew) {
      this.offered = offered;
      this.place.replaceChildren(...actions.map((action) => this.buttonOf(action, state)));
    }
    // Not `disabled`, which would take the focus away from under the person's fingers.
    for (const button of this.place.children) button.setAttribute('aria-disabled', String(state.ordered !== undefined));
    return hadFocus;
  }

  /** A button with its drawing. The words are for those who cannot see it, or in full. */
  private buttonOf(action: Action, state: GenerationState): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.action = action.name;
    button.append(icon(action.icon));
    if (this.where === 'viewer') button.append(action.name);
    else {
      button.className = 'icon';
      button.title = action.name;
      button.setAttribute('aria-label', `${action.name}: ${promptOf(state)}`);
    }
    button.addEventListener('click', () => this.carryOut(action.name));
    return button;
  }

  private carryOut(name: string): void {
    const state = this.of?.();
    if (state === undefined || state.ordered !== undefined) return;
    this.before(name);
    this.actions.named(name, state)?.carryOut(this.picture);
  }
}
