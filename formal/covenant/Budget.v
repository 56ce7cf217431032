(** Counters with ceilings, reservations and leases on them. Mirrors [core/src/covenant/budget/].

    Reservations and leases have the numbers in which they were given out; how the core turns such a
    number into a handle is its own affair, and the oracle sees to it that a handle is never good twice. *)

From Coq Require Import ZArith Lia Bool List.
Import ListNotations.
Open Scope Z_scope.

Record account := Account { ceiling : Z; spent : Z; reserved : Z }.
Definition free (a : account) : Z := ceiling a - spent a - reserved a.

(** So many units of a counter. *)
Definition amount : Type := nat * Z.

Record lease := Lease { lease_id : Z; held : list amount; expires : Z; spend_unsettled : bool }.

Record budget := Budget {
  accounts : list account;
  open : list (Z * amount);
  leases : list lease;
  next_reservation : Z;
  next_lease : Z;
  now : Z
}.

Inductive refusal := UnknownCounter | Twice | Exhausted | MoreThanReserved | UnknownReservation | UnknownLease
                   | LeaseTime | Ceiling.

Definition end_of_time : Z := Eval compute in 2 ^ 64 - 1.

Definition set_aside (units : Z) (a : account) : account := Account (ceiling a) (spent a) (reserved a + units).
Definition settle_units (aside used : Z) (a : account) : account :=
  Account (ceiling a) (spent a + used) (reserved a - aside).

Fixpoint update (counter : nat) (f : account -> account) (l : list account) : list account :=
  match l, counter with
  | [], _ => []
  | a :: rest, O => f a :: rest
  | a :: rest, S counter => a :: update counter f rest
  end.

Fixpoint lookup {A} (id : Z) (l : list (Z * A)) : option A :=
  match l with
  | [] => None
  | (key, value) :: rest => if key =? id then Some value else lookup id rest
  end.
Definition without {A} (id : Z) (l : list (Z * A)) : list (Z * A) := filter (fun entry => negb (fst entry =? id)) l.

Definition with_accounts (b : budget) (l : list account) : budget :=
  Budget l (open b) (leases b) (next_reservation b) (next_lease b) (now b).

(** ** Operations: the budget after it, and what it answers *)

Definition answer (A : Type) : Type := A + refusal.

Definition affording (b : budget) (counter : nat) (units : Z) : answer unit :=
  match nth_error (accounts b) counter with
  | None => inr UnknownCounter
  | Some a => if free a <? units then inr Exhausted else inl tt
  end.

Definition reserve (b : budget) (counter : nat) (units : Z) : budget * answer Z :=
  match affording b counter units with
  | inr why => (b, inr why)
  | inl _ =>
      let id := next_reservation b in
      (Budget (update counter (set_aside units) (accounts b)) ((id, (counter, units)) :: open b) (leases b)
              (id + 1) (next_lease b) (now b), inl id)
  end.

Definition extend (b : budget) (id units : Z) : budget * answer unit :=
  match lookup id (open b) with
  | None => (b, inr UnknownReservation)
  | Some (counter, had) =>
      match affording b counter units with
      | inr why => (b, inr why)
      | inl _ =>
          (Budget (update counter (set_aside units) (accounts b)) ((id, (counter, had + units)) :: without id (open b))
                  (leases b) (next_reservation b) (next_lease b) (now b), inl tt)
      end
  end.

Definition commit (b : budget) (id units : Z) : budget * answer Z :=
  match lookup id (open b) with
  | None => (b, inr UnknownReservation)
  | Some (counter, had) =>
      if had <? units then (b, inr MoreThanReserved)
      else (Budget (update counter (settle_units had units) (accounts b)) (without id (open b)) (leases b)
                   (next_reservation b) (next_lease b) (now b), inl (had - units))
  end.

(** Every amount can be afforded and no counter is named twice; the first amount that fails decides, and of it
    what it asks for before its name. *)
Fixpoint afford (b : budget) (before amounts : list amount) : answer unit :=
  match amounts with
  | [] => inl tt
  | (counter, units) :: rest =>
      match affording b counter units with
      | inr why => inr why
      | inl _ => if existsb (fun other => Nat.eqb (fst other) counter) before then inr Twice
                 else afford b (before ++ [(counter, units)]) rest
      end
  end.

Fixpoint each (f : Z -> account -> account) (amounts : list amount) (l : list account) : list account :=
  match amounts with
  | [] => l
  | (counter, units) :: rest => each f rest (update counter (f units) l)
  end.

Definition spend (b : budget) (amounts : list amount) : budget * answer unit :=
  match afford b [] amounts with
  | inr why => (b, inr why)
  | inl _ => (with_accounts b (each (settle_units 0) amounts (accounts b)), inl tt)
  end.

Definition set_ceiling (b : budget) (counter : nat) (limit : Z) : budget * answer unit :=
  match nth_error (accounts b) counter with
  | None => (b, inr UnknownCounter)
  | Some a =>
      if limit <? spent a + reserved a then (b, inr Ceiling)
      else (with_accounts b (update counter (fun a => Account limit (spent a) (reserved a)) (accounts b)), inl tt)
  end.

(** Ends a lease: of each amount so many units are spent as [used] says. *)
Definition release (used : amount -> Z) (l : lease) (all : list account) : list account :=
  fold_right (fun own all => update (fst own) (settle_units (snd own) (used own)) all) all (held l).

Definition unsettled (l : lease) (own : amount) : Z := if spend_unsettled l then snd own else 0.

(** Notes the time, which never runs backwards, and takes back what has ended. *)
Definition reclaim (b : budget) (time : Z) : budget :=
  let now' := Z.max (now b) time in
  let ended l := expires l <=? now' in
  Budget (fold_right (fun l all => release (unsettled l) l all) (accounts b) (filter ended (leases b)))
         (open b) (filter (fun l => negb (ended l)) (leases b)) (next_reservation b) (next_lease b) now'.

Definition grant_lease (b : budget) (amounts : list amount) (time duration : Z) (spend_it : bool) : budget * answer Z :=
  let b := reclaim b time in
  if (duration <=? 0) || (end_of_time <? now b + duration) then (b, inr LeaseTime)
  else match afford b [] amounts with
       | inr why => (b, inr why)
       | inl _ =>
           let id := next_lease b in
           (Budget (each set_aside amounts (accounts b)) (open b)
                   (leases b ++ [Lease id amounts (now b + duration) spend_it])
                   (next_reservation b) (id + 1) (now b), inl id)
       end.

Definition find_lease (b : budget) (id : Z) : option lease := find (fun l => lease_id l =? id) (leases b).

Definition renew (b : budget) (id time duration : Z) : budget * answer Z :=
  let b := reclaim b time in
  match find_lease b id with
  | None => (b, inr UnknownLease)
  | Some l =>
      if (duration <=? 0) || (end_of_time <? now b + duration) then (b, inr LeaseTime)
      else
        let expires' := Z.max (expires l) (now b + duration) in
        let renewed other := if lease_id other =? id then Lease id (held other) expires' (spend_unsettled other) else other in
        (Budget (accounts b) (open b) (map renewed (leases b)) (next_reservation b) (next_lease b) (now b), inl expires')
  end.

Fixpoint units_of (counter : nat) (amounts : list amount) : Z :=
  match amounts with
  | [] => 0
  | (other, units) :: rest => if Nat.eqb other counter then units else units_of counter rest
  end.

(** What was spent of a lease is of it, and names no counter twice. *)
Fixpoint may_settle (b : budget) (own used : list amount) : answer unit :=
  match used with
  | [] => inl tt
  | (counter, units) :: rest =>
      if (length (accounts b) <=? counter)%nat then inr UnknownCounter
      else if existsb (fun other => Nat.eqb (fst other) counter) rest then inr Twice
      else if units_of counter own <? units then inr MoreThanReserved
      else may_settle b own rest
  end.

Definition settle (b : budget) (id : Z) (used : list amount) : budget * answer unit :=
  match find_lease b id with
  | None => (b, inr UnknownLease)
  | Some l =>
      match may_settle b (held l) used with
      | inr why => (b, inr why)
      | inl _ =>
          (Budget (release (fun own => units_of (fst own) used) l (accounts b)) (open b)
                  (filter (fun other => negb (lease_id other =? id)) (leases b))
                  (next_reservation b) (next_lease b) (now b), inl tt)
      end
  end.

Definition new_budget (ceilings : list Z) : budget :=
  Budget (map (fun limit => Account limit 0 0) ceilings) [] [] 0 0 0.

(** Everything that can be asked of a budget. *)
Inductive operation :=
| Reserve (counter : nat) (units : Z)
| Extend (id units : Z)
| Commit (id units : Z)
| Spend (amounts : list amount)
| SetCeiling (counter : nat) (limit : Z)
| GrantLease (amounts : list amount) (time duration : Z) (spend_it : bool)
| Renew (id time duration : Z)
| Settle (id : Z) (used : list amount)
| Reclaim (time : Z).

Definition none (out : budget * answer unit) : budget * answer Z :=
  match out with (b, inl _) => (b, inl 0) | (b, inr why) => (b, inr why) end.

Definition apply (b : budget) (o : operation) : budget * answer Z :=
  match o with
  | Reserve counter units => reserve b counter units
  | Extend id units => none (extend b id units)
  | Commit id units => commit b id units
  | Spend amounts => none (spend b amounts)
  | SetCeiling counter limit => none (set_ceiling b counter limit)
  | GrantLease amounts time duration spend_it => grant_lease b amounts time duration spend_it
  | Renew id time duration => renew b id time duration
  | Settle id used => none (settle b id used)
  | Reclaim time => (reclaim b time, inl 0)
  end.
