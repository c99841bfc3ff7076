// Makes pages livelier where scripts run; every page works without it.
//
// Owns: relative times, counting characters, the preview beside a form, and what changed elsewhere. Does not own: any
// words or figures: it only puts parts of the server's own pages in their place.
"use strict";

(() => {
  const UNITS = [[60, "minute"], [3600, "hour"], [86400, "day"], [2592000, "month"], [31536000, "year"]];

  // As the server says it, in words.rs.
  function relative(at, now) {
    const apart = (at - now) / 1000;
    const size = Math.abs(apart);
    if (size < 45) return "just now";
    const at_most = [3600, 86400, 60 * 86400, 730 * 86400, Infinity];
    const [unit, name] = UNITS[at_most.findIndex((most) => size < most)];
    const whole = Math.max(1, Math.floor((size + unit / 2) / unit));
    const words = `${whole} ${name}${whole === 1 ? "" : "s"}`;
    return apart >= 0 ? `in ${words}` : `${words} ago`;
  }

  function tellTimes() {
    for (const time of document.querySelectorAll("time[data-relative]")) {
      const text = relative(Date.parse(time.dateTime), Date.now());
      if (time.textContent !== text) time.textContent = text;
    }
  }

  function count(field) {
    const shown = document.querySelector(`[data-count="${field.id}"]`);
    if (!shown) return;
    const most = Number(field.dataset.most);
    const typed = [...field.value].length;
    shown.textContent = `${typed.toLocaleString("en")} of ${most.toLocaleString("en")} characters`;
    shown.classList.toggle("over", typed > most);
  }

  // Puts parts of another answer of this page in the place of those shown, unless somebody is at work in them.
  function replace(page, parts) {
    for (const part of parts) {
      const fresh = part.id && page.getElementById(part.id);
      if (!fresh || fresh.innerHTML === part.innerHTML) continue;
      const isBusy = part.contains(document.activeElement) && part !== document.activeElement;
      if (isBusy || part.querySelector("details[open]")) continue;
      part.replaceChildren(...fresh.childNodes);
    }
    tellTimes();
  }

  const parsed = (text) => new DOMParser().parseFromString(text, "text/html");

  function preview(form) {
    let waiting = 0;
    let newest = 0;
    const ask = async () => {
      const mine = ++newest;
      const fields = new URLSearchParams(new FormData(form));
      fields.set("do", "preview");
      const answer = await fetch(form.action, { method: "POST", body: fields }).catch(() => null);
      if (!answer || mine !== newest || answer.redirected) return;
      const shown = document.getElementById(form.dataset.preview);
      if (shown) replace(parsed(await answer.text()), [shown]);
    };
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(ask, 300);
    });
  }

  // What was sent once is not sent again by a second press.
  function sendOnce(form) {
    let sent = false;
    form.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
      setTimeout(() => { sent = false; }, 4000);
    });
  }

  function live(path) {
    let waiting = 0;
    const refresh = async () => {
      const parts = document.querySelectorAll("[data-refresh]");
      const answer = await fetch(location.href).catch(() => null);
      if (!answer || !answer.ok || answer.redirected) return;
      const page = parsed(await answer.text());
      // What nothing changes any more is another page: it is loaded as a whole.
      if (!page.body.dataset.live) return location.reload();
      replace(page, parts);
    };
    const changed = () => {
      clearTimeout(waiting);
      waiting = setTimeout(refresh, 250);
    };
    let source = null;
    const open = () => {
      if (source) return;
      source = new EventSource(path);
      source.addEventListener("changed", changed);
      source.addEventListener("open", () => { document.documentElement.dataset.live = "on"; });
    };
    const close = () => {
      if (source) source.close();
      source = null;
    };
    // A page that nobody sees is not kept up to date; it catches up when it is seen again.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return close();
      open();
      changed();
    });
    addEventListener("pagehide", close);
    if (!document.hidden) open();
  }

  // On a narrow screen the place that one is at may be outside the row of places. The row alone is moved: to scroll the
  // place into view would let the keyboard begin there.
  const here = document.querySelector(".side nav [aria-current]");
  if (here) {
    const row = here.closest("nav");
    const [at, from] = [here.getBoundingClientRect(), row.getBoundingClientRect()];
    row.scrollLeft += at.left - from.left - (from.width - at.width) / 2;
  }
  tellTimes();
  setInterval(tellTimes, 30000);
  for (const field of document.querySelectorAll("[data-most]")) {
    count(field);
    field.addEventListener("input", () => count(field));
  }
  for (const form of document.querySelectorAll("form[data-preview]")) preview(form);
  for (const form of document.querySelectorAll('form[method="post"]')) sendOnce(form);
  if (document.body.dataset.live && document.querySelector("[data-refresh]")) live(document.body.dataset.live);
})();
