(** The ledger that only grows: what may be appended, and that nothing is ever changed or taken away. Mirrors
    [TraceLedger::append] in [core/src/ledger/trace_ledger.rs] and the header of [core/src/ledger/header.rs]. The bound
    on how many nodes there may be is left out. *)

From Coq Require Import ZArith Lia Bool List.
From Interlock Require Import ledger.Merkle ledger.Proofs.
Import ListNotations.
Open Scope Z_scope.

Record node := Node {
  id : bytes; origin : bytes; kind : bytes; time : Z; tags : list bytes; links : list (Z * bytes); payload : bytes
}.

Definition same (a b : bytes) : bool := if list_eq_dec Z.eq_dec a b then true else false.

Lemma same_spec a b : same a b = true <-> a = b.
Proof. unfold same; destruct (list_eq_dec Z.eq_dec a b); split; congruence. Qed.

(** Nodes in the order in which they were appended. *)
Definition ledger := list node.

(** ** Appending *)

Inductive refusal :=
| DuplicateId (index : Z)
| TimeBackwards (last : Z)
| UnknownTarget (kind : Z) (target : bytes)
| TargetLater (kind : Z) (target : bytes) (timestamp : Z).

(** Where the node with an id is. *)
Fixpoint find_from (at_ : Z) (i : bytes) (l : ledger) : option (Z * node) :=
  match l with
  | [] => None
  | n :: rest => if same (id n) i then Some (at_, n) else find_from (at_ + 1) i rest
  end.
Definition find_node (i : bytes) (l : ledger) : option (Z * node) := find_from 0 i l.

(** The timestamp of the last node of an origin. *)
Definition last_time (o : bytes) (l : ledger) : option Z :=
  fold_left (fun last n => if same (origin n) o then Some (time n) else last) l None.

Fixpoint check_links (l : ledger) (given : Z) (all : list (Z * bytes)) : option refusal :=
  match all with
  | [] => None
  | (k, target) :: rest =>
      match find_node target l with
      | None => Some (UnknownTarget k target)
      | Some (_, n) => if given <? time n then Some (TargetLater k target (time n)) else check_links l given rest
      end
  end.

Definition check (l : ledger) (n : node) : option refusal :=
  match find_node (id n) l with
  | Some (index, _) => Some (DuplicateId index)
  | None =>
      match last_time (origin n) l with
      | Some last => if time n <? last then Some (TimeBackwards last) else check_links l (time n) (links n)
      | None => check_links l (time n) (links n)
      end
  end.

(** The ledger after it, and the new node's index or why there is none. *)
Definition append (l : ledger) (n : node) : ledger * (Z + refusal) :=
  match check l n with
  | Some why => (l, inr why)
  | None => (l ++ [n], inl (Z.of_nat (length l)))
  end.

(** Whatever is tried, one after the other. *)
Definition append_all (l : ledger) (nodes : list node) : ledger := fold_left (fun l n => fst (append l n)) nodes l.

(** ** It only grows *)

(** An append that is refused changes nothing, and one that is not adds its node at the end and changes nothing else. *)
Theorem append_adds_or_changes_nothing l n :
  match snd (append l n) with
  | inr _ => fst (append l n) = l
  | inl index => fst (append l n) = l ++ [n] /\ index = Z.of_nat (length l)
  end.
Proof. unfold append; destruct (check l n); cbn; auto. Qed.

Lemma append_grows l n : exists more, fst (append l n) = l ++ more.
Proof. unfold append; destruct (check l n); [exists []; rewrite app_nil_r|exists [n]]; reflexivity. Qed.

(** Whatever is appended or refused, the ledger is what it was and perhaps more. *)
Theorem append_only_grows l nodes : exists more, append_all l nodes = l ++ more.
Proof.
  revert l; induction nodes as [|n nodes IH]; intros l; [exists []; rewrite app_nil_r; reflexivity|].
  destruct (append_grows l n) as [one E]; destruct (IH (fst (append l n))) as [more M].
  exists (one ++ more); unfold append_all in *; cbn [fold_left]; rewrite M, E, app_assoc; reflexivity.
Qed.

(** No node is ever changed, moved or taken away. *)
Corollary node_stays l nodes i n : nth_error l i = Some n -> nth_error (append_all l nodes) i = Some n.
Proof.
  intros E; destruct (append_only_grows l nodes) as [more ->]; rewrite nth_error_app1; [exact E|].
  apply nth_error_Some; congruence.
Qed.

Lemma find_from_app i l more at_ found : find_from at_ i l = Some found -> find_from at_ i (l ++ more) = Some found.
Proof. revert at_; induction l as [|n l IH]; intros at_; cbn; [discriminate|]; destruct (same (id n) i); auto. Qed.

(** What is found by its id is found for ever, at the same place. *)
Corollary found_stays l nodes i found : find_node i l = Some found -> find_node i (append_all l nodes) = Some found.
Proof. intros E; destruct (append_only_grows l nodes) as [more ->]; apply find_from_app; exact E. Qed.

(** ** What is asked of it *)

Fixpoint numbered (at_ : Z) (l : ledger) : list (Z * node) :=
  match l with [] => [] | n :: rest => (at_, n) :: numbered (at_ + 1) rest end.

(** The nodes that link to a node, and those that it links to, in the order in which they were appended. *)
Definition links_to (i : bytes) (l : ledger) : list (Z * node) :=
  filter (fun m => existsb (fun link => same (snd link) i) (links (snd m))) (numbered 0 l).
Definition links_from (i : bytes) (l : ledger) : list (Z * node) :=
  match find_node i l with
  | None => []
  | Some (_, n) => filter (fun m => existsb (fun link => same (snd link) (id (snd m))) (links n)) (numbered 0 l)
  end.

Lemma numbered_app at_ l more : numbered at_ (l ++ more) = numbered at_ l ++ numbered (at_ + Z.of_nat (length l)) more.
Proof.
  revert at_; induction l as [|n l IH]; intros at_; [cbn; f_equal; lia|].
  cbn [app numbered length]; rewrite IH; cbn; do 3 f_equal; lia.
Qed.

(** A link to a node is never lost. *)
Corollary links_only_grow i l nodes : exists more, links_to i (append_all l nodes) = links_to i l ++ more.
Proof.
  destruct (append_only_grows l nodes) as [more ->]; unfold links_to; rewrite numbered_app, filter_app; eauto.
Qed.

(** ** Its laws *)

Lemma find_from_spec i l at_ k n : find_from at_ i l = Some (k, n) ->
  exists j, k = at_ + Z.of_nat j /\ nth_error l j = Some n /\ id n = i.
Proof.
  revert at_; induction l as [|x l IH]; intros at_; cbn; [discriminate|]; destruct (same (id x) i) eqn:S.
  - intros E; injection E as <- <-; apply same_spec in S; exists 0%nat; repeat split; [lia|exact S].
  - intros E; destruct (IH _ E) as [j [-> R]]; exists (Datatypes.S j); split; [lia|exact R].
Qed.

Lemma find_from_none i l at_ : find_from at_ i l = None -> forall n, In n l -> id n <> i.
Proof.
  revert at_; induction l as [|x l IH]; intros at_; cbn; [contradiction|]; destruct (same (id x) i) eqn:S; [discriminate|].
  intros E n [<-|I]; [|apply (IH _ E); exact I]; intros Bad; apply same_spec in Bad; congruence.
Qed.

Lemma last_time_snoc o l n : last_time o (l ++ [n]) = if same (origin n) o then Some (time n) else last_time o l.
Proof. unfold last_time; rewrite fold_left_app; reflexivity. Qed.

Record lawful (l : ledger) : Prop := {
  ids : NoDup (map id l);
  targets : forall i n k target, nth_error l i = Some n -> In (k, target) (links n) ->
    exists j m, (j < i)%nat /\ nth_error l j = Some m /\ id m = target /\ time m <= time n;
  times : forall i j n m, (i < j)%nat -> nth_error l i = Some n -> nth_error l j = Some m -> origin n = origin m ->
    time n <= time m;
  lasts : forall i n, nth_error l i = Some n -> exists last, last_time (origin n) l = Some last /\ time n <= last
}.

Lemma check_links_spec l given all : check_links l given all = None ->
  forall k target, In (k, target) all -> exists j m, nth_error l j = Some m /\ id m = target /\ time m <= given.
Proof.
  induction all as [|[k0 t0] all IH]; cbn; [contradiction|].
  destruct (find_node t0 l) as [[at_ n]|] eqn:F; [|discriminate]; destruct (Z.ltb_spec given (time n)); [discriminate|].
  intros C k target [E|I]; [injection E as -> ->|exact (IH C k target I)].
  destruct (find_from_spec _ _ _ _ _ F) as [j [_ [N E]]]; exists j, n; auto.
Qed.

Lemma nth_error_snoc {A} (l : list A) x i y : nth_error (l ++ [x]) i = Some y ->
  nth_error l i = Some y \/ (i = length l /\ y = x).
Proof.
  intros E; destruct (Nat.lt_ge_cases i (length l)) as [L|L]; [rewrite nth_error_app1 in E by exact L; auto|].
  rewrite nth_error_app2 in E by exact L; destruct (i - length l)%nat as [|d] eqn:D; [|destruct d; discriminate E].
  injection E as <-; right; split; [lia|reflexivity].
Qed.

Lemma append_lawful l n : lawful l -> lawful (fst (append l n)).
Proof.
  intros [U T M La]; unfold append; destruct (check l n) as [why|] eqn:C; [constructor; assumption|]; cbn [fst].
  unfold check in C; destruct (find_node (id n) l) as [[index x]|] eqn:F; [discriminate C|].
  assert (Old : forall last, last_time (origin n) l = Some last -> last <= time n).
  { intros last E; rewrite E in C; destruct (Z.ltb_spec (time n) last); [discriminate C|lia]. }
  assert (Ln : check_links l (time n) (links n) = None).
  { destruct (last_time (origin n) l) as [last|]; [destruct (time n <? last); [discriminate C|]|]; exact C. }
  clear C; constructor.
  - rewrite map_app; cbn; clear -U F; revert F; unfold find_node; generalize 0; induction l as [|x l IH]; cbn; intros at_ F.
    + constructor; [intros []|constructor].
    + inversion U; subst; destruct (same (id x) (id n)) eqn:S; [discriminate F|]; constructor; [|exact (IH H2 _ F)].
      rewrite in_app_iff; cbn; intros [I|[E|[]]]; [contradiction|].
      symmetry in E; apply same_spec in E; congruence.
  - intros i x k target E I; apply nth_error_snoc in E; destruct E as [E|[-> ->]].
    + destruct (T i x k target E I) as [j [m [L [Em R]]]]; exists j, m; split; [exact L|split; [|exact R]].
      rewrite nth_error_app1; [exact Em|]; apply nth_error_Some; congruence.
    + destruct (check_links_spec _ _ _ Ln k target I) as [j [m [Em R]]]; exists j, m.
      assert (j < length l)%nat by (apply nth_error_Some; congruence).
      split; [assumption|split; [rewrite nth_error_app1; assumption|exact R]].
  - intros i j x y L Ex Ey O; apply nth_error_snoc in Ey; destruct Ey as [Ey|[-> ->]].
    + assert (j < length l)%nat by (apply nth_error_Some; congruence).
      rewrite nth_error_app1 in Ex by lia; exact (M i j x y L Ex Ey O).
    + rewrite nth_error_app1 in Ex by exact L; destruct (La i x Ex) as [last [E Le]]; rewrite O in E.
      specialize (Old last E); lia.
  - intros i x E; rewrite last_time_snoc; destruct (same (origin n) (origin x)) eqn:S.
    + exists (time n); split; [reflexivity|]; apply nth_error_snoc in E; destruct E as [E|[_ ->]]; [|lia].
      destruct (La i x E) as [last [El Le]]; apply same_spec in S; rewrite <- S in El; specialize (Old last El); lia.
    + apply nth_error_snoc in E; destruct E as [E|[_ ->]]; [exact (La i x E)|].
      exfalso; apply Bool.not_true_iff_false in S; apply S, same_spec; reflexivity.
Qed.

(** Whatever is appended to an empty ledger, its laws hold. *)
Lemma reached_is_lawful nodes : lawful (append_all [] nodes).
Proof.
  assert (K : forall nodes l, lawful l -> lawful (append_all l nodes)).
  { induction nodes0 as [|n nodes0 IH]; intros l L; [exact L|]; apply (IH (fst (append l n))), append_lawful; exact L. }
  apply K; constructor; cbn; [constructor|intros i| |]; intros; destruct i; discriminate.
Qed.

(** No two nodes have one id. *)
Theorem ids_are_unique nodes i j n m : let l := append_all [] nodes in
  nth_error l i = Some n -> nth_error l j = Some m -> id n = id m -> i = j.
Proof.
  intros l En Em E; pose proof (ids _ (reached_is_lawful nodes)) as U; fold l in U.
  assert (i < length (map id l))%nat by (rewrite map_length; apply nth_error_Some; congruence).
  apply (proj1 (NoDup_nth_error (map id l)) U i j H).
  rewrite (map_nth_error id _ _ En), (map_nth_error id _ _ Em), E; reflexivity.
Qed.

(** A link leads to a node that was there before, and is not later. *)
Theorem links_lead_back nodes i n k target : let l := append_all [] nodes in
  nth_error l i = Some n -> In (k, target) (links n) ->
  exists j m, (j < i)%nat /\ nth_error l j = Some m /\ id m = target /\ time m <= time n.
Proof. exact (targets _ (reached_is_lawful nodes) i n k target). Qed.

(** The time of an origin does not run backwards. *)
Theorem time_of_an_origin_does_not_run_backwards nodes i j n m : let l := append_all [] nodes in
  (i < j)%nat -> nth_error l i = Some n -> nth_error l j = Some m -> origin n = origin m -> time n <= time m.
Proof. exact (times _ (reached_is_lawful nodes) i j n m). Qed.

(** ** Its log *)

(** So many bytes of a number, the highest first; of a negative one those of its two's complement. *)
Fixpoint big_endian (count : nat) (x : Z) : bytes :=
  match count with
  | O => []
  | S less => x / 2 ^ (8 * Z.of_nat less) mod 256 :: big_endian less x
  end.

Definition size (l : bytes) : Z := Z.of_nat (length l).

Section Log.
  Variable H : bytes -> bytes.

  (** The canonical header of a node: what a leaf of the log is. *)
  Definition header (n : node) : bytes :=
    [1] ++ big_endian 8 (time n) ++ big_endian 4 (size (payload n)) ++ H (payload n)
    ++ big_endian 2 (size (id n)) ++ big_endian 2 (size (origin n)) ++ big_endian 2 (size (kind n))
    ++ big_endian 2 (Z.of_nat (length (tags n))) ++ big_endian 2 (Z.of_nat (length (links n)))
    ++ id n ++ origin n ++ kind n
    ++ flat_map (fun tag => big_endian 2 (size tag) ++ tag) (tags n)
    ++ flat_map (fun link => fst link :: big_endian 2 (size (snd link)) ++ snd link) (links n).

  Definition log_root (l : ledger) : bytes := root H (map header l).

  Variable hash_length : forall x, length (H x) = 32%nat.

  (** A consistency proof that is accepted from a checkpoint to what the ledger has become shows that the checkpoint is
      of the ledger as it was: or here is a collision. *)
  Theorem checkpoint_is_of_this_ledger l nodes first_root proof :
    let grown := append_all l nodes in
    Forall (fun hash : bytes => length hash = 32%nat) proof -> length first_root = 32%nat ->
    verify_consistency H (Z.of_nat (length l)) first_root (Z.of_nat (length grown)) (log_root grown) proof = true ->
    first_root = log_root l \/ collision H.
  Proof.
    intros grown P L V; unfold grown, log_root in *; destruct (append_only_grows l nodes) as [more E]; rewrite E in V.
    assert (Len : length (map header (l ++ more)) = length (l ++ more)) by apply map_length.
    rewrite <- Len in V; apply consistency_is_sound in V; try assumption.
    - replace (firstn (length l) (map header (l ++ more))) with (map header l) in V; [exact V|].
      rewrite map_app, <- (map_length header l), firstn_app, Nat.sub_diag, firstn_all, app_nil_r; reflexivity.
    - rewrite Len, app_length; lia.
  Qed.

  Lemma over_names_entries level : forall a b, length a = length b -> Z.of_nat (length a) <= width level ->
    over H level a = over H level b -> a = b \/ collision H.
  Proof.
    induction level as [|level IH]; intros a b L W E; cbn [over] in E.
    - change (width 0) with 1 in W; destruct a as [|x [|]], b as [|y [|]]; try discriminate L; cbn [length] in W; try lia; [left; reflexivity|].
      apply (equal_or_collision H (0 :: x) (0 :: y)) in E; destruct E as [E|]; [left|right; assumption].
      injection E as ->; reflexivity.
    - rewrite <- L in E; rewrite width_succ in W; pose proof (width_positive level) as Pos.
      destruct (Z.leb_spec (Z.of_nat (length a)) (width level)); [apply IH; assumption|].
      apply node_hash_injective in E; [|rewrite !over_length by exact hash_length; reflexivity].
      destruct E as [[E1 E2]|]; [|right; assumption].
      apply IH in E1; [|rewrite !firstn_length; lia|rewrite firstn_length; lia].
      apply IH in E2; [|rewrite !skipn_length; lia|rewrite skipn_length; lia].
      destruct E1 as [E1|], E2 as [E2|]; try (right; assumption); left.
      rewrite <- (firstn_skipn (Z.to_nat (width level)) a), <- (firstn_skipn (Z.to_nat (width level)) b), E1, E2; reflexivity.
  Qed.

  (** A size and a root name every entry of a log: or here is a collision. *)
  Theorem root_names_entries a b : length a = length b -> root H a = root H b -> a = b \/ collision H.
  Proof.
    intros L E; destruct a as [|x a], b as [|y b]; try discriminate L; [left; reflexivity|].
    unfold root in E; rewrite L in E; eapply over_names_entries; [exact L| |exact E].
    rewrite L; pose proof (Z.log2_log2_up_spec (Z.of_nat (length (y :: b))) ltac:(cbn [length]; lia)) as [_ U].
    unfold width; rewrite Z2Nat.id by apply Z.log2_up_nonneg; exact U.
  Qed.

  (** ** What a header says *)

  (** What the builder of a node makes sure of. *)
  Record valid (n : node) : Prop := {
    valid_time : - 2 ^ 63 <= time n < 2 ^ 63;
    valid_payload : size (payload n) < 2 ^ 32;
    valid_id : size (id n) < 2 ^ 16;
    valid_origin : size (origin n) < 2 ^ 16;
    valid_kind : size (kind n) < 2 ^ 16;
    valid_tags : Z.of_nat (length (tags n)) < 2 ^ 16 /\ forall tag, In tag (tags n) -> size tag < 2 ^ 16;
    valid_links : Z.of_nat (length (links n)) < 2 ^ 16 /\ forall link, In link (links n) -> size (snd link) < 2 ^ 16
  }.

  Lemma big_endian_length count x : length (big_endian count x) = count.
  Proof. induction count; cbn; congruence. Qed.

  Lemma big_endian_inj count x y : big_endian count x = big_endian count y ->
    x mod 2 ^ (8 * Z.of_nat count) = y mod 2 ^ (8 * Z.of_nat count).
  Proof.
    induction count as [|count IH]; intros E; [change (2 ^ (8 * Z.of_nat 0)) with 1; rewrite !Z.mod_1_r; reflexivity|].
    cbn [big_endian] in E; assert (E1 := f_equal (hd 0) E); assert (E2 := f_equal (@tl Z) E); cbn [hd tl] in E1, E2.
    specialize (IH E2).
    assert (P : 0 < 2 ^ (8 * Z.of_nat count)) by (apply Z.pow_pos_nonneg; lia).
    replace (2 ^ (8 * Z.of_nat (S count))) with (2 ^ (8 * Z.of_nat count) * 256)
      by (rewrite Nat2Z.inj_succ; replace (8 * Z.succ (Z.of_nat count)) with (8 * Z.of_nat count + 8) by lia;
          rewrite Z.pow_add_r by lia; reflexivity).
    rewrite !Z.rem_mul_r by lia; rewrite E1, IH; reflexivity.
  Qed.

  Lemma app_eq {A} (a b c d : list A) : length a = length c -> a ++ b = c ++ d -> a = c /\ b = d.
  Proof.
    revert c; induction a as [|x a IH]; intros [|y c] L E; try discriminate L; [auto|].
    injection L as L; injection E as -> E; destruct (IH c L E) as [-> ->]; auto.
  Qed.

  Lemma number_eq count x y rest1 rest2 : 0 <= x < 2 ^ (8 * Z.of_nat count) -> 0 <= y < 2 ^ (8 * Z.of_nat count) ->
    big_endian count x ++ rest1 = big_endian count y ++ rest2 -> x = y /\ rest1 = rest2.
  Proof.
    intros X Y E; apply app_eq in E; [|rewrite !big_endian_length; reflexivity]; destruct E as [E R]; split; [|exact R].
    apply big_endian_inj in E; rewrite !Z.mod_small in E by assumption; exact E.
  Qed.

  Lemma text_eq (a b : bytes) rest1 rest2 : size a = size b -> a ++ rest1 = b ++ rest2 -> a = b /\ rest1 = rest2.
  Proof. intros L; apply app_eq; unfold size in L; lia. Qed.

  Lemma size_bounds (l : bytes) most : size l < most -> 0 <= size l < most.
  Proof. unfold size; lia. Qed.

  Lemma tags_eq all : forall other rest1 rest2, length all = length other ->
    (forall tag, In tag all -> size tag < 2 ^ 16) -> (forall tag, In tag other -> size tag < 2 ^ 16) ->
    flat_map (fun tag => big_endian 2 (size tag) ++ tag) all ++ rest1
    = flat_map (fun tag => big_endian 2 (size tag) ++ tag) other ++ rest2 -> all = other /\ rest1 = rest2.
  Proof.
    induction all as [|t all IH]; intros [|u other] rest1 rest2 L B1 B2 E; try discriminate L; [auto|].
    injection L as L; cbn [flat_map] in E; rewrite <- !app_assoc in E.
    apply number_eq in E; [|apply size_bounds, B1; left; reflexivity|apply size_bounds, B2; left; reflexivity].
    destruct E as [S E]; apply text_eq in E; [|exact S]; destruct E as [-> E].
    apply IH in E; [destruct E as [-> ->]; auto|exact L|intros x I; apply B1; right; exact I|intros x I; apply B2; right; exact I].
  Qed.

  Lemma links_eq all : forall other, length all = length other ->
    (forall link : Z * bytes, In link all -> size (snd link) < 2 ^ 16) ->
    (forall link : Z * bytes, In link other -> size (snd link) < 2 ^ 16) ->
    flat_map (fun link => fst link :: big_endian 2 (size (snd link)) ++ snd link) all
    = flat_map (fun link => fst link :: big_endian 2 (size (snd link)) ++ snd link) other -> all = other.
  Proof.
    induction all as [|[k t] all IH]; intros [|[k' u] other] L B1 B2 E; try discriminate L; [reflexivity|].
    injection L as L; cbn [flat_map fst snd] in E; rewrite <- !app_comm_cons in E.
    assert (K := f_equal (hd 0) E); apply (f_equal (@tl Z)) in E; cbn [hd tl] in K, E; subst k'; rewrite <- !app_assoc in E.
    apply number_eq in E; [|apply size_bounds, (B1 _ (or_introl eq_refl))|apply size_bounds, (B2 _ (or_introl eq_refl))].
    destruct E as [S E]; apply text_eq in E; [|exact S]; destruct E as [-> E].
    apply IH in E; [rewrite E; reflexivity|exact L|intros x I; apply B1; right; exact I|intros x I; apply B2; right; exact I].
  Qed.

  (** A header says everything of a node: or here is a collision. *)
  Theorem header_names_node a b : valid a -> valid b -> header a = header b -> a = b \/ collision H.
  Proof.
    intros [At Ap Ai Ao Ak [Atn Ats] [Aln Als]] [Bt Bp Bi Bo Bk [Btn Bts] [Bln Bls]] E; unfold header in E.
    apply app_eq in E; [destruct E as [_ E]|reflexivity].
    apply app_eq in E; [destruct E as [T E]|rewrite !big_endian_length; reflexivity].
    apply number_eq in E; [destruct E as [P E]|apply size_bounds; assumption|apply size_bounds; assumption].
    apply app_eq in E; [destruct E as [Hash E]|rewrite !hash_length; reflexivity].
    apply number_eq in E; [destruct E as [I E]|apply size_bounds; assumption|apply size_bounds; assumption].
    apply number_eq in E; [destruct E as [O E]|apply size_bounds; assumption|apply size_bounds; assumption].
    apply number_eq in E; [destruct E as [K E]|apply size_bounds; assumption|apply size_bounds; assumption].
    apply number_eq in E; [destruct E as [Tn E]|split; [lia|assumption]|split; [lia|assumption]].
    apply number_eq in E; [destruct E as [Ln E]|split; [lia|assumption]|split; [lia|assumption]].
    apply text_eq in E; [destruct E as [Ei E]|exact I]; apply text_eq in E; [destruct E as [Eo E]|exact O].
    apply text_eq in E; [destruct E as [Ek E]|exact K].
    apply tags_eq in E; [destruct E as [Et E]|lia|assumption|assumption].
    apply links_eq in E; [|lia|assumption|assumption].
    apply equal_or_collision in Hash; destruct Hash as [Hash|]; [left|right; assumption].
    assert (time a = time b).
    { apply big_endian_inj in T; change (2 ^ (8 * Z.of_nat 8)) with (2 ^ 64) in T.
      pose proof (Z.mod_pos_bound (time a) (2 ^ 64) ltac:(lia)); pose proof (Z.div_mod (time a) (2 ^ 64) ltac:(lia)).
      pose proof (Z.mod_pos_bound (time b) (2 ^ 64) ltac:(lia)); pose proof (Z.div_mod (time b) (2 ^ 64) ltac:(lia)); lia. }
    destruct a, b; cbn in *; congruence.
  Qed.

  (** A size and a root name every node of a ledger: or here is a collision. *)
  Theorem root_names_nodes a b : Forall valid a -> Forall valid b -> length a = length b -> log_root a = log_root b ->
    a = b \/ collision H.
  Proof.
    intros Va Vb L E; apply root_names_entries in E; [|rewrite !map_length; exact L].
    destruct E as [E|]; [|right; assumption]; revert b Vb L E; induction Va as [|x a V Va IH]; intros [|y b] Vb L E; try discriminate L.
    - left; reflexivity.
    - inversion Vb; subst; injection L as L; cbn [map] in E.
      assert (E1 := f_equal (hd []) E); apply (f_equal (@tl bytes)) in E; cbn [hd tl] in E1, E.
      destruct (IH b H3 L E) as [->|]; [|right; assumption].
      destruct (header_names_node x y V H2 E1) as [->|]; [left; reflexivity|right; assumption].
  Qed.
End Log.
