(** Types of terms, and that the laws hold within larger terms: parts that no conversation can tell apart may stand for
    one another wherever they stand. *)

From Coq Require Import ZArith Lia Bool List Permutation.
From Interlock Require Import operad.Agents.
Import ListNotations.
Open Scope Z_scope.

Section Contexts.
  Variable step : leaf -> Z -> word -> Z * word.

  (** How many wires each leaf takes and gives. *)
  Variable takes : leaf -> nat.
  Variable yields : leaf -> nat.

  Notation run := (Agents.run step).
  Notation converse := (Agents.converse step).

  (** ** Types *)

  (** That a term takes so many wires and gives so many. *)
  Inductive typed : term -> nat -> nat -> Prop :=
  | typed_id n : typed Id n n
  | typed_agent k : typed (Agent k) (takes (AnAgent k)) (yields (AnAgent k))
  | typed_slot k : typed (Slot k) (takes (InSlot k)) (yields (InSlot k))
  | typed_seq a b m k n : typed a m k -> typed b k n -> typed (Seq a b) m n
  | typed_par a b m n k l : typed a m k -> typed b n l -> typed (Par m a b) (m + n) (k + l)
  | typed_branch p a b m k n : typed p m k -> typed a m n -> typed b m n -> typed (Branch p a b) m n
  | typed_fix p a bound m k : typed p m k -> typed a m m -> typed (Fix bound p a) m m
  | typed_trace a label m n : typed a m n -> typed (Trace label a) m n.

  (** Whoever steps at a leaf gives as many wires as its type says. *)
  Variable leaves_typed : forall who state x, length x = takes who -> length (snd (step who state x)) = yields who.

  Lemma rounds_width p a m k bound : gives step p m k -> gives step a m m -> forall sp sa x, length x = m ->
    length (output (rounds (run p) (run a) bound sp sa x)) = m.
  Proof.
    intros P A; induction bound as [|bound IH]; intros sp sa x L; [exact L|]; cbn [rounds].
    destruct (run p sp x) as [[sp' asked] t1]; destruct (holds asked); [|exact L].
    pose proof (A sa x L) as La; destruct (run a sa x) as [[sa' y] t2]; cbn in La.
    specialize (IH sp' sa' y La); destruct (rounds (run p) (run a) bound sp' sa' y) as [[s z] t3]; exact IH.
  Qed.

  (** A term that has a type gives what its type says: what [interchange] and [par_symmetry] ask of their parts. *)
  Theorem typed_gives t m n : typed t m n -> gives step t m n.
  Proof.
    induction 1; intros s x L; cbn [Agents.run].
    - exact L.
    - pose proof (leaves_typed (AnAgent k) (cell_of s) x L) as E; destruct (step _ _ _); exact E.
    - pose proof (leaves_typed (InSlot k) (cell_of s) x L) as E; destruct (step _ _ _); exact E.
    - pose proof (IHtyped1 (one_of s) x L) as E; destruct (run a (one_of s) x) as [[a' y] t1]; cbn in E.
      pose proof (IHtyped2 (two_of s) y E) as E'; destruct (run b (two_of s) y) as [[b' z] t2]; exact E'.
    - assert (L1 : length (firstn m x) = m) by (rewrite firstn_length; lia).
      assert (L2 : length (skipn m x) = n) by (rewrite skipn_length; lia).
      pose proof (IHtyped1 (one_of s) _ L1) as E; destruct (run a (one_of s) (firstn m x)) as [[a' y] t1]; cbn in E.
      pose proof (IHtyped2 (two_of s) _ L2) as E'; destruct (run b (two_of s) (skipn m x)) as [[b' z] t2]; cbn in E'.
      unfold output; cbn; rewrite app_length; lia.
    - destruct (run p (one_of s) x) as [[p' asked] t1]; destruct (holds asked).
      + pose proof (IHtyped2 (two_of s) x L) as E; destruct (run a (two_of s) x) as [[a' y] t2]; exact E.
      + pose proof (IHtyped3 (three_of s) x L) as E; destruct (run b (three_of s) x) as [[b' y] t2]; exact E.
    - exact (rounds_width p a m k bound IHtyped1 IHtyped2 (one_of s) (two_of s) x L).
    - pose proof (IHtyped s x L) as E; destruct (run a s x) as [[a' y] t1]; exact E.
  Qed.

  (** ** Contexts *)

  (** How records may differ: not at all, or in their order. *)
  Variable agree : list record -> list record -> Prop.
  Variable agree_refl : forall t, agree t t.
  Variable agree_app : forall t t' u u', agree t t' -> agree u u' -> agree (t ++ u) (t' ++ u').

  (** Terms that no conversation with words of so many wires can tell apart, but for that. *)
  Definition alike (m : nat) (one : term) (s1 : store) (other : term) (s2 : store) : Prop :=
    forall inputs, Forall (fun x : word => length x = m) inputs ->
    Forall2 (fun a b => fst a = fst b /\ agree (snd a) (snd b)) (converse one s1 inputs) (converse other s2 inputs).

  Lemma alike_step m one s1 other s2 x : alike m one s1 other s2 -> length x = m ->
    output (run one s1 x) = output (run other s2 x) /\ agree (records (run one s1 x)) (records (run other s2 x))
    /\ alike m one (states (run one s1 x)) other (states (run other s2 x)).
  Proof.
    intros A L; pose proof (A [x] (Forall_cons _ L (Forall_nil _))) as F; inversion F as [|? ? ? ? [O T]]; clear F.
    split; [exact O|split; [exact T|]]; intros inputs Fi.
    pose proof (A (x :: inputs) (Forall_cons _ L Fi)) as G; inversion G; assumption.
  Qed.

  Lemma alike_by (related : store -> store -> Prop) m one other :
    (forall s1 s2 x, related s1 s2 -> length x = m ->
       output (run one s1 x) = output (run other s2 x) /\ agree (records (run one s1 x)) (records (run other s2 x))
       /\ related (states (run one s1 x)) (states (run other s2 x))) ->
    forall s1 s2, related s1 s2 -> alike m one s1 other s2.
  Proof.
    intros K s1 s2 R inputs F; revert s1 s2 R; induction F as [|x rest Fx F IH]; intros s1 s2 R; [constructor|].
    cbn [Agents.converse]; destruct (K s1 s2 x R Fx) as [O [T R']]; constructor; [split; assumption|apply IH; exact R'].
  Qed.

  Theorem alike_seq m k a b a' b' x y x' y' : gives step a m k -> alike m a x a' x' -> alike k b y b' y' ->
    alike m (Seq a b) (Two x y) (Seq a' b') (Two x' y').
  Proof.
    intros G A B; apply (alike_by (fun s1 s2 => exists x y x' y', s1 = Two x y /\ s2 = Two x' y'
      /\ alike m a x a' x' /\ alike k b y b' y')); [clear x y x' y' A B|exists x, y, x', y'; auto].
    intros s1 s2 v [x [y [x' [y' [-> [-> [A B]]]]]]] L; cbn [Agents.run one_of two_of].
    destruct (alike_step _ _ _ _ _ v A L) as [O [T A']]; pose proof (G x v L) as W.
    destruct (run a x v) as [[x1 v1] t1], (run a' x' v) as [[x1' v1'] t1']; cbn in O, T, A', W; subst v1'.
    destruct (alike_step _ _ _ _ _ v1 B W) as [O2 [T2 B']].
    destruct (run b y v1) as [[y1 v2] t2], (run b' y' v1) as [[y1' v2'] t2']; cbn in O2, T2, B'.
    cbn; split; [exact O2|split; [apply agree_app; assumption|exists x1, y1, x1', y1'; auto]].
  Qed.

  Theorem alike_par m n a b a' b' x y x' y' : alike m a x a' x' -> alike n b y b' y' ->
    alike (m + n) (Par m a b) (Two x y) (Par m a' b') (Two x' y').
  Proof.
    intros A B; apply (alike_by (fun s1 s2 => exists x y x' y', s1 = Two x y /\ s2 = Two x' y'
      /\ alike m a x a' x' /\ alike n b y b' y')); [clear x y x' y' A B|exists x, y, x', y'; auto].
    intros s1 s2 v [x [y [x' [y' [-> [-> [A B]]]]]]] L; cbn [Agents.run one_of two_of].
    destruct (alike_step _ _ _ _ _ (firstn m v) A) as [O [T A']]; [rewrite firstn_length; lia|].
    destruct (alike_step _ _ _ _ _ (skipn m v) B) as [O2 [T2 B']]; [rewrite skipn_length; lia|].
    destruct (run a x (firstn m v)) as [[x1 v1] t1], (run a' x' (firstn m v)) as [[x1' v1'] t1']; cbn in O, T, A'; subst v1'.
    destruct (run b y (skipn m v)) as [[y1 v2] t2], (run b' y' (skipn m v)) as [[y1' v2'] t2']; cbn in O2, T2, B'; subst v2'.
    cbn; split; [reflexivity|split; [apply agree_app; assumption|exists x1, y1, x1', y1'; auto]].
  Qed.

  Theorem alike_branch m p a b p' a' b' w x y w' x' y' :
    alike m p w p' w' -> alike m a x a' x' -> alike m b y b' y' ->
    alike m (Branch p a b) (Three w x y) (Branch p' a' b') (Three w' x' y').
  Proof.
    intros P A B; apply (alike_by (fun s1 s2 => exists w x y w' x' y', s1 = Three w x y /\ s2 = Three w' x' y'
      /\ alike m p w p' w' /\ alike m a x a' x' /\ alike m b y b' y')); [clear w x y w' x' y' P A B|exists w, x, y, w', x', y'; auto].
    intros s1 s2 v [w [x [y [w' [x' [y' [-> [-> [P [A B]]]]]]]]]] L; cbn [Agents.run one_of two_of three_of].
    destruct (alike_step _ _ _ _ _ v P L) as [O [T P']].
    destruct (run p w v) as [[w1 asked] t1], (run p' w' v) as [[w1' asked'] t1']; cbn in O, T, P'; subst asked'.
    destruct (holds asked).
    - destruct (alike_step _ _ _ _ _ v A L) as [O2 [T2 A']].
      destruct (run a x v) as [[x1 v1] t2], (run a' x' v) as [[x1' v1'] t2']; cbn in O2, T2, A'.
      cbn; split; [exact O2|split; [apply agree_app; assumption|exists w1, x1, y, w1', x1', y'; auto 6]].
    - destruct (alike_step _ _ _ _ _ v B L) as [O2 [T2 B']].
      destruct (run b y v) as [[y1 v1] t2], (run b' y' v) as [[y1' v1'] t2']; cbn in O2, T2, B'.
      cbn; split; [exact O2|split; [apply agree_app; assumption|exists w1, x, y1, w1', x', y1'; auto 6]].
  Qed.

  Lemma rounds_alike m p a p' a' bound : gives step a m m -> forall x y x' y' v,
    alike m p x p' x' -> alike m a y a' y' -> length v = m ->
    let one := rounds (run p) (run a) bound x y v in let other := rounds (run p') (run a') bound x' y' v in
    output one = output other /\ agree (records one) (records other)
    /\ exists x y x' y', states one = Two x y /\ states other = Two x' y' /\ alike m p x p' x' /\ alike m a y a' y'.
  Proof.
    intros G; induction bound as [|bound IH]; intros x y x' y' v P A L; cbn [rounds].
    - cbn; split; [reflexivity|split; [apply agree_refl|exists x, y, x', y'; auto]].
    - destruct (alike_step _ _ _ _ _ v P L) as [O [T P']].
      destruct (run p x v) as [[x1 asked] t1], (run p' x' v) as [[x1' asked'] t1']; cbn in O, T, P'; subst asked'.
      destruct (holds asked); [|cbn; split; [reflexivity|split; [exact T|exists x1, y, x1', y'; auto]]].
      destruct (alike_step _ _ _ _ _ v A L) as [O2 [T2 A']]; pose proof (G y v L) as W.
      destruct (run a y v) as [[y1 v1] t2], (run a' y' v) as [[y1' v1'] t2']; cbn in O2, T2, A', W; subst v1'.
      specialize (IH x1 y1 x1' y1' v1 P' A' W); cbv zeta in IH.
      destruct (rounds (run p) (run a) bound x1 y1 v1) as [[s z] t3], (rounds (run p') (run a') bound x1' y1' v1) as [[s' z'] t3'].
      cbn in IH |- *; destruct IH as [Oz [T3 S]]; split; [exact Oz|split; [|exact S]].
      apply agree_app; [exact T|apply agree_app; assumption].
  Qed.

  Theorem alike_fix m p a p' a' bound x y x' y' : gives step a m m -> alike m p x p' x' -> alike m a y a' y' ->
    alike m (Fix bound p a) (Two x y) (Fix bound p' a') (Two x' y').
  Proof.
    intros G P A; apply (alike_by (fun s1 s2 => exists x y x' y', s1 = Two x y /\ s2 = Two x' y'
      /\ alike m p x p' x' /\ alike m a y a' y')); [clear x y x' y' P A|exists x, y, x', y'; auto].
    intros s1 s2 v [x [y [x' [y' [-> [-> [P A]]]]]]] L; cbn [Agents.run one_of two_of].
    exact (rounds_alike m p a p' a' bound G x y x' y' v P A L).
  Qed.

  Theorem alike_trace m a a' label x x' : alike m a x a' x' -> alike m (Trace label a) x (Trace label a') x'.
  Proof.
    apply (alike_by (fun s1 s2 => alike m a s1 a' s2)); intros s1 s2 v A L; cbn [Agents.run].
    destruct (alike_step _ _ _ _ _ v A L) as [O [T A']].
    destruct (run a s1 v) as [[x1 v1] t1], (run a' s2 v) as [[x1' v1'] t1']; cbn in O, T, A'; subst v1'.
    cbn; split; [reflexivity|split; [apply agree_app; [exact T|apply agree_refl]|exact A']].
  Qed.
End Contexts.
