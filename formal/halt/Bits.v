(** Binary64 scores as their bits: integers from 0 to 2^64 - 1.

    The monitor never does arithmetic on a double: it looks at the bits, compares them as integers
    and turns them into multiples of 2^-63. So does this model. [Reals.v] says what these integers
    mean as real numbers. Speaks of [core/src/halt/fixed.rs]. *)

From Coq Require Import ZArith Lia Bool List.
Open Scope Z_scope.

Definition two11 : Z := Eval compute in 2 ^ 11.
Definition two52 : Z := Eval compute in 2 ^ 52.
Definition two63 : Z := Eval compute in 2 ^ 63.
Definition two64 : Z := Eval compute in 2 ^ 64.

(** The bits of 1.0: 0x3ff0_0000_0000_0000. *)
Definition one_bits : Z := Eval compute in 1023 * 2 ^ 52.

(** One, as a multiple of 2^-63. *)
Definition one_fixed : Z := two63.

(** The bits of 2^-63, the least double that is not rounded down to 0. *)
Definition least_bits : Z := Eval compute in (1023 - 63) * 2 ^ 52.

Definition is_bits (b : Z) : Prop := 0 <= b < two64.

(** The exponent field. *)
Definition exponent (b : Z) : Z := (b / two52) mod 2048.

(** The fraction field. *)
Definition fraction (b : Z) : Z := b mod two52.

Definition negative (b : Z) : bool := two63 <=? b.

Definition finite (b : Z) : bool := negb (exponent b =? 2047).

Definition nan (b : Z) : bool := (exponent b =? 2047) && negb (fraction b =? 0).

(** A key that orders doubles as their values are ordered; both zeros have the key 0. *)
Definition key (b : Z) : Z := if negative b then two63 - b else b.

(** [a <= b] of IEEE 754: false when either is a NaN. *)
Definition le (a b : Z) : bool := negb (nan a) && negb (nan b) && (key a <=? key b).

(** [a < b] of IEEE 754: false when either is a NaN. *)
Definition lt (a b : Z) : bool := negb (nan a) && negb (nan b) && (key a <? key b).

(** A finite score, clamped to [0, 1]. *)
Definition clamp (b : Z) : Z := if negative b then 0 else Z.min b one_bits.

(** A limit in [0, 1], with -0.0 taken for 0.0. *)
Definition unit_limit (b : Z) : Z := if negative b then 0 else b.

(** [fixed::from_bits]: bits of a double in [0, 1] as a multiple of 2^-63, rounded down. *)
Definition fixed (b : Z) : Z :=
  let shift := 1023 - b / two52 in
  if shift <? 64 then Z.shiftr (two63 + fraction b * two11) shift else 0.

(** [fixed::from_unit]: the same of any double. *)
Definition fixed_unit (b : Z) : Z :=
  if nan b || negative b then 0 else fixed (Z.min b one_bits).

(** [fixed::from_bits_of_least]: as [fixed], for bits from [least_bits] on, without its comparison. *)
Definition fixed_of_least (b : Z) : Z :=
  let shift := (Z.lxor ((b / two52) mod 4096) 1023) mod 64 in
  Z.shiftr (two63 + fraction b * two11) shift.

Ltac unfold_powers := unfold one_fixed, one_bits, least_bits, two11, two52, two63, two64 in *.

Lemma fraction_range b : 0 <= fraction b < two52.
Proof. unfold fraction; unfold_powers; apply Z.mod_pos_bound; lia. Qed.

Lemma clamp_range b : is_bits b -> 0 <= clamp b <= one_bits.
Proof.
  unfold is_bits, clamp, negative; intros; destruct (Z.leb_spec two63 b); unfold_powers; lia.
Qed.

Lemma unit_limit_range b : is_bits b -> le b one_bits = true -> 0 <= unit_limit b <= one_bits.
Proof.
  unfold is_bits, le, unit_limit, key, negative; intros Hb Hle.
  apply andb_prop in Hle; destruct Hle as [_ Hle]; apply Z.leb_le in Hle.
  replace (two63 <=? one_bits) with false in Hle by reflexivity.
  destruct (Z.leb_spec two63 b); unfold_powers; lia.
Qed.

(** The exponent of a double in [0, 1] is at most 1023. *)
Lemma exponent_of_unit b : 0 <= b <= one_bits -> 0 <= b / two52 <= 1023.
Proof.
  intros; unfold_powers; split.
  - apply Z.div_pos; lia.
  - apply Z.lt_succ_r, Z.div_lt_upper_bound; lia.
Qed.

(** At 1 the fraction is 0. *)
Lemma fraction_at_one b : 0 <= b <= one_bits -> b / two52 = 1023 -> fraction b = 0.
Proof.
  intros Hb He; unfold fraction.
  pose proof (Z.div_mod b two52); pose proof (Z.mod_pos_bound b two52); unfold_powers; lia.
Qed.

Lemma fixed_range b : 0 <= b <= one_bits -> 0 <= fixed b <= one_fixed.
Proof.
  intros Hb; unfold fixed; pose proof (exponent_of_unit b Hb); pose proof (fraction_range b).
  destruct (Z.ltb_spec (1023 - b / two52) 64); [|unfold_powers; lia].
  rewrite Z.shiftr_div_pow2 by lia.
  assert (Hn : 0 <= two63 + fraction b * two11) by (unfold_powers; lia).
  split; [apply Z.div_pos; [assumption|apply Z.pow_pos_nonneg; lia]|].
  destruct (Z.eq_dec (b / two52) 1023) as [E|E].
  - rewrite (fraction_at_one b Hb E), E, Z.mul_0_l, Z.add_0_r, Z.sub_diag, Z.pow_0_r, Z.div_1_r.
    unfold one_fixed; lia.
  - apply Z.div_le_upper_bound; [apply Z.pow_pos_nonneg; lia|].
    assert (2 ^ 1 <= 2 ^ (1023 - b / two52)) by (apply Z.pow_le_mono_r; lia).
    change (2 ^ 1) with 2 in *; unfold_powers; nia.
Qed.

(** Shifting by the exclusive or is shifting by the difference where the double is at least 2^-63. *)
Lemma fixed_of_least_is_fixed b :
  least_bits <= b <= one_bits -> fixed_of_least b = fixed b.
Proof.
  intros Hb.
  assert (He : 960 <= b / two52 <= 1023).
  { unfold_powers; split.
    - apply Z.div_le_lower_bound; lia.
    - apply Z.lt_succ_r, Z.div_lt_upper_bound; lia. }
  unfold fixed_of_least, fixed.
  assert (Hx : forall e, 960 <= e <= 1023 -> Z.lxor (e mod 4096) 1023 mod 64 = 1023 - e).
  { intros e Hr.
    assert (Hall : List.forallb (fun k => Z.eqb (Z.lxor ((960 + Z.of_nat k) mod 4096) 1023 mod 64)
                                           (1023 - (960 + Z.of_nat k))) (List.seq 0 64) = true)
      by (vm_compute; reflexivity).
    rewrite List.forallb_forall in Hall.
    specialize (Hall (Z.to_nat (e - 960))).
    rewrite List.in_seq, Z.eqb_eq, Z2Nat.id in Hall by lia.
    replace (960 + (e - 960)) with e in Hall by lia.
    apply Hall; lia. }
  rewrite Hx by assumption.
  destruct (Z.ltb_spec (1023 - b / two52) 64); [reflexivity|lia].
Qed.
