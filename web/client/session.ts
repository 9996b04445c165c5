// One user's part of the database, for as long as that user is signed in.

import type { Auth } from 'firebase/auth';
import { collection, type CollectionReference, type Firestore } from 'firebase/firestore';

import { Commands } from './commands.js';
import { notSignedIn, toSafelightError, type SafelightError } from './errors.js';
import type { MediaType } from './generated/contract.js';

export class Session {
  readonly commands = new Commands(this);

  constructor(
    private readonly auth: Auth,
    private readonly firestore: Firestore,
    readonly userId: string,
  ) {}

  /** Everything of a user lies in these. */
  collection(name: MediaType | 'commands'): CollectionReference {
    return collection(this.firestore, 'generations', this.userId, name);
  }

  /** Why Firestore ended this. To the security rules, who has signed out is one more stranger. */
  errorOf(cause: unknown): SafelightError {
    const error = toSafelightError(cause);
    const left = this.auth.currentUser?.uid !== this.userId;
    return left && error.code === 'refused' ? notSignedIn(cause) : error;
  }
}
