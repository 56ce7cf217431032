(** The Merkle root, the proofs and the verifiers as a program, to be run against the real ones. *)

From Coq Require Import Extraction ExtrOcamlBasic ExtrOcamlZBigInt.
From Interlock Require Import ledger.Merkle ledger.Proofs ledger.Completeness.

Extraction "ledger_model.ml" root leaf_hash verify_inclusion verify_consistency inclusion_proof
  consistency_proof.
