// The page: signs in, and ties the form and the gallery to the user's generations.

import { connect, signIn } from './firebase';
import { Gallery } from './gallery';
import { Generations } from './generations';
import { part } from './part';
import { RequestForm } from './request_form';
import { errorInWords } from './words';

async function start(): Promise<void> {
  const form = new RequestForm();

  const { auth, db } = await connect();
  const userId = await signIn(auth);
  document.body.dataset.userId = userId;

  const generations = new Generations(db, userId);
  const gallery = new Gallery((type, entry) => {
    explain('');
    generations.order(type, entry).catch(complain);
  });
  say('Connecting');
  generations.listen((view) => {
    gallery.show(view);
    say(view.live ? 'Connected' : 'Reconnecting');
  }, complain);
  form.enable((mediaType, request) => generations.create(mediaType, request));
}

function say(connection: string): void {
  const place = part(document, '#connection', HTMLElement);
  if (place.textContent !== connection) place.textContent = connection;
}

function complain(error: unknown): void {
  console.error(error);
  explain(errorInWords(error));
}

function explain(sentence: string): void {
  part(document, '#page-error', HTMLElement).textContent = sentence;
}

start().catch((error: unknown) => {
  say('Not connected');
  complain(error);
});
