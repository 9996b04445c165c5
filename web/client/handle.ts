// One generation: what becomes of it, and what can be ordered.

import { doc, onSnapshot, type DocumentSnapshot, type Firestore } from 'firebase/firestore';

import { keyOf, type Commands } from './commands.js';
import { failureError, SafelightError, toSafelightError } from './errors.js';
import type { MediaType } from './generated/contract.js';
import { Live } from './live.js';
import { hasEnded, stateOf, type GenerationId, type GenerationState, type Requests, type Results } from './state.js';

/**
 * Made by `Safelight.generate` and `Safelight.get`. Its values are the states of the generation; iteration ends with
 * the state that nothing follows. It can be listened to again at any time, also after a reload, from `get`.
 */
export class GenerationHandle<M extends MediaType = MediaType>
  extends Live<GenerationState<M>>
  implements GenerationId<M>
{
  private snapshot: DocumentSnapshot | undefined;
  /** Whether the server has had the request, so that a missing document is a deleted one. */
  private delivered = false;

  constructor(
    private readonly firestore: Firestore,
    private readonly userId: string,
    private readonly commands: Commands,
    readonly mediaType: M,
    readonly fileUid: string,
    /** Resolves when the server has the request, rejects with a `SafelightError` when it was refused. */
    readonly sent: Promise<void> = Promise.resolve(),
    request?: Requests[M],
  ) {
    super();
    if (request !== undefined) this.publish({ ...this.unsent(request), status: 'sending' });
    sent.then(
      () => {
        this.delivered = true;
        this.show();
      },
      (error: SafelightError) => this.publish({ ...this.unsent(request ?? {}), status: 'refused', error }),
    );
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
    await this.commands.order('cancel', this);
  }

  /** Deletes the document and what was made, after cancelling it if need be. */
  async remove(): Promise<void> {
    await this.commands.order('delete', this);
  }

  protected start(): () => void {
    const reference = doc(this.firestore, 'generations', this.userId, this.mediaType, this.fileUid);
    const fail = (error: SafelightError) => this.fail(error);
    const stopOrders = this.commands.subscribe(() => this.show(), fail);
    // Metadata tells when the server has the document.
    const stopDocument = onSnapshot(
      reference,
      { includeMetadataChanges: true },
      (snapshot) => {
        this.snapshot = snapshot;
        this.show();
      },
      (error) => fail(toSafelightError(error)),
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

  private show(): void {
    const { snapshot } = this;
    if (snapshot === undefined || this.current?.status === 'refused') return;
    // A cache that does not have it proves nothing, and neither does a server that has not got it yet.
    if (!snapshot.exists() && (snapshot.metadata.fromCache || !this.delivered)) return;
    this.publish(stateOf(this, snapshot, this.commands.current?.get(keyOf(this))));
  }

  private unsent(request: Partial<Requests[M]>) {
    const { mediaType, fileUid } = this;
    return { mediaType, fileUid, request, createdAt: undefined, ordered: undefined, seed: request.seed };
  }
}
