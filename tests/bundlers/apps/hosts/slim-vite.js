// The slim entry point, with the wasm as an asset of Vite's.
import * as interlock from "interlock-wasm/slim";
import url from "interlock-wasm/interlock.wasm?url";
import { run } from "./app.js";

interlock
  .init(url)
  .then(() => run(interlock))
  .then(
    (result) => (globalThis.result = result),
    (error) => (globalThis.result = { error: String(error?.stack ?? error) }),
  );
