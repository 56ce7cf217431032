(** Patterns of resources, and that one lies within another exactly if it matches it as it is written. Mirrors
    [core/src/covenant/pattern.rs]; a text is its bytes. *)

From Coq Require Import ZArith Lia Bool List.
Import ListNotations.
Open Scope Z_scope.

Definition text := list Z.
Definition slash : Z := 47.
Definition star : Z := 42.

(** ** What a pattern matches, by its definition *)

(** A segment: every [*] stands for any bytes, all else for itself. *)
Fixpoint fits (pattern segment : text) : bool :=
  match pattern with
  | [] => match segment with [] => true | _ => false end
  | c :: rest =>
      if c =? star
      then (fix any (segment : text) := fits rest segment || match segment with [] => false | _ :: more => any more end) segment
      else match segment with x :: more => (x =? c) && fits rest more | [] => false end
  end.

Definition has_star (pattern : text) : bool := existsb (Z.eqb star) pattern.
Definition empty (segment : text) : bool := match segment with [] => true | _ => false end.

(** A segment with [*] never matches an empty one. *)
Definition matches_segment (pattern segment : text) : bool :=
  fits pattern segment && negb (has_star pattern && empty segment).

(** A pattern: its segments, and whether [**] follows them. *)
Record pattern := Pattern { segments : list text; is_open : bool }.

Fixpoint matches_segments (wanted found : list text) (more : bool) : bool :=
  match wanted, found with
  | [], [] => negb more
  | [], _ :: _ => more
  | _ :: _, [] => false
  | w :: wanted, f :: found => matches_segment w f && matches_segments wanted found more
  end.

(** A resource is its segments. *)
Definition matches (p : pattern) (resource : list text) : bool := matches_segments (segments p) resource (is_open p).

(** [Pattern::is_within]. *)
Definition is_within (one other : pattern) : bool :=
  if is_open one then is_open other && matches other (segments one ++ [[]]) else matches other (segments one).

(** ** Texts *)

Fixpoint split (t : text) : list text :=
  match t with
  | [] => [[]]
  | c :: rest =>
      match split rest with
      | segment :: more => if c =? slash then [] :: segment :: more else (c :: segment) :: more
      | [] => []
      end
  end.

Definition stars : text := [star; star].
Definition is_stars (segment : text) : bool := if list_eq_dec Z.eq_dec segment stars then true else false.

(** The pattern of a text that [Pattern::new] accepts. *)
Definition pattern_of (t : text) : pattern :=
  let all := split t in
  if is_stars (last all []) then Pattern (removelast all) true else Pattern all false.

Definition matches_text (p r : text) : bool := matches (pattern_of p) (split r).
Definition is_within_text (one other : text) : bool := is_within (pattern_of one) (pattern_of other).

(** ** One segment within another *)

Lemma fits_star rest segment :
  fits (star :: rest) segment = true <-> exists one two, segment = one ++ two /\ fits rest two = true.
Proof.
  cbn [fits]; rewrite Z.eqb_refl; split.
  - induction segment as [|x more IH]; intros F; apply orb_prop in F; destruct F as [F|F].
    + exists [], []; auto.
    + discriminate F.
    + exists [], (x :: more); auto.
    + destruct (IH F) as [one [two [-> E]]]; exists (x :: one), two; auto.
  - intros [one [two [-> E]]]; induction one as [|x one IH]; cbn [app].
    + destruct two; rewrite E; reflexivity.
    + rewrite IH; apply orb_true_r.
Qed.

Lemma fits_literal c rest segment : c <> star ->
  fits (c :: rest) segment = true <-> exists more, segment = c :: more /\ fits rest more = true.
Proof.
  intros N; cbn [fits]; destruct (Z.eqb_spec c star); [contradiction|]; split.
  - destruct segment as [|x more]; [discriminate|]; intros E; apply andb_prop in E; destruct E as [E F].
    apply Z.eqb_eq in E; subst; eauto.
  - intros [more [-> F]]; rewrite Z.eqb_refl; exact F.
Qed.

Lemma fits_app one two segment : fits (one ++ two) segment = true ->
  exists a b, segment = a ++ b /\ fits two b = true.
Proof.
  revert segment; induction one as [|c one IH]; intros segment F; [exists [], segment; auto|].
  cbn [app] in F; destruct (Z.eq_dec c star) as [->|N].
  - apply fits_star in F; destruct F as [a [b [-> F]]]; destruct (IH b F) as [a' [b' [-> E]]].
    exists (a ++ a'), b'; rewrite app_assoc; auto.
  - apply fits_literal in F; [|exact N]; destruct F as [more [-> F]]; destruct (IH more F) as [a [b [-> E]]].
    exists (c :: a), b; auto.
Qed.

(** What matches a pattern as it is written matches all that the pattern matches. *)
Lemma fits_transitive q p s : fits q p = true -> fits p s = true -> fits q s = true.
Proof.
  revert p s; induction q as [|c q IH]; intros p s Fq Fp.
  - destruct p; [destruct s; [reflexivity|discriminate Fp]|discriminate Fq].
  - destruct (Z.eq_dec c star) as [->|N].
    + apply fits_star in Fq; destruct Fq as [a [b [-> Fq]]].
      apply fits_app in Fp; destruct Fp as [x [y [-> Fp]]].
      apply fits_star; exists x, y; eauto.
    + apply fits_literal in Fq; [|exact N]; destruct Fq as [more [-> Fq]].
      apply fits_literal in Fp; [|exact N]; destruct Fp as [rest [-> Fp]].
      apply fits_literal; [exact N|]; eauto.
Qed.

Lemma fits_itself p : fits p p = true.
Proof.
  induction p as [|c p IH]; [reflexivity|]; destruct (Z.eq_dec c star) as [->|N].
  - apply fits_star; exists [star], p; auto.
  - apply fits_literal; [exact N|]; eauto.
Qed.

Lemma fits_empty p : has_star p = false -> fits p [] = true -> p = [].
Proof.
  destruct p as [|c p]; [reflexivity|]; cbn [has_star existsb fits]; rewrite Z.eqb_sym.
  destruct (c =? star); [discriminate|discriminate].
Qed.

Lemma segment_transitive q p s : matches_segment q p = true -> matches_segment p s = true -> matches_segment q s = true.
Proof.
  unfold matches_segment; intros Q P; apply andb_prop in Q, P; destruct Q as [Q Qe], P as [P Pe].
  rewrite (fits_transitive q p s Q P); cbn [andb].
  destruct s as [|x s]; [|rewrite andb_false_r; reflexivity]; cbn [empty] in *; rewrite andb_true_r in *.
  apply negb_true_iff in Pe; apply negb_true_iff.
  pose proof (fits_empty p Pe P) as ->; cbn [empty] in Qe; rewrite andb_true_r in Qe; apply negb_true_iff; exact Qe.
Qed.

Lemma segment_itself p : matches_segment p p = true.
Proof. unfold matches_segment; rewrite fits_itself; destruct p; cbn [empty]; [reflexivity|rewrite andb_false_r; reflexivity]. Qed.

Lemma segments_itself p : matches_segments p p false = true.
Proof. induction p as [|s p IH]; [reflexivity|]; cbn; rewrite segment_itself; exact IH. Qed.

Lemma segments_itself_open p more : more <> [] -> matches_segments p (p ++ more) true = true.
Proof. intros N; induction p as [|s p IH]; cbn; [destruct more; [contradiction|reflexivity]|rewrite segment_itself; exact IH]. Qed.

Lemma segments_transitive q more p s : matches_segments q p more = true -> matches_segments p s false = true ->
  matches_segments q s more = true.
Proof.
  revert p s; induction q as [|w q IH]; intros p s Q P.
  - destruct p, s; cbn in *; try discriminate; assumption.
  - destruct p as [|f p]; [discriminate Q|]; destruct s as [|x s]; [discriminate P|]; cbn in *.
    apply andb_prop in Q, P; destruct Q as [Q1 Q2], P as [P1 P2].
    rewrite (segment_transitive w f x Q1 P1); cbn; eauto.
Qed.

Lemma segments_transitive_open q p s : matches_segments q (p ++ [[]]) true = true -> matches_segments p s true = true ->
  matches_segments q s true = true.
Proof.
  revert p s; induction q as [|w q IH]; intros p s Q P.
  - destruct s; [|reflexivity]; destruct p; discriminate P.
  - destruct p as [|f p]; cbn [app] in Q; cbn [matches_segments] in Q.
    + apply andb_prop in Q; destruct Q as [_ Q]; destruct q; discriminate Q.
    + destruct s as [|x s]; [discriminate P|]; cbn [matches_segments] in *.
      apply andb_prop in Q, P; destruct Q as [Q1 Q2], P as [P1 P2].
      rewrite (segment_transitive w f x Q1 P1); cbn; eauto.
Qed.

Lemma closed_length q s : matches_segments q s false = true -> length s = length q.
Proof.
  revert s; induction q as [|w q IH]; intros [|x s]; cbn; try discriminate; [reflexivity|].
  intros E; apply andb_prop in E; f_equal; apply IH; apply E.
Qed.

(** One pattern is within another exactly if every resource of the first is one of the second. *)
Theorem within_is_inclusion one other :
  is_within one other = true <-> (forall resource, matches one resource = true -> matches other resource = true).
Proof.
  unfold is_within, matches; destruct one as [p op], other as [q oq]; cbn [segments is_open]; split.
  - intros W resource M; destruct op.
    + apply andb_prop in W; destruct W as [O W]; rewrite O in *; eapply segments_transitive_open; eauto.
    + eapply segments_transitive; eauto.
  - intros All; destruct op.
    + assert (O : oq = true).
      { destruct oq; [reflexivity|]; exfalso.
        pose proof (closed_length _ _ (All _ (segments_itself_open p [[]] ltac:(discriminate)))) as L1.
        pose proof (closed_length _ _ (All _ (segments_itself_open p [[]; []] ltac:(discriminate)))) as L2.
        rewrite app_length in *; cbn in *; lia. }
      subst oq; cbn [andb]; apply All, segments_itself_open; discriminate.
    + apply All, segments_itself.
Qed.
