// The Firebase project that this page belongs to.

import { initializeApp, type FirebaseOptions } from 'firebase/app';
import {
  browserLocalPersistence,
  connectAuthEmulator,
  indexedDBLocalPersistence,
  initializeAuth,
  type Auth,
} from 'firebase/auth';
import { connectFirestoreEmulator, getFirestore } from 'firebase/firestore';
import type { FirebaseStorage } from 'firebase/storage';

import { Safelight, SafelightError } from '../client';

const EMULATOR_PORTS = { auth: 9099, firestore: 8080, storage: 9199 };
const LOCAL_HOSTS = ['localhost', '127.0.0.1'];

/** The page does not know which Firebase project it belongs to. */
export class NotHosted extends Error {}

/**
 * Connects to the project that Hosting names, or to the emulators when the page comes from this machine.
 * Throws `NotHosted`, or a `SafelightError` where Hosting cannot be reached.
 */
export async function connect(): Promise<{ auth: Auth; safelight: Safelight }> {
  const app = initializeApp(await projectOptions());
  // Without the popup resolver that getAuth() brings: it would load scripts from Google.
  const auth = initializeAuth(app, { persistence: [indexedDBLocalPersistence, browserLocalPersistence] });
  const firestore = getFirestore(app);
  const host = LOCAL_HOSTS.find((local) => local === location.hostname);
  if (host !== undefined) {
    connectAuthEmulator(auth, `http://${host}:${EMULATOR_PORTS.auth}`, { disableWarnings: true });
    connectFirestoreEmulator(firestore, host, EMULATOR_PORTS.firestore);
  }
  const storage = async (): Promise<FirebaseStorage> => {
    const { connectStorageEmulator, getStorage } = await import('firebase/storage');
    if (host === undefined) return getStorage(app);
    // The Hosting emulator names a bucket of the kind that projects had before October 2024.
    const kept = getStorage(app, `gs://${app.options.projectId}.firebasestorage.app`);
    connectStorageEmulator(kept, host, EMULATOR_PORTS.storage);
    return kept;
  };
  let opened: Promise<FirebaseStorage> | undefined;
  const forget = (error: unknown): never => {
    opened = undefined; // so that the next upload tries again
    throw error;
  };
  return { auth, safelight: new Safelight(auth, { firestore, storage: () => (opened ??= storage().catch(forget)) }) };
}

async function projectOptions(): Promise<FirebaseOptions> {
  const answer = await fetch('/__/firebase/init.json').catch((cause: unknown) => {
    const message = 'This page cannot be reached any more. Check the connection; it tries again by itself.';
    throw new SafelightError('unreachable', message, { retryable: true, cause });
  });
  const options: unknown = answer.ok ? await answer.json().catch(() => undefined) : undefined;
  if (options === undefined) throw new NotHosted();
  return options as FirebaseOptions;
}
