//! The text guard: compiled patterns as the core has them, texts that nearly match, cut into pieces at random.
//!
//! The lines are those of `formal/oracle/guard.ml`.

use crate::Subsystem;
use crate::oracle::ask;
use crate::random::Random;
use anyhow::{Context, Result, bail, ensure};
use interlock_core::guard::compile::{CompileLimits, PatternSpec, compile};
use interlock_core::guard::sets::PatternSet;
use interlock_core::guard::{
    Action, Check, Guard, GuardHalt, GuardSink, GuardState, GuardTables, Hit, PatternTable, Surrounding,
};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// Guarded texts.
pub const SUBSYSTEM: Subsystem = Subsystem { name: "guard", request, answer, requests: 60_000 };

/// Sets of patterns that come back again and again; the others are new in each run.
const FAMILY: u64 = 400;

/// What most patterns are compiled within: to find out that one has very many states takes long.
const SMALL: CompileLimits = CompileLimits { states: 300, artifact_bytes: 1 << 16 };

/// How many bytes of a text may be in doubt, or in one match, at once. The proved guard takes the cube of them.
const MOST_AT_ONCE: u64 = 160;

/// How many tables are kept.
const MOST_KEPT: usize = 2_000;

/// The short patterns that the core's own test takes, too.
fn short() -> impl Iterator<Item = &'static str> {
    let list = include_str!("../../../core/tests/guard_support/short_patterns.txt");
    list.lines().filter(|line| !line.starts_with('#'))
}

/// Patterns of which more may have to be read.
const LONGER: [&str; 26] = [
    "(?m)a$",
    "(?Rm)b$",
    r"a.*b.*c",
    "a[^b]",
    r"a(?:b|[^b]|$)",
    r"a(?:[^b]|$)",
    "abcabc",
    r"\baab[a-c]{2}\b",
    "<[^>]*>",
    "<a[^>]{3}",
    "\u{e9}",
    "\u{e9}+a",
    r"[^\x00-\x7f]{2}",
    ".b",
    r"\d{2}",
    r"\d{2,3}",
    r"\d{2,4}?",
    r"\b\d{2,3}\b",
    r"1\d+8",
    "[A-Z]{2}[0-9]{2}[0-9A-Z]{1,4}",
    r"(?:a\n)+b",
    r"(?m)^[ab]*$",
    "aaaa|aa|b",
    "(?:ab|abab)c",
    // Whose match is sure before its end is known.
    r"a(?:\b|\w)",
    r"ab(?:\b|\w{1,2}c)",
];

/// What texts are made of.
const PIECES: [&[u8]; 31] = [
    b"a",
    b"a",
    b"a",
    b"b",
    b"b",
    b"b",
    b"c",
    b"c",
    b" ",
    b" ",
    b"ab",
    b"abc",
    b"abab",
    b"aa",
    b"aab",
    b"\n",
    b"\r\n",
    b"<",
    b">",
    b"1",
    b"18",
    b"8",
    b"42",
    b"GB82",
    "\u{e9}".as_bytes(),
    "\u{e9}\u{e9}".as_bytes(),
    "\u{1f600}".as_bytes(),
    "\u{20ac}".as_bytes(),
    b"\xff",
    b"\x80",
    b"\xe2\xf0",
];

/// A pattern that nobody would write.
fn expression(random: &mut Random, depth: u32) -> String {
    if depth == 0 || random.percent(30) {
        let atoms = ["a", "b", "c", "a", "b", " ", "[ab]", "[^a]", ".", r"\b", "^", "$", "\u{e9}", "[bc]", "(?s:.)"];
        return random.pick(&atoms).to_owned();
    }
    let mut part = || expression(random, depth.saturating_sub(1));
    let (one, two) = (part(), part());
    match random.below(6) {
        0 => format!("(?:{one}|{two})"),
        1 => format!("(?:{one}){}", random.pick(&["*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?"])),
        _ => format!("{one}{two}"),
    }
}

/// Some patterns: known ones or new ones, with any action.
fn specs(set: u64) -> Vec<PatternSpec> {
    let mut random = Random::new(set);
    let mut all = Vec::new();
    let only = random.pick(&[None, None, None, Some(Action::Halt), Some(Action::Redact), Some(Action::Redact)]);
    let count = random.below(4).saturating_add(1);
    let known: Vec<&str> = short().chain(LONGER).collect();
    for index in 0..count {
        for _ in 0..20 {
            let source = if random.percent(40) { expression(&mut random, 4) } else { random.pick(&known).to_owned() };
            let any = [Action::Halt, Action::Redact, Action::Redact, Action::Redact, Action::Flag].map(Some);
            let action = only.or(random.pick(&any)).unwrap_or(Action::Redact);
            let check = if source.starts_with("[A-Z]") {
                random.pick(&[Check::Iban, Check::None])
            } else if source.contains(r"\d{2") {
                random.pick(&[Check::Luhn, Check::Luhn, Check::None])
            } else {
                Check::None
            };
            let spec = PatternSpec::new(&index.to_string(), &source, action).with_check(check);
            let alone = std::slice::from_ref(&spec);
            let is_small = compiled_within(alone, SMALL).is_ok_and(|made| made.1.len() < 400);
            // Large ones are rare, so that the kept vectors stay small.
            if is_small || (random.percent(2) && compiled(alone).is_ok()) {
                all.push(spec);
                break;
            }
        }
    }
    all
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn bytes(text: &str) -> Result<Vec<u8>> {
    let digits = text.as_bytes().as_chunks::<2>();
    ensure!(digits.1.is_empty(), "half a byte");
    digits.0.iter().map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)).collect()
}

const ACTIONS: [(&str, Action); 3] = [("h", Action::Halt), ("r", Action::Redact), ("f", Action::Flag)];
const CHECKS: [(&str, Check); 3] = [("-", Check::None), ("l", Check::Luhn), ("i", Check::Iban)];

fn joined<T: ToString>(numbers: impl IntoIterator<Item = T>) -> String {
    numbers.into_iter().map(|number| number.to_string()).collect::<Vec<_>>().join("-")
}

/// A pattern as the core has compiled it, all that its threads can see: by state and byte, with bytes that no state tells
/// apart in one class.
fn written(source: &str, table: &PatternTable) -> String {
    let states = || (0..table.states()).filter_map(|state| u16::try_from(state).ok());
    let mut columns: Vec<Vec<u16>> = Vec::new();
    let mut runs: Vec<(u8, usize)> = Vec::new();
    for byte in 0..=255_u8 {
        let column: Vec<u16> = states().map(|state| table.next(state, byte)).collect();
        let class = columns.iter().position(|known| *known == column).unwrap_or_else(|| {
            columns.push(column);
            columns.len().saturating_sub(1)
        });
        if runs.last().is_none_or(|last| last.1 != class) {
            runs.push((byte, class));
        }
    }
    let rows = states().enumerate().map(|(at, _)| joined(columns.iter().filter_map(|column| column.get(at))));
    let flags: String =
        states().filter_map(|state| char::from_digit(u32::from(table.flags(state).bits()), 16)).collect();
    let name = |found: Option<&'static str>| found.unwrap_or("?");
    [
        name(ACTIONS.iter().find(|own| own.1 == table.action()).map(|own| own.0)),
        name(CHECKS.iter().find(|own| own.1 == table.check()).map(|own| own.0)),
        &hex(source.as_bytes()),
        &joined(runs.iter().map(|(byte, class)| format!("{byte}:{class}"))),
        &flags,
        &rows.collect::<Vec<_>>().join("/"),
        &joined(Surrounding::ALL.map(|before| table.start(before))),
    ]
    .join(",")
}

/// Compiled patterns and how they are written in a line.
type Compiled = (Arc<GuardTables>, String);

fn compiled(specs: &[PatternSpec]) -> Result<Compiled> {
    compiled_within(specs, CompileLimits::default())
}

fn compiled_within(specs: &[PatternSpec], limits: CompileLimits) -> Result<Compiled> {
    let artifact = compile(specs, limits)?;
    let tables = GuardTables::verified(&artifact.bytes, &artifact.hash)?;
    let all = specs.iter().zip(tables.patterns()).map(|(spec, table)| written(&spec.pattern, table));
    let text = all.collect::<Vec<_>>().join(" ");
    Ok((Arc::new(tables), text))
}

/// What was compiled for a key, or is now. Kept, for to compile takes longer than all the rest.
fn kept<K: std::hash::Hash + Eq + Clone>(
    known: &RefCell<HashMap<K, Compiled>>,
    key: &K,
    make: impl FnOnce() -> Result<Compiled>,
) -> Result<Compiled> {
    if let Some(found) = known.borrow().get(key) {
        return Ok(found.clone());
    }
    let made = make()?;
    let mut known = known.borrow_mut();
    if known.len() >= MOST_KEPT {
        known.clear();
    }
    known.insert(key.clone(), made.clone());
    Ok(made)
}

thread_local! {
    static BY_SET: RefCell<HashMap<(u64, bool), Compiled>> = RefCell::new(HashMap::new());
    static BY_LINE: RefCell<HashMap<String, Compiled>> = RefCell::new(HashMap::new());
}

fn text(random: &mut Random, is_long: bool) -> Vec<u8> {
    let pieces = match random.below(300) {
        // Long enough that the core reads it in several places at a time.
        0 => random.below(500).saturating_add(200),
        _ if is_long => random.below(120),
        _ => random.below(20),
    };
    // Some texts are of few letters.
    let few = [random.pick(&PIECES), random.pick(&PIECES), random.pick(&PIECES)];
    let is_of_few = random.percent(if is_long { 70 } else { 30 });
    (0..pieces).flat_map(|_| if is_of_few { random.pick(&few) } else { random.pick(&PIECES) }).copied().collect()
}

fn request(random: &mut Random) -> (String, u64) {
    let set = if random.percent(98) { random.below(FAMILY) } else { random.word() };
    let is_long = random.percent(8);
    let make = || {
        let mut specs = specs(set);
        if is_long {
            // So that much is held, and now and then more than the bound allows.
            specs.push(PatternSpec::new("holds", "[<a][^>]*>", Action::Redact));
        }
        compiled(&specs)
    };
    let compiled = BY_SET.with(|known| kept(known, &(set, is_long), make));
    let tables = compiled.as_ref().ok().map(|compiled| Arc::clone(&compiled.0));
    let patterns = compiled.map(|compiled| compiled.1).unwrap_or_default();
    let limit = if is_long { random.below(16).saturating_add(64) } else { 4_096 };
    let mut line = format!("guard {limit} | {patterns} |");
    let mut text = text(random, is_long);
    if let Some(tables) = tables {
        text.truncate(readable(tables, &text));
    }
    let most = random.pick(&[1, 2, 4, 8, 30, 4_000]);
    let mut rest = text.as_slice();
    while !rest.is_empty() {
        let length = usize::try_from(random.below(most).saturating_add(1)).unwrap_or(1).min(rest.len());
        let (piece, more) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        rest = more;
        let _ = write!(line, " {}", hex(piece));
        if random.percent(3) {
            line.push_str(" -");
        }
    }
    if random.percent(85) {
        line.push_str(" .");
    }
    if random.percent(3) {
        line.push_str(" 61");
    }
    (line, text.len() as u64)
}

/// The longest match, and nothing else.
#[derive(Default)]
struct Longest(u64);

impl GuardSink for Longest {
    fn text(&mut self, _: u64, _: &[u8]) {}

    fn redaction(&mut self, hit: Hit) {
        self.0 = self.0.max(hit.end.saturating_sub(hit.start));
    }

    fn flag(&mut self, _: Hit) {}
}

/// How much of a text the proved guard reads in a time that one would wait.
fn readable(tables: Arc<GuardTables>, text: &[u8]) -> usize {
    let short = usize::try_from(MOST_AT_ONCE).unwrap_or(usize::MAX).min(text.len());
    let mut guard = Guard::new(tables, u32::MAX);
    let mut longest = Longest::default();
    let mut read = 0_u64;
    for piece in text.chunks(16) {
        read = read.saturating_add(piece.len() as u64);
        if guard.push(piece, &mut longest).is_err() {
            // It halted, and the rest is read by nobody.
            return text.len();
        }
        if read.saturating_sub(guard.cut()) > MOST_AT_ONCE || longest.0 > MOST_AT_ONCE {
            return short;
        }
    }
    let _ = guard.finish(&mut longest);
    if longest.0 > MOST_AT_ONCE { short } else { text.len() }
}

/// Has the certificate of every pattern without a check of the sets that come with the core checked, and says how many
/// there are: each once as a pattern that halts and once as one that redacts.
///
/// # Errors
/// A state of one says what is not true.
pub fn certify(oracle: &Path) -> Result<usize> {
    let actions = [Action::Halt, Action::Redact];
    let all =
        PatternSet::ALL.into_iter().flat_map(|set| actions.into_iter().flat_map(move |action| set.patterns(action)));
    let all: Vec<PatternSpec> = all.filter(|spec| spec.check == Check::None).collect();
    let line = |spec: &PatternSpec| Ok(format!("certify {}", compiled(std::slice::from_ref(spec))?.1));
    let answers = ask(oracle, &all.iter().map(line).collect::<Result<Vec<_>>>()?)?;
    for (spec, answer) in all.iter().zip(&answers) {
        ensure!(answer == "+", "pattern {}: a state of its table says what is not true", spec.id);
    }
    Ok(answers.len())
}

/// The tables of a line's patterns; an error when the core compiles others from the same patterns.
fn tables(patterns: &str) -> Result<Arc<GuardTables>> {
    let make = || {
        let mut all = Vec::new();
        for (index, text) in patterns.split_whitespace().enumerate() {
            let fields: Vec<&str> = text.split(',').collect();
            let [action, check, source, ..] = fields[..] else { bail!("a pattern has seven fields") };
            let source = String::from_utf8(bytes(source)?)?;
            let action = ACTIONS.iter().find(|own| own.0 == action).context("not an action")?.1;
            let check = CHECKS.iter().find(|own| own.0 == check).context("not a check")?.1;
            all.push(PatternSpec::new(&index.to_string(), &source, action).with_check(check));
        }
        let made = compiled(&all)?;
        ensure!(made.1 == patterns, "the core compiles another table: {}", made.1);
        Ok(made)
    };
    BY_LINE.with(|known| kept(known, &patterns.to_owned(), make)).map(|compiled| compiled.0)
}

/// Writes what leaves, text that comes in several pieces as one.
#[derive(Default)]
struct Out {
    line: String,
    ended: Option<u64>,
}

impl GuardSink for Out {
    fn text(&mut self, start: u64, bytes: &[u8]) {
        if self.ended != Some(start) {
            let _ = write!(self.line, ",t{start}:");
        }
        self.line.push_str(&hex(bytes));
        self.ended = Some(start.saturating_add(bytes.len() as u64));
    }

    fn redaction(&mut self, hit: Hit) {
        let _ = write!(self.line, ",r{}:{}:{}", hit.pattern, hit.start, hit.end);
        self.ended = None;
    }

    fn flag(&mut self, _: Hit) {}
}

fn state(state: GuardState) -> String {
    match state {
        GuardState::Open => "o".to_owned(),
        GuardState::Finished => "f".to_owned(),
        GuardState::Halted(GuardHalt::Pattern(hit)) => format!("H{}:{}:{}", hit.pattern, hit.start, hit.end),
        GuardState::Halted(GuardHalt::HeldLimit { held, .. }) => format!("L{held}"),
    }
}

fn answer(line: &str) -> Result<String> {
    let parts: Vec<&str> = line.strip_prefix("guard ").context("not a guard")?.split(" |").collect();
    let [limit, patterns, chunks] = parts[..] else { bail!("not three parts") };
    let mut guard = Guard::new(tables(patterns.trim())?, limit.parse()?);
    let mut out = Out::default();
    for chunk in chunks.split_whitespace() {
        out.ended = None;
        let pushed = match chunk {
            "." => guard.finish(&mut out),
            "-" => guard.push(&[], &mut out),
            chunk => guard.push(&bytes(chunk)?, &mut out),
        };
        match pushed {
            Ok(now) => {
                let _ = write!(out.line, "@{}{} ", guard.cut(), state(now));
            }
            Err(_) => out.line.push_str("x "),
        }
    }
    out.line.push('+');
    Ok(out.line)
}
