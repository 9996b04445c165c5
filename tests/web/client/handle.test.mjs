import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Safelight } from '../../../web/client/safelight.ts';
import { settled } from './browser.mjs';
import { documentOf, listeners, listening, writes } from './firestore.mjs';

const auth = { currentUser: { uid: 'u1' } };
let safelight;

beforeEach(() => {
  listeners.length = 0;
  writes.length = 0;
  auth.currentUser = { uid: 'u1' };
  safelight = new Safelight(auth);
});

test('a request is what it was when it was asked for', () => {
  const request = { prompt: 'a lamp', seed: undefined };
  const generation = safelight.generate(request);
  request.prompt = 'another lamp';

  assert.deepEqual(generation.current.request, { prompt: 'a lamp' });
  assert.equal(generation.current.status, 'sending');
  assert.deepEqual(writes[0].data.request_data, { prompt: 'a lamp' });
});

test('a document that is not there is a deleted one, once the server has had it', async () => {
  const asked = safelight.generate({ prompt: 'a lamp' });
  const earlier = safelight.get('images', 'earlier');
  for (const generation of [asked, earlier]) {
    generation.subscribe(() => {});
    listening(`generations/u1/images/${generation.fileUid}`)[0].next(documentOf(generation.fileUid, undefined));
  }

  assert.equal(earlier.current.status, 'deleted');
  assert.equal(asked.current.status, 'sending');
  writes[0].resolve();
  await settled();
  assert.equal(asked.current.status, 'deleted');
});

test('a write that is refused after its user has left says so', async () => {
  const generation = safelight.generate({ prompt: 'a lamp' });
  auth.currentUser = null;
  writes[0].reject(Object.assign(new Error(), { code: 'permission-denied' }));

  await assert.rejects(generation.sent, { code: 'not_signed_in' });
  assert.equal(generation.current.status, 'refused');
  assert.equal(generation.current.error.code, 'not_signed_in');
});

test('what was made and is not there has failed, so that nobody waits for it for ever', async () => {
  const generation = safelight.get('images', 'f1');
  const result = generation.result();
  await settled();
  listening('generations/u1/images/f1')[0].next(documentOf('f1', { status: 'completed' }));

  await assert.rejects(result, { code: 'generation_failed', retryable: false });
});

test('an id that cannot be one fails, and listens to nothing', async () => {
  await assert.rejects(safelight.get('images', '').result(), { name: 'SafelightError', code: 'unknown' });

  assert.deepEqual(listeners, []);
});
