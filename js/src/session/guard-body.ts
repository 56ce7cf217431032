/**
 * Guarding a body that is there already: one loop reads it, feeds the guard, and writes what may leave.
 * Piped through a {@link GuardStream} it would pass two streams more.
 *
 * @module
 */

import { isBytes, notBytes } from "../internal/arguments.js";
import { Guard } from "./guard.js";
import type { GuardOptions } from "./options.js";
import { type Bytes, type Outlet, openOutlet } from "./outlet.js";
import { LINGER_MS, connectionLost, reasonToCancel } from "./upstream.js";

/**
 * The body under guard. It ends as a {@link GuardStream} does: halted, completed, failed and cancelled alike.
 *
 * @throws {PolicyError} {@link ArgumentError} when the options are refused; the body is untouched then
 */
export function guardBody(
  body: ReadableStream<Uint8Array>,
  options: GuardOptions,
): ReadableStream<Bytes> {
  return new GuardedBody(body, options).readable;
}

class GuardedBody {
  readonly #guard: Guard;
  readonly #outlet: Outlet;
  readonly #upstream: ReadableStreamDefaultReader<Uint8Array>;
  /** It came to its end or failed: there is nothing to cancel. */
  #upstreamOver = false;
  #linger: ReturnType<typeof setTimeout> | undefined;

  constructor(body: ReadableStream<Uint8Array>, options: GuardOptions) {
    this.#guard = new Guard(options, {
      write: (bytes) => {
        this.#outlet.write(bytes);
      },
      end: (record) => {
        this.#outlet.close();
        this.#cancel(reasonToCancel(record));
      },
      fail: (error) => {
        this.#outlet.error(error);
        this.#cancel(error);
      },
    });
    this.#outlet = openOutlet((reason) => {
      this.#guard.abandon();
      this.#cancel(reason);
    });
    try {
      this.#upstream = body.getReader();
    } catch (error) {
      this.#guard.abandon();
      throw error;
    }
    this.#guard.start();
    void this.#pump();
  }

  get readable(): ReadableStream<Bytes> {
    return this.#outlet.readable;
  }

  async #pump(): Promise<void> {
    while (await this.#mayRead()) {
      let read;
      try {
        read = await this.#upstream.read();
      } catch (reason) {
        this.#upstreamOver = true;
        this.#guard.fail(connectionLost(reason));
        return;
      }
      if (read.done) {
        this.#upstreamOver = true;
        this.#guard.end();
        return;
      }
      this.#take(read.value);
    }
  }

  /** Waits while the reader is behind or scores are out. */
  async #mayRead(): Promise<boolean> {
    for (;;) {
      const wait = this.#outlet.ready() ?? this.#guard.room();
      if (wait === undefined) return !this.#guard.isOver;
      await wait;
    }
  }

  #take(chunk: Uint8Array): void {
    if (!isBytes(chunk)) {
      const error = notBytes("chunk", chunk);
      this.#guard.abandon();
      this.#outlet.error(error);
      this.#cancel(error);
      return;
    }
    this.#guard.feed(chunk as Bytes);
    if (this.#guard.isOver || this.#guard.wantsInput) return;
    // The protocol has ended: the upstream should, too.
    this.#linger ??= setTimeout(() => {
      this.#guard.end();
    }, LINGER_MS);
  }

  #cancel(reason: unknown): void {
    clearTimeout(this.#linger);
    if (this.#upstreamOver) return;
    this.#upstreamOver = true;
    this.#upstream.cancel(reason).catch(() => undefined);
  }
}
