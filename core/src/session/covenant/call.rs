//! A tool call while it comes in.

use alloc::string::String;
use alloc::vec::Vec;

use crate::covenant::{Amount, Outcome};
use crate::dialect::{CallForm, Channel, ChannelKind, Found, TextForm};
use crate::json::{Decoder, Kind, Names, Scanner};
use crate::policy::{Policy, TOOL_CALL};
use crate::session::channel::ChannelState;
use crate::session::machine::Session;

use super::Covenant;
use super::due::Due;
use crate::covenant::DenyReason;

/// Where a call is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallState {
    /// More of it may come.
    Open,
    /// It is whole, or nothing that comes can mend it.
    Complete,
    Allowed,
    Denied,
}

/// A text of a call.
#[derive(Debug, Default)]
struct CallText {
    text: String,
    decoder: Decoder,
    /// The last message that had some of it.
    message: u64,
}

/// A tool call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) choice: u32,
    pub(super) block: u32,
    form: CallForm,
    /// The message in which it began.
    pub(super) message: u64,
    /// The last message that has a part of it.
    pub(super) last: u64,
    /// Calls that share messages leave together or not at all: the position of one of them.
    pub(super) group: u32,
    /// There are others in its group.
    pub(super) is_shared: bool,
    name: CallText,
    arguments: CallText,
    /// Clients may read something else in it than is checked here.
    is_odd: bool,
    pub(super) state: CallState,
}

/// The calls that a message has parts of, as far as they have been noted.
#[derive(Debug, Default)]
pub(in crate::session) struct Noted {
    /// By position, each once.
    pub(in crate::session) calls: Vec<u32>,
    /// How many of those that the dialect lists.
    listed: usize,
    /// How many of the message's texts.
    texts: usize,
}

impl Noted {
    fn add(&mut self, call: u32) {
        if !self.calls.contains(&call) {
            self.calls.push(call);
        }
    }
}

/// What a call asks for.
pub(super) struct Wanted {
    pub(super) resource: String,
    pub(super) costs: Vec<Amount>,
}

impl Call {
    pub(super) const fn is_allowed(&self) -> bool {
        matches!(self.state, CallState::Allowed)
    }

    pub(super) fn name(&self) -> &str {
        &self.name.text
    }

    pub(super) fn arguments(&self) -> &str {
        &self.arguments.text
    }

    /// Forgets the texts of a call that has been decided.
    pub(super) fn decide(&mut self, state: CallState) {
        self.state = state;
        self.name.text = String::new();
        self.arguments.text = String::new();
    }

    fn take(&mut self, kind: ChannelKind, content: &str, form: TextForm, message: u64, most: u64) {
        let text = if kind == ChannelKind::ToolName { &mut self.name } else { &mut self.arguments };
        if content.is_empty() {
            return;
        }
        // Of two texts with one name in a message clients take one; together they are what nobody reads.
        self.is_odd |= text.message == message;
        text.message = message;
        let CallText { text, decoder, .. } = text;
        if form.is_value {
            text.push_str(content);
        } else {
            decoder.decode(content, |piece| text.push_str(piece));
        }
        if text.len() as u64 > most {
            self.is_odd = true;
            text.clear();
        }
    }

    /// It is whole. What is replaced in it does not reach the client: what does is what is checked and shown.
    fn complete(&mut self, channels: &[ChannelState]) {
        let texts = [(ChannelKind::ToolName, &mut self.name), (ChannelKind::ToolArguments, &mut self.arguments)];
        for (kind, CallText { text, decoder, .. }) in texts {
            decoder.finish(|piece| text.push_str(piece));
            let name = Channel { choice: self.choice, kind, block: self.block };
            let channel = channels.iter().rfind(|state| cfg!(feature = "guard") && state.channel == name);
            if let Some(channel) = channel.filter(|channel| !channel.edits(0, u64::MAX).is_empty()) {
                // What comes for a call that has been decided begins within its channel, and is refused.
                *text = channel.as_it_leaves(text, 0, text.len() as u64).unwrap_or_default();
            }
        }
        self.state = CallState::Complete;
    }

    /// What it asks for, if it can be read in one way only.
    pub(super) fn wanted(&self, policy: &Policy, covenant: &Covenant) -> Option<Wanted> {
        let name = self.name();
        // A name with a separator would say what only an argument may say.
        if self.is_odd || name.is_empty() || name.bytes().any(|byte| byte == b'/') {
            return None;
        }
        let tools = policy.covenant.as_ref().map(|covenant| covenant.tools.as_slice()).unwrap_or_default();
        let tool = tools.iter().find(|tool| tool.name == name);
        let mut resource = String::from(name);
        if let Some(argument) = tool.and_then(|tool| tool.argument.as_deref()) {
            resource.push('/');
            resource.push_str(&argument_of(self.arguments(), argument)?);
        }
        let mut costs = Vec::new();
        costs.extend(covenant.calls_counter.map(|counter| Amount { counter, units: 1 }));
        let cost = tool.map_or(0, |tool| tool.cost);
        costs.extend(covenant.cost_counter.map(|counter| Amount { counter, units: cost }));
        Some(Wanted { resource, costs })
    }
}

/// The text of a member at the top of a JSON object that has it once.
fn argument_of(arguments: &str, name: &str) -> Option<String> {
    let mut json = Scanner::of(arguments);
    let mut walk = json.object().ok()?;
    let mut found = None;
    while json.next_field(&mut walk, Names::NONE).ok()?.is_some() {
        if json.key() != name {
            json.skip().ok()?;
        } else if found.is_some() || json.kind().ok()? != Kind::String {
            return None;
        } else {
            let range = json.string().ok()?;
            found = Some(json.plain(range).into_owned());
        }
    }
    json.finish().ok()?;
    found
}

/// Whether the text of a channel is a part of a call.
const fn is_call(channel: Channel) -> bool {
    matches!(channel.kind, ChannelKind::ToolName | ChannelKind::ToolArguments)
}

impl Covenant {
    /// Notes that calls share a message.
    fn join(&mut self, first: u32, others: &[u32]) {
        let group_of = |calls: &[Call], index: u32| calls.get(index as usize).map(|call| call.group);
        let Some(group) = group_of(&self.calls, first) else { return };
        for other in others {
            let joined = group_of(&self.calls, *other);
            for call in &mut self.calls {
                if Some(call.group) == joined || call.group == group {
                    call.group = group;
                    call.is_shared = true;
                }
            }
        }
    }
}

impl Session {
    /// Notes the calls that a message has parts of, up to a place in it. None when there are too many.
    pub(in crate::session) fn note_calls(&mut self, found: &Found, until: usize, noted: &mut Noted) -> Option<()> {
        while let Some(call) = found.calls.get(noted.listed).filter(|call| call.range.start <= until) {
            noted.listed = noted.listed.saturating_add(1);
            noted.add(self.call_for(call.choice, call.block, Some(call.form))?);
        }
        // A dialect that names the texts of a call and not the call has it held all the same.
        while let Some(text) = found.texts.get(noted.texts).filter(|text| text.range.start <= until) {
            noted.texts = noted.texts.saturating_add(1);
            if is_call(text.channel) {
                noted.add(self.call_for(text.channel.choice, text.channel.block, None)?);
            }
        }
        if until == usize::MAX
            && let [first, others @ ..] = noted.calls.as_slice()
            && !others.is_empty()
            && let Some(covenant) = &mut self.covenant
        {
            covenant.join(*first, others);
        }
        Some(())
    }

    #[inline(never)]
    fn call_for(&mut self, choice: u32, block: u32, form: Option<CallForm>) -> Option<u32> {
        let message = self.events_in;
        let most = self.policy.limits.channels;
        let covenant = self.covenant.as_mut()?;
        let last = covenant.calls.iter_mut().rposition(|call| call.choice == choice && call.block == block);
        let is_again = last.is_some();
        if let Some(index) = last
            && let Some(call) = covenant.calls.get_mut(index).filter(|call| call.state == CallState::Open)
        {
            call.last = message;
            call.is_odd |= form.is_some_and(|form| form != call.form);
            return u32::try_from(index).ok();
        }
        // The text before it ends here, and is judged before it.
        let text = self.choices.iter().find(|entry| entry.index == choice).and_then(|entry| entry.last_channel);
        if let Some(text) = text {
            self.cut_rest(text);
        }
        let before = self.next_segment_id();
        let covenant = self.covenant.as_mut()?;
        let index = u32::try_from(covenant.calls.len()).ok().filter(|index| *index < most)?;
        let form = form.unwrap_or(CallForm::Listed);
        covenant.calls.push(Call {
            choice,
            block,
            form,
            message,
            last: message,
            group: index,
            is_shared: false,
            name: CallText::default(),
            arguments: CallText::default(),
            // What comes for a call that has been decided was not there to be checked.
            is_odd: form == CallForm::Odd || is_again,
            state: CallState::Open,
        });
        covenant.due.push(Due::Call { call: index, before, review: None });
        Some(index)
    }

    /// Takes text of a call. What `differs` is told a second time and not as it was: nobody knows which of the two a
    /// client goes by.
    pub(in crate::session) fn note_call_text(
        &mut self,
        channel: Channel,
        content: &str,
        form: TextForm,
        differs: bool,
    ) {
        let most = u64::from(self.policy.limits.held_bytes);
        let message = self.events_in;
        let Some(covenant) = self.covenant.as_mut().filter(|_| is_call(channel)) else { return };
        let call = covenant.calls.iter_mut().rfind(|call| {
            (call.choice, call.block) == (channel.choice, channel.block) && call.state == CallState::Open
        });
        if let Some(call) = call {
            call.is_odd |= differs;
            call.take(channel.kind, content, form, message, most);
        }
    }

    /// No more comes for the calls of a choice, or for any.
    pub(in crate::session) fn complete_calls(&mut self, choice: Option<u32>) {
        let Some(covenant) = &mut self.covenant else { return };
        for call in &mut covenant.calls {
            if call.state == CallState::Open && choice.is_none_or(|choice| choice == call.choice) {
                call.complete(&self.channels);
            }
        }
    }

    /// Asks the enforcer about a call that is whole.
    pub(super) fn check_call(&mut self, index: u32) -> Option<Outcome> {
        let covenant = self.covenant.as_mut()?;
        let call = covenant.calls.get(index as usize)?;
        let now_ms = covenant.now_ms;
        let wanted = call.wanted(&self.policy, covenant);
        let (resource, costs) = match &wanted {
            Some(wanted) => (wanted.resource.as_str(), wanted.costs.as_slice()),
            None => (call.name(), Default::default()),
        };
        covenant.lacking = None;
        let decision = match wanted {
            Some(_) => covenant.enforcer.check(TOOL_CALL, resource, costs, now_ms),
            None => covenant.enforcer.decision(TOOL_CALL, resource, Outcome::Deny(DenyReason::MalformedCall)),
        };
        let (outcome, at_ms, record) = (decision.outcome, decision.at_ms, decision.to_json());
        if let Outcome::Deny(DenyReason::Budget(_)) = outcome {
            // Not the last word as long as there may be more.
            covenant.lacking = covenant.lacking_of(costs);
            if covenant.lacking.is_some() {
                return None;
            }
        }
        let (choice, block) = (call.choice, call.block);
        covenant.decisions.push(super::SessionDecision { choice, block, outcome, at_ms, record });
        Some(outcome)
    }
}
