(* The lines of the growing ledger: `append OPERATION ...`, an operation one of

     a/ID/ORIGIN/KIND/TIME/TAGS/LINKS/PAYLOAD    append; TAGS = TAG,... or `-`, LINKS = CODE:TARGET,... or `-`
     f/ID                                        where is it
     t/ORIGIN                                    timestamp of its last node
     k/ID                                        which nodes link to it, by time and then by place
     l/ID                                        which nodes it links to, likewise
     r/SIZE                                      root of the log as it was with so many nodes

   Payloads in hexadecimal. The answer: what each operation says; how many nodes there are and the root over them. *)

module Int = Z
open Append_model

let number = Int.of_string
let texts word = if word = "-" then [] else String.split_on_char ',' word

let link word =
  match String.index_opt word ':' with
  | Some at -> (number (String.sub word 0 at), Ledger.bytes_of (String.sub word (at + 1) (String.length word - at - 1)))
  | None -> failwith "not a link"

let node = function
  | [ id; origin; kind; time; tags; links; payload ] ->
      {
        id = Ledger.bytes_of id;
        origin = Ledger.bytes_of origin;
        kind = Ledger.bytes_of kind;
        time = number time;
        tags = List.map Ledger.bytes_of (texts tags);
        links = List.map link (texts links);
        payload = Ledger.decode payload;
      }
  | _ -> failwith "not a node"

let refusal = function
  | DuplicateId index -> "D" ^ Int.to_string index
  | TimeBackwards last -> "B" ^ Int.to_string last
  | UnknownTarget (kind, target) -> Printf.sprintf "U%s:%s" (Int.to_string kind) (Ledger.text_of target)
  | TargetLater (kind, target, timestamp) ->
      Printf.sprintf "L%s:%s@%s" (Int.to_string kind) (Ledger.text_of target) (Int.to_string timestamp)

let by_time nodes =
  let sorted = List.stable_sort (fun (_, one) (_, other) -> Int.compare one.time other.time) nodes in
  "[" ^ String.concat "," (List.map (fun (index, _) -> Int.to_string index) sorted) ^ "]"

let root nodes = Ledger.encode (log_root Ledger.hash nodes)

let one ledger word =
  match String.split_on_char '/' word with
  | "a" :: parts ->
      let ledger, said = append ledger (node parts) in
      (ledger, match said with Inl index -> "+" ^ Int.to_string index | Inr why -> refusal why)
  | [ "f"; id ] ->
      (ledger, match find_node (Ledger.bytes_of id) ledger with Some (index, _) -> Int.to_string index | None -> "-")
  | [ "t"; origin ] ->
      (ledger, match last_time (Ledger.bytes_of origin) ledger with Some time -> Int.to_string time | None -> "-")
  | [ "k"; id ] -> (ledger, by_time (links_to (Ledger.bytes_of id) ledger))
  | [ "l"; id ] -> (ledger, by_time (links_from (Ledger.bytes_of id) ledger))
  | [ "r"; size ] ->
      let size = int_of_string size in
      (ledger, if size > List.length ledger then "-" else root (List.filteri (fun at _ -> at < size) ledger))
  | _ -> failwith ("not an operation: " ^ word)

let answer operations =
  let ledger, said =
    List.fold_left
      (fun (ledger, said) word ->
        let ledger, text = one ledger word in
        (ledger, text :: said))
      ([], []) operations
  in
  String.concat " " (List.rev (root ledger :: string_of_int (List.length ledger) :: said))
