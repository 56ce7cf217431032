//! The streaming kernel under any order of operations, against a model of its life.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    missing_docs
)]

use interlock_core::halt::{
    Halt, HaltConfig, HaltReason, KernelError, KernelState, Observation, StreamMonitor, StreamingKernel, Verdict,
};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Operation {
    Begin,
    Push(f64),
    End,
    EmergencyStop,
    Reactivate,
    Run(Vec<f64>),
}

fn operation() -> impl Strategy<Value = Operation> {
    let score = || prop_oneof![12 => 0.56_f64..=1.0, 2 => 0.0_f64..=1.0, 1 => Just(f64::NAN)];
    prop_oneof![
        3 => Just(Operation::Begin),
        10 => score().prop_map(Operation::Push),
        3 => Just(Operation::End),
        1 => Just(Operation::EmergencyStop),
        2 => Just(Operation::Reactivate),
        2 => vec(score(), 0..8).prop_map(Operation::Run),
    ]
}

#[derive(Clone, Copy, PartialEq)]
enum Activity {
    Active,
    AfterHalt,
    Stopped,
}

/// A recorded token and its score.
type Recorded = (String, Option<f64>);

/// The kernel as a monitor a stream and a flag.
struct Model {
    config: HaltConfig,
    activity: Activity,
    stream: Option<(StreamMonitor, Vec<Recorded>)>,
}

impl Model {
    fn push(&mut self, token: &str, score: f64, asked: &mut bool) -> Result<Verdict, KernelError> {
        let (monitor, tokens) = self.stream.as_mut().ok_or(KernelError::NotStreaming)?;
        if monitor.summary().halt.is_some() {
            return Err(KernelError::Halted);
        }
        if self.activity != Activity::Active {
            let during = self.activity == Activity::Stopped && !tokens.is_empty();
            let reason = if during { HaltReason::EmergencyStop } else { HaltReason::Inactive };
            return Ok(monitor.stop(Halt::because(reason)).unwrap());
        }
        *asked = true;
        let verdict = monitor.push(score).unwrap();
        let recorded = if score.is_finite() { score } else { 0.0 };
        tokens.push((String::from(token), Some(recorded)));
        if verdict.is_halt() {
            self.activity = Activity::AfterHalt;
        }
        Ok(verdict)
    }

    fn state(&self) -> KernelState {
        match &self.stream {
            None => KernelState::Idle,
            Some((monitor, _)) if monitor.summary().halt.is_some() => KernelState::Halted,
            Some(_) => KernelState::Streaming,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_operations(operations in vec(operation(), 0..60)) {
        let config = HaltConfig { window_size: 4, trend_window: 3, ..HaltConfig::default() };
        let mut kernel = StreamingKernel::new(config.clone()).unwrap();
        let mut model = Model { config, activity: Activity::Active, stream: None };
        let fresh = |model: &Model| Some((StreamMonitor::new(&model.config).unwrap(), Vec::new()));
        for operation in operations {
            match operation {
                Operation::Begin => {
                    let expected = if model.stream.is_some() { Err(KernelError::Streaming) } else { Ok(()) };
                    prop_assert_eq!(kernel.begin(), expected);
                    if expected.is_ok() {
                        model.stream = fresh(&model);
                    }
                }
                Operation::Push(score) => {
                    let mut asked = [false; 2];
                    let got = kernel.push_with("t", || { asked[0] = true; Observation::score(score) });
                    let expected = model.push("t", score, &mut asked[1]);
                    prop_assert_eq!(got, expected);
                    prop_assert_eq!(asked[0], asked[1]);
                }
                Operation::End => match (kernel.end(), model.stream.take()) {
                    (Err(error), None) => prop_assert_eq!(error, KernelError::NotStreaming),
                    (Ok(record), Some((monitor, tokens))) => {
                        prop_assert_eq!(record.summary, monitor.summary());
                        let recorded: Vec<_> = record.tokens.into_iter().map(|token| (token.text, token.score)).collect();
                        prop_assert_eq!(recorded, tokens);
                    }
                    (got, expected) => panic!("{got:?} {}", expected.is_some()),
                },
                Operation::EmergencyStop => {
                    kernel.emergency_stop();
                    model.activity = Activity::Stopped;
                }
                Operation::Reactivate => {
                    kernel.reactivate();
                    model.activity = Activity::Active;
                }
                Operation::Run(scores) => {
                    let tokens: Vec<String> = (0..scores.len()).map(|index| format!("t{index}")).collect();
                    let mut next = scores.iter();
                    let got = kernel.run(&tokens, |_| *next.next().unwrap());
                    if model.stream.is_some() {
                        prop_assert_eq!(got, Err(KernelError::Streaming));
                        prop_assert_eq!(next.len(), scores.len());
                        continue;
                    }
                    model.stream = fresh(&model);
                    let mut asked = 0;
                    for (token, score) in tokens.iter().zip(&scores) {
                        let mut this = false;
                        let verdict = model.push(token, *score, &mut this).unwrap();
                        asked += usize::from(this);
                        if verdict.is_halt() {
                            break;
                        }
                    }
                    let (monitor, recorded) = model.stream.take().unwrap();
                    let record = got.unwrap();
                    prop_assert_eq!(record.summary, monitor.summary());
                    prop_assert_eq!(record.tokens.len(), recorded.len());
                    prop_assert_eq!(scores.len() - next.len(), asked);
                }
            }
            prop_assert_eq!(kernel.state(), model.state());
            prop_assert_eq!(kernel.is_active(), model.activity == Activity::Active);
        }
    }
}
