(** The ledger as a program, to be run against the real one. *)

From Coq Require Import Extraction ExtrOcamlBasic ExtrOcamlZBigInt.
From Interlock Require Import ledger.Append.

Extraction "append_model.ml" append find_node last_time links_to links_from log_root.
