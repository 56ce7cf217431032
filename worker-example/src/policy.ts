// What this Worker guards: a support assistant that may only say what the manual says.

import type { PolicyInput } from "interlock-wasm";

/** The manual. A fact is looked up when a word of its `key` is in the question or the answer. */
export const facts = [
  { key: "battery temperature", value: "Charge the battery indoors, at 35 degrees at most." },
  {
    key: "battery charger",
    value:
      "Use only the charger supplied with the bike: connect it to the battery first, then to the wall socket.",
  },
  { key: "battery contacts", value: "Keep the charger, the socket and the contacts dry." },
  {
    key: "battery time",
    value: "A full charge takes about 4 hours; the light turns green when it is done.",
  },
  {
    key: "battery frost",
    value:
      "Never charge a frozen battery: when it is cold from a winter ride, let it warm up to room temperature first.",
  },
  {
    key: "battery damage",
    value: "Do not open a swollen or leaking battery: unplug it and call the service.",
  },
  {
    key: "battery storage",
    value:
      "Over the winter, store the battery in a dry place at about half charge and check it every two months.",
  },
];

/** What gets a score: each token as the upstream sends it, or each sentence, which is held until it is whole. */
export type Unit = "delta" | "sentence";

// Divergence from the facts counts more than contradiction alone: what the manual does not say is not
// wrong, but an answer full of it is no answer of this assistant. So what the manual supports scores 0.86,
// what it does not mention 0.62, and what it contradicts 0.10.
const scores = {
  w_logic: 0.3,
  w_fact: 0.7,
  /** One contradiction is enough. */
  hard_limit: 0.4,
  /** Below this something is doubtful. */
  soft_limit: 0.7,
};

/** What halts a stream. */
export const limits = {
  delta: {
    ...scores,
    // Leaving the manual for two or three sentences is too much; some words between are not.
    window_size: 24,
    window_threshold: 0.72,
    // A sudden loss. A sentence begins without support, so that smaller steps are normal.
    trend_window: 5,
    trend_threshold: 0.4,
  },
  sentence: {
    ...scores,
    window_size: 3,
    window_threshold: 0.72,
    trend_window: 3,
    trend_threshold: 0.3,
  },
};

/** What the assistant may do: look things up in the chapter on the battery, and nothing else. */
export const grant = {
  grant: "manual-assistant",
  version: 1,
  permissions: [{ resource: "read_manual/battery/*" }],
  /** What a call is about is in this argument. */
  tools: [{ name: "read_manual", argument: "page" }],
};

/**
 * What must not leave, whoever says it: secrets end an answer and refuse a request, and what names or reaches a person is
 * replaced, unless it may pass. The sets are those of `interlock-wasm/guard-sets`. Any word may begin an address, so where
 * addresses are replaced a word leaves with the token behind it.
 */
function guardOf(personalData: PersonalData): PolicyInput["guard"] {
  return {
    rules: [
      { sets: ["api-keys", "private-keys", "json-web-tokens"], action: "halt" },
      ...(personalData === "pass"
        ? []
        : [{ sets: ["email", "phone", "cards", "iban"], action: "redact" } as const]),
    ],
  };
}

/** What becomes of personal data: `pass`, else it is replaced. */
export type PersonalData = "redact" | "pass";

/** What gets a score, as there are policies for it. */
export const units: readonly Unit[] = ["delta", "sentence"];

/** The policy as it stands here: what is active where nobody has put another. */
export function builtIn(unit: Unit, personalData: PersonalData = "redact"): PolicyInput {
  return {
    halt: limits[unit],
    segments: { unit },
    guard: guardOf(personalData),
    covenant: grant,
    // Tool calls are held whole and the grant decides on them; they are no sentences to be scored.
    channels: { tool_name: "pass", tool_arguments: "pass" },
    scorer: { kind: "builtin", facts },
    ending: { message: "[Stopped: this answer may not go on.]" },
  };
}

/** A stricter one, for the demo: of what the manual does not mention, one piece is too much. */
export function strict(unit: Unit): PolicyInput {
  const halt = { ...limits[unit], hard_limit: 0.65 };
  return { ...builtIn(unit), halt, ending: { message: "[Stopped by the strict policy.]" } };
}

/** The policy of one answer to `prompt`, which may spend so much of each counter: the active version's, or the one here. */
export function policyFor(
  prompt: string,
  unit: Unit,
  budget: Record<string, number> = {},
  active: PolicyInput = builtIn(unit),
): PolicyInput {
  const budgets = Object.entries(budget).map(([counter, ceiling]) => ({ counter, ceiling }));
  return {
    ...active,
    // A policy without grants has none to spend from.
    ...(active.covenant && { covenant: { ...active.covenant, budgets } }),
    // The assistant only speaks of the battery, whatever it was asked: that finds all facts.
    scorer: { ...active.scorer, prompt: `About the e-bike battery: ${prompt}` },
  };
}
