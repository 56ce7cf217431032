(** What is decided stays as it is, whatever follows; and what leaves of it. *)

From Coq Require Import ZArith Lia Bool List Arith.
From Interlock Require Import guard.Table guard.Threads.
Import ListNotations.

Lemma not_live ps r s : lives ps r s = false ->
  forall i p, In (i, p) ps -> alive (thread_of p r s) = false.
Proof.
  unfold lives; intros L i p I. destruct (alive (thread_of p r s)) eqn:A; [|reflexivity].
  rewrite (proj2 (existsb_exists _ _)) in L; [discriminate|]. exists (i, p); auto.
Qed.

Lemma lives_in ps r s : lives ps r s = true -> exists i p, In (i, p) ps /\ alive (thread_of p r s) = true.
Proof. intros L. apply existsb_exists in L. destruct L as ([i p] & I & A). eauto. Qed.

Lemma in_lives ps r s i p : In (i, p) ps -> alive (thread_of p r s) = true -> lives ps r s = true.
Proof. intros I A. apply existsb_exists. exists (i, p); auto. Qed.

Lemma lives_lt ps r s : lives ps r s = true -> s < length r.
Proof.
  intros L. destruct (lives_in _ _ _ L) as (i & p & _ & A).
  destruct (Nat.lt_ge_cases s (length r)) as [|F]; [assumption|].
  rewrite thread_of_far in A by exact F. discriminate.
Qed.

Section OfTable.
  Variable T : table.

  Lemma dead_stays ps w r s : s < length r -> lives ps r s = false -> lives ps (w ++ r) s = false.
  Proof.
    intros L D. destruct (lives ps (w ++ r) s) eqn:E; [|reflexivity].
    destruct (lives_in _ _ _ E) as (i & p & I & A).
    rewrite gone_stays_long in A; [|exact L|eapply not_live; eauto].
    rewrite (not_live _ _ _ D _ _ I) in A; discriminate.
  Qed.

  Lemma lived_before ps w r s : s < length r -> lives ps (w ++ r) s = true -> lives ps r s = true.
  Proof. intros L A. destruct (lives ps r s) eqn:E; [reflexivity|]. rewrite dead_stays in A; auto. Qed.

  Lemma dead_best w r s : s < length r -> lives (redactions T) r s = false -> best T (w ++ r) s = best T r s.
  Proof.
    intros L D; unfold best. f_equal. apply map_ext_in. intros [i p] I; cbn [fst snd].
    rewrite gone_stays_long; [reflexivity|exact L|eapply not_live; eauto].
  Qed.

  Lemma dead_final_best w r s : s < length r -> lives (redactions T) r s = false ->
    final_best T (w ++ r) s = best T r s.
  Proof.
    intros L D; unfold best, final_best. f_equal. apply map_ext_in. intros [i p] I; cbn [fst snd].
    unfold final_end, at_last. rewrite gone_stays_long; [|exact L|eapply not_live; eauto].
    rewrite (not_live _ _ _ D _ _ I). reflexivity.
  Qed.

  Lemma in_map_best r s (f : pattern -> list Z -> nat -> option nat) i e : In (i, Some e) (map (fun ip : nat * pattern => (fst ip, f (snd ip) r s)) (redactions T)) ->
    exists p, In (i, p) (redactions T) /\ f p r s = Some e.
  Proof. intros I. apply in_map_iff in I. destruct I as ([j p] & E & I). inversion E; subst. eauto. Qed.

  Lemma best_in r s h : best T r s = Some h ->
    first h = s /\ exists p, In (which h, p) (redactions T) /\ found (thread_of p r s) = Some (past h).
  Proof.
    intros B. split; [exact (longest_first _ _ _ B)|]. apply longest_in in B.
    apply (in_map_best r s (fun p r s => found (thread_of p r s))) in B. exact B.
  Qed.

  Lemma best_good r s h : s < length r -> best T r s = Some h -> first h = s /\ s < past h <= length r.
  Proof. intros _ B. apply best_in in B. destruct B as (F & p & I & E). apply found_bounds in E. auto. Qed.

  Lemma final_end_bounds p r s e : s < length r -> final_end p r s = Some e -> s < e <= length r.
  Proof.
    unfold final_end; intros L E. apply latest_in in E. destruct E as [E|E]; [apply found_bounds in E; exact E|].
    unfold at_last in E. destruct (alive _ && _ && _); [|contradiction]. destruct E as [<-|[]]; lia.
  Qed.

  Lemma final_best_in r s h : final_best T r s = Some h ->
    first h = s /\ exists p, In (which h, p) (redactions T) /\ final_end p r s = Some (past h).
  Proof.
    intros B. split; [exact (longest_first _ _ _ B)|]. apply longest_in in B.
    apply (in_map_best r s final_end) in B. exact B.
  Qed.

  Lemma final_best_good r s h : s < length r -> final_best T r s = Some h -> first h = s /\ s < past h <= length r.
  Proof. intros L B. apply final_best_in in B. destruct B as (F & p & I & E). apply final_end_bounds in E; auto. Qed.

  (** *** The search from the left *)

  Lemma settled_facts r :
    let (stop, hits) := settled T r in
    chain 0 hits stop /\ stop <= length r /\ (stop < length r -> lives (redactions T) r stop = true) /\
    (forall h, In h hits -> best T r (first h) = Some h /\ lives (redactions T) r (first h) = false) /\
    (forall s, 0 <= s < stop -> (exists h, In h hits /\ first h <= s < past h)
                                \/ lives (redactions T) r s = false /\ best T r s = None).
  Proof. apply scan_chain; [intros s h; apply best_good|lia|lia]. Qed.

  Lemma redacted_facts r : exists stop,
    chain 0 (redacted T r) stop /\ stop = length r /\
    (forall h, In h (redacted T r) -> final_best T r (first h) = Some h) /\
    (forall s, s < length r -> (exists h, In h (redacted T r) /\ first h <= s < past h) \/ final_best T r s = None).
  Proof.
    unfold redacted.
    pose proof (scan_chain (length r) (fun _ => false) (final_best T r) (final_best_good r) (length r) 0) as S.
    destruct (scan _ _ _ _ _) as [stop hits]. destruct S as (A & B & C & D & E); [lia|lia|].
    exists stop; cbn [snd]. assert (stop = length r).
    { destruct (Nat.eq_dec stop (length r)); [assumption|]. discriminate C; lia. }
    subst; repeat split; auto.
    - intros h I; apply D; exact I.
    - intros s L. destruct (E s) as [X|[_ X]]; [lia|left; exact X|right; exact X].
  Qed.

  Definition search_from (r : list Z) (from : nat) : nat * list hit :=
    scan (length r) (lives (redactions T) r) (best T r) (length r) from.

  Definition final_from (r : list Z) (from : nat) : list hit :=
    snd (scan (length r) (fun _ => false) (final_best T r) (length r) from).

  (** What was replaced stays replaced, and the search goes on where it stopped. *)
  Lemma settled_more w r :
    settled T (w ++ r) =
      let (stop, hits) := search_from (w ++ r) (fst (settled T r)) in (stop, snd (settled T r) ++ hits).
  Proof.
    unfold settled, search_from.
    pose proof (scan_more (length r) (lives (redactions T) r) (best T r)
      (length (w ++ r)) (lives (redactions T) (w ++ r)) (best T (w ++ r)) (length r) 0) as S.
    destruct (scan (length r) _ _ _ 0) as [stop hits]. cbn [fst snd]. apply S; try lia.
    - intros s h; apply best_good.
    - intros s h; apply best_good.
    - intros s L D. split; [apply dead_stays|apply dead_best]; assumption.
    - rewrite app_length; lia.
  Qed.

  Lemma redacted_more w r :
    redacted T (w ++ r) = snd (settled T r) ++ final_from (w ++ r) (fst (settled T r)).
  Proof.
    unfold redacted, settled, final_from.
    pose proof (scan_more (length r) (lives (redactions T) r) (best T r)
      (length (w ++ r)) (fun _ => false) (final_best T (w ++ r)) (length r) 0) as S.
    destruct (scan (length r) _ _ _ 0) as [stop hits]. cbn [fst snd].
    rewrite S with (k'' := length (w ++ r)); try lia.
    - destruct (scan _ _ _ _ stop); reflexivity.
    - intros s h; apply best_good.
    - intros s h; apply final_best_good.
    - intros s L D. split; [reflexivity|apply dead_final_best; assumption].
    - rewrite app_length; lia.
  Qed.

  (** *** Matches that grow *)

  Lemma growing_in r h : growing T r = Some h ->
    first h = fst (settled T r) /\ first h < length r /\ first h < past h <= length r /\
    best T r (first h) = Some h /\ lives (redactions T) r (first h) = true.
  Proof.
    unfold growing. pose proof (settled_facts r) as F. destruct (settled T r) as [stop hits]; cbn [fst].
    destruct F as (_ & B & C & _). destruct (Nat.leb_spec (length r) stop); [discriminate|].
    intros E. destruct (best_good _ _ _ H E) as [G G']. subst stop. repeat split; auto; lia.
  Qed.

  Lemma found_stays p w r s e : found (thread_of p r s) = Some e ->
    exists e', found (thread_of p (w ++ r) s) = Some e' /\ e <= e' /\ (e' = e \/ length r <= e').
  Proof.
    intros F; induction w as [|b w (e' & F' & L & M)]; cbn [app]; [eauto|].
    destruct (found_grows p b _ _ _ F') as (x & F'' & L' & M'). exists x; split; [exact F''|].
    rewrite app_length in M'. lia.
  Qed.

  Lemma in_best (f : pattern -> option nat) i p :
    In (i, p) (redactions T) -> In (i, f p) (map (fun ip => (fst ip, f (snd ip))) (redactions T)).
  Proof. intros I. exact (in_map (fun ip => (fst ip, f (snd ip))) _ _ I). Qed.

  Lemma best_stays w r s h : best T r s = Some h ->
    exists h', best T (w ++ r) s = Some h' /\ first h' = first h /\ past h <= past h'.
  Proof.
    intros B. destruct (best_in _ _ _ B) as (F & p & I & E).
    destruct (found_stays p w _ _ _ E) as (e & E' & L & _).
    pose proof (in_best (fun p => found (thread_of p (w ++ r) s)) _ _ I) as I'; cbv beta in I'. rewrite E' in I'.
    destruct (longest_some s _ _ _ I') as (h' & B'). exists h'. split; [exact B'|].
    pose proof (longest_most _ _ _ _ _ B' I'). apply longest_first in B'. rewrite F. split; [exact B'|lia].
  Qed.

  Lemma best_ends w r s h : best T r s = Some h ->
    exists h', final_best T (w ++ r) s = Some h' /\ first h' = first h /\ past h <= past h'.
  Proof.
    intros B. destruct (best_stays w _ _ _ B) as (h' & B' & F & L).
    destruct (best_in _ _ _ B') as (F' & p & I & E).
    assert (exists e, final_end p (w ++ r) s = Some e /\ past h' <= e) as (e & E' & L').
    { unfold final_end, at_last. rewrite E. apply found_bounds in E.
      destruct (alive _ && _ && _); [|exists (past h'); split; [reflexivity|lia]].
      exists (length (w ++ r)); split; [reflexivity|lia]. }
    pose proof (in_best (fun p => final_end p (w ++ r) s) _ _ I) as I'; cbv beta in I'. rewrite E' in I'.
    destruct (longest_some s _ _ _ I') as (x & B''). exists x. split; [exact B''|].
    pose proof (longest_most _ _ _ _ _ B'' I'). apply longest_first in B''. split; [congruence|lia].
  Qed.

  (** The first of what the search goes on with. *)
  Lemma search_head w r : fst (settled T r) < length r ->
    let (stop, hits) := search_from (w ++ r) (fst (settled T r)) in
    (stop = fst (settled T r) /\ hits = [] /\ lives (redactions T) (w ++ r) stop = true) \/
    (exists h, best T (w ++ r) (fst (settled T r)) = Some h /\ exists more, hits = h :: more) \/
    best T (w ++ r) (fst (settled T r)) = None.
  Proof.
    intros L; unfold search_from.
    destruct (length (w ++ r)) as [|k] eqn:E; [rewrite app_length in E; lia|]. cbn [scan].
    destruct (Nat.leb_spec (S k) (fst (settled T r))); [rewrite app_length in E; lia|].
    destruct (lives _ _ _) eqn:O; [left; auto|].
    destruct (best T (w ++ r) _) as [h|]; [|destruct (scan _ _ _ _ _); right; right; reflexivity].
    destruct (scan _ _ _ _ _); right; left; eauto.
  Qed.

  Lemma search_chain r from : from <= length r ->
    let (stop, hits) := search_from r from in
    chain from hits stop /\ stop <= length r /\ (stop < length r -> lives (redactions T) r stop = true).
  Proof.
    intros L. pose proof (scan_chain (length r) (lives (redactions T) r) (best T r) (best_good r) (length r) from) as S.
    unfold search_from. destruct (scan _ _ _ _ _). destruct S as (A & B & C & _); auto; lia.
  Qed.

  Lemma final_chain r from : from <= length r -> chain from (final_from r from) (length r).
  Proof.
    intros L. pose proof (scan_chain (length r) (fun _ => false) (final_best T r) (final_best_good r) (length r) from) as S.
    unfold final_from. destruct (scan _ _ _ _ _) as [stop hits]. destruct S as (A & B & C & _); [exact L|lia|].
    destruct (Nat.eq_dec stop (length r)) as [<-|]; [exact A|]. discriminate C; lia.
  Qed.

  Lemma final_head w r h : growing T r = Some h ->
    exists h' more, final_from (w ++ r) (fst (settled T r)) = h' :: more /\ first h' = first h /\ past h <= past h'.
  Proof.
    intros G. destruct (growing_in _ _ G) as (F & L & _ & B & _).
    destruct (best_ends w _ _ _ B) as (h' & B' & F' & L').
    unfold final_from. destruct (length (w ++ r)) as [|k] eqn:E; [rewrite app_length in E; lia|]. cbn [scan].
    destruct (Nat.leb_spec (S k) (fst (settled T r))); [rewrite app_length in E; lia|].
    rewrite <- F, B'. destruct (scan _ _ _ _ _); cbn [snd]. eauto.
  Qed.

  (** *** The cut never goes back *)

  Lemma settled_le r : fst (settled T r) <= length r.
  Proof. pose proof (settled_facts r) as F. destruct (settled T r); apply F. Qed.

  Lemma redaction_cut_bounds r : fst (settled T r) <= redaction_cut T r <= length r.
  Proof.
    unfold redaction_cut. pose proof (settled_le r).
    destruct (growing T r) as [h|] eqn:G; [|lia]. destruct (growing_in _ _ G) as (F & _ & L & _); lia.
  Qed.

  Lemma redaction_cut_grows w r : redaction_cut T r <= redaction_cut T (w ++ r).
  Proof.
    pose proof (settled_le r) as L. pose proof (redaction_cut_bounds (w ++ r)) as B.
    pose proof (settled_more w r) as M.
    pose proof (search_chain (w ++ r) (fst (settled T r)) ltac:(rewrite app_length; lia)) as C.
    unfold redaction_cut at 1. destruct (growing T r) as [h|] eqn:G.
    - destruct (growing_in _ _ G) as (F & LT & _ & Be & _).
      destruct (best_stays w _ _ _ Be) as (h' & Be' & F' & L').
      pose proof (search_head w r ltac:(lia)) as H.
      destruct (search_from (w ++ r) _) as [stop hits]. destruct C as (C & Cs & _). rewrite M in B; cbn [fst] in B.
      rewrite F in Be'. destruct H as [(-> & -> & _)|[(x & X & more & ->)|X]]; [| |congruence].
      + unfold redaction_cut, growing. rewrite M; cbn [fst].
        destruct (Nat.leb_spec (length (w ++ r)) (fst (settled T r))); [rewrite app_length in *; lia|].
        rewrite Be'. lia.
      + rewrite Be' in X; inversion X; subst x.
        destruct C as (_ & _ & C). apply chain_le in C. lia.
    - destruct (search_from (w ++ r) _) as [stop hits]. destruct C as (C & _). rewrite M in B; cbn [fst] in B.
      apply chain_le in C. lia.
  Qed.

  Lemma first_some_some {A B} (f : B -> option A) l x : first_some f l = Some x -> exists y, In y l /\ f y = Some x.
  Proof.
    induction l as [|y l IH]; cbn; [discriminate|]. destruct (f y) eqn:E; intros H.
    - inversion H; subst; eauto.
    - destruct (IH H) as (z & I & Z); eauto.
  Qed.

  Lemma first_some_none {A B} (f : B -> option A) l y : first_some f l = None -> In y l -> f y = None.
  Proof.
    induction l as [|z l IH]; cbn; [contradiction|]. destruct (f z) eqn:E; [discriminate|].
    intros H [<-|I]; auto.
  Qed.

  (** Of a list in order the first that has something comes before every other. *)
  Lemma first_some_least {A} (f : nat -> option A) from n x y :
    first_some f (seq from n) = Some x -> In y (seq from n) -> f y <> None ->
    exists z, f z = Some x /\ In z (seq from n) /\ z <= y.
  Proof.
    revert from; induction n as [|n IH]; cbn [seq first_some]; intros from H I N; [discriminate|].
    destruct (f from) eqn:E.
    - inversion H; subst. exists from. cbn [In] in *. rewrite in_seq in *. repeat split; auto; lia.
    - destruct I as [<-|I]; [congruence|]. destruct (IH _ H I N) as (z & Z & J & L). exists z; cbn [In]; auto.
  Qed.

  Lemma halt_cut_le r : halt_cut T r <= length r.
  Proof.
    unfold halt_cut. destruct (first_some _ _) as [s|] eqn:E; [|lia].
    apply first_some_some in E. destruct E as (x & I & E). apply in_seq in I.
    destruct (lives _ _ _); inversion E; subst; lia.
  Qed.

  Lemma halt_cut_live r s : lives (halts T) r s = true -> halt_cut T r <= s.
  Proof.
    intros L. pose proof (lives_lt _ _ _ L) as B. unfold halt_cut.
    assert (I : In s (starts r)) by (apply in_seq; lia).
    destruct (first_some _ _) as [x|] eqn:E.
    - destruct (first_some_least _ _ _ _ s E I) as (z & Z & _ & Le); [rewrite L; discriminate|].
      destruct (lives (halts T) r z); inversion Z; subst; exact Le.
    - pose proof (first_some_none _ _ s E I) as N; cbv beta in N; rewrite L in N; discriminate.
  Qed.

  Lemma halt_cut_is r : halt_cut T r = length r \/ lives (halts T) r (halt_cut T r) = true.
  Proof.
    unfold halt_cut. destruct (first_some _ _) as [x|] eqn:E; [right|left; reflexivity].
    apply first_some_some in E. destruct E as (z & _ & Z).
    destruct (lives (halts T) r z) eqn:L; inversion Z; subst; exact L.
  Qed.

  Lemma halt_cut_grows w r : halt_cut T r <= halt_cut T (w ++ r).
  Proof.
    pose proof (halt_cut_le r). destruct (halt_cut_is (w ++ r)) as [->|L]; [rewrite app_length; lia|].
    destruct (Nat.lt_ge_cases (halt_cut T (w ++ r)) (length r)) as [B|B]; [|lia].
    apply halt_cut_live. eapply lived_before; [exact B|exact L].
  Qed.

  Lemma cut_le r : cut T r <= length r.
  Proof. unfold cut. pose proof (halt_cut_le r); lia. Qed.

  Theorem cut_never_goes_back w r : cut T r <= cut T (w ++ r).
  Proof. unfold cut. pose proof (halt_cut_grows w r); pose proof (redaction_cut_grows w r); lia. Qed.

  (** *** Matches that halt *)

  Lemma first_report_some s l h : first_report s l = Some h ->
    first h = s /\ exists ends, In (which h, past h :: ends) l.
  Proof.
    induction l as [|[i [|e ends]] l IH]; cbn; intros H; [discriminate| |].
    - destruct (IH H) as (F & x & I); eauto.
    - inversion H; subst; cbn; eauto.
  Qed.

  Lemma first_report_none s l i ends : first_report s l = None -> In (i, ends) l -> ends = [].
  Proof.
    induction l as [|[j [|e x]] l IH]; cbn; intros H I; [contradiction| |discriminate].
    destruct I as [I|I]; [inversion I; reflexivity|auto].
  Qed.

  Lemma halt_hit_in r h : halt_hit T r = Some h ->
    first h < length r /\ exists p ends, In (which h, p) (halts T) /\ reported p r (first h) = past h :: ends.
  Proof.
    intros H. apply first_some_some in H. destruct H as (s & I & H). apply in_seq in I.
    apply first_report_some in H. destruct H as (F & ends & J). split; [lia|].
    apply in_map_iff in J. destruct J as ([i p] & E & J). inversion E; subst. eauto.
  Qed.

  Lemma halt_hit_least r h i p s : halt_hit T r = Some h -> s < length r -> In (i, p) (halts T) ->
    reported p r s <> [] -> first h <= s.
  Proof.
    intros H L I N.
    destruct (first_some_least _ _ _ _ s H ltac:(apply in_seq; lia)) as (z & Z & _ & Le).
    - intros E. eapply first_report_none in E; [exact (N E)|].
      apply in_map_iff. exists (i, p); split; [reflexivity|exact I].
    - apply first_report_some in Z. destruct Z as [-> _]. exact Le.
  Qed.

  Lemma halt_hit_none r i p s : halt_hit T r = None -> s < length r -> In (i, p) (halts T) -> reported p r s = [].
  Proof.
    intros H L I. pose proof (first_some_none _ _ s H ltac:(apply in_seq; lia)) as N.
    eapply first_report_none in N; [exact N|]. apply in_map_iff. exists (i, p); split; [reflexivity|exact I].
  Qed.

  Lemma last_hit_in r h : last_hit T r = Some h ->
    first h < length r /\ past h = length r /\ exists p, In (which h, p) (halts T) /\
    alive (thread_of p r (first h)) = true /\ at_end (flags p (state (thread_of p r (first h)))) = true.
  Proof.
    intros H. apply first_some_some in H. destruct H as (s & I & H). apply in_seq in I.
    apply first_report_some in H. destruct H as (F & ends & J). split; [lia|].
    apply in_map_iff in J. destruct J as ([i p] & E & J). subst s. inversion E as [[W R]]; subst i. cbn [snd] in R.
    unfold at_last in R. destruct (alive _) eqn:A; [|discriminate]. destruct (at_end _) eqn:Z; [|discriminate].
    cbn [andb] in R. destruct (passes p _); inversion R. split; [reflexivity|]. exists p; auto.
  Qed.

  (** A thread that reports lived before the byte. *)
  Lemma reported_lived p b r s : s < length r -> reported p (b :: r) s <> [] -> alive (thread_of p r s) = true.
  Proof.
    intros L N. destruct (alive (thread_of p r s)) eqn:A; [reflexivity|].
    destruct (gone_stays p b r s L A) as [_ E]. contradiction.
  Qed.

  Lemma lived_long p w r s : s < length r -> alive (thread_of p (w ++ r) s) = true -> alive (thread_of p r s) = true.
  Proof.
    intros L A. destruct (alive (thread_of p r s)) eqn:E; [reflexivity|].
    rewrite gone_stays_long in A by assumption. congruence.
  Qed.

  (** What halts later was held before. *)
  Lemma halt_hit_held b w r h : halt_hit T (b :: w ++ r) = Some h -> cut T r <= first h.
  Proof.
    intros H. destruct (halt_hit_in _ _ H) as (L & p & ends & I & R).
    destruct (Nat.lt_ge_cases (first h) (length r)) as [B|B]; [|pose proof (cut_le r); lia].
    assert (A : alive (thread_of p (w ++ r) (first h)) = true).
    { eapply reported_lived; [rewrite app_length; lia|]. rewrite R; discriminate. }
    apply lived_long in A; [|exact B]. pose proof (halt_cut_live r (first h) (in_lives _ _ _ _ _ I A)).
    unfold cut; lia.
  Qed.

  Lemma last_hit_held w r h : last_hit T (w ++ r) = Some h -> cut T r <= first h.
  Proof.
    intros H. destruct (last_hit_in _ _ H) as (L & _ & p & I & A & _).
    destruct (Nat.lt_ge_cases (first h) (length r)) as [B|B]; [|pose proof (cut_le r); lia].
    apply lived_long in A; [|exact B]. pose proof (halt_cut_live r (first h) (in_lives _ _ _ _ _ I A)).
    unfold cut; lia.
  Qed.
End OfTable.
