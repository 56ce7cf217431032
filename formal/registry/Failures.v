(** What is refused changes nothing, what failed is marked, and streams keep what they hold. *)

From Coq Require Import ZArith Lia Bool List.
From Interlock Require Import registry.Registry registry.Interface registry.Invariant registry.Operations registry.Pins registry.Safety.
Import ListNotations.
Open Scope Z_scope.

(** ** What is refused *)

Lemma find_rule_same n f s n' : (forall r, name (f r) = name r) -> n' <> n -> find_rule (update_rule n f s) n' = find_rule s n'.
Proof.
  intros K Ne; rewrite find_rule_update by exact K; destruct (find_rule s n') as [r|] eqn:Q; [|reflexivity].
  apply found_rule in Q; destruct Q as [_ E]; destruct (Z.eqb_spec (name r) n); [congruence|reflexivity].
Qed.

Lemma find_rule_ensured n s n' : n' <> n -> find_rule (ensure_rule n s) n' = find_rule s n'.
Proof.
  intros Ne; unfold ensure_rule; destruct (find_rule s n); [reflexivity|].
  unfold find_rule; cbn [rules with_rules]; induction (rules s) as [|r l IH]; cbn.
  - destruct (Z.eqb_spec n n'); [congruence|reflexivity].
  - destruct (name r =? n'); [reflexivity|exact IH].
Qed.

Lemma find_rule_inserted c s n : n <> its_rule c -> find_rule (insert c s) n = find_rule s n.
Proof.
  intros Ne; unfold insert, trim; rewrite !find_rule_same by (reflexivity || exact Ne); apply find_rule_ensured; exact Ne.
Qed.

(** The version that was inserted is there. *)
Lemma inserted_there c s : sound s -> is_rule c = true -> check_new s c = None ->
  exists r o, find_rule (insert c s) (its_rule c) = Some r /\ find_version r (its_version c) = Some o
    /\ o = Version (its_version c) (its_content c) (its_needs c) Registered 0 false /\ active r < its_version c.
Proof.
  intros S V K; destruct (inserted c s S V K) as [S' [_ _]]; destruct (check_new_spec s c V K) as [L _].
  destruct (ensured (its_rule c) s) as [r0 [Q0 Cases]].
  set (new := Version (its_version c) (its_content c) (its_needs c) Registered 0 false).
  assert (B : active r0 < its_version c).
  { destruct Cases as [Q|[_ ->]]; [|cbn; apply (is_rule_spec c V)].
    pose proof (L r0 Q); apply found_rule in Q; destruct Q as [I _]; pose proof (active_bounds r0 (good s S r0 I)); lia. }
  set (s2 := update_rule (its_rule c) (added c) (ensure_rule (its_rule c) s)).
  assert (Q2 : find_rule s2 (its_rule c) = Some (added c r0)).
  { unfold s2; rewrite find_rule_update, Q0 by reflexivity; apply found_rule in Q0; destruct Q0 as [_ ->].
    rewrite Z.eqb_refl; reflexivity. }
  unfold insert in *; fold (added c) in *; change (fun r => with_highest _ _) with (added c) in *; fold s2 in S' |- *.
  unfold trim in S' |- *; set (f := fun r => with_versions _ r) in *.
  assert (Q3 : find_rule (update_rule (its_rule c) f s2) (its_rule c) = Some (f (added c r0))).
  { rewrite find_rule_update, Q2 by reflexivity; apply found_rule in Q2; destruct Q2 as [_ ->]; rewrite Z.eqb_refl; reflexivity. }
  exists (f (added c r0)), new; split; [exact Q3|split; [|split; [reflexivity|exact B]]].
  apply found_rule in Q3; destruct Q3 as [I3 _]; change (its_version c) with (number new).
  apply in_version; [exact (good _ S' _ I3)|].
  apply trimmed_keeps; [cbn; apply in_or_app; right; left; reflexivity|right].
  unfold keeps; cbn [number new highest added with_highest]; rewrite Z.eqb_refl, orb_true_r; reflexivity.
Qed.

Lemma reach_more s m l x : In x l -> In x (reach s m l).
Proof.
  revert l; induction m as [|m IH]; intros l I; [exact I|]; apply IH, nodup_In, in_or_app; left; exact I.
Qed.

Lemma reach_without s s' n : (forall k, k <> n -> next_of s' k = next_of s k) ->
  forall m l, ~ In n (reach s m l) -> reach s' m l = reach s m l.
Proof.
  intros K m; induction m as [|m IH]; intros l N; [reflexivity|]; cbn [reach] in *.
  assert (E : flat_map (next_of s') l = flat_map (next_of s) l).
  { assert (Nl : ~ In n l) by (intros I; apply N, reach_more, nodup_In, in_or_app; left; exact I).
    clear -K Nl; induction l as [|x l IH]; [reflexivity|]; cbn; rewrite IH by (intros I; apply Nl; right; exact I).
    rewrite K; [reflexivity|intros ->; apply Nl; left; reflexivity]. }
  rewrite E; apply IH; exact N.
Qed.

Lemma reach_not s n : (forall k, k <> n -> ~ In n (next_of s k)) -> forall m l, ~ In n l -> ~ In n (reach s m l).
Proof.
  intros K m; induction m as [|m IH]; intros l N; [exact N|]; cbn [reach]; apply IH.
  rewrite nodup_In; intros I; apply in_app_or in I; destruct I as [I|I]; [contradiction|].
  apply in_flat_map in I; destruct I as [k [Ik I]]; apply (K k); [intros ->; contradiction|exact I].
Qed.

Lemma next_known s k n : sound s -> In n (next_of s k) -> find_rule s n <> None.
Proof.
  intros S; unfold next_of, standing; destruct (find_rule s k) as [r|] eqn:Q; [|contradiction].
  apply found_rule in Q; destruct Q as [I _]; intros In_.
  assert (exists o, In o (versions r) /\ In n (map fst (needs o))) as [o [Io Ino]].
  { unfold active_version, newest_usable in In_; destruct (active r =? 0); [|destruct (find_version r (active r)) as [o|] eqn:Qv].
    - destruct (find _ (rev (versions r))) as [o|] eqn:F; [|contradiction]; apply find_some in F; destruct F as [F _].
      apply in_rev in F; eauto.
    - apply found_version in Qv; destruct Qv; eauto.
    - destruct (find _ (rev (versions r))) as [o|] eqn:F; [|contradiction]; apply find_some in F; destruct F as [F _].
      apply in_rev in F; eauto. }
  apply in_map_iff in Ino; destruct Ino as [need [<- Ineed]]; exact (known s S r o need I Io Ineed).
Qed.

(** A version that may be registered and become active may be swapped in once it is registered. *)
Lemma inserted_may_begin c s q : sound s -> is_rule c = true -> check_new s c = None -> check_satisfied s c = None ->
  wanted_rule q = its_rule c -> to q = its_version c -> is_rollback q = false -> check_swap (insert c s) q = None.
Proof.
  intros S V K Sat Eq Et Er; destruct (inserted c s S V K) as [S' [[X _] _]].
  destruct (inserted_there c s S V K) as [r [o [Q [Qv [Eo A]]]]].
  unfold check_swap; rewrite Eq, Et, Er, Q; destruct (Z.leb_spec (its_version c) (active r)); [lia|]; rewrite Qv.
  apply found_rule in Q; destruct Q as [I En]; subst o; cbn [resting is_failed number content needs]; rewrite En.
  replace (Candidate (its_rule c) (its_version c) (its_content c) (its_needs c)) with c by (destruct c; reflexivity).
  unfold check_satisfied in *; destruct (check_needs (active_of s) c) eqn:N; [discriminate Sat|].
  destruct (check_dependents s (its_rule c) (its_version c)) eqn:D; [discriminate Sat|].
  assert (N' : check_needs (active_of (insert c s)) c = None).
  { unfold check_needs in *; rewrite first_of_none in *; intros need In_; rewrite !(extends_active _ _ _ _ X); exact (N need In_). }
  assert (D' : check_dependents (insert c s) (its_rule c) (its_version c) = None).
  { unfold check_dependents in *; rewrite first_of_none in *; intros r2 I2.
    destruct (Z.eqb_spec (name r2) (its_rule c)) as [|Ne]; [reflexivity|].
    pose proof (in_found _ r2 S' I2) as Q2; rewrite find_rule_inserted in Q2 by exact Ne.
    apply found_rule in Q2; destruct Q2 as [I0 _]; specialize (D r2 I0).
    destruct (Z.eqb_spec (name r2) (its_rule c)); [contradiction|exact D]. }
  rewrite N', D'; unfold check_circle in *; destruct (find_rule (insert c s) (its_rule c)) as [r1|] eqn:Q1; [|reflexivity].
  assert (Next : forall k, k <> its_rule c -> next_of (insert c s) k = next_of s k)
    by (intros k Ne; unfold next_of; rewrite find_rule_inserted by exact Ne; reflexivity).
  assert (Absent : ~ In (its_rule c) (reach (insert c s) (length (rules (insert c s))) (map fst (its_needs c)))).
  { destruct (find_rule s (its_rule c)) as [r0|] eqn:Q0.
    - assert (Len : length (rules (insert c s)) = length (rules s)).
      { unfold insert, trim, update_rule, ensure_rule; rewrite Q0; cbn [rules with_rules]; rewrite !map_length; reflexivity. }
      destruct (existsb _ _) eqn:Ex in Sat; [discriminate Sat|].
      assert (No : ~ In (its_rule c) (reach s (length (rules s)) (map fst (its_needs c)))).
      { intros In_; apply Bool.not_true_iff_false in Ex; apply Ex, existsb_exists; exists (its_rule c).
        split; [exact In_|apply Z.eqb_refl]. }
      rewrite Len, (reach_without s (insert c s) (its_rule c) Next) by exact No; exact No.
    - apply reach_not.
      + intros k Ne In_; rewrite Next in In_ by exact Ne; apply (next_known s k _ S) in In_; contradiction.
      + intros In_; apply in_map_iff in In_; destruct In_ as [need [E In_]].
        destruct (is_rule_spec c V) as [_ P]; destruct (P need In_); contradiction. }
  match goal with |- (if ?b then _ else _) = None => destruct b eqn:Ex end; [|reflexivity]; exfalso; apply Absent; apply existsb_exists in Ex; destruct Ex as [x [Ix E]].
  apply Z.eqb_eq in E; subst x; exact Ix.
Qed.

Lemma is_full_inserted c s : is_full (insert c s) = is_full s.
Proof.
  unfold is_full, is_idle, insert, trim, update_rule, ensure_rule; destruct (find_rule s (its_rule c)); reflexivity.
Qed.

Lemma is_idle_inserted c s : is_idle (insert c s) = is_idle s.
Proof. unfold is_idle, insert, trim, update_rule, ensure_rule; destruct (find_rule s (its_rule c)); reflexivity. Qed.

Lemma begin_refused q now s why : snd (begin_swap q now s) = Refused why -> fst (begin_swap q now s) = s.
Proof.
  unfold begin_swap; destruct (is_full s); [reflexivity|]; destruct (is_idle s); [|discriminate].
  destruct (check_swap s _); [reflexivity|discriminate].
Qed.

Lemma advance_refused w r now s why : snd (advance w r now s) = Some why -> fst (advance w r now s) = s.
Proof.
  unfold advance; destruct (stage w), r; cbn; try discriminate; try reflexivity;
    repeat match goal with
    | |- context [if ?c then _ else _] => destruct c; cbn; try discriminate; try reflexivity
    | |- context [match until w with _ => _ end] => destruct (until w); cbn; try discriminate; try reflexivity
    end.
Qed.

(** An operation that is refused changes nothing at all. *)
Theorem refused_changes_nothing s op why : reached s -> snd (apply s op) = Refused why -> fst (apply s op) = s.
Proof.
  intros R; assert (S := proj1 (reached_invariant s R)); destruct op; cbn [apply].
  - destruct (is_rule c); [|reflexivity]; destruct (check_new s c); [reflexivity|discriminate].
  - destruct (is_rule c) eqn:V; cbn [negb]; [|reflexivity]; destruct (is_full s) eqn:Fu; [reflexivity|].
    destruct (check_new s c) eqn:K; [reflexivity|]; destruct (if is_idle s then _ else _) eqn:Sat; [reflexivity|].
    unfold begin_swap; rewrite is_full_inserted, is_idle_inserted, Fu; destruct (is_idle s); [|discriminate].
    rewrite (inserted_may_begin c s) by (assumption || reflexivity); discriminate.
  - destruct (find_rule s n) as [r|]; [|reflexivity]; destruct (find_version r v); [|reflexivity]; apply begin_refused.
  - destruct (find_rule s n) as [r|]; [|reflexivity]; destruct (find_version r v); [|reflexivity]; apply begin_refused.
  - generalize (if is_idle s then terminate_next s else s); intros t; cbn [fst snd]; unfold next_step_out; intros Bad; exfalso; revert Bad.
    destruct (doing t) as [|own n v|w]; [discriminate| |];
      (destruct (find_rule t _) as [x|]; [|discriminate]; destruct (find_version x _); discriminate).
  - unfold complete; destruct (doing s) as [|own n v|w]; [reflexivity| |].
    + destruct (own =? number_of_step); [discriminate|reflexivity].
    + destruct (step w =? number_of_step); [|reflexivity].
      pose proof (advance_refused w r now s) as A; destruct (advance w r now s) as [s' [other|]]; cbn in *; [|discriminate].
      intros _; exact (A other eq_refl).
  - destruct (outcomes s); discriminate.
  - destruct (find_rule s n) as [r|]; [|reflexivity]; destruct (find_version r v) as [o|]; [|reflexivity].
    destruct (is_failed (resting o)); [discriminate|reflexivity].
  - destruct (find_rule s n); [discriminate|reflexivity].
  - destruct (find_rule s n); [discriminate|reflexivity].
  - destruct (find_rule s n); [discriminate|reflexivity].
  - destruct (find_rule s n) as [r|]; [|reflexivity]; destruct (drained_until s n); [reflexivity|]; destruct (stopped r); [reflexivity|].
    destruct (find_version r (active r)); [discriminate|reflexivity].
  - destruct (slot_of s pin) as [k|]; [|reflexivity]; destruct (find_rule s (of_rule k)) as [r|]; [|reflexivity].
    destruct (negb _); [reflexivity|]; destruct (handling r); try discriminate; destruct (_ || _); [discriminate|].
    destruct (find_version r (active r)); discriminate.
  - destruct (slot_of s pin); [discriminate|reflexivity].
  - destruct (slot_of s pin) as [k|]; [|reflexivity]; destruct (find_rule s (of_rule k)) as [r|]; [|reflexivity].
    destruct (find_version r (of_version k)); [discriminate|reflexivity].
Qed.

(** ** What failed *)

(** Rules with fewer versions, each the same. *)
Definition thinner (s s' : registry) : Prop :=
  forall n r', find_rule s' n = Some r' -> exists r, find_rule s n = Some r /\ incl (versions r') (versions r).

Lemma thinner_same s s' : rules s' = rules s -> thinner s s'.
Proof. intros E n r; unfold find_rule; rewrite E; intros Q; exists r; split; [exact Q|apply incl_refl]. Qed.

Lemma thinner_trans a b c : thinner a b -> thinner b c -> thinner a c.
Proof.
  intros T1 T2 n r Q; destruct (T2 n r Q) as [r1 [Q1 I1]]; destruct (T1 n r1 Q1) as [r2 [Q2 I2]].
  exists r2; split; [exact Q2|eapply incl_tran; eassumption].
Qed.

Lemma thinner_trim n s : thinner s (trim n s).
Proof.
  intros n' r'; unfold trim; rewrite find_rule_update by reflexivity; destruct (find_rule s n') as [r|]; [|discriminate].
  intros E; exists r; split; [reflexivity|]; injection E as <-; destruct (name r =? n); [|apply incl_refl].
  intros o; apply trimmed_in.
Qed.

Lemma thinner_waiting queue now s : thinner s (begin_waiting queue now s).
Proof.
  revert s; induction queue as [|q rest IH]; intros s; cbn [begin_waiting]; [apply thinner_same; reflexivity|].
  destruct (check_swap (with_waiting rest s) q) as [why|]; [|apply thinner_same; reflexivity].
  eapply thinner_trans; [|apply IH]; eapply thinner_trans; [|apply thinner_trim]; apply thinner_same; reflexivity.
Qed.

Lemma thinner_finish q o now s : thinner s (finish q o now s).
Proof.
  unfold finish, go_on; eapply thinner_trans; [|].
  - eapply thinner_trans; [|apply (thinner_trim (wanted_rule q))].
    apply (thinner_same s (with_doing Idle (with_retired true (say o s)))); reflexivity.
  - set (s1 := trim _ _); destruct (terminate_next_same s1) as [E _].
    destruct (is_idle (terminate_next s1)); [|apply thinner_same; exact E].
    eapply thinner_trans; [apply thinner_same; exact E|apply thinner_waiting].
Qed.

Lemma marked n v x s s' r' o' : thinner (set_resting n v x s) s' ->
  find_rule s' n = Some r' -> find_version r' v = Some o' -> resting o' = x.
Proof.
  intros T Q Qv; destruct (T n r' Q) as [r [Q0 I]]; apply found_version in Qv; destruct Qv as [Io E].
  unfold set_resting, update_version in Q0; rewrite find_rule_update in Q0 by reflexivity.
  destruct (find_rule s n) as [r0|] eqn:Q1; [|discriminate Q0]; apply found_rule in Q1; destruct Q1 as [_ En].
  rewrite En, Z.eqb_refl in Q0; injection Q0 as <-.
  apply I, in_touched in Io; destruct Io as [o [_ ->]]; destruct (Z.eqb_spec (number o) v) as [|Ne]; [reflexivity|].
  contradiction.
Qed.

(** A version whose pre-stage, quiesce or swap failed is marked so, unless it is evicted; a quiesce that only took too
    long marks nothing. What is marked becomes active no more before it is readmitted: [active_changes_only_by_a_swap]. *)
Theorem failed_step_marks_the_version s w r now r' o' : reached s -> doing s = Busy w ->
  match stage w, r with
  | (PreStage | Swap), (TimedOut | Broken) | Quiesce, Broken => True
  | _, _ => False
  end ->
  find_rule (fst (apply s (Complete (step w) r now))) (wanted_rule (asked w)) = Some r' ->
  find_version r' (to (asked w)) = Some o' ->
  resting o' = Failed.
Proof.
  intros R D F; cbn [apply]; unfold complete; rewrite D, Z.eqb_refl.
  assert (E : fst (match advance w r now s with (s0, Some why) => (s0, Refused why) | (s0, None) => (s0, Said []) end) = fst (advance w r now s))
    by (destruct (advance w r now s) as [? [?|]]; reflexivity).
  rewrite E; clear E; apply marked with (s := s); unfold advance.
  destruct (stage w), r; try contradiction; cbn [fst];
    try (destruct (from w =? 0); cbn [fst]); first [apply thinner_finish|apply thinner_same; reflexivity].
Qed.

(** ** What streams hold *)

Lemma slots_waiting queue now s : slots (begin_waiting queue now s) = slots s.
Proof.
  revert s; induction queue as [|q rest IH]; intros s; cbn [begin_waiting]; [reflexivity|].
  destruct (check_swap (with_waiting rest s) q) as [why|]; [rewrite IH|]; reflexivity.
Qed.

Lemma slots_go_on now s : slots (go_on now s) = slots s.
Proof.
  unfold go_on; destruct (is_idle (terminate_next s)); [rewrite slots_waiting|]; apply terminate_next_same.
Qed.

Lemma slots_finish q o now s : slots (finish q o now s) = slots s.
Proof. unfold finish; rewrite slots_go_on; reflexivity. Qed.

Lemma slots_insert c s : slots (insert c s) = slots s.
Proof. unfold insert, trim, update_rule, ensure_rule; destruct (find_rule s (its_rule c)); reflexivity. Qed.

Lemma slots_begin q now s : slots (fst (begin_swap q now s)) = slots s.
Proof.
  unfold begin_swap; destruct (is_full s); [reflexivity|]; destruct (is_idle s); [|reflexivity].
  destruct (check_swap s _); reflexivity.
Qed.

Lemma slots_advance w r now s : slots (fst (advance w r now s)) = slots s.
Proof.
  unfold advance; destruct (stage w), r; cbn [fst];
    repeat match goal with
    | |- context [if ?c then _ else _] => destruct c; cbn [fst]
    | |- context [match until w with _ => _ end] => destruct (until w); cbn [fst]
    end; rewrite ?slots_finish; reflexivity.
Qed.

Lemma slots_let_go n v s : slots (let_go n v s) = slots s.
Proof. unfold let_go; destruct (_ && _); reflexivity. Qed.

Lemma set_nth_other {A} i j x (l : list A) : i <> j -> nth_error (set_nth i x l) j = nth_error l j.
Proof.
  revert i j; induction l as [|y l IH]; intros [|i] [|j] Ne; cbn; try reflexivity; [contradiction|].
  apply IH; congruence.
Qed.

Lemma set_nth_length {A} i x (l : list A) : length (set_nth i x l) = length l.
Proof. revert i; induction l as [|y l IH]; intros [|i]; cbn; congruence. Qed.

Lemma slot_of_slots s s' pin k : slot_of s pin = Some k ->
  nth_error (slots s') (Z.to_nat pin) = nth_error (slots s) (Z.to_nat pin) -> slot_of s' pin = Some k.
Proof. unfold slot_of; destruct (pin <? 0); [discriminate|]; intros E ->; exact E. Qed.

Lemma content_kept s s' pin k e g : sound s -> sound s' -> extends e g s s' ->
  slot_of s pin = Some k -> slot_of s' pin = Some k ->
  content_of s' (of_rule k) (of_version k) = content_of s (of_rule k) (of_version k).
Proof.
  intros S S' X K K'; pose proof (held_retained s pin k S K) as R; pose proof (held_retained s' pin k S' K') as R'.
  assert (L : of_version k <= highest_of s (of_rule k)).
  { unfold retained, highest_of in *; destruct (find_rule s (of_rule k)) as [r|] eqn:Q; [|discriminate R].
    destruct (find_version r (of_version k)) as [o|] eqn:Qv; [|discriminate R]; apply found_rule in Q; apply found_version in Qv.
    destruct Q as [I _], Qv as [Io E]; pose proof (bounds r (good s S r I) o Io); lia. }
  destruct (content_step s s' e g _ _ S S' X L) as [_ [N|E]]; [|exact E]; exfalso.
  unfold retained, content_of in *; destruct (find_rule s' (of_rule k)) as [r|]; [|discriminate R'].
  destruct (find_version r (of_version k)); [discriminate N|discriminate R'].
Qed.

(** Whatever is done, a stream that does not itself adopt another version or end holds the version that it held, with
    the content that it had. *)
Theorem stream_keeps_its_version s op pin k : reached s -> slot_of s pin = Some k ->
  op <> AdoptActive pin -> op <> Unpin pin ->
  slot_of (fst (apply s op)) pin = Some k
  /\ content_of (fst (apply s op)) (of_rule k) (of_version k) = content_of s (of_rule k) (of_version k).
Proof.
  intros R K Na Nu; pose proof (reached_invariant s R) as Inv; destruct (applied s op Inv) as [Inv' [e [g [X _]]]].
  enough (K' : slot_of (fst (apply s op)) pin = Some k)
    by (split; [exact K'|apply (content_kept s _ pin k e g (proj1 Inv) (proj1 Inv') X K K')]).
  assert (Pos : 0 <= pin) by (unfold slot_of in K; destruct (Z.ltb_spec pin 0); [discriminate K|assumption]).
  assert (Other : forall p x s1, slot_of s p = Some x -> p <> pin -> slots s1 = set_nth (Z.to_nat p) (Slot false (of_rule x) (of_version x) (of_stops x)) (slots s)
            \/ (exists v, slots s1 = set_nth (Z.to_nat p) (Slot true (of_rule x) v (of_stops x)) (slots s)) -> slot_of s1 pin = Some k).
  { intros p x s1 Kx Ne Cases; apply (slot_of_slots s); [exact K|].
    assert (0 <= p) by (unfold slot_of in Kx; destruct (Z.ltb_spec p 0); [discriminate Kx|assumption]).
    assert (Z.to_nat p <> Z.to_nat pin) by (intros E; apply Ne; lia).
    destruct Cases as [->|[v ->]]; apply set_nth_other; assumption. }
  assert (Same : forall s1, slots s1 = slots s -> slot_of s1 pin = Some k)
    by (intros s1 E; apply (slot_of_slots s); [exact K|rewrite E; reflexivity]).
  clear X Inv'; destruct op; cbn [apply].
  - destruct (is_rule c); [|exact K]; destruct (check_new s c); [exact K|apply Same, slots_insert].
  - destruct (negb (is_rule c)); [exact K|]; destruct (is_full s); [exact K|]; destruct (check_new s c); [exact K|].
    destruct (if is_idle s then _ else _); [exact K|]; apply Same; rewrite slots_begin; apply slots_insert.
  - destruct (find_rule s n) as [r|]; [|exact K]; destruct (find_version r v); [|exact K]; apply Same, slots_begin.
  - destruct (find_rule s n) as [r|]; [|exact K]; destruct (find_version r v); [|exact K]; apply Same, slots_begin.
  - destruct (is_idle s); [|exact K]; apply Same, terminate_next_same.
  - unfold complete; destruct (doing s) as [|own n v|w]; [exact K| |].
    + destruct (own =? number_of_step); [|exact K]; apply Same; cbn [fst]; unfold terminated; rewrite slots_go_on.
      destruct r, (find_rule s n); reflexivity.
    + destruct (step w =? number_of_step); [|exact K]; apply Same; rewrite <- (slots_advance w r now s).
      destruct (advance w r now s) as [? [?|]]; reflexivity.
  - destruct (outcomes s); [exact K|apply Same; reflexivity].
  - destruct (find_rule s n) as [r|]; [|exact K]; destruct (find_version r v) as [o|]; [|exact K].
    destruct (is_failed (resting o)); [apply Same; reflexivity|exact K].
  - destruct (find_rule s n); [apply Same; reflexivity|exact K].
  - destruct (find_rule s n); [apply Same; reflexivity|exact K].
  - destruct (find_rule s n); [apply Same; reflexivity|exact K].
  - destruct (find_rule s n) as [r|]; [|exact K]; destruct (drained_until s n); [exact K|]; destruct (stopped r); [exact K|].
    destruct (find_version r (active r)); [|exact K]; apply (slot_of_slots s); [exact K|]; cbn [fst slots with_slots].
    apply nth_error_app1; apply slot_of_spec in K; destruct K as [K _]; apply nth_error_Some; rewrite K; discriminate.
  - destruct (slot_of s pin0) as [x|] eqn:Kx; [|exact K]; destruct (find_rule s (of_rule x)) as [r|]; [|exact K].
    destruct (negb _); [exact K|]; destruct (handling r); try exact K; destruct (_ || _); [exact K|].
    destruct (find_version r (active r)); [|exact K]; cbn [fst]; apply (Other pin0 x); [exact Kx|congruence|right].
    exists (active r); rewrite slots_let_go; reflexivity.
  - destruct (slot_of s pin0) as [x|] eqn:Kx; [|exact K]; cbn [fst]; apply (Other pin0 x); [exact Kx|congruence|left].
    rewrite slots_let_go; reflexivity.
  - destruct (slot_of s pin0) as [x|]; [|exact K]; destruct (find_rule s (of_rule x)) as [r|]; [|exact K].
    destruct (find_version r (of_version x)); exact K.
Qed.
