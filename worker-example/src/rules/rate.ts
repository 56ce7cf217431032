// How often something may be done.

/** So many times in so many ms: what was used comes back bit by bit. */
export class Rate {
  readonly #most: number;
  readonly #ms: number;
  #left: number;
  #at = 0;

  constructor(most: number, ms: number) {
    this.#most = most;
    this.#ms = ms;
    this.#left = most;
  }

  /** Takes one. Returns 0, or after how many seconds there is one again. */
  take(now: number): number {
    const back = ((now - this.#at) * this.#most) / this.#ms;
    this.#left = Math.min(this.#most, this.#left + Math.max(back, 0));
    this.#at = now;
    if (this.#left < 1) return Math.ceil(((1 - this.#left) * this.#ms) / this.#most / 1000);
    this.#left -= 1;
    return 0;
  }
}
