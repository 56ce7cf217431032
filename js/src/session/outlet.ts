/**
 * The way out to a reader: a stream that is written to by hand.
 *
 * @module
 */

/** Bytes of a stream that leave. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A readable stream and its writing end. After its end it takes nothing and does nothing. */
export interface Outlet {
  /** What the reader reads. */
  readonly readable: ReadableStream<Bytes>;
  /** Writes. Never throws. */
  write(bytes: Bytes): void;
  /** Resolves when the reader has taken what was written and may want more; none for at once. */
  ready(): Promise<void> | undefined;
  /** Ends it behind what was written. */
  close(): void;
  /** Breaks it off. */
  error(reason: unknown): void;
}

/** Opens a way out. `cancelled` is called, at most once, when the reader is gone before the end. */
export function openOutlet(cancelled: (reason: unknown) => void): Outlet {
  const { IdentityTransformStream } = globalThis as unknown as {
    IdentityTransformStream?: new () => TransformStream<Bytes, Bytes>;
  };
  return IdentityTransformStream === undefined
    ? new StandardOutlet(cancelled)
    : new NativeOutlet(new IdentityTransformStream(), cancelled);
}

class StandardOutlet implements Outlet {
  readonly readable: ReadableStream<Bytes>;
  #controller!: ReadableStreamDefaultController<Bytes>;
  #over = false;
  #pulled: (() => void) | undefined;

  constructor(cancelled: (reason: unknown) => void) {
    this.readable = new ReadableStream<Bytes>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#release();
        },
        cancel: (reason) => {
          this.#over = true;
          this.#release();
          cancelled(reason);
        },
      },
      // No more is read ahead than one chunk.
      { highWaterMark: 0 },
    );
  }

  write(bytes: Bytes): void {
    if (!this.#over) this.#controller.enqueue(bytes);
  }

  ready(): Promise<void> | undefined {
    if (this.#over || (this.#controller.desiredSize ?? 0) >= 0) return undefined;
    return new Promise((resolve) => {
      this.#pulled = resolve;
    });
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller.close();
    this.#release();
  }

  error(reason: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller.error(reason);
    this.#release();
  }

  #release(): void {
    const pulled = this.#pulled;
    this.#pulled = undefined;
    pulled?.();
  }
}

/**
 * Over workerd's stream of its own, whose bytes reach the socket without a call of JavaScript: about a fifth
 * of a token's way there.
 */
class NativeOutlet implements Outlet {
  readonly readable: ReadableStream<Bytes>;
  readonly #writer: WritableStreamDefaultWriter<Bytes>;
  #over = false;
  #written: Promise<void> | undefined;

  constructor(stream: TransformStream<Bytes, Bytes>, cancelled: (reason: unknown) => void) {
    this.readable = stream.readable;
    this.#writer = stream.writable.getWriter();
    this.#writer.closed.catch((reason: unknown) => {
      if (this.#over) return;
      this.#over = true;
      cancelled(reason);
    });
  }

  write(bytes: Bytes): void {
    // It settles with `closed`, which tells when the reader is gone.
    if (!this.#over) this.#written = this.#writer.write(bytes).catch(() => undefined);
  }

  ready(): Promise<void> | undefined {
    const written = this.#written;
    this.#written = undefined;
    return written;
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#writer.close().catch(() => undefined);
  }

  error(reason: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#writer.abort(reason).catch(() => undefined);
  }
}
