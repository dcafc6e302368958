// What a duty officer relies on, looked at in a browser: `node tests/browser/page.mjs http://127.0.0.1:8090`.
// It needs the sample desk (several incidents, one shipment with a gap and an excursion), freshly started.
import { check, end, faults, open, pictures, url } from "./look.mjs";

const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } };
const PAGES = { list: "/", board: "/board", shipment: "/shipments/CELLS-118", fault: "/shipments/NOBODY-KNOWS", filtered: "/?priority=P2" };

async function looks(name, path, size, scheme) {
  const where = `${name} ${size} ${scheme}`;
  const { context, page, away, refused } = await open({ viewport: SIZES[size], colorScheme: scheme });
  await page.goto(url + path);
  await page.waitForTimeout(300);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(`${where}: nothing overflows`, wide <= 0, `${wide} px too wide`);
  const wrong = await faults(page);
  check(`${where}: axe finds nothing`, wrong.length === 0, wrong.join("\n    "));
  check(`${where}: no request leaves`, away.length === 0, away.join(" "));
  check(`${where}: nothing is refused by the policy`, refused.length === 0, refused.join(" "));
  const made = await page.locator("#made").textContent();
  check(`${where}: says when it was made`, /^\d\d? [A-Z][a-z]{2}, \d\d:\d\d:\d\d UTC$/.test(made?.trim() ?? ""), made ?? "nothing");
  if (size === "phone") check(`${where}: one line says whether every stage is fresh`, await page.locator("#stages summary").isVisible());
  const chips = size === "phone" ? page.locator("#stages .chip") : page.locator(".on-desk .chip:visible");
  check(`${where}: every stage is there`, (await chips.count()) === 9);
  await page.screenshot({ path: `${pictures}${name}-${size}-${scheme}.png`, fullPage: true });
  await page.screenshot({ path: `${pictures}${name}-${size}-${scheme}-first.png` });
  await context.close();
}

for (const scheme of ["light", "dark"]) {
  for (const size of Object.keys(SIZES)) {
    for (const [name, path] of Object.entries(PAGES)) await looks(name, path, size, scheme);
  }
}

// The board's last column is seen at every width, and nothing runs out of its cell.
for (const width of [640, 800, 961, 1040, 1100, 1201, 1280, 1366]) {
  const { context, page } = await open({ viewport: { width, height: 900 } });
  await page.goto(`${url}/board`);
  const cut = await page.locator(".board td, .board th").evaluateAll((cells) => {
    const edge = document.querySelector(".board").getBoundingClientRect().right + 0.5;
    const out = (cell) => cell.scrollWidth > cell.clientWidth + 1 || [...cell.querySelectorAll("*")].some((one) => one.getBoundingClientRect().right > edge);
    return cells.filter((cell) => cell.offsetParent !== null && out(cell)).map((cell) => cell.textContent.trim().slice(0, 40));
  });
  check(`board at ${width}: nothing is cut`, cut.length === 0, cut.slice(0, 3).join(" | "));
  if (width < 1300) await page.screenshot({ path: `${pictures}board-${width}.png` });
  await context.close();
}

// The most urgent is first, with and without script.
for (const javaScriptEnabled of [true, false]) {
  const { context, page } = await open({ viewport: SIZES.phone, javaScriptEnabled });
  await page.goto(`${url}/`);
  const how = javaScriptEnabled ? "with script" : "without script";
  const cards = await page.locator("article.card").evaluateAll((all) => all.map((one) => one.querySelector(".flags").textContent.replace(/\s+/g, " "))).catch(async () => []);
  const flags = cards.length ? cards : await page.locator("article.card .flags").allTextContents();
  check(`${how}: P1 that nobody has taken is first`, /P1/.test(flags[0] ?? "") && /not taken/i.test(flags[0] ?? ""), flags[0]);
  const order = flags.map((text) => text.match(/P\d/)?.[0]).join(" ");
  check(`${how}: in the order of priority`, order === [...order.split(" ")].sort().join(" "), order);
  check(`${how}: what is over and unseen is one line with its number`, (await page.locator("#over").innerText()).includes("1 over, and nobody has seen it"));
  const top = await page.locator("article.card h2").first().boundingBox();
  check(`${how}: the worst one is seen without scrolling`, top !== null && top.y + top.height < SIZES.phone.height, JSON.stringify(top));
  await page.locator("#over a").first().click();
  await page.waitForLoadState();
  check(`${how}: which leads to it`, (await page.getByText("nobody has seen it: it stays on the list").count()) === 1);
  await context.close();
}

// The picture of a shipment.
{
  const { context, page } = await open({ viewport: SIZES.desk });
  await page.goto(`${url}/shipments/CELLS-118`);
  check("shipment: one chart is seen", (await page.locator("svg.chart:visible").count()) === 1);
  check("shipment: the chart has a name and a description", (await page.locator("svg.chart.wide title").textContent()) === "Temperature of CELLS-118" && (await page.locator("svg.chart.wide desc").textContent()).includes("unknown"));
  check("shipment: the gap is drawn as unknown", (await page.locator("svg.chart.wide rect.unknown").count()) >= 1 && (await page.locator("svg.chart.wide .unknown-label").first().textContent()) === "unknown");
  check("shipment: the excursion is shaded", (await page.locator("svg.chart.wide rect.excursion.p1").count()) === 1);
  check("shipment: both limits are drawn", (await page.locator("svg.chart.wide line.limit").count()) === 2);
  check("shipment: late readings are marked", (await page.locator("svg.chart.wide g.late circle").count()) >= 1);
  check("shipment: the same as a table", (await page.locator("#numbers tbody tr").count()) > 5);
  check("shipment: what was withdrawn is struck through", (await page.locator(".finding.back s").count()) === 1);
  await page.emulateMedia({ media: "print" });
  await page.screenshot({ path: `${pictures}shipment-print.png`, fullPage: true });
  await context.close();
}

// The script keeps the page current and does not take what somebody writes.
{
  const { context, page } = await open({ viewport: SIZES.desk });
  await page.goto(`${url}/`);
  await page.locator("article.card input[name=reason]").first().fill("half a sentence");
  const answer = await page.request.post(`${url}/v1/incidents/DP-1990.1/acknowledge`, { data: { by: "CARL", reason: "seen at the change of shift" } });
  check("api: takes an incident", answer.status() === 200, `${answer.status()} ${await answer.text()}`);
  await page.locator("#show-changes").waitFor({ state: "visible", timeout: 5000 }).catch(() => {});
  check("live: a bar says that something changed", (await page.locator("#show-changes").textContent())?.includes("change"));
  check("live: what was written stays", (await page.locator("article.card input[name=reason]").first().inputValue()) === "half a sentence");
  await page.locator("#show-changes").click().catch(() => {});
  await page.getByText("CARL").first().waitFor({ timeout: 5000 }).catch(() => {});
  check("live: then it is shown", (await page.getByText("CARL").count()) > 0);
  check("live: and what was written is still there", (await page.locator("article.card input[name=reason]").first().inputValue()) === "half a sentence");
  check("live: the title says how many wait", /\(2\)/.test(await page.title()), await page.title());
  await context.close();
}

// Somebody opens every shipment in a tab of its own: a browser has six lines to one host.
{
  const { context, page } = await open({ viewport: SIZES.desk });
  await page.goto(`${url}/`);
  const tabs = [];
  for (let n = 0; n < 8; n += 1) {
    const tab = await context.newPage();
    tabs.push(await tab.goto(`${url}/shipments/CELLS-118`, { timeout: 5000 }).then((answer) => answer?.status(), () => "did not come"));
    await tab.waitForTimeout(100);
  }
  check("tabs: the eighth one still comes", tabs.every((status) => status === 200), tabs.join(" "));
  await context.close();
}

// A desk that is gone is said to be gone.
{
  const { context, page } = await open({ viewport: SIZES.desk });
  await page.goto(`${url}/`);
  await page.waitForTimeout(500);
  check("line: nothing is said while it is heard", await page.locator("#live-banner").isHidden());
  await page.clock.install();
  await page.route("**/*", (route) => route.abort());
  await page.evaluate(() => { Date.now = () => 4102444800000; });
  await page.clock.runFor(3000).catch(() => {});
  await page.locator("#live-banner").waitFor({ state: "visible", timeout: 5000 }).catch(() => {});
  check("line: after two missed beats a banner says so", ((await page.locator("#live-banner").textContent()) ?? "").includes("may be out of date"));
  await context.close();
}

// Taking the worst one, without script.
{
  const { context, page } = await open({ viewport: SIZES.phone, javaScriptEnabled: false });
  await page.goto(`${url}/`);
  const card = page.locator("article.card").first();
  const form = card.locator("form[action$=acknowledge]");
  await form.locator("input[name=by]").fill("DORA");
  await form.locator("input[name=reason]").fill("calling KLM's night desk <b>now</b>");
  await form.locator("button[type=submit]").click();
  await page.waitForLoadState();
  const note = (await page.locator("#note").innerText().catch(() => "")) ?? "";
  check("form: works without script and tells what came of it", note.includes("is taken by DORA") && note.includes("The log has it"), note);
  check("form: what was written is text, not markup", note.includes("<b>now</b>"));
  await page.screenshot({ path: `${pictures}taken-phone.png` });
  await context.close();
}

// Closing one that is over, without script; what still goes on has no such form.
{
  const { context, page } = await open({ viewport: SIZES.phone, javaScriptEnabled: false });
  await page.goto(`${url}/?search=dp`);
  check("close: what goes on says why it cannot be closed", (await page.locator("#i-DP-2041\\.1").innerText()).includes("custody/custody-gap is still going on"));
  check("close: and has no form for it", (await page.locator("#i-DP-2041\\.1 form[action$=close]").count()) === 0);
  const form = page.locator("#i-DP-1990\\.1 form[action$=close]");
  await page.locator("#c-DP-1990\\.1 summary").click();
  await form.locator("input[name=by]").fill("DORA");
  await form.locator("input[name=reason]").fill("left at 01:55, nothing to do");
  await form.locator("button[type=submit]").click();
  await page.waitForLoadState();
  const note = (await page.locator("#note").innerText().catch(() => "")) ?? "";
  check("close: works without script and tells what came of it", note.includes("DP-1990, incident 1 is closed by DORA"), note);
  check("close: it is off the list", (await page.locator("#i-DP-1990\\.1").count()) === 0);
  await context.close();
}

await end();
