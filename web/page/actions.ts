// What can be done with a generation: on its card and in the viewer, the same buttons.

import { hasEnded, keyOf, toSafelightError, type GenerationState, type Request, type Safelight } from '../client';
import { confirmed } from './confirm';
import type { Connection } from './connection';
import { download } from './download';
import type { Icon } from './icon';
import { notice } from './notices';
import { Repeats } from './repeats';
import type { RequestForm } from './request_form';
import { promptOf } from './words';

export interface Action {
  name: string;
  icon: Icon;
  /** On the card there is room for a few. */
  onCard: boolean;
  /** `picture` is the one that is meant, where not all of them are. */
  carryOut: (picture?: number) => void;
}

export class Actions {
  private readonly repeats = new Repeats();

  constructor(
    private readonly safelight: Safelight,
    private readonly form: RequestForm,
    private readonly connection: Connection,
  ) {}

  of(state: GenerationState): Action[] {
    if (state.status === 'sending' || state.status === 'refused') return [];
    if (!hasEnded(state)) return [this.cancel(state)];
    const { seed } = state;
    return [
      // First, where Cancel was: who presses that once more as it ends starts nothing.
      { name: 'Copy prompt', icon: 'copy', onCard: true, carryOut: () => copy(promptOf(state), 'Prompt copied') },
      { name: 'Run again', icon: 'again', onCard: true, carryOut: () => this.runAgain(state) },
      { name: 'Edit', icon: 'edit', onCard: state.status !== 'completed', carryOut: () => this.edit(state) },
      ...(seed === undefined
        ? []
        : [{ name: 'Use this seed', icon: 'locked' as const, onCard: false, carryOut: () => this.keep(seed) }]),
      {
        name: 'Copy settings',
        icon: 'copy',
        onCard: false,
        carryOut: () => copy(settingsOf(state), 'Settings copied'),
      },
      ...(state.status === 'completed'
        ? [
            {
              name: 'Download',
              icon: 'download' as const,
              onCard: true,
              carryOut: (picture?: number) => void download(state.result, picture),
            },
          ]
        : []),
      { name: 'Delete', icon: 'delete', onCard: true, carryOut: () => void this.remove(state) },
    ];
  }

  /** The one of this name, for the state as it is now. */
  named(name: string, state: GenerationState): Action | undefined {
    return this.of(state).find((action) => action.name === name);
  }

  /** The same request: with a new seed, unless it names one. */
  private runAgain(state: GenerationState): void {
    if (this.repeats.isOne(keyOf(state))) return;
    try {
      this.safelight.generate(state.request as Request, state.mediaType).sent.catch(complain);
      notice('Asked for again');
    } catch (error) {
      complain(error);
    }
  }

  private edit(state: GenerationState): void {
    this.form.fill(state.mediaType, state.request);
  }

  private keep(seed: number): void {
    this.form.keepSeed(seed);
    notice('The next ones start from this seed');
  }

  private cancel(state: GenerationState): Action {
    return {
      name: 'Cancel',
      icon: 'close',
      onCard: true,
      carryOut: () => this.order(this.safelight.cancel(state)),
    };
  }

  private async remove(state: GenerationState): Promise<void> {
    if (!(await confirmed())) return;
    this.order(this.safelight.remove(state));
  }

  private order(sent: Promise<void>): void {
    this.connection.waitFor(sent);
    sent.catch(complain);
  }
}

/** The request with the seed that was used, so that it makes the same again. */
function settingsOf({ request, seed }: GenerationState): string {
  return JSON.stringify(seed === undefined ? request : { ...request, seed }, undefined, 2);
}

function copy(text: string, done: string): void {
  navigator.clipboard.writeText(text).then(
    () => notice(done),
    () => notice('The browser did not allow to copy'),
  );
}

function complain(error: unknown): void {
  notice(toSafelightError(error).message);
}
