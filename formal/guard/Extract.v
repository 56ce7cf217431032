(** The guard as a program, to be run against the real one. *)

From Coq Require Import Extraction ExtrOcamlBasic ExtrOcamlZBigInt ExtrOcamlNatBigInt.
From Interlock Require Import guard.Table guard.Machine guard.Certificate guard.Checks.

Extraction "guard_model.ml" pattern_of class_of certified luhn iban init push finish cut_of.
