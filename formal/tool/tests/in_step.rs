//! What needs no Rocq: the kept vectors, and that manifest, mutants, proofs and core are in step.

use interlock_formal::manifest::Manifest;
use interlock_formal::{mutants, vectors};

#[test]
fn the_core_answers_as_the_proved_models_did() -> anyhow::Result<()> {
    assert!(vectors::check_all()? >= 1000);
    Ok(())
}

#[test]
fn manifest_proofs_and_core_are_in_step() -> anyhow::Result<()> {
    Manifest::read()?.check()
}

#[test]
fn every_mutant_can_be_made() -> anyhow::Result<()> {
    assert!(mutants::check_all()? >= 100);
    Ok(())
}
