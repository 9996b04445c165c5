// What an app has before it has Safelight: a Firebase app, and a user.

import { initializeApp } from 'firebase/app';
import { connectAuthEmulator, getAuth, signInAnonymously } from 'firebase/auth';
import { connectFirestoreEmulator, getFirestore } from 'firebase/firestore';
import { connectStorageEmulator, getStorage } from 'firebase/storage';

// The Hosting emulator names a bucket of the kind that projects had before October 2024.
const options = await (await fetch('/__/firebase/init.json')).json();
const app = initializeApp({ ...options, storageBucket: `${options.projectId}.firebasestorage.app` });

export const auth = getAuth(app);
connectAuthEmulator(auth, 'http://127.0.0.1:9099', { disableWarnings: true });
connectFirestoreEmulator(getFirestore(app), '127.0.0.1', 8080);
connectStorageEmulator(getStorage(app), '127.0.0.1', 9199);

// The code of docs/frontend.md, word for word.
await auth.authStateReady();
if (!auth.currentUser) await signInAnonymously(auth);

document.body.replaceChildren();
document.body.dataset.userId = auth.currentUser?.uid;

/** Adds a line to the page. */
export function show(what: unknown): void {
  const line = document.createElement('li');
  line.textContent = JSON.stringify(what);
  document.body.append(line);
}
