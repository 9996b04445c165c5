// A guest becomes somebody with an account, and keeps what was made before.

import {
  EmailAuthProvider,
  linkWithCredential,
  sendPasswordResetEmail,
  signInWithEmailAndPassword,
  signOut,
  type Auth,
  type User,
} from 'firebase/auth';

import type { Connection } from './connection';
import { notice } from './notices';
import { part } from './part';
import { errorInWords } from './words';

export class Account {
  private readonly dialog = part(document, '#account', HTMLDialogElement);
  private readonly error = part(document, '#account-error', HTMLElement);
  private readonly email = part(document, '#email', HTMLInputElement);
  private readonly password = part(document, '#password', HTMLInputElement);
  private readonly opener = part(document, '#account-open', HTMLButtonElement);
  private readonly leaver = part(document, '#sign-out', HTMLButtonElement);
  /** Whether the person signs out here; otherwise a session ends by itself, or in another tab. */
  isLeaving = false;

  constructor(
    private readonly auth: Auth,
    private readonly connection: Connection,
  ) {
    this.opener.addEventListener('click', () => this.open());
    part(this.dialog, 'form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.carryOut('Your pictures are kept.', () => this.create());
    });
    part(this.dialog, '#sign-in', HTMLButtonElement).addEventListener('click', () => {
      void this.carryOut('Welcome back.', () => this.signIn());
    });
    part(this.dialog, '#reset-password', HTMLButtonElement).addEventListener('click', () => {
      void this.carryOut('An email is on its way.', () => sendPasswordResetEmail(this.auth, this.email.value));
    });
    part(this.dialog, '.close', HTMLButtonElement).addEventListener('click', () => this.dialog.close());
    this.leaver.addEventListener('click', () => {
      void this.carryOut('You are a guest again.', () => this.leave());
    });
  }

  show(user: User | null): void {
    if (user !== null) this.isLeaving = false;
    this.opener.hidden = user === null || !user.isAnonymous;
    this.leaver.hidden = user === null || user.isAnonymous;
    part(document, '#account-name', HTMLElement).textContent = user?.email ?? '';
    this.leaver.title = user?.email ?? ''; // where there is no room for the name
  }

  private open(): void {
    this.error.textContent = '';
    this.password.value = '';
    this.dialog.showModal();
  }

  /** The user id stays, and with it everything that was made. */
  private async create(): Promise<void> {
    const guest = this.auth.currentUser;
    if (guest === null) throw new Error('there is no guest to keep pictures for');
    const { user } = await linkWithCredential(guest, EmailAuthProvider.credential(this.email.value, this.password.value));
    this.show(user);
  }

  private async signIn(): Promise<void> {
    this.connection.checkAllIsSent();
    await signInWithEmailAndPassword(this.auth, this.email.value, this.password.value);
  }

  private async leave(): Promise<void> {
    this.connection.checkAllIsSent();
    this.isLeaving = true;
    await signOut(this.auth);
  }

  private async carryOut(done: string, work: () => Promise<void>): Promise<void> {
    const buttons = [...this.dialog.querySelectorAll('button'), this.leaver];
    for (const button of buttons) button.disabled = true;
    try {
      await work();
      this.dialog.close();
      this.email.value = this.password.value = ''; // whoever comes next reads nothing
      notice(done);
    } catch (error) {
      this.isLeaving = false;
      if (this.dialog.open) this.error.textContent = errorInWords(error);
      else notice(errorInWords(error));
    } finally {
      for (const button of buttons) button.disabled = false;
      // What opened the dialog may be gone, and the focus with it.
      if (!this.dialog.open && document.activeElement === document.body) this.leaver.focus();
    }
  }
}
