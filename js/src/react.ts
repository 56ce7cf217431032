/**
 * A React hook for an answer that is read under guard in the browser. It needs React 18 or newer, and takes no wasm of its own.
 *
 * @module
 */

import { useCallback, useEffect, useRef, useState } from "react";
import type { Answer } from "./session/read-answer.js";
import type { SessionRecord } from "./session/types.js";

/** Where an answer is: `failed` when the upstream broke or it could not be guarded, `stopped` by {@link UseAnswer.stop}. */
export type AnswerState = "idle" | "reading" | "completed" | "halted" | "failed" | "stopped";

/** What {@link useAnswer} knows of an answer. */
export interface AnswerView {
  /** Where it is. */
  readonly state: AnswerState;
  /** Its text so far, as far as it may be shown. */
  readonly text: string;
  /** The record of the stream, once it is over. */
  readonly record: SessionRecord | undefined;
  /** What reading it failed with. */
  readonly error: unknown;
}

/** An answer and what can be done with it. */
export interface UseAnswer<Args extends unknown[]> extends AnswerView {
  /** Opens an answer, in place of one that is being read. The same function at every render. */
  readonly start: (...args: Args) => void;
  /** Stops reading. What is shown stays. The same function at every render. */
  readonly stop: () => void;
}

const IDLE: AnswerView = { state: "idle", text: "", record: undefined, error: undefined };

/**
 * Reads an answer under guard and renders as it grows. `open` makes the request and puts it under guard; its signal is aborted
 * when the answer is not wanted any more: by `stop`, by another `start`, or because the component is gone.
 *
 * ```jsx
 * import { readAnswer } from "interlock-wasm";
 * import { useAnswer } from "interlock-wasm/react";
 *
 * function Chat() {
 *   const answer = useAnswer((signal, prompt) =>
 *     readAnswer(fetch("/api/chat", { method: "POST", body: prompt, signal }), { scorer }),
 *   );
 *   return (
 *     <>
 *       <button onClick={() => answer.start("Why is the sky blue?")}>Ask</button>
 *       <p data-state={answer.state}>{answer.text}</p>
 *     </>
 *   );
 * }
 * ```
 */
export function useAnswer<Args extends unknown[]>(
  open: (signal: AbortSignal, ...args: Args) => Answer,
): UseAnswer<Args> {
  const [view, setView] = useState(IDLE);
  const latest = useRef(open);
  useEffect(() => {
    latest.current = open;
  });
  const reading = useRef<AbortController | undefined>(undefined);

  const stop = useCallback(() => {
    if (reading.current === undefined) return;
    reading.current.abort();
    reading.current = undefined;
    setView((before) => ({ ...before, state: "stopped" }));
  }, []);

  const start = useCallback((...args: Args) => {
    reading.current?.abort();
    const controller = new AbortController();
    reading.current = controller;
    /** Shows what has changed, unless nobody wants to know. */
    const show = (change: (before: AnswerView) => AnswerView): void => {
      if (!controller.signal.aborted) setView(change);
    };
    setView({ ...IDLE, state: "reading" });
    const read = async (): Promise<void> => {
      try {
        const answer = latest.current(controller.signal, ...args);
        for await (const piece of answer) {
          // Leaving the loop cancels the upstream.
          if (controller.signal.aborted) return;
          show((before) => ({ ...before, text: before.text + piece }));
        }
        const record = await answer.record;
        const state =
          record.state === "completed" || record.state === "halted" ? record.state : "failed";
        show((before) => ({ ...before, state, record }));
      } catch (error) {
        show((before) => ({ ...before, state: "failed", error }));
      }
      if (reading.current === controller) reading.current = undefined;
    };
    void read();
  }, []);

  // When the component goes.
  useEffect(() => stop, [stop]);

  return { ...view, start, stop };
}
