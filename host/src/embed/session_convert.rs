//! The types of the WIT interface `session`, to and from those of the core.

use interlock_core::dialect::{Channel, ChannelKind, DialectKind};
use interlock_core::guard::Action;
use interlock_core::json::JsonText;
use interlock_core::policy::{ChannelAction, Mode, PolicyError};
use interlock_core::session as core;

use super::bindings::exports::interlock::kernel::session as wit;
use super::error::HostError;
use super::session::LedgerEvent;

impl From<DialectKind> for wit::DialectKind {
    fn from(kind: DialectKind) -> Self {
        match kind {
            DialectKind::OpenaiChat => Self::OpenaiChat,
            DialectKind::OpenaiChatBody => Self::OpenaiChatBody,
            DialectKind::OpenaiResponses => Self::OpenaiResponses,
            DialectKind::OpenaiResponsesBody => Self::OpenaiResponsesBody,
            DialectKind::Anthropic => Self::Anthropic,
            DialectKind::AnthropicBody => Self::AnthropicBody,
            DialectKind::Gemini => Self::Gemini,
            DialectKind::GeminiBody => Self::GeminiBody,
            DialectKind::UiMessage => Self::UiMessage,
            DialectKind::Text => Self::Text,
        }
    }
}

impl From<wit::DialectKind> for DialectKind {
    fn from(kind: wit::DialectKind) -> Self {
        match kind {
            wit::DialectKind::OpenaiChat => Self::OpenaiChat,
            wit::DialectKind::OpenaiChatBody => Self::OpenaiChatBody,
            wit::DialectKind::OpenaiResponses => Self::OpenaiResponses,
            wit::DialectKind::OpenaiResponsesBody => Self::OpenaiResponsesBody,
            wit::DialectKind::Anthropic => Self::Anthropic,
            wit::DialectKind::AnthropicBody => Self::AnthropicBody,
            wit::DialectKind::Gemini => Self::Gemini,
            wit::DialectKind::GeminiBody => Self::GeminiBody,
            wit::DialectKind::UiMessage => Self::UiMessage,
            wit::DialectKind::Text => Self::Text,
        }
    }
}

impl From<wit::Channel> for Channel {
    fn from(channel: wit::Channel) -> Self {
        Self { choice: channel.choice, kind: channel.kind.into(), block: channel.block }
    }
}

impl From<wit::ChannelKind> for ChannelKind {
    fn from(kind: wit::ChannelKind) -> Self {
        match kind {
            wit::ChannelKind::Content => Self::Content,
            wit::ChannelKind::Reasoning => Self::Reasoning,
            wit::ChannelKind::Refusal => Self::Refusal,
            wit::ChannelKind::ToolName => Self::ToolName,
            wit::ChannelKind::ToolArguments => Self::ToolArguments,
            wit::ChannelKind::Other => Self::Other,
        }
    }
}

impl From<wit::SessionState> for core::SessionState {
    fn from(state: wit::SessionState) -> Self {
        match state {
            wit::SessionState::Open => Self::Open,
            wit::SessionState::Ending => Self::Ending,
            wit::SessionState::Completed => Self::Completed,
            wit::SessionState::Halted => Self::Halted,
            wit::SessionState::Failed => Self::Failed,
        }
    }
}

impl From<wit::Segment> for core::Segment {
    fn from(segment: wit::Segment) -> Self {
        Self {
            id: segment.id,
            channel: segment.channel.into(),
            start: segment.start,
            text: segment.text,
            logit_entropy: segment.logit_entropy,
        }
    }
}

impl From<wit::SessionEvent> for core::SessionEvent {
    fn from(event: wit::SessionEvent) -> Self {
        Self {
            segment: event.segment,
            channel: event.channel.into(),
            start: event.start,
            text: event.text,
            score: event.score,
            verdict: event.verdict.into(),
            position: event.position,
        }
    }
}

impl From<wit::ChannelRecord> for core::ChannelRecord {
    fn from(record: wit::ChannelRecord) -> Self {
        Self {
            channel: record.channel.into(),
            action: match record.action {
                wit::ChannelAction::Score => ChannelAction::Score,
                wit::ChannelAction::Withhold => ChannelAction::Withhold,
                wit::ChannelAction::Pass => ChannelAction::Pass,
            },
            checked: match record.checked {
                wit::Checked::Scored => core::Checked::Scored,
                wit::Checked::Unscored => core::Checked::Unscored,
                wit::Checked::Withheld => core::Checked::Withheld,
            },
            guarded: record.guarded,
            bytes: record.bytes,
            released: record.released,
        }
    }
}

impl From<wit::SessionRecord> for core::SessionRecord {
    fn from(record: wit::SessionRecord) -> Self {
        Self {
            dialect: record.dialect.into(),
            mode: match record.mode {
                wit::Mode::Enforce => Mode::Enforce,
                wit::Mode::Observe => Mode::Observe,
            },
            state: record.state.into(),
            halt: record.halt.map(Into::into),
            halted_at: record.halted_at.map(|at| core::HaltedAt {
                segment: at.segment,
                channel: at.channel.into(),
                start: at.start,
            }),
            error: record.error.map(|error| core::SessionFailure { message: error.message, offset: error.offset }),
            bytes_in: record.bytes_in,
            bytes_out: record.bytes_out,
            events_in: record.events_in,
            segments: record.segments,
            warnings: record.warnings,
            usage: record.usage.and_then(|usage| JsonText::new(usage.as_bytes()).ok()),
            choices: record
                .choices
                .into_iter()
                .map(|choice| core::ChoiceRecord { choice: choice.choice, summary: choice.summary.into() })
                .collect(),
            channels: record.channels.into_iter().map(Into::into).collect(),
            covenant: record.covenant.map(Into::into),
            guard: record.guard.map(Into::into),
        }
    }
}

impl From<wit::GuardAction> for Action {
    fn from(action: wit::GuardAction) -> Self {
        match action {
            wit::GuardAction::Halt => Self::Halt,
            wit::GuardAction::Redact => Self::Redact,
            wit::GuardAction::Flag => Self::Flag,
        }
    }
}

impl From<wit::GuardEvent> for core::GuardEvent {
    fn from(event: wit::GuardEvent) -> Self {
        Self {
            channel: event.channel.into(),
            pattern: event.pattern,
            action: event.action.into(),
            start: event.start,
            length: event.length,
            position: event.position,
        }
    }
}

impl From<wit::GuardRecord> for core::GuardRecord {
    fn from(record: wit::GuardRecord) -> Self {
        let pattern = |it: wit::PatternRecord| core::PatternRecord {
            pattern: it.pattern,
            action: it.action.into(),
            matches: it.matches,
        };
        Self { halted_by: record.halted_by, patterns: record.patterns.into_iter().map(pattern).collect() }
    }
}

impl From<wit::CovenantRecord> for core::CovenantRecord {
    fn from(record: wit::CovenantRecord) -> Self {
        let counter = |it: wit::CounterRecord| core::CounterRecord {
            counter: it.counter,
            ceiling: it.ceiling,
            spent: it.spent,
            reserved: it.reserved,
        };
        Self {
            grant: record.grant,
            version: record.version,
            allowed: record.allowed,
            denied: record.denied,
            reviewed: record.reviewed,
            counters: record.counters.into_iter().map(counter).collect(),
        }
    }
}

impl From<wit::ReviewRequest> for core::ReviewRequest {
    fn from(request: wit::ReviewRequest) -> Self {
        Self {
            review: request.review,
            gate: request.gate,
            choice: request.choice,
            block: request.block,
            tool: request.tool,
            arguments: request.arguments,
            resource: request.resource,
            approvals: request.approvals,
            deadline_ms: request.deadline_ms,
        }
    }
}

impl From<wit::SessionDecision> for core::SessionDecision {
    fn from(decision: wit::SessionDecision) -> Self {
        Self {
            choice: decision.choice,
            block: decision.block,
            outcome: decision.outcome.into(),
            at_ms: decision.at_ms,
            record: decision.record,
        }
    }
}

impl From<wit::TopUpRequest> for core::TopUpRequest {
    fn from(request: wit::TopUpRequest) -> Self {
        let wit::TopUpRequest { counter, missing, free, most } = request;
        Self { counter, missing, free, most }
    }
}

impl From<wit::LedgerEvent> for LedgerEvent {
    fn from(event: wit::LedgerEvent) -> Self {
        let wit::LedgerEvent { kind, tag, payload } = event;
        Self { kind, tag, payload }
    }
}

impl From<core::LedgerEvent> for LedgerEvent {
    fn from(event: core::LedgerEvent) -> Self {
        Self { kind: event.kind.to_owned(), tag: event.tag.to_owned(), payload: event.payload }
    }
}

impl From<wit::GuardedText> for core::GuardedText {
    fn from(guarded: wit::GuardedText) -> Self {
        Self {
            text: guarded.text,
            record: guarded.record.into(),
            events: guarded.events.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<wit::PolicyError> for HostError {
    fn from(error: wit::PolicyError) -> Self {
        Self::Policy(PolicyError::new(error.path, error.message))
    }
}

impl From<wit::SessionError> for HostError {
    fn from(error: wit::SessionError) -> Self {
        Self::Session(match error {
            wit::SessionError::Ended(state) => core::SessionError::Ended { state: state.into() },
            wit::SessionError::UnknownSegment(segment) => core::SessionError::UnknownSegment { segment },
        })
    }
}
