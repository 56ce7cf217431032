(** What holds of every stream of tokens that a monitor judges. *)

From Coq Require Import ZArith Lia Bool List.
From Interlock Require Import halt.Bits halt.Spec.
Import ListNotations.
Open Scope Z_scope.

(** A configuration that [HaltConfig::validate] accepts gives valid limits. *)
Lemma configured_is_valid hard soft window window_threshold trend trend_threshold deadline entropy_limit skip_missing :
  is_bits hard -> is_bits soft -> is_bits window_threshold ->
  le hard one_bits = true -> le soft one_bits = true -> le window_threshold one_bits = true ->
  1 <= window <= 4096 -> 2 <= trend <= 4096 -> 0 < trend_threshold < 2047 * 2 ^ 52 ->
  valid (configure hard soft window window_threshold trend trend_threshold deadline entropy_limit skip_missing).
Proof. intros; split; cbn; try assumption; apply unit_limit_range; assumption. Qed.

Section Stream.
  Variable token : Type.
  Variable l : limits.
  Implicit Types tokens : list (token * observation).

  Lemma step_halted r o : step l (Halted r) o = (Halted r, None).
  Proof. reflexivity. Qed.

  (** A halt is for ever: nothing leaves after it and the state stays what it was. *)
  Theorem halt_is_irrevocable r tokens : run l (Halted r) tokens = ([], Halted r).
  Proof.
    induction tokens as [|[t o] rest IH]; [reflexivity|].
    cbn [run]; rewrite step_halted, IH; reflexivity.
  Qed.

  (** What leaves is a prefix of what came. *)
  Theorem run_emitted_preserves_input s tokens :
    exists held, map fst tokens = fst (run l s tokens) ++ held.
  Proof.
    revert s; induction tokens as [|[t o] rest IH]; intros s; [exists []; reflexivity|].
    cbn [run map fst]; destruct s as [h|r].
    - unfold step; destruct (judge l h o) as [v h'].
      destruct v as [|w|r].
      + destruct (IH (Open h')) as [held E]; destruct (run l (Open h') rest) as [out last].
        exists held; cbn in *; rewrite E; reflexivity.
      + destruct (IH (Open h')) as [held E]; destruct (run l (Open h') rest) as [out last].
        exists held; cbn in *; rewrite E; reflexivity.
      + rewrite halt_is_irrevocable; exists (t :: map fst rest); reflexivity.
    - rewrite step_halted, halt_is_irrevocable; exists (t :: map fst rest); reflexivity.
  Qed.

  Corollary emitted_is_firstn s tokens :
    fst (run l s tokens) = firstn (length (fst (run l s tokens))) (map fst tokens).
  Proof.
    destruct (run_emitted_preserves_input s tokens) as [held E].
    rewrite E, firstn_app, Nat.sub_diag, firstn_all, firstn_O, app_nil_r; reflexivity.
  Qed.

  (** The text that leaves is the beginning of the text that came, whatever text the tokens carry. *)
  Corollary emitted_text_is_prefix {letter} (text : token -> list letter) s tokens :
    exists held, flat_map text (map fst tokens) = flat_map text (fst (run l s tokens)) ++ held.
  Proof.
    destruct (run_emitted_preserves_input s tokens) as [held E]; exists (flat_map text held).
    rewrite E, flat_map_app; reflexivity.
  Qed.

  (** How a run from an open stream goes on, by the verdict on its first token. *)
  Lemma run_open h (t : token) o rest :
    run l (Open h) ((t, o) :: rest) =
    match judge l h o with
    | (Halt r, _) => ([], Halted r)
    | (_, h') => (t :: fst (run l (Open h') rest), snd (run l (Open h') rest))
    end.
  Proof.
    cbn [run]; unfold step; destruct (judge l h o) as [[|w|r] h'].
    - destruct (run l (Open h') rest); reflexivity.
    - destruct (run l (Open h') rest); reflexivity.
    - rewrite halt_is_irrevocable; reflexivity.
  Qed.

  (** Every token that left passed. *)
  Theorem run_emitted_implies_all_pass h tokens place v :
    (place < length (fst (run l (Open h) tokens)))%nat ->
    verdict_at l h tokens place = Some v -> is_halt v = false.
  Proof.
    revert h place; induction tokens as [|[t o] rest IH]; intros h place; [cbn; lia|].
    rewrite run_open; destruct (judge l h o) as [u h'] eqn:J; intros Hlt Hv.
    destruct place as [|place]; cbn [verdict_at] in Hv; rewrite J in Hv; cbn [fst snd] in Hv.
    - injection Hv as <-; destruct u; cbn in *; try reflexivity; lia.
    - destruct u; cbn [fst length] in Hlt; [| |lia]; apply (IH h' place); try assumption; lia.
  Qed.

  (** Every token that left was judged. *)
  Theorem run_emitted_implies_judged h tokens place :
    (place < length (fst (run l (Open h) tokens)))%nat -> verdict_at l h tokens place <> None.
  Proof.
    revert h place; induction tokens as [|[t o] rest IH]; intros h place; [cbn; lia|].
    rewrite run_open; destruct (judge l h o) as [u h'] eqn:J; intros Hlt.
    destruct place as [|place]; cbn [verdict_at]; [discriminate|rewrite J; cbn [snd]].
    destruct u; cbn [fst length] in Hlt; [| |lia]; apply IH; lia.
  Qed.

  (** A token that fails does not leave, and nothing behind it does. *)
  Theorem run_any_fail_implies_not_emitted h tokens place r :
    verdict_at l h tokens place = Some (Halt r) ->
    (length (fst (run l (Open h) tokens)) <= place)%nat.
  Proof.
    intros Hv; destruct (Nat.le_gt_cases (length (fst (run l (Open h) tokens))) place) as [H|H]; [exact H|].
    pose proof (run_emitted_implies_all_pass _ _ _ _ H Hv) as E; discriminate E.
  Qed.

  (** A stream with a token that fails ends halted. *)
  Theorem run_any_fail_implies_halted h tokens place r :
    verdict_at l h tokens place = Some (Halt r) ->
    exists r', snd (run l (Open h) tokens) = Halted r'.
  Proof.
    revert h place; induction tokens as [|[t o] rest IH]; intros h place Hv; [destruct place; discriminate|].
    rewrite run_open; destruct (judge l h o) as [u h'] eqn:J.
    destruct place as [|place]; cbn [verdict_at] in Hv; rewrite J in Hv; cbn [fst snd] in Hv.
    - injection Hv as ->; eexists; reflexivity.
    - destruct u as [|w|q]; cbn [snd]; eauto.
  Qed.

  (** And the other way round: what is not halted has lost nothing. *)
  Theorem run_open_emits_everything h h' tokens :
    snd (run l (Open h) tokens) = Open h' -> fst (run l (Open h) tokens) = map fst tokens.
  Proof.
    revert h; induction tokens as [|[t o] rest IH]; intros h; [reflexivity|].
    rewrite run_open; destruct (judge l h o) as [[|w|r] k]; cbn [fst snd map]; intros E; try discriminate E;
      rewrite (IH k E); reflexivity.
  Qed.

  (** A score that is not finite halts, whatever the limits are, unless it came too late to be looked at. *)
  Theorem non_finite_score_halts h o b :
    score o = Some b -> finite b = false -> late l o = false ->
    fst (judge l h o) = Halt NonFiniteScore.
  Proof.
    intros Hs Hf Hl; unfold judge, check_token, clamped; rewrite Hs, Hl, Hf; reflexivity.
  Qed.

  (** Such a score halts whenever it came: one that came too late halts as a late score does, unless the policy skips
      those, and then it is no score at all. *)
  Theorem non_finite_score_always_halts h o b :
    score o = Some b -> finite b = false -> late l o = false \/ skip_missing l = false ->
    is_halt (fst (judge l h o)) = true.
  Proof.
    intros Hs Hf [Hl|Hk]; [rewrite (non_finite_score_halts h o b Hs Hf Hl); reflexivity|].
    unfold judge, check_token, clamped; rewrite Hs, Hf, Hk; destruct (late l o); reflexivity.
  Qed.

  (** A score that is late or never came halts, unless the policy skips such scores. *)
  Theorem missing_score_halts h o :
    skip_missing l = false -> score o = None \/ late l o = true -> fst (judge l h o) = Halt Deadline.
  Proof.
    intros Hk H; unfold judge, check_token; rewrite Hk.
    destruct (score o) as [b|]; [|reflexivity].
    destruct H as [H|H]; [discriminate H|rewrite H; reflexivity].
  Qed.

  (** What passes without a warning has a score that is finite, in time, and at or above both limits. *)
  Theorem pass_implies_checked h o :
    fst (judge l h o) = Pass ->
    exists b, score o = Some b /\ finite b = true /\ late l o = false /\ hard l <= clamp b /\ soft l <= clamp b
              /\ too_uncertain l o = false.
  Proof.
    unfold judge, check_token, clamped.
    destruct (score o) as [b|]; [|destruct (skip_missing l); cbn; destruct (too_uncertain l o); discriminate].
    destruct (late l o); [destruct (skip_missing l); cbn; destruct (too_uncertain l o); discriminate|].
    destruct (finite b) eqn:F; [|cbn; discriminate].
    unfold check_score.
    destruct (Z.ltb_spec (clamp b) (hard l)); [cbn; discriminate|].
    destruct ((window l <=? _) && _); [cbn; discriminate|].
    destruct ((trend l <=? _) && _); [cbn; discriminate|].
    destruct (Z.ltb_spec (clamp b) (soft l)); destruct (too_uncertain l o); try (cbn; discriminate).
    intros _; exists b; repeat split; assumption || reflexivity.
  Qed.

  (** The scores that entered the windows, the oldest first: bits of doubles in [0, 1]. *)
  Definition admitted tokens : list Z :=
    flat_map (fun item : token * observation =>
      match score (snd item) with Some b => if late l (snd item) then [] else [clamp b] | None => [] end) tokens.

  (** The history of a stream that is open are its scores in fixed point, the newest first, and nothing else. *)
  Theorem history_is_the_scores h h' tokens :
    snd (run l (Open h) tokens) = Open h' -> h' = map fixed (rev (admitted tokens)) ++ h.
  Proof.
    revert h; induction tokens as [|[t o] rest IH]; intros h; [intros E; injection E as <-; reflexivity|].
    rewrite run_open; cbn [admitted flat_map snd]; fold (admitted rest).
    assert (K : forall v k, judge l h o = (v, k) -> is_halt v = false ->
              k = map fixed (rev match score o with Some b => if late l o then [] else [clamp b] | None => [] end) ++ h).
    { unfold judge, check_token, clamped; intros v k; destruct (score o) as [b|]; [destruct (late l o); [|destruct (finite b)]|];
        try destruct (skip_missing l); try (cbn; intros E; injection E as <- _; discriminate);
        match goal with |- context [negb (is_halt ?x) && _] => destruct (negb (is_halt x) && _) end;
        intros E; injection E as <- <-; intros N; first [discriminate N|reflexivity]. }
    destruct (judge l h o) as [[|w|r] k]; cbn [snd]; intros E; [| |discriminate E];
      rewrite (IH k E), (K _ _ eq_refl eq_refl), rev_app_distr, map_app, app_assoc; reflexivity.
  Qed.

  (** Judging in two parts is judging at once: how a host cuts a stream into calls changes nothing. *)
  Theorem run_app s (one two : list (token * observation)) :
    run l s (one ++ two) =
    (fst (run l s one) ++ fst (run l (snd (run l s one)) two), snd (run l (snd (run l s one)) two)).
  Proof.
    revert s; induction one as [|[t o] rest IH]; intros s; [cbn; destruct (run l s two); reflexivity|].
    destruct s as [h|r]; [|rewrite !halt_is_irrevocable; cbn; rewrite !halt_is_irrevocable; reflexivity].
    rewrite <- app_comm_cons, !run_open; destruct (judge l h o) as [[|w|r] h'].
    - rewrite IH; reflexivity.
    - rewrite IH; reflexivity.
    - cbn; rewrite halt_is_irrevocable; reflexivity.
  Qed.
End Stream.
