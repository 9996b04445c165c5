// Images and videos in one order: two lists of the client's, merged.

import { type GenerationList, type GenerationState, type ListView, type Safelight } from '../client';

const PAGE_SIZE = 24;

export interface FeedView {
  /** Newest first. */
  generations: readonly GenerationState[];
  /** Whether older ones are there, or on their way. */
  hasMore: boolean;
  /** Whether the server has confirmed it; otherwise it is what was last known. */
  live: boolean;
}

interface Half {
  list: GenerationList;
  view: ListView | undefined;
}

export class Feed {
  private readonly halves: readonly Half[];

  constructor(safelight: Safelight) {
    this.halves = (['images', 'videos'] as const).map((mediaType) => ({
      list: safelight.list(mediaType, { pageSize: PAGE_SIZE }) as GenerationList,
      view: undefined,
    }));
  }

  subscribe(show: (view: FeedView) => void, fail: (error: unknown) => void): () => void {
    const leave = this.halves.map((half) =>
      half.list.subscribe(
        (view) => {
          half.view = view;
          if (this.halves.every(({ view: known }) => known !== undefined)) show(this.view);
        },
        fail,
      ),
    );
    return () => leave.forEach((one) => one());
  }

  /** Asks for older ones, of the kind that is shown the least far back. */
  more(): void {
    if (this.halves.some(({ view }) => view?.loading)) return;
    const unfinished = this.halves.filter(({ view }) => view?.hasMore);
    const nearest = unfinished.reduce<Half | undefined>(
      (best, half) => (best === undefined || oldestOf(half) > oldestOf(best) ? half : best),
      undefined,
    );
    nearest?.list.more();
  }

  private get view(): FeedView {
    // Below the end of a list that goes on, its own next ones are not known yet: showing the other's would make
    // cards appear between cards later.
    const horizon = Math.max(...this.halves.map((half) => (isWhole(half) ? -Infinity : oldestOf(half))));
    const generations = this.halves
      .flatMap(({ view }) => view?.generations ?? [])
      .filter((generation) => timeOf(generation) >= horizon)
      .sort((a, b) => timeOf(b) - timeOf(a));
    return {
      generations,
      hasMore: this.halves.some(({ view }) => view?.hasMore || view?.loading),
      live: this.halves.every(({ view }) => view?.live),
    };
  }
}

function isWhole({ view }: Half): boolean {
  return view !== undefined && !view.hasMore && !view.loading;
}

function oldestOf({ view }: Half): number {
  const oldest = view?.generations.at(-1);
  return oldest === undefined ? Infinity : timeOf(oldest);
}

/** In milliseconds. What is being sent has no time yet, and is the newest. */
function timeOf({ createdAt }: GenerationState): number {
  return createdAt?.getTime() ?? Number.MAX_SAFE_INTEGER;
}
