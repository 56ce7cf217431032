//! Queries: which nodes, answered from the index that narrows most.

use alloc::vec::Vec;

use super::node::LinkKind;
use super::node_ref::NodeRef;
use super::time_list::{Spot, TimeList, time_in};
use super::trace_ledger::TraceLedger;

/// What is asked of a ledger: nodes that fit all that is given, ascending by timestamp, then by index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query<'a> {
    /// Written by this origin.
    pub origin: Option<&'a str>,
    /// Of this kind; the empty one is that of nodes without.
    pub kind: Option<&'a str>,
    /// With this tag.
    pub tag: Option<&'a str>,
    /// Not before this time, ms.
    pub since: Option<i64>,
    /// Before this time, ms.
    pub until: Option<i64>,
    /// With a link to the node of this id.
    pub links_to: Option<&'a str>,
    /// That the node of this id links to.
    pub links_from: Option<&'a str>,
    /// Only links of this kind count for `links_to` and `links_from`.
    pub link_kind: Option<LinkKind>,
    /// How many of the nodes that fit are left out at the start.
    pub offset: u64,
    /// How many are given at most.
    pub limit: u64,
}

impl Query<'_> {
    /// Everything.
    pub const ALL: Self = Query {
        origin: None,
        kind: None,
        tag: None,
        since: None,
        until: None,
        links_to: None,
        links_from: None,
        link_kind: None,
        offset: 0,
        limit: u64::MAX,
    };
}

impl Default for Query<'_> {
    fn default() -> Self {
        Self::ALL
    }
}

/// The answer to a [`Query`], node by node: index and node.
#[derive(Clone, Debug)]
pub struct QueryIter<'a> {
    ledger: &'a TraceLedger,
    candidates: Candidates<'a>,
    filter: Filter<'a>,
    /// Whether every candidate is an answer.
    is_plain: bool,
    left: u64,
}

#[derive(Clone, Debug)]
enum Candidates<'a> {
    Indexed { list: &'a TimeList, at: Spot, end: Spot },
    Linked { nodes: Vec<(i64, u32)>, at: usize },
}

/// What the candidates still have to be asked.
#[derive(Clone, Copy, Debug, Default)]
struct Filter<'a> {
    origin: Option<u32>,
    kind: Option<u32>,
    tag: Option<&'a str>,
    since: Option<i64>,
    until: Option<i64>,
    links_to: Option<u32>,
    link_kind: Option<LinkKind>,
}

impl Filter<'_> {
    /// Whether every candidate is an answer.
    fn is_empty(&self) -> bool {
        let named = self.origin.is_some() || self.kind.is_some() || self.tag.is_some();
        !named && self.since.is_none() && self.until.is_none() && self.links_to.is_none()
    }

    fn admits(&self, ledger: &TraceLedger, number: u32, node: NodeRef<'_>) -> bool {
        let Some((origin, kind)) = ledger.names_of(number) else { return false };
        self.origin.is_none_or(|wanted| wanted == origin)
            && self.kind.is_none_or(|wanted| wanted == kind)
            && self.since.is_none_or(|since| node.timestamp() >= since)
            && self.until.is_none_or(|until| node.timestamp() < until)
            && self.tag.is_none_or(|wanted| node.tags().any(|tag| tag == wanted))
            && self.links_to.is_none_or(|target| {
                let counts = |kind| self.link_kind.is_none_or(|wanted| wanted == kind);
                ledger.links_from(number).iter().any(|link| link.target == target && counts(link.kind))
            })
    }
}

impl TraceLedger {
    /// The nodes that a query asks for. Names and ids that the ledger does not have fit no node.
    ///
    /// Of all indexes that the query allows, the one with the fewest candidates is walked, within the time range; the
    /// rest is asked of each candidate. Links come first: their candidates are few as a rule.
    #[must_use]
    #[inline(never)]
    pub fn query<'a>(&'a self, query: &Query<'a>) -> QueryIter<'a> {
        self.plan(query).unwrap_or_else(|| QueryIter {
            ledger: self,
            candidates: Candidates::Linked { nodes: Vec::new(), at: 0 },
            filter: Filter::default(),
            is_plain: true,
            left: 0,
        })
    }

    /// None if a name or an id is not there.
    fn plan<'a>(&'a self, query: &Query<'a>) -> Option<QueryIter<'a>> {
        let seed = self.seed();
        let mut filter = Filter { link_kind: query.link_kind, ..Filter::default() };
        let mut lists = [Some(&self.all), None, None, None];
        let [_, by_origin, by_kind, by_tag] = &mut lists;
        if let Some(origin) = query.origin {
            let number = self.origins.find(seed, origin.as_bytes())?;
            filter.origin = Some(number);
            *by_origin = self.origins.list(number);
        }
        if let Some(kind) = query.kind {
            let number = self.kinds.find(seed, kind.as_bytes())?;
            filter.kind = Some(number);
            *by_kind = self.kinds.list(number);
        }
        if let Some(tag) = query.tag {
            filter.tag = Some(tag);
            *by_tag = self.tags.list(self.tags.find(seed, tag.as_bytes())?);
        }
        let target = match query.links_to {
            Some(id) => Some(self.find(id)?),
            None => None,
        };
        let candidates = if query.links_from.is_some() || target.is_some() {
            let counts = |kind| query.link_kind.is_none_or(|wanted| wanted == kind);
            let mut nodes = Vec::new();
            let mut add = |number: u32| {
                nodes.push((self.get(number).map_or(i64::MAX, |node| node.timestamp()), number));
            };
            if let Some(id) = query.links_from {
                let links = self.links_from(self.find(id)?).iter();
                links.filter(|link| counts(link.kind)).for_each(|link| add(link.target));
                filter.links_to = target;
            } else if let Some(target) = target {
                self.links_to(target).filter(|link| counts(link.kind)).for_each(|link| add(link.source));
            }
            (filter.since, filter.until) = (query.since, query.until);
            crate::sort::sort(&mut nodes);
            // A node may be linked in two ways.
            nodes.dedup();
            Candidates::Linked { nodes, at: 0 }
        } else {
            let time = time_in(&self.times);
            let mut best: Option<(usize, usize, &TimeList, Spot, Spot)> = None;
            for (which, list) in lists.into_iter().enumerate() {
                let Some(list) = list else { continue };
                let at = query.since.map_or_else(Spot::default, |since| list.from(since, &time));
                let end = query.until.map_or_else(|| list.end(), |until| list.from(until, &time));
                let size = TimeList::distance(at, end);
                if best.as_ref().is_none_or(|best| size < best.0 || (size == best.0 && which > 0)) {
                    best = Some((size, which, list, at, end));
                }
            }
            let (_, which, list, at, end) = best?;
            match which {
                1 => filter.origin = None,
                2 => filter.kind = None,
                3 => filter.tag = None,
                _ => {}
            }
            Candidates::Indexed { list, at, end }
        };
        let is_plain = filter.is_empty();
        let mut answer = QueryIter { ledger: self, candidates, filter, is_plain, left: query.limit };
        let mut offset = query.offset;
        if is_plain {
            match &mut answer.candidates {
                Candidates::Indexed { list, at, .. } => *at = list.skip(*at, offset),
                Candidates::Linked { at, .. } => *at = usize::try_from(offset).unwrap_or(usize::MAX),
            }
            offset = 0;
        }
        while offset > 0 && answer.step().is_some() {
            offset = offset.wrapping_sub(1);
        }
        Some(answer)
    }
}

impl<'a> QueryIter<'a> {
    /// The indices of the nodes that are left, without the nodes: where an index alone has answered, none of them is
    /// touched.
    #[must_use]
    pub fn into_indices(self) -> Vec<u32> {
        match &self.candidates {
            Candidates::Indexed { list, at, end } if self.is_plain => {
                let mut indices = Vec::new();
                list.copy(*at, *end, self.left, &mut indices);
                indices
            }
            _ => self.map(|(index, _)| index).collect(),
        }
    }

    /// The next candidate that fits, whatever the limit.
    fn step(&mut self) -> Option<(u32, NodeRef<'a>)> {
        loop {
            let number = match &mut self.candidates {
                Candidates::Indexed { list, at, end } => {
                    let (number, next) = list.step(*at)?;
                    // The spot behind the last of a block is the start of the next.
                    if *at >= *end || next > *end {
                        return None;
                    }
                    *at = next;
                    number
                }
                Candidates::Linked { nodes, at } => {
                    let (_, number) = *nodes.get(*at)?;
                    *at = at.saturating_add(1);
                    number
                }
            };
            let node = self.ledger.get(number)?;
            if self.is_plain || self.filter.admits(self.ledger, number, node) {
                return Some((number, node));
            }
        }
    }
}

impl<'a> Iterator for QueryIter<'a> {
    type Item = (u32, NodeRef<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let next = self.step();
        if next.is_none() {
            self.left = 0;
        }
        next
    }
}
