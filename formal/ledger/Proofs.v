(** The verifiers of inclusion and consistency proofs, in the order in which the hashes stand in the proofs
    that travel (RFC 9162, 2.1.3.2 and 2.1.4.2), and that what they accept is so, or here is a collision.
    Mirrors [core/src/ledger/proof.rs]. *)

From Coq Require Import ZArith Lia Bool List.
From Interlock Require Import ledger.Merkle.
Import ListNotations.
Open Scope Z_scope.

Section Proofs.
  Variable H : bytes -> bytes.

  (** Up the levels on which a node has no sibling: until its number is odd or 0. *)
  Fixpoint climb_positive (node : positive) (last : Z) : Z * Z :=
    match node with
    | xO half => climb_positive half (last / 2)
    | _ => (Zpos node, last)
    end.
  Definition climb (node last : Z) : Z * Z := match node with Zpos p => climb_positive p last | _ => (node, last) end.

  (** The loop of the inclusion verifier: from a node and its hash to the root, or nothing for a proof of
      another length. *)
  Fixpoint ascend (node last : Z) (hash : bytes) (proof : list bytes) : option bytes :=
    match proof with
    | [] => if last =? 0 then Some hash else None
    | sibling :: rest =>
        if last =? 0 then None
        else if Z.odd node || (node =? last)
        then let (node, last) := climb node last in ascend (node / 2) (last / 2) (node_hash H sibling hash) rest
        else ascend (node / 2) (last / 2) (node_hash H hash sibling) rest
    end.

  Definition equal (a b : bytes) : bool := if list_eq_dec Z.eq_dec a b then true else false.

  Definition verify_inclusion (leaf : bytes) (index size : Z) (proof : list bytes) (root : bytes) : bool :=
    if size <=? index then false
    else match ascend index (size - 1) leaf proof with
         | Some hash => equal hash root
         | None => false
         end.

  (** The loop of the consistency verifier: the roots of the first and of the second tree. *)
  Fixpoint ascend_both (node last : Z) (old new : bytes) (proof : list bytes) : option (bytes * bytes) :=
    match proof with
    | [] => if last =? 0 then Some (old, new) else None
    | sibling :: rest =>
        if last =? 0 then None
        else if Z.odd node || (node =? last)
        then let (node, last) := climb node last in
             ascend_both (node / 2) (last / 2) (node_hash H sibling old) (node_hash H sibling new) rest
        else ascend_both (node / 2) (last / 2) old (node_hash H new sibling) rest
    end.

  (** Up from the last leaf of the first tree to the largest complete subtree that ends there. *)
  Fixpoint complete_positive (node : positive) (last : Z) : Z * Z :=
    match node with
    | xI half => complete_positive half (last / 2)
    | xH => (0, last / 2)
    | _ => (Zpos node, last)
    end.
  Definition complete (node last : Z) : Z * Z := match node with Zpos p => complete_positive p last | _ => (node, last) end.

  (** Whether a number is a power of two: its lower numbers have no bit of it. *)
  Definition power_of_two (n : Z) : bool := Z.land n (n - 1) =? 0.

  Definition verify_consistency (first : Z) (first_root : bytes) (second : Z) (second_root : bytes)
    (proof : list bytes) : bool :=
    if second <? first then false
    else if (first =? second) || (first =? 0) then
      match proof with
      | [] => if first =? 0
              then equal first_root (empty_root H) && ((negb (second =? 0)) || equal second_root (empty_root H))
              else equal first_root second_root
      | _ => false
      end
    else
      let (node, last) := complete (first - 1) (second - 1) in
      match (if power_of_two first then Some (first_root, proof)
             else match proof with start :: rest => Some (start, rest) | [] => None end) with
      | None => false
      | Some (start, rest) =>
          match ascend_both node last start start rest with
          | Some (old, new) => equal old first_root && equal new second_root
          | None => false
          end
      end.

  Lemma equal_spec a b : equal a b = true <-> a = b.
  Proof. unfold equal; destruct (list_eq_dec Z.eq_dec a b); split; congruence. Qed.

  Variable hash_length : forall x, length (H x) = 32%nat.
  Notation hashes := (Forall (fun hash : bytes => length hash = 32%nat)).

  (** ** Climbing *)

  Lemma climb_positive_spec p last : 0 <= last ->
    exists k node', climb_positive p last = (node', last / 2 ^ Z.of_nat k)
      /\ Zpos p = node' * 2 ^ Z.of_nat k /\ Z.odd node' = true /\ 0 < node'.
  Proof.
    revert last; induction p as [p _|p IH|]; intros last L.
    - exists O, (Zpos (xI p)); cbn [climb_positive]; change (2 ^ Z.of_nat 0) with 1; rewrite Z.div_1_r, Z.mul_1_r.
      repeat split; reflexivity || lia.
    - destruct (IH (last / 2)) as [k [node' [E [M [O P]]]]]; [apply Z.div_pos; lia|].
      exists (S k), node'; cbn [climb_positive].
      rewrite E, Nat2Z.inj_succ, Z.pow_succ_r, Z.div_div by (try lia; apply Z.pow_pos_nonneg; lia).
      repeat split; try assumption; rewrite Pos2Z.inj_xO, M; ring.
    - exists O, 1; cbn; rewrite Z.div_1_r; repeat split; reflexivity || lia.
  Qed.

  Lemma last_of_add entries level k :
    last_of entries (level + k) = last_of entries level / 2 ^ Z.of_nat k.
  Proof.
    induction k as [|k IH]; [change (2 ^ Z.of_nat 0) with 1; rewrite Nat.add_0_r, Z.div_1_r; reflexivity|].
    rewrite Nat.add_succ_r, last_of_succ, IH, Nat2Z.inj_succ, Z.pow_succ_r by lia.
    rewrite Z.div_div, (Z.mul_comm 2) by (try lia; apply Z.pow_pos_nonneg; lia); reflexivity.
  Qed.

  (** A last node that has no sibling for some levels is the same subtree on each of them. *)
  Lemma subtree_climbed entries level k node : 0 <= node -> node * 2 ^ Z.of_nat k = last_of entries level ->
    subtree H entries (level + k) node = subtree H entries level (node * 2 ^ Z.of_nat k).
  Proof.
    revert level; induction k as [|k IH]; intros level Hn E.
    - rewrite Nat.add_0_r; f_equal; change (2 ^ Z.of_nat 0) with 1; lia.
    - rewrite Nat2Z.inj_succ, Z.pow_succ_r in * by lia.
      assert (P : 0 < 2 ^ Z.of_nat k) by (apply Z.pow_pos_nonneg; lia).
      replace (level + S k)%nat with (S level + k)%nat by lia.
      rewrite IH; [|assumption|].
      + rewrite subtree_promoted; [f_equal; ring|nia|rewrite <- E; ring].
      + rewrite last_of_succ, <- E; apply Z.div_unique_exact; lia.
  Qed.

  (** ** One step of a proof *)

  (** Where the hash that has been reached is [node_hash sibling hash]: the sibling is the subtree to the left, and
      the hash that of the node. *)
  Lemma step_left entries level node (sibling hash : bytes) : entries <> [] ->
    0 <= node <= last_of entries level -> last_of entries level <> 0 ->
    Z.odd node || (node =? last_of entries level) = true ->
    exists k node', climb node (last_of entries level) = (node', last_of entries (level + k))
      /\ Z.odd node' = true /\ 0 < node' /\ node = node' * 2 ^ Z.of_nat k
      /\ node' / 2 <= last_of entries (level + S k)
      /\ subtree H entries (level + S k) (node' / 2)
         = node_hash H (subtree H entries (level + k) (node' - 1)) (subtree H entries level node).
  Proof.
    intros N [Lo Hi] Z0 C.
    assert (Hclimb : exists k node', climb node (last_of entries level) = (node', last_of entries (level + k))
              /\ Z.odd node' = true /\ 0 < node' /\ node = node' * 2 ^ Z.of_nat k
              /\ subtree H entries (level + k) node' = subtree H entries level node
              /\ node' <= last_of entries (level + k)).
    { destruct (Z.odd node) eqn:O.
      - exists 0%nat, node; rewrite Nat.add_0_r; change (2 ^ Z.of_nat 0) with 1.
        assert (0 < node) by (destruct node; [discriminate O|lia|lia]).
        repeat split; try assumption; try lia.
        destruct node as [|p|p]; [lia| |lia]; destruct p; [reflexivity|discriminate O|reflexivity].
      - cbn [orb] in C; apply Z.eqb_eq in C; destruct node as [|p|p]; [lia| |lia].
        destruct (climb_positive_spec p (last_of entries level) ltac:(lia)) as [k [node' [E [M [Od P]]]]].
        exists k, node'; cbn [climb]; rewrite last_of_add.
        repeat split; try assumption.
        + rewrite subtree_climbed; [rewrite M; reflexivity|lia|lia].
        + pose proof (Z.pow_pos_nonneg 2 (Z.of_nat k) ltac:(lia) ltac:(lia)); rewrite <- C, M, Z.div_mul by lia; lia. }
    destruct Hclimb as [k [node' [E [Od [P [M [S L]]]]]]].
    exists k, node'; repeat split; try assumption.
    - rewrite Nat.add_succ_r, last_of_succ; apply Z.div_le_mono; lia.
    - rewrite Nat.add_succ_r, <- S.
      apply Z.odd_spec in Od; destruct Od as [half ->].
      replace ((2 * half + 1) / 2) with half by (apply Z.div_unique with 1; lia).
      rewrite subtree_pair by lia; do 2 f_equal; lia.
  Qed.

  (** And where it is [node_hash hash sibling]. *)
  Lemma step_right entries level node :
    0 <= node <= last_of entries level -> Z.odd node || (node =? last_of entries level) = false ->
    node / 2 <= last_of entries (S level)
    /\ subtree H entries (S level) (node / 2)
       = node_hash H (subtree H entries level node) (subtree H entries level (node + 1)).
  Proof.
    intros [Lo Hi] C; apply orb_false_elim in C; destruct C as [O E]; apply Z.eqb_neq in E.
    rewrite last_of_succ; split; [apply Z.div_le_mono; lia|].
    assert (Ev : Z.even node = true) by (rewrite <- Z.negb_odd, O; reflexivity).
    apply Z.even_spec in Ev; destruct Ev as [half ->].
    replace (2 * half / 2) with half by (rewrite Z.mul_comm, Z.div_mul; lia).
    apply subtree_pair; lia.
  Qed.

  Lemma last_of_not_negative entries level : entries <> [] -> 0 <= last_of entries level.
  Proof.
    intros N; unfold last_of; apply Z.div_pos; [|apply width_positive].
    destruct entries; [contradiction|cbn [length]; lia].
  Qed.

  Lemma subtree_length entries level node : length (subtree H entries level node) = 32%nat.
  Proof. apply over_length; exact hash_length. Qed.

  (** ** Inclusion *)

  Lemma ascend_sound entries proof : entries <> [] -> hashes proof -> forall level node hash,
    length hash = 32%nat -> 0 <= node <= last_of entries level ->
    ascend node (last_of entries level) hash proof = Some (root H entries) ->
    hash = subtree H entries level node \/ collision H.
  Proof.
    intros N P; induction P as [|sibling rest S P IH]; intros level node hash L R A; cbn [ascend] in A.
    - destruct (Z.eqb_spec (last_of entries level) 0) as [E|]; [|discriminate A].
      injection A as ->; left; replace node with 0 by lia; symmetry; apply subtree_top; assumption.
    - destruct (Z.eqb_spec (last_of entries level) 0) as [E|E]; [discriminate A|].
      destruct (Z.odd node || (node =? last_of entries level)) eqn:C.
      + destruct (step_left entries level node sibling hash N R E C) as [k [node' [Cl [_ [P' [_ [B T]]]]]]].
        rewrite Cl in A; rewrite <- last_of_succ, <- Nat.add_succ_r in A.
        apply IH in A; [|apply hash_length|split; [apply Z.div_pos; lia|exact B]].
        destruct A as [A|]; [|right; assumption]; rewrite T in A.
        apply node_hash_injective in A; [|rewrite subtree_length; exact S].
        destruct A as [[_ A]|]; [left|right]; assumption.
      + destruct (step_right entries level node R C) as [B T].
        rewrite <- last_of_succ in A.
        apply IH in A; [|apply hash_length|split; [apply Z.div_pos; lia|exact B]].
        destruct A as [A|]; [|right; assumption]; rewrite T in A.
        apply node_hash_injective in A; [|rewrite subtree_length; exact L].
        destruct A as [[A _]|]; [left|right]; assumption.
  Qed.

  Lemma last_of_leaves entries : last_of entries 0 = Z.of_nat (length entries) - 1.
  Proof. unfold last_of, width; change (2 ^ Z.of_nat 0) with 1; apply Z.div_1_r. Qed.

  (** An inclusion proof that is accepted for the root of a log shows the entry that the log has there. *)
  Theorem inclusion_is_sound entries entry index proof :
    hashes proof -> 0 <= index ->
    verify_inclusion (leaf_hash H entry) index (Z.of_nat (length entries)) proof (root H entries) = true ->
    nth_error entries (Z.to_nat index) = Some entry \/ collision H.
  Proof.
    intros P I V; unfold verify_inclusion in V.
    destruct (Z.leb_spec (Z.of_nat (length entries)) index) as [|L]; [discriminate V|].
    assert (N : entries <> []) by (intros ->; cbn in L; lia).
    destruct (ascend index (Z.of_nat (length entries) - 1) (leaf_hash H entry) proof) as [hash|] eqn:A; [|discriminate V].
    apply equal_spec in V; subst hash; rewrite <- last_of_leaves in A.
    apply ascend_sound in A; [|assumption|assumption|apply hash_length|rewrite last_of_leaves; lia].
    destruct A as [A|]; [|right; assumption].
    destruct (nth_error entries (Z.to_nat index)) as [there|] eqn:E; [|apply nth_error_None in E; lia].
    rewrite (subtree_leaf H entries index there I E) in A.
    apply (equal_or_collision H (0 :: entry) (0 :: there)) in A; destruct A as [A|]; [left|right; assumption].
    injection A as ->; reflexivity.
  Qed.

  (** ** Consistency *)

  (** A subtree that ends before an entry does not see what comes behind it. *)
  Lemma subtree_prefix entries n level node : 0 <= node -> (node + 1) * width level <= Z.of_nat n ->
    (n <= length entries)%nat ->
    subtree H (firstn n entries) level node = subtree H entries level node.
  Proof.
    intros Hn Hw Hl; unfold subtree, slice; pose proof (width_positive level); f_equal.
    rewrite skipn_firstn_comm, firstn_firstn; f_equal; nia.
  Qed.

  (** From a node of the second tree that is the last node of the first on its level, with its hashes in both. *)
  Lemma ascend_both_sound entries n proof : (0 < n)%nat -> (n <= length entries)%nat -> hashes proof ->
    forall level node old new old',
    length new = 32%nat -> 0 <= node <= last_of entries level ->
    node = last_of (firstn n entries) level ->
    ascend_both node (last_of entries level) old new proof = Some (old', root H entries) ->
    (new = subtree H entries level node
     /\ (old = subtree H (firstn n entries) level node -> old' = root H (firstn n entries)))
    \/ collision H.
  Proof.
    intros Pos Le P.
    assert (Len : length (firstn n entries) = n) by (rewrite firstn_length; lia).
    assert (N1 : firstn n entries <> []) by (intros E; rewrite E in Len; cbn in Len; lia).
    assert (N : entries <> []) by (intros ->; cbn in Le; lia).
    induction P as [|sibling rest Sib P IH]; intros level node old new old' L R First A; cbn [ascend_both] in A.
    - destruct (Z.eqb_spec (last_of entries level) 0) as [E|]; [|discriminate A].
      injection A as -> ->; left; assert (node = 0) as -> by lia; split.
      + symmetry; apply subtree_top; assumption.
      + intros ->; apply subtree_top; [assumption|lia].
    - destruct (Z.eqb_spec (last_of entries level) 0) as [E|E]; [discriminate A|].
      destruct (Z.odd node || (node =? last_of entries level)) eqn:C.
      + destruct (step_left entries level node sibling new N R E C) as [k [node' [Cl [Od [P' [M [B T]]]]]]].
        rewrite Cl in A; rewrite <- last_of_succ, <- Nat.add_succ_r in A.
        assert (First' : node' = last_of (firstn n entries) (level + k)).
        { rewrite last_of_add, <- First, M, Z.div_mul; [reflexivity|].
          pose proof (Z.pow_pos_nonneg 2 (Z.of_nat k)); lia. }
        assert (Odd := Od); apply Z.odd_spec in Odd; destruct Odd as [half Half].
        assert (Hdiv : node' / 2 = half) by (rewrite Half; symmetry; apply Z.div_unique with 1; lia).
        apply IH in A; [|apply hash_length|split; [apply Z.div_pos; lia|exact B]|].
        2: { rewrite Nat.add_succ_r, last_of_succ, <- First'; reflexivity. }
        destruct A as [[A O]|]; [|right; assumption]; rewrite T in A.
        apply node_hash_injective in A; [|rewrite subtree_length; exact Sib].
        destruct A as [[As An]|]; [left|right; assumption]; split; [exact An|intros Old; apply O].
        (* The first tree pairs the same left sibling, which is complete in it, with what it has on the right. *)
        assert (Kin : subtree H (firstn n entries) (level + S k) (node' / 2)
                      = node_hash H (subtree H (firstn n entries) (level + k) (node' - 1))
                                    (subtree H (firstn n entries) (level + k) node')).
        { rewrite Nat.add_succ_r, Hdiv, subtree_pair by lia; do 2 f_equal; lia. }
        rewrite Kin, As, Old; f_equal.
        * symmetry; apply subtree_prefix; [lia| |exact Le].
          unfold last_of in First'; rewrite Len in First'.
          pose proof (width_positive (level + k)) as W.
          pose proof (Z.mul_div_le (Z.of_nat n - 1) (width (level + k)) W); rewrite <- First' in *; nia.
        * rewrite M; symmetry; apply subtree_climbed; [lia|rewrite <- M; exact First].
      + destruct (step_right entries level node R C) as [B T].
        rewrite <- last_of_succ in A.
        apply orb_false_elim in C; destruct C as [Even _].
        assert (Ev : Z.even node = true) by (rewrite <- Z.negb_odd, Even; reflexivity).
        apply Z.even_spec in Ev; destruct Ev as [half Half].
        assert (Hdiv : node / 2 = half) by (rewrite Half, Z.mul_comm, Z.div_mul; lia).
        apply IH in A; [|apply hash_length|split; [apply Z.div_pos; lia|exact B]|].
        2: { rewrite last_of_succ, <- First; reflexivity. }
        destruct A as [[A O]|]; [|right; assumption]; rewrite T in A.
        apply node_hash_injective in A; [|rewrite subtree_length; exact L].
        destruct A as [[A _]|]; [left|right; assumption]; split; [exact A|intros Old; apply O].
        rewrite Old, Hdiv, subtree_promoted by lia; f_equal; lia.
  Qed.

  Lemma complete_positive_spec p last : 0 <= last ->
    exists k, complete_positive p last = ((Zpos p + 1) / 2 ^ Z.of_nat k - 1, last / 2 ^ Z.of_nat k)
      /\ (Zpos p + 1) mod 2 ^ Z.of_nat k = 0 /\ 2 ^ Z.of_nat k <= Zpos p + 1.
  Proof.
    revert last; induction p as [p IH|p _|]; intros last L.
    - destruct (IH (last / 2)) as [k [E [M B]]]; [apply Z.div_pos; lia|].
      assert (Q : 0 < 2 ^ Z.of_nat k) by (apply Z.pow_pos_nonneg; lia).
      exists (S k); cbn [complete_positive]; rewrite E, Nat2Z.inj_succ, Z.pow_succ_r by lia.
      replace (Zpos (xI p) + 1) with (2 * (Zpos p + 1)) by lia.
      rewrite Z.div_mul_cancel_l, Z.mul_mod_distr_l, M, Z.div_div by lia.
      repeat split; lia.
    - exists O; cbn [complete_positive]; change (2 ^ Z.of_nat 0) with 1; rewrite !Z.div_1_r, Z.mod_1_r.
      repeat split; try lia; f_equal; lia.
    - exists 1%nat; cbn [complete_positive]; change (2 ^ Z.of_nat 1) with 2; repeat split; lia.
  Qed.

  (** A consistency proof that is accepted for the root of a log shows the root of the log that it was. *)
  Theorem consistency_is_sound entries n first_root proof :
    hashes proof -> length first_root = 32%nat -> (n <= length entries)%nat ->
    verify_consistency (Z.of_nat n) first_root (Z.of_nat (length entries)) (root H entries) proof = true ->
    first_root = root H (firstn n entries) \/ collision H.
  Proof.
    intros P Lr Le V; unfold verify_consistency in V.
    destruct (Z.ltb_spec (Z.of_nat (length entries)) (Z.of_nat n)); [discriminate V|].
    destruct (Z.eqb_spec (Z.of_nat n) 0) as [E0|E0].
    { rewrite orb_true_r in V; destruct proof; [|discriminate V].
      apply andb_prop in V; destruct V as [V _]; apply equal_spec in V.
      left; replace n with O by lia; exact V. }
    rewrite orb_false_r in V; destruct (Z.eqb_spec (Z.of_nat n) (Z.of_nat (length entries))) as [E|E].
    { destruct proof; [|discriminate V]; apply equal_spec in V.
      left; rewrite V, firstn_all2 by lia; reflexivity. }
    assert (Hc : exists k, complete (Z.of_nat n - 1) (Z.of_nat (length entries) - 1)
                 = (Z.of_nat n / 2 ^ Z.of_nat k - 1, last_of entries k)
                 /\ Z.of_nat n mod 2 ^ Z.of_nat k = 0 /\ 2 ^ Z.of_nat k <= Z.of_nat n).
    { destruct (Z.of_nat n - 1) as [|p|p] eqn:D; [| |lia].
      - exists O; cbn [complete]; rewrite last_of_leaves; change (2 ^ Z.of_nat 0) with 1.
        rewrite Z.div_1_r, Z.mod_1_r; repeat split; try lia; f_equal; lia.
      - destruct (complete_positive_spec p (Z.of_nat (length entries) - 1)) as [k [C [M B]]]; [lia|].
        exists k; cbn [complete]; replace (Z.of_nat n) with (Zpos p + 1) by lia.
        repeat split; assumption. }
    destruct Hc as [k [C [M B]]]; rewrite C in V; clear C; cbv beta iota in V.
    set (w := 2 ^ Z.of_nat k) in *; assert (W : 0 < w) by (apply Z.pow_pos_nonneg; lia).
    set (node := Z.of_nat n / w - 1) in *.
    assert (Hn : Z.of_nat n = (node + 1) * w).
    { unfold node; pose proof (Z.div_mod (Z.of_nat n) w); lia. }
    assert (Node : 0 <= node) by nia.
    assert (Len : length (firstn n entries) = n) by (rewrite firstn_length; lia).
    assert (First : node = last_of (firstn n entries) k).
    { unfold last_of, width; fold w; rewrite Len, Hn; apply Z.div_unique with (w - 1); lia. }
    assert (Range : 0 <= node <= last_of entries k).
    { split; [assumption|]; unfold last_of, width; fold w; apply Z.div_le_lower_bound; lia. }
    match type of V with
    | match ?split with Some _ => _ | None => _ end = true =>
        destruct split as [[start rest]|] eqn:S; [|discriminate V]
    end.
    assert (Shape : hashes rest /\ length start = 32%nat).
    { destruct (power_of_two (Z.of_nat n)); [injection S as <- <-; split; assumption|].
      destruct proof as [|head tail]; [discriminate S|].
      injection S as <- <-; inversion P; split; assumption. }
    destruct Shape as [Prest Lstart].
    destruct (ascend_both node (last_of entries k) start start rest) as [[old new]|] eqn:A; [|discriminate V].
    apply andb_prop in V; destruct V as [Vo Vn]; apply equal_spec in Vo, Vn; subst old new.
    apply (ascend_both_sound entries n rest ltac:(lia) Le Prest) in A; [|assumption|assumption|assumption].
    destruct A as [[A O]|]; [left|right; assumption]; apply O.
    rewrite A; symmetry; apply subtree_prefix; [assumption| |assumption].
    unfold width; fold w; lia.
  Qed.
End Proofs.
