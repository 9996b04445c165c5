import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { disableNetwork, getFirestore } from 'firebase/firestore';

import { GenerationHandle } from '../../../web/client/handle.ts';
import { Safelight } from '../../../web/client/safelight.ts';
import { Session } from '../../../web/client/session.ts';
import { newApp } from './app.mjs';

const app = newApp();
const firestore = getFirestore(app);
before(() => disableNetwork(firestore));
const auth = { app, currentUser: { uid: 'u1' } }; // nobody can sign in without a server

test('a request is what it was when it was asked for', () => {
  const request = { prompt: 'a lamp', seed: undefined };
  const generation = new Safelight(auth).generate(request);
  request.prompt = 'another lamp';

  assert.equal(generation.current.status, 'sending');
  assert.deepEqual(generation.current.request, { prompt: 'a lamp' });
});

test('an id that cannot be one fails, and listens to nothing', async () => {
  const session = new Session(auth, firestore, 'u1');
  const result = new GenerationHandle(session, 'images', '').result();
  await assert.rejects(result, { name: 'SafelightError', code: 'unknown' });
  const later = new Session(auth, firestore, 'u1').commands; // Firestore answers one after the other
  await new Promise((resolve, reject) => later.subscribe(resolve, reject));

  assert.equal(session.commands.current, undefined);
});
