//! A session that is to adopt other policies at any point: between two segments it does, and otherwise nothing changes.
#![no_main]

#[allow(dead_code)]
mod common;

use std::sync::OnceLock;

use common::Input;
use interlock_core::dialect::DialectKind;
use interlock_core::halt::Observation;
use interlock_core::policy::Policy;
use interlock_core::rules::PolicyArtifact;
use interlock_core::session::{AdoptError, Session, SessionEvent, SessionRecord};
use libfuzzer_sys::fuzz_target;

/// What a hard limit alone decides: what a segment was judged by does not depend on those before it.
const ALONE: &str = r#""window_threshold": 0, "trend_threshold": 1"#;

/// By what they have in common: the policy that a stream begins with, one that it may adopt, and one that it may not.
fn families() -> [[String; 3]; 5] {
    let host = |unit: &str, bytes: u8, limit: &str, more: &str| {
        format!(
            r#"{{"scorer": {{"kind": "host"}}, "segments": {{"unit": "{unit}", "max_bytes": {bytes}}},
            "halt": {{"hard_limit": {limit}, "soft_limit": 0.8, {ALONE}}}, "ending": {{"message": "[{bytes}]"}}{more}}}"#
        )
    };
    let redacts = |pattern: &str| {
        format!(
            r#", "guard": {{"rules": [{{"patterns": [{{"id": "a", "pattern": "{pattern}"}}], "action": "redact"}}]}}"#
        )
    };
    let builtin = |value: &str, kind: &str| {
        format!(
            r#"{{"scorer": {{"kind": "{kind}", "prompt": "sky?", "facts": [{{"key": "sky", "value": "{value}"}}]}},
            "ending": {{"message": "[{value}]"}}}}"#
        )
    };
    let plain = |message: &str, more: &str| format!(r#"{{"ending": {{"message": "{message}"}}{more}}}"#);
    [
        [
            host("bytes", 16, "0.5", ""),
            host("bytes", 20, "0.1", ""),
            host("bytes", 24, "0.5", r#", "mode": "observe""#),
        ],
        [
            host("sentence", 32, "0.5", ""),
            host("bytes", 24, "0.5", ""),
            host("sentence", 40, "0.5", r#", "channels": {"content": "withhold"}"#),
        ],
        [
            host("bytes", 16, "0.5", &redacts("a+b")),
            host("sentence", 20, "0.1", &redacts("a+b")),
            host("bytes", 24, "0.5", &redacts("a+c")),
        ],
        [builtin("blue", "builtin"), builtin("green", "builtin"), builtin("grey", "none")],
        [
            plain("[1]", ""),
            plain("[2]", r#", "segments": {"unit": "sentence"}"#),
            plain("[3]", r#", "covenant": {"permissions": [{"resource": "*"}]}"#),
        ],
    ]
}

type Family = [PolicyArtifact; 3];

fn all() -> &'static [Family] {
    static ALL: OnceLock<Vec<Family>> = OnceLock::new();
    let compile =
        |json: String| PolicyArtifact::compile(Policy::from_json(&json).expect("a policy")).expect("compiles");
    ALL.get_or_init(|| families().into_iter().map(|family| family.map(compile)).collect())
}

#[derive(Clone, Copy)]
enum Act<'a> {
    Feed(&'a [u8]),
    Check(usize),
    Adopt(usize),
    /// So many segments are answered, where they are not answered at once.
    Answer(u8),
}

/// How the acts are done.
#[derive(Clone, Copy)]
struct Way<'a> {
    dialect: DialectKind,
    /// Whether segments are answered when they come.
    at_once: bool,
    /// Bytes that are fed at once.
    size: usize,
    /// Which acts are done; the others are left out.
    wanted: Option<&'a [bool]>,
}

#[derive(PartialEq, Debug)]
struct Done {
    output: Vec<u8>,
    /// The account, whole, and what of it does not depend on how bytes are cut.
    account: String,
    same: String,
    events: Vec<SessionEvent>,
}

/// A policy that was adopted: what had been fed and had left by then.
struct Adopted {
    policy: usize,
    act: usize,
    fed: usize,
    left: usize,
}

struct Run<'a> {
    family: &'a Family,
    way: Way<'a>,
    session: Session,
    output: Vec<u8>,
    events: Vec<SessionEvent>,
    waiting: Vec<(u64, f64)>,
    fed: usize,
    /// The policy of the segments from each on.
    policies: Vec<(u64, usize)>,
}

impl<'a> Run<'a> {
    fn new(family: &'a Family, way: Way<'a>, first: usize) -> Self {
        let session = family[first].session(way.dialect).expect("an artifact makes a session");
        let (output, events, waiting) = Default::default();
        Self { family, way, session, output, events, waiting, fed: 0, policies: vec![(0, first)] }
    }

    /// Takes what there is, and answers so many segments.
    fn take(&mut self, answers: usize) {
        let mut left = answers;
        loop {
            while let Some(segment) = self.session.next_segment() {
                let of = self.policies.iter().rev().find(|(from, _)| *from <= segment.id).expect("the first is from 0");
                let policy = self.family[of.1].policy();
                assert!(segment.text.len() <= policy.segments.max_bytes as usize, "cut under another policy");
                let low = segment.text.bytes().fold(0_u8, u8::wrapping_add) % 7 == 0;
                self.waiting.push((segment.id, if low { 0.2 } else { 0.9 }));
            }
            if left == 0 || self.waiting.is_empty() {
                break;
            }
            left -= 1;
            let (segment, score) = self.waiting.remove(0);
            if self.session.answer(segment, Observation::score(score)).is_err() {
                assert!(self.session.state().is_terminal());
            }
        }
        self.events.extend(std::iter::from_fn(|| self.session.next_event()));
        self.output.extend(self.session.take_output());
    }

    /// What is adopted, and of each act whether it did something.
    fn act(&mut self, acts: &[Act<'_>]) -> (Vec<Adopted>, Vec<bool>) {
        let (mut adopted, mut did) = (Vec::new(), Vec::new());
        let at_once = if self.way.at_once { usize::MAX } else { 0 };
        for (at, act) in acts.iter().enumerate() {
            let mut does = true;
            if !self.way.wanted.is_none_or(|wanted| wanted[at]) {
                continue;
            }
            match *act {
                Act::Feed(bytes) => {
                    for piece in bytes.chunks(self.way.size) {
                        if self.session.feed(piece).is_err() {
                            break;
                        }
                        self.fed += piece.len();
                        self.take(at_once);
                    }
                }
                Act::Answer(many) => self.take(usize::from(many).max(at_once)),
                Act::Check(policy) => {
                    let _ = self.look(policy);
                    does = false;
                }
                Act::Adopt(policy) => {
                    let expected = self.look(policy);
                    let artifact = &self.family[policy];
                    let answer = self.session.adopt(artifact.policy(), artifact.guards());
                    assert_eq!(answer, expected);
                    does = answer.is_ok();
                    if does {
                        self.policies.push((self.session.record().segments, policy));
                        adopted.push(Adopted { policy, act: at, fed: self.fed, left: self.output.len() });
                    }
                }
            }
            did.push(does);
        }
        (adopted, did)
    }

    /// Whether a policy would be adopted. What must hold whenever it is asked.
    fn look(&mut self, policy: usize) -> Result<(), AdoptError> {
        let artifact = &self.family[policy];
        let answer = self.session.check_adopt(artifact.policy(), artifact.guards());
        assert_eq!(answer, self.session.check_adopt(artifact.policy(), artifact.guards()));
        if answer.is_ok() {
            assert!(policy != 2 && self.session.is_between_segments() && !self.session.state().is_terminal());
            assert!(self.waiting.is_empty());
        }
        answer
    }

    fn finish(mut self) -> Done {
        self.take(usize::MAX);
        let _ = self.session.end();
        self.take(usize::MAX);
        assert!(self.session.state().is_terminal());
        let record = self.session.record();
        let SessionRecord { state, halt, halted_at, warnings, bytes_out, channels, .. } = &record;
        let released: Vec<u64> = channels.iter().map(|channel| channel.released).collect();
        let same = format!("{:?}", (state, halt, halted_at, warnings, bytes_out, released));
        Done { output: self.output, account: format!("{record:?}"), same, events: self.events }
    }
}

fn acts<'a>(input: &mut Input<'a>) -> Vec<Act<'a>> {
    let mut acts = Vec::new();
    while !input.0.is_empty() && acts.len() < 200 {
        let byte = input.byte();
        acts.push(match byte >> 5 {
            0 => Act::Check(usize::from(byte) % 3),
            1 | 2 => Act::Adopt(usize::from(byte) % 3),
            3 => Act::Answer(byte & 31),
            // Mostly lengths that segments are cut at.
            4..=6 => Act::Feed(input.take(4 * usize::from(byte & 15))),
            _ => Act::Feed(input.take(usize::from(byte & 31))),
        });
    }
    acts
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let family = &all()[usize::from(input.byte()) % all().len()];
    let dialect = match input.byte() {
        byte @ 0..32 => DialectKind::ALL[usize::from(byte) % DialectKind::ALL.len()],
        _ => DialectKind::Text,
    };
    let at_once = input.byte() % 4 != 0;
    let size = usize::from(input.byte()).max(1);
    let acts = acts(&mut input);
    let way = Way { dialect, at_once, size, wanted: None };

    let mut run = Run::new(family, way, 0);
    let (adopted, did) = run.act(&acts);
    let done = run.finish();

    // What was refused and what was only asked has changed nothing.
    let mut lean = Run::new(family, Way { wanted: Some(&did), ..way }, 0);
    assert_eq!(lean.act(&acts).0.len(), adopted.len());
    assert_eq!(lean.finish(), done);

    let is_cut_by_delta =
        family.iter().any(|it| it.policy().segments.unit == interlock_core::policy::SegmentUnit::Delta);
    if !at_once || dialect != DialectKind::Text || is_cut_by_delta {
        return;
    }
    // However the bytes are cut, the same is adopted and the same leaves.
    let mut single = Run::new(family, Way { size: 1, ..way }, 0);
    let (others, other_did) = single.act(&acts);
    assert_eq!((others.len(), &other_did), (adopted.len(), &did));
    let other = single.finish();
    assert_eq!((&other.output, &other.same), (&done.output, &done.same));

    // From the next segment on it is a stream that began with the policy, where nothing else is kept.
    let Some(last) = adopted.last() else { return };
    let fed: Vec<u8> = acts
        .iter()
        .filter_map(|act| if let Act::Feed(bytes) = act { Some(*bytes) } else { None })
        .flatten()
        .copied()
        .collect();
    let keeps = family[0].policy().guard.is_some() || std::str::from_utf8(&fed[..last.fed]).is_err();
    if keeps {
        return;
    }
    let mut fresh = Run::new(family, way, last.policy);
    fresh.act(&acts[last.act..].iter().copied().filter(|act| matches!(act, Act::Feed(_))).collect::<Vec<_>>());
    assert_eq!(fresh.finish().output, done.output[last.left..]);
});
