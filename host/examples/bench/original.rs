//! The published package's way with a token, as `spec/halt.md` describes it: a text and a score in, the whole session
//! serialised out. Written for this comparison; where the package made JavaScript objects, this writes JSON, which is
//! faster.

use std::collections::VecDeque;

use serde::Serialize;

#[derive(Serialize)]
struct Event {
    token: String,
    index: usize,
    coherence: f64,
    timestamp: f64,
    halted: bool,
}

#[derive(Default, Serialize)]
struct Session {
    tokens: Vec<String>,
    events: Vec<Event>,
    coherence_history: Vec<f64>,
    halted: bool,
    halt_index: usize,
    halt_reason: String,
    start_time: f64,
    end_time: f64,
}

/// The per-token kernel under its default configuration.
#[derive(Default)]
pub(crate) struct PerToken {
    session: Session,
    window: VecDeque<f64>,
}

impl PerToken {
    /// Judges a token and gives the session so far.
    pub(crate) fn process_token(&mut self, token: &str, score: f64) -> String {
        let Self { session, window } = self;
        let index = session.tokens.len();
        session.tokens.push(token.to_owned());
        session.coherence_history.push(score);
        window.push_back(score);
        if window.len() > 10 {
            window.pop_front();
        }
        if score < 0.5 {
            session.halt_reason = format!("hard_limit ({score:.4} < 0.5)");
        } else if window.len() == 10 && window.iter().sum::<f64>() / 10.0 < 0.55 {
            session.halt_reason = String::from("window_avg");
        } else if let [.., first, _, _, _, last] = session.coherence_history.as_slice()
            && first - last > 0.15
        {
            session.halt_reason = format!("downward_trend ({:.4} > 0.15)", first - last);
        }
        let halted = !session.halt_reason.is_empty();
        session.halted = halted;
        session.halt_index = if halted { index } else { 0 };
        session.events.push(Event { token: token.to_owned(), index, coherence: score, timestamp: 0.0, halted });
        serde_json::to_string(session).unwrap()
    }
}
