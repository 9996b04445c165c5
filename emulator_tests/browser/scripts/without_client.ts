import { collection, doc, getFirestore, onSnapshot, serverTimestamp, setDoc } from 'firebase/firestore';

import { auth, show } from './app';

const db = getFirestore(auth.app);
const userId = auth.currentUser?.uid ?? '';

// The code of docs/frontend.md, word for word.
function listen() {
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

async function write() {
  const ref = doc(collection(db, 'generations', userId, 'images'));
  await setDoc(ref, {
    status: 'queued', created_at: serverTimestamp(), user_id: userId, file_uid: ref.id,
    request_data: { prompt: 'a red circle on a blue background' },
  });
}

listen();
await write();
