//! The ledger that only grows: nodes that keep its laws, and nodes that do not.
//!
//! The lines are those of `formal/oracle/append.ml`.

use crate::Subsystem;
use crate::ledger::{bytes, hex};
use crate::random::Random;
use anyhow::{Context, Result, bail, ensure};
use interlock_core::ledger::{AppendError, Hash, LinkKind, Query, TraceLedger, TraceNode, verify_consistency};
use std::fmt::Write as _;

/// Appends, refusals, and the log over what was appended.
pub const SUBSYSTEM: Subsystem = Subsystem { name: "append", request, answer, requests: 30_000 };

/// A ledger, and the roots that its log has had.
struct Log {
    ledger: TraceLedger,
    /// Size and root, whenever it was asked for: every later log must be consistent with each.
    checkpoints: Vec<(u64, Hash)>,
}

fn texts(word: &str) -> Vec<&str> {
    if word == "-" { Vec::new() } else { word.split(',').collect() }
}

fn node(parts: &[&str]) -> Result<TraceNode> {
    let [id, origin, kind, time, tags, links, payload] = parts else { bail!("not a node") };
    let payload = bytes(payload)?;
    let mut node = TraceNode::builder(id, origin, time.parse()?).kind(kind).payload(&payload);
    for tag in texts(tags) {
        node = node.tag(tag);
    }
    for link in texts(links) {
        let (code, target) = link.split_once(':').context("not a link")?;
        node = node.link(LinkKind::from_code(code.parse()?).context("no kind of link")?, target);
    }
    Ok(node.build()?)
}

fn refusal(error: &AppendError) -> Result<String> {
    Ok(match error {
        AppendError::DuplicateId { index, .. } => format!("D{index}"),
        AppendError::TimeBackwards { last, .. } => format!("B{last}"),
        AppendError::UnknownTarget { kind, target } => format!("U{}:{target}", kind.code()),
        AppendError::TargetLater { kind, target, timestamp, .. } => format!("L{}:{target}@{timestamp}", kind.code()),
        AppendError::Full => bail!("a ledger of a few nodes is full"),
    })
}

fn shown<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

impl Log {
    fn new() -> Self {
        Self { ledger: TraceLedger::with_seed(7), checkpoints: Vec::new() }
    }

    /// The root as it was, which the log must prove to be its own.
    fn root(&mut self, size: u64) -> Result<Option<Hash>> {
        let log = self.ledger.log();
        let (now, top) = (log.len(), log.root());
        if size > now {
            return Ok(None);
        }
        let root = log.root_at(size)?;
        self.checkpoints.push((size, root));
        for (size, root) in &self.checkpoints {
            let proof = log.consistency_proof(*size, now)?;
            verify_consistency(*size, root, now, &top, &proof)?;
        }
        Ok(Some(root))
    }

    fn indices(&self, query: &Query<'_>) -> String {
        let found: Vec<String> = self.ledger.query(query).map(|(index, _)| index.to_string()).collect();
        format!("[{}]", found.join(","))
    }

    fn tell(&mut self, operation: &str) -> Result<String> {
        let parts: Vec<&str> = operation.split('/').collect();
        Ok(match parts[..] {
            ["a", ref parts @ ..] => {
                let node = node(parts)?;
                match self.ledger.append(&node) {
                    Ok(index) => {
                        ensure!(self.ledger.get(index) == Some(node.as_ref()), "node {index} is not what was appended");
                        format!("+{index}")
                    }
                    Err(error) => refusal(&error)?,
                }
            }
            ["f", id] => shown(self.ledger.find(id)),
            ["t", origin] => shown(self.ledger.last_timestamp(origin)),
            ["k", id] => self.indices(&Query { links_to: Some(id), ..Query::ALL }),
            ["l", id] => self.indices(&Query { links_from: Some(id), ..Query::ALL }),
            ["r", size] => self.root(size.parse()?)?.map_or_else(|| "-".to_owned(), |root| hex(&root)),
            _ => bail!("not an operation: {operation}"),
        })
    }
}

fn answer(line: &str) -> Result<String> {
    let operations = line.strip_prefix("append").context("not an append")?;
    let mut log = Log::new();
    let mut out = String::new();
    for operation in operations.split_whitespace() {
        let _ = write!(out, "{} ", log.tell(operation)?);
    }
    let size = u64::from(log.ledger.len());
    let root = log.root(size)?.context("a log without a root")?;
    let _ = write!(out, "{size} {}", hex(&root));
    Ok(out)
}

const ORIGINS: [&str; 4] = ["a", "b", "agent-é", "ab"];

/// An id: of a node that is there, or of none yet.
fn id(random: &mut Random, ids: &[String]) -> String {
    let at = usize::try_from(random.below((ids.len() as u64).wrapping_add(1))).unwrap_or(0);
    ids.get(at).cloned().unwrap_or_else(|| format!("n{}", ids.len()))
}

/// A node, most often one that keeps the laws.
fn make(random: &mut Random, ids: &[String], clock: &mut i64) -> Option<TraceNode> {
    let new = if random.percent(8) { id(random, ids) } else { format!("n{}", ids.len()) };
    *clock = clock.saturating_add(i64::try_from(random.below(4)).unwrap_or(0));
    let time = match random.below(24) {
        0 => clock.wrapping_sub(1),
        1 => clock.wrapping_sub(i64::try_from(random.below(20)).unwrap_or(0)),
        2 => random.pick(&[0, -1, (1 << 53) - 1, 1 - (1 << 53), 1 << 40, -256, 255]),
        _ => *clock,
    };
    let mut payload = Vec::new();
    for _ in 0..random.below(6) {
        payload.extend(random.word().to_be_bytes().into_iter().take(3));
    }
    let origin = random.pick(&ORIGINS);
    let kind = random.pick(&["", "verdict", "halt", "ä"]);
    let mut node = TraceNode::builder(&new, origin, time).kind(kind).payload(&payload);
    for _ in 0..random.below(3) {
        node = node.tag(random.pick(&["x", "y", "long-tag", "ß"]));
    }
    let most = if ids.is_empty() && random.percent(90) { 1 } else { 4 };
    let targets: Vec<String> = (0..random.below(most)).map(|_| link_target(random, ids)).collect();
    for target in &targets {
        let kind = u8::try_from(random.below(4)).ok().and_then(LinkKind::from_code);
        node = node.link(kind.unwrap_or(LinkKind::Causes), target);
    }
    // Without an origin, with a tag twice, or with a link to itself there is no node to append.
    node.build().ok()
}

/// What a link leads to: mostly a node that is there.
fn link_target(random: &mut Random, ids: &[String]) -> String {
    match random.below(60) {
        0 => "nothing".to_owned(),
        1 => format!("n{}", ids.len().wrapping_add(1)),
        _ => {
            let at = usize::try_from(random.below(ids.len() as u64)).unwrap_or(0);
            ids.get(at).cloned().unwrap_or_else(|| "nothing".to_owned())
        }
    }
}

fn joined(items: &[String]) -> String {
    if items.is_empty() { "-".to_owned() } else { items.join(",") }
}

fn request(random: &mut Random) -> (String, u64) {
    let mut line = "append".to_owned();
    // What would be appended, to know which nodes there are.
    let mut ledger = TraceLedger::new();
    let mut ids: Vec<String> = Vec::new();
    let mut clock = 0;
    let operations = random.below(24);
    for _ in 0..operations {
        let size = ids.len() as u64;
        let _ = match random.below(20) {
            0 => write!(line, " f/{}", id(random, &ids)),
            1 => write!(line, " t/{}", random.pick(&ORIGINS)),
            2 => write!(line, " k/{}", id(random, &ids)),
            3 => write!(line, " l/{}", id(random, &ids)),
            4 => write!(line, " r/{}", random.below(size.wrapping_add(2))),
            _ => match make(random, &ids, &mut clock) {
                Some(node) => {
                    let node = node.as_ref();
                    if ledger.append(node).is_ok() || random.percent(5) {
                        ids.push(node.id().to_owned());
                    }
                    let tags: Vec<String> = node.tags().map(str::to_owned).collect();
                    let links: Vec<String> = node.links().map(|(kind, to)| format!("{}:{to}", kind.code())).collect();
                    let (tags, links) = (joined(&tags), joined(&links));
                    let (id, origin, kind) = (node.id(), node.origin(), node.kind());
                    let payload = hex(node.payload());
                    write!(line, " a/{id}/{origin}/{kind}/{}/{tags}/{links}/{payload}", node.timestamp())
                }
                None => Ok(()),
            },
        };
    }
    (line, operations)
}
