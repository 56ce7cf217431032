(** Terms with slots are an operad: a term in a slot of another, the laws of that, and that parts which behave alike make
    wholes that do. Mirrors [compose] and [permute] of [core/src/operad/term.rs]; the bounds on sizes are left out. *)

From Coq Require Import ZArith Lia Bool List Permutation Arith.
From Interlock Require Import operad.Agents operad.Contexts.
Import ListNotations.
Open Scope nat_scope.

(** A term with something in each of its slots. *)
Fixpoint fill (f : nat -> term) (t : term) : term :=
  match t with
  | Slot s => f s
  | Id | Agent _ => t
  | Seq a b => Seq (fill f a) (fill f b)
  | Par m a b => Par m (fill f a) (fill f b)
  | Branch p a b => Branch (fill f p) (fill f a) (fill f b)
  | Fix bound p a => Fix bound (fill f p) (fill f a)
  | Trace label a => Trace label (fill f a)
  end.

(** The slots of a term, each as often as it occurs. *)
Fixpoint slots (t : term) : list nat :=
  match t with
  | Slot s => [s]
  | Id | Agent _ => []
  | Seq a b | Par _ a b | Fix _ a b => slots a ++ slots b
  | Branch p a b => slots p ++ slots a ++ slots b
  | Trace _ a => slots a
  end.

(** How many slots there are: one more than the highest in use. *)
Definition arity (t : term) : nat := fold_right Nat.max 0 (map S (slots t)).

(** Where a slot of the outer term goes when one with [m] slots comes into slot [i]. *)
Definition moved (i m s : nat) : nat := if s <? i then s else s + m - 1.

(** [inner] in slot [i]: slots before it keep their numbers, those of [inner] come in its place, those behind it move up. *)
Definition compose (a : term) (i : nat) (b : term) : term :=
  fill (fun s => if s =? i then fill (fun own => Slot (i + own)) b else Slot (moved i (arity b) s)) a.

(** The same where there is such a slot, and nothing where there is none: [Term::compose]. *)
Definition composed (a : term) (i : nat) (b : term) : option term := if i <? arity a then Some (compose a i b) else None.

(** What was slot [s] is slot [nth s order] now. *)
Definition permute (order : list nat) (a : term) : term := fill (fun s => Slot (nth s order s)) a.

(** Whether a list has every number below [n] once. *)
Definition is_order (order : list nat) (n : nat) : bool :=
  (length order =? n) && forallb (fun s => existsb (Nat.eqb s) order) (seq 0 n).

(** The same where it is an order of the slots, and nothing where it is none: [Term::permute]. *)
Definition permuted (order : list nat) (a : term) : option term :=
  if is_order order (arity a) then Some (permute order a) else None.

(** Every slot below the arity occurs: so it is of an operation of the operad, where each occurs once. *)
Definition full (t : term) : Prop := forall s, s < arity t -> In s (slots t).

(** ** Filling *)

Lemma fill_fill f g t : fill f (fill g t) = fill (fun s => fill f (g s)) t.
Proof. induction t; cbn; congruence. Qed.

Lemma fill_same f g t : (forall s, In s (slots t) -> f s = g s) -> fill f t = fill g t.
Proof.
  induction t; cbn; intros E; try reflexivity; [apply E; left; reflexivity|..]; f_equal;
    match goal with K : _ -> fill f ?t = fill g ?t |- fill f ?t = fill g ?t => apply K end;
    intros s I; apply E; rewrite ?in_app_iff; auto.
Qed.

Lemma fill_slots t : fill Slot t = t.
Proof. induction t; cbn; congruence. Qed.

Lemma slots_fill f t : slots (fill f t) = flat_map (fun s => slots (f s)) (slots t).
Proof. induction t; cbn; rewrite ?flat_map_app, ?app_nil_r; congruence. Qed.

Lemma below_arity t s : In s (slots t) -> s < arity t.
Proof.
  unfold arity; induction (slots t) as [|x l IH]; cbn [map fold_right In]; [contradiction|]; intros [->|I]; [lia|]; specialize (IH I); lia.
Qed.

Lemma arity_at_most t n : (forall s, In s (slots t) -> s < n) -> arity t <= n.
Proof.
  unfold arity; induction (slots t) as [|x l IH]; cbn [map fold_right In]; intros K; [lia|].
  pose proof (K x (or_introl eq_refl)); specialize (IH (fun s I => K s (or_intror I))); lia.
Qed.

Lemma arity_is t n : (forall s, In s (slots t) -> s < n) -> (0 < n -> In (n - 1) (slots t)) -> arity t = n.
Proof.
  intros K L; pose proof (arity_at_most t n K); destruct n as [|n]; [lia|].
  pose proof (below_arity t _ (L ltac:(lia))); lia.
Qed.

(** What slots a composition has. *)
Lemma in_compose a i b s : In s (slots (compose a i b)) <->
  (In i (slots a) /\ exists own, In own (slots b) /\ s = i + own)
  \/ (exists o, In o (slots a) /\ o <> i /\ s = moved i (arity b) o).
Proof.
  unfold compose; rewrite slots_fill, in_flat_map; split.
  - intros [o [I J]]; destruct (Nat.eqb_spec o i) as [->|N].
    + rewrite slots_fill, in_flat_map in J; destruct J as [own [Io [<-|[]]]]; left; eauto.
    + destruct J as [<-|[]]; right; eauto.
  - intros [[I [own [Io ->]]]|[o [I [N ->]]]].
    + exists i; split; [exact I|]; rewrite Nat.eqb_refl, slots_fill, in_flat_map; exists own; cbn; auto.
    + exists o; split; [exact I|]; destruct (Nat.eqb_spec o i); [contradiction|left; reflexivity].
Qed.

(** ** Laws *)

(** A composition has the slots that its parts give it. *)
Theorem compose_arity a i b : full a -> full b -> i < arity a ->
  arity (compose a i b) = arity a + arity b - 1 /\ full (compose a i b).
Proof.
  intros Fa Fb L; assert (All : forall s, s < arity a + arity b - 1 -> In s (slots (compose a i b))).
  { intros s Ls; apply in_compose; destruct (Nat.lt_ge_cases s i) as [A|A]; [right|].
    - exists s; split; [apply Fa; lia|split; [lia|]]; unfold moved; destruct (Nat.ltb_spec s i); lia.
    - destruct (Nat.lt_ge_cases s (i + arity b)) as [B|B]; [left|right].
      + split; [apply Fa; exact L|exists (s - i)]; split; [apply Fb; lia|lia].
      + exists (s + 1 - arity b); split; [apply Fa; lia|split; [lia|]]; unfold moved.
        destruct (Nat.ltb_spec (s + 1 - arity b) i); lia. }
  assert (E : arity (compose a i b) = arity a + arity b - 1).
  { apply arity_is; [|intros P; apply All; lia]; intros s I; apply in_compose in I.
    destruct I as [[_ [own [I ->]]]|[o [I [N ->]]]]; apply below_arity in I; [lia|].
    unfold moved; destruct (Nat.ltb_spec o i); lia. }
  split; [exact E|intros s Ls; apply All; lia].
Qed.

(** The identity is an empty slot. *)
Theorem compose_left_identity a : compose (Slot 0) 0 a = a.
Proof. unfold compose; cbn; apply fill_slots. Qed.

Theorem compose_right_identity a i : compose a i (Slot 0) = a.
Proof.
  unfold compose; rewrite <- (fill_slots a) at 2; apply fill_same; intros s _; cbn.
  destruct (Nat.eqb_spec s i) as [->|]; [f_equal; lia|]; f_equal; unfold moved; destruct (s <? i); lia.
Qed.

(** To put a term into a slot of what was put in is to put both in as one. *)
Theorem compose_sequential a b c i j : full b -> full c -> j < arity b ->
  compose (compose a i b) (i + j) c = compose a i (compose b j c).
Proof.
  intros Fb Fc L; destruct (compose_arity b j c Fb Fc L) as [E _].
  unfold compose at 1 2; rewrite fill_fill; unfold compose at 1; apply fill_same; intros s _.
  destruct (Nat.eqb_spec s i) as [->|N].
  - rewrite fill_fill; unfold compose; rewrite fill_fill; apply fill_same; intros own I; cbn.
    destruct (Nat.eqb_spec (i + own) (i + j)) as [A|A], (Nat.eqb_spec own j) as [B|B]; try lia.
    + rewrite fill_fill; apply fill_same; intros x _; cbn; f_equal; lia.
    + cbn; f_equal; unfold moved; destruct (Nat.ltb_spec (i + own) (i + j)), (Nat.ltb_spec own j); lia.
  - cbn; rewrite E; unfold moved; destruct (Nat.ltb_spec s i).
    + destruct (Nat.eqb_spec s (i + j)); [lia|]; f_equal; destruct (Nat.ltb_spec s (i + j)); lia.
    + destruct (Nat.eqb_spec (s + arity b - 1) (i + j)); [lia|]; f_equal.
      destruct (Nat.ltb_spec (s + arity b - 1) (i + j)); lia.
Qed.

(** Two terms that come into two slots of a third come in either order. *)
Theorem compose_parallel a b c i k : i < k ->
  compose (compose a i b) (k + arity b - 1) c = compose (compose a k c) i b.
Proof.
  intros L; unfold compose at 1 2; rewrite fill_fill; unfold compose at 1 2; rewrite fill_fill; apply fill_same; intros s _.
  destruct (Nat.eqb_spec s i) as [->|N].
  - destruct (Nat.eqb_spec i k); [lia|]; rewrite fill_fill; cbn.
    unfold moved at 2; destruct (Nat.ltb_spec i k); [|lia]; rewrite Nat.eqb_refl.
    apply fill_same; intros own I; apply below_arity in I; cbn.
    destruct (Nat.eqb_spec (i + own) (k + arity b - 1)); [lia|]; f_equal; unfold moved.
    destruct (Nat.ltb_spec (i + own) (k + arity b - 1)); lia.
  - destruct (Nat.eqb_spec s k) as [->|M]; cbn.
    + unfold moved at 1; destruct (Nat.ltb_spec k i); [lia|]; rewrite Nat.eqb_refl, fill_fill; apply fill_same; intros own _; cbn.
      destruct (Nat.eqb_spec (k + own) i); [lia|]; f_equal; unfold moved; destruct (Nat.ltb_spec (k + own) i); lia.
    + unfold moved; repeat match goal with
      | |- context [?x <? ?y] => destruct (Nat.ltb_spec x y); try lia
      | |- context [?x =? ?y] => destruct (Nat.eqb_spec x y); try lia
      end; f_equal; lia.
Qed.

(** ** Symmetries *)

(** What the laws ask of an order is what is checked of it. *)
Lemma is_order_spec order n : is_order order n = true <-> Permutation order (seq 0 n).
Proof.
  unfold is_order; rewrite andb_true_iff, Nat.eqb_eq, forallb_forall; split.
  - intros [L K]; symmetry; apply NoDup_Permutation_bis; [apply seq_NoDup|rewrite seq_length; lia|].
    intros s I; specialize (K s I); apply existsb_exists in K; destruct K as [x [Ix E]]; apply Nat.eqb_eq in E; subst; exact Ix.
  - intros P; split; [rewrite (Permutation_length P); apply seq_length|].
    intros s I; apply existsb_exists; exists s; split; [eapply Permutation_in; [symmetry; exact P|exact I]|apply Nat.eqb_refl].
Qed.

(** The order of the slots of a composition when those of its outer term are in another order: the inner one's move as
    one. *)
Definition block (order : list nat) (i m : nat) : list nat :=
  let place := nth i order i in
  let goes o := moved place m (nth o order o) in
  map goes (seq 0 i) ++ map (fun own => place + own) (seq 0 m) ++ map goes (seq (S i) (length order - S i)).

Lemma nth_in_seq (f : nat -> nat) start count s d : s < count -> nth s (map f (seq start count)) d = f (start + s).
Proof.
  intros L; rewrite (nth_indep _ d (f 0)) by (rewrite map_length, seq_length; exact L).
  rewrite map_nth, seq_nth by exact L; reflexivity.
Qed.

Lemma nth_block order i m s : i < length order ->
  nth s (block order i m) s =
    if s <? i then moved (nth i order i) m (nth s order s)
    else if s <? i + m then nth i order i + (s - i)
    else if s <? length order + m - 1 then moved (nth i order i) m (nth (s + 1 - m) order (s + 1 - m))
    else s.
Proof.
  intros L; unfold block; set (goes := fun o => moved (nth i order i) m (nth o order o)); set (place := nth i order i).
  destruct (Nat.ltb_spec s i) as [A|A].
  - rewrite app_nth1 by (rewrite map_length, seq_length; exact A); rewrite nth_in_seq by exact A; reflexivity.
  - rewrite app_nth2 by (rewrite map_length, seq_length; exact A); rewrite map_length, seq_length.
    destruct (Nat.ltb_spec s (i + m)) as [B|B].
    + rewrite app_nth1 by (rewrite map_length, seq_length; lia); rewrite nth_in_seq by lia; reflexivity.
    + rewrite app_nth2 by (rewrite map_length, seq_length; lia); rewrite map_length, seq_length.
      destruct (Nat.ltb_spec s (length order + m - 1)) as [C|C].
      * rewrite nth_in_seq by lia; unfold goes; replace (S i + (s - i - m)) with (s + 1 - m) by lia; reflexivity.
      * rewrite nth_overflow; [reflexivity|rewrite map_length, seq_length; lia].
Qed.

(** What comes into a slot of a term whose slots are in another order comes into the slot that it was. *)
Theorem compose_outer_symmetry a b i order : Permutation order (seq 0 (arity a)) -> i < arity a ->
  compose (permute order a) (nth i order i) b = permute (block order i (arity b)) (compose a i b).
Proof.
  intros P L; assert (Len : length order = arity a) by (rewrite (Permutation_length P); apply seq_length).
  assert (Inj : forall s t, s < arity a -> t < arity a -> nth s order s = nth t order t -> s = t).
  { intros s t Ls Lt E; assert (D : NoDup order) by (eapply Permutation_NoDup; [symmetry; exact P|apply seq_NoDup]).
    apply (proj1 (NoDup_nth order 0) D); [lia|lia|].
    rewrite (nth_indep order 0 s), (nth_indep order 0 t) by lia; exact E. }
  unfold compose, permute; rewrite !fill_fill; apply fill_same; intros s I; apply below_arity in I.
  cbn [fill]; destruct (Nat.eqb_spec s i) as [->|N].
  - rewrite Nat.eqb_refl, fill_fill; apply fill_same; intros own J; apply below_arity in J; cbn [fill].
    rewrite nth_block by lia; destruct (Nat.ltb_spec (i + own) i); [lia|]; destruct (Nat.ltb_spec (i + own) (i + arity b)); [|lia].
    f_equal; lia.
  - destruct (Nat.eqb_spec (nth s order s) (nth i order i)) as [E|_]; [apply Inj in E; [contradiction|exact I|exact L]|].
    cbn [fill]; f_equal; rewrite nth_block by lia; destruct (Nat.lt_ge_cases s i) as [A|A].
    + assert (E : moved i (arity b) s = s) by (unfold moved; destruct (Nat.ltb_spec s i); lia); rewrite E.
      destruct (Nat.ltb_spec s i); [reflexivity|lia].
    + assert (E : moved i (arity b) s = s + arity b - 1) by (unfold moved; destruct (Nat.ltb_spec s i); lia); rewrite E.
      destruct (Nat.ltb_spec (s + arity b - 1) i); [lia|]; destruct (Nat.ltb_spec (s + arity b - 1) (i + arity b)); [lia|].
      destruct (Nat.ltb_spec (s + arity b - 1) (length order + arity b - 1)); [|lia].
      replace (s + arity b - 1 + 1 - arity b) with s by lia; reflexivity.
Qed.

(** The order of the slots of a composition when those of its inner term are in another order. *)
Definition within (order : list nat) (i n : nat) : list nat := seq 0 i ++ map (fun own => i + own) order ++ seq (i + length order) (n - S i).

Lemma permute_arity order b : full b -> Permutation order (seq 0 (arity b)) -> arity (permute order b) = arity b.
Proof.
  intros F P; assert (Len : length order = arity b) by (rewrite (Permutation_length P); apply seq_length).
  assert (K : forall s, s < arity b -> nth s order s < arity b).
  { intros s L; assert (I : In (nth s order s) order) by (apply nth_In; lia).
    apply (Permutation_in _ P), in_seq in I; lia. }
  unfold permute; apply arity_is.
  - intros s I; rewrite slots_fill, in_flat_map in I; destruct I as [o [I [<-|[]]]]; apply K, below_arity, I.
  - intros Pos; assert (I : In (arity b - 1) order) by (apply (Permutation_in _ (Permutation_sym P)), in_seq; lia).
    apply (In_nth _ _ 0) in I; destruct I as [s [L E]]; rewrite slots_fill, in_flat_map; exists s; split; [apply F; lia|].
    left; rewrite (nth_indep order s 0) by exact L; exact E.
Qed.

Theorem compose_inner_symmetry a b i order : full b -> Permutation order (seq 0 (arity b)) -> i < arity a ->
  compose a i (permute order b) = permute (within order i (arity a)) (compose a i b).
Proof.
  intros F P L; assert (Len : length order = arity b) by (rewrite (Permutation_length P); apply seq_length).
  unfold compose; rewrite (permute_arity order b F P); unfold permute; rewrite !fill_fill; apply fill_same; intros s I.
  apply below_arity in I; destruct (Nat.eqb_spec s i) as [->|N]; rewrite ?fill_fill.
  - apply fill_same; intros own J; apply below_arity in J; cbn [fill]; f_equal; unfold within.
    rewrite app_nth2 by (rewrite seq_length; lia); rewrite seq_length, app_nth1 by (rewrite map_length; lia).
    replace (i + own - i) with own by lia.
    exact (eq_sym (map_nth (fun own => i + own) order own own)).
  - cbn [fill]; f_equal; unfold within, moved; destruct (Nat.ltb_spec s i) as [A|A].
    + rewrite app_nth1 by (rewrite seq_length; exact A); rewrite seq_nth by exact A; reflexivity.
    + rewrite app_nth2 by (rewrite seq_length; lia); rewrite seq_length.
      rewrite app_nth2 by (rewrite map_length; lia); rewrite map_length, seq_nth by lia; lia.
Qed.

(** ** Behaviour *)

Section Behaviour.
  Variable step : leaf -> Z -> word -> Z * word.
  Variable takes : leaf -> nat.
  Variable yields : leaf -> nat.
  Variable leaves_typed : forall who state x, length x = takes who -> length (snd (step who state x)) = yields who.
  Variable agree : list record -> list record -> Prop.
  Variable agree_refl : forall t, agree t t.
  Variable agree_app : forall t t' u u', agree t t' -> agree u u' -> agree (t ++ u) (t' ++ u').

  Notation typed := (Contexts.typed takes yields).
  Notation alike := (Contexts.alike step agree).

  (** A term whose slots are filled by terms of their types has the type that it had. *)
  Theorem fill_typed f t m n : typed t m n -> (forall s, In s (slots t) -> typed (f s) (takes (InSlot s)) (yields (InSlot s))) ->
    typed (fill f t) m n.
  Proof.
    induction 1; cbn [fill slots]; intros K; [constructor|constructor|apply K; left; reflexivity|..]; econstructor;
      match goal with IH : _ -> typed (fill f ?t) _ _ |- typed (fill f ?t) _ _ => apply IH end;
      intros s I; apply K; rewrite ?in_app_iff; auto.
  Qed.

  (** At the beginning every agent is in its first state. *)
  Lemma from_nothing m one other s1 s2 :
    (forall x, Agents.run step one Nothing x = Agents.run step one s1 x) ->
    (forall x, Agents.run step other Nothing x = Agents.run step other s2 x) ->
    alike m one s1 other s2 -> alike m one Nothing other Nothing.
  Proof.
    intros E1 E2 A [|x inputs] F; [constructor|]; specialize (A (x :: inputs) F); cbn [Agents.converse] in *.
    rewrite E1, E2; exact A.
  Qed.

  Lemma alike_refl m t s : alike m t s t s.
  Proof. intros inputs F; induction F as [|x rest L F IH] in s |- *; constructor; [split; [reflexivity|apply agree_refl]|apply IH]. Qed.

  (** Terms that no conversation can tell apart make, in the slots of a term, wholes that none can tell apart. *)
  Theorem fill_alike f g t m n : typed t m n ->
    (forall s, In s (slots t) -> typed (f s) (takes (InSlot s)) (yields (InSlot s))) ->
    (forall s, In s (slots t) -> alike (takes (InSlot s)) (f s) Nothing (g s) Nothing) ->
    alike m (fill f t) Nothing (fill g t) Nothing.
  Proof.
    induction 1; cbn [fill slots]; intros Tf A.
    - apply alike_refl.
    - apply alike_refl.
    - apply A; left; reflexivity.
    - apply (from_nothing m _ _ (Two Nothing Nothing) (Two Nothing Nothing)); [reflexivity|reflexivity|].
      eapply (alike_seq step agree agree_app); [|apply IHtyped1|apply IHtyped2]; auto using in_or_app.
      eapply (typed_gives step takes yields leaves_typed), fill_typed; [eassumption|auto using in_or_app].
    - apply (from_nothing _ _ _ (Two Nothing Nothing) (Two Nothing Nothing)); [reflexivity|reflexivity|].
      apply (alike_par step agree agree_app); [apply IHtyped1|apply IHtyped2]; auto using in_or_app.
    - apply (from_nothing m _ _ (Three Nothing Nothing Nothing) (Three Nothing Nothing Nothing)); [reflexivity|reflexivity|].
      apply (alike_branch step agree agree_app); [apply IHtyped1|apply IHtyped2|apply IHtyped3]; auto 6 using in_or_app.
    - apply (from_nothing m _ _ (Two Nothing Nothing) (Two Nothing Nothing)); [reflexivity|reflexivity|].
      apply (alike_fix step agree agree_refl agree_app); [|apply IHtyped1|apply IHtyped2]; auto using in_or_app.
      eapply (typed_gives step takes yields leaves_typed), fill_typed; [eassumption|auto using in_or_app].
    - apply (alike_trace step agree agree_refl agree_app), IHtyped; assumption.
  Qed.
End Behaviour.
