// The Worker that replays what it is sent.

import * as interlock from "interlock-wasm";
import * as signals from "interlock-wasm/signals";
import { replay } from "./replay.mjs";

export default {
  async fetch(request) {
    try {
      return Response.json({ result: await replay({ interlock, signals }, await request.json()) });
    } catch (error) {
      return Response.json({ error: String(error.stack ?? error) });
    }
  },
};
