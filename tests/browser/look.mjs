// What every look at the desk needs: a browser, a page that tells what it must not do, and the counts at the end.
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";
import AxeBuilder from "@axe-core/playwright";

export const url = (process.argv[2] ?? "").replace(/\/$/, "");
if (!url) {
  console.error("say the address of the sample: http://127.0.0.1:8090");
  process.exit(2);
}
export const pictures = new URL("../../target/browser/", import.meta.url).pathname;
mkdirSync(pictures, { recursive: true });

let passed = 0, failed = 0;
export function check(what, good, detail = "") {
  if (good) passed += 1;
  else {
    failed += 1;
    console.log(`FAILED ${what}${detail ? `: ${detail}` : ""}`);
  }
}

// Whatever breaks off, the counts are told.
for (const fault of ["uncaughtException", "unhandledRejection"]) {
  process.on(fault, (error) => {
    console.log(`FAILED to go on: ${String(error).split("\n")[0]}`);
    console.log(`${passed} passed, ${failed + 1} failed`);
    process.exit(1);
  });
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** A page that tells what it must not do. */
export async function open(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const away = [], refused = [];
  page.on("request", (request) => {
    const address = request.url();
    if (!address.startsWith(`${url}/`) && !address.startsWith("data:")) away.push(address);
  });
  page.on("console", (message) => {
    if (/Content Security Policy|Refused to/i.test(message.text())) refused.push(message.text());
  });
  page.on("pageerror", (error) => refused.push(String(error)));
  return { context, page, away, refused };
}

/** What axe finds wrong with a page. */
export async function faults(page) {
  const axe = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
  const wrong = axe.violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.any[0]?.message ?? ""}`).slice(0, 3).join(" | ")}`);
  return axe.passes.length > 5 ? wrong : ["axe looked at nothing", ...wrong];
}

/** Tells the counts, and ends. */
export async function end() {
  await browser.close();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed > 0 || passed === 0 ? 1 : 0);
}
