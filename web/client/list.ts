// A user's generations of one kind, newest first, page by page, each of them live.

import {
  collection,
  endAt,
  limit,
  onSnapshot,
  orderBy,
  query,
  startAfter,
  type Firestore,
  type QueryConstraint,
  type QueryDocumentSnapshot,
  type QuerySnapshot,
} from 'firebase/firestore';

import { keyOf, type Commands } from './commands.js';
import { toSafelightError } from './errors.js';
import type { MediaType } from './generated/contract.js';
import { Live } from './live.js';
import { stateOf, type GenerationState } from './state.js';

export interface ListView<M extends MediaType = MediaType> {
  readonly generations: readonly GenerationState<M>[];
  /** Whether `more` would bring older ones. */
  readonly hasMore: boolean;
  /** Whether a page of older ones is on its way. */
  readonly loading: boolean;
  /** Whether the server has confirmed it; otherwise it is what was last known. */
  readonly live: boolean;
}

interface Page {
  after: QueryDocumentSnapshot | undefined;
  snapshot: QuerySnapshot | undefined;
  stop: () => void;
}

/**
 * Made by `Safelight.list`. The last page is open and holds at most `pageSize`; `more` closes it at its oldest
 * generation and opens another. A closed page has no limit, so that what comes and goes never moves its neighbours.
 * Each document is read twice: once in the open page, once in the closed one.
 */
export class GenerationList<M extends MediaType = MediaType> extends Live<ListView<M>> {
  private pages: Page[] = [];

  constructor(
    private readonly firestore: Firestore,
    private readonly userId: string,
    private readonly commands: Commands,
    readonly mediaType: M,
    readonly pageSize: number,
  ) {
    super();
  }

  /** Asks for older ones. Does nothing while there are none, while they come, or while nobody listens. */
  more(): void {
    const page = this.pages.at(-1);
    const oldest = page?.snapshot?.docs.at(-1);
    // One that is being sent has no time yet, and cannot be a boundary. Offline, nothing older can come.
    if (page === undefined || oldest === undefined || oldest.metadata.hasPendingWrites || !this.hasMore) return;
    if (page.snapshot?.metadata.fromCache) return;
    this.listen(page, endAt(oldest), page.stop);
    this.open(oldest);
  }

  protected start(): () => void {
    const stopOrders = this.commands.subscribe(
      () => this.show(),
      (error) => this.fail(error),
    );
    this.open(undefined);
    return () => {
      stopOrders();
      for (const page of this.pages) page.stop();
      this.pages = [];
    };
  }

  private open(after: QueryDocumentSnapshot | undefined): void {
    const page: Page = { after, snapshot: undefined, stop: () => {} };
    this.pages.push(page);
    this.listen(page, limit(this.pageSize));
  }

  /** What is replaced goes on until the server has answered: its documents are shown, and cached, by it alone. */
  private listen(page: Page, until: QueryConstraint, stopReplaced = () => {}): void {
    const replaces = page.snapshot !== undefined;
    let confirmed = false;
    const kept = collection(this.firestore, 'generations', this.userId, this.mediaType);
    const from = page.after === undefined ? [] : [startAfter(page.after)];
    // Metadata tells when the server has a document, and when the connection is lost.
    const stop = onSnapshot(
      query(kept, orderBy('created_at', 'desc'), ...from, until),
      { includeMetadataChanges: true },
      (snapshot) => {
        confirmed ||= !snapshot.metadata.fromCache;
        if (replaces && !confirmed) return;
        stopReplaced();
        page.snapshot = snapshot;
        this.show();
      },
      (error) => this.fail(toSafelightError(error)),
    );
    page.stop = () => {
      stopReplaced();
      stop();
    };
  }

  private get hasMore(): boolean {
    return this.pages.at(-1)?.snapshot?.size === this.pageSize;
  }

  private show(): void {
    const snapshots = this.pages.flatMap(({ snapshot }) => snapshot ?? []);
    const orders = this.commands.current;
    if (snapshots.length === 0 || orders === undefined) return;
    const generations = snapshots.flatMap(({ docs }) =>
      docs.map((document) => {
        const id = { mediaType: this.mediaType, fileUid: document.id };
        return stateOf<M>(id, document, orders.get(keyOf(id)));
      }),
    );
    const loading = snapshots.length < this.pages.length;
    const live = snapshots.every(({ metadata }) => !metadata.fromCache);
    this.publish({ generations, hasMore: this.hasMore, loading, live });
  }
}
