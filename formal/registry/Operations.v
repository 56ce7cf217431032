(** That every operation keeps the invariant, and what it changes. *)

From Coq Require Import ZArith Lia Bool List Permutation.
From Interlock Require Import registry.Registry registry.Interface registry.Invariant.
Import ListNotations.
Open Scope Z_scope.

Lemma first_of_none {A} (f : A -> option refusal) l : first_of f l = None <-> forall x, In x l -> f x = None.
Proof.
  induction l as [|x l IH]; cbn; [split; [contradiction|reflexivity]|].
  destruct (f x) as [why|] eqn:E; split; intros H.
  - discriminate H.
  - rewrite (H x (or_introl eq_refl)) in E; discriminate E.
  - intros y [<-|I]; [exact E|apply IH; assumption].
  - apply IH; intros y I; apply H; right; exact I.
Qed.

Lemma is_failed_spec r : is_failed r = false -> r <> Failed.
Proof. intros E ->; discriminate E. Qed.

(** ** Registration *)

Lemma newest_positive s n : 0 < newest_of s n -> find_rule s n <> None.
Proof. unfold newest_of; destruct (find_rule s n); [discriminate|lia]. Qed.

Lemma is_rule_spec c : is_rule c = true ->
  0 < its_version c /\ forall need, In need (its_needs c) -> fst need <> its_rule c /\ 0 < snd need.
Proof.
  unfold is_rule; rewrite !andb_true_iff; intros [[[_ V] _] N]; split; [apply Z.ltb_lt; exact V|].
  rewrite forallb_forall in N; intros need I; specialize (N need I).
  apply andb_prop in N; destruct N as [P Ne]; apply Z.ltb_lt in P.
  apply negb_true_iff in Ne; apply Z.eqb_neq in Ne; auto.
Qed.

Lemma check_known_spec s c : is_rule c = true -> check_known s c = None ->
  forall need, In need (its_needs c) -> find_rule s (fst need) <> None.
Proof.
  intros V K need I; unfold check_known in K; destruct (check_needs (newest_of s) c) eqn:N; [discriminate K|].
  unfold check_needs in N; rewrite first_of_none in N; specialize (N need I); cbv beta in N.
  destruct (Z.ltb_spec (newest_of s (fst need)) (snd need)) as [|L]; [discriminate N|].
  apply newest_positive; destruct (is_rule_spec c V) as [_ P]; specialize (P need I); lia.
Qed.

Lemma check_new_spec s c : is_rule c = true -> check_new s c = None ->
  (forall r, find_rule s (its_rule c) = Some r -> highest r < its_version c)
  /\ forall need, In need (its_needs c) -> find_rule s (fst need) <> None.
Proof.
  intros V; unfold check_new; destruct (find_rule s (its_rule c)) as [r|] eqn:Q.
  - destruct (find_version r (its_version c)); [discriminate|].
    destruct (Z.leb_spec (its_version c) (highest r)); [discriminate|]; intros K; split; [congruence|].
    apply check_known_spec; assumption.
  - intros K; split; [discriminate|]; apply check_known_spec; assumption.
Qed.

Lemma sound_ensure n s : sound s -> sound (ensure_rule n s).
Proof.
  intros S; unfold ensure_rule; destruct (find_rule s n) as [r|] eqn:Q; [exact S|].
  set (new := Rule n [] 0 0 Finish false 0 0).
  assert (X : extends None None s (with_rules (rules s ++ [new]) s)).
  { exists (rules s), [new]; split; [reflexivity|split].
    - clear; induction (rules s); constructor; [apply gentle_refl|assumption].
    - constructor; [|constructor]; split; [right; reflexivity|contradiction]. }
  assert (N' : NoDup (map name (rules s ++ [new]))).
  { rewrite map_app; cbn; apply (Permutation_NoDup (Permutation_cons_append _ _)); constructor; [|exact (names s S)].
    apply find_key_none; exact Q. }
  assert (G' : forall r, In r (rules s ++ [new]) -> good_rule r).
  { intros r I; apply in_app_or in I; destruct I as [I|[<-|[]]]; [exact (good s S r I)|].
    constructor; cbn; [constructor|contradiction|left; reflexivity|contradiction|lia]. }
  destruct (satisfied_extends s (with_rules (rules s ++ [new]) s) (names s S) (good s S) N' G' X (satisfied s S) (known s S)) as [A B].
  constructor; [exact N'|exact G'| | |exact A|exact B]; cbn [rules slots with_rules].
  - intros r o I Io; apply in_app_or in I; destruct I as [I|[<-|[]]]; [exact (counted s S r o I Io)|contradiction].
  - intros k I U; destruct (held s S k I U) as [r [o [Ir R]]]; exists r, o; split; [apply in_or_app; left; exact Ir|exact R].
Qed.

Lemma extends_ensure n s : extends None None s (ensure_rule n s).
Proof.
  unfold ensure_rule; destruct (find_rule s n); [apply extends_same; reflexivity|].
  exists (rules s), [Rule n [] 0 0 Finish false 0 0]; split; [reflexivity|split].
  - clear; induction (rules s); constructor; [apply gentle_refl|assumption].
  - constructor; [|constructor]; split; [right; reflexivity|contradiction].
Qed.

Lemma ensured n s : exists r, find_rule (ensure_rule n s) n = Some r
  /\ (find_rule s n = Some r \/ (find_rule s n = None /\ r = Rule n [] 0 0 Finish false 0 0)).
Proof.
  unfold ensure_rule; destruct (find_rule s n) as [r|] eqn:Q; [eauto|].
  exists (Rule n [] 0 0 Finish false 0 0); split; [|auto].
  unfold find_rule in *; cbn [rules with_rules]; induction (rules s) as [|a l IH]; cbn in *.
  - rewrite Z.eqb_refl; reflexivity.
  - destruct (name a =? n); [discriminate Q|auto].
Qed.

Lemma calm_ensure g n s : calm g s (ensure_rule n s).
Proof.
  split; [apply extends_weaken, extends_ensure|split; [unfold ensure_rule; destruct (find_rule s n); reflexivity|]].
  intros w _ [r [o [Ir R]]]; exists r, o; split; [|exact R].
  unfold ensure_rule; destruct (find_rule s n); [exact Ir|apply in_or_app; left; exact Ir].
Qed.

Definition added (c : candidate) (r : rule) : rule :=
  with_highest (its_version c)
    (with_versions (versions r ++ [Version (its_version c) (its_content c) (its_needs c) Registered 0 false]) r).

Lemma gentle_added c r : name r = its_rule c -> highest r < its_version c -> gentle None (Some c) r (added c r).
Proof.
  intros E L; constructor; cbn; try reflexivity; [right; reflexivity|lia|].
  intros o I; apply in_app_or in I; destruct I as [I|[<-|[]]]; [left; exists o; split; [exact I|apply same_version_refl]|].
  right; split; [exact L|exists c; auto].
Qed.

Lemma holders_none l n v : (forall k, In k l -> used k = true -> of_rule k = n -> of_version k <> v) -> holders l n v = 0%nat.
Proof.
  intros K; unfold holders; induction l as [|k l IH]; [reflexivity|]; cbn [filter].
  destruct (used k && (of_rule k =? n) && (of_version k =? v)) eqn:E.
  - exfalso; rewrite !andb_true_iff, !Z.eqb_eq in E; destruct E as [[U R] V].
    apply (K k (or_introl eq_refl) U R V).
  - apply IH; intros; apply K; [right|..]; assumption.
Qed.

Lemma sound_added c s : sound s -> is_rule c = true ->
  (forall r, In r (rules s) -> name r = its_rule c -> highest r < its_version c) ->
  (forall need, In need (its_needs c) -> find_rule s (fst need) <> None) ->
  sound (update_rule (its_rule c) (added c) s).
Proof.
  intros S V L Kn; destruct (is_rule_spec c V) as [Pos Nd].
  assert (X : extends None (Some c) s (update_rule (its_rule c) (added c) s)).
  { apply extends_update; intros r I E; apply gentle_added; [exact E|apply L; assumption]. }
  assert (There : forall d, find_rule s d <> None -> find_rule (update_rule (its_rule c) (added c) s) d <> None).
  { intros d Q; destruct (find_rule s d) as [x|] eqn:E; [|contradiction].
    destruct (extends_find _ _ _ _ _ _ X E) as [x' [-> _]]; discriminate. }
  constructor.
  - rewrite update_names by reflexivity; exact (names s S).
  - intros r' I; apply in_update in I; destruct I as [r [I ->]]; pose proof (good s S r I) as G.
    destruct (Z.eqb_spec (name r) (its_rule c)) as [E|]; [|exact G]; specialize (L r I E); constructor; cbn.
    + rewrite map_app; apply (Permutation_NoDup (Permutation_cons_append _ _)); constructor; [|exact (unique r G)].
      intros Iv; apply in_map_iff in Iv; destruct Iv as [o [Eo Io]]; cbn in Eo; pose proof (bounds r G o Io); lia.
    + intros o Io; apply in_app_or in Io; destruct Io as [Io|[<-|[]]]; [pose proof (bounds r G o Io); lia|cbn [number]; lia].
    + destruct (serving r G) as [|[o [Io R]]]; [left; assumption|right; exists o; split; [apply in_or_app; left; exact Io|exact R]].
    + intros o need Io; apply in_app_or in Io; destruct Io as [Io|[<-|[]]]; [exact (valid r G o need Io)|].
      cbn; rewrite E; apply Nd.
    + lia.
  - intros r' o I Io; apply in_update in I; destruct I as [r [I ->]]; cbn [slots update_rule with_rules].
    destruct (Z.eqb_spec (name r) (its_rule c)) as [E|]; [|exact (counted s S r o I Io)]; specialize (L r I E); cbn in Io |- *.
    apply in_app_or in Io; destruct Io as [Io|[<-|[]]]; [exact (counted s S r o I Io)|cbn].
    rewrite holders_none; [reflexivity|]; intros k Ik U Er Ev.
    destruct (held s S k Ik U) as [r2 [o2 [I2 [Io2 [E2 V2]]]]].
    assert (r2 = r) as -> by (apply (same_key name (rules s)); [exact (names s S)|assumption|assumption|congruence]).
    pose proof (bounds r (good s S r I) o2 Io2); lia.
  - cbn [slots update_rule with_rules]; intros k Ik U; destruct (held s S k Ik U) as [r [o [I [Io [En Ev]]]]].
    pose proof (update_in (its_rule c) (added c) s r I) as I'.
    destruct (name r =? its_rule c); [exists (added c r), o|exists r, o; auto].
    split; [exact I'|split; [cbn; apply in_or_app; left; exact Io|auto]].
  - intros r' o need I Io Ea In_; rewrite (extends_active _ _ _ _ X); apply in_update in I; destruct I as [r [I ->]].
    destruct (Z.eqb_spec (name r) (its_rule c)) as [E|]; [|exact (satisfied s S r o need I Io Ea In_)]; cbn in Io, Ea.
    apply in_app_or in Io; destruct Io as [Io|[<-|[]]]; [exact (satisfied s S r o need I Io Ea In_)|].
    exfalso; cbn in Ea; pose proof (active_bounds r (good s S r I)); specialize (L r I E); lia.
  - intros r' o need I Io In_; apply There; apply in_update in I; destruct I as [r [I ->]].
    destruct (Z.eqb_spec (name r) (its_rule c)) as [E|]; [|exact (known s S r o need I Io In_)]; cbn in Io.
    apply in_app_or in Io; destruct Io as [Io|[<-|[]]]; [exact (known s S r o need I Io In_)|apply Kn; exact In_].
Qed.

Lemma calm_added c s : (forall r, In r (rules s) -> name r = its_rule c -> highest r < its_version c) ->
  calm (Some c) s (update_rule (its_rule c) (added c) s).
Proof.
  intros L; split; [apply extends_update; intros r I E; apply gentle_added; [exact E|apply L; assumption]|split; [reflexivity|]].
  intros w _ [r [o [Ir [En [Io R]]]]]; pose proof (update_in (its_rule c) (added c) s r Ir) as I'.
  destruct (name r =? its_rule c); [exists (added c r), o|exists r, o; auto].
  split; [exact I'|split; [exact En|split; [cbn; apply in_or_app; left; exact Io|exact R]]].
Qed.

Lemma inserted c s : sound s -> is_rule c = true -> check_new s c = None ->
  sound (insert c s) /\ calm (Some c) s (insert c s)
  /\ forall r, find_rule s (its_rule c) = Some r -> highest r < its_version c.
Proof.
  intros S V K; destruct (check_new_spec s c V K) as [L Kn].
  assert (S1 := sound_ensure (its_rule c) s S); set (s1 := ensure_rule (its_rule c) s) in *.
  assert (L1 : forall r, In r (rules s1) -> name r = its_rule c -> highest r < its_version c).
  { intros r I E; pose proof (in_found s1 r S1 I) as Q; rewrite E in Q.
    destruct (ensured (its_rule c) s) as [r' [Q' Cases]]; unfold s1 in Q; rewrite Q in Q'; injection Q' as <-.
    destruct Cases as [Q0|[_ ->]]; [apply L; exact Q0|cbn; apply (is_rule_spec c V)]. }
  assert (Kn1 : forall need, In need (its_needs c) -> find_rule s1 (fst need) <> None).
  { intros need I; specialize (Kn need I); destruct (find_rule s (fst need)) as [x|] eqn:Q; [|contradiction].
    destruct (extends_find _ _ _ _ _ _ (extends_ensure (its_rule c) s) Q) as [x' [E _]]; fold s1 in E; rewrite E; discriminate. }
  split; [|split; [|exact L]].
  - apply sound_trim, sound_added; assumption.
  - eapply calm_trans; [apply calm_ensure|eapply calm_trans; [apply calm_added; exact L1|apply calm_trim]].
Qed.

(** ** Beginning a swap *)

Lemma active_version_in r o : good_rule r -> In o (versions r) -> number o = active r -> active_version r = Some o.
Proof.
  intros G I E; unfold active_version; pose proof (bounds r G o I); destruct (Z.eqb_spec (active r) 0); [lia|].
  rewrite <- E; apply in_version; assumption.
Qed.

Lemma check_swap_ready s q : sound s -> check_swap s q = None -> ready s q.
Proof.
  intros S; unfold check_swap; destruct (find_rule s (wanted_rule q)) as [r|] eqn:Q; [|discriminate].
  destruct (found_rule s _ r Q) as [Ir En].
  destruct (if is_rollback q then _ else _) eqn:D; [discriminate|].
  destruct (find_version r (to q)) as [o|] eqn:Qv; [|discriminate].
  destruct (found_version r _ o Qv) as [Io Eo].
  destruct (is_failed (resting o)) eqn:F; [discriminate|].
  unfold check_satisfied; destruct (check_needs _ _) eqn:N; [discriminate|].
  destruct (check_dependents _ _ _) eqn:Dp; [discriminate|]; intros _.
  unfold check_needs in N; rewrite first_of_none in N; cbn [its_needs] in N.
  unfold check_dependents in Dp; rewrite first_of_none in Dp; cbn [its_rule its_version] in Dp.
  split; [exists r, o; repeat split; try assumption; apply is_failed_spec; exact F|split; [|split]].
  - intros r' Q'; rewrite Q in Q'; injection Q' as <-.
    destruct (is_rollback q).
    + destruct (Z.eqb_spec (active r) 0); [discriminate D|]; destruct (Z.leb_spec (active r) (to q)); [discriminate D|auto].
    + destruct (Z.leb_spec (to q) (active r)); [discriminate D|assumption].
  - intros r' o' need Ir' En' Io' Eo' I.
    assert (r' = r) as -> by (apply (same_key name (rules s)); [exact (names s S)|assumption|assumption|congruence]).
    assert (o' = o) as -> by (apply (same_key number (versions r)); [exact (unique r (good s S r Ir))|assumption|assumption|congruence]).
    specialize (N need I); cbv beta in N; destruct (Z.ltb_spec (active_of s (fst need)) (snd need)); [discriminate N|lia].
  - intros r' o' need Ir' Io' Ea Ne I E; specialize (Dp r' Ir'); cbv beta in Dp.
    destruct (Z.eqb_spec (name r') (name r)) as [|_]; [congruence|].
    rewrite (active_version_in r' o' (good s S r' Ir') Io' Ea), first_of_none in Dp.
    specialize (Dp need I); cbv beta in Dp; rewrite E, En, Z.eqb_refl in Dp; cbn in Dp.
    destruct (Z.ltb_spec (number o) (snd need)); [discriminate Dp|lia].
Qed.

Lemma ready_same s s' q : rules s' = rules s -> ready s q -> ready s' q.
Proof. unfold ready, holds, find_rule, active_of, find_rule; intros ->; auto. Qed.

Lemma started q now s : sound s -> check_swap s q = None -> invariant (start q now s).
Proof.
  intros S K; split; [apply (sound_same s); [reflexivity|reflexivity|exact S]|].
  unfold working, start, hand_out; cbn [doing with_doing with_next_step from stage asked].
  split; [reflexivity|apply (ready_same s); [reflexivity|apply check_swap_ready; assumption]].
Qed.

Lemma idle_doing s : is_idle s = true <-> doing s = Idle.
Proof. unfold is_idle; destruct (doing s); split; congruence. Qed.

Lemma idle_invariant s : sound s -> doing s = Idle -> invariant s.
Proof. intros S D; split; [exact S|unfold working; rewrite D; exact I]. Qed.

Lemma begun_waiting queue now s : sound s -> doing s = Idle ->
  invariant (begin_waiting queue now s) /\ extends None None s (begin_waiting queue now s).
Proof.
  revert s; induction queue as [|q rest IH]; intros s S D; cbn [begin_waiting];
    [split; [apply idle_invariant; assumption|apply extends_same; reflexivity]|].
  assert (S1 : sound (with_waiting rest s)) by (apply (sound_same s); [reflexivity|reflexivity|exact S]).
  destruct (check_swap (with_waiting rest s) q) as [why|] eqn:K.
  - destruct (IH (trim (wanted_rule q) (say (NotSwapped (id q) why) (with_waiting rest s)))) as [A B].
    + apply sound_trim, (sound_same s); [reflexivity|reflexivity|exact S].
    + exact D.
    + split; [exact A|]; eapply extends_trans; [|exact B].
      apply (extends_trans _ _ _ (say (NotSwapped (id q) why) (with_waiting rest s))); [apply extends_same; reflexivity|apply extends_trim].
  - split; [apply started; assumption|apply extends_same; reflexivity].
Qed.

Lemma terminate_next_same s : rules (terminate_next s) = rules s /\ slots (terminate_next s) = slots s.
Proof.
  unfold terminate_next; destruct (retired s); [|split; reflexivity].
  destruct (first_unused (rules s)) as [[n v]|]; split; reflexivity.
Qed.

Lemma terminate_next_doing s : doing s = Idle -> doing (terminate_next s) = Idle \/ exists a b c, doing (terminate_next s) = Unloading a b c.
Proof.
  intros D; unfold terminate_next; destruct (retired s); [|auto].
  destruct (first_unused (rules s)) as [[n v]|]; [right; cbn; eauto|left; exact D].
Qed.

Lemma terminated_next s : sound s -> doing s = Idle -> invariant (terminate_next s) /\ extends None None s (terminate_next s).
Proof.
  intros S D; destruct (terminate_next_same s) as [R K]; split; [|apply extends_same; exact R].
  split; [apply (sound_same s); assumption|]; unfold working.
  destruct (terminate_next_doing s D) as [->|[a [b [c ->]]]]; exact I.
Qed.

Lemma gone_on now s : sound s -> doing s = Idle -> invariant (go_on now s) /\ extends None None s (go_on now s).
Proof.
  intros S D; destruct (terminated_next s S D) as [[S1 W1] X1]; unfold go_on.
  destruct (is_idle (terminate_next s)) eqn:Idl; [|split; [split|]; assumption].
  apply idle_doing in Idl; destruct (begun_waiting (waiting (terminate_next s)) now _ S1 Idl) as [A B].
  split; [exact A|eapply extends_trans; eassumption].
Qed.

Lemma finished q o now s : sound s -> invariant (finish q o now s) /\ extends None None s (finish q o now s).
Proof.
  intros S; unfold finish.
  assert (S1 : sound (trim (wanted_rule q) (with_doing Idle (with_retired true (say o s)))))
    by (apply sound_trim, (sound_same s); [reflexivity|reflexivity|exact S]).
  destruct (gone_on now _ S1 eq_refl) as [A B]; split; [exact A|].
  eapply extends_trans; [|exact B].
  apply (extends_trans _ _ _ (with_doing Idle (with_retired true (say o s)))); [apply extends_same; reflexivity|apply extends_trim].
Qed.

(** ** The steps of a swap *)

Lemma set_staged_sound n v b s : sound s -> sound (set_staged n v b s).
Proof. intros S; apply sound_touch; [exact S|intros o; repeat split|intros o F _; exact F]. Qed.

Lemma calm_staged g n v b s : calm g s (set_staged n v b s).
Proof. apply calm_touch; [intros o; repeat split|intros o F; exact F]. Qed.

Lemma extends_resting e g n v x s : extends e g s (set_resting n v x s).
Proof. apply extends_touch; intros o; repeat split. Qed.

Lemma set_resting_sound n v x s : sound s -> x <> Failed \/ v <> active_of s n -> sound (set_resting n v x s).
Proof.
  intros S C; apply sound_touch; [exact S|intros o; repeat split|].
  intros o F E; cbn; destruct C as [C|C]; [exact C|contradiction].
Qed.

Lemma handed_out w next now s : sound s -> from w = active_of s (wanted_rule (asked w)) ->
  match next with PreStage | Quiesce | Swap => ready s (asked w) | _ => True end -> invariant (hand_out w next now s).
Proof.
  intros S F R; split; [apply (sound_same s); [reflexivity|reflexivity|exact S]|].
  unfold working, hand_out; cbn [doing with_doing with_next_step from stage asked]; split; [exact F|].
  destruct next; try exact I; apply (ready_same s); assumption || reflexivity.
Qed.

Lemma ready_not_active s q : sound s -> ready s q -> to q <> active_of s (wanted_rule q).
Proof.
  intros S [[r [o [Ir [En _]]]] [D _]]; pose proof (in_found s r S Ir) as Q; rewrite En in Q.
  unfold active_of; rewrite Q; specialize (D r Q); destruct (is_rollback q); lia.
Qed.

Lemma failed s q why now : sound s -> ready s q ->
  invariant (finish q (NotSwapped (id q) why) now (set_resting (wanted_rule q) (to q) Failed s))
  /\ extends None None s (finish q (NotSwapped (id q) why) now (set_resting (wanted_rule q) (to q) Failed s)).
Proof.
  intros S R; destruct (finished q (NotSwapped (id q) why) now (set_resting (wanted_rule q) (to q) Failed s)) as [A B].
  - apply set_resting_sound; [exact S|right; apply ready_not_active; assumption].
  - split; [exact A|eapply extends_trans; [apply extends_resting|exact B]].
Qed.

Lemma resumed w why now s : sound s -> from w = active_of s (wanted_rule (asked w)) ->
  invariant (resume w why now s) /\ extends None None s (resume w why now s).
Proof.
  intros S F; split; [|apply extends_same; reflexivity].
  unfold resume; apply handed_out; [exact S|exact F|exact I].
Qed.

Definition committed (q : request) (old : Z) (x : rest) (s : registry) : registry :=
  update_rule (wanted_rule q) (with_active (to q)) (set_resting (wanted_rule q) old x s).

Lemma extends_committed q old x s : extends (Some (wanted_rule q)) None s (committed q old x s).
Proof.
  eapply extends_trans; [apply extends_resting|].
  apply extends_update; intros r _ E; constructor; try reflexivity; [left; f_equal; symmetry; exact E|].
  intros o I; left; exists o; split; [exact I|apply same_version_refl].
Qed.

Lemma active_committed q old x s n : active_of (committed q old x s) n
  = if n =? wanted_rule q then match find_rule s n with Some _ => to q | None => 0 end else active_of s n.
Proof.
  unfold active_of, find_rule, committed, set_resting, update_version, update_rule; cbn [rules with_rules].
  induction (rules s) as [|r l IH]; cbn; [destruct (n =? wanted_rule q); reflexivity|].
  destruct (Z.eqb_spec (name r) (wanted_rule q)) as [E|E]; cbn; rewrite ?E.
  - rewrite Z.eqb_refl; cbn; rewrite E; destruct (Z.eqb_spec (wanted_rule q) n) as [E2|E2].
    + rewrite E2, Z.eqb_refl; reflexivity.
    + exact IH.
  - destruct (Z.eqb_spec (name r) (wanted_rule q)) as [|_]; [contradiction|].
    destruct (Z.eqb_spec (name r) n) as [E2|]; [|exact IH].
    subst n; destruct (Z.eqb_spec (name r) (wanted_rule q)); [contradiction|reflexivity].
Qed.

Lemma sound_committed q old x s : sound s -> ready s q -> x <> Failed -> sound (committed q old x s).
Proof.
  intros S R Nf; assert (S1 : sound (set_resting (wanted_rule q) old x s)) by (apply set_resting_sound; [exact S|left; exact Nf]).
  assert (R1 : ready (set_resting (wanted_rule q) old x s) q).
  { apply (ready_extends None s); [exact S|exact S1|apply extends_resting|exact R|].
    assert (C : calm None (with_doing (Busy (Swapping q 0 0 PreStage 0 0 0 None None)) s)
                  (set_resting (wanted_rule q) old x (with_doing (Busy (Swapping q 0 0 PreStage 0 0 0 None None)) s)))
      by (apply calm_touch; [intros o; repeat split|intros o _; exact Nf]).
    destruct C as [_ [_ C]]; exact (C _ eq_refl (proj1 R)). }
  unfold committed; set (s1 := set_resting (wanted_rule q) old x s) in *; clearbody s1; clear S R.
  set (f := with_active (to q)).
  destruct R1 as [[r0 [o0 [Ir0 [En0 [Io0 [Eo0 F0]]]]]] [_ [Nd Dp]]].
  assert (Act : forall d, active_of (update_rule (wanted_rule q) f s1) d = if d =? wanted_rule q then to q else active_of s1 d).
  { intros d; unfold active_of, find_rule; cbn [rules update_rule with_rules].
    pose proof (in_found s1 r0 S1 Ir0) as Q; unfold find_rule in Q; rewrite En0 in Q; clear -Q; revert Q.
    induction (rules s1) as [|r l IH]; cbn; [discriminate|].
    destruct (Z.eqb_spec (name r) (wanted_rule q)) as [E|E]; cbn; intros Q.
    - rewrite E; destruct (Z.eqb_spec (wanted_rule q) d) as [<-|Ne]; [rewrite Z.eqb_refl; reflexivity|].
      destruct (Z.eqb_spec d (wanted_rule q)); [congruence|]; clear IH Q; induction l as [|b l IH]; cbn; [reflexivity|].
      destruct (Z.eqb_spec (name b) (wanted_rule q)) as [Eb|]; cbn.
      + destruct (Z.eqb_spec (name b) d); [congruence|exact IH].
      + destruct (name b =? d); [reflexivity|exact IH].
    - destruct (Z.eqb_spec (name r) d) as [<-|]; [destruct (Z.eqb_spec (name r) (wanted_rule q)); [contradiction|reflexivity]|].
      apply IH; exact Q. }
  assert (There : forall d, find_rule s1 d <> None -> find_rule (update_rule (wanted_rule q) f s1) d <> None).
  { intros d Qd; destruct (find_rule s1 d) as [y|] eqn:E; [|contradiction].
    assert (X : extends (Some (wanted_rule q)) None s1 (update_rule (wanted_rule q) f s1)).
    { apply extends_update; intros r _ E'; constructor; try reflexivity; [left; f_equal; symmetry; exact E'|].
      intros o I; left; exists o; split; [exact I|apply same_version_refl]. }
    destruct (extends_find _ _ _ _ _ _ X E) as [y' [-> _]]; discriminate. }
  constructor.
  - rewrite update_names by reflexivity; exact (names s1 S1).
  - intros r' I; apply in_update in I; destruct I as [r [I ->]]; pose proof (good s1 S1 r I) as [A B C D E0].
    destruct (Z.eqb_spec (name r) (wanted_rule q)) as [E|]; [|constructor; assumption]; constructor; try assumption.
    right; exists o0.
    assert (r = r0) as -> by (apply (same_key name (rules s1)); [exact (names s1 S1)|assumption|assumption|congruence]).
    auto.
  - intros r' o I Io; apply in_update in I; destruct I as [r [I ->]].
    destruct (name r =? wanted_rule q); exact (counted s1 S1 r o I Io).
  - intros k Ik U; destruct (held s1 S1 k Ik U) as [r [o [I [Io R]]]].
    exists (if name r =? wanted_rule q then f r else r), o; split; [apply update_in; exact I|].
    destruct (name r =? wanted_rule q); auto.
  - intros r' o need I Io Ea Ineed; rewrite Act; apply in_update in I; destruct I as [r [I ->]].
    destruct (Z.eqb_spec (name r) (wanted_rule q)) as [E|E].
    + cbn in Io, Ea; destruct (valid r (good s1 S1 r I) o need Io Ineed) as [Ne _].
      destruct (Z.eqb_spec (fst need) (wanted_rule q)); [congruence|apply (Nd r o need); assumption].
    + destruct (Z.eqb_spec (fst need) (wanted_rule q)) as [E2|_]; [apply (Dp r o need); assumption|].
      exact (satisfied s1 S1 r o need I Io Ea Ineed).
  - intros r' o need I Io Ineed; apply There; apply in_update in I; destruct I as [r [I ->]].
    destruct (name r =? wanted_rule q); exact (known s1 S1 r o need I Io Ineed).
Qed.

(** A step that a host says went wrong, or that is no swap, changes no active version. *)
Definition commits (s : registry) (op : operation) (q : request) : Prop :=
  exists w messages now, op = Complete (step w) (Well messages) now /\ doing s = Busy w /\ stage w = Swap /\ asked w = q.

Lemma advanced w r now s : invariant s -> doing s = Busy w ->
  invariant (fst (advance w r now s))
  /\ (extends None None s (fst (advance w r now s))
      \/ (stage w = Swap /\ (exists messages, r = Well messages) /\ ready s (asked w)
          /\ extends (Some (wanted_rule (asked w))) None s (fst (advance w r now s))
          /\ active_of (fst (advance w r now s)) (wanted_rule (asked w)) = to (asked w))).
Proof.
  intros [S W] D; assert (W0 := W); unfold working in W; rewrite D in W; destruct W as [F R].
  assert (Inv : invariant s) by (split; assumption).
  assert (Stay : invariant s /\ extends None None s s) by (split; [exact Inv|apply extends_same; reflexivity]).
  unfold advance; destruct (stage w) eqn:St; destruct r as [messages| |]; cbn [fst];
    try (destruct (failed s (asked w) (backend PreStage TimedOut) now S R) as [A B]; cbn [fst]; split; [exact A|left; exact B]);
    try (destruct (failed s (asked w) (backend PreStage Broken) now S R) as [A B]; cbn [fst]; split; [exact A|left; exact B]).
  - (* pre-stage, well *)
    assert (C : calm None s (set_staged (wanted_rule (asked w)) (to (asked w)) true s)) by apply calm_staged.
    assert (S1 := set_staged_sound (wanted_rule (asked w)) (to (asked w)) true s S).
    assert (I1 := calm_invariant _ _ _ Inv S1 C); destruct C as [X [D1 _]].
    assert (R1 : ready (set_staged (wanted_rule (asked w)) (to (asked w)) true s) (asked w)).
    { destruct I1 as [_ W1]; unfold working in W1; rewrite D1, D in W1; destruct W1 as [_ W1]; rewrite St in W1; exact W1. }
    assert (F1 : from w = active_of (set_staged (wanted_rule (asked w)) (to (asked w)) true s) (wanted_rule (asked w)))
      by (rewrite (extends_active _ _ _ _ X); exact F).
    destruct (from w =? 0); cbn [fst]; (split; [|left; eapply extends_trans; [exact X|apply extends_same; reflexivity]]).
    + apply handed_out; assumption.
    + apply handed_out; assumption.
  - (* quiesce, well *)
    assert (H : forall took m, invariant (hand_out (Swapping (asked w) (from w) (step w) Quiesce (began w) took m (until w) (error w)) Swap now s)
                /\ extends None None s (hand_out (Swapping (asked w) (from w) (step w) Quiesce (began w) took m (until w) (error w)) Swap now s)).
    { intros; split; [apply handed_out; assumption|apply extends_same; reflexivity]. }
    destruct (until w) as [limit|]; [|destruct (H (since (began w) now) messages); cbn; split; [assumption|left; assumption]].
    destruct (0 <? pinned_to s (wanted_rule (asked w)) (from w)); [destruct (now <? limit)|].
    + split; [exact Inv|left; apply extends_same; reflexivity].
    + destruct (resumed w (QuiesceTimeout (since (began w) now) (pinned_to s (wanted_rule (asked w)) (from w))) now s S F).
      cbn; split; [assumption|left; assumption].
    + destruct (H (since (began w) now) messages); cbn; split; [assumption|left; assumption].
  - destruct (resumed w (QuiesceTimeout (since (began w) now) (pinned_to s (wanted_rule (asked w)) (from w))) now s S F).
    cbn; split; [assumption|left; assumption].
  - (* quiesce, broken *)
    destruct (from w =? 0); cbn [fst].
    + destruct (failed s (asked w) (backend Quiesce Broken) now S R); split; [assumption|left; assumption].
    + assert (X : extends None None s (set_resting (wanted_rule (asked w)) (to (asked w)) Failed s))
        by apply extends_resting.
      destruct (resumed w (backend Quiesce Broken) now (set_resting (wanted_rule (asked w)) (to (asked w)) Failed s)) as [A B].
      * apply set_resting_sound; [exact S|right; apply ready_not_active; assumption].
      * rewrite (extends_active _ _ _ _ X); exact F.
      * split; [exact A|left; eapply extends_trans; eassumption].
  - (* swap, well *)
    set (x := if is_rollback (asked w) then RolledBack else Superseded (to (asked w))).
    assert (Nf : x <> Failed) by (unfold x; destruct (is_rollback (asked w)); discriminate).
    assert (S0 : sound (with_doing Idle s)) by (apply (sound_same s); [reflexivity|reflexivity|exact S]).
    assert (S1 : sound (commit w s)) by (apply sound_committed; [exact S0|apply (ready_same s); [reflexivity|exact R]|exact Nf]).
    match goal with |- invariant (finish ?a ?b ?c ?d) /\ _ => destruct (finished a b c d S1) as [A B] end.
    split; [exact A|right; split; [reflexivity|split; [eauto|split; [exact R|split]]]].
    + eapply extends_trans; [|apply extends_weaken; exact B].
      eapply extends_trans; [apply (extends_same _ _ s (with_doing Idle s)); reflexivity|apply extends_committed].
    + rewrite (extends_active _ _ _ _ B); unfold commit.
      change (active_of (committed (asked w) (from w) x (with_doing Idle s)) (wanted_rule (asked w)) = to (asked w)).
      rewrite active_committed, Z.eqb_refl; destruct R as [[r [o [Ir [En _]]]] _].
      pose proof (in_found s r S Ir) as Q; rewrite En in Q; unfold find_rule in *; cbn [rules with_doing]; rewrite Q; reflexivity.
  - destruct (from w =? 0); cbn [fst].
    + destruct (failed s (asked w) (backend Swap TimedOut) now S R); split; [assumption|left; assumption].
    + assert (X : extends None None s (set_resting (wanted_rule (asked w)) (to (asked w)) Failed s))
        by apply extends_resting.
      destruct (resumed w (backend Swap TimedOut) now (set_resting (wanted_rule (asked w)) (to (asked w)) Failed s)) as [A B].
      * apply set_resting_sound; [exact S|right; apply ready_not_active; assumption].
      * rewrite (extends_active _ _ _ _ X); exact F.
      * split; [exact A|left; eapply extends_trans; eassumption].
  - destruct (from w =? 0); cbn [fst].
    + destruct (failed s (asked w) (backend Swap Broken) now S R); split; [assumption|left; assumption].
    + assert (X : extends None None s (set_resting (wanted_rule (asked w)) (to (asked w)) Failed s))
        by apply extends_resting.
      destruct (resumed w (backend Swap Broken) now (set_resting (wanted_rule (asked w)) (to (asked w)) Failed s)) as [A B].
      * apply set_resting_sound; [exact S|right; apply ready_not_active; assumption].
      * rewrite (extends_active _ _ _ _ X); exact F.
      * split; [exact A|left; eapply extends_trans; eassumption].
  - match goal with |- invariant (finish ?a ?b ?c ?d) /\ _ => destruct (finished a b c d S); split; [assumption|left; assumption] end.
  - split; [exact Inv|left; apply extends_same; reflexivity].
  - split; [exact Inv|left; apply extends_same; reflexivity].
  - match goal with |- invariant (finish ?a ?b ?c ?d) /\ _ => destruct (finished a b c d S); split; [assumption|left; assumption] end.
  - match goal with |- invariant (finish ?a ?b ?c ?d) /\ _ => destruct (finished a b c d S); split; [assumption|left; assumption] end.
  - match goal with |- invariant (finish ?a ?b ?c ?d) /\ _ => destruct (finished a b c d S); split; [assumption|left; assumption] end.
Qed.
