import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Safelight } from '../../../web/client/safelight.ts';
import { reported } from './browser.mjs';
import { documentOf, found, listeners, listening } from './firestore.mjs';

const IMAGES = 'generations/u1/images';
const COMMANDS = 'generations/u1/commands';
const CACHED = { fromCache: true };

let auth;
let list;
let views;
let leave;

function document(id) {
  return documentOf(id, { status: 'cancelled' });
}

function documents(...ids) {
  return ids.map(document);
}

/** What is shown, as one word of ids. */
function shown() {
  return views
    .at(-1)
    .generations.map(({ fileUid }) => fileUid)
    .join('');
}

function watch() {
  views = [];
  leave = list.subscribe((view) => views.push(view));
}

beforeEach(() => {
  listeners.length = 0;
  auth = { currentUser: { uid: 'u1' } };
  list = new Safelight(auth).list('images', { pageSize: 2 });
  watch();
  listening(COMMANDS)[0].next(found([]));
});

test('a page closes before the next one opens, and there is no gap between them', () => {
  const [open] = listening(IMAGES);
  open.next(found(documents('e', 'd')));
  assert.equal(views.at(-1).hasMore, true);

  list.more();
  const [, closed, ...others] = listening(IMAGES);
  assert.equal(closed.constraints.endAt.id, 'd');
  assert.deepEqual(others, []);
  assert.deepEqual([views.at(-1).loading, views.at(-1).hasMore], [true, false]);
  list.more(); // does nothing
  closed.next(found([], CACHED)); // proves nothing
  open.next(found([documentOf('f', {}, { hasPendingWrites: true }), document('e')], CACHED));
  assert.equal(shown(), 'fe');
  assert.equal(views.at(-1).loading, true);

  closed.next(found(documents('f', 'e', 'd')));
  const [closedPage, next] = listening(IMAGES);
  assert.equal(open.stopped, true);
  assert.equal(closedPage, closed);
  assert.equal(next.constraints.startAfter.id, 'd');
  assert.equal(shown(), 'fed');
  assert.equal(views.at(-1).loading, true);

  next.next(found(documents('c', 'b')));
  assert.equal(shown(), 'fedcb');
  assert.deepEqual([views.at(-1).loading, views.at(-1).hasMore], [false, true]);
  closed.next(found(documents('f', 'e'), CACHED));
  assert.equal(shown(), 'fecb');
  assert.equal(views.at(-1).live, false);
});

test('who leaves while a page closes leaves everything', () => {
  listening(IMAGES)[0].next(found(documents('e', 'd')));
  list.more();
  leave();

  assert.deepEqual(listeners.filter(({ stopped }) => !stopped), []);
});

test('who comes back is shown what was known, and nothing of it as if it were known now', () => {
  listening(IMAGES)[0].next(found(documents('e', 'd')));
  leave();
  watch();

  assert.equal(shown(), 'ed');
  const { live, hasMore, loading } = views.at(-1);
  assert.deepEqual({ live, hasMore, loading }, { live: false, hasMore: false, loading: true });
});

test('an order that was carried out while nobody looked is not shown as if it were not', () => {
  const order = documentOf('c1', { type: 'cancel', media_type: 'images', file_uid: 'e' });
  listening(COMMANDS)[0].next(found([order]));
  listening(IMAGES)[0].next(found(documents('e')));
  assert.equal(views.at(-1).generations[0].ordered, 'cancel');
  leave();
  watch();
  listening(IMAGES)[0].next(found(documents('e')));
  listening(COMMANDS)[0].next(found([]));

  assert.equal(views.length, 2); // what was known, and what is known now
  assert.equal(views.at(-1).generations[0].ordered, undefined);
});

test('the rules refuse: to who has signed out, that is said as what it is', () => {
  const heard = [];
  const complain = ({ code }) => heard.push(code);
  const denied = Object.assign(new Error(), { code: 'permission-denied' });
  for (const currentUser of [{ uid: 'u1' }, { uid: 'u2' }, null]) {
    list.subscribe(() => {}, complain);
    auth.currentUser = currentUser;
    listening(IMAGES)[0].fail(denied);
    auth.currentUser = { uid: 'u1' };
  }
  list.subscribe(() => {}, complain);
  auth.currentUser = null;
  listening(COMMANDS)[0].fail(denied);

  assert.deepEqual(heard, ['refused', 'not_signed_in', 'not_signed_in', 'not_signed_in']);
  assert.deepEqual(reported.splice(0).map(({ code }) => code), ['refused']); // to the one without a complaint
});
