(** What becomes of each byte of a whole text, and that what stands before the cut is decided. *)

From Coq Require Import ZArith Lia Bool List Arith.
From Interlock Require Import guard.Table guard.Threads guard.Decided guard.Release guard.Refinement guard.Machine.
Import ListNotations.

(** What becomes of a byte: it leaves as it is; it is replaced, as a part of a match of a pattern from a start; it is
    withheld because of a match that halts. *)
Inductive fate := Leaves | Redacted (by_ at_ : nat) | Withheld (because : hit).

Definition placed (hits : list hit) (i : nat) : fate :=
  match find (fun h => (first h <=? i) && (i <? past h)) hits with
  | Some h => Redacted (which h) (first h)
  | None => Leaves
  end.

Section OfTable.
  Variable T : table.

  Definition fate_at (r : list Z) (l : life) (i : nat) : fate :=
    let all := hits_at T r l ++ listed (grows_at T r l) in
    match l with
    | Halted (Matched h) => if cut_at T r l <=? i then Withheld h else placed all i
    | _ => placed all i
    end.

  (** The fate of the byte at [i] in a whole text, without a bound on what is held, before characters are kept whole. *)
  Definition fate_of (t : list Z) (i : nat) : fate :=
    let (r, l) := reading T None [] t in fate_at r (ending T r l) i.

  Lemma placed_in from hits upto h i : chain from hits upto -> In h hits -> first h <= i < past h ->
    placed hits i = Redacted (which h) (first h).
  Proof.
    unfold placed. revert from; induction hits as [|x hits IH]; intros from C I L; [contradiction|].
    cbn [chain] in C. destruct C as (A & B & C). cbn [find]. destruct I as [->|I].
    - destruct (Nat.leb_spec (first h) i); [|lia]. destruct (Nat.ltb_spec i (past h)); [reflexivity|lia].
    - pose proof (chain_in _ _ _ _ C I). destruct (Nat.ltb_spec i (past x)); [lia|].
      rewrite Bool.andb_false_r. eapply IH; eauto.
  Qed.

  Lemma placed_redacted hits i q s : placed hits i = Redacted q s ->
    exists h, In h hits /\ which h = q /\ first h = s /\ first h <= i < past h.
  Proof.
    unfold placed. destruct (find _ hits) as [h|] eqn:F; [|discriminate]. intros E; inversion E; subst.
    apply find_some in F. destruct F as [I F]. apply andb_prop in F. destruct F as [A B].
    apply Nat.leb_le in A. apply Nat.ltb_lt in B. exists h; auto.
  Qed.

  Lemma placed_not_withheld hits i h : placed hits i <> Withheld h.
  Proof. unfold placed. destruct (find _ _); discriminate. Qed.

  (** ** Fates are what leaves *)

  (** What leaves as it is has that fate; what is withheld does not leave, neither as it is nor replaced. *)
  Theorem fates_are_what_leaves t r l i : reading T None [] t = (r, l) ->
    (forall b, In (Byte i b) (out T r (ending T r l)) -> fate_of t i = Leaves) /\
    (forall h, In (Replaced h) (out T r (ending T r l)) -> first h <= i < past h ->
       fate_of t i = Redacted (which h) (first h)).
  Proof.
    intros R. unfold fate_of. rewrite R. set (l' := ending T r l).
    pose proof (hits_chain T r l') as C.
    pose proof (release_spec r (cut_at T r l') l' 0 (hits_at T r l') (grows_at T r l') (length r) C ltac:(lia)) as S.
    unfold out, released. destruct (release _ _ _ _ _ _) as [[events u] rest]. cbn [fst].
    destruct S as (L & Bs & Rs & _). split.
    - intros b I. apply Bs in I. destruct I as [I N].
      assert (P : placed (hits_at T r l' ++ listed (grows_at T r l')) i = Leaves).
      { destruct (placed _ i) eqn:P; [reflexivity| |exfalso; eapply placed_not_withheld; eauto].
        apply placed_redacted in P. destruct P as (h & J & _ & _ & K). exfalso; exact (N h J K). }
      unfold fate_at. destruct l' as [| |[]]; try exact P. destruct (Nat.leb_spec (cut_at T r (Halted (Matched h))) i); [lia|exact P].
    - intros h' I K. apply Rs in I. destruct I as (h & J & F & ->). cbn [clipped first past which] in *.
      assert (P : placed (hits_at T r l' ++ listed (grows_at T r l')) i = Redacted (which h) (first h)).
      { eapply placed_in; [exact C|exact J|lia]. }
      unfold fate_at. destruct l' as [| |[]]; try exact P. destruct (Nat.leb_spec (cut_at T r (Halted (Matched h0))) i); [lia|exact P].
  Qed.

  Definition fate_after (r w : list Z) (i : nat) : fate :=
    let (r', l) := reading T None r w in fate_at r' (ending T r' l) i.

  Lemma withheld_at r h i : cut_at T r (Halted (Matched h)) <= i -> fate_at r (Halted (Matched h)) i = Withheld h.
  Proof. intros L. unfold fate_at. destruct (Nat.leb_spec (cut_at T r (Halted (Matched h))) i); [reflexivity|lia]. Qed.

  Lemma fate_withheld r l i h : fate_at r l i = Withheld h -> l = Halted (Matched h).
  Proof.
    unfold fate_at. destruct l as [| |[x|]]; try (intros H; exfalso; eapply placed_not_withheld; exact H).
    destruct (_ <=? i); [intros H; inversion H; reflexivity|intros H; exfalso; eapply placed_not_withheld; exact H].
  Qed.

  (** It is known that the byte at [i] is replaced, as a part of a match from [s]. *)
  Definition known (r : list Z) (s i : nat) : Prop :=
    exists h, In h (snd (settled T r) ++ listed (growing T r)) /\ first h = s /\ s <= i < past h.

  Definition withheld_or_from (s : nat) (f : fate) : Prop :=
    (exists h, f = Withheld h) \/ exists q, f = Redacted q s.

  Lemma known_placed r s i w l : known r s i ->
    exists q, placed (hits_at T (w ++ r) l ++ listed (grows_at T (w ++ r) l)) i = Redacted q s.
  Proof.
    intros (h & I & F & L). destruct (hits_more T w r l) as (more & M & _ & G).
    pose proof (hits_chain T (w ++ r) l) as C. rewrite M in *.
    apply in_app_or in I. destruct I as [I|I].
    - exists (which h). rewrite <- F. eapply placed_in; [exact C| |lia].
      rewrite <- app_assoc. apply in_or_app; left; exact I.
    - destruct (growing T r) as [g|] eqn:Gr; [|contradiction]. destruct I as [->|[]].
      destruct (G h eq_refl) as (x & rest & E & Fx & P). exists (which x).
      rewrite <- F, <- Fx. eapply placed_in; [exact C| |lia].
      rewrite <- app_assoc, E. apply in_or_app; right; left; reflexivity.
  Qed.

  Lemma known_fate r s i w l : known r s i -> withheld_or_from s (fate_at (w ++ r) l i).
  Proof.
    intros K. destruct (known_placed r s i w l K) as (q & P). unfold fate_at.
    destruct l as [| |[h|]]; try (right; exists q; exact P).
    destruct (_ <=? i); [left; eauto|right; exists q; exact P].
  Qed.

  Lemma known_fate_after r s i w : known r s i -> withheld_or_from s (fate_after r w i).
  Proof.
    intros K. unfold fate_after. pose proof (reading_cases T None r w) as C.
    destruct (reading T None r w) as [r' l]. destruct C as [[-> ->]|(b & v & _ & _ & -> & _)].
    - apply known_fate; exact K.
    - change (b :: v ++ r) with ((b :: v) ++ r). apply known_fate; exact K.
  Qed.

  (** Every byte before the cut has one fate, whatever follows: it leaves, or it is a part of a match from one start. *)
  Theorem before_the_cut_all_is_decided t r i : reading T None [] t = (r, Open) -> i < cut T r ->
    (forall w, fate_of (t ++ w) i = Leaves) \/ (exists s, forall w, exists q, fate_of (t ++ w) i = Redacted q s).
  Proof.
    intros R L.
    assert (Same : forall w, fate_of (t ++ w) i = fate_after r w i).
    { intros w. unfold fate_of, fate_after. rewrite reading_app, R. reflexivity. }
    assert (After : forall w, exists v l, cut T r <= cut_at T (v ++ r) l /\ fate_after r w i = fate_at (v ++ r) l i).
    { intros w. unfold fate_after. pose proof (reading_cases T None r w) as C. pose proof (reading_cut T None r w) as K.
      destruct (reading T None r w) as [r' l]. destruct C as [[-> ->]|(b & v & _ & _ & -> & J)].
      - exists (rev w), (ending T (rev w ++ r) Open). split; [apply ending_cut|reflexivity].
      - exists (b :: v), (ending T (b :: v ++ r) l). split; [|reflexivity].
        destruct l as [| |x]; cbn [ending]; try exact K.
        apply (ending_cut T (b :: v)). }
    assert (Placed : forall v l, cut T r <= cut_at T (v ++ r) l ->
      fate_at (v ++ r) l i = placed (hits_at T (v ++ r) l ++ listed (grows_at T (v ++ r) l)) i).
    { intros v l K. unfold fate_at. destruct l as [| |[h|]]; try reflexivity.
      destruct (Nat.leb_spec (cut_at T (v ++ r) (Halted (Matched h))) i); [lia|reflexivity]. }
    destruct (placed (snd (settled T r) ++ listed (growing T r)) i) as [|q s|h] eqn:P;
      [left|right|exfalso; eapply placed_not_withheld; exact P].
    - intros w. rewrite Same. destruct (After w) as (v & l & K & ->). rewrite Placed by exact K.
      destruct (placed (hits_at T (v ++ r) l ++ listed (grows_at T (v ++ r) l)) i) as [|q s|h] eqn:X;
        [reflexivity| |exfalso; eapply placed_not_withheld; exact X]. exfalso.
      apply placed_redacted in X. destruct X as (h & J & _ & _ & B).
      destruct (hits_more T v r l) as (more & M & Fr & _). rewrite M, <- app_assoc in J.
      assert (None_ : forall x, In x (snd (settled T r) ++ listed (growing T r)) -> ~ first x <= i < past x).
      { intros x I Y. pose proof (placed_in 0 _ (length r) x i (hits_chain T r Open) I Y) as Z. cbn [hits_at grows_at] in Z. congruence. }
      apply in_app_or in J. destruct J as [J|J].
      + apply (None_ h); [apply in_or_app; left; exact J|exact B].
      + apply Fr in J. unfold cut, redaction_cut in L. destruct (growing T r) as [g|] eqn:G; [|lia].
        destruct (growing_in _ _ _ G) as (F & _). apply (None_ g); [apply in_or_app; right; left; reflexivity|lia].
    - exists s. intros w. rewrite Same. destruct (After w) as (v & l & K & ->). rewrite Placed by exact K.
      apply known_placed. apply placed_redacted in P. destruct P as (h & J & _ & F & B). exists h. rewrite <- F. auto.
  Qed.
  (** What is decided has left: all but at most three bytes of a character that is not whole, and matches. *)
  Theorem what_is_decided_has_left limit chunks m events i : pushes T limit init chunks = (m, events) ->
    life_of m = Open -> i + 3 < cut_of m -> i < given m \/ exists s, known (seen m) s i.
  Proof.
    intros E O L. pose proof (pushes_follow T limit chunks init [] Open [] (init_follows T) ltac:(discriminate)) as F.
    rewrite E in F. destruct (reading T limit [] (concat chunks)) as [r l]. destruct F as [C R].
    rewrite (core_cut _ _ _ _ C) in L. rewrite (core_seen _ _ _ _ C). rewrite (core_life _ _ _ _ C) in O. subst l.
    unfold released in R. rewrite release_is in R. cbn [is_halted hits_at grows_at cut_at] in *.
    destruct (give_open r (cut T r) Open 0 (snd (settled T r)) eq_refl) as (done & rest & Es & D & Q & G).
    rewrite G in R. apply (f_equal (fun x => snd (fst x))) in R. cbn [fst snd] in R. rewrite <- R. clear R G. unfold end_of.
    assert (Base : snd (pass r 0 done) <= cut T r) by (apply pass_le; [lia|exact D]).
    pose proof (edge_near r (snd (pass r 0 done)) (cut T r)) as Near.
    destruct rest as [|h rest].
    - destruct (growing T r) as [g|] eqn:Gr; cbn [option_map]; [|left; lia].
      destruct (Nat.ltb_spec (first g) (cut T r)) as [K|K]; [|left; lia].
      destruct (Nat.lt_ge_cases i (max (snd (pass r 0 done)) (max (first g) (snd (pass r 0 done))))) as [X|X]; [left; exact X|right].
      exists (first g), g. rewrite Gr. split; [apply in_or_app; right; left; reflexivity|]. split; [reflexivity|].
      unfold cut, redaction_cut in L. rewrite Gr in L. lia.
    - destruct (Nat.ltb_spec (first h) (cut T r)) as [K|K]; [|left; lia].
      destruct (Nat.lt_ge_cases i (max (snd (pass r 0 done)) (max (first h) (snd (pass r 0 done))))) as [X|X]; [left; exact X|right].
      exists (first h), h. rewrite Es. split; [|split; [reflexivity|]].
      + apply in_or_app; left; apply in_or_app; right; left; reflexivity.
      + specialize (Q h rest eq_refl). lia.
  Qed.
End OfTable.
