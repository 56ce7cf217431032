(** Everything that can be done with a registry: registration, swaps and their steps, pins, stops. Mirrors the public
    functions of [RuleRegistry]. *)

From Coq Require Import ZArith Lia Bool List.
From Interlock Require Import registry.Registry.
Import ListNotations.
Open Scope Z_scope.

(** ** Pins *)

Definition drained_until (s : registry) (n : Z) : option Z :=
  match doing s with Busy w => if wanted_rule (asked w) =? n then until w else None | _ => None end.

Definition is_drained (s : registry) (n : Z) : bool := match drained_until s n with Some _ => true | None => false end.

Definition slot_of (s : registry) (pin : Z) : option slot :=
  if pin <? 0 then None
  else match nth_error (slots s) (Z.to_nat pin) with Some k => if used k then Some k else None | None => None end.

Fixpoint set_nth {A} (at_ : nat) (x : A) (l : list A) : list A :=
  match l, at_ with
  | [], _ => []
  | _ :: rest, O => x :: rest
  | y :: rest, S at_ => y :: set_nth at_ x rest
  end.

Definition set_slot (pin : Z) (k : slot) (s : registry) : registry := with_slots (set_nth (Z.to_nat pin) k (slots s)) s.

(** A stream uses a version no longer: one that nobody uses any more and that is not active may go. *)
Definition let_go (n v : Z) (s : registry) : registry :=
  let s := update_version n v (fun o => with_pins (pins o - 1) o) s in
  if (pinned_to s n v =? 0) && negb (v =? active_of s n) then trim n (with_retired true s) else s.

(** ** Operations *)

Inductive operation :=
| Register (c : candidate)
| Reload (c : candidate) (now : Z)
| BeginReload (n v now : Z)
| BeginRollback (n v now : Z)
| NextStep
| Complete (number_of_step : Z) (r : result) (now : Z)
| TakeOutcome
| Readmit (n v : Z)
| SetPolicy (n : Z) (p : policy)
| EmergencyStop (n : Z)
| LiftStop (n : Z)
| PinActive (n : Z)
| AdoptActive (pin : Z)
| Unpin (pin : Z)
| Pinned (pin : Z).

Inductive answer :=
| Said (values : list Z)
| Out (step : Z) (k : kind) (rule version content active pinned : Z) (until : option Z)
| Over (o : outcome)
| Refused (why : refusal).

Definition begin_swap (q : request) (now : Z) (s : registry) : registry * answer :=
  if is_full s then (s, Refused QueueFull)
  else
    let q := Request (next_swap s) (wanted_rule q) (to q) (is_rollback q) in
    if is_idle s then
      match check_swap s q with
      | Some why => (s, Refused why)
      | None => (with_next_swap (next_swap s + 1) (start q now s), Said [id q])
      end
    else (with_next_swap (next_swap s + 1) (with_waiting (waiting s ++ [q]) s), Said [id q]).

Definition next_step_out (s : registry) : answer :=
  match (match doing s with
         | Idle => None
         | Unloading step n v => Some (step, Terminate, n, v, None)
         | Busy w => Some (step w, stage w, wanted_rule (asked w),
                           match stage w with Quiesce | Resume => from w | _ => to (asked w) end, until w)
         end) with
  | None => Said []
  | Some (step, k, n, v, limit) =>
      match find_rule s n with
      | None => Said []
      | Some r => match find_version r v with
                  | None => Said []
                  | Some o => Out step k n v (content o) (active r) (pins o) limit
                  end
      end
  end.

Definition apply (s : registry) (op : operation) : registry * answer :=
  match op with
  | Register c =>
      if is_rule c then match check_new s c with Some why => (s, Refused why) | None => (insert c s, Said []) end
      else (s, Refused NoRule)
  | Reload c now =>
      if negb (is_rule c) then (s, Refused NoRule)
      else if is_full s then (s, Refused QueueFull)
      else match check_new s c with
           | Some why => (s, Refused why)
           | None =>
               match (if is_idle s then check_satisfied s c else None) with
               | Some why => (s, Refused why)
               | None => begin_swap (Request 0 (its_rule c) (its_version c) false) now (insert c s)
               end
           end
  | BeginReload n v now =>
      match find_rule s n with
      | None => (s, Refused NotFound)
      | Some r => match find_version r v with
                  | None => (s, Refused (VersionMissing v))
                  | Some _ => begin_swap (Request 0 n v false) now s
                  end
      end
  | BeginRollback n v now =>
      match find_rule s n with
      | None => (s, Refused NotFound)
      | Some r => match find_version r v with
                  | None => (s, Refused (RollbackMissing v))
                  | Some _ => begin_swap (Request 0 n v true) now s
                  end
      end
  | NextStep => let s := if is_idle s then terminate_next s else s in (s, next_step_out s)
  | Complete own r now =>
      match complete own r now s with (s, Some why) => (s, Refused why) | (s, None) => (s, Said []) end
  | TakeOutcome => match outcomes s with [] => (s, Said []) | o :: rest => (with_outcomes rest s, Over o) end
  | Readmit n v =>
      match find_rule s n with
      | None => (s, Refused NotFound)
      | Some r => match find_version r v with
                  | None => (s, Refused (VersionMissing v))
                  | Some o => if is_failed (resting o) then (set_resting n v Registered s, Said [])
                              else (s, Refused (NotFailed v))
                  end
      end
  | SetPolicy n p =>
      match find_rule s n with
      | None => (s, Refused NotFound)
      | Some _ => (update_rule n (with_handling p) s, Said [])
      end
  | EmergencyStop n =>
      match find_rule s n with
      | None => (s, Refused NotFound)
      | Some r => (update_rule n (fun r => with_stops true (stops r + 1) 0 r) s, Said [running r])
      end
  | LiftStop n =>
      match find_rule s n with
      | None => (s, Refused NotFound)
      | Some _ => (update_rule n (fun r => with_stops false (stops r) (running r) r) s, Said [])
      end
  | PinActive n =>
      match find_rule s n with
      | None => (s, Refused NotFound)
      | Some r =>
          match drained_until s n with
          | Some limit => (s, Refused (Quiescing limit))
          | None =>
              if stopped r then (s, Refused Stopped)
              else match find_version r (active r) with
                   | None => (s, Refused NoActive)
                   | Some _ =>
                       (with_slots (slots s ++ [Slot true n (active r) (stops r)])
                         (update_rule n (fun r => with_stops (stopped r) (stops r) (running r + 1) r)
                           (update_version n (active r) (fun o => with_pins (pins o + 1) o) s)),
                        Said [Z.of_nat (length (slots s))])
                   end
          end
      end
  | AdoptActive pin =>
      match slot_of s pin with
      | None => (s, Refused UnknownPin)
      | Some k =>
          match find_rule s (of_rule k) with
          | None => (s, Refused UnknownPin)
          | Some r =>
              if negb (stops r =? of_stops k) then (s, Refused Stopped)
              else match handling r with
                   | AdoptAtNextSegment =>
                       if is_drained s (of_rule k) || (active r =? of_version k) then (s, Said [0])
                       else match find_version r (active r) with
                            | None => (s, Said [0])
                            | Some _ =>
                                (let_go (of_rule k) (of_version k)
                                  (set_slot pin (Slot true (of_rule k) (active r) (of_stops k))
                                    (update_version (of_rule k) (active r) (fun o => with_pins (pins o + 1) o) s)),
                                 Said [1])
                            end
                   | _ => (s, Said [0])
                   end
          end
      end
  | Unpin pin =>
      match slot_of s pin with
      | None => (s, Refused UnknownPin)
      | Some k =>
          (let_go (of_rule k) (of_version k)
            (update_rule (of_rule k)
              (fun r => if stops r =? of_stops k then with_stops (stopped r) (stops r) (Z.max 0 (running r - 1)) r else r)
              (set_slot pin (Slot false (of_rule k) (of_version k) (of_stops k)) s)),
           Said [])
      end
  | Pinned pin =>
      match slot_of s pin with
      | None => (s, Refused UnknownPin)
      | Some k =>
          match find_rule s (of_rule k) with
          | None => (s, Refused UnknownPin)
          | Some r => match find_version r (of_version k) with
                      | None => (s, Refused UnknownPin)
                      | Some o => (s, Said [number o; content o; if stops r =? of_stops k then 0 else 1])
                      end
          end
      end
  end.

(** What a version is, as it is told. *)
Inductive status := IsRegistered | IsActive | IsQuiescing | IsSuperseded (by_version : Z) | IsRolledBack | IsFailed.

Definition status_of (s : registry) (r : rule) (o : version) : status :=
  if number o =? active r then
    match doing s with
    | Busy w => if wanted_rule (asked w) =? name r then match stage w with PreStage => IsActive | _ => IsQuiescing end else IsActive
    | _ => IsActive
    end
  else match resting o with
       | Registered => IsRegistered
       | Superseded by_version => IsSuperseded by_version
       | RolledBack => IsRolledBack
       | Failed => IsFailed
       end.

(** Whatever is done, one after the other. *)
Definition run (s : registry) (ops : list operation) : registry := fold_left (fun s op => fst (apply s op)) ops s.
