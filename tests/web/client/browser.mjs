// What a browser has and Node has not.

/** What was reported as an error that nobody has caught. */
export const reported = [];

globalThis.reportError = (error) => reported.push(error);

/** Lets everything that is ready go on. */
export function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}
