(** Threads over a growing text, and the search from the left. *)

From Coq Require Import ZArith Lia Bool List Arith.
From Interlock Require Import guard.Table.
Import ListNotations.

(** ** Threads *)

Lemma thread_of_far p r s : length r <= s -> thread_of p r s = gone.
Proof.
  induction r as [|b r IH]; intros L; [reflexivity|].
  cbn [thread_of length] in *. destruct (Nat.eqb_spec (length r) s); [lia|].
  rewrite IH by lia. reflexivity.
Qed.

Lemma thread_of_next p b r s : s < length r ->
  thread_of p (b :: r) s = fst (advance p s (S (length r)) (b :: r) b (thread_of p r s)).
Proof. intros L; cbn [thread_of]. destruct (Nat.eqb_spec (length r) s); [lia|reflexivity]. Qed.

Lemma thread_of_first p b r :
  thread_of p (b :: r) (length r) = fst (advance p (length r) (S (length r)) (b :: r) b (fresh p r)).
Proof. cbn [thread_of]. rewrite Nat.eqb_refl. reflexivity. Qed.

Lemma reported_next p b r s : s < length r ->
  reported p (b :: r) s = snd (advance p s (S (length r)) (b :: r) b (thread_of p r s)).
Proof. intros L; cbn [reported]. destruct (Nat.eqb_spec (length r) s); [lia|reflexivity]. Qed.

Lemma reported_first p b r :
  reported p (b :: r) (length r) = snd (advance p (length r) (S (length r)) (b :: r) b (fresh p r)).
Proof. cbn [reported]. rewrite Nat.eqb_refl. reflexivity. Qed.

(** A thread that has ended stays what it is, and reports nothing. *)
Lemma gone_stays p b r s : s < length r -> alive (thread_of p r s) = false ->
  thread_of p (b :: r) s = thread_of p r s /\ reported p (b :: r) s = [].
Proof.
  intros L D. rewrite thread_of_next, reported_next by exact L. unfold advance. rewrite D. auto.
Qed.

Lemma gone_stays_long p w r s : s < length r -> alive (thread_of p r s) = false ->
  thread_of p (w ++ r) s = thread_of p r s.
Proof.
  intros L D; induction w as [|b w IH]; [reflexivity|]. cbn [app].
  destruct (gone_stays p b (w ++ r) s) as [E _]; [rewrite app_length; lia|rewrite IH; exact D|].
  rewrite E; exact IH.
Qed.

Lemma in_reports p s n r st e : s < n -> In e (reports p s n r st) -> s < e /\ (e = n \/ S e = n).
Proof.
  unfold reports; intros L I. apply in_app_or in I.
  destruct I as [I|I].
  - destruct (before (flags p st)); cbn [andb] in I; [|contradiction].
    destruct (Nat.ltb_spec (S s) n); cbn [andb] in I; [|contradiction].
    destruct (passes p _); [|contradiction]. destruct I as [<-|[]]; lia.
  - destruct (now (flags p st) && _); [|contradiction]. destruct I as [<-|[]]; lia.
Qed.

Lemma latest_in old ends e : latest old ends = Some e -> old = Some e \/ In e ends.
Proof.
  unfold latest; revert old; induction ends as [|x ends IH]; intros old H; cbn in H; [auto|].
  destruct (IH _ H) as [E|I]; [inversion E; subst; right; left; reflexivity|right; right; exact I].
Qed.

Lemma latest_none old ends : latest old ends = None -> old = None /\ ends = [].
Proof.
  unfold latest; revert old; induction ends as [|x ends IH]; intros old H; cbn in H; [auto|].
  destruct (IH _ H); discriminate.
Qed.

Lemma latest_nil old : latest old [] = old.
Proof. reflexivity. Qed.

(** What is found last is among what was reported, if anything was. *)
Lemma latest_some old x ends : exists e, latest old (x :: ends) = Some e /\ In e (x :: ends).
Proof.
  unfold latest; revert x; induction ends as [|y ends IH]; intros x; cbn [fold_left];
    [exists x; split; [reflexivity|left; reflexivity]|].
  destruct (IH y) as (e & E & I). exists e; split; [exact E|right; exact I].
Qed.

Lemma found_bounds p r s e : found (thread_of p r s) = Some e -> s < e <= length r.
Proof.
  revert e; induction r as [|b r IH]; intros e F; [discriminate|].
  cbn [length]. destruct (Nat.lt_trichotomy s (length r)) as [L|[->|L]].
  - rewrite thread_of_next in F by exact L. unfold advance in F.
    destruct (alive (thread_of p r s)); cbn [fst found] in F.
    + destruct (latest_in _ _ _ F) as [E|I]; [apply IH in E; lia|apply in_reports in I; lia].
    + apply IH in F; lia.
  - rewrite thread_of_first in F. cbn [advance fresh alive fst found] in F.
    destruct (latest_in _ _ _ F) as [E|I]; [discriminate|apply in_reports in I; lia].
  - rewrite thread_of_far in F by (cbn; lia). discriminate.
Qed.

Lemma found_grows p b r s e : found (thread_of p r s) = Some e ->
  exists e', found (thread_of p (b :: r) s) = Some e' /\ e <= e' /\ (e' = e \/ length r <= e').
Proof.
  intros F. pose proof (found_bounds _ _ _ _ F) as B.
  rewrite thread_of_next by lia. unfold advance. destruct (alive (thread_of p r s)); cbn [fst found]; [|eauto].
  rewrite F. destruct (reports p s _ _ _) as [|x l] eqn:R; [exists e; auto|].
  destruct (latest_some (Some e) x l) as (e' & E & I). exists e'; split; [exact E|].
  rewrite <- R in I. apply in_reports in I; lia.
Qed.

(** ** The longest match from a start *)

Lemma longest_first s l h : longest s l = Some h -> first h = s.
Proof.
  revert h; induction l as [|[i [e|]] l IH]; intros h H; cbn [longest] in H; [discriminate| |auto].
  destruct (longest s l) as [h'|]; [|inversion H; reflexivity].
  destruct (e <? past h'); [apply IH; exact H|inversion H; reflexivity].
Qed.

Lemma longest_in s l h : longest s l = Some h -> In (which h, Some (past h)) l.
Proof.
  revert h; induction l as [|[i [e|]] l IH]; intros h H; cbn [longest] in H; [discriminate| |right; auto].
  destruct (longest s l) as [h'|]; [|inversion H; left; reflexivity].
  destruct (e <? past h'); [right; apply IH; exact H|inversion H; left; reflexivity].
Qed.

Lemma longest_most s l h i e : longest s l = Some h -> In (i, Some e) l -> e <= past h.
Proof.
  revert h; induction l as [|[j [x|]] l IH]; intros h H I; [contradiction| |].
  - cbn [longest] in H. destruct (longest s l) as [h'|] eqn:E.
    + specialize (IH _ eq_refl). destruct (Nat.ltb_spec x (past h')); inversion H; subst; cbn [past];
        (destruct I as [I|I]; [inversion I; subst; lia|specialize (IH I); lia]).
    + inversion H; subst; cbn [past]. destruct I as [I|I]; [inversion I; subst; lia|].
      exfalso. clear -E I. induction l as [|[k [y|]] l IH]; [contradiction| |].
      * cbn [longest] in E. destruct (longest s l) as [h|]; [destruct (y <? past h)|]; discriminate.
      * destruct I as [I|I]; [inversion I|auto].
  - cbn [longest] in H. destruct I as [I|I]; [inversion I|eauto].
Qed.

Lemma longest_some s l i e : In (i, Some e) l -> exists h, longest s l = Some h.
Proof.
  induction l as [|[j [x|]] l IH]; intros I; [contradiction| |].
  - cbn [longest]. destruct (longest s l) as [h|]; [destruct (x <? past h)|]; eauto.
  - destruct I as [I|I]; [inversion I|cbn [longest]; auto].
Qed.

(** ** The search from the left *)

Fixpoint chain (from : nat) (hits : list hit) (upto : nat) : Prop :=
  match hits with
  | [] => from <= upto
  | h :: more => from <= first h /\ first h < past h /\ chain (past h) more upto
  end.

Lemma chain_le hits from upto : chain from hits upto -> from <= upto.
Proof.
  revert from; induction hits as [|h hits IH]; cbn; intros from C; [exact C|].
  destruct C as (A & B & C). apply IH in C; lia.
Qed.

Lemma chain_app from a mid b upto : chain from a mid -> chain mid b upto -> chain from (a ++ b) upto.
Proof.
  revert from; induction a as [|h a IH]; cbn [app chain]; intros from A B.
  - destruct b as [|h b]; cbn in *; [lia|]. destruct B as (P & Q & R). repeat split; [lia|exact Q|exact R].
  - destruct A as (P & Q & R). auto.
Qed.

Lemma chain_in from hits upto h : chain from hits upto -> In h hits ->
  from <= first h /\ first h < past h /\ past h <= upto.
Proof.
  revert from; induction hits as [|x hits IH]; intros from C I; [contradiction|].
  destruct C as (A & B & C). pose proof (chain_le _ _ _ C). destruct I as [<-|I]; [lia|].
  apply (IH _ C) in I; lia.
Qed.

Lemma chain_weaken from from' hits upto : chain from hits upto -> from' <= from -> chain from' hits upto.
Proof. destruct hits as [|h hits]; cbn; intros C L; [lia|]. destruct C as (A & B & C). repeat split; [lia|exact B|exact C]. Qed.

Section Scan.
  Variables (n : nat) (open : nat -> bool) (match_at : nat -> option hit).
  Variable good : forall s h, s < n -> match_at s = Some h -> first h = s /\ s < past h <= n.

  Lemma scan_fuel k k' from : n - from <= k -> n - from <= k' ->
    scan n open match_at k from = scan n open match_at k' from.
  Proof.
    revert k' from; induction k as [|k IH]; intros k' from L L'.
    - destruct k'; [reflexivity|]. cbn [scan]. destruct (Nat.leb_spec n from); [reflexivity|lia].
    - destruct k' as [|k']; cbn [scan].
      + destruct (Nat.leb_spec n from); [reflexivity|lia].
      + destruct (Nat.leb_spec n from); [reflexivity|]. destruct (open from); [reflexivity|].
        destruct (match_at from) as [h|] eqn:E; [|apply IH; lia].
        apply good in E; [|lia]. rewrite (IH k' (past h)) by lia. reflexivity.
  Qed.

  Lemma scan_chain k from : from <= n -> n - from <= k ->
    let (stop, hits) := scan n open match_at k from in
    chain from hits stop /\ stop <= n /\ (stop < n -> open stop = true) /\
    (forall h, In h hits -> match_at (first h) = Some h /\ open (first h) = false) /\
    (forall s, from <= s < stop -> (exists h, In h hits /\ first h <= s < past h)
                                   \/ open s = false /\ match_at s = None).
  Proof.
    revert from; induction k as [|k IH]; intros from L F; cbn [scan].
    - repeat split; cbn [chain In] in *; intros; try lia; try contradiction; exfalso; lia.
    - destruct (Nat.leb_spec n from); [repeat split; cbn [chain In] in *; intros; try lia; try contradiction; exfalso; lia|].
      destruct (open from) eqn:O; [repeat split; cbn [chain In] in *; intros; auto; try lia; try contradiction; exfalso; lia|].
      destruct (match_at from) as [h|] eqn:E.
      + pose proof (good _ _ H E) as G.
        specialize (IH (past h)). destruct (scan n open match_at k (past h)) as [stop hits].
        destruct IH as (A & B & C & D & S); try lia.
        repeat split; auto; try (destruct G as [-> G]; lia).
        * destruct H0 as [->|I]; [|apply D; exact I]. destruct G as [-> _]; exact E.
        * destruct H0 as [->|I]; [|apply D; exact I]. destruct G as [-> _]; exact O.
        * intros s R. destruct (Nat.lt_ge_cases s (past h)).
          -- left; exists h; split; [left; reflexivity|lia].
          -- destruct (S s) as [(x & I & R')|R']; [lia| |right; exact R'].
             left; exists x; split; [right; exact I|exact R'].
      + specialize (IH (S from)). destruct (scan n open match_at k (S from)) as [stop hits].
        destruct IH as (A & B & C & D & S); try lia.
        repeat split; auto; try (apply D; assumption).
        * eapply chain_weaken; [exact A|lia].
        * intros s R. destruct (Nat.eq_dec s from) as [->|]; [auto|apply S; lia].
  Qed.
End Scan.

(** What is settled stays, whatever more is known. *)
Lemma scan_more n open match_at n' open' match_at' k from :
  (forall s h, s < n -> match_at s = Some h -> first h = s /\ s < past h <= n) ->
  (forall s h, s < n' -> match_at' s = Some h -> first h = s /\ s < past h <= n') ->
  (forall s, s < n -> open s = false -> open' s = false /\ match_at' s = match_at s) ->
  n <= n' -> from <= n -> n - from <= k ->
  let (stop, hits) := scan n open match_at k from in
  forall k' k'', n' - from <= k' -> n' - stop <= k'' ->
  scan n' open' match_at' k' from =
    let (stop', hits') := scan n' open' match_at' k'' stop in (stop', hits ++ hits').
Proof.
  intros G G' A L. revert from; induction k as [|k IH]; intros from F K; cbn [scan].
  - intros k' k'' K' K''. rewrite (scan_fuel n' open' match_at' G' k' k'') by lia.
    destruct (scan _ _ _ _ _); reflexivity.
  - destruct (Nat.leb_spec n from).
    { intros k' k'' K' K''. rewrite (scan_fuel n' open' match_at' G' k' k'') by lia.
      destruct (scan _ _ _ _ _); reflexivity. }
    destruct (open from) eqn:O.
    { intros k' k'' K' K''. rewrite (scan_fuel n' open' match_at' G' k' k'') by lia.
      destruct (scan _ _ _ _ _); reflexivity. }
    destruct (A from H O) as [O' M'].
    destruct (match_at from) as [h|] eqn:E.
    + pose proof (G _ _ H E) as B. specialize (IH (past h)).
      destruct (scan n open match_at k (past h)) as [stop hits].
      intros k' k'' K' K''. destruct k' as [|k']; [lia|]. cbn [scan].
      destruct (Nat.leb_spec n' from); [lia|]. rewrite O', M'.
      rewrite (IH ltac:(lia) ltac:(lia) k' k'') by lia.
      destruct (scan n' open' match_at' k'' stop); reflexivity.
    + specialize (IH (S from)). destruct (scan n open match_at k (S from)) as [stop hits].
      intros k' k'' K' K''. destruct k' as [|k']; [lia|]. cbn [scan].
      destruct (Nat.leb_spec n' from); [lia|]. rewrite O', M'. apply IH; lia.
Qed.

(** ** Lists *)

Lemma first_some_map {A B C} (f : B -> option C) (g : A -> B) l : first_some f (map g l) = first_some (fun x => f (g x)) l.
Proof. induction l as [|x l IH]; cbn; [reflexivity|]. destruct (f (g x)); auto. Qed.

Lemma first_some_ext {A C} (f g : A -> option C) l : (forall x, In x l -> f x = g x) -> first_some f l = first_some g l.
Proof.
  induction l as [|x l IH]; cbn; intros H; [reflexivity|]. rewrite (H x) by auto. destruct (g x); auto.
Qed.

Lemma first_some_filter {A C} (f : A -> option C) keep l rest : (forall x, In x l -> keep x = false -> f x = None) ->
  first_some f (filter keep l ++ rest) = first_some f (l ++ rest).
Proof.
  induction l as [|x l IH]; cbn; intros H; [reflexivity|].
  destruct (keep x) eqn:K; cbn.
  - destruct (f x); auto.
  - rewrite (H x) by auto. apply IH. auto.
Qed.

Lemma skipn_seq k from n : skipn k (seq from n) = seq (from + k) (n - k).
Proof.
  revert from n; induction k as [|k IH]; intros from n; [rewrite Nat.add_0_r, Nat.sub_0_r; reflexivity|].
  destruct n as [|n]; [reflexivity|]. cbn [seq skipn]. rewrite IH. f_equal; lia.
Qed.
