(** The verdict on a score is the exact one: that of real numbers, over scores rounded down to multiples of 2^-63, of the
    whole history. No bits, no integers and no ring are left in it. *)

From Coq Require Import ZArith Lia Bool List Reals Lra.
From Flocq Require Import Core.
From Interlock Require Import halt.Bits halt.Spec halt.Stream halt.Reals.
Import ListNotations.
Open Scope Z_scope.

Definition unit_bits (b : Z) : Prop := 0 <= b <= one_bits.

Lemma clamp_is_unit b : is_bits b -> unit_bits (clamp b).
Proof. apply clamp_range. Qed.

Lemma value_of_one : value one_bits = 1%R.
Proof.
  rewrite value_of_unit by (unfold_powers; lia); change (magnitude one_bits) with (2 ^ 1074).
  change (2 ^ 1074) with (Zpower (radix_val radix2) 1074); rewrite IZR_Zpower, <- bpow_plus by lia; reflexivity.
Qed.

Lemma value_of_zero : value 0 = 0%R.
Proof. rewrite value_of_unit by (unfold_powers; lia); change (magnitude 0) with 0; lra. Qed.

Lemma bits_order a b : is_bits a -> is_bits b -> finite a = true -> finite b = true -> key a < key b <-> (value a < value b)%R.
Proof.
  intros Ha Hb Fa Fb; rewrite <- (lt_is_the_order_of_values a b Ha Hb Fa Fb); unfold lt.
  rewrite !finite_is_not_nan by assumption; cbn [negb andb]; symmetry; apply Z.ltb_lt.
Qed.

(** A finite score is clamped to [0, 1]. *)
Theorem clamp_is_exact b : is_bits b -> finite b = true -> value (clamp b) = Rmin 1 (Rmax 0 (value b)).
Proof.
  intros Hb Hf; destruct (unit_is_bits 0 ltac:(unfold_powers; lia)) as [Z0 [N0 F0]].
  destruct (unit_is_bits one_bits ltac:(unfold_powers; lia)) as [Z1 [N1 F1]].
  unfold clamp; destruct (negative b) eqn:N.
  - assert (L : (value b <= 0)%R).
    { rewrite <- value_of_zero; apply (le_is_the_order_of_values b 0 Hb Z0 Hf F0); unfold le.
      rewrite !finite_is_not_nan by assumption; unfold key; rewrite N, N0; unfold negative in N; apply Z.leb_le in N.
      cbn [negb andb]; apply Z.leb_le; lia. }
    rewrite value_of_zero, Rmax_left by exact L; symmetry; apply Rmin_right; lra.
  - assert (L : (0 <= value b)%R).
    { rewrite <- value_of_zero; apply (le_is_the_order_of_values 0 b Z0 Hb F0 Hf); unfold le.
      rewrite !finite_is_not_nan by assumption; unfold key; rewrite N, N0; cbn [negb andb]; apply Z.leb_le; apply Hb. }
    rewrite Rmax_right by exact L; destruct (Z.min_spec b one_bits) as [[G ->]|[G ->]].
    + rewrite Rmin_right; [reflexivity|]; apply Rlt_le; rewrite <- value_of_one; apply bits_order; try assumption.
      unfold key; rewrite N, N1; exact G.
    + rewrite value_of_one, Rmin_left; [reflexivity|]; rewrite <- value_of_one.
      apply (le_is_the_order_of_values one_bits b Z1 Hb F1 Hf); unfold le; rewrite !finite_is_not_nan by assumption.
      unfold key; rewrite N, N1; cbn [negb andb]; apply Z.leb_le; exact G.
Qed.

(** ** The checks, over real numbers *)

Section Checks.
  Variable l : limits.

  (** The score and the scores before it, the newest first. *)
  Variable past : list Z.
  Variable s : Z.
  Let now := s :: past.
  Let rounded (b : Z) : R := floored (value b).

  Definition below_hard : Prop := (value s < value (hard l))%R.
  Definition average_is_low : Prop := window l <= Z.of_nat (length now) /\
    (real_sum (map rounded (firstn (Z.to_nat (window l)) now)) / IZR (window l) < rounded (window_threshold l))%R.
  Definition trend_is_down : Prop := trend l <= Z.of_nat (length now) /\
    (rounded (trend_threshold l) < rounded (nth (Z.to_nat (trend l - 1)) now 0%Z) - rounded s)%R.
  Definition below_soft : Prop := (value s < value (soft l))%R.

  (** The first check that fails decides. *)
  Inductive exact_verdict : verdict -> Prop :=
  | exact_hard : below_hard -> exact_verdict (Halt HardLimit)
  | exact_window : ~ below_hard -> average_is_low -> exact_verdict (Halt WindowAverage)
  | exact_trend : ~ below_hard -> ~ average_is_low -> trend_is_down -> exact_verdict (Halt DownwardTrend)
  | exact_soft : ~ below_hard -> ~ average_is_low -> ~ trend_is_down -> below_soft -> exact_verdict (Warn SoftLimit)
  | exact_pass : ~ below_hard -> ~ average_is_low -> ~ trend_is_down -> ~ below_soft -> exact_verdict Pass.

  Variable V : valid l.
  Variable Hs : unit_bits s.
  Variable Hpast : Forall unit_bits past.

  Lemma limit_decides limit : unit_bits limit -> (s <? limit) = true <-> (value s < value limit)%R.
  Proof.
    intros Hl; destruct (unit_is_bits s Hs) as [A [B C]], (unit_is_bits limit Hl) as [A' [B' C']].
    rewrite <- (bits_order s limit A A' C C'); unfold key; rewrite B, B'; apply Z.ltb_lt.
  Qed.

  Lemma all_unit : Forall unit_bits now.
  Proof. constructor; assumption. Qed.

  Lemma window_decides :
    (window l <=? Z.of_nat (length (map fixed now)))
    && (sum (firstn (Z.to_nat (window l)) (map fixed now)) <? fixed (window_threshold l) * window l) = true <-> average_is_low.
  Proof.
    unfold average_is_low; rewrite andb_true_iff, Z.leb_le, Z.ltb_lt, map_length, firstn_map.
    rewrite (window_decision_is_exact (firstn (Z.to_nat (window l)) now) (window l) (window_threshold l)); [reflexivity| | |].
    - apply Forall_forall; intros b I; pose proof all_unit as U; rewrite Forall_forall in U; apply U.
      rewrite <- (firstn_skipn (Z.to_nat (window l)) now); apply in_or_app; left; exact I.
    - apply V.
    - destruct V; lia.
  Qed.

  Lemma nth_unit i : unit_bits (nth i now 0).
  Proof.
    destruct (Nat.lt_ge_cases i (length now)) as [L|L].
    - pose proof all_unit as U; rewrite Forall_forall in U; apply U, nth_In; exact L.
    - rewrite nth_overflow by exact L; unfold unit_bits; unfold_powers; lia.
  Qed.

  Lemma nth_fixed i : nth i (map fixed now) 0 = fixed (nth i now 0).
  Proof. rewrite <- (map_nth fixed); reflexivity. Qed.

  (** A limit of the trend above 1 is never passed, in fixed point or in real numbers. *)
  Lemma trend_comparison before : unit_bits before ->
    fixed_unit (trend_threshold l) < fixed before - fixed s <->
    (rounded (trend_threshold l) < rounded before - rounded s)%R.
  Proof.
    intros Hb; assert (T : 0 < trend_threshold l < 2047 * two52) by apply V.
    assert (N : negative (trend_threshold l) = false) by (unfold negative; apply Z.leb_gt; unfold_powers; lia).
    assert (F : finite (trend_threshold l) = true).
    { unfold finite, exponent; assert (trend_threshold l / two52 < 2047) by (apply Z.div_lt_upper_bound; unfold_powers; lia).
      assert (0 <= trend_threshold l / two52) by (apply Z.div_pos; unfold_powers; lia).
      rewrite Z.mod_small by lia; destruct (Z.eqb_spec (trend_threshold l / two52) 2047); [lia|reflexivity]. }
    unfold fixed_unit; rewrite (finite_is_not_nan _ F), N; cbn [orb]; destruct (Z.le_gt_cases (trend_threshold l) one_bits) as [L|G].
    - rewrite Z.min_l by exact L; apply trend_decision_is_exact; [exact Hb|exact Hs|lia].
    - rewrite Z.min_r by lia; pose proof (fixed_range before Hb); pose proof (fixed_range s Hs).
      change (fixed one_bits) with one_fixed; split; [lia|intros R; exfalso].
      destruct (unit_is_bits one_bits ltac:(unfold_powers; lia)) as [Z1 [N1 F1]].
      assert (B : (1 <= value (trend_threshold l))%R).
      { rewrite <- value_of_one; apply Rlt_le, bits_order; try assumption; [unfold is_bits; unfold_powers; lia|].
        unfold key; rewrite N, N1; lia. }
      unfold rounded in R; rewrite (floored_fixed before), (floored_fixed s) in R by assumption.
      assert (U : (1 <= floored (value (trend_threshold l)))%R).
      { unfold floored; apply (Rmult_le_reg_r (bpow radix2 63)); [apply bpow_gt_0|].
        rewrite Rmult_assoc, <- bpow_plus; change (-63 + 63) with 0; change (bpow radix2 0) with 1%R; rewrite Rmult_1_r, Rmult_1_l.
        change (bpow radix2 63) with (IZR two63); apply IZR_le, Zfloor_lub.
        change (IZR two63) with (bpow radix2 63); pose proof (bpow_gt_0 radix2 63); nra. }
      assert (D : (IZR (fixed before) * bpow radix2 (-63) - IZR (fixed s) * bpow radix2 (-63) <= 1)%R); [|lra].
      replace 1%R with (IZR one_fixed * bpow radix2 (-63))%R.
      + rewrite <- Rmult_minus_distr_r, <- minus_IZR; apply Rmult_le_compat_r; [apply bpow_ge_0|]; apply IZR_le; lia.
      + change (IZR one_fixed) with (bpow radix2 63); rewrite <- bpow_plus; reflexivity.
  Qed.

  Lemma trend_decides :
    (trend l <=? Z.of_nat (length (map fixed now)))
    && (fixed_unit (trend_threshold l) <? nth (Z.to_nat (trend l - 1)) (map fixed now) 0 - fixed s) = true <-> trend_is_down.
  Proof.
    unfold trend_is_down; rewrite andb_true_iff, Z.leb_le, Z.ltb_lt, map_length, nth_fixed.
    rewrite (trend_comparison _ (nth_unit _)); reflexivity.
  Qed.

  (** The checks in fixed point give the verdict of those over real numbers. *)
  Theorem check_score_is_exact : exact_verdict (check_score l (map fixed past) s).
  Proof.
    pose proof (limit_decides (hard l) ltac:(apply V)) as H; pose proof (limit_decides (soft l) ltac:(apply V)) as S.
    pose proof window_decides as W; pose proof trend_decides as T; cbn [map] in W, T.
    unfold check_score; fold now; cbn [map].
    destruct (s <? hard l).
    { apply exact_hard, H; reflexivity. }
    assert (NH : ~ below_hard) by (intros X; apply H in X; discriminate X).
    destruct ((window l <=? _) && _).
    { apply exact_window; [exact NH|apply W; reflexivity]. }
    assert (NW : ~ average_is_low) by (intros X; apply W in X; discriminate X).
    destruct ((trend l <=? _) && _).
    { apply exact_trend; [exact NH|exact NW|apply T; reflexivity]. }
    assert (NT : ~ trend_is_down) by (intros X; apply T in X; discriminate X).
    destruct (s <? soft l).
    - apply exact_soft; try assumption; apply S; reflexivity.
    - apply exact_pass; try assumption; intros X; apply S in X; discriminate X.
  Qed.

  (** And there is no other. *)
  Theorem exact_verdict_is_one v v' : exact_verdict v -> exact_verdict v' -> v = v'.
  Proof. intros A B; destruct A, B; try reflexivity; contradiction. Qed.
End Checks.

(** The verdict on a score that is finite and in time, after any stream that is open, is the exact one over all scores of
    the stream; but a token that would pass may still be too uncertain. *)
Theorem verdict_is_exact {token} l (tokens : list (token * observation)) h o b :
  valid l -> Forall (fun p => forall raw, score (snd p) = Some raw -> is_bits raw) tokens ->
  snd (run l (Open []) tokens) = Open h ->
  score o = Some b -> is_bits b -> finite b = true -> late l o = false -> too_uncertain l o = false ->
  exact_verdict l (rev (admitted token l tokens)) (clamp b) (fst (judge l h o)).
Proof.
  intros V B E So Hb Hf La Un; apply history_is_the_scores in E; rewrite app_nil_r in E.
  unfold judge, check_token, clamped; rewrite So, La, Hf, Un, andb_false_r; subst h; cbn [fst].
  apply check_score_is_exact; [exact V|apply clamp_is_unit; exact Hb|].
  apply Forall_rev; clear -B; induction B as [|[t o] rest Bo B IH]; [constructor|].
  cbn [admitted flat_map snd] in *; apply Forall_app; split; [|exact IH].
  destruct (score o) as [raw|]; [|constructor]; destruct (late l o); constructor; [|constructor].
  apply clamp_is_unit, Bo; reflexivity.
Qed.
