// The text guard in wasm: megabytes of prose a second through a session of plain text, and what holding back costs.

import { GuardTables, Session } from "interlock-wasm";
import { haltSets, redactSets } from "interlock-wasm/guard-sets";
import {
  REFERENCE_STEP_NS,
  atLeast,
  calibrationStepNs,
  takeTurns,
  timesFaster,
} from "../../scripts/bench-rows.mjs";

const BYTES = 1 << 20;

const WORDS =
  `the of and to in a is that for it was on are as with his they at be this from have or by one had not but what
  all were when we there can an your which their said if do will each about how up out them then she many some so these would
  other into has more her two like him see time could no make than first been its who now people my made over did down only
  way find use may water long little very after words called just where most know get through back much before go good new
  write our used me man too any day same right look think also around another came come work three word must because does
  part even place well such here take why things help put years different away again off went old number great tell men say
  small every found still between name should home big give air line set own under read last never us left end along while
  might next sound below saw something thought both few those always looked show large often together asked house world`
    .split(/\s+/)
    .filter((word) => word !== "");

/** Prose: words in no order, sentences, and a number now and then. */
function prose() {
  let text = "";
  let state = 0x2545f491;
  while (text.length < BYTES) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const word = WORDS[(state >>> 8) % WORDS.length];
    const turn = (state >>> 0) % 61;
    if (turn < 5) text += `${word}. The `;
    else if (turn < 8) text += `${word}, `;
    else if (turn === 8) text += `${(state >>> 0) % 1000} `;
    else text += turn === 9 ? `${word}.\n\n` : `${word} `;
  }
  return new TextEncoder().encode(text.slice(0, BYTES));
}

/** Ten of the some fifty kinds of keys that `api-keys` has, for the way that people write. */
const TEN_KEYS = new RegExp(
  [
    ...["sk-ant-[a-z0-9]{2,12}-[\\w-]{80,120}", "sk-proj-[\\w-]{40,}", "gh[pousr]_[A-Za-z0-9]{36}"],
    ...["github_pat_\\w{82}", "glpat-[\\w-]{20}", "AIza[\\w-]{35}", "A[KS]IA[A-Z2-7]{16}"],
    ...["xox[baprs]-[\\w-]{10,}", "npm_[A-Za-z0-9]{36}", "[sr]k_live_[A-Za-z0-9]{24,}"],
  ].join("|"),
);

/** Characters that a carry-over looks at again. */
const CARRIED = 128;

const guarded = (sets, action) => ({ guard: { rules: [{ sets, action }] } });

export async function textGuardRows() {
  const guardTables = new GuardTables(haltSets, redactSets);
  const text = prose();
  const through = (policy, size) => () => {
    const session = new Session(policy, "text", guardTables);
    let out = 0;
    const started = performance.now();
    for (let at = 0; at < text.length; at += size) {
      session.feed(text.subarray(at, at + size));
      out += session.takeOutput().length;
    }
    session.end();
    out += session.takeOutput().length;
    const ms = performance.now() - started;
    session.free();
    if (out !== text.length) throw new Error(`${out} bytes came out, not ${text.length}`);
    return ms;
  };
  // The usual way: every chunk is searched together with the end of what went before, and leaves.
  const carriedOver = (size) => () => {
    const decoder = new TextDecoder();
    let buffer = "";
    let out = 0;
    const started = performance.now();
    for (let at = 0; at < text.length; at += size) {
      const chunk = text.subarray(at, at + size);
      buffer += decoder.decode(chunk, { stream: true });
      if (TEN_KEYS.test(buffer)) throw new Error("there is no key in the text");
      buffer = buffer.slice(-CARRIED);
      out += chunk.length;
    }
    const ms = performance.now() - started;
    if (out !== text.length) throw new Error(`${out} bytes came out, not ${text.length}`);
    return ms;
  };
  const keys = ["api-keys", "private-keys", "json-web-tokens"];
  const all = [...keys, "email", "phone", "cards", "iban"];
  const best = await takeTurns(
    {
      step: calibrationStepNs,
      prose: through(guarded(keys, "redact"), 16_384),
      carried: carriedOver(16_384),
      held: through(guarded(keys, "redact"), 64),
      flagged: through(guarded(keys, "flag"), 64),
      heldAll: through(guarded(all, "redact"), 64),
      flaggedAll: through(guarded(all, "flag"), 64),
    },
    { rounds: 15 },
  );
  guardTables.free();
  const perSecond = (ms) => BYTES / ms / 1000;
  const held = (name, ours, flagged) =>
    timesFaster(
      `js/guard: hold-back, ${name}, against flags`,
      ours.min,
      "ms a MB",
      flagged.min,
      0.8,
    );
  return [
    atLeast(
      "js/guard: prose, the key sets, 16 KB chunks",
      perSecond((best.prose.min * REFERENCE_STEP_NS) / best.step.min),
      "MB/s",
      250,
    ),
    timesFaster(
      ...["js/guard: prose, 16 KB chunks, against a carry-over and RegExp", best.prose.min],
      ...["ms a MB", best.carried.min, 2],
    ),
    held("prose in 64-byte chunks", best.held, best.flagged),
    held("every set, prose in 64-byte chunks", best.heldAll, best.flaggedAll),
  ];
}
