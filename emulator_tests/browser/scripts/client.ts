// Puts the client where a test can call it, with what tells from outside what it does.

import { disableNetwork, enableNetwork, getFirestore } from 'firebase/firestore';
import * as client from 'safelight';

import { auth } from './app';

type View = client.ListView<'images'>;

const firestore = getFirestore(auth.app);

/** Every view of a list from now on, the latest that is wanted, and how to leave. */
function watch(list: client.GenerationList<'images'>) {
  const views: View[] = [];
  let look = () => {};
  let fail: (error: client.SafelightError) => void = reportError;
  const leave = list.subscribe(
    (view) => {
      views.push(view);
      look();
    },
    (error) => fail(error),
  );
  const until = (wanted: (view: View) => boolean) =>
    new Promise<View>((resolve, reject) => {
      fail = reject;
      look = () => {
        const view = views.at(-1);
        if (view !== undefined && wanted(view)) resolve(view);
      };
      look();
    });
  return { views, until, leave };
}

/** The ids of a view, in its order. */
function idsOf({ generations }: View): string[] {
  return generations.map(({ fileUid }) => fileUid);
}

const network = { off: () => disableNetwork(firestore), on: () => enableNetwork(firestore) };
Object.assign(window, { auth, client, safelight: new client.Safelight(auth), network, watch, idsOf });
