// An application that uses the default entry point itself and a library that uses the slim one.
import * as interlock from "interlock-wasm";
import { run } from "./app.js";
import { library } from "./library.js";

const report = (result) => {
  globalThis.result = result;
  if (typeof document === "undefined") console.log(JSON.stringify(result));
};

if (Object.keys(interlock).some((name) => library[name] !== interlock[name])) {
  report({ error: "two implementations" });
} else {
  run(interlock).then(report, (error) => report({ error: String(error?.stack ?? error) }));
}
