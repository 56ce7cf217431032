(** Grants as a program, to be run against the real ones. *)

From Coq Require Import Extraction ExtrOcamlBasic ExtrOcamlZBigInt.
From Interlock Require Import covenant.Pattern covenant.Grant.

Extraction "grant_model.ml" matches_text is_within_text propose step attenuate allows.
