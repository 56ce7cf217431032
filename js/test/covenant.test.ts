import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArgumentError,
  Budget,
  BudgetError,
  type BudgetState,
  Enforcer,
  Grant,
  GrantError,
  GrantRegistry,
  PatternError,
  PermissionError,
  type Reservation,
  ReviewError,
  type TermsInput,
  checkPermission,
  checkResource,
  decisionToJson,
  isWithin,
  patternMatches,
} from "interlock-wasm/covenant";
import { throws } from "./support.js";

const TERMS: TermsInput = {
  permissions: [
    { capability: "fs", resource: "read/**" },
    { capability: "fs", resource: "delete/tmp/*" },
  ],
  gates: [
    {
      name: "deletes",
      operations: { capability: "fs", resource: "delete/**" },
      approvers: ["grace"],
      timeoutMs: 1_000,
    },
  ],
  ceilings: { calls: 3 },
  expiresAtMs: 10_000,
};

test("a budget: reserved before, settled after, never below zero", () => {
  using budget = new Budget({ tokens: 100, calls: 2 });
  const reservation = budget.reserve("tokens", 80);
  throws(BudgetError, () => budget.reserve("tokens", 21), {
    ...{ code: "budget-exhausted", subject: "tokens", value: 21, bound: 20 },
  });
  assert.equal(budget.commit(reservation, 30), 50);
  throws(BudgetError, () => budget.commit(reservation, 0), { code: "budget-unknown-reservation" });
  assert.deepEqual(budget.balance("tokens"), { ceiling: 100, spent: 30, reserved: 0, free: 70 });
  throws(
    BudgetError,
    () => {
      budget.spend({ calls: 1, tokens: 71 });
    },
    { subject: "tokens" },
  );
  assert.equal(budget.balance("calls")?.spent, 0, "every amount or none");
  throws(BudgetError, () => budget.reserve("money", 1), { code: "budget-unknown-counter" });
  assert.equal(budget.balance("money"), undefined);
});

test("units are whole numbers of 64 bits, and nothing else", () => {
  const most = 2n ** 64n - 1n;
  using budget = new Budget({ cost: most });
  budget.spend({ cost: 1 });
  assert.deepEqual(budget.balance("cost"), {
    ...{ ceiling: most, spent: 1, reserved: 0, free: most - 1n },
  });
  for (const units of [-1, 0.5, NaN, 2 ** 53, -1n, most + 1n, "1", null]) {
    throws(ArgumentError, () => budget.reserve("cost", units as number), { argument: "units" });
  }
  assert.deepEqual(Budget.restore(budget.state()).balance("cost"), budget.balance("cost"));
});

test("reservations are numbers, also of units that a double does not count", () => {
  const most = 2n ** 64n - 1n;
  using budget = new Budget({ cost: most, calls: 2 });
  const all = budget.reserve("cost", most);
  assert.equal(budget.commit(all, 3), most - 3n);
  const second = budget.reserve("cost", 2n ** 60n + 1n);
  assert.equal(typeof second, "number");
  assert.notEqual(second, all, "a number is given out once");
  budget.extend(second, 2n ** 60n);
  assert.equal(budget.commit(second, 2n ** 61n), 1);
  assert.equal(budget.refund(budget.reserve("cost", 2n ** 62n)), 2n ** 62n);
  assert.equal(budget.balance("cost")?.spent, 2n ** 61n + 3n);
  for (const none of [0, 1, 2 ** 20, 2 ** 32, 2 ** 52, 2 ** 53 - 1]) {
    throws(BudgetError, () => budget.commit(none as typeof all, 0), {
      code: "budget-unknown-reservation",
    });
  }
  for (const none of [-1, 0.5, NaN, 2 ** 53, 0n, "0", null, undefined]) {
    const given = none as unknown as typeof all;
    throws(ArgumentError, () => budget.commit(given, 0), { argument: "reservation" });
    throws(ArgumentError, () => budget.refund(given), { argument: "reservation" });
    assert.throws(() => {
      budget.extend(given, 0);
    }, ArgumentError);
  }
});

test("reservations in many are as those one by one, and reserved all or none", () => {
  using budget = new Budget({ tokens: 10 });
  const given = budget.reserveMany("tokens", [1, 2, 3]);
  assert.equal(new Set(given).size, 3);
  assert.deepEqual(budget.balance("tokens"), { ceiling: 10, spent: 0, reserved: 6, free: 4 });
  throws(BudgetError, () => budget.reserveMany("tokens", Float64Array.of(1, 1, 3)), {
    ...{ code: "budget-exhausted", subject: "tokens", value: 3, bound: 2 },
  });
  assert.equal(budget.balance("tokens")?.reserved, 6, "none of them");
  budget.commitMany(given, [1, 0, 2]);
  assert.deepEqual(budget.balance("tokens"), { ceiling: 10, spent: 3, reserved: 0, free: 7 });
  const more = budget.reserveMany("tokens", [1, 1]);
  const first = more[0] ?? assert.fail();
  throws(
    BudgetError,
    () => {
      budget.commitMany(Float64Array.of(first, ...given), [1, 0, 0, 0]);
    },
    { code: "budget-unknown-reservation" },
  );
  assert.equal(budget.balance("tokens")?.spent, 4, "those before it");
  assert.equal(budget.reserveMany("tokens", []).length, 0);
  budget.commitMany([...more].slice(1) as Reservation[], [0]);
  throws(BudgetError, () => budget.reserveMany("money", [1]), { code: "budget-unknown-counter" });
  for (const bad of [[-1], [0.5], [NaN], ["1"], "1", null]) {
    assert.throws(() => budget.reserveMany("tokens", bad as number[]), ArgumentError);
    assert.throws(() => {
      budget.commitMany(bad as Reservation[], [0]);
    }, ArgumentError);
  }
});

test("numbers in many are counts, to the largest", () => {
  const most = Number.MAX_SAFE_INTEGER;
  using budget = new Budget({ tokens: 2n ** 64n - 1n });
  const units = [0, -0, 1, 2 ** 52 - 1, 2 ** 52, 2 ** 52 + 1, most];
  const given = budget.reserveMany("tokens", units);
  const sum = units.reduce((sum, unit) => sum + BigInt(unit), 0n);
  assert.equal(BigInt(budget.balance("tokens")?.reserved ?? 0), sum);
  budget.commitMany(given, units);
  assert.equal(BigInt(budget.balance("tokens")?.spent ?? 0), sum);
  const before = budget.state();
  for (const wrong of [
    -1,
    -1e-300,
    0.5,
    2 ** 52 - 0.5,
    most + 1,
    2 ** 63,
    1e300,
    NaN,
    -Infinity,
    Infinity,
  ]) {
    throws(ArgumentError, () => budget.reserveMany("tokens", [1, wrong, -1]), {
      argument: "units[1]",
    });
    throws(
      ArgumentError,
      () => {
        budget.commitMany(Float64Array.of(0, wrong), [0, wrong]);
      },
      { argument: "reservations[1]" },
    );
    throws(
      ArgumentError,
      () => {
        budget.commitMany(Float64Array.of(0, 0), [0, wrong]);
      },
      { argument: "units[1]" },
    );
  }
  throws(
    ArgumentError,
    () => {
      budget.commitMany(new Float64Array(2), [0]);
    },
    { argument: "units", value: 1 },
  );
  assert.deepEqual(budget.state(), before, "nothing has changed");
  // More than is kept of one batch for the next, and memory that grows on the way.
  const many = new Float64Array(200_000).fill(3);
  const reservations = budget.reserveMany("tokens", many);
  assert.equal(new Set(reservations).size, many.length);
  budget.commitMany(reservations, many);
  assert.equal(BigInt(budget.balance("tokens")?.spent ?? 0), sum + 600_000n);
});

test("resources in many are decided as one by one", () => {
  using enforcer = new Enforcer(Grant.issued("g", 1, TERMS, "ada", 0));
  const resources = ["read/a", "read/../b", "write/a", "read/é", "", "delete/tmp/x"];
  const expected = [0, -1, -1, 0, -1, -1];
  assert.deepEqual(Array.from(enforcer.allowed("fs", resources, 1)), expected);
  assert.equal(enforcer.reviews.length, 1, "what waits for a review is asked for");
  // What stands between them is in one of them.
  const odd = ["read/a\0read/b", ...resources];
  assert.deepEqual(Array.from(enforcer.allowed("fs", odd, 1)), [-1, ...expected]);
  assert.deepEqual(Array.from(enforcer.allowed("fs", [], 1)), []);
  assert.deepEqual(Array.from(enforcer.allowed("größe", ["read/a"], 1)), [-1]);
  // More at once than the module keeps memory for.
  const lots = Array.from({ length: 20_000 }, (_, at) => (at % 3 === 0 ? "write/a" : `read/${at}`));
  assert.deepEqual(
    Array.from(enforcer.allowed("fs", lots, 1)),
    lots.map((_, at) => (at % 3 === 0 ? -1 : 0)),
  );
  assert.deepEqual(Array.from(enforcer.allowed("fs", ["read/a"], 20_000)), [-1], "it is over");
  throws(ArgumentError, () => enforcer.allowed("fs", ["a", "\ud800"], 1), {
    argument: "resources[1]",
  });
  throws(ArgumentError, () => enforcer.allowed("fs", [1 as unknown as string], 1), {
    argument: "resources[0]",
  });
});

test("a check is the same whatever its texts are written in", () => {
  const permissions = [
    { capability: "fs", resource: "read/**" },
    { capability: "fs", resource: "größe/*" },
  ];
  using enforcer = new Enforcer(Grant.issued("g", 3, { permissions }, "ada", 0));
  const outcomes: [string, string, number | string][] = [
    ["fs", "read/a", 0],
    ["fs", "read/\u{1f600}", 0],
    ["fs", "größe/x", 1],
    ["fs", "größe/", "no-permission"],
    ["fß", "read/a", "no-permission"],
    ["", "read/a", "no-permission"],
    ["fs", "", "malformed-resource"],
    ["fs", "read/../b", "malformed-resource"],
    ["fs", `read/${"x".repeat(4091)}`, 0],
    ["fs", `read/${"x".repeat(4092)}`, "malformed-resource"],
    ["f".repeat(5000), "read/a", "no-permission"],
  ];
  for (const [capability, resource, expected] of outcomes) {
    // A number takes one way into the module, a bigint and costs the other.
    for (const [costs, now] of [
      [undefined, 7],
      [undefined, 7n],
      [{}, 7],
    ] as const) {
      const decision = enforcer.check(capability, resource, costs, now);
      const what = decision.outcome === "allow" ? decision.permission : decision;
      assert.equal(typeof what === "object" && "reason" in what ? what.reason : what, expected);
      assert.deepEqual(
        [decision.grant, decision.version, decision.atMs, decision.capability, decision.resource],
        ["g", 3, 7, capability, resource],
      );
    }
  }
  for (const bad of ["\ud800", 1, null]) {
    throws(ArgumentError, () => enforcer.check("fs", bad as string, undefined, 7), {
      argument: "resource",
    });
    throws(ArgumentError, () => enforcer.check(bad as string, "read/a", undefined, 7), {
      argument: "capability",
    });
  }
  for (const bad of [-1, 0.5, NaN]) {
    throws(ArgumentError, () => enforcer.check("fs", "read/a", undefined, bad), {
      argument: "nowMs",
    });
  }
});

test("a lease is topped up, all of it or nothing", () => {
  using budget = new Budget({ tokens: 10, calls: 2 });
  const { id } = budget.lease({ tokens: 4 }, 0, 100, "spend");
  const more = budget.topUp(id, { tokens: 3, calls: 1 }, 10);
  assert.deepEqual([more.id, more.amounts, more.expiresAtMs], [id, { tokens: 7, calls: 1 }, 100]);
  const before = budget.state();
  for (const amounts of [{ tokens: 4 }, { calls: 1, tokens: 4 }, { cost: 1 }]) {
    assert.throws(() => budget.topUp(id, amounts, 10), BudgetError);
  }
  assert.deepEqual(budget.state(), before);
  budget.settle(id, { tokens: 7 });
  assert.equal(budget.balance("calls")?.free, 2);
  assert.throws(() => budget.topUp(id, { tokens: 1 }, 10), BudgetError);
});

test("leases end on time, and a clock that runs backwards gives none back", () => {
  using budget = new Budget({ tokens: 10 });
  const lease = budget.lease({ tokens: 4 }, 1_000, 500, "spend");
  assert.deepEqual(lease, {
    id: 0,
    amounts: { tokens: 4 },
    expiresAtMs: 1_500,
    unsettled: "spend",
  });
  const second = budget.lease({ tokens: 6 }, 1_000, 1_000);
  assert.equal(budget.nextExpiryMs, 1_500);
  assert.deepEqual(
    budget.reclaim(1_600).map(({ id }) => id),
    [0],
  );
  throws(
    BudgetError,
    () => {
      budget.settle(lease.id, {});
    },
    { code: "budget-unknown-lease" },
  );
  budget.settle(second.id, { tokens: 1 });
  assert.deepEqual(budget.balance("tokens"), { ceiling: 10, spent: 5, reserved: 0, free: 5 });
  throws(BudgetError, () => budget.lease({ tokens: 1 }, 0, 0), { code: "budget-lease-time" });
});

test("a state that no budget was in is refused", () => {
  const state: BudgetState = {
    counters: [{ name: "tokens", ceiling: 1, spent: 2 }],
    leases: [],
    next_lease: 0,
    now_ms: 0,
  };
  throws(BudgetError, () => Budget.restore(state), { code: "budget-state" });
  throws(ArgumentError, () => Budget.restore({ ...state, counters: 7 } as never), {
    argument: "state.counters",
  });
});

test("a grant's life", () => {
  using grant = Grant.propose("assistant", TERMS, "ada", 1_000);
  assert.deepEqual([grant.state, grant.version, grant.isActive(1_000)], ["proposed", 1, false]);
  grant.negotiate("ada", 1_001);
  assert.equal(grant.grant("grace", 1_002).to, "granted");
  throws(GrantError, () => grant.grant("grace", 1_003), { code: "grant-state" });
  throws(GrantError, () => grant.revoke("grace", 0), { code: "grant-clock" });
  grant.revoke("grace", 1_004);
  grant.grant("grace", 1_005);
  assert.ok(grant.isActive(9_999) && !grant.isActive(10_000) && grant.isOver(10_000));
  grant.expire("clock", 10_000);
  throws(GrantError, () => grant.grant("grace", 10_001), { code: "grant-state" });
  assert.equal(grant.history.length, 6);
  assert.match(grant.history[0]?.record ?? "", /^\{"grant":"assistant","version":1,/);
  assert.deepEqual(grant.terms.ceilings, { calls: 3 });
});

test("what is derived can only do less", () => {
  using grant = Grant.issued("assistant", 1, TERMS, "ada", 0);
  const docs = [{ capability: "fs", resource: "read/docs/*" }];
  using part = grant.attenuate("helper", { permissions: docs }, "assistant", 1);
  assert.deepEqual(part.parent, { grant: "assistant", version: 1 });
  assert.equal(part.terms.expiresAtMs, 10_000);
  assert.equal(part.terms.gates[0]?.name, "deletes");
  const wider = { permissions: [{ capability: "fs", resource: "**" }], ceilings: { calls: 4 } };
  throws(GrantError, () => grant.attenuate("helper", wider, "assistant", 1), {
    ...{ code: "grant-widens", subject: "fs **, calls" },
  });
  throws(GrantError, () => part.amend(TERMS, "ada", 1), { code: "grant-derived" });
});

test("terms that are none", () => {
  const propose = (terms: unknown) => () => Grant.propose("a", terms as TermsInput, "b", 0);
  throws(PermissionError, propose({ permissions: [{ capability: "a b", resource: "x" }] }));
  throws(PatternError, propose({ permissions: [{ capability: "a", resource: "../x" }] }), {
    code: "pattern-dot-segment",
  });
  throws(ArgumentError, propose({ permision: [] }), { argument: "terms.permision" });
  throws(ArgumentError, propose({ gates: [{ ...TERMS.gates?.[0], fallback: "allow" }] }), {
    argument: "terms.gates[0].fallback",
  });
  throws(GrantError, propose({ gates: [{ ...TERMS.gates?.[0], approvals: 2 }] }), {
    code: "gate-approvers",
  });
});

test("an enforcer: allow, deny and why, review", () => {
  using grant = Grant.issued("assistant", 7, TERMS, "ada", 0);
  using enforcer = new Enforcer(grant);
  const allowed = enforcer.check("fs", "read/a", { calls: 1 }, 1);
  assert.deepEqual(allowed, {
    ...{ outcome: "allow", permission: 0, grant: "assistant", version: 7, atMs: 1 },
    ...{ capability: "fs", resource: "read/a", subject: "read/**" },
  });
  const denied = enforcer.check("fs", "write/a", undefined, 2);
  assert.ok(denied.outcome === "deny" && denied.reason === "no-permission");
  assert.equal(
    decisionToJson(denied),
    '{"grant":"assistant","version":7,"at_ms":2,"capability":"fs","resource":"write/a","outcome":"deny","reason":"no-permission","subject":""}',
  );
  const held = enforcer.check("fs", "delete/tmp/x", { calls: 1 }, 3);
  assert.ok(held.outcome === "review");
  assert.equal(enforcer.nextDeadlineMs, 1_003);
  assert.deepEqual(enforcer.reviews[0]?.costs, { calls: 1 });
  throws(ReviewError, () => enforcer.approve(held.review, "mallory", 4), {
    code: "review-not-an-approver",
  });
  assert.equal(enforcer.approve(held.review, "grace", 4), "approved");
  assert.equal(enforcer.resume(held.review, 5).resource, "delete/tmp/x");
  throws(ReviewError, () => enforcer.resume(held.review, 6), { code: "review-unknown" });
  const [first, second] = enforcer.checkMany(
    [
      { capability: "fs", resource: "read/b", costs: { calls: 1 } },
      { capability: "fs", resource: "read/c", costs: { calls: 1 } },
    ],
    7,
  );
  assert.equal(first?.outcome, "allow");
  assert.ok(second?.outcome === "deny" && second.reason === "budget" && second.subject === "calls");
  enforcer.revoke("ada", 8);
  const revoked = enforcer.check("fs", "read/a", {}, 9);
  assert.ok(revoked.outcome === "deny" && revoked.reason === "not-granted");
  assert.equal(enforcer.grant.state, "revoked");
  assert.equal(grant.state, "granted", "the enforcer has its own");
});

test("what is revoked takes with it what was derived, and its enforcer", () => {
  const docs = { permissions: [{ capability: "fs", resource: "docs/**" }] };
  using registry = new GrantRegistry();
  using root = Grant.issued("assistant", 1, docs, "ada", 0);
  registry.insert(root);
  using proposed = registry.attenuate("assistant", 1, "helper", docs, "assistant", 1);
  assert.deepEqual([proposed.state, proposed.parent?.grant], ["proposed", "assistant"]);
  assert.ok(!registry.isActive("helper", 1, 1));
  using granted = registry.grant("helper", 1, "ada", 2);
  using helper = new Enforcer(granted);
  assert.ok(helper.follow(registry, "registry", 3));
  assert.equal(helper.check("fs", "docs/a", undefined, 3).outcome, "allow");

  throws(GrantError, () => registry.revoke("assistant", 1, "ada", 0), {
    ...{ code: "grant-clock", value: 0, bound: 2 },
  });
  const revoked = registry.revoke("assistant", 1, "grace", 4);
  assert.deepEqual(
    revoked.map(({ id, state, history }) => [id, state, history.at(-1)?.by]),
    [
      ["assistant", "revoked", "grace"],
      ["helper", "revoked", "grace"],
    ],
  );
  assert.deepEqual(
    registry.grants.map(({ id, version }) => [id, version]),
    [
      ["assistant", 1],
      ["helper", 1],
    ],
  );
  assert.equal(root.state, "granted", "the registry has its own");
  assert.ok(!helper.follow(registry, "registry", 5));
  assert.equal(helper.grant.state, "revoked");
  const denied = helper.check("fs", "docs/a", undefined, 5);
  assert.ok(denied.outcome === "deny" && denied.reason === "not-granted");

  throws(GrantError, () => registry.grant("helper", 1, "ada", 6), { code: "grant-inactive" });
  registry.grant("assistant", 1, "ada", 6);
  assert.ok(!registry.isActive("helper", 1, 6), "each is granted again by itself");
  registry.grant("helper", 1, "ada", 6);
  assert.ok(registry.isActive("helper", 1, 6));
});

test("what a registry refuses changes nothing", () => {
  using registry = new GrantRegistry();
  using root = Grant.issued("assistant", 1, { ...TERMS, gates: [] }, "ada", 0);
  registry.insert(root);
  const insert = (grant: Grant) => () => {
    registry.insert(grant);
  };
  throws(GrantError, insert(root), { code: "grant-exists", subject: "assistant" });
  const wide = Grant.issued("assistant", 1, { permissions: [] }, "mallory", 0);
  throws(GrantError, insert(wide.attenuate("forged", {}, "mallory", 1)), { code: "grant-derived" });
  const other = Grant.issued("other", 1, {}, "mallory", 0).attenuate("orphan", {}, "mallory", 1);
  throws(GrantError, insert(other), { code: "grant-unknown", subject: "other" });
  const wider = { ceilings: { calls: 4 } };
  throws(GrantError, () => registry.attenuate("assistant", 1, "helper", wider, "ada", 1), {
    ...{ code: "grant-widens", subject: "calls" },
  });
  throws(GrantError, () => registry.expire("assistant", 1, "ada", 9_999), {
    ...{ code: "grant-not-over", value: 9_999, bound: 10_000 },
  });
  for (const work of [
    () => registry.grant("assistant", 2, "ada", 1),
    () => registry.revoke("nobody", 1, "ada", 1),
    () => registry.expire("nobody", 1, "ada", 1),
  ]) {
    throws(GrantError, work, { code: "grant-unknown" });
  }
  assert.equal(registry.get("assistant", 2), undefined);
  assert.equal(registry.grants.length, 1);
  assert.equal(registry.get("assistant", 1)?.history.length, 1);
  assert.equal(registry.expire("assistant", 1, "clock", 10_000).state, "expired");

  using enforcer = new Enforcer(root);
  throws(GrantError, () => enforcer.follow(registry, "", 1), { code: "grant-name" });
  const nothing: unknown = {};
  throws(ArgumentError, () => enforcer.follow(nothing as GrantRegistry, "registry", 1), {
    argument: "registry",
  });
  throws(ArgumentError, insert(nothing as Grant), { argument: "grant" });
  throws(ArgumentError, () => registry.get("assistant", -1), { argument: "version" });
});

test("a decision names its pattern, the next one and the one after it, too", () => {
  const permissions = ["read/*", "write/**", "list"].map((resource) => ({
    capability: "fs",
    resource,
  }));
  const enforcer = new Enforcer(Grant.issued("assistant", 1, { permissions }, "ada", 0));
  for (let round = 0; round < 3; round += 1) {
    for (const [resource, subject] of [
      ["read/a", "read/*"],
      ["none", ""],
      ["list", "list"],
      ["write/a/b", "write/**"],
      ["read/b", "read/*"],
    ] as const) {
      assert.equal(enforcer.check("fs", resource, undefined, 1).subject, subject);
    }
  }
});

test("an enforcer spends from the budget that it is given, and so does its owner", () => {
  using grant = Grant.issued("assistant", 1, TERMS, "ada", 0);
  using budget = new Budget({ calls: 2 });
  using enforcer = new Enforcer(grant, budget);
  enforcer.check("fs", "read/a", { calls: 1 }, 1);
  assert.equal(budget.balance("calls")?.free, 1);
  budget.spend({ calls: 1 });
  assert.equal(enforcer.check("fs", "read/a", { calls: 1 }, 2).outcome, "deny");
  throws(ArgumentError, () => new Enforcer(grant, budget), { argument: "budget" });
});

test("patterns", () => {
  assert.ok(patternMatches("a/*/c", "a/b/c") && !patternMatches("a/*", "a/b/c"));
  const part = (resource: string) => ({ capability: "x", resource });
  assert.ok(isWithin(part("a/b"), part("a/**")) && !isWithin(part("a/**"), part("a/b")));
  throws(
    PermissionError,
    () => {
      checkPermission({ capability: "*", resource: "a" });
    },
    { code: "permission-capability", value: 0 },
  );
  throws(
    PatternError,
    () => {
      checkResource("a/../b");
    },
    { value: 2 },
  );
});
