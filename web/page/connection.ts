// Whether what is shown is what the server has.

import type { FeedView } from './feed';
import { part } from './part';

export class Connection {
  private readonly place = part(document, '#connection', HTMLElement);
  private readonly banner = part(document, '#offline', HTMLElement);
  private live: boolean | undefined;
  private sending = false;

  constructor() {
    for (const change of ['online', 'offline']) addEventListener(change, () => this.say());
    addEventListener('beforeunload', (event) => {
      // What is being sent is in this page only: leaving would lose it.
      if (this.sending) event.preventDefault();
    });
    this.say();
  }

  show({ generations, live }: FeedView): void {
    this.live = live;
    this.sending = generations.some(({ status }) => status === 'sending');
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
