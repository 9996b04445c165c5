import assert from 'node:assert/strict';
import { test } from 'node:test';

import { getStorage } from 'firebase/storage';

import { upload } from '../../../web/client/uploads.ts';
import { newApp } from './app.mjs';

const app = newApp();

test('a project without a bucket is an error like all others', async () => {
  const picture = new Blob([new Uint8Array([0xff, 0xd8, 0xff, 0xe0])]);
  const uploading = upload(async () => getStorage(app), 'u1', picture, {});

  await assert.rejects(uploading, { name: 'SafelightError', code: 'unknown', message: /no-default-bucket/ });
});
