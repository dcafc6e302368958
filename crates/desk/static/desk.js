// Keeps a page that is already whole up to date. It shows nothing of its own but whether it still hears the desk,
// and it never takes the place of what somebody is writing.
(() => {
  "use strict";
  const BEAT = 15000; // the desk says every 15 s that the line is alive
  const REST = 1000; // the page is asked for at most once in so long
  const $ = (id) => document.getElementById(id);
  const banner = $("live-banner"), bar = $("changes"), show = $("show-changes"), said = $("said");
  const here = document.body.dataset.here;
  if (here === "fault" || !("EventSource" in window)) return;

  let heard = Date.now(), waiting = 0, asked = 0, timer = 0, busy = false, untaken = count();

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

  /** Whether somebody is writing, or has written and not sent. */
  function writing() {
    const fields = [...document.querySelectorAll("main input:not([type=hidden]), main select")];
    return fields.some((f) => f === document.activeElement || (f.tagName === "INPUT" && f.value !== f.defaultValue));
  }

  /** A change was heard: the page is asked for soon, or the bar says so. */
  function changed(n) {
    waiting += n;
    if (timer) return;
    timer = setTimeout(() => { timer = 0; renew(false); }, Math.max(0, asked + REST - Date.now()));
  }

  async function renew(wanted) {
    if (busy) return changed(0);
    busy = true;
    asked = Date.now();
    try {
      const address = new URL(location.href);
      ["taken", "closed", "noted"].forEach((told) => address.searchParams.delete(told));
      const answer = await fetch(address, { cache: "no-store", credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      // How current it is may always be shown; the list only when nobody writes in it.
      swap(page, "#frame");
      swap(page, ".top nav");
      swap(page, ".made");
      document.title = page.title;
      if (!wanted && (writing() || (here === "shipment" && waiting > 0))) {
        if (waiting > 0) offer();
      } else {
        swap(page, "main");
        waiting = 0;
        bar.hidden = true;
      }
      tell();
    } catch {
      // The stale banner is about what was heard; a page that cannot be fetched is no news.
      lost("The desk does not answer");
    } finally {
      busy = false;
    }
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
    const written = [...old.querySelectorAll("form input:not([type=hidden])")].filter((f) => f.value !== f.defaultValue);
    const at = old.contains(document.activeElement) ? document.activeElement : null;
    const twin = at && (at.id ? fresh.querySelector(`#${CSS.escape(at.id)}`)
      : [...fresh.querySelectorAll("a, summary, button")].find((e) => e.textContent === at.textContent && e.tagName === at.tagName));
    old.replaceWith(fresh);
    fill();
    for (const field of written) {
      const forms = [...fresh.querySelectorAll("form")].filter((form) => form.getAttribute("action") === field.form.getAttribute("action"));
      const same = forms.map((form) => form.elements.namedItem(field.name)).find(Boolean);
      if (same) same.value = field.value;
    }
    if (twin) twin.focus({ preventScroll: true });
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
    if (kind === "open" || kind === "beat") changed(0);
    else if (here !== "shipment" || concerns(data)) changed(1);
  }

  function listen() {
    if (!("SharedWorker" in window)) return window.coldwatchHear(word);
    const line = new SharedWorker("/static/line.js").port;
    line.onmessage = (message) => word(message.data);
    addEventListener("pagehide", () => line.postMessage("bye"));
    addEventListener("pageshow", () => line.postMessage("here"));
  }

  /** Whether an event is about the shipment of this page. */
  function concerns(data) {
    try {
      const event = JSON.parse(data);
      const whose = (event.data && event.data.shipment) || event.subject;
      return decodeURIComponent(location.pathname) === `/shipments/${whose}`;
    } catch { return true; }
  }

  show.addEventListener("click", () => { bar.hidden = true; renew(true); });
  setInterval(() => { if (Date.now() - heard > 2 * BEAT + 2000) lost("The line to the desk is dead"); }, 1000);
  fill();
  listen();
})();
