import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SafelightError } from '../../../web/client/errors.ts';
import { Live } from '../../../web/client/live.ts';
import { reported, settled } from './browser.mjs';

class Numbers extends Live {
  started = 0;
  stopped = 0;

  start() {
    this.started++;
    return () => this.stopped++;
  }

  isLast(value) {
    return value === 9;
  }
}

const refused = new SafelightError('refused', 'no');

test('an iteration shows the latest value, and ends with the last', async () => {
  const numbers = new Numbers();
  const seen = [];
  const iteration = (async () => {
    for await (const value of numbers) seen.push(value);
  })();
  await settled();
  numbers.publish(1);
  numbers.publish(2);
  await settled();
  numbers.publish(9);
  await iteration;

  assert.deepEqual(seen, [2, 9]);
  assert.equal(numbers.stopped, 1);
});

test('an iteration is left while it waits', async () => {
  const numbers = new Numbers();
  const steps = numbers[Symbol.asyncIterator]();
  const waiting = steps.next();
  await settled();
  assert.equal(numbers.stopped, 0);

  void steps.return();

  assert.equal(numbers.stopped, 1);
  assert.deepEqual(await waiting, { value: undefined, done: true });
  assert.deepEqual(await steps.next(), { value: undefined, done: true });
  assert.equal(numbers.started, 1);
});

test('what is left before it began never begins', async () => {
  const numbers = new Numbers();
  const steps = numbers[Symbol.asyncIterator]();
  await steps.return();

  assert.deepEqual(await steps.next(), { value: undefined, done: true });
  assert.equal(numbers.started, 0);
});

test('breaking off leaves', async () => {
  const numbers = new Numbers();
  numbers.publish(1);
  for await (const _ of numbers) break;

  assert.equal(numbers.stopped, 1);
});

test('who asks twice at once gets two values', async () => {
  const numbers = new Numbers();
  const steps = numbers[Symbol.asyncIterator]();
  const both = Promise.all([steps.next(), steps.next()]);
  await settled();
  numbers.publish(1);
  await settled();
  numbers.publish(9);

  assert.deepEqual((await both).map(({ value }) => value), [1, 9]);
});

test('an iteration throws what it fails with, after what came before that', async () => {
  const numbers = new Numbers();
  const steps = numbers[Symbol.asyncIterator]();
  const first = steps.next();
  numbers.publish(1);
  numbers.fail(refused);

  assert.deepEqual(await first, { value: 1, done: false });
  await assert.rejects(steps.next(), refused);
  assert.deepEqual(await steps.next(), { value: undefined, done: true });
});

test('one who breaks is reported, can leave, and keeps nothing from the others', () => {
  const numbers = new Numbers();
  const heard = [];
  const broken = new Error('broken');
  numbers.publish(1);
  const leave = numbers.subscribe(() => {
    throw broken;
  });
  numbers.subscribe((value) => heard.push(value));
  numbers.publish(2);
  leave();
  numbers.publish(3);

  assert.deepEqual(heard, [1, 2, 3]);
  assert.deepEqual(reported.splice(0), [broken, broken]);
});

test('one whose complaint breaks is reported, and the others hear of the failure', () => {
  const numbers = new Numbers();
  const heard = [];
  const broken = new Error('broken');
  numbers.subscribe(
    () => {},
    () => {
      throw broken;
    },
  );
  numbers.subscribe(
    () => {},
    (error) => heard.push(error),
  );
  numbers.fail(refused);

  assert.deepEqual(heard, [refused]);
  assert.deepEqual(reported.splice(0), [broken]);
  assert.equal(numbers.stopped, 1);
});

test('a failure that nobody asks to hear of is reported', () => {
  const numbers = new Numbers();
  numbers.subscribe(() => {});
  numbers.fail(refused);

  assert.deepEqual(reported.splice(0), [refused]);
});

test('who has left during a round hears nothing any more', () => {
  const numbers = new Numbers();
  const heard = [];
  let leave = () => {};
  numbers.subscribe(
    () => leave(),
    () => leave(),
  );
  const join = () =>
    numbers.subscribe(
      (value) => heard.push(value),
      (error) => heard.push(error),
    );
  leave = join();
  numbers.publish(1);
  assert.deepEqual(heard, []);
  leave = () => {};
  leave = join();
  heard.length = 0;
  numbers.fail(refused);

  assert.deepEqual(heard, []);
});

test('nobody hears what is old after what is new', () => {
  const numbers = new Numbers();
  const heard = [];
  numbers.subscribe((value) => {
    if (value === 1) numbers.publish(2);
  });
  numbers.subscribe((value) => heard.push(value));
  numbers.publish(1);

  assert.deepEqual(heard, [2]);
});

test('who subscribes anew as it fails is listened for again', () => {
  const numbers = new Numbers();
  const heard = [];
  numbers.subscribe(
    () => {},
    () => numbers.subscribe((value) => heard.push(value)),
  );
  numbers.fail(refused);
  numbers.publish(1);

  assert.deepEqual([heard, numbers.started, numbers.stopped], [[1], 2, 1]);
});

test('what cannot start fails, and leaves nobody behind', () => {
  const numbers = new Numbers();
  const heard = [];
  numbers.start = () => {
    throw Object.assign(new Error(), { code: 'permission-denied' });
  };
  numbers.subscribe(
    () => {},
    ({ code }) => heard.push(code),
  );
  delete numbers.start;
  const leave = numbers.subscribe(() => {});
  leave();

  assert.deepEqual(heard, ['refused']);
  assert.deepEqual([numbers.started, numbers.stopped], [1, 1]);
});

test('what fails while it starts is stopped', () => {
  const numbers = new Numbers();
  numbers.start = () => {
    numbers.fail(refused);
    return () => numbers.stopped++;
  };
  numbers.subscribe(
    () => {},
    () => {},
  );

  assert.equal(numbers.stopped, 1);
});
