// The default entry point.
import * as interlock from "interlock-wasm";
import { run } from "./app.js";

const report = (result) => {
  globalThis.result = result;
  if (typeof document === "undefined") console.log(JSON.stringify(result));
};

run(interlock).then(report, (error) => report({ error: String(error?.stack ?? error) }));
