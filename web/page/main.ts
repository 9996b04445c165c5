// The page: signs somebody in, and ties the form, the gallery and the viewer to that user's generations.

import { onAuthStateChanged, signInAnonymously, type Auth } from 'firebase/auth';

import { SafelightError, type Safelight } from '../client';
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

const TRY_AGAIN_MS = 15_000;

async function start(): Promise<void> {
  const connection = new Connection();
  const { auth, safelight } = await connectAtLast();
  const form = new RequestForm(new InputPicture(safelight), safelight);
  const actions = new Actions(safelight, form, connection);
  const viewer = new Viewer(actions);
  const account = new Account(auth, connection);
  await auth.authStateReady();
  let leave = (_signedOut: boolean) => {};
  onAuthStateChanged(auth, (user) => {
    leave(user === null);
    leave = () => {};
    delete document.body.dataset.userId;
    account.show(user);
    if (user === null) void enterAsGuest(auth);
    else leave = show(safelight, new Gallery(actions, viewer), form, connection, user.uid);
  });
}

/** However often the project cannot be reached at first. */
async function connectAtLast(): ReturnType<typeof connect> {
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      if (!(error instanceof SafelightError && error.retryable)) throw error;
      complain(error);
      await anotherChance();
    }
  }
}

/** Until somebody is signed in, be it in another tab. */
async function enterAsGuest(auth: Auth): Promise<void> {
  while (auth.currentUser === null) {
    try {
      await signInAnonymously(auth);
    } catch (error) {
      complain(error);
      await anotherChance();
    }
  }
}

/** The browser's word that there is a network is not enough: there may be a login page in front of it. */
function anotherChance(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(go, TRY_AGAIN_MS);
    addEventListener('online', go);
    function go(): void {
      clearTimeout(timer);
      removeEventListener('online', go);
      resolve();
    }
  });
}

/** Shows what this user has. Returns how to stop. */
function show(
  safelight: Safelight,
  gallery: Gallery,
  form: RequestForm,
  connection: Connection,
  userId: string,
): (signedOut: boolean) => void {
  document.body.dataset.userId = userId;
  explain('');
  const feed = new Feed(safelight);
  const stop = feed.subscribe((view) => {
    gallery.show(view);
    connection.show(view);
  }, complain);
  gallery.onMore(() => feed.more());
  form.enable(userId);
  return (signedOut) => {
    stop();
    gallery.clear();
    form.disable();
    if (signedOut) form.clear();
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
