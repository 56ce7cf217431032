(** The monitor as a program, to be run against the real one. *)

From Coq Require Import Extraction ExtrOcamlBasic ExtrOcamlZBigInt.
From Interlock Require Import halt.Bits halt.Spec halt.Machine.

Extraction "halt_model.ml" configure prepare fresh push_observation push_many tokens.
