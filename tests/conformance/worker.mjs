// The Worker that replays what it is sent.

import * as interlock from "interlock-wasm";
import * as physics from "interlock-wasm/physics";
import * as signals from "interlock-wasm/signals";
import { replay } from "./replay.mjs";

export default {
  async fetch(request) {
    try {
      const result = await replay({ interlock, signals, physics }, await request.json());
      return Response.json({ result });
    } catch (error) {
      return Response.json({ error: String(error.stack ?? error) });
    }
  },
};
