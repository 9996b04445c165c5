// A user's generations of one kind, newest first, page by page, each of them live.

import {
  endAt,
  limit,
  onSnapshot,
  orderBy,
  query,
  startAfter,
  type QueryConstraint,
  type QueryDocumentSnapshot,
  type QuerySnapshot,
} from 'firebase/firestore';

import { keyOf } from './commands.js';
import type { MediaType } from './generated/contract.js';
import { Live } from './live.js';
import type { Session } from './session.js';
import { stateOf, type GenerationState } from './state.js';

export interface ListView<M extends MediaType = MediaType> {
  readonly generations: readonly GenerationState<M>[];
  /** Whether `more` would bring older ones. */
  readonly hasMore: boolean;
  /** Whether a page of older ones is on its way. */
  readonly loading: boolean;
  /** Whether the server has confirmed all of this; otherwise it is what was last known. */
  readonly live: boolean;
}

interface Page {
  readonly after: QueryDocumentSnapshot | undefined;
  snapshot: QuerySnapshot | undefined;
  /** Whether it waits for the server's word on all that it holds, to be closed. */
  closing: boolean;
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
    private readonly session: Session,
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
    this.close(page, oldest);
    this.show();
  }

  protected start(): () => void {
    this.open(undefined);
    const stopOrders = this.session.commands.subscribe(
      () => this.show(),
      (error) => this.fail(error),
    );
    return () => {
      stopOrders();
      for (const page of this.pages) page.stop();
      this.pages = [];
      // It grows old, and begins with one page again.
      if (this.current !== undefined) this.remember({ ...this.current, hasMore: false, loading: true, live: false });
    };
  }

  private open(after: QueryDocumentSnapshot | undefined): void {
    const page: Page = { after, snapshot: undefined, closing: false, stop: () => {} };
    page.stop = this.listen(after, limit(this.pageSize), (snapshot) => {
      page.snapshot = snapshot;
      this.show();
    });
    this.pages.push(page);
  }

  /**
   * The open query goes on until the server has answered the closed one: only what a query holds is shown, and cached.
   * The next page waits for that, too, so that there is never a gap between the two.
   */
  private close(page: Page, oldest: QueryDocumentSnapshot): void {
    const stopOpen = page.stop;
    page.closing = true;
    const stopClosed = this.listen(page.after, endAt(oldest), (snapshot) => {
      if (page.closing && snapshot.metadata.fromCache) return;
      page.snapshot = snapshot;
      if (page.closing) {
        page.closing = false;
        stopOpen();
        this.open(oldest);
      }
      this.show();
    });
    page.stop = () => {
      stopOpen();
      stopClosed();
    };
  }

  private listen(
    after: QueryDocumentSnapshot | undefined,
    until: QueryConstraint,
    next: (snapshot: QuerySnapshot) => void,
  ): () => void {
    const from = after === undefined ? [] : [startAfter(after)];
    return onSnapshot(
      query(this.session.collection(this.mediaType), orderBy('created_at', 'desc'), ...from, until),
      { includeMetadataChanges: true }, // tells when the server has a document, and when the connection is lost
      next,
      (error) => this.fail(this.session.errorOf(error)),
    );
  }

  private get loading(): boolean {
    return this.pages.some(({ snapshot, closing }) => snapshot === undefined || closing);
  }

  private get hasMore(): boolean {
    return !this.loading && this.pages.at(-1)?.snapshot?.size === this.pageSize;
  }

  private show(): void {
    const snapshots = this.pages.flatMap(({ snapshot }) => snapshot ?? []);
    const orders = this.session.commands.current;
    if (snapshots.length === 0 || orders === undefined) return;
    const generations = snapshots.flatMap(({ docs }) =>
      docs.map((document) => {
        const id = { mediaType: this.mediaType, fileUid: document.id };
        return stateOf<M>(id, document, orders.get(keyOf(id)));
      }),
    );
    const live = snapshots.every(({ metadata }) => !metadata.fromCache);
    this.publish({ generations, hasMore: this.hasMore, loading: this.loading, live });
  }
}
