// The client: three lines are enough.
//
//     const safelight = new Safelight(auth);
//     const generation = safelight.generate({ prompt: 'sunset over the sea' });
//     for await (const state of generation) show(state);

import type { Auth } from 'firebase/auth';
import { doc, getFirestore, serverTimestamp, setDoc, type Firestore } from 'firebase/firestore';
import type { FirebaseStorage } from 'firebase/storage';

import { SafelightError } from './errors.js';
import type { MediaType } from './generated/contract.js';
import { GenerationHandle } from './handle.js';
import { GenerationList } from './list.js';
import { Session } from './session.js';
import type { GenerationId, Request, Requests } from './state.js';
import { upload, type UploadOptions } from './uploads.js';
import { problemIn } from './validation.js';

const SCHEMA_VERSION = 1;
const PAGE_SIZE = 24;

export interface SafelightOptions {
  /** The app's default database, unless it is another one. */
  firestore?: Firestore;
  /** The app's default bucket, unless it is another one. Called at the first upload: Storage's code is loaded then. */
  storage?: () => Promise<FirebaseStorage>;
}

/** Works for whoever is signed in at the moment of each call. */
export class Safelight {
  private readonly firestore: Firestore;
  private readonly storage: () => Promise<FirebaseStorage>;
  private known: Session | undefined;

  constructor(
    private readonly auth: Auth,
    options: SafelightOptions = {},
  ) {
    this.firestore = options.firestore ?? getFirestore(auth.app);
    this.storage = options.storage ?? (async () => (await import('firebase/storage')).getStorage(auth.app));
  }

  /**
   * Asks for images, or for a video: `generate({prompt, num_frames: 33}, 'videos')`. Throws a `SafelightError` that
   * names the field where the request is not valid. Offline, it is sent when the connection is back.
   */
  generate(request: Requests['images'], mediaType?: 'images'): GenerationHandle<'images'>;
  generate<M extends MediaType>(request: Requests[M], mediaType: M): GenerationHandle<M>;
  generate<M extends MediaType>(request: Requests[M], mediaType = 'images' as M): GenerationHandle<M> {
    const { session } = this;
    const asked = storable(request);
    const problem = problemIn(mediaType, asked, session.userId);
    if (problem !== undefined) {
      const { field, reason } = problem;
      throw new SafelightError('invalid_request', `${field} ${reason}`, { field });
    }
    const reference = doc(session.collection(mediaType));
    const written = setDoc(reference, {
      status: 'queued',
      created_at: serverTimestamp(),
      user_id: session.userId,
      file_uid: reference.id,
      schema_version: SCHEMA_VERSION,
      request_data: asked,
    });
    const sent = written.catch((error: unknown) => Promise.reject(session.errorOf(error)));
    return new GenerationHandle(session, mediaType, reference.id, { request: asked, sent });
  }

  /** One that was asked for earlier. */
  get<M extends MediaType>(mediaType: M, fileUid: string): GenerationHandle<M> {
    return new GenerationHandle(this.session, mediaType, fileUid);
  }

  /** All of one kind, newest first. */
  list<M extends MediaType>(mediaType: M, { pageSize = PAGE_SIZE } = {}): GenerationList<M> {
    return new GenerationList(this.session, mediaType, pageSize);
  }

  /** Resolves when the server has the order. */
  async cancel(generation: GenerationId): Promise<void> {
    await this.session.commands.order('cancel', generation);
  }

  /** Deletes the document and what was made, after cancelling it if need be. */
  async remove(generation: GenerationId): Promise<void> {
    await this.session.commands.order('delete', generation);
  }

  /** Uploads a picture (PNG, JPEG or WebP). Returns what a request names as its `input_image`. */
  async upload(picture: Blob, options: UploadOptions = {}): Promise<string> {
    return upload(this.storage, this.session.userId, picture, options);
  }

  private get session(): Session {
    const userId = this.auth.currentUser?.uid;
    if (userId === undefined) {
      throw new SafelightError('not_signed_in', 'Nobody is signed in: sign a user in first, an anonymous one will do.');
    }
    if (this.known?.userId !== userId) this.known = new Session(this.auth, this.firestore, userId);
    return this.known;
  }
}

/**
 * The request as Firestore can hold it, and as it is now: a key with undefined means what a missing one means; and -0
 * would be stored as a decimal, which the rules refuse for an integer.
 */
function storable<R extends Request>(request: R): R {
  const given = Object.entries(request).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([key, value]) => [key, value === 0 ? 0 : value])) as R;
}
