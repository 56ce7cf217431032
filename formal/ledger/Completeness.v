(** The proofs that a log gives, in the order in which they travel, and that the verifiers accept them. Mirrors
    [inclusion_proof] and [consistency_proof] of [core/src/ledger/merkle.rs]. *)

From Coq Require Import ZArith Lia Bool List.
From Interlock Require Import ledger.Merkle ledger.Proofs.
Import ListNotations.
Open Scope Z_scope.

Section Completeness.
  Variable H : bytes -> bytes.

  (** From a node up to the root: of each level the sibling, if there is one. *)
  Fixpoint path (entries : list bytes) (levels level : nat) (node : Z) : list bytes :=
    match levels with
    | O => []
    | S levels =>
        let last := last_of entries level in
        let rest := path entries levels (S level) (node / 2) in
        if last =? 0 then []
        else if Z.odd node then subtree H entries level (node - 1) :: rest
        else if node <? last then subtree H entries level (node + 1) :: rest
        else rest
    end.

  Definition height (entries : list bytes) : nat := Z.to_nat (Z.log2_up (Z.of_nat (length entries))).

  (** Nothing for an entry that is not there. *)
  Definition inclusion_proof (entries : list bytes) (index : Z) : option (list bytes) :=
    if Z.of_nat (length entries) <=? index then None else Some (path entries (height entries) 0 index).

  (** How many of the lowest bits of a number are 1. *)
  Fixpoint ones (node : positive) : nat := match node with xI half => S (ones half) | xH => 1 | xO _ => 0 end.
  Definition trailing_ones (n : Z) : nat := match n with Zpos p => ones p | _ => O end.

  (** From the largest complete subtree that ends where the first tree does; it is told itself unless it is that tree. *)
  Definition consistency_proof (entries : list bytes) (n : Z) : option (list bytes) :=
    let size := Z.of_nat (length entries) in
    if size <? n then None
    else if (n =? 0) || (n =? size) then Some []
    else
      let level := trailing_ones (n - 1) in
      let node := n / 2 ^ Z.of_nat level - 1 in
      Some ((if node =? 0 then [] else [subtree H entries level node]) ++ path entries (height entries) level node).

  (** ** Inclusion *)

  (** Where a node is the last of its level and has no sibling, the verifiers climb by themselves. *)
  Lemma climbing last : last <> 0 -> Z.even last = true ->
    0 <= last -> climb last last = climb (last / 2) (last / 2) /\ last / 2 <> 0.
  Proof.
    intros N E L; destruct last as [|[p|p|]|p]; try discriminate E; try lia; try contradiction.
    assert (D : Z.pos p~0 / 2 = Z.pos p) by (rewrite Pos2Z.inj_xO, Z.mul_comm, Z.div_mul; lia).
    rewrite D; split; [|lia]; cbn [climb climb_positive]; rewrite D; reflexivity.
  Qed.

  Lemma ascend_promoted last hash proof : last <> 0 -> Z.even last = true -> 0 <= last ->
    ascend H last last hash proof = ascend H (last / 2) (last / 2) hash proof.
  Proof.
    intros N E L; destruct (climbing last N E L) as [C D]; destruct proof as [|sibling rest]; cbn [ascend].
    - destruct (Z.eqb_spec last 0), (Z.eqb_spec (last / 2) 0); (contradiction || reflexivity).
    - destruct (Z.eqb_spec last 0), (Z.eqb_spec (last / 2) 0); try contradiction.
      rewrite !Z.eqb_refl, !orb_true_r, C; reflexivity.
  Qed.

  Lemma ascend_both_promoted last old new proof : last <> 0 -> Z.even last = true -> 0 <= last ->
    ascend_both H last last old new proof = ascend_both H (last / 2) (last / 2) old new proof.
  Proof.
    intros N E L; destruct (climbing last N E L) as [C D]; destruct proof as [|sibling rest]; cbn [ascend_both].
    - destruct (Z.eqb_spec last 0), (Z.eqb_spec (last / 2) 0); (contradiction || reflexivity).
    - destruct (Z.eqb_spec last 0), (Z.eqb_spec (last / 2) 0); try contradiction.
      rewrite !Z.eqb_refl, !orb_true_r, C; reflexivity.
  Qed.

  Lemma climb_odd node last : Z.odd node = true -> 0 < node -> climb node last = (node, last).
  Proof. destruct node as [|[p|p|]|p]; try discriminate; reflexivity || lia. Qed.

  Lemma halves node : 0 <= node ->
    (Z.odd node = true /\ node = 2 * (node / 2) + 1) \/ (Z.odd node = false /\ Z.even node = true /\ node = 2 * (node / 2)).
  Proof.
    intros L; rewrite <- Z.negb_odd; pose proof (Z.div_mod node 2 ltac:(lia)) as D; rewrite Zmod_odd in D.
    destruct (Z.odd node); [left|right]; repeat split; lia.
  Qed.

  Lemma ascend_complete entries : entries <> [] -> forall levels level node,
    0 <= node <= last_of entries level -> last_of entries level < 2 ^ Z.of_nat levels ->
    ascend H node (last_of entries level) (subtree H entries level node) (path entries levels level node)
    = Some (root H entries).
  Proof.
    intros N; induction levels as [|levels IH]; intros level node R B; cbn [path].
    - change (2 ^ Z.of_nat 0) with 1 in B; assert (last_of entries level = 0) by lia; cbn [ascend].
      rewrite H0, Z.eqb_refl; f_equal; replace node with 0 by lia; apply subtree_top; assumption.
    - rewrite Nat2Z.inj_succ, Z.pow_succ_r in B by lia.
      destruct (Z.eqb_spec (last_of entries level) 0) as [E|E].
      { cbn [ascend]; rewrite E, Z.eqb_refl; f_equal; replace node with 0 by lia; apply subtree_top; assumption. }
      assert (Up : 0 <= node / 2 <= last_of entries (S level) /\ last_of entries (S level) < 2 ^ Z.of_nat levels).
      { rewrite last_of_succ; split; [split; [apply Z.div_pos; lia|apply Z.div_le_mono; lia]|].
        apply Z.div_lt_upper_bound; lia. }
      destruct (halves node ltac:(lia)) as [[O D]|[O [Ev D]]]; rewrite O.
      + cbn [ascend]; destruct (Z.eqb_spec (last_of entries level) 0); [contradiction|]; rewrite O; cbn [orb].
        rewrite climb_odd by (assumption || lia); rewrite <- last_of_succ, <- (IH (S level) (node / 2)) by apply Up; f_equal.
        rewrite subtree_pair by lia; f_equal; f_equal; lia.
      + destruct (Z.ltb_spec node (last_of entries level)) as [L|L].
        * cbn [ascend]; destruct (Z.eqb_spec (last_of entries level) 0); [contradiction|]; rewrite O; cbn [orb].
          destruct (Z.eqb_spec node (last_of entries level)); [lia|].
          rewrite <- last_of_succ, <- (IH (S level) (node / 2)) by apply Up; f_equal.
          rewrite subtree_pair by lia; f_equal; f_equal; lia.
        * assert (Eq : node = last_of entries level) by lia; rewrite Eq in *.
          rewrite ascend_promoted by (assumption || lia); rewrite <- last_of_succ, <- (IH (S level) (last_of entries level / 2)) by apply Up.
          rewrite last_of_succ; f_equal; rewrite (subtree_promoted H entries level (last_of entries level / 2)) by lia; f_equal; lia.
  Qed.

  Lemma leaves_below entries : entries <> [] -> last_of entries 0 < 2 ^ Z.of_nat (height entries).
  Proof.
    intros N; rewrite last_of_leaves; unfold height; rewrite Z2Nat.id by apply Z.log2_up_nonneg.
    assert (0 < Z.of_nat (length entries)) by (destruct entries; [contradiction|cbn [length]; lia]).
    pose proof (Z.log2_log2_up_spec (Z.of_nat (length entries)) ltac:(lia)); lia.
  Qed.

  (** The inclusion proof that a log gives of an entry is accepted. *)
  Theorem inclusion_is_complete entries entry index proof : 0 <= index ->
    nth_error entries (Z.to_nat index) = Some entry -> inclusion_proof entries index = Some proof ->
    verify_inclusion H (leaf_hash H entry) index (Z.of_nat (length entries)) proof (root H entries) = true.
  Proof.
    intros I E; unfold inclusion_proof, verify_inclusion.
    destruct (Z.leb_spec (Z.of_nat (length entries)) index) as [|L]; [discriminate|intros P; injection P as <-].
    assert (N : entries <> []) by (intros ->; cbn in L; lia).
    rewrite <- (subtree_leaf H entries index entry I E), <- last_of_leaves.
    rewrite ascend_complete; [apply equal_spec; reflexivity|exact N|rewrite last_of_leaves; lia|apply leaves_below; exact N].
  Qed.

  (** ** Consistency *)

  Lemma ascend_both_complete entries n : (0 < n <= length entries)%nat -> forall levels level node,
    node = last_of (firstn n entries) level -> 0 <= node <= last_of entries level ->
    last_of entries level < 2 ^ Z.of_nat levels ->
    ascend_both H node (last_of entries level) (subtree H (firstn n entries) level node) (subtree H entries level node)
                (path entries levels level node)
    = Some (root H (firstn n entries), root H entries).
  Proof.
    intros Range; assert (Len : length (firstn n entries) = n) by (rewrite firstn_length; lia).
    assert (N1 : firstn n entries <> []) by (intros E; rewrite E in Len; cbn in Len; lia).
    assert (N : entries <> []) by (intros ->; cbn in Range; lia).
    assert (Top : forall level node, node = last_of (firstn n entries) level -> 0 <= node <= last_of entries level ->
              last_of entries level = 0 ->
              Some (subtree H (firstn n entries) level node, subtree H entries level node) = Some (root H (firstn n entries), root H entries)).
    { intros level node F R E; assert (node = 0) as -> by lia; rewrite !subtree_top by (assumption || lia); reflexivity. }
    induction levels as [|levels IH]; intros level node F R B; cbn [path].
    - change (2 ^ Z.of_nat 0) with 1 in B; assert (E : last_of entries level = 0) by lia; cbn [ascend_both].
      rewrite E, Z.eqb_refl; apply Top; assumption.
    - rewrite Nat2Z.inj_succ, Z.pow_succ_r in B by lia.
      destruct (Z.eqb_spec (last_of entries level) 0) as [E|E].
      { cbn [ascend_both]; rewrite E, Z.eqb_refl; apply Top; assumption. }
      assert (Up : node / 2 = last_of (firstn n entries) (S level) /\ 0 <= node / 2 <= last_of entries (S level)
                   /\ last_of entries (S level) < 2 ^ Z.of_nat levels).
      { rewrite !last_of_succ, <- F; repeat split; [apply Z.div_pos; lia|apply Z.div_le_mono; lia|apply Z.div_lt_upper_bound; lia]. }
      destruct Up as [Up1 [Up2 Up3]]; specialize (IH (S level) (node / 2) Up1 Up2 Up3).
      destruct (halves node ltac:(lia)) as [[O D]|[O [Ev D]]]; rewrite O.
      + cbn [ascend_both]; destruct (Z.eqb_spec (last_of entries level) 0); [contradiction|]; rewrite O; cbn [orb].
        rewrite climb_odd by (assumption || lia); rewrite <- last_of_succ, <- IH; f_equal.
        * rewrite (subtree_pair H (firstn n entries)) by lia; f_equal; [|f_equal; lia].
          rewrite <- (subtree_prefix H entries n) by (try lia;
            unfold last_of in F; rewrite Len in F; pose proof (width_positive level) as W;
            pose proof (Z.mul_div_le (Z.of_nat n - 1) (width level) W); rewrite <- F in *; nia); f_equal; lia.
        * rewrite subtree_pair by lia; f_equal; f_equal; lia.
      + assert (Old : subtree H (firstn n entries) (S level) (node / 2) = subtree H (firstn n entries) level node)
          by (rewrite subtree_promoted by lia; f_equal; lia).
        destruct (Z.ltb_spec node (last_of entries level)) as [L|L].
        * cbn [ascend_both]; destruct (Z.eqb_spec (last_of entries level) 0); [contradiction|]; rewrite O; cbn [orb].
          destruct (Z.eqb_spec node (last_of entries level)); [lia|].
          rewrite <- last_of_succ, <- IH, Old; f_equal; rewrite subtree_pair by lia; f_equal; f_equal; lia.
        * assert (Eq : node = last_of entries level) by lia; rewrite <- Eq.
          rewrite ascend_both_promoted by (assumption || lia); rewrite last_of_succ, <- Eq in IH; rewrite <- IH, Old; f_equal.
          rewrite subtree_promoted by lia; f_equal; lia.
  Qed.

  Lemma complete_ones p last : 0 <= last ->
    complete_positive p last = ((Zpos p + 1) / 2 ^ Z.of_nat (ones p) - 1, last / 2 ^ Z.of_nat (ones p))
    /\ (exists odd, Zpos p + 1 = odd * 2 ^ Z.of_nat (ones p) /\ Z.odd odd = true /\ 0 < odd).
  Proof.
    revert last; induction p as [p IH|p _|]; intros last L.
    - destruct (IH (last / 2) ltac:(apply Z.div_pos; lia)) as [E [odd [M [O P]]]].
      assert (Q : 0 < 2 ^ Z.of_nat (ones p)) by (apply Z.pow_pos_nonneg; lia).
      cbn [ones complete_positive]; rewrite E, Nat2Z.inj_succ, Z.pow_succ_r by lia.
      replace (Zpos (xI p) + 1) with (2 * (Zpos p + 1)) by lia.
      rewrite Z.div_mul_cancel_l, Z.div_div by lia; split; [reflexivity|].
      exists odd; rewrite M; repeat split; try assumption; ring.
    - cbn [ones complete_positive]; change (2 ^ Z.of_nat 0) with 1; rewrite !Z.div_1_r; split; [f_equal; lia|].
      exists (Zpos (xO p) + 1); repeat split; lia.
    - cbn [ones complete_positive]; change (2 ^ Z.of_nat 1) with 2; split; [reflexivity|].
      exists 1; repeat split; lia.
  Qed.

  (** A number that is odd times a power of two is a power of two where the odd number is 1. *)
  Lemma power_of_two_odd odd k : 0 < odd -> Z.odd odd = true -> 0 <= k -> power_of_two (odd * 2 ^ k) = (odd =? 1).
  Proof.
    intros P O K; assert (Q : 0 < 2 ^ k) by (apply Z.pow_pos_nonneg; lia); unfold power_of_two.
    destruct (Z.eqb_spec odd 1) as [->|N].
    - rewrite Z.mul_1_l; replace (2 ^ k - 1) with (Z.ones k) by (rewrite Z.ones_equiv; lia).
      rewrite Z.land_ones, Z.mod_same by lia; reflexivity.
    - set (n := odd * 2 ^ k); set (m := Z.log2 n); assert (Pn : 0 < n) by (unfold n; nia).
      pose proof (Z.log2_spec n Pn) as [Lo Hi]; fold m in Lo, Hi; assert (Pm : 0 <= m) by apply Z.log2_nonneg.
      assert (Ne : 2 ^ m <> n).
      { intros E; unfold n in E; destruct (Z.le_gt_cases m k) as [A|A].
        - assert (2 ^ m <= 2 ^ k) by (apply Z.pow_le_mono_r; lia); nia.
        - replace m with (Z.succ (m - k - 1) + k) in E by lia; rewrite Z.pow_add_r, Z.pow_succ_r in E by lia.
          apply Z.mul_cancel_r in E; [|lia]; rewrite <- E, Z.odd_mul in O; discriminate O. }
      apply Z.eqb_neq; intros Z0; assert (T : Z.testbit (Z.land n (n - 1)) m = true); [|rewrite Z0, Z.bits_0 in T; discriminate T].
      rewrite Z.land_spec; apply andb_true_intro; split; [apply Z.bit_log2; exact Pn|].
      replace m with (Z.log2 (n - 1)); [apply Z.bit_log2; lia|]; apply Z.log2_unique; lia.
  Qed.

  (** The consistency proof that a log gives of what it was is accepted. *)
  Theorem consistency_is_complete entries n proof : (n <= length entries)%nat ->
    consistency_proof entries (Z.of_nat n) = Some proof ->
    verify_consistency H (Z.of_nat n) (root H (firstn n entries)) (Z.of_nat (length entries)) (root H entries) proof = true.
  Proof.
    intros Le; unfold consistency_proof, verify_consistency.
    destruct (Z.ltb_spec (Z.of_nat (length entries)) (Z.of_nat n)); [discriminate|].
    destruct (Z.eqb_spec (Z.of_nat n) 0) as [E0|E0].
    { rewrite orb_true_r; cbn [orb]; intros E; injection E as <-; replace n with O by lia; cbn [firstn root].
      rewrite (proj2 (equal_spec _ _) eq_refl); cbn [andb]; destruct entries as [|e rest]; [|reflexivity].
      cbn [root]; rewrite (proj2 (equal_spec _ _) eq_refl); apply orb_true_r. }
    rewrite orb_false_l, orb_false_r; destruct (Z.eqb_spec (Z.of_nat n) (Z.of_nat (length entries))) as [E|E].
    { intros P; injection P as <-; rewrite firstn_all2 by lia; apply equal_spec; reflexivity. }
    assert (N : entries <> []) by (intros ->; cbn in *; lia).
    assert (Hc : let k := trailing_ones (Z.of_nat n - 1) in
              complete (Z.of_nat n - 1) (Z.of_nat (length entries) - 1) = (Z.of_nat n / 2 ^ Z.of_nat k - 1, last_of entries k)
              /\ exists odd, Z.of_nat n = odd * 2 ^ Z.of_nat k /\ Z.odd odd = true /\ 0 < odd).
    { destruct (Z.of_nat n - 1) as [|p|p] eqn:D; [| |lia]; cbn [trailing_ones complete].
      - rewrite last_of_leaves; change (2 ^ Z.of_nat 0) with 1; rewrite Z.div_1_r; split; [f_equal; lia|].
        exists 1; repeat split; lia.
      - destruct (complete_ones p (Z.of_nat (length entries) - 1) ltac:(lia)) as [C O].
        replace (Z.of_nat n) with (Zpos p + 1) by lia; split; [exact C|exact O]. }
    set (k := trailing_ones (Z.of_nat n - 1)) in *; cbv zeta in Hc; destruct Hc as [-> [odd [Hn [Odd Pos]]]].
    set (w := 2 ^ Z.of_nat k) in *; assert (W : 0 < w) by (apply Z.pow_pos_nonneg; lia).
    assert (Div : Z.of_nat n / w = odd) by (rewrite Hn, Z.div_mul by lia; reflexivity).
    rewrite Div; cbv zeta; set (node := odd - 1); intros P; injection P as <-.
    assert (Len : length (firstn n entries) = n) by (rewrite firstn_length; lia).
    assert (First : node = last_of (firstn n entries) k).
    { unfold last_of, width; fold w; rewrite Len; apply Z.div_unique with (w - 1); unfold node; nia. }
    assert (Range : 0 <= node <= last_of entries k).
    { split; [unfold node; lia|]; unfold last_of, width; fold w; apply Z.div_le_lower_bound; unfold node; nia. }
    assert (Below : last_of entries k < 2 ^ Z.of_nat (height entries)).
    { pose proof (leaves_below entries N) as B; rewrite last_of_leaves in B; unfold last_of.
      pose proof (width_positive k); apply Z.le_lt_trans with (Z.of_nat (length entries) - 1); [|exact B].
      apply Z.div_le_upper_bound; nia. }
    assert (Start : subtree H (firstn n entries) k node = subtree H entries k node)
      by (apply subtree_prefix; [lia|unfold width; fold w; unfold node; lia|exact Le]).
    pose proof (ascend_both_complete entries n ltac:(lia) (height entries) k node First Range Below) as A; rewrite Start in A.
    rewrite Hn at 1; unfold w at 1; rewrite power_of_two_odd by (assumption || lia).
    replace (odd =? 1) with (node =? 0) by (unfold node; destruct (Z.eqb_spec (odd - 1) 0), (Z.eqb_spec odd 1); lia || reflexivity).
    destruct (Z.eqb_spec node 0) as [Z0|Z0]; cbn [app].
    - assert (Root : root H (firstn n entries) = subtree H entries k node).
      { rewrite <- Start, Z0; symmetry; apply subtree_top; [intros E1; rewrite E1 in Len; cbn in Len; lia|lia]. }
      rewrite Root at 1; rewrite Root at 1; rewrite A, !(proj2 (equal_spec _ _) eq_refl); reflexivity.
    - rewrite A, !(proj2 (equal_spec _ _) eq_refl); reflexivity.
  Qed.
End Completeness.
