// The Firebase project that this page belongs to, and the anonymous user who sits before it.

import { initializeApp, type FirebaseOptions } from 'firebase/app';
import {
  browserLocalPersistence,
  connectAuthEmulator,
  indexedDBLocalPersistence,
  initializeAuth,
  signInAnonymously,
  type Auth,
} from 'firebase/auth';
import { connectFirestoreEmulator, getFirestore, type Firestore } from 'firebase/firestore';

const EMULATOR_PORTS = { auth: 9099, firestore: 8080 };
const LOCAL_HOSTS = ['localhost', '127.0.0.1'];

/** The page does not know which Firebase project it belongs to. */
export class NotHosted extends Error {}

export interface Firebase {
  auth: Auth;
  db: Firestore;
}

/** Connects to the project that Hosting names, or to the emulators when the page comes from this machine. */
export async function connect(): Promise<Firebase> {
  const app = initializeApp(await projectOptions());
  // Without the popup resolver that getAuth() brings: it would load scripts from Google.
  const auth = initializeAuth(app, { persistence: [indexedDBLocalPersistence, browserLocalPersistence] });
  const db = getFirestore(app);
  const host = location.hostname;
  if (LOCAL_HOSTS.includes(host)) {
    connectAuthEmulator(auth, `http://${host}:${EMULATOR_PORTS.auth}`, { disableWarnings: true });
    connectFirestoreEmulator(db, host, EMULATOR_PORTS.firestore);
  }
  return { auth, db };
}

/** The uid of the user this browser has had before, or of a new anonymous one. */
export async function signIn(auth: Auth): Promise<string> {
  await auth.authStateReady();
  const user = auth.currentUser ?? (await signInAnonymously(auth)).user;
  return user.uid;
}

async function projectOptions(): Promise<FirebaseOptions> {
  try {
    const answer = await fetch('/__/firebase/init.json');
    if (answer.ok) return (await answer.json()) as FirebaseOptions;
  } catch {
    // Said below, as for an answer that is none.
  }
  throw new NotHosted();
}
