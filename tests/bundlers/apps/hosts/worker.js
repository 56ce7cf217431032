// A Worker.
import * as interlock from "interlock-wasm";
import { run } from "./app.js";

export default {
  async fetch() {
    try {
      return Response.json(await run(interlock));
    } catch (error) {
      return new Response(String(error?.stack ?? error), { status: 500 });
    }
  },
};
