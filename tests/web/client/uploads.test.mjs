import assert from 'node:assert/strict';
import { test } from 'node:test';

import { uploads } from '../../../web/client/generated/limits.ts';
import { upload } from '../../../web/client/uploads.ts';

const PICTURE = new Blob([new Uint8Array([0xff, 0xd8, 0xff, 0xe0])]);

test('a project without a bucket is an error like all others', async () => {
  const uploading = upload(async () => ({}), 'u1', PICTURE, {});

  await assert.rejects(uploading, { name: 'SafelightError', code: 'unknown', message: /no-default-bucket/ });
});

test('a page that did not come over HTTPS uploads, too', async () => {
  const { crypto } = globalThis;
  const insecure = { getRandomValues: (bytes) => crypto.getRandomValues(bytes) };
  Object.defineProperty(globalThis, 'crypto', { value: insecure, configurable: true });

  const paths = await Promise.all([1, 2].map(() => upload(async () => ({ bucket: 'b' }), 'u1', PICTURE, {})));

  assert.notEqual(paths[0], paths[1]);
  for (const path of paths) {
    assert.match(path, /^uploads\/u1\/[^/]+\.jpg$/);
    assert.match(path.split('/')[2], new RegExp(uploads.name_pattern));
  }
});
