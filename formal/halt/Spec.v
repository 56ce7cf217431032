(** What the monitor means: a verdict is a function of the limits, of every score so far, and of what
    is observed of one token. No ring, no running sum, no counter. Speaks of
    [core/src/halt/monitor.rs] as a whole; the canon is the design's. *)

From Coq Require Import ZArith Lia Bool List.
From Interlock Require Import halt.Bits.
Import ListNotations.
Open Scope Z_scope.

(** What is known of one token; numbers are the bits of doubles. *)
Record observation := Observation {
  score : option Z;
  elapsed : option Z;
  entropy : option Z
}.

(** The part of a configuration that is asked for every token; numbers are the bits of doubles, but
    for the windows, which count scores. *)
Record limits := Limits {
  hard : Z;
  soft : Z;
  window : Z;
  window_threshold : Z;
  trend : Z;
  trend_threshold : Z;
  deadline : Z;
  entropy_limit : option Z;
  skip_missing : bool
}.

Inductive reason := HardLimit | WindowAverage | DownwardTrend | LogitEntropy | Deadline | NonFiniteScore.
Inductive warning := SoftLimit | MissingScore.
Inductive verdict := Pass | Warn (_ : warning) | Halt (_ : reason).

Definition is_halt (v : verdict) : bool := match v with Halt _ => true | _ => false end.

(** What [HaltConfig::validate] leaves of these fields. *)
Record valid (l : limits) : Prop := Valid {
  hard_unit : 0 <= hard l <= one_bits;
  soft_unit : 0 <= soft l <= one_bits;
  window_range : 1 <= window l <= 4096;
  window_unit : 0 <= window_threshold l <= one_bits;
  trend_range : 2 <= trend l <= 4096;
  trend_positive : 0 < trend_threshold l < 2047 * 2 ^ 52
}.

(** The limits of a configuration as it is written: a limit of -0.0 is one of 0.0. *)
Definition configure (hard soft window window_threshold trend trend_threshold deadline : Z)
  (entropy_limit : option Z) (skip_missing : bool) : limits :=
  Limits (unit_limit hard) (unit_limit soft) window (unit_limit window_threshold) trend trend_threshold deadline
         entropy_limit skip_missing.

(** The scores so far in fixed point, the newest first. *)
Definition history := list Z.

Definition sum (values : list Z) : Z := fold_right Z.add 0 values.

(** A score that is not timed out: NonFinite, or clamped to [0, 1]. *)
Definition clamped (b : Z) : option Z := if finite b then Some (clamp b) else None.

(** Whether the time that a score took is known and not within the deadline; a NaN and a negative time are late. *)
Definition late (l : limits) (o : observation) : bool :=
  match elapsed o with
  | Some time => negb (le 0 time && le time (deadline l))
  | None => false
  end.

Definition too_uncertain (l : limits) (o : observation) : bool :=
  match entropy o, entropy_limit l with
  | Some bits, Some limit => nan bits || lt limit bits
  | _, _ => false
  end.

(** The checks of a score [s], bits of a double in [0, 1], after the scores [h]. *)
Definition check_score (l : limits) (h : history) (s : Z) : verdict :=
  let now := fixed s :: h in
  let count := Z.of_nat (length now) in
  let opening := nth (Z.to_nat (trend l - 1)) now 0 in
  if s <? hard l then Halt HardLimit
  else if (window l <=? count) && (sum (firstn (Z.to_nat (window l)) now) <? fixed (window_threshold l) * window l)
  then Halt WindowAverage
  else if (trend l <=? count) && (fixed_unit (trend_threshold l) <? opening - fixed s)
  then Halt DownwardTrend
  else if s <? soft l then Warn SoftLimit
  else Pass.

(** The verdict before the entropy is asked, and the history after it. *)
Definition check_token (l : limits) (h : history) (o : observation) : verdict * history :=
  match score o with
  | Some b =>
      if late l o then (if skip_missing l then (Warn MissingScore, h) else (Halt Deadline, 0 :: h))
      else match clamped b with
           | None => (Halt NonFiniteScore, 0 :: h)
           | Some s => (check_score l h s, fixed s :: h)
           end
  | None => if skip_missing l then (Warn MissingScore, h) else (Halt Deadline, 0 :: h)
  end.

(** The verdict on a token after the scores [h], and the history after it. *)
Definition judge (l : limits) (h : history) (o : observation) : verdict * history :=
  let (v, h') := check_token l h o in
  if negb (is_halt v) && too_uncertain l o then (Halt LogitEntropy, h') else (v, h').

(** A stream: open with its history, or halted at a token for a reason. *)
Inductive state := Open (_ : history) | Halted (_ : reason).

Definition step (l : limits) (s : state) (o : observation) : state * option verdict :=
  match s with
  | Open h =>
      let (v, h') := judge l h o in
      (match v with Halt r => Halted r | _ => Open h' end, Some v)
  | Halted _ => (s, None)
  end.

Section Run.
  (** What a token carries, text for instance; the monitor never looks at it. *)
  Variable token : Type.

  (** What leaves of a stream of tokens, and where the stream is after it. *)
  Fixpoint run (l : limits) (s : state) (tokens : list (token * observation)) : list token * state :=
    match tokens with
    | [] => ([], s)
    | (t, o) :: rest =>
        match step l s o with
        | (s', Some (Halt _)) | (s', None) => let (out, last) := run l s' rest in (out, last)
        | (s', Some _) => let (out, last) := run l s' rest in (t :: out, last)
        end
    end.

  (** The verdict on the token at a place, had all before it been judged from the empty history on: the
      specification asks this of a stream and never of a state. *)
  Fixpoint verdict_at (l : limits) (h : history) (tokens : list (token * observation)) (place : nat) : option verdict :=
    match tokens, place with
    | [], _ => None
    | (_, o) :: _, O => Some (fst (judge l h o))
    | (_, o) :: rest, S place => verdict_at l (snd (judge l h o)) rest place
    end.
End Run.

Arguments run {token}.
Arguments verdict_at {token}.
