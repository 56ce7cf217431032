(** The machine lets out of every text, however it is cut into pieces, what the definition lets out of the whole. *)

From Coq Require Import ZArith Lia Bool List Arith.
From Interlock Require Import guard.Table guard.Machine guard.Threads guard.Decided guard.Release.
Import ListNotations.

Lemma release_pass r c l from done rest g : (forall h, In h done -> past h <= c) ->
  release r c l from (done ++ rest) g =
    let (events, base) := pass r from done in
    let '(more, u, q) := release r c l base rest g in (events ++ more, u, q).
Proof.
  intros A. rewrite !release_is.
  replace (if is_halted l then (done ++ rest) ++ listed g else done ++ rest)
    with (done ++ (if is_halted l then rest ++ listed g else rest)) by (destruct (is_halted l); rewrite ?app_assoc; reflexivity).
  rewrite give_pass by exact A. destruct (pass r from done) as [events base]. rewrite release_is.
  destruct (give r c l base _) as [[more u] q]. cbv beta iota zeta. rewrite <- app_assoc. reflexivity.
Qed.

Section OfTable.
  Variable T : table.
  Variable limit : option nat.

  (** ** The definition over a growing text *)

  Lemma hits_chain r l : chain 0 (hits_at T r l ++ listed (grows_at T r l)) (length r).
  Proof.
    assert (O : chain 0 (snd (settled T r) ++ listed (growing T r)) (length r)).
    { pose proof (settled_facts T r) as F. destruct (settled T r) as [stop hits] eqn:S; cbn [snd].
      destruct F as (A & B & _). eapply chain_app; [exact A|].
      destruct (growing T r) as [h|] eqn:G; cbn; [|lia].
      destruct (growing_in _ _ _ G) as (F & _ & L & _). rewrite S in F; cbn in F. lia. }
    destruct l; try exact O. cbn [hits_at grows_at listed]. rewrite app_nil_r.
    destruct (redacted_facts T r) as (stop & C & -> & _). exact C.
  Qed.

  Lemma hits_more w r l : exists more, hits_at T (w ++ r) l = snd (settled T r) ++ more /\
    (forall h, In h (more ++ listed (grows_at T (w ++ r) l)) -> fst (settled T r) <= first h) /\
    (forall g, growing T r = Some g ->
       exists h rest, more ++ listed (grows_at T (w ++ r) l) = h :: rest /\ first h = first g /\ past g <= past h).
  Proof.
    pose proof (settled_le T r) as Le.
    assert (O : exists more, snd (settled T (w ++ r)) = snd (settled T r) ++ more /\
      (forall h, In h (more ++ listed (growing T (w ++ r))) -> fst (settled T r) <= first h) /\
      (forall g, growing T r = Some g ->
         exists h rest, more ++ listed (growing T (w ++ r)) = h :: rest /\ first h = first g /\ past g <= past h)).
    { pose proof (settled_more T w r) as M.
      pose proof (search_chain T (w ++ r) (fst (settled T r)) ltac:(rewrite app_length; lia)) as C.
      destruct (search_from T (w ++ r) (fst (settled T r))) as [stop hits] eqn:S.
      exists hits. rewrite M; cbn [snd]. split; [reflexivity|]. destruct C as (C & Cs & Co). split.
      - intros h I. apply in_app_or in I. destruct I as [I|I].
        + apply (chain_in _ _ _ _ C) in I; lia.
        + destruct (growing T (w ++ r)) as [x|] eqn:G; [|contradiction]. destruct I as [->|[]].
          destruct (growing_in _ _ _ G) as (F & _). rewrite M in F; cbn in F. apply chain_le in C. lia.
      - intros g G. destruct (growing_in _ _ _ G) as (F & L & _ & B & _).
        pose proof (search_head T w r ltac:(lia)) as H. rewrite S in H.
        destruct (best_stays T w _ _ _ B) as (g' & B' & F' & P). rewrite F in B'.
        destruct H as [(-> & -> & _)|[(x & X & rest & ->)|X]]; [| |congruence].
        + unfold growing at 1. rewrite M; cbn [fst app].
          destruct (Nat.leb_spec (length (w ++ r)) (fst (settled T r))); [rewrite app_length in *; lia|].
          rewrite B'. exists g', []. auto.
        + rewrite B' in X; inversion X; subst x. exists g', (rest ++ listed (growing T (w ++ r))). auto. }
    destruct l; try exact O. clear O. cbn [hits_at grows_at listed].
    exists (final_from T (w ++ r) (fst (settled T r))). rewrite app_nil_r. split; [apply redacted_more|]. split.
    - intros h I. pose proof (final_chain T (w ++ r) (fst (settled T r)) ltac:(rewrite app_length; lia)) as C.
      apply (chain_in _ _ _ _ C) in I; lia.
    - intros g G. destruct (final_head T w _ _ G) as (h & rest & -> & F & P). eauto.
  Qed.

  (** What has left stays, and what leaves later comes behind it. *)
  Lemma released_more w r l : cut T r <= cut_at T (w ++ r) l ->
    let '(events, u, rest) := released T r Open in
    exists more, hits_at T (w ++ r) l = snd (settled T r) ++ more /\
    released T (w ++ r) l =
      let '(after, u', rest') := release (w ++ r) (cut_at T (w ++ r) l) l u (rest ++ more) (grows_at T (w ++ r) l) in
      (events ++ after, u', rest').
  Proof.
    intros K. destruct (hits_more w r l) as (more & M & Fr & Gr).
    pose proof (hits_chain r Open) as C0. cbn [hits_at grows_at] in C0.
    pose proof (hits_chain (w ++ r) l) as C1. rewrite M in C1.
    pose proof (cut_le T r) as Le.
    set (c := cut_at T (w ++ r) l) in *. set (g := grows_at T (w ++ r) l) in *.
    unfold released at 1. rewrite release_is. cbn [hits_at grows_at cut_at is_halted].
    destruct (give_open r (cut T r) Open 0 (snd (settled T r)) eq_refl) as (done & rest & E & D & _ & ->).
    assert (Base : snd (pass r 0 done) <= cut T r) by (apply pass_le; [lia|exact D]).
    assert (Pm : pass (w ++ r) 0 done = pass r 0 done).
    { rewrite E, <- app_assoc in C0. apply pass_more with (upto := length r); [|lia].
      clear -C0. revert C0; generalize 0 as from; induction done as [|h done IH]; cbn [app chain]; intros from C.
      - apply chain_le in C; exact C.
      - destruct C as (A & B & C). auto. }
    destruct (pass r 0 done) as [events base] eqn:P; cbn [fst snd] in *.
    set (waiting := match rest with h :: _ => Some (first h) | [] => option_map first (growing T r) end).
    assert (W : waiting = option_map first (hd_error (rest ++ listed (growing T r)))).
    { unfold waiting. destruct rest; [|reflexivity]. destruct (growing T r); reflexivity. }
    assert (Some_ : forall s, waiting = Some s ->
      base <= s /\ (exists h z, (rest ++ more) ++ listed g = h :: z /\ first h = s) /\
      forall h, In h ((rest ++ more) ++ listed g) -> s <= first h).
    { intros s X.
      assert (H : exists h z, (rest ++ more) ++ listed g = h :: z /\ first h = s).
      { unfold waiting in X. destruct rest as [|h rest].
        - destruct (growing T r) as [x|] eqn:G; [|discriminate]. destruct (Gr x eq_refl) as (h & z & Z & F & _).
          exists h, z. cbn [app]. inversion X. auto.
        - inversion X. exists h, ((rest ++ more) ++ listed g). auto. }
      rewrite E in C1.
      assert (B : forall h, In h ((rest ++ more) ++ listed g) -> base <= first h).
      { intros h I. pose proof (pass_rest (w ++ r) 0 done ((rest ++ more) ++ listed g) (length (w ++ r))) as R.
        rewrite Pm in R; cbn [snd] in R. apply R; [|exact I]. rewrite <- !app_assoc in *. exact C1. }
      destruct H as (h & z & Z & F). rewrite Z in B. split; [|split; [eauto|]].
      - rewrite <- F; apply B; left; reflexivity.
      - rewrite <- F. rewrite Z. intros y I. destruct I as [<-|I]; [lia|].
        rewrite <- !app_assoc in C1. rewrite <- app_assoc in Z. rewrite Z in C1.
        clear -C1 I. revert C1; generalize 0 as from; induction done as [|x done IH]; cbn [app chain]; intros from C.
        + destruct C as (_ & Q & C). apply (chain_in _ _ _ _ C) in I; lia.
        + destruct C as (_ & _ & C). eauto. }
    assert (None_ : waiting = None -> forall h, In h ((rest ++ more) ++ listed g) -> cut T r <= first h).
    { unfold waiting. destruct rest as [|h rest]; [|discriminate]. destruct (growing T r) eqn:G; [discriminate|].
      intros _ h I. cbn [app] in I. apply Fr in I. unfold cut, redaction_cut. rewrite G. lia. }
    set (e := end_of r (cut T r) Open base waiting).
    pose proof (end_of_le r (cut T r) Open base waiting Base) as El.
    pose proof (end_of_ge r (cut T r) Open base waiting Base) as Eg. fold e in El, Eg.
    exists more. split; [exact M|]. unfold released. rewrite M, E.
    rewrite <- app_assoc. rewrite release_pass.
    2: { intros h I. apply D in I. lia. }
    fold c g. rewrite Pm. rewrite Nat.max_r by lia.
    rewrite (release_shift (w ++ r) c l base e (rest ++ more) g); [| | |].
    - destruct (release (w ++ r) c l e (rest ++ more) g) as [[after u'] rest'].
      rewrite text_more by lia. rewrite app_assoc. reflexivity.
    - lia.
    - intros h I. unfold e, end_of. destruct waiting as [s|].
      + destruct (Some_ s eq_refl) as (A & _ & B). specialize (B _ I).
        destruct (Nat.ltb_spec s (cut T r)); [lia|]. pose proof (edge_bounds r base (cut T r) Base); lia.
      + pose proof (None_ eq_refl _ I). pose proof (edge_bounds r base (cut T r) Base); lia.
    - assert (Edge : edge (w ++ r) base c = edge (w ++ r) (edge r base (cut T r)) c).
      { rewrite <- (edge_more w r base (cut T r)) by lia. apply edge_later. lia. }
      unfold e, end_of. destruct waiting as [s|].
      + destruct (Some_ s eq_refl) as (A & (h & z & Z & F) & _).
        destruct (Nat.ltb_spec s (cut T r)); [|left; exact Edge].
        right. exists h, z. rewrite Nat.max_l by lia. repeat split; [exact Z|exact F|lia].
      + left; exact Edge.
  Qed.

  (** ** How far a text is read *)

  Lemma reading_cases r t : let (r', l) := reading T limit r t in
    (l = Open /\ r' = rev t ++ r) \/
    (exists b w, l <> Open /\ l <> Finished /\ r' = b :: w ++ r /\ judge T limit r' = l).
  Proof.
    revert r; induction t as [|b t IH]; intros r; cbn [reading]; [left; auto|].
    destruct (judge T limit (b :: r)) eqn:J.
    - specialize (IH (b :: r)). destruct (reading T limit (b :: r) t) as [r' l].
      destruct IH as [[-> ->]|(x & w & N & N' & -> & J')].
      + left; split; [reflexivity|]. cbn [rev]. rewrite <- app_assoc. reflexivity.
      + right; exists x, (w ++ [b]). rewrite <- app_assoc. cbn [app]. auto.
    - unfold judge in J. destruct (halt_hit T (b :: r)); [discriminate|]. cbv zeta in J.
      destruct (over_limit _ _); discriminate.
    - right; exists b, []. repeat split; try discriminate. exact J.
  Qed.

  Lemma reading_app r s t : reading T limit r (s ++ t) =
    match reading T limit r s with (r', Open) => reading T limit r' t | halted => halted end.
  Proof.
    revert r; induction s as [|b s IH]; intros r; cbn [app reading]; [reflexivity|].
    destruct (judge T limit (b :: r)); auto.
  Qed.

  Lemma judged_cut b w r l : judge T limit (b :: w ++ r) = l -> cut T r <= cut_at T (b :: w ++ r) l.
  Proof.
    intros <-. pose proof (cut_never_goes_back T (b :: w) r) as G. cbn [app] in G.
    unfold judge. destruct (halt_hit T (b :: w ++ r)) as [h|] eqn:H.
    - cbn [cut_at]. pose proof (halt_hit_held T b w r h H). lia.
    - cbv zeta. destruct (over_limit _ _); exact G.
  Qed.

  Lemma reading_cut r t : let (r', l) := reading T limit r t in cut T r <= cut_at T r' l.
  Proof.
    pose proof (reading_cases r t) as C. destruct (reading T limit r t) as [r' l].
    destruct C as [[-> ->]|(b & w & _ & _ & -> & J)]; [apply cut_never_goes_back|apply judged_cut; exact J].
  Qed.

  Lemma ending_cut w r : cut T r <= cut_at T (w ++ r) (ending T (w ++ r) Open).
  Proof.
    pose proof (cut_never_goes_back T w r). pose proof (cut_le T (w ++ r)).
    cbn [ending]. destruct (last_hit T (w ++ r)) as [h|] eqn:H'; cbn [cut_at]; [|lia].
    pose proof (last_hit_held T w r h H'). lia.
  Qed.

  (** ** The machine keeps what the definition gives *)

  Definition column_of (ps : list (nat * pattern)) (r : list Z) (s : nat) : column :=
    (s, map (fun ip => (ip, thread_of (snd ip) r s)) ps).

  Lemma live_column_of ps r s : live_column (column_of ps r s) = lives ps r s.
  Proof.
    unfold live_column, column_of, lives; cbn [snd]. induction ps as [|ip ps IH]; [reflexivity|]. cbn. rewrite IH; reflexivity.
  Qed.

  Lemma best_of_column r s : best_of (column_of (redactions T) r s) = best T r s.
  Proof. unfold best_of, column_of, best; cbn [fst snd]. rewrite map_map. reflexivity. Qed.

  Record core (m : machine) (r : list Z) (l : life) : Prop := {
    core_seen : seen m = r;
    core_read : read m = length r;
    core_life : life_of m = l;
    core_halting : halting m = map (column_of (halts T) r) (filter (lives (halts T) r) (starts r));
    core_from : from m = fst (settled T r);
    core_redacting : redacting m =
      map (column_of (redactions T) r) (seq (fst (settled T r)) (length r - fst (settled T r))) }.

  Lemma moved_columns ps m b r list : seen m = r -> read m = length r -> (forall s, In s list -> s < length r) ->
    moved ps m b (map (column_of ps r) list) =
    map (fun s => (s, map (fun ip => (ip, (thread_of (snd ip) (b :: r) s, reported (snd ip) (b :: r) s))) ps))
      (list ++ [length r]).
  Proof.
    intros Sn Rd L. unfold moved. rewrite Sn, Rd, !map_app, map_map. f_equal.
    - apply map_ext_in. intros s I. cbn [fst snd column_of]. f_equal. rewrite map_map. apply map_ext. intros [i p]; cbn [fst snd].
      rewrite thread_of_next, reported_next by (apply L; exact I).
      rewrite <- surjective_pairing. reflexivity.
    - cbn [map fst snd]. do 2 f_equal. rewrite map_map. apply map_ext. intros [i p]; cbn [fst snd].
      rewrite thread_of_first, reported_first, <- surjective_pairing. reflexivity.
  Qed.

  Lemma threads_columns ps b r list :
    threads (map (fun s => (s, map (fun ip => (ip, (thread_of (snd ip) (b :: r) s, reported (snd ip) (b :: r) s))) ps)) list)
    = map (column_of ps (b :: r)) list.
  Proof.
    unfold threads. rewrite map_map. apply map_ext. intros s; cbn [fst snd]. unfold column_of. f_equal.
    rewrite map_map. reflexivity.
  Qed.

  Lemma first_report_none_all s l : (forall i ends, In (i, ends) l -> ends = []) -> first_report s l = None.
  Proof.
    induction l as [|[i ends] l IH]; cbn; intros H; [reflexivity|].
    rewrite (H i ends) by auto. apply IH. eauto.
  Qed.

  Lemma starts_next b r : starts (b :: r) = starts r ++ [length r].
  Proof. unfold starts. cbn [length]. rewrite seq_S. reflexivity. Qed.

  Lemma settle_scan n open match_at (make : nat -> column) k from :
    (forall s, live_column (make s) = open s) -> (forall s, best_of (make s) = match_at s) ->
    (forall s h, s < n -> match_at s = Some h -> first h = s /\ s < past h <= n) ->
    from <= n -> n - from <= k ->
    settle k from (map make (seq from (n - from))) =
      let (stop, hits) := scan n open match_at k from in (stop, map make (seq stop (n - stop)), hits).
  Proof.
    intros L B G. revert from; induction k as [|k IH]; intros from F K; cbn [settle scan].
    - reflexivity.
    - destruct (Nat.leb_spec n from).
      + replace (n - from) with 0 by lia. reflexivity.
      + replace (n - from) with (S (n - S from)) by lia. cbn [seq map]. rewrite L, B.
        destruct (open from) eqn:O.
        { replace (n - from) with (S (n - S from)) by lia. reflexivity. }
        destruct (match_at from) as [h|] eqn:M.
        * pose proof (G _ _ H M).
          rewrite skipn_map, skipn_seq. replace (S from + (past h - S from)) with (past h) by lia.
          replace (n - S from - (past h - S from)) with (n - past h) by lia.
          rewrite IH by lia. destruct (scan _ _ _ _ _); reflexivity.
        * apply IH; lia.
  Qed.

  Lemma core_grows m r l : core m r l -> grows m = growing T r /\ redactions_cut m = redaction_cut T r.
  Proof.
    intros C. assert (G : grows m = growing T r).
    { unfold grows, growing. rewrite (core_redacting _ _ _ C).
      destruct (Nat.leb_spec (length r) (fst (settled T r))).
      - replace (length r - fst (settled T r)) with 0 by lia. reflexivity.
      - replace (length r - fst (settled T r)) with (S (length r - S (fst (settled T r)))) by lia. cbn [seq map].
        apply best_of_column. }
    split; [exact G|]. unfold redactions_cut, redaction_cut. rewrite G, (core_from _ _ _ C). reflexivity.
  Qed.

  Lemma core_halts_cut m r l : core m r l -> halts_cut m = halt_cut T r.
  Proof.
    intros C. unfold halts_cut, halt_cut. rewrite (core_halting _ _ _ C), (core_read _ _ _ C).
    generalize (starts r) as list. induction list as [|s list IH]; [reflexivity|]. cbn [filter first_some].
    destruct (lives (halts T) r s); [reflexivity|exact IH].
  Qed.

  Lemma read_byte_core m r b : core m r Open ->
    core (read_byte T limit m b) (b :: r) (judge T limit (b :: r)) /\
    given (read_byte T limit m b) = given m /\
    exists hits, queue (read_byte T limit m b) = queue m ++ hits /\
      snd (settled T (b :: r)) = snd (settled T r) ++ hits.
  Proof.
    intros C. pose proof (settled_le T r) as Le.
    unfold read_byte. rewrite (core_life _ _ _ C).
    rewrite (core_redacting _ _ _ C), (core_halting _ _ _ C), (core_from _ _ _ C).
    rewrite !(moved_columns _ m b r) by (first
      [exact (core_seen _ _ _ C)|exact (core_read _ _ _ C)
      |intros s I; apply in_seq in I; lia|intros s I; apply filter_In in I; destruct I as [I _]; apply in_seq in I; lia]).
    rewrite !threads_columns.
    assert (R : seq (fst (settled T r)) (length r - fst (settled T r)) ++ [length r]
                = seq (fst (settled T r)) (length (b :: r) - fst (settled T r))).
    { cbn [length]. replace (S (length r) - fst (settled T r)) with (S (length r - fst (settled T r))) by lia.
      rewrite seq_S. do 2 f_equal. lia. }
    rewrite R.
    rewrite (settle_scan (length (b :: r)) (lives (redactions T) (b :: r)) (best T (b :: r))
      (column_of (redactions T) (b :: r))); [|apply live_column_of|apply best_of_column|apply best_good|cbn; lia|].
    2: { rewrite map_length, seq_length. lia. }
    rewrite (scan_fuel _ _ _ (best_good T (b :: r)) _ (length (b :: r))) by (rewrite ?map_length, ?seq_length; lia).
    pose proof (settled_more T [b] r) as M. cbn [app] in M. unfold search_from in M.
    destruct (scan (length (b :: r)) _ _ _ _) as [stop hits].
    set (m' := {| seen := b :: seen m; read := S (read m); life_of := Open;
                  halting := _; from := stop; redacting := _; queue := _; given := _ |}).
    assert (C' : core m' (b :: r) Open).
    { constructor; cbn [m' seen read life_of halting from redacting].
      - rewrite (core_seen _ _ _ C); reflexivity.
      - rewrite (core_read _ _ _ C); reflexivity.
      - reflexivity.
      - rewrite starts_next.
        assert (E : forall list, filter live_column (map (column_of (halts T) (b :: r)) list)
                    = map (column_of (halts T) (b :: r)) (filter (lives (halts T) (b :: r)) list)).
        { intros list; induction list as [|s list IH]; [reflexivity|]. cbn [map filter]. rewrite live_column_of.
          destruct (lives (halts T) (b :: r) s); cbn [map]; rewrite IH; reflexivity. }
        rewrite E. f_equal. rewrite !filter_app. f_equal.
        assert (D : forall s, In s (starts r) -> lives (halts T) (b :: r) s = true -> lives (halts T) r s = true).
        { intros s I. apply in_seq in I. apply (lived_before (halts T) [b] r s); cbn [length] in *; lia. }
        revert D; generalize (starts r) as list.
        induction list as [|s list IH]; intros D; [reflexivity|]. cbn [filter].
        specialize (IH (fun s I => D s (or_intror I))). pose proof (D s (or_introl eq_refl)) as Ds.
        destruct (lives (halts T) r s); cbn [filter].
        + rewrite IH; reflexivity.
        + destruct (lives (halts T) (b :: r) s); [discriminate Ds; reflexivity|exact IH].
      - rewrite M; reflexivity.
      - rewrite M; reflexivity. }
    assert (J : first_hit (map (fun s => (s, map (fun ip => (ip, (thread_of (snd ip) (b :: r) s, reported (snd ip) (b :: r) s)))
        (halts T))) (filter (lives (halts T) r) (starts r) ++ [length r])) = halt_hit T (b :: r)).
    { unfold first_hit, halt_hit. rewrite first_some_map, starts_next.
      rewrite first_some_filter.
      - apply first_some_ext. intros s _. cbn [fst snd]. rewrite map_map. reflexivity.
      - intros s I D. apply in_seq in I. cbn [fst snd]. apply first_report_none_all.
        intros i ends J. rewrite map_map in J. apply in_map_iff in J. destruct J as ([j p] & E & J). inversion E; subst.
        cbn [fst snd]. apply gone_stays; [lia|]. eapply not_live; eauto. }
    destruct (core_grows _ _ _ C') as [_ RC]. pose proof (core_halts_cut _ _ _ C') as HC.
    split; [|split].
    - constructor; cbn [seen read life_of halting from redacting]; try apply C'.
      rewrite J, RC, HC. unfold judge, cut. rewrite (core_read _ _ _ C'). reflexivity.
    - reflexivity.
    - exists hits. cbn [queue m']. split; [reflexivity|]. rewrite M. reflexivity.
  Qed.

  Lemma halted_reads_nothing chunk m : life_of m <> Open -> fold_left (read_byte T limit) chunk m = m.
  Proof.
    intros N; induction chunk as [|b chunk IH]; [reflexivity|]. cbn [fold_left].
    assert (read_byte T limit m b = m) as -> by (unfold read_byte; destruct (life_of m); [contradiction| |]; reflexivity).
    exact IH.
  Qed.

  Lemma fold_core chunk : forall m r, core m r Open ->
    let m' := fold_left (read_byte T limit) chunk m in
    let (r', l) := reading T limit r chunk in
    core m' r' l /\ given m' = given m /\
    exists hits, queue m' = queue m ++ hits /\ snd (settled T r') = snd (settled T r) ++ hits.
  Proof.
    induction chunk as [|b chunk IH]; intros m r C; cbn [fold_left reading].
    - split; [exact C|]. split; [reflexivity|]. exists []. rewrite !app_nil_r; auto.
    - destruct (read_byte_core m r b C) as (C' & G & hits & Q & S).
      destruct (judge T limit (b :: r)) eqn:J.
      + specialize (IH _ _ C'). cbv zeta in IH |- *. destruct (reading T limit (b :: r) chunk) as [r' l].
        destruct IH as (A & B & more & D & E). split; [exact A|]. split; [congruence|].
        exists (hits ++ more). rewrite D, Q, E, S, !app_assoc. auto.
      + cbv zeta. rewrite halted_reads_nothing by (rewrite (core_life _ _ _ C'); discriminate).
        split; [exact C'|]. split; [exact G|]. exists hits; auto.
      + cbv zeta. rewrite halted_reads_nothing by (rewrite (core_life _ _ _ C'); discriminate).
        split; [exact C'|]. split; [exact G|]. exists hits; auto.
  Qed.

  (** A machine that has read [r], with what it has given out. *)
  Definition follows (m : machine) (r : list Z) (l : life) (events : list event) : Prop :=
    core m r l /\ released T r l = (events, given m, queue m).

  Lemma init_follows : follows init [] Open [].
  Proof. split; [constructor; reflexivity|reflexivity]. Qed.

  Lemma core_cut m r l : core m r l -> cut_of m = cut_at T r l.
  Proof.
    intros C. unfold cut_of, cut_at. rewrite (core_life _ _ _ C), (core_halts_cut _ _ _ C).
    destruct (core_grows _ _ _ C) as [_ ->]. unfold cut. rewrite (core_read _ _ _ C). reflexivity.
  Qed.

  Lemma push_follows m r events chunk : follows m r Open events ->
    let (m', after) := push T limit m chunk in
    let (r', l) := reading T limit r chunk in
    follows m' r' l (events ++ after).
  Proof.
    intros [C Re]. unfold push. rewrite (core_life _ _ _ C).
    pose proof (fold_core chunk m r C) as F. cbv zeta in F.
    pose proof (reading_cut r chunk) as K. pose proof (reading_cases r chunk) as Cs.
    destruct (reading T limit r chunk) as [r' l]. destruct F as (C' & G & hits & Q & S).
    set (m' := fold_left (read_byte T limit) chunk m) in *.
    assert (exists w, r' = w ++ r) as [w E].
    { destruct Cs as [[_ ->]|(b & w & _ & _ & -> & _)]; [eexists; reflexivity|exists (b :: w); reflexivity]. }
    assert (N : l <> Finished) by (destruct Cs as [[-> _]|(_ & _ & _ & N & _)]; [discriminate|exact N]).
    subst r'. pose proof (released_more w r l K) as R. rewrite Re in R. destruct R as (more & M & R).
    assert (H : hits_at T (w ++ r) l = snd (settled T (w ++ r))) by (destruct l; [reflexivity|contradiction|reflexivity]).
    assert (Gr : grows_at T (w ++ r) l = growing T (w ++ r)) by (destruct l; [reflexivity|contradiction|reflexivity]).
    rewrite H, S in M. apply app_inv_head in M. subst more. rewrite Gr in R.
    unfold let_go. rewrite (core_seen _ _ _ C'), (core_cut _ _ _ C'), (core_life _ _ _ C'), G, Q.
    destruct (core_grows _ _ _ C') as [-> _].
    destruct (release (w ++ r) (cut_at T (w ++ r) l) l (given m) (queue m ++ hits) (growing T (w ++ r))) as [[after u] rest].
    split; [|exact R]. destruct C'. constructor; cbn [seen read life_of halting from redacting]; auto.
  Qed.

  Lemma pushes_follow chunks : forall m r l events, follows m r l events -> l <> Finished ->
    let (m', after) := pushes T limit m chunks in
    let (r', l') := match l with Open => reading T limit r (concat chunks) | _ => (r, l) end in
    follows m' r' l' (events ++ after).
  Proof.
    induction chunks as [|chunk chunks IH]; intros m r l events F N; cbn [pushes concat].
    - rewrite app_nil_r. destruct l; exact F.
    - destruct l as [| |w].
      + pose proof (push_follows m r events chunk F) as P. destruct (push T limit m chunk) as [m' after].
        pose proof (reading_cases r chunk) as Cs. rewrite reading_app.
        destruct (reading T limit r chunk) as [r' l'].
        specialize (IH m' r' l' (events ++ after) P).
        assert (N' : l' <> Finished) by (destruct Cs as [[-> _]|(_ & _ & _ & N' & _)]; [discriminate|exact N']).
        specialize (IH N'). destruct (pushes T limit m' chunks) as [m'' more]. rewrite app_assoc.
        destruct l'; exact IH.
      + contradiction.
      + assert (push T limit m chunk = (m, [])) as ->.
        { unfold push. rewrite (core_life _ _ _ (proj1 F)). reflexivity. }
        specialize (IH m r (Halted w) events F N). destruct (pushes T limit m chunks) as [m'' more]. exact IH.
  Qed.

  Lemma finish_follows m r l events : follows m r l events ->
    let (m', after) := finish m in
    life_of m' = ending T r l /\ cut_of m' = cut_at T r (ending T r l) /\
    released T r (ending T r l) = (events ++ after, given m', queue m').
  Proof.
    intros [C Re]. unfold finish. rewrite (core_life _ _ _ C). destruct l as [| |w].
    2, 3: cbn [ending]; rewrite app_nil_r; split; [exact (core_life _ _ _ C)|split; [exact (core_cut _ _ _ C)|exact Re]].
    pose proof (ending_cut [] r) as K. cbn [app] in K.
    pose proof (released_more [] r (ending T r Open) K) as R. rewrite Re in R. cbn [app] in R. destruct R as (more & M & R).
    assert (H : first_some (fun c : column => first_report (fst c) (map (fun it => (fst (fst it),
        at_last (snd (fst it)) (fst c) (read m) (seen m) (snd it))) (snd c))) (halting m) = last_hit T r).
    { rewrite (core_halting _ _ _ C), (core_read _ _ _ C), (core_seen _ _ _ C). unfold last_hit.
      rewrite first_some_map. rewrite <- (app_nil_r (filter _ _)), first_some_filter, app_nil_r.
      - apply first_some_ext. intros s _. cbn [column_of fst snd]. rewrite map_map. reflexivity.
      - intros s I D. cbn [column_of fst snd]. apply first_report_none_all.
        intros i ends J. rewrite map_map in J. apply in_map_iff in J. destruct J as ([j p] & E & J). inversion E; subst.
        cbn [fst snd]. unfold at_last. rewrite (not_live _ _ _ D _ _ J). reflexivity. }
    cbv zeta. unfold column in H |- *. rewrite H. cbn [ending] in *. destruct (last_hit T r) as [h|] eqn:LH.
    - set (l := Halted (Matched h)) in *.
      set (m' := {| seen := seen m; read := read m; life_of := l; halting := _; from := _; redacting := _;
                    queue := queue m; given := given m |}).
      assert (C' : core m' r l) by (destruct C; constructor; cbn [m' seen read life_of halting from redacting]; auto).
      change (hits_at T r l) with (snd (settled T r)) in M. change (grows_at T r l) with (growing T r) in R.
      rewrite <- (app_nil_r (snd (settled T r))) in M at 1.
      apply app_inv_head in M. subst more. rewrite app_nil_r in R.
      unfold let_go. rewrite (core_cut _ _ _ C'). destruct (core_grows _ _ _ C') as [-> _].
      cbn [m' seen life_of given queue]. rewrite (core_seen _ _ _ C).
      destruct (release r (cut_at T r l) l (given m) (queue m) (growing T r)) as [[after u] rest].
      cbn [life_of given queue]. split; [reflexivity|]. split; [|exact R].
      change (cut_of m' = cut_at T r l). exact (core_cut _ _ _ C').
    - set (make := fun s => ended m (column_of (redactions T) r s)).
      assert (Ls : forall s, live_column (make s) = false).
      { intros s. unfold make, live_column, ended, column_of; cbn [snd]. rewrite map_map.
        induction (redactions T); [reflexivity|]. cbn. assumption. }
      assert (Bs : forall s, best_of (make s) = final_best T r s).
      { intros s. unfold make, best_of, ended, column_of, final_best, final_end; cbn [fst snd]. rewrite !map_map.
        rewrite (core_read _ _ _ C), (core_seen _ _ _ C). reflexivity. }
      rewrite (core_redacting _ _ _ C), (core_from _ _ _ C), map_map, map_length, seq_length.
      pose proof (settled_le T r) as Le.
      change (fun x => ended m (column_of (redactions T) r x)) with make.
      rewrite (settle_scan (length r) (fun _ => false) (final_best T r) make);
        [|exact Ls|exact Bs|exact (final_best_good T r)|exact Le|lia].
      pose proof (redacted_more T [] r) as RM. cbn [app] in RM. unfold final_from in RM.
      rewrite (scan_fuel _ _ _ (final_best_good T r) (length r - fst (settled T r)) (length r)) by lia.
      pose proof (scan_chain (length r) (fun _ => false) (final_best T r) (final_best_good T r) (length r) (fst (settled T r)) Le ltac:(lia)) as Sc.
      destruct (scan (length r) (fun _ => false) (final_best T r) (length r) (fst (settled T r))) as [stop hits].
      destruct Sc as (_ & S1 & S2 & _).
      assert (stop = length r) as ->.
      { destruct (Nat.eq_dec stop (length r)); [assumption|]. discriminate S2; lia. }
      rewrite Nat.sub_diag. cbn [seq map snd] in *.
      cbn [hits_at grows_at] in M, R. rewrite RM in M. apply app_inv_head in M. subst more.
      unfold let_go. cbn [seen life_of given queue grows redacting cut_of read].
      rewrite (core_read _ _ _ C), (core_seen _ _ _ C). cbn [cut_at] in R |- *.
      destruct (release r (length r) Finished (given m) (queue m ++ hits) None) as [[after u] rest].
      cbn [life_of given queue]. split; [reflexivity|]. split; [|exact R].
      unfold cut_of; cbn [life_of read]. reflexivity.
  Qed.
End OfTable.
