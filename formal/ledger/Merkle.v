(** The Merkle tree of RFC 6962, 2.1, and of its subtrees the parts that a proof walks along.

    The hash is any function from bytes to 32 bytes: what is proved holds for SHA-256 because it holds
    for every such function, "or here is a collision" of it. *)

From Coq Require Import ZArith Lia Bool List Arith.
Import ListNotations.
Open Scope Z_scope.

Definition bytes := list Z.

Section Tree.
  Variable H : bytes -> bytes.

  (** Two different strings of bytes with one hash. *)
  Definition collision : Prop := exists x y, x <> y /\ H x = H y.

  Definition leaf_hash (entry : bytes) : bytes := H (0 :: entry).
  Definition node_hash (left right : bytes) : bytes := H (1 :: left ++ right).
  Definition empty_root : bytes := H [].

  (** How many leaves a subtree of a level has at most. *)
  Definition width (level : nat) : Z := 2 ^ Z.of_nat level.

  (** The hash over at least one and at most [width level] entries. *)
  Fixpoint over (level : nat) (entries : list bytes) : bytes :=
    match level with
    | O => match entries with entry :: _ => leaf_hash entry | [] => empty_root end
    | S level =>
        if Z.of_nat (length entries) <=? width level then over level entries
        else node_hash (over level (firstn (Z.to_nat (width level)) entries))
                       (over level (skipn (Z.to_nat (width level)) entries))
    end.

  (** [MTH] of RFC 6962. *)
  Definition root (entries : list bytes) : bytes :=
    match entries with
    | [] => empty_root
    | _ => over (Z.to_nat (Z.log2_up (Z.of_nat (length entries)))) entries
    end.

  Lemma width_positive level : 0 < width level.
  Proof. apply Z.pow_pos_nonneg; lia. Qed.

  Lemma width_succ level : width (S level) = 2 * width level.
  Proof. unfold width; rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia; reflexivity. Qed.

  Lemma over_succ level entries : Z.of_nat (length entries) <= width level ->
    over (S level) entries = over level entries.
  Proof. intros L; cbn [over]; destruct (Z.leb_spec (Z.of_nat (length entries)) (width level)); [reflexivity|lia]. Qed.

  Lemma over_any_level entries level more : Z.of_nat (length entries) <= width level ->
    over (level + more) entries = over level entries.
  Proof.
    intros L; induction more as [|more IH]; [rewrite Nat.add_0_r; reflexivity|].
    rewrite Nat.add_succ_r, over_succ; [exact IH|].
    assert (width level <= width (level + more)) by (apply Z.pow_le_mono_r; lia); lia.
  Qed.

  Lemma over_is_root entries level : entries <> [] -> Z.of_nat (length entries) <= width level ->
    over level entries = root entries.
  Proof.
    intros N L; unfold root; destruct entries as [|e rest]; [contradiction|]; set (all := e :: rest) in *.
    assert (P : 0 < Z.of_nat (length all)) by (unfold all; cbn [length]; lia).
    set (least := Z.to_nat (Z.log2_up (Z.of_nat (length all)))).
    pose proof (Z.log2_log2_up_spec (Z.of_nat (length all)) P) as [_ U].
    assert (E : Z.of_nat least = Z.log2_up (Z.of_nat (length all)))
      by (unfold least; rewrite Z2Nat.id by apply Z.log2_up_nonneg; reflexivity).
    assert (least <= level)%nat.
    { apply Nat2Z.inj_le; rewrite E; apply Z.log2_up_le_pow2; [lia|exact L]. }
    replace level with (least + (level - least))%nat by lia.
    apply over_any_level; unfold width; rewrite E; exact U.
  Qed.

  (** The definition is that of the RFC: [k] is the largest power of two below the number of entries. *)
  Theorem root_is_rfc6962 :
    root [] = H []
    /\ (forall entry, root [entry] = H (0 :: entry))
    /\ (forall entries k, (1 < length entries)%nat -> width k < Z.of_nat (length entries) <= width (S k) ->
        root entries = H (1 :: root (firstn (Z.to_nat (width k)) entries) ++ root (skipn (Z.to_nat (width k)) entries))).
  Proof.
    split; [reflexivity|split; [reflexivity|]]; intros entries k N [L U].
    pose proof (width_positive k).
    rewrite <- (over_is_root entries (S k)); [|intros ->; cbn in N; lia|exact U].
    cbn [over]; destruct (Z.leb_spec (Z.of_nat (length entries)) (width k)); [lia|].
    unfold node_hash; rewrite width_succ in U; repeat f_equal; apply over_is_root.
    - intros E; apply (f_equal (@length _)) in E; rewrite firstn_length in E; cbn in E; lia.
    - rewrite firstn_length; lia.
    - intros E; apply (f_equal (@length _)) in E; rewrite skipn_length in E; cbn in E; lia.
    - rewrite skipn_length; lia.
  Qed.

  (** ** Subtrees *)

  (** The subtree of a level over the entries from [node * width level] on. *)
  Definition slice (entries : list bytes) (level : nat) (node : Z) : list bytes :=
    firstn (Z.to_nat (width level)) (skipn (Z.to_nat (node * width level)) entries).

  Definition subtree (entries : list bytes) (level : nat) (node : Z) : bytes := over level (slice entries level node).

  (** The number of the last node of a level. *)
  Definition last_of (entries : list bytes) (level : nat) : Z := (Z.of_nat (length entries) - 1) / width level.

  Lemma last_of_succ entries level : last_of entries (S level) = last_of entries level / 2.
  Proof.
    unfold last_of; pose proof (width_positive level).
    rewrite width_succ, Z.mul_comm, Z.div_div by lia; reflexivity.
  Qed.

  Lemma skipn_skipn_add {A} a b (l : list A) : skipn a (skipn b l) = skipn (b + a) l.
  Proof.
    revert l; induction b as [|b IH]; intros l; [reflexivity|].
    destruct l as [|x l]; [rewrite !skipn_nil; reflexivity|exact (IH l)].
  Qed.

  Lemma slice_left entries level node : 0 <= node ->
    firstn (Z.to_nat (width level)) (slice entries (S level) node) = slice entries level (2 * node).
  Proof.
    intros Hn; unfold slice; pose proof (width_positive level); rewrite width_succ, firstn_firstn; f_equal; [lia|].
    do 2 f_equal; lia.
  Qed.

  Lemma slice_right entries level node : 0 <= node ->
    skipn (Z.to_nat (width level)) (slice entries (S level) node) = slice entries level (2 * node + 1).
  Proof.
    intros Hn; unfold slice; pose proof (width_positive level).
    rewrite width_succ, skipn_firstn_comm, skipn_skipn_add; f_equal; [lia|f_equal; nia].
  Qed.

  Lemma slice_length entries level node : 0 <= node ->
    Z.of_nat (length (slice entries level node))
    = Z.min (width level) (Z.max 0 (Z.of_nat (length entries) - node * width level)).
  Proof.
    intros Hn; unfold slice; pose proof (width_positive level).
    rewrite firstn_length, skipn_length.
    assert (0 <= node * width level) by (apply Z.mul_nonneg_nonneg; lia); lia.
  Qed.

  (** A node with a right sibling: the parent hashes the two. *)
  Lemma subtree_pair entries level node : 0 <= node -> 2 * node + 1 <= last_of entries level ->
    subtree entries (S level) node = node_hash (subtree entries level (2 * node)) (subtree entries level (2 * node + 1)).
  Proof.
    intros Hn Hl; unfold subtree; cbn [over].
    pose proof (width_positive level) as W; pose proof (slice_length entries (S level) node Hn) as L.
    assert ((2 * node + 1) * width level <= Z.of_nat (length entries) - 1).
    { unfold last_of in Hl.
      pose proof (Z.mul_div_le (Z.of_nat (length entries) - 1) (width level) W); nia. }
    rewrite width_succ in L.
    destruct (Z.leb_spec (Z.of_nat (length (slice entries (S level) node))) (width level)); [nia|].
    rewrite slice_left, slice_right by assumption; reflexivity.
  Qed.

  (** The last node of a level, if it is a left one, is its own parent. *)
  Lemma subtree_promoted entries level node : 0 <= node -> 2 * node = last_of entries level ->
    subtree entries (S level) node = subtree entries level (2 * node).
  Proof.
    intros Hn Hl; unfold subtree.
    pose proof (width_positive level) as W; pose proof (slice_length entries (S level) node Hn) as L.
    assert (Z.of_nat (length entries) - 1 < (2 * node + 1) * width level).
    { unfold last_of in Hl; rewrite Hl.
      pose proof (Z.mod_pos_bound (Z.of_nat (length entries) - 1) (width level) W).
      pose proof (Z.div_mod (Z.of_nat (length entries) - 1) (width level)); nia. }
    rewrite width_succ in L.
    assert (S : Z.of_nat (length (slice entries (Datatypes.S level) node)) <= width level) by nia.
    rewrite over_succ by exact S; f_equal.
    rewrite <- slice_left by assumption; symmetry; apply firstn_all2; lia.
  Qed.

  (** Where a level has one node, it is the tree. *)
  Lemma subtree_top entries level : entries <> [] -> last_of entries level = 0 ->
    subtree entries level 0 = root entries.
  Proof.
    intros N L; unfold subtree, slice; pose proof (width_positive level) as W.
    assert (S : Z.of_nat (length entries) <= width level).
    { unfold last_of in L; apply Z.div_small_iff in L; lia. }
    rewrite Z.mul_0_l; cbn [Z.to_nat skipn]; rewrite firstn_all2 by lia.
    apply over_is_root; assumption.
  Qed.

  Lemma subtree_leaf entries index entry : 0 <= index -> nth_error entries (Z.to_nat index) = Some entry ->
    subtree entries 0 index = leaf_hash entry.
  Proof.
    intros Hi E; unfold subtree, slice, width; change (2 ^ Z.of_nat 0) with 1; rewrite Z.mul_1_r.
    change (Z.to_nat 1) with 1%nat.
    apply nth_error_split in E; destruct E as [before [after [-> E]]].
    rewrite <- E, skipn_app, skipn_all, Nat.sub_diag; reflexivity.
  Qed.

  (** ** Collisions *)

  Lemma equal_or_collision x y : H x = H y -> x = y \/ collision.
  Proof.
    intros E; destruct (list_eq_dec Z.eq_dec x y) as [|N]; [left; assumption|right; exists x, y; split; assumption].
  Qed.

  Variable hash_length : forall x, length (H x) = 32%nat.

  Lemma over_length level entries : length (over level entries) = 32%nat.
  Proof.
    revert entries; induction level as [|level IH]; intros entries; cbn [over].
    - destruct entries; apply hash_length.
    - destruct (_ <=? _); [apply IH|apply hash_length].
  Qed.

  Lemma node_hash_injective a b c d : length a = length c ->
    node_hash a b = node_hash c d -> (a = c /\ b = d) \/ collision.
  Proof.
    intros L E; apply equal_or_collision in E; destruct E as [E|]; [left|right; assumption].
    injection E as E.
    assert (a = c) as -> by (apply (f_equal (firstn (length a))) in E; rewrite firstn_app, Nat.sub_diag, firstn_all in E;
      cbn in E; rewrite app_nil_r, L, firstn_app, Nat.sub_diag, firstn_all in E; cbn in E; rewrite app_nil_r in E; exact E).
    split; [reflexivity|apply app_inv_head in E; exact E].
  Qed.
End Tree.
