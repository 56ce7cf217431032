//! The types of the WIT interface `session`, to and from those of the core.

use interlock_core::dialect::{Channel, ChannelKind, DialectKind};
use interlock_core::guard::Action;
use interlock_core::policy::{ChannelAction, Mode, PolicyError};
use interlock_core::session as core;

use crate::bindings::exports::interlock::kernel::session as wit;

impl From<PolicyError> for wit::PolicyError {
    fn from(error: PolicyError) -> Self {
        Self { message: error.message(), path: error.path }
    }
}

impl From<core::SessionError> for wit::SessionError {
    fn from(error: core::SessionError) -> Self {
        match error {
            core::SessionError::Ended { state } => Self::Ended(state.into()),
            core::SessionError::UnknownSegment { segment } => Self::UnknownSegment(segment),
        }
    }
}

impl From<core::SessionState> for wit::SessionState {
    fn from(state: core::SessionState) -> Self {
        match state {
            core::SessionState::Open => Self::Open,
            core::SessionState::Ending => Self::Ending,
            core::SessionState::Completed => Self::Completed,
            core::SessionState::Halted => Self::Halted,
            core::SessionState::Failed => Self::Failed,
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

impl From<Channel> for wit::Channel {
    fn from(channel: Channel) -> Self {
        Self { choice: channel.choice, kind: channel.kind.into(), block: channel.block }
    }
}

impl From<ChannelKind> for wit::ChannelKind {
    fn from(kind: ChannelKind) -> Self {
        match kind {
            ChannelKind::Content => Self::Content,
            ChannelKind::Reasoning => Self::Reasoning,
            ChannelKind::Refusal => Self::Refusal,
            ChannelKind::ToolName => Self::ToolName,
            ChannelKind::ToolArguments => Self::ToolArguments,
            ChannelKind::Other => Self::Other,
        }
    }
}

impl From<core::Segment> for wit::Segment {
    fn from(segment: core::Segment) -> Self {
        Self {
            id: segment.id,
            channel: segment.channel.into(),
            start: segment.start,
            text: segment.text,
            logit_entropy: segment.logit_entropy,
        }
    }
}

impl From<core::SessionEvent> for wit::SessionEvent {
    fn from(event: core::SessionEvent) -> Self {
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

impl From<core::ChoiceRecord> for wit::ChoiceRecord {
    fn from(record: core::ChoiceRecord) -> Self {
        Self { choice: record.choice, summary: record.summary.into() }
    }
}

impl From<core::ChannelRecord> for wit::ChannelRecord {
    fn from(record: core::ChannelRecord) -> Self {
        Self {
            channel: record.channel.into(),
            action: match record.action {
                ChannelAction::Score => wit::ChannelAction::Score,
                ChannelAction::Withhold => wit::ChannelAction::Withhold,
                ChannelAction::Pass => wit::ChannelAction::Pass,
            },
            checked: match record.checked {
                core::Checked::Scored => wit::Checked::Scored,
                core::Checked::Unscored => wit::Checked::Unscored,
                core::Checked::Withheld => wit::Checked::Withheld,
            },
            guarded: record.guarded,
            bytes: record.bytes,
            released: record.released,
        }
    }
}

impl From<core::HaltedAt> for wit::HaltedAt {
    fn from(at: core::HaltedAt) -> Self {
        Self { segment: at.segment, channel: at.channel.into(), start: at.start }
    }
}

impl From<core::SessionRecord> for wit::SessionRecord {
    fn from(record: core::SessionRecord) -> Self {
        Self {
            dialect: record.dialect.into(),
            mode: match record.mode {
                Mode::Enforce => wit::Mode::Enforce,
                Mode::Observe => wit::Mode::Observe,
            },
            state: record.state.into(),
            halt: record.halt.map(Into::into),
            halted_at: record.halted_at.map(Into::into),
            error: record.error.map(|error| wit::SessionFailure { message: error.message, offset: error.offset }),
            bytes_in: record.bytes_in,
            bytes_out: record.bytes_out,
            events_in: record.events_in,
            segments: record.segments,
            warnings: record.warnings,
            usage: record.usage.map(|usage| usage.get().to_owned()),
            choices: record.choices.into_iter().map(Into::into).collect(),
            channels: record.channels.into_iter().map(Into::into).collect(),
            covenant: record.covenant.map(Into::into),
            guard: record.guard.map(Into::into),
        }
    }
}

impl From<Action> for wit::GuardAction {
    fn from(action: Action) -> Self {
        match action {
            Action::Halt => Self::Halt,
            Action::Redact => Self::Redact,
            Action::Flag => Self::Flag,
        }
    }
}

impl From<core::GuardEvent> for wit::GuardEvent {
    fn from(event: core::GuardEvent) -> Self {
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

impl From<core::GuardRecord> for wit::GuardRecord {
    fn from(record: core::GuardRecord) -> Self {
        let pattern = |it: core::PatternRecord| wit::PatternRecord {
            pattern: it.pattern,
            action: it.action.into(),
            matches: it.matches,
        };
        Self { halted_by: record.halted_by, patterns: record.patterns.into_iter().map(pattern).collect() }
    }
}

impl From<core::CovenantRecord> for wit::CovenantRecord {
    fn from(record: core::CovenantRecord) -> Self {
        let counter = |it: core::CounterRecord| wit::CounterRecord {
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

impl From<core::ReviewRequest> for wit::ReviewRequest {
    fn from(request: core::ReviewRequest) -> Self {
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

impl From<core::SessionDecision> for wit::SessionDecision {
    fn from(decision: core::SessionDecision) -> Self {
        Self {
            choice: decision.choice,
            block: decision.block,
            outcome: decision.outcome.into(),
            at_ms: decision.at_ms,
            record: decision.record,
        }
    }
}

impl From<core::TopUpRequest> for wit::TopUpRequest {
    fn from(request: core::TopUpRequest) -> Self {
        let core::TopUpRequest { counter, missing, free, most } = request;
        Self { counter, missing, free, most }
    }
}

impl From<core::LedgerEvent> for wit::LedgerEvent {
    fn from(event: core::LedgerEvent) -> Self {
        Self { kind: event.kind.to_owned(), tag: event.tag.to_owned(), payload: event.payload }
    }
}
