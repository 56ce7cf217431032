//! The ledger: columns of nodes, their indexes and the log over them.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::arena::{Arena, Place, index};
use super::hash::{Hash, LEAF};
use super::header::{Fields, HASH_AT};
use super::lanes::Hashes;
use super::merkle::MerkleLog;
use super::names::Names;
use super::node::LinkKind;
use super::node_ref::NodeRef;
use super::table::{Table, hash};
use super::time_list::{TimeList, time_in};

/// Why a node was not appended. The ledger is as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendError {
    /// A node with this id is there.
    DuplicateId {
        /// The id.
        id: String,
        /// Where the other node is.
        index: u32,
    },
    /// The origin has written a later node: its time must not run backwards.
    TimeBackwards {
        /// The origin.
        origin: String,
        /// Timestamp of its last node, ms.
        last: i64,
        /// The refused timestamp, ms.
        given: i64,
    },
    /// A link leads to a node that is not there.
    UnknownTarget {
        /// The kind of the link.
        kind: LinkKind,
        /// The id that no node has.
        target: String,
    },
    /// A link leads to a node with a later timestamp.
    TargetLater {
        /// The kind of the link.
        kind: LinkKind,
        /// The id of the later node.
        target: String,
        /// Its timestamp, ms.
        timestamp: i64,
        /// The refused node's timestamp, ms.
        given: i64,
    },
    /// There are [`TraceLedger::MAX_NODES`] nodes, or 2^32 - 1 links, or 256 TiB of them.
    Full,
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateId { id, index } => write!(f, "id is {id}, which node {index} has"),
            Self::TimeBackwards { origin, last, given } => {
                write!(f, "timestamp is {given}, must be at least {last}, the last of origin {origin}")
            }
            Self::UnknownTarget { kind, target } => write!(f, "{kind} links to {target}, which is not in the ledger"),
            Self::TargetLater { kind, target, timestamp, given } => {
                write!(f, "timestamp is {given}, must be at least {timestamp}, that of {target}, which {kind} links to")
            }
            Self::Full => f.write_str("the ledger is full"),
        }
    }
}

impl core::error::Error for AppendError {}

/// What is known of a node beside its bytes. The timestamps are a column of their own, for searches go through them, and
/// so are the links, which most ledgers have none of.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// Where it lies, 48 bits, and below them the length of its header. The header says how long the payload is.
    place: u64,
    origin: u32,
    kind: u32,
}

impl Row {
    fn place(self) -> Place {
        Place::from_bits(self.place >> 16)
    }

    fn header_len(self) -> usize {
        usize::try_from(self.place & 0xFFFF).unwrap_or(0)
    }
}

/// Where the links of a node are.
#[derive(Clone, Copy, Debug)]
struct Linked {
    /// The first of its own; they end where those of the next node begin.
    links: u32,
    /// First and last link that lead to it, [`NONE`] for none.
    first_in: u32,
    last_in: u32,
}

/// A link between two nodes of the ledger.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinkRow {
    pub(super) kind: LinkKind,
    pub(super) source: u32,
    pub(super) target: u32,
    /// The next link that leads to the same target, [`NONE`] for none.
    next_in: u32,
}

/// What is known of a node that may be appended.
struct Checked {
    /// None if this is its first node.
    origin: Option<u32>,
    /// The first of its links in their column.
    links: u32,
}

const NONE: u32 = u32::MAX;
/// Nodes that are hashed before their parents are: few enough to be at hand still.
const HASHED_AT_ONCE: u32 = 1024;
/// Nodes whose look-ups are begun before one is ended: about as many as a processor waits for at once.
const BEGUN_AT_ONCE: usize = 16;
/// The most ids that room is made for before they come: a caller may promise more nodes than the ledger will take.
const RESERVED: usize = 1 << 20;

/// An append-only ledger of nodes, with indexes over them and a Merkle log.
///
/// Appending enforces the laws: ids are unique, links lead to nodes that are there and not later, and the time of
/// an origin does not run backwards. Nothing is ever changed or taken away. What it stores it stores once; a million
/// nodes cost their bytes and about fifty more each, twelve more where they link, and 64 for the log once that has been
/// asked for.
#[derive(Clone, Debug, Default)]
pub struct TraceLedger {
    seed: u64,
    arena: Arena,
    rows: Vec<Row>,
    pub(super) times: Vec<i64>,
    links: Vec<LinkRow>,
    /// Up to the last node that links to another.
    linked: Vec<Linked>,
    ids: Table,
    pub(super) all: TimeList,
    pub(super) origins: Names,
    pub(super) kinds: Names,
    pub(super) tags: Names,
    log: MerkleLog,
}

impl TraceLedger {
    /// The most nodes that a ledger holds.
    pub const MAX_NODES: u32 = u32::MAX - 1;

    /// An empty ledger.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty ledger whose hash tables use a secret number, so that nobody can choose ids that slow it down.
    /// The seed changes nothing that can be seen.
    pub fn with_seed(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// How many nodes there are.
    pub fn len(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Appends a node and tells its index, which is that of its leaf in the log.
    ///
    /// # Errors
    /// [`AppendError`] says which law it would break; the ledger is as it was.
    pub fn append<'a>(&mut self, node: impl Into<NodeRef<'a>>) -> Result<u32, AppendError> {
        let node = node.into();
        self.append_node(node, self.id_hash(node))
    }

    /// Appends nodes one after the other and tells how many there are then. As [`append`](Self::append) for each, and
    /// faster: what lies far off in memory is asked for by several nodes at once.
    ///
    /// # Errors
    /// As [`append`](Self::append) of the first node that is refused. Those before it stay.
    pub fn append_many<'a>(&mut self, nodes: impl IntoIterator<Item = NodeRef<'a>>) -> Result<u32, AppendError> {
        let mut nodes = nodes.into_iter();
        self.make_room(nodes.size_hint().1.unwrap_or(0).min(RESERVED));
        loop {
            let mut some = [None; BEGUN_AT_ONCE];
            for (place, node) in some.iter_mut().zip(nodes.by_ref()) {
                *place = Some((node, self.id_hash(node)));
            }
            let begun = some.iter().flatten().fold(0, |sum: u64, (_, hash)| sum.wrapping_add(self.ids.begin(*hash)));
            core::hint::black_box(begun);
            for (node, id_hash) in some.iter().flatten() {
                self.append_node(*node, *id_hash)?;
            }
            if some.last().is_none_or(Option::is_none) {
                return Ok(self.len());
            }
        }
    }

    /// Makes room in the columns for so many more nodes, so that they need not grow while those come. Memory that turns
    /// out not to be needed is kept.
    pub fn reserve(&mut self, nodes: u32) {
        self.make_room(index(nodes.min(Self::MAX_NODES.saturating_sub(self.len()))));
    }

    fn make_room(&mut self, nodes: usize) {
        self.ids.reserve(nodes);
        self.rows.reserve(nodes);
        self.times.reserve(nodes);
    }

    fn id_hash(&self, node: NodeRef<'_>) -> u64 {
        hash(self.seed, Fields(node.header).id_bytes())
    }

    #[inline(never)]
    fn append_node(&mut self, node: NodeRef<'_>, id_hash: u64) -> Result<u32, AppendError> {
        let Checked { origin, links } = self.check(node, id_hash)?;
        let origin = origin.unwrap_or_else(|| self.origins.add(self.seed, Fields(node.header).origin_bytes()));
        let number = self.len();
        let timestamp = node.timestamp();
        let place = self.arena.push(node.header, node.payload);
        self.ids.insert(id_hash, number);
        let kind = self.enter(number, node, origin);
        // The length was checked when the node was built.
        let header_len = u64::from(u16::try_from(node.header.len()).unwrap_or(u16::MAX));
        self.rows.push(Row { place: place.to_bits() << 16 | header_len, origin, kind });
        self.times.push(timestamp);
        if self.links.len() > index(links) {
            // Those between it and the last that linked have none.
            self.linked.resize(self.rows.len(), Linked { links, first_in: NONE, last_in: NONE });
            self.join_links(links);
        }
        Ok(number)
    }

    /// Enters a node of an origin into the indexes by time and name, and tells the number of its kind.
    fn enter(&mut self, number: u32, node: NodeRef<'_>, origin: u32) -> u32 {
        let (seed, timestamp) = (self.seed, node.timestamp());
        let time = time_in(&self.times);
        self.all.insert(number, timestamp, &time);
        let enter = |names: &mut Names, found: u32| {
            if let Some(list) = names.list_mut(found) {
                list.insert(number, timestamp, &time);
            }
            found
        };
        for tag in node.tags() {
            let tag = self.tags.number(seed, tag.as_bytes());
            enter(&mut self.tags, tag);
        }
        enter(&mut self.origins, origin);
        let kind = self.kinds.number(seed, Fields(node.header).kind_bytes());
        enter(&mut self.kinds, kind)
    }

    /// Refuses a node that breaks a law. Leaves its links at the end of the column of links.
    fn check(&mut self, node: NodeRef<'_>, id_hash: u64) -> Result<Checked, AppendError> {
        let number = self.len();
        if number >= Self::MAX_NODES || self.arena.is_full() {
            return Err(AppendError::Full);
        }
        let fields = Fields(node.header);
        if let Some(index) = self.find_hashed(id_hash, fields.id_bytes()) {
            return Err(AppendError::DuplicateId { id: node.id().into(), index });
        }
        let given = node.timestamp();
        let origin = self.origins.find(self.seed, fields.origin_bytes());
        if let Some(last) = origin.and_then(|origin| self.origins.list(origin)?.last())
            && last > given
        {
            return Err(AppendError::TimeBackwards { origin: node.origin().into(), last, given });
        }
        let before = self.links.len();
        let Ok(first) = u32::try_from(before) else { return Err(AppendError::Full) };
        for (kind, target) in node.links() {
            let fault = match self.find(target) {
                None => AppendError::UnknownTarget { kind, target: target.into() },
                Some(found) => match self.times.get(index(found)).copied() {
                    Some(timestamp) if timestamp > given => {
                        AppendError::TargetLater { kind, target: target.into(), timestamp, given }
                    }
                    _ if self.links.len() >= index(NONE) => AppendError::Full,
                    _ => {
                        self.links.push(LinkRow { kind, source: number, target: found, next_in: NONE });
                        continue;
                    }
                },
            };
            self.links.truncate(before);
            return Err(fault);
        }
        Ok(Checked { origin, links: first })
    }

    /// Chains new links to those that lead to the same targets.
    fn join_links(&mut self, first: u32) {
        for at in first..u32::try_from(self.links.len()).unwrap_or(NONE) {
            let Some(target) = self.links.get(index(at)).map(|link| link.target) else { return };
            let Some(linked) = self.linked.get_mut(index(target)) else { return };
            let last = core::mem::replace(&mut linked.last_in, at);
            if last == NONE {
                linked.first_in = at;
            } else if let Some(link) = self.links.get_mut(index(last)) {
                link.next_in = at;
            }
        }
    }

    fn find_hashed(&self, hash: u64, id: &[u8]) -> Option<u32> {
        self.ids.find(hash, |number| self.get(number).is_some_and(|node| Fields(node.header).id_bytes() == id))
    }

    /// Where the node with an id is.
    pub fn find(&self, id: &str) -> Option<u32> {
        self.find_hashed(hash(self.seed, id.as_bytes()), id.as_bytes())
    }

    /// The node at an index.
    pub fn get(&self, number: u32) -> Option<NodeRef<'_>> {
        let row = self.rows.get(index(number))?;
        let (header, rest) = self.arena.get(row.place()).split_at_checked(row.header_len())?;
        let payload = rest.get(..index(Fields(header).payload_len()))?;
        Some(NodeRef { header, payload })
    }

    /// The node with an id.
    pub fn by_id(&self, id: &str) -> Option<NodeRef<'_>> {
        self.get(self.find(id)?)
    }

    /// Every node in the order in which they were appended.
    pub fn iter(&self) -> impl Iterator<Item = NodeRef<'_>> {
        (0..self.len()).map_while(|number| self.get(number))
    }

    /// Timestamp of the last node that an origin has written: its next one may not be earlier.
    pub fn last_timestamp(&self, origin: &str) -> Option<i64> {
        self.origins.list(self.origins.find(self.seed, origin.as_bytes())?)?.last()
    }

    /// The log over all nodes; hashes those that have come since it was last asked for.
    pub fn log(&mut self) -> &MerkleLog {
        while self.log.len() < u64::from(self.len()) {
            let Ok(from) = u32::try_from(self.log.len()) else { break };
            self.hash(from..from.saturating_add(HASHED_AT_ONCE).min(self.len()));
        }
        self.log.keep_edge();
        &self.log
    }

    /// Hashes nodes that follow those of the log: their payloads, for their headers, and these, for their leaves.
    fn hash(&mut self, numbers: Range<u32>) {
        let mut hashes = Hashes::new(numbers.len());
        for (at, node) in numbers.clone().filter_map(|number| self.get(number)).enumerate() {
            hashes.add(at, &[], node.payload);
        }
        for (number, hash) in numbers.clone().zip(hashes.finish()) {
            let Some(row) = self.rows.get(index(number)) else { return };
            let header = self.arena.get_mut(row.place());
            if let Some(place) = header.get_mut(HASH_AT..).and_then(<[u8]>::first_chunk_mut) {
                *place = *hash;
            }
        }
        for (at, node) in numbers.filter_map(|number| self.get(number)).enumerate() {
            hashes.add(at, LEAF, node.header);
        }
        self.log.extend(hashes.finish());
    }

    /// Appends a node whose leaf's hash is known, which must not leave any before it unhashed.
    pub(super) fn append_hashed(&mut self, node: NodeRef<'_>, leaf: Hash) -> Result<u32, AppendError> {
        let number = self.append_node(node, self.id_hash(node))?;
        if self.log.len() == u64::from(number) {
            self.log.push(leaf);
        }
        Ok(number)
    }

    /// Whether a node could be appended.
    pub(super) fn admits(&mut self, node: NodeRef<'_>) -> Result<(), AppendError> {
        let Checked { links, .. } = self.check(node, self.id_hash(node))?;
        self.links.truncate(index(links));
        Ok(())
    }

    /// The canonical header of a node, the log's entry, if the log has it already.
    pub(super) fn hashed_header(&self, number: u32) -> Option<&[u8]> {
        (u64::from(number) < self.log.len()).then_some(self.get(number)?.header)
    }

    /// Origin and kind of a node by number.
    pub(super) fn names_of(&self, number: u32) -> Option<(u32, u32)> {
        self.rows.get(index(number)).map(|row| (row.origin, row.kind))
    }

    pub(super) const fn seed(&self) -> u64 {
        self.seed
    }

    /// The links of a node.
    pub(super) fn links_from(&self, number: u32) -> &[LinkRow] {
        let at = index(number);
        let Some(start) = self.linked.get(at).map(|linked| index(linked.links)) else { return &[] };
        let end = self.linked.get(at.saturating_add(1)).map_or(self.links.len(), |next| index(next.links));
        self.links.get(start..end).unwrap_or_default()
    }

    /// The links that lead to a node, in the order in which they were appended.
    pub(super) fn links_to(&self, number: u32) -> impl Iterator<Item = &LinkRow> {
        let mut next = self.linked.get(index(number)).map_or(NONE, |linked| linked.first_in);
        core::iter::from_fn(move || {
            let link = (next != NONE).then(|| self.links.get(index(next))).flatten()?;
            next = link.next_in;
            Some(link)
        })
    }
}
