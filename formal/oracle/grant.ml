(* The lines of grants; a text stands behind `~`.

     match ~PATTERN ~RESOURCE
     within ~PATTERN ~PATTERN
     grant TIME TERMS | STEP ...

   TERMS = EXPIRY|- ; PERMISSIONS ; CEILINGS, without blanks: CAPABILITY~PATTERN,... and NAME=UNITS,...
   A step: n@TIME, g@TIME, v@TIME, x@TIME (negotiate, grant, revoke, expire), c@TIME@CAPABILITY~RESOURCE (is it allowed),
   d@TIME@TERMS (a derived grant takes the place of this one). *)

module Int = Z
open Grant_model

let text word = List.init (String.length word) (fun i -> Int.of_int (Char.code word.[i]))
let behind_mark word = text (String.sub word 1 (String.length word - 1))
let listed word = if word = "" then [] else String.split_on_char ',' word

let pair mark word =
  match String.index_opt word mark with
  | Some at -> (String.sub word 0 at, String.sub word (at + 1) (String.length word - at - 1))
  | None -> failwith ("no mark in " ^ word)

let terms word =
  match String.split_on_char ';' word with
  | [ expiry; permissions; ceilings ] ->
      {
        expires = (if expiry = "-" then None else Some (Int.of_string expiry));
        permissions =
          List.map
            (fun it ->
              let capability, resources = pair '~' it in
              { capability = text capability; resources = text resources })
            (listed permissions);
        ceilings =
          List.map
            (fun it ->
              let name, units = pair '=' it in
              (text name, Int.of_string units))
            (listed ceilings);
      }
  | _ -> failwith ("not terms: " ^ word)

let verdict held = if held then "1" else "0"

let changed grant change now =
  let grant, refused = step grant change now in
  ( grant,
    match refused with None -> "+" | Some WrongStage -> "W" | Some Clock -> "C" | Some NotOver -> "N" | Some Over -> "O" )

let one grant word =
  match String.split_on_char '@' word with
  | [ "n"; now ] -> changed grant Negotiate (Int.of_string now)
  | [ "g"; now ] -> changed grant MakeGranted (Int.of_string now)
  | [ "v"; now ] -> changed grant Revoke (Int.of_string now)
  | [ "x"; now ] -> changed grant Expire (Int.of_string now)
  | [ "c"; now; wanted ] ->
      let capability, resource = pair '~' wanted in
      (grant, verdict (allows grant (text capability) (text resource) (Int.of_string now)))
  | [ "d"; now; narrower ] -> (
      match attenuate grant (terms narrower) (Int.of_string now) with
      | Some child -> (child, "d")
      | None -> (grant, "-"))
  | _ -> failwith ("not a step: " ^ word)

let answer = function
  | [ "match"; pattern; resource ] -> verdict (matches_text (behind_mark pattern) (behind_mark resource))
  | [ "within"; pattern; other ] -> verdict (is_within_text (behind_mark pattern) (behind_mark other))
  | "grant" :: now :: first :: "|" :: steps -> (
      match propose (terms first) (Int.of_string now) with
      | None -> "O"
      | Some grant ->
          let _, said =
            List.fold_left
              (fun (grant, said) word ->
                let grant, more = one grant word in
                (grant, said ^ more))
              (grant, "") steps
          in
          if said = "" then "." else said)
  | _ -> failwith "not a line of grants"
