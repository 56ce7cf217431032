(** The five operations as a program, to be run against the real ones. *)

From Coq Require Import Extraction ExtrOcamlBasic ExtrOcamlZBigInt.
From Interlock Require Import operad.Agents operad.Composition.

Extraction "operad_model.ml" run composed permuted.
