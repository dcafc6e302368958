// The rows of a list. What happens to a shipment renews its rows where they stand; all others are left alone. A row that
// comes, goes or moves waits while somebody has one in hand, and one in which they write is not touched.
(() => {
  "use strict";
  const MOST = 100; // a page that has grown beyond this is made anew

  const of = (root, shipment) => [...root.children].filter((row) => row.dataset.shipment === shipment);
  const changed = (field) => field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
  const fields = (root) => [...root.querySelectorAll("input:not([type=hidden]), select")];

  /** Whether somebody writes in this part of the page, or has written there and not sent. */
  function written(root) {
    return fields(root).some((field) => field === document.activeElement || (field.tagName === "INPUT" && changed(field)));
  }

  /** Whether somebody has a row of this part of the page in hand: the keyboard is on it, or they write. */
  function acting(part = "main") {
    const at = document.activeElement, root = document.querySelector(part);
    return Boolean(root && (written(root) || (at && root.contains(at) && at.closest("[data-shipment]"))));
  }

  /** Between the place behind which the page begins and that of its last row: text has the order of the list. */
  function belongs(list, row) {
    const { after, last } = list.dataset, place = row.dataset.place;
    return place > after && (last === "" || place <= last);
  }

  function put(list, row) {
    const next = [...list.children].find((other) => other !== row && other.dataset.place > row.dataset.place);
    list.insertBefore(row, next || null);
  }

  /** What is folded open or selected stays so, and the keyboard stays where it is. */
  function renew(old, row) {
    for (const one of old.querySelectorAll("details[id], input[type=checkbox]")) {
      const same = row.querySelector(`#${CSS.escape(one.id)}`);
      if (same) [same.open, same.checked] = [one.open, one.checked];
    }
    const at = old.contains(document.activeElement) ? document.activeElement : null;
    // What a button or a fold is called may have changed; what it lies in has not.
    const lies = (one) => one.id || one.closest("[id]")?.id;
    const twin = at && [...row.querySelectorAll(at.tagName)].find((one) => lies(one) === lies(at));
    old.replaceWith(row);
    if (twin) twin.focus({ preventScroll: true });
  }

  /** Whether somebody writes in a row: what they see stays as it is. */
  function held(row) {
    const texts = fields(row).filter((field) => field.type !== "checkbox");
    return texts.some((field) => field === document.activeElement || (field.tagName === "INPUT" && changed(field)));
  }

  /** Takes over from a page what it says of these shipments, or of all on either. Says how many changes wait; `undefined` where only the whole
   *  page can show them. */
  function take(page, shipments) {
    const list = document.getElementById("rows"), come = page.getElementById("rows");
    if (!list) return undefined;
    const all = (root) => root ? [...root.children].map((row) => row.dataset.shipment) : [];
    const hand = acting();
    let waiting = 0;
    for (const shipment of shipments || new Set([...all(list), ...all(come)])) {
      const here = of(list, shipment), fresh = come ? of(come, shipment) : [];
      for (const row of fresh) {
        const old = here.find((one) => one.id === row.id);
        if (old && held(old)) waiting += Number(shipments !== undefined);
        else if (old) {
          renew(old, row);
          if (!hand) put(list, row);
        } else if (belongs(list, row)) {
          if (hand) waiting += 1;
          else put(list, row);
        }
      }
      for (const old of here.filter((one) => !fresh.some((row) => row.id === one.id))) {
        if (hand) waiting += 1;
        else old.remove();
      }
    }
    return list.children.length > MOST || list.children.length === 0 ? undefined : waiting;
  }

  /** How many are selected, and all of this page at once. */
  function pick() {
    const boxes = () => [...document.querySelectorAll("#rows input[name=incidents]")];
    const tell = () => {
      const words = document.getElementById("picked"), all = document.getElementById("pick-all");
      const n = document.querySelectorAll("input[name=incidents]:checked").length;
      if (words) words.textContent = `${n} selected`;
      if (all) all.hidden = n >= boxes().length;
    };
    document.addEventListener("change", (event) => { if (event.target.name === "incidents") tell(); });
    document.addEventListener("click", (event) => {
      if (event.target.id !== "pick-all") return;
      boxes().forEach((box) => { box.checked = true; });
      tell();
    });
    return tell;
  }

  const picked = pick();
  window.coldwatchRows = { take, acting, changed, picked };
})();
