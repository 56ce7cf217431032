(* The lines of the text guard:

     guard LIMIT | PATTERN ... | CHUNK ...
     certify PATTERN
     PATTERN = ACTION,CHECK,SOURCE,CLASSES,FLAGS,ROWS,STARTS

   ACTION h, r or f; CHECK -, l or i; SOURCE is what the core compiled, in hexadecimal, and of no use here. CLASSES are runs
   BYTE:CLASS joined by `-`, each up to the next; FLAGS a hexadecimal digit a state; ROWS and their cells are joined by `/`
   and `-`, STARTS by `-`. A CHUNK is hexadecimal, `-` an empty one, `.` the end of the text.

   The answer to a chunk is what leaves, `@` and the cut, and a letter for what has become of the text. Behind the last
   stands `+` if every pattern without a check, flags aside, has its certificate. *)

module Int = Z
open Guard_model

let split separator text = if text = "" then [] else String.split_on_char separator text
let numbers text = List.map Int.of_string (split '-' text)

let runs text =
  List.map
    (fun run ->
      match split ':' run with
      | [ from; cls ] -> (Int.of_string from, Int.of_string cls)
      | _ -> failwith "not a run of bytes")
    (split '-' text)

let says digit =
  let bits = int_of_string ("0x" ^ String.make 1 digit) in
  { now = bits land 1 <> 0; before = bits land 2 <> 0; at_end = bits land 4 <> 0; live = bits land 8 <> 0 }

let all_bytes = List.init 256 Int.of_int

(* A byte of each class. *)
let representatives runs =
  List.sort_uniq compare
    (List.map (fun (_, cls) -> fst (List.find (fun (_, other) -> Int.equal cls other) runs)) runs)

(* The pattern of the proof, with its functions looked up in arrays that hold what they give. *)
let fast states runs model =
  let classes = Array.of_list (List.map (fun byte -> Int.to_int (class_of runs byte)) all_bytes) in
  let count = 1 + Array.fold_left Stdlib.max 0 classes in
  let next = Array.make (states * count) Int.zero in
  let flags = Array.init states (fun state -> model.flags (Int.of_int state)) in
  List.iter
    (fun byte ->
      for state = 0 to states - 1 do
        next.((state * count) + classes.(Int.to_int byte)) <- model.next (Int.of_int state) byte
      done)
    (representatives runs);
  {
    model with
    next = (fun state byte -> next.((Int.to_int state * count) + classes.(Int.to_int byte)));
    flags = (fun state -> flags.(Int.to_int state));
  }

let known = Hashtbl.create 1000

let pattern text =
  match Hashtbl.find_opt known text with
  | Some found -> found
  | None ->
      let found =
        match String.split_on_char ',' text with
        | [ action; check; _; classes; flags; rows; starts ] ->
            let runs = runs classes in
            let compiled =
              {
                runs;
                says_of = List.map says (List.of_seq (String.to_seq flags));
                rows = List.map numbers (split '/' rows);
                start_states = numbers starts;
              }
            in
            let passes =
              match check with
              | "-" -> fun _ -> true
              | "l" -> luhn
              | "i" -> iban
              | _ -> failwith "not a check"
            in
            let proved =
              check <> "-" || action = "f" || certified (action = "h") (representatives runs) compiled
            in
            (action, fast (String.length flags) runs (pattern_of compiled passes), proved)
        | _ -> failwith "a pattern has seven fields"
      in
      if Hashtbl.length known > 20_000 then Hashtbl.reset known;
      Hashtbl.add known text found;
      found

let bytes text =
  if text = "-" then []
  else List.init (String.length text / 2) (fun i -> Int.of_int (int_of_string ("0x" ^ String.sub text (2 * i) 2)))

let hit h = String.concat ":" (List.map Int.to_string [ h.which; h.first; h.past ])

(* Bytes that leave one behind the other are one word. *)
let events out list =
  let ended = ref (-1) in
  List.iter
    (function
      | Byte (at, byte) ->
          let at = Int.to_int at in
          if at <> !ended then Buffer.add_string out (Printf.sprintf ",t%d:" at);
          Buffer.add_string out (Printf.sprintf "%02x" (Int.to_int byte));
          ended := at + 1
      | Replaced h ->
          Buffer.add_string out (",r" ^ hit h);
          ended := -1)
    list

let life = function
  | Open -> "o"
  | Finished -> "f"
  | Halted (Matched h) -> "H" ^ hit h
  | Halted (TooMuchHeld held) -> "L" ^ Int.to_string held

let is_open machine = match machine.life_of with Open -> true | _ -> false

let stream limit patterns chunks =
  let patterns = List.mapi (fun i text -> (Int.of_int i, pattern text)) patterns in
  let of_action wanted =
    List.filter_map (fun (i, (action, pattern, _)) -> if action = wanted then Some (i, pattern) else None) patterns
  in
  let table = { halts = of_action "h"; redactions = of_action "r" } in
  let out = Buffer.create 200 in
  let step machine chunk =
    if is_open machine then (
      let machine, left =
        if chunk = "." then finish machine else push table (Some (Int.of_string limit)) machine (bytes chunk)
      in
      events out left;
      Buffer.add_string out ("@" ^ Int.to_string (cut_of machine) ^ life machine.life_of ^ " ");
      machine)
    else (
      Buffer.add_string out "x ";
      machine)
  in
  ignore (List.fold_left step init chunks);
  if List.for_all (fun (_, (_, _, proved)) -> proved) patterns then Buffer.add_char out '+';
  Buffer.contents out

let rec split_bar seen = function
  | [] -> failwith "no `|`"
  | "|" :: rest -> (List.rev seen, rest)
  | word :: rest -> split_bar (word :: seen) rest

let answer = function
  | [ "certify"; text ] ->
      let _, _, proved = pattern text in
      if proved then "+" else "-"
  | "guard" :: limit :: "|" :: words ->
      let patterns, chunks = split_bar [] words in
      stream limit patterns chunks
  | _ -> failwith "not a line of the guard"
