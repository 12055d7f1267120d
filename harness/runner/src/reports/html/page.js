"use strict";
// The page is complete without this script. It filters and sorts by what the address says
// after the #, for example #verdict=fail&check=plan.golden&sort=-failed, and copies commands.
document.documentElement.classList.add("js");
addEventListener("DOMContentLoaded", () => {
  const find = (id) => document.getElementById(id);
  const form = find("filter"), matrix = find("matrix");
  const keys = ["pack", "verdict", "check", "code"];
  let sorted = "", entries;

  // The packs, read when a filter needs them first.
  const packs = () => entries ??= [...document.querySelectorAll("#packs [data-verdict]")].map((pack) => ({
    pack, row: find("m" + pack.id.slice(1)), group: pack.closest(".group"),
    name: pack.querySelector(".l").textContent.toLowerCase(),
    has: new Set((pack.dataset.has ?? "").split(" ")),
  }));

  function filter() {
    const wanted = Object.fromEntries(keys.map((key) => [key, form.elements[key].value.trim()]));
    const name = wanted.pack.toLowerCase(), isAny = keys.some((key) => wanted[key]);
    if (!isAny && !entries) return;
    document.documentElement.classList.add("filtered");
    const groups = new Map();
    let shown = 0;
    for (const { pack, row, group, name: label, has } of packs()) {
      const fits = label.includes(name) && (!wanted.verdict || pack.dataset.verdict === wanted.verdict)
        && (!wanted.check || has.has(wanted.check)) && (!wanted.code || has.has(wanted.code));
      pack.hidden = !fits;
      if (row) row.hidden = !fits;
      groups.set(group, (groups.get(group) ?? 0) + fits);
      shown += fits;
    }
    for (const [group, count] of groups) {
      group.hidden = isAny && !count;
      if (isAny && count && "open" in group) group.open = true;
    }
    document.documentElement.classList.toggle("few", shown < 200);
    find("shown").value = isAny ? `${shown} of ${packs().length} shown` : "all shown";
  }

  function sort(by) {
    const down = by.startsWith("-"), key = by.replace("-", "");
    const value = {
      pack: (row) => row.cells[0].textContent,
      verdict: (row) => Number(row.id.slice(1)),
      failed: (row) => Number(row.cells[2].textContent),
    }[key];
    if (!matrix || !value) return;
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    const rows = [...matrix.tBodies[0].rows].map((row) => [value(row), row]);
    rows.sort(([a], [b]) => (typeof a === "string" ? compare(a, b) : a - b) * (down ? -1 : 1));
    matrix.tBodies[0].append(...rows.map(([, row]) => row));
    for (const head of matrix.querySelectorAll("[data-sort]")) {
      if (head.dataset.sort === key) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    sorted = by;
  }

  // The address says what is shown, so that it can be shared.
  function remember() {
    const said = new URLSearchParams();
    for (const key of keys) if (form.elements[key].value) said.set(key, form.elements[key].value);
    if (sorted) said.set("sort", sorted);
    history.replaceState(null, "", "#" + said);
  }

  function follow() {
    const target = /^#[pn]\d+$/.test(location.hash) && find(location.hash.slice(1));
    if (target) {
      for (let part = target; part; part = part.parentElement.closest("details")) {
        part.hidden = false;
        part.open = true;
      }
      target.scrollIntoView();
      return;
    }
    const asked = new URLSearchParams(location.hash.slice(1));
    if (![...keys, "sort"].some((key) => asked.has(key))) return;
    for (const key of keys) {
      const field = form.elements[key], value = asked.get(key) ?? "";
      const isKnown = !field.options || [...field.options].some((option) => option.value === value);
      if (!isKnown) field.add(new Option(value, value));
      field.value = value;
    }
    filter();
    sort(asked.get("sort") ?? "");
    // NB: in the same frame, it would look as if what is found moved there.
    requestAnimationFrame(() => requestAnimationFrame(() => form.scrollIntoView()));
  }

  function offer(command) {
    if (command.querySelector("button")) return;
    const text = command.firstChild.textContent, button = document.createElement("button");
    button.type = "button";
    button.textContent = "copy";
    button.setAttribute("aria-label", "copy " + text);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
        find("said").textContent = "copied " + text;
        button.textContent = "copied";
      } catch {
        getSelection().selectAllChildren(command.firstChild);
        find("said").textContent = "selected, because the browser does not let pages copy";
      }
    });
    command.append(button);
  }
  // NB: a button for each command of each folded pack would be most of the page.
  const unfold = (within) => within.querySelectorAll(".cmd").forEach((command) => {
    if (!command.closest("details:not([open])")) offer(command);
  });

  // NB: no part of the page has such a name, else the browser goes there before this script.
  for (const link of document.querySelectorAll("[data-filter]")) link.hash = link.dataset.filter;
  for (const head of document.querySelectorAll("[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => {
      const key = head.dataset.sort;
      sort(head.getAttribute("aria-sort") === "ascending" ? "-" + key : key);
      remember();
    });
    head.replaceChildren(button);
  }
  find("every")?.addEventListener("click", () => document.documentElement.classList.add("every"));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => { filter(); remember(); });
  form.addEventListener("reset", () => setTimeout(() => { filter(); remember(); }));
  document.addEventListener("toggle", (event) => { if (event.target.open) unfold(event.target); }, true);
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => {
    if (CSS.supports("selector(::details-content)")) return;
    const unfolded = "#packs details:is([data-verdict=error],[data-verdict=fail],[data-verdict=partial])";
    document.querySelectorAll(unfolded).forEach((pack) => { pack.open = true; });
  });
  unfold(document);
  follow();
});
