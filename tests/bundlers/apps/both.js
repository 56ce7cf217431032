// A page or script that uses two entry points, and gives one's index to the other's scorer.
import { ArgumentError, CoherenceScorer } from "interlock-wasm";
import { ArgumentError as SignalsError, Bm25 } from "interlock-wasm/signals";

const knowledge = new Bm25();
knowledge.insert("tower", "The tower is 330 metres tall and was finished in 1889.");
const scorer = new CoherenceScorer({ knowledge });
const approved = ["1889", "1925"].map(
  (year) => scorer.reviewSync("About the tower.", `It was finished in ${year}.`).approved,
);

globalThis.result = { approved, sameErrors: ArgumentError === SignalsError };
if (typeof document === "undefined") console.log(JSON.stringify(globalThis.result));
