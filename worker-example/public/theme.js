// The theme of a page: as the system, light or dark. Its button has the id `theme`, its name `theme-name`.

const themes = ["auto", "light", "dark"];
const root = document.documentElement;

/** @param {string} id */
const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} theme */
function setTheme(theme) {
  root.dataset["theme"] = theme;
  $("theme-name").textContent = theme.charAt(0).toUpperCase() + theme.slice(1);
  const name = theme === "auto" ? "as the system" : theme;
  $("theme").setAttribute("aria-label", `Colour theme: ${name}`);
}

$("theme").addEventListener("click", () => {
  const now = themes.indexOf(root.dataset["theme"] ?? "auto");
  const next = themes[(now + 1) % themes.length] ?? "auto";
  setTheme(next);
  try {
    localStorage.setItem("theme", next);
  } catch {
    // A page without storage forgets the choice.
  }
});

/** @type {string | null} */
let chosen = null;
try {
  chosen = localStorage.getItem("theme");
} catch {
  // As above.
}
setTheme(themes.find((name) => name === chosen) ?? "auto");
