// The code that the first users were promised would work, word for word, on a page of its own.
// Around it is only what such a page has anyway: a user, a database and something to show a URL with.

import { initializeApp } from 'firebase/app';
import { connectAuthEmulator, getAuth, signInAnonymously } from 'firebase/auth';
import { collection, connectFirestoreEmulator, getFirestore, onSnapshot } from 'firebase/firestore';

const app = initializeApp(await (await fetch('/__/firebase/init.json')).json());
const auth = getAuth(app);
connectAuthEmulator(auth, 'http://127.0.0.1:9099', { disableWarnings: true });
const db = getFirestore(app);
connectFirestoreEmulator(db, '127.0.0.1', 8080);
const userId = (await signInAnonymously(auth)).user.uid;

function show(url: string | string[]) {
  const line = document.createElement('li');
  line.textContent = JSON.stringify(url);
  document.body.append(line);
}

function videos() {
  const ref = collection(db, 'generations', userId, 'videos');
  onSnapshot(ref, (snapshot) => {
    snapshot.docChanges().forEach((change) => {
      if (change.type === 'modified') {
        const data = change.doc.data();
        if (data.generated && data.status === 'completed') {
          show(data.generation_data.video_url);
        }
      }
    });
  });
}

function images() {
  const ref = collection(db, 'generations', userId, 'images');
  onSnapshot(ref, (snapshot) => {
    snapshot.docChanges().forEach((change) => {
      if (change.type === 'modified') {
        const data = change.doc.data();
        if (data.generated && data.status === 'completed') {
          show(data.generation_data.image_urls);
        }
      }
    });
  });
}

videos();
images();
document.body.dataset.userId = userId;
