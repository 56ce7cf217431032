(** The monitor as it is built: a ring of the newest scores, a running sum, constant work a token.
    Mirrors [core/src/halt/monitor.rs] function by function; [Refinement.v] proves that it is the
    specification.

    The counters are unbounded here and 64 bits wide there: the two part after 2^64 tokens. *)

From Coq Require Import ZArith Lia Bool List FMapPositive.
From Interlock Require Import halt.Bits halt.Spec.
Import ListNotations.
Open Scope Z_scope.

(** A ring of numbers, 0 where nothing was put. *)
Definition ring := PositiveMap.t Z.
Definition slot (r : ring) (i : Z) : Z :=
  match PositiveMap.find (Z.to_pos (i + 1)) r with Some v => v | None => 0 end.
Definition put (r : ring) (i v : Z) : ring := PositiveMap.add (Z.to_pos (i + 1)) v r.

(** [Limits] of the monitor: the configuration made ready. *)
Record ready := Ready {
  r_hard : Z;
  r_soft : Z;
  r_window : Z;
  r_window_sum : Z;
  r_trend : Z;
  r_trend_drop : Z;
  r_slots : Z;
  r_limits : limits
}.

(** The least power of two that holds both windows. *)
Definition slots (l : limits) : Z := 2 ^ Z.log2_up (Z.max (window l) (trend l)).

Definition prepare (l : limits) : ready :=
  Ready (hard l) (soft l) (window l) (fixed (window_threshold l) * window l) (trend l)
        (fixed_unit (trend_threshold l)) (slots l) l.

Record machine := Machine {
  scores : Z;
  cells : ring;
  window_sum : Z;
  total_sum : Z;
  minimum : Z;
  last_score : Z;
  warnings : Z;
  skipped : Z;
  halted : option (reason * Z)
}.

Definition fresh : machine := Machine 0 (PositiveMap.empty Z) 0 0 one_bits 0 0 0 None.

(** [Tally::record]. *)
Definition record_score (m : machine) (s : Z) : machine :=
  Machine (scores m + 1) (cells m) (window_sum m) (total_sum m + fixed s) (Z.min (minimum m) s) s
          (warnings m) (skipped m) (halted m).

(** [Tally::enter], and the value that opens the trend window. [m] has the score recorded already. *)
Definition enter (r : ready) (m : machine) (value : Z) : machine * Z :=
  let position := scores m - 1 in
  let oldest := if r_window r <=? position then slot (cells m) ((position - r_window r) mod r_slots r) else 0 in
  let cells' := put (cells m) (position mod r_slots r) value in
  let next := position + 1 in
  let opening := if r_trend r <=? next then slot cells' ((next - r_trend r) mod r_slots r) else 0 in
  (Machine (scores m) cells' (window_sum m + value - oldest) (total_sum m) (minimum m) (last_score m)
           (warnings m) (skipped m) (halted m), opening).

Definition warn (m : machine) (by_ : Z) : machine :=
  Machine (scores m) (cells m) (window_sum m) (total_sum m) (minimum m) (last_score m)
          (warnings m + by_) (skipped m) (halted m).

Definition tokens (m : machine) : Z := scores m + skipped m.

(** [StreamMonitor::halt_at_last]. *)
Definition halt_at_last (m : machine) (why : reason) : machine :=
  Machine (scores m) (cells m) (window_sum m) (total_sum m) (minimum m) (last_score m)
          (warnings m) (skipped m) (Some (why, tokens m - 1)).

(** [Tally::judge]. *)
Definition judge_score (r : ready) (m : machine) (raw : Z) : machine * verdict :=
  if negb (finite raw) then (record_score m 0, Halt NonFiniteScore)
  else
    let s := clamp raw in
    let value := fixed s in
    let (m, opening) := enter r (record_score m s) value in
    if s <? r_hard r then (m, Halt HardLimit)
    else if (window_sum m <? r_window_sum r) && (r_window r <=? scores m) then (m, Halt WindowAverage)
    else if r_trend_drop r <? Z.max 0 (opening - value) then (m, Halt DownwardTrend)
    else if s <? r_soft r then (warn m 1, Warn SoftLimit)
    else (m, Pass).

Definition settle (out : machine * verdict) : machine * verdict :=
  match out with
  | (m, Halt why) => (halt_at_last m why, Halt why)
  | _ => out
  end.

(** [StreamMonitor::admit] and what follows it. *)
Definition admission (r : ready) (m : machine) (o : observation) : machine * verdict :=
  match score o with
  | Some raw =>
      if late (r_limits r) o
      then if skip_missing (r_limits r)
           then (Machine (scores m) (cells m) (window_sum m) (total_sum m) (minimum m) (last_score m)
                         (warnings m + 1) (skipped m + 1) (halted m), Warn MissingScore)
           else settle (record_score m 0, Halt Deadline)
      else settle (judge_score r m raw)
  | None =>
      if skip_missing (r_limits r)
      then (Machine (scores m) (cells m) (window_sum m) (total_sum m) (minimum m) (last_score m)
                    (warnings m + 1) (skipped m + 1) (halted m), Warn MissingScore)
      else settle (record_score m 0, Halt Deadline)
  end.

(** [StreamMonitor::push_observation]; nothing, and nothing changed, after a halt. *)
Definition push_observation (r : ready) (m : machine) (o : observation) : machine * option verdict :=
  match halted m with
  | Some _ => (m, None)
  | None =>
      let (m', v) := admission r m o in
      if negb (is_halt v) && too_uncertain (r_limits r) o
      then (halt_at_last (warn m' (match v with Warn _ => -1 | _ => 0 end)) LogitEntropy, Some (Halt LogitEntropy))
      else (m', Some v)
  end.

(** [StreamMonitor::push]. *)
Definition push (r : ready) (m : machine) (raw : Z) : machine * option verdict :=
  match halted m with
  | Some _ => (m, None)
  | None => let (m', v) := settle (judge_score r m raw) in (m', Some v)
  end.

(** One turn of the loop of [Tally::pass_many]: the machine after a score that passes, or nothing, and then the
    score is for [judge_score]. The window's sum is kept as its distance from the threshold, in wrapped
    arithmetic that does not wrap; bits are compared as unsigned numbers. *)
Definition pass_fast (r : ready) (m : machine) (bits : Z) : option machine :=
  let least := Z.max (r_hard r) least_bits in
  let passing := one_bits - least in
  let drop := Z.min (r_trend_drop r) (one_fixed - 1) in
  let value := fixed_of_least bits in
  let place back := (scores m - back) mod r_slots r in
  let oldest := slot (cells m) (place (r_window r)) in
  let highest := slot (cells m) (place (r_trend r - 1)) in
  let slack := window_sum m - r_window_sum r + value - oldest in
  if (scores m <? r_window r) || (scores m <? r_trend r) then None
  else if (passing <? (bits - least) mod two64) || (slack <? 0) || (value + drop <? highest) then None
  else
    Some (Machine (scores m + 1) (put (cells m) (place 0) value) (slack + r_window_sum r) (total_sum m + value)
                  (Z.min (minimum m) bits) bits
                  (warnings m + if bits <? r_soft r then 1 else 0) (skipped m) (halted m)).

(** [StreamMonitor::push_many]: how many scores were judged, and the halt. *)
Fixpoint push_many (r : ready) (m : machine) (raws : list Z) (consumed : Z) : machine * Z * option reason :=
  match raws with
  | [] => (m, consumed, None)
  | raw :: rest =>
      match pass_fast r m raw with
      | Some m' => push_many r m' rest (consumed + 1)
      | None =>
          match settle (judge_score r m raw) with
          | (m', Halt why) => (m', consumed + 1, Some why)
          | (m', _) => push_many r m' rest (consumed + 1)
          end
      end
  end.
