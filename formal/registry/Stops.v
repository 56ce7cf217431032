(** Emergency stops: a stream that was stopped stays so, whatever is done and lifted later. *)

From Coq Require Import ZArith Lia Bool List.
From Interlock Require Import registry.Registry registry.Interface registry.Invariant registry.Operations registry.Pins
  registry.Safety registry.Failures.
Import ListNotations.
Open Scope Z_scope.

(** How often a rule was stopped. *)
Definition stop_count (s : registry) (n : Z) : Z := match find_rule s n with Some r => stops r | None => 0 end.

Definition is_stopped (s : registry) (k : slot) : bool := negb (stop_count s (of_rule k) =? of_stops k).

Lemma stop_count_rises e g s s' n : find_rule s n <> None -> extends e g s s' -> stop_count s n <= stop_count s' n.
Proof.
  intros P X; unfold stop_count; destruct (find_rule s n) as [r|] eqn:Q; [|contradiction].
  destruct (extends_find _ _ _ _ _ _ X Q) as [r' [-> G]]; exact (gentle_stops _ _ _ _ G).
Qed.

(** A slot that was there, or one of a stream that begins. *)
Definition from_before (s : registry) (x : slot) : Prop :=
  (exists k, In k (slots s) /\ used k = true /\ of_rule k = of_rule x /\ of_stops k = of_stops x)
  \/ (of_stops x = stop_count s (of_rule x) /\ find_rule s (of_rule x) <> None).

Lemma slots_step s op x : In x (slots (fst (apply s op))) -> used x = true -> from_before s x.
Proof.
  intros I U.
  assert (Same : forall s1, slots s1 = slots s -> In x (slots s1) -> from_before s x)
    by (intros s1 E Ix; left; exists x; rewrite <- E; auto).
  assert (Set_ : forall p k v b s1, slot_of s p = Some k ->
            slots s1 = set_nth (Z.to_nat p) (Slot b (of_rule k) v (of_stops k)) (slots s) -> In x (slots s1) -> from_before s x).
  { intros p k v b s1 K E Ix; left; rewrite E in Ix; destruct (slot_of_spec s p k K) as [N Uk]; apply nth_error_In in N.
    apply In_nth_error in Ix; destruct Ix as [i Ei]; destruct (Nat.eq_dec (Z.to_nat p) i) as [<-|Ne].
    - exists k; split; [exact N|split; [exact Uk|]]; clear -Ei; revert Ei; generalize (Z.to_nat p) as j.
      induction (slots s) as [|y l IH]; intros [|j] E; try discriminate E; cbn in E; [injection E as <-; auto|exact (IH j E)].
    - rewrite set_nth_other in Ei by exact Ne; apply nth_error_In in Ei; exists x; auto. }
  destruct op; cbn [apply] in I.
  - destruct (is_rule c); [|exact (Same s eq_refl I)]; destruct (check_new s c); [exact (Same s eq_refl I)|].
    exact (Same _ (slots_insert c s) I).
  - destruct (negb (is_rule c)); [exact (Same s eq_refl I)|]; destruct (is_full s); [exact (Same s eq_refl I)|].
    destruct (check_new s c); [exact (Same s eq_refl I)|]; destruct (if is_idle s then _ else _); [exact (Same s eq_refl I)|].
    apply (Same _ (eq_trans (slots_begin _ _ _) (slots_insert c s)) I).
  - destruct (find_rule s n) as [r|]; [|exact (Same s eq_refl I)]; destruct (find_version r v); [|exact (Same s eq_refl I)].
    exact (Same _ (slots_begin _ _ _) I).
  - destruct (find_rule s n) as [r|]; [|exact (Same s eq_refl I)]; destruct (find_version r v); [|exact (Same s eq_refl I)].
    exact (Same _ (slots_begin _ _ _) I).
  - destruct (is_idle s); [|exact (Same s eq_refl I)]; exact (Same _ (proj2 (terminate_next_same s)) I).
  - unfold complete in I; destruct (doing s) as [|own n v|w]; [exact (Same s eq_refl I)| |].
    + destruct (own =? number_of_step); [|exact (Same s eq_refl I)]; refine (Same _ _ I); cbn [fst]; unfold terminated.
      rewrite slots_go_on; destruct r, (find_rule s n); reflexivity.
    + destruct (step w =? number_of_step); [|exact (Same s eq_refl I)]; refine (Same _ _ I); rewrite <- (slots_advance w r now s).
      destruct (advance w r now s) as [? [?|]]; reflexivity.
  - destruct (outcomes s); refine (Same _ _ I); reflexivity.
  - destruct (find_rule s n) as [r|]; [|exact (Same s eq_refl I)]; destruct (find_version r v) as [o|]; [|exact (Same s eq_refl I)].
    destruct (is_failed (resting o)); refine (Same _ _ I); reflexivity.
  - destruct (find_rule s n); refine (Same _ _ I); reflexivity.
  - destruct (find_rule s n); refine (Same _ _ I); reflexivity.
  - destruct (find_rule s n); refine (Same _ _ I); reflexivity.
  - destruct (find_rule s n) as [r|] eqn:Q; [|exact (Same s eq_refl I)]; destruct (drained_until s n); [exact (Same s eq_refl I)|].
    destruct (stopped r); [exact (Same s eq_refl I)|]; destruct (find_version r (active r)); [|exact (Same s eq_refl I)].
    cbn [fst slots with_slots] in I; apply in_app_or in I; destruct I as [I|[<-|[]]]; [exact (Same s eq_refl I)|right].
    unfold stop_count; cbn [of_rule of_stops]; rewrite Q; split; [reflexivity|discriminate].
  - destruct (slot_of s pin) as [k|] eqn:K; [|exact (Same s eq_refl I)]; destruct (find_rule s (of_rule k)) as [r|]; [|exact (Same s eq_refl I)].
    destruct (negb _); [exact (Same s eq_refl I)|]; destruct (handling r); try exact (Same s eq_refl I).
    destruct (_ || _); [exact (Same s eq_refl I)|]; destruct (find_version r (active r)); [|exact (Same s eq_refl I)].
    refine (Set_ pin k (active r) true _ K _ I); cbn [fst]; rewrite slots_let_go; reflexivity.
  - destruct (slot_of s pin) as [k|] eqn:K; [|exact (Same s eq_refl I)].
    refine (Set_ pin k (of_version k) false _ K _ I); cbn [fst]; rewrite slots_let_go; reflexivity.
  - destruct (slot_of s pin) as [k|]; [|exact (Same s eq_refl I)]; destruct (find_rule s (of_rule k)) as [r|]; [|exact (Same s eq_refl I)].
    destruct (find_version r (of_version k)); exact (Same s eq_refl I).
Qed.

(** Rules were stopped at least as often as the streams that they have saw it. *)
Definition counted_stops (s : registry) : Prop :=
  forall k, In k (slots s) -> used k = true -> of_stops k <= stop_count s (of_rule k).

Lemma held_rule s k : sound s -> In k (slots s) -> used k = true -> find_rule s (of_rule k) <> None.
Proof.
  intros S I U; destruct (held s S k I U) as [r [o [Ir [_ [E _]]]]]; rewrite <- E, (in_found s r S Ir); discriminate.
Qed.

Lemma run_counted_stops ops s : invariant s -> counted_stops s -> counted_stops (run s ops).
Proof.
  revert s; induction ops as [|op ops IH]; intros s Inv C; [exact C|]; destruct (applied s op Inv) as [Inv' [e [g [X _]]]].
  apply (IH (fst (apply s op)) Inv'); intros x I U.
  destruct (slots_step s op x I U) as [[k [Ik [Uk [E1 E2]]]]|[E Q]].
  - pose proof (stop_count_rises e g s _ (of_rule k) (held_rule s k (proj1 Inv) Ik Uk) X); specialize (C k Ik Uk).
    rewrite <- E1, <- E2; lia.
  - rewrite E; exact (stop_count_rises e g s _ _ Q X).
Qed.

(** A stream that was stopped stays so, and keeps what it holds, until it ends: whatever is done and lifted later. *)
Theorem stopped_for_good s op pin k : reached s -> slot_of s pin = Some k -> is_stopped s k = true -> op <> Unpin pin ->
  slot_of (fst (apply s op)) pin = Some k /\ is_stopped (fst (apply s op)) k = true.
Proof.
  intros R K St Nu; pose proof (reached_invariant s R) as Inv; destruct (applied s op Inv) as [_ [e [g [X _]]]].
  destruct (slot_of_spec s pin k K) as [N U]; apply nth_error_In in N.
  assert (C : counted_stops s).
  { destruct R as [most [ops ->]]; apply run_counted_stops; [apply empty_invariant|intros x []]. }
  specialize (C k N U); unfold is_stopped in *; apply negb_true_iff, Z.eqb_neq in St.
  pose proof (stop_count_rises e g s _ _ (held_rule s k (proj1 Inv) N U) X) as Rise.
  split; [|apply negb_true_iff, Z.eqb_neq; lia].
  assert (D : op = AdoptActive pin \/ op <> AdoptActive pin).
  { destruct op; try (right; discriminate); destruct (Z.eq_dec pin0 pin) as [->|Ne]; [left; reflexivity|right; congruence]. }
  destruct D as [->|Na]; [|exact (proj1 (stream_keeps_its_version s op pin k R K Na Nu))].
  cbn [apply]; rewrite K; unfold stop_count in St; destruct (find_rule s (of_rule k)) as [r|]; [|exact K].
  destruct (Z.eqb_spec (stops r) (of_stops k)); [contradiction|exact K].
Qed.

(** What an emergency stop stops: every stream of the rule that there is. *)
Theorem emergency_stop_stops_all s n pin k : reached s -> slot_of s pin = Some k -> of_rule k = n ->
  is_stopped (fst (apply s (EmergencyStop n))) k = true.
Proof.
  intros R K <-; pose proof (reached_invariant s R) as Inv; destruct (slot_of_spec s pin k K) as [N U]; apply nth_error_In in N.
  assert (C : counted_stops s).
  { destruct R as [most [ops ->]]; apply run_counted_stops; [apply empty_invariant|intros x []]. }
  specialize (C k N U); pose proof (held_rule s k (proj1 Inv) N U) as Q; cbn [apply]; unfold is_stopped, stop_count in *.
  destruct (find_rule s (of_rule k)) as [r|] eqn:E; [|contradiction]; cbn [fst]; rewrite find_rule_update by reflexivity; rewrite E.
  apply found_rule in E; destruct E as [_ ->]; rewrite Z.eqb_refl; cbn [stops with_stops].
  apply negb_true_iff, Z.eqb_neq; lia.
Qed.
