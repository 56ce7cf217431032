// The suite `halt` on the npm package.

import {
  batchText,
  bits,
  config,
  each,
  haltInput,
  haltText,
  observation,
  optionalBits,
  real,
  reals,
  refusal,
  spoken,
  step,
  summaryText,
  valued,
  verdictText,
} from "./text.mjs";

/** What comes of an input. */
export function run(interlock, input) {
  const kinds = { monitor, kernel, safety, entropy };
  return valued(() => kinds[input.kind](interlock, input));
}

function monitor(interlock, { config: changes, steps }) {
  const monitor = new interlock.StreamMonitor(config(changes));
  const done = steps.map((value) => {
    const [name, what] = step(value);
    switch (name) {
      case "push":
        return each(reals(what), (score) => verdictText(monitor.push(score)));
      case "observe":
        return each(what, (seen) => verdictText(monitor.pushObservation(observation(seen))));
      case "batch":
        return spoken(() => batchText(monitor.pushMany(Float64Array.from(reals(what)))));
      case "fill":
        return spoken(() =>
          batchText(monitor.pushMany(new Float64Array(what[0]).fill(real(what[1])))),
        );
      case "stop":
        return spoken(() => verdictText(monitor.stop(haltInput(what))));
      case "finish":
        return spoken(() => summaryText(monitor.finish()));
      default:
        throw new Error(`the step ${name} is not known`);
    }
  });
  return { steps: done, state: monitor.state, summary: summaryText(monitor.summary()) };
}

function kernel(interlock, { config: changes, steps }) {
  const { StreamingKernel, outputOf } = interlock;
  const kernel = new StreamingKernel(config(changes));
  const recorded = (record) => ({
    tokens: record.tokens.map(({ text, score, verdict }) => [
      text,
      optionalBits(score),
      verdictText(verdict),
    ]),
    output: outputOf(record),
    summary: summaryText(record.summary),
  });
  const done = steps.map((value) => {
    const [name, what] = step(value);
    const answer = valued(() => {
      switch (name) {
        case "begin":
          kernel.begin();
          return null;
        case "push":
          return verdictText(kernel.push(what[0], observation(what[1])));
        case "end":
          return recorded(kernel.end());
        case "run":
          return recorded(kernel.run(...scored(what)));
        case "emergency-stop":
          kernel.emergencyStop();
          return null;
        case "reactivate":
          kernel.reactivate();
          return null;
        default:
          throw new Error(`the step ${name} is not known`);
      }
    });
    return [answer, kernel.state, kernel.isActive ? "active" : "inactive"];
  });
  return { steps: done };
}

function safety(interlock, { hard_limit: limit, steps }) {
  const kernel = new interlock.SafetyKernel(real(limit));
  const done = steps.map((value) => {
    const [name, what] = step(value);
    let answer = null;
    if (name === "run") {
      const outcome = kernel.run(...scored(what));
      answer =
        outcome.outcome === "passed"
          ? { passed: outcome.text }
          : { interrupted: `${outcome.index} ${haltText(outcome.halt)}` };
    } else if (name === "emergency-stop") kernel.emergencyStop();
    else kernel.reactivate();
    return [answer, kernel.isActive ? "active" : "inactive"];
  });
  return { steps: done };
}

function entropy(interlock, { log_probabilities: list }) {
  try {
    return bits(interlock.logitEntropy(reals(list)));
  } catch (error) {
    refusal(error);
    return { refused: "entropy" };
  }
}

/** Tokens and their scorer. */
function scored(tokens) {
  const scores = tokens.map(([, score]) => real(score));
  return [tokens.map(([text]) => text), () => scores.shift()];
}
