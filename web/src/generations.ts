// A user's generations in Firestore: ask for one, cancel or delete it, and listen to what becomes of them.

import {
  addDoc,
  collection,
  doc,
  limit,
  onSnapshot,
  orderBy,
  query,
  serverTimestamp,
  setDoc,
  type Firestore,
  type FirestoreError,
  type QueryDocumentSnapshot,
  type QuerySnapshot,
} from 'firebase/firestore';

import type { CommandType, Generation, ImageRequest, MediaType, VideoRequest } from './generated/contract';

const SCHEMA_VERSION = 1;
const MOST_LISTED = 50;

export type Request = ImageRequest | VideoRequest;

/** One generation as it is stored now. */
export interface Entry {
  mediaType: MediaType;
  fileUid: string;
  /** Whatever the document holds: nothing in it is taken for granted. */
  generation: Partial<Generation>;
  /** Whether the server has not got the document yet. */
  sending: boolean;
  /** What the user has asked to be done with it, until it is carried out. */
  ordered: CommandType | undefined;
}

/** Everything there is to show, newest first. */
export interface View {
  entries: Entry[];
  /** Whether the server has confirmed it; otherwise it is what was last known. */
  live: boolean;
}

/** Whether nothing can follow. */
export function hasEnded(entry: Entry): boolean {
  return ['completed', 'failed', 'cancelled'].includes(entry.generation.status ?? '');
}

export class Generations {
  constructor(
    private readonly db: Firestore,
    private readonly userId: string,
  ) {}

  /** Resolves when the server has the document; `listen` shows it before. */
  async create(mediaType: MediaType, request: Request): Promise<void> {
    const reference = doc(this.collection(mediaType));
    await setDoc(reference, {
      status: 'queued',
      created_at: serverTimestamp(),
      user_id: this.userId,
      file_uid: reference.id,
      schema_version: SCHEMA_VERSION,
      request_data: request,
    });
  }

  /** Resolves when the server has the command. Ordering the same thing twice does no harm. */
  async order(type: CommandType, { mediaType, fileUid }: Entry): Promise<void> {
    await addDoc(this.collection('commands'), {
      type,
      media_type: mediaType,
      file_uid: fileUid,
      created_at: serverTimestamp(),
    });
  }

  /** Calls `show` with everything, each time that anything changes. After `fail` it has stopped. */
  listen(show: (view: View) => void, fail: (error: FirestoreError) => void): void {
    const latest = new Map<string, QuerySnapshot>();
    for (const name of ['images', 'videos', 'commands'] as const) {
      const kept = this.collection(name);
      const newest = name === 'commands' ? query(kept) : query(kept, orderBy('created_at', 'desc'), limit(MOST_LISTED));
      // Metadata tells when the server has a document, and when the connection is lost.
      onSnapshot(
        newest,
        { includeMetadataChanges: true },
        (snapshot) => {
          latest.set(name, snapshot);
          if (latest.size === 3) show(viewOf(latest));
        },
        fail,
      );
    }
  }

  private collection(name: MediaType | 'commands') {
    return collection(this.db, 'generations', this.userId, name);
  }
}

function viewOf(latest: ReadonlyMap<string, QuerySnapshot>): View {
  const ordered = orders(latest.get('commands')?.docs ?? []);
  const entries = (['images', 'videos'] as const).flatMap((mediaType) =>
    (latest.get(mediaType)?.docs ?? []).map((document) => entryOf(mediaType, document, ordered)),
  );
  entries.sort((a, b) => creationTime(b) - creationTime(a) || a.fileUid.localeCompare(b.fileUid));
  return { entries, live: [...latest.values()].every((snapshot) => !snapshot.metadata.fromCache) };
}

function entryOf(mediaType: MediaType, document: QueryDocumentSnapshot, ordered: Map<string, CommandType>): Entry {
  return {
    mediaType,
    fileUid: document.id,
    generation: document.data({ serverTimestamps: 'estimate' }) as Partial<Generation>,
    sending: document.metadata.hasPendingWrites,
    ordered: ordered.get(`${mediaType}/${document.id}`),
  };
}

/** What is ordered for each generation; a deletion outweighs a cancellation. */
function orders(commands: QueryDocumentSnapshot[]): Map<string, CommandType> {
  const ordered = new Map<string, CommandType>();
  for (const command of commands) {
    const { type, media_type, file_uid } = command.data();
    const target = `${media_type}/${file_uid}`;
    if (ordered.get(target) !== 'delete') ordered.set(target, type);
  }
  return ordered;
}

/** In milliseconds. One that is being sent has no time of the server's yet, and is the newest. */
function creationTime(entry: Entry): number {
  return entry.sending ? Number.MAX_SAFE_INTEGER : (entry.generation.created_at?.toMillis?.() ?? 0);
}
