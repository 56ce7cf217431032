// The rows of `npm run bench`: how they are measured, judged and kept in target/bench.json.
//
// Machines drift between speed states a factor of two apart. So a row is the minimum over at least seven rounds, the things
// that are compared take turns within a round and their ratio is the goal, and a row without anything to compare with is
// scaled by a calibration loop timed in the same round.
//
// A row is {name, value, unit, goal, holds}, with `baseline` and `ratio` where something is compared. With a ratio the goal
// is the least ratio, without one the greatest value, or the least where more is better. A row that is there to be known has
// neither `goal` nor `holds`.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inRoot } from "./lib/shell.mjs";

/** The least number of rounds. */
export const ROUNDS = 7;

/** Steps of the calibration loop. */
const CALIBRATION_STEPS = 2_000_000;

/**
 * Nanoseconds that one step of the calibration loop takes on the machine that the goals were set on: a multiplication and an
 * addition that wait for each other. A port in another language must do the same and no fused operation.
 *
 * That machine is known by what the goals were stated beside: it hashes the leaves and nodes of a million payloads of 64 bytes
 * in software, with the sha2 crate, in 1.35 s. Where that takes so long, a step takes this.
 */
export const REFERENCE_STEP_NS = 2.4;

/** Nanoseconds that one step of the calibration loop takes now. */
export function calibrationStepNs() {
  let x = 0.5;
  const started = performance.now();
  for (let i = 0; i < CALIBRATION_STEPS; i += 1) x = x * 0.999999 + 0.25;
  const ms = performance.now() - started;
  if (!(x > 0)) throw new Error("the calibration loop was optimised away");
  return (ms * 1e6) / CALIBRATION_STEPS;
}

/**
 * Measures things in turns: each round runs every one of `things` once, and each gets the minimum of its rounds.
 *
 * @param {Record<string, () => number | Promise<number>>} things each runs its work once and returns what one unit of it
 *   cost, in whatever unit the row will have
 * @param {{rounds?: number}} [options] at least {@link ROUNDS} rounds
 * @returns {Promise<Record<string, {min: number, scaled: number}>>} the minimum as measured, and the minimum of what each
 *   round's calibration scales it to
 */
export async function takeTurns(things, { rounds = ROUNDS } = {}) {
  if (rounds < ROUNDS) throw new RangeError(`rounds is ${rounds}, at least ${ROUNDS} are needed`);
  calibrationStepNs();
  const results = Object.fromEntries(
    Object.keys(things).map((name) => [name, { min: Infinity, scaled: Infinity }]),
  );
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, measure] of Object.entries(things)) {
      const before = calibrationStepNs();
      const value = await measure();
      // The faster of the two: a pause during the calibration must not flatter the row.
      const step = Math.min(before, calibrationStepNs());
      const result = results[name];
      result.min = Math.min(result.min, value);
      result.scaled = Math.min(result.scaled, (value * REFERENCE_STEP_NS) / step);
    }
  }
  return results;
}

/** Nanoseconds per call of `work`, timed over `calls` calls. */
export function nsPerCall(work, calls) {
  const started = performance.now();
  for (let i = 0; i < calls; i += 1) work(i);
  return ((performance.now() - started) * 1e6) / calls;
}

/** A row that holds when its value is at most the goal. */
export function atMost(name, value, unit, goal) {
  return checked({ name, value, unit, goal, holds: value <= goal });
}

/** A row that holds when its value is at least the goal. */
export function atLeast(name, value, unit, goal) {
  return checked({ name, value, unit, goal, holds: value >= goal });
}

/** A row that holds when the baseline's value is at least `goal` times the value. */
export function timesFaster(name, value, unit, baseline, goal) {
  const ratio = baseline / value;
  return checked({ name, value, unit, goal, holds: ratio >= goal, baseline, ratio });
}

function checked(row) {
  for (const key of ["value", "goal", "baseline", "ratio"]) {
    if (key in row && !(Number.isFinite(row[key]) && row[key] >= 0)) {
      throw new RangeError(
        `row ${row.name}: ${key} is ${row[key]}, must be finite and not negative`,
      );
    }
  }
  return row;
}

const fileOf = (name) => join(process.env.CARGO_TARGET_DIR ?? inRoot("target"), `${name}.json`);

/** The rows in target/NAME.json, none if it does not exist. */
export function readRows(name = "bench") {
  try {
    return JSON.parse(readFileSync(fileOf(name), "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}

/** Replaces the rows in target/NAME.json. */
export function writeRows(rows, name = "bench") {
  mkdirSync(join(fileOf(name), ".."), { recursive: true });
  writeFileSync(fileOf(name), `${JSON.stringify(rows, undefined, 2)}\n`);
}

/** Puts rows into target/NAME.json, in place of those of the same name. */
export function mergeRows(rows, name = "bench") {
  const merged = new Map(readRows(name).map((row) => [row.name, row]));
  for (const row of rows) {
    if (
      typeof row.name !== "string" ||
      typeof row.unit !== "string" ||
      typeof row.holds !== ("goal" in row ? "boolean" : "undefined")
    ) {
      throw new TypeError(`not a row: ${JSON.stringify(row)}`);
    }
    merged.set(row.name, checked(row));
  }
  writeRows([...merged.values()], name);
}

/** Which side of its goal a row without a ratio must be on: that on which it is, if it holds. */
const sign = ({ value, goal, holds }) => (value <= goal === holds ? "≤" : "≥");

function goalOf(row, number) {
  if (row.goal === undefined) return "";
  return row.ratio === undefined ? `${sign(row)} ${number(row.goal)}` : `≥ ${number(row.goal)}×`;
}

/** The rows as a table for people. */
export function rowsAsTable(rows, table) {
  const number = (value) =>
    value === undefined ? "" : Number(value.toPrecision(3)).toLocaleString("en-US");
  return table(
    ["", "value", "unit", "baseline", "ratio", "goal", ""],
    rows.map((row) => [
      row.name,
      number(row.value),
      row.unit,
      number(row.baseline),
      number(row.ratio),
      goalOf(row, number),
      { true: "holds", false: "MISSED", undefined: "" }[row.holds],
    ]),
    [1, 3, 4, 5],
  );
}
