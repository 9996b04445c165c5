// What a person can be shown of one generation: a document, and whether the server has it, become one state of these.

import type { DocumentSnapshot } from 'firebase/firestore';

import type { SafelightError } from './errors.js';
import type {
  CommandType,
  Failure,
  Generation,
  ImageData,
  ImageRequest,
  MediaType,
  Progress,
  Stage,
  VideoData,
  VideoRequest,
} from './generated/contract.js';

/** What is asked for, by the collection that it is asked in. */
export interface Requests {
  images: ImageRequest;
  videos: VideoRequest;
}

/** What is made, by the collection that it is asked in. */
export interface Results {
  images: ImageData;
  videos: VideoData;
}

export type Request = Requests[MediaType];
export type Result = Results[MediaType];

/** Which generation: the last two parts of its document's path. */
export interface GenerationId<M extends MediaType = MediaType> {
  readonly mediaType: M;
  readonly fileUid: string;
}

interface Common<M extends MediaType> extends GenerationId<M> {
  /** What was asked for. Empty where the document holds none. */
  readonly request: Partial<Requests[M]>;
  /** When the server got the request. Undefined while it has not. */
  readonly createdAt: Date | undefined;
  /** What the user has ordered and is not carried out yet. */
  readonly ordered: CommandType | undefined;
  /** The seed, once it is drawn. */
  readonly seed: number | undefined;
}

/** What the server has written. */
type Stored<M extends MediaType> =
  | { readonly status: 'queued'; readonly stage: Stage | undefined; readonly attempt: number }
  | { readonly status: 'processing'; readonly stage: Stage | undefined; readonly progress: Partial<Progress> }
  | { readonly status: 'completed'; readonly result: Results[M] }
  | { readonly status: 'failed'; readonly failure: Failure }
  | { readonly status: 'cancelled' }
  | { readonly status: 'unknown' }; // by a newer version than this

/** What only the browser knows. */
type Local =
  | { readonly status: 'sending' } // the server does not have it yet
  | { readonly status: 'deleted' } // there is no such document
  | { readonly status: 'refused'; readonly error: SafelightError }; // it never came to be

/** One generation as it is now. Render this, not what changed: states in between may never be seen. */
export type GenerationState<M extends MediaType = MediaType> = {
  [K in M]: Common<K> & (Stored<K> | Local);
}[M]; // one for each, so that `mediaType` tells which result it is

const LAST: readonly string[] = ['completed', 'failed', 'cancelled', 'deleted', 'refused'];
const UNEXPLAINED: Failure = {
  code: 'generation_failed',
  stage: 'generating',
  retryable: false,
  message: 'Something went wrong, and the document does not say what',
};

/** Whether nothing can follow. A deletion can follow all but itself. */
export function hasEnded(state: Pick<GenerationState, 'status'>): boolean {
  return LAST.includes(state.status);
}

/** The state of a document. Nothing in the document is taken for granted. */
export function stateOf<M extends MediaType>(
  id: GenerationId<M>,
  snapshot: DocumentSnapshot,
  ordered: CommandType | undefined,
): GenerationState<M> {
  const document = snapshot.data() as Partial<Generation> | undefined;
  const common: Common<M> = {
    mediaType: id.mediaType,
    fileUid: id.fileUid,
    request: (document?.request_data ?? {}) as Partial<Requests[M]>,
    createdAt: document?.created_at?.toDate?.(),
    ordered,
    seed: document?.seed ?? document?.request_data?.seed,
  };
  if (document === undefined) return joined(common, { status: 'deleted' });
  if (snapshot.metadata.hasPendingWrites) return joined(common, { status: 'sending' });
  return joined(common, stored<M>(document));
}

/** The state of what has no document, or none that was ever read. */
export function unsentState<M extends MediaType>(
  { mediaType, fileUid }: GenerationId<M>,
  request: Partial<Requests[M]>,
  local: Local,
): GenerationState<M> {
  return joined({ mediaType, fileUid, request, createdAt: undefined, ordered: undefined, seed: request.seed }, local);
}

function joined<M extends MediaType>(common: Common<M>, particular: Stored<M> | Local): GenerationState<M> {
  return { ...common, ...particular } as GenerationState<M>;
}

function stored<M extends MediaType>(document: Partial<Generation>): Stored<M> {
  const { status, stage, attempt = 0, progress = {}, generation_data: result, error } = document;
  switch (status) {
    case 'queued':
      return { status, stage, attempt };
    case 'processing':
      return { status, stage, progress };
    case 'completed':
      return result === undefined ? { status: 'failed', failure: UNEXPLAINED } : { status, result: result as Results[M] };
    case 'failed':
      return { status, failure: { ...UNEXPLAINED, ...error } };
    case 'cancelled':
      return { status };
    default:
      return { status: 'unknown' };
  }
}
