//! The inputs of the project's own fixtures.
//!
//! Everything here is decided by the text of these files and by one seed, so writing the fixtures again
//! gives the same inputs on every machine.

mod advanced;
mod corpus;
mod covenant;
mod grant_registry;
mod halt;
mod kernels;
mod ledger;
mod operad;
mod random;
mod rule_registry;
mod rule_walk;
mod rules;
mod score;
mod session;
mod wire;

use serde::Serialize;

use super::{Case, Fixture};
use random::Random;

/// Where the randomness of the inputs starts.
const SEED: u64 = 0x1e7e_210c_c5ee_d001;

/// The files by name, without outputs.
///
/// # Errors
/// An input cannot be written as JSON.
pub(crate) fn fixtures() -> Result<Vec<(&'static str, Fixture)>, serde_json::Error> {
    Ok(vec![
        (
            "covenant.json",
            Fixture::new(
                "covenant",
                "Budgets with reservations and leases, the life of grants, attenuation that is taken and refused, review \
                 gates, decisions under long lists of permissions, patterns, registries with what is revoked, refused \
                 and forged.",
                covenant::cases(Random::new(SEED))?,
            ),
        ),
        (
            "ledger.json",
            Fixture::new(
                "ledger",
                "Nodes and their headers, the laws of appending, queries, roots and proofs, also forged ones, checkpoints \
                 and keys, tiles, files whole, torn and corrupt.",
                ledger::cases(Random::new(SEED))?,
            ),
        ),
        (
            "operad.json",
            Fixture::new(
                "operad",
                "Terms and their text, composition, types, normal forms, runs over machines, and the laws with their \
                 counterexamples where a meaning breaks them.",
                operad::cases(Random::new(SEED))?,
            ),
        ),
        (
            "halt.json",
            Fixture::new(
                "halt",
                "Monitors, kernels, configurations and entropies: random walks, exact thresholds and one ulp \
                 around them, NaN, infinities, subnormals, late and missing scores, batches.",
                halt::cases(Random::new(SEED))?,
            ),
        ),
        (
            "rules.json",
            Fixture::new(
                "rules",
                "Compiled rules and their bytes, whole and damaged, envelopes, keys of which so many must sign, rotated and \
                 revoked, policies as rules, and registries: every refusal, failures at each step, histories, pins, drains, \
                 snapshots, and random use.",
                rules::cases(Random::new(SEED))?,
            ),
        ),
        (
            "score.json",
            Fixture::new(
                "score",
                "The coherence scorer with its knowledge, reviews with answers from elsewhere, ranked retrieval and \
                 lexical signals, on texts in many scripts.",
                score::cases(Random::new(SEED))?,
            ),
        ),
        (
            "session.json",
            Fixture::new(
                "session",
                "Guarded streams of every dialect: splits, escapes, several choices and channels, halts, malformed \
                 and truncated input, answers out of order.",
                session::cases(Random::new(SEED))?,
            ),
        ),
        (
            "physics.json",
            Fixture::new(
                "physics",
                "Elementary functions over lists, seeded noise, phase dynamics of 1 to 257 oscillators, the SEC functional, \
                 the L16 controller; both definitions, edges, and what is refused.",
                advanced::physics::cases(Random::new(SEED))?,
            ),
        ),
        (
            "observers.json",
            Fixture::new(
                "observers",
                "Persistent homology of clouds, degenerate ones included, TCBO and its controller, PGBO; both definitions, \
                 edges, and what is refused.",
                advanced::observers::cases(Random::new(SEED))?,
            ),
        ),
        (
            "geometry.json",
            Fixture::new(
                "geometry",
                "Eigenpairs, decoders, spectral bridges and SSGF engines with both decoders and gradients, of 1 to 100 \
                 oscillators; sound; both definitions, edges, and what is refused.",
                advanced::geometry::cases(Random::new(SEED))?,
            ),
        ),
    ])
}

/// Cases as they are made, with names that say what they are.
#[derive(Default)]
struct Cases(Vec<Case>);

impl Cases {
    /// Adds an input under a name and its number among those of that name.
    fn add(&mut self, name: &str, input: impl Serialize) -> Result<(), serde_json::Error> {
        let taken = self.0.iter().filter(|case| case.name.rsplit_once('#').is_some_and(|(n, _)| n == name)).count();
        let input = serde_json::to_value(input)?;
        self.0.push(Case { name: format!("{name}#{taken}"), input, expect: serde_json::Value::Null });
        Ok(())
    }
}
