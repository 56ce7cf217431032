//! Origins, kinds and tags: texts that many nodes share, each with the nodes that have it.

use alloc::string::String;
use alloc::vec::Vec;

use super::arena::index;
use super::table::{Table, hash};
use super::time_list::TimeList;

#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    table: Table,
    /// All names, one after the other, and where each ends.
    text: String,
    ends: Vec<usize>,
    lists: Vec<TimeList>,
}

impl Names {
    pub(super) fn find(&self, seed: u64, name: &str) -> Option<u32> {
        self.table.find(hash(seed, name.as_bytes()), |number| self.name(number) == name)
    }

    /// The number of a name, a new one if it has not been seen.
    pub(super) fn number(&mut self, seed: u64, name: &str) -> u32 {
        let hash = hash(seed, name.as_bytes());
        if let Some(found) = self.table.find(hash, |number| self.name(number) == name) {
            return found;
        }
        // Fewer than there are nodes, or as many tags as fit into memory.
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.table.insert(hash, number);
        self.text.push_str(name);
        self.ends.push(self.text.len());
        self.lists.push(TimeList::default());
        number
    }

    pub(super) fn name(&self, number: u32) -> &str {
        let end = self.ends.get(index(number)).copied().unwrap_or(0);
        let start = index(number).checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn list(&self, number: u32) -> Option<&TimeList> {
        self.lists.get(index(number))
    }

    pub(super) fn list_mut(&mut self, number: u32) -> Option<&mut TimeList> {
        self.lists.get_mut(index(number))
    }
}
