// Virtual environments for the Python packages, in target/python. Python itself is not installed: where there is none of
// at least 3.11, whoever needs it says so.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Problem, inRoot, output, run } from "./shell.mjs";

const OLDEST = [3, 11];

/** The folder of everything that is built and installed for Python. */
export const pythonTarget = (...parts) => inRoot("target/python", ...parts);

/** The interpreter of an environment. */
export const interpreter = (name) =>
  process.platform === "win32"
    ? pythonTarget(name, "Scripts/python.exe")
    : pythonTarget(name, "bin/python");

/** A Python that is new enough, or undefined. */
export function findPython() {
  const program = "import sys, venv; print(*sys.version_info[:2])";
  return ["python3", "python", "python3.13", "python3.12", "python3.11"].find((name) => {
    const version = output(name, ["-c", program])?.split(" ").map(Number);
    return (
      version && (version[0] > OLDEST[0] || (version[0] === OLDEST[0] && version[1] >= OLDEST[1]))
    );
  });
}

/** The environments: their requirements, and whether pip follows dependencies. */
const environments = {
  ours: { file: "test.txt", options: ["--no-deps"] },
  published: { file: "published.txt", options: ["--no-deps"] },
  plain: { file: "plain.txt", options: [] },
  clients: { file: "clients.txt", options: ["--no-deps"] },
  source: { file: "source.txt", options: ["--no-deps"] },
  workflows: { file: "workflows.txt", options: ["--no-deps"] },
  // For wheels of other platforms; made when they are built.
  cross: { file: "cross.txt", options: ["--no-deps"] },
};

/**
 * Makes an environment, unless it is there with the same requirements.
 *
 * @returns {Promise<string>} its interpreter
 * @throws {Problem} where there is no Python, or pip cannot install
 */
export async function addEnvironment(name) {
  const { file, options } = environments[name];
  const requirements = inRoot("python/requirements", file);
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  const stamp = pythonTarget(name, ".installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return interpreter(name);
  const python = findPython();
  if (python === undefined) throw new Problem(`there is no Python ${OLDEST.join(".")} or newer`);
  rmSync(pythonTarget(name), { recursive: true, force: true });
  mkdirSync(pythonTarget(), { recursive: true });
  await run(python, ["-m", "venv", pythonTarget(name)]);
  const pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check"];
  await run(interpreter(name), [...pip, ...options, "-r", requirements]);
  writeFileSync(stamp, digest);
  return interpreter(name);
}

/** Makes every environment. Where that is not possible, the steps say that they do nothing. */
export async function addPython(report) {
  for (const name of ["ours", "published", "plain", "clients", "source", "workflows"]) {
    if (!existsSync(pythonTarget(name, ".installed"))) {
      report.doing(`Python packages: the environment ${name}`);
    }
    try {
      await addEnvironment(name);
    } catch (error) {
      console.log(`setup: ${error instanceof Problem ? error.message : error}`);
      report.has("no Python packages");
      return;
    }
  }
  report.has("Python packages");
}
