(** Drains: nobody comes to a version that is drained, and when it is swapped nobody is there. *)

From Coq Require Import ZArith Lia Bool List.
From Interlock Require Import registry.Registry registry.Interface registry.Invariant registry.Operations registry.Pins
  registry.Safety registry.Failures.
Import ListNotations.
Open Scope Z_scope.

(** ** What an operation does with what streams hold *)

(** Nothing; or a stream begins on a rule that is not drained, or moves within one, or ends. *)
Inductive slots_changed (s s' : registry) : Prop :=
| SlotsStay : slots s' = slots s -> slots_changed s s'
| StreamBegins n v st : is_drained s n = false -> slots s' = slots s ++ [Slot true n v st] -> slots_changed s s'
| StreamMoves pin k v : slot_of s pin = Some k -> is_drained s (of_rule k) = false ->
    slots s' = set_nth (Z.to_nat pin) (Slot true (of_rule k) v (of_stops k)) (slots s) -> slots_changed s s'
| StreamEnds pin k : slot_of s pin = Some k ->
    slots s' = set_nth (Z.to_nat pin) (Slot false (of_rule k) (of_version k) (of_stops k)) (slots s) -> slots_changed s s'.

Lemma slots_complete own r now s : slots (fst (complete own r now s)) = slots s.
Proof.
  unfold complete; destruct (doing s) as [|step n v|w]; [reflexivity| |].
  - destruct (step =? own); [|reflexivity]; cbn [fst]; unfold terminated; rewrite slots_go_on; destruct r, (find_rule s n); reflexivity.
  - destruct (step w =? own); [apply slots_advance|reflexivity].
Qed.

Lemma completed own r now s : fst (apply s (Complete own r now)) = fst (complete own r now s).
Proof. cbn [apply]; destruct (complete own r now s) as [? [?|]]; reflexivity. Qed.

Lemma slots_applied s op : slots_changed s (fst (apply s op)).
Proof.
  destruct op; try (apply SlotsStay; rewrite completed; apply slots_complete); cbn [apply].
  - apply SlotsStay; destruct (is_rule c); [|reflexivity]; destruct (check_new s c); [reflexivity|apply slots_insert].
  - apply SlotsStay; destruct (negb (is_rule c)); [reflexivity|]; destruct (is_full s); [reflexivity|].
    destruct (check_new s c); [reflexivity|]; destruct (if is_idle s then _ else _); [reflexivity|].
    rewrite slots_begin; apply slots_insert.
  - apply SlotsStay; destruct (find_rule s n) as [r|]; [|reflexivity]; destruct (find_version r v); [apply slots_begin|reflexivity].
  - apply SlotsStay; destruct (find_rule s n) as [r|]; [|reflexivity]; destruct (find_version r v); [apply slots_begin|reflexivity].
  - apply SlotsStay; destruct (is_idle s); [apply terminate_next_same|reflexivity].
  - apply SlotsStay; destruct (outcomes s); reflexivity.
  - apply SlotsStay; destruct (find_rule s n) as [r|]; [|reflexivity]; destruct (find_version r v) as [o|]; [|reflexivity].
    destruct (is_failed (resting o)); reflexivity.
  - apply SlotsStay; destruct (find_rule s n); reflexivity.
  - apply SlotsStay; destruct (find_rule s n); reflexivity.
  - apply SlotsStay; destruct (find_rule s n); reflexivity.
  - destruct (find_rule s n) as [r|]; [|apply SlotsStay; reflexivity].
    destruct (drained_until s n) eqn:D; [apply SlotsStay; reflexivity|]; destruct (stopped r); [apply SlotsStay; reflexivity|].
    destruct (find_version r (active r)); [|apply SlotsStay; reflexivity].
    apply (StreamBegins s _ n (active r) (stops r)); [unfold is_drained; rewrite D; reflexivity|reflexivity].
  - destruct (slot_of s pin) as [k|] eqn:K; [|apply SlotsStay; reflexivity].
    destruct (find_rule s (of_rule k)) as [r|]; [|apply SlotsStay; reflexivity]; destruct (negb _); [apply SlotsStay; reflexivity|].
    destruct (handling r); try (apply SlotsStay; reflexivity).
    destruct (is_drained s (of_rule k)) eqn:D; cbn [orb]; [apply SlotsStay; reflexivity|].
    destruct (active r =? of_version k); [apply SlotsStay; reflexivity|].
    destruct (find_version r (active r)); [|apply SlotsStay; reflexivity].
    apply (StreamMoves s _ pin k (active r)); [exact K|exact D|cbn [fst]; rewrite slots_let_go; reflexivity].
  - destruct (slot_of s pin) as [k|] eqn:K; [|apply SlotsStay; reflexivity].
    apply (StreamEnds s _ pin k); [exact K|cbn [fst]; rewrite slots_let_go; reflexivity].
  - apply SlotsStay; destruct (slot_of s pin) as [k|]; [|reflexivity]; destruct (find_rule s (of_rule k)) as [r|]; [|reflexivity].
    destruct (find_version r (of_version k)); reflexivity.
Qed.

Lemma names_it_range k n v : 0 <= names_it k n v <= 1.
Proof. unfold names_it; destruct (_ && _); lia. Qed.

Lemma holders_fall s op n v : is_drained s n = true ->
  Z.of_nat (holders (slots (fst (apply s op))) n v) <= Z.of_nat (holders (slots s) n v).
Proof.
  intros D; destruct (slots_applied s op) as [->|m w st N ->|pin k w K N ->|pin k K ->]; [lia| | |].
  - rewrite holders_snoc; unfold names_it; cbn [used of_rule of_version andb].
    destruct (Z.eqb_spec m n) as [->|]; [congruence|cbn [andb]; lia].
  - apply slot_of_spec in K; destruct K as [K _]; rewrite (holders_set _ _ _ _ _ _ K); pose proof (names_it_range k n v).
    assert (names_it (Slot true (of_rule k) w (of_stops k)) n v = 0); [|lia]; unfold names_it; cbn [used of_rule of_version andb].
    destruct (Z.eqb_spec (of_rule k) n) as [E|]; [rewrite E in N; congruence|reflexivity].
  - apply slot_of_spec in K; destruct K as [K _]; rewrite (holders_set _ _ _ _ _ _ K); pose proof (names_it_range k n v).
    assert (names_it (Slot false (of_rule k) (of_version k) (of_stops k)) n v = 0) by reflexivity; lia.
Qed.

(** While a rule is drained nothing lets a stream come to any of its versions: not to the one that it is to leave, either
    by beginning or by adopting it. *)
Theorem drain_only_empties s op n v : reached s -> is_drained s n = true ->
  pinned_to (fst (apply s op)) n v <= pinned_to s n v.
Proof.
  intros R D; pose proof (reached_invariant s R) as Inv; destruct (applied s op Inv) as [[S' _] _].
  rewrite (tally _ S'), (tally _ (proj1 Inv)); apply holders_fall; exact D.
Qed.

(** ** What is swapped after a drain *)

(** Only a quiesce and what follows it know of a drain, and the swap comes when nobody is left. *)
Definition drain_is_over (s : registry) : Prop :=
  match doing s with
  | Busy w => match stage w with
              | PreStage | Resume | Terminate => until w = None
              | Quiesce => True
              | Swap => until w <> None -> pinned_to s (wanted_rule (asked w)) (from w) = 0
              end
  | _ => True
  end.

Lemma started_drains q now s : drain_is_over (start q now s).
Proof. reflexivity. Qed.

Lemma unloading_drains s : drain_is_over s -> drain_is_over (terminate_next s).
Proof.
  intros D; unfold terminate_next; destruct (retired s); [|exact D]; destruct (first_unused (rules s)) as [[n v]|]; exact I || exact D.
Qed.

Lemma waiting_drains queue now s : is_idle s = true -> drain_is_over (begin_waiting queue now s).
Proof.
  revert s; induction queue as [|q rest IH]; intros s Id; cbn [begin_waiting].
  - unfold drain_is_over, is_idle in *; destruct (doing s); [exact I|exact I|discriminate Id].
  - destruct (check_swap (with_waiting rest s) q); [apply IH; exact Id|apply started_drains].
Qed.

Lemma going_on_drains now s : is_idle s = true -> drain_is_over (go_on now s).
Proof.
  intros Id; unfold go_on; destruct (is_idle (terminate_next s)) eqn:E; [apply waiting_drains; exact E|].
  apply unloading_drains; unfold drain_is_over, is_idle in *; destruct (doing s); [exact I|exact I|discriminate Id].
Qed.

Lemma pinned_not_negative s n v : sound s -> 0 <= pinned_to s n v.
Proof. intros S; rewrite (tally s S); lia. Qed.

Lemma advanced_drains w r now s : sound s -> drain_is_over s -> doing s = Busy w -> drain_is_over (fst (advance w r now s)).
Proof.
  intros S D B; pose proof D as D'; unfold drain_is_over in D'; rewrite B in D'; unfold advance; destruct (stage w) eqn:St, r;
    try match goal with |- context [from w =? 0] => destruct (from w =? 0) end; cbn [fst]; try exact D;
    try (apply going_on_drains; reflexivity); try exact I; try reflexivity.
  - unfold drain_is_over; cbn; intros N; contradiction.
  - destruct (until w) as [limit|] eqn:U; [|unfold drain_is_over; cbn; intros N; contradiction].
    pose proof (pinned_not_negative s (wanted_rule (asked w)) (from w) S) as P.
    destruct (Z.ltb_spec 0 (pinned_to s (wanted_rule (asked w)) (from w))) as [L|L].
    + destruct (now <? limit); [exact D|reflexivity].
    + unfold drain_is_over; cbn; intros _; change (pinned_to s (wanted_rule (asked w)) (from w) = 0); lia.
Qed.

(** What is under way is what was, or began. *)
Lemma begun_drains q now s : drain_is_over (fst (begin_swap q now s)) \/ doing (fst (begin_swap q now s)) = doing s.
Proof.
  unfold begin_swap; destruct (is_full s); [right; reflexivity|]; destruct (is_idle s); [|right; reflexivity].
  destruct (check_swap s _); [right; reflexivity|left; reflexivity].
Qed.

Lemma doing_insert c s : doing (insert c s) = doing s.
Proof. unfold insert, trim, update_rule, ensure_rule; destruct (find_rule s (its_rule c)); reflexivity. Qed.

Lemma doing_let_go n v s : doing (let_go n v s) = doing s.
Proof. unfold let_go; destruct (_ && _); reflexivity. Qed.

Lemma doing_applied s op : sound s -> drain_is_over s ->
  drain_is_over (fst (apply s op)) \/ doing (fst (apply s op)) = doing s.
Proof.
  intros S D; destruct op; try (rewrite completed; unfold complete); cbn [apply].
  - right; destruct (is_rule c); [|reflexivity]; destruct (check_new s c); [reflexivity|apply doing_insert].
  - destruct (negb (is_rule c)); [right; reflexivity|]; destruct (is_full s); [right; reflexivity|].
    destruct (check_new s c); [right; reflexivity|]; destruct (if is_idle s then _ else _); [right; reflexivity|].
    rewrite <- (doing_insert c s); apply begun_drains.
  - destruct (find_rule s n) as [r|]; [|right; reflexivity]; destruct (find_version r v); [apply begun_drains|right; reflexivity].
  - destruct (find_rule s n) as [r|]; [|right; reflexivity]; destruct (find_version r v); [apply begun_drains|right; reflexivity].
  - left; destruct (is_idle s); [apply unloading_drains|]; exact D.
  - left; destruct (doing s) as [|own n v|w] eqn:B; [exact D| |].
    + destruct (own =? number_of_step); [|exact D]; apply going_on_drains; destruct r, (find_rule s n); reflexivity.
    + destruct (step w =? number_of_step); [apply advanced_drains; assumption|exact D].
  - right; destruct (outcomes s); reflexivity.
  - right; destruct (find_rule s n) as [r|]; [|reflexivity]; destruct (find_version r v) as [o|]; [|reflexivity].
    destruct (is_failed (resting o)); reflexivity.
  - right; destruct (find_rule s n); reflexivity.
  - right; destruct (find_rule s n); reflexivity.
  - right; destruct (find_rule s n); reflexivity.
  - right; destruct (find_rule s n) as [r|]; [|reflexivity]; destruct (drained_until s n); [reflexivity|].
    destruct (stopped r); [reflexivity|]; destruct (find_version r (active r)); reflexivity.
  - right; destruct (slot_of s pin) as [k|]; [|reflexivity]; destruct (find_rule s (of_rule k)) as [r|]; [|reflexivity].
    destruct (negb _); [reflexivity|]; destruct (handling r); try reflexivity; destruct (_ || _); [reflexivity|].
    destruct (find_version r (active r)); [cbn [fst]; rewrite doing_let_go|]; reflexivity.
  - right; destruct (slot_of s pin) as [k|]; [|reflexivity]; cbn [fst]; rewrite doing_let_go; reflexivity.
  - right; destruct (slot_of s pin) as [k|]; [|reflexivity]; destruct (find_rule s (of_rule k)) as [r|]; [|reflexivity].
    destruct (find_version r (of_version k)); reflexivity.
Qed.

Lemma drains_kept s op : invariant s -> drain_is_over s -> drain_is_over (fst (apply s op)).
Proof.
  intros Inv D; destruct (doing_applied s op (proj1 Inv) D) as [K|E]; [exact K|].
  destruct (applied s op Inv) as [[S' _] _]; unfold drain_is_over in *; rewrite E; destruct (doing s) as [| |w] eqn:B; try exact I.
  destruct (stage w); try exact D; intros U; specialize (D U).
  assert (Dr : is_drained s (wanted_rule (asked w)) = true).
  { unfold is_drained, drained_until; rewrite B, Z.eqb_refl; destruct (until w); [reflexivity|contradiction]. }
  pose proof (holders_fall s op _ (from w) Dr) as F; rewrite <- (tally _ S'), <- (tally _ (proj1 Inv)), D in F.
  pose proof (pinned_not_negative _ (wanted_rule (asked w)) (from w) S'); lia.
Qed.

(** When the version of a rule that is drained is swapped, no stream uses it any more. *)
Theorem drained_version_is_left s w : reached s -> doing s = Busy w -> stage w = Swap -> until w <> None ->
  pinned_to s (wanted_rule (asked w)) (from w) = 0.
Proof.
  intros [most [ops ->]] B St U; enough (D : drain_is_over (run (empty most) ops))
    by (unfold drain_is_over in D; rewrite B, St in D; exact (D U)).
  assert (D : drain_is_over (empty most)) by exact I; pose proof (empty_invariant most) as Inv; clear -D Inv.
  revert D Inv; generalize (empty most); induction ops as [|op ops IH]; intros s D Inv; [exact D|].
  apply (IH (fst (apply s op))); [apply drains_kept; assumption|apply applied; exact Inv].
Qed.
