// What a user of the covenant would write, the same in every host. `covenant` is `interlock-wasm/covenant` or
// `interlock-wasm/covenant/slim`.

export const first = ({ checkResource }) => checkResource("a/b");

/** What {@link run} must give. */
export const expected = {
  outcomes: ["allow", "deny", "deny"],
  reason: "budget",
  free: 0,
  lease: 4,
  refused: "budget-exhausted tokens",
  revoked: ["assistant", "helper"],
  active: false,
};

export async function run(covenant) {
  const { Budget, BudgetError, Enforcer, Grant, GrantRegistry, InterlockError } = covenant;

  const permissions = [{ capability: "fs", resource: "read/**" }];
  const grant = Grant.issued("assistant", 1, { permissions, ceilings: { calls: 1 } }, "ada", 0);
  const enforcer = new Enforcer(grant);
  const decisions = ["read/a", "write/a", "read/b"].map((resource) =>
    enforcer.check("fs", resource, { calls: 1 }, 1),
  );

  const registry = new GrantRegistry();
  registry.insert(grant);
  registry.attenuate("assistant", 1, "helper", { permissions }, "assistant", 2);
  registry.grant("helper", 1, "ada", 2);
  const revoked = registry.revoke("assistant", 1, "ada", 3).map(({ id }) => id);

  const budget = new Budget({ tokens: 10 });
  const lease = budget.lease({ tokens: 6 }, 0, 1_000);
  let refused;
  try {
    budget.reserve("tokens", 5);
  } catch (error) {
    const known = error instanceof BudgetError && error instanceof InterlockError;
    refused = known && `${error.code} ${error.subject}`;
  }
  budget.settle(lease.id, { tokens: 6 });

  return {
    outcomes: decisions.map(({ outcome }) => outcome),
    reason: decisions[2].reason,
    free: enforcer.budget.balance("calls").free,
    lease: budget.balance("tokens").free,
    refused,
    revoked,
    active: enforcer.follow(registry, "registry", 4),
  };
}
