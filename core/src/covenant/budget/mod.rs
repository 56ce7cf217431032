//! Named counters, each with a ceiling that is debited before a side effect.
//!
//! Of a counter every unit is in one of three places: spent, reserved or free; together they are the ceiling, always.
//! [`Budget::reserve`] moves from free to reserved, [`Budget::commit`] from reserved to spent and the rest back to
//! free, [`Budget::refund`] all of it back. What is not free cannot be reserved and what is not reserved cannot be
//! spent, so streams that interleave in any order cannot spend more than the ceiling.
//!
//! A [`Lease`] is a reservation over several counters for somebody elsewhere, who spends it without asking: it ends when
//! it is settled, and when it is not in time, the budget takes it back ([`Budget::reclaim`]).
//!
//! Amounts are whole numbers of 64 bits. What a unit is, the name says: of [`TOKENS`] a token, of [`CALLS`] a call, of
//! [`COST`] a millionth of the currency, of [`WALL_TIME`] a millisecond.

mod error;
mod lease;
mod state;

use alloc::string::String;
use alloc::vec::Vec;

pub use error::BudgetError;
pub use lease::{Lease, Unsettled};
pub use state::{BudgetState, CounterState, LeaseState};

/// Name of the counter of tokens.
pub const TOKENS: &str = "tokens";
/// Name of the counter of tool calls.
pub const CALLS: &str = "calls";
/// Name of the counter of cost, in millionths of the currency.
pub const COST: &str = "cost";
/// Name of the counter of time on the clock, in milliseconds.
pub const WALL_TIME: &str = "wall-time";

/// Counters of one budget, at most.
pub const MAX_COUNTERS: u32 = 64;
/// Reservations and leases that are open at once, at most of each.
pub const MAX_OPEN: u32 = 1 << 20;

/// A counter of a budget: good for the budget that gave it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counter(pub(super) u32);

impl Counter {
    /// The counter at a position, for languages without the type. Where a budget has none there, it refuses it.
    #[must_use]
    pub const fn from_position(position: u32) -> Self {
        Self(position)
    }

    /// Its position among the budget's counters.
    #[must_use]
    pub const fn position(self) -> u32 {
        self.0
    }
}

/// So much of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    /// The counter.
    pub counter: Counter,
    /// How many of its units.
    pub units: u64,
}

/// Where the units of a counter are. `spent + reserved + free` is `ceiling`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// All of them.
    pub ceiling: u64,
    /// Gone for good.
    pub spent: u64,
    /// Set aside by reservations and leases.
    pub reserved: u64,
    /// Those that can be reserved.
    pub free: u64,
}

/// Units that were set aside. Each is settled once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reservation {
    slot: u32,
    generation: u32,
}

impl Reservation {
    /// As one number, for languages without the type.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        (self.generation as u64) << 32 | self.slot as u64
    }

    /// The reservation of a number that [`Reservation::to_bits`] gave. Any other number is of no reservation.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "the two halves of the number")]
    pub const fn from_bits(bits: u64) -> Self {
        Self { slot: bits as u32, generation: (bits >> 32) as u32 }
    }
}

#[derive(Clone, Debug)]
struct Account {
    name: String,
    ceiling: u64,
    spent: u64,
    reserved: u64,
}

impl Account {
    #[inline]
    const fn free(&self) -> u64 {
        self.ceiling.saturating_sub(self.spent).saturating_sub(self.reserved)
    }

    /// Sets units aside of which there are enough.
    #[inline]
    const fn set_aside(&mut self, units: u64) {
        self.reserved = self.reserved.saturating_add(units);
    }

    /// Of units that were set aside, spends some. The rest is free again.
    #[inline]
    const fn settle(&mut self, aside: u64, spent: u64) {
        self.reserved = self.reserved.saturating_sub(aside);
        self.spent = self.spent.saturating_add(spent);
    }
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Of the reservation that has the slot, or will have it next.
    generation: u32,
    /// Of a free slot [`FREE`].
    counter: u32,
    /// Of a free slot the free one after it, [`NONE`] for none.
    units: u64,
}

/// No counter: the slot is free.
const FREE: u32 = u32::MAX;
/// No slot.
const NONE: u32 = u32::MAX;

/// Named counters with ceilings.
///
/// ```
/// use interlock_core::covenant::{Budget, BudgetError};
///
/// let mut budget = Budget::new(&[("tokens", 100), ("calls", 2)])?;
/// let tokens = budget.counter("tokens").unwrap();
/// // A completion of at most 80 tokens is asked for, and takes 30.
/// let reservation = budget.reserve(tokens, 80)?;
/// assert!(budget.reserve(tokens, 21).is_err());
/// assert_eq!(budget.commit(reservation, 30)?, 50);
/// assert_eq!(budget.balance(tokens).unwrap().free, 70);
/// assert!(matches!(budget.commit(reservation, 30), Err(BudgetError::UnknownReservation { .. })));
/// # Ok::<(), BudgetError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Budget {
    accounts: Vec<Account>,
    slots: Vec<Slot>,
    /// The first free slot, [`NONE`] for none.
    free_slot: u32,
    /// In the order of their numbers.
    leases: Vec<Lease>,
    next_lease: u64,
    /// The latest time that was seen, in ms.
    now_ms: u64,
}

impl Budget {
    /// A budget of counters with their ceilings, nothing spent.
    ///
    /// # Errors
    /// [`BudgetError::Name`] when a name is empty, longer than 64 bytes or given twice,
    /// [`BudgetError::TooMany`] above [`MAX_COUNTERS`].
    pub fn new(ceilings: &[(&str, u64)]) -> Result<Self, BudgetError> {
        Self::of(ceilings).map_err(|index| match ceilings.get(index).filter(|_| index < MAX_COUNTERS as usize) {
            Some((name, _)) => BudgetError::Name { name: String::from(*name) },
            None => BudgetError::TooMany { what: "counters", bound: MAX_COUNTERS },
        })
    }

    /// As [`Budget::new`], or the position of the first that cannot be: an error that says more is more code.
    pub(crate) fn of(ceilings: &[(&str, u64)]) -> Result<Self, usize> {
        let mut accounts: Vec<Account> = Vec::with_capacity(ceilings.len());
        for (index, (name, ceiling)) in ceilings.iter().enumerate() {
            let is_name = !name.is_empty() && name.len() <= 64 && accounts.iter().all(|account| account.name != *name);
            if index >= MAX_COUNTERS as usize || !is_name {
                return Err(index);
            }
            accounts.push(Account { name: String::from(*name), ceiling: *ceiling, spent: 0, reserved: 0 });
        }
        Ok(Self { accounts, slots: Vec::new(), free_slot: NONE, leases: Vec::new(), next_lease: 0, now_ms: 0 })
    }

    /// The counter of a name.
    #[must_use]
    pub fn counter(&self, name: &str) -> Option<Counter> {
        let position = self.accounts.iter().position(|account| account.name == name)?;
        u32::try_from(position).ok().map(Counter)
    }

    /// The name of a counter; none for a counter of another budget.
    pub(crate) fn name(&self, counter: Counter) -> Option<&str> {
        self.accounts.get(counter.0 as usize).map(|account| account.name.as_str())
    }

    /// Every counter with its name.
    pub fn counters(&self) -> impl Iterator<Item = (Counter, &str)> {
        (0_u32..).map(Counter).zip(self.accounts.iter().map(|account| account.name.as_str()))
    }

    /// Where a counter's units are; none for a counter of another budget.
    #[must_use]
    pub fn balance(&self, counter: Counter) -> Option<Balance> {
        let account = self.accounts.get(counter.0 as usize)?;
        let Account { ceiling, spent, reserved, .. } = *account;
        Some(Balance { ceiling, spent, reserved, free: account.free() })
    }

    #[inline]
    fn account(&mut self, counter: Counter) -> Result<&mut Account, BudgetError> {
        self.accounts.get_mut(counter.0 as usize).ok_or(BudgetError::UnknownCounter { position: counter.0 })
    }

    /// The account of a counter, with so many units free.
    #[inline]
    fn affording(&mut self, amount: Amount) -> Result<&mut Account, BudgetError> {
        let account = self.account(amount.counter)?;
        let free = account.free();
        if amount.units > free {
            return Err(BudgetError::Exhausted { counter: account.name.clone(), requested: amount.units, free });
        }
        Ok(account)
    }

    /// The slot of an open reservation.
    #[inline]
    fn slot(&mut self, reservation: Reservation) -> Result<&mut Slot, BudgetError> {
        match self.slots.get_mut(reservation.slot as usize) {
            Some(slot) if slot.generation == reservation.generation && slot.counter != FREE => Ok(slot),
            _ => Err(BudgetError::UnknownReservation { reservation }),
        }
    }

    /// Sets units aside.
    ///
    /// # Errors
    /// [`BudgetError::Exhausted`] when fewer are free, [`BudgetError::UnknownCounter`], [`BudgetError::TooMany`] above
    /// [`MAX_OPEN`] open reservations.
    #[inline]
    pub fn reserve(&mut self, counter: Counter, units: u64) -> Result<Reservation, BudgetError> {
        self.affording(Amount { counter, units })?;
        let reservation = self.take_slot(counter, units)?;
        self.account(counter)?.set_aside(units);
        Ok(reservation)
    }

    /// A slot for units that are free.
    #[inline]
    fn take_slot(&mut self, counter: Counter, units: u64) -> Result<Reservation, BudgetError> {
        if self.free_slot == NONE {
            self.add_slot()?;
        }
        let index = self.free_slot;
        let Some(slot) = self.slots.get_mut(index as usize) else {
            return Err(BudgetError::TooMany { what: "open reservations", bound: MAX_OPEN });
        };
        self.free_slot = u32::try_from(slot.units).unwrap_or(NONE);
        slot.counter = counter.0;
        slot.units = units;
        Ok(Reservation { slot: index, generation: slot.generation })
    }

    #[cold]
    #[inline(never)]
    fn add_slot(&mut self) -> Result<(), BudgetError> {
        let index = u32::try_from(self.slots.len()).ok().filter(|index| *index < MAX_OPEN);
        let Some(index) = index else {
            return Err(BudgetError::TooMany { what: "open reservations", bound: MAX_OPEN });
        };
        self.slots.push(Slot { generation: 0, counter: FREE, units: u64::from(NONE) });
        self.free_slot = index;
        Ok(())
    }

    /// Sets units aside several times, for as many reservations: every one, or none.
    ///
    /// # Errors
    /// As [`Budget::reserve`], for the first that is not given.
    pub fn reserve_many(&mut self, counter: Counter, units: &[u64]) -> Result<Vec<Reservation>, BudgetError> {
        let mut words = units.to_vec();
        self.reserve_in_place(counter, &mut words)?;
        Ok(words.into_iter().map(Reservation::from_bits).collect())
    }

    /// As [`Budget::reserve_many`], where they stand: each number of units becomes that of its reservation, as
    /// [`Reservation::to_bits`] gives it. Nothing is copied.
    ///
    /// # Errors
    /// As there. The numbers are as they were.
    pub fn reserve_in_place(&mut self, counter: Counter, units: &mut [u64]) -> Result<(), BudgetError> {
        let total = units.iter().try_fold(0_u64, |sum, units| sum.checked_add(*units));
        let is_free = self.accounts.get(counter.0 as usize).is_some_and(|it| total.is_some_and(|sum| sum <= it.free()));
        let Some(total) = total.filter(|_| is_free && units.len() <= self.slots_left()) else {
            return self.reserve_by_one(counter, units);
        };
        for units in units {
            *units = self.take_slot(counter, *units)?.to_bits();
        }
        self.account(counter)?.set_aside(total);
        Ok(())
    }

    /// How many slots there can still be, beside those that are free again.
    fn slots_left(&self) -> usize {
        (MAX_OPEN as usize).saturating_sub(self.slots.len())
    }

    /// Finds the first that is not given, where one may not be.
    #[cold]
    #[inline(never)]
    fn reserve_by_one(&mut self, counter: Counter, units: &mut [u64]) -> Result<(), BudgetError> {
        let mut reservations = Vec::with_capacity(units.len());
        for units in units.iter() {
            match self.reserve(counter, *units) {
                Ok(reservation) => reservations.push(reservation),
                Err(error) => {
                    for reservation in reservations {
                        self.refund(reservation)?;
                    }
                    return Err(error);
                }
            }
        }
        for (units, reservation) in units.iter_mut().zip(reservations) {
            *units = reservation.to_bits();
        }
        Ok(())
    }

    /// Settles several reservations one after the other, each as [`Budget::commit`] does.
    ///
    /// # Errors
    /// As there, for the first that is refused. Those before it have been settled.
    pub fn commit_many(&mut self, spent: &[(Reservation, u64)]) -> Result<(), BudgetError> {
        self.commit_each(spent.iter().copied())
    }

    /// As [`Budget::commit_many`], of what need not stand in one place.
    ///
    /// # Errors
    /// As there.
    pub fn commit_each(&mut self, spent: impl IntoIterator<Item = (Reservation, u64)>) -> Result<(), BudgetError> {
        // What those of one counter settle is summed up.
        let mut sum = (FREE, 0_u64, 0_u64);
        let all = spent.into_iter().try_for_each(|(reservation, units)| {
            let (counter, aside) = self.free_up(reservation, units)?;
            if counter != sum.0 {
                self.spend_aside(Counter(sum.0), sum.1, sum.2);
                sum = (counter, 0, 0);
            }
            (sum.1, sum.2) = (sum.1.saturating_add(aside), sum.2.saturating_add(units));
            Ok(())
        });
        self.spend_aside(Counter(sum.0), sum.1, sum.2);
        all
    }

    /// Sets more units aside for a reservation.
    ///
    /// # Errors
    /// [`BudgetError::Exhausted`] when fewer are free, [`BudgetError::UnknownReservation`] when it was settled.
    pub fn extend(&mut self, reservation: Reservation, units: u64) -> Result<(), BudgetError> {
        let counter = Counter(self.slot(reservation)?.counter);
        self.affording(Amount { counter, units })?.set_aside(units);
        let slot = self.slot(reservation)?;
        slot.units = slot.units.saturating_add(units);
        Ok(())
    }

    /// Settles a reservation: so many of its units are spent, the rest is free again. How many that is, is returned.
    ///
    /// # Errors
    /// [`BudgetError::MoreThanReserved`] when it has fewer, [`BudgetError::UnknownReservation`] when it was settled.
    #[inline]
    pub fn commit(&mut self, reservation: Reservation, units: u64) -> Result<u64, BudgetError> {
        let (counter, aside) = self.free_up(reservation, units)?;
        self.account(Counter(counter))?.settle(aside, units);
        Ok(aside.saturating_sub(units))
    }

    /// Frees the slot of a reservation of which so many units are spent: its counter, and how many it held.
    #[inline]
    fn free_up(&mut self, reservation: Reservation, units: u64) -> Result<(u32, u64), BudgetError> {
        let free_slot = self.free_slot;
        let slot = self.slot(reservation)?;
        let Slot { counter, units: aside, generation } = *slot;
        if units > aside {
            return Err(BudgetError::MoreThanReserved { requested: units, reserved: aside });
        }
        slot.counter = FREE;
        // A slot whose generations are used up is not used again: no old reservation can ever name a new one.
        if let Some(next) = generation.checked_add(1) {
            slot.generation = next;
            slot.units = u64::from(free_slot);
            self.free_slot = reservation.slot;
        }
        Ok((counter, aside))
    }

    /// Gives all of a reservation back. How many units that is, is returned.
    ///
    /// # Errors
    /// [`BudgetError::UnknownReservation`] when it was settled.
    pub fn refund(&mut self, reservation: Reservation) -> Result<u64, BudgetError> {
        self.commit(reservation, 0)
    }

    /// Checks that every amount is free, without touching any.
    ///
    /// # Errors
    /// [`BudgetError::Exhausted`] for the first that is not, [`BudgetError::Twice`] when a counter is named twice,
    /// [`BudgetError::UnknownCounter`].
    pub fn afford(&mut self, amounts: &[Amount]) -> Result<(), BudgetError> {
        for (position, amount) in amounts.iter().enumerate() {
            let before = amounts.get(..position).unwrap_or_default();
            let account = self.affording(*amount)?;
            if before.iter().any(|other| other.counter == amount.counter) {
                return Err(BudgetError::Twice { counter: account.name.clone() });
            }
        }
        Ok(())
    }

    /// Spends what is known beforehand: every amount, or none.
    ///
    /// # Errors
    /// As [`Budget::afford`].
    pub fn spend(&mut self, amounts: &[Amount]) -> Result<(), BudgetError> {
        self.afford(amounts)?;
        self.take(amounts);
        Ok(())
    }

    /// Whether so many units are free.
    #[inline]
    pub(crate) fn affords(&self, amount: Amount) -> bool {
        self.accounts.get(amount.counter.0 as usize).is_some_and(|account| amount.units <= account.free())
    }

    /// As [`Budget::spend`]. Whether it was spent.
    pub(crate) fn take(&mut self, amounts: &[Amount]) -> bool {
        let all = amounts.iter().enumerate().all(|(position, amount)| {
            self.affords(*amount) && !amounts.iter().take(position).any(|other| other.counter == amount.counter)
        });
        for amount in amounts.iter().filter(|_| all) {
            self.spend_aside(amount.counter, 0, amount.units);
        }
        all
    }

    /// Sets units aside for somebody who keeps count of them. Whether so many were free.
    #[cfg(feature = "session")]
    pub(crate) fn set_aside(&mut self, amount: Amount) -> bool {
        let affords = self.affords(amount);
        if let Some(account) = self.accounts.get_mut(amount.counter.0 as usize).filter(|_| affords) {
            account.set_aside(amount.units);
        }
        affords
    }

    /// Of units that were set aside, spends some. The rest is free again.
    pub(crate) fn spend_aside(&mut self, counter: Counter, aside: u64, spent: u64) {
        if let Some(account) = self.accounts.get_mut(counter.0 as usize) {
            account.settle(aside, spent);
        }
    }

    /// Raises a counter's ceiling to this, where it is lower.
    #[cfg(feature = "session")]
    pub(crate) fn raise(&mut self, counter: Counter, ceiling: u64) {
        if let Some(account) = self.accounts.get_mut(counter.0 as usize) {
            account.ceiling = account.ceiling.max(ceiling);
        }
    }

    /// Changes a counter's ceiling.
    ///
    /// # Errors
    /// [`BudgetError::Ceiling`] when more than the new ceiling is spent and reserved, [`BudgetError::UnknownCounter`].
    pub fn set_ceiling(&mut self, counter: Counter, ceiling: u64) -> Result<(), BudgetError> {
        let account = self.account(counter)?;
        let taken = account.spent.saturating_add(account.reserved);
        if ceiling < taken {
            return Err(BudgetError::Ceiling { counter: account.name.clone(), ceiling, taken });
        }
        account.ceiling = ceiling;
        Ok(())
    }
}
