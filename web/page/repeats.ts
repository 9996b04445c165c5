// A double click, or a key that is held down, is one wish; and what it would start twice costs twice.

const MEANT_AFTER_MS = 700;

export class Repeats {
  private last = '';
  private at = -Infinity;

  /** Whether this was asked for a moment ago. One that is refused counts as well, so a key can be held for ever. */
  isOne(what: string): boolean {
    const now = performance.now();
    const repeated = what === this.last && now - this.at < MEANT_AFTER_MS;
    this.last = what;
    this.at = now;
    return repeated;
  }
}
