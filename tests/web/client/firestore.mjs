// Firestore as the client meets it, in the hands of a test: it answers nothing by itself.

/** Every listener that was ever begun: `path`, `constraints`, `next`, `fail`, and whether it was `stopped`. */
export const listeners = [];
/** Every write: `path`, `data`, and how to `resolve` and `reject` it. */
export const writes = [];

export function getFirestore() {
  return {};
}

export function collection(_firestore, ...segments) {
  return { path: segments.join('/') };
}

export function doc(parent, id = `new-${writes.length}`) {
  if (id === '') throw Object.assign(new Error('an empty path'), { code: 'invalid-argument' });
  return { path: `${parent.path}/${id}`, id };
}

export function query({ path }, ...constraints) {
  return { path, constraints };
}

const constraint =
  (name) =>
  (...of) => [name, ...of];
export const orderBy = constraint('orderBy');
export const startAfter = constraint('startAfter');
export const endAt = constraint('endAt');
export const limit = constraint('limit');

export function onSnapshot({ path, constraints = [] }, ...rest) {
  const callbacks = rest.filter((one) => typeof one === 'function');
  const [next, fail] = callbacks.map((call) => (what) => {
    if (listener.stopped) throw new Error('Firestore tells nothing to who has left');
    call(what);
  });
  const listener = { path, constraints: Object.fromEntries(constraints), next, fail, stopped: false };
  listeners.push(listener);
  return () => {
    listener.stopped = true;
  };
}

export function setDoc({ path }, data) {
  return new Promise((resolve, reject) => writes.push({ path, data, resolve, reject }));
}

export function addDoc({ path }, data) {
  return setDoc({ path }, data);
}

export function serverTimestamp() {
  return 'now';
}

/** The listeners of this path that go on. */
export function listening(path) {
  return listeners.filter((one) => one.path === path && !one.stopped);
}

export function documentOf(id, data, metadata = {}) {
  const known = { hasPendingWrites: false, fromCache: false, ...metadata };
  return { id, data: () => data, exists: () => data !== undefined, metadata: known };
}

export function found(docs, metadata = {}) {
  return { docs, size: docs.length, metadata: { fromCache: false, ...metadata } };
}
