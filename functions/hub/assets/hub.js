// Makes the pages live: the preview of a text as it is typed, new replies, keys, and words that are never lost.
"use strict";

const hub = document.currentScript.dataset.up;
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
const find = (id) => document.getElementById(id);
const box = find("body");
const ours = `typed ${document.currentScript.dataset.of} `;
const place = `${ours}${location.pathname}`;
const edited = box && "edited" in box.dataset; // words that exist: what was typed is in their place
const ids = ["to", "client", "body", "at", ...(edited ? ["name", "subject", "shortcut"] : [])];
const kept = ids.map(find).filter(Boolean);
const button = find("send");

// What is typed stays in this tab until it is sent, also after a lost session. A copy of it stays in the browser for the
// next tab: that of a mailed link, or the one after a crash. It goes when the words are sent, or the person signs out.
function keepTyped(name, words, places = [sessionStorage, localStorage]) {
  for (const each of places) {
    if (words) each.setItem(name, words);
    else each.removeItem(name);
  }
}
const copies = () => Object.keys(localStorage).filter((name) => name.startsWith(ours));
if (sessionStorage.getItem("tab of") !== ours) {
  for (const name of copies()) if (sessionStorage.getItem(name) === null) sessionStorage.setItem(name, localStorage.getItem(name));
  sessionStorage.setItem("tab of", ours);
}
document.querySelector("form[action$=sign-out]")?.addEventListener("submit", () => {
  for (const name of copies()) {
    localStorage.setItem(name, ""); // so that other tabs do not take the end for a sent text
    localStorage.removeItem(name);
  }
});
if (box) {
  const here = new URL(location.href);
  const sent = here.searchParams.get("sent"); // the page on which it was typed, or this one
  if (sent) {
    const from = sent === "1" ? place : `${ours}${new URL(hub + sent, here).pathname}`;
    for (const id of ids) keepTyped(`${from} ${id}`, "");
  }
  for (const name of ["sent", "body", "template"]) here.searchParams.delete(name);
  history.replaceState(null, "", here);
  for (const field of kept) {
    const name = `${place} ${field.id}`;
    const before = sessionStorage.getItem(name) || "";
    const keep = (event) => { // a field that was only shown changes no copy
      const isSaved = edited && !find("wrong") && field.value === field.defaultValue;
      keepTyped(name, isSaved ? "" : field.value, event ? undefined : [sessionStorage]);
      if (find("unsaved")) find("unsaved").hidden = kept.every((one) => ["to", "client"].includes(one.id) || one.value === one.defaultValue);
    };
    if (!field.value || (edited && before && !find("wrong"))) field.value = before;
    else if (field === box && !field.value.includes(before)) field.value = before.includes(field.value) ? before : `${before}\n${field.value}`;
    keep();
    field.addEventListener("input", keep);
  }
  addEventListener("storage", (event) => { // sent in another tab
    const field = kept.find((one) => event.key === `${place} ${one.id}`);
    if (!field || event.newValue !== null || field.value !== event.oldValue) return;
    field.value = field.defaultValue;
    sessionStorage.removeItem(event.key);
  });
  box.form.addEventListener("submit", (event) => { if (event.submitter === button) button.disabled = true; });
  addEventListener("pageshow", () => { button.disabled = false; });
}

// A note is kept too. While an answer is being typed, the others who have the conversation open see by whom.
const note = find("note");
if (note) {
  const name = `${place} note`;
  const here = new URL(location.href);
  if (here.searchParams.has("noted")) keepTyped(name, "");
  here.searchParams.delete("noted");
  history.replaceState(null, "", here);
  note.value ||= sessionStorage.getItem(name) || "";
  note.addEventListener("input", () => keepTyped(name, note.value));
}
const live = document.querySelector("[data-newest]");
let said = 0;
if (box && live?.dataset.with) {
  box.addEventListener("input", () => {
    if (Date.now() - said < 8000) return;
    said = Date.now();
    const body = new URLSearchParams({ token: box.form.elements.token.value });
    fetch(`${hub}messages/${live.dataset.with}/typing`, { method: "POST", body }).catch(() => null);
  });
}

// A chosen time is never overlooked: the button says the day and time, as soon as the service has said which day that is.
const at = find("at");
function sayWhen(answer) {
  const when = answer?.querySelector("[data-when]")?.dataset.when;
  if (at) button.textContent = !at.value ? "Send" : when ? `Send ${when}` : "Send later";
}
if (at) {
  at.addEventListener("input", () => sayWhen(null));
  if (at.value) at.closest("details").open = true;
  sayWhen(find("answer"));
}

// The last of several questions to the service is asked when nothing was typed for a moment, and only its answer counts.
function asker(ask, wait) {
  let timer, last = 0;
  return () => {
    clearTimeout(timer);
    const mine = ++last;
    timer = setTimeout(async () => {
      const answer = await ask().catch(() => null);
      if (mine === last && answer && answer.parts) answer.at.replaceChildren(...answer.parts);
      if (mine === last && answer && answer.after) answer.after();
    }, wait);
  };
}
// An error is none, nor is the sign-in of an ended session.
function isPage(answer) { return answer.ok && !answer.redirected; }
async function parts(answer) {
  if (!isPage(answer)) return [];
  return [...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes];
}

// Merge fields and canned replies are put in at the caret, or at the end of a box that was not touched.
const text = box || find("words");
if (text?.matches("textarea")) {
  let touched = false;
  text.addEventListener("focus", () => { touched = true; });
  const put = (words, start, end) => {
    text.setRangeText(words, start, end, "end");
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const putIn = (words) => put(words, touched ? text.selectionStart : text.value.length, touched ? text.selectionEnd : text.value.length);
  for (const field of document.querySelectorAll("[data-insert]")) {
    const pick = Object.assign(document.createElement("button"), { type: "button", className: "second", textContent: field.dataset.label, title: field.dataset.insert, dir: "auto" });
    pick.addEventListener("click", () => putIn(field.dataset.insert));
    field.replaceChildren(pick);
  }
  const canned = [...document.querySelectorAll("[data-shortcut]")];
  for (const reply of canned) {
    reply.addEventListener("click", (event) => { event.preventDefault(); reply.closest("details").open = false; putIn(reply.dataset.words); });
  }
  text.addEventListener("keydown", (event) => {
    if (![" ", "Tab", "Enter"].includes(event.key) || event.ctrlKey || event.metaKey || event.shiftKey || event.isComposing) return;
    const typed = /(?:^|\s)\/([a-z0-9_-]+)$/i.exec(text.value.slice(0, text.selectionStart));
    const reply = typed && canned.find((each) => each.dataset.shortcut === typed[1].toLowerCase());
    if (!reply) return;
    event.preventDefault();
    put(reply.dataset.words, text.selectionStart - typed[1].length - 1, text.selectionEnd);
  });
}

// Clients are found as one types a name.
const to = find("to");
const choices = find("choices");
if (to && choices) {
  const client = find("client");
  let marked = -1;
  to.setAttribute("role", "combobox");
  to.setAttribute("aria-autocomplete", "list");
  to.setAttribute("aria-controls", "choices");
  const mark = (index) => {
    const all = [...choices.children];
    marked = all.length ? (index + all.length) % all.length : -1;
    all.forEach((each, place) => each.setAttribute("aria-selected", place === marked));
    if (marked < 0) to.removeAttribute("aria-activedescendant");
    else { to.setAttribute("aria-activedescendant", all[marked].id); all[marked].scrollIntoView({ block: "nearest" }); }
  };
  const open = (is) => { choices.hidden = !is; to.setAttribute("aria-expanded", is); if (!is) mark(-choices.children.length - 1); };
  const pick = (choice) => {
    to.value = choice.dataset.to;
    client.value = choice.dataset.client;
    for (const field of [client, to]) field.dispatchEvent(new CustomEvent("input", { bubbles: true }));
    choices.replaceChildren();
    open(false);
    box.focus();
  };
  const suggest = asker(async () => {
    const answer = await fetch(`${hub}suggest?q=${encodeURIComponent(to.value)}`);
    return { at: choices, parts: (await parts(answer)).filter((part) => part.tagName), after: () => { marked = -1; open(choices.children.length > 0 && document.activeElement === to); } };
  }, 150);
  open(false);
  to.addEventListener("input", (event) => { if (event.isTrusted) { client.value = ""; client.dispatchEvent(new CustomEvent("input")); suggest(); } });
  to.addEventListener("blur", () => open(false));
  choices.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    if (event.target.closest("li")) pick(event.target.closest("li"));
  });
  to.addEventListener("keydown", (event) => {
    if (choices.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); mark(event.key === "ArrowDown" ? marked + 1 : Math.max(marked, 0) - 1); }
    else if (event.key === "Enter" && marked >= 0) { event.preventDefault(); pick(choices.children[marked]); }
    else if (event.key === "Escape") { event.stopPropagation(); open(false); }
  });
}

// A form says what it amounts to as it is filled in; a button named preview asks the same for another client or time.
const asks = document.querySelector("form[data-asks]");
if (asks) {
  let pressed = null, turn = 0, typed = false;
  const ask = asker(async () => {
    const body = new URLSearchParams(new FormData(asks, pressed));
    const answer = box && !box.value.trim() ? null : await fetch(asks.dataset.asks, { method: "POST", body });
    return { at: find("answer"), parts: answer ? await parts(answer) : [], after: () => { typed &&= answer && !isPage(answer); sayWhen(find("answer")); } };
  }, 300);
  asks.addEventListener("input", (event) => { if (!find("answer").contains(event.target)) { pressed = null; typed = true; ask(); } });
  // A form that keeps what is typed says which request of the page it is, as a request can be overtaken by the next one.
  asks.addEventListener("formdata", (event) => { if (event.formData.has("turn")) event.formData.set("turn", ++turn); });
  addEventListener("pagehide", () => { if (typed && asks.elements.turn) navigator.sendBeacon(asks.dataset.asks, new URLSearchParams(new FormData(asks))); });
  asks.addEventListener("submit", (event) => {
    typed = false;
    if (event.submitter?.name !== "preview") return;
    event.preventDefault();
    pressed = event.submitter;
    ask();
  });
  if (box && !find("wrong")) ask(); // of words that were kept; a refusal stands there already
}

// New replies appear by themselves, while the page is visible. Nothing that a person reads or types is moved.
let failures = 0;
let patience = 24; // how often the state of a text that is on its way is looked at
function say(what) {
  for (const line of find("live").children) line.hidden = line.dataset.when !== what;
}
async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(`${hub}newest?after=${live.dataset.newest}&with=${live.dataset.with || ""}`);
    if (answer.redirected) { say("ended"); return; }
    if (!answer.ok) throw new Error(answer.status);
    failures = 0;
    say("");
    const underway = document.querySelector("[data-moves]") || (document.querySelector("article.out:is(.accepted, .queued, .sending, .sent)") && patience-- > 0);
    if (answer.status !== 200 && !underway) return;
    const newest = (await answer.text()) || live.dataset.newest;
    // The address is that of a form if the page shows a refusal.
    const whole = await fetch(live.dataset.with ? `${hub}messages/${live.dataset.with}${location.search}` : location.href);
    if (!isPage(whole)) throw new Error(whole.status);
    const page = new DOMParser().parseFromString(await whole.text(), "text/html");
    let isWhole = true; // else the rest is asked for again
    for (const part of ["rows", "none", "bubbles", "tabs", "notice", "assigned", "pages", "progress", "steer", "results", "replies"]) {
      const [old, fresh] = [find(part), page.getElementById(part)];
      if (old && fresh) isWhole = refresh(old, fresh) && isWhole;
    }
    const reply = document.querySelector("form.reply"); // gone after a STOP
    const isGone = !page.querySelector("form.reply");
    if (reply && reply.hidden !== isGone && reply.contains(document.activeElement)) isWhole = false;
    else if (reply) reply.hidden = isGone;
    if (isWhole) live.dataset.newest = newest;
    document.title = page.title;
  } catch { if (++failures === 2) say("lost"); }
}
if (live) setInterval(look, 5000);

// A field or an open menu that somebody uses is left as it is. Of the rest, what has the focus has it afterwards too.
function refresh(old, fresh) {
  const active = old.contains(document.activeElement) ? document.activeElement : null;
  if (active?.matches("input, select, textarea") || active?.closest("details[open]")) return false;
  renew(old, fresh);
  if (active && !active.isConnected) [...old.querySelectorAll(active.localName)].find((one) => isSame(one, active))?.focus({ preventScroll: true });
  return true;
}
function isSame(one, other) {
  return one.matches("a") ? one.href === other.href : one.name === other.name && one.value === other.value && one.textContent === other.textContent;
}

// Only what differs is replaced, so that a screen reader reads a new reply alone. The oldest bubbles may be gone.
function renew(old, fresh) {
  const parts = [...fresh.children];
  const first = fresh.querySelector("article");
  const gone = [...old.querySelectorAll("article")].findIndex((part) => first && part.isEqualNode(first));
  for (let left = gone; left > 0; left--) old.querySelector("article").remove();
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
    if (answer.status === 429) throw new Error(answer.status); // the service asks to wait
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [old, fresh] = [document, page].map((each) => each.getElementById("work"));
    if (!fresh && answer.ok) { location.href = answer.url; return; }
    if (!fresh) { form.requestSubmit(); return; } // the page of the error is shown
    const stands = fresh.querySelector("progress")?.value === old.querySelector("progress").value;
    renew(old, fresh);
    document.title = page.title;
    setTimeout(goOn, stands ? 2000 : 0);
  } catch { setTimeout(goOn, 5000); }
}
goOn();

// The open conversation is in sight in the list.
document.querySelector("#rows [aria-current]")?.scrollIntoView({ block: "nearest" });

// A link that would leave a form presses a button of it instead, which keeps what was ticked.
for (const link of document.querySelectorAll("a[data-presses]")) {
  link.addEventListener("click", (event) => {
    const kept = find(link.dataset.presses);
    if (!kept || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    kept.click();
  });
}

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

// A page that takes longer than a moment shows that it is on its way.
addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || link.target || link.hash || link.hasAttribute("download") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  setTimeout(() => document.body.setAttribute("aria-busy", "true"), 300);
  setTimeout(rest, 10000); // a link to a file leaves the page as it is
});
function rest() { document.body.removeAttribute("aria-busy"); }
addEventListener("pageshow", rest);

// Keys: Ctrl-Enter sends, / searches, n begins a text, r answers, arrows move in the list, ? shows the keys, Esc leaves a field.
const keys = find("keys");
addEventListener("keydown", (event) => {
  const active = document.activeElement;
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(active.tagName);
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && box && active === box) box.form.requestSubmit(button);
  else if (event.key === "Escape" && typing) active.blur();
  else if (event.ctrlKey || event.metaKey || event.altKey || typing || (keys && keys.open)) return;
  else if (event.key === "Escape" && document.querySelector(".back")) location.href = document.querySelector(".back").href;
  else if (event.key === "r" && document.querySelector("form.reply:not([hidden])")) { event.preventDefault(); box.focus(); }
  else if (event.key === "n") location.href = `${hub}new`;
  else if (event.key === "?" && keys) keys.showModal();
  else if (event.key === "/" && find("search")) { event.preventDefault(); find("search").focus(); }
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const rows = [...document.querySelectorAll("#rows a")];
    const here = rows.indexOf(active);
    if (!rows.length || (here < 0 && active !== document.body)) return;
    event.preventDefault();
    rows[Math.min(rows.length - 1, Math.max(0, here + (event.key === "ArrowDown" ? 1 : -1)))].focus();
  }
});
