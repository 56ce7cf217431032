//! Budgets beside a plain account of who holds what.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![cfg(feature = "covenant")]

use interlock_core::covenant::{Amount, Budget, BudgetError, Counter, Reservation, Unsettled};
use proptest::prelude::*;

/// What may happen to a budget; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Reserve(u8, u64),
    Extend(u8, u64),
    Commit(u8, u64),
    Refund(u8),
    Spend(u64, u64),
    Ceiling(u8, u64),
    Lease(u64, u64, u64, bool),
    Settle(u8, u64, u64),
    Renew(u8, u64),
    TopUp(u8, u64, u64),
    Reclaim,
    /// The clock moves, also back.
    Clock(i64),
    /// The holder of the budget goes away and another takes what was stored.
    Restart,
}

fn units() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0..40_u64, 1 => Just(u64::MAX), 1 => Just(u64::MAX - 100), 1 => any::<u64>()]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (any::<u8>(), units()).prop_map(|(c, u)| Step::Reserve(c, u)),
        2 => (any::<u8>(), units()).prop_map(|(c, u)| Step::Extend(c, u)),
        4 => (any::<u8>(), units()).prop_map(|(c, u)| Step::Commit(c, u)),
        1 => any::<u8>().prop_map(Step::Refund),
        1 => (units(), units()).prop_map(|(a, b)| Step::Spend(a, b)),
        1 => (any::<u8>(), units()).prop_map(|(c, u)| Step::Ceiling(c, u)),
        3 => (units(), units(), prop_oneof![9 => 0..50_u64, 1 => any::<u64>()], any::<bool>())
            .prop_map(|(a, b, d, s)| Step::Lease(a, b, d, s)),
        3 => (any::<u8>(), units(), units()).prop_map(|(l, a, b)| Step::Settle(l, a, b)),
        1 => (any::<u8>(), 0..50_u64).prop_map(|(l, d)| Step::Renew(l, d)),
        2 => (any::<u8>(), units(), units()).prop_map(|(l, a, b)| Step::TopUp(l, a, b)),
        2 => Just(Step::Reclaim),
        4 => (-30..60_i64).prop_map(Step::Clock),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 0..120)
}

/// The plain account.
#[derive(Clone, Default)]
struct Plain {
    ceilings: [u64; 2],
    spent: [u64; 2],
    reservations: Vec<(Reservation, usize, u64)>,
    leases: Vec<(u64, [u64; 2], u64, bool)>,
    latest: u64,
}

impl Plain {
    fn reserved(&self, counter: usize) -> u128 {
        let reservations = self.reservations.iter().filter(|it| it.1 == counter).map(|it| u128::from(it.2));
        reservations.chain(self.leases.iter().map(|it| u128::from(it.1[counter]))).sum()
    }

    fn free(&self, counter: usize) -> u128 {
        u128::from(self.ceilings[counter]) - u128::from(self.spent[counter]) - self.reserved(counter)
    }

    fn affords(&self, amounts: [u64; 2]) -> bool {
        (0..2).all(|counter| u128::from(amounts[counter]) <= self.free(counter))
    }

    fn reclaim(&mut self, now: u64) {
        self.latest = self.latest.max(now);
        let latest = self.latest;
        for (_, amounts, _, _) in self.leases.iter().filter(|it| it.2 <= latest && it.3) {
            self.spent[0] += amounts[0];
            self.spent[1] += amounts[1];
        }
        self.leases.retain(|it| it.2 > latest);
    }
}

const fn amount(counter: Counter, units: u64) -> Amount {
    Amount { counter, units }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn every_unit_is_in_one_place(high in prop_oneof![0..200_u64, Just(u64::MAX)], low in 0..200_u64, steps in steps()) {
        let ceilings = [high, low];
        let mut budget = Budget::new(&[("a", ceilings[0]), ("b", ceilings[1])]).unwrap();
        let counters = [budget.counter("a").unwrap(), budget.counter("b").unwrap()];
        let both = |[a, b]: [u64; 2]| [amount(counters[0], a), amount(counters[1], b)];
        let mut plain = Plain { ceilings, ..Plain::default() };
        let mut settled: Vec<Reservation> = Vec::new();
        let mut now = 1000_u64;
        for step in steps {
            let before = budget.state();
            let mut ok = true;
            match step {
                Step::Reserve(c, units) => {
                    let c = usize::from(c) % 2;
                    let fits = u128::from(units) <= plain.free(c);
                    let result = budget.reserve(counters[c], units);
                    prop_assert_eq!(result.is_ok(), fits);
                    ok = fits;
                    if let Ok(reservation) = result {
                        prop_assert_eq!(Reservation::from_bits(reservation.to_bits()), reservation);
                        prop_assert!(!settled.contains(&reservation));
                        plain.reservations.push((reservation, c, units));
                    }
                }
                Step::Extend(which, units) if !plain.reservations.is_empty() => {
                    let at = usize::from(which) % plain.reservations.len();
                    let (reservation, c, _) = plain.reservations[at];
                    ok = u128::from(units) <= plain.free(c);
                    prop_assert_eq!(budget.extend(reservation, units).is_ok(), ok);
                    if ok {
                        plain.reservations[at].2 += units;
                    }
                }
                Step::Commit(which, units) if !plain.reservations.is_empty() => {
                    let at = usize::from(which) % plain.reservations.len();
                    let (reservation, c, held) = plain.reservations[at];
                    ok = units <= held;
                    match budget.commit(reservation, units) {
                        Ok(rest) => prop_assert_eq!(rest, held - units),
                        Err(error) => prop_assert_eq!(error, BudgetError::MoreThanReserved { requested: units, reserved: held }),
                    }
                    if ok {
                        plain.reservations.swap_remove(at);
                        plain.spent[c] += units;
                        settled.push(reservation);
                    }
                }
                Step::Refund(which) if !plain.reservations.is_empty() => {
                    let at = usize::from(which) % plain.reservations.len();
                    let (reservation, _, held) = plain.reservations.swap_remove(at);
                    prop_assert_eq!(budget.refund(reservation), Ok(held));
                    settled.push(reservation);
                }
                Step::Spend(a, b) => {
                    ok = plain.affords([a, b]);
                    prop_assert_eq!(budget.spend(&both([a, b])).is_ok(), ok);
                    if ok {
                        plain.spent[0] += a;
                        plain.spent[1] += b;
                    }
                }
                Step::Ceiling(c, units) => {
                    let c = usize::from(c) % 2;
                    ok = u128::from(units) >= u128::from(plain.spent[c]) + plain.reserved(c);
                    prop_assert_eq!(budget.set_ceiling(counters[c], units).is_ok(), ok);
                    if ok {
                        plain.ceilings[c] = units;
                    }
                }
                Step::Lease(a, b, duration, spends) => {
                    plain.reclaim(now);
                    let end = plain.latest.checked_add(duration).filter(|_| duration > 0);
                    let unsettled = if spends { Unsettled::Spend } else { Unsettled::Refund };
                    let result = budget.lease(&both([a, b]), now, duration, unsettled);
                    prop_assert_eq!(result.is_ok(), plain.affords([a, b]) && end.is_some());
                    if let Ok(lease) = result {
                        plain.leases.push((lease.id, [a, b], end.unwrap(), spends));
                    }
                }
                Step::Settle(which, a, b) if !plain.leases.is_empty() => {
                    let at = usize::from(which) % plain.leases.len();
                    let (id, held, _, _) = plain.leases[at];
                    ok = a <= held[0] && b <= held[1];
                    prop_assert_eq!(budget.settle(id, &both([a, b])).is_ok(), ok);
                    if ok {
                        plain.leases.remove(at);
                        plain.spent[0] += a;
                        plain.spent[1] += b;
                        prop_assert_eq!(budget.settle(id, &[]), Err(BudgetError::UnknownLease { lease: id }));
                    }
                }
                Step::TopUp(which, a, b) if !plain.leases.is_empty() => {
                    let id = plain.leases[usize::from(which) % plain.leases.len()].0;
                    plain.reclaim(now);
                    let affords = plain.affords([a, b]);
                    let entry = plain.leases.iter_mut().find(|it| it.0 == id);
                    let result = budget.top_up(id, &both([a, b]), now);
                    prop_assert_eq!(result.is_ok(), entry.is_some() && affords);
                    if let (Ok(lease), Some(entry)) = (result, entry) {
                        entry.1 = [entry.1[0] + a, entry.1[1] + b];
                        prop_assert_eq!(lease.expires_at_ms, entry.2);
                    }
                }
                Step::Renew(which, duration) if !plain.leases.is_empty() => {
                    let id = plain.leases[usize::from(which) % plain.leases.len()].0;
                    plain.reclaim(now);
                    let entry = plain.leases.iter_mut().find(|it| it.0 == id);
                    let result = budget.renew(id, now, duration);
                    prop_assert_eq!(result.is_ok(), entry.is_some() && duration > 0);
                    if let (Ok(end), Some(entry)) = (result, entry) {
                        entry.2 = entry.2.max(plain.latest + duration);
                        prop_assert_eq!(end, entry.2);
                    }
                }
                Step::Reclaim => {
                    let open = plain.leases.len();
                    plain.reclaim(now);
                    prop_assert_eq!(budget.reclaim(now).len(), open - plain.leases.len());
                }
                Step::Clock(by) => now = now.saturating_add_signed(by),
                Step::Restart => {
                    let state: interlock_core::covenant::BudgetState =
                        serde_json::from_str(&serde_json::to_string(&budget.state()).unwrap()).unwrap();
                    budget = Budget::restore(&state).unwrap();
                    for (_, c, units) in plain.reservations.drain(..) {
                        plain.spent[c] += units;
                    }
                    settled.clear();
                }
                _ => {}
            }
            if !ok {
                prop_assert_eq!(&budget.state(), &before);
            }
            for reservation in &settled {
                prop_assert_eq!(
                    budget.refund(*reservation),
                    Err(BudgetError::UnknownReservation { reservation: *reservation })
                );
            }
            for (c, counter) in counters.iter().enumerate() {
                let balance = budget.balance(*counter).unwrap();
                let sum = u128::from(balance.spent) + u128::from(balance.reserved) + u128::from(balance.free);
                prop_assert_eq!(sum, u128::from(balance.ceiling));
                prop_assert_eq!((balance.spent, u128::from(balance.reserved)), (plain.spent[c], plain.reserved(c)));
                prop_assert_eq!(balance.ceiling, plain.ceilings[c]);
            }
            prop_assert_eq!(budget.next_expiry_ms(), plain.leases.iter().map(|it| it.2).min());
        }
    }
}

#[test]
fn refusals_say_what_and_how_much() {
    for names in [&[("", 1)][..], &[("a", 1), ("a", 2)], &[(&*"x".repeat(65), 1)]] {
        assert!(matches!(Budget::new(names), Err(BudgetError::Name { .. })));
    }
    let many: Vec<String> = (0..65).map(|number| format!("c{number}")).collect();
    let many: Vec<(&str, u64)> = many.iter().map(|name| (name.as_str(), 1)).collect();
    assert_eq!(Budget::new(&many).unwrap_err().to_string(), "more counters than 64");

    let mut budget = Budget::new(&[("tokens", 10)]).unwrap();
    let tokens = budget.counter("tokens").unwrap();
    assert_eq!(budget.reserve(tokens, 11).unwrap_err().to_string(), "tokens: 11 requested, 10 free");
    let twice = [amount(tokens, 1), amount(tokens, 1)];
    assert_eq!(budget.spend(&twice).unwrap_err().to_string(), "the counter tokens is named twice");
    let other = Budget::new(&[("a", 1), ("b", 1)]).unwrap().counter("b").unwrap();
    assert_eq!(budget.reserve(other, 0), Err(BudgetError::UnknownCounter { position: 1 }));
    let lease = budget.lease(&[amount(tokens, 4)], 0, 10, Unsettled::Spend).unwrap().id;
    assert_eq!(budget.top_up(lease, &[amount(tokens, 7)], 5).unwrap_err().to_string(), "tokens: 7 requested, 6 free");
    assert_eq!(budget.top_up(lease, &[amount(tokens, 6)], 5).unwrap().amounts, [amount(tokens, 10)]);
    assert_eq!(budget.top_up(lease, &[], 10), Err(BudgetError::UnknownLease { lease }));
    assert_eq!(budget.balance(tokens).unwrap().spent, 10);
    assert_eq!(budget.lease(&[], u64::MAX, 1, Unsettled::Refund), Err(BudgetError::LeaseTime { duration_ms: 1 }));

    let mut state = budget.state();
    state.counters[0].spent = 11;
    assert!(matches!(Budget::restore(&state), Err(BudgetError::State { .. })));
}

proptest! {
    /// Calls in many leave a budget as calls one by one do, and refuse what they refuse.
    #[test]
    fn in_many_is_one_by_one(
        calls in prop::collection::vec((0..3_u32, prop::collection::vec(units(), 0..6), any::<u8>(), any::<bool>()), 0..12),
        ceilings in [0..200_u64, 0..u64::MAX],
    ) {
        let mut many = Budget::new(&[("a", ceilings[0]), ("b", ceilings[1])]).unwrap();
        let mut single = many.clone();
        let mut open: Vec<Reservation> = Vec::new();
        for (counter, units, pick, settles) in calls {
            if settles {
                let spent: Vec<(Reservation, u64)> = units
                    .iter()
                    .enumerate()
                    .filter_map(|(at, units)| Some((*open.get((usize::from(pick) + at * 3) % open.len().max(1))?, units % 50)))
                    .collect();
                let expected = spent.iter().try_for_each(|(it, units)| single.commit(*it, *units).map(drop));
                prop_assert_eq!(many.commit_many(&spent), expected);
            } else {
                let counter = Counter::from_position(counter);
                let mut given = Vec::new();
                let expected = units.iter().try_for_each(|units| {
                    given.push(single.reserve(counter, *units)?);
                    Ok(())
                });
                if expected.is_err() {
                    for reservation in given.drain(..) {
                        single.refund(reservation).unwrap();
                    }
                }
                let mut words = units.clone();
                prop_assert_eq!(many.reserve_in_place(counter, &mut words), expected.clone());
                let bits: Vec<u64> = given.iter().map(|it| it.to_bits()).collect();
                prop_assert_eq!(words, if expected.is_ok() { bits } else { units });
                open.append(&mut given);
            }
            prop_assert_eq!(format!("{many:?}"), format!("{single:?}"));
        }
    }
}

#[test]
fn reservations_in_many_are_all_or_none() {
    let mut budget = Budget::new(&[("tokens", 10)]).unwrap();
    let tokens = budget.counter("tokens").unwrap();
    let given = budget.reserve_many(tokens, &[1, 2, 3]).unwrap();
    assert_eq!(budget.balance(tokens).unwrap().free, 4);
    let refused = budget.reserve_many(tokens, &[2, 2, 1]);
    assert!(matches!(refused, Err(BudgetError::Exhausted { requested: 1, free: 0, .. })), "{refused:?}");
    assert_eq!(budget.balance(tokens).unwrap().free, 4, "none of them");
    assert!(budget.reserve_many(Counter::from_position(1), &[1]).is_err());
    assert_eq!(budget.reserve_many(tokens, &[]).unwrap(), []);
    let spent = [(given[0], 1), (given[1], 0), (given[1], 0), (given[2], 3)];
    assert!(
        matches!(budget.commit_many(&spent), Err(BudgetError::UnknownReservation { reservation }) if reservation == given[1])
    );
    let balance = budget.balance(tokens).unwrap();
    assert_eq!((balance.spent, balance.reserved), (1, 3), "those before it are settled, those behind it are not");
    budget.commit_many(&[(given[2], 3)]).unwrap();
    assert_eq!(budget.balance(tokens).unwrap().spent, 4);
}
