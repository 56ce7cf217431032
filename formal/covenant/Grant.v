(** Grants: their life, what they allow, and what may be derived from them. Mirrors [core/src/covenant/grant/] and the
    first part of [Enforcer::check]; gates and costs only take away from what is allowed here. *)

From Coq Require Import ZArith Lia Bool List.
From Interlock Require Import covenant.Pattern.
Import ListNotations.
Open Scope Z_scope.

Record permission := Permission { capability : text; resources : text }.

Record terms := Terms {
  permissions : list permission;
  ceilings : list (text * Z);
  expires : option Z
}.

Inductive stage := Proposed | Negotiating | Granted | Revoked | Expired.

Record grant := Grant { its_stage : stage; its_terms : terms; last_change : Z }.

Definition is_over (t : terms) (now : Z) : bool := match expires t with Some end_ => end_ <=? now | None => false end.
Definition is_active (g : grant) (now : Z) : bool :=
  match its_stage g with Granted => negb (is_over (its_terms g) now) | _ => false end.

Definition same (a b : text) : bool := if list_eq_dec Z.eq_dec a b then true else false.

(** What terms permit, while they hold. *)
Definition permits (t : terms) (wanted resource : text) : bool :=
  existsb (fun p => same (capability p) wanted && matches_text (resources p) resource) (permissions t).

(** What a grant allows at a time. *)
Definition allows (g : grant) (wanted resource : text) (now : Z) : bool :=
  is_active g now && permits (its_terms g) wanted resource.

(** ** Life *)

Inductive refusal := WrongStage | Clock | NotOver | Over.
Inductive change := Negotiate | MakeGranted | Revoke | Expire.

Definition from (c : change) (s : stage) : bool :=
  match c, s with
  | Negotiate, Proposed => true
  | MakeGranted, (Proposed | Negotiating | Revoked) => true
  | Revoke, Granted => true
  | Expire, (Proposed | Negotiating | Granted | Revoked) => true
  | _, _ => false
  end.

Definition to (c : change) : stage :=
  match c with Negotiate => Negotiating | MakeGranted => Granted | Revoke => Revoked | Expire => Expired end.

Definition step (g : grant) (c : change) (now : Z) : grant * option refusal :=
  if negb (from c (its_stage g)) then (g, Some WrongStage)
  else if now <? last_change g then (g, Some Clock)
  else match c with
       | Expire => if is_over (its_terms g) now then (Grant Expired (its_terms g) now, None) else (g, Some NotOver)
       | MakeGranted => if is_over (its_terms g) now then (g, Some Over) else (Grant Granted (its_terms g) now, None)
       | _ => (Grant (to c) (its_terms g) now, None)
       end.

Definition propose (t : terms) (now : Z) : option grant :=
  if is_over t now then None else Some (Grant Proposed t now).

(** ** Attenuation *)

Fixpoint ceiling_of (name : text) (l : list (text * Z)) : option Z :=
  match l with
  | [] => None
  | (other, units) :: rest => if same other name then Some units else ceiling_of name rest
  end.

Definition narrower (t wider : terms) : bool :=
  forallb (fun p => existsb (fun q => same (capability p) (capability q) && is_within_text (resources p) (resources q))
                            (permissions wider)) (permissions t)
  && match expires t, expires wider with Some requested, Some bound => requested <=? bound | _, _ => true end
  && forallb (fun c => match ceiling_of (fst c) (ceilings t) with Some requested => requested <=? snd c | None => true end)
             (ceilings wider).

(** What is kept of the wider terms. *)
Definition kept (t wider : terms) : terms :=
  Terms (permissions t)
        (ceilings t ++ filter (fun c => match ceiling_of (fst c) (ceilings t) with Some _ => false | None => true end) (ceilings wider))
        (match expires t with Some end_ => Some end_ | None => expires wider end).

Definition attenuate (g : grant) (t : terms) (now : Z) : option grant :=
  if is_active g now && negb (now <? last_change g) && narrower t (its_terms g)
  then propose (kept t (its_terms g)) now
  else None.

Lemma same_spec a b : same a b = true <-> a = b.
Proof. unfold same; destruct (list_eq_dec Z.eq_dec a b); split; congruence. Qed.

(** Nothing is allowed without a grant that is active at that time, and that permits it. *)
Theorem allowed_implies_active g wanted resource now : allows g wanted resource now = true ->
  its_stage g = Granted /\ (forall end_, expires (its_terms g) = Some end_ -> now < end_)
  /\ exists p, In p (permissions (its_terms g)) /\ capability p = wanted /\ matches_text (resources p) resource = true.
Proof.
  unfold allows, is_active, is_over, permits; destruct (its_stage g); cbn; try discriminate; intros A.
  apply andb_prop in A; destruct A as [Live P]; split; [reflexivity|split].
  - intros end_ E; rewrite E in Live; destruct (Z.leb_spec end_ now); [discriminate Live|assumption].
  - apply existsb_exists in P; destruct P as [p [I M]]; apply andb_prop in M; destruct M as [C M].
    exists p; apply same_spec in C; auto.
Qed.

(** What a derived grant would allow, whenever, its parent's terms permit then, and their time is not over. *)
Theorem attenuation_never_widens g t now child wanted resource later :
  attenuate g t now = Some child ->
  permits (its_terms child) wanted resource = true -> is_over (its_terms child) later = false ->
  permits (its_terms g) wanted resource = true /\ is_over (its_terms g) later = false.
Proof.
  unfold attenuate; destruct (_ && _ && _) eqn:C; [|discriminate].
  apply andb_prop in C; destruct C as [_ N]; unfold propose; destruct (is_over _ now); [discriminate|].
  intros E; injection E as <-; cbn [its_terms kept].
  unfold narrower in N; apply andb_prop in N; destruct N as [N _]; apply andb_prop in N; destruct N as [N X].
  intros P O; split.
  - unfold permits in *; cbn [permissions kept] in P.
    apply existsb_exists in P; destruct P as [p [I M]]; apply andb_prop in M; destruct M as [Cp M].
    rewrite forallb_forall in N; specialize (N p I); apply existsb_exists in N; destruct N as [q [Iq W]].
    apply andb_prop in W; destruct W as [Cq W]; apply existsb_exists; exists q; split; [exact Iq|].
    apply same_spec in Cp, Cq; rewrite <- Cq, Cp; replace (same wanted wanted) with true by (symmetry; apply same_spec; reflexivity).
    cbn [andb]; unfold matches_text, is_within_text in *.
    rewrite (within_is_inclusion (pattern_of (resources p)) (pattern_of (resources q))) in W; apply W; exact M.
  - unfold is_over in *; cbn [expires kept] in O.
    destruct (expires t) as [requested|], (expires (its_terms g)) as [bound|]; try reflexivity; try exact O.
    apply Z.leb_le in X; apply Z.leb_gt in O; apply Z.leb_gt; lia.
Qed.

Lemma ceiling_of_app name one two :
  ceiling_of name (one ++ two) = match ceiling_of name one with Some units => Some units | None => ceiling_of name two end.
Proof. induction one as [|[n u] one IH]; cbn; [reflexivity|destruct (same n name); [reflexivity|exact IH]]. Qed.

Lemma ceiling_of_in name l units : ceiling_of name l = Some units -> In (name, units) l.
Proof.
  induction l as [|[n u] l IH]; cbn; [discriminate|]; destruct (same n name) eqn:S.
  - apply same_spec in S; intros E; injection E as ->; subst; left; reflexivity.
  - intros E; right; auto.
Qed.

(** And of every counter that its parent bounds it is given no more. *)
Theorem attenuation_keeps_ceilings g t now child name bound :
  attenuate g t now = Some child -> ceiling_of name (ceilings (its_terms g)) = Some bound ->
  exists units, ceiling_of name (ceilings (its_terms child)) = Some units /\ units <= bound.
Proof.
  unfold attenuate; destruct (_ && _ && _) eqn:C; [|discriminate].
  apply andb_prop in C; destruct C as [_ N]; unfold propose; destruct (is_over _ now); [discriminate|].
  intros E B; injection E as <-; cbn [its_terms kept ceilings].
  unfold narrower in N; apply andb_prop in N; destruct N as [_ N]; rewrite forallb_forall in N.
  rewrite ceiling_of_app; destruct (ceiling_of name (ceilings t)) as [requested|] eqn:R.
  - exists requested; split; [reflexivity|].
    specialize (N _ (ceiling_of_in _ _ _ B)); cbn [fst snd] in N; rewrite R in N; apply Z.leb_le; exact N.
  - exists bound; split; [|lia].
    clear N; induction (ceilings (its_terms g)) as [|[n u] l IH]; [discriminate B|]; cbn in *.
    destruct (same n name) eqn:S.
    + apply same_spec in S; subst n; injection B as ->; rewrite R; cbn.
      replace (same name name) with true by (symmetry; apply same_spec; reflexivity); reflexivity.
    + destruct (ceiling_of n (ceilings t)); cbn; [apply IH; exact B|rewrite S; apply IH; exact B].
Qed.

(** The end of its time is the end: no change leads out of it. *)
Theorem expired_is_terminal g c now : its_stage g = Expired -> fst (step g c now) = g /\ snd (step g c now) = Some WrongStage.
Proof. intros E; unfold step; rewrite E; destruct c; split; reflexivity. Qed.

(** A change that is refused changes nothing. *)
Theorem refused_change_changes_nothing g c now why : snd (step g c now) = Some why -> fst (step g c now) = g.
Proof.
  unfold step; destruct (negb _); [reflexivity|]; destruct (now <? last_change g); [reflexivity|].
  destruct c; cbn; try discriminate; destruct (is_over _ _); cbn; congruence.
Qed.

(** A grant becomes active by being granted, and by nothing else. *)
Theorem only_granting_activates g c now : its_stage g <> Granted -> its_stage (fst (step g c now)) = Granted -> c = MakeGranted.
Proof.
  unfold step; destruct (negb _); [intros; contradiction|]; destruct (now <? last_change g); [intros; contradiction|].
  destruct c; cbn; try discriminate; try reflexivity.
  destruct (is_over _ _); cbn; [discriminate|intros; contradiction].
Qed.

(** ** Whole lives *)

(** What may happen to a grant; one that is derived takes its place. *)
Inductive event := Changes (c : change) (now : Z) | Derives (t : terms) (now : Z).

Definition after (g : grant) (e : event) : grant :=
  match e with
  | Changes c now => fst (step g c now)
  | Derives t now => match attenuate g t now with Some child => child | None => g end
  end.

Lemma step_keeps_terms g c now : its_terms (fst (step g c now)) = its_terms g.
Proof.
  unfold step; destruct (negb _); [reflexivity|]; destruct (now <? last_change g); [reflexivity|].
  destruct c; try reflexivity; destruct (is_over _ _); reflexivity.
Qed.

(** However often a grant is changed and others are derived from it, what the last of them allows the terms of the first
    permit, and their time is not over. *)
Theorem chain_never_widens events : forall g wanted resource later,
  allows (fold_left after events g) wanted resource later = true ->
  permits (its_terms g) wanted resource = true /\ is_over (its_terms g) later = false.
Proof.
  enough (K : forall g wanted resource later, let last := fold_left after events g in
            permits (its_terms last) wanted resource = true /\ is_over (its_terms last) later = false ->
            permits (its_terms g) wanted resource = true /\ is_over (its_terms g) later = false).
  { intros g wanted resource later A; apply K; unfold allows, is_active in A; apply andb_prop in A; destruct A as [A P].
    split; [exact P|]; destruct (its_stage _); try discriminate A; apply negb_true_iff; exact A. }
  induction events as [|e events IH]; intros g wanted resource later; [exact (fun A => A)|]; cbn [fold_left]; intros A.
  apply IH in A; destruct e as [c now|t now]; cbn [after] in A; [rewrite step_keeps_terms in A; exact A|].
  destruct (attenuate g t now) as [child|] eqn:D; [|exact A].
  exact (attenuation_never_widens g t now child wanted resource later D (proj1 A) (proj2 A)).
Qed.

(** What is proposed or derived allows nothing until it is itself granted. *)
Theorem nothing_is_allowed_before_granting events : forall g wanted resource later,
  its_stage g <> Granted -> (forall now, ~ In (Changes MakeGranted now) events) ->
  allows (fold_left after events g) wanted resource later = false.
Proof.
  induction events as [|e events IH]; intros g wanted resource later N K; cbn [fold_left].
  - unfold allows, is_active; destruct (its_stage g); try reflexivity; contradiction.
  - apply IH; [|intros now I; apply (K now); right; exact I]; destruct e as [c now|t now]; cbn [after].
    + intros G; pose proof (only_granting_activates g c now N G) as ->; apply (K now); left; reflexivity.
    + unfold attenuate, propose; destruct (_ && _ && _); [|exact N]; destruct (is_over _ now); [exact N|discriminate].
Qed.
