// The suite `covenant` on the npm package.

import { refusal, spoken, step } from "./text.mjs";

/** What comes of an input. */
export function run(covenant, input) {
  const kinds = { budget, grants, registry, enforcer, patterns };
  if (kinds[input.kind] === undefined) throw new Error(`the kind ${input.kind} is not known`);
  try {
    return kinds[input.kind](covenant, input);
  } catch (error) {
    return { refused: refusal(error) };
  }
}

const texts = (work) => spoken(() => String(work() ?? "done"));
// A fixture has numbers of 64 bits as numbers, or, where those cannot hold them, as texts.
const whole = (value) => (typeof value === "string" ? BigInt(value) : value);
const amounts = (pairs) => pairs.map(([counter, units]) => [counter, whole(units)]);

function balances(budget) {
  const parts = budget.counters.map((name) => {
    const { ceiling, spent, reserved, free } = budget.balance(name);
    return `${name} ${ceiling} ${spent} ${reserved} ${free}`;
  });
  return [...parts, String(budget.nextExpiryMs ?? "-")].join("; ");
}

function budget({ Budget }, { ceilings, steps }) {
  let budget = new Budget(amounts(ceilings));
  const given = { reservations: [], leases: [] };
  const reservation = (number) => given.reservations[number] ?? 0xffff_ffff;
  const lease = (number) => given.leases[number] ?? 0xffff_ffff;
  const does = {
    reserve: (counter, units) => {
      given.reservations.push(budget.reserve(counter, whole(units)));
      return "reservation";
    },
    extend: (number, units) => budget.extend(reservation(number), whole(units)),
    commit: (number, units) => budget.commit(reservation(number), whole(units)),
    refund: (number) => budget.refund(reservation(number)),
    spend: (all) => budget.spend(amounts(all)),
    lease: (all, now, duration, unsettled) => {
      const lease = budget.lease(amounts(all), whole(now), whole(duration), unsettled);
      given.leases.push(lease.id);
      return lease.expiresAtMs;
    },
    "top-up": (number, all, now) => {
      budget.topUp(lease(number), amounts(all), whole(now));
    },
    renew: (number, now, duration) => budget.renew(lease(number), whole(now), whole(duration)),
    settle: (number, spent) => budget.settle(lease(number), amounts(spent)),
    reclaim: (now) =>
      budget
        .reclaim(whole(now))
        .map(({ id }) => id)
        .join(" "),
    "set-ceiling": (counter, ceiling) => budget.setCeiling(counter, whole(ceiling)),
    restore: () => {
      budget = Budget.restore(budget.state());
    },
    balances: () => balances(budget),
  };
  // What a step of one argument has is that argument itself.
  const alone = new Set(["refund", "spend", "reclaim"]);
  const said = steps.map((value) => {
    const [name, what] = step(value);
    return texts(() => does[name](...(alone.has(name) ? [what] : (what ?? []))));
  });
  return { steps: said, balances: balances(budget) };
}

const termsOf = ({ permissions = [], gates = [], ceilings = [], expires_at_ms: end }) => ({
  permissions: permissions.map(([capability, resource]) => ({ capability, resource })),
  gates: gates.map((gate) => ({
    name: gate.name,
    operations: { capability: gate.capability, resource: gate.resource },
    threshold: gate.threshold,
    approvals: gate.approvals,
    approvers: gate.approvers,
    timeoutMs: gate.timeout_ms === undefined ? undefined : whole(gate.timeout_ms),
    fallback: gate.fallback,
    limit: gate.limit,
    escalation: gate.escalation,
  })),
  ceilings: amounts(ceilings),
  expiresAtMs: end === undefined ? undefined : whole(end),
});

/** Terms as a fixture has them: what it leaves out, too. */
function termsText({ permissions, gates, ceilings, expiresAtMs }) {
  const text = {
    permissions: permissions.map(({ capability, resource }) => [capability, resource]),
  };
  if (gates.length > 0) {
    text.gates = gates.map((gate) => ({
      name: gate.name,
      capability: gate.operations.capability,
      resource: gate.operations.resource,
      threshold: gate.threshold,
      approvals: gate.approvals,
      approvers: gate.approvers,
      timeout_ms: gate.timeoutMs,
      fallback: gate.fallback,
      limit: gate.limit,
      escalation: gate.escalation,
    }));
  }
  const counters = Object.entries(ceilings);
  if (counters.length > 0) text.ceilings = counters;
  if (expiresAtMs !== undefined) text.expires_at_ms = expiresAtMs;
  return text;
}

function grants({ Grant }, { steps }) {
  const grants = [];
  const at = (number) => {
    if (grants[number] === undefined) throw new Error("no such grant in this case");
    return grants[number];
  };
  const made = (grant) => `grant ${grants.push(grant) - 1}`;
  const moved = (name) => (number, by, now) => at(number)[name](by, whole(now)).to;
  const does = {
    propose: (id, terms, by, now) => made(Grant.propose(id, termsOf(terms), by, whole(now))),
    issue: (id, version, terms, by, now) =>
      made(Grant.issued(id, version, termsOf(terms), by, whole(now))),
    negotiate: moved("negotiate"),
    grant: moved("grant"),
    revoke: moved("revoke"),
    expire: moved("expire"),
    amend: (number, terms, by, now) => made(at(number).amend(termsOf(terms), by, whole(now))),
    attenuate: (number, id, terms, by, now) =>
      made(at(number).attenuate(id, termsOf(terms), by, whole(now))),
    "is-active": (number, now) => at(number).isActive(whole(now)),
  };
  const said = steps.map((value) => {
    const [name, what] = step(value);
    return texts(() => does[name](...what));
  });
  return { steps: said, grants: grants.map(account) };
}

function account(grant) {
  const { id, version, state, terms, parent, history } = grant;
  return {
    id,
    version,
    state,
    terms: termsText(terms),
    parent: parent === undefined ? null : `${parent.grant} ${parent.version}`,
    history: history.map(
      ({ version, from, to, atMs, by }) => `${version} ${from ?? "-"} ${to} ${atMs} ${by}`,
    ),
  };
}

/** `ID VERSION STATE AT BY` of a grant since its last transition. */
function summary({ id, version, state, history }) {
  const { atMs, by } = history.at(-1);
  return `${id} ${version} ${state} ${atMs} ${by}`;
}

function registry({ Enforcer, Grant, GrantRegistry }, { steps }) {
  const registry = new GrantRegistry();
  const beside = [];
  const enforcers = [];
  const kept = (list, item, name) => {
    list.push(item);
    return name;
  };
  const does = {
    issue: (id, version, terms, by, now) =>
      kept(beside, Grant.issued(id, version, termsOf(terms), by, whole(now)), "grant"),
    derive: (number, id, terms, by, now) =>
      kept(beside, beside[number].attenuate(id, termsOf(terms), by, whole(now)), "grant"),
    activate: (number, by, now) => {
      beside[number].grant(by, whole(now));
    },
    insert: (number) => registry.insert(beside[number]),
    get: (id, version) => {
      const grant = registry.get(id, version);
      return grant === undefined ? null : account(grant);
    },
    grants: () => registry.grants.map(summary),
    "is-active": (id, version, now) => registry.isActive(id, version, whole(now)),
    attenuate: (id, version, derived, terms, by, now) =>
      summary(registry.attenuate(id, version, derived, termsOf(terms), by, whole(now))),
    grant: (id, version, by, now) => summary(registry.grant(id, version, by, whole(now))),
    revoke: (id, version, by, now) => registry.revoke(id, version, by, whole(now)).map(summary),
    expire: (id, version, by, now) => summary(registry.expire(id, version, by, whole(now))),
    chain: (id, count) => {
      for (let number = 1, from = id; number <= count; number += 1) {
        const derived = String(number);
        registry.attenuate(from, 1, derived, {}, "chain", 1);
        from = registry.grant(derived, 1, "chain", 1).id;
      }
    },
    enforce: (id, version) => kept(enforcers, new Enforcer(registry.get(id, version)), "enforcer"),
    follow: (number, by, now) => enforcers[number].follow(registry, by, whole(now)),
    check: (number, capability, resource, now) =>
      outcome(enforcers[number].check(capability, resource, [], whole(now))),
  };
  const said = steps.map((value) => {
    const [name, what] = step(value);
    const work = () => does[name](...(name === "insert" ? [what] : (what ?? [])));
    return ["get", "grants", "revoke"].includes(name) ? spoken(work) : texts(work);
  });
  return { steps: said };
}

function outcome(decision) {
  switch (decision.outcome) {
    case "allow":
      return `allow ${decision.permission}`;
    case "deny":
      return `deny ${decision.reason}`;
    default:
      return `review ${decision.gate} ${decision.review}`;
  }
}

function reviewText(review, counters) {
  const costs = Object.entries(review.costs).map(
    ([counter, units]) => `${counters.indexOf(counter)}:${units}`,
  );
  const { id, gate, state, openedMs, deadlineMs, capability, resource } = review;
  const escalated = review.isEscalated ? "escalated" : "-";
  const approvals = `[${review.approvals.join(" ")}] [${costs.join(" ")}]`;
  return `${id} ${gate} ${state} ${openedMs} ${deadlineMs} ${escalated} ${capability} ${resource} ${approvals}`;
}

function enforcer({ Enforcer, Grant, decisionToJson }, { grant: id, terms, steps }) {
  const grant = Grant.propose(id, termsOf(terms), "ada", 0);
  grant.grant("grace", 0);
  const enforcer = new Enforcer(grant);
  const { budget } = enforcer;
  const does = {
    check: (capability, resource, costs, now) =>
      decisionToJson(enforcer.check(capability, resource, amounts(costs), whole(now))),
    "check-many": (operations, now) =>
      enforcer
        .checkMany(
          operations.map(([capability, resource, costs]) => ({
            ...{ capability, resource },
            costs: amounts(costs),
          })),
          whole(now),
        )
        .map(decisionToJson),
    approve: (review, who, now) => enforcer.approve(whole(review), who, whole(now)),
    reject: (review, who, now) => enforcer.reject(whole(review), who, whole(now)),
    resume: (review, now) => outcome(enforcer.resume(whole(review), whole(now))),
    advance: (now) => enforcer.advance(whole(now)),
    revoke: (by, now) => enforcer.revoke(by, whole(now)),
    regrant: (by, now) => enforcer.regrant(by, whole(now)),
    reviews: () => [
      ...enforcer.reviews.map((review) => reviewText(review, budget.counters)),
      String(enforcer.nextDeadlineMs ?? "-"),
    ],
    balances: () => balances(budget),
  };
  const said = steps.map((value) => {
    const [name, what] = step(value);
    const work = () => does[name](...(name === "advance" ? [what] : (what ?? [])));
    const lists = name === "check-many" || name === "reviews";
    return lists ? spoken(work) : texts(work);
  });
  return { steps: said };
}

function patterns({ checkPermission, checkResource, isWithin, patternMatches }, input) {
  const row = (items, holds) =>
    items
      .map((item) => {
        const answer = spoken(() => String(holds(item)));
        return answer.startsWith("refused ") ? "-" : answer === "true" ? "1" : "0";
      })
      .join("");
  const permission = (resource) => ({ capability: "c", resource });
  const lines = input.patterns.map((pattern) =>
    spoken(() => {
      checkPermission(permission(pattern));
      const matching = row(input.resources, (resource) => patternMatches(pattern, resource));
      const within = row(input.patterns, (wider) =>
        isWithin(permission(pattern), permission(wider)),
      );
      return `${matching} ${within}`;
    }),
  );
  const resources = input.resources.map((resource) => texts(() => checkResource(resource)));
  return { patterns: lines, resources };
}
