(** Streams that take, move and give back their hold on a version: what is counted is what is held. *)

From Coq Require Import ZArith Lia Bool List.
From Interlock Require Import registry.Registry registry.Interface registry.Invariant registry.Operations.
Import ListNotations.
Open Scope Z_scope.

Lemma Forall2_right {A B} (R : A -> B -> Prop) l l' y : Forall2 R l l' -> In y l' -> exists x, In x l /\ R x y.
Proof. induction 1 as [|a b l l' H F IH]; [contradiction|intros [<-|I]; [exists a; cbn; auto|destruct (IH I) as [x [? ?]]; exists x; cbn; auto]]. Qed.

Lemma Forall2_left {A B} (R : A -> B -> Prop) l l' x : Forall2 R l l' -> In x l -> exists y, In y l' /\ R x y.
Proof. induction 1 as [|a b l l' H F IH]; [contradiction|intros [<-|I]; [exists b; cbn; auto|destruct (IH I) as [y [? ?]]; exists y; cbn; auto]]. Qed.

Lemma Forall2_same {A} (R : A -> A -> Prop) l : (forall x, R x x) -> Forall2 R l l.
Proof. intros K; induction l; constructor; auto. Qed.

(** Nothing but pins, loading and what is stopped is another. *)
Definition alike_version (o o' : version) : Prop := same_version o o' /\ resting o' = resting o.
Definition alike_rule (r r' : rule) : Prop :=
  name r' = name r /\ highest r' = highest r /\ active r' = active r /\ stops r <= stops r'
  /\ Forall2 alike_version (versions r) (versions r').
Definition alike (s s' : registry) : Prop := Forall2 alike_rule (rules s) (rules s').

Lemma alike_version_refl o : alike_version o o.
Proof. repeat split. Qed.

Lemma alike_rule_refl r : alike_rule r r.
Proof. repeat split; try lia; apply Forall2_same, alike_version_refl. Qed.

Lemma alike_same s s' : rules s' = rules s -> alike s s'.
Proof. unfold alike; intros ->; apply Forall2_same, alike_rule_refl. Qed.

Lemma Forall2_chain {A} (R : A -> A -> Prop) : (forall x y z, R x y -> R y z -> R x z) ->
  forall a b c, Forall2 R a b -> Forall2 R b c -> Forall2 R a c.
Proof.
  intros T a b c F; revert c; induction F as [|x y a b H F IH]; intros c F2; inversion F2; subst; constructor; eauto.
Qed.

Lemma alike_trans a b c : alike a b -> alike b c -> alike a c.
Proof.
  apply Forall2_chain; intros x y z [N1 [H1 [A1 [S1 V1]]]] [N2 [H2 [A2 [S2 V2]]]]; repeat split; try congruence; try lia.
  revert V1 V2; apply Forall2_chain; intros o p q [[? [? ?]] ?] [[? [? ?]] ?]; repeat split; congruence.
Qed.

Lemma alike_update n f s : (forall r, alike_rule r (f r)) -> alike s (update_rule n f s).
Proof.
  intros K; unfold alike; cbn [rules update_rule with_rules]; induction (rules s) as [|r l IH]; constructor; [|exact IH].
  destruct (name r =? n); [apply K|apply alike_rule_refl].
Qed.

Lemma alike_touch n v f s : (forall o, alike_version o (f o)) -> alike s (update_version n v f s).
Proof.
  intros K; apply alike_update; intros r; repeat split; cbn; try lia.
  induction (versions r) as [|o l IH]; constructor; [|exact IH]; destruct (number o =? v); [apply K|apply alike_version_refl].
Qed.

Lemma alike_extends s s' : alike s s' -> extends None None s s'.
Proof.
  intros F; exists (rules s'), []; rewrite app_nil_r; split; [reflexivity|split; [|constructor]].
  induction F as [|r r' l l' [N [H [A [S V]]]] F IH]; constructor; [|exact IH].
  constructor; try assumption; [right; exact A|lia|].
  intros o' I; left; destruct (Forall2_right _ _ _ _ V I) as [o [Io [K _]]]; eauto.
Qed.

Lemma alike_good r r' : alike_rule r r' -> good_rule r -> good_rule r'.
Proof.
  intros [N [H [A [_ V]]]] [U B S D P]; constructor.
  - replace (map number (versions r')) with (map number (versions r)); [exact U|].
    clear -V; induction V as [|o o' l l' [[E _] _] V IH]; cbn; congruence.
  - intros o' I; destruct (Forall2_right _ _ _ _ V I) as [o [Io [[E _] _]]]; rewrite E, H; auto.
  - rewrite A; destruct S as [S|[o [Io [Eo F]]]]; [left; exact S|right].
    destruct (Forall2_left _ _ _ _ V Io) as [o' [I' [[E _] R]]]; exists o'; repeat split; congruence.
  - intros o' need I; destruct (Forall2_right _ _ _ _ V I) as [o [Io [[_ [_ E]] _]]]; rewrite E, N; apply D; exact Io.
  - lia.
Qed.

Lemma alike_calm g s s' : alike s s' -> doing s' = doing s -> calm g s s'.
Proof.
  intros F D; split; [apply extends_weaken, alike_extends; exact F|split; [exact D|]].
  intros w _ [r [o [Ir [En [Io [Eo Fo]]]]]]; destruct (Forall2_left _ _ _ _ F Ir) as [r' [Ir' [N [_ [_ [_ V]]]]]].
  destruct (Forall2_left _ _ _ _ V Io) as [o' [Io' [[E _] R]]]; exists r', o'; repeat split; congruence.
Qed.

(** ** The count *)

Lemma pinned_in s r o : sound s -> In r (rules s) -> In o (versions r) -> pinned_to s (name r) (number o) = pins o.
Proof.
  intros S I Io; unfold pinned_to; rewrite (in_found s r S I), (in_version r o (good s S r I) Io); reflexivity.
Qed.

Lemma holders_positive l k : In k l -> used k = true -> (0 < holders l (of_rule k) (of_version k))%nat.
Proof.
  intros I U; apply in_split in I; destruct I as [a [b ->]]; unfold holders.
  rewrite filter_app, app_length; cbn [filter]; rewrite U, !Z.eqb_refl; cbn; lia.
Qed.

(** Of every version there are as many pins as slots that name it; of one that is not retained none. *)
Lemma tally s : sound s -> forall n v, pinned_to s n v = Z.of_nat (holders (slots s) n v).
Proof.
  intros S n v; unfold pinned_to.
  assert (None_held : (forall r o, In r (rules s) -> In o (versions r) -> name r = n -> number o = v -> False) ->
            0 = Z.of_nat (holders (slots s) n v)).
  { intros No; rewrite holders_none; [reflexivity|]; intros k I U En Ev.
    destruct (held s S k I U) as [r [o [Ir [Io [E1 E2]]]]]; apply (No r o); congruence || assumption. }
  destruct (find_rule s n) as [r|] eqn:Q.
  - destruct (found_rule s n r Q) as [Ir En]; destruct (find_version r v) as [o|] eqn:Qv.
    + destruct (found_version r v o Qv) as [Io Ev]; rewrite (counted s S r o Ir Io), En, Ev; reflexivity.
    + apply None_held; intros r2 o Ir2 Io En2 Ev.
      assert (r2 = r) as -> by (apply (same_key name (rules s)); [exact (names s S)|assumption|assumption|congruence]).
      rewrite <- Ev, (in_version r o (good s S r Ir) Io) in Qv; discriminate Qv.
  - apply None_held; intros r o Ir _ En _; rewrite <- En, (in_found s r S Ir) in Q; discriminate Q.
Qed.

Lemma sound_alike s s' : sound s -> alike s s' ->
  (forall n v, pinned_to s' n v = Z.of_nat (holders (slots s') n v)) -> sound s'.
Proof.
  intros S F T.
  assert (N' : NoDup (map name (rules s'))).
  { replace (map name (rules s')) with (map name (rules s)); [exact (names s S)|].
    clear -F; unfold alike in F; induction F as [|r r' l l' [E _] F IH]; cbn; congruence. }
  assert (G' : forall r', In r' (rules s') -> good_rule r').
  { intros r' I; destruct (Forall2_right _ _ _ _ F I) as [r [Ir K]]; apply (alike_good r); [exact K|exact (good s S r Ir)]. }
  destruct (satisfied_extends s s' (names s S) (good s S) N' G' (alike_extends s s' F) (satisfied s S) (known s S)) as [A B].
  constructor; [exact N'|exact G'| | |exact A|exact B].
  - intros r o I Io; rewrite <- T; unfold pinned_to, find_rule, find_version.
    rewrite (find_key_in name _ _ N' I), (find_key_in number _ _ (unique r (G' r I)) Io); reflexivity.
  - intros k I U; pose proof (holders_positive _ _ I U) as P; specialize (T (of_rule k) (of_version k)); unfold pinned_to in T.
    destruct (find_rule s' (of_rule k)) as [r|] eqn:Q; [|lia]; destruct (find_version r (of_version k)) as [o|] eqn:Qv; [|lia].
    apply found_rule in Q; apply found_version in Qv; exists r, o; intuition.
Qed.

Definition retained (s : registry) (n v : Z) : bool :=
  match find_rule s n with Some r => match find_version r v with Some _ => true | None => false end | None => false end.

Lemma find_rule_update n f s n' : (forall r, name (f r) = name r) -> find_rule (update_rule n f s) n'
  = match find_rule s n' with Some r => Some (if name r =? n then f r else r) | None => None end.
Proof.
  intros K; unfold find_rule; cbn [rules update_rule with_rules]; induction (rules s) as [|r l IH]; cbn; [reflexivity|].
  assert (E : name (if name r =? n then f r else r) = name r) by (destruct (name r =? n); [apply K|reflexivity]).
  rewrite E; destruct (name r =? n'); [reflexivity|exact IH].
Qed.

Lemma find_version_touched v f r v' : (forall o, number (f o) = number o) -> find_version (touched v f r) v'
  = match find_version r v' with Some o => Some (if number o =? v then f o else o) | None => None end.
Proof.
  intros K; unfold find_version; cbn [versions touched with_versions]; induction (versions r) as [|o l IH]; cbn; [reflexivity|].
  assert (E : number (if number o =? v then f o else o) = number o) by (destruct (number o =? v); [apply K|reflexivity]).
  rewrite E; destruct (number o =? v'); [reflexivity|exact IH].
Qed.

Definition more_pins (d : Z) (o : version) : version := with_pins (pins o + d) o.

Lemma pinned_more n v d s n' v' : pinned_to (update_version n v (more_pins d) s) n' v'
  = pinned_to s n' v' + (if (n' =? n) && (v' =? v) && retained s n v then d else 0).
Proof.
  unfold pinned_to, update_version, retained.
  change (fun r => with_versions (map (fun o => if number o =? v then more_pins d o else o) (versions r)) r) with (touched v (more_pins d)).
  rewrite find_rule_update by reflexivity; destruct (Z.eqb_spec n' n) as [->|Ne].
  - destruct (find_rule s n) as [r|] eqn:Q; [|rewrite andb_false_r; lia].
    apply found_rule in Q; destruct Q as [_ ->]; rewrite Z.eqb_refl, find_version_touched by reflexivity.
    destruct (Z.eqb_spec v' v) as [->|Nv]; cbn [andb].
    + destruct (find_version r v) as [o|] eqn:Qv; [|cbn; lia].
      apply found_version in Qv; destruct Qv as [_ ->]; rewrite Z.eqb_refl; reflexivity.
    + destruct (find_version r v') as [o|] eqn:Qv; [|cbn; lia].
      apply found_version in Qv; destruct Qv as [_ ->]; destruct (Z.eqb_spec v' v); [contradiction|cbn; lia].
  - destruct (find_rule s n') as [r|] eqn:Q; [|cbn; lia]; apply found_rule in Q; destruct Q as [_ ->].
    destruct (Z.eqb_spec n' n); [contradiction|cbn; lia].
Qed.

Lemma pinned_soft n f s n' v' : soft f -> pinned_to (update_rule n f s) n' v' = pinned_to s n' v'.
Proof.
  intros K; unfold pinned_to; rewrite find_rule_update by (intros r; apply K); destruct (find_rule s n') as [r|]; [|reflexivity].
  unfold find_version; destruct (name r =? n); [|reflexivity]; destruct (K r) as [_ [-> _]]; reflexivity.
Qed.

Lemma alike_soft n f s : soft f -> alike s (update_rule n f s).
Proof.
  intros K; apply alike_update; intros r; destruct (K r) as [A [B [C [D E]]]]; repeat split; try assumption.
  rewrite B; apply Forall2_same, alike_version_refl.
Qed.

Lemma alike_more n v d s : alike s (update_version n v (more_pins d) s).
Proof. apply alike_touch; intros o; repeat split. Qed.

Definition names_it (k : slot) (n v : Z) : Z := if used k && (of_rule k =? n) && (of_version k =? v) then 1 else 0.

Lemma holders_snoc l k n v : Z.of_nat (holders (l ++ [k]) n v) = Z.of_nat (holders l n v) + names_it k n v.
Proof.
  unfold holders, names_it; rewrite filter_app, app_length; cbn [filter]; destruct (used k && _ && _); cbn [length]; lia.
Qed.

Lemma holders_set l i old k n v : nth_error l i = Some old ->
  Z.of_nat (holders (set_nth i k l) n v) = Z.of_nat (holders l n v) - names_it old n v + names_it k n v.
Proof.
  unfold holders, names_it; revert i; induction l as [|x l IH]; intros [|i] E; try discriminate E; cbn [set_nth filter].
  - injection E as ->; destruct (used old && _ && _), (used k && _ && _); cbn [length]; lia.
  - specialize (IH i E); destruct (used x && _ && _); cbn [length]; lia.
Qed.

Lemma slot_of_spec s pin k : slot_of s pin = Some k -> nth_error (slots s) (Z.to_nat pin) = Some k /\ used k = true.
Proof.
  unfold slot_of; destruct (pin <? 0); [discriminate|]; destruct (nth_error _ _) as [x|]; [|discriminate].
  destruct (used x) eqn:U; [|discriminate]; intros E; injection E as <-; auto.
Qed.

Lemma held_retained s pin k : sound s -> slot_of s pin = Some k -> retained s (of_rule k) (of_version k) = true.
Proof.
  intros S E; apply slot_of_spec in E; destruct E as [E U]; apply nth_error_In in E.
  destruct (held s S k E U) as [r [o [Ir [Io [En Ev]]]]]; unfold retained.
  rewrite <- En, <- Ev, (in_found s r S Ir), (in_version r o (good s S r Ir) Io); reflexivity.
Qed.

(** ** Taking, giving back and moving *)

Lemma pinned_one n v st f s : sound s -> soft f -> retained s n v = true ->
  sound (with_slots (slots s ++ [Slot true n v st]) (update_rule n f (update_version n v (more_pins 1) s))).
Proof.
  intros S K R; apply (sound_alike s); [exact S| |].
  - eapply alike_trans; [apply alike_more|]; eapply alike_trans; [apply (alike_soft n f); exact K|apply alike_same; reflexivity].
  - intros n' v'; change (pinned_to (update_rule n f (update_version n v (more_pins 1) s)) n' v' = Z.of_nat (holders (slots s ++ [Slot true n v st]) n' v')).
    rewrite pinned_soft, pinned_more, R, (tally s S), holders_snoc by exact K; unfold names_it; cbn [used of_rule of_version andb].
    rewrite (Z.eqb_sym n' n), (Z.eqb_sym v' v), andb_true_r; reflexivity.
Qed.

Lemma let_go_alike n v s : sound (update_version n v (more_pins (-1)) s) ->
  sound (let_go n v s) /\ calm None s (let_go n v s).
Proof.
  intros S; unfold let_go; change (fun o => with_pins (pins o - 1) o) with (more_pins (-1)).
  assert (C : calm None s (update_version n v (more_pins (-1)) s)) by (apply alike_calm; [apply alike_more|reflexivity]).
  destruct (_ && _); [|split; assumption]; split.
  - apply sound_trim, (sound_same (update_version n v (more_pins (-1)) s)); [reflexivity|reflexivity|exact S].
  - eapply calm_trans; [exact C|]; eapply calm_trans; [|apply calm_trim]; apply calm_same; reflexivity.
Qed.

Lemma unpinned s pin k f : sound s -> slot_of s pin = Some k -> soft f ->
  let s1 := update_rule (of_rule k) f (set_slot pin (Slot false (of_rule k) (of_version k) (of_stops k)) s) in
  sound (let_go (of_rule k) (of_version k) s1) /\ calm None s (let_go (of_rule k) (of_version k) s1).
Proof.
  intros S E K s1; pose proof (held_retained s pin k S E) as R; destruct (slot_of_spec s pin k E) as [Nth U].
  assert (A : alike s s1) by (eapply alike_trans; [|apply alike_soft; exact K]; apply alike_same; reflexivity).
  destruct (let_go_alike (of_rule k) (of_version k) s1) as [So C].
  - apply (sound_alike s); [exact S|eapply alike_trans; [exact A|apply alike_more]|].
    intros n v; rewrite pinned_more.
    assert (R1 : retained s1 (of_rule k) (of_version k) = true).
    { unfold s1, retained; rewrite find_rule_update by (intros r; apply K); unfold retained, set_slot, find_rule in *; cbn [rules with_slots].
      destruct (find _ (rules s)) as [r|]; [|discriminate R]; unfold find_version in *; destruct (name r =? of_rule k); [|exact R].
      destruct (K r) as [_ [-> _]]; exact R. }
    rewrite R1; unfold s1 at 1; rewrite pinned_soft by exact K.
    change (pinned_to (set_slot pin (Slot false (of_rule k) (of_version k) (of_stops k)) s) n v) with (pinned_to s n v).
    rewrite (tally s S); cbn [slots update_version update_rule with_rules s1 set_slot with_slots].
    rewrite (holders_set _ _ _ _ _ _ Nth); unfold names_it; rewrite U; cbn [used andb].
    rewrite (Z.eqb_sym n), (Z.eqb_sym v), andb_true_r; destruct (_ && _); lia.
  - split; [exact So|eapply calm_trans; [|exact C]]; apply alike_calm; [exact A|reflexivity].
Qed.

Lemma adopted s pin k v : sound s -> slot_of s pin = Some k -> retained s (of_rule k) v = true -> v <> of_version k ->
  let s1 := set_slot pin (Slot true (of_rule k) v (of_stops k)) (update_version (of_rule k) v (more_pins 1) s) in
  sound (let_go (of_rule k) (of_version k) s1) /\ calm None s (let_go (of_rule k) (of_version k) s1).
Proof.
  intros S E R Ne s1; pose proof (held_retained s pin k S E) as R0; destruct (slot_of_spec s pin k E) as [Nth U].
  assert (A : alike s s1) by (eapply alike_trans; [apply alike_more|apply alike_same; reflexivity]).
  destruct (let_go_alike (of_rule k) (of_version k) s1) as [So C].
  - apply (sound_alike s); [exact S|eapply alike_trans; [exact A|apply alike_more]|].
    intros n v'; rewrite pinned_more.
    assert (R1 : retained s1 (of_rule k) (of_version k) = true).
    { unfold s1, retained, set_slot, update_version; unfold find_rule; cbn [rules with_slots].
      change (fun r => with_versions (map (fun o => if number o =? v then more_pins 1 o else o) (versions r)) r) with (touched v (more_pins 1)).
      change (find _ (rules (update_rule (of_rule k) (touched v (more_pins 1)) s))) with (find_rule (update_rule (of_rule k) (touched v (more_pins 1)) s) (of_rule k)).
      rewrite find_rule_update by reflexivity; unfold retained in R0; destruct (find_rule s (of_rule k)) as [r|]; [|discriminate R0].
      destruct (name r =? of_rule k); [|exact R0]; rewrite find_version_touched by reflexivity.
      destruct (find_version r (of_version k)); [reflexivity|discriminate R0]. }
    rewrite R1; change (pinned_to s1 n v') with (pinned_to (update_version (of_rule k) v (more_pins 1) s) n v').
    rewrite pinned_more, R, (tally s S); cbn [slots update_version update_rule with_rules s1 set_slot with_slots].
    rewrite (holders_set _ _ _ _ _ _ Nth); unfold names_it; rewrite U; cbn [used of_rule of_version andb].
    rewrite (Z.eqb_sym n), !(Z.eqb_sym v'), !andb_true_r; destruct (of_rule k =? n); cbn [andb]; [|lia].
    destruct (Z.eqb_spec (of_version k) v'), (Z.eqb_spec v v'); lia.
  - split; [exact So|eapply calm_trans; [|exact C]]; apply alike_calm; [exact A|reflexivity].
Qed.
