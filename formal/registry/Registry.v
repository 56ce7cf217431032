(** The rule registry: which versions of which rules there are, which is active, and the swaps between them. Mirrors
    [core/src/rules/registry/] function by function; signatures, targets, and bounds on how many rules there are only
    refuse more and are left out. Rules and contents are numbers; a pin is the number of the stream that has it. *)

From Coq Require Import ZArith Lia Bool List.
Import ListNotations.
Open Scope Z_scope.

(** What a rule needs of another: its name and the lowest version that will do. *)
Definition need : Type := Z * Z.

(** A compiled rule. Its content stands for the hash that names it. *)
Record candidate := Candidate { its_rule : Z; its_version : Z; its_content : Z; its_needs : list need }.

(** What a version is while it is not the active one. *)
Inductive rest := Registered | Superseded (by_version : Z) | RolledBack | Failed.

Record version := Version { number : Z; content : Z; needs : list need; resting : rest; pins : Z; staged : bool }.

Inductive policy := Finish | AdoptAtNextSegment | Drain (timeout : Z).

(** [active] is 0 for none. [highest] is the highest version that was ever registered. *)
Record rule := Rule {
  name : Z; versions : list version; highest : Z; active : Z; handling : policy;
  stopped : bool; stops : Z; running : Z
}.

(** What a stream holds. *)
Record slot := Slot { used : bool; of_rule : Z; of_version : Z; of_stops : Z }.

Inductive kind := PreStage | Quiesce | Swap | Resume | Terminate.

Inductive refusal :=
| NotFound | Downgrade (current proposed : Z) | Missing (rule least found : Z) | RollbackMissing (version : Z)
| NoActive | QuiesceTimeout (waited pinned : Z) | Backend (step : kind) (timed_out : bool) | Duplicate (version : Z)
| VersionMissing (version : Z) | NotBelow (active proposed : Z) | HasFailed (version : Z) | Circle
| Needed (by_rule least proposed : Z) | Quiescing (until : Z) | StillPinned (pinned until : Z) | Stopped | UnknownPin
| UnknownStep | QueueFull | NotFailed (version : Z) | NoRule.

Record request := Request { id : Z; wanted_rule : Z; to : Z; is_rollback : bool }.

Record swap := Swapping {
  asked : request; from : Z; step : Z; stage : kind; began : Z; quiesce_took : Z; in_flight : Z;
  until : option Z; error : option refusal
}.

Inductive work := Idle | Unloading (step rule version : Z) | Busy (s : swap).

Record report := Report {
  report_from : Z; report_to : Z; report_quiesce : Z; report_swap : Z; report_in_flight : Z; report_pinned : Z;
  rollback_available : bool
}.

Inductive outcome :=
| Swapped (swap rule : Z) (what : report)
| NotSwapped (swap : Z) (why : refusal)
| NotTerminated (rule version : Z) (timed_out : bool).

Record registry := Registry {
  history : Z; rules : list rule; slots : list slot; doing : work; waiting : list request; outcomes : list outcome;
  next_step : Z; next_swap : Z; retired : bool
}.

Definition empty (most : Z) : registry := Registry (Z.max most 1) [] [] Idle [] [] 1 1 false.

(** ** Changes of one field *)

Definition with_rules rules s := Registry (history s) rules (slots s) (doing s) (waiting s) (outcomes s) (next_step s) (next_swap s) (retired s).
Definition with_slots slots s := Registry (history s) (rules s) slots (doing s) (waiting s) (outcomes s) (next_step s) (next_swap s) (retired s).
Definition with_doing doing s := Registry (history s) (rules s) (slots s) doing (waiting s) (outcomes s) (next_step s) (next_swap s) (retired s).
Definition with_waiting waiting s := Registry (history s) (rules s) (slots s) (doing s) waiting (outcomes s) (next_step s) (next_swap s) (retired s).
Definition with_outcomes outcomes s := Registry (history s) (rules s) (slots s) (doing s) (waiting s) outcomes (next_step s) (next_swap s) (retired s).
Definition with_next_step next s := Registry (history s) (rules s) (slots s) (doing s) (waiting s) (outcomes s) next (next_swap s) (retired s).
Definition with_next_swap next s := Registry (history s) (rules s) (slots s) (doing s) (waiting s) (outcomes s) (next_step s) next (retired s).
Definition with_retired retired s := Registry (history s) (rules s) (slots s) (doing s) (waiting s) (outcomes s) (next_step s) (next_swap s) retired.

Definition with_versions versions r := Rule (name r) versions (highest r) (active r) (handling r) (stopped r) (stops r) (running r).
Definition with_highest highest r := Rule (name r) (versions r) highest (active r) (handling r) (stopped r) (stops r) (running r).
Definition with_active active r := Rule (name r) (versions r) (highest r) active (handling r) (stopped r) (stops r) (running r).
Definition with_handling handling r := Rule (name r) (versions r) (highest r) (active r) handling (stopped r) (stops r) (running r).
Definition with_stops stopped stops running r := Rule (name r) (versions r) (highest r) (active r) (handling r) stopped stops running.

Definition with_resting resting o := Version (number o) (content o) (needs o) resting (pins o) (staged o).
Definition with_pins pins o := Version (number o) (content o) (needs o) (resting o) pins (staged o).
Definition with_staged staged o := Version (number o) (content o) (needs o) (resting o) (pins o) staged.

Definition find_rule (s : registry) (n : Z) : option rule := find (fun r => name r =? n) (rules s).
Definition find_version (r : rule) (v : Z) : option version := find (fun o => number o =? v) (versions r).

Definition update_rule (n : Z) (f : rule -> rule) (s : registry) : registry :=
  with_rules (map (fun r => if name r =? n then f r else r) (rules s)) s.
Definition update_version (n v : Z) (f : version -> version) : registry -> registry :=
  update_rule n (fun r => with_versions (map (fun o => if number o =? v then f o else o) (versions r)) r).

Definition active_of (s : registry) (n : Z) : Z := match find_rule s n with Some r => active r | None => 0 end.
Definition active_version (r : rule) : option version := if active r =? 0 then None else find_version r (active r).
Definition pinned_to (s : registry) (n v : Z) : Z :=
  match find_rule s n with
  | Some r => match find_version r v with Some o => pins o | None => 0 end
  | None => 0
  end.

(** ** Eviction *)

(** Whether a version takes part in a swap that is under way or waits, or is being unloaded. *)
Definition is_wanted (s : registry) (n v : Z) : bool :=
  match doing s with
  | Idle => false
  | Unloading _ n' v' => (n' =? n) && (v' =? v)
  | Busy w => (wanted_rule (asked w) =? n) && ((to (asked w) =? v) || (from w =? v))
  end || existsb (fun q => (wanted_rule q =? n) && (to q =? v)) (waiting s).

(** Whether a version stays, used or not. *)
Definition keeps (s : registry) (r : rule) (o : version) : bool :=
  (number o =? active r) || (number o =? highest r) || is_wanted s (name r) (number o).

(** All but the first so many of which something is true. *)
Fixpoint without_first {A} (count : nat) (p : A -> bool) (l : list A) : list A :=
  match l, count with
  | x :: rest, S less => if p x then without_first less p rest else x :: without_first count p rest
  | _, _ => l
  end.

Definition above (s : registry) (r : rule) : nat := Z.to_nat (Z.of_nat (length (versions r)) - history s).

(** Evicts versions above the bound, the oldest first. *)
Definition trim (n : Z) (s : registry) : registry :=
  update_rule n (fun r => with_versions
    (without_first (above s r) (fun o => (pins o =? 0) && negb (staged o) && negb (keeps s r o)) (versions r)) r) s.

(** Whether a version will still be there when nobody uses it any more. *)
Definition outlasts (s : registry) (n v : Z) : bool :=
  match find_rule s n with
  | None => false
  | Some r => existsb (fun o => number o =? v) (versions r)
              && negb (existsb (fun o => number o =? v) (firstn (above s r) (filter (fun o => negb (keeps s r o)) (versions r))))
  end.

(** ** Dependencies *)

Definition is_failed (r : rest) : bool := match r with Failed => true | _ => false end.
Definition newest_usable (r : rule) : option version := find (fun o => negb (is_failed (resting o))) (rev (versions r)).

(** The active version, or where there is none the newest that may become so. *)
Definition standing (r : rule) : option version :=
  match active_version r with Some o => Some o | None => newest_usable r end.

Definition first_of {A} (f : A -> option refusal) (l : list A) : option refusal :=
  fold_right (fun x rest => match f x with Some why => Some why | None => rest end) None l.

(** The names of the rules that a rule needs as it stands. *)
Definition next_of (s : registry) (n : Z) : list Z :=
  match find_rule s n with
  | Some r => match standing r with Some o => map fst (needs o) | None => [] end
  | None => []
  end.

(** What is reached from these names in so many steps. *)
Fixpoint reach (s : registry) (steps : nat) (names : list Z) : list Z :=
  match steps with
  | O => names
  | S steps => reach s steps (nodup Z.eq_dec (names ++ flat_map (next_of s) names))
  end.

Definition check_circle (s : registry) (c : candidate) : option refusal :=
  match find_rule s (its_rule c) with
  | None => None
  | Some _ => if existsb (Z.eqb (its_rule c)) (reach s (length (rules s)) (map fst (its_needs c))) then Some Circle else None
  end.

(** Whether what is needed is there, each in the version that [found] gives for it. *)
Definition check_needs (found : Z -> Z) (c : candidate) : option refusal :=
  first_of (fun need => if found (fst need) <? snd need then Some (Missing (fst need) (snd need) (found (fst need))) else None)
           (its_needs c).

Definition newest_of (s : registry) (n : Z) : Z :=
  match find_rule s n with
  | Some r => match newest_usable r with Some o => number o | None => 0 end
  | None => 0
  end.

Definition check_known (s : registry) (c : candidate) : option refusal :=
  match check_needs (newest_of s) c with Some why => Some why | None => check_circle s c end.

(** Whether the active rules that need this one could do with a version of it. *)
Definition check_dependents (s : registry) (n v : Z) : option refusal :=
  first_of (fun r =>
    if name r =? n then None
    else match active_version r with
         | None => None
         | Some o => first_of (fun need => if (fst need =? n) && (v <? snd need) then Some (Needed (name r) (snd need) v) else None) (needs o)
         end) (rules s).

Definition check_satisfied (s : registry) (c : candidate) : option refusal :=
  match check_needs (active_of s) c with
  | Some why => Some why
  | None => match check_dependents s (its_rule c) (its_version c) with Some why => Some why | None => check_circle s c end
  end.

(** ** Registration *)

Fixpoint ascending (last : Z) (l : list need) : bool :=
  match l with [] => true | (n, _) :: rest => (last <? n) && ascending n rest end.

(** What a compiled rule must be to be one: checked where one is made, [CompiledRule::new]. *)
Definition is_rule (c : candidate) : bool :=
  (0 <=? its_rule c) && (0 <? its_version c) && ascending (-1) (its_needs c)
  && forallb (fun need => (0 <? snd need) && negb (fst need =? its_rule c)) (its_needs c).

Definition check_new (s : registry) (c : candidate) : option refusal :=
  match find_rule s (its_rule c) with
  | None => check_known s c
  | Some r => match find_version r (its_version c) with
              | Some _ => Some (Duplicate (its_version c))
              | None => if its_version c <=? highest r then Some (Downgrade (highest r) (its_version c)) else check_known s c
              end
  end.

(** There is a rule of this name from now on. *)
Definition ensure_rule (n : Z) (s : registry) : registry :=
  match find_rule s n with
  | Some _ => s
  | None => with_rules (rules s ++ [Rule n [] 0 0 Finish false 0 0]) s
  end.

Definition insert (c : candidate) (s : registry) : registry :=
  let add r := with_highest (its_version c)
    (with_versions (versions r ++ [Version (its_version c) (its_content c) (its_needs c) Registered 0 false]) r) in
  trim (its_rule c) (update_rule (its_rule c) add (ensure_rule (its_rule c) s)).

(** ** Swaps *)

Definition max64 : Z := 2 ^ 64 - 1.
(** Differences and sums of the host's clock stay in 64 bits. *)
Definition since (began now : Z) : Z := Z.max 0 (now - began).
Definition later (now duration : Z) : Z := Z.min max64 (now + duration).

Definition is_idle (s : registry) : bool := match doing s with Idle => true | _ => false end.

Definition most_waiting : Z := 64.
Definition is_full (s : registry) : bool :=
  most_waiting <=? Z.of_nat (length (waiting s)) + Z.of_nat (length (outcomes s)) + (if is_idle s then 0 else 1).

(** Whether a swap may begin now. *)
Definition check_swap (s : registry) (q : request) : option refusal :=
  let missing := if is_rollback q then RollbackMissing (to q) else VersionMissing (to q) in
  match find_rule s (wanted_rule q) with
  | None => Some missing
  | Some r =>
      let direction :=
        if is_rollback q then
          if active r =? 0 then Some NoActive
          else if active r <=? to q then Some (NotBelow (active r) (to q)) else None
        else if to q <=? active r then Some (Downgrade (active r) (to q)) else None in
      match direction with
      | Some why => Some why
      | None =>
          match find_version r (to q) with
          | None => Some missing
          | Some o => if is_failed (resting o) then Some (HasFailed (to q))
                      else check_satisfied s (Candidate (name r) (number o) (content o) (needs o))
          end
      end
  end.

(** Makes a step of a swap the one that is out. *)
Definition hand_out (w : swap) (next : kind) (now : Z) (s : registry) : registry :=
  with_next_step (next_step s + 1)
    (with_doing (Busy (Swapping (asked w) (from w) (next_step s) next now (quiesce_took w) (in_flight w) (until w) (error w))) s).

Definition start (q : request) (now : Z) (s : registry) : registry :=
  hand_out (Swapping q (active_of s (wanted_rule q)) 0 PreStage now 0 0 None None) PreStage now s.

Definition say (o : outcome) (s : registry) : registry := with_outcomes (outcomes s ++ [o]) s.

(** A version that is loaded and that nobody uses. *)
Definition unused (r : rule) : option version :=
  find (fun o => staged o && negb (number o =? active r) && (pins o =? 0)) (versions r).

Fixpoint first_unused (l : list rule) : option (Z * Z) :=
  match l with
  | [] => None
  | r :: rest => match unused r with Some o => Some (name r, number o) | None => first_unused rest end
  end.

(** Makes the unloading of such a version the step that is out, if there is one. *)
Definition terminate_next (s : registry) : registry :=
  if retired s then
    match first_unused (rules s) with
    | Some (n, v) => with_next_step (next_step s + 1) (with_doing (Unloading (next_step s) n v) s)
    | None => with_retired false s
    end
  else s.

(** Begins the first that waits and may begin; those before it are over. *)
Fixpoint begin_waiting (queue : list request) (now : Z) (s : registry) : registry :=
  match queue with
  | [] => s
  | q :: rest =>
      let s := with_waiting rest s in
      match check_swap s q with
      | None => start q now s
      | Some why => begin_waiting rest now (trim (wanted_rule q) (say (NotSwapped (id q) why) s))
      end
  end.

(** Nothing is under way: unloads what is not used, then begins what waits. *)
Definition go_on (now : Z) (s : registry) : registry :=
  let s := terminate_next s in if is_idle s then begin_waiting (waiting s) now s else s.

Definition finish (q : request) (o : outcome) (now : Z) (s : registry) : registry :=
  go_on now (trim (wanted_rule q) (with_doing Idle (with_retired true (say o s)))).

Definition resume (w : swap) (why : refusal) (now : Z) (s : registry) : registry :=
  hand_out (Swapping (asked w) (from w) (step w) (stage w) (began w) (quiesce_took w) (in_flight w) None (Some why)) Resume now s.

Definition set_resting (n v : Z) (r : rest) : registry -> registry := update_version n v (with_resting r).
Definition set_staged (n v : Z) (is_staged : bool) : registry -> registry := update_version n v (with_staged is_staged).

(** The one place where another version becomes active. *)
Definition commit (w : swap) (s : registry) : registry :=
  let q := asked w in
  update_rule (wanted_rule q) (with_active (to q))
    (set_resting (wanted_rule q) (from w) (if is_rollback q then RolledBack else Superseded (to q)) (with_doing Idle s)).

(** How a step went: well, with messages in flight, or not. *)
Inductive result := Well (messages : Z) | TimedOut | Broken.

Definition backend (k : kind) (r : result) : refusal := Backend k (match r with TimedOut => true | _ => false end).

Definition advance (w : swap) (r : result) (now : Z) (s : registry) : registry * option refusal :=
  let q := asked w in
  let n := wanted_rule q in
  let took := since (began w) now in
  match stage w, r with
  | PreStage, Well _ =>
      let s := set_staged n (to q) true s in
      if from w =? 0 then (hand_out w Swap now s, None)
      else
        let limit := match find_rule s n with
                     | Some r => match handling r with Drain timeout => Some (later now timeout) | _ => until w end
                     | None => until w
                     end in
        (hand_out (Swapping q (from w) (step w) (stage w) (began w) (quiesce_took w) (in_flight w) limit (error w)) Quiesce now s, None)
  | Quiesce, Well messages =>
      let pinned := pinned_to s n (from w) in
      let rested := hand_out (Swapping q (from w) (step w) (stage w) (began w) took messages (until w) (error w)) Swap now s in
      match until w with
      | Some limit =>
          if 0 <? pinned then
            if now <? limit then (s, Some (StillPinned pinned limit))
            else (resume w (QuiesceTimeout took pinned) now s, None)
          else (rested, None)
      | None => (rested, None)
      end
  | Quiesce, TimedOut => (resume w (QuiesceTimeout took (pinned_to s n (from w))) now s, None)
  | Swap, Well messages =>
      let pinned := pinned_to s n (from w) in
      let s := commit w s in
      (finish q (Swapped (id q) n
         (Report (from w) (to q) (quiesce_took w) took (Z.max (in_flight w) messages) pinned (outlasts s n (from w)))) now s, None)
  | (PreStage | Quiesce | Swap) as k, _ =>
      let s := set_resting n (to q) Failed s in
      let why := backend k r in
      match k with
      | PreStage => (finish q (NotSwapped (id q) why) now s, None)
      | _ => if from w =? 0 then (finish q (NotSwapped (id q) why) now s, None) else (resume w why now s, None)
      end
  | Resume, (TimedOut | Broken) => (s, Some (backend Resume r))
  | (Resume | Terminate), _ =>
      (finish q (NotSwapped (id q) (match error w with Some why => why | None => UnknownStep end)) now s, None)
  end.

Definition terminated (n v : Z) (r : result) (now : Z) (s : registry) : registry :=
  let told := match r, find_rule s n with
              | Well _, _ | _, None => s
              | _, Some _ => say (NotTerminated n v (match r with TimedOut => true | _ => false end)) s
              end in
  go_on now (trim n (with_doing Idle (set_staged n v false told))).

Definition complete (number_of_step : Z) (r : result) (now : Z) (s : registry) : registry * option refusal :=
  match doing s with
  | Unloading own n v => if own =? number_of_step then (terminated n v r now s, None) else (s, Some UnknownStep)
  | Busy w => if step w =? number_of_step then advance w r now s else (s, Some UnknownStep)
  | Idle => (s, Some UnknownStep)
  end.
