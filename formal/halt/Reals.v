(** What the integers of the monitor mean as real numbers: bits are Flocq's binary64, their order is the
    order of values, fixed point is the value times 2^63 rounded down, and so a decision in fixed
    point is the exact decision on values rounded down to multiples of 2^-63. *)

From Coq Require Import ZArith Lia Bool List Reals Lra.
From Flocq Require Import Core IEEE754.BinarySingleNaN IEEE754.Binary IEEE754.Bits.
From Interlock Require Import halt.Bits halt.Spec.
Import ListNotations.
Open Scope Z_scope.

(** The real value of a double given by its bits; of no meaning for an infinity and a NaN. *)
Definition value (b : Z) : R := B2R 53 1024 (b64_of_bits b).

(** The size of a finite double, in units of 2^-1074. *)
Definition magnitude (b : Z) : Z :=
  let e := exponent b in
  if e =? 0 then fraction b else (fraction b + two52) * 2 ^ (e - 1).

Lemma value_is_magnitude b : is_bits b -> finite b = true ->
  value b = (IZR (if negative b then - magnitude b else magnitude b) * bpow radix2 (-1074))%R.
Proof.
  intros Hb Hf; unfold value, b64_of_bits, binary_float_of_bits.
  rewrite B2R_FF2B; unfold binary_float_of_bits_aux, split_bits.
  change (2 ^ 52) with two52; change (2 ^ 11) with 2048.
  change (two52 * 2048) with two63; fold (fraction b) (exponent b).
  unfold finite in Hf; apply negb_true_iff in Hf; apply Z.eqb_neq in Hf.
  change (Zle_bool two63 b) with (negative b); unfold magnitude.
  pose proof (fraction_range b) as Hfr.
  assert (He : 0 <= exponent b) by (unfold exponent; apply Z.mod_pos_bound; lia).
  rewrite (Zeq_bool_false (exponent b) (2048 - 1)) by lia.
  case Zeq_bool_spec; intros E.
  - rewrite E, Z.eqb_refl; destruct (fraction b) as [|p|p] eqn:F; [| |lia].
    + cbn [FF2R]; destruct (negative b); cbn [Z.opp]; lra.
    + unfold FF2R, F2R; cbn [Fnum Fexp]; f_equal; destruct (negative b); reflexivity.
  - destruct (Z.eqb_spec (exponent b) 0) as [|_]; [contradiction|].
    destruct (fraction b + two52) as [|p|p] eqn:F; unfold two52 in *; try lia.
    unfold FF2R, F2R; cbn [Fnum Fexp].
    replace (exponent b + SpecFloat.emin (52 + 1) (2 ^ (11 - 1)) - 1) with (exponent b - 1 + -1074)
      by (change (SpecFloat.emin (52 + 1) (2 ^ (11 - 1))) with (-1074); lia).
    rewrite bpow_plus, <- (IZR_Zpower radix2 (exponent b - 1)) by lia.
    change (Zpower (radix_val radix2) (exponent b - 1)) with (2 ^ (exponent b - 1)).
    rewrite <- Rmult_assoc; f_equal; rewrite <- mult_IZR; f_equal.
    destruct (negative b); cbn [cond_Zopp]; lia.
Qed.

(** ** Order *)

Lemma exponent_below b : is_bits b -> negative b = false -> exponent b = b / two52.
Proof.
  unfold is_bits, negative, exponent; intros Hb Hn; apply Z.leb_gt in Hn.
  apply Z.mod_small; split; [apply Z.div_pos|apply Z.div_lt_upper_bound]; unfold_powers; lia.
Qed.

Lemma bits_parts b : is_bits b -> negative b = false -> b = exponent b * two52 + fraction b.
Proof.
  intros Hb Hn; rewrite exponent_below by assumption; unfold fraction.
  rewrite Z.mul_comm; apply Z.div_mod; unfold_powers; lia.
Qed.

Lemma magnitude_below b : exponent b < 2048 -> 0 <= exponent b -> 0 <= magnitude b < 2 ^ (52 + exponent b).
Proof.
  intros _ He; unfold magnitude; pose proof (fraction_range b).
  destruct (Z.eqb_spec (exponent b) 0) as [->|]; [change (2 ^ (52 + 0)) with two52; lia|].
  replace (52 + exponent b) with (53 + (exponent b - 1)) by lia.
  rewrite Z.pow_add_r by lia; change (2 ^ 53) with (2 * two52).
  assert (0 < 2 ^ (exponent b - 1)) by (apply Z.pow_pos_nonneg; lia); nia.
Qed.

Lemma magnitude_above b : 1 <= exponent b -> 2 ^ (51 + exponent b) <= magnitude b.
Proof.
  intros He; unfold magnitude; pose proof (fraction_range b).
  destruct (Z.eqb_spec (exponent b) 0); [lia|].
  replace (51 + exponent b) with (52 + (exponent b - 1)) by lia.
  rewrite Z.pow_add_r by lia; change (2 ^ 52) with two52.
  assert (0 < 2 ^ (exponent b - 1)) by (apply Z.pow_pos_nonneg; lia); nia.
Qed.

Lemma exponent_range b : 0 <= exponent b < 2048.
Proof. unfold exponent; apply Z.mod_pos_bound; lia. Qed.

Lemma magnitude_increases a b :
  is_bits a -> is_bits b -> negative a = false -> negative b = false -> a < b -> magnitude a < magnitude b.
Proof.
  intros Ha Hb Na Nb L.
  pose proof (bits_parts a Ha Na); pose proof (bits_parts b Hb Nb).
  pose proof (fraction_range a); pose proof (fraction_range b).
  pose proof (exponent_range a); pose proof (exponent_range b).
  assert (exponent a <= exponent b) by (unfold_powers; nia).
  destruct (Z.eq_dec (exponent a) (exponent b)) as [E|E].
  - assert (fraction a < fraction b) by (rewrite E in *; lia).
    unfold magnitude; rewrite E; destruct (Z.eqb_spec (exponent b) 0); [assumption|].
    apply Z.mul_lt_mono_pos_r; [apply Z.pow_pos_nonneg; lia|lia].
  - pose proof (magnitude_below a ltac:(lia) ltac:(lia)); pose proof (magnitude_above b ltac:(lia)).
    assert (2 ^ (52 + exponent a) <= 2 ^ (51 + exponent b)) by (apply Z.pow_le_mono_r; lia); lia.
Qed.

(** The magnitude does not see the sign. *)
Lemma magnitude_of_negative b : is_bits b -> negative b = true -> magnitude b = magnitude (b - two63).
Proof.
  unfold is_bits, negative; intros Hb Hn; apply Z.leb_le in Hn.
  assert (F : fraction b = fraction (b - two63)).
  { unfold fraction; replace b with (b - two63 + 2048 * two52) at 1 by (unfold_powers; lia).
    apply Z.mod_add; unfold_powers; lia. }
  assert (E : exponent b = exponent (b - two63)).
  { unfold exponent; replace b with (b - two63 + 2048 * two52) at 1 by (unfold_powers; lia).
    rewrite Z.div_add by (unfold_powers; lia).
    replace ((b - two63) / two52 + 2048) with ((b - two63) / two52 + 1 * 2048) by lia.
    apply Z.mod_add; lia. }
  unfold magnitude; rewrite E, F; reflexivity.
Qed.

(** The size with its sign, in units of 2^-1074. *)
Definition signed (b : Z) : Z := if negative b then - magnitude b else magnitude b.

Lemma magnitude_zero : magnitude 0 = 0.
Proof. reflexivity. Qed.

Lemma signed_follows_key a b : is_bits a -> is_bits b -> key a < key b -> signed a < signed b.
Proof.
  intros Ha Hb L; unfold key, signed in *.
  assert (P : forall x, is_bits x -> 0 <= magnitude x)
    by (intros x _; pose proof (exponent_range x); apply magnitude_below; lia).
  destruct (negative a) eqn:Na, (negative b) eqn:Nb.
  - rewrite (magnitude_of_negative a), (magnitude_of_negative b) by assumption.
    pose proof Na; pose proof Nb; unfold negative, is_bits in *; rewrite Z.leb_le in *.
    enough (magnitude (b - two63) < magnitude (a - two63)) by lia.
    apply magnitude_increases; unfold is_bits, negative; try (apply Z.leb_gt); unfold_powers; lia.
  - specialize (P b Hb) as Pb; rewrite (magnitude_of_negative a) by assumption.
    unfold negative, is_bits in *; rewrite Z.leb_le in Na; rewrite Z.leb_gt in Nb.
    destruct (Z.eq_dec a two63) as [->|].
    + change (magnitude (two63 - two63)) with 0; cbn.
      rewrite <- magnitude_zero; apply magnitude_increases; unfold is_bits, negative;
        try (apply Z.leb_gt); unfold_powers; lia.
    + assert (0 < magnitude (a - two63)); [|lia].
      rewrite <- magnitude_zero; apply magnitude_increases; unfold is_bits, negative;
        try (apply Z.leb_gt); unfold_powers; lia.
  - unfold negative, is_bits in *; rewrite Z.leb_le in Nb; rewrite Z.leb_gt in Na; unfold_powers; lia.
  - apply magnitude_increases; assumption.
Qed.

Lemma signed_of_equal_keys a b : is_bits a -> is_bits b -> key a = key b -> signed a = signed b.
Proof.
  intros Ha Hb E; unfold key, signed, is_bits in *.
  destruct (negative a) eqn:Na, (negative b) eqn:Nb; unfold negative in *;
    rewrite ?Z.leb_le, ?Z.leb_gt in *.
  - replace b with a by lia; reflexivity.
  - replace a with two63 by (unfold_powers; lia); replace b with 0 by (unfold_powers; lia); reflexivity.
  - replace b with two63 by (unfold_powers; lia); replace a with 0 by (unfold_powers; lia); reflexivity.
  - rewrite E; reflexivity.
Qed.

Lemma finite_is_not_nan b : finite b = true -> nan b = false.
Proof. unfold finite, nan; destruct (exponent b =? 2047); cbn; congruence. Qed.

(** Comparing bits is comparing values. *)
Theorem lt_is_the_order_of_values a b : is_bits a -> is_bits b -> finite a = true -> finite b = true ->
  lt a b = true <-> (value a < value b)%R.
Proof.
  intros Ha Hb Fa Fb; unfold lt; rewrite !finite_is_not_nan by assumption; cbn [negb andb].
  rewrite (value_is_magnitude a), (value_is_magnitude b) by assumption; fold (signed a) (signed b).
  rewrite Z.ltb_lt; pose proof (bpow_gt_0 radix2 (-1074)); split; intros L.
  - apply Rmult_lt_compat_r; [assumption|]; apply IZR_lt, signed_follows_key; assumption.
  - apply Rmult_lt_reg_r in L; [|assumption]; apply lt_IZR in L.
    destruct (Z.lt_trichotomy (key a) (key b)) as [|[E|G]]; [assumption| |].
    + rewrite (signed_of_equal_keys a b Ha Hb E) in L; lia.
    + pose proof (signed_follows_key b a Hb Ha G); lia.
Qed.

Theorem le_is_the_order_of_values a b : is_bits a -> is_bits b -> finite a = true -> finite b = true ->
  le a b = true <-> (value a <= value b)%R.
Proof.
  intros Ha Hb Fa Fb.
  assert (E : le a b = negb (lt b a)).
  { unfold le, lt; rewrite !finite_is_not_nan by assumption; cbn [negb andb].
    destruct (Z.leb_spec (key a) (key b)), (Z.ltb_spec (key b) (key a)); reflexivity || lia. }
  pose proof (lt_is_the_order_of_values b a Hb Ha Fb Fa) as O.
  rewrite E; destruct (lt b a); cbn [negb]; split; intros L; try reflexivity; try discriminate L.
  - destruct O as [O _]; specialize (O eq_refl); lra.
  - apply Rnot_lt_le; intros G; apply O in G; discriminate G.
Qed.

(** ** Fixed point *)

Lemma unit_is_bits b : 0 <= b <= one_bits -> is_bits b /\ negative b = false /\ finite b = true.
Proof.
  intros Hb; assert (Hn : negative b = false) by (unfold negative; apply Z.leb_gt; unfold_powers; lia).
  assert (Hi : is_bits b) by (unfold is_bits; unfold_powers; lia).
  repeat split; try assumption; try apply Hi.
  unfold finite; rewrite exponent_below by assumption.
  pose proof (exponent_of_unit b Hb); destruct (Z.eqb_spec (b / two52) 2047); [lia|reflexivity].
Qed.

Lemma value_of_unit b : 0 <= b <= one_bits -> value b = (IZR (magnitude b) * bpow radix2 (-1074))%R.
Proof.
  intros Hb; destruct (unit_is_bits b Hb) as [Hi [Hn Hf]].
  rewrite value_is_magnitude, Hn by assumption; reflexivity.
Qed.

Lemma fixed_is_quotient b : 0 <= b <= one_bits -> fixed b = magnitude b / 2 ^ 1011.
Proof.
  intros Hb; destruct (unit_is_bits b Hb) as [Hi [Hn Hf]].
  pose proof (exponent_of_unit b Hb) as He; pose proof (exponent_below b Hi Hn) as Ee.
  pose proof (fraction_range b) as Hfr.
  unfold fixed; rewrite <- Ee in *.
  destruct (Z.ltb_spec (1023 - exponent b) 64).
  - unfold magnitude; destruct (Z.eqb_spec (exponent b) 0); [lia|].
    rewrite Z.shiftr_div_pow2 by lia.
    replace (two63 + fraction b * two11) with ((fraction b + two52) * 2 ^ 11)
      by (change (2 ^ 11) with two11; unfold_powers; lia).
    destruct (Z.le_gt_cases 1012 (exponent b)).
    + replace (2 ^ 11) with (2 ^ (1023 - exponent b) * 2 ^ (exponent b - 1012))
        by (rewrite <- Z.pow_add_r by lia; f_equal; lia).
      replace (2 ^ (exponent b - 1)) with (2 ^ 1011 * 2 ^ (exponent b - 1012))
        by (rewrite <- Z.pow_add_r by lia; f_equal; lia).
      set (k := 2 ^ (exponent b - 1012)).
      replace ((fraction b + two52) * (2 ^ (1023 - exponent b) * k))
        with ((fraction b + two52) * k * 2 ^ (1023 - exponent b)) by ring.
      replace ((fraction b + two52) * (2 ^ 1011 * k)) with ((fraction b + two52) * k * 2 ^ 1011) by ring.
      rewrite !Z.div_mul; [reflexivity| |]; apply Z.pow_nonzero; lia.
    + replace (2 ^ (1023 - exponent b)) with (2 ^ 11 * 2 ^ (1012 - exponent b))
        by (rewrite <- Z.pow_add_r by lia; f_equal; lia).
      replace (2 ^ 1011) with (2 ^ (exponent b - 1) * 2 ^ (1012 - exponent b))
        by (rewrite <- Z.pow_add_r by lia; f_equal; lia).
      rewrite (Z.mul_comm (fraction b + two52) (2 ^ 11)), (Z.mul_comm (fraction b + two52) (2 ^ (exponent b - 1))).
      rewrite !Z.div_mul_cancel_l; try reflexivity; apply Z.pow_nonzero; lia.
  - symmetry; apply Z.div_small.
    pose proof (magnitude_below b ltac:(lia) ltac:(lia)).
    assert (2 ^ (52 + exponent b) <= 2 ^ 1011) by (apply Z.pow_le_mono_r; lia); lia.
Qed.

(** A value rounded down to a multiple of 2^-63. *)
Definition floored (x : R) : R := (IZR (Zfloor (x * bpow radix2 63)) * bpow radix2 (-63))%R.

(** Fixed point is the value times 2^63, rounded down. *)
Theorem fixed_is_floor b : 0 <= b <= one_bits -> fixed b = Zfloor (value b * bpow radix2 63).
Proof.
  intros Hb; rewrite fixed_is_quotient, value_of_unit by assumption.
  rewrite Rmult_assoc, <- bpow_plus; change (-1074 + 63) with (- (1011)).
  rewrite bpow_opp, <- (IZR_Zpower radix2 1011) by lia.
  change (Zpower (radix_val radix2) 1011) with (2 ^ 1011).
  change (IZR (magnitude b) * / IZR (2 ^ 1011))%R with (IZR (magnitude b) / IZR (2 ^ 1011))%R.
  rewrite Zfloor_div; [reflexivity|apply Z.pow_nonzero; lia].
Qed.

(** At 0 and from 2^-11 up nothing is lost. *)
Theorem fixed_is_exact b : b = 0 \/ 1012 * two52 <= b <= one_bits ->
  IZR (fixed b) = (value b * bpow radix2 63)%R.
Proof.
  intros [->|Hb].
  - rewrite value_of_unit by (unfold_powers; lia); change (fixed 0) with 0; change (magnitude 0) with 0; lra.
  - assert (Hu : 0 <= b <= one_bits) by (unfold_powers; lia).
    destruct (unit_is_bits b Hu) as [Hi [Hn _]].
    rewrite fixed_is_quotient, value_of_unit by assumption.
    assert (He : 1012 <= exponent b).
    { rewrite exponent_below by assumption; apply Z.div_le_lower_bound; unfold_powers; lia. }
    assert (M : magnitude b = (fraction b + two52) * 2 ^ (exponent b - 1012) * 2 ^ 1011).
    { unfold magnitude; destruct (Z.eqb_spec (exponent b) 0); [lia|].
      rewrite <- Z.mul_assoc, <- Z.pow_add_r by lia; do 2 f_equal; lia. }
    rewrite M, Z.div_mul by (apply Z.pow_nonzero; lia).
    rewrite (mult_IZR _ (2 ^ 1011)), 2!Rmult_assoc, <- bpow_plus.
    change (-1074 + 63) with (- (1011)).
    change (2 ^ 1011) with (Zpower (radix_val radix2) 1011); rewrite IZR_Zpower by lia.
    rewrite <- bpow_plus; change (1011 + - (1011)) with 0; cbn [bpow]; lra.
Qed.

Lemma floored_fixed b : 0 <= b <= one_bits -> floored (value b) = (IZR (fixed b) * bpow radix2 (-63))%R.
Proof. intros Hb; unfold floored; rewrite <- fixed_is_floor by assumption; reflexivity. Qed.

Corollary floored_is_exact b : b = 0 \/ 1012 * two52 <= b <= one_bits -> floored (value b) = value b.
Proof.
  intros Hb; assert (Hu : 0 <= b <= one_bits) by (clear -Hb; unfold_powers; destruct Hb; lia).
  rewrite floored_fixed, fixed_is_exact by assumption.
  rewrite Rmult_assoc, <- bpow_plus; change (63 + -63) with 0; change (bpow radix2 0) with 1%R; lra.
Qed.

Definition real_sum (values : list R) : R := fold_right Rplus 0%R values.

Lemma real_sum_of_fixed scores : Forall (fun b => 0 <= b <= one_bits) scores ->
  real_sum (map (fun b => floored (value b)) scores) = (IZR (sum (map fixed scores)) * bpow radix2 (-63))%R.
Proof.
  induction 1 as [|b rest Hb _ IH]; [cbn; lra|].
  cbn [map real_sum sum fold_right]; unfold real_sum, sum in *; rewrite IH, plus_IZR, floored_fixed by assumption; lra.
Qed.

(** The window: the comparison of sums that the monitor makes is the comparison of the average with the
    threshold, over values rounded down. *)
Theorem window_decision_is_exact scores w threshold :
  Forall (fun b => 0 <= b <= one_bits) scores -> 0 <= threshold <= one_bits -> 0 < w ->
  sum (map fixed scores) < fixed threshold * w <->
  (real_sum (map (fun b => floored (value b)) scores) / IZR w < floored (value threshold))%R.
Proof.
  intros Hs Ht Hw; rewrite real_sum_of_fixed, floored_fixed by assumption.
  assert (0 < IZR w)%R by (apply IZR_lt; assumption).
  pose proof (bpow_gt_0 radix2 (-63)) as P; set (u := bpow radix2 (-63)) in *; split; intros L.
  - apply IZR_lt in L; rewrite mult_IZR in L; apply (Rmult_lt_reg_r (IZR w)); [assumption|].
    unfold Rdiv; rewrite (Rmult_assoc _ (/ IZR w)), Rinv_l, Rmult_1_r by lra; nra.
  - apply lt_IZR; rewrite mult_IZR; apply (Rmult_lt_compat_r (IZR w)) in L; [|assumption].
    unfold Rdiv in L; rewrite (Rmult_assoc _ (/ IZR w)), Rinv_l, Rmult_1_r in L by lra; nra.
Qed.

(** The trend: the same of a drop. *)
Theorem trend_decision_is_exact before now drop :
  0 <= before <= one_bits -> 0 <= now <= one_bits -> 0 <= drop <= one_bits ->
  fixed drop < fixed before - fixed now <->
  (floored (value drop) < floored (value before) - floored (value now))%R.
Proof.
  intros Hb Hn Hd; rewrite !floored_fixed by assumption.
  pose proof (bpow_gt_0 radix2 (-63)) as P; set (u := bpow radix2 (-63)) in *.
  replace (IZR (fixed before) * u - IZR (fixed now) * u)%R with (IZR (fixed before - fixed now) * u)%R
    by (rewrite minus_IZR; ring).
  split; intros L; [apply Rmult_lt_compat_r; [assumption|apply IZR_lt, L]|apply lt_IZR].
  apply Rmult_lt_reg_r in L; assumption.
Qed.
