// The line to the desk. In a shared worker it is one for all tabs: a browser opens only six lines to one host, and
// somebody with seven shipments open would be shut out. Where there is no such worker each tab has its own.
(() => {
  "use strict";
  const KINDS = ["beat", "coldwatch.incident.v1", "coldwatch.finding.v1"];

  /** Hears, and tells what it hears: the kind, and the data as text. Says whether the line is open. */
  function hear(tell) {
    let source;
    const listen = () => {
      source = new EventSource("/v1/stream");
      source.addEventListener("open", () => tell({ kind: "open" }));
      for (const kind of KINDS) source.addEventListener(kind, (event) => tell({ kind, data: event.data }));
      // The browser comes back by itself with the last position, but not where it was refused: then anew.
      source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000); });
    };
    listen();
    return () => source.readyState === EventSource.OPEN;
  }

  if (typeof window !== "undefined") {
    window.coldwatchHear = hear;
    return;
  }
  const tabs = new Set();
  let open;
  self.onconnect = (connected) => {
    const tab = connected.ports[0];
    tab.onmessage = (message) => { if (message.data === "bye") tabs.delete(tab); else tabs.add(tab); };
    tabs.add(tab);
    if (!open) open = hear((word) => { for (const one of tabs) one.postMessage(word); });
    else if (open()) tab.postMessage({ kind: "open" });
  };
})();
