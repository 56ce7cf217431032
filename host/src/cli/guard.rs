//! `interlock guard`.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use interlock_core::dialect::DialectKind;
use interlock_core::halt::{Halt, HaltReason};
use interlock_core::policy::{Policy, ScorerKind};
use interlock_core::session::{Session, SessionError, SessionRecord, SessionState};

use super::ledger::{KeepError, StreamLedger};
use super::rules::{Trust, load};
use super::scores::Scores;
use super::{DOES_NOT_HOLD, Failure, HALTED, complain, dialect};

/// Bytes read at a time, at most.
const CHUNK: usize = 64 * 1024;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The protocol: openai-chat, openai-responses, anthropic or gemini, each also with -body for a response that is not
    /// streamed, ui-message or text.
    #[arg(long, value_name = "NAME", value_parser = dialect)]
    dialect: DialectKind,
    /// The policy: its source in TOML, or in JSON when its name ends in `.json`, an artifact, or an envelope of one.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    #[command(flatten)]
    trust: Trust,
    /// Scores of the segments, one a line, for a policy whose scorer kind is "host".
    #[arg(long, value_name = "FILE")]
    scores: Option<PathBuf>,
    /// A trace ledger's file, made where there is none: the decisions on tool calls, the halt and a summary are appended
    /// to it, each durable before anything that follows from it is written. The summary on standard error says where.
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// The stream. Without it, or as `-`, standard input.
    #[arg(value_name = "FILE")]
    input: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let artifact = load(&arguments.policy, &arguments.trust)?;
    let scores = scores(arguments, artifact.policy())?;
    let mut session =
        artifact.session(arguments.dialect).map_err(|error| Failure::of_file(&arguments.policy, error))?;
    // Nobody is there to give more of a budget.
    session.refuse_top_ups();
    let (place, mut input) = open(arguments.input.as_deref())?;
    let ledger = arguments.ledger.as_deref().map(StreamLedger::open).transpose()?;
    let mut guard = Guard {
        session,
        scores,
        segments: 0,
        out: io::stdout().lock(),
        reader_left: false,
        ledger,
        unkept: None,
        start: Instant::now(),
    };
    let read = guard.drive(input.as_mut());
    let record = guard.session.record();
    // Nobody may be reading the summary either.
    let _ = writeln!(io::stderr(), "{}", guard.summary(&record));
    if let (Some(error), Some(ledger)) = (&guard.unkept, &guard.ledger) {
        return Err(Failure::of_file(ledger.path(), error));
    }
    read.map_err(|reason| Failure::new(&place, reason))?;
    if guard.reader_left {
        let failure = Failure::new("standard output", "was closed before the stream was over");
        return Err(Failure { code: DOES_NOT_HOLD, ..failure });
    }
    if let (Some(path), Some(scores)) = (&arguments.scores, &guard.scores)
        && guard.segments > scores.count()
    {
        let (segments, count) = (guard.segments, scores.count());
        complain(format_args!("interlock: {}: {segments} segments came for {count} scores", path.display()));
    }
    verdict(&place, &record)
}

/// The exit code of a stream that is over.
fn verdict(place: &str, record: &SessionRecord) -> Result<ExitCode, Failure> {
    match record.state {
        SessionState::Halted => Ok(ExitCode::from(HALTED)),
        SessionState::Failed => {
            let failure = record.error.as_ref();
            let offset = failure.map_or(record.bytes_in, |failure| failure.offset);
            let message = failure.map_or("the stream broke", |failure| failure.message.as_str());
            Err(Failure::new(place, format_args!("byte {offset}: {message}")))
        }
        SessionState::Open | SessionState::Ending | SessionState::Completed => Ok(ExitCode::SUCCESS),
    }
}

/// The scores that a policy asks for.
fn scores(arguments: &Arguments, policy: &Policy) -> Result<Option<Scores>, Failure> {
    match (policy.scorer.kind, &arguments.scores) {
        (ScorerKind::Host, Some(path)) => Scores::read(path).map(Some),
        (ScorerKind::Host, None) => Err(Failure::of_file(
            &arguments.policy,
            "scorer.kind is \"host\": give the scores with --scores FILE, or use the kind \"builtin\" or \"none\"",
        )),
        (ScorerKind::None | ScorerKind::Builtin, Some(path)) => {
            Err(Failure::of_file(path, "scores are used only where the policy's scorer.kind is \"host\""))
        }
        (ScorerKind::None | ScorerKind::Builtin, None) => Ok(None),
    }
}

/// The input and what to call it.
fn open(path: Option<&Path>) -> Result<(String, Box<dyn Read>), Failure> {
    match path.filter(|path| *path != Path::new("-")) {
        None => Ok((String::from("standard input"), Box::new(io::stdin().lock()))),
        Some(path) => {
            let file = File::open(path).map_err(|error| Failure::of_file(path, error))?;
            Ok((path.display().to_string(), Box::new(file)))
        }
    }
}

/// A session between an input and standard output.
struct Guard<W> {
    session: Session,
    scores: Option<Scores>,
    /// Segments that were answered.
    segments: usize,
    out: W,
    /// Whoever read the output has closed it.
    reader_left: bool,
    ledger: Option<StreamLedger>,
    /// What happened could not be recorded: nothing more leaves.
    unkept: Option<KeepError>,
    start: Instant,
}

impl<W: Write> Guard<W> {
    /// Moves bytes until the stream is over. The error is the input's.
    fn drive(&mut self, input: &mut dyn Read) -> Result<(), io::Error> {
        let mut buffer = vec![0; CHUNK];
        let mut broken = Ok(());
        while self.session.wants_input() && !self.is_broken() {
            let read = input.read(&mut buffer);
            self.advance();
            if !self.session.wants_input() {
                // Its time is spent.
                break;
            }
            let fed = match read {
                Ok(0) => self.session.end(),
                Ok(length) => self.session.feed(buffer.get(..length).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    let message = error.to_string();
                    broken = Err(error);
                    self.session.fail(&message)
                }
            };
            self.give_out(fed);
        }
        if self.session.state() == SessionState::Open && !self.is_broken() {
            // The protocol said that it was over before its bytes did.
            let ended = self.session.end();
            self.give_out(ended);
        }
        if !self.session.state().is_terminal() && !self.is_broken() {
            // A tool call waits for somebody to look at it, and nobody is there.
            let stopped = self.session.stop(Halt::because(HaltReason::ReviewPending));
            self.give_out(stopped);
        }
        broken
    }

    /// Whether nothing more can leave.
    const fn is_broken(&self) -> bool {
        self.reader_left || self.unkept.is_some()
    }

    /// Tells the session the time. A budget of time may be spent with it.
    fn advance(&mut self) {
        let now_ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let advanced = self.session.advance(now_ms);
        if self.session.state().is_terminal() {
            self.give_out(advanced);
        }
    }

    /// The record, and where the ledger is that has it.
    fn summary(&mut self, record: &SessionRecord) -> String {
        let mut text = record.to_json();
        if let Some(ledger) = &mut self.ledger {
            text.pop();
            let _ = write!(text, ",\"ledger\":{}}}", ledger.summary());
        }
        text
    }

    /// Appends what there is for the ledger.
    fn keep(&mut self) {
        let Some(ledger) = &mut self.ledger else { return };
        while let Some(event) = self.session.next_ledger_event() {
            if let Err(error) = ledger.append(&event) {
                self.unkept = Some(error);
                let _ = self.session.emergency_stop();
                return;
            }
        }
    }

    /// Answers what wants a score and writes what may leave.
    fn give_out(&mut self, fed: Result<(), SessionError>) {
        debug_assert!(fed.is_ok(), "a session that wants input takes it");
        while let Some(segment) = self.session.next_segment() {
            self.segments = self.segments.saturating_add(1);
            let answer = self.scores.as_mut().map(Scores::next).unwrap_or_default();
            // A halt ends it, and the segments that were cut before with it.
            let _ = self.session.answer(segment.id, answer);
        }
        while self.session.next_event().is_some() {}
        self.keep();
        if self.unkept.is_some() {
            return;
        }
        let output = self.session.take_output();
        if !output.is_empty() && self.out.write_all(&output).and_then(|()| self.out.flush()).is_err() {
            self.reader_left = true;
            self.session.abandon();
            self.keep();
        }
    }
}
