// One generation: what becomes of it, and what can be ordered.

import { doc, onSnapshot, type DocumentSnapshot } from 'firebase/firestore';

import { keyOf } from './commands.js';
import { failureError, SafelightError } from './errors.js';
import type { MediaType } from './generated/contract.js';
import { Live } from './live.js';
import type { Session } from './session.js';
import {
  hasEnded,
  stateOf,
  unsentState,
  type GenerationId,
  type GenerationState,
  type Requests,
  type Results,
} from './state.js';

/** What this page has just asked for. */
interface Asked<M extends MediaType> {
  readonly request: Requests[M];
  readonly sent: Promise<void>;
}

/**
 * Made by `Safelight.generate` and `Safelight.get`. Its values are the states of the generation; iteration ends with
 * the state that nothing follows. It can be listened to again at any time, also after a reload, from `get`.
 */
export class GenerationHandle<M extends MediaType = MediaType>
  extends Live<GenerationState<M>>
  implements GenerationId<M>
{
  /** Resolves when the server has the request, rejects with a `SafelightError` when it was refused. */
  readonly sent: Promise<void>;
  private snapshot: DocumentSnapshot | undefined;
  /** Whether the server has had the request, so that a missing document is a deleted one. */
  private delivered: boolean;

  /** Without `asked` it is one that was asked for earlier. */
  constructor(
    private readonly session: Session,
    readonly mediaType: M,
    readonly fileUid: string,
    asked?: Asked<M>,
  ) {
    super();
    this.sent = asked?.sent ?? Promise.resolve();
    this.delivered = asked === undefined;
    if (asked !== undefined) this.follow(asked);
  }

  /** Waits for the end. Rejects with a `SafelightError` that says why there is no result. */
  async result(): Promise<Results[M]> {
    for await (const state of this) {
      if (state.status === 'completed') return state.result;
      if (state.status === 'failed') throw failureError(state.failure);
      if (state.status === 'refused') throw state.error;
      if (state.status === 'cancelled') throw new SafelightError('cancelled', 'It was cancelled.');
    }
    throw new SafelightError('deleted', 'It was deleted.');
  }

  /** Resolves when the server has the order; the state tells when it is carried out. After the end it does nothing. */
  async cancel(): Promise<void> {
    await this.session.commands.order('cancel', this);
  }

  /** Deletes the document and what was made, after cancelling it if need be. */
  async remove(): Promise<void> {
    await this.session.commands.order('delete', this);
  }

  protected start(): () => void {
    const reference = doc(this.session.collection(this.mediaType), this.fileUid);
    const stopOrders = this.session.commands.subscribe(
      () => this.show(),
      (error) => this.fail(error),
    );
    // Metadata tells when the server has the document.
    const stopDocument = onSnapshot(
      reference,
      { includeMetadataChanges: true },
      (snapshot) => {
        this.snapshot = snapshot;
        this.show();
      },
      (error) => this.fail(this.session.errorOf(error)),
    );
    return () => {
      stopOrders();
      stopDocument();
      this.snapshot = undefined; // it grows old
    };
  }

  protected override isLast(state: GenerationState<M>): boolean {
    return hasEnded(state);
  }

  private follow({ request, sent }: Asked<M>): void {
    this.publish(unsentState(this, request, { status: 'sending' }));
    sent.then(
      () => {
        this.delivered = true;
        this.show();
      },
      (error: SafelightError) => this.publish(unsentState(this, request, { status: 'refused', error })),
    );
  }

  private show(): void {
    const { snapshot } = this;
    if (snapshot === undefined || this.current?.status === 'refused') return;
    // A cache that does not have it proves nothing, and neither does a server that has not got it yet.
    if (!snapshot.exists() && (snapshot.metadata.fromCache || !this.delivered)) return;
    this.publish(stateOf(this, snapshot, this.session.commands.current?.get(keyOf(this))));
  }
}
