//! The text guard: megabytes a second, nanoseconds a call, and beside it the usual way of matching chunks.
//!
//! Every line is one row of `npm run bench` as JSON. Each round runs everything once; a row is the minimum of the
//! rounds. Compared things take turns within a round; a row without a baseline is scaled by a calibration loop of the
//! same round.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    clippy::items_after_statements,
    clippy::cast_possible_truncation,
    clippy::type_complexity,
    missing_docs
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use interlock_core::guard::compile::{Artifact, CompileLimits, PatternSpec, compile};
use interlock_core::guard::sets::PatternSet;
use interlock_core::guard::{Action, Guard, GuardSink, GuardState, GuardTables, Hit};
use regex::bytes::Regex;

mod calibration;
use calibration::{REFERENCE_STEP_NS, calibration_step_ns};

const ROUNDS: usize = 11;
/// Bytes that the usual way looks at again.
const CARRIED: usize = 128;
/// A bound on what is held that nothing here comes near.
const LIMIT: u32 = 1 << 16;

const WORDS: &str = "the of and to in a is that for it was on are as with his they at be this from have or by one had not \
    but what all were when we there can an your which their said if do will each about how up out them then she many some \
    so these would other into has more her two like him see time could no make than first been its who now people my made \
    over did down only way find use may water long little very after words called just where most know get through back \
    much before go good new write our used me man too any day same right look think also around another came come work \
    three word must because does part even place well such here take why things help put years different away again off \
    went old number great tell men say small every found still between name should home big give air line set own under \
    read last never us left end along while might next sound below saw something thought both few those always looked \
    show large often together asked house don't world going want school important until form food keep children feet land \
    side without boy once animals life enough took sometimes four head above kind began almost live page got earth need \
    far hand high year mother light parts country father let night following picture being study second eyes soon times \
    story boys since white days ever paper hard near sentence better best across during today others however sure means \
    knew it's try told young miles sun ways thing whole hear example heard several change answer room sea against top \
    turned learn point city play toward five using himself usually";

/// Prose: words in no order, sentences, and a number now and then.
fn prose(bytes: usize) -> Vec<u8> {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut text = String::new();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    while text.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let word = words[(state >> 20) as usize % words.len()];
        match state % 61 {
            0..5 => text.push_str(&format!("{word}. The ")),
            5..8 => text.push_str(&format!("{word}, ")),
            8 => text.push_str(&format!("{} ", state % 1000)),
            9 => text.push_str(&format!("{word}.\n\n")),
            _ => text.push_str(&format!("{word} ")),
        }
    }
    text.truncate(bytes);
    text.into_bytes()
}

/// Counts what it is given, so that nothing is optimised away.
#[derive(Default)]
struct Count(u64);

impl GuardSink for Count {
    fn text(&mut self, _: u64, bytes: &[u8]) {
        self.0 += bytes.len() as u64;
    }

    fn redaction(&mut self, hit: Hit) {
        self.0 += hit.len();
    }

    fn flag(&mut self, _: Hit) {}
}

fn artifact(specs: &[PatternSpec]) -> Artifact {
    compile(specs, CompileLimits::default()).unwrap()
}

fn tables(specs: &[PatternSpec]) -> Arc<GuardTables> {
    let artifact = artifact(specs);
    Arc::new(GuardTables::verified(&artifact.bytes, &artifact.hash).unwrap())
}

/// Fifty patterns that all start with a literal.
fn fifty(action: Action) -> Vec<PatternSpec> {
    PatternSet::ApiKeys.patterns(action).into_iter().take(50).collect()
}

fn guarded(tables: &Arc<GuardTables>, text: &[u8], size: usize) -> u64 {
    let mut guard = Guard::new(Arc::clone(tables), LIMIT);
    let mut count = Count::default();
    for chunk in text.chunks(size) {
        guard.push(chunk, &mut count).unwrap();
    }
    guard.finish(&mut count).unwrap();
    count.0
}

/// The usual way: every chunk is searched together with the end of what went before.
struct Usual {
    regex: Regex,
    buffer: Vec<u8>,
}

impl Usual {
    fn new(specs: &[PatternSpec]) -> Self {
        let all: Vec<String> =
            specs.iter().map(|spec| format!("(?:{})", spec.pattern.replace(r"\b", r"(?-u:\b)"))).collect();
        Self { regex: Regex::new(&all.join("|")).unwrap(), buffer: Vec::new() }
    }

    /// Whether a pattern is found now that a chunk has come; if not, the chunk is released.
    fn finds(&mut self, chunk: &[u8]) -> bool {
        self.buffer.extend_from_slice(chunk);
        let found = self.regex.is_match(&self.buffer);
        let over = self.buffer.len().saturating_sub(CARRIED);
        self.buffer.drain(..over);
        found
    }

    fn run(&mut self, text: &[u8], size: usize) -> u64 {
        self.buffer.clear();
        text.chunks(size).map(|chunk| if self.finds(chunk) { 0 } else { chunk.len() as u64 }).sum()
    }
}

/// What is timed: the bytes of a round, and how the row is made.
struct Timed<'a> {
    name: &'static str,
    goal: f64,
    kind: Kind,
    bytes: usize,
    calls: usize,
    ours: Box<dyn FnMut() -> u64 + 'a>,
    baseline: Option<Box<dyn FnMut() -> u64 + 'a>>,
    /// Nanoseconds: ours, those of a step of the calibration, the baseline's.
    best: [f64; 3],
}

#[derive(Clone, Copy)]
enum Kind {
    /// At least so many megabytes a second.
    Throughput,
    /// At most so many nanoseconds a call.
    PerCall,
    /// At least so many times the baseline's speed.
    Ratio,
}

fn ns(run: &mut dyn FnMut() -> u64) -> f64 {
    let started = Instant::now();
    black_box(run());
    started.elapsed().as_nanos() as f64
}

fn timed<'a>(
    name: &'static str,
    kind: Kind,
    goal: f64,
    bytes: usize,
    calls: usize,
    ours: impl FnMut() -> u64 + 'a,
) -> Timed<'a> {
    Timed { name, goal, kind, bytes, calls, ours: Box::new(ours), baseline: None, best: [f64::INFINITY; 3] }
}

impl<'a> Timed<'a> {
    fn against(self, baseline: impl FnMut() -> u64 + 'a) -> Self {
        Self { baseline: Some(Box::new(baseline)), ..self }
    }

    fn row(&self) -> serde_json::Value {
        let [raw, step, other] = self.best;
        let scaled = raw * (REFERENCE_STEP_NS / step);
        let per_second = |ns: f64| self.bytes as f64 / ns * 1000.0;
        let (name, goal) = (self.name, self.goal);
        match self.kind {
            Kind::Throughput => {
                let value = per_second(scaled);
                serde_json::json!({"name": name, "value": value, "unit": "MB/s", "goal": goal, "holds": value >= goal,
                    "measured": per_second(raw)})
            }
            Kind::PerCall => {
                let value = scaled / self.calls as f64;
                serde_json::json!({"name": name, "value": value, "unit": "ns", "goal": goal, "holds": value <= goal,
                    "measured": raw / self.calls as f64})
            }
            Kind::Ratio => {
                let ratio = other / raw;
                serde_json::json!({"name": name, "value": per_second(raw), "unit": "MB/s", "goal": goal,
                    "holds": ratio >= goal, "baseline": per_second(other), "ratio": ratio})
            }
        }
    }
}

/// Keys in every place of chunks of every size: how many bytes of them have left.
fn leaked() -> [u64; 2] {
    let specs = fifty(Action::Halt);
    let tables = tables(&specs);
    let mut usual = Usual::new(&specs);
    let tail = "Ab3dE5gH7jK9mN1pQ3sT5vW7yZ".repeat(8);
    let keys = [
        format!("sk-ant-api03-{}", &tail[..93]),
        format!("ghp_{}", &tail[..36]),
        format!("glpat-{}", &tail[..20]),
        format!("AIza{}", &tail[..35]),
        format!("github_pat_{}", &tail[..82]),
        format!("AKIA{}", "ABCDEFGHIJKLMNOP"),
        format!("ATATT3{}", &tail[..186]),
        format!("npm_{}", &tail[..36]),
    ];
    struct Secret {
        from: u64,
        left: u64,
    }
    impl GuardSink for Secret {
        fn text(&mut self, start: u64, bytes: &[u8]) {
            self.left += (start + bytes.len() as u64).saturating_sub(start.max(self.from));
        }
        fn redaction(&mut self, _: Hit) {}
        fn flag(&mut self, _: Hit) {}
    }
    let mut leaked = [0, 0];
    for key in &keys {
        for before in 0..70 {
            let text = format!("{}: {key} and then more text", "x".repeat(before));
            let from = before as u64 + 2;
            for size in [1, 2, 3, 4, 7, 16, 64] {
                let mut guard = Guard::new(Arc::clone(&tables), LIMIT);
                let mut secret = Secret { from, left: 0 };
                for chunk in text.as_bytes().chunks(size) {
                    if guard.state() == GuardState::Open {
                        guard.push(chunk, &mut secret).unwrap();
                    }
                }
                assert_ne!(guard.state(), GuardState::Open, "{text}");
                leaked[0] += secret.left;
                usual.buffer.clear();
                let mut out = 0;
                for chunk in text.as_bytes().chunks(size) {
                    if usual.finds(chunk) {
                        break;
                    }
                    out += chunk.len() as u64;
                }
                leaked[1] += out.saturating_sub(from);
            }
        }
    }
    leaked
}

fn main() {
    let text = prose(1 << 20);
    let short = &text[..1 << 17];
    let (halting, flagging) = (tables(&fifty(Action::Halt)), tables(&fifty(Action::Flag)));
    let redacting = tables(&fifty(Action::Redact));
    let everything = |action| PatternSet::ALL.into_iter().flat_map(move |set| set.patterns(action)).collect::<Vec<_>>();
    let (all, all_flags) = (tables(&everything(Action::Redact)), tables(&everything(Action::Flag)));
    let artifact = artifact(&everything(Action::Redact));
    // Prose in which keys begin all the time.
    let begun: Vec<u8> =
        short.chunks(24).flat_map(|words| [words, b" sk-ant-api03-abc ghp_abcdef "].concat()).collect();
    let [mut usual4, mut usual64] = [Usual::new(&fifty(Action::Halt)), Usual::new(&fifty(Action::Halt))];
    let mut rows = [
        timed(
            "guard: prose, 50 patterns with literal prefixes, 4 KB chunks",
            Kind::Throughput,
            700.0,
            text.len(),
            1,
            || guarded(&halting, &text, 4096),
        ),
        timed("guard: a call with a 4-byte chunk", Kind::PerCall, 45.0, short.len(), short.len() / 4, || {
            guarded(&redacting, short, 4)
        }),
        timed("guard: 4-byte chunks, against a carry-over of 128 bytes", Kind::Ratio, 8.0, short.len(), 1, || {
            guarded(&halting, short, 4)
        })
        .against(|| usual4.run(short, 4)),
        timed("guard: 64-byte chunks, against a carry-over of 128 bytes", Kind::Ratio, 5.0, short.len(), 1, || {
            guarded(&halting, short, 64)
        })
        .against(|| usual64.run(short, 64)),
        timed("guard: hold-back, prose in 64-byte chunks, against flags", Kind::Ratio, 0.8, text.len(), 1, || {
            guarded(&redacting, &text, 64)
        })
        .against(|| guarded(&flagging, &text, 64)),
        timed(
            "guard: hold-back, keys that begin, in 64-byte chunks, against flags",
            Kind::Ratio,
            0.8,
            begun.len(),
            1,
            || guarded(&redacting, &begun, 64),
        )
        .against(|| guarded(&flagging, &begun, 64)),
        timed(
            "guard: hold-back, every set, prose in 64-byte chunks, against flags",
            Kind::Ratio,
            0.8,
            short.len(),
            1,
            || guarded(&all, short, 64),
        )
        .against(|| guarded(&all_flags, short, 64)),
        timed("guard: load every set, hash included", Kind::PerCall, 3_000_000.0, 1, 1, || {
            GuardTables::verified(&artifact.bytes, &artifact.hash).unwrap().patterns().len() as u64
        }),
        timed("guard: load every set, without the hash", Kind::PerCall, 1_000_000.0, 1, 1, || {
            GuardTables::decode_trusted(&artifact.bytes).unwrap().patterns().len() as u64
        }),
    ];
    calibration_step_ns();
    for _ in 0..ROUNDS {
        for Timed { ours, baseline, best, .. } in &mut rows {
            best[1] = best[1].min(calibration_step_ns());
            best[0] = best[0].min(ns(ours));
            if let Some(baseline) = baseline {
                best[2] = best[2].min(ns(baseline));
            }
        }
    }
    for row in &rows {
        println!("{}", row.row());
    }
    let [ours, usual] = leaked();
    let name = "guard: bytes of cut keys that leave, where a carry-over leaks";
    println!(
        "{}",
        serde_json::json!({"name": name, "value": ours, "unit": "bytes", "goal": 0, "holds": ours == 0 && usual > 0, "baseline": usual})
    );
}
