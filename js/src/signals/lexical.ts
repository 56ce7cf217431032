/**
 * Lexical signals: cheap, deterministic features of one text or of a pair, for scorers and policies of
 * one's own. None of them understands a text. All are linear in it and give the same bits on every host.
 * Texts must be strings of whole characters; half a surrogate pair is refused.
 *
 * @module
 */

import * as raw from "../../wasm/signals.js";
import { ArgumentError } from "../errors.js";
import { float64, requireCount, requireNumber, requireText } from "../internal/arguments.js";
import { call, slot } from "./instance.js";

function pair<Result>(
  names: readonly [string, string],
  work: (a: string, b: string) => Result,
  a: string,
  b: string,
): Result {
  requireText(names[0], a);
  requireText(names[1], b);
  return call(() => work(a, b));
}

/** Words that both texts have over all words of both, in [0, 1]; 0 if either has none. */
export function wordOverlap(a: string, b: string): number {
  return pair(["a", "b"], raw.wordOverlap, a, b);
}

/** Names that both texts have over all names of both, in [0, 1]; 1 if neither has any. */
export function entityOverlap(a: string, b: string): number {
  return pair(["a", "b"], raw.entityOverlap, a, b);
}

/** Whether the numbers of both texts agree; nothing where one has no numbers. */
export function numericalConsistency(a: string, b: string): boolean | undefined {
  return pair(["a", "b"], raw.numericalConsistency, a, b);
}

/** Whether one of two texts about the same denies what the other says. */
export function negationFlip(claim: string, source: string): boolean {
  return pair(["claim", "source"], raw.negationFlip, claim, source);
}

/** Share of the claim's content words that the source has, in [0, 1]; 1 if the claim has none. */
export function traceability(claim: string, source: string): number {
  return pair(["claim", "source"], raw.traceability, claim, source);
}

/** A divergence of two texts by words, length, names and negation, in [0, 1]; 0.5 where one is empty. */
export function liteScore(premise: string, hypothesis: string): number {
  return pair(["premise", "hypothesis"], raw.liteScore, premise, hypothesis);
}

/** Whether an unusual share of a text's characters does not show: controls, fillers, unassigned ones. */
export function hasSuspiciousUnicode(text: string): boolean {
  requireText("text", text);
  return call(() => raw.hasSuspiciousUnicode(text));
}

// In the order of their bits; a test of the Rust crate compares them with the core's.
const FINDINGS = [
  "instruction_override",
  "system_role_injection",
  "delimiter_injection",
  "output_manipulation",
  "data_exfiltration",
  "base64_payload",
  "unicode_escape_injection",
  "control_char_injection",
  "bidi_override",
  "path_traversal",
  "yaml_json_injection",
] as const;

/** One of the marks that {@link sanitize} looks for. */
export type SanitizerFinding = (typeof FINDINGS)[number];

/** What was found in a text. */
export interface SanitizerReport {
  /** Sum of the weights of the findings, at most 1. */
  readonly score: number;
  /** The marks that occur, each once. */
  readonly findings: readonly SanitizerFinding[];
}

/** Looks for marks of prompt injection. */
export function sanitize(text: string): SanitizerReport {
  requireText("text", text);
  const found = call(() => raw.sanitize(text));
  return { score: slot(0), findings: FINDINGS.filter((_, bit) => ((found >> bit) & 1) === 1) };
}

/**
 * How far values fall along their least-squares line: positive means falling; 0 for fewer than two.
 *
 * @throws {ArgumentError} when one is not finite
 */
export function trendDrop(values: Float64Array | readonly number[]): number {
  const numbers = float64("values", values);
  return call(() => raw.trendDrop(numbers));
}

/**
 * Softmax of each row of a matrix given row after row. Numbers after the last whole row come back as 0.
 *
 * @throws {ArgumentError} when a number is NaN or infinite
 */
export function softmax(values: Float64Array | readonly number[], cols: number): Float64Array {
  const numbers = float64("values", values);
  requireCount("cols", cols);
  return call(() => raw.softmax(numbers, cols));
}

/**
 * Divergence of each row of class probabilities: that of contradiction plus half that of neutral, in [0, 1].
 * Rows of two columns are (contradiction, entailment), and the indices are not used.
 *
 * @throws {ArgumentError} when a probability is outside [0, 1], or an index outside the row
 */
export function probsToDivergence(
  probs: Float64Array | readonly number[],
  cols: number,
  contradiction: number,
  neutral: number,
): Float64Array {
  const numbers = float64("probs", probs);
  requireCount("cols", cols);
  requireCount("contradiction", contradiction);
  requireCount("neutral", neutral);
  return call(() => raw.probsToDivergence(numbers, cols, contradiction, neutral));
}

/**
 * How decided each row of class probabilities is: 1 (one class has it all) down to 0 (all alike).
 *
 * @throws {ArgumentError} when a probability is outside [0, 1]
 */
export function probsToConfidence(
  probs: Float64Array | readonly number[],
  cols: number,
): Float64Array {
  const numbers = float64("probs", probs);
  requireCount("cols", cols);
  return call(() => raw.probsToConfidence(numbers, cols));
}

/** What is known of one claim. */
export interface ClaimDivergence {
  /** Share of the claim's content words that the intent has, in [0, 1]. */
  readonly traceability: number;
  /** Shared names over all names of claim and intent, in [0, 1]. */
  readonly entityOverlap: number;
  /** The smaller of both divergences with the baseline taken off. */
  readonly calibrated: number;
}

/**
 * Traces each claim to the intent and calibrates its divergence against a baseline, the divergence that
 * unrelated harmless claims have. One row for each claim that has a forward and a reverse divergence.
 *
 * @throws {ArgumentError} when a number is not finite
 */
export function bidirectionalDivergence(
  claims: readonly string[],
  intent: string,
  forward: Float64Array | readonly number[],
  reverse: Float64Array | readonly number[],
  baseline = 0,
): ClaimDivergence[] {
  claims.forEach((claim, index) => {
    requireText(`claims[${index}]`, claim);
  });
  requireText("intent", intent);
  requireNumber("baseline", baseline);
  const there = float64("forward", forward);
  const back = float64("reverse", reverse);
  const flat = call(() => raw.bidirectionalDivergence([...claims], intent, there, back, baseline));
  return rows(flat, 3).map(([traceability = 0, entityOverlap = 0, calibrated = 0]) => ({
    traceability,
    entityOverlap,
    calibrated,
  }));
}

/** Limits of {@link judgeInjection}. */
export interface InjectionSettings {
  /**
   * Combined risk from which an injection is reported, in [0, 1].
   * @defaultValue 0.7
   */
  readonly injectionThreshold?: number | undefined;
  /**
   * Calibrated divergence from which a claim is no longer grounded.
   * @defaultValue 0.6
   */
  readonly driftThreshold?: number | undefined;
  /**
   * Calibrated divergence from which confidence follows the divergence.
   * @defaultValue 0.75
   */
  readonly injectionClaimThreshold?: number | undefined;
  /**
   * Traceability below which a claim is injected whatever its divergence, in [0, 1].
   * @defaultValue 0.15
   */
  readonly traceabilityFloor?: number | undefined;
  /**
   * Weight of the sanitizer in the combined risk, in [0, 1]; the claims have the rest.
   * @defaultValue 0.3
   */
  readonly stage1Weight?: number | undefined;
}

/** The verdicts on all claims and their sum. */
export interface InjectionReport {
  /** One for each claim. */
  readonly claims: readonly {
    /** What the claim is: from the intent, about it but leading away from it, or not from it. */
    readonly verdict: "grounded" | "drifted" | "injected";
    /** How sure that is, in [0, 1]. */
    readonly confidence: number;
  }[];
  /** Mean risk of the claims, in [0, 1]; 0 without claims. */
  readonly risk: number;
  /** Weighted mean of the sanitizer's score and the risk, in [0, 1]. */
  readonly combined: number;
  /** Whether the combined risk reaches the threshold. */
  readonly detected: boolean;
}

/**
 * Judges each claim by what {@link bidirectionalDivergence} gives, and combines them with the sanitizer's
 * score of the text.
 *
 * @throws {ArgumentError} when a number is not finite, a share outside [0, 1] or a setting out of bounds
 */
export function judgeInjection(
  claims: readonly ClaimDivergence[],
  sanitizer: number,
  settings: InjectionSettings = {},
): InjectionReport {
  requireNumber("sanitizer", sanitizer);
  const { injectionThreshold, driftThreshold, injectionClaimThreshold, traceabilityFloor } =
    settings;
  const used = Object.entries({
    injectionThreshold,
    driftThreshold,
    injectionClaimThreshold,
    traceabilityFloor,
    stage1Weight: settings.stage1Weight,
  }).map(([name, value]) => {
    if (value === undefined) return NaN;
    requireNumber(name, value);
    if (Number.isNaN(value)) throw new ArgumentError(name, { value, bound: "a finite number" });
    return value;
  });
  const column = (name: keyof ClaimDivergence): Float64Array =>
    float64(
      name,
      claims.map((claim) => claim[name]),
    );
  const calibrated = column("calibrated");
  const traceability = column("traceability");
  const overlap = column("entityOverlap");
  const flat = call(() =>
    raw.judgeInjection(calibrated, traceability, overlap, sanitizer, Float64Array.from(used)),
  );
  const [risk = 0, combined = 0, detected = 1] = flat;
  return {
    claims: rows(flat.subarray(3), 2).map(([verdict = 2, confidence = 1]) => ({
      verdict: CLAIM_VERDICTS[verdict] ?? "injected",
      confidence,
    })),
    risk,
    combined,
    detected: detected !== 0,
  };
}

const CLAIM_VERDICTS = ["grounded", "drifted", "injected"] as const;

function rows(flat: Float64Array, width: number): number[][] {
  return Array.from({ length: flat.length / width }, (_, row) => [
    ...flat.subarray(row * width, (row + 1) * width),
  ]);
}
