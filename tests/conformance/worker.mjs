// The Worker that replays what it is sent.

import * as interlock from "interlock-wasm";
import { replay } from "./replay.mjs";

export default {
  async fetch(request) {
    try {
      return Response.json({ result: await replay(interlock, await request.json()) });
    } catch (error) {
      return Response.json({ error: String(error.stack ?? error) });
    }
  },
};
