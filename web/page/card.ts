// One generation in the gallery.

import type { GenerationState } from '../client';
import { buttonOf, type Actions } from './actions';
import { Frame } from './frame';
import { part } from './part';
import { captionOf, promptOf } from './words';

/** Shows whatever state it is given; it remembers nothing of the one before but what is on it. */
export class Card {
  readonly element: HTMLElement;
  private readonly frame: Frame;
  private readonly buttons: HTMLElement;
  private offered = '';
  state: GenerationState;

  constructor(
    state: GenerationState,
    private readonly actions: Actions,
    open: (card: Card, index: number) => void,
  ) {
    const template = part(document, '#card', HTMLTemplateElement);
    const copy = document.importNode(template.content, true);
    this.element = part(copy, '.card', HTMLElement);
    this.buttons = part(this.element, '.actions', HTMLElement);
    this.frame = new Frame(part(this.element, '.frame', HTMLElement), (index) => open(this, index));
    this.state = state;
    this.show(state);
  }

  show(state: GenerationState): void {
    this.state = state;
    const { dataset } = this.element;
    dataset.fileUid = state.fileUid;
    dataset.mediaType = state.mediaType;
    dataset.status = state.status;
    this.frame.show(state);
    this.write('.prompt', promptOf(state));
    this.write('.words', captionOf(state));
    this.offerActions();
  }

  /** Puts the focus on what opens the viewer, or on the card's first button. */
  focus(): void {
    this.element.querySelector<HTMLElement>('button')?.focus();
  }

  /** Buttons stay as long as they mean the same: a new one would lose the focus. */
  private offerActions(): void {
    const actions = this.actions.of(this.state).filter(({ onCard }) => onCard);
    const offered = JSON.stringify([this.state.status, actions.map(({ name }) => name)]);
    if (offered !== this.offered) {
      this.offered = offered;
      const hadFocus = this.buttons.contains(document.activeElement);
      // What a button does is looked up when it is pressed: the state may be another by then.
      const buttons = actions.map((action) =>
        buttonOf({ ...action, carryOut: () => this.carryOut(action.name) }, this.state, false),
      );
      this.buttons.replaceChildren(...buttons);
      if (hadFocus) this.focus();
    }
    // Not `disabled`, which would take the focus away from under the person's fingers.
    for (const button of this.buttons.children) {
      button.setAttribute('aria-disabled', String(this.state.ordered !== undefined));
    }
  }

  private carryOut(name: string): void {
    if (this.state.ordered === undefined) this.actions.named(name, this.state)?.carryOut();
  }

  /** The text is set only when it differs, so a selection in it stays. */
  private write(selector: string, text: string): void {
    const target = part(this.element, `.caption ${selector}`, HTMLElement);
    if (target.textContent !== text) target.textContent = text;
  }
}
