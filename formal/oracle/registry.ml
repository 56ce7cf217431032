(* The lines of the registry: `registry HISTORY | OPERATION ...`, rules numbers from 0 to 9, an operation one of

     r/RULE/VERSION/CONTENT/NEEDS          register; NEEDS = RULE:LEAST,... or `-`
     l/RULE/VERSION/CONTENT/NEEDS/TIME     register and begin to activate
     b/RULE/VERSION/TIME                   begin to activate
     k/RULE/VERSION/TIME                   begin to roll back
     n                                     which step is out
     c/STEP/RESULT/TIME                    how it went: messages in flight, `t` for too long, `x` for broken
     o                                     what is over
     a/RULE/VERSION                        readmit
     p/RULE/POLICY                         `f` finish, `a` adopt at the next segment, `dTIMEOUT` drain
     e/RULE  v/RULE                        emergency stop, and its end
     i/RULE  d/PIN  u/PIN  q/PIN           pin, adopt, unpin, what is pinned

   The answer: what each operation says, and every rule that is another than before it. *)

module Int = Z
open Registry_model

let number = Int.of_string
let text = Int.to_string
let dots values = String.concat "." (List.map text values)

let needs word =
  if word = "-" then []
  else
    List.map
      (fun own ->
        match String.split_on_char ':' own with
        | [ rule; least ] -> (number rule, number least)
        | _ -> failwith "not a need")
      (String.split_on_char ',' word)

let candidate rule version content needed =
  { its_rule = number rule; its_version = number version; its_content = number content; its_needs = needs needed }

let result = function "t" -> TimedOut | "x" -> Broken | messages -> Well (number messages)

let policy word =
  match word.[0] with
  | 'f' -> Finish
  | 'a' -> AdoptAtNextSegment
  | 'd' -> Drain (number (String.sub word 1 (String.length word - 1)))
  | _ -> failwith ("not a policy: " ^ word)

let operation word =
  match String.split_on_char '/' word with
  | [ "r"; rule; version; content; needed ] -> Register (candidate rule version content needed)
  | [ "l"; rule; version; content; needed; now ] -> Reload (candidate rule version content needed, number now)
  | [ "b"; rule; version; now ] -> BeginReload (number rule, number version, number now)
  | [ "k"; rule; version; now ] -> BeginRollback (number rule, number version, number now)
  | [ "n" ] -> NextStep
  | [ "c"; step; how; now ] -> Complete (number step, result how, number now)
  | [ "o" ] -> TakeOutcome
  | [ "a"; rule; version ] -> Readmit (number rule, number version)
  | [ "p"; rule; word ] -> SetPolicy (number rule, policy word)
  | [ "e"; rule ] -> EmergencyStop (number rule)
  | [ "v"; rule ] -> LiftStop (number rule)
  | [ "i"; rule ] -> PinActive (number rule)
  | [ "d"; pin ] -> AdoptActive (number pin)
  | [ "u"; pin ] -> Unpin (number pin)
  | [ "q"; pin ] -> Pinned (number pin)
  | _ -> failwith ("not an operation: " ^ word)

let kind = function PreStage -> "p" | Quiesce -> "q" | Swap -> "s" | Resume -> "r" | Terminate -> "t"
let late timed_out = if timed_out then "t" else "x"

let refusal = function
  | NotFound -> "N"
  | Downgrade (current, proposed) -> "D" ^ dots [ current; proposed ]
  | Missing (rule, least, found) -> "M" ^ dots [ rule; least; found ]
  | RollbackMissing version -> "B" ^ text version
  | NoActive -> "A"
  | QuiesceTimeout (waited, pinned) -> "T" ^ dots [ waited; pinned ]
  | Backend (step, timed_out) -> "K" ^ kind step ^ late timed_out
  | Duplicate version -> "U" ^ text version
  | VersionMissing version -> "V" ^ text version
  | NotBelow (active, proposed) -> "L" ^ dots [ active; proposed ]
  | HasFailed version -> "F" ^ text version
  | Circle -> "C"
  | Needed (rule, least, proposed) -> "E" ^ dots [ rule; least; proposed ]
  | Quiescing until -> "Q" ^ text until
  | StillPinned (pinned, until) -> "S" ^ dots [ pinned; until ]
  | Stopped -> "H"
  | UnknownPin -> "P"
  | UnknownStep -> "I"
  | QueueFull -> "W"
  | NotFailed version -> "G" ^ text version
  | NoRule -> "X"

let outcome = function
  | Swapped (swap, rule, what) ->
      Printf.sprintf "%s=%s:%s%s" (text swap) (text rule)
        (dots
           [
             what.report_from; what.report_to; what.report_quiesce; what.report_swap; what.report_in_flight;
             what.report_pinned;
           ])
        (if what.rollback_available then "!" else "")
  | NotSwapped (swap, why) -> text swap ^ "-" ^ refusal why
  | NotTerminated (rule, version, timed_out) -> "~" ^ dots [ rule; version ] ^ late timed_out

let answered = function
  | Said values -> "+" ^ dots values
  | Out (step, which, rule, version, content, active, pinned, until) ->
      Printf.sprintf ">%s%s%s" (text step) (kind which) (dots [ rule; version; content; active; pinned ])
      ^ (match until with None -> "" | Some until -> "@" ^ text until)
  | Over what -> outcome what
  | Refused why -> "-" ^ refusal why

let told registry rule =
  let version own =
    let status =
      match status_of registry rule own with
      | IsRegistered -> "r"
      | IsActive -> "A"
      | IsQuiescing -> "Q"
      | IsSuperseded by -> "s" ^ text by
      | IsRolledBack -> "b"
      | IsFailed -> "F"
    in
    Printf.sprintf "%s:%s%s%s" (text own.number) (text own.content) status
      (if Int.sign own.pins = 0 then "" else "*" ^ text own.pins)
  in
  let policy = match rule.handling with Finish -> "f" | AdoptAtNextSegment -> "a" | Drain timeout -> "d" ^ text timeout in
  Printf.sprintf "%s=%s/%s%s%s[%s]" (text rule.name) (text rule.active) (text rule.highest) policy
    (if rule.stopped then "!" else "")
    (String.concat "," (List.map version rule.versions))

let answer = function
  | history :: "|" :: operations ->
      let out = Buffer.create 200 in
      let before = Hashtbl.create 4 in
      let _ =
        List.fold_left
          (fun registry word ->
            let registry, said = apply registry (operation word) in
            Buffer.add_string out (answered said);
            List.iter
              (fun rule ->
                let now = told registry rule in
                if Hashtbl.find_opt before rule.name <> Some now then begin
                  Hashtbl.replace before rule.name now;
                  Buffer.add_char out ';';
                  Buffer.add_string out now
                end)
              (List.sort (fun one other -> Int.compare one.name other.name) registry.rules);
            Buffer.add_char out ' ';
            registry)
          (empty (number history)) operations
      in
      String.trim (Buffer.contents out)
  | _ -> failwith "not a line of the registry"
