// A picture to start from: checked here as the storage rules and the worker check it, then uploaded.

import type { FirebaseStorage } from 'firebase/storage';

import { SafelightError, toSafelightError, unreachable } from './errors.js';
import { uploads } from './generated/limits.js';

type ContentType = (typeof uploads.content_types)[number];

export interface UploadOptions {
  /** How much is there, from 0 to 1. */
  onProgress?: (fraction: number) => void;
  /** Stops it; the upload then rejects with the signal's reason. */
  signal?: AbortSignal;
}

const MEBIBYTE = 2 ** 20;
const EXTENSIONS: Readonly<Record<ContentType, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
};

/** Uploads it under a new name. Returns the object's path, as a request names it. Throws a `SafelightError`. */
export async function upload(
  storage: () => Promise<FirebaseStorage>,
  userId: string,
  picture: Blob,
  { onProgress, signal }: UploadOptions,
): Promise<string> {
  const contentType = await check(picture);
  const [firebase, kept] = await opened(storage);
  signal?.throwIfAborted(); // nobody could remove what is uploaded from here on
  const path = `uploads/${userId}/${newName()}.${EXTENSIONS[contentType]}`;
  const ended = new AbortController();
  try {
    const task = firebase.uploadBytesResumable(firebase.ref(kept, path), picture, { contentType });
    signal?.addEventListener('abort', () => task.cancel(), { signal: ended.signal });
    task.on('state_changed', ({ bytesTransferred, totalBytes }) => onProgress?.(bytesTransferred / totalBytes));
    await task;
  } catch (error) {
    signal?.throwIfAborted();
    throw toSafelightError(error);
  } finally {
    ended.abort();
  }
  return path;
}

/** As good as `crypto.randomUUID`, which a page that did not come over HTTPS does not have. */
function newName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Both are scripts that the page may have to fetch first. */
async function opened(storage: () => Promise<FirebaseStorage>) {
  try {
    return await Promise.all([import('firebase/storage'), storage()]);
  } catch (error) {
    throw error instanceof TypeError ? unreachable(error) : toSafelightError(error); // how a failed import ends
  }
}

/** The type that the bytes say; a name or a browser's guess proves nothing. */
async function check(picture: Blob): Promise<ContentType> {
  if (picture.size > uploads.max_bytes) {
    const size = (picture.size / MEBIBYTE).toFixed(1);
    throw invalid(`The picture has ${size} MiB: at most ${uploads.max_bytes / MEBIBYTE} MiB are allowed.`);
  }
  const bytes = await picture
    .slice(0, 12)
    .arrayBuffer()
    .catch((cause: unknown) => {
      throw invalid('The file cannot be read any more: it was moved or changed. Choose it again.', cause);
    });
  const start = String.fromCharCode(...new Uint8Array(bytes));
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'image/webp';
  throw invalid('This is not a picture that can be read: PNG, JPEG and WebP are.');
}

function invalid(message: string, cause?: unknown): SafelightError {
  return new SafelightError('invalid_upload', message, { field: 'input_image', cause });
}
