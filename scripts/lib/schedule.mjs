// Which steps of `npm test` run beside each other.

/**
 * Runs steps, several at once, each as soon as what it needs is done and nobody is in its lane, earlier ones first.
 *
 * @param steps what to run: `name`, and where it has them `needs` (names of steps before it) and `lane` (steps of one lane
 *   never run at the same time: they would wait for each other, or use the same thing)
 * @param atOnce how many may run at the same time
 * @param run takes a step and the names of those it needs that have not passed; gives a promise of a result with `problem`
 *   where the step did not pass
 * @returns the results by name, in the order of the steps
 */
export async function runSteps(steps, atOnce, run) {
  const results = new Map();
  const running = new Map();
  const waiting = [...steps];
  const chosen = new Set(steps.map(({ name }) => name));
  const mayStart = ({ needs = [], lane }) =>
    needs.every((name) => results.has(name) || !chosen.has(name)) &&
    ![...running.values()].some((other) => lane !== undefined && other.lane === lane);
  while (waiting.length > 0 || running.size > 0) {
    for (let next; running.size < atOnce && (next = waiting.findIndex(mayStart)) >= 0;) {
      const [step] = waiting.splice(next, 1);
      const lacks = (step.needs ?? []).filter((name) => results.get(name)?.problem !== undefined);
      const ends = run(step, lacks).then((result) => {
        results.set(step.name, result);
        running.delete(step.name);
      });
      running.set(step.name, { lane: step.lane, ends });
    }
    if (running.size === 0) throw new Error("the steps need each other");
    await Promise.race([...running.values()].map(({ ends }) => ends));
  }
  return new Map(steps.map(({ name }) => [name, results.get(name)]));
}
