(** The budget as a program, to be run against the real one. *)

From Coq Require Import Extraction ExtrOcamlBasic ExtrOcamlZBigInt.
From Interlock Require Import covenant.Budget.

Extraction "budget_model.ml" new_budget apply free.
