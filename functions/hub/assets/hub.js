// Makes the pages live: the length of a text as it is typed, new replies, keys, and words that are never lost.
"use strict";

const hub = document.currentScript.dataset.up;
const box = document.getElementById("body");
const place = `typed ${location.pathname}`;

// What is typed stays in this tab until it is sent, also after a lost session or a closed page.
if (box) {
  const here = new URL(location.href);
  if (here.searchParams.has("sent")) {
    sessionStorage.removeItem(place);
    here.searchParams.delete("sent");
    history.replaceState(null, "", here);
  }
  if (!box.value) box.value = sessionStorage.getItem(place) || "";
  box.addEventListener("input", () => sessionStorage.setItem(place, box.value));
  box.form.addEventListener("submit", () => { box.form.querySelector(".send button").disabled = true; });
  addEventListener("pageshow", () => { box.form.querySelector(".send button").disabled = false; });
}

// The length and price, as the service counts them.
const length = document.getElementById("length");
let asked = 0;
async function measure() {
  const mine = ++asked;
  if (!box.value.trim()) { length.textContent = ""; return; }
  try {
    const answer = await fetch(`${hub}length`, { method: "POST", body: new URLSearchParams(new FormData(box.form)) });
    const words = answer.ok ? await answer.text() : "";
    if (mine === asked) length.textContent = words;
  } catch { length.textContent = ""; }
}
if (box && length) {
  let waiting;
  box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(measure, 300); });
  measure();
}

// New replies appear by themselves, while the page is visible. Nothing that a person reads or types is moved.
const live = document.querySelector("[data-newest]");
async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(`${hub}newest?after=${live.dataset.newest}`);
    if (answer.status !== 200) return;
    live.dataset.newest = await answer.text();
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    for (const part of ["rows", "bubbles", "tabs"]) {
      const [old, fresh] = [document.getElementById(part), page.getElementById(part)];
      if (old && fresh && !old.contains(document.activeElement)) old.replaceChildren(...fresh.childNodes);
    }
    document.title = page.title;
    toEnd(false);
  } catch { /* the next look may succeed */ }
}
if (live) setInterval(look, 5000);

const bubbles = document.getElementById("bubbles");
function toEnd(always) {
  const near = bubbles && bubbles.scrollHeight - bubbles.scrollTop - bubbles.clientHeight < 200;
  if (bubbles && (always || near)) bubbles.scrollTop = bubbles.scrollHeight;
}
toEnd(true);

// Keys: Ctrl-Enter sends, / searches, n begins a text, Esc leaves the box.
addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && box && document.activeElement === box) box.form.requestSubmit();
  else if (event.key === "Escape" && typing) document.activeElement.blur();
  else if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
  else if (event.key === "n") location.href = `${hub}new`;
  else if (event.key === "/" && document.getElementById("search")) { event.preventDefault(); document.getElementById("search").focus(); }
});
