(** Compiled patterns, and what they make of a text: which bytes leave, which are replaced, which wait.

    A pattern is what the compiled table holds of it: states, what follows a state on a byte, and what a state says.
    Everything here is a function of the text that was read, which is kept newest byte first: what one more byte
    changes is then one step of a recursion. Nothing here knows of pieces in which a text comes. *)

From Coq Require Import ZArith Lia Bool List Arith.
Import ListNotations.

(** What stands before a place: [Surrounding] of the core. *)
Inductive surrounding := AtStart | Other | Word | LineFeed | CarriageReturn.

Definition is_word (b : Z) : bool :=
  ((48 <=? b) && (b <=? 57) || (65 <=? b) && (b <=? 90) || (b =? 95) || (97 <=? b) && (b <=? 122))%Z.

Definition behind (r : list Z) : surrounding :=
  match r with
  | [] => AtStart
  | b :: _ =>
      if (b =? 10)%Z then LineFeed else if (b =? 13)%Z then CarriageReturn
      else if is_word b then Word else Other
  end.

(** What a state says when a thread has come to it: [StateFlags] of the core. *)
Record says := { now : bool; before : bool; at_end : bool; live : bool }.

(** One compiled pattern, [PatternTable] of the core, and the check of its matches. *)
Record pattern := {
  passes : list Z -> bool;
  start : surrounding -> nat;
  next : nat -> Z -> nat;
  flags : nat -> says }.

(** The patterns that halt and those that redact, each with its position among all. *)
Record table := { halts : list (nat * pattern); redactions : list (nat * pattern) }.

(** A match: pattern, first byte, the byte behind the last. *)
Record hit := Hit { which : nat; first : nat; past : nat }.

(** ** Threads *)

(** How far a pattern has come from a start: its state, whether it may go on, the longest match so far. *)
Record thread := { state : nat; alive : bool; found : option nat }.

Definition gone : thread := {| state := 0; alive := false; found := None |}.
Definition fresh (p : pattern) (r : list Z) : thread := {| state := start p (behind r); alive := true; found := None |}.

(** The newest bytes, as many as asked for, in their order. *)
Definition newest (length : nat) (r : list Z) : list Z := rev (firstn length r).

(** The ends that a state reports to a thread that started at [s], now that the [n] bytes [r] were read. *)
Definition reports (p : pattern) (s n : nat) (r : list Z) (st : nat) : list nat :=
  (if before (flags p st) && (S s <? n) && passes p (newest (n - 1 - s) (tl r)) then [n - 1] else []) ++
  (if now (flags p st) && passes p (newest (n - s) r) then [n] else []).

Definition latest (old : option nat) (ends : list nat) : option nat := fold_left (fun _ e => Some e) ends old.

(** A thread reads [b], the newest byte of [r], and reports ends. *)
Definition advance (p : pattern) (s n : nat) (r : list Z) (b : Z) (th : thread) : thread * list nat :=
  if alive th then
    let st := next p (state th) b in
    let ends := reports p s n r st in
    ({| state := st; alive := live (flags p st); found := latest (found th) ends |}, ends)
  else (th, []).

(** The end that the end of the text makes, or else the longest before. *)
Definition at_last (p : pattern) (s n : nat) (r : list Z) (th : thread) : list nat :=
  if alive th && at_end (flags p (state th)) && passes p (newest (n - s) r) then [n] else [].

(** The thread of a pattern that started at [s], when [r] was read. *)
Fixpoint thread_of (p : pattern) (r : list Z) (s : nat) : thread :=
  match r with
  | [] => gone
  | b :: r' =>
      let n := length r' in
      fst (advance p s (S n) r b (if n =? s then fresh p r' else thread_of p r' s))
  end.

(** The ends that it reported at the newest byte. *)
Definition reported (p : pattern) (r : list Z) (s : nat) : list nat :=
  match r with
  | [] => []
  | b :: r' =>
      let n := length r' in
      snd (advance p s (S n) r b (if n =? s then fresh p r' else thread_of p r' s))
  end.

(** ** Of several patterns *)

(** The first pattern that reports an end at a start. *)
Fixpoint first_report (s : nat) (ends : list (nat * list nat)) : option hit :=
  match ends with
  | [] => None
  | (i, e :: _) :: _ => Some (Hit i s e)
  | (_, []) :: more => first_report s more
  end.

(** The longest match from a start; of those as long the first pattern's. *)
Fixpoint longest (s : nat) (ends : list (nat * option nat)) : option hit :=
  match ends with
  | [] => None
  | (_, None) :: more => longest s more
  | (i, Some e) :: more =>
      match longest s more with
      | Some h => if e <? past h then Some h else Some (Hit i s e)
      | None => Some (Hit i s e)
      end
  end.

Fixpoint first_some {A B} (f : B -> option A) (list : list B) : option A :=
  match list with
  | [] => None
  | x :: more => match f x with Some y => Some y | None => first_some f more end
  end.

Definition starts (r : list Z) : list nat := seq 0 (length r).

(** Whether a thread of one of the patterns lives that started at [s]. *)
Definition lives (ps : list (nat * pattern)) (r : list Z) (s : nat) : bool :=
  existsb (fun ip => alive (thread_of (snd ip) r s)) ps.

Section OfTable.
  Variable T : table.

  (** The match that halts at the newest byte: the oldest start, of those the first pattern. *)
  Definition halt_hit (r : list Z) : option hit :=
    first_some (fun s => first_report s (map (fun ip => (fst ip, reported (snd ip) r s)) (halts T))) (starts r).

  (** The match that halts because the text ends. *)
  Definition last_hit (r : list Z) : option hit :=
    let n := length r in
    first_some (fun s => first_report s
      (map (fun ip => (fst ip, at_last (snd ip) s n r (thread_of (snd ip) r s))) (halts T))) (starts r).

  (** What is to be replaced at a start as far as it is known, and when the text ends. *)
  Definition best (r : list Z) (s : nat) : option hit :=
    longest s (map (fun ip => (fst ip, found (thread_of (snd ip) r s))) (redactions T)).

  Definition final_end (p : pattern) (r : list Z) (s : nat) : option nat :=
    let th := thread_of p r s in latest (found th) (at_last p s (length r) r th).

  Definition final_best (r : list Z) (s : nat) : option hit :=
    longest s (map (fun ip => (fst ip, final_end (snd ip) r s)) (redactions T)).

  (** From the left: where a match is sure it is replaced, and the search goes on behind it; where a thread lives the
      search stops. Gives where it stopped and what is replaced before. *)
  Fixpoint scan (n : nat) (open : nat -> bool) (match_at : nat -> option hit) (fuel from : nat) : nat * list hit :=
    match fuel with
    | O => (from, [])
    | S fuel =>
        if n <=? from then (from, []) else if open from then (from, [])
        else match match_at from with
             | None => scan n open match_at fuel (S from)
             | Some h => let (stop, hits) := scan n open match_at fuel (past h) in (stop, h :: hits)
             end
    end.

  Definition settled (r : list Z) : nat * list hit :=
    scan (length r) (lives (redactions T) r) (best r) (length r) 0.

  (** The redactions of a whole text. *)
  Definition redacted (r : list Z) : list hit :=
    snd (scan (length r) (fun _ => false) (final_best r) (length r) 0).

  (** A match that is sure and may still grow. *)
  Definition growing (r : list Z) : option hit :=
    let stop := fst (settled r) in if length r <=? stop then None else best r stop.

  (** How far redactions let the text go. *)
  Definition redaction_cut (r : list Z) : nat :=
    match growing r with Some h => past h | None => fst (settled r) end.

  (** How far patterns that halt let it go. *)
  Definition halt_cut (r : list Z) : nat :=
    match first_some (fun s => if lives (halts T) r s then Some s else None) (starts r) with
    | Some s => s
    | None => length r
    end.

  (** Everything before the cut is decided. *)
  Definition cut (r : list Z) : nat := min (redaction_cut r) (halt_cut r).
End OfTable.

(** ** What leaves *)

(** A byte as it is, with its place, or the replacement of a match. *)
Inductive event := Byte (at_ : nat) (b : Z) | Replaced (h : hit).

(** The byte at a place. *)
Definition get (r : list Z) (i : nat) : Z := nth (length r - S i) r 0%Z.

Definition text (r : list Z) (from upto : nat) : list event :=
  map (fun i => Byte i (get r i)) (seq from (upto - from)).

Definition is_continuation (b : Z) : bool := ((128 <=? b) && (b <=? 191))%Z.

(** Bytes of the character that a byte starts; 0 for ASCII and for what starts none. *)
Definition width (b : Z) : nat :=
  if ((194 <=? b) && (b <=? 223))%Z then 2
  else if ((224 <=? b) && (b <=? 239))%Z then 3
  else if ((240 <=? b) && (b <=? 244))%Z then 4 else 0.

(** The edge of a character at [e] or before it; looks at most three bytes back, and at none before [from]. *)
Fixpoint edge_back (r : list Z) (from e steps back : nat) : nat :=
  match steps with
  | O => e
  | S steps =>
      if (e <? back) || (e - back <? from) then e
      else if is_continuation (get r (e - back)) then edge_back r from e steps (S back)
      else if back <? width (get r (e - back)) then e - back else e
  end.

Definition edge (r : list Z) (from e : nat) : nat := edge_back r from e 3 1.

(** Why a text was ended: a match, or more bytes held than the bound allows. *)
Inductive why := Matched (h : hit) | TooMuchHeld (held : nat).

(** Where a text is in its life. *)
Inductive life := Open | Finished | Halted (w : why).

Definition is_halted (l : life) : bool := match l with Halted _ => true | _ => false end.

Definition may_leave (c : nat) (l : life) (h : hit) : bool :=
  (past h <=? c) || is_halted l && (first h <? c).

Definition clipped (c : nat) (h : hit) : hit := Hit (which h) (first h) (min (past h) c).

(** Gives out matches in order, and the text between them. Gives what left, up to where, and the matches that stay. *)
Fixpoint give (r : list Z) (c : nat) (l : life) (from : nat) (hits : list hit) : list event * nat * list hit :=
  match hits with
  | [] => ([], from, [])
  | h :: more =>
      if may_leave c l h then
        let h' := clipped c h in
        let '(events, upto, rest) := give r c l (past h') more in
        (text r from (first h) ++ Replaced h' :: events, upto, rest)
      else ([], from, hits)
  end.

(** How far text leaves behind the last match that was given out. *)
Definition end_of (r : list Z) (c : nat) (l : life) (from : nat) (waiting : option nat) : nat :=
  match waiting with
  | Some s => if s <? c then max s from else edge r from c
  | None => match l with Finished => c | _ => edge r from c end
  end.

(** What leaves: [hits] are replaced, [grows] may still grow, [c] is the cut. *)
Definition release (r : list Z) (c : nat) (l : life) (from : nat) (hits : list hit) (grows : option hit)
  : list event * nat * list hit :=
  let hits := if is_halted l then hits ++ match grows with Some h => [h] | None => [] end else hits in
  let '(events, upto, rest) := give r c l from hits in
  let waiting := match rest with h :: _ => Some (first h) | [] => if is_halted l then None else option_map first grows end in
  let e := end_of r c l upto waiting in
  (events ++ text r upto e, max upto e, rest).

(** ** A whole text *)

Section OfText.
  Variable T : table.

  (** More bytes that wait than this end the text; no bound if there is none. *)
  Variable limit : option nat.

  Definition over_limit (held : nat) : bool :=
    match limit with Some limit => limit <? held | None => false end.

  (** What the newest byte makes of the text. *)
  Definition judge (r : list Z) : life :=
    match halt_hit T r with
    | Some h => Halted (Matched h)
    | None => let held := length r - cut T r in if over_limit held then Halted (TooMuchHeld held) else Open
    end.

  (** How far a text is read, and what has become of it. *)
  Fixpoint reading (r t : list Z) : list Z * life :=
    match t with
    | [] => (r, Open)
    | b :: t => match judge (b :: r) with Open => reading (b :: r) t | l => (b :: r, l) end
    end.

  (** What the end of the text makes of it. *)
  Definition ending (r : list Z) (l : life) : life :=
    match l with
    | Open => match last_hit T r with Some h => Halted (Matched h) | None => Finished end
    | _ => l
    end.

  (** The cut; behind a halt nothing from the start of its match on is decided, and when the text has ended all is. *)
  Definition cut_at (r : list Z) (l : life) : nat :=
    match l with
    | Finished => length r
    | Halted (Matched h) => min (cut T r) (first h)
    | _ => cut T r
    end.

  Definition hits_at (r : list Z) (l : life) : list hit :=
    match l with Finished => redacted T r | _ => snd (settled T r) end.

  Definition grows_at (r : list Z) (l : life) : option hit :=
    match l with Finished => None | _ => growing T r end.

  (** Everything that has left when [r] was read, up to where, and the matches that wait. *)
  Definition released (r : list Z) (l : life) : list event * nat * list hit :=
    release r (cut_at r l) l 0 (hits_at r l) (grows_at r l).

  Definition out (r : list Z) (l : life) : list event := fst (fst (released r l)).
End OfText.
