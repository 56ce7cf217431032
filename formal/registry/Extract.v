(** The registry as a program, to be run against the real one. *)

From Coq Require Import Extraction ExtrOcamlBasic ExtrOcamlZBigInt.
From Interlock Require Import registry.Registry registry.Interface.

Extraction "registry_model.ml" empty apply status_of.
