import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';

import { useGenerations } from '../../../web/client/react.ts';
import { Safelight } from '../../../web/client/safelight.ts';

test('a list of nobody is an error to show', () => {
  const safelight = new Safelight({ currentUser: null });
  const Gallery = () => {
    const { error, more, generations } = useGenerations(safelight, 'images');
    more();
    return `${error?.code} ${generations}`;
  };

  assert.equal(renderToStaticMarkup(createElement(Gallery)), 'not_signed_in undefined');
});
