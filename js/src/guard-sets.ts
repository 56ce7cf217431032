/**
 * Sets of patterns ready to use, compiled: `api-keys`, `private-keys`, `json-web-tokens`, `email`, `phone`, `cards` and
 * `iban`. They are data, 176 KB each; whoever imports one does not download the other.
 *
 * @module
 */

import { halt, redact } from "../wasm/guard-sets.js";
import type { GuardArtifact } from "./session/guard-tables.js";

/** The sets for rules whose action is `redact`. */
export const redactSets: GuardArtifact = /* @__PURE__ */ redact();

/** The sets for rules whose action is `halt` or `flag`. */
export const haltSets: GuardArtifact = /* @__PURE__ */ halt();
