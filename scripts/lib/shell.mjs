// Running commands, and saying what happens.

import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** A path inside the repository. */
export const inRoot = (...parts) => join(root, ...parts);

/** An error whose message is all that a user needs; entry points print it without a stack. */
export class Problem extends Error {}

/** Runs `main` and ends the process with what it returns; a {@link Problem} is printed and ends it with 1. */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error instanceof Problem ? `error: ${error.message}` : error);
    process.exitCode = 1;
  }
}

/** The path of a program on the PATH, or undefined. */
export function which(program, path = process.env.PATH ?? "") {
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, program);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

/** The trimmed standard output of a command, or undefined if it is missing or fails. */
export function output(command, args, options = {}) {
  const done = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    ...options,
  });
  return done.status === 0 ? done.stdout.trim() : undefined;
}

/** Runs a command with its output shown; throws a {@link Problem} if it fails. */
export async function run(command, args, options = {}) {
  const code = await exitCode(command, args, options);
  if (code !== 0) throw new Problem(`\`${[command, ...args].join(" ")}\` failed (${String(code)})`);
}

/** Runs a command with its output shown and resolves to its exit code, 128 + signal if it was killed. */
export function exitCode(command, args, options = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
    child.once("error", (error) =>
      fail(error.code === "ENOENT" ? new Problem(`\`${command}\` is not installed`) : error),
    );
    child.once("close", (code, signal) => done(code ?? `signal ${signal}`));
  });
}

/** Milliseconds as a reader likes them. */
export function duration(ms) {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60
    ? `${seconds} s`
    : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}
