(** The text guard as it runs: pieces of a text in, what may leave out.

    A byte is read once, by every live thread; a thread is a start, a state and the longest match so far. Threads that
    halt live until they end; those that redact stand in columns, one a start, from where the search from the left has
    stopped. Nothing is searched again. *)

From Coq Require Import ZArith Lia Bool List Arith.
From Interlock Require Import guard.Table.
Import ListNotations.

(** The threads of one start, with their patterns. *)
Definition column := (nat * list (nat * pattern * thread))%type.

Definition live_column (c : column) : bool := existsb (fun it => alive (snd it)) (snd c).

Definition best_of (c : column) : option hit :=
  longest (fst c) (map (fun it => (fst (fst it), found (snd it))) (snd c)).

(** Replaces from the left what no thread can take away any more. *)
Fixpoint settle (fuel from : nat) (columns : list column) : nat * list column * list hit :=
  match fuel, columns with
  | S fuel, c :: more =>
      if live_column c then (from, columns, [])
      else match best_of c with
           | None => settle fuel (S from) more
           | Some h =>
               let '(stop, rest, hits) := settle fuel (past h) (skipn (past h - S from) more) in
               (stop, rest, h :: hits)
           end
  | _, _ => (from, columns, [])
  end.

Record machine := {
  seen : list Z;
  read : nat;
  life_of : life;
  halting : list column;
  from : nat;
  redacting : list column;
  queue : list hit;
  given : nat }.

Definition init : machine :=
  {| seen := []; read := 0; life_of := Open; halting := []; from := 0; redacting := []; queue := []; given := 0 |}.

Section OfTable.
  Variable T : table.

  (** More bytes that wait than this end the text; no bound if there is none. *)
  Variable limit : option nat.

  (** Every thread reads the newest byte, those that start with it included. *)
  Definition moved (ps : list (nat * pattern)) (m : machine) (b : Z) (columns : list column)
    : list (nat * list (nat * pattern * (thread * list nat))) :=
    map (fun c => (fst c,
          map (fun it => (fst it, advance (snd (fst it)) (fst c) (S (read m)) (b :: seen m) b (snd it))) (snd c)))
      (columns ++ [(read m, map (fun ip => (ip, fresh (snd ip) (seen m))) ps)]).

  Definition threads (columns : list (nat * list (nat * pattern * (thread * list nat)))) : list column :=
    map (fun c => (fst c, map (fun it => (fst it, fst (snd it))) (snd c))) columns.

  Definition first_hit (columns : list (nat * list (nat * pattern * (thread * list nat)))) : option hit :=
    first_some (fun c => first_report (fst c) (map (fun it => (fst (fst it), snd (snd it))) (snd c))) columns.

  Definition grows (m : machine) : option hit :=
    match redacting m with [] => None | c :: _ => best_of c end.

  Definition redactions_cut (m : machine) : nat :=
    match grows m with Some h => past h | None => from m end.

  Definition halts_cut (m : machine) : nat :=
    match halting m with [] => read m | c :: _ => fst c end.

  Definition read_byte (m : machine) (b : Z) : machine :=
    match life_of m with
    | Open =>
        let reds := threads (moved (redactions T) m b (redacting m)) in
        let '(stop, rest, hits) := settle (length reds) (from m) reds in
        let halts := moved (halts T) m b (halting m) in
        let m' := {|
          seen := b :: seen m; read := S (read m); life_of := Open;
          halting := filter live_column (threads halts);
          from := stop; redacting := rest; queue := queue m ++ hits; given := given m |} in
        let held := read m' - min (redactions_cut m') (halts_cut m') in
        let life := match first_hit halts with
                    | Some h => Halted (Matched h)
                    | None => if over_limit limit held then Halted (TooMuchHeld held) else Open
                    end in
        {| seen := seen m'; read := read m'; life_of := life; halting := halting m';
           from := from m'; redacting := redacting m'; queue := queue m'; given := given m' |}
    | _ => m
    end.

  (** The cut; behind a halt nothing from the start of its match on is decided. *)
  Definition cut_of (m : machine) : nat :=
    let c := min (redactions_cut m) (halts_cut m) in
    match life_of m with
    | Finished => read m
    | Halted (Matched h) => min c (first h)
    | _ => c
    end.

  Definition let_go (m : machine) : machine * list event :=
    let '(events, upto, rest) := release (seen m) (cut_of m) (life_of m) (given m) (queue m) (grows m) in
    ({| seen := seen m; read := read m; life_of := life_of m; halting := halting m;
        from := from m; redacting := redacting m; queue := rest; given := upto |}, events).

  (** A piece comes. *)
  Definition push (m : machine) (chunk : list Z) : machine * list event :=
    match life_of m with
    | Open => let_go (fold_left read_byte chunk m)
    | _ => (m, [])
    end.

  Definition ended (m : machine) (c : column) : column :=
    (fst c, map (fun it => let th := snd it in
      (fst it, {| state := 0; alive := false;
                  found := latest (found th) (at_last (snd (fst it)) (fst c) (read m) (seen m) th) |})) (snd c)).

  (** The text ends. *)
  Definition finish (m : machine) : machine * list event :=
    match life_of m with
    | Open =>
        let hit := first_some (fun c => first_report (fst c)
          (map (fun it => (fst (fst it),
             at_last (snd (fst it)) (fst c) (read m) (seen m) (snd it))) (snd c))) (halting m) in
        match hit with
        | Some h =>
            let_go {| seen := seen m; read := read m; life_of := Halted (Matched h); halting := halting m;
              from := from m; redacting := redacting m; queue := queue m; given := given m |}
        | None =>
            let '(stop, rest, hits) := settle (length (redacting m)) (from m) (map (ended m) (redacting m)) in
            let_go {| seen := seen m; read := read m; life_of := Finished; halting := [];
              from := stop; redacting := rest; queue := queue m ++ hits; given := given m |}
        end
    | _ => (m, [])
    end.

  (** All pieces, and what left after each. *)
  Fixpoint pushes (m : machine) (chunks : list (list Z)) : machine * list event :=
    match chunks with
    | [] => (m, [])
    | chunk :: more =>
        let (m, events) := push m chunk in
        let (m, after) := pushes m more in (m, events ++ after)
    end.
End OfTable.
