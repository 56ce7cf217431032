(** Nothing waits that every continuation would let go: each byte that is held has two continuations that make different
    things of it. What that asks of a table is [exact]; [Certificate.v] shows of a table that it has it. *)

From Coq Require Import ZArith Lia Bool List Arith.
From Interlock Require Import guard.Table guard.Threads guard.Decided guard.Release guard.Refinement guard.Promises
  guard.Fates.
Import ListNotations.

Definition is_byte (b : Z) : Prop := (0 <= b < 256)%Z.

(** From a state, read on: a match may come. *)
Fixpoint can_match (p : pattern) (st : nat) (w : list Z) : bool :=
  match w with
  | [] => at_end (flags p st)
  | b :: w =>
      let f := flags p (next p st b) in
      before f || now f || live f && can_match p (next p st b) w
  end.

(** From a state, read on: none comes. *)
Fixpoint can_fail (p : pattern) (st : nat) (w : list Z) : bool :=
  match w with
  | [] => negb (at_end (flags p st))
  | b :: w =>
      let f := flags p (next p st b) in
      negb (before f) && negb (now f) && (negb (live f) || can_fail p (next p st b) w)
  end.

(** What a state says of the future is true: where it says that a match may come one may; where the text's end would
    make one, something that follows makes none; and where what follows would make that very match whatever it is, the
    state says [now]. *)
Record exact (p : pattern) : Prop := {
  unchecked : forall m, passes p m = true;
  live_is_true : forall st, live (flags p st) = true -> exists w, Forall is_byte w /\ can_match p st w = true }.

Definition exact_redaction (p : pattern) : Prop :=
  exact p /\ forall st, live (flags p st) = true -> at_end (flags p st) = true ->
    exists w, Forall is_byte w /\ can_fail p st w = true.

Definition exact_halt (p : pattern) : Prop :=
  exact p /\ forall st, live (flags p st) = true -> at_end (flags p st) = true ->
    exists b, is_byte b /\ before (flags p (next p st b)) = false.

Definition exact_table (T : table) : Prop :=
  NoDup (map fst (halts T)) /\ NoDup (map fst (redactions T)) /\
  (forall i p, In (i, p) (halts T) -> exact_halt p) /\
  (forall i p, In (i, p) (redactions T) -> exact_redaction p).

Section OfTable.
  Variable T : table.

  Local Notation fate_of := (Fates.fate_of T).
  Local Notation fate_at := (Fates.fate_at T).
  Local Notation fate_after := (Fates.fate_after T).
  Local Notation known := (Fates.known T).

  (** ** Steps of one thread *)

  Lemma reports_unchecked p s b r st : exact p -> s < length r ->
    reports p s (S (length r)) (b :: r) st =
      (if before (flags p st) then [length r] else []) ++ (if now (flags p st) then [S (length r)] else []).
  Proof.
    intros E L. unfold reports. rewrite !(unchecked _ E), !Bool.andb_true_r.
    destruct (Nat.ltb_spec (S s) (S (length r))); [|lia]. rewrite Bool.andb_true_r.
    replace (S (length r) - 1) with (length r) by lia. reflexivity.
  Qed.

  Lemma step_alive p b r s : s < length r -> alive (thread_of p r s) = true ->
    let st := next p (state (thread_of p r s)) b in
    thread_of p (b :: r) s = {| state := st; alive := live (flags p st);
      found := latest (found (thread_of p r s)) (reports p s (S (length r)) (b :: r) st) |} /\
    reported p (b :: r) s = reports p s (S (length r)) (b :: r) st.
  Proof. intros L A. rewrite thread_of_next, reported_next by exact L. unfold advance. rewrite A. auto. Qed.

  Lemma match_step p b w r s : exact p -> s < length r -> alive (thread_of p r s) = true ->
    can_match p (state (thread_of p r s)) (b :: w) = true ->
    (reported p (b :: r) s <> [] /\ exists e, found (thread_of p (b :: r) s) = Some e /\ length r <= e) \/
    (alive (thread_of p (b :: r) s) = true /\ can_match p (state (thread_of p (b :: r) s)) w = true).
  Proof.
    intros E L A M. destruct (step_alive p b r s L A) as [-> ->]. rewrite reports_unchecked by assumption.
    cbn [can_match] in M. cbn [alive state found].
    destruct (before (flags p _)); cbn [orb] in M; [left|].
    { split; [discriminate|]. destruct (now _); eexists; (split; [reflexivity|lia]). }
    destruct (now (flags p _)); cbn [orb] in M; [left|right].
    { split; [discriminate|]. eexists; (split; [reflexivity|lia]). }
    apply andb_prop in M. exact M.
  Qed.

  Lemma judge_open r : halt_hit T r = None -> judge T None r = Open.
  Proof. intros H; unfold judge; rewrite H. reflexivity. Qed.

  Lemma judge_hit r h : halt_hit T r = Some h -> judge T None r = Halted (Matched h).
  Proof. intros H; unfold judge; rewrite H. reflexivity. Qed.

  Hint Resolve in_lives : core.

  (** ** Halts *)

  Lemma halt_run w : forall r k p s, exact p -> In (k, p) (halts T) -> s < length r ->
    alive (thread_of p r s) = true -> can_match p (state (thread_of p r s)) w = true ->
    let (r', l) := reading T None r w in
    exists h, ending T r' l = Halted (Matched h) /\ cut_at T r' (Halted (Matched h)) <= s.
  Proof.
    induction w as [|b w IH]; intros r k p s E I L A M; cbn [reading].
    - cbn [ending]. destruct (last_hit T r) as [h|] eqn:H.
      + exists h. split; [reflexivity|]. cbn [cut_at]. pose proof (halt_cut_live T r s (in_lives _ _ _ _ _ I A)).
        unfold cut; lia.
      + exfalso. pose proof (first_some_none _ _ s H ltac:(apply in_seq; lia)) as Z.
        eapply (first_report_none _ _ k) in Z; [|apply in_map_iff; exists (k, p); split; [reflexivity|exact I]].
        cbn [snd] in Z. unfold at_last in Z. rewrite A, (unchecked _ E) in Z. cbn [can_match] in M. rewrite M in Z. discriminate.
    - pose proof (match_step p b w r s E L A M) as S.
      assert (L' : s < length (b :: r)) by (cbn; lia).
      destruct (halt_hit T (b :: r)) as [h|] eqn:H.
      + rewrite (judge_hit _ _ H). exists h. split; [reflexivity|]. cbn [cut_at].
        destruct S as [[N _]|[A' _]].
        * pose proof (halt_hit_least T _ _ _ _ _ H L' I N). lia.
        * pose proof (halt_cut_live T _ s (in_lives _ _ _ _ _ I A')). unfold cut; lia.
      + rewrite (judge_open _ H). destruct S as [[N _]|[A' M']].
        * exfalso; apply N. eapply halt_hit_none; eauto.
        * eapply IH; eauto.
  Qed.

  Lemma same_pattern (ps : list (nat * pattern)) k p p' : NoDup (map fst ps) -> In (k, p) ps -> In (k, p') ps -> p = p'.
  Proof.
    induction ps as [|[j q] ps IH]; cbn; intros N I J; [contradiction|].
    inversion N; subst.
    assert (out_ : forall x, In (k, x) ps -> j <> k).
    { intros x K ->. apply H1. apply in_map_iff. exists (k, x); auto. }
    destruct I as [I|I], J as [J|J]; try (inversion I; subst); try (inversion J; subst); auto.
    - exfalso; eapply out_; eauto.
    - exfalso; eapply out_; eauto.
  Qed.

  Variable good : exact_table T.

  (** If the end of the text halted it, one more byte makes something else of it. *)
  Lemma end_is_not_all r h i : last_hit T r = Some h ->
    exists b, is_byte b /\ fate_after r [b] i <> Withheld h.
  Proof.
    intros H. destruct good as (NH & _ & GH & _).
    destruct (last_hit_in _ _ _ H) as (L & P & p & I & A & Z).
    destruct (GH _ _ I) as [E F].
    destruct (live (flags p (state (thread_of p r (first h))))) eqn:V.
    2: { exfalso. clear -A V L. destruct r as [|b r]; [cbn in L; lia|].
         destruct (Nat.eq_dec (first h) (length r)) as [X|X].
         - rewrite X, thread_of_first in *. cbn [advance fresh alive fst state] in *. congruence.
         - cbn [length] in L. rewrite thread_of_next in * by lia. unfold advance in *.
           destruct (alive (thread_of p r (first h))) eqn:B; cbn [fst alive state] in *; congruence. }
    destruct (F _ V Z) as (b & Ib & B). exists b. split; [exact Ib|].
    unfold fate_after. cbn [reading]. intros W.
    destruct (halt_hit T (b :: r)) as [x|] eqn:X.
    - rewrite (judge_hit _ _ X) in W. cbn [ending] in W. apply fate_withheld in W. inversion W; subst x.
      destruct (halt_hit_in _ _ _ X) as (_ & p' & ends & I' & Re).
      rewrite (same_pattern _ _ _ _ NH I' I) in Re.
      destruct (step_alive p b r (first h) L A) as [_ R']. rewrite R', reports_unchecked in Re by assumption.
      rewrite B in Re. cbn [app] in Re. destruct (now _); inversion Re. lia.
    - rewrite (judge_open _ X) in W. apply fate_withheld in W. cbn [ending] in W.
      destruct (last_hit T (b :: r)) as [x|] eqn:Y; [|discriminate]. inversion W; subst x.
      destruct (last_hit_in _ _ _ Y) as (_ & P' & _). cbn [length] in P'. lia.
  Qed.

  Definition two_fates (r : list Z) (i : nat) : Prop :=
    exists w w', Forall is_byte w /\ Forall is_byte w' /\ fate_after r w i <> fate_after r w' i.

  (** If the text ended now and a match halted it, there is another fate. *)
  Lemma two_if_withheld r i h : cut T r <= i -> last_hit T r = Some h -> two_fates r i.
  Proof.
    intros K H. destruct (end_is_not_all r h i H) as (b & B & N).
    exists [], [b]. split; [constructor|]. split; [constructor; [exact B|constructor]|].
    unfold fate_after at 1. cbn [reading ending]. rewrite H, withheld_at; [congruence|]. cbn [cut_at]. lia.
  Qed.

  Lemma two_if_halt_lives r i : halt_cut T r <= i -> i < length r -> cut T r <= i -> two_fates r i.
  Proof.
    intros K L C. destruct good as (_ & _ & GH & _).
    destruct (last_hit T r) as [h|] eqn:H; [eapply two_if_withheld; eauto|].
    destruct (halt_cut_is T r) as [X|X]; [lia|].
    destruct (lives_in _ _ _ X) as (k & p & I & A). destruct (GH _ _ I) as [E _].
    assert (V : live (flags p (state (thread_of p r (halt_cut T r)))) = true).
    { clear -A. set (s := halt_cut T r) in *. clearbody s. destruct r as [|b r]; [discriminate|].
      destruct (Nat.lt_trichotomy s (length r)) as [X|[->|X]].
      - rewrite thread_of_next in * by exact X. unfold advance in *.
        destruct (alive (thread_of p r s)) eqn:B; cbn [fst alive state] in *; congruence.
      - rewrite thread_of_first in *. cbn [advance fresh alive fst state] in *. congruence.
      - rewrite thread_of_far in A by (cbn; lia). discriminate. }
    destruct (live_is_true _ E _ V) as (w & B & M).
    pose proof (halt_run w r k p (halt_cut T r) E I ltac:(lia) A M) as Run.
    exists w, []. split; [exact B|]. split; [constructor|].
    unfold fate_after. destruct (reading T None r w) as [r' l]. destruct Run as (h & -> & Cu).
    rewrite withheld_at by lia. cbn [reading ending]. rewrite H. unfold fate_at. intros Y; symmetry in Y.
    eapply placed_not_withheld; exact Y.
  Qed.

  (** ** Redactions *)

  Lemma halted_fate r s i h : fst (settled T r) = s -> s <= i -> withheld_or_from s (fate_at r (Halted (Matched h)) i).
  Proof.
    intros S L. unfold fate_at. destruct (cut_at T r (Halted (Matched h)) <=? i) eqn:Q; [left; eauto|].
    apply Nat.leb_gt in Q. cbn [cut_at] in Q. right.
    assert (K : known r s i).
    { unfold cut, redaction_cut in Q. destruct (growing T r) as [g|] eqn:G; [|exfalso; lia].
      exists g. rewrite G. split; [apply in_or_app; right; left; reflexivity|].
      destruct (growing_in _ _ _ G) as (F & _). split; [congruence|lia]. }
    exact (known_placed T r s i [] (Halted (Matched h)) K).
  Qed.

  Lemma search_stops r s : lives (redactions T) r s = true -> search_from T r s = (s, []).
  Proof.
    intros L. pose proof (lives_lt _ _ _ L). unfold search_from.
    destruct (length r) as [|n] eqn:E; [lia|]. cbn [scan]. destruct (Nat.leb_spec (S n) s); [lia|]. rewrite L. reflexivity.
  Qed.

  (** A thread that lives where the search stopped, and what a match of it does. *)
  Lemma red_run w : forall r k p s i, exact p -> In (k, p) (redactions T) -> fst (settled T r) = s -> s <= i < length r ->
    alive (thread_of p r s) = true -> can_match p (state (thread_of p r s)) w = true ->
    withheld_or_from s (fate_after r w i).
  Proof.
    induction w as [|b w IH]; intros r k p s i E I S L A M.
    - unfold fate_after. cbn [reading ending]. destruct (last_hit T r) as [h|] eqn:H; [apply halted_fate; [exact S|lia]|].
      right. unfold fate_at. cbn [hits_at grows_at listed]. rewrite app_nil_r.
      pose proof (hits_chain T r Finished) as C. cbn [hits_at grows_at listed] in C. rewrite app_nil_r in C.
      assert (FE : final_end p r s = Some (length r)).
      { unfold final_end, at_last. rewrite A, (unchecked _ E). cbn [can_match] in M. rewrite M. reflexivity. }
      destruct (every_match_starts_redacted T r k p s (length r) I ltac:(lia) FE) as (h & J & K).
      pose proof (redacted_more T [] r) as RM. cbn [app] in RM.
      assert (F : first h = s).
      { pose proof (settled_facts T r) as SF. destruct (settled T r) as [stop hits] eqn:St; cbn [fst snd] in *.
        rewrite RM in J. apply in_app_or in J. destruct J as [J|J].
        - destruct SF as (Ch & _). apply (chain_in _ _ _ _ Ch) in J. lia.
        - pose proof (final_chain T r stop ltac:(lia)) as FC. apply (chain_in _ _ _ _ FC) in J. lia. }
      destruct (redactions_are_longest_matches T r h J) as [_ Most]. rewrite F in Most.
      specialize (Most _ _ _ I FE). exists (which h). rewrite <- F. eapply placed_in; [exact C|exact J|lia].
    - assert (B : s < length r) by lia.
      pose proof (match_step p b w r s E B A M) as St.
      assert (Kn : known (b :: r) s i \/
        (fst (settled T (b :: r)) = s /\ alive (thread_of p (b :: r) s) = true /\
         can_match p (state (thread_of p (b :: r) s)) w = true)).
      { pose proof (settled_more T [b] r) as SM. cbn [app] in SM. rewrite S in SM.
        pose proof (search_head T [b] r ltac:(lia)) as SH. cbn [app] in SH. rewrite S in SH.
        destruct St as [[_ (e & Fe & Le)]|[A' M']].
        - left. destruct (search_from T (b :: r) s) as [stop hits].
          pose proof (in_best T (fun p => found (thread_of p (b :: r) s)) _ _ I) as J; cbv beta in J. rewrite Fe in J.
          destruct (longest_some s _ _ _ J) as (h & Bh). pose proof (longest_most _ _ _ _ _ Bh J) as Mo.
          pose proof (longest_first _ _ _ Bh) as Fh.
          change (best T (b :: r) s = Some h) in Bh.
          exists h. rewrite SM; cbn [snd]. split; [|split; [exact Fh|lia]].
          destruct SH as [(-> & -> & _)|[(x & X & more & ->)|X]]; [| |congruence].
          + apply in_or_app; right. unfold growing. rewrite SM; cbn [fst].
            destruct (Nat.leb_spec (length (b :: r)) s); [cbn [length] in *; lia|]. rewrite Bh. left; reflexivity.
          + rewrite X in Bh; inversion Bh; subst x. apply in_or_app; left; apply in_or_app; right; left; reflexivity.
        - right. rewrite (search_stops _ _ (in_lives _ _ _ _ _ I A')) in SM. rewrite SM. auto. }
      unfold fate_after. cbn [reading]. destruct (halt_hit T (b :: r)) as [h|] eqn:H.
      + rewrite (judge_hit _ _ H). cbn [ending]. destruct Kn as [Kn|(S' & _)].
        * exact (known_fate T (b :: r) s i [] _ Kn).
        * apply halted_fate; [exact S'|lia].
      + rewrite (judge_open _ H). change (withheld_or_from s (fate_after (b :: r) w i)).
        destruct Kn as [Kn|(S' & A' & M')]; [apply known_fate_after; exact Kn|].
        eapply IH; eauto. cbn [length]; lia.
  Qed.

  (** A thread that fails covers nothing more. *)
  Lemma fail_run w : forall r k p s i, exact p -> In (k, p) (redactions T) -> s < length r ->
    (alive (thread_of p r s) = true -> can_fail p (state (thread_of p r s)) w = true) ->
    (forall e, found (thread_of p r s) = Some e -> e <= i) ->
    fate_after r w i <> Redacted k s.
  Proof.
    assert (Not : forall r k p s i l, In (k, p) (redactions T) -> (forall e, found (thread_of p r s) = Some e -> e <= i) ->
      l <> Finished \/ at_last p s (length r) r (thread_of p r s) = [] -> fate_at r l i <> Redacted k s).
    { intros r k p s i l I F O W. destruct good as (_ & NR & _).
      assert (P : placed (hits_at T r l ++ listed (grows_at T r l)) i = Redacted k s).
      { unfold fate_at in W. destruct l as [| |[]]; try exact W. destruct (_ <=? i); [discriminate|exact W]. }
      apply placed_redacted in P. destruct P as (h & J & Wh & Fh & L). subst k s.
      assert (Found : found (thread_of p r (first h)) = Some (past h)).
      { assert (Open_ : In h (snd (settled T r) ++ listed (growing T r)) -> best T r (first h) = Some h).
        { intros K. apply in_app_or in K. destruct K as [K|K].
          - pose proof (settled_facts T r) as SF. destruct (settled T r) as [stop hits]. apply SF in K. apply K.
          - destruct (growing T r) as [g|] eqn:G; [|contradiction]. destruct K as [->|[]].
            destruct (growing_in _ _ _ G) as (_ & _ & _ & Be & _). exact Be. }
        assert (Fin : In h (redacted T r) -> at_last p (first h) (length r) r (thread_of p r (first h)) = [] ->
          found (thread_of p r (first h)) = Some (past h)).
        { intros K Z. destruct (redactions_are_longest_matches T r h K) as [(q & Q & FE) _].
          rewrite (same_pattern _ _ _ _ NR Q I) in FE. unfold final_end in FE. rewrite Z in FE. exact FE. }
        assert (Take : best T r (first h) = Some h -> found (thread_of p r (first h)) = Some (past h)).
        { intros K. apply best_in in K. destruct K as (_ & q & Q & FE). rewrite (same_pattern _ _ _ _ NR Q I) in FE. exact FE. }
        destruct l as [| |w']; cbn [hits_at grows_at] in J.
        - auto.
        - destruct O as [O|O]; [contradiction|]. cbn [listed] in J. rewrite app_nil_r in J. auto.
        - auto. }
      apply F in Found. lia. }
    induction w as [|b w IH]; intros r k p s i E I L A F; unfold fate_after; cbn [reading].
    - eapply Not; eauto. right. unfold at_last. destruct (alive (thread_of p r s)) eqn:Al; [|reflexivity].
      specialize (A eq_refl). cbn [can_fail] in A. destruct (at_end _); [discriminate|reflexivity].
    - assert (N : (alive (thread_of p (b :: r) s) = true -> can_fail p (state (thread_of p (b :: r) s)) w = true) /\
        (forall e, found (thread_of p (b :: r) s) = Some e -> e <= i)).
      { destruct (alive (thread_of p r s)) eqn:Al.
        - specialize (A eq_refl). cbn [can_fail] in A. destruct (step_alive p b r s L Al) as [-> _].
          rewrite reports_unchecked by assumption. cbn [alive state found].
          destruct (before (flags p _)); [discriminate|]. destruct (now (flags p _)); [discriminate|].
          cbn [negb andb orb app] in *. split; [|exact F]. intros V. rewrite V in A. exact A.
        - destruct (gone_stays p b r s L Al) as [-> _]. rewrite Al. split; [discriminate|exact F]. }
      destruct N as [A' F']. destruct (halt_hit T (b :: r)) as [h|] eqn:H.
      + rewrite (judge_hit _ _ H). cbn [ending]. eapply Not; [exact I|exact F'|left; discriminate].
      + rewrite (judge_open _ H). change (fate_after (b :: r) w i <> Redacted k s).
        eapply IH; eauto. cbn [length]; lia.
  Qed.

  Lemma alive_is_live p r s : alive (thread_of p r s) = true -> live (flags p (state (thread_of p r s))) = true.
  Proof.
    intros A. destruct r as [|b r]; [discriminate|].
    destruct (Nat.lt_trichotomy s (length r)) as [X|[->|X]].
    - rewrite thread_of_next in * by exact X. unfold advance in *.
      destruct (alive (thread_of p r s)) eqn:B; cbn [fst alive state] in *; congruence.
    - rewrite thread_of_first in *. cbn [advance fresh alive fst state] in *. congruence.
    - rewrite thread_of_far in A by (cbn; lia). discriminate.
  Qed.

  Lemma two_if_redaction_lives r i : redaction_cut T r <= i -> i < length r -> cut T r <= i -> two_fates r i.
  Proof.
    intros K L C. destruct good as (_ & NR & _ & GR).
    destruct (last_hit T r) as [h|] eqn:H; [eapply two_if_withheld; eauto|].
    set (s := fst (settled T r)). pose proof (redaction_cut_bounds T r) as RB. fold s in RB.
    assert (Lv : lives (redactions T) r s = true).
    { pose proof (settled_facts T r) as SF. unfold s in *. destruct (settled T r); cbn [fst] in *. apply SF; lia. }
    destruct (lives_in _ _ _ Lv) as (k & p & I & A). destruct (GR _ _ I) as [E _].
    destruct (live_is_true _ E _ (alive_is_live _ _ _ A)) as (w & B & M).
    pose proof (red_run w r k p s i E I eq_refl ltac:(lia) A M) as W.
    (* the text ends here *)
    assert (Now : fate_after r [] i = placed (redacted T r) i).
    { unfold fate_after. cbn [reading ending]. rewrite H. unfold fate_at. cbn [hits_at grows_at listed]. rewrite app_nil_r. reflexivity. }
    destruct (placed (redacted T r) i) as [|q s'|h] eqn:P; [| |exfalso; eapply placed_not_withheld; exact P].
    - exists w, []. split; [exact B|]. split; [constructor|]. rewrite Now. destruct W as [(h & ->)|(q & ->)]; discriminate.
    - destruct (Nat.eq_dec s' s) as [->|N].
      2: { exists w, []. split; [exact B|]. split; [constructor|]. rewrite Now.
           destruct W as [(h & ->)|(q' & ->)]; [discriminate|congruence]. }
      apply placed_redacted in P. destruct P as (h & J & Wh & Fh & Li).
      destruct (redactions_are_longest_matches T r h J) as [(p' & I' & FE) _]. rewrite Wh in I'. rewrite Fh in FE.
      destruct (GR _ _ I') as [E' Fa].
      assert (Fo : forall e, found (thread_of p' r s) = Some e -> e <= i).
      { intros e Fe. pose proof (in_best T (fun p => found (thread_of p r s)) _ _ I') as J'; cbv beta in J'. rewrite Fe in J'.
        destruct (longest_some s _ _ _ J') as (g & Bg). pose proof (longest_most _ _ _ _ _ Bg J') as Mo.
        change (best T r s = Some g) in Bg. unfold redaction_cut, growing in K. fold s in K.
        destruct (Nat.leb_spec (length r) s); [lia|]. rewrite Bg in K. lia. }
      unfold final_end, at_last in FE.
      destruct (alive (thread_of p' r s)) eqn:A'; [|cbn [andb latest fold_left] in FE; apply Fo in FE; lia].
      destruct (at_end (flags p' (state (thread_of p' r s)))) eqn:Z;
        [|cbn [andb latest fold_left] in FE; apply Fo in FE; lia].
      destruct (Fa _ (alive_is_live _ _ _ A') Z) as (w' & B' & CF).
      exists [], w'. split; [constructor|]. split; [exact B'|]. rewrite Now. intros X. symmetry in X.
      revert X. apply (fail_run w' r q p' s i E' I'); [lia|intros _; exact CF|exact Fo].
  Qed.

  (** Every byte at the cut or behind it has two continuations that make different things of it. *)
  Theorem hold_back_is_minimal t r i : reading T None [] t = (r, Open) -> cut T r <= i < length r ->
    exists w w', Forall is_byte w /\ Forall is_byte w' /\ fate_of (t ++ w) i <> fate_of (t ++ w') i.
  Proof.
    intros R [C L].
    assert (W : two_fates r i).
    { destruct (Nat.le_gt_cases (redaction_cut T r) i); [apply two_if_redaction_lives; assumption|].
      apply two_if_halt_lives; [unfold cut in C; lia|assumption|assumption]. }
    assert (Same : forall w, fate_of (t ++ w) i = fate_after r w i).
    { intros w. unfold fate_of, fate_after. rewrite reading_app, R. reflexivity. }
    destruct W as (w & w' & B & B' & N). exists w, w'. rewrite !Same. auto.
  Qed.
  (** So none of them may leave: for some continuation it would be a byte that must not. *)
  Theorem no_held_byte_may_leave t r i : reading T None [] t = (r, Open) -> cut T r <= i < length r ->
    exists w, Forall is_byte w /\ fate_of (t ++ w) i <> Leaves.
  Proof.
    intros R L. destruct (hold_back_is_minimal t r i R L) as (w & w' & B & B' & N).
    destruct (fate_of (t ++ w) i) eqn:F; [|exists w; rewrite F; split; [exact B|discriminate]..].
    exists w'. split; [exact B'|]. congruence.
  Qed.
End OfTable.
