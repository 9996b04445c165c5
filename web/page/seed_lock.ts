// A seed that stays, for trying what else changes a picture.

import { icon } from './icon';

const SEEDS = 2 ** 32;

/** Locked means: there is a seed in the field. Locking an empty one draws it; unlocking empties it. */
export class SeedLock {
  private readonly button = document.createElement('button');
  private input: HTMLInputElement | undefined;

  constructor(set: (seed: number | '') => void) {
    this.button.type = 'button';
    this.button.className = 'icon lock';
    this.button.setAttribute('aria-label', 'Keep the seed');
    this.button.title = 'Keep the seed for the next ones';
    this.button.addEventListener('click', () => {
      set(this.isLocked ? '' : Math.floor(Math.random() * SEEDS));
    });
  }

  attach(field: HTMLElement, input: HTMLInputElement): void {
    this.input = input;
    input.addEventListener('input', () => this.show());
    const row = document.createElement('div');
    row.className = 'with-lock';
    input.replaceWith(row);
    row.append(input, this.button);
    field.classList.add('seed');
  }

  show(): void {
    this.button.setAttribute('aria-pressed', String(this.isLocked));
    this.button.replaceChildren(icon(this.isLocked ? 'locked' : 'unlocked'));
  }

  private get isLocked(): boolean {
    return this.input?.value !== '';
  }
}
