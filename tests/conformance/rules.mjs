// The suite `rules` on the npm package.

import { bits, bytesOfHex, hexOf, refusal, spoken, step } from "./text.mjs";

/** What comes of an input. */
export function run(rules, input) {
  if (kinds[input.kind] === undefined) throw new Error(`the kind ${input.kind} is not known`);
  try {
    return kinds[input.kind](rules, input);
  } catch (error) {
    return { refused: refusal(error) };
  }
}

/** A whole number, which is a text where not every language has it exactly. */
const word = (value) => (typeof value === "string" ? BigInt(value) : value);
const shown = (value) => (value === undefined || value === null ? "-" : String(value));
const done = () => "-";

const kinds = {
  rule(entry, { rule }) {
    const made = ruleOf(entry, rule);
    return { bytes: hexOf(made.encode()), hash: hexOf(made.header.contentHash) };
  },
  decode({ CompiledRule }, { bytes }) {
    const rule = CompiledRule.decode(bytesOfHex(bytes));
    const { contentHash, ...header } = rule.header;
    return {
      header: headerValue(header),
      hash: hexOf(contentHash),
      payload: hexOf(rule.payload),
    };
  },
  sign: (entry, { rule, keys }) => signed(entry, rule, keys).encode(),
  envelope({ Envelope }, { json }) {
    const { rule, signatures } = Envelope.decode(json);
    return {
      rule: ruleText(rule),
      signatures: signatures.map(({ keyId, signature }) => [keyId, hexOf(signature)]),
    };
  },
  verify(entry, { json, keys, threshold }) {
    const { rule, signers } = keysOf(entry, keys, threshold).verify(entry.Envelope.decode(json));
    return { rule: ruleText(rule), signers: signers.map(hexOf) };
  },
  policy({ CompiledRule, PolicyArtifact }, { bytes }) {
    const { policy, patterns } = new PolicyArtifact(CompiledRule.decode(bytesOfHex(bytes)));
    return {
      policy: policyValue(policy),
      patterns: patterns.map(({ id, action }) => [id, action]),
    };
  },
  registry,
};

/** A policy, its numbers as the bits of doubles. */
function policyValue(value) {
  if (typeof value === "number") return bits(value);
  if (Array.isArray(value)) return value.map(policyValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, policyValue(own)]));
}

function ruleOf({ CompiledRule }, text) {
  const { id, version, target = "cpu", needs = [], actor, metadata, payload = "" } = text;
  const header = { ruleId: id, version: word(version), target };
  header.dependsOn = needs.map(([ruleId, least]) => ({ ruleId, minVersion: word(least) }));
  if (actor !== undefined) {
    const [sharedMemBytes, maxInFlight] = actor.slice(6);
    const [blockDim, gridDim] = [actor.slice(0, 3), actor.slice(3, 6)];
    header.actorConfig = { blockDim, gridDim, sharedMemBytes, maxInFlight };
  }
  if (metadata) {
    const [sourceLanguage, hash, at, compilerVersion, author] = metadata;
    const compiledAtMs = word(at);
    const sourceHash = hash === null ? null : bytesOfHex(hash);
    header.metadata = { sourceLanguage, sourceHash, compiledAtMs, compilerVersion, author };
  }
  return new CompiledRule(header, bytesOfHex(payload));
}

function headerValue({ ruleId, version, target, dependsOn, actorConfig, metadata }) {
  const { blockDim, gridDim, sharedMemBytes, maxInFlight } = actorConfig;
  const { sourceLanguage, sourceHash, compiledAtMs, compilerVersion, author } = metadata;
  return {
    id: ruleId,
    version: String(version),
    target,
    needs: dependsOn.map(({ ruleId, minVersion }) => [ruleId, String(minVersion)]),
    actor: [...blockDim, ...gridDim, sharedMemBytes, maxInFlight],
    metadata: [
      sourceLanguage,
      sourceHash === null ? null : hexOf(sourceHash),
      compiledAtMs,
      compilerVersion,
      author,
    ],
  };
}

/** `VERSION HASH`, of the hash as much as tells rules apart. */
function ruleText({ header: { version, contentHash } }) {
  return `${version} ${hexOf(contentHash).slice(0, 16)}`;
}

const foundText = (rule) => (rule === undefined ? "-" : ruleText(rule));

function signed(entry, rule, keys) {
  const envelope = new entry.Envelope(ruleOf(entry, rule));
  for (const [id, secret] of keys) envelope.sign(id, bytesOfHex(secret));
  return envelope;
}

function keysOf({ TrustedKeys }, keys, threshold) {
  const key = ([keyId, publicKey, state]) => ({ keyId, publicKey: bytesOfHex(publicKey), state });
  return new TrustedKeys(keys.map(key), threshold);
}

function resultOf(text) {
  const [how, ...words] = text.split(" ");
  if (how === "ok") return { messages: Number(words[0]) };
  return how === "timed-out" ? { timedOut: true } : { failure: words.join(" ") };
}

function stepText({ id, kind, ruleId, version, active, pinned, untilUs }) {
  return `${id} ${kind} ${ruleId} ${version} active ${active} pins ${pinned} until ${shown(untilUs)}`;
}

function outcomeText(outcome) {
  if (outcome === undefined) return "-";
  if (outcome.kind === "not-terminated") {
    return `not-terminated ${outcome.ruleId} ${outcome.version} ${outcome.message}`;
  }
  const { swap, report, error } = outcome;
  if (error !== undefined) return `swap ${swap} refused ${error.kind} ${error.message}`;
  const { ruleId, fromVersion, toVersion, quiesceUs, swapUs } = report;
  const took = `${fromVersion} to ${toVersion} quiesce ${quiesceUs} swap ${swapUs}`;
  const { messagesInFlight, pinned, rollbackAvailable } = report;
  const rest = `messages ${messagesInFlight} pins ${pinned} rollback ${rollbackAvailable}`;
  return `swap ${swap} ${ruleId} ${took} ${rest}`;
}

function handleText({ version, status, supersededBy, registeredAtUs, pinned, header }) {
  const by = supersededBy === null ? "" : ` ${supersededBy}`;
  const hash = hexOf(header.contentHash).slice(0, 8);
  return `${version} ${hash} ${status}${by} at ${registeredAtUs} pins ${pinned}`;
}

function summaryText(rule) {
  const { ruleId, active, highest, retained, pinned, reloadPolicy, timeoutUs, isStopped } = rule;
  const policy = timeoutUs === null ? reloadPolicy : `${reloadPolicy} ${timeoutUs}`;
  const numbers = `active ${active} highest ${highest} retained ${retained} pins ${pinned}`;
  return `${ruleId} ${numbers} ${policy}${isStopped ? " stopped" : ""}`;
}

function registry(entry, { capability, history, keys, steps }) {
  const [oldest, newest, wasm32, simd128, opaque] = capability;
  const host = { dataFormats: [oldest, newest], wasm32, simd128, opaque };
  let registry = new entry.RuleRegistry({ capability: host, maxHistory: history });
  const trusted = keys.map(([keys, threshold]) => keysOf(entry, keys, threshold));
  const verified = (rule, by, at) =>
    trusted[at].verify(entry.Envelope.decode(signed(entry, rule, by).encode()));
  const restore = (snapshot) => {
    registry = entry.RuleRegistry.restore(snapshot, host);
  };
  const historyText = (id) => registry.history(id).map(handleText).join(", ");
  const does = {
    register: ([rule, now]) => registry.register(ruleOf(entry, rule), word(now)),
    "register-many": (count) => {
      for (let number = 0; number < count; number += 1) {
        const rule = { id: `r${number}`, version: 1 };
        const said = spoken(() => registry.register(ruleOf(entry, rule), 0) ?? "-");
        if (said !== "-") return `${number} ${said}`;
      }
      return "-";
    },
    "register-verified": ([rule, by, at, now]) =>
      registry.register(verified(rule, by, at), word(now)),
    reload: ([rule, now]) => registry.reload(ruleOf(entry, rule), word(now)),
    "reload-verified": ([rule, by, at, now]) => registry.reload(verified(rule, by, at), word(now)),
    trust: (at) => registry.trust(trusted[at]),
    "begin-reload": ([id, version, now]) => registry.beginReload(id, word(version), word(now)),
    "begin-rollback": ([id, version, now]) => registry.beginRollback(id, word(version), word(now)),
    step: () => {
      const out = registry.step();
      return out && stepText(out);
    },
    complete: ([how, now]) => registry.complete(registry.step()?.id ?? 0, resultOf(how), word(now)),
    "complete-step": ([id, how, now]) => registry.complete(word(id), resultOf(how), word(now)),
    settle: (now) => {
      const kinds = [];
      for (let out; (out = registry.step()) !== undefined;) {
        const { id, kind } = out;
        kinds.push(kind);
        const said = spoken(() => registry.complete(id, { messages: 0 }, word(now)) ?? "");
        if (said !== "") return `${kinds.join(" ")} ${said}`;
      }
      return kinds.join(" ");
    },
    "run-steps": (now) => registry.runSteps(word(now)),
    "take-outcome": () => outcomeText(registry.takeOutcome()),
    readmit: ([id, version]) => registry.readmit(id, word(version)),
    "set-reload-policy": ([id, policy]) => {
      const [name, timeout = "0"] = policy.split(" ");
      registry.setReloadPolicy(id, name, BigInt(timeout));
    },
    "emergency-stop": (id) => registry.emergencyStop(id),
    "lift-stop": (id) => registry.liftStop(id),
    active: (id) => foundText(registry.active(id)),
    version: ([id, version]) => foundText(registry.version(id, word(version))),
    history: historyText,
    pin: (id) => registry.pin(id),
    pinned: (pin) => ruleText(registry.pinned(word(pin))),
    "is-stopped": (pin) => registry.isStopped(word(pin)),
    adopt: (pin) => registry.adopt(word(pin)),
    unpin: (pin) => registry.unpin(word(pin)),
    snapshot: () => hexOf(registry.snapshot()),
    restore: (snapshot) => restore(bytesOfHex(snapshot)),
    restart: () => restore(registry.snapshot()),
    state: () =>
      registry
        .list()
        .map((rule) => `${summaryText(rule)}: ${historyText(rule.ruleId)}`)
        .join("; "),
  };
  return steps.map((value) => {
    const [name, what] = step(value);
    return spoken(() => String(does[name](what) ?? done()));
  });
}
