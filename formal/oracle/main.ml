(* Answers a line on standard input with a line on standard output, from the extracted models. *)

let answer line =
  match List.filter (fun word -> word <> "") (String.split_on_char ' ' line) with
  | "halt" :: words -> Halt.answer Halt.single words
  | "batch" :: words -> Halt.answer Halt.batch words
  | "budget" :: words -> Budget.answer words
  | ("root" | "prove" | "extend" | "inclusion" | "consistency") :: _ as words -> Ledger.answer words
  | "append" :: words -> Append.answer words
  | ("match" | "within" | "grant") :: _ as words -> Grant.answer words
  | "operad" :: words -> Operad.answer words
  | ("compose" | "permute") :: _ as words -> Operad.rearrange words
  | ("guard" | "certify") :: _ as words -> Guard.answer words
  | "registry" :: words -> Registry.answer words
  | word :: _ -> failwith ("no model answers " ^ word)
  | [] -> failwith "an empty line"

let () =
  try
    while true do
      let line = input_line stdin in
      print_string (answer line);
      print_char '\n'
    done
  with End_of_file -> flush stdout
