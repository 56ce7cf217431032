(* The lines of the operad:

     operad AGENT ... | AGENT ... | TERM | WORD ...     agents, those in the slots, a term over both, and a conversation
     compose TERM SLOT TERM                             the second term in a slot of the first
     permute TERM NUMBER,...                            its slots in another order; `-` for no number

   AGENT = INPUTS:OUTPUTS:ENTRY,... with an entry NEXT.SYMBOLS for each state and, within it, each word of input, the last
   wire fastest; every wire carries 0 or 1. TERM as in the core's text form, `_` for a blank. A WORD is its symbols. The
   answer, for each word: what the term gives, and its records as [LABEL<INPUT>OUTPUT], in order. Or else a term, or `-` for
   none; each identity in it is of one wire. *)

module Int = Z
open Operad_model

type agent = { inputs : int; outputs : int; table : (Int.t * Int.t list) array }

let symbols text = List.init (String.length text) (fun i -> Int.of_int (Char.code text.[i] - 48))
let text_of word = String.concat "" (List.map Int.to_string word)

let agent text =
  match String.split_on_char ':' text with
  | [ inputs; outputs; entries ] ->
      let entry text =
        match String.split_on_char '.' text with
        | [ next; out ] -> (Int.of_string next, symbols out)
        | _ -> failwith ("not an entry: " ^ text)
      in
      {
        inputs = int_of_string inputs;
        outputs = int_of_string outputs;
        table = Array.of_list (List.map entry (String.split_on_char ',' entries));
      }
  | _ -> failwith ("not an agent: " ^ text)

let rec int_of = function O -> 0 | S n -> 1 + int_of n

let step agents slots leaf state word =
  let agent = match leaf with AnAgent number -> agents.(Int.to_int number) | InSlot number -> slots.(int_of number) in
  let index = List.fold_left (fun index symbol -> (2 * index) + Int.to_int symbol) 0 word in
  agent.table.((Int.to_int state lsl agent.inputs) + index)

let rec nat_of = function 0 -> O | n -> S (nat_of (n - 1))

(* Reads a term; what agents and slots take says how many wires the left side of [par] does. *)
let parse agent_takes slot_takes text =
  let at = ref 0 in
  let peek () = if !at < String.length text then text.[!at] else ')' in
  let expect letter = if peek () = letter then incr at else failwith (Printf.sprintf "%c expected in %s" letter text) in
  let name () =
    let start = !at in
    while match peek () with 'a' .. 'z' | '0' .. '9' -> true | _ -> false do incr at done;
    String.sub text start (!at - start)
  in
  let rec term () =
    match name () with
    | "id" ->
        expect '(';
        let wires = ref 0 in
        while peek () <> ')' do
          if peek () = '1' then incr wires;
          incr at
        done;
        expect ')';
        (Id, !wires)
    | "seq" ->
        expect '(';
        let first, wires = term () in
        expect ',';
        let second, _ = term () in
        expect ')';
        (Seq (first, second), wires)
    | "par" ->
        expect '(';
        let one, wires = term () in
        expect ',';
        let other, more = term () in
        expect ')';
        (Par (nat_of wires, one, other), wires + more)
    | "branch" ->
        expect '(';
        let predicate, wires = term () in
        expect ',';
        let yes, _ = term () in
        expect ',';
        let no, _ = term () in
        expect ')';
        (Branch (predicate, yes, no), wires)
    | "fix" ->
        expect '(';
        let bound = int_of_string (name ()) in
        expect ',';
        let predicate, wires = term () in
        expect ',';
        let body, _ = term () in
        expect ')';
        (Fix (nat_of bound, predicate, body), wires)
    | "trace" ->
        expect '(';
        let label = Int.of_string (name ()) in
        expect ',';
        let body, wires = term () in
        expect ')';
        (Trace (label, body), wires)
    | word when word <> "" && word.[0] = 'a' ->
        let number = int_of_string (String.sub word 1 (String.length word - 1)) in
        (Agent (Int.of_int number), agent_takes number)
    | word when word <> "" && word.[0] >= '0' && word.[0] <= '9' ->
        let number = int_of_string word in
        (Slot (nat_of number), slot_takes number)
    | word -> failwith ("not a term: " ^ word)
  in
  fst (term ())

let answer words =
  let rec part seen = function
    | "|" :: rest -> (List.rev seen, rest)
    | word :: rest -> part (word :: seen) rest
    | [] -> failwith "no `|`"
  in
  let agents, rest = part [] words in
  let slots, rest = part [] rest in
  let agents = Array.of_list (List.map agent agents) and slots = Array.of_list (List.map agent slots) in
  match rest with
  | text :: "|" :: inputs ->
      let term = parse (fun number -> agents.(number).inputs) (fun number -> slots.(number).inputs) text in
      let _, said =
        List.fold_left
          (fun (store, said) input ->
            let (store, out), records = run (step agents slots) term store (symbols input) in
            let record ((label, taken), given) =
              Printf.sprintf "[%s<%s>%s]" (Int.to_string label) (text_of taken) (text_of given)
            in
            (store, (text_of out ^ String.concat "" (List.map record records)) :: said))
          (Nothing, []) inputs
      in
      String.concat " " (List.rev said)
  | _ -> failwith "not a line of the operad"

let rec write = function
  | Id -> "id(1)"
  | Agent number -> "a" ^ Int.to_string number
  | Slot number -> string_of_int (int_of number)
  | Seq (first, second) -> Printf.sprintf "seq(%s,%s)" (write first) (write second)
  | Par (_, one, other) -> Printf.sprintf "par(%s,%s)" (write one) (write other)
  | Branch (predicate, yes, no) -> Printf.sprintf "branch(%s,%s,%s)" (write predicate) (write yes) (write no)
  | Fix (bound, predicate, body) -> Printf.sprintf "fix(%d,%s,%s)" (int_of bound) (write predicate) (write body)
  | Trace (label, body) -> Printf.sprintf "trace(%s,%s)" (Int.to_string label) (write body)

let rearrange words =
  (* Where wires are counted does not matter here. *)
  let parse = parse (fun _ -> 0) (fun _ -> 0) in
  let said = function Some term -> write term | None -> "-" in
  match words with
  | [ "compose"; outer; slot; inner ] -> said (composed (parse outer) (nat_of (int_of_string slot)) (parse inner))
  | [ "permute"; term; order ] ->
      let numbers = if order = "-" then [] else List.map int_of_string (String.split_on_char ',' order) in
      said (permuted (List.map nat_of numbers) (parse term))
  | _ -> failwith "not a line of the operad"
