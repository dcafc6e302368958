// Keeps a page that is already whole up to date: what happens to a shipment renews the rows of that shipment, and the whole
// page only now and then, as times grow old. It shows nothing of its own but whether it still hears the desk, and it never takes
// the place of what somebody is writing.
(() => {
  "use strict";
  const BEAT = 15000; // the desk says every 15 s that the line is alive
  const REST = 1000; // the page is asked for at most once in so long
  const WHOLE = 4; // with so many beats the whole page is made anew
  const AT_ONCE = 50; // of more shipments than these at once the whole page is made anew, too
  const $ = (id) => document.getElementById(id);
  const banner = $("live-banner"), bar = $("changes"), show = $("show-changes"), said = $("said");
  const here = document.body.dataset.here;
  if (here === "fault" || !("EventSource" in window)) return;

  const { take, acting, changed: written, picked } = window.coldwatchRows;
  let heard = Date.now(), waiting = 0, asked = 0, timer = 0, busy = false, untaken = count();
  // Shipments to which something has happened, whether all of the page is old, and beats since it was made.
  let pending = new Set(), old = false, beats = 0;

  // Whose name it was last time: nobody types it twice at night.
  const NAME = "coldwatch.by";
  const remember = () => { try { return localStorage.getItem(NAME) || ""; } catch { return ""; } };
  const fill = () => {
    for (const field of document.querySelectorAll("input[name=by]")) {
      if (!field.value) { field.value = remember(); field.defaultValue = field.value; }
    }
  };
  document.addEventListener("submit", (event) => {
    const by = event.target.querySelector("input[name=by]");
    if (by) try { localStorage.setItem(NAME, by.value); } catch { /* a browser that keeps nothing asks again */ }
  });

  function count() {
    const badge = document.querySelector(".top .badge");
    return badge ? parseInt(badge.textContent, 10) : 0;
  }

  /** Something is to be shown: the page is asked for soon. */
  function soon() {
    if (timer) return;
    timer = setTimeout(() => { timer = 0; renew(false); }, Math.max(0, asked + REST - Date.now()));
  }

  /** This page, or of a list only these shipments. */
  function address(shipments) {
    const address = new URL(location.href);
    ["taken", "closed", "noted"].forEach((told) => address.searchParams.delete(told));
    if (shipments) {
      address.searchParams.delete("after");
      address.searchParams.set("of", shipments.join(" "));
    }
    return address;
  }

  async function renew(wanted) {
    if (busy) return soon();
    busy = true;
    asked = Date.now();
    const shipments = pending, all = old || here === "shipment" || shipments.size > AT_ONCE;
    const whole = wanted || (all && !acting() && !(here === "shipment" && waiting + shipments.size > 0));
    // While somebody has a row in hand, what stands around it grows no older than else.
    const around = all && !whole && here !== "shipment";
    pending = new Set();
    try {
      const answer = await fetch(address(all || whole ? null : [...shipments]), { cache: "no-store", credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      // How current it is may always be shown.
      ["#frame", ".top nav", ".made"].forEach((part) => swap(page, part));
      document.title = page.title;
      if (whole) show_all(page);
      else show_some(page, around ? undefined : shipments);
      tell();
    } catch {
      // The stale banner is about what was heard; a page that cannot be fetched is no news.
      shipments.forEach((shipment) => pending.add(shipment));
      lost("The desk does not answer");
    } finally {
      busy = false;
    }
  }

  function show_all(page) {
    swap(page, "main");
    [waiting, old, beats, bar.hidden] = [0, false, 0, true];
  }

  function show_some(page, shipments) {
    // And how many there are; which stages are silent, but where somebody takes one of these.
    ["#answer", ".counts", "#over"].forEach((part) => swap(page, part));
    if (!acting("#silences")) swap(page, "#silences");
    const wait = here === "shipment" ? shipments.size : take(page, shipments);
    fill();
    if (!shipments) [old, beats] = [false, 0];
    if (wait === undefined) {
      // Only the whole page can show it: at once, or when nobody has a row in hand any more.
      old = true;
      if (!acting()) return soon();
    }
    waiting = shipments ? waiting + (wait ?? 1) : Math.max(waiting, wait ?? 1);
    if (waiting > 0) offer();
  }

  function offer() {
    show.textContent = waiting === 1 ? "1 change: show" : `${waiting} changes: show`;
    bar.hidden = false;
  }

  /** Takes a part over, and keeps what was folded open and where the keyboard was. */
  function swap(page, part) {
    const old = document.querySelector(part), fresh = page.querySelector(part);
    if (!old || !fresh) return;
    for (const one of old.querySelectorAll("details[id]")) {
      const same = fresh.querySelector(`#${CSS.escape(one.id)}`);
      if (same) same.open = one.open;
    }
    const fields = [...old.querySelectorAll("input:not([type=hidden])")].filter(written);
    const at = old.contains(document.activeElement) ? document.activeElement : null;
    const twin = at && (at.id ? fresh.querySelector(`#${CSS.escape(at.id)}`)
      : [...fresh.querySelectorAll("a, summary, button")].find((e) => e.textContent === at.textContent && e.tagName === at.tagName));
    old.replaceWith(fresh);
    fill();
    for (const field of fields) {
      const action = field.form?.getAttribute("action");
      const forms = [...fresh.querySelectorAll("form")].filter((form) => form.getAttribute("action") === action);
      const same = field.id ? fresh.querySelector(`#${CSS.escape(field.id)}`)
        : forms.map((form) => form.elements.namedItem(field.name)).find(Boolean);
      if (same) [same.value, same.checked] = [field.value, field.checked];
    }
    if (twin) twin.focus({ preventScroll: true });
    picked();
  }

  /** Says in words what has become of the number that matters most. */
  function tell() {
    const now = count();
    if (now !== untaken) said.textContent = now === 1 ? "1 incident nobody has taken" : `${now} incidents nobody has taken`;
    untaken = now;
  }

  function lost(why) {
    const since = new Date(heard).toISOString().slice(11, 19);
    banner.textContent = `${why}: nothing was heard since ${since} UTC by this computer's clock. What you see may be out of date.`;
    banner.hidden = false;
  }

  function alive() {
    heard = Date.now();
    banner.hidden = true;
  }

  /** What comes over the line: that it is open, that it is alive, that something happened. */
  function word({ kind, data }) {
    alive();
    // Between the making of the page and the opening of the line something may have happened, and ages grow.
    if (kind === "open") old = true;
    else if (kind === "beat") old = (beats += 1) >= WHOLE || old;
    else {
      const shipment = whose(data);
      if (here === "shipment" && shipment && decodeURIComponent(location.pathname) !== `/shipments/${shipment}`) return;
      if (shipment) pending.add(shipment);
      else old = true;
    }
    soon();
  }

  function listen() {
    if (!("SharedWorker" in window)) return window.coldwatchHear(word);
    const line = new SharedWorker("/static/line.js").port;
    line.onmessage = (message) => word(message.data);
    addEventListener("pagehide", () => line.postMessage("bye"));
    addEventListener("pageshow", () => line.postMessage("here"));
  }

  /** The shipment that an event is about. */
  function whose(data) {
    try {
      const event = JSON.parse(data);
      return (event.data && event.data.shipment) || event.subject;
    } catch { return undefined; }
  }

  show.addEventListener("click", () => { bar.hidden = true; renew(true); });
  setInterval(() => { if (Date.now() - heard > 2 * BEAT + 2000) lost("The line to the desk is dead"); }, 1000);
  fill();
  listen();
})();
