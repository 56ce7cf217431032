(** What holds of a registry whatever is done with it, and what no operation but a swap changes. *)

From Coq Require Import ZArith Lia Bool List.
From Interlock Require Import registry.Registry.
Import ListNotations.
Open Scope Z_scope.

(** ** Lists *)

Lemma find_key {A} (key : A -> Z) k l x : find (fun y => key y =? k) l = Some x -> In x l /\ key x = k.
Proof. intros F; apply find_some in F; destruct F as [I E]; apply Z.eqb_eq in E; auto. Qed.

Lemma find_key_in {A} (key : A -> Z) l x : NoDup (map key l) -> In x l -> find (fun y => key y =? key x) l = Some x.
Proof.
  induction l as [|y l IH]; cbn; [contradiction|]; intros N [->|I].
  - rewrite Z.eqb_refl; reflexivity.
  - inversion N; subst; destruct (Z.eqb_spec (key y) (key x)) as [E|]; [|auto].
    exfalso; apply H1; rewrite E; apply in_map; exact I.
Qed.

Lemma find_key_none {A} (key : A -> Z) k l : find (fun y => key y =? k) l = None <-> ~ In k (map key l).
Proof.
  split.
  - intros F I; apply in_map_iff in I; destruct I as [x [E I]].
    apply (find_none _ _ F) in I; apply Z.eqb_neq in I; contradiction.
  - intros N; destruct (find _ l) as [x|] eqn:F; [|reflexivity].
    apply find_key in F; destruct F as [I <-]; contradict N; apply in_map; exact I.
Qed.

Lemma same_key {A} (key : A -> Z) l x y : NoDup (map key l) -> In x l -> In y l -> key x = key y -> x = y.
Proof.
  intros N X Y E; apply (find_key_in key) in X; [|exact N]; apply (find_key_in key) in Y; [|exact N].
  rewrite E in X; congruence.
Qed.

Lemma without_first_in {A} count (p : A -> bool) l x : In x (without_first count p l) -> In x l.
Proof.
  revert count; induction l as [|y l IH]; intros [|count]; cbn; try auto.
  destruct (p y); cbn; intros I; [right; eauto|destruct I; [left; assumption|right; eauto]].
Qed.

Lemma without_first_keeps {A} count (p : A -> bool) l x : In x l -> p x = false -> In x (without_first count p l).
Proof.
  revert count; induction l as [|y l IH]; intros [|count]; cbn; try auto.
  intros [->|I] P; [rewrite P; left; reflexivity|destruct (p y); [|right]; auto].
Qed.

Lemma without_first_unique {A} (key : A -> Z) count p l : NoDup (map key l) -> NoDup (map key (without_first count p l)).
Proof.
  revert count; induction l as [|y l IH]; intros [|count]; cbn; try auto; intros N; inversion N; subst.
  destruct (p y); cbn; [auto|constructor; [|auto]].
  intros I; apply H1; apply in_map_iff in I; destruct I as [x [E I]]; apply without_first_in in I.
  rewrite <- E; apply in_map; exact I.
Qed.

(** ** What changes of a rule and what does not *)

Definition same_version (o o' : version) : Prop := number o' = number o /\ content o' = content o /\ needs o' = needs o.

Definition fresh (g : option candidate) (n : Z) (o : version) : Prop :=
  exists c, g = Some c /\ n = its_rule c /\ number o = its_version c /\ content o = its_content c /\ needs o = its_needs c.

(** Its active version is the same, unless it is the rule that is excepted; its versions are those that were there or a
    new one above them all. *)
Record gentle (e : option Z) (g : option candidate) (r r' : rule) : Prop := {
  gentle_name : name r' = name r;
  gentle_active : e = Some (name r) \/ active r' = active r;
  gentle_highest : highest r <= highest r';
  gentle_stops : stops r <= stops r';
  gentle_versions : forall o', In o' (versions r') ->
    (exists o, In o (versions r) /\ same_version o o') \/ (highest r < number o' /\ fresh g (name r) o')
}.

Definition extends (e : option Z) (g : option candidate) (s s' : registry) : Prop :=
  exists old more, rules s' = old ++ more /\ Forall2 (gentle e g) (rules s) old
    /\ Forall (fun r => (e = Some (name r) \/ active r = 0) /\ forall o, In o (versions r) -> fresh g (name r) o) more.

Lemma same_version_refl o : same_version o o.
Proof. repeat split. Qed.

Lemma gentle_refl e g r : gentle e g r r.
Proof. constructor; try reflexivity; [right; reflexivity|intros o I; left; exists o; split; [exact I|apply same_version_refl]]. Qed.

Lemma gentle_trans e g a b c : gentle e g a b -> gentle e g b c -> gentle e g a c.
Proof.
  intros [N1 A1 H1 S1 V1] [N2 A2 H2 S2 V2]; constructor; try congruence; try lia.
  - rewrite N1 in A2; destruct A1 as [|A1]; [left; assumption|]; destruct A2 as [|A2]; [left; assumption|right; congruence].
  - intros o'' I; apply V2 in I; destruct I as [[o' [I [E1 [E2 E3]]]]|[L F]]; [|right; split; [lia|rewrite <- N1; exact F]].
    apply V1 in I; destruct I as [[o [I [F1 [F2 F3]]]]|[L [d [G [Fn [F1 [F2 F3]]]]]]].
    + left; exists o; split; [exact I|repeat split; congruence].
    + right; split; [lia|exists d; repeat split; congruence].
Qed.

Lemma extends_same e g s s' : rules s' = rules s -> extends e g s s'.
Proof.
  intros E; exists (rules s), []; rewrite app_nil_r; split; [exact E|split; [|constructor]].
  clear E; induction (rules s); constructor; [apply gentle_refl|assumption].
Qed.

Lemma extends_trans e g a b c : extends e g a b -> extends e g b c -> extends e g a c.
Proof.
  intros [old1 [more1 [E1 [F1 M1]]]] [old2 [more2 [E2 [F2 M2]]]].
  rewrite E1 in F2; apply Forall2_app_inv_l in F2; destruct F2 as [x [y [Fx [Fy ->]]]].
  exists x, (y ++ more2); split; [rewrite E2, app_assoc; reflexivity|split].
  - clear -F1 Fx; revert x Fx; induction F1 as [|r r1 l l1 G F1 IH]; intros x Fx; inversion Fx; subst; constructor; [|auto].
    eapply gentle_trans; eassumption.
  - apply Forall_app; split; [|exact M2]; clear -M1 Fy.
    induction Fy as [|r r' l l' G Fy IH]; [constructor|inversion M1; subst]; constructor; [|auto]; clear IH.
    destruct G as [N A Hi St V]; destruct H1 as [A0 V0]; split.
    + rewrite N; destruct A as [A|A]; [left; exact A|rewrite A; exact A0].
    + intros o' I; apply V in I; rewrite N; destruct I as [[o [I [S1 [S2 S3]]]]|[_ F]]; [|exact F].
      apply V0 in I; destruct I as [d [G [Fn [F1 [F2 F3]]]]]; exists d; repeat split; congruence.
Qed.

Lemma gentle_weaken e g r r' : gentle None None r r' -> gentle e g r r'.
Proof.
  intros [N A Hi St V]; constructor; try assumption; [destruct A as [A|A]; [discriminate A|right; exact A]|].
  intros o' I; apply V in I; destruct I as [I|[_ [c [G _]]]]; [left; exact I|discriminate G].
Qed.

Lemma extends_weaken e g s s' : extends None None s s' -> extends e g s s'.
Proof.
  intros [old [more [E [F M]]]]; exists old, more; split; [exact E|split].
  - clear -F; induction F; constructor; [apply gentle_weaken|]; assumption.
  - eapply Forall_impl; [|exact M]; intros r [[A|A] V]; [discriminate A|]; split; [right; exact A|].
    intros o I; destruct (V o I) as [c [G _]]; discriminate G.
Qed.

Lemma extends_update e g n f s :
  (forall r, In r (rules s) -> name r = n -> gentle e g r (f r)) -> extends e g s (update_rule n f s).
Proof.
  intros K; exists (rules (update_rule n f s)), []; rewrite app_nil_r; split; [reflexivity|split; [|constructor]].
  cbn [rules update_rule with_rules]; induction (rules s) as [|r l IH]; constructor.
  - destruct (Z.eqb_spec (name r) n); [apply K; [left; reflexivity|assumption]|apply gentle_refl].
  - apply IH; intros; apply K; [right|]; assumption.
Qed.

Lemma extends_find e g s s' n r : extends e g s s' -> find_rule s n = Some r ->
  exists r', find_rule s' n = Some r' /\ gentle e g r r'.
Proof.
  intros [old [more [E [F M]]]] Q; unfold find_rule in *; rewrite E; clear E.
  induction F as [|a b l l' G F IH]; [discriminate Q|]; cbn in *; rewrite (gentle_name _ _ _ _ G).
  destruct (name a =? n); [injection Q as <-; eauto|auto].
Qed.

Lemma extends_find_back e g s s' n r' : extends e g s s' -> find_rule s' n = Some r' ->
  (exists r, find_rule s n = Some r /\ gentle e g r r')
  \/ (find_rule s n = None /\ (e = Some n \/ active r' = 0) /\ forall o, In o (versions r') -> fresh g n o).
Proof.
  intros [old [more [E [F M]]]] Q; unfold find_rule in *; rewrite E in Q; clear E.
  induction F as [|a b l l' G F IH]; cbn in *.
  - right; split; [reflexivity|]; pose proof (find_key name _ _ _ Q) as [I <-].
    rewrite Forall_forall in M; exact (M _ I).
  - rewrite (gentle_name _ _ _ _ G) in Q; destruct (name a =? n); [injection Q as <-; left; eauto|auto].
Qed.

Lemma extends_active g s s' n : extends None g s s' -> active_of s' n = active_of s n.
Proof.
  intros X; unfold active_of; destruct (find_rule s' n) as [r'|] eqn:Q'.
  - destruct (extends_find_back _ _ _ _ _ _ X Q') as [[r [Q G]]|[Q [[A|A] _]]]; rewrite Q; [|discriminate A|exact A].
    destruct (gentle_active _ _ _ _ G) as [A|A]; [discriminate A|exact A].
  - destruct (find_rule s n) as [r|] eqn:Q; [|reflexivity].
    destruct (extends_find _ _ _ _ _ _ X Q) as [r' [E _]]; congruence.
Qed.

(** ** What holds of rules and pins *)

Record good_rule (r : rule) : Prop := {
  unique : NoDup (map number (versions r));
  bounds : forall o, In o (versions r) -> 0 < number o <= highest r;
  serving : active r = 0 \/ exists o, In o (versions r) /\ number o = active r /\ resting o <> Failed;
  valid : forall o need, In o (versions r) -> In need (needs o) -> fst need <> name r /\ 0 < snd need;
  not_negative : 0 <= highest r
}.

Definition holders (l : list slot) (n v : Z) : nat :=
  length (filter (fun k => used k && (of_rule k =? n) && (of_version k =? v)) l).

Record sound (s : registry) : Prop := {
  names : NoDup (map name (rules s));
  good : forall r, In r (rules s) -> good_rule r;
  counted : forall r o, In r (rules s) -> In o (versions r) -> pins o = Z.of_nat (holders (slots s) (name r) (number o));
  held : forall k, In k (slots s) -> used k = true ->
    exists r o, In r (rules s) /\ In o (versions r) /\ name r = of_rule k /\ number o = of_version k;
  satisfied : forall r o need, In r (rules s) -> In o (versions r) -> number o = active r -> In need (needs o) ->
    snd need <= active_of s (fst need);
  known : forall r o need, In r (rules s) -> In o (versions r) -> In need (needs o) -> find_rule s (fst need) <> None
}.

Lemma active_bounds r : good_rule r -> 0 <= active r <= highest r.
Proof.
  intros G; destruct (serving r G) as [E|[o [I [E _]]]]; [rewrite E; split; [lia|apply not_negative; exact G]|].
  pose proof (bounds r G o I); lia.
Qed.

Lemma found_rule s n r : find_rule s n = Some r -> In r (rules s) /\ name r = n.
Proof. apply find_key. Qed.

Lemma in_found s r : sound s -> In r (rules s) -> find_rule s (name r) = Some r.
Proof. intros S; apply find_key_in; exact (names s S). Qed.

Lemma found_version r v o : find_version r v = Some o -> In o (versions r) /\ number o = v.
Proof. apply find_key. Qed.

Lemma in_version r o : good_rule r -> In o (versions r) -> find_version r (number o) = Some o.
Proof. intros G; apply find_key_in; exact (unique r G). Qed.

Lemma sound_same s s' : rules s' = rules s -> slots s' = slots s -> sound s -> sound s'.
Proof.
  intros R K [A B C D E F]; constructor; unfold active_of, find_rule in *; rewrite ?R, ?K; assumption.
Qed.

(** Two shapes of one rule: what was serving is, and needs are what they were. *)
Lemma satisfied_extends s s' :
  NoDup (map name (rules s)) -> (forall r, In r (rules s) -> good_rule r) ->
  NoDup (map name (rules s')) -> (forall r, In r (rules s') -> good_rule r) ->
  extends None None s s' ->
  (forall r o need, In r (rules s) -> In o (versions r) -> number o = active r -> In need (needs o) -> snd need <= active_of s (fst need)) ->
  (forall r o need, In r (rules s) -> In o (versions r) -> In need (needs o) -> find_rule s (fst need) <> None) ->
  (forall r o need, In r (rules s') -> In o (versions r) -> number o = active r -> In need (needs o) -> snd need <= active_of s' (fst need))
  /\ (forall r o need, In r (rules s') -> In o (versions r) -> In need (needs o) -> find_rule s' (fst need) <> None).
Proof.
  intros N G N' G' X Sat Kn.
  assert (Back : forall r' o', In r' (rules s') -> In o' (versions r') ->
            exists r o, In r (rules s) /\ In o (versions r) /\ same_version o o' /\ active r' = active r).
  { intros r' o' Ir Io; pose proof (find_key_in name _ _ N' Ir) as Q.
    destruct (extends_find_back _ _ _ _ _ _ X Q) as [[r [Q0 Ge]]|[_ [_ V]]].
    - apply found_rule in Q0; destruct Q0 as [I0 _].
      destruct (gentle_versions _ _ _ _ Ge o' Io) as [[o [I S]]|[_ [c [Bad _]]]]; [|discriminate Bad].
      exists r, o; destruct (gentle_active _ _ _ _ Ge) as [Bad|A]; [discriminate Bad|auto].
    - destruct (V o' Io) as [c [Bad _]]; discriminate Bad. }
  split; intros r' o' need Ir Io.
  - intros E In_; destruct (Back r' o' Ir Io) as [r [o [I [I2 [[S1 [S2 S3]] A]]]]].
    rewrite (extends_active _ _ _ _ X); apply (Sat r o need I I2); [congruence|rewrite <- S3; exact In_].
  - intros In_; destruct (Back r' o' Ir Io) as [r [o [I [I2 [[S1 [S2 S3]] A]]]]].
    pose proof (Kn r o need I I2 ltac:(rewrite <- S3; exact In_)) as K.
    destruct (find_rule s (fst need)) as [x|] eqn:Q; [|contradiction].
    destruct (extends_find _ _ _ _ _ _ X Q) as [x' [-> _]]; discriminate.
Qed.

Lemma in_update n f s r' : In r' (rules (update_rule n f s)) ->
  exists r, In r (rules s) /\ r' = (if name r =? n then f r else r).
Proof. cbn; intros I; apply in_map_iff in I; destruct I as [r [<- I]]; eauto. Qed.

Lemma update_in n f s r : In r (rules s) -> In (if name r =? n then f r else r) (rules (update_rule n f s)).
Proof. intros I; cbn; apply (in_map (fun r => if name r =? n then f r else r)); exact I. Qed.

Lemma update_names n f s : (forall r, name (f r) = name r) -> map name (rules (update_rule n f s)) = map name (rules s).
Proof.
  intros K; cbn; rewrite map_map; apply map_ext; intros r; destruct (name r =? n); [apply K|reflexivity].
Qed.

(** A change of rules of one name. *)
Lemma sound_update n f s : sound s ->
  (forall r, name (f r) = name r) ->
  (forall r, In r (rules s) -> name r = n -> good_rule (f r) /\ gentle None None r (f r)) ->
  (forall r o, In r (rules s) -> name r = n -> In o (versions (f r)) -> pins o = Z.of_nat (holders (slots s) n (number o))) ->
  (forall r o, In r (rules s) -> name r = n -> In o (versions r) -> (0 < holders (slots s) n (number o))%nat ->
     exists o', In o' (versions (f r)) /\ number o' = number o) ->
  sound (update_rule n f s).
Proof.
  intros S Nm K P Hd.
  assert (N' : NoDup (map name (rules (update_rule n f s)))) by (rewrite update_names by exact Nm; exact (names s S)).
  assert (G' : forall r, In r (rules (update_rule n f s)) -> good_rule r).
  { intros r' I; apply in_update in I; destruct I as [r [I ->]]; destruct (Z.eqb_spec (name r) n) as [E|];
      [apply (K r I E)|exact (good s S r I)]. }
  assert (X : extends None None s (update_rule n f s)) by (apply extends_update; intros r I E; apply (K r I E)).
  destruct (satisfied_extends s (update_rule n f s) (names s S) (good s S) N' G' X (satisfied s S) (known s S)) as [A B].
  constructor; [exact N'|exact G'| | |exact A|exact B].
  - intros r' o I Io; apply in_update in I; destruct I as [r [I ->]]; cbn [slots update_rule with_rules].
    destruct (Z.eqb_spec (name r) n) as [E|]; [rewrite Nm, E; apply (P r); assumption|exact (counted s S r o I Io)].
  - cbn [slots update_rule with_rules]; intros k Ik U; destruct (held s S k Ik U) as [r [o [I [Io [En Ev]]]]].
    pose proof (update_in n f s r I) as I'; destruct (Z.eqb_spec (name r) n) as [E|Ne].
    + destruct (Hd r o I E Io) as [o' [Io' Eo']].
      { clear I'; rewrite <- E, En, Ev; unfold holders; apply in_split in Ik; destruct Ik as [a [b ->]].
        rewrite filter_app, app_length; cbn [filter]; rewrite U, !Z.eqb_refl; cbn; lia. }
      exists (f r), o'; rewrite Nm; repeat split; congruence || assumption.
    + exists r, o; auto.
Qed.

(** ** Changes that touch no version's number, content, needs, pins or failure *)

Lemma good_soft r r' : name r' = name r -> versions r' = versions r -> highest r' = highest r -> active r' = active r ->
  good_rule r -> good_rule r'.
Proof. intros E1 E2 E3 E4 [A B C D F]; constructor; rewrite ?E1, ?E2, ?E3, ?E4; assumption. Qed.

Lemma gentle_soft e g r r' : name r' = name r -> versions r' = versions r -> highest r' = highest r -> active r' = active r ->
  stops r <= stops r' -> gentle e g r r'.
Proof.
  intros E1 E2 E3 E4 St; constructor; try congruence; [right; congruence|lia|rewrite E2].
  intros o I; left; exists o; split; [exact I|apply same_version_refl].
Qed.

Definition soft (f : rule -> rule) : Prop := forall r,
  name (f r) = name r /\ versions (f r) = versions r /\ highest (f r) = highest r /\ active (f r) = active r /\ stops r <= stops (f r).

Lemma sound_soft n f s : soft f -> sound s -> sound (update_rule n f s).
Proof.
  intros K S; apply sound_update; [exact S|intros r; apply K| | |]; intros r.
  - intros I E; destruct (K r) as [K1 [K2 [K3 [K4 K5]]]]; split; [|apply gentle_soft; assumption].
    apply (good_soft r); try assumption; exact (good s S r I).
  - intros o I E Io; destruct (K r) as [_ [K2 _]]; rewrite K2 in Io; rewrite <- E; exact (counted s S r o I Io).
  - intros o I E Io _; destruct (K r) as [_ [K2 _]]; rewrite K2; eauto.
Qed.

Lemma extends_soft n f s : soft f -> extends None None s (update_rule n f s).
Proof. intros K; apply extends_update; intros r _ _; destruct (K r) as [? [? [? [? ?]]]]; apply gentle_soft; assumption. Qed.

Definition touched (v : Z) (f : version -> version) (r : rule) : rule :=
  with_versions (map (fun o => if number o =? v then f o else o) (versions r)) r.

Lemma in_touched v f r o' : In o' (versions (touched v f r)) ->
  exists o, In o (versions r) /\ o' = (if number o =? v then f o else o).
Proof. cbn; intros I; apply in_map_iff in I; destruct I as [o [<- I]]; eauto. Qed.

Lemma touched_in v f r o : In o (versions r) -> In (if number o =? v then f o else o) (versions (touched v f r)).
Proof. intros I; cbn; apply (in_map (fun o => if number o =? v then f o else o)); exact I. Qed.

Lemma good_touched v f r : (forall o, same_version o (f o)) -> good_rule r ->
  (forall o, In o (versions r) -> number o = active r -> v = active r -> resting o <> Failed -> resting (f o) <> Failed) ->
  good_rule (touched v f r).
Proof.
  intros K G A; constructor; cbn [touched with_versions name highest active].
  - cbn; rewrite map_map, (map_ext _ number); [exact (unique r G)|].
    intros o; destruct (number o =? v); [apply K|reflexivity].
  - intros o' I; apply in_touched in I; destruct I as [o [I ->]].
    destruct (number o =? v); [destruct (K o) as [-> _]|]; exact (bounds r G o I).
  - destruct (serving r G) as [E|[o [I [E F]]]]; [left; exact E|right].
    exists (if number o =? v then f o else o); split; [apply (touched_in v f r); exact I|].
    destruct (Z.eqb_spec (number o) v) as [E2|]; [|auto].
    destruct (K o) as [-> _]; split; [exact E|apply A; congruence || assumption].
  - intros o' need I; apply in_touched in I; destruct I as [o [I ->]].
    destruct (number o =? v); [destruct (K o) as [_ [_ ->]]|]; exact (valid r G o need I).
  - exact (not_negative r G).
Qed.

Lemma gentle_touched e g v f r : (forall o, same_version o (f o)) -> gentle e g r (touched v f r).
Proof.
  intros K; constructor; try reflexivity; [right; reflexivity|].
  intros o' I; apply in_touched in I; destruct I as [o [I ->]]; left; exists o; split; [exact I|].
  destruct (number o =? v); [apply K|apply same_version_refl].
Qed.

Lemma extends_touch e g n v f s : (forall o, same_version o (f o)) -> extends e g s (update_version n v f s).
Proof. intros K; apply extends_update; intros r _ _; apply gentle_touched; exact K. Qed.

Lemma sound_touch n v f s : sound s -> (forall o, same_version o (f o) /\ pins (f o) = pins o) ->
  (forall o, resting o <> Failed -> v = active_of s n -> resting (f o) <> Failed) ->
  sound (update_version n v f s).
Proof.
  intros S K A; apply sound_update; [exact S|reflexivity| | |]; intros r.
  - intros I E; split; [|apply gentle_touched; intros o; apply K].
    apply good_touched; [intros o; apply K|exact (good s S r I)|].
    intros o _ _ V F; apply A; [exact F|]; unfold active_of; rewrite <- E, (in_found s r S I); exact V.
  - intros o' I E Io; apply in_touched in Io; destruct Io as [o [Io ->]]; rewrite <- E.
    destruct (number o =? v); [destruct (K o) as [[-> _] ->]|]; exact (counted s S r o I Io).
  - intros o I E Io _; exists (if number o =? v then f o else o); split; [apply (touched_in v f r); exact Io|].
    destruct (number o =? v); [apply K|reflexivity].
Qed.

(** ** Eviction *)

Lemma trimmed_in s r o : In o (versions (with_versions (without_first (above s r) (fun o => (pins o =? 0) && negb (staged o) && negb (keeps s r o)) (versions r)) r)) -> In o (versions r).
Proof. apply without_first_in. Qed.

Lemma trimmed_keeps s r o : In o (versions r) -> pins o <> 0 \/ keeps s r o = true ->
  In o (versions (with_versions (without_first (above s r) (fun o => (pins o =? 0) && negb (staged o) && negb (keeps s r o)) (versions r)) r)).
Proof.
  intros I K; apply without_first_keeps; [exact I|]; destruct K as [K|K].
  - apply Z.eqb_neq in K; rewrite K; reflexivity.
  - rewrite K, andb_false_r; reflexivity.
Qed.

Lemma gentle_trimmed e g s r :
  gentle e g r (with_versions (without_first (above s r) (fun o => (pins o =? 0) && negb (staged o) && negb (keeps s r o)) (versions r)) r).
Proof.
  constructor; try reflexivity; [right; reflexivity|].
  intros o I; apply trimmed_in in I; left; exists o; split; [exact I|apply same_version_refl].
Qed.

Lemma extends_trim e g n s : extends e g s (trim n s).
Proof. apply extends_update; intros; apply gentle_trimmed. Qed.

Lemma sound_trim n s : sound s -> sound (trim n s).
Proof.
  intros S; apply sound_update; [exact S|reflexivity| | |]; intros r.
  - intros I E; split; [|apply gentle_trimmed]; pose proof (good s S r I) as G; constructor.
    + apply without_first_unique; exact (unique r G).
    + intros o Io; apply trimmed_in in Io; exact (bounds r G o Io).
    + destruct (serving r G) as [Z0|[o [Io [Eo F]]]]; [left; exact Z0|right; exists o; split; [|auto]].
      apply trimmed_keeps; [exact Io|right; unfold keeps; rewrite Eo, Z.eqb_refl; reflexivity].
    + intros o need Io; apply trimmed_in in Io; exact (valid r G o need Io).
    + exact (not_negative r G).
  - intros o I E Io; apply trimmed_in in Io; rewrite <- E; exact (counted s S r o I Io).
  - intros o I E Io P; exists o; split; [|reflexivity]; apply trimmed_keeps; [exact Io|left].
    rewrite (counted s S r o I Io), E; lia.
Qed.

(** ** A swap that is under way *)

(** The version to activate is there and has not failed. *)
Definition holds (s : registry) (q : request) : Prop :=
  exists r o, In r (rules s) /\ name r = wanted_rule q /\ In o (versions r) /\ number o = to q /\ resting o <> Failed.

Definition ready (s : registry) (q : request) : Prop :=
  holds s q
  /\ (forall r, find_rule s (wanted_rule q) = Some r ->
        if is_rollback q then active r <> 0 /\ to q < active r else active r < to q)
  /\ (forall r o need, In r (rules s) -> name r = wanted_rule q -> In o (versions r) -> number o = to q ->
        In need (needs o) -> snd need <= active_of s (fst need))
  /\ (forall r o need, In r (rules s) -> In o (versions r) -> number o = active r -> name r <> wanted_rule q ->
        In need (needs o) -> fst need = wanted_rule q -> snd need <= to q).

Definition working (s : registry) : Prop :=
  match doing s with
  | Busy w => from w = active_of s (wanted_rule (asked w))
              /\ match stage w with PreStage | Quiesce | Swap => ready s (asked w) | _ => True end
  | _ => True
  end.

Definition invariant (s : registry) : Prop := sound s /\ working s.

Lemma ready_extends g s s' q : sound s -> sound s' -> extends None g s s' -> ready s q -> holds s' q -> ready s' q.
Proof.
  intros S S' X [[r0 [o0 [Ir0 [En0 [Io0 [Eo0 F0]]]]]] [D [Nd Dp]]] H'; split; [exact H'|split; [|split]].
  - intros r' Q'; destruct (extends_find_back _ _ _ _ _ _ X Q') as [[r [Q G]]|[Q _]].
    + specialize (D r Q); destruct (gentle_active _ _ _ _ G) as [Bad| ->]; [discriminate Bad|exact D].
    + exfalso; rewrite <- En0, (in_found s r0 S Ir0) in Q; discriminate Q.
  - intros r' o' need Ir' En' Io' Eo' Ineed; pose proof (in_found s' r' S' Ir') as Q'.
    destruct (extends_find_back _ _ _ _ _ _ X Q') as [[r [Q G]]|[Q _]].
    + apply found_rule in Q; destruct Q as [Ir En]; rewrite (extends_active _ _ _ _ X).
      assert (r = r0) as -> by (apply (same_key name (rules s)); [exact (names s S)|assumption|assumption|congruence]).
      destruct (gentle_versions _ _ _ _ G o' Io') as [[o [Io [S1 [S2 S3]]]]|[L _]].
      * apply (Nd r0 o need Ir0 En0 Io); [congruence|rewrite <- S3; exact Ineed].
      * pose proof (bounds r0 (good s S r0 Ir0) o0 Io0); lia.
    + exfalso; rewrite En', <- En0, (in_found s r0 S Ir0) in Q; discriminate Q.
  - intros r' o' need Ir' Io' Ea' Ne' Ineed En'; pose proof (in_found s' r' S' Ir') as Q'.
    destruct (extends_find_back _ _ _ _ _ _ X Q') as [[r [Q G]]|[Q [[Bad|A] _]]]; [|discriminate Bad|].
    + apply found_rule in Q; destruct Q as [Ir En]; destruct (gentle_active _ _ _ _ G) as [Bad|A]; [discriminate Bad|].
      destruct (gentle_versions _ _ _ _ G o' Io') as [[o [Io [S1 [S2 S3]]]]|[L _]].
      * apply (Dp r o need Ir Io); [congruence|congruence|rewrite <- S3; exact Ineed|exact En'].
      * pose proof (active_bounds r (good s S r Ir)); lia.
    + pose proof (bounds r' (good s' S' r' Ir') o' Io'); lia.
Qed.

(** A change that leaves what is done and what is needed for it alone. *)
Definition calm (g : option candidate) (s s' : registry) : Prop :=
  extends None g s s' /\ doing s' = doing s
  /\ forall w, doing s = Busy w -> holds s (asked w) -> holds s' (asked w).

Lemma calm_trans g a b c : calm g a b -> calm g b c -> calm g a c.
Proof.
  intros [X1 [D1 H1]] [X2 [D2 H2]]; split; [eapply extends_trans; eassumption|split; [congruence|]].
  intros w D H; apply (H2 w); [congruence|auto].
Qed.

Lemma calm_invariant g s s' : invariant s -> sound s' -> calm g s s' -> invariant s'.
Proof.
  intros [S W] S' [X [D H]]; split; [exact S'|]; unfold working in *; rewrite D.
  destruct (doing s) as [| |w] eqn:Dw; try exact I; destruct W as [F W]; split.
  - rewrite (extends_active _ _ _ _ X); exact F.
  - destruct (stage w); try exact I; apply (ready_extends g s s' _ S S' X W); apply (H w eq_refl); apply W.
Qed.

Lemma calm_same g s s' : rules s' = rules s -> doing s' = doing s -> calm g s s'.
Proof.
  intros R D; split; [apply extends_same; exact R|split; [exact D|]].
  intros w _; unfold holds; rewrite R; auto.
Qed.

Lemma calm_soft n f s : soft f -> calm None s (update_rule n f s).
Proof.
  intros K; split; [apply extends_soft; exact K|split; [reflexivity|]].
  intros w _ [r [o [Ir [En [Io [Eo F]]]]]]; exists (if name r =? n then f r else r), o.
  split; [apply update_in; exact Ir|]; destruct (K r) as [K1 [K2 _]]; destruct (name r =? n); rewrite ?K1, ?K2; auto.
Qed.

Lemma calm_touch g n v f s : (forall o, same_version o (f o)) -> (forall o, resting o <> Failed -> resting (f o) <> Failed) ->
  calm g s (update_version n v f s).
Proof.
  intros K A; split; [apply extends_touch; exact K|split; [reflexivity|]].
  intros w _ [r [o [Ir [En [Io [Eo F]]]]]].
  pose proof (update_in n (touched v f) s r Ir) as Ir'; destruct (name r =? n); [|exists r, o; auto].
  exists (touched v f r), (if number o =? v then f o else o); split; [exact Ir'|split; [exact En|]].
  split; [apply (touched_in v f r); exact Io|]; destruct (number o =? v); [|auto].
  destruct (K o) as [-> _]; auto.
Qed.

Lemma calm_trim g n s : calm g s (trim n s).
Proof.
  split; [apply extends_trim|split; [reflexivity|]].
  intros w D [r [o [Ir [En [Io [Eo F]]]]]].
  match goal with |- holds (trim n s) _ => unfold trim; set (f := fun r => with_versions _ r) end.
  pose proof (update_in n f s r Ir) as Ir'; destruct (name r =? n); [|exists r, o; auto].
  exists (f r), o; split; [exact Ir'|split; [exact En|split; [|auto]]].
  apply trimmed_keeps; [exact Io|right]; unfold keeps, is_wanted; rewrite D, En, Eo, !Z.eqb_refl; cbn.
  rewrite !orb_true_r; reflexivity.
Qed.
