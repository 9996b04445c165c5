import assert from 'node:assert/strict';
import { test } from 'node:test';

import { getAuth } from 'firebase/auth';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';

import { useGenerations } from '../../../web/client/react.ts';
import { Safelight } from '../../../web/client/safelight.ts';
import { newApp } from './app.mjs';

const auth = getAuth(newApp());

test('a list of nobody is an error to show', () => {
  const safelight = new Safelight(auth);
  const Gallery = () => {
    const { error, more, generations } = useGenerations(safelight, 'images');
    more();
    return `${error?.code} ${generations}`;
  };

  assert.equal(renderToStaticMarkup(createElement(Gallery)), 'not_signed_in undefined');
});
