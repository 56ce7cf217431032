// The proof checker of `formal/`.

import { installDebian } from "./debian.mjs";
import { Problem, output, which } from "./shell.mjs";

const packages = [
  "coq",
  "libcoq-flocq",
  "ocaml-nox",
  "ocaml-findlib",
  "libzarith-ocaml-dev",
  "make",
];

const isThere = () =>
  ["coqc", "ocamlfind", "make"].every((program) => which(program)) &&
  output("ocamlfind", ["query", "zarith"]) !== undefined;

/** Installs Debian's Rocq unless there is one. Where that is not possible, `formal/check` says that it checks no proof. */
export async function addRocq(report) {
  if (!isThere()) {
    report.doing("proofs: Rocq and OCaml, by apt-get");
    try {
      await installDebian(packages, "Rocq for the proofs");
    } catch (error) {
      console.log(`setup: ${error instanceof Problem ? error.message : error}`);
    }
  }
  report.has(isThere() ? "Rocq" : "no Rocq");
}
