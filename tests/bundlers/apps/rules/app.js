// What a user of rules would write, the same in every host. `rules` is `interlock-wasm/rules` or
// `interlock-wasm/rules/slim`.

export const first = ({ RuleRegistry }) => new RuleRegistry().list();

/** What {@link run} must give. */
export const expected = {
  active: 1,
  hardLimit: 0.4,
  signers: 1,
  restored: 1,
  refused: "rule-duplicate-version answers",
};

export async function run(entry) {
  const { Envelope, InterlockError, PolicyArtifact, RuleError, RuleRegistry, TrustedKeys } = entry;
  const secret = new Uint8Array(32).fill(7);
  // The public half of that secret.
  const hex = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
  const publicKey = Uint8Array.from(hex.match(/../g), (digits) => Number.parseInt(digits, 16));
  const policy = { halt: { hard_limit: 0.4 } };
  const rule = entry.policyRule({ ruleId: "answers", version: 1 }, policy);
  const signed = new Envelope(rule).sign("key", secret).encode();
  const keys = new TrustedKeys([{ keyId: "key", publicKey }]);
  const verified = keys.verify(Envelope.decode(signed));

  const registry = new RuleRegistry();
  registry.trust(keys);
  registry.reload(verified, 0);
  registry.runSteps(0);
  const restored = RuleRegistry.restore(registry.snapshot());

  let refused;
  try {
    registry.register(verified, 1);
  } catch (error) {
    const known = error instanceof RuleError && error instanceof InterlockError;
    refused = known && `${error.code} ${error.subject}`;
  }
  const active = registry.active("answers");
  return {
    active: active.header.version,
    hardLimit: new PolicyArtifact(active).policy.halt.hard_limit,
    signers: verified.signers.length,
    restored: restored.list()[0].active,
    refused,
  };
}
