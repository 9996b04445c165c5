// A Firebase app that nothing stands behind: no server is asked, and none could answer.

import { deleteApp, initializeApp } from 'firebase/app';
import { after } from 'node:test';

/** An app that is gone when the tests of this process are. */
export function newApp() {
  const app = initializeApp({ projectId: 'demo-nothing', apiKey: 'none' });
  after(() => deleteApp(app)); // ends what would keep the process waiting
  return app;
}
