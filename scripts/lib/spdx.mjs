// SPDX licence expressions: ids with AND, OR, WITH and parentheses.

/**
 * Whether a user of `expression` can comply with it by `accepted` licences alone.
 *
 * @param {string} expression such as "(MIT OR Apache-2.0) AND Unicode-3.0"; "MIT/Apache-2.0" is read as OR, as Cargo did
 * @param {string[]} accepted ids, or "id WITH exception"
 * @throws {SyntaxError} for what is no expression
 */
export function accepts(expression, accepted) {
  const tokens = expression.replaceAll("/", " OR ").match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const refuse = () => {
    throw new SyntaxError(`not an SPDX expression: ${JSON.stringify(expression)}`);
  };
  const any = () => {
    let value = all();
    while (tokens[at] === "OR") {
      at += 1;
      const right = all();
      value = value || right;
    }
    return value;
  };
  const all = () => {
    let value = one();
    while (tokens[at] === "AND") {
      at += 1;
      const right = one();
      value = value && right;
    }
    return value;
  };
  const one = () => {
    const token = tokens[at];
    at += 1;
    if (token === "(") {
      const value = any();
      if (tokens[at] !== ")") refuse();
      at += 1;
      return value;
    }
    if (token === undefined || ["AND", "OR", "WITH", ")"].includes(token)) refuse();
    if (tokens[at] !== "WITH") return accepted.includes(token);
    const exception = tokens[at + 1];
    at += 2;
    // An exception only adds permissions.
    return accepted.includes(token) || accepted.includes(`${token} WITH ${exception}`);
  };
  const value = any();
  if (at !== tokens.length) refuse();
  return value;
}
