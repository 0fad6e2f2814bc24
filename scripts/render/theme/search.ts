// Search over the text of all pages, the captions and the names of the reference: a dialog, opened by the button in the
// page's head or by "/". The entries are loaded when it is first opened.

interface Entry {
  title: string;
  /** The page that it is on. */
  page: string;
  href: string;
  text: string;
}

/** From search-index.js. */
declare const searchEntries: Entry[];

const MOST_RESULTS = 20;
const AROUND = 70; // characters of text before and after what was found

/** As it is compared: without case and accents. */
function comparable(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** The entries that have all words, those first that have them in their titles. */
function find(entries: Entry[], query: string): Entry[] {
  const words = comparable(query).match(/[\p{L}\p{N}][\p{L}\p{N}.-]*/gu) ?? [];
  if (words.length === 0) return [];
  const starts = (text: string, word: string) => {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
      if (at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1])) return true;
    return false;
  };
  return entries
    .map((entry) => {
      const [title, text] = [comparable(entry.title), comparable(entry.text)];
      const scores = words.map((word): number =>
        title.split(" ").includes(word) ? 4 : starts(title, word) ? 3 : starts(text, word) ? 1 : 0,
      );
      return { entry, score: scores.includes(0) ? 0 : scores.reduce((sum, score) => sum + score, 0) };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ entry }) => entry);
}

/** The text around the first word that was found. */
function excerpt({ text }: Entry, query: string): string {
  const [word = ""] = comparable(query).match(/[\p{L}\p{N}.-]+/u) ?? [];
  const at = Math.max(0, comparable(text).indexOf(word));
  const from = at <= AROUND ? 0 : text.indexOf(" ", at - AROUND) + 1;
  const end = text.length <= at + AROUND ? text.length : Math.max(at, text.lastIndexOf(" ", at + AROUND));
  return `${from > 0 ? "… " : ""}${text.slice(from, end)}${end < text.length ? " …" : ""}`;
}

const searchButton = document.querySelector<HTMLButtonElement>("button.search");
if (searchButton) {
  const dialog = Object.assign(document.createElement("dialog"), { className: "search", ariaLabel: "Search" });
  dialog.innerHTML = `<form method="dialog" role="search">
<input type="search" aria-label="Search the chapter and the reference" placeholder="Search" autocomplete="off" spellcheck="false">
<button>Close</button>
</form>
<p class="count" role="status"></p>
<ol></ol>`;
  document.body.append(dialog);
  const input = dialog.querySelector("input")!;
  const count = dialog.querySelector(".count")!;
  const list = dialog.querySelector("ol")!;

  const show = () => {
    const found = find(searchEntries, input.value);
    const results = found.slice(0, MOST_RESULTS).map((entry) => {
      const link = Object.assign(document.createElement("a"), { href: entry.href });
      const words = { title: entry.title, page: entry.page, text: excerpt(entry, input.value) };
      for (const [className, textContent] of Object.entries(words))
        if (textContent) link.append(Object.assign(document.createElement("span"), { className, textContent }), " ");
      link.addEventListener("click", () => dialog.close()); // it may lead to this very page
      const item = document.createElement("li");
      item.append(link);
      return item;
    });
    list.replaceChildren(...results);
    count.textContent =
      input.value.trim() === "" ? "" : found.length === 1 ? "1 result" : `${found.length || "No"} results`;
  };

  const open = () => {
    dialog.showModal();
    input.select();
    void load("search-index.js").then(show);
  };
  searchButton.hidden = false;
  searchButton.addEventListener("click", open);
  input.addEventListener("input", () => void load("search-index.js").then(show));
  // Enter opens the first result, and the arrows move through them.
  dialog.querySelector("form")!.addEventListener("submit", (event) => {
    if (document.activeElement !== input) return; // but "Close"
    event.preventDefault();
    list.querySelector("a")?.click();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape") dialog.close(); // of itself, a field of this type is only emptied
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [input, ...list.querySelectorAll("a")];
    const at = stops.findIndex((stop) => stop === document.activeElement);
    const next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (at < 0 || !next) return;
    event.preventDefault();
    next.focus();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // beside it
  });
  document.addEventListener("keydown", (event) => {
    const typing = (event.target as Element).closest?.("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || dialog.open || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    open();
  });
}
