(** What the guard promises, of the machine, for every table and every text. *)

From Coq Require Import ZArith Lia Bool List Arith.
From Interlock Require Import guard.Table guard.Machine guard.Threads guard.Decided guard.Release guard.Refinement.
Import ListNotations.

Section OfTable.
  Variable T : table.
  Variable limit : option nat.

  (** ** The machine is its definition *)

  Theorem machine_is_its_definition chunks :
    let (m, events) := pushes T limit init chunks in
    let (r, l) := reading T limit [] (concat chunks) in
    seen m = r /\ life_of m = l /\ cut_of m = cut_at T r l /\ events = out T r l.
  Proof.
    pose proof (pushes_follow T limit chunks init [] Open [] (init_follows T) ltac:(discriminate)) as F.
    destruct (pushes T limit init chunks) as [m events]. destruct (reading T limit [] (concat chunks)) as [r l].
    destruct F as [C R]. split; [exact (core_seen _ _ _ _ C)|]. split; [exact (core_life _ _ _ _ C)|].
    split; [exact (core_cut _ _ _ _ C)|]. unfold out. rewrite R. reflexivity.
  Qed.

  Theorem end_is_its_definition chunks :
    let (m, events) := pushes T limit init chunks in
    let (m', after) := finish m in
    let (r, l) := reading T limit [] (concat chunks) in
    life_of m' = ending T r l /\ cut_of m' = cut_at T r (ending T r l) /\ events ++ after = out T r (ending T r l).
  Proof.
    pose proof (pushes_follow T limit chunks init [] Open [] (init_follows T) ltac:(discriminate)) as F.
    destruct (pushes T limit init chunks) as [m events]. destruct (reading T limit [] (concat chunks)) as [r l].
    apply finish_follows in F. cbn [app] in F. destruct (finish m) as [m' after].
    destruct F as (A & B & R). split; [exact A|]. split; [exact B|]. unfold out. rewrite R. reflexivity.
  Qed.

  (** ** The cut into pieces changes nothing *)

  Lemma follows_same m m' r l e e' : follows T m r l e -> follows T m' r l e' -> m = m' /\ e = e'.
  Proof.
    intros [C R] [C' R']. rewrite R in R'. inversion R'. split; [|reflexivity].
    destruct m, m', C, C'; cbn in *. congruence.
  Qed.

  Theorem pieces_change_nothing chunks chunks' : concat chunks = concat chunks' ->
    pushes T limit init chunks = pushes T limit init chunks'.
  Proof.
    intros E.
    pose proof (pushes_follow T limit chunks init [] Open [] (init_follows T) ltac:(discriminate)) as F.
    pose proof (pushes_follow T limit chunks' init [] Open [] (init_follows T) ltac:(discriminate)) as F'.
    rewrite <- E in F'. destruct (pushes T limit init chunks) as [m e]. destruct (pushes T limit init chunks') as [m' e'].
    destruct (reading T limit [] (concat chunks)) as [r l]. cbn [app] in F, F'.
    destruct (follows_same _ _ _ _ _ _ F F') as [-> ->]. reflexivity.
  Qed.

  (** ** Halts *)

  Theorem halt_is_for_good m chunk w : life_of m = Halted w -> push T limit m chunk = (m, []) /\ finish m = (m, []).
  Proof. intros H; unfold push, finish. rewrite H. auto. Qed.

  Lemma out_bytes r l i b : In (Byte i b) (out T r l) -> i < cut_at T r l /\ b = get r i /\
    forall h, In h (hits_at T r l ++ listed (grows_at T r l)) -> ~ first h <= i < past h.
  Proof.
    unfold out, released. intros I.
    pose proof (release_spec r (cut_at T r l) l 0 (hits_at T r l) (grows_at T r l) (length r) (hits_chain T r l) ltac:(lia)) as S.
    destruct (release _ _ _ _ _ _) as [[events u] rest]. cbn [fst] in I. destruct S as (L & Bs & _).
    apply Bs in I. destruct I as [[J E] N]. repeat split; [lia|exact E|exact N].
  Qed.

  Lemma reached chunks : let (m, events) := pushes T limit init chunks in
    exists r l, reading T limit [] (concat chunks) = (r, l) /\ follows T m r l events /\ l <> Finished /\
      (r <> [] -> judge T limit r = l).
  Proof.
    pose proof (pushes_follow T limit chunks init [] Open [] (init_follows T) ltac:(discriminate)) as F.
    pose proof (reading_cases T limit [] (concat chunks)) as C.
    destruct (pushes T limit init chunks) as [m events].
    destruct (reading T limit [] (concat chunks)) as [r l] eqn:R. exists r, l. split; [reflexivity|]. split; [exact F|].
    destruct C as [[-> ->]|(b & w & N & N' & -> & J)].
    - split; [discriminate|]. rewrite app_nil_r in *. intros NE. clear -R NE.
      assert (H : forall t r, reading T limit r t = (rev t ++ r, Open) -> rev t ++ r = r \/ judge T limit (rev t ++ r) = Open).
      { induction t as [|b t IH]; cbn [reading rev]; intros r0 H; [left; reflexivity|].
        rewrite <- app_assoc in H |- *. cbn [app] in H |- *.
        destruct (judge T limit (b :: r0)) eqn:J; try (inversion H; fail).
        destruct (IH _ H) as [E|E]; right; [rewrite E; exact J|exact E]. }
      destruct (H (concat chunks) []) as [E|E]; rewrite app_nil_r in *; auto. contradiction.
    - split; [exact N'|]. intros _; exact J.
  Qed.

  (** The text ends at the first byte where a match of a pattern that halts is complete. *)
  Theorem halts_when_a_match_is_complete chunks m events : pushes T limit init chunks = (m, events) ->
    forall i p s, In (i, p) (halts T) -> s < length (seen m) -> reported p (seen m) s <> [] ->
    exists h, life_of m = Halted (Matched h) /\ first h <= s.
  Proof.
    intros E i p s I L N. pose proof (reached chunks) as Rd. rewrite E in Rd.
    destruct Rd as (r & l & _ & [C _] & _ & J). rewrite (core_seen _ _ _ _ C) in *.
    rewrite (core_life _ _ _ _ C). assert (r <> []) by (intros ->; cbn in L; lia). rewrite <- (J H).
    unfold judge. destruct (halt_hit T r) as [h|] eqn:H'.
    - exists h. split; [reflexivity|]. eapply halt_hit_least; eauto.
    - exfalso; apply N. eapply halt_hit_none; eauto.
  Qed.

  (** Of a match that halts no byte leaves, neither before it is complete nor after. *)
  Theorem no_byte_of_a_halt_match_leaves chunks m events : pushes T limit init chunks = (m, events) ->
    forall k p s more, In (k, p) (halts T) -> reported p (more ++ seen m) s <> [] ->
    forall i b, In (Byte i b) events -> i < s.
  Proof.
    intros E k p s more I N i b J. pose proof (reached chunks) as Rd. rewrite E in Rd.
    destruct Rd as (r & l & _ & [C R] & NF & Jd). rewrite (core_seen _ _ _ _ C) in *.
    assert (X : i < cut_at T r l).
    { apply (out_bytes r l i b). unfold out. rewrite R. exact J. }
    pose proof (cut_le T r).
    assert (X' : cut_at T r l <= cut T r) by (destruct l as [| |[]]; try contradiction; cbn [cut_at]; lia).
    destruct (Nat.lt_ge_cases s (length r)) as [L|L]; [|lia].
    destruct more as [|x more].
    - cbn [app] in N. assert (R' : r <> []) by (intros ->; cbn in L; lia). specialize (Jd R').
      unfold judge in Jd. destruct (halt_hit T r) as [h|] eqn:Hh.
      + pose proof (halt_hit_least T r h k p s Hh L I N). subst l. cbn [cut_at] in X. lia.
      + exfalso; apply N. eapply halt_hit_none; eauto.
    - cbn [app] in N. assert (A : alive (thread_of p (more ++ r) s) = true).
      { eapply reported_lived; [rewrite app_length; lia|exact N]. }
      apply lived_long in A; [|exact L].
      pose proof (halt_cut_live T r s (in_lives _ _ _ _ _ I A)). unfold cut in *; lia.
  Qed.

  (** The same where the end of the text makes it complete. *)
  Theorem no_byte_of_a_last_match_leaves chunks m events m' after :
    pushes T limit init chunks = (m, events) -> life_of m = Open -> finish m = (m', after) ->
    forall k p s, In (k, p) (halts T) -> at_last p s (length (seen m)) (seen m) (thread_of p (seen m) s) <> [] ->
    forall i b, In (Byte i b) (events ++ after) -> i < s.
  Proof.
    intros E O Fi k p s I N i b J. pose proof (reached chunks) as Rd. rewrite E in Rd.
    destruct Rd as (r & l & _ & F & _). pose proof F as [C _]. rewrite (core_seen _ _ _ _ C) in *.
    assert (l = Open) as -> by (rewrite <- (core_life _ _ _ _ C); exact O).
    apply finish_follows in F. rewrite Fi in F. destruct F as (_ & _ & R).
    assert (X : i < cut_at T r (ending T r Open)).
    { apply (out_bytes r (ending T r Open) i b). unfold out. rewrite R. exact J. }
    assert (A : alive (thread_of p r s) = true).
    { unfold at_last in N. destruct (alive _); [reflexivity|]. contradiction. }
    pose proof (in_lives _ _ _ _ _ I A) as A'. pose proof (halt_cut_live T r s A').
    cbn [ending] in X. destruct (last_hit T r) as [h|] eqn:Hh; [cbn [cut_at] in X; unfold cut in X; lia|].
    exfalso; apply N. pose proof (first_some_none _ _ s Hh ltac:(apply in_seq; apply lives_lt in A'; lia)) as Z.
    eapply first_report_none in Z; [exact Z|]. apply in_map_iff. exists (k, p). split; [reflexivity|exact I].
  Qed.

  (** ** Redactions *)

  Lemma out_not_redacted r l i b : l <> Finished -> In (Byte i b) (out T r l) ->
    forall more h, In h (redacted T (more ++ r)) -> ~ first h <= i < past h.
  Proof.
    intros NF I more h J K. apply out_bytes in I. destruct I as (L & _ & N).
    assert (X : cut_at T r l <= redaction_cut T r).
    { destruct l as [| |[]]; try contradiction; cbn [cut_at]; unfold cut; lia. }
    assert (H : hits_at T r l = snd (settled T r)) by (destruct l; [reflexivity|contradiction|reflexivity]).
    assert (G : grows_at T r l = growing T r) by (destruct l; [reflexivity|contradiction|reflexivity]).
    rewrite H, G in N. rewrite redacted_more in J. apply in_app_or in J. destruct J as [J|J].
    - apply (N h); [apply in_or_app; left; exact J|exact K].
    - pose proof (settled_le T r) as Le.
      pose proof (final_chain T (more ++ r) (fst (settled T r)) ltac:(rewrite app_length; lia)) as C.
      apply (chain_in _ _ _ _ C) in J. unfold redaction_cut in X.
      destruct (growing T r) as [g|] eqn:Gr; [|lia].
      destruct (growing_in _ _ _ Gr) as (F & _). apply (N g); [apply in_or_app; right; left; reflexivity|lia].
  Qed.

  (** Whatever follows: no byte that has left lies in a redaction of the whole text. *)
  Theorem no_redacted_byte_leaves chunks m events : pushes T limit init chunks = (m, events) ->
    forall i b more h, In (Byte i b) events -> In h (redacted T (more ++ seen m)) -> ~ first h <= i < past h.
  Proof.
    intros E i b more h I J. pose proof (reached chunks) as Rd. rewrite E in Rd.
    destruct Rd as (r & l & _ & [C R] & NF & _). rewrite (core_seen _ _ _ _ C) in J.
    eapply out_not_redacted; [exact NF| |exact J]. unfold out. rewrite R. exact I.
  Qed.

  (** And when the text has ended, none that leaves with the end. *)
  Theorem no_redacted_byte_leaves_with_the_end chunks m events m' after :
    pushes T limit init chunks = (m, events) -> finish m = (m', after) -> life_of m' = Finished ->
    forall i b h, In (Byte i b) (events ++ after) -> In h (redacted T (seen m)) -> ~ first h <= i < past h.
  Proof.
    intros E Fi Le i b h I J. pose proof (reached chunks) as Rd. rewrite E in Rd.
    destruct Rd as (r & l & _ & F & _). pose proof F as [C _]. rewrite (core_seen _ _ _ _ C) in J.
    apply finish_follows in F. rewrite Fi in F. destruct F as (A & _ & R). rewrite A in Le. rewrite Le in R.
    assert (X : In (Byte i b) (out T r Finished)) by (unfold out; rewrite R; exact I).
    apply out_bytes in X. apply X. apply in_or_app; left; exact J.
  Qed.

  (** Every match of a pattern that redacts is a redaction, or starts in one: its first byte does not leave. *)
  Theorem every_match_starts_redacted r k p s e : In (k, p) (redactions T) -> s < length r -> final_end p r s = Some e ->
    exists h, In h (redacted T r) /\ first h <= s < past h.
  Proof.
    intros I L E. destruct (redacted_facts T r) as (stop & _ & _ & _ & A).
    destruct (A s L) as [X|X]; [exact X|exfalso].
    pose proof (in_best T (fun p => final_end p r s) _ _ I) as J; cbv beta in J. rewrite E in J.
    apply (longest_some s) in J. destruct J as (h & J). unfold final_best in X. congruence.
  Qed.

  (** A redaction is a match, and none from the same start is longer. *)
  Theorem redactions_are_longest_matches r h : In h (redacted T r) ->
    (exists p, In (which h, p) (redactions T) /\ final_end p r (first h) = Some (past h)) /\
    forall k p e, In (k, p) (redactions T) -> final_end p r (first h) = Some e -> e <= past h.
  Proof.
    intros I. destruct (redacted_facts T r) as (stop & _ & _ & A & _). specialize (A h I).
    split; [apply (final_best_in T r _ h A)|]. intros k p e J E.
    pose proof (in_best T (fun p => final_end p r (first h)) _ _ J) as K; cbv beta in K. rewrite E in K.
    eapply longest_most; [exact A|exact K].
  Qed.

  (** What leaves of a text that ends well is the text, with its redactions replaced and nothing else changed. *)
  Theorem whole_text_with_its_redactions_replaced r :
    out T r Finished = fst (pass r 0 (redacted T r)) ++ text r (snd (pass r 0 (redacted T r))) (length r).
  Proof.
    unfold out, released. cbn [hits_at grows_at cut_at].
    pose proof (hits_chain T r Finished) as C. cbn [hits_at grows_at listed] in C. rewrite app_nil_r in C.
    rewrite <- (app_nil_r (redacted T r)) at 1.
    rewrite release_pass by (intros h I; apply (chain_in _ _ _ _ C) in I; lia).
    destruct (pass r 0 (redacted T r)) as [events base]. reflexivity.
  Qed.

  (** ** Nothing is lost *)

  (** What left stands for the text up to a place, and what waits is the rest of what was read. *)
  Theorem released_and_held_are_what_was_read chunks m events : pushes T limit init chunks = (m, events) ->
    flat_map (source (seen m)) events ++ bytes (seen m) (given m) (read m) = rev (seen m).
  Proof.
    intros E. pose proof (reached chunks) as Rd. rewrite E in Rd.
    destruct Rd as (r & l & _ & [C R] & _ & _). rewrite (core_seen _ _ _ _ C), (core_read _ _ _ _ C).
    unfold released in R.
    pose proof (release_spec r (cut_at T r l) l 0 (hits_at T r l) (grows_at T r l) (length r) (hits_chain T r l) ltac:(lia)) as S.
    rewrite R in S. destruct S as (L & _ & _ & So). rewrite So, <- bytes_split; [apply bytes_all|].
    pose proof (cut_le T r). split; [lia|]. destruct l as [| |[]]; cbn [cut_at] in L; lia.
  Qed.

  (** Until a halt that is the whole input. *)
  Theorem until_a_halt_nothing_is_lost chunks m events : pushes T limit init chunks = (m, events) -> life_of m = Open ->
    flat_map (source (seen m)) events ++ bytes (seen m) (given m) (read m) = concat chunks.
  Proof.
    intros E O. rewrite (released_and_held_are_what_was_read _ _ _ E).
    pose proof (reached chunks) as Rd. rewrite E in Rd. destruct Rd as (r & l & R & [C _] & _ & _).
    rewrite (core_seen _ _ _ _ C). rewrite (core_life _ _ _ _ C) in O. subst l.
    pose proof (reading_cases T limit [] (concat chunks)) as Cs. rewrite R in Cs.
    destruct Cs as [[_ ->]|(b & w & N & _)]; [|contradiction]. rewrite app_nil_r. apply rev_involutive.
  Qed.

  (** And when the text ends without a halt, all of it has left. *)
  Theorem at_the_end_nothing_is_held chunks m events m' after :
    pushes T limit init chunks = (m, events) -> finish m = (m', after) -> life_of m' = Finished ->
    flat_map (source (seen m)) (events ++ after) = concat chunks.
  Proof.
    intros E Fi Le. pose proof (reached chunks) as Rd. rewrite E in Rd. destruct Rd as (r & l & R & F & NF & _).
    pose proof F as [C _]. apply finish_follows in F. rewrite Fi in F. destruct F as (A & _ & Re).
    rewrite A in Le. rewrite Le in Re.
    assert (O : l = Open) by (destruct l; [reflexivity|contradiction|discriminate]). subst l.
    pose proof (reading_cases T limit [] (concat chunks)) as Cs. rewrite R in Cs.
    destruct Cs as [[_ Er]|(b & w & N & _)]; [|contradiction].
    rewrite (core_seen _ _ _ _ C).
    assert (X : events ++ after = out T r Finished) by (unfold out; rewrite Re; reflexivity).
    rewrite X, whole_text_with_its_redactions_replaced, flat_map_app, source_text.
    assert (P : forall hits from upto, chain from hits upto ->
      flat_map (source r) (fst (pass r from hits)) = bytes r from (snd (pass r from hits))).
    { induction hits as [|h hits IH]; cbn [chain pass]; intros from upto Ch; [cbn [flat_map fst snd]; rewrite bytes_empty by lia; reflexivity|].
      destruct Ch as (P & Q & Ch). specialize (IH _ _ Ch). pose proof (pass_chain r _ _ _ Ch) as B.
      destruct (pass r (past h) hits) as [ev u]. cbn [fst snd] in *.
      rewrite flat_map_app, source_text. cbn [flat_map source].
      change (fun e => source r e) with (source r). rewrite IH.
      rewrite <- (bytes_split r (first h)) by lia. rewrite <- (bytes_split r from) by lia. reflexivity. }
    pose proof (hits_chain T r Finished) as Ch. cbn [hits_at grows_at listed] in Ch. rewrite app_nil_r in Ch.
    rewrite (P _ _ _ Ch). pose proof (pass_chain r _ _ _ Ch) as B. rewrite <- (bytes_split r 0) by lia.
    rewrite bytes_all, Er, app_nil_r. apply rev_involutive.
  Qed.
End OfTable.
