(* The lines of the operad: `operad AGENT ... | TERM | WORD ...`.

   AGENT = INPUTS:OUTPUTS:ENTRY,... with an entry NEXT.SYMBOLS for each state and, within it, each word of input, the last
   wire fastest; every wire carries 0 or 1. TERM as in the core's text form, `_` for a blank. A WORD is its symbols. The
   answer, for each word: what the term gives, and its records as [LABEL<INPUT>OUTPUT], in order. *)

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

let step agents number state word =
  let agent = agents.(Int.to_int number) in
  let index = List.fold_left (fun index symbol -> (2 * index) + Int.to_int symbol) 0 word in
  agent.table.((Int.to_int state lsl agent.inputs) + index)

let rec nat_of = function 0 -> O | n -> S (nat_of (n - 1))

(* Reads a term; gives it with the number of wires that it takes. *)
let parse agents text =
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
        (Agent (Int.of_int number), agents.(number).inputs)
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
  let agents = Array.of_list (List.map agent agents) in
  match rest with
  | text :: "|" :: inputs ->
      let term = parse agents text in
      let _, said =
        List.fold_left
          (fun (store, said) input ->
            let (store, out), records = run (step agents) term store (symbols input) in
            let record ((label, taken), given) =
              Printf.sprintf "[%s<%s>%s]" (Int.to_string label) (text_of taken) (text_of given)
            in
            (store, (text_of out ^ String.concat "" (List.map record records)) :: said))
          (Nothing, []) inputs
      in
      String.concat " " (List.rev said)
  | _ -> failwith "not a line of the operad"
