// Single keys for the rows of the inbox. The page says which key does what, and says none at all
// where somebody switched them off. They act on the row that has the focus.
(() => {
  "use strict";
  const dialog = document.getElementById("keys");
  if (!dialog) return;
  const acts = new Map(Object.entries(dialog.dataset).map(([act, key]) => [key, act]));

  const rows = () => [...document.querySelectorAll("#rows > .row")];
  const current = () => document.activeElement?.closest("#rows > .row") ?? null;
  const link = (row) => row.querySelector("h2 a, .words a");

  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(current());
    const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1);
    link(all[next])?.focus();
    all[next].scrollIntoView({ block: "nearest" });
  };

  const go = (row, what) => {
    const more = row.querySelector(".more");
    if (!more) return;
    const address = new URL(more.href);
    address.searchParams.set("do", what);
    window.location.assign(address);
  };

  const perform = {
    next: () => move(1),
    previous: () => move(-1),
    open: (row) => row && link(row)?.click(),
    take: (row) => row?.querySelector(".act button")?.click(),
    snooze: (row) => row && go(row, "snooze"),
    escalate: (row) => row && go(row, "escalate"),
    filter: () => document.querySelector("#filter a")?.focus(),
    help: () => dialog.showModal(),
  };

  const writes = (element) => element?.closest("input, textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (writes(event.target) || dialog.open) return;
    const act = acts.get(event.key);
    if (!act || (event.repeat && act !== "next" && act !== "previous")) return;
    // A link or a button that has the focus does what it always does.
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    event.preventDefault();
    perform[act](current());
  });
})();
