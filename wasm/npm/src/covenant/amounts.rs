//! Counters by name, and how much of them: `[[counter, units]…]`.

use alloc::vec::Vec;

use interlock_core::covenant::{Amount, Budget, Counter};
use interlock_core::read::Source;

use crate::refusal::Fault;
use crate::tree::{Tree, TreeSource};

/// Reads names and units.
pub(super) fn read_named<'a>(source: &mut TreeSource<'a>) -> Result<Vec<(&'a str, u64)>, Fault> {
    let mut named = Vec::new();
    source.each(|source| -> Result<(), Fault> {
        source.begin_list()?;
        named.push((source.string()?, source.whole()?));
        if source.next_item()? { Err(Fault::Broken) } else { Ok(()) }
    })?;
    Ok(named)
}

/// The counter of a name; one that there is not stands behind the last, where the budget refuses it.
pub(super) fn counter(budget: &Budget, name: &str) -> Counter {
    let behind = || Counter::from_position(u32::try_from(budget.counters().count()).unwrap_or(u32::MAX));
    budget.counter(name).unwrap_or_else(behind)
}

/// Reads amounts of a budget.
pub(super) fn read_amounts(source: &mut TreeSource<'_>, budget: &Budget) -> Result<Vec<Amount>, Fault> {
    let named = read_named(source)?;
    Ok(named.into_iter().map(|(name, units)| Amount { counter: counter(budget, name), units }).collect())
}

/// Writes amounts as pairs of a counter's name and units.
pub(super) fn write_amounts(tree: &mut Tree, budget: &Budget, amounts: &[Amount]) {
    tree.list();
    for amount in amounts {
        let mut counters = budget.counters();
        let name = counters.find_map(|(counter, name)| (counter == amount.counter).then_some(name));
        tree.list();
        tree.text(name.unwrap_or_default());
        tree.whole(amount.units);
        tree.end();
    }
    tree.end();
}
