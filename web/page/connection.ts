// Whether what is shown is what the server has.

import type { FeedView } from './feed';
import { part } from './part';

/** Somebody wants to leave before what was asked for has been sent. */
export class StillSending extends Error {}

export class Connection {
  private readonly place = part(document, '#connection', HTMLElement);
  private readonly banner = part(document, '#offline', HTMLElement);
  private live: boolean | undefined;
  private sending = false;
  private orders = 0;

  constructor() {
    for (const change of ['online', 'offline']) addEventListener(change, () => this.say());
    addEventListener('beforeunload', (event) => {
      if (this.isSending) event.preventDefault();
    });
    this.say();
  }

  /** Whether something is in this page only: leaving it, or the user, would lose that. */
  get isSending(): boolean {
    return this.sending || this.orders > 0;
  }

  /** For another user. Firestore sends what one has written only while that one is signed in. */
  checkAllIsSent(): void {
    if (this.isSending) throw new StillSending();
  }

  /** For an order that the server does not have yet. */
  waitFor(order: Promise<void>): void {
    const done = () => this.orders--;
    this.orders++;
    order.then(done, done);
  }

  show({ generations, live }: FeedView): void {
    this.live = live;
    this.sending = generations.some(({ status }) => status === 'sending');
    this.say();
  }

  /** Nobody listens any more, for now. */
  lose(): void {
    this.live = false;
    this.say();
  }

  private say(): void {
    const offline = !navigator.onLine;
    this.banner.hidden = !offline;
    const words = offline ? 'Offline' : this.live === undefined ? 'Connecting' : this.live ? 'Connected' : 'Reconnecting';
    if (this.place.textContent === words) return;
    this.place.textContent = words;
    this.place.dataset.state = words.toLowerCase();
  }
}
