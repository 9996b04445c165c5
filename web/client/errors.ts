// What can go wrong, in one shape: a code for programs, a sentence for people, and whether trying again can help.

import type { ErrorCode, Failure } from './generated/contract.js';

/** The document's own codes, and those of what fails in the browser before there is a document. */
export type SafelightErrorCode =
  | ErrorCode
  | 'invalid_upload' // not a picture that Safelight takes
  | 'not_signed_in'
  | 'refused' // by the security rules
  | 'unreachable'
  | 'over_quota'
  | 'cancelled'
  | 'deleted'
  | 'unknown';

export class SafelightError extends Error {
  override readonly name = 'SafelightError';

  constructor(
    readonly code: SafelightErrorCode,
    message: string,
    readonly details: { retryable?: boolean; field?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
  }

  /** Whether the same request can succeed later. */
  get retryable(): boolean {
    return this.details.retryable ?? false;
  }

  /** The key of the request that is at fault, where one is. */
  get field(): string | undefined {
    return this.details.field;
  }
}

interface Kind {
  readonly code: SafelightErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

const UNREACHABLE: Kind = {
  code: 'unreachable',
  message: 'Firebase cannot be reached. Check the connection.',
  retryable: true,
};
const REFUSED: Kind = {
  code: 'refused',
  message: 'The security rules of this Firebase project refused this. They may be older or newer than this page.',
  retryable: false,
};
const OVER_QUOTA: Kind = {
  code: 'over_quota',
  message: 'The Firebase project has used up its quota. Try again later.',
  retryable: true,
};
const NOT_SIGNED_IN: Kind = {
  code: 'not_signed_in',
  message: 'You are not signed in any more, or as somebody else. Reload the page.',
  retryable: false,
};

/** https://firebase.google.com/docs/reference/js/firestore_#firestoreerrorcode, and Storage's and Auth's beside it. */
const FIREBASE_CODES: Readonly<Record<string, Kind>> = {
  'permission-denied': REFUSED,
  'storage/unauthorized': REFUSED,
  unauthenticated: NOT_SIGNED_IN,
  'storage/unauthenticated': NOT_SIGNED_IN,
  unavailable: UNREACHABLE,
  'deadline-exceeded': UNREACHABLE,
  'auth/network-request-failed': UNREACHABLE,
  'storage/retry-limit-exceeded': UNREACHABLE,
  'resource-exhausted': OVER_QUOTA,
  'storage/quota-exceeded': OVER_QUOTA,
};

/** The same error in Safelight's words. */
export function toSafelightError(cause: unknown): SafelightError {
  if (cause instanceof SafelightError) return cause;
  // By its code, and not by its class, of which an app that bundles Firebase twice has two.
  const code = (cause as { code?: unknown } | undefined)?.code;
  const known = typeof code === 'string' ? FIREBASE_CODES[code] : undefined;
  if (known !== undefined) return errorOf(known, cause);
  const answer = typeof code !== 'string' ? 'Something unexpected went wrong' : `Firebase answered “${code}”`;
  return new SafelightError('unknown', `${answer}. Try again; if that does not help, reload the page.`, { cause });
}

/** For what fails without a code of Firebase's. */
export function unreachable(cause: unknown): SafelightError {
  return errorOf(UNREACHABLE, cause);
}

/** For what the rules refuse because somebody has signed out. */
export function notSignedIn(cause: unknown): SafelightError {
  return errorOf(NOT_SIGNED_IN, cause);
}

/** The error that a failed document holds. */
export function failureError(failure: Failure): SafelightError {
  const { code, message, retryable, field } = failure;
  return new SafelightError(code, message, { retryable, ...(field === undefined ? {} : { field }) });
}

function errorOf({ code, message, retryable }: Kind, cause: unknown): SafelightError {
  return new SafelightError(code, message, { retryable, cause });
}
