//! Programs over agents of any kind, compared on inputs drawn from a seed.

use alloc::vec::Vec;

use super::program::{Algebra, Program, Stack};
use crate::Fidelity;
use crate::numeric::Xorshift64;

/// How much is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// The seed that all inputs follow from.
    pub seed: u64,
    /// Runs, each from the agents' first states.
    pub runs: u32,
    /// Steps of each run.
    pub steps: u32,
}

/// Looks for inputs on which two programs do not give the same, where agents and values are of any kind.
///
/// `agents` makes an algebra whose agents are in their first states, and `draw` an input. The inputs that are found
/// are as few as can be: leaving any of them out leaves no difference; the last one shows it.
///
/// # Errors
/// The inputs.
pub fn verify_sampled<A: Algebra>(
    left: &Program,
    right: &Program,
    sampling: Sampling,
    mut agents: impl FnMut() -> A,
    mut draw: impl FnMut(&mut Xorshift64) -> A::Value,
) -> Result<(), Vec<A::Value>>
where
    A::Value: PartialEq,
{
    let mut chance = Xorshift64::new(sampling.seed, Fidelity::Corrected);
    let mut differ_at = |inputs: &[A::Value]| {
        let (mut one, mut other, mut stack) = (agents(), agents(), Stack::default());
        inputs.iter().position(|input| {
            let expected = left.run(&mut one, &mut stack, input.clone());
            right.run(&mut other, &mut stack, input.clone()) != expected
        })
    };
    for _ in 0..sampling.runs {
        let mut inputs: Vec<A::Value> = (0..sampling.steps).map(|_| draw(&mut chance)).collect();
        let Some(at) = differ_at(&inputs) else { continue };
        inputs.truncate(at.saturating_add(1));
        let mut leave_out = 0_usize;
        while leave_out < inputs.len() {
            let mut fewer = inputs.clone();
            fewer.remove(leave_out);
            match differ_at(&fewer) {
                // What was needed before may not be needed now.
                Some(at) => {
                    fewer.truncate(at.saturating_add(1));
                    inputs = fewer;
                    leave_out = 0;
                }
                None => leave_out = leave_out.saturating_add(1),
            }
        }
        return Err(inputs);
    }
    Ok(())
}
