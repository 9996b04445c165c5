// The page: signs somebody in, and ties the form, the gallery and the viewer to that user's generations.

import { onAuthStateChanged, onIdTokenChanged, signInAnonymously, type Auth, type User } from 'firebase/auth';

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
const ENDED = 'Your session has ended: with an account, sign in again. What you have typed is still here.';

async function start(): Promise<void> {
  const connection = new Connection();
  const { auth, safelight } = await connectAtLast();
  const form = new RequestForm(new InputPicture(safelight), safelight);
  const actions = new Actions(safelight, form, connection);
  const viewer = new Viewer(actions);
  const account = new Account(auth, connection);
  await auth.authStateReady();
  let leave = () => {};
  let before: User | null = null;
  let ended = false;
  onIdTokenChanged(auth, (user) => {
    account.show(user); // also when the guest gets an account, in this tab or in another
    if (!ended || user === null || user.isAnonymous) return;
    ended = false;
    explain('');
  });
  onAuthStateChanged(auth, (user) => {
    if (before !== null) ended = !before.isAnonymous && !account.isLeaving;
    before = user;
    leave();
    leave = () => {};
    delete document.body.dataset.userId;
    if (user === null) {
      if (account.isLeaving) form.clear();
      void enterAsGuest(auth);
      return;
    }
    explain(ended && user.isAnonymous ? ENDED : '');
    leave = show(safelight, new Gallery(actions, viewer), form, connection, user.uid);
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
): () => void {
  document.body.dataset.userId = userId;
  let stop = () => {};
  let hasLeft = false;
  let isLost = false;
  const watch = () => {
    const feed = new Feed(safelight);
    gallery.onMore(() => feed.more());
    stop = feed.subscribe((view) => {
      if (isLost) explain('');
      isLost = false;
      gallery.show(view);
      connection.show(view);
    }, lose);
  };
  const lose = async (error: unknown) => {
    stop();
    if (hasLeft) return;
    isLost = true;
    connection.lose();
    complain(error);
    await anotherChance();
    if (!hasLeft) watch();
  };
  watch();
  form.enable(userId);
  return () => {
    hasLeft = true;
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
