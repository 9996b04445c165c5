// One picture or video in full size, and everything that is known about it. Arrow keys go through the gallery.

import type { GenerationState } from '../client';
import { ActionButtons } from './action_buttons';
import type { Actions } from './actions';
import type { Card } from './card';
import { part } from './part';
import { factsOf, promptOf } from './words';

/** Leads to the form or to a new card, which the viewer would cover. */
const LEADS_AWAY: readonly string[] = ['Edit', 'Run again'];

/** Older ones are asked for when so few are left. */
const AHEAD = 3;

/** A picture of a completed generation, or its video. */
interface Place {
  card: Card;
  index: number;
}

export class Viewer {
  private readonly dialog = part(document, '#viewer', HTMLDialogElement);
  private readonly stage = part(this.dialog, '.stage', HTMLElement);
  private readonly buttons: ActionButtons;
  private readonly previous = part(this.dialog, '.previous', HTMLButtonElement);
  private readonly next = part(this.dialog, '.next', HTMLButtonElement);
  private places: Place[] = [];
  private at: Place | undefined;
  private more: () => void = () => {};
  /** Puts the focus somewhere when it has closed. */
  private handBack: () => void = focusTitle;

  constructor(actions: Actions) {
    const leave = (name: string) => {
      if (LEADS_AWAY.includes(name)) this.leave();
    };
    this.buttons = new ActionButtons(part(this.dialog, '.actions', HTMLElement), actions, 'viewer', leave);
    this.previous.addEventListener('click', () => this.step(-1));
    this.next.addEventListener('click', () => this.step(1));
    part(this.dialog, '.close', HTMLButtonElement).addEventListener('click', () => this.dialog.close());
    this.dialog.addEventListener('keydown', (event) => this.press(event));
    this.dialog.addEventListener('click', (event) => {
      if (event.target === this.dialog || event.target === this.stage) this.dialog.close();
    });
    this.dialog.addEventListener('close', () => {
      this.stage.replaceChildren(); // a video stops
      this.at = undefined;
      this.handBack();
    });
  }

  open(card: Card, index: number): void {
    this.show({ card, index });
    this.dialog.showModal();
    this.dialog.focus();
  }

  close(): void {
    this.places = [];
    this.dialog.close();
  }

  /** What to do when the last of the places comes near. */
  onMore(more: () => void): void {
    this.more = more;
  }

  /** The cards of the gallery, in its order. */
  follow(cards: readonly Card[]): void {
    const was = this.position;
    this.places = cards.flatMap((card) =>
      Array.from({ length: countOf(card.state) }, (_, index): Place => ({ card, index })),
    );
    if (this.at === undefined || !this.dialog.open) return;
    if (this.position >= 0) this.showActions(this.at);
    else {
      const beside = this.places[Math.min(was, this.places.length - 1)]; // it has been deleted
      this.handBack = beside === undefined ? focusTitle : () => beside.card.focus();
      this.dialog.close();
    }
  }

  private get position(): number {
    return this.places.findIndex(({ card, index }) => card === this.at?.card && index === this.at.index);
  }

  private show(place: Place): void {
    this.at = place;
    const { card } = place;
    const { state } = card;
    this.handBack = () => (card.element.isConnected ? card.focus(place.index) : focusTitle());
    this.stage.replaceChildren(...contentsOf(state, place.index));
    part(this.dialog, '.prompt', HTMLElement).textContent = promptOf(state);
    part(this.dialog, '.facts', HTMLElement).replaceChildren(...factsOf(state).flatMap(([name, value]) => fact(name, value)));
    this.showActions(place);
    // What had the focus may be gone or off, and the keys are heard in here only.
    const focused = document.activeElement;
    const lost = !this.dialog.contains(focused) || focused?.matches(':disabled');
    if (this.dialog.open && lost) this.dialog.focus();
  }

  /** And which one of how many it is; both change while it is looked at. */
  private showActions({ card, index }: Place): void {
    if (this.buttons.show(() => card.state, index)) this.dialog.focus();
    const { position } = this;
    const which = `${position + 1} of ${this.places.length}`;
    const said = part(this.dialog, '.position', HTMLElement);
    if (said.textContent !== which) said.textContent = which;
    this.previous.disabled = position <= 0;
    this.next.disabled = position >= this.places.length - 1;
    if (position + AHEAD >= this.places.length) this.more();
  }

  /** Closes, and leaves the focus to whoever asked. */
  private leave(): void {
    this.handBack = () => {};
    this.dialog.close();
  }

  private step(by: number): void {
    const place = this.places[this.position + by];
    if (place !== undefined) this.show(place);
  }

  private press(event: KeyboardEvent): void {
    if (event.target instanceof HTMLVideoElement) return; // there, arrows wind
    if (event.altKey || event.ctrlKey || event.metaKey) return; // the browser's own
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      Home: -this.position,
      End: this.places.length - 1 - this.position,
    };
    const by = steps[event.key];
    if (by === undefined) return;
    event.preventDefault();
    this.step(by);
  }
}

function focusTitle(): void {
  part(document, '#gallery-title', HTMLElement).focus();
}

function countOf(state: GenerationState): number {
  if (state.status !== 'completed') return 0;
  return 'image_urls' in state.result ? state.result.image_urls.length : 1;
}

function contentsOf(state: GenerationState, index: number): HTMLElement[] {
  if (state.status !== 'completed') return [];
  const { result } = state;
  const { width, height } = result;
  if ('image_urls' in result) {
    const picture = document.createElement('img');
    Object.assign(picture, { width, height, alt: promptOf(state), src: result.image_urls[index] });
    picture.style.setProperty('--ratio', String(width / height));
    picture.addEventListener('error', () => picture.replaceWith(unloadable()));
    return [picture];
  }
  const video = document.createElement('video');
  const { video_url: src, poster_url: poster } = result;
  Object.assign(video, { width, height, poster, src, controls: true, loop: true, playsInline: true });
  video.style.setProperty('--ratio', String(width / height));
  video.muted = true;
  video.autoplay = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  video.setAttribute('aria-label', promptOf(state));
  video.addEventListener('error', () => video.replaceWith(unloadable()));
  return [video];
}

function unloadable(): HTMLElement {
  const line = document.createElement('p');
  line.className = 'problem';
  line.textContent = 'It could not be loaded. Check the connection, then open it again.';
  return line;
}

function fact(name: string, value: string): HTMLElement[] {
  const term = document.createElement('dt');
  const description = document.createElement('dd');
  term.textContent = name;
  description.textContent = value;
  return [term, description];
}
