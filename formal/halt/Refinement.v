(** The ring and the running sum are the specification over the whole history; a batch is one call a
    score. *)

From Coq Require Import ZArith Lia Bool List FMapPositive.
From Interlock Require Import halt.Bits halt.Spec halt.Machine.
Import ListNotations.
Open Scope Z_scope.

(** ** The ring *)

Lemma slot_put_same r i v : slot (put r i v) i = v.
Proof. unfold slot, put; rewrite PositiveMap.gss; reflexivity. Qed.

Lemma slot_put_other r i j v : 0 <= i -> 0 <= j -> i <> j -> slot (put r i v) j = slot r j.
Proof. intros; unfold slot, put; rewrite PositiveMap.gso by lia; reflexivity. Qed.

Lemma slots_hold l : valid l -> 0 < slots l /\ window l <= slots l /\ trend l <= slots l.
Proof.
  intros V; destruct V; unfold slots.
  destruct (Z.log2_up_spec (Z.max (window l) (trend l))) as [_ H]; lia.
Qed.

(** Two positions less than a turn apart have two places. *)
Lemma places_differ a b n : 0 < n -> 0 < a - b < n -> a mod n <> b mod n.
Proof.
  intros Hn Hd E.
  assert (H : (a - b) mod n = 0) by (rewrite Zminus_mod, E, Z.sub_diag; apply Z.mod_0_l; lia).
  rewrite Z.mod_small in H by lia; lia.
Qed.

(** ** Sums *)

Lemma sum_firstn_cons w v h : 0 < w ->
  sum (firstn (Z.to_nat w) (v :: h)) = v + sum (firstn (Z.to_nat w) h) - nth (Z.to_nat (w - 1)) h 0.
Proof.
  intros Hw.
  assert (G : forall k g, sum (firstn k g) + nth k g 0 = sum (firstn (S k) g)).
  { unfold sum; induction k as [|k IH]; intros [|x g]; try reflexivity.
    - cbn; lia.
    - specialize (IH g); change (firstn (S (S k)) (x :: g)) with (x :: firstn (S k) g).
      cbn [firstn nth fold_right] in *; lia. }
  replace (Z.to_nat w) with (S (Z.to_nat (w - 1))) by lia; set (k := Z.to_nat (w - 1)).
  rewrite <- (G k h); change (firstn (S k) (v :: h)) with (v :: firstn k h).
  unfold sum; cbn [fold_right]; lia.
Qed.

(** ** The relation *)

Record represents (l : limits) (m : machine) (h : history) : Prop := Represents {
  rep_scores : scores m = Z.of_nat (length h);
  rep_sum : window_sum m = sum (firstn (Z.to_nat (window l)) h);
  rep_cells : forall i, 0 <= i < scores m -> i < slots l ->
              slot (cells m) ((scores m - 1 - i) mod slots l) = nth (Z.to_nat i) h 0;
  rep_open : halted m = None
}.

Lemma fresh_represents l : represents l fresh [].
Proof. split; cbn; try reflexivity; [rewrite firstn_nil; reflexivity|lia]. Qed.

(** Entering a value is putting it in front of the history. *)
Lemma enter_represents l m h s value : valid l -> represents l m h ->
  represents l (fst (enter (prepare l) (record_score m s) value)) (value :: h)
  /\ snd (enter (prepare l) (record_score m s) value)
     = (if trend l <=? Z.of_nat (length (value :: h)) then nth (Z.to_nat (trend l - 1)) (value :: h) 0 else 0).
Proof.
  intros V R; destruct (slots_hold l V) as [Hs [Hw Ht]]; destruct V, R.
  assert (Hlen : Z.of_nat (length (value :: h)) = scores m + 1) by (cbn [length]; lia).
  set (cells' := put (cells m) (scores m mod slots l) value).
  assert (Hcells : forall i, 0 <= i < scores m + 1 -> i < slots l ->
            slot cells' ((scores m - i) mod slots l) = nth (Z.to_nat i) (value :: h) 0).
  { intros i Hi Hil; unfold cells'; destruct (Z.eq_dec i 0) as [->|Hne].
    - rewrite Z.sub_0_r, slot_put_same; reflexivity.
    - rewrite slot_put_other; try (apply Z.mod_pos_bound; lia).
      + replace (Z.to_nat i) with (S (Z.to_nat (i - 1))) by lia; cbn [nth].
        rewrite <- rep_cells0 by lia; f_equal; f_equal; lia.
      + apply places_differ; lia. }
  unfold enter; cbn -[slot put Z.modulo]; fold (slots l).
  replace (scores m + 1 - 1) with (scores m) by lia; fold cells'.
  split; [split; cbn -[slot put Z.modulo firstn sum length]; try assumption|].
  - lia.
  - rewrite sum_firstn_cons by lia; rewrite rep_sum0.
    destruct (Z.leb_spec (window l) (scores m)).
    + assert (E : slot (cells m) ((scores m - window l) mod slots l) = nth (Z.to_nat (window l - 1)) h 0).
      { rewrite <- rep_cells0 by lia; f_equal; f_equal; lia. }
      rewrite E; lia.
    + rewrite nth_overflow by lia; lia.
  - intros i Hi Hil; refine (eq_trans _ (Hcells i _ Hil)); [f_equal; f_equal; lia|lia].
  - match goal with |- _ = (if _ <=? ?n then _ else _) => replace n with (scores m + 1) by lia end.
    destruct (Z.leb_spec (trend l) (scores m + 1)); [|reflexivity].
    refine (eq_trans _ (Hcells (trend l - 1) _ _)); [f_equal; f_equal; lia|lia|lia].
Qed.

Lemma fixed_unit_not_negative b : 0 <= b < 2047 * two52 -> 0 <= fixed_unit b.
Proof.
  intros; unfold fixed_unit; destruct (nan b || negative b); [lia|].
  apply fixed_range; unfold_powers; lia.
Qed.

(** The score's checks are the specification's. *)
Lemma judge_score_is_spec l m h raw : valid l -> represents l m h -> is_bits raw ->
  snd (judge_score (prepare l) m raw)
    = (match clamped raw with None => Halt NonFiniteScore | Some s => check_score l h s end)
  /\ (finite raw = true -> represents l (fst (judge_score (prepare l) m raw)) (fixed (clamp raw) :: h)).
Proof.
  intros V R B; unfold judge_score, clamped; destruct (finite raw); cbn [negb]; [|split; [reflexivity|discriminate]].
  destruct (enter_represents l m h (clamp raw) (fixed (clamp raw)) V R) as [R' O].
  destruct (enter (prepare l) (record_score m (clamp raw)) (fixed (clamp raw))) as [m' opening].
  cbn [fst snd] in R', O; subst opening.
  unfold check_score; cbn [r_hard r_soft r_window r_window_sum r_trend r_trend_drop prepare].
  pose proof (rep_scores _ _ _ R') as Hn; rewrite (rep_sum _ _ _ R'), Hn.
  set (now := fixed (clamp raw) :: h) in *.
  assert (T : (fixed_unit (trend_threshold l)
               <? Z.max 0 ((if trend l <=? Z.of_nat (length now) then nth (Z.to_nat (trend l - 1)) now 0 else 0)
                           - fixed (clamp raw)))
              = (trend l <=? Z.of_nat (length now))
                && (fixed_unit (trend_threshold l) <? nth (Z.to_nat (trend l - 1)) now 0 - fixed (clamp raw))).
  { pose proof (fixed_unit_not_negative (trend_threshold l)) as P.
    pose proof (fixed_range (clamp raw) (clamp_range raw B)) as Q.
    destruct V; assert (0 <= fixed_unit (trend_threshold l)) by (apply P; unfold_powers; lia).
    destruct (trend l <=? Z.of_nat (length now)); cbn [andb].
    - destruct (Z.ltb_spec (fixed_unit (trend_threshold l)) (nth (Z.to_nat (trend l - 1)) now 0 - fixed (clamp raw)));
        [apply Z.ltb_lt|apply Z.ltb_ge]; lia.
    - apply Z.ltb_ge; lia. }
  rewrite T; clear T.
  rewrite (andb_comm (_ <? fixed (window_threshold l) * window l)).
  destruct (clamp raw <? hard l); [split; [reflexivity|intros _; exact R']|].
  destruct ((window l <=? _) && _); [split; [reflexivity|intros _; exact R']|].
  destruct ((trend l <=? _) && _); [split; [reflexivity|intros _; exact R']|].
  destruct (clamp raw <? soft l); (split; [reflexivity|intros _; cbn [fst]]); [|exact R'].
  destruct R'; split; cbn; assumption.
Qed.

Definition is_observation (o : observation) : Prop := forall b, score o = Some b -> is_bits b.

(** ** One token *)

(** The machine gives the specification's verdict, and goes on representing the history or is halted. *)
Theorem push_observation_is_spec l m h o : valid l -> represents l m h -> is_observation o ->
  snd (push_observation (prepare l) m o) = Some (fst (judge l h o))
  /\ match fst (judge l h o) with
     | Halt why => halted (fst (push_observation (prepare l) m o))
                   = Some (why, tokens (fst (push_observation (prepare l) m o)) - 1)
     | _ => represents l (fst (push_observation (prepare l) m o)) (snd (judge l h o))
     end.
Proof.
  intros V R B; unfold push_observation; rewrite (rep_open _ _ _ R).
  unfold judge, check_token, admission; cbn [r_limits prepare].
  assert (Skip : represents l (Machine (scores m) (cells m) (window_sum m) (total_sum m) (minimum m) (last_score m)
                                (warnings m + 1) (skipped m + 1) (halted m)) h)
    by (destruct R; split; cbn; assumption).
  destruct (score o) as [raw|] eqn:S.
  - destruct (late l o).
    + destruct (skip_missing l); cbn [settle is_halt negb andb fst snd]; [|split; reflexivity].
      destruct (too_uncertain l o); cbn [fst snd]; [split; reflexivity|split; [reflexivity|exact Skip]].
    + specialize (B raw S); destruct (judge_score_is_spec l m h raw V R B) as [J F].
      unfold clamped in J; unfold clamped; destruct (judge_score (prepare l) m raw) as [m' v] eqn:E; cbn [fst snd] in J, F.
      destruct (finite raw).
      * specialize (F eq_refl); subst v; destruct (check_score l h (clamp raw)) as [|w|why]; cbn [settle is_halt negb andb].
        -- destruct (too_uncertain l o); cbn [fst snd]; (split; [reflexivity|]); [reflexivity|exact F].
        -- destruct (too_uncertain l o); cbn [fst snd]; (split; [reflexivity|]); [reflexivity|exact F].
        -- split; reflexivity.
      * subst v; cbn [settle is_halt negb andb fst snd]; split; reflexivity.
  - destruct (skip_missing l); cbn [settle is_halt negb andb fst snd]; [|split; reflexivity].
    destruct (too_uncertain l o); cbn [fst snd]; [split; reflexivity|split; [reflexivity|exact Skip]].
Qed.

(** After a halt nothing is judged and nothing changes. *)
Theorem push_after_halt_changes_nothing r m o why : halted m = Some why -> push_observation r m o = (m, None).
Proof. intros H; unfold push_observation; rewrite H; reflexivity. Qed.

(** ** A whole stream *)

Fixpoint run_machine {token} (r : ready) (m : machine) (stream : list (token * observation)) : list token * machine :=
  match stream with
  | [] => ([], m)
  | (t, o) :: rest =>
      match push_observation r m o with
      | (m', Some (Halt _)) | (m', None) => let (out, last) := run_machine r m' rest in (out, last)
      | (m', Some _) => let (out, last) := run_machine r m' rest in (t :: out, last)
      end
  end.

Lemma run_machine_halted {token} r m (stream : list (token * observation)) why :
  halted m = Some why -> run_machine r m stream = ([], m).
Proof.
  intros H; induction stream as [|[t o] rest IH]; [reflexivity|].
  cbn [run_machine]; rewrite (push_after_halt_changes_nothing _ _ _ _ H), IH; reflexivity.
Qed.

(** The incremental machine lets out of every stream what the specification over the whole history lets out,
    and halts when it does and for the same reason. *)
Theorem machine_equals_specification {token} l m h (stream : list (token * observation)) :
  valid l -> represents l m h -> Forall (fun p => is_observation (snd p)) stream ->
  fst (run_machine (prepare l) m stream) = fst (run l (Open h) stream)
  /\ option_map fst (halted (snd (run_machine (prepare l) m stream)))
     = match snd (run l (Open h) stream) with Halted why => Some why | Open _ => None end.
Proof.
  intros V; revert m h; induction stream as [|[t o] rest IH]; intros m h R B.
  - cbn; rewrite (rep_open _ _ _ R); split; reflexivity.
  - inversion B as [|? ? Bo Brest]; subst; cbn [snd] in Bo.
    destruct (push_observation_is_spec l m h o V R Bo) as [Hv Hs].
    cbn [run_machine run]; unfold step.
    destruct (push_observation (prepare l) m o) as [m' out]; cbn [fst snd] in Hv, Hs; subst out.
    destruct (judge l h o) as [v h'] eqn:J; cbn [fst snd] in *; destruct v as [|w|why].
    + specialize (IH m' h' Hs Brest); destruct (run_machine (prepare l) m' rest), (run l (Open h') rest).
      cbn [fst snd] in *; destruct IH as [-> ->]; split; reflexivity.
    + specialize (IH m' h' Hs Brest); destruct (run_machine (prepare l) m' rest), (run l (Open h') rest).
      cbn [fst snd] in *; destruct IH as [-> ->]; split; reflexivity.
    + rewrite (run_machine_halted _ _ _ _ Hs).
      assert (Z : run l (Halted why) rest = ([], Halted why))
        by (clear; induction rest as [|[? ?] ? IH]; [reflexivity|cbn; rewrite IH; reflexivity]).
      rewrite Z; cbn [fst snd]; rewrite Hs; split; reflexivity.
Qed.

(** ** Batches *)

(** The short way of a batch takes no score that a check would stop, and leaves what the checks would leave. *)
Theorem pass_fast_is_judge_score l m h raw m' : valid l -> represents l m h -> is_bits raw ->
  pass_fast (prepare l) m raw = Some m' ->
  exists v, judge_score (prepare l) m raw = (m', v) /\ is_halt v = false.
Proof.
  intros V R B; unfold pass_fast; cbn [prepare r_hard r_soft r_window r_window_sum r_trend r_trend_drop r_slots].
  destruct ((scores m <? window l) || (scores m <? trend l)) eqn:Full; [discriminate|].
  apply orb_false_elim in Full; destruct Full as [Fw Ft]; apply Z.ltb_ge in Fw, Ft.
  destruct (_ || _ || _) eqn:Ok; [discriminate|intros E; injection E as <-].
  apply orb_false_elim in Ok; destruct Ok as [Ok Trend]; apply orb_false_elim in Ok; destruct Ok as [Range Slack].
  apply Z.ltb_ge in Range, Slack, Trend.
  pose proof (slots_hold l V) as [Hs [Hw Ht]].
  pose proof V as V'; destruct V' as [[? ?] _ ? _ ? _].
  (* The bits lie between the least that may pass and one. *)
  assert (Hbits : Z.max (hard l) least_bits <= raw <= one_bits).
  { unfold is_bits in B; set (least := Z.max (hard l) least_bits) in *.
    assert (0 <= least <= one_bits) by (unfold least; unfold_powers; lia).
    destruct (Z.le_gt_cases least raw).
    - rewrite Z.mod_small in Range by (unfold_powers; lia); lia.
    - assert ((raw - least) mod two64 = raw - least + two64).
      { symmetry; apply Z.mod_unique_pos with (q := -1); unfold_powers; lia. }
      unfold_powers; lia. }
  assert (Hc : clamp raw = raw).
  { unfold clamp, negative; destruct (Z.leb_spec two63 raw); unfold_powers; lia. }
  assert (Hf : finite raw = true).
  { unfold finite, exponent.
    assert (raw / two52 < 1024) by (apply Z.div_lt_upper_bound; unfold_powers; lia).
    assert (0 <= raw / two52) by (apply Z.div_pos; unfold_powers; lia).
    rewrite Z.mod_small by lia; destruct (Z.eqb_spec (raw / two52) 2047); [lia|reflexivity]. }
  assert (Hx : fixed_of_least raw = fixed raw) by (apply fixed_of_least_is_fixed; lia).
  rewrite Hx in *.
  unfold judge_score; rewrite Hf, Hc; cbn [negb].
  destruct (enter_represents l m h raw (fixed raw) V R) as [R' O].
  assert (Opening : snd (enter (prepare l) (record_score m raw) (fixed raw))
                    = slot (cells m) ((scores m - (trend l - 1)) mod slots l)).
  { rewrite O; cbn [length]; rewrite Nat2Z.inj_succ, <- (rep_scores _ _ _ R).
    destruct (Z.leb_spec (trend l) (Z.succ (scores m))); [|lia].
    replace (Z.to_nat (trend l - 1)) with (S (Z.to_nat (trend l - 2))) by lia; cbn [nth].
    rewrite <- (rep_cells _ _ _ R) by lia; f_equal; f_equal; lia. }
  clear O R'.
  unfold enter in *; cbn -[slot put Z.modulo two63 one_bits least_bits] in Opening |- *.
  replace (scores m + 1 - 1) with (scores m) in * by lia.
  fold (slots l) in *.
  destruct (Z.leb_spec (window l) (scores m)); [|lia].
  rewrite Opening.
  destruct (Z.ltb_spec raw (hard l)); [lia|].
  destruct (Z.ltb_spec (window_sum m + fixed raw - slot (cells m) ((scores m - window l) mod slots l))
                       (fixed (window_threshold l) * window l)); [lia|].
  cbn [andb].
  destruct (Z.ltb_spec (fixed_unit (trend_threshold l))
                       (Z.max 0 (slot (cells m) ((scores m - (trend l - 1)) mod slots l) - fixed raw))).
  { exfalso; pose proof (fixed_unit_not_negative (trend_threshold l)) as P; destruct V.
    assert (0 <= fixed_unit (trend_threshold l)) by (apply P; unfold_powers; lia); lia. }
  unfold warn; cbn [scores cells window_sum total_sum minimum last_score warnings skipped halted].
  assert (Hsum : window_sum m - fixed (window_threshold l) * window l + fixed raw
                 - slot (cells m) ((scores m - window l) mod slots l) + fixed (window_threshold l) * window l
                 = window_sum m + fixed raw - slot (cells m) ((scores m - window l) mod slots l)) by lia.
  rewrite Hsum, Z.sub_0_r.
  destruct (Z.ltb_spec raw (soft l)).
  - exists (Warn SoftLimit); split; reflexivity.
  - exists Pass; split; [rewrite Z.add_0_r|]; reflexivity.
Qed.

(** One call a score. *)
Fixpoint push_each (r : ready) (m : machine) (raws : list Z) (consumed : Z) : machine * Z * option reason :=
  match raws with
  | [] => (m, consumed, None)
  | raw :: rest =>
      match push r m raw with
      | (m', Some (Halt why)) => (m', consumed + 1, Some why)
      | (m', _) => push_each r m' rest (consumed + 1)
      end
  end.

(** A batch is one call a score: the same machine, the same count, the same halt. *)
Theorem batching_changes_nothing l m h raws consumed :
  valid l -> represents l m h -> Forall is_bits raws ->
  push_many (prepare l) m raws consumed = push_each (prepare l) m raws consumed.
Proof.
  intros V; revert m h consumed; induction raws as [|raw rest IH]; intros m h consumed R B; [reflexivity|].
  inversion B as [|? ? Braw Brest]; subst.
  cbn [push_many push_each]; unfold push; rewrite (rep_open _ _ _ R).
  destruct (judge_score_is_spec l m h raw V R Braw) as [Hv Hr].
  destruct (pass_fast (prepare l) m raw) as [m'|] eqn:F.
  - destruct (pass_fast_is_judge_score l m h raw m' V R Braw F) as [v [E N]].
    rewrite E in *; cbn [fst snd] in *; destruct v as [|w|why]; cbn [settle]; [| |discriminate N].
    + apply (IH m' (fixed (clamp raw) :: h)); [|assumption].
      apply Hr; unfold clamped in Hv; destruct (finite raw); [reflexivity|discriminate Hv].
    + apply (IH m' (fixed (clamp raw) :: h)); [|assumption].
      apply Hr; unfold clamped in Hv; destruct (finite raw); [reflexivity|discriminate Hv].
  - destruct (judge_score (prepare l) m raw) as [m' v]; cbn [fst snd] in *.
    destruct v as [|w|why]; cbn [settle]; [| |reflexivity].
    + apply (IH m' (fixed (clamp raw) :: h)); [|assumption].
      apply Hr; unfold clamped in Hv; destruct (finite raw); [reflexivity|discriminate Hv].
    + apply (IH m' (fixed (clamp raw) :: h)); [|assumption].
      apply Hr; unfold clamped in Hv; destruct (finite raw); [reflexivity|discriminate Hv].
Qed.

(** A call with a score is one with an observation of which only the score is known. *)
Theorem push_is_an_observation r m raw : push r m raw = push_observation r m (Observation (Some raw) None None).
Proof.
  unfold push, push_observation; destruct (halted m); [reflexivity|]; unfold admission; cbn [score late elapsed].
  unfold too_uncertain; cbn [entropy]; destruct (settle (judge_score r m raw)) as [m' v]; rewrite andb_false_r; reflexivity.
Qed.

Lemma push_each_app r one : forall m two consumed,
  push_each r m (one ++ two) consumed =
  match push_each r m one consumed with
  | (m', consumed', None) => push_each r m' two consumed'
  | stopped => stopped
  end.
Proof.
  induction one as [|raw one IH]; intros m two consumed; [reflexivity|]; cbn [app push_each].
  destruct (push r m raw) as [m' [[|w|why]|]]; try apply IH; reflexivity.
Qed.

Lemma push_each_open l raws : forall m h consumed m' consumed', valid l -> represents l m h -> Forall is_bits raws ->
  push_each (prepare l) m raws consumed = (m', consumed', None) -> exists h', represents l m' h'.
Proof.
  induction raws as [|raw raws IH]; intros m h consumed m' consumed' V R B E; [injection E as <- _; eauto|].
  inversion B as [|? ? Braw Brest]; subst; cbn [push_each] in E; rewrite push_is_an_observation in E.
  assert (O : is_observation (Observation (Some raw) None None)) by (intros b Q; injection Q as <-; exact Braw).
  destruct (push_observation_is_spec l m h _ V R O) as [Hv Hs].
  destruct (push_observation (prepare l) m _) as [m1 out]; cbn [fst snd] in Hv, Hs; subst out.
  destruct (fst (judge l h (Observation (Some raw) None None))) as [|w|why]; [| |discriminate E];
    exact (IH m1 _ _ m' consumed' V Hs Brest E).
Qed.

(** How scores are cut into batches changes nothing. *)
Theorem cut_into_batches_changes_nothing l m h one two consumed :
  valid l -> represents l m h -> Forall is_bits (one ++ two) ->
  push_many (prepare l) m (one ++ two) consumed =
  match push_many (prepare l) m one consumed with
  | (m', consumed', None) => push_many (prepare l) m' two consumed'
  | stopped => stopped
  end.
Proof.
  intros V R B; pose proof B as B'; apply Forall_app in B'; destruct B' as [B1 B2].
  rewrite (batching_changes_nothing l m h (one ++ two)), (batching_changes_nothing l m h one), push_each_app by assumption.
  destruct (push_each (prepare l) m one consumed) as [[m' consumed'] [why|]] eqn:E; [reflexivity|].
  destruct (push_each_open l one m h consumed m' consumed' V R B1 E) as [h' R'].
  symmetry; exact (batching_changes_nothing l m' h' two consumed' V R' B2).
Qed.
