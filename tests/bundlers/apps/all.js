// A page or script that uses all entry points: one's index is knowledge for the other's scorer, and its monitor judges
// the third's phases.
import { ArgumentError, CoherenceScorer, StreamMonitor } from "interlock-wasm";
import { ArgumentError as CovenantError, checkResource } from "interlock-wasm/covenant";
import { ArgumentError as LedgerError, leafHash } from "interlock-wasm/ledger";
import { ArgumentError as OperadError, Term } from "interlock-wasm/operad";
import { ArgumentError as PhysicsError, Sec } from "interlock-wasm/physics";
import { ArgumentError as RulesError, RuleRegistry } from "interlock-wasm/rules";
import { ArgumentError as SignalsError, Bm25 } from "interlock-wasm/signals";

const knowledge = new Bm25();
knowledge.insert("tower", "The tower is 330 metres tall and was finished in 1889.");
const scorer = new CoherenceScorer({ knowledge });
const approved = ["1889", "1925"].map(
  (year) => scorer.reviewSync("About the tower.", `It was finished in ${year}.`).approved,
);
const sec = new Sec();
const score = (theta) => sec.evaluate(theta, "unknown", 1).coherence_score;
const monitor = new StreamMonitor({ hard_limit: 0.6 });
const phases = [0, 0.6].map((by) => Float64Array.from({ length: 16 }, (_, n) => by * n));
const outcomes = phases.map((theta) => monitor.push(score(theta)).outcome);

checkResource(String(Term.slot(leafHash(new Uint8Array(0)).length)));
new RuleRegistry().list();
const errors = [SignalsError, PhysicsError, CovenantError, LedgerError, OperadError, RulesError];
const sameErrors = errors.every((error) => error === ArgumentError);
globalThis.result = { approved, outcomes, sameErrors };
if (typeof document === "undefined") console.log(JSON.stringify(globalThis.result));
