// Checks the HTML report and the page of a history in a browser.
//
// usage: check.mjs REPORT.HTML REPORT.JSON MANY.HTML MANY.JSON HISTORY.HTML
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { SCHEMES, WIDTHS, accessibility, figures, launch, open, settle } from "./browser.mjs";

const [report, json, many, manyPacks, history] = process.argv.slice(2);
const { packs, summary } = JSON.parse(readFileSync(json, "utf8"));
const browser = await launch();

const shown = (page) => page.evaluate(() => ({
  packs: document.querySelectorAll("#packs [data-verdict]:not([hidden])").length,
  rows: [...document.querySelectorAll("#matrix tbody tr:not([hidden])")].map((row) => Number(row.cells[2].textContent)),
  said: document.getElementById("shown").value,
  sorted: document.querySelector("[aria-sort]")?.getAttribute("aria-sort"),
}));

// What each page holds at each width and in each theme.
async function looks(file) {
  for (const width of WIDTHS) {
    for (const scheme of SCHEMES) {
      const at = `${file} at ${width} px, ${scheme}`;
      const { page, seen, url, close } = await open(browser, file, { width, scheme });
      assert.deepEqual(seen.requests, [url], `${at}: loads nothing else`);
      assert.deepEqual(await page.evaluate("window.shifts"), [], `${at}: no layout shift`);
      const wide = await page.evaluate("document.documentElement.scrollWidth");
      assert.ok(wide <= width, `${at}: ${wide} px wide`);
      assert.deepEqual(await accessibility(page), [], `${at}: axe-core`);
      assert.deepEqual(seen.complaints, [], `${at}: the console`);
      await close();
    }
  }
}

async function tiles() {
  const { page, close } = await open(browser, report);
  const tiles = await page.evaluate(() => Object.fromEntries(
    [...document.querySelectorAll("[data-tile]")].map((t) => [t.dataset.tile, Number(t.querySelector("b").textContent)])));
  assert.deepEqual(tiles, { ...tiles, ...summary.verdicts }, "the tiles are those of the JSON report");
  assert.equal((await shown(page)).packs, packs.length, "everything is shown at first");
  await page.click("[data-tile=fail] a");
  await settle(page);
  assert.equal((await shown(page)).packs, summary.verdicts.fail, "a tile filters");
  assert.match(page.url(), /#verdict=fail$/);
  await close();
}

async function filters() {
  const failed = (check) => packs.filter((p) => p.checks.some((c) => c.check === check && ["failed", "error", "excused"].includes(c.status)));
  const caused = (code) => packs.filter((p) => p.causes.some((c) => c.code === code));
  const check = packs.flatMap((p) => p.checks).find((c) => c.status === "failed").check;
  const code = packs.flatMap((p) => p.causes)[0].code;
  for (const [fragment, expected] of [
    ["verdict=pass", packs.filter((p) => p.verdict === "pass")],
    [`check=${check}`, failed(check)],
    [`code=${code}`, caused(code)],
    [`verdict=fail&check=${check}`, failed(check).filter((p) => p.verdict === "fail")],
    ["pack=HOSTILE", packs.filter((p) => p.pack.includes("hostile"))],
    ["check=no.such.check", []],
  ]) {
    const { page, close } = await open(browser, report, { fragment: `#${fragment}` });
    const found = await shown(page);
    assert.equal(found.packs, expected.length, fragment);
    assert.equal(found.said, `${expected.length} of ${packs.length} shown`, fragment);
    assert.deepEqual(await page.evaluate("window.shifts"), [], `${fragment}: no layout shift`);
    await close();
  }
  const { page, close } = await open(browser, report, { fragment: "#sort=-failed" });
  const { rows, sorted } = await shown(page);
  assert.deepEqual(rows, [...rows].sort((a, b) => b - a), "the worst packs are first");
  assert.ok(rows[0] > rows.at(-1), "something is sorted");
  assert.equal(sorted, "descending");
  await page.fill("[name=pack]", "conforming/noop");
  assert.match(page.url(), /#pack=conforming%2Fnoop&sort=-failed$/, "the address says what is shown");
  await page.click("text=show all");
  await settle(page);
  assert.equal((await shown(page)).packs, packs.length);
  await close();
}

// With the keyboard alone: each stop is visible, and packs unfold.
async function keyboard() {
  const { page, close } = await open(browser, report);
  const stops = [];
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press("Tab");
    stops.push(await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      const box = document.activeElement.getBoundingClientRect();
      return { name: document.activeElement.textContent, ring: outlineStyle !== "none" && outlineWidth !== "0px", on: box.left >= 0 };
    }));
  }
  assert.equal(stops[0].name, "Skip to the packs");
  assert.deepEqual(stops.filter((stop) => !stop.ring || !stop.on), [], "each stop is seen");
  await page.focus("#packs [data-verdict] > summary");
  await page.keyboard.press("Enter");
  assert.ok(await page.evaluate("document.activeElement.parentElement.open"), "Enter unfolds a pack");
  const command = page.locator("#packs [open] .cmd").first();
  await command.locator("button").click();
  await page.waitForFunction("document.getElementById('said').textContent !== ''");
  assert.match(await page.textContent("#said"), /^(copied greentic-provision |selected)/);
  await close();
}

async function withoutScripts() {
  const { page, close } = await open(browser, report, { scripts: false });
  const found = await page.evaluate(() => ({
    packs: [...document.querySelectorAll("#packs [data-verdict]")].filter((p) => !p.hidden).length,
    filter: getComputedStyle(document.getElementById("filter")).display,
    dead: [...document.querySelectorAll(".js-only")].filter((e) => getComputedStyle(e).display !== "none").length,
    lost: [...document.querySelectorAll("a[href^='#']")].filter((a) => !a.closest(".js-only")
      && !document.getElementById(a.getAttribute("href").slice(1))).map((a) => a.outerHTML),
  }));
  assert.deepEqual(found, { packs: packs.length, filter: "none", dead: 0, lost: [] });
  await close();
}

async function print() {
  const { page, close } = await open(browser, report);
  await page.emulateMedia({ media: "print" });
  const seen = await page.evaluate(() => Object.fromEntries(["fail", "pass"].map((verdict) =>
    [verdict, document.querySelector(`#packs [data-verdict=${verdict}] > p`).checkVisibility()])));
  assert.deepEqual(seen, { fail: true, pass: false }, "failed packs are unfolded on paper, and no others");
  await close();
}

// A page of thousands of packs: what it costs is bounded, and nothing moves while it loads.
async function large() {
  const count = Number(manyPacks);
  for (const fragment of ["", "#verdict=partial"]) {
    const { page, close } = await open(browser, many, { fragment });
    const { loaded, painted, elements } = await figures(page);
    const bytes = statSync(many).size;
    console.log(`${count} packs${fragment}: ${(bytes / 1e6).toFixed(1)} MB, ${elements} elements, first paint after ${painted} ms, loaded after ${loaded} ms`);
    assert.deepEqual(await page.evaluate("window.shifts"), [], "no layout shift");
    assert.equal(await page.evaluate("document.querySelectorAll('#packs [data-verdict]').length"), count);
    assert.ok(bytes < 5_000 * count, `${bytes} bytes`);
    assert.ok(elements < 100 * count, `${elements} elements`);
    await close();
  }
}

try {
  for (const check of [tiles, filters, keyboard, withoutScripts, print, large]) await check();
  for (const file of [report, history]) await looks(file);
  console.log(`Chromium shows ${packs.length} packs and a history at ${WIDTHS.join(", ")} px, light and dark; axe-core has no serious finding`);
} finally {
  await browser.close();
}
