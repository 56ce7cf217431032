(** Every unit of a counter is spent, reserved or free, and what is reserved is what open reservations and leases
    hold: after any operations, in any order. *)

From Coq Require Import ZArith Lia Bool List.
From Interlock Require Import covenant.Budget.
Import ListNotations.
Open Scope Z_scope.

(** Units of a counter in a list of amounts. *)
Fixpoint total (counter : nat) (amounts : list amount) : Z :=
  match amounts with
  | [] => 0
  | (other, units) :: rest => (if Nat.eqb other counter then units else 0) + total counter rest
  end.

(** Units of a counter that reservations and leases hold. *)
Definition holds (b : budget) (counter : nat) : Z :=
  total counter (map snd (open b)) + total counter (flat_map held (leases b)).

Definition amount_fits (b : budget) (own : amount) : Prop := 0 <= snd own /\ (fst own < length (accounts b))%nat.

Definition balanced (b : budget) : Prop :=
  forall counter a, nth_error (accounts b) counter = Some a ->
  0 <= spent a /\ 0 <= reserved a /\ spent a + reserved a <= ceiling a /\ reserved a = holds b counter.

Record sound (b : budget) : Prop := Sound {
  sound_balance : balanced b;
  sound_open : Forall (fun entry => amount_fits b (snd entry)) (open b);
  sound_ids : NoDup (map fst (open b));
  sound_next : Forall (fun entry => fst entry < next_reservation b) (open b);
  sound_held : Forall (fun l => Forall (amount_fits b) (held l) /\ NoDup (map fst (held l))) (leases b);
  sound_leases : NoDup (map lease_id (leases b));
  sound_next_lease : Forall (fun l => lease_id l < next_lease b) (leases b)
}.

(** What a caller can write: amounts are not negative. *)
Definition possible (o : operation) : Prop :=
  match o with
  | Reserve _ units | Extend _ units | Commit _ units | SetCeiling _ units => 0 <= units
  | Spend amounts | GrantLease amounts _ _ _ | Settle _ amounts => Forall (fun own => 0 <= snd own) amounts
  | Renew _ _ _ | Reclaim _ => True
  end.

(** ** Lists *)

Lemma nth_update counter f l c :
  nth_error (update counter f l) c = if Nat.eqb counter c then option_map f (nth_error l c) else nth_error l c.
Proof.
  revert counter c; induction l as [|a rest IH]; intros [|counter] [|c]; cbn; try reflexivity; try apply IH.
  destruct (Nat.eqb counter c); reflexivity.
Qed.

Lemma length_update counter f l : length (update counter f l) = length l.
Proof. revert counter; induction l; intros [|counter]; cbn; auto. Qed.

Lemma length_each f amounts l : length (each f amounts l) = length l.
Proof.
  revert l; induction amounts as [|[c u] rest IH]; intros l; cbn; [reflexivity|].
  rewrite IH; apply length_update.
Qed.

Lemma length_release used l all : length (release used l all) = length all.
Proof. unfold release; induction (held l); cbn; [reflexivity|rewrite length_update; assumption]. Qed.

Lemma length_releases used ls all :
  length (fold_right (fun l all => release (used l) l all) all ls) = length all.
Proof. induction ls as [|l ls IH]; cbn; [reflexivity|rewrite length_release; exact IH]. Qed.

Lemma each_set_aside amounts l c :
  nth_error (each set_aside amounts l) c = option_map (set_aside (total c amounts)) (nth_error l c).
Proof.
  revert l; induction amounts as [|[k u] rest IH]; intros l; cbn [each total].
  - destruct (nth_error l c) as [a|]; [|reflexivity]; cbn; destruct a; unfold set_aside; cbn; do 2 f_equal; lia.
  - rewrite IH, nth_update; destruct (Nat.eqb k c); [|rewrite Z.add_0_l; reflexivity].
    destruct (nth_error l c) as [a|]; [|reflexivity]; cbn; unfold set_aside; cbn; do 2 f_equal; lia.
Qed.

Lemma each_spent amounts l c :
  nth_error (each (settle_units 0) amounts l) c = option_map (settle_units 0 (total c amounts)) (nth_error l c).
Proof.
  revert l; induction amounts as [|[k u] rest IH]; intros l; cbn [each total].
  - destruct (nth_error l c) as [a|]; [|reflexivity]; cbn; destruct a; unfold settle_units; cbn; do 2 f_equal; lia.
  - rewrite IH, nth_update; destruct (Nat.eqb k c); [|rewrite Z.add_0_l; reflexivity].
    destruct (nth_error l c) as [a|]; [|reflexivity]; cbn; unfold settle_units; cbn; do 2 f_equal; lia.
Qed.

(** Units of a counter that are spent of a lease. *)
Fixpoint total_used (counter : nat) (used : amount -> Z) (amounts : list amount) : Z :=
  match amounts with
  | [] => 0
  | own :: rest => (if Nat.eqb (fst own) counter then used own else 0) + total_used counter used rest
  end.

Lemma nth_release used l all c :
  nth_error (release used l all) c
  = option_map (settle_units (total c (held l)) (total_used c used (held l))) (nth_error all c).
Proof.
  unfold release; induction (held l) as [|[k u] rest IH]; cbn [fold_right total total_used fst snd].
  - destruct (nth_error all c) as [a|]; [|reflexivity]; cbn; destruct a; unfold settle_units; cbn; do 2 f_equal; lia.
  - rewrite nth_update, IH; destruct (Nat.eqb k c).
    + destruct (nth_error all c) as [a|]; [|reflexivity]; cbn; unfold settle_units; cbn; do 2 f_equal; lia.
    + reflexivity.
Qed.

Lemma total_not_negative c amounts : Forall (fun own => 0 <= snd own) amounts -> 0 <= total c amounts.
Proof. induction 1 as [|[k u] rest P _ IH]; cbn in *; [lia|destruct (Nat.eqb k c); lia]. Qed.

Lemma total_app c one two : total c (one ++ two) = total c one + total c two.
Proof. induction one as [|[k u] rest IH]; cbn; [reflexivity|rewrite IH; lia]. Qed.

Lemma total_used_bound c used amounts :
  Forall (fun own => 0 <= used own <= snd own) amounts -> 0 <= total_used c used amounts <= total c amounts.
Proof. induction 1 as [|[k u] rest P _ IH]; cbn in *; [lia|destruct (Nat.eqb k c); lia]. Qed.

Lemma lookup_in {A} id (l : list (Z * A)) value : lookup id l = Some value -> In (id, value) l.
Proof.
  induction l as [|[key v] rest IH]; cbn; [discriminate|].
  destruct (Z.eqb_spec key id); [intros E; injection E as ->; subst; left; reflexivity|right; auto].
Qed.

Lemma total_without c id own (l : list (Z * amount)) : NoDup (map fst l) -> lookup id l = Some own ->
  total c (map snd l) = total c [own] + total c (map snd (without id l)).
Proof.
  induction l as [|[key v] rest IH]; cbn [lookup map]; [discriminate|]; intros N E.
  inversion N as [|? ? Out N']; subst; unfold without; cbn [filter fst]; destruct (Z.eqb_spec key id) as [->|Ne].
  - injection E as ->; cbn [negb].
    assert (R : filter (fun entry => negb (fst entry =? id)) rest = rest).
    { clear -Out; induction rest as [|[k v] rest IH]; [reflexivity|]; cbn in *.
      destruct (Z.eqb_spec k id) as [->|]; [exfalso; apply Out; left; reflexivity|cbn; f_equal; auto]. }
    rewrite R; destruct own; cbn; lia.
  - cbn [negb map snd]; specialize (IH N' E); destruct v as [k u]; cbn [total] in *; unfold without in IH; lia.
Qed.

Lemma without_incl {A} id (l : list (Z * A)) : incl (without id l) l.
Proof. intros entry I; apply filter_In in I; apply I. Qed.

Lemma nodup_filter {A B} (f : A -> B) p l : NoDup (map f l) -> NoDup (map f (filter p l)).
Proof.
  induction l as [|a rest IH]; cbn; [auto|]; intros N; inversion N as [|? ? Out N']; subst.
  destruct (p a); cbn; [constructor|]; auto.
  intros I; apply Out; apply in_map_iff in I; destruct I as [x [E I]]; apply filter_In in I.
  apply in_map_iff; exists x; split; [exact E|apply I].
Qed.

Lemma forall_filter {A} (P : A -> Prop) p l : Forall P l -> Forall P (filter p l).
Proof. induction 1; cbn; [constructor|destruct (p x); auto]. Qed.

Lemma total_filter_leases c p ls :
  total c (flat_map held ls) = total c (flat_map held (filter p ls)) + total c (flat_map held (filter (fun l => negb (p l)) ls)).
Proof.
  induction ls as [|l ls IH]; cbn; [reflexivity|]; destruct (p l); cbn; rewrite !total_app, IH; lia.
Qed.

(** ** Affording *)

Lemma affording_room b counter units a : affording b counter units = inl tt -> nth_error (accounts b) counter = Some a ->
  units <= free a.
Proof. unfold affording; intros E N; rewrite N in E; destruct (Z.ltb_spec (free a) units); [discriminate|assumption]. Qed.

Lemma affording_exists b counter units : affording b counter units = inl tt -> (counter < length (accounts b))%nat.
Proof.
  unfold affording; destruct (nth_error (accounts b) counter) eqn:N; [|discriminate].
  intros _; apply nth_error_Some; congruence.
Qed.

Lemma afford_spec b before amounts : afford b before amounts = inl tt ->
  Forall (fun own => affording b (fst own) (snd own) = inl tt) amounts
  /\ NoDup (map fst amounts) /\ (forall own, In own amounts -> ~ In (fst own) (map fst before)).
Proof.
  revert before; induction amounts as [|[c u] rest IH]; intros before E; cbn in *.
  - repeat split; [constructor|constructor|intros own []].
  - destruct (affording b c u) as [[]|] eqn:F; [|discriminate].
    match type of E with (if ?x then _ else _) = _ => destruct x eqn:X; [discriminate|] end.
    destruct (IH _ E) as [A [N D]].
    assert (New : ~ In c (map fst before)).
    { intros I; apply in_map_iff in I; destruct I as [other [Eq I]].
      assert (existsb (fun other => Nat.eqb (fst other) c) before = true); [|congruence].
      apply existsb_exists; exists other; split; [exact I|apply Nat.eqb_eq; exact Eq]. }
    repeat split.
    + constructor; [exact F|exact A].
    + constructor; [|exact N]; intros I; apply in_map_iff in I; destruct I as [own [Eq I]].
      apply (D own I); rewrite map_app; apply in_or_app; right; left; cbn; auto.
    + intros own [<-|I]; [exact New|]; intros B; apply (D own I); rewrite map_app; apply in_or_app; left; exact B.
Qed.

Lemma total_of_distinct c amounts : NoDup (map fst amounts) ->
  total c amounts = 0 \/ exists u, In (c, u) amounts /\ total c amounts = u.
Proof.
  induction amounts as [|[k u] rest IH]; cbn; intros N; [left; reflexivity|].
  inversion N as [|? ? Out N']; subst; destruct (Nat.eqb_spec k c) as [->|].
  - right; exists u; split; [left; reflexivity|].
    assert (total c rest = 0); [|lia].
    clear -Out; induction rest as [|[k v] rest IH]; [reflexivity|]; cbn in *.
    destruct (Nat.eqb_spec k c) as [->|]; [exfalso; auto|apply IH; auto].
  - destruct (IH N') as [|[v [I E]]]; [left; lia|right; exists v; split; [right; exact I|lia]].
Qed.

Lemma afforded_total b amounts c a : afford b [] amounts = inl tt -> nth_error (accounts b) c = Some a -> 0 <= free a ->
  total c amounts <= free a.
Proof.
  intros E N F; destruct (afford_spec _ _ _ E) as [A [D _]].
  destruct (total_of_distinct c amounts D) as [->|[u [I ->]]]; [exact F|].
  rewrite Forall_forall in A; apply (affording_room b c u a (A _ I) N).
Qed.

Lemma afforded_fits b amounts : afford b [] amounts = inl tt -> Forall (fun own => 0 <= snd own) amounts ->
  Forall (amount_fits b) amounts /\ NoDup (map fst amounts).
Proof.
  intros E P; destruct (afford_spec _ _ _ E) as [A [D _]]; split; [|exact D].
  rewrite Forall_forall in *; intros own I; split; [auto|]; apply affording_exists with (snd own); auto.
Qed.

Lemma free_of_balanced b c a : balanced b -> nth_error (accounts b) c = Some a -> 0 <= free a.
Proof. intros B N; destruct (B c a N) as [? [? [? _]]]; unfold free; lia. Qed.

Lemma fits_accounts b b' own : length (accounts b') = length (accounts b) -> amount_fits b own -> amount_fits b' own.
Proof. intros L [? ?]; split; [assumption|lia]. Qed.

Ltac weaken := eapply Forall_impl; [|eassumption]; cbn; intros;
  try match goal with F : amount_fits _ _ |- _ => eapply fits_accounts; [|exact F]; cbn end.

(** ** Every operation keeps a budget sound *)

Lemma reserve_sound b counter units : sound b -> 0 <= units -> sound (fst (reserve b counter units)).
Proof.
  intros S U; unfold reserve; destruct (affording b counter units) as [[]|] eqn:A; [|exact S]; destruct S; cbn [fst].
  assert (L : length (update counter (set_aside units) (accounts b)) = length (accounts b)) by apply length_update.
  split; cbn; try assumption.
  - intros c a N; cbn in N; rewrite nth_update in N.
    assert (T : holds (Budget (update counter (set_aside units) (accounts b)) ((next_reservation b, (counter, units)) :: open b)
                   (leases b) (next_reservation b + 1) (next_lease b) (now b)) c
                = (if Nat.eqb counter c then units else 0) + holds b c) by (unfold holds; cbn; lia).
    destruct (Nat.eqb_spec counter c) as [->|].
    + destruct (nth_error (accounts b) c) as [before|] eqn:B; [|discriminate N]; injection N as <-.
      pose proof (affording_room b c units before A B); destruct (sound_balance0 c before B) as [? [? [? ?]]].
      unfold free in *; cbn in *; rewrite T; repeat split; lia.
    + destruct (sound_balance0 c a N) as [? [? [? ?]]]; rewrite T; repeat split; lia.
  - constructor; [split; cbn; [exact U|rewrite L; apply (affording_exists b counter units A)]|].
    eapply Forall_impl; [|exact sound_open0]; cbn; intros entry F; eapply fits_accounts; [exact L|exact F].
  - constructor; [|assumption]; intros I; apply in_map_iff in I; destruct I as [entry [E I]].
    rewrite Forall_forall in sound_next0; specialize (sound_next0 _ I); lia.
  - constructor; [cbn; lia|]; eapply Forall_impl; [|exact sound_next0]; cbn; intros; lia.
  - eapply Forall_impl; [|exact sound_held0]; cbn; intros l [F N]; split; [|exact N].
    eapply Forall_impl; [|exact F]; intros own; apply fits_accounts; exact L.
Qed.

Lemma extend_sound b id units : sound b -> 0 <= units -> sound (fst (extend b id units)).
Proof.
  intros S U; unfold extend; destruct (lookup id (open b)) as [[counter had]|] eqn:K; [|exact S].
  destruct (affording b counter units) as [[]|] eqn:A; [|exact S]; destruct S; cbn [fst].
  assert (L : length (update counter (set_aside units) (accounts b)) = length (accounts b)) by apply length_update.
  pose proof (lookup_in _ _ _ K) as I.
  assert (Own : amount_fits b (counter, had)) by (rewrite Forall_forall in sound_open0; apply (sound_open0 _ I)).
  split; cbn; try assumption.
  - intros c a N; cbn in N; rewrite nth_update in N.
    assert (T : holds (Budget (update counter (set_aside units) (accounts b)) ((id, (counter, had + units)) :: without id (open b))
                   (leases b) (next_reservation b) (next_lease b) (now b)) c
                = (if Nat.eqb counter c then units else 0) + holds b c).
    { unfold holds; cbn; rewrite (total_without c id (counter, had) (open b) sound_ids0 K); cbn.
      destruct (Nat.eqb counter c); lia. }
    destruct (Nat.eqb_spec counter c) as [->|].
    + destruct (nth_error (accounts b) c) as [before|] eqn:B; [|discriminate N]; injection N as <-.
      pose proof (affording_room b c units before A B); destruct (sound_balance0 c before B) as [? [? [? ?]]].
      unfold free in *; cbn in *; rewrite T; repeat split; lia.
    + destruct (sound_balance0 c a N) as [? [? [? ?]]]; rewrite T; repeat split; lia.
  - constructor; [destruct Own; split; cbn in *; lia|].
    apply forall_filter; eapply Forall_impl; [|exact sound_open0]; cbn; intros entry F; eapply fits_accounts; [exact L|exact F].
  - constructor; [|apply nodup_filter; assumption]; intros J; apply in_map_iff in J; destruct J as [entry [E J]].
    apply filter_In in J; destruct J as [_ J]; rewrite E, Z.eqb_refl in J; discriminate J.
  - rewrite Forall_forall in sound_next0; constructor; [apply (sound_next0 _ I)|].
    apply Forall_forall; intros entry J; apply sound_next0; apply (without_incl id); exact J.
  - eapply Forall_impl; [|exact sound_held0]; cbn; intros l [F N]; split; [|exact N].
    eapply Forall_impl; [|exact F]; intros own; apply fits_accounts; exact L.
Qed.

Lemma commit_sound b id units : sound b -> 0 <= units -> sound (fst (commit b id units)).
Proof.
  intros S U; unfold commit; destruct (lookup id (open b)) as [[counter had]|] eqn:K; [|exact S].
  destruct (Z.ltb_spec had units); [exact S|]; destruct S; cbn [fst].
  assert (L : length (update counter (settle_units had units) (accounts b)) = length (accounts b)) by apply length_update.
  pose proof (lookup_in _ _ _ K) as I.
  split; cbn; try assumption.
  - intros c a N; cbn in N; rewrite nth_update in N.
    assert (T : holds b c = (if Nat.eqb counter c then had else 0)
      + holds (Budget (update counter (settle_units had units) (accounts b)) (without id (open b))
                   (leases b) (next_reservation b) (next_lease b) (now b)) c).
    { unfold holds; cbn; rewrite (total_without c id (counter, had) (open b) sound_ids0 K); cbn.
      destruct (Nat.eqb counter c); lia. }
    assert (Rest : 0 <= holds (Budget (update counter (settle_units had units) (accounts b)) (without id (open b))
                   (leases b) (next_reservation b) (next_lease b) (now b)) c).
    { unfold holds; cbn; apply Z.add_nonneg_nonneg; apply total_not_negative; apply Forall_forall; intros own J.
      - apply in_map_iff in J; destruct J as [entry [<- J]]; rewrite Forall_forall in sound_open0.
        apply (sound_open0 entry); apply (without_incl id); exact J.
      - apply in_flat_map in J; destruct J as [l [Jl J]]; rewrite Forall_forall in sound_held0.
        destruct (sound_held0 l Jl) as [F _]; rewrite Forall_forall in F; apply (F own J). }
    destruct (Nat.eqb_spec counter c) as [->|].
    + destruct (nth_error (accounts b) c) as [before|] eqn:B; [|discriminate N]; injection N as <-.
      destruct (sound_balance0 c before B) as [? [? [? ?]]]; cbn; repeat split; lia.
    + destruct (sound_balance0 c a N) as [? [? [? ?]]]; repeat split; lia.
  - apply forall_filter; eapply Forall_impl; [|exact sound_open0]; cbn; intros entry F; eapply fits_accounts; [exact L|exact F].
  - apply nodup_filter; assumption.
  - apply forall_filter; assumption.
  - eapply Forall_impl; [|exact sound_held0]; cbn; intros l [F N]; split; [|exact N].
    eapply Forall_impl; [|exact F]; intros own; apply fits_accounts; exact L.
Qed.

(** What only changes accounts, and keeps what is reserved. *)
Lemma accounts_sound b all : sound b -> length all = length (accounts b) ->
  (forall c a, nth_error all c = Some a ->
     exists before, nth_error (accounts b) c = Some before
       /\ (0 <= spent before -> reserved before = reserved a /\ 0 <= spent a
           /\ (spent before + reserved before <= ceiling before -> spent a + reserved a <= ceiling a))) ->
  sound (with_accounts b all).
Proof.
  intros S L K; destruct S; split; cbn; try assumption.
  - intros c a N; cbn in N; destruct (K c a N) as [before [B E]].
    destruct (sound_balance0 c before B) as [P [? [? ?]]]; destruct (E P) as [? [? ?]].
    change (holds (with_accounts b all) c) with (holds b c); repeat split; lia.
  - eapply Forall_impl; [|exact sound_open0]; cbn; intros entry F; eapply fits_accounts; [exact L|exact F].
  - eapply Forall_impl; [|exact sound_held0]; cbn; intros l [F N]; split; [|exact N].
    eapply Forall_impl; [|exact F]; intros own; apply fits_accounts; exact L.
Qed.

Lemma spend_sound b amounts : sound b -> Forall (fun own => 0 <= snd own) amounts -> sound (fst (spend b amounts)).
Proof.
  intros S U; unfold spend; destruct (afford b [] amounts) as [[]|] eqn:A; [|exact S]; cbn [fst].
  pose proof (sound_balance b S) as B.
  apply accounts_sound; [exact S|apply length_each|]; intros c a N; rewrite each_spent in N.
  destruct (nth_error (accounts b) c) as [before|] eqn:E; [|discriminate N]; injection N as <-.
  exists before; split; [reflexivity|].
  pose proof (afforded_total b amounts c before A E (free_of_balanced b c before B E)).
  pose proof (total_not_negative c amounts U); unfold free in *; cbn; lia.
Qed.

Lemma set_ceiling_sound b counter limit : sound b -> sound (fst (set_ceiling b counter limit)).
Proof.
  intros S; unfold set_ceiling; destruct (nth_error (accounts b) counter) as [old|] eqn:O; [|exact S].
  destruct (Z.ltb_spec limit (spent old + reserved old)); [exact S|]; cbn [fst].
  apply accounts_sound; [exact S|apply length_update|]; intros c a N; rewrite nth_update in N.
  destruct (Nat.eqb_spec counter c) as [->|].
  - rewrite O in N; injection N as <-; exists old; split; [exact O|cbn; lia].
  - exists a; split; [exact N|lia].
Qed.

Lemma unsettled_bound l own : 0 <= snd own -> 0 <= unsettled l own <= snd own.
Proof. unfold unsettled; destruct (spend_unsettled l); lia. Qed.

(** Ending leases: what they held is no longer reserved, and at most that is spent. *)
Lemma releases_spec used ls all c : Forall (fun l => Forall (fun own => 0 <= used l own <= snd own) (held l)) ls ->
  exists units, 0 <= units <= total c (flat_map held ls)
    /\ nth_error (fold_right (fun l all => release (used l) l all) all ls) c
       = option_map (settle_units (total c (flat_map held ls)) units) (nth_error all c).
Proof.
  induction 1 as [|l ls P _ [units [R E]]]; cbn [fold_right flat_map].
  - exists 0; split; [cbn; lia|]; destruct (nth_error all c) as [a|]; [|reflexivity].
    destruct a; unfold settle_units; cbn; do 2 f_equal; lia.
  - exists (units + total_used c (used l) (held l)); rewrite total_app, nth_release, E.
    pose proof (total_used_bound c (used l) (held l) P); split; [lia|].
    destruct (nth_error all c) as [a|]; [|reflexivity]; cbn; unfold settle_units; cbn; do 2 f_equal; lia.
Qed.

(** Leases out of which some are taken, each with what is spent of it. *)
Lemma taken_sound b p used time : sound b ->
  Forall (fun l => p l = true -> Forall (fun own => 0 <= used l own <= snd own) (held l)) (leases b) ->
  sound (Budget (fold_right (fun l all => release (used l) l all) (accounts b) (filter p (leases b))) (open b)
                (filter (fun l => negb (p l)) (leases b)) (next_reservation b) (next_lease b) time).
Proof.
  intros S U; destruct S.
  pose proof (length_releases used (filter p (leases b)) (accounts b)) as L.
  split; cbn; try assumption.
  - intros c a N; cbn in N.
    destruct (releases_spec used (filter p (leases b)) (accounts b) c) as [units [R E]].
    { apply Forall_forall; intros l I; apply filter_In in I; rewrite Forall_forall in U; apply U; apply I. }
    rewrite E in N; destruct (nth_error (accounts b) c) as [before|] eqn:B; [|discriminate N]; injection N as <-.
    destruct (sound_balance0 c before B) as [? [? [? Hold]]].
    unfold holds in *; cbn in *; rewrite (total_filter_leases c p) in Hold.
    assert (0 <= total c (map snd (open b))).
    { apply total_not_negative, Forall_forall; intros own J; apply in_map_iff in J; destruct J as [entry [<- J]].
      rewrite Forall_forall in sound_open0; apply (sound_open0 entry J). }
    assert (0 <= total c (flat_map held (filter (fun l => negb (p l)) (leases b)))).
    { apply total_not_negative, Forall_forall; intros own J; apply in_flat_map in J; destruct J as [l [Jl J]].
      apply filter_In in Jl; rewrite Forall_forall in sound_held0; destruct (sound_held0 l) as [F _]; [apply Jl|].
      rewrite Forall_forall in F; apply (F own J). }
    repeat split; lia.
  - eapply Forall_impl; [|exact sound_open0]; cbn; intros entry F; eapply fits_accounts; [exact L|exact F].
  - apply forall_filter; eapply Forall_impl; [|exact sound_held0]; cbn; intros l [F N]; split; [|exact N].
    eapply Forall_impl; [|exact F]; intros own; apply fits_accounts; exact L.
  - apply nodup_filter; assumption.
  - apply forall_filter; assumption.
Qed.

Lemma reclaim_sound b time : sound b -> sound (reclaim b time).
Proof.
  intros S; unfold reclaim; apply (taken_sound b (fun l => expires l <=? Z.max (now b) time) unsettled); [exact S|].
  destruct S; eapply Forall_impl; [|exact sound_held0]; cbn; intros l [F _] _.
  eapply Forall_impl; [|exact F]; intros own [? _]; apply unsettled_bound; assumption.
Qed.

Lemma grant_lease_sound b amounts time duration spend_it : sound b -> Forall (fun own => 0 <= snd own) amounts ->
  sound (fst (grant_lease b amounts time duration spend_it)).
Proof.
  intros S0 U; pose proof (reclaim_sound b time S0) as S; unfold grant_lease.
  set (r := reclaim b time) in *; clearbody r; clear S0 b.
  destruct (_ || _); [exact S|]; destruct (afford r [] amounts) as [[]|] eqn:A; [|exact S]; cbn [fst].
  destruct (afforded_fits r amounts A U) as [Fits Distinct].
  pose proof (sound_balance r S) as Bal; destruct S.
  assert (L : length (each set_aside amounts (accounts r)) = length (accounts r)) by apply length_each.
  split; cbn; try assumption.
  - intros c a N; cbn in N; rewrite each_set_aside in N.
    destruct (nth_error (accounts r) c) as [before|] eqn:B; [|discriminate N]; injection N as <-.
    destruct (sound_balance0 c before B) as [? [? [? Hold]]].
    pose proof (afforded_total r amounts c before A B (free_of_balanced r c before Bal B)).
    pose proof (total_not_negative c amounts U).
    unfold holds in *; cbn; rewrite flat_map_app, total_app; cbn; rewrite app_nil_r; unfold free in *; repeat split; lia.
  - eapply Forall_impl; [|exact sound_open0]; cbn; intros entry F; eapply fits_accounts; [exact L|exact F].
  - apply Forall_app; split.
    + eapply Forall_impl; [|exact sound_held0]; cbn; intros l [F N]; split; [|exact N].
      eapply Forall_impl; [|exact F]; intros own; apply fits_accounts; exact L.
    + constructor; [|constructor]; cbn; split; [|exact Distinct].
      eapply Forall_impl; [|exact Fits]; intros own; apply fits_accounts; exact L.
  - rewrite map_app; cbn; apply NoDup_Add with (a := next_lease r) (l := map lease_id (leases r)).
    + replace (map lease_id (leases r) ++ [next_lease r]) with (map lease_id (leases r) ++ next_lease r :: []) by reflexivity.
      rewrite <- (app_nil_r (map lease_id (leases r))) at 1; apply Add_app.
    + split; [assumption|]; intros I; apply in_map_iff in I; destruct I as [l [E I]].
      rewrite Forall_forall in sound_next_lease0; specialize (sound_next_lease0 _ I); lia.
  - apply Forall_app; split; [eapply Forall_impl; [|exact sound_next_lease0]; cbn; intros; lia|].
    constructor; [cbn; lia|constructor].
Qed.

Lemma renew_sound b id time duration : sound b -> sound (fst (renew b id time duration)).
Proof.
  intros S0; pose proof (reclaim_sound b time S0) as S; unfold renew.
  set (r := reclaim b time) in *; clearbody r; clear S0 b.
  destruct (find_lease r id) as [l|]; [|exact S]; destruct (_ || _); [exact S|]; cbn [fst]; destruct S.
  set (renewed := fun other => if lease_id other =? id then _ else other).
  assert (Same : forall other, lease_id (renewed other) = lease_id other /\ held (renewed other) = held other).
  { intros other; unfold renewed; destruct (Z.eqb_spec (lease_id other) id); cbn; auto. }
  assert (M : map lease_id (map renewed (leases r)) = map lease_id (leases r)).
  { rewrite map_map; apply map_ext; intros other; apply Same. }
  assert (Hd : flat_map held (map renewed (leases r)) = flat_map held (leases r)).
  { rewrite !flat_map_concat_map, map_map; f_equal; apply map_ext; intros other; apply Same. }
  split; cbn; try assumption.
  - intros c a N; destruct (sound_balance0 c a N) as [? [? [? Hold]]].
    unfold holds in *; cbn; rewrite Hd; repeat split; assumption.
  - apply Forall_map; eapply Forall_impl; [|exact sound_held0]; cbn; intros other P.
    destruct (Same other) as [_ ->]; exact P.
  - rewrite M; assumption.
  - apply Forall_map; eapply Forall_impl; [|exact sound_next_lease0]; cbn; intros other P.
    destruct (Same other) as [-> _]; exact P.
Qed.

Lemma may_settle_spec b own used : may_settle b own used = inl tt ->
  Forall (fun entry => snd entry <= units_of (fst entry) own) used.
Proof.
  induction used as [|[c u] rest IH]; cbn; [constructor|].
  destruct (_ <=? c)%nat; [discriminate|]; match goal with |- context [existsb ?f rest] => destruct (existsb f rest); [discriminate|] end.
  destruct (Z.ltb_spec (units_of c own) u); [discriminate|]; intros E; constructor; [assumption|auto].
Qed.

Lemma units_of_bound own used : Forall (fun entry => snd entry <= units_of (fst entry) own) used ->
  Forall (fun entry => 0 <= snd entry) used -> Forall (fun entry => 0 <= snd entry) own ->
  forall counter, 0 <= units_of counter used <= units_of counter own.
Proof.
  intros B P Q counter; induction B as [|[c u] rest Hu B IH]; cbn.
  - split; [lia|]; induction Q as [|[k v] own Hv Q IHQ]; cbn in *; [lia|destruct (Nat.eqb k counter); lia].
  - inversion P as [|? ? Pu P']; subst; cbn in *; destruct (Nat.eqb_spec c counter) as [->|]; [lia|apply IH, P'].
Qed.

Lemma units_of_own own amounts : NoDup (map fst amounts) -> In own amounts -> units_of (fst own) amounts = snd own.
Proof.
  induction amounts as [|[k u] rest IH]; cbn; [contradiction|]; intros N [<-|I]; [cbn; rewrite Nat.eqb_refl; reflexivity|].
  inversion N as [|? ? Out N']; subst; destruct (Nat.eqb_spec k (fst own)) as [->|]; [|apply IH; assumption].
  exfalso; apply Out, in_map; exact I.
Qed.

Lemma settle_sound b id used : sound b -> Forall (fun own => 0 <= snd own) used -> sound (fst (settle b id used)).
Proof.
  intros S U; unfold settle; destruct (find_lease b id) as [l|] eqn:F; [|exact S].
  destruct (may_settle b (held l) used) as [[]|] eqn:M; [|exact S]; cbn [fst].
  apply may_settle_spec in M; unfold find_lease in F.
  assert (One : filter (fun other => lease_id other =? id) (leases b) = [l]).
  { destruct S; clear -F sound_leases0; induction (leases b) as [|other rest IH]; [discriminate F|].
    cbn in *; inversion sound_leases0 as [|? ? Out N]; subst; destruct (Z.eqb_spec (lease_id other) id) as [E|].
    - injection F as ->; f_equal; subst id.
      clear -Out; induction rest as [|x rest IH]; [reflexivity|]; cbn in *.
      destruct (Z.eqb_spec (lease_id x) (lease_id l)) as [E|]; [exfalso; apply Out; left; exact E|apply IH; auto].
    - apply IH; assumption. }
  pose proof (taken_sound b (fun other => lease_id other =? id) (fun _ own => units_of (fst own) used) (now b) S) as T.
  rewrite One in T; cbn [fold_right] in T; apply T; clear T.
  assert (I : In l (leases b)) by (apply find_some in F; apply F).
  destruct S; rewrite Forall_forall in sound_held0; apply Forall_forall; intros other J E.
  assert (other = l) as ->.
  { assert (K : In other (filter (fun other => lease_id other =? id) (leases b))) by (apply filter_In; split; assumption).
    rewrite One in K; destruct K as [|[]]; congruence. }
  destruct (sound_held0 l I) as [Fits N]; apply Forall_forall; intros own Jo.
  rewrite <- (units_of_own own (held l) N Jo); apply units_of_bound; try assumption.
  eapply Forall_impl; [|exact Fits]; intros entry [? _]; assumption.
Qed.

(** ** The theorems *)

Theorem apply_keeps_sound b o : sound b -> possible o -> sound (fst (apply b o)).
Proof.
  intros S P; destruct o; cbn [apply possible] in *;
    try match goal with |- sound (fst (none ?out)) =>
      replace (fst (none out)) with (fst out) by (destruct out as [? [|]]; reflexivity) end.
  - apply reserve_sound; assumption.
  - apply extend_sound; assumption.
  - apply commit_sound; assumption.
  - apply spend_sound; assumption.
  - apply set_ceiling_sound; assumption.
  - apply grant_lease_sound; assumption.
  - apply renew_sound; assumption.
  - apply settle_sound; assumption.
  - apply reclaim_sound; assumption.
Qed.

Definition run (b : budget) (operations : list operation) : budget := fold_left (fun b o => fst (apply b o)) operations b.

(** After any operations, interleaved in any way: of every counter, what is spent, reserved and free is the
    ceiling, none of them is below zero, and what is reserved is what open reservations and leases hold. *)
Theorem conservation ceilings operations counter a :
  Forall (fun limit => 0 <= limit) ceilings -> Forall possible operations ->
  let b := run (new_budget ceilings) operations in
  nth_error (accounts b) counter = Some a ->
  spent a + reserved a + free a = ceiling a /\ 0 <= spent a /\ 0 <= reserved a /\ 0 <= free a
  /\ reserved a = holds b counter.
Proof.
  intros C P b.
  assert (S : sound b).
  { unfold b, run; assert (S0 : sound (new_budget ceilings)).
    { split; [|constructor ..].
      intros c x N; cbn in N; rewrite nth_error_map in N; destruct (nth_error ceilings c) as [limit|] eqn:E; [|discriminate N].
      injection N as <-; apply nth_error_In in E; rewrite Forall_forall in C; specialize (C _ E).
      unfold holds; cbn; repeat split; lia. }
    revert S0; generalize (new_budget ceilings); induction P as [|o rest Po P IH]; intros b0 S0; [exact S0|].
    cbn [fold_left]; apply IH, apply_keeps_sound; assumption. }
  intros N; destruct (sound_balance b S counter a N) as [? [? [? ?]]]; unfold free; repeat split; lia.
Qed.

(** An operation that is refused changes nothing, but that a clock which was shown to the budget counts, and
    what has ended by then is taken back. *)
Theorem refused_changes_nothing b o why : snd (apply b o) = inr why ->
  fst (apply b o) = match o with
                    | GrantLease _ time _ _ | Renew _ time _ => reclaim b time
                    | _ => b
                    end.
Proof.
  destruct o; cbn [apply].
  - unfold reserve; destruct (affording b counter units); [discriminate|reflexivity].
  - unfold extend, none; destruct (lookup id (open b)) as [[? ?]|]; [|reflexivity].
    destruct (affording b n units); [discriminate|reflexivity].
  - unfold commit; destruct (lookup id (open b)) as [[? ?]|]; [|reflexivity].
    destruct (_ <? _); [reflexivity|discriminate].
  - unfold spend, none; destruct (afford b [] amounts); [discriminate|reflexivity].
  - unfold set_ceiling, none; destruct (nth_error _ _); [|reflexivity]; destruct (_ <? _); [reflexivity|discriminate].
  - unfold grant_lease; destruct (_ || _); [reflexivity|]; destruct (afford _ _ _); [discriminate|reflexivity].
  - unfold renew; destruct (find_lease _ _); [|reflexivity]; destruct (_ || _); [reflexivity|discriminate].
  - unfold settle, none; destruct (find_lease _ _); [|reflexivity]; destruct (may_settle _ _ _); [discriminate|reflexivity].
  - discriminate.
Qed.

(** A reservation is settled once. *)
Theorem committed_once b id units rest : sound b -> snd (commit b id units) = inl rest ->
  lookup id (open (fst (commit b id units))) = None.
Proof.
  intros _; unfold commit; destruct (lookup id (open b)) as [[counter had]|]; [|discriminate].
  destruct (had <? units); [discriminate|intros _; cbn].
  unfold without; induction (open b) as [|[key value] l IH]; [reflexivity|]; cbn.
  destruct (Z.eqb_spec key id); cbn; [exact IH|]; destruct (Z.eqb_spec key id); [contradiction|exact IH].
Qed.

Lemma lookup_without {A} id key (l : list (Z * A)) : lookup id l = None -> lookup id (without key l) = None.
Proof.
  induction l as [|[k v] l IH]; [reflexivity|]; cbn; destruct (Z.eqb_spec k id) as [|N]; [discriminate|]; intros E.
  destruct (negb (k =? key)); cbn; [|apply IH; exact E]; destruct (Z.eqb_spec k id); [contradiction|apply IH; exact E].
Qed.

(** And never is again: a reservation is settled once, whatever is done after. *)
Theorem settled_for_good operations : forall b id, id < next_reservation b -> lookup id (open b) = None ->
  lookup id (open (run b operations)) = None.
Proof.
  enough (K : forall b o id, id < next_reservation b -> lookup id (open b) = None ->
            id < next_reservation (fst (apply b o)) /\ lookup id (open (fst (apply b o))) = None).
  { induction operations as [|o rest IH]; intros b id L E; [exact E|]; destruct (K b o id L E) as [L' E'].
    exact (IH (fst (apply b o)) id L' E'). }
  intros b o id L E; destruct o; cbn [apply].
  - unfold reserve; destruct (affording b counter units); [|auto]; cbn; split; [lia|].
    destruct (Z.eqb_spec (next_reservation b) id); [lia|exact E].
  - unfold extend, none; destruct (lookup id0 (open b)) as [[c had]|] eqn:F; [|auto]; destruct (affording b c units); [|auto]; cbn.
    split; [exact L|]; destruct (Z.eqb_spec id0 id) as [->|]; [congruence|apply lookup_without; exact E].
  - unfold commit; destruct (lookup id0 (open b)) as [[c had]|]; [|auto]; destruct (had <? units); [auto|]; cbn.
    split; [exact L|apply lookup_without; exact E].
  - unfold spend, none; destruct (afford b [] amounts); auto.
  - unfold set_ceiling, none; destruct (nth_error _ _); [|auto]; destruct (_ <? _); auto.
  - unfold grant_lease; destruct (_ || _); [auto|]; destruct (afford _ _ _); auto.
  - unfold renew; destruct (find_lease _ _); [|auto]; destruct (_ || _); auto.
  - unfold settle, none; destruct (find_lease b id0); [|auto]; destruct (may_settle _ _ _); auto.
  - auto.
Qed.
