// How fixtures write numbers, small records and errors: as host/src/replay/text.rs does.

const cell = new DataView(new ArrayBuffer(8));

export function bits(value) {
  if (Number.isNaN(value)) return "7ff8000000000000";
  cell.setFloat64(0, value);
  return cell.getBigUint64(0).toString(16).padStart(16, "0");
}

export const optionalBits = (value) => (value === undefined || value === null ? "-" : bits(value));

export function real(text) {
  cell.setBigUint64(0, BigInt(`0x${text}`));
  return cell.getFloat64(0);
}

const optionalReal = (text) => (text === "-" ? undefined : real(text));
const words = (text) => text.split(" ").filter((word) => word !== "");
export const reals = (text) => words(text).map(real);

export function observation(text) {
  const [score, elapsedMs, logitEntropy] = words(text).map(optionalReal);
  return { score, elapsedMs, logitEntropy };
}

export function haltInput(text) {
  const [reason, observed, bound] = words(text);
  return { reason, observed: optionalReal(observed), bound: optionalReal(bound) };
}

const measured = ({ observed, bound }) => `${optionalBits(observed)} ${optionalBits(bound)}`;
export const haltText = (halt) => `${halt.reason} ${measured(halt)}`;
const optionalHalt = (halt) => (halt === undefined || halt === null ? "-" : haltText(halt));

export function verdictText(verdict) {
  switch (verdict.outcome) {
    case "pass":
      return "pass";
    case "warn":
      return `warn ${verdict.kind} ${measured(verdict)}`;
    default:
      return `halt ${haltText(verdict)}`;
  }
}

export function summaryText(summary) {
  const { tokens, scores, warnings, average, minimum, halt_index: index, halt } = summary;
  const counts = `${tokens} ${scores} ${warnings} ${bits(average)} ${bits(minimum)}`;
  return `${counts} ${index ?? "-"} ${optionalHalt(halt)}`;
}

export const batchText = ({ consumed, warnings, halt }) =>
  `${consumed} ${warnings} ${optionalHalt(halt)}`;

export const hexOf = (bytes) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const bytesOfHex = (text) =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

export function concat(parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The one member of an externally tagged value: `{"push": …}`, or `"finish"`. */
export function step(value) {
  return typeof value === "string" ? [value, undefined] : Object.entries(value)[0];
}

/** Fields of a configuration, in the form of the package. */
export function config(changes) {
  const isCount = (value) => typeof value === "number";
  const entry = ([field, value]) => [
    field,
    field === "missing_score" || isCount(value) ? value : real(value),
  ];
  return Object.fromEntries(Object.entries(changes).map(entry));
}

/** Calls `work` once an item, up to the first refusal, and joins what comes of it. */
export function each(items, work) {
  const said = [];
  for (const item of items) {
    const answer = spoken(() => work(item));
    said.push(answer);
    if (answer.startsWith("refused ")) break;
  }
  return said.join("; ");
}

/** What a call gives as text, or how it was refused. */
export function spoken(work) {
  try {
    return work();
  } catch (error) {
    return `refused ${refusal(error)}`;
  }
}

/** What a call gives, or how it was refused, as a value. */
export function valued(work) {
  try {
    return work();
  } catch (error) {
    return { refused: refusal(error) };
  }
}

/** The canonical text of an error of the package: its kind and what identifies it. */
export function refusal(error) {
  switch (error?.code) {
    case "config":
      return `config ${error.field}`;
    case "policy":
      // Up to a list: not every reader of a policy counts the items.
      return `policy ${error.path.split("[")[0]}`;
    case "argument":
      return "input";
    case "stream-ended":
    case "session-ended":
      return `ended ${error.state}`;
    case "unknown-segment":
      return `unknown-segment ${error.segment}`;
    case "kernel-state":
      return `kernel ${error.state === "idle" ? "not-streaming" : error.state}`;
    case "review-state":
      return "review";
    case "session-in-segment":
      return "in-segment";
    case "session-fixed":
      return `fixed ${error.path}`;
    default:
      return refused(error);
  }
}

/** `CODE SUBJECT VALUE BOUND` of a refusal of covenant, ledger or operad, `-` for what is not there. */
function refused(error) {
  const { code, subject, value, bound } = error;
  if (typeof subject !== "string") throw error;
  return `${code} ${subject || "-"} ${value ?? "-"} ${bound ?? "-"}`;
}

export const bitsList = (values) => Array.from(values, bits).join(" ");
