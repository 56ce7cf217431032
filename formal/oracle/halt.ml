(* The lines of the halt monitor:

     halt CONFIG | SCORE,ELAPSED,ENTROPY ...     one call a token
     batch CONFIG | SCORE ... / SCORE ...        one call a group of scores
     CONFIG = HARD SOFT WINDOW WINDOW_THRESHOLD TREND TREND_THRESHOLD DEADLINE ENTROPY_LIMIT SKIP

   Doubles are 16 hexadecimal digits of their bits, windows decimal, `-` is nothing, SKIP 0 or 1. The answer: a letter a
   token, or consumed and reason a group; tokens, warnings, the least score, and where it halted. *)

module Int = Z
open Halt_model

let number text = Int.of_string_base 16 text
let optional text = if text = "-" then None else Some (number text)

let config = function
  | [ hard; soft; window; window_threshold; trend; trend_threshold; deadline; entropy; skip ] ->
      prepare
        (configure (number hard) (number soft) (Int.of_string window) (number window_threshold) (Int.of_string trend)
           (number trend_threshold) (number deadline) (optional entropy) (skip = "1"))
  | _ -> failwith "a configuration has nine fields"

let reason = function
  | HardLimit -> 'H'
  | WindowAverage -> 'A'
  | DownwardTrend -> 'T'
  | LogitEntropy -> 'L'
  | Deadline -> 'D'
  | NonFiniteScore -> 'N'

let letter = function
  | None -> 'x'
  | Some Pass -> 'p'
  | Some (Warn SoftLimit) -> 'w'
  | Some (Warn MissingScore) -> 'm'
  | Some (Halt why) -> reason why

let summary out machine =
  Buffer.add_string out
    (Printf.sprintf " %s %s %s %s" (Int.to_string (tokens machine)) (Int.to_string machine.warnings)
       (if Int.equal machine.scores Int.zero then "0" else Int.format "%x" machine.minimum)
       (match machine.halted with Some (_, index) -> Int.to_string index | None -> "-"))

let observation text =
  match String.split_on_char ',' text with
  | [ score; elapsed; entropy ] ->
      { score = optional score; elapsed = optional elapsed; entropy = optional entropy }
  | _ -> failwith "an observation has three fields"

let single ready items =
  let out = Buffer.create 80 in
  let last =
    List.fold_left
      (fun machine item ->
        let machine, verdict = push_observation ready machine (observation item) in
        Buffer.add_char out (letter verdict);
        machine)
      fresh items
  in
  summary out last;
  Buffer.contents out

let rec groups current = function
  | [] -> [ List.rev current ]
  | "/" :: rest -> List.rev current :: groups [] rest
  | score :: rest -> groups (number score :: current) rest

let batch ready items =
  let out = Buffer.create 80 in
  let last =
    List.fold_left
      (fun machine scores ->
        if Option.is_some machine.halted then (
          Buffer.add_string out "x;";
          machine)
        else
          let (machine, consumed), halt = push_many ready machine scores Int.zero in
          Buffer.add_string out (Int.to_string consumed);
          Option.iter (fun why -> Buffer.add_char out (reason why)) halt;
          Buffer.add_char out ';';
          machine)
      fresh (groups [] items)
  in
  summary out last;
  Buffer.contents out

let rec split_bar seen = function
  | [] -> failwith "no `|`"
  | "|" :: rest -> (List.rev seen, rest)
  | word :: rest -> split_bar (word :: seen) rest

let answer how words =
  let head, items = split_bar [] words in
  how (config head) items
