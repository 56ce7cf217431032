//! One guarded stream, in an instance of its own.

use interlock_core::covenant::ReviewState;
use interlock_core::dialect::DialectKind;
use interlock_core::halt::{Halt, Observation};
use interlock_core::policy::{Policy, PolicyError};
use interlock_core::session::{
    GuardEvent, GuardedText, ReviewRequest, Segment, SessionDecision, SessionEvent, SessionRecord, SessionState,
    TopUpRequest,
};
use wasmtime::component::ResourceAny;

use super::aftermath::Aftermath;
use super::bindings::exports::interlock::kernel::session as wit;
use super::engine::Interlock;
use super::error::{HostError, Trap};
use super::guard::GuardedPolicy;
use super::instance::Instance;

impl Interlock {
    /// A session for one stream, in a fresh instance.
    ///
    /// # Errors
    /// [`HostError::Policy`] when the policy is not valid; no instance could be made; a trap.
    pub fn session(&self, policy: &Policy, dialect: DialectKind) -> Result<Session, HostError> {
        Session::new(self.instantiate()?, policy, dialect)
    }

    /// As [`Interlock::session`], under a policy written as a JSON object.
    ///
    /// # Errors
    /// Those of [`Interlock::session`].
    pub fn session_from_json(&self, policy: &str, dialect: DialectKind) -> Result<Session, HostError> {
        Session::from_json(self.instantiate()?, policy, dialect)
    }

    /// As [`Interlock::session`], under a policy whose guard has been compiled.
    ///
    /// # Errors
    /// Those of [`Interlock::session`].
    pub fn guarded_session(&self, policy: &GuardedPolicy, dialect: DialectKind) -> Result<Session, HostError> {
        Session::guarded(self.instantiate()?, policy, dialect)
    }
}

/// A policy as the component takes it. Validated here, since JSON has no word for the numbers that are refused.
pub(super) fn policy_json(policy: &Policy) -> Result<String, HostError> {
    policy.validate().map_err(HostError::Policy)?;
    serde_json::to_string(policy).map_err(|error| HostError::Policy(PolicyError::new(String::new(), error.to_string())))
}

/// Everything that a session has to give, taken in one call.
#[derive(Clone, Debug)]
pub struct SessionOutput {
    /// Segments that want a score, in the order of the text.
    pub segments: Vec<Segment>,
    /// Verdicts in order.
    pub events: Vec<SessionEvent>,
    /// Tool calls that wait for somebody to look at them.
    pub reviews: Vec<ReviewRequest>,
    /// Decisions on tool calls.
    pub decisions: Vec<SessionDecision>,
    /// Matches of the guard.
    pub matches: Vec<GuardEvent>,
    /// Counters of a lease that run out.
    pub top_ups: Vec<TopUpRequest>,
    /// Bytes that may leave.
    pub bytes: Vec<u8>,
    /// Where the stream is in its life.
    pub state: SessionState,
    /// Whether more bytes of the wire can change anything.
    pub wants_input: bool,
}

/// Something that the ledger should keep: [`interlock_core::session::LedgerEvent`] as a component says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEvent {
    /// `covenant.decision`, `session.halt` or `session.end`.
    pub kind: String,
    /// What it comes to: the outcome of a decision, the reason of a halt; of an end `completed`, `halted`, `failed` or
    /// `abandoned`.
    pub tag: String,
    /// One JSON object; what is the same is always the same bytes.
    pub payload: Vec<u8>,
}

/// One guarded stream: [`interlock_core::session::Session`] inside an instance.
///
/// A trap reads as a halt: the call that traps succeeds, the state is [`SessionState::Halted`], and the output ends as
/// a halted stream does in its protocol. What the instance held back is lost with it and never leaves. Later inputs
/// are [`HostError::Poisoned`].
///
/// ```
/// use interlock_core::dialect::DialectKind;
/// use interlock_core::halt::Observation;
/// use interlock_core::policy::Policy;
/// use interlock_core::session::SessionState;
/// use interlock_host::embed::Interlock;
///
/// # let file = std::env::var("INTERLOCK_COMPONENT").unwrap_or("../target/component/interlock.component.wasm".into());
/// let interlock = Interlock::from_file(file)?;
/// let policy = Policy::from_json(r#"{"scorer": {"kind": "host"}}"#)?;
/// let mut session = interlock.session(&policy, DialectKind::Text)?;
/// for (text, score) in [("The sky is ", 0.9), ("green", 0.1)] {
///     session.feed(text.as_bytes())?;
///     while let Some(segment) = session.next_segment() {
///         session.answer(segment.id, Observation::score(score))?;
///     }
/// }
/// let output = session.drain();
/// assert_eq!(output.state, SessionState::Halted);
/// assert!(output.bytes.starts_with(b"The sky is "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Session {
    instance: Instance,
    handle: ResourceAny,
    aftermath: Aftermath,
}

impl Session {
    /// A session for one stream, in this instance.
    ///
    /// # Errors
    /// [`HostError::Policy`] when the policy is not valid; a trap.
    pub fn new(instance: Instance, policy: &Policy, dialect: DialectKind) -> Result<Self, HostError> {
        Self::from_json(instance, &policy_json(policy)?, dialect)
    }

    /// As [`Session::new`], under a policy written as a JSON object.
    ///
    /// # Errors
    /// Those of [`Session::new`].
    pub fn from_json(mut instance: Instance, policy: &str, dialect: DialectKind) -> Result<Self, HostError> {
        if let Some(guarded) = GuardedPolicy::of_json(policy)? {
            return Self::guarded(instance, &guarded, dialect);
        }
        let session = instance
            .session(policy.len(), |store, guest| guest.session().call_new(store, policy, dialect.into()))??;
        Ok(Self { instance, handle: session, aftermath: Aftermath::new(policy, dialect) })
    }

    /// A session for one stream, in this instance, under a policy whose guard has been compiled.
    ///
    /// # Errors
    /// [`HostError::Policy`] when the policy is not valid; a trap.
    pub fn guarded(mut instance: Instance, policy: &GuardedPolicy, dialect: DialectKind) -> Result<Self, HostError> {
        let (json, tables) = (policy.json(), policy.tables());
        let session = instance.session(policy.bytes(), |store, guest| {
            guest.session().call_new_guarded(store, json, dialect.into(), tables)
        })??;
        Ok(Self { instance, handle: session, aftermath: Aftermath::new(json, dialect) })
    }

    /// Takes bytes of the wire, cut anywhere. What is wrong with them is no error of the call: the session ends in
    /// [`SessionState::Failed`] once everything before it has been judged.
    ///
    /// # Errors
    /// [`HostError::Session`] when the stream or its input is over, [`HostError::Poisoned`] after a trap.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        let session = self.handle;
        let taken = self.instance.session(bytes.len(), |store, guest| guest.session().call_feed(store, session, bytes));
        if matches!(taken, Ok(Ok(())) | Err(HostError::Trap(_))) {
            self.aftermath.fed(bytes.len());
        }
        self.input(taken)
    }

    /// The upstream came to a clean end.
    ///
    /// # Errors
    /// [`HostError::Session`] when the stream or its input is over, [`HostError::Poisoned`] after a trap.
    pub fn end(&mut self) -> Result<(), HostError> {
        let session = self.handle;
        let taken = self.instance.session(0, |store, guest| guest.session().call_end(store, session));
        self.input(taken)
    }

    /// The upstream failed in a way that its bytes do not show: a connection was lost.
    ///
    /// # Errors
    /// [`HostError::Session`] when the stream or its input is over, [`HostError::Poisoned`] after a trap.
    pub fn fail(&mut self, message: &str) -> Result<(), HostError> {
        let session = self.handle;
        let taken =
            self.instance.session(message.len(), |store, guest| guest.session().call_fail(store, session, message));
        self.input(taken)
    }

    /// Answers a segment. Answers may come in any order; they are applied in the order of the text.
    ///
    /// # Errors
    /// [`HostError::Session`] when it does not wait for one or the stream is over, [`HostError::Poisoned`] after a
    /// trap.
    pub fn answer(&mut self, segment: u64, answer: Observation) -> Result<(), HostError> {
        let session = self.handle;
        let taken = self
            .instance
            .session(0, |store, guest| guest.session().call_answer(store, session, segment, answer.into()));
        self.input(taken)
    }

    /// Answers segments one after the other, up to the first that is refused, in one crossing. Gives how many were
    /// applied: fewer than there are only when the stream is over with one of them.
    ///
    /// # Errors
    /// [`HostError::Session`] when the first one is refused, or one because it does not wait for an answer; those
    /// before it stand. [`HostError::Poisoned`] after a trap.
    pub fn answer_many(&mut self, answers: &[(u64, Observation)]) -> Result<usize, HostError> {
        let session = self.handle;
        let answers: Vec<wit::SegmentAnswer> = answers
            .iter()
            .map(|&(segment, answer)| wit::SegmentAnswer { segment, observation: answer.into() })
            .collect();
        let bytes = size_of_val(answers.as_slice());
        let taken =
            self.instance.session(bytes, |store, guest| guest.session().call_answer_many(store, session, &answers));
        let answered = match taken {
            Err(HostError::Trap(_)) => {
                self.aftermath.trapped();
                return Ok(0);
            }
            taken => taken?,
        };
        match answered.refused {
            Some(wit::SessionError::Ended(_)) if answered.applied > 0 => {}
            Some(refused) => return Err(refused.into()),
            None => {}
        }
        Ok(usize::try_from(answered.applied).unwrap_or(usize::MAX))
    }

    /// Halts the stream now, whatever waits.
    ///
    /// # Errors
    /// [`HostError::Session`] when the stream is over, [`HostError::Poisoned`] after a trap.
    pub fn emergency_stop(&mut self) -> Result<(), HostError> {
        let session = self.handle;
        let taken = self.instance.session(0, |store, guest| guest.session().call_emergency_stop(store, session));
        self.input(taken)
    }

    /// Halts the stream now, for a reason that the session cannot see.
    ///
    /// # Errors
    /// [`HostError::Session`] when the stream is over, [`HostError::Poisoned`] after a trap.
    pub fn stop(&mut self, halt: Halt) -> Result<(), HostError> {
        let session = self.handle;
        let taken = self.instance.session(0, |store, guest| guest.session().call_stop(store, session, halt.into()));
        self.input(taken)
    }

    /// The next segment that wants a score, in the order of the text. With the scorer kind `host` only.
    pub fn next_segment(&mut self) -> Option<Segment> {
        let session = self.handle;
        self.output(|instance| instance.session(0, |store, guest| guest.session().call_next_segment(store, session)))?
            .map(Into::into)
    }

    /// The next verdict.
    pub fn next_event(&mut self) -> Option<SessionEvent> {
        let session = self.handle;
        self.output(|instance| instance.session(0, |store, guest| guest.session().call_next_event(store, session)))?
            .map(Into::into)
    }

    /// Takes the bytes that may leave.
    pub fn take_output(&mut self) -> Vec<u8> {
        let session = self.handle;
        let taken = self
            .output(|instance| instance.session(0, |store, guest| guest.session().call_take_output(store, session)));
        match taken {
            Some(bytes) => {
                self.aftermath.gave(&bytes);
                bytes
            }
            None => self.aftermath.take_output(),
        }
    }

    /// The next tool call that waits for somebody to look at it: handed out once, answered by
    /// [`Session::answer_review`].
    pub fn next_review(&mut self) -> Option<ReviewRequest> {
        let session = self.handle;
        self.output(|instance| instance.session(0, |store, guest| guest.session().call_next_review(store, session)))?
            .map(Into::into)
    }

    /// The next decision on a tool call.
    pub fn next_decision(&mut self) -> Option<SessionDecision> {
        let session = self.handle;
        self.output(|instance| instance.session(0, |store, guest| guest.session().call_next_decision(store, session)))?
            .map(Into::into)
    }

    /// The next match of the guard.
    pub fn next_guard_event(&mut self) -> Option<GuardEvent> {
        let session = self.handle;
        self.output(|instance| {
            instance.session(0, |store, guest| guest.session().call_next_guard_event(store, session))
        })?
        .map(Into::into)
    }

    /// Somebody approves or rejects a tool call that waits.
    ///
    /// # Errors
    /// [`HostError::Refused`] when there is no such review, or it is not theirs to decide; a trap, which halts the
    /// stream.
    pub fn answer_review(
        &mut self,
        review: u64,
        approver: &str,
        approves: bool,
        now_ms: u64,
    ) -> Result<ReviewState, HostError> {
        let session = self.handle;
        let answered = self.instance.session(approver.len(), |store, guest| {
            guest.session().call_answer_review(store, session, review, approver, approves, now_ms)
        });
        if matches!(answered, Err(HostError::Trap(_))) {
            self.aftermath.trapped();
        }
        Ok(answered??.into())
    }

    /// Notes the time, in ms on a clock of the host's choice that does not run backwards.
    ///
    /// # Errors
    /// [`HostError::Session`] when the stream is over, [`HostError::Poisoned`] after a trap.
    pub fn advance(&mut self, now_ms: u64) -> Result<(), HostError> {
        let session = self.handle;
        let taken = self.instance.session(0, |store, guest| guest.session().call_advance(store, session, now_ms));
        self.input(taken)
    }

    /// When the next review takes its gate's fallback, for a host that sets a timer.
    pub fn next_deadline_ms(&mut self) -> Option<u64> {
        let session = self.handle;
        self.output(|instance| {
            instance.session(0, |store, guest| guest.session().call_next_deadline_ms(store, session))
        })?
    }

    /// The next event for the ledger: a decision on a tool call, the halt, and when the stream is over its summary. A host
    /// that appends it before it gives out the session's output has recorded every halt before its ending is sent. After a
    /// trap the halt and the end are told, unless they have been; decisions that nobody asked for are lost with the
    /// instance.
    pub fn next_ledger_event(&mut self) -> Option<LedgerEvent> {
        let session = self.handle;
        let event = self.output(|instance| {
            instance.session(0, |store, guest| guest.session().call_next_ledger_event(store, session))
        });
        match event {
            Some(event) => {
                let event: Option<LedgerEvent> = event.map(Into::into);
                if let Some(event) = &event {
                    self.aftermath.told(event);
                }
                event
            }
            None => self.aftermath.next_ledger_event().map(Into::into),
        }
    }

    /// The client is gone, and nothing more is read: the ledger's last event says so, and how far it came.
    pub fn abandon(&mut self) {
        let session = self.handle;
        self.output(|instance| instance.session(0, |store, guest| guest.session().call_abandon(store, session)));
    }

    /// The next counter of a lease that runs out: handed out once, answered by [`Session::top_up`]. What cannot be paid for
    /// is held until then.
    pub fn next_top_up(&mut self) -> Option<TopUpRequest> {
        let session = self.handle;
        self.output(|instance| instance.session(0, |store, guest| guest.session().call_next_top_up(store, session)))?
            .map(Into::into)
    }

    /// Tops a lease up, asked or not, with so many units. With 0 it is refused for good: what cannot be paid for halts
    /// the stream.
    ///
    /// # Errors
    /// [`HostError::Refused`] when the stream is over, or the policy has no lease of the counter; [`HostError::Poisoned`]
    /// after a trap.
    pub fn top_up(&mut self, counter: &str, units: u64) -> Result<(), HostError> {
        let session = self.handle;
        let taken = self
            .instance
            .session(counter.len(), |store, guest| guest.session().call_top_up(store, session, counter, units));
        if matches!(taken, Err(HostError::Trap(_))) {
            self.aftermath.trapped();
            return Ok(());
        }
        Ok(taken??)
    }

    /// Whether something that was read waits for units: a host need not read on meanwhile.
    pub fn awaits_top_up(&mut self) -> bool {
        let session = self.handle;
        self.output(|instance| instance.session(0, |store, guest| guest.session().call_awaits_top_up(store, session)))
            .unwrap_or(false)
    }

    /// Whether every text that came is in a segment and every segment has its verdict. After a trap nothing is.
    pub fn is_between_segments(&mut self) -> bool {
        let session = self.handle;
        self.output(|instance| {
            instance.session(0, |store, guest| guest.session().call_is_between_segments(store, session))
        })
        .unwrap_or(false)
    }

    /// Whether [`Session::adopt`] would succeed.
    ///
    /// # Errors
    /// Its errors.
    pub fn check_adopt(&mut self, policy: &GuardedPolicy) -> Result<(), HostError> {
        let (session, json, tables) = (self.handle, policy.json(), policy.tables());
        let checked = self
            .instance
            .session(policy.bytes(), |store, guest| guest.session().call_check_adopt(store, session, json, tables));
        self.refused(checked)
    }

    /// Keeps to another policy from the next segment on: its limits, its knowledge, its segments, its ending. The windows of
    /// monitors keep the scores that they have.
    ///
    /// # Errors
    /// [`HostError::Refused`] says why the stream keeps the one that it has: `session-ended`, `session-in-segment`, or
    /// `session-fixed` with the path of what a stream keeps to its end. A trap, which halts the stream.
    pub fn adopt(&mut self, policy: &GuardedPolicy) -> Result<(), HostError> {
        let (session, json, tables) = (self.handle, policy.json(), policy.tables());
        let adopted = self
            .instance
            .session(policy.bytes(), |store, guest| guest.session().call_adopt(store, session, json, tables));
        self.refused(adopted)?;
        self.aftermath.adopted(json);
        Ok(())
    }

    /// Takes everything that waits but events for the ledger: segments, verdicts, reviews, decisions, requests and bytes, in
    /// one crossing.
    pub fn drain(&mut self) -> SessionOutput {
        let session = self.handle;
        let taken =
            self.output(|instance| instance.session(0, |store, guest| guest.session().call_drain(store, session)));
        let Some(output) = taken else {
            return SessionOutput {
                segments: Vec::new(),
                events: Vec::new(),
                reviews: Vec::new(),
                decisions: Vec::new(),
                matches: Vec::new(),
                top_ups: Vec::new(),
                bytes: self.aftermath.take_output(),
                state: SessionState::Halted,
                wants_input: false,
            };
        };
        self.aftermath.gave(&output.bytes);
        SessionOutput {
            segments: output.segments.into_iter().map(Into::into).collect(),
            events: output.events.into_iter().map(Into::into).collect(),
            reviews: output.reviews.into_iter().map(Into::into).collect(),
            decisions: output.decisions.into_iter().map(Into::into).collect(),
            matches: output.matches.into_iter().map(Into::into).collect(),
            top_ups: output.top_ups.into_iter().map(Into::into).collect(),
            bytes: output.bytes,
            state: output.state.into(),
            wants_input: output.wants_input,
        }
    }

    /// Where the stream is in its life.
    pub fn state(&mut self) -> SessionState {
        let session = self.handle;
        self.output(|instance| instance.session(0, |store, guest| guest.session().call_state(store, session)))
            .map_or(SessionState::Halted, Into::into)
    }

    /// Whether more bytes of the wire can change anything. False after the protocol's own end: the host may stop
    /// reading, and calls [`Session::end`].
    pub fn wants_input(&mut self) -> bool {
        let session = self.handle;
        self.output(|instance| instance.session(0, |store, guest| guest.session().call_wants_input(store, session)))
            .unwrap_or(false)
    }

    /// The policy that the session keeps to.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        self.aftermath.policy()
    }

    /// The account so far. After a trap it says so, with the bytes that went in and out; what was judged before is
    /// lost with the instance.
    pub fn record(&mut self) -> SessionRecord {
        let session = self.handle;
        match self.output(|instance| instance.session(0, |store, guest| guest.session().call_record(store, session))) {
            Some(record) => record.into(),
            None => self.aftermath.record(),
        }
    }

    /// The account so far as JSON.
    pub fn record_json(&mut self) -> String {
        let session = self.handle;
        let json = self
            .output(|instance| instance.session(0, |store, guest| guest.session().call_record_json(store, session)));
        json.unwrap_or_else(|| self.aftermath.record().to_json())
    }

    /// The trap that halted it.
    #[must_use]
    pub const fn trap(&self) -> Option<&Trap> {
        self.instance.trap()
    }

    /// The instance that it lives in.
    #[must_use]
    pub const fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Gives the instance back for the next stream.
    ///
    /// # Errors
    /// A trap, now or earlier: the instance is spent.
    pub fn into_instance(mut self) -> Result<Instance, HostError> {
        let session = self.handle;
        self.instance.with_store(|store| session.resource_drop(store))?;
        Ok(self.instance)
    }

    /// What an input came to. A trap is a halt.
    fn input(&mut self, taken: Result<Result<(), wit::SessionError>, HostError>) -> Result<(), HostError> {
        match taken {
            Ok(taken) => taken.map_err(Into::into),
            Err(HostError::Trap(_)) => {
                self.aftermath.trapped();
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// What came of a call that is to say whether it succeeded. A trap is a halt, and no success.
    fn refused(&mut self, taken: Result<Result<(), wit::Refusal>, HostError>) -> Result<(), HostError> {
        if matches!(taken, Err(HostError::Trap(_))) {
            self.aftermath.trapped();
        }
        Ok(taken??)
    }

    /// What an output came to; none after a trap.
    fn output<T>(&mut self, call: impl FnOnce(&mut Instance) -> Result<T, HostError>) -> Option<T> {
        match call(&mut self.instance) {
            Ok(output) => Some(output),
            Err(error) => {
                if matches!(error, HostError::Trap(_)) {
                    self.aftermath.trapped();
                }
                None
            }
        }
    }
}

/// The text of `guard_text` on its way: asked and answered where the core's function calls a closure.
pub(super) struct TextGuard;

impl TextGuard {
    pub(super) fn run(
        instance: &mut Instance,
        policy: &str,
        text: &str,
        mut score: impl FnMut(&Segment) -> Observation,
    ) -> Result<GuardedText, HostError> {
        let bytes = policy.len().saturating_add(text.len());
        let guard = match GuardedPolicy::of_json(policy)? {
            None => instance.session(bytes, |store, guest| guest.text_guard().call_new(store, policy, text))??,
            Some(guarded) => {
                let (json, tables) = (guarded.json(), guarded.tables());
                let bytes = guarded.bytes().saturating_add(text.len());
                instance
                    .session(bytes, |store, guest| guest.text_guard().call_new_guarded(store, json, text, tables))??
            }
        };
        while let Some(segment) =
            instance.session(0, |store, guest| guest.text_guard().call_next_segment(store, guard))?
        {
            let id = segment.id;
            let answer = score(&segment.into()).into();
            let answered =
                instance.session(0, |store, guest| guest.text_guard().call_answer(store, guard, id, answer))?;
            if answered.is_err() {
                // It halted by this answer's predecessor: nothing more is asked for.
                break;
            }
        }
        let guarded = instance.session(0, |store, guest| guest.text_guard().call_finish(store, guard))??;
        instance.with_store(|store| guard.resource_drop(store))?;
        Ok(guarded.into())
    }
}
