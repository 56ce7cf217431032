/**
 * A guard as a web stream.
 *
 * @module
 */

import { SessionEndedError } from "../errors.js";
import { isBytes, notBytes } from "../internal/arguments.js";
import { Guard } from "./guard.js";
import type { GuardOptions } from "./options.js";
import type { SessionRecord } from "./types.js";
import { LINGER_MS, connectionLost, reasonToCancel } from "./upstream.js";

/**
 * A `TransformStream` over the bytes of a model's response. Bytes go in as they come from the network, cut
 * anywhere; bytes come out as soon as the text in them has passed. See {@link guardStream}.
 *
 * A chunk that is written belongs to the guard: one that may leave unchanged leaves as it is, uncopied.
 *
 * It asks its upstream for no more than its reader and its scorer keep up with. It ends in one of these
 * ways, and in each {@link GuardStream.record} settles, the upstream is cancelled at most once, and no
 * timer and no memory is left:
 *
 * - The upstream comes to its end: everything that passed has left, and the readable side closes.
 * - A verdict halts it: the protocol's own ending is written, the readable side closes, the upstream is
 *   cancelled. A `writer` that is used by hand sees a {@link StreamHaltedError}.
 * - The upstream fails, or breaks its protocol: what passed leaves, then the protocol's own report of an
 *   error, and the readable side closes.
 * - The client cancels the readable side: so is the upstream.
 * - A callback throws, a chunk is no `Uint8Array`, or the instance traps: nothing more leaves, the readable
 *   side errors, the upstream is cancelled.
 */
export class GuardStream extends TransformStream<Uint8Array, Uint8Array> {
  /**
   * The account of the stream: resolves when it is over, however it ended; rejects only with a
   * {@link TrapError}. It need not be awaited.
   */
  readonly record: Promise<SessionRecord>;

  /** Bytes that may leave. */
  declare readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;

  /** Takes the bytes of the wire. */
  declare readonly writable: WritableStream<Uint8Array>;

  /** Cuts the stream off, at the end of a block that declared it with `using`. */
  declare readonly [Symbol.dispose]: () => void;

  static {
    if ("dispose" in Symbol) {
      Object.defineProperty(this.prototype, Symbol.dispose, {
        value(this: GuardStream) {
          this.#ends.dispose();
        },
        configurable: true,
        writable: true,
      });
    }
  }

  readonly #ends: Ends;

  /**
   * @param options - see {@link GuardOptions}
   * @throws {PolicyError} when the policy is refused
   * @throws {ArgumentError} when another option is
   */
  constructor(options: GuardOptions = {}) {
    const ends = new Ends(options);
    super();
    this.#ends = ends;
    this.record = ends.record;
    // A transformer is not told that its readable side was cancelled, in most hosts: so both sides are
    // streams of their own, and those of the base class are not used.
    Object.defineProperties(this, {
      readable: { value: ends.readable, enumerable: true },
      writable: { value: ends.writable, enumerable: true },
    });
  }
}

/**
 * Guards the bytes of a model's response while they pass:
 *
 * ```js
 * import { guardStream } from "interlock-wasm";
 *
 * const upstream = await fetch("https://api.openai.com/v1/chat/completions", request);
 * const guard = guardStream({
 *   policy: { halt: { hard_limit: 0.4 }, segments: { unit: "sentence" } },
 *   scorer: (segment) => myScorer(segment.text),
 *   onVerdict: ({ text, score, verdict }) => console.log(text, score, verdict.outcome),
 * });
 * return new Response(upstream.body.pipeThrough(guard), { headers: upstream.headers });
 * ```
 *
 * @param options - see {@link GuardOptions}
 * @throws {PolicyError} when the policy is refused
 * @throws {ArgumentError} when another option is
 */
export function guardStream(options: GuardOptions = {}): GuardStream {
  return new GuardStream(options);
}

/** The two ends of a guarded stream and the guard between them. */
class Ends {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<Uint8Array>;

  readonly #guard: Guard;
  #reader!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  #writer!: WritableStreamDefaultController;
  /** The writable side was closed or aborted by its owner, or errored from here: it needs no end. */
  #writableOver = false;
  #readableOver = false;
  #pulled: (() => void) | undefined;
  #ended: (() => void) | undefined;
  #linger: ReturnType<typeof setTimeout> | undefined;

  constructor(options: GuardOptions) {
    this.#guard = new Guard(options, {
      write: (bytes) => {
        if (!this.#readableOver) this.#reader.enqueue(bytes);
      },
      end: (record) => {
        this.#end(reasonToCancel(record));
      },
      fail: (error) => {
        this.#fail(error);
      },
    });
    this.readable = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) => {
          this.#reader = controller;
        },
        pull: () => {
          this.#release();
        },
        cancel: (reason) => {
          this.#readableOver = true;
          this.#guard.abandon();
          this.#closeWritable(reason);
        },
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => {
        this.#writer = controller;
        // Told at once where the host has it, also while a chunk is still waiting.
        const { signal } = controller as { signal?: AbortSignal };
        signal?.addEventListener("abort", () => {
          this.#abort(signal.reason);
        });
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#close(),
      abort: (reason) => {
        this.#abort(reason);
        return this.#whenOver();
      },
    });
    this.#guard.start();
  }

  get record(): Promise<SessionRecord> {
    return this.#guard.record;
  }

  dispose(): void {
    if (this.#guard.isOver) return;
    this.#guard.abandon();
    this.#fail(new SessionEndedError("failed"));
  }

  #write(chunk: Uint8Array): Promise<void> | undefined {
    if (!isBytes(chunk)) {
      const error = notBytes("chunk", chunk);
      this.#guard.abandon();
      this.#fail(error);
      throw error;
    }
    this.#guard.feed(chunk as Uint8Array<ArrayBuffer>);
    if (this.#guard.isOver) return undefined;
    if (!this.#guard.wantsInput) this.#startLinger();
    return this.#room();
  }

  /** The protocol has ended: the upstream should, too. */
  #startLinger(): void {
    this.#linger ??= setTimeout(() => {
      this.#guard.end();
    }, LINGER_MS);
  }

  /** Waits while scores are out or the reader is behind. */
  #room(): Promise<void> | undefined {
    const scores = this.#guard.room();
    if (scores !== undefined) {
      return scores.then(() => this.#room());
    }
    if (this.#guard.isOver || (this.#reader.desiredSize ?? 0) >= 0) return undefined;
    return new Promise((resolve) => {
      this.#pulled = resolve;
    });
  }

  #release(): void {
    const pulled = this.#pulled;
    this.#pulled = undefined;
    pulled?.();
  }

  #close(): Promise<void> | undefined {
    this.#writableOver = true;
    this.#guard.end();
    return this.#whenOver();
  }

  #abort(reason: unknown): void {
    if (this.#writableOver) return;
    this.#writableOver = true;
    this.#release();
    this.#guard.fail(connectionLost(reason));
  }

  #whenOver(): Promise<void> | undefined {
    if (this.#guard.isOver) return undefined;
    return new Promise((resolve) => {
      this.#ended = resolve;
    });
  }

  /** Over, and everything was written. */
  #end(reason: Error): void {
    if (!this.#readableOver) {
      this.#readableOver = true;
      this.#reader.close();
    }
    this.#closeWritable(reason);
  }

  /** Broken off. */
  #fail(error: Error): void {
    if (!this.#readableOver) {
      this.#readableOver = true;
      this.#reader.error(error);
    }
    this.#closeWritable(error);
  }

  /** Cancels the upstream that is piped into here, unless it is over itself. */
  #closeWritable(reason: unknown): void {
    clearTimeout(this.#linger);
    this.#release();
    if (!this.#writableOver) {
      this.#writableOver = true;
      this.#writer.error(reason);
    }
    this.#ended?.();
    this.#ended = undefined;
  }
}
