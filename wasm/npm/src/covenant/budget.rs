//! Budgets: by themselves, or an enforcer's.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;

use interlock_core::covenant::budget::{CounterState, LeaseState, MAX_OPEN};
use interlock_core::covenant::{self, BudgetError, BudgetState, Counter, Enforcer, Lease, Reservation, Unsettled};
use interlock_core::read::Source;
use wasm_bindgen::prelude::wasm_bindgen;

use super::amounts::{counter, read_amounts, read_named, write_amounts};
use super::room;
use crate::details;
use crate::refusal::{Fault, given, made, read};
use crate::tree::Tree;

/// Where a budget is.
pub(super) enum Place {
    /// Here.
    Here(covenant::Budget),
    /// In an enforcer.
    In(Rc<RefCell<Enforcer>>),
}

/// Named counters with ceilings.
#[wasm_bindgen]
pub struct Budget(pub(super) RefCell<Place>);

impl Budget {
    fn with<T>(&self, work: impl FnOnce(&mut covenant::Budget) -> T) -> T {
        match &mut *self.0.borrow_mut() {
            Place::Here(budget) => work(budget),
            Place::In(enforcer) => work(enforcer.borrow_mut().budget_mut()),
        }
    }

    /// What a call gives that numbers alone cross for: -1 where it fails, so that nothing else need be looked at.
    fn settled(&self, work: impl FnOnce(&mut covenant::Budget) -> Result<f64, BudgetError>) -> f64 {
        made(self.with(work)).unwrap_or(-1.0)
    }
}

/// A whole number from 0 to 2^53, as JavaScript has checked.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a conversion that saturates")]
const fn whole(units: f64) -> u64 {
    units as u64
}

/// Bits of a reservation's slot in its number: at most [`MAX_OPEN`] are open at once, so all of it stays below 2^53.
const SLOT_BITS: u32 = 20;
const _: () = assert!(MAX_OPEN == 1 << SLOT_BITS);

/// Makes of numbers, by their bits, the counts that they are. The place of the first that is none, -1 where all are.
fn counts(words: &mut [u64]) -> i32 {
    for (word, place) in words.iter_mut().zip(0..) {
        let Some(count) = count(f64::from_bits(*word)) else { return place };
        *word = count;
    }
    -1
}

/// A whole number from 0 to 2^53 - 1.
#[inline]
fn count(number: f64) -> Option<u64> {
    let moved = number + WHOLE;
    let count = moved.to_bits() ^ WHOLE.to_bits();
    // What has lost something on the way is not whole; outside of the range sign or exponent differ, too.
    if count < 1 << 52 && moved - WHOLE == number { Some(count) } else { large_count(number) }
}

/// Those from 2^52 on are all whole.
#[cold]
fn large_count(number: f64) -> Option<u64> {
    (WHOLE..2.0 * WHOLE).contains(&number).then(|| whole(number))
}

/// 2^52, from which on doubles are whole numbers, with their lowest bits the number's: what is below becomes an integer and
/// back in fewer steps than a conversion takes.
const WHOLE: f64 = 4_503_599_627_370_496.0;

/// A reservation as a number that a double holds: below 2^52.
const fn number(reservation: Reservation) -> f64 {
    let bits = reservation.to_bits();
    let number = bits >> 32 << SLOT_BITS | bits & ((1 << SLOT_BITS) - 1);
    f64::from_bits(WHOLE.to_bits() | number) - WHOLE
}

/// The reservation of a number. What is none is of a slot that there is not.
const fn reservation(number: f64) -> Reservation {
    numbered(whole(number))
}

/// The same of a count.
const fn numbered(number: u64) -> Reservation {
    let (generation, slot) = (number >> SLOT_BITS, number & ((1 << SLOT_BITS) - 1));
    Reservation::from_bits(if generation >> 32 == 0 { generation << 32 | slot } else { u64::MAX })
}

/// Units that are free again: where a double does not count so many, -2, and both halves in the slots.
#[allow(clippy::cast_precision_loss, reason = "below 2^53, or halves")]
fn freed(units: u64) -> f64 {
    if units < 1 << 53 {
        return units as f64;
    }
    details::set(&[(units >> 32) as f64, (units & u64::from(u32::MAX)) as f64]);
    -2.0
}

const fn unsettled(spend: bool) -> Unsettled {
    if spend { Unsettled::Spend } else { Unsettled::Refund }
}

const fn unsettled_name(unsettled: Unsettled) -> &'static str {
    match unsettled {
        Unsettled::Refund => "refund",
        Unsettled::Spend => "spend",
    }
}

#[wasm_bindgen]
impl Budget {
    /// A budget of ceilings.
    ///
    /// # Errors
    /// A name is refused, or they are too many.
    pub fn create(ceilings: &[u8]) -> Option<Budget> {
        let budget = read(ceilings, |source| Ok(covenant::Budget::new(&read_named(source)?)?));
        made(budget).map(|budget| Self(RefCell::new(Place::Here(budget))))
    }

    /// The budget that was stored: `[[[name, ceiling, spent]…], [[id, [[position, units]…], expiresAtMs, spend]…],
    /// nextLease, nowMs]`.
    ///
    /// # Errors
    /// No budget can have been in that state.
    pub fn restore(state: &[u8]) -> Option<Budget> {
        let budget = read(state, |source| {
            let mut state = BudgetState { counters: Vec::new(), leases: Vec::new(), next_lease: 0, now_ms: 0 };
            source.begin_list()?;
            source.each(|source| -> Result<(), Fault> {
                source.begin_list()?;
                let (name, ceiling, spent) = (source.string()?.into(), source.whole()?, source.whole()?);
                state.counters.push(CounterState { name, ceiling, spent });
                if source.next_item()? { Err(Fault::Broken) } else { Ok(()) }
            })?;
            source.each(|source| -> Result<(), Fault> {
                source.begin_list()?;
                let id = source.whole()?;
                let mut amounts = Vec::new();
                source.each(|source| -> Result<(), Fault> {
                    source.begin_list()?;
                    amounts.push((source.small()?, source.whole()?));
                    if source.next_item()? { Err(Fault::Broken) } else { Ok(()) }
                })?;
                let expires_at_ms = source.whole()?;
                let unsettled = unsettled(source.flag()?);
                state.leases.push(LeaseState { id, amounts, expires_at_ms, unsettled });
                if source.next_item()? { Err(Fault::Broken) } else { Ok(()) }
            })?;
            state.next_lease = source.whole()?;
            state.now_ms = source.whole()?;
            if source.next_item()? {
                return Err(Fault::Broken);
            }
            Ok(covenant::Budget::restore(&state)?)
        });
        made(budget).map(|budget| Self(RefCell::new(Place::Here(budget))))
    }

    /// The budget as it is stored, an object with the fields of its JSON.
    pub fn state(&self) -> Vec<u8> {
        let state = self.with(|budget| budget.state());
        let mut tree = Tree::default();
        tree.object();
        tree.key("counters").list();
        for counter in &state.counters {
            tree.object();
            tree.key("name").text(&counter.name);
            tree.key("ceiling").whole(counter.ceiling);
            tree.key("spent").whole(counter.spent);
            tree.end();
        }
        tree.end();
        tree.key("leases").list();
        for lease in &state.leases {
            tree.object();
            tree.key("id").whole(lease.id);
            tree.key("amounts").list();
            for (position, units) in &lease.amounts {
                tree.list();
                tree.whole((*position).into());
                tree.whole(*units);
                tree.end();
            }
            tree.end();
            tree.key("expires_at_ms").whole(lease.expires_at_ms);
            tree.key("unsettled").text(unsettled_name(lease.unsettled));
            tree.end();
        }
        tree.end();
        tree.key("next_lease").whole(state.next_lease);
        tree.key("now_ms").whole(state.now_ms);
        tree.end();
        tree.into_bytes()
    }

    /// The names of the counters.
    pub fn counters(&self) -> Vec<String> {
        self.with(|budget| budget.counters().map(|(_, name)| name.into()).collect())
    }

    /// Where a counter's units are: `{ceiling, spent, reserved, free}`, or null.
    pub fn balance(&self, name: &str) -> Vec<u8> {
        let balance = self.with(|budget| budget.balance(counter(budget, name)));
        let mut tree = Tree::default();
        match balance {
            None => tree.null(),
            Some(balance) => {
                tree.object();
                tree.key("ceiling").whole(balance.ceiling);
                tree.key("spent").whole(balance.spent);
                tree.key("reserved").whole(balance.reserved);
                tree.key("free").whole(balance.free);
                tree.end();
            }
        }
        tree.into_bytes()
    }

    /// Sets units aside of the counter at a position. Gives the reservation's number.
    ///
    /// # Errors
    /// Fewer are free, there is no such counter, or too many reservations.
    pub fn reserve(&self, counter: u32, units: f64) -> f64 {
        let counter = Counter::from_position(counter);
        self.settled(|budget| budget.reserve(counter, whole(units)).map(number))
    }

    /// As [`Budget::reserve`], of more units than a double counts.
    #[wasm_bindgen(js_name = reserveMore)]
    pub fn reserve_more(&self, counter: u32, units: u64) -> f64 {
        let counter = Counter::from_position(counter);
        self.settled(|budget| budget.reserve(counter, units).map(number))
    }

    /// Sets units aside several times, as many as stand in the [room](super::room), where the reservations' numbers take
    /// their place. The place of the first number that is no count, -1 where all are.
    ///
    /// # Errors
    /// One is not given; then none is.
    #[wasm_bindgen(js_name = reserveMany)]
    pub fn reserve_many(&self, counter: u32) -> i32 {
        room::with(|words, _| {
            let wrong = counts(words);
            let counter = Counter::from_position(counter);
            if wrong < 0 && made(self.with(|budget| budget.reserve_in_place(counter, words))).is_some() {
                for word in words {
                    *word = number(Reservation::from_bits(*word)).to_bits();
                }
            }
            wrong
        })
    }

    /// Settles several reservations, one after the other: their numbers stand in the [room](super::room), and behind them
    /// as many of units. The place of the first number that is no count, -1 where all are.
    ///
    /// # Errors
    /// One is refused. Those before it have been settled.
    #[wasm_bindgen(js_name = commitMany)]
    pub fn commit_many(&self) -> i32 {
        room::with(|words, _| {
            let wrong = counts(words);
            if wrong < 0 {
                let (numbers, units) = words.split_at(words.len() / 2);
                let spent = numbers.iter().zip(units).map(|(number, units)| (numbered(*number), *units));
                given(self.with(|budget| budget.commit_each(spent)));
            }
            wrong
        })
    }

    /// Sets more units aside for a reservation.
    ///
    /// # Errors
    /// Fewer are free, or it was settled.
    pub fn extend(&self, reservation: f64, units: u64) {
        given(self.with(|budget| budget.extend(self::reservation(reservation), units)));
    }

    /// Settles a reservation, and gives what is free again.
    ///
    /// # Errors
    /// It has fewer units, or was settled.
    pub fn commit(&self, reservation: f64, units: f64) -> f64 {
        self.settled(|budget| budget.commit(self::reservation(reservation), whole(units)).map(freed))
    }

    /// As [`Budget::commit`], of more units than a double counts.
    #[wasm_bindgen(js_name = commitMore)]
    pub fn commit_more(&self, reservation: f64, units: u64) -> f64 {
        self.settled(|budget| budget.commit(self::reservation(reservation), units).map(freed))
    }

    /// Gives all of a reservation back.
    ///
    /// # Errors
    /// It was settled.
    pub fn refund(&self, reservation: f64) -> f64 {
        self.settled(|budget| budget.refund(self::reservation(reservation)).map(freed))
    }

    /// Spends amounts, or, without `spend`, checks that they are free.
    ///
    /// # Errors
    /// One is not free, or a counter is named twice or is none.
    pub fn spend(&self, amounts: &[u8], spend: bool) {
        given(self.with(|budget| {
            let amounts = read(amounts, |source| read_amounts(source, budget))?;
            if spend { budget.spend(&amounts) } else { budget.afford(&amounts) }.map_err(Fault::from)
        }));
    }

    /// Changes a counter's ceiling.
    ///
    /// # Errors
    /// More is spent and reserved, or there is no such counter.
    #[wasm_bindgen(js_name = setCeiling)]
    pub fn set_ceiling(&self, name: &str, ceiling: u64) {
        given(self.with(|budget| budget.set_ceiling(counter(budget, name), ceiling)));
    }

    /// Sets amounts aside for a holder.
    ///
    /// # Errors
    /// One is not free, the time is wrong, or there are too many leases.
    pub fn lease(&self, amounts: &[u8], now_ms: u64, duration_ms: u64, spend: bool) -> Vec<u8> {
        given(self.with(|budget| -> Result<Vec<u8>, Fault> {
            let amounts = read(amounts, |source| read_amounts(source, budget))?;
            let lease = budget.lease(&amounts, now_ms, duration_ms, unsettled(spend))?;
            let mut tree = Tree::default();
            write_lease(&mut tree, budget, &lease);
            Ok(tree.into_bytes())
        }))
    }

    /// Sets amounts aside for the holder of a lease, too.
    ///
    /// # Errors
    /// It is not open, or an amount is not free.
    #[wasm_bindgen(js_name = topUp)]
    pub fn top_up(&self, lease: u64, amounts: &[u8], now_ms: u64) -> Vec<u8> {
        given(self.with(|budget| -> Result<Vec<u8>, Fault> {
            let amounts = read(amounts, |source| read_amounts(source, budget))?;
            let lease = budget.top_up(lease, &amounts, now_ms)?;
            let mut tree = Tree::default();
            write_lease(&mut tree, budget, &lease);
            Ok(tree.into_bytes())
        }))
    }

    /// Lets a lease end later, and says when: a tree.
    ///
    /// # Errors
    /// It is not open, or the time is wrong.
    pub fn renew(&self, lease: u64, now_ms: u64, duration_ms: u64) -> u64 {
        given(self.with(|budget| budget.renew(lease, now_ms, duration_ms)))
    }

    /// Ends a lease.
    ///
    /// # Errors
    /// It is not open or holds less, or a counter is named twice or is none.
    pub fn settle(&self, lease: u64, spent: &[u8]) {
        given(self.with(|budget| -> Result<(), Fault> {
            let spent = read(spent, |source| read_amounts(source, budget))?;
            Ok(budget.settle(lease, &spent)?)
        }));
    }

    /// Takes back what has ended, and gives it.
    pub fn reclaim(&self, now_ms: u64) -> Vec<u8> {
        self.with(|budget| {
            let ended = budget.reclaim(now_ms);
            write_leases(budget, &ended)
        })
    }

    /// The leases that are open.
    pub fn leases(&self) -> Vec<u8> {
        self.with(|budget| write_leases(budget, budget.leases()))
    }

    /// When the next lease ends.
    #[wasm_bindgen(js_name = nextExpiryMs)]
    pub fn next_expiry_ms(&self) -> Option<u64> {
        self.with(|budget| budget.next_expiry_ms())
    }
}

fn write_leases(budget: &covenant::Budget, leases: &[Lease]) -> Vec<u8> {
    let mut tree = Tree::default();
    tree.list();
    for lease in leases {
        write_lease(&mut tree, budget, lease);
    }
    tree.end();
    tree.into_bytes()
}

fn write_lease(tree: &mut Tree, budget: &covenant::Budget, lease: &Lease) {
    tree.object();
    tree.key("id").whole(lease.id);
    tree.key("amounts");
    write_amounts(tree, budget, &lease.amounts);
    tree.key("expiresAtMs").whole(lease.expires_at_ms);
    tree.key("unsettled").text(unsettled_name(lease.unsettled));
    tree.end();
}
