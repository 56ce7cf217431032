(** What leaves: in order, without a gap, and nothing of it twice, however often something is given out. *)

From Coq Require Import ZArith Lia Bool List Arith.
From Interlock Require Import guard.Table guard.Threads.
Import ListNotations.

(** ** Bytes of the text *)

Lemma get_more w r i : i < length r -> get (w ++ r) i = get r i.
Proof.
  intros L; unfold get. rewrite app_length, app_nth2 by lia. f_equal; lia.
Qed.

Lemma text_split r a b c : a <= b <= c -> text r a c = text r a b ++ text r b c.
Proof.
  intros L; unfold text. rewrite <- map_app. f_equal.
  replace (c - a) with ((b - a) + (c - b)) by lia. rewrite seq_app. do 2 f_equal; lia.
Qed.

Lemma text_empty r a b : b <= a -> text r a b = [].
Proof. intros L; unfold text. replace (b - a) with 0 by lia. reflexivity. Qed.

Lemma text_more w r a b : b <= length r -> text (w ++ r) a b = text r a b.
Proof.
  intros L; unfold text. apply map_ext_in. intros i I. apply in_seq in I. rewrite get_more by lia. reflexivity.
Qed.

Lemma in_text r a b i x : In (Byte i x) (text r a b) -> a <= i < b /\ x = get r i.
Proof.
  unfold text; intros I. apply in_map_iff in I. destruct I as (j & E & I). apply in_seq in I.
  inversion E; subst. split; [lia|reflexivity].
Qed.

Lemma not_in_text r a b h : ~ In (Replaced h) (text r a b).
Proof. unfold text; intros I. apply in_map_iff in I. destruct I as (j & E & _). discriminate. Qed.

(** ** Edges of characters *)

Lemma edge_bounds r from e : from <= e -> from <= edge r from e <= e.
Proof.
  intros L; unfold edge; cbn [edge_back].
  repeat match goal with
  | |- context [if (?a || ?b) then _ else _] => destruct a eqn:?; cbn [orb]
  | |- context [if ?a then _ else _] => destruct a eqn:?
  end; rewrite ?Nat.ltb_lt, ?Nat.ltb_ge in *; lia.
Qed.

(** At most three bytes before the end. *)
Lemma edge_near r from e : e <= edge r from e + 3.
Proof.
  unfold edge; cbn [edge_back].
  repeat match goal with
  | |- context [if (?a || ?b) then _ else _] => destruct (a || b)
  | |- context [if ?a then _ else _] => destruct a
  end; lia.
Qed.

Lemma edge_back_more w r from e steps back : 0 < back -> e <= length r ->
  edge_back (w ++ r) from e steps back = edge_back r from e steps back.
Proof.
  intros P L; revert back P; induction steps as [|steps IH]; intros back P; [reflexivity|]. cbn [edge_back].
  destruct (Nat.ltb_spec e back); cbn [orb]; [reflexivity|]. destruct (e - back <? from); [reflexivity|].
  rewrite IH by lia. rewrite get_more by lia. reflexivity.
Qed.

Lemma edge_more w r from e : e <= length r -> edge (w ++ r) from e = edge r from e.
Proof. intros L; apply edge_back_more; lia. Qed.

(** A place that is an edge, or where a character starts, hides nothing that stands before it. *)
Lemma edge_behind r from u e : from <= u <= e ->
  edge r from u = u \/ is_continuation (get r u) = false /\ u < e -> edge r from e = edge r u e.
Proof.
  intros L H.
  assert (C : e = u \/ e = S u \/ e = S (S u) \/ 3 <= e - u) by lia.
  destruct C as [->|[->|[->|C]]].
  - assert (edge r u u = u) as -> by (pose proof (edge_bounds r u u); lia).
    destruct H as [H|[_ H]]; [exact H|lia].
  - unfold edge in *; cbn [edge_back] in *.
    replace (S u - 1) with u in * by lia. replace (S u - 2) with (u - 1) in * by lia. replace (S u - 3) with (u - 2) in * by lia.
    destruct (Nat.ltb_spec (S u) 1); [lia|]. destruct (Nat.ltb_spec u from); [lia|].
    destruct (Nat.ltb_spec u u); [lia|]. cbn [orb].
    destruct (is_continuation (get r u)) eqn:K; [|reflexivity].
    destruct H as [H|[H _]]; [|discriminate].
    destruct (Nat.ltb_spec (u - 1) u).
    2: { destruct (Nat.ltb_spec (S u) 2); cbn [orb]; [reflexivity|lia]. }
    rewrite Bool.orb_true_r.
    destruct (Nat.ltb_spec (S u) 2); cbn [orb]; [reflexivity|].
    destruct (Nat.ltb_spec u 1); [lia|]; cbn [orb] in H.
    destruct (Nat.ltb_spec (u - 1) from); [reflexivity|].
    destruct (is_continuation (get r (u - 1))).
    + destruct (Nat.ltb_spec (S u) 3); cbn [orb]; [reflexivity|].
      destruct (Nat.ltb_spec u 2); [lia|]; cbn [orb] in H.
      destruct (Nat.ltb_spec (u - 2) from); [reflexivity|].
      destruct (is_continuation (get r (u - 2))); [reflexivity|].
      destruct (Nat.ltb_spec 3 (width (get r (u - 2)))); [|reflexivity].
      destruct (Nat.ltb_spec 2 (width (get r (u - 2)))); lia.
    + destruct (Nat.ltb_spec 2 (width (get r (u - 1)))); [|reflexivity].
      destruct (Nat.ltb_spec 1 (width (get r (u - 1)))); lia.
  - unfold edge in *; cbn [edge_back] in *.
    replace (S (S u) - 1) with (S u) in * by lia. replace (S (S u) - 2) with u in * by lia.
    replace (S (S u) - 3) with (u - 1) in * by lia.
    destruct (Nat.ltb_spec (S (S u)) 1); [lia|]. destruct (Nat.ltb_spec (S u) from); [lia|].
    destruct (Nat.ltb_spec (S u) u); [lia|]. cbn [orb].
    destruct (is_continuation (get r (S u))); [|reflexivity].
    destruct (Nat.ltb_spec (S (S u)) 2); [lia|]. destruct (Nat.ltb_spec u from); [lia|].
    destruct (Nat.ltb_spec u u); [lia|]. cbn [orb].
    destruct (is_continuation (get r u)) eqn:K; [|reflexivity].
    destruct H as [H|[H _]]; [|discriminate].
    destruct (Nat.ltb_spec (S (S u)) 3); cbn [orb]; [reflexivity|].
    destruct (Nat.ltb_spec (u - 1) u); [|lia].
    destruct (Nat.ltb_spec u 1); [lia|]; cbn [orb] in H.
    destruct (Nat.ltb_spec (u - 1) from); [reflexivity|].
    destruct (is_continuation (get r (u - 1))); [reflexivity|].
    destruct (Nat.ltb_spec 3 (width (get r (u - 1)))); [|reflexivity].
    destruct (Nat.ltb_spec 1 (width (get r (u - 1)))); lia.
  - unfold edge; cbn [edge_back].
    destruct (Nat.ltb_spec e 1); [lia|]. destruct (Nat.ltb_spec (e - 1) from); [lia|].
    destruct (Nat.ltb_spec (e - 1) u); [lia|].
    destruct (Nat.ltb_spec e 2); [lia|]. destruct (Nat.ltb_spec (e - 2) from); [lia|].
    destruct (Nat.ltb_spec (e - 2) u); [lia|].
    destruct (Nat.ltb_spec e 3); [lia|]. destruct (Nat.ltb_spec (e - 3) from); [lia|].
    destruct (Nat.ltb_spec (e - 3) u); [lia|]. reflexivity.
Qed.

(** What is found as an edge is one for every later end. *)
Lemma edge_later r from u e : from <= u <= e -> edge r from e = edge r (edge r from u) e.
Proof.
  intros L. pose proof (edge_bounds r from u ltac:(lia)) as B.
  apply edge_behind; [lia|].
  destruct (Nat.eq_dec (edge r from u) u) as [E|N]; [rewrite E; left; exact E|right].
  revert N B. unfold edge; cbn [edge_back].
  repeat match goal with
  | |- context [if (?a || ?b) then _ else _] => destruct (a || b)
  | |- context [if is_continuation ?a then _ else _] => destruct (is_continuation a) eqn:?
  | |- context [if ?a <? ?b then _ else _] => destruct (a <? b)
  end; intros N B; try contradiction; (split; [assumption|lia]).
Qed.

(** ** Giving out *)

(** Matches that are given out as they are. *)
Fixpoint pass (r : list Z) (from : nat) (hits : list hit) : list event * nat :=
  match hits with
  | [] => ([], from)
  | h :: more => let (events, upto) := pass r (past h) more in (text r from (first h) ++ Replaced h :: events, upto)
  end.

Lemma clipped_same c h : past h <= c -> clipped c h = h.
Proof. intros L; destruct h as [i s e]; unfold clipped; cbn in *. rewrite Nat.min_l by exact L. reflexivity. Qed.

Lemma give_pass r c l from hits rest : (forall h, In h hits -> past h <= c) ->
  give r c l from (hits ++ rest) =
    let (events, upto) := pass r from hits in
    let '(more, upto, q) := give r c l upto rest in (events ++ more, upto, q).
Proof.
  revert from; induction hits as [|h hits IH]; intros from A; cbn [app pass give].
  - destruct (give r c l from rest) as [[e u] q]; reflexivity.
  - unfold may_leave. pose proof (A h (or_introl eq_refl)) as P. destruct (Nat.leb_spec (past h) c); [|lia]. cbn [orb].
    rewrite clipped_same by exact P. rewrite IH by (intros x I; apply A; right; exact I).
    destruct (pass r (past h) hits) as [e u]. destruct (give r c l u rest) as [[e' u'] q].
    rewrite <- app_assoc. reflexivity.
Qed.

Lemma give_open r c l from hits : is_halted l = false -> exists done rest,
  hits = done ++ rest /\ (forall h, In h done -> past h <= c) /\
  (forall h more, rest = h :: more -> c < past h) /\
  give r c l from hits = (fst (pass r from done), snd (pass r from done), rest).
Proof.
  intros N; revert from; induction hits as [|h hits IH]; intros from.
  - exists [], []; repeat split; [intros ? []|discriminate].
  - cbn [give]. unfold may_leave. rewrite N; cbn [andb]. rewrite Bool.orb_false_r.
    destruct (Nat.leb_spec (past h) c).
    + destruct (IH (past h)) as (done & rest & E & A & B & G). exists (h :: done), rest. repeat split; auto.
      * cbn; congruence.
      * intros x [<-|I]; auto.
      * rewrite clipped_same by assumption. rewrite G. cbn [pass]. destruct (pass r (past h) done); reflexivity.
    + exists [], (h :: hits). repeat split; [intros ? []|intros x more E; inversion E; subst; assumption].
Qed.

Lemma pass_chain r from hits upto : chain from hits upto -> from <= snd (pass r from hits) <= upto.
Proof.
  revert from; induction hits as [|h hits IH]; cbn [chain pass]; intros from C; [cbn; lia|].
  destruct C as (A & B & C). apply IH in C. destruct (pass r (past h) hits); cbn [snd] in *; lia.
Qed.

Lemma pass_le r from hits c : from <= c -> (forall h, In h hits -> past h <= c) -> snd (pass r from hits) <= c.
Proof.
  revert from; induction hits as [|h hits IH]; cbn [pass]; intros from L A; [exact L|].
  specialize (IH (past h) (A h (or_introl eq_refl)) (fun x I => A x (or_intror I))).
  destruct (pass r (past h) hits); exact IH.
Qed.

Lemma pass_rest r from done rest upto : chain from (done ++ rest) upto ->
  forall h, In h rest -> snd (pass r from done) <= first h.
Proof.
  revert from; induction done as [|x done IH]; cbn [app chain pass]; intros from C h I.
  - apply (chain_in _ _ _ _ C) in I. cbn; lia.
  - destruct C as (_ & _ & C). specialize (IH _ C h I). destruct (pass r (past x) done); exact IH.
Qed.

Lemma pass_more w r from hits upto : chain from hits upto -> upto <= length r ->
  pass (w ++ r) from hits = pass r from hits.
Proof.
  revert from; induction hits as [|h hits IH]; cbn [chain pass]; intros from C L; [reflexivity|].
  destruct C as (_ & B & C). rewrite (IH _ C L). apply chain_le in C. rewrite text_more by lia. reflexivity.
Qed.

Definition listed (h : option hit) : list hit := match h with Some h => [h] | None => [] end.

Lemma release_is r c l from hits g : release r c l from hits g =
  let '(events, upto, rest) := give r c l from (if is_halted l then hits ++ listed g else hits) in
  let waiting := match rest with h :: _ => Some (first h) | [] => if is_halted l then None else option_map first g end in
  let e := end_of r c l upto waiting in
  (events ++ text r upto e, max upto e, rest).
Proof. reflexivity. Qed.

(** To give out in two goes is to give out in one. *)
Lemma release_shift r c l base u hits g : base <= u <= c ->
  (forall h, In h (hits ++ listed g) -> u <= first h) ->
  edge r base c = edge r u c \/ (exists h more, hits ++ listed g = h :: more /\ first h = u /\ u < c) ->
  release r c l base hits g =
    let '(events, upto, rest) := release r c l u hits g in (text r base u ++ events, upto, rest).
Proof.
  intros L A E. rewrite !release_is.
  assert (finish : forall waiting, (forall s, waiting = Some s -> u <= s) ->
    (forall h more, hits ++ listed g = h :: more -> first h = u -> u < c -> waiting = Some u) ->
    text r base (end_of r c l base waiting) = text r base u ++ text r u (end_of r c l u waiting) /\
    max base (end_of r c l base waiting) = max u (end_of r c l u waiting)).
  { intros waiting B D. unfold end_of.
    pose proof (edge_bounds r u c ltac:(lia)) as Eu.
    assert (same : edge r base c = edge r u c \/ waiting = Some u /\ u < c).
    { destruct E as [E|(h & more & X & F & K)]; [left; exact E|right]. split; [eapply D; eauto|exact K]. }
    destruct waiting as [s|].
    - specialize (B s eq_refl). destruct (Nat.ltb_spec s c) as [K|K].
      + rewrite !Nat.max_l by lia. rewrite <- text_split by lia. split; [reflexivity|lia].
      + destruct same as [->|[X Y]]; [|inversion X; lia]. rewrite <- text_split by lia. split; [reflexivity|lia].
    - destruct l; try (rewrite <- text_split by lia; split; [reflexivity|lia]);
        (destruct same as [->|[X Y]]; [|discriminate X]; rewrite <- text_split by lia; split; [reflexivity|lia]). }
  destruct (if is_halted l then hits ++ listed g else hits) as [|h more] eqn:X.
  - cbn [give].
    assert (W : text r base (end_of r c l base (if is_halted l then None else option_map first g)) =
      text r base u ++ text r u (end_of r c l u (if is_halted l then None else option_map first g)) /\
      max base (end_of r c l base (if is_halted l then None else option_map first g)) =
      max u (end_of r c l u (if is_halted l then None else option_map first g))).
    { apply finish.
      - destruct (is_halted l); [discriminate|]. destruct g as [h|]; [|discriminate].
        cbn [option_map]; intros s Y; inversion Y; subst s. apply A. apply in_or_app; right; left; reflexivity.
      - intros h more Y F K. destruct (is_halted l); [rewrite Y in X; discriminate|].
        subst hits. cbn in Y. destruct g; inversion Y; subst. reflexivity. }
    cbn [app]. destruct W as [-> ->]. reflexivity.
  - assert (head : forall y z, hits ++ listed g = y :: z -> y = h).
    { intros y z Y. destruct (is_halted l); [congruence|]. subst hits. inversion Y; reflexivity. }
    assert (I : u <= first h).
    { apply A. destruct (is_halted l); [rewrite X; left; reflexivity|]. subst hits. left; reflexivity. }
    cbn [give]. destruct (may_leave c l h).
    + destruct (give r c l (past (clipped c h)) more) as [[e u'] q].
      rewrite (text_split r base u (first h)) by lia. rewrite <- !app_assoc. cbn [app]. reflexivity.
    + cbn [app]. destruct (finish (Some (first h))) as [-> ->]; [| |reflexivity].
      * intros s Y; inversion Y; subst; exact I.
      * intros y z Y F K. apply head in Y. subst y. congruence.
Qed.

(** ** What is among it *)

(** The bytes of the text from a place to another. *)
Definition bytes (r : list Z) (a b : nat) : list Z := map (get r) (seq a (b - a)).

(** What of the text an event stands for. *)
Definition source (r : list Z) (e : event) : list Z :=
  match e with Byte _ b => [b] | Replaced h => bytes r (first h) (past h) end.

Lemma bytes_split r a b c : a <= b <= c -> bytes r a c = bytes r a b ++ bytes r b c.
Proof.
  intros L; unfold bytes. rewrite <- map_app. f_equal.
  replace (c - a) with ((b - a) + (c - b)) by lia. rewrite seq_app. do 2 f_equal; lia.
Qed.

Lemma bytes_empty r a b : b <= a -> bytes r a b = [].
Proof. intros L; unfold bytes. replace (b - a) with 0 by lia. reflexivity. Qed.

Lemma source_text r a b : flat_map (source r) (text r a b) = bytes r a b.
Proof.
  unfold text, bytes. induction (seq a (b - a)) as [|i l IH]; [reflexivity|]. cbn. rewrite IH; reflexivity.
Qed.

Lemma bytes_all r : bytes r 0 (length r) = rev r.
Proof.
  induction r as [|b r IH]; [reflexivity|]. cbn [length rev]. rewrite <- IH.
  rewrite (bytes_split _ 0 (length r) (S (length r))) by lia. f_equal.
  - unfold bytes. apply map_ext_in. intros i I. apply in_seq in I.
    change (b :: r) with ([b] ++ r). apply get_more; lia.
  - unfold bytes. replace (S (length r) - length r) with 1 by lia. cbn [seq map]. unfold get. cbn [length].
    rewrite Nat.sub_diag. reflexivity.
Qed.

Lemma give_spec r c l from hits tail upto : chain from (hits ++ tail) upto -> from <= c ->
  let '(events, u, rest) := give r c l from hits in
  exists done, hits = done ++ rest /\ from <= u <= c /\
  (forall h, In h done -> min (past h) c <= u) /\
  (forall h, In h (rest ++ tail) -> u <= first h) /\
  (forall i b, In (Byte i b) events -> (from <= i < u /\ b = get r i) /\
     forall h, In h (hits ++ tail) -> ~ first h <= i < past h) /\
  (forall h', In (Replaced h') events -> exists h, In h done /\ first h < c /\ h' = clipped c h) /\
  flat_map (source r) events = bytes r from u.
Proof.
  revert from; induction hits as [|h hits IH]; intros from C L; cbn [give].
  - exists []. split; [reflexivity|]. split; [lia|]. split; [intros h []|]. split.
    { intros h I. apply (chain_in _ _ _ _ C) in I; lia. }
    split; [intros i b []|]. split; [intros h []|]. rewrite bytes_empty by lia. reflexivity.
  - destruct (may_leave c l h) eqn:M.
    + cbn [app chain] in C. destruct C as (A & B & C).
      assert (F : first h < c).
      { unfold may_leave in M. destruct (Nat.leb_spec (past h) c); [lia|]. cbn [orb] in M.
        apply andb_prop in M. destruct M as [_ M]. apply Nat.ltb_lt in M. exact M. }
      assert (C' : chain (past (clipped c h)) (hits ++ tail) upto).
      { eapply chain_weaken; [exact C|]. cbn [clipped past]. lia. }
      specialize (IH _ C' ltac:(cbn [clipped past]; lia)).
      destruct (give r c l (past (clipped c h)) hits) as [[events u] rest].
      destruct IH as (done & E & U & D & R & Bs & Rs & So). cbn [clipped past] in U, Bs, So.
      exists (h :: done). split; [cbn; congruence|]. split; [lia|].
      split; [intros x [<-|I]; [lia|apply D; exact I]|]. split; [exact R|]. split; [|split].
      * intros i b I. apply in_app_or in I. destruct I as [I|[I|I]]; [|discriminate|].
        -- apply in_text in I. split; [split; [lia|apply I]|].
           intros x [<-|J]; [lia|]. apply (chain_in _ _ _ _ C) in J; lia.
        -- apply Bs in I. destruct I as [I K]. split; [split; [lia|apply I]|].
           intros x [<-|J]; [lia|apply K; exact J].
      * intros h' I. apply in_app_or in I. destruct I as [I|[I|I]].
        -- exfalso; exact (not_in_text _ _ _ _ I).
        -- inversion I; subst. exists h; split; [left; reflexivity|auto].
        -- destruct (Rs _ I) as (x & J & Y). exists x; split; [right; exact J|exact Y].
      * rewrite flat_map_app, source_text. cbn [flat_map source clipped first past].
        change (fun e => source r e) with (source r) in *. rewrite So.
        rewrite <- (bytes_split r (first h)) by lia. rewrite <- bytes_split by lia. reflexivity.
    + exists []. split; [reflexivity|]. split; [lia|]. split; [intros x []|]. split.
      { intros x I. apply (chain_in _ _ _ _ C) in I; lia. }
      split; [intros i b []|]. split; [intros x []|]. rewrite bytes_empty by lia. reflexivity.
Qed.

Lemma end_of_le r c l u waiting : u <= c -> end_of r c l u waiting <= c.
Proof.
  intros L; unfold end_of. pose proof (edge_bounds r u c L).
  destruct waiting as [s|]; [destruct (Nat.ltb_spec s c); lia|]. destruct l; lia.
Qed.

Lemma end_of_ge r c l u waiting : u <= c -> u <= end_of r c l u waiting.
Proof.
  intros L; unfold end_of. pose proof (edge_bounds r u c L).
  destruct waiting as [s|]; [destruct (Nat.ltb_spec s c); lia|]. destruct l; lia.
Qed.

(** Whatever leaves stands before the cut and in no match; what was replaced is a match before the cut, or what of it
    stands before; and no byte is left out. *)
Lemma release_spec r c l from hits g upto : chain from (hits ++ listed g) upto -> from <= c ->
  let '(events, u, rest) := release r c l from hits g in
  from <= u <= c /\
  (forall i b, In (Byte i b) events -> (from <= i < u /\ b = get r i) /\
     forall h, In h (hits ++ listed g) -> ~ first h <= i < past h) /\
  (forall h', In (Replaced h') events -> exists h, In h (hits ++ listed g) /\ first h < c /\ h' = clipped c h) /\
  flat_map (source r) events = bytes r from u.
Proof.
  intros C L. rewrite release_is.
  set (all := if is_halted l then hits ++ listed g else hits).
  set (tail := if is_halted l then [] else listed g).
  assert (E : all ++ tail = hits ++ listed g).
  { unfold all, tail. destruct (is_halted l); [apply app_nil_r|reflexivity]. }
  rewrite <- E in C |- *.
  pose proof (give_spec r c l from all tail upto C L) as G.
  destruct (give r c l from all) as [[events u] rest]. destruct G as (done & A & U & D & R & Bs & Rs & So).
  set (waiting := match rest with h :: _ => Some (first h) | [] => if is_halted l then None else option_map first g end).
  assert (W : waiting = option_map first (hd_error (rest ++ tail))).
  { unfold waiting, tail. destruct rest; [|reflexivity]. destruct (is_halted l); [reflexivity|]. destruct g; reflexivity. }
  pose proof (end_of_le r c l u waiting ltac:(lia)) as En.
  pose proof (end_of_ge r c l u waiting ltac:(lia)) as Eg.
  split; [lia|]. split; [|split].
  - intros i b I. apply in_app_or in I. destruct I as [I|I].
    { apply Bs in I. destruct I as [I K]. split; [split; [lia|apply I]|exact K]. }
    apply in_text in I. split; [split; [lia|apply I]|]. intros h J.
    rewrite A, <- app_assoc in J. apply in_app_or in J. destruct J as [J|J].
    + apply D in J. lia.
    + destruct (rest ++ tail) as [|x more] eqn:X; [contradiction|].
      assert (first x <= first h).
      { rewrite A, <- app_assoc, X in C. clear -C J. revert from C; induction done as [|y done IH]; cbn [app chain]; intros from C.
        - destruct C as (_ & P & C). destruct J as [<-|J]; [lia|]. apply (chain_in _ _ _ _ C) in J; lia.
        - destruct C as (_ & _ & C). exact (IH _ C). }
      cbn [hd_error option_map] in W. rewrite W in *. unfold end_of in *.
      destruct (Nat.ltb_spec (first x) c); lia.
  - intros h' I. apply in_app_or in I. destruct I as [I|I]; [|exfalso; exact (not_in_text _ _ _ _ I)].
    destruct (Rs _ I) as (h & J & K). exists h. split; [|exact K].
    rewrite A. apply in_or_app; left; apply in_or_app; left; exact J.
  - rewrite flat_map_app, source_text, So, Nat.max_r by lia. rewrite <- bytes_split by lia. reflexivity.
Qed.
