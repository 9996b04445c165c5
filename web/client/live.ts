// A value that changes while somebody listens: by callback, or step by step with `for await`.

import type { SafelightError } from './errors.js';

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
    this.subscribers.add(subscriber);
    if (this.latest !== undefined) next(this.latest);
    if (this.subscribers.has(subscriber)) this.stop ??= this.start();
    return () => {
      this.subscribers.delete(subscriber);
      if (this.subscribers.size === 0) this.end();
    };
  }

  /** Values as they come; what was missed meanwhile is left out. Ends with a value after which there is no other. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    let seen: T | undefined;
    let failure: SafelightError | undefined;
    let wake = () => {};
    const leave = this.subscribe(
      () => wake(),
      (error) => {
        failure = error;
        wake();
      },
    );
    try {
      while (failure === undefined) {
        const value = this.latest;
        if (value === undefined || value === seen) {
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        seen = value;
        yield value;
        if (this.isLast(value)) return;
      }
      throw failure;
    } finally {
      leave();
    }
  }

  /** Starts to listen. Returns how to stop. */
  protected abstract start(): () => void;

  /** Whether no other value can follow this one. */
  protected isLast(_value: T): boolean {
    return false;
  }

  protected publish(value: T): void {
    this.latest = value;
    for (const { next } of [...this.subscribers]) {
      try {
        next(value);
      } catch (error) {
        reportError(error); // one who breaks is no reason for the others to miss it
      }
    }
  }

  protected fail(error: SafelightError): void {
    const told = [...this.subscribers];
    this.subscribers.clear();
    this.end();
    for (const subscriber of told) subscriber.fail(error);
  }

  private end(): void {
    this.stop?.();
    this.stop = undefined;
  }
}
