//! Origins, kinds and tags: texts that many nodes share, each with the nodes that have it.

use alloc::vec::Vec;

use super::arena::index;
use super::table::{Table, hash};
use super::time_list::TimeList;

#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    table: Table,
    /// All names, one after the other, and where each ends.
    text: Vec<u8>,
    ends: Vec<usize>,
    lists: Vec<TimeList>,
    /// The name that was last entered: most often the next one.
    last: u32,
}

impl Names {
    #[inline]
    pub(super) fn find(&self, seed: u64, name: &[u8]) -> Option<u32> {
        // An empty name may lie nowhere, and comparing no bytes there can take a processor as long as reading memory.
        let is = |known: &[u8]| known.len() == name.len() && (name.is_empty() || known == name);
        if index(self.last) < self.ends.len() && is(self.name(self.last)) {
            return Some(self.last);
        }
        self.table.find(hash(seed, name), |number| is(self.name(number)))
    }

    /// The number of a name, a new one if it has not been seen.
    pub(super) fn number(&mut self, seed: u64, name: &[u8]) -> u32 {
        self.find(seed, name).unwrap_or_else(|| self.add(seed, name))
    }

    /// The number of a name that is not there.
    #[inline(never)]
    pub(super) fn add(&mut self, seed: u64, name: &[u8]) -> u32 {
        // Fewer than there are nodes, or as many tags as fit into memory.
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.table.insert(hash(seed, name), number);
        self.text.extend_from_slice(name);
        self.ends.push(self.text.len());
        self.lists.push(TimeList::default());
        number
    }

    #[inline]
    fn name(&self, number: u32) -> &[u8] {
        let end = self.ends.get(index(number)).copied().unwrap_or(0);
        let start = index(number).checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn list(&self, number: u32) -> Option<&TimeList> {
        self.lists.get(index(number))
    }

    /// The nodes of a name, to enter one more.
    pub(super) fn list_mut(&mut self, number: u32) -> Option<&mut TimeList> {
        self.last = number;
        self.lists.get_mut(index(number))
    }
}
