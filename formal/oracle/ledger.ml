(* The lines of the ledger, hashes and entries in hexadecimal, `-` an empty list:

     root ENTRY,ENTRY...
     prove INDEX ENTRY,ENTRY...                  the inclusion proof of an entry; `x` where there is none
     extend FIRST ENTRY,ENTRY...                 the consistency proof from the tree of the first so many entries
     inclusion ENTRY INDEX SIZE ROOT HASH,HASH...
     consistency FIRST FIRST_ROOT SECOND SECOND_ROOT HASH,HASH... *)

module Int = Z
open Ledger_model

let bytes_of text = List.init (String.length text) (fun i -> Int.of_int (Char.code text.[i]))

let text_of bytes =
  let out = Buffer.create 80 in
  List.iter (fun byte -> Buffer.add_char out (Char.chr (Int.to_int byte))) bytes;
  Buffer.contents out

let hash bytes = bytes_of (Sha256.digest (text_of bytes))

let decode text =
  List.init (String.length text / 2) (fun i -> Int.of_int (int_of_string ("0x" ^ String.sub text (2 * i) 2)))

let encode bytes = String.concat "" (List.map (fun byte -> Printf.sprintf "%02x" (Int.to_int byte)) bytes)
let decode_all text = if text = "-" then [] else List.map decode (String.split_on_char ',' text)
let encode_all = function [] -> "-" | all -> String.concat "," (List.map encode all)
let proof = function Some hashes -> encode_all hashes | None -> "x"
let verdict accepted = if accepted then "1" else "0"

let answer = function
  | [ "root"; entries ] -> encode (root hash (decode_all entries))
  | [ "prove"; index; entries ] -> proof (inclusion_proof hash (decode_all entries) (Int.of_string index))
  | [ "extend"; first; entries ] -> proof (consistency_proof hash (decode_all entries) (Int.of_string first))
  | [ "inclusion"; entry; index; size; top; proof ] ->
      verdict
        (verify_inclusion hash (leaf_hash hash (decode entry)) (Int.of_string index) (Int.of_string size)
           (decode_all proof) (decode top))
  | [ "consistency"; first; first_root; second; second_root; proof ] ->
      verdict
        (verify_consistency hash (Int.of_string first) (decode first_root) (Int.of_string second) (decode second_root)
           (decode_all proof))
  | _ -> failwith "not a line of the ledger"
