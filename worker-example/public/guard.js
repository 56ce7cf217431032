// What the guard found in an answer: pattern and place. What was matched reaches nobody, this page included.

/**
 * @typedef {{ pattern: string, action: "halt" | "redact" | "flag", start: number, length: number }} Match
 * As the Worker sends it. Start and length are bytes of what the model said.
 */

const VERBS = { halt: "stopped the answer", redact: "was replaced", flag: "was reported" };
const WOULD = {
  halt: "would have stopped it",
  redact: "would have been replaced",
  flag: VERBS.flag,
};

/** @param {HTMLElement} list The element that shows the matches. */
export function createFindings(list) {
  /** @type {Match[]} */
  let matches = [];

  return {
    /** The match that ended the answer, or would have. */
    get halt() {
      return matches.find(({ action }) => action === "halt");
    },

    clear() {
      matches = [];
      list.replaceChildren();
      list.hidden = true;
    },

    /** @param {Match} match @param {boolean} enforced */
    add(match, enforced) {
      matches.push(match);
      const { pattern, action, start, length } = match;
      const item = document.createElement("li");
      item.dataset["action"] = action;
      const name = document.createElement("code");
      name.textContent = pattern;
      const did = (enforced ? VERBS : WOULD)[action];
      item.append(name, ` ${did}: ${length} bytes at byte ${start}`);
      list.append(item);
      list.hidden = false;
    },

    /** Writes text into a node, with what stands for a match marked. @param {HTMLElement} node @param {string} text */
    fill(node, text) {
      const known = new Set(
        matches.filter((it) => it.action === "redact").map((it) => `[redacted:${it.pattern}]`),
      );
      const parts = text.split(/(\[redacted:[^\]]+\])/).filter((part) => part !== "");
      node.replaceChildren(
        ...parts.map((part) => {
          // The model can write such a thing, too.
          if (!known.has(part)) return part;
          const mark = document.createElement("mark");
          mark.className = "redaction";
          mark.textContent = part;
          return mark;
        }),
      );
    },
  };
}
