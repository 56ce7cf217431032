// Installing Debian packages, which takes root.

import { Problem, run, output, which } from "./shell.mjs";

/**
 * Installs Debian packages with apt-get, as root or through a sudo that asks nothing.
 *
 * @throws {Problem} with what to do by hand, where that is not possible
 */
export async function installDebian(packages, purpose) {
  const byHand = `apt-get install --no-install-recommends ${packages.join(" ")}`;
  if (!which("apt-get"))
    throw new Problem(`${purpose} is missing and this is no Debian: install it and run this again`);
  const isRoot = process.getuid?.() === 0;
  const sudo = !isRoot && output("sudo", ["-n", "true"]) !== undefined;
  if (!isRoot && !sudo)
    throw new Problem(`${purpose} is missing and you are not root: run \`sudo ${byHand}\` once`);
  const prefix = sudo ? ["sudo", "-n"] : [];
  const apt = (...args) => {
    const [command, ...rest] = [
      ...prefix,
      "env",
      "DEBIAN_FRONTEND=noninteractive",
      "apt-get",
      ...args,
    ];
    return run(command, rest);
  };
  const known = packages.every((name) =>
    /Candidate: \d/.test(output("apt-cache", ["policy", name]) ?? ""),
  );
  if (!known) await apt("-q", "update");
  const install = () => apt("-q", "-y", "install", "--no-install-recommends", ...packages);
  try {
    await install();
  } catch (error) {
    // Lists that are too old name files that have gone.
    if (!known) throw error;
    await apt("-q", "update");
    await install();
  }
}
