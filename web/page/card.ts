// One generation in the gallery.

import type { GenerationState } from '../client';
import { ActionButtons } from './action_buttons';
import type { Actions } from './actions';
import { Frame } from './frame';
import { part } from './part';
import { captionOf, promptOf } from './words';

/** Shows whatever state it is given; it remembers nothing of the one before but what is on it. */
export class Card {
  readonly element: HTMLElement;
  private readonly frame: Frame;
  private readonly buttons: ActionButtons;
  state: GenerationState;

  constructor(
    state: GenerationState,
    actions: Actions,
    open: (card: Card, index: number) => void,
  ) {
    const template = part(document, '#card', HTMLTemplateElement);
    const copy = document.importNode(template.content, true);
    this.element = part(copy, '.card', HTMLElement);
    this.buttons = new ActionButtons(part(this.element, '.actions', HTMLElement), actions, 'card');
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
    if (this.buttons.show(() => this.state)) this.focus();
  }

  /** Puts the focus on what opens the viewer with this picture, or on the card's first button. */
  focus(index = 0): void {
    const opener = this.element.querySelectorAll<HTMLElement>('.open')[index];
    (opener ?? this.element.querySelector('button'))?.focus();
  }

  /** The text is set only when it differs, so a selection in it stays. */
  private write(selector: string, text: string): void {
    const target = part(this.element, `.caption ${selector}`, HTMLElement);
    if (target.textContent !== text) target.textContent = text;
  }
}
