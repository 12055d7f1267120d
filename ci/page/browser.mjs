// Opens a headless Chromium, and measures pages: requests, errors, layout shifts, time.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const tools = createRequire(path.join(path.resolve(process.env.PAGE_TOOLS), "package.json"));
const { chromium } = tools("playwright-core");
const axe = readFileSync(tools.resolve("axe-core/axe.min.js"), "utf8");

export const WIDTHS = [390, 768, 1440];
export const SCHEMES = ["light", "dark"];

export async function launch() {
  return chromium.launch({
    executablePath: process.env.BROWSER,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

// Opens `file` at this fragment. What the page requests and complains about is in `seen`.
export async function open(browser, file, { fragment = "", width = 1440, scheme = "light", scripts = true } = {}) {
  const context = await browser.newContext({
    colorScheme: scheme, viewport: { width, height: 900 }, javaScriptEnabled: scripts, reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const seen = { requests: [], complaints: [] };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("console", (message) => seen.complaints.push(message.text()));
  page.on("pageerror", (error) => seen.complaints.push(error.message));
  await page.addInitScript(() => {
    window.shifts = [];
    const said = (entry) => `${entry.value.toFixed(4)} ${entry.sources.map((s) => s.node?.nodeName).join(" ")}`;
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(said)))
      .observe({ type: "layout-shift", buffered: true });
  });
  const url = pathToFileURL(path.resolve(file)).href;
  await page.goto(url + fragment);
  // NB: without scripts, no frame is ever announced.
  if (scripts) await settle(page);
  return { page, seen, url, close: () => context.close() };
}

// Waits until four frames have been drawn.
export const settle = (page) => page.evaluate(async () => {
  for (let i = 0; i < 4; i++) await new Promise((done) => requestAnimationFrame(done));
});

// The serious findings of axe-core, one line each. Everything is unfolded. Of long lists and
// tables, the beginning stays: their rows differ in their texts alone.
export async function accessibility(page) {
  await page.evaluate(() => {
    for (const list of document.querySelectorAll("tbody, ol, ul, details, main")) {
      const alike = (part) => part.matches("tr, li, details");
      [...list.children].filter(alike).slice(15).forEach((part) => part.remove());
    }
    document.querySelectorAll("details").forEach((part) => { part.open = true; });
  });
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  if (found.passes.length === 0) throw new Error("axe-core looked at nothing");
  const lines = found.violations.map((v) => ({
    impact: v.impact, text: `${v.impact} ${v.id}: ${v.nodes.length} times, first ${v.nodes[0].html.slice(0, 200)}`,
  }));
  const isSerious = ({ impact }) => impact === "serious" || impact === "critical";
  lines.filter((line) => !isSerious(line)).forEach((line) => console.log(`  not serious: ${line.text}`));
  return lines.filter(isSerious).map((line) => line.text);
}

// Milliseconds from the navigation to the end of loading, and elements of the page.
export const figures = (page) => page.evaluate(() => ({
  loaded: Math.round(performance.getEntriesByType("navigation")[0].loadEventEnd),
  painted: Math.round(performance.getEntriesByType("paint")[0].startTime),
  elements: document.getElementsByTagName("*").length,
}));
