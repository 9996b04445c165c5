// What `for await` takes its steps with.

import type { SafelightError } from './errors.js';

type Subscribe<T> = (next: (value: T) => void, fail: (error: SafelightError) => void) => () => void;

/** Subscribes with the first `next`, and leaves after the last value, after an error, or with `return`. */
export class LiveIterator<T> implements AsyncIterator<T, void, undefined>, AsyncIterable<T> {
  private unseen: T | undefined;
  private failure: SafelightError | undefined;
  private ended = false;
  private leave: (() => void) | undefined;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly subscribe: Subscribe<T>,
    private readonly isLast: (value: T) => boolean,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<T, void>> {
    if (!this.ended) this.leave ??= this.start();
    while (!this.ended) {
      const { unseen: value, failure } = this;
      if (value !== undefined) {
        this.unseen = undefined;
        if (this.isLast(value)) this.end();
        return { value, done: false };
      }
      if (failure !== undefined) {
        this.end();
        throw failure;
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    return { value: undefined, done: true };
  }

  /** Leaves at once, also while `next` waits. An async generator's own `return` would wait behind it. */
  async return(): Promise<IteratorReturnResult<void>> {
    this.end();
    return { value: undefined, done: true };
  }

  private start(): () => void {
    return this.subscribe(
      (value) => {
        this.unseen = value;
        this.wake();
      },
      (error) => {
        this.failure = error;
        this.wake();
      },
    );
  }

  private end(): void {
    this.ended = true;
    this.leave?.();
    this.wake();
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const go of waiting) go();
  }
}
