(* The lines of the budget: `budget CEILING,... | OPERATION ...`, an operation one of

     r/COUNTER/UNITS  e/ID/UNITS  c/ID/UNITS  s/AMOUNTS  g/COUNTER/LIMIT
     l/AMOUNTS/TIME/DURATION/SPEND  n/ID/TIME/DURATION  t/ID/AMOUNTS  k/TIME

   AMOUNTS = COUNTER:UNITS,... or `-`. The answer: `+` and the value, or a letter for the refusal, an operation; what is
   spent, reserved and free of each counter; the leases that are open. *)

module Int = Z
open Budget_model

let number = Int.of_string

let rec nat_of = function 0 -> O | n -> S (nat_of (n - 1))
let counter text = nat_of (int_of_string text)

let amounts text =
  if text = "-" then []
  else
    List.map
      (fun own ->
        match String.split_on_char ':' own with
        | [ name; units ] -> (counter name, number units)
        | _ -> failwith "not an amount")
      (String.split_on_char ',' text)

let operation text =
  match String.split_on_char '/' text with
  | [ "r"; name; units ] -> Reserve (counter name, number units)
  | [ "e"; id; units ] -> Extend (number id, number units)
  | [ "c"; id; units ] -> Commit (number id, number units)
  | [ "s"; all ] -> Spend (amounts all)
  | [ "g"; name; limit ] -> SetCeiling (counter name, number limit)
  | [ "l"; all; time; duration; spend ] -> GrantLease (amounts all, number time, number duration, spend = "1")
  | [ "n"; id; time; duration ] -> Renew (number id, number time, number duration)
  | [ "t"; id; all ] -> Settle (number id, amounts all)
  | [ "k"; time ] -> Reclaim (number time)
  | _ -> failwith ("not an operation: " ^ text)

let letter = function
  | UnknownCounter -> "U"
  | Twice -> "W"
  | Exhausted -> "E"
  | MoreThanReserved -> "M"
  | UnknownReservation -> "R"
  | UnknownLease -> "L"
  | LeaseTime -> "T"
  | Ceiling -> "C"

let answer = function
  | ceilings :: "|" :: operations ->
      let out = Buffer.create 80 in
      let budget =
        List.fold_left
          (fun budget text ->
            let budget, said = apply budget (operation text) in
            Buffer.add_string out (match said with Inl value -> "+" ^ Int.to_string value | Inr why -> letter why);
            Buffer.add_char out ' ';
            budget)
          (new_budget (List.map number (String.split_on_char ',' ceilings)))
          operations
      in
      List.iter
        (fun account ->
          Buffer.add_string out
            (Printf.sprintf "%s/%s/%s " (Int.to_string account.spent) (Int.to_string account.reserved)
               (Int.to_string (free account))))
        budget.accounts;
      List.iter
        (fun lease -> Buffer.add_string out (Printf.sprintf "%s@%s " (Int.to_string lease.lease_id) (Int.to_string lease.expires)))
        budget.leases;
      String.trim (Buffer.contents out)
  | _ -> failwith "not a line of the budget"
