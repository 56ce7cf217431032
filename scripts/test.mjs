// Runs every test: `npm test`, or `npm test -- NAME…` for some steps and what they need, `npm test -- --list` for the names.
//
// The steps are listed in steps.mjs. Each has its log in target/test-logs. The last line is `N passed, N failed`.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, createWriteStream, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { relative } from "node:path";
import { runSteps } from "./lib/schedule.mjs";
import { Problem, duration, inRoot, root, run, runMain } from "./lib/shell.mjs";
import { readCounts, select, summary } from "./lib/test-report.mjs";
import { steps } from "./steps.mjs";

const logs = inRoot("target/test-logs");

/** How many steps run at the same time. */
const atOnce = Math.min(2, availableParallelism());

/** What ends the steps that are running. */
const running = new Set();
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    for (const end of running) end(signal);
    process.exit(130);
  });
}

/** Runs one step; its output goes to its log. */
function runStep(step) {
  const log = `${logs}/${step.name}.log`;
  const started = performance.now();
  return new Promise((done) => {
    const file = createWriteStream(log);
    file.write(`$ ${step.run.join(" ")}\n`);
    const [command, ...args] = step.run;
    // A group of its own, so that a step that hangs is ended with all that it started.
    const child = spawn(command, args, {
      cwd: root,
      detached: true,
      env: { ...process.env, CARGO_TERM_COLOR: "never", NO_COLOR: "1", ...step.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let hangs = false;
    const limit = step.seconds ?? 1200;
    const end = (signal) => {
      try {
        process.kill(-child.pid, signal);
      } catch {
        // it has just ended
      }
    };
    const timer = setTimeout(() => {
      hangs = true;
      end("SIGKILL");
    }, limit * 1000);
    running.add(end);
    const heartbeat = setInterval(() => {
      console.log(`  ${step.name}: still running after ${duration(performance.now() - started)}`);
    }, 120_000);
    child.stdout.pipe(file, { end: false });
    child.stderr.pipe(file, { end: false });

    const finish = (problem) => {
      clearTimeout(timer);
      clearInterval(heartbeat);
      running.delete(end);
      file.end(() => {
        const text = readFileSync(log, "utf8");
        const counts = readCounts(text);
        if (!problem && step.counts && counts.ran === 0) problem = "ran no tests";
        done({ name: step.name, ms: performance.now() - started, problem, log, ...counts });
      });
    };
    child.once("error", (error) => finish(error.message));
    child.once("close", (code, signal) => {
      if (hangs) finish(`ended after ${limit} s`);
      else finish(code === 0 ? undefined : signal ? `ended by ${signal}` : `exit code ${code}`);
    });
  });
}

await runMain(async () => {
  const args = process.argv.slice(2);
  if (args.includes("--list")) {
    for (const step of steps) console.log(`${step.name.padEnd(20)}${step.run.join(" ")}`);
    return 0;
  }
  const chosen = select(steps, args);
  const started = performance.now();
  await run("node", ["scripts/setup.mjs", "--for", "test"]);
  rmSync(logs, { recursive: true, force: true });
  mkdirSync(logs, { recursive: true });

  const results = await runSteps(chosen, atOnce, async (step, lacks) => {
    const { name } = step;
    const result =
      lacks.length > 0
        ? { name, ms: 0, problem: `not run: needs ${lacks.join(", ")}`, ran: 0, skipped: [] }
        : await runStep(step);
    const verdict = result.problem === undefined ? "ok" : `FAILED (${result.problem})`;
    const tests = result.ran > 0 ? `, ${result.ran} tests` : "";
    console.log(`${name}: ${verdict} in ${duration(result.ms)}${tests}`);
    if (step.show && result.problem === undefined) {
      console.log(readFileSync(result.log, "utf8").replace(/^.*\n/, "").trimEnd());
    }
    return result;
  });

  const all = [...results.values()];
  for (const { name, problem, log } of all) {
    if (problem === undefined || log === undefined) continue;
    console.log(
      `\n──── ${name}: ${problem} ──── ${relative(root, log)}\n${readFileSync(log, "utf8")}`,
    );
  }
  console.log(`\n${summary(all)}`);
  const failed = all.filter(({ problem }) => problem !== undefined).length;
  const record = all.map(({ name, ms, problem, ran }) => ({
    name,
    seconds: ms / 1000,
    tests: ran,
    problem,
  }));
  writeFileSync(inRoot("target/test.json"), `${JSON.stringify(record, undefined, 2)}\n`);
  console.log(`\n${duration(performance.now() - started)} in all`);
  console.log(`${all.length - failed} passed, ${failed} failed`);
  if (failed > 0) return 1;
  if (all.length === 0) throw new Problem("no step was chosen");
  return 0;
});
