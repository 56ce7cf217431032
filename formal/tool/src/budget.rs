//! Budgets: operations of many streams, interleaved at random.
//!
//! The lines are those of `formal/oracle/budget.ml`.

use crate::Subsystem;
use crate::random::Random;
use anyhow::{Context, Result, bail, ensure};
use interlock_core::covenant::{Amount, Budget, BudgetError, Counter, Reservation, Unsettled};
use std::fmt::Write as _;

/// Budgets, with reservations and leases.
pub const SUBSYSTEM: Subsystem = Subsystem { name: "budget", request, answer, requests: 200_000 };

const MOST: u64 = u64::MAX;

/// Units: mostly few, so that there is something left, and sometimes all there are.
fn units(random: &mut Random) -> u64 {
    match random.below(16) {
        0 => random.pick(&[0, MOST, MOST.wrapping_sub(1), 1 << 63]),
        1 => random.word(),
        2..6 => random.below(120),
        _ => random.below(20),
    }
}

fn counter(random: &mut Random, counters: u64) -> u64 {
    if random.percent(2) { counters } else { random.below(counters) }
}

fn amounts(random: &mut Random, counters: u64) -> String {
    let mut text = String::new();
    for _ in 0..random.below(4) {
        let separator = if text.is_empty() { "" } else { "," };
        let _ = write!(text, "{separator}{}:{}", counter(random, counters), units(random));
    }
    if text.is_empty() { "-".to_owned() } else { text }
}

fn time(random: &mut Random, clock: &mut u64) -> u64 {
    match random.below(24) {
        0 => random.word(),
        1 => random.pick(&[0, MOST]),
        2 => clock.saturating_sub(random.below(100)),
        _ => {
            *clock = clock.saturating_add(random.below(8));
            *clock
        }
    }
}

fn request(random: &mut Random) -> (String, u64) {
    let counters = random.below(3).wrapping_add(1);
    let mut line = String::from("budget ");
    for index in 0..counters {
        let ceiling = match random.below(6) {
            0 => random.pick(&[0, MOST, 1 << 63]),
            _ => random.below(200),
        };
        let _ = write!(line, "{}{ceiling}", if index == 0 { "" } else { "," });
    }
    line.push_str(" |");
    let operations = random.below(30);
    let (mut reservations, mut leases, mut clock) = (0_u64, 0_u64, 0_u64);
    for _ in 0..operations {
        // Numbers that were given out, and now and then one that was not.
        let id = random.below(reservations.wrapping_add(1));
        let lease = random.below(leases.wrapping_add(1));
        let _ = match random.below(18) {
            0..5 => {
                reservations = reservations.wrapping_add(1);
                write!(line, " r/{}/{}", counter(random, counters), units(random))
            }
            5 => write!(line, " e/{id}/{}", units(random)),
            6..10 => write!(line, " c/{id}/{}", units(random)),
            10 => write!(line, " s/{}", amounts(random, counters)),
            11 => write!(line, " g/{}/{}", counter(random, counters), units(random)),
            12 | 13 => {
                leases = leases.wrapping_add(1);
                let (all, now) = (amounts(random, counters), time(random, &mut clock));
                let duration = if random.percent(5) { random.word() } else { random.below(30) };
                write!(line, " l/{all}/{now}/{duration}/{}", random.below(2))
            }
            14 => write!(line, " n/{lease}/{}/{}", time(random, &mut clock), random.below(40)),
            15 | 16 => write!(line, " t/{lease}/{}", amounts(random, counters)),
            _ => write!(line, " k/{}", time(random, &mut clock)),
        };
    }
    (line, operations)
}

/// Counters by position, of a budget that has them all: good for the position in any other.
fn all_counters() -> Result<Vec<Counter>> {
    let names: Vec<String> = (0..64).map(|index| index.to_string()).collect();
    let ceilings: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 0)).collect();
    Ok(Budget::new(&ceilings)?.counters().map(|(counter, _)| counter).collect())
}

struct Streams {
    budget: Budget,
    counters: Vec<Counter>,
    /// The reservations in the order in which they were given out.
    given: Vec<Reservation>,
}

fn letter(error: &BudgetError) -> Result<&'static str> {
    Ok(match error {
        BudgetError::UnknownCounter { .. } => "U",
        BudgetError::Twice { .. } => "W",
        BudgetError::Exhausted { .. } => "E",
        BudgetError::MoreThanReserved { .. } => "M",
        BudgetError::UnknownReservation { .. } => "R",
        BudgetError::UnknownLease { .. } => "L",
        BudgetError::LeaseTime { .. } => "T",
        BudgetError::Ceiling { .. } => "C",
        other => bail!("an error that the model does not know: {other}"),
    })
}

impl Streams {
    fn counter(&self, position: &str) -> Result<Counter> {
        self.counters.get(position.parse::<usize>()?).copied().context("a counter above 63")
    }

    fn amounts(&self, text: &str) -> Result<Vec<Amount>> {
        if text == "-" {
            return Ok(Vec::new());
        }
        text.split(',')
            .map(|own| {
                let (name, units) = own.split_once(':').context("not an amount")?;
                Ok(Amount { counter: self.counter(name)?, units: units.parse()? })
            })
            .collect()
    }

    fn reservation(&self, id: &str) -> Result<Reservation> {
        let known = self.given.get(id.parse::<usize>()?).copied();
        Ok(known.unwrap_or(Reservation::from_bits(u64::MAX)))
    }

    fn apply(&mut self, operation: &str) -> Result<Result<u64, BudgetError>> {
        let parts: Vec<&str> = operation.split('/').collect();
        Ok(match parts[..] {
            ["r", name, units] => {
                let made = self.budget.reserve(self.counter(name)?, units.parse()?);
                made.map(|reservation| {
                    self.given.push(reservation);
                    (self.given.len() as u64).wrapping_sub(1)
                })
            }
            ["e", id, units] => self.budget.extend(self.reservation(id)?, units.parse()?).map(|()| 0),
            ["c", id, units] => self.budget.commit(self.reservation(id)?, units.parse()?),
            ["s", all] => self.budget.spend(&self.amounts(all)?).map(|()| 0),
            ["g", name, limit] => self.budget.set_ceiling(self.counter(name)?, limit.parse()?).map(|()| 0),
            ["l", all, now, duration, spend] => {
                let unsettled = if spend == "1" { Unsettled::Spend } else { Unsettled::Refund };
                let all = self.amounts(all)?;
                self.budget.lease(&all, now.parse()?, duration.parse()?, unsettled).map(|lease| lease.id)
            }
            ["n", id, now, duration] => self.budget.renew(id.parse()?, now.parse()?, duration.parse()?),
            ["t", id, all] => self.budget.settle(id.parse()?, &self.amounts(all)?).map(|()| 0),
            ["k", now] => {
                self.budget.reclaim(now.parse()?);
                Ok(0)
            }
            _ => bail!("not an operation: {operation}"),
        })
    }
}

fn answer(line: &str) -> Result<String> {
    let (head, operations) = line.split_once('|').context("no `|`")?;
    let ceilings = head.trim().strip_prefix("budget ").context("not a budget")?;
    let ceilings: Vec<u64> = ceilings.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let names: Vec<String> = (0..ceilings.len()).map(|index| index.to_string()).collect();
    let named: Vec<(&str, u64)> = names.iter().map(String::as_str).zip(ceilings).collect();
    let mut streams = Streams { budget: Budget::new(&named)?, counters: all_counters()?, given: Vec::new() };
    let mut out = String::new();
    for operation in operations.split_whitespace() {
        match streams.apply(operation)? {
            Ok(value) => {
                let _ = write!(out, "+{value} ");
            }
            Err(error) => {
                let _ = write!(out, "{} ", letter(&error)?);
            }
        }
    }
    let budget = &streams.budget;
    for (counter, _) in budget.counters() {
        let balance = budget.balance(counter).context("a counter without a balance")?;
        let sum = [balance.spent, balance.reserved, balance.free].into_iter().map(u128::from).sum::<u128>();
        ensure!(sum == u128::from(balance.ceiling), "units were made or lost");
        let _ = write!(out, "{}/{}/{} ", balance.spent, balance.reserved, balance.free);
    }
    for lease in budget.leases() {
        let _ = write!(out, "{}@{} ", lease.id, lease.expires_at_ms);
    }
    Ok(out.trim().to_owned())
}
