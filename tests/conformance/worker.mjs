// The Worker that replays what it is sent.

import * as interlock from "interlock-wasm";
import * as covenant from "interlock-wasm/covenant";
import * as ledger from "interlock-wasm/ledger";
import * as operad from "interlock-wasm/operad";
import * as physics from "interlock-wasm/physics";
import * as rules from "interlock-wasm/rules";
import * as signals from "interlock-wasm/signals";
import { replay } from "./replay.mjs";

const entries = { interlock, covenant, ledger, operad, physics, rules, signals };

export default {
  async fetch(request) {
    try {
      const result = await replay(entries, await request.json());
      return Response.json({ result });
    } catch (error) {
      return Response.json({ error: String(error.stack ?? error) });
    }
  },
};
