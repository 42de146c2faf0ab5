// Makes the pages live: the length of a text as it is typed, new replies, keys, and words that are never lost.
"use strict";

const hub = document.currentScript.dataset.up;
const box = document.getElementById("body");
const place = `typed ${location.pathname}`;
const kept = ["to", "body", "at"].map((id) => document.getElementById(id)).filter(Boolean);
const button = box && box.form.querySelector(".send > button");

// What is typed stays in this tab until it is sent, also after a lost session or a closed page.
if (box) {
  const here = new URL(location.href);
  if (here.searchParams.has("sent")) {
    for (const field of kept) sessionStorage.removeItem(`${place} ${field.id}`);
    here.searchParams.delete("sent");
    history.replaceState(null, "", here);
  }
  for (const field of kept) {
    const name = `${place} ${field.id}`;
    if (!field.value) field.value = sessionStorage.getItem(name) || "";
    field.addEventListener("input", () => sessionStorage.setItem(name, field.value));
  }
  box.form.addEventListener("submit", () => { button.disabled = true; });
  addEventListener("pageshow", () => { button.disabled = false; });
}

// A chosen time is never overlooked: the button says that it counts.
const at = document.getElementById("at");
if (at) {
  const say = () => { button.textContent = at.value ? "Send later" : "Send"; };
  at.addEventListener("input", say);
  if (at.value) at.closest("details").open = true;
  say();
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
    for (const part of ["rows", "bubbles", "tabs", "notice", "pages"]) {
      const [old, fresh] = [document.getElementById(part), page.getElementById(part)];
      if (old && fresh && !old.contains(document.activeElement)) renew(old, fresh);
    }
    document.title = page.title;
  } catch { /* the next look may succeed */ }
}
if (live) setInterval(look, 5000);

// Only what differs is replaced, so that a screen reader reads a new reply alone.
function renew(old, fresh) {
  const parts = [...fresh.children];
  parts.forEach((part, index) => {
    const before = old.children[index];
    if (!before) old.append(part);
    else if (!before.isEqualNode(part)) before.replaceWith(part);
  });
  while (old.children.length > parts.length) old.lastElementChild.remove();
}

// Work in steps goes on by itself, with its numbers; without this script, its button does the next step.
async function goOn() {
  const form = document.querySelector("form[data-goes-on]");
  if (!form) return;
  form.querySelector("button").hidden = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [old, fresh] = [document, page].map((each) => each.getElementById("work"));
    if (!fresh) { location.href = answer.url; return; }
    const stands = fresh.querySelector("progress")?.value === old.querySelector("progress").value;
    renew(old, fresh);
    document.title = page.title;
    setTimeout(goOn, stands ? 2000 : 0);
  } catch { setTimeout(goOn, 5000); }
}
goOn();

// One box checks all rows of the page.
for (const box of document.querySelectorAll("[data-checks]")) {
  box.parentElement.hidden = false;
  box.addEventListener("change", () => {
    for (const row of document.querySelectorAll(`input.${box.dataset.checks}`)) row.checked = box.checked;
  });
}

// A file that is too large is told before it is sent.
const file = document.querySelector("input[type=file][data-most]");
if (file) {
  file.addEventListener("change", () => {
    const isTooLarge = file.files[0] && file.files[0].size > Number(file.dataset.most);
    file.setCustomValidity(isTooLarge ? `This file has more than ${file.dataset.most / 1e6} MB. Please split it.` : "");
    file.reportValidity();
  });
}

// Keys: Ctrl-Enter sends, / searches, n begins a text, Esc leaves the box.
addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && box && document.activeElement === box) box.form.requestSubmit();
  else if (event.key === "Escape" && typing) document.activeElement.blur();
  else if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
  else if (event.key === "n") location.href = `${hub}new`;
  else if (event.key === "/" && document.getElementById("search")) { event.preventDefault(); document.getElementById("search").focus(); }
});
