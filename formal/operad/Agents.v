(** The five operations over deterministic agents, and their laws. Mirrors what [core/src/operad/program.rs] does with
    a term over [MachineAlgebra]. A value is a list of symbols, one a wire. *)

From Coq Require Import ZArith Lia Bool List Permutation.
Import ListNotations.
Open Scope Z_scope.

Definition word := list Z.

(** A record: label, what was taken, what was given. *)
Definition record : Type := Z * word * word.

(** Who steps at a leaf: an agent of the signature, or whoever is in a slot. *)
Inductive leaf := AnAgent (number : Z) | InSlot (number : nat).

(** A term. Agents are numbered, slots from 0; of [par] the number of wires that the left side takes is written down. *)
Inductive term :=
| Id
| Agent (number : Z)
| Slot (number : nat)
| Seq (first second : term)
| Par (wires : nat) (one other : term)
| Branch (predicate yes no : term)
| Fix (bound : nat) (predicate body : term)
| Trace (label : Z) (body : term).

(** The states of the agents of a term: each occurrence has its own. *)
Inductive store :=
| Nothing
| Cell (state : Z)
| Two (one other : store)
| Three (one two three : store).

Section Semantics.
  (** What an agent does in a state with an input: the next state and the output. *)
  Variable step : leaf -> Z -> word -> Z * word.

  Definition holds (value : word) : bool := existsb (fun symbol => negb (symbol =? 0)) value.

  Definition result : Type := store * word * list record.

  (** Rounds of [fix]: while the predicate says yes, and at most so many. *)
  Fixpoint rounds (predicate body : store -> word -> result) (most : nat) (sp sb : store) (x : word) : result :=
    match most with
    | O => (Two sp sb, x, [])
    | S most =>
        let '(sp, asked, t1) := predicate sp x in
        if holds asked
        then let '(sb, y, t2) := body sb x in
             let '(s, z, t3) := rounds predicate body most sp sb y in (s, z, t1 ++ t2 ++ t3)
        else (Two sp sb, x, t1)
    end.

  Definition one_of (s : store) : store := match s with Two a _ => a | Three a _ _ => a | _ => Nothing end.
  Definition two_of (s : store) : store := match s with Two _ b => b | Three _ b _ => b | _ => Nothing end.
  Definition three_of (s : store) : store := match s with Three _ _ c => c | _ => Nothing end.
  Definition cell_of (s : store) : Z := match s with Cell state => state | _ => 0 end.

  (** A step of a term: the states after it, what it gives, what it recorded. *)
  Fixpoint run (t : term) (s : store) (x : word) : result :=
    match t with
    | Id => (s, x, [])
    | Agent number => let (state, y) := step (AnAgent number) (cell_of s) x in (Cell state, y, [])
    | Slot number => let (state, y) := step (InSlot number) (cell_of s) x in (Cell state, y, [])
    | Seq first second =>
        let '(a, y, t1) := run first (one_of s) x in
        let '(b, z, t2) := run second (two_of s) y in (Two a b, z, t1 ++ t2)
    | Par wires one other =>
        let '(a, y, t1) := run one (one_of s) (firstn wires x) in
        let '(b, z, t2) := run other (two_of s) (skipn wires x) in (Two a b, y ++ z, t1 ++ t2)
    | Branch predicate yes no =>
        let '(p, asked, t1) := run predicate (one_of s) x in
        if holds asked
        then let '(a, y, t2) := run yes (two_of s) x in (Three p a (three_of s), y, t1 ++ t2)
        else let '(b, y, t2) := run no (three_of s) x in (Three p (two_of s) b, y, t1 ++ t2)
    | Fix bound predicate body => rounds (run predicate) (run body) bound (one_of s) (two_of s) x
    | Trace label body => let '(a, y, t1) := run body s x in (a, y, t1 ++ [(label, x, y)])
    end.

  Definition states (r : result) : store := fst (fst r).
  Definition output (r : result) : word := snd (fst r).
  Definition records (r : result) : list record := snd r.

  (** What a term gives and records over a whole conversation. *)
  Fixpoint converse (t : term) (s : store) (inputs : list word) : list (word * list record) :=
    match inputs with
    | [] => []
    | x :: rest => (output (run t s x), records (run t s x)) :: converse t (states (run t s x)) rest
    end.

  (** Two terms that no conversation with inputs that fit can tell apart. *)
  Definition same_on (fits : word -> Prop) (one : term) (s1 : store) (other : term) (s2 : store) : Prop :=
    forall inputs, Forall fits inputs -> converse one s1 inputs = converse other s2 inputs.

  (** Alike in what they give; what they record may come in another order. *)
  Definition same_up_to_order (one : term) (s1 : store) (other : term) (s2 : store) (fits : word -> Prop) : Prop :=
    forall inputs, Forall fits inputs ->
    Forall2 (fun a b => fst a = fst b /\ Permutation (snd a) (snd b)) (converse one s1 inputs) (converse other s2 inputs).

  Definition any (x : word) : Prop := True.

  (** A relation between states that every step keeps, with equal answers. *)
  Lemma simulation (related : store -> store -> Prop) (fits : word -> Prop) one other :
    (forall s1 s2 x, related s1 s2 -> fits x ->
       output (run one s1 x) = output (run other s2 x) /\ records (run one s1 x) = records (run other s2 x)
       /\ related (states (run one s1 x)) (states (run other s2 x))) ->
    forall s1 s2, related s1 s2 -> same_on fits one s1 other s2.
  Proof.
    intros K s1 s2 R inputs F; revert s1 s2 R; induction F as [|x rest Fx F IH]; intros s1 s2 R; [reflexivity|].
    cbn [converse]; destruct (K s1 s2 x R Fx) as [-> [-> R']]; f_equal; apply IH; exact R'.
  Qed.

  Lemma simulation_up_to_order (related : store -> store -> Prop) (fits : word -> Prop) one other :
    (forall s1 s2 x, related s1 s2 -> fits x ->
       output (run one s1 x) = output (run other s2 x) /\ Permutation (records (run one s1 x)) (records (run other s2 x))
       /\ related (states (run one s1 x)) (states (run other s2 x))) ->
    forall s1 s2, related s1 s2 -> same_up_to_order one s1 other s2 fits.
  Proof.
    intros K s1 s2 R inputs F; revert s1 s2 R; induction F as [|x rest Fx F IH]; intros s1 s2 R; [constructor|].
    cbn [converse]; destruct (K s1 s2 x R Fx) as [O [P R']]; constructor; [split; assumption|apply IH; exact R'].
  Qed.

  Ltac steps :=
    repeat match goal with |- context [run ?t ?s ?x] =>
      let p := fresh "p" in destruct (run t s x) as [[? ?] ?] eqn:p end.

  (** ** Sequence *)

  Theorem seq_associative a b c x y z :
    same_on any (Seq (Seq a b) c) (Two (Two x y) z) (Seq a (Seq b c)) (Two x (Two y z)).
  Proof.
    apply (simulation (fun s1 s2 => exists x y z, s1 = Two (Two x y) z /\ s2 = Two x (Two y z))); [|eauto].
    intros s1 s2 v [x' [y' [z' [-> ->]]]] _; cbn [run one_of two_of].
    destruct (run a x' v) as [[x'' v1] t1]; destruct (run b y' v1) as [[y'' v2] t2].
    destruct (run c z' v2) as [[z'' v3] t3]; cbn; rewrite app_assoc; repeat split; eauto.
  Qed.

  Theorem seq_left_unit a x : same_on any (Seq Id a) (Two Nothing x) a x.
  Proof.
    apply (simulation (fun s1 s2 => exists n, s1 = Two n s2)); [|eauto].
    intros s1 s2 v [n ->] _; cbn [run one_of two_of].
    destruct (run a s2 v) as [[x' v1] t1]; cbn; repeat split; eauto.
  Qed.

  Theorem seq_right_unit a x : same_on any (Seq a Id) (Two x Nothing) a x.
  Proof.
    apply (simulation (fun s1 s2 => exists n, s1 = Two s2 n)); [|eauto].
    intros s1 s2 v [n ->] _; cbn [run one_of two_of].
    destruct (run a s2 v) as [[x' v1] t1]; cbn; rewrite app_nil_r; repeat split; eauto.
  Qed.

  (** ** Side by side *)

  Lemma skipn_skipn_add {A} m n (l : list A) : skipn m (skipn n l) = skipn (n + m) l.
  Proof.
    revert l; induction n as [|n IH]; intros l; [reflexivity|].
    destruct l as [|x l]; [rewrite !skipn_nil; reflexivity|exact (IH l)].
  Qed.

  Theorem par_associative m n a b c x y z :
    same_on any (Par (m + n) (Par m a b) c) (Two (Two x y) z) (Par m a (Par n b c)) (Two x (Two y z)).
  Proof.
    apply (simulation (fun s1 s2 => exists x y z, s1 = Two (Two x y) z /\ s2 = Two x (Two y z))); [|eauto].
    intros s1 s2 v [x' [y' [z' [-> ->]]]] _; cbn [run one_of two_of].
    rewrite firstn_firstn, Nat.min_l, skipn_firstn_comm, skipn_skipn_add by lia.
    replace (m + n - m)%nat with n by lia.
    destruct (run a x' (firstn m v)) as [[x'' v1] t1].
    destruct (run b y' (firstn n (skipn m v))) as [[y'' v2] t2].
    destruct (run c z' (skipn (m + n) v)) as [[z'' v3] t3]; cbn; rewrite !app_assoc; repeat split; eauto.
  Qed.

  Theorem par_left_unit a x : same_on any (Par 0 Id a) (Two Nothing x) a x.
  Proof.
    apply (simulation (fun s1 s2 => exists n, s1 = Two n s2)); [|eauto].
    intros s1 s2 v [n ->] _; cbn [run one_of two_of firstn skipn].
    destruct (run a s2 v) as [[x' v1] t1]; cbn; repeat split; eauto.
  Qed.

  Theorem par_right_unit n a x : same_on (fun v => length v = n) (Par n a Id) (Two x Nothing) a x.
  Proof.
    apply (simulation (fun s1 s2 => exists k, s1 = Two s2 k)); [|eauto].
    intros s1 s2 v [k ->] L; cbn [run one_of two_of].
    rewrite <- L, firstn_all, skipn_all; destruct (run a s2 v) as [[x' v1] t1]; cbn.
    rewrite !app_nil_r; repeat split; eauto.
  Qed.

  (** What a term gives has so many wires, whatever it is given that fits. *)
  Definition gives (t : term) (takes wires : nat) : Prop :=
    forall s x, length x = takes -> length (output (run t s x)) = wires.

  (** Two sequences side by side are a sequence of two things side by side; records of the two sides come in
      another order. *)
  Theorem interchange m n a b c d x y z w : gives a m n ->
    same_up_to_order (Seq (Par m a c) (Par n b d)) (Two (Two x y) (Two z w))
                     (Par m (Seq a b) (Seq c d)) (Two (Two x z) (Two y w)) (fun v => m <= length v)%nat.
  Proof.
    intros G.
    apply (simulation_up_to_order (fun s1 s2 => exists x y z w, s1 = Two (Two x y) (Two z w) /\ s2 = Two (Two x z) (Two y w)));
      [|exists x, y, z, w; auto].
    intros s1 s2 v [x' [y' [z' [w' [-> ->]]]]] Lv; cbn [run one_of two_of].
    pose proof (G x' (firstn m v) (firstn_length_le v Lv)) as L.
    destruct (run a x' (firstn m v)) as [[x'' v1] t1]; cbn in L.
    destruct (run c y' (skipn m v)) as [[y'' v2] t2].
    rewrite firstn_app, skipn_app, <- L, firstn_all, skipn_all, Nat.sub_diag; cbn [firstn skipn app]; rewrite app_nil_r.
    destruct (run b z' v1) as [[z'' v3] t3]; destruct (run d w' v2) as [[w'' v4] t4]; cbn.
    repeat split; [|exists x'', y'', z'', w''; auto].
    rewrite <- !app_assoc; apply Permutation_app_head; rewrite !app_assoc; apply Permutation_app_tail, Permutation_app_comm.
  Qed.

  (** A term that crosses its first [m] wires with the [n] behind them. *)
  Definition crosses (t : term) (m n : nat) : Prop :=
    forall s x, length x = (m + n)%nat -> output (run t s x) = skipn m x ++ firstn m x /\ records (run t s x) = [].

  (** Two things side by side, then their wires crossed, are the wires crossed and then the two the other way round;
      records of the two sides come in another order. *)
  Theorem par_symmetry m n k l a b cross cross' x y z z' :
    gives a m k -> gives b n l -> crosses cross k l -> crosses cross' m n ->
    same_up_to_order (Seq (Par m a b) cross) (Two (Two x y) z)
                     (Seq cross' (Par n b a)) (Two z' (Two y x)) (fun v => length v = m + n)%nat.
  Proof.
    intros G G' C C'.
    apply (simulation_up_to_order (fun s1 s2 => exists x y z z', s1 = Two (Two x y) z /\ s2 = Two z' (Two y x)));
      [|exists x, y, z, z'; auto].
    intros s1 s2 v [x' [y' [c [c' [-> ->]]]]] L; cbn [run one_of two_of].
    destruct (C' c' v L) as [O' T']; destruct (run cross' c' v) as [[c'' v'] t']; cbn in O', T'; subst v' t'.
    assert (Ln : length (skipn m v) = n) by (rewrite skipn_length, L; lia).
    assert (Lm : length (firstn m v) = m) by (rewrite firstn_length, L; lia).
    rewrite firstn_app, skipn_app, Ln, Nat.sub_diag, firstn_O, app_nil_r.
    replace (firstn n (skipn m v)) with (skipn m v) by (symmetry; apply firstn_all2; lia).
    replace (skipn n (skipn m v)) with (@nil Z) by (symmetry; apply skipn_all2; lia); cbn [skipn app].
    pose proof (G x' (firstn m v) Lm) as La; destruct (run a x' (firstn m v)) as [[x'' v1] t1]; cbn in La.
    pose proof (G' y' (skipn m v) Ln) as Lb; destruct (run b y' (skipn m v)) as [[y'' v2] t2]; cbn in Lb.
    destruct (C c (v1 ++ v2)) as [O T]; [rewrite app_length; lia|].
    destruct (run cross c (v1 ++ v2)) as [[d v3] t3]; cbn in O, T; subst v3 t3.
    rewrite firstn_app, skipn_app, <- La, Nat.sub_diag, firstn_all, skipn_all; cbn [skipn firstn app].
    cbn; rewrite !app_nil_r; repeat split; [apply Permutation_app_comm|exists x'', y'', d, c''; auto].
  Qed.

  (** ** Branch, fix and trace *)

  (** An agent without memory gives and records the same in every state. *)
  Definition memoryless (t : term) : Prop :=
    forall s1 s2 x, output (run t s1 x) = output (run t s2 x) /\ records (run t s1 x) = records (run t s2 x).
  Definition silent (t : term) : Prop := forall s x, records (run t s x) = [].

  (** What follows a branch may be written into both of its sides, if it has no memory. *)
  Theorem branch_distributes p a b c x y z w k : memoryless c ->
    same_on any (Seq (Branch p a b) c) (Two (Three x y z) w)
                (Branch p (Seq a c) (Seq b c)) (Three x (Two y k) (Two z k)).
  Proof.
    intros M.
    apply (simulation (fun s1 s2 => exists x y z w k l, s1 = Two (Three x y z) w /\ s2 = Three x (Two y k) (Two z l)));
      [|exists x, y, z, w, k, k; auto].
    intros s1 s2 v [x' [y' [z' [w' [k' [l' [-> ->]]]]]]] _; cbn [run one_of two_of three_of].
    destruct (run p x' v) as [[x'' asked] t1]; destruct (holds asked).
    - destruct (run a y' v) as [[y'' v1] t2]; destruct (M w' k' v1) as [O T]; unfold output, records in O, T.
      destruct (run c w' v1) as [[w'' v2] t3]; destruct (run c k' v1) as [[k'' v3] t4]; cbn in *; subst.
      rewrite app_assoc; repeat split; exists x'', y'', z', w'', k'', l'; auto.
    - destruct (run b z' v) as [[z'' v1] t2]; destruct (M w' l' v1) as [O T]; unfold output, records in O, T.
      destruct (run c w' v1) as [[w'' v2] t3]; destruct (run c l' v1) as [[l'' v3] t4]; cbn in *; subst.
      rewrite app_assoc; repeat split; exists x'', y', z'', w'', k', l''; auto.
  Qed.

  (** What comes before a branch may be written before its predicate and into both of its sides, if it has no memory and
      records nothing: it steps twice then. *)
  Theorem branch_distributes_left d p a b w x y z k1 k2 k3 : memoryless d -> silent d ->
    same_on any (Seq d (Branch p a b)) (Two w (Three x y z))
                (Branch (Seq d p) (Seq d a) (Seq d b)) (Three (Two k1 x) (Two k2 y) (Two k3 z)).
  Proof.
    intros M Q.
    apply (simulation (fun s1 s2 => exists x y z w k1 k2 k3, s1 = Two w (Three x y z) /\
      s2 = Three (Two k1 x) (Two k2 y) (Two k3 z))); [|exists x, y, z, w, k1, k2, k3; auto].
    intros s1 s2 v [x' [y' [z' [w' [l1 [l2 [l3 [-> ->]]]]]]]] _; cbn [run one_of two_of three_of].
    destruct (M w' l1 v) as [O1 _], (M w' l2 v) as [O2 _], (M w' l3 v) as [O3 _].
    pose proof (Q w' v) as Qw; pose proof (Q l1 v) as Q1; pose proof (Q l2 v) as Q2; pose proof (Q l3 v) as Q3.
    destruct (run d w' v) as [[w'' v0] t0]; destruct (run d l1 v) as [[l1' v1] t1].
    destruct (run d l2 v) as [[l2' v2] t2]; destruct (run d l3 v) as [[l3' v3] t3]; cbn in *; subst.
    destruct (run p x' v3) as [[x'' asked] t]; destruct (holds asked).
    - destruct (run a y' v3) as [[y'' out] t']; cbn; repeat split; exists x'', y'', z', w'', l1', l2', l3; auto.
    - destruct (run b z' v3) as [[z'' out] t']; cbn; repeat split; exists x'', y', z'', w'', l1', l2, l3'; auto.
  Qed.

  (** A branch between the same is no branch, if it has no memory and the predicate records nothing. *)
  Theorem branch_idempotent p a x y z w : memoryless a -> silent p ->
    same_on any (Branch p a a) (Three x y z) a w.
  Proof.
    intros M Q; apply (simulation (fun s1 s2 => exists x y z, s1 = Three x y z)); [|eauto].
    intros s1 s2 v [x' [y' [z' ->]]] _; cbn [run one_of two_of three_of].
    pose proof (Q x' v) as Qv; destruct (run p x' v) as [[x'' asked] t1]; cbn in Qv; subst t1; destruct (holds asked).
    - destruct (M y' s2 v) as [O T]; destruct (run a y' v) as [[y'' v1] t2]; cbn in *; repeat split; eauto.
    - destruct (M z' s2 v) as [O T]; destruct (run a z' v) as [[z'' v1] t2]; cbn in *; repeat split; eauto.
  Qed.

  Theorem fix_zero p a x y : same_on any (Fix 0 p a) (Two x y) Id Nothing.
  Proof.
    apply (simulation (fun s1 s2 => exists x y, s1 = Two x y)); [|eauto].
    intros s1 s2 v [x' [y' ->]] _; cbn; repeat split; eauto.
  Qed.

  Theorem fix_one p a x y : same_on any (Fix 1 p a) (Two x y) (Branch p a Id) (Three x y Nothing).
  Proof.
    apply (simulation (fun s1 s2 => exists x y n, s1 = Two x y /\ s2 = Three x y n)); [|exists x, y, Nothing; auto].
    intros s1 s2 v [x' [y' [n [-> ->]]]] _; cbn [run rounds one_of two_of three_of].
    destruct (run p x' v) as [[x'' asked] t1]; destruct (holds asked).
    - destruct (run a y' v) as [[y'' v1] t2]; cbn; rewrite app_nil_r; repeat split; exists x'', y'', n; auto.
    - cbn; rewrite app_nil_r; repeat split; exists x'', y', n; auto.
  Qed.

  (** Rounds of what has no memory do not see the states. *)
  Lemma rounds_memoryless p a n : memoryless p -> memoryless a -> forall sp1 sa1 sp2 sa2 x,
    output (rounds (run p) (run a) n sp1 sa1 x) = output (rounds (run p) (run a) n sp2 sa2 x)
    /\ records (rounds (run p) (run a) n sp1 sa1 x) = records (rounds (run p) (run a) n sp2 sa2 x).
  Proof.
    intros Mp Ma; induction n as [|n IH]; intros sp1 sa1 sp2 sa2 x; [split; reflexivity|]; cbn [rounds].
    destruct (Mp sp1 sp2 x) as [Op Tp].
    destruct (run p sp1 x) as [[p1 asked1] t1]; destruct (run p sp2 x) as [[p2 asked2] t2]; cbn in Op, Tp; subst.
    destruct (holds asked2); [|split; reflexivity].
    destruct (Ma sa1 sa2 x) as [Oa Ta].
    destruct (run a sa1 x) as [[a1 y1] u1]; destruct (run a sa2 x) as [[a2 y2] u2]; cbn in Oa, Ta; subst.
    destruct (IH p1 a1 p2 a2 y2) as [O T].
    destruct (rounds (run p) (run a) n p1 a1 y2) as [[? ?] ?]; destruct (rounds (run p) (run a) n p2 a2 y2) as [[? ?] ?].
    cbn in *; subst; split; reflexivity.
  Qed.

  (** A loop is one round and a shorter loop, if predicate and body have no memory. *)
  Theorem fix_unfolds p a n x y s : memoryless p -> memoryless a ->
    same_on any (Fix (S n) p a) (Two x y) (Branch p (Seq a (Fix n p a)) Id) (Three x (Two y s) Nothing).
  Proof.
    intros Mp Ma; apply (simulation (fun s1 s2 => True)); [|exact I].
    intros s1 s2 v _ _; cbn [run rounds].
    destruct (Mp (one_of s1) (one_of s2) v) as [Op Tp].
    destruct (run p (one_of s1) v) as [[p1 asked1] t1]; destruct (run p (one_of s2) v) as [[p2 asked2] t2]; cbn in Op, Tp; subst.
    destruct (holds asked2); cbn; [|rewrite app_nil_r; repeat split].
    destruct (Ma (two_of s1) (one_of (two_of s2)) v) as [Oa Ta].
    destruct (run a (two_of s1) v) as [[a1 y1] u1]; destruct (run a (one_of (two_of s2)) v) as [[a2 y2] u2]; cbn in Oa, Ta; subst.
    destruct (rounds_memoryless p a n Mp Ma p1 a1 (one_of (two_of (two_of s2))) (two_of (two_of (two_of s2))) y2) as [O T].
    destruct (rounds (run p) (run a) n p1 a1 y2) as [[? ?] ?].
    destruct (rounds (run p) (run a) n (one_of (two_of (two_of s2))) (two_of (two_of (two_of s2))) y2) as [[? ?] ?].
    cbn in *; subst; repeat split.
  Qed.

  (** Recording does not change what is done. *)
  Theorem trace_is_transparent label a s inputs :
    map fst (converse (Trace label a) s inputs) = map fst (converse a s inputs).
  Proof.
    revert s; induction inputs as [|x rest IH]; intros s; [reflexivity|]; cbn [converse map fst run].
    destruct (run a s x) as [[s' y] t]; cbn; f_equal; apply IH.
  Qed.
End Semantics.
