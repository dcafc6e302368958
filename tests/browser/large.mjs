// A site of 2,000 shipments, looked at in a browser: `node tests/browser/large.mjs http://127.0.0.1:8090`.
// It needs the sample desk with `--shipments 2000`, freshly started. How long a page takes is measured and told; what is
// held is how much is on it, and that it is there within a bound that a slow machine keeps, too.
import { check, end, faults, open, pictures, url } from "./look.mjs";

const SIZES = { desk: { width: 1280, height: 900 }, phone: { width: 360, height: 740 } };
const PAGES = { list: "/", board: "/board", unseen: "/?state=returned_unacked", found: "/?search=bag-77" };
const MOST = { elements: 6000, bytes: 300_000, milliseconds: 3000 };
const A_PAGE = 50;

/** Opens a page, and waits until it is drawn. */
async function timed(page, path) {
  const begun = Date.now();
  const answer = await page.goto(url + path);
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  const took = Date.now() - begun;
  const elements = await page.evaluate(() => document.querySelectorAll("*").length);
  return { took, bytes: (await answer.body()).length, elements };
}

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const [name, path] of Object.entries(PAGES)) {
    for (const colorScheme of ["light", "dark"]) {
      const { context, page, refused } = await open({ viewport, colorScheme });
      const { took, bytes, elements } = await timed(page, path);
      const where = `${name} at ${viewport.width}`;
      if (colorScheme === "light") {
        console.log(`${where}: ${took} ms, ${bytes} bytes, ${elements} elements`);
        check(`${where}: is not too much`, elements < MOST.elements && bytes < MOST.bytes, `${bytes} bytes, ${elements} elements`);
        check(`${where}: is there soon`, took < MOST.milliseconds, `${took} ms`);
        const rows = await page.locator("#rows [data-shipment]").count();
        check(`${where}: one page of rows`, name === "found" ? rows >= 1 && rows < A_PAGE : rows === A_PAGE, String(rows));
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        check(`${where}: nothing overflows`, wide <= 0, `${wide} px too wide`);
        check(`${where}: nothing is refused by the policy`, refused.length === 0, refused.join(" "));
      }
      await page.screenshot({ path: `${pictures}large-${name}-${size}-${colorScheme}.png` });
      if (name === "unseen") {
        await page.locator("#rows input[name=incidents]").first().check();
        await page.locator("#acts summary").click();
        // At the end of the page the form lies in its own place, and over nothing.
        await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
        await page.waitForTimeout(300);
        await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
        const wrong = await faults(page);
        check(`${where} ${colorScheme}: axe finds nothing, with the form for several`, wrong.length === 0, wrong.join("\n    "));
      }
      await context.close();
    }
  }
}

// Every incident that is not closed is reached by turning pages, without script.
{
  const { context, page } = await open({ viewport: SIZES.phone, javaScriptEnabled: false });
  const seen = new Set();
  let rows = 0;
  for (const from of ["/", "/?state=returned_unacked"]) {
    await page.goto(url + from);
    for (;;) {
      const html = await page.content();
      for (const [, id] of html.matchAll(/<article class="card[^>]* id="([^"]+)"/g)) {
        seen.add(id);
        rows += 1;
      }
      const next = html.match(/href="([^"]+)" rel="next"/);
      if (!next) break;
      await page.goto(url + next[1].replaceAll("&amp;", "&").replaceAll("&#38;", "&"));
    }
  }
  const { counts } = await (await page.request.get(`${url}/v1/incidents`)).json();
  const open_ones = counts.active_unacked + counts.active_acked + counts.returned_unacked + counts.returned_acked;
  check("pages: each incident once", rows === seen.size && seen.size === open_ones, `${rows} rows, ${seen.size} incidents of ${open_ones}`);
  await context.close();
}

// What happens to one shipment renews its card, and the others are not touched.
{
  const { context, page } = await open({ viewport: SIZES.desk });
  const asked = [];
  await page.goto(`${url}/`);
  await page.waitForTimeout(2500); // until the line is open, and the page made anew by that
  page.on("request", (request) => asked.push(request.url()));
  await page.evaluate(() => document.querySelectorAll("#rows article").forEach((card, n) => { card.dataset.mark = n; }));
  const ids = await page.locator("#rows article").evaluateAll((all) => all.map((one) => decodeURIComponent(one.id.slice(2))));
  const id = ids[3];
  const card = page.locator(`[id="i-${id}"]`);
  await page.request.post(`${url}/v1/incidents/${id}/acknowledge`, { data: { by: "CARL", reason: "the driver is rung" } });
  await card.getByText("CARL").waitFor({ timeout: 5000 }).catch(() => {});
  check("live: the card says who has it", (await card.textContent()).includes("CARL"));
  const marks = await page.locator("#rows article").evaluateAll((all) => all.filter((one) => one.dataset.mark === undefined).length);
  check("live: one card is new, the others are those that were there", marks === 1, String(marks));
  check("live: only this shipment was asked for", asked.length === 1 && asked[0].includes(`of=${id.split(".")[0]}`), asked.join(" "));

  // Where only the keyboard is on a card it is renewed, too, and the keyboard stays there: no time grows old in sight.
  await page.locator(`[id="i-${ids[5]}"] details.take summary`).first().click();
  await page.request.post(`${url}/v1/incidents/${ids[5]}/acknowledge`, { data: { by: "EMIL", reason: "on my way" } });
  await page.locator(`[id="i-${ids[5]}"]`).getByText("EMIL").waitFor({ timeout: 5000 }).catch(() => {});
  const kept = await page.evaluate(() => [document.activeElement.tagName, document.activeElement.closest("article")?.id, document.activeElement.parentElement.open]);
  check("live: the card under the keyboard is renewed, and keeps it", (await page.locator(`[id="i-${ids[5]}"]`).textContent()).includes("EMIL") && kept.join(" ") === `SUMMARY i-${ids[5]} true`, kept.join(" "));
  await page.evaluate(() => document.activeElement.blur());

  // While somebody has a row in hand another one waits, and theirs stays where it is.
  const mine = page.locator(`[id="i-${ids[1]}"]`);
  const form = mine.locator("form[action$=acknowledge]");
  await mine.locator("details.take summary").first().click();
  await form.locator("input[name=reason]").fill("half a sentence");
  await page.request.post(`${url}/v1/incidents/${ids[1]}/acknowledge`, { data: { by: "DORA", reason: "I was faster" } });
  await page.locator("#show-changes").waitFor({ state: "visible", timeout: 5000 }).catch(() => {});
  check("live: what is in hand waits in a bar", (await page.locator("#show-changes").textContent())?.includes("1 change"));
  check("live: and keeps what was written", (await form.locator("input[name=reason]").inputValue()) === "half a sentence");
  await page.locator("#show-changes").click();
  await mine.getByText("DORA").waitFor({ timeout: 5000 }).catch(() => {});
  check("live: then it is shown", (await mine.textContent()).includes("DORA"));
  await context.close();
}

// One act over several, without script: the form comes up with the first that is selected.
{
  const { context, page } = await open({ viewport: SIZES.phone, javaScriptEnabled: false });
  await page.goto(`${url}/?state=returned_unacked`);
  check("several: no form while nothing is selected", await page.locator("#acts").isHidden());
  for (const n of [0, 1, 2]) await page.locator("#rows input[name=incidents]").nth(n).check();
  const form = page.locator("#acts");
  check("several: then it is there", await form.isVisible());
  await form.locator("summary").click();
  await page.screenshot({ path: `${pictures}large-several-phone.png` });
  await form.locator("input[name=by]").fill("DORA");
  await form.locator("input[name=reason]").fill("seen at the change of shift");
  await form.getByRole("button", { name: "Take them" }).click();
  await page.waitForLoadState();
  check("several: a page says what came of it", (await page.locator("h1").innerText()) === "3 taken", await page.locator("h1").innerText());
  await page.screenshot({ path: `${pictures}large-came-phone.png` });
  await page.getByRole("link", { name: "Back to the incidents" }).click();
  await page.waitForLoadState();
  check("several: and leads back to the list that was chosen", page.url().endsWith("/?state=returned_unacked"), page.url());
  await context.close();
}

// All of a page at once, with script: what was selected stays selected while the page is made anew.
{
  const { context, page } = await open({ viewport: SIZES.desk });
  await page.goto(`${url}/?state=returned_unacked`);
  await page.waitForTimeout(2500);
  await page.locator("#rows input[name=incidents]").first().check();
  await page.screenshot({ path: `${pictures}large-several-desk.png` });
  await page.locator("#pick-all").click();
  check("several: all of the page", (await page.locator("#picked").textContent()) === `${A_PAGE} selected`);
  const last = await page.locator("#rows article").last().getAttribute("data-shipment");
  await page.request.post(`${url}/v1/incidents/${last}.1/acknowledge`, { data: { by: "CARL", reason: "seen" } });
  await page.locator("#show-changes").waitFor({ state: "visible", timeout: 5000 }).catch(() => {});
  check("several: what changes meanwhile waits", await page.locator("#show-changes").isVisible());
  await page.locator("#show-changes").click();
  await page.locator(`#rows [data-shipment="${last}"]`).waitFor({ state: "detached", timeout: 5000 }).catch(() => {});
  const left = await page.locator("input[name=incidents]:checked").count();
  check("several: and what was selected stays so", left === A_PAGE - 1, String(left));
  await context.close();
}

await end();
