/**
 * When what was delivered, on the host's clock.
 *
 * @module
 */

import type { StreamTimings } from "./types.js";

/**
 * A wait shorter than this is one between two writes; a longer one is one between two texts, whatever else was written
 * meanwhile. To ask the session whether a write had text costs some microseconds, so it is asked once in that time.
 */
const WATCH_MS = 1000;

/** Keeps the time of one stream. */
export class StreamClock {
  readonly #released: () => number;
  readonly #begun = performance.now();
  #firstByte: number | undefined;
  #firstText: number | undefined;
  #longest = 0;
  /** The last write, which is taken for one of text until the session is asked. */
  #at = 0;
  /** The last write that had text, when the session was asked. */
  #sureAt = 0;
  /** Bytes of text that had left then. */
  #count = 0;
  #askedAt = 0;
  #isWatched = false;

  /** @param released - bytes of text that have left */
  constructor(released: () => number) {
    this.#released = released;
  }

  /** Bytes of the upstream have come. */
  came(): void {
    this.#firstByte ??= performance.now();
  }

  /** A step begins, behind which there may be something to write. */
  before(): void {
    if (this.#firstText === undefined) return;
    const now = performance.now();
    if (now - this.#askedAt < WATCH_MS) return;
    this.#askedAt = now;
    const count = this.#released();
    if (count > this.#count) this.#sureAt = this.#at;
    // What was written since then had no text: pings.
    else this.#at = this.#sureAt;
    this.#count = count;
    this.#isWatched = true;
  }

  /** Something was written to the client. */
  wrote(): void {
    if (this.#firstText !== undefined && !this.#isWatched) {
      this.#delivered(performance.now());
      return;
    }
    this.#isWatched = false;
    const count = this.#released();
    if (count === this.#count) return;
    const now = performance.now();
    if (this.#firstText === undefined) {
      this.#firstText = this.#at = this.#askedAt = now;
    }
    this.#delivered(now);
    this.#sureAt = now;
    this.#count = count;
  }

  #delivered(now: number): void {
    this.#longest = Math.max(this.#longest, now - this.#at);
    this.#at = now;
  }

  /** The times, now that the stream is over. */
  timings(): StreamTimings {
    const since = (at: number | undefined): number | null =>
      at === undefined ? null : rounded(at - this.#begun);
    return {
      first_byte_ms: since(this.#firstByte),
      first_delivered_ms: since(this.#firstText),
      longest_stall_ms: this.#firstText === undefined ? null : rounded(this.#longest),
      duration_ms: rounded(performance.now() - this.#begun),
    };
  }
}

/** To microseconds: no host's clock is finer. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
