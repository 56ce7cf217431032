(** The check digits of the core, so that the oracle has them. What is proved holds for any check. *)

From Coq Require Import ZArith List Bool.
Import ListNotations.
Open Scope Z_scope.

(** The formula of Luhn over the digits from the right: every second is doubled. *)
Definition luhn (m : list Z) : bool :=
  let step := fun (acc : Z * Z) (b : Z) =>
    let (sum, times) := acc in
    if (48 <=? b) && (b <=? 57) then
      let value := (b - 48) * times in
      (sum + (if 9 <? value then value - 9 else value), 3 - times)
    else acc in
  let sum := fst (fold_left step (rev m) (0, 1)) in
  (0 <? sum) && (sum mod 10 =? 0).

Definition iban_value (b : Z) : option (Z * Z) :=
  if (48 <=? b) && (b <=? 57) then Some (b - 48, 10)
  else if (65 <=? b) && (b <=? 90) then Some (b - 55, 100)
  else if (97 <=? b) && (b <=? 122) then Some (b - 87, 100)
  else None.

(** Letters and digits, the first four moved to the end, modulo 97. *)
Definition iban (m : list Z) : bool :=
  let values := flat_map (fun b => match iban_value b with Some v => [v] | None => [] end) m in
  let moved := (skipn 4 values ++ firstn 4 values)%list in
  fold_left (fun rest v => (rest * snd v + fst v) mod 97) moved 0 =? 1.
