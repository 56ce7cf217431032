(** A compiled table as data, and the check that its states say what is true: what minimality asks of a table. *)

From Coq Require Import ZArith Lia Bool List Arith.
From Interlock Require Import guard.Table guard.Minimal.
Import ListNotations.

(** One pattern as the artifact holds it: the classes of bytes, as runs from a byte up to the next run; what each state
    says, the next state by state and class, and the states of threads that have read nothing. State 0 is the one from
    which nothing is found. *)
Record compiled := {
  runs : list (Z * nat);
  says_of : list says;
  rows : list (list nat);
  start_states : list nat }.

Definition nothing : says := {| now := false; before := false; at_end := false; live := false |}.

Definition place (s : surrounding) : nat :=
  match s with AtStart => 0 | Other => 1 | Word => 2 | LineFeed => 3 | CarriageReturn => 4 end.

Definition class_of (runs : list (Z * nat)) (b : Z) : nat :=
  fold_left (fun class run => if (fst run <=? b)%Z then snd run else class) runs 0.

Definition pattern_of (c : compiled) (check : list Z -> bool) : pattern := {|
  passes := check;
  start := fun s => nth (place s) (start_states c) 0;
  next := fun st b => nth (class_of (runs c) b) (nth st (rows c) []) 0;
  flags := fun st => nth st (says_of c) nothing |}.

Section Marks.
  (** States are marked as long as marks of others make more; [fuel] rounds at most. *)
  Variable step : (nat -> bool) -> nat -> bool.
  Variable count : nat.

  Definition marked (marks : list bool) (st : nat) : bool := nth st marks false.

  Definition round (marks : list bool) : list bool := map (step (marked marks)) (seq 0 count).

  Fixpoint same (a b : list bool) : bool :=
    match a, b with
    | [], [] => true
    | x :: a, y :: b => Bool.eqb x y && same a b
    | _, _ => false
    end.

  Fixpoint grown (fuel : nat) (marks : list bool) : list bool :=
    match fuel with
    | O => marks
    | S fuel => let more := round marks in if same marks more then marks else grown fuel more
    end.

  Lemma grown_sound (P : nat -> Prop) :
    (forall known st, (forall st', known st' = true -> P st') -> step known st = true -> P st) ->
    forall fuel marks, (forall st, marked marks st = true -> P st) -> forall st, marked (grown fuel marks) st = true -> P st.
  Proof.
    intros Step; induction fuel as [|fuel IH]; intros marks M; cbn [grown]; [exact M|].
    destruct (same marks (round marks)); [exact M|]. apply IH.
    intros st H. unfold marked, round in H.
    destruct (Nat.lt_ge_cases st count) as [L|L].
    - rewrite (nth_indep _ false (step (marked marks) 0)) in H by (rewrite map_length, seq_length; exact L).
      rewrite map_nth, seq_nth in H by exact L. exact (Step _ _ M H).
    - rewrite nth_overflow in H by (rewrite map_length, seq_length; exact L). discriminate.
  Qed.
End Marks.

Section OfPattern.
  Variable p : pattern.
  Variable count : nat.

  (** Bytes to try: one of each class is enough. *)
  Variable bytes : list Z.

  Definition match_step (known : nat -> bool) (st : nat) : bool :=
    at_end (flags p st) ||
    existsb (fun b => let to := next p st b in let f := flags p to in before f || now f || live f && known to) bytes.

  Definition fail_step (known : nat -> bool) (st : nat) : bool :=
    negb (at_end (flags p st)) ||
    existsb (fun b => let to := next p st b in let f := flags p to in
      negb (before f) && negb (now f) && (negb (live f) || known to)) bytes.

  Definition all_bytes : bool := forallb (fun b => (0 <=? b)%Z && (b <? 256)%Z) bytes.

  Definition live_holds : bool :=
    let marks := grown match_step count count [] in
    forallb (fun st => implb (live (flags p st)) (marked marks st)) (seq 0 count).

  Definition end_may_fail : bool :=
    let marks := grown fail_step count count [] in
    forallb (fun st => implb (live (flags p st) && at_end (flags p st)) (marked marks st)) (seq 0 count).

  Definition end_is_not_all : bool :=
    forallb (fun st => implb (live (flags p st) && at_end (flags p st))
      (existsb (fun b => negb (before (flags p (next p st b)))) bytes)) (seq 0 count).

  Variable total : forall st, count <= st -> live (flags p st) = false.
  Variable are_bytes : all_bytes = true.

  Lemma is_a_byte b : In b bytes -> is_byte b.
  Proof.
    intros I. apply (proj1 (forallb_forall _ _) are_bytes) in I. apply andb_prop in I. destruct I as [A B].
    apply Z.leb_le in A. apply Z.ltb_lt in B. split; assumption.
  Qed.

  Lemma in_count st : live (flags p st) = true -> In st (seq 0 count).
  Proof.
    intros L. apply in_seq. destruct (Nat.lt_ge_cases st count); [lia|]. rewrite total in L by assumption. discriminate.
  Qed.

  Lemma no_mark st : marked [] st = true -> False.
  Proof. unfold marked. destruct st; discriminate. Qed.

  Lemma live_holds_sound : live_holds = true -> forall st, live (flags p st) = true ->
    exists w, Forall is_byte w /\ can_match p st w = true.
  Proof.
    intros H st L. pose proof (proj1 (forallb_forall _ _) H st (in_count _ L)) as M. cbv beta in M. rewrite L in M. cbn [implb] in M.
    revert M. apply (grown_sound match_step count (fun st => exists w, Forall is_byte w /\ can_match p st w = true)).
    - clear st L. intros known st K S. unfold match_step in S. apply orb_prop in S. destruct S as [S|S].
      + exists []. split; [constructor|exact S].
      + apply existsb_exists in S. destruct S as (b & I & S). cbv zeta in S.
        apply orb_prop in S. destruct S as [S|S].
        * exists [b]. split; [constructor; [apply is_a_byte; exact I|constructor]|]. cbn [can_match]. rewrite S. reflexivity.
        * apply andb_prop in S. destruct S as [A S]. destruct (K _ S) as (w & B & M).
          exists (b :: w). split; [constructor; [apply is_a_byte; exact I|exact B]|]. cbn [can_match]. rewrite A, M.
          apply Bool.orb_true_r.
    - intros x X. exfalso; exact (no_mark x X).
  Qed.

  Lemma end_may_fail_sound : end_may_fail = true -> forall st, live (flags p st) = true -> at_end (flags p st) = true ->
    exists w, Forall is_byte w /\ can_fail p st w = true.
  Proof.
    intros H st L Z. pose proof (proj1 (forallb_forall _ _) H st (in_count _ L)) as M. cbv beta in M. rewrite L, Z in M.
    cbn [implb andb] in M.
    revert M. apply (grown_sound fail_step count (fun st => exists w, Forall is_byte w /\ can_fail p st w = true)).
    - clear st L Z. intros known st K S. unfold fail_step in S. apply orb_prop in S. destruct S as [S|S].
      + exists []. split; [constructor|exact S].
      + apply existsb_exists in S. destruct S as (b & I & S). cbv zeta in S.
        apply andb_prop in S. destruct S as [A S]. apply orb_prop in S. destruct S as [S|S].
        * exists [b]. split; [constructor; [apply is_a_byte; exact I|constructor]|]. cbn [can_fail]. rewrite A, S. reflexivity.
        * destruct (K _ S) as (w & B & M).
          exists (b :: w). split; [constructor; [apply is_a_byte; exact I|exact B]|]. cbn [can_fail]. rewrite A, M.
          apply Bool.orb_true_r.
    - intros x X. exfalso; exact (no_mark x X).
  Qed.

  Lemma end_is_not_all_sound : end_is_not_all = true -> forall st, live (flags p st) = true -> at_end (flags p st) = true ->
    exists b, is_byte b /\ before (flags p (next p st b)) = false.
  Proof.
    intros H st L Z. pose proof (proj1 (forallb_forall _ _) H st (in_count _ L)) as M. cbv beta in M. rewrite L, Z in M.
    cbn [implb andb] in M. apply existsb_exists in M. destruct M as (b & I & M). exists b.
    split; [apply is_a_byte; exact I|]. destruct (before _); [discriminate|reflexivity].
  Qed.
End OfPattern.

(** Whether a compiled pattern, without a check, is exact; [bytes] are those to try. *)
Definition certified (halts : bool) (bytes : list Z) (c : compiled) : bool :=
  let p := pattern_of c (fun _ => true) in
  let count := length (says_of c) in
  all_bytes bytes && live_holds p count bytes &&
  (if halts then end_is_not_all p count bytes else end_may_fail p count bytes).

Lemma beyond c check st : length (says_of c) <= st -> live (flags (pattern_of c check) st) = false.
Proof. intros L. cbn [pattern_of flags]. rewrite nth_overflow by exact L. reflexivity. Qed.

Theorem certified_redaction_is_exact bytes c : certified false bytes c = true ->
  exact_redaction (pattern_of c (fun _ => true)).
Proof.
  unfold certified. intros H. apply andb_prop in H. destruct H as [H C]. apply andb_prop in H. destruct H as [A B].
  pose proof (beyond c (fun _ => true)) as Be. split; [split; [reflexivity|]|].
  - exact (live_holds_sound _ _ _ Be A B).
  - exact (end_may_fail_sound _ _ _ Be A C).
Qed.

Theorem certified_halt_is_exact bytes c : certified true bytes c = true -> exact_halt (pattern_of c (fun _ => true)).
Proof.
  unfold certified. intros H. apply andb_prop in H. destruct H as [H C]. apply andb_prop in H. destruct H as [A B].
  pose proof (beyond c (fun _ => true)) as Be. split; [split; [reflexivity|]|].
  - exact (live_holds_sound _ _ _ Be A B).
  - exact (end_is_not_all_sound _ _ _ Be A C).
Qed.

(** Compiled patterns with their positions make a table; what minimality asks of it can be computed. *)
Definition patterns_of (all : list (nat * compiled)) : list (nat * pattern) :=
  map (fun ic => (fst ic, pattern_of (snd ic) (fun _ => true))) all.

Definition certified_table (bytes : nat -> list Z) (halts redactions : list (nat * compiled)) : bool :=
  forallb (fun ic => certified true (bytes (fst ic)) (snd ic)) halts &&
  forallb (fun ic => certified false (bytes (fst ic)) (snd ic)) redactions.

Theorem certified_table_is_exact bytes halts redactions :
  NoDup (map fst halts) -> NoDup (map fst redactions) -> certified_table bytes halts redactions = true ->
  exact_table {| Table.halts := patterns_of halts; Table.redactions := patterns_of redactions |}.
Proof.
  intros NH NR C. apply andb_prop in C. destruct C as [H R].
  unfold exact_table, patterns_of; cbn [Table.halts Table.redactions]. rewrite !map_map; cbn [fst].
  split; [exact NH|]. split; [exact NR|]. split.
  - intros i p I. apply in_map_iff in I. destruct I as ([j c] & E & I). inversion E; subst.
    apply (certified_halt_is_exact (bytes i)). exact (proj1 (forallb_forall _ _) H _ I).
  - intros i p I. apply in_map_iff in I. destruct I as ([j c] & E & I). inversion E; subst.
    apply (certified_redaction_is_exact (bytes i)). exact (proj1 (forallb_forall _ _) R _ I).
Qed.
