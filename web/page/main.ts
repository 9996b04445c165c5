// The page: signs somebody in, and ties the form, the gallery and the viewer to that user's generations.

import { onAuthStateChanged, signInAnonymously } from 'firebase/auth';

import type { Safelight } from '../client';
import { Account } from './account';
import { Actions } from './actions';
import { Connection } from './connection';
import { Feed } from './feed';
import { connect } from './firebase';
import { Gallery } from './gallery';
import { InputPicture } from './input_picture';
import { part } from './part';
import { RequestForm } from './request_form';
import { Viewer } from './viewer';
import { errorInWords } from './words';

async function start(): Promise<void> {
  const connection = new Connection();
  const { auth, safelight } = await connect();
  const form = new RequestForm(new InputPicture(safelight), safelight);
  const actions = new Actions(safelight, form);
  const viewer = new Viewer(actions);
  const account = new Account(auth);
  await auth.authStateReady();
  let leave = () => {};
  const enterAsGuest = () => {
    signInAnonymously(auth).catch((error: unknown) => {
      complain(error);
      addEventListener('online', enterAsGuest, { once: true });
    });
  };
  onAuthStateChanged(auth, (user) => {
    leave();
    leave = () => {};
    delete document.body.dataset.userId;
    account.show(user);
    if (user === null) enterAsGuest();
    else leave = show(safelight, new Gallery(actions, viewer), form, connection, user.uid);
  });
}

/** Shows what this user has. Returns how to stop. */
function show(
  safelight: Safelight,
  gallery: Gallery,
  form: RequestForm,
  connection: Connection,
  userId: string,
): () => void {
  document.body.dataset.userId = userId;
  explain('');
  const feed = new Feed(safelight);
  const stop = feed.subscribe((view) => {
    gallery.show(view);
    connection.show(view);
  }, complain);
  gallery.onMore(() => feed.more());
  form.enable(userId);
  return () => {
    stop();
    gallery.clear();
    form.disable();
  };
}

function complain(error: unknown): void {
  console.error(error);
  explain(errorInWords(error));
}

function explain(sentence: string): void {
  part(document, '#page-error', HTMLElement).textContent = sentence;
}

start().catch((error: unknown) => {
  part(document, '#connection', HTMLElement).textContent = 'Not connected';
  complain(error);
});
