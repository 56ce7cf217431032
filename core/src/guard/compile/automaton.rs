//! One pattern as an automaton.
//!
//! The states come from regex-automata's lazy determinisation, every one of them visited. There a match is reported one
//! byte late, because an assertion such as `\b` needs the byte behind it; here it is reported where it is complete: at once
//! when every next byte, and the end of the text, would report it.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, Config, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::alphabet::Unit;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};

use super::super::{Action, Check, PatternTable, StateFlags};
use super::syntax;
use super::{CompileError, CompileLimits, PatternSpec};

/// Of a DFA while it is visited, in bytes: no pattern within the limit on states comes near.
const CACHE_BYTES: usize = 1 << 30;

/// Behind one byte of each kind of surrounding.
const BEFORE: [Option<u8>; 5] = [None, Some(b' '), Some(b'a'), Some(b'\n'), Some(b'\r')];

/// An automaton whose rows have one cell per class.
struct Graph {
    /// A byte of each class.
    representatives: Vec<u8>,
    class_of: [u8; 256],
    nodes: Vec<Node>,
    starts: [usize; 5],
}

struct Node {
    flags: u8,
    next: Vec<usize>,
}

/// Compiles a pattern.
pub(super) fn build(spec: &PatternSpec, limits: CompileLimits) -> Result<PatternTable, CompileError> {
    let hir = syntax::parse(spec)?;
    let limit = limits.states.min(u32::from(u16::MAX));
    let too_many = |states: u64| CompileError::TooManyStates { id: spec.id.clone(), states, limit };
    let places = syntax::places(&hir);
    if places > u64::from(limit) {
        return Err(too_many(places));
    }
    let config = thompson::Config::new().which_captures(thompson::WhichCaptures::None);
    let nfa = thompson::Compiler::new().configure(config).build_from_hir(&hir).map_err(|_| too_many(places))?;
    // Overlapping for what is searched in every way; for redactions the alternatives in their order.
    let kind = if spec.action == Action::Redact { MatchKind::LeftmostFirst } else { MatchKind::All };
    let config = Config::new()
        .match_kind(kind)
        .cache_capacity(CACHE_BYTES)
        .minimum_cache_clear_count(Some(0))
        .skip_cache_capacity_check(true);
    let dfa = DFA::builder().configure(config).build_from_nfa(nfa).map_err(|_| too_many(places))?;
    let raw = visit(&dfa, limit).map_err(too_many)?;
    let mut graph = undelayed(raw);
    if spec.action == Action::Redact && spec.check == Check::None {
        mark_sure(&mut graph);
    }
    mark_live(&mut graph);
    let graph = minimal(&graph);
    if graph.nodes.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
        return Err(too_many(graph.nodes.len() as u64));
    }
    Ok(table(spec, &graph))
}

/// The states as regex-automata has them, all reachable ones.
struct Raw {
    representatives: Vec<u8>,
    class_of: [u8; 256],
    /// By state and class.
    next: Vec<Vec<usize>>,
    /// Whether a match ends before the byte that led to it.
    is_match: Vec<bool>,
    /// Whether one ends at it when the text does.
    at_end: Vec<bool>,
    starts: [usize; 5],
}

/// Visits every state, or says how many there were when the limit was passed.
fn visit(dfa: &DFA, limit: u32) -> Result<Raw, u64> {
    let mut cache = dfa.create_cache();
    let classes = dfa.byte_classes();
    let mut class_of = [0_u8; 256];
    for byte in 0..=255_u8 {
        class_of[usize::from(byte)] = classes.get(byte);
    }
    let representatives: Vec<u8> = classes.representatives(0..=255).filter_map(Unit::as_u8).collect();
    let mut found = Found { ids: BTreeMap::new(), list: Vec::new() };
    let counted = |found: &Found| found.list.len() as u64;
    let mut starts = [0; 5];
    for (slot, before) in starts.iter_mut().zip(BEFORE) {
        let config = start::Config::new().anchored(Anchored::Yes).look_behind(before);
        let id = dfa.start_state(&mut cache, &config).map_err(|_| counted(&found))?;
        *slot = found.index(id);
    }
    let (mut next, mut is_match, mut at_end) = (Vec::new(), Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(id) = found.list.get(at).copied() {
        let step = |cache: &mut Cache, byte: u8| dfa.next_state(cache, id, byte);
        let mut row = Vec::with_capacity(representatives.len());
        for byte in &representatives {
            let to = step(&mut cache, *byte).map_err(|_| counted(&found))?;
            row.push(found.index(to));
        }
        if found.list.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
            return Err(counted(&found));
        }
        next.push(row);
        is_match.push(id.is_match());
        at_end.push(dfa.next_eoi_state(&mut cache, id).map_err(|_| counted(&found))?.is_match());
        at += 1;
    }
    Ok(Raw { representatives, class_of, next, is_match, at_end, starts })
}

struct Found {
    ids: BTreeMap<LazyStateID, usize>,
    list: Vec<LazyStateID>,
}

impl Found {
    fn index(&mut self, id: LazyStateID) -> usize {
        *self.ids.entry(id).or_insert_with(|| {
            self.list.push(id);
            self.list.len() - 1
        })
    }
}

/// The same with matches reported where they are complete. A state that was entered from one which had reported already
/// does not report again, so it is another.
fn undelayed(raw: Raw) -> Graph {
    let complete: Vec<bool> = (raw.next.iter().zip(&raw.at_end))
        .map(|(row, at_end)| *at_end && row.iter().all(|to| raw.is_match[*to]))
        .collect();
    let mut ids = BTreeMap::new();
    let mut list: Vec<(usize, bool)> = Vec::new();
    let mut index = |list: &mut Vec<(usize, bool)>, key: (usize, bool)| {
        *ids.entry(key).or_insert_with(|| {
            list.push(key);
            list.len() - 1
        })
    };
    let starts = raw.starts.map(|start| index(&mut list, (start, false)));
    let mut nodes = Vec::new();
    let mut at = 0;
    while let Some((state, reports)) = list.get(at).copied() {
        let next = raw.next[state].iter();
        let next = next.map(|to| index(&mut list, (*to, raw.is_match[*to] && !complete[state]))).collect();
        let mut flags = 0;
        if complete[state] {
            flags |= StateFlags::NOW;
        } else if raw.at_end[state] {
            flags |= StateFlags::AT_END;
        }
        if reports {
            flags |= StateFlags::BEFORE;
        }
        nodes.push(Node { flags, next });
        at += 1;
    }
    Graph { representatives: raw.representatives, class_of: raw.class_of, nodes, starts }
}

/// Of a redaction: marks the states from which a match comes whatever follows. It ends no earlier than the text read so
/// far, so as a part of what is replaced that text is decided.
fn mark_sure(graph: &mut Graph) {
    let count = graph.nodes.len();
    let mut may_fail: Vec<bool> =
        graph.nodes.iter().map(|node| node.flags & (StateFlags::NOW | StateFlags::AT_END) == 0).collect();
    loop {
        let mut changed = false;
        for at in (0..count).rev() {
            let node = &graph.nodes[at];
            if may_fail[at] || node.flags & StateFlags::NOW != 0 {
                continue;
            }
            let fails = |to: &usize| graph.nodes[*to].flags & StateFlags::BEFORE == 0 && may_fail[*to];
            if node.next.iter().any(fails) {
                may_fail[at] = true;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let is_start = |at: usize| graph.starts.contains(&at);
    let sure: Vec<bool> = (0..count).map(|at| !may_fail[at] && !is_start(at)).collect();
    for (node, sure) in graph.nodes.iter_mut().zip(sure) {
        if sure {
            node.flags = node.flags & !StateFlags::AT_END | StateFlags::NOW;
        }
    }
}

/// Marks the states from which a match can still come.
fn mark_live(graph: &mut Graph) {
    const REPORTS: u8 = StateFlags::NOW | StateFlags::BEFORE | StateFlags::LIVE;
    let count = graph.nodes.len();
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (at, node) in graph.nodes.iter().enumerate() {
        for to in &node.next {
            if before[*to].last() != Some(&at) {
                before[*to].push(at);
            }
        }
    }
    let mut open: Vec<usize> = (0..count).filter(|at| graph.nodes[*at].flags != 0).collect();
    for node in &mut graph.nodes {
        if node.flags & StateFlags::AT_END != 0 {
            node.flags |= StateFlags::LIVE;
        }
    }
    while let Some(at) = open.pop() {
        if graph.nodes[at].flags & REPORTS == 0 {
            continue;
        }
        for from in &before[at] {
            let node = &mut graph.nodes[*from];
            if node.flags & StateFlags::LIVE == 0 {
                node.flags |= StateFlags::LIVE;
                open.push(*from);
            }
        }
    }
}

/// The smallest automaton that says the same (Moore's refinement). State 0 is the one from which nothing comes.
fn minimal(graph: &Graph) -> Graph {
    let count = graph.nodes.len();
    let is_live = |at: usize| graph.nodes[at].flags & StateFlags::LIVE != 0;
    // A virtual state behind the last is the dead one; nothing matters of what follows a state that is not live.
    let dead = count;
    let next = |at: usize, class: usize| if at < count && is_live(at) { graph.nodes[at].next[class] } else { dead };
    let flags = |at: usize| graph.nodes.get(at).map_or(0, |node| node.flags);
    let classes = graph.representatives.len();
    let mut block: Vec<usize> = vec![0; count + 1];
    let mut blocks = 0;
    loop {
        let mut ids: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        let mut refined = vec![0; count + 1];
        for at in core::iter::once(dead).chain(0..count) {
            let mut key = Vec::with_capacity(classes + 2);
            key.extend([usize::from(flags(at)), block[at]]);
            if at < count && is_live(at) {
                key.extend((0..classes).map(|class| block[next(at, class)]));
            }
            let id = ids.len();
            refined[at] = *ids.entry(key).or_insert(id);
        }
        let found = ids.len();
        block = refined;
        if found == blocks {
            break;
        }
        blocks = found;
    }
    // In the order in which they are reached.
    let mut member: Vec<Option<usize>> = vec![None; blocks];
    for at in (0..=count).rev() {
        member[block[at]] = Some(at);
    }
    let mut number: Vec<Option<usize>> = vec![None; blocks];
    number[block[dead]] = Some(0);
    let mut list = vec![block[dead]];
    let reach = |list: &mut Vec<usize>, number: &mut Vec<Option<usize>>, block: usize| {
        *number[block].get_or_insert_with(|| {
            list.push(block);
            list.len() - 1
        })
    };
    let starts = graph.starts.map(|start| reach(&mut list, &mut number, block[start]));
    let mut nodes = Vec::new();
    let mut at = 0;
    while let Some(id) = list.get(at).copied() {
        let state = member[id].unwrap_or(dead);
        let row = (0..classes).map(|class| reach(&mut list, &mut number, block[next(state, class)])).collect();
        nodes.push(Node { flags: flags(state), next: row });
        at += 1;
    }
    Graph { representatives: graph.representatives.clone(), class_of: graph.class_of, nodes, starts }
}

/// The table, its classes made few again.
fn table(spec: &PatternSpec, graph: &Graph) -> PatternTable {
    let mut columns: BTreeMap<Vec<usize>, u8> = BTreeMap::new();
    let mut order = Vec::new();
    let mut merged = vec![0_u8; graph.representatives.len()];
    for (class, slot) in merged.iter_mut().enumerate() {
        let column: Vec<usize> = graph.nodes.iter().map(|node| node.next[class]).collect();
        let id = u8::try_from(columns.len()).unwrap_or(u8::MAX);
        *slot = *columns.entry(column).or_insert_with(|| {
            order.push(class);
            id
        });
    }
    let state = |at: usize| u16::try_from(at).unwrap_or(0);
    let rows = graph.nodes.iter();
    PatternTable {
        id: spec.id.clone(),
        action: spec.action,
        check: spec.check,
        replacement: spec.replacement.clone(),
        classes: graph.class_of.map(|class| merged[usize::from(class)]),
        stride: u16::try_from(order.len()).unwrap_or(u16::MAX),
        flags: graph.nodes.iter().map(|node| StateFlags(node.flags)).collect(),
        cells: rows.flat_map(|node| order.iter().map(move |class| state(node.next[*class]))).collect(),
        starts: graph.starts.map(state),
    }
}
