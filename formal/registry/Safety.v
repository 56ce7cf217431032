(** What the registry promises, of every state that any operations lead to. *)

From Coq Require Import ZArith Lia Bool List.
From Interlock Require Import registry.Registry registry.Interface registry.Invariant registry.Operations registry.Pins.
Import ListNotations.
Open Scope Z_scope.

(** What operations lead to from an empty registry. *)
Definition reached (s : registry) : Prop := exists most ops, s = run (empty most) ops.

(** What an operation may do: nothing to active versions, or a swap that went well. *)
Definition effect (s : registry) (op : operation) (s' : registry) : Prop :=
  exists e g, extends e g s s'
    /\ (e = None \/ exists q, commits s op q /\ ready s q /\ e = Some (wanted_rule q) /\ active_of s' (wanted_rule q) = to q).

Lemma calm_effect g s op s' : invariant s -> sound s' -> calm g s s' -> invariant s' /\ effect s op s'.
Proof.
  intros I S C; split; [eapply calm_invariant; eassumption|destruct C as [X _]]; exists None, g; auto.
Qed.

Lemma same_effect s op : invariant s -> invariant s /\ effect s op s.
Proof. intros I; split; [exact I|exists None, None; split; [apply extends_same; reflexivity|auto]]. Qed.

Lemma extends_effect s op s' : invariant s' /\ extends None None s s' -> invariant s' /\ effect s op s'.
Proof. intros [I X]; split; [exact I|exists None, None; auto]. Qed.

Lemma begun s op q now : invariant s -> invariant (fst (begin_swap q now s)) /\ effect s op (fst (begin_swap q now s)).
Proof.
  intros I; unfold begin_swap; destruct (is_full s); [apply same_effect; exact I|].
  destruct (is_idle s); [|apply (calm_effect None); [exact I|apply (sound_same s); [reflexivity|reflexivity|apply I]|apply calm_same; reflexivity]].
  destruct (check_swap s _) eqn:K; [apply same_effect; exact I|].
  apply extends_effect; cbn [fst]; split; [|apply extends_same; reflexivity].
  pose proof (started _ now s (proj1 I) K) as [A B]; split; [apply (sound_same (start (Request (next_swap s) (wanted_rule q) (to q) (is_rollback q)) now s)); [reflexivity|reflexivity|exact A]|exact B].
Qed.

Lemma applied s op : invariant s -> invariant (fst (apply s op)) /\ effect s op (fst (apply s op)).
Proof.
  intros Inv; assert (S := proj1 Inv); destruct op; cbn [apply].
  - destruct (is_rule c) eqn:V; [|apply same_effect; exact Inv]; destruct (check_new s c) eqn:K; [apply same_effect; exact Inv|].
    destruct (inserted c s S V K) as [S1 [C _]]; apply (calm_effect (Some c)); assumption.
  - destruct (is_rule c) eqn:V; [|apply same_effect; exact Inv]; cbn [negb].
    destruct (is_full s); [apply same_effect; exact Inv|]; destruct (check_new s c) eqn:K; [apply same_effect; exact Inv|].
    destruct (if is_idle s then _ else _); [apply same_effect; exact Inv|].
    destruct (inserted c s S V K) as [S1 [C _]]; pose proof (calm_invariant _ _ _ Inv S1 C) as I1.
    unfold begin_swap; destruct (is_full _); [cbn [fst]; apply (calm_effect (Some c)); assumption|].
    destruct (is_idle _); cbn [fst].
    + destruct (check_swap _ _) eqn:K1; [cbn [fst]; apply (calm_effect (Some c)); assumption|cbn [fst]].
      match type of K1 with check_swap _ ?q = None => pose proof (started q now _ S1 K1) as [A B] end.
      split; [split; [eapply sound_same; [| |exact A]; reflexivity|exact B]|].
      exists None, (Some c); split; [|auto]; eapply extends_trans; [apply C|apply extends_same; reflexivity].
    + apply (calm_effect (Some c)); [exact Inv|apply (sound_same (insert c s)); [reflexivity|reflexivity|exact S1]|].
      eapply calm_trans; [exact C|apply calm_same; reflexivity].
  - destruct (find_rule s n) as [r|]; [|apply same_effect; exact Inv]; destruct (find_version r v); [|apply same_effect; exact Inv].
    apply begun; exact Inv.
  - destruct (find_rule s n) as [r|]; [|apply same_effect; exact Inv]; destruct (find_version r v); [|apply same_effect; exact Inv].
    apply begun; exact Inv.
  - destruct (is_idle s) eqn:Idl; cbn [fst]; [|apply same_effect; exact Inv].
    apply extends_effect, terminated_next; [exact S|apply idle_doing; exact Idl].
  - unfold complete; destruct (doing s) as [|own n v|w] eqn:D; [apply same_effect; exact Inv| |].
    + destruct (own =? number_of_step); cbn [fst]; [|apply same_effect; exact Inv]; apply extends_effect; unfold terminated.
      match goal with |- invariant (go_on now ?x) /\ _ => destruct (gone_on now x) as [A B]; [| |split; [exact A|eapply extends_trans; [|exact B]]] end.
      * match goal with |- sound (trim n (with_doing Idle ?y)) => apply sound_trim, (sound_same y); [reflexivity|reflexivity|] end.
        apply set_staged_sound; destruct r, (find_rule s n); first [exact S|apply (sound_same s); [reflexivity|reflexivity|exact S]].
      * reflexivity.
      * match goal with |- extends _ _ _ (trim n (with_doing Idle (set_staged n v false ?y))) =>
          apply (extends_trans _ _ _ y); [apply extends_same; destruct r, (find_rule s n); reflexivity|];
          apply (extends_trans _ _ _ (set_staged n v false y)); [apply extends_touch; intros o; repeat split|];
          apply (extends_trans _ _ _ (with_doing Idle (set_staged n v false y))); [apply extends_same; reflexivity|apply extends_trim] end.
    + destruct (Z.eqb_spec (step w) number_of_step) as [E|]; [|apply same_effect; exact Inv].
      destruct (advanced w r now s Inv D) as [A B].
      assert (F : fst (let (s0, o) := advance w r now s in match o with Some why => (s0, Refused why) | None => (s0, Said []) end) = fst (advance w r now s))
        by (destruct (advance w r now s) as [? [?|]]; reflexivity).
      rewrite F; split; [exact A|]; destruct B as [B|[St [[m ->] [R [B Ac]]]]]; [exists None, None; auto|].
      exists (Some (wanted_rule (asked w))), None; split; [exact B|right]; exists (asked w); repeat split; try assumption; try apply R.
      exists w, m, now; subst; auto.
  - destruct (outcomes s); cbn [fst]; [apply same_effect; exact Inv|].
    apply (calm_effect None); [exact Inv|apply (sound_same s); [reflexivity|reflexivity|exact S]|apply calm_same; reflexivity].
  - destruct (find_rule s n) as [r|]; [|apply same_effect; exact Inv]; destruct (find_version r v) as [o|]; [|apply same_effect; exact Inv].
    destruct (is_failed (resting o)); cbn [fst]; [|apply same_effect; exact Inv].
    apply (calm_effect None); [exact Inv|apply set_resting_sound; [exact S|left; discriminate]|].
    apply calm_touch; [intros x; repeat split|intros x _; discriminate].
  - destruct (find_rule s n); cbn [fst]; [|apply same_effect; exact Inv].
    assert (K : soft (with_handling p)) by (intros x; cbn; repeat split; lia).
    apply (calm_effect None); [exact Inv|apply sound_soft; assumption|apply calm_soft; exact K].
  - destruct (find_rule s n) as [r|]; cbn [fst]; [|apply same_effect; exact Inv].
    assert (K : soft (fun r => with_stops true (stops r + 1) 0 r)) by (intros x; cbn; repeat split; lia).
    apply (calm_effect None); [exact Inv|apply sound_soft; assumption|apply calm_soft; exact K].
  - destruct (find_rule s n) as [r|]; cbn [fst]; [|apply same_effect; exact Inv].
    assert (K : soft (fun r => with_stops false (stops r) (running r) r)) by (intros x; cbn; repeat split; lia).
    apply (calm_effect None); [exact Inv|apply sound_soft; assumption|apply calm_soft; exact K].
  - destruct (find_rule s n) as [r|] eqn:Q; [|apply same_effect; exact Inv]; destruct (drained_until s n); [apply same_effect; exact Inv|].
    destruct (stopped r); [apply same_effect; exact Inv|]; destruct (find_version r (active r)) eqn:Qv; [|apply same_effect; exact Inv]; cbn [fst].
    assert (K : soft (fun r => with_stops (stopped r) (stops r) (running r + 1) r)) by (intros x; cbn; repeat split; lia).
    apply (calm_effect None); [exact Inv| |].
    + apply pinned_one; [exact S|exact K|unfold retained; rewrite Q, Qv; reflexivity].
    + apply alike_calm; [|reflexivity]; eapply alike_trans; [apply alike_more|].
      eapply alike_trans; [apply (alike_soft n _ _ K)|apply alike_same; reflexivity].
  - destruct (slot_of s pin) as [k|] eqn:Sl; [|apply same_effect; exact Inv].
    destruct (find_rule s (of_rule k)) as [r|] eqn:Q; [|apply same_effect; exact Inv].
    destruct (negb _); [apply same_effect; exact Inv|]; destruct (handling r); try (apply same_effect; exact Inv).
    destruct (is_drained s (of_rule k)); cbn [orb]; [apply same_effect; exact Inv|].
    destruct (Z.eqb_spec (active r) (of_version k)) as [|Ne]; [apply same_effect; exact Inv|].
    destruct (find_version r (active r)) eqn:Qv; [|apply same_effect; exact Inv]; cbn [fst].
    assert (Rt : retained s (of_rule k) (active r) = true) by (unfold retained; rewrite Q, Qv; reflexivity).
    destruct (adopted s pin k (active r) S Sl Rt Ne) as [A C]; apply (calm_effect None); assumption.
  - destruct (slot_of s pin) as [k|] eqn:Sl; [|apply same_effect; exact Inv]; cbn [fst].
    assert (K : soft (fun r => if stops r =? of_stops k then with_stops (stopped r) (stops r) (Z.max 0 (running r - 1)) r else r))
      by (intros x; cbv beta; destruct (stops x =? of_stops k); cbn; repeat split; lia).
    destruct (unpinned s pin k _ S Sl K) as [A C]; apply (calm_effect None); assumption.
  - destruct (slot_of s pin) as [k|]; [|apply same_effect; exact Inv]; destruct (find_rule s (of_rule k)) as [r|]; [|apply same_effect; exact Inv].
    destruct (find_version r (of_version k)); apply same_effect; exact Inv.
Qed.

Lemma empty_invariant most : invariant (empty most).
Proof. split; [|exact I]; constructor; cbn; try contradiction; constructor. Qed.

Lemma run_invariant ops s : invariant s -> invariant (run s ops).
Proof.
  revert s; induction ops as [|op ops IH]; intros s I; [exact I|]; apply (IH (fst (apply s op))), applied; exact I.
Qed.

Lemma reached_invariant s : reached s -> invariant s.
Proof. intros [most [ops ->]]; apply run_invariant, empty_invariant. Qed.

(** ** One active version *)

Definition is_serving (s : registry) (r : rule) (o : version) : bool :=
  match status_of s r o with IsActive | IsQuiescing => true | _ => false end.

Lemma serving_is_active s r o : is_serving s r o = (number o =? active r).
Proof.
  unfold is_serving, status_of; destruct (number o =? active r).
  - destruct (doing s) as [| |w]; try reflexivity; destruct (wanted_rule (asked w) =? name r); [|reflexivity].
    destruct (stage w); reflexivity.
  - destruct (resting o); reflexivity.
Qed.

(** Of the versions of a rule that are retained exactly one serves, if one is active, and none if none is. *)
Theorem one_version_serves s r : reached s -> In r (rules s) ->
  length (filter (is_serving s r) (versions r)) = if active r =? 0 then 0%nat else 1%nat.
Proof.
  intros R I; pose proof (good s (proj1 (reached_invariant s R)) r I) as G.
  rewrite (filter_ext _ (fun o => number o =? active r)) by (intros o; apply serving_is_active).
  assert (None_active : forall l, (forall o, In o l -> number o <> active r) -> filter (fun o => number o =? active r) l = []).
  { induction l as [|o l IH]; intros N; [reflexivity|]; cbn; destruct (Z.eqb_spec (number o) (active r)) as [E|].
    - exfalso; apply (N o (or_introl eq_refl) E).
    - apply IH; intros; apply N; right; assumption. }
  destruct (Z.eqb_spec (active r) 0) as [E|Ne].
  - rewrite None_active; [reflexivity|]; intros o Io; pose proof (bounds r G o Io); lia.
  - destruct (serving r G) as [|[o [Io [Eo _]]]]; [contradiction|].
    apply in_split in Io; destruct Io as [a [b Split]]; pose proof (unique r G) as U; rewrite Split in U |- *.
    rewrite map_app in U; cbn in U; apply NoDup_remove_2 in U.
    rewrite filter_app; cbn [filter]; rewrite Eo, Z.eqb_refl, !None_active; [reflexivity| |];
      intros x Ix Ex; apply U; rewrite Eo, <- Ex; apply in_or_app; [right|left]; apply in_map; exact Ix.
Qed.

(** The active version is retained, and it has not failed. *)
Theorem active_is_never_evicted s n : reached s -> active_of s n <> 0 ->
  exists r o, find_rule s n = Some r /\ find_version r (active_of s n) = Some o /\ resting o <> Failed.
Proof.
  intros R A; assert (S := proj1 (reached_invariant s R)); unfold active_of in *; destruct (find_rule s n) as [r|] eqn:Q; [|contradiction].
  destruct (found_rule s n r Q) as [I _]; destruct (serving r (good s S r I)) as [|[o [Io [E F]]]]; [contradiction|].
  exists r, o; rewrite <- E, (in_version r o (good s S r I) Io); auto.
Qed.

(** An active version changes by a swap that went well and by nothing else: upwards, or by rollback downwards to a
    version that was retained; and never to one that failed or whose needs are not met. *)
Theorem active_changes_only_by_a_swap s op n : reached s ->
  let before := active_of s n in let after := active_of (fst (apply s op)) n in
  after <> before ->
  exists q r o, commits s op q /\ wanted_rule q = n /\ to q = after
    /\ (if is_rollback q then before <> 0 /\ after < before else before < after)
    /\ find_rule s n = Some r /\ find_version r after = Some o /\ resting o <> Failed
    /\ forall need, In need (needs o) -> snd need <= active_of s (fst need).
Proof.
  intros R before after Ch; pose proof (reached_invariant s R) as Inv; assert (S := proj1 Inv).
  destruct (applied s op Inv) as [_ [e [g [X [->|[q [C [Rd [-> Ac]]]]]]]]].
  - exfalso; apply Ch; exact (extends_active _ _ _ _ X).
  - assert (E : wanted_rule q = n).
    { destruct (Z.eq_dec (wanted_rule q) n) as [|Ne]; [assumption|exfalso]; apply Ch; unfold after, before, active_of.
      destruct (find_rule (fst (apply s op)) n) as [r'|] eqn:Q'.
      - destruct (extends_find_back _ _ _ _ _ _ X Q') as [[r [Q G]]|[Q [A _]]]; rewrite Q.
        + apply found_rule in Q; destruct Q as [_ <-]; destruct (gentle_active _ _ _ _ G) as [A|A]; [congruence|exact A].
        + destruct A as [A|A]; [congruence|exact A].
      - destruct (find_rule s n) as [r|] eqn:Q; [|reflexivity].
        destruct (extends_find _ _ _ _ _ _ X Q) as [r' [Bad _]]; congruence. }
    subst n; destruct Rd as [[r [o [Ir [En [Io [Eo F]]]]]] [D [Nd _]]]; pose proof (in_found s r S Ir) as Q; rewrite En in Q.
    exists q, r, o; unfold after; rewrite Ac; unfold before, active_of; rewrite Q; repeat split; try assumption.
    + exact (D r Q).
    + rewrite <- Eo; apply in_version; [exact (good s S r Ir)|exact Io].
    + intros need Ineed; exact (Nd r o need Ir En Io Eo Ineed).
Qed.

(** What begins or ends well is no rollback: without one, active versions only rise. *)
Corollary active_increases_but_by_rollback s op n : reached s ->
  (forall q, commits s op q -> is_rollback q = false) -> active_of s n <= active_of (fst (apply s op)) n.
Proof.
  intros R N; destruct (Z.eq_dec (active_of (fst (apply s op)) n) (active_of s n)) as [E|E]; [lia|].
  destruct (active_changes_only_by_a_swap s op n R E) as [q [r [o [C [_ [_ [D _]]]]]]].
  rewrite (N q C) in D; lia.
Qed.

(** Once a rule has an active version it has one for ever. *)
Theorem never_without_one_again s ops n : reached s -> active_of s n <> 0 -> active_of (run s ops) n <> 0.
Proof.
  revert s; induction ops as [|op ops IH]; intros s R A; [exact A|]; apply (IH (fst (apply s op))).
  - destruct R as [most [before ->]]; exists most, (before ++ [op]); unfold run; rewrite fold_left_app; reflexivity.
  - destruct (Z.eq_dec (active_of (fst (apply s op)) n) (active_of s n)) as [->|E]; [exact A|].
    destruct (active_changes_only_by_a_swap s op n R E) as [q [r [o [_ [_ [_ [_ [Q [Qv _]]]]]]]]].
    assert (S := proj1 (reached_invariant s R)); apply found_rule in Q; destruct Q as [I _].
    apply found_version in Qv; destruct Qv as [Io Ev]; pose proof (bounds r (good s S r I) o Io); lia.
Qed.

(** What active versions need of other rules is active, in a version that will do. *)
Theorem active_needs_are_met s r o need : reached s -> In r (rules s) -> In o (versions r) -> number o = active r ->
  In need (needs o) -> snd need <= active_of s (fst need).
Proof. intros R; exact (satisfied s (proj1 (reached_invariant s R)) r o need). Qed.

(** ** Pins *)

(** A version that a stream holds is retained. *)
Theorem pinned_is_never_evicted s pin k : reached s -> slot_of s pin = Some k ->
  exists r o, find_rule s (of_rule k) = Some r /\ find_version r (of_version k) = Some o.
Proof.
  intros R Sl; assert (S := proj1 (reached_invariant s R)); pose proof (held_retained s pin k S Sl) as H; unfold retained in H.
  destruct (find_rule s (of_rule k)) as [r|]; [|discriminate H]; exists r.
  destruct (find_version r (of_version k)) as [o|]; [eauto|discriminate H].
Qed.

(** ** Contents *)

Definition content_of (s : registry) (n v : Z) : option Z :=
  match find_rule s n with
  | Some r => match find_version r v with Some o => Some (content o) | None => None end
  | None => None
  end.

Definition highest_of (s : registry) (n : Z) : Z := match find_rule s n with Some r => highest r | None => 0 end.

Lemma content_step s s' e g n v : sound s -> sound s' -> extends e g s s' -> v <= highest_of s n ->
  highest_of s n <= highest_of s' n /\ (content_of s' n v = None \/ content_of s' n v = content_of s n v).
Proof.
  intros S S' X L; unfold highest_of, content_of in *; destruct (find_rule s n) as [r|] eqn:Q.
  - destruct (extends_find _ _ _ _ _ _ X Q) as [r' [-> G]]; split; [exact (gentle_highest _ _ _ _ G)|].
    destruct (find_version r' v) as [o'|] eqn:Qv; [right|left; reflexivity]; apply found_version in Qv; destruct Qv as [I E].
    destruct (gentle_versions _ _ _ _ G o' I) as [[o [Io [E1 [E2 _]]]]|[Bad _]]; [|lia].
    apply found_rule in Q; destruct Q as [Ir _]; pose proof (in_version r o (good s S r Ir) Io) as F.
    rewrite <- E, E1, F, E2; reflexivity.
  - destruct (find_rule s' n) as [r'|] eqn:Q'; [|split; [lia|left; reflexivity]].
    apply found_rule in Q'; destruct Q' as [Ir' _]; pose proof (good s' S' r' Ir') as G; split; [exact (not_negative r' G)|left].
    destruct (find_version r' v) as [o'|] eqn:Qv; [|reflexivity]; apply found_version in Qv; destruct Qv as [I E].
    pose proof (bounds r' G o' I); lia.
Qed.

(** A version names one content for ever: whatever is done after, where it is retained it has the content that it had,
    and once it is evicted it does not come back with another. *)
Theorem version_names_one_content s ops more n v one other : reached s ->
  content_of (run s ops) n v = Some one -> content_of (run (run s ops) more) n v = Some other -> one = other.
Proof.
  intros R; set (t := run s ops); assert (It : invariant t) by (apply run_invariant, reached_invariant; exact R); clearbody t; clear s ops R.
  intros One; assert (H : v <= highest_of t n).
  { unfold content_of, highest_of in *; destruct (find_rule t n) as [r|] eqn:Q; [|discriminate One].
    destruct (find_version r v) as [o|] eqn:Qv; [|discriminate One]; apply found_rule in Q; apply found_version in Qv.
    destruct Q as [I _], Qv as [Io E]; pose proof (bounds r (good t (proj1 It) r I) o Io); lia. }
  assert (K : forall more u, invariant u -> v <= highest_of u n -> content_of u n v = None \/ content_of u n v = Some one ->
            content_of (run u more) n v = None \/ content_of (run u more) n v = Some one).
  { clear; induction more as [|op more IH]; intros u Iu L C; [exact C|].
    destruct (applied u op Iu) as [Iu' [e [g [X _]]]]; apply (IH (fst (apply u op)) Iu');
      destruct (content_step u (fst (apply u op)) e g n v (proj1 Iu) (proj1 Iu') X L) as [L' C']; [lia|].
    destruct C' as [C'|C']; [left; exact C'|rewrite C'; exact C]. }
  intros Other; destruct (K more t It H (or_intror One)) as [E|E]; congruence.
Qed.

(** ** What fails *)

(** An operation that is not a swap that went well leaves every active version serving: a refusal, a step that failed or
    timed out, whichever it was, and everything else. *)
Theorem failure_leaves_the_active_version s op n : reached s -> (forall q, ~ commits s op q) ->
  active_of (fst (apply s op)) n = active_of s n.
Proof.
  intros R N; destruct (Z.eq_dec (active_of (fst (apply s op)) n) (active_of s n)) as [E|E]; [exact E|].
  destruct (active_changes_only_by_a_swap s op n R E) as [q [r [o [C _]]]]; destruct (N q C).
Qed.

Corollary failed_step_leaves_the_active_version s own now n r : reached s -> (r = TimedOut \/ r = Broken) ->
  active_of (fst (apply s (Complete own r now))) n = active_of s n.
Proof.
  intros R F; apply failure_leaves_the_active_version; [exact R|].
  intros q [w [m [t [E _]]]]; injection E as _ E _; destruct F; congruence.
Qed.
