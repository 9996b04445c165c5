// A value that changes while somebody listens: by callback, or step by step with `for await`.

import { toSafelightError, type SafelightError } from './errors.js';
import { LiveIterator } from './iterator.js';

interface Subscriber<T> {
  next: (value: T) => void;
  fail: (error: SafelightError) => void;
}

/** Listens to Firebase from the first subscriber until the last one leaves. */
export abstract class Live<T> implements AsyncIterable<T> {
  private readonly subscribers = new Set<Subscriber<T>>();
  private latest: T | undefined;
  private stop: (() => void) | undefined;

  /** What was last known. Undefined until something is. */
  get current(): T | undefined {
    return this.latest;
  }

  /**
   * Calls `next` with the current value, if there is one, and with every later one. Returns how to leave.
   * After `fail`, nothing follows; without it an error is reported as one that nobody has caught.
   */
  subscribe(next: (value: T) => void, fail: (error: SafelightError) => void = reportError): () => void {
    const subscriber = { next, fail };
    const { latest } = this;
    this.subscribers.add(subscriber);
    if (latest !== undefined) tell(() => next(latest));
    if (this.subscribers.has(subscriber)) this.begin();
    return () => {
      this.subscribers.delete(subscriber);
      if (this.subscribers.size === 0) this.end();
    };
  }

  /** Values as they come; what was missed meanwhile is left out. Ends with a value after which there is no other. */
  [Symbol.asyncIterator](): LiveIterator<T> {
    return new LiveIterator(
      (next, fail) => this.subscribe(next, fail),
      (value) => this.isLast(value),
    );
  }

  /** Starts to listen. Returns how to stop. */
  protected abstract start(): () => void;

  /** Whether no other value can follow this one. */
  protected isLast(_value: T): boolean {
    return false;
  }

  protected publish(value: T): void {
    this.latest = value;
    for (const subscriber of [...this.subscribers]) {
      if (this.latest !== value) return; // one of them has changed it, and all have been told
      if (this.subscribers.has(subscriber)) tell(() => subscriber.next(value));
    }
  }

  /** Changes what is known and tells nobody: for what grows old while nobody listens. */
  protected remember(value: T | undefined): void {
    this.latest = value;
  }

  protected fail(error: SafelightError): void {
    this.end();
    for (const subscriber of [...this.subscribers]) {
      if (this.subscribers.delete(subscriber)) tell(() => subscriber.fail(error));
    }
  }

  private begin(): void {
    if (this.stop !== undefined) return;
    try {
      this.stop = this.start();
    } catch (error) {
      this.fail(toSafelightError(error));
    }
    if (this.subscribers.size === 0) this.end(); // it failed while it started
  }

  private end(): void {
    this.stop?.();
    this.stop = undefined;
  }
}

/** One who breaks is no reason for the others to miss it. */
function tell(call: () => void): void {
  try {
    call();
  } catch (error) {
    reportError(error);
  }
}
