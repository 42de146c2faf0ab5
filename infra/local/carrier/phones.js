// Show the phones and update them; texts are always set as text, never as markup.

const SHOWN_PHONES = 40;
const SHOWN_TEXTS = 60;
const UPDATE_INTERVAL = 200; // ms: a broadcast makes many changes in a short time

const KINDS = {
  refuse: { says: "refuse to send", needs: "code", usual: 21610 },
  delay: { says: "respond late", needs: "seconds" },
  stay_queued: { says: "keep in the queue", needs: "seconds" },
  drop_answer: { says: "drop the response" },
  undelivered: { says: "do not deliver", needs: "code", usual: 30003 },
  failed: { says: "fail at once", needs: "code", usual: 30007 },
  lose_receipts: { says: "lose the receipts" },
  double_receipts: { says: "double the receipts" },
  reorder_receipts: { says: "reverse the receipts" },
  late_receipts: { says: "receipts come late", needs: "seconds" },
  lose_inbound: { says: "lose replies" },
  double_inbound: { says: "double replies" },
  campaign_rate: { says: "segments a second, at most", needs: "segments", usual: 1 },
  campaign_cap: { says: "segments a day, at most", needs: "segments", usual: 200 },
};

const ON_ITS_WAY = ["scheduled", "accepted", "queued", "sending"];

const $ = (selector, within = document) => within.querySelector(selector);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const phones = new Map();
let faults = {};

function element(tag, className, text, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  node.append(...children);
  return node;
}

function readable(number) {
  return number.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, "+1 $1 $2 $3").replaceAll(" ", "\u00a0");
}

function e164(number) {
  return number.replace(/[^+\d]/g, "");
}

async function call(method, path, body) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const document = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(document.error ?? `the carrier responded with ${answer.status}`);
  return document;
}

// Show the error of a submitted form on the form; `act` clears the form after a success.
function onSubmit(form, problem, act) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = $("button", form);
    button.disabled = true;
    problem.hidden = true;
    try {
      await act(new FormData(form));
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}

const ours = (text) => (text.direction === "inbound" ? text.to : text.from);

function makePhone(number) {
  const phone = $("#phone").content.firstElementChild.cloneNode(true);
  const form = $("form", phone);
  const box = $("textarea", phone);
  phone.setAttribute("aria-label", `Phone ${number}`);
  $("ol", phone).setAttribute("aria-label", `Conversation of ${number}`);
  box.setAttribute("aria-label", `Text from ${number}`);
  phone.classList.add("fresh");
  onSubmit(form, $(".problem", phone), async (fields) => {
    await call("POST", `/phones/${number}/replies`, { to: fields.get("to"), body: fields.get("body") });
    box.value = "";
    box.focus();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  return phone;
}

function facts(text) {
  const line = element("div", "fact", clock.format(new Date(text.at)));
  const parts = text.num_segments > 1 ? ` · ${text.num_segments} parts` : "";
  const add = (className, shown, said) => {
    const mark = element("span", className, shown);
    mark.setAttribute("aria-hidden", "true");
    line.append(parts, " ", mark, element("span", "said", said));
  };
  if (text.direction === "inbound") {
    const answered = { pending: "…", lost: "lost", "no answer": "the service did not respond" };
    if (/^2\d\d$/.test(text.webhook)) add("good", "✓✓", "received by the service");
    else {
      const said = answered[text.webhook] ?? `the service responded with ${text.webhook}`;
      add(text.webhook === "pending" ? "" : "bad", said, said);
    }
  } else if (text.direction === "outbound-reply") add("", "answered by the carrier", "answered by the carrier");
  else if (ON_ITS_WAY.includes(text.status)) add("", "○", text.status);
  else if (text.status === "sent") add("", "✓", "sent");
  else if (text.status === "delivered") add("good", "✓✓", "delivered");
  else if (text.status === "canceled") add("", "canceled", "canceled");
  else {
    const said = `${text.status}: ${text.error_message} (${text.error_code})`;
    add("bad", said, said);
  }
  const refused = text.receipts.filter(({ answer }) => !/^2\d\d$/.test(answer));
  if (refused.length) {
    const answers = refused.map(({ status, answer }) => `${status} → ${answer}`).join(", ");
    line.append(element("div", "bad", `receipt: ${answers}`));
  }
  return line;
}

function bubble(text) {
  const lost = ["undelivered", "failed", "canceled"].includes(text.status) || text.webhook === "lost";
  const made = element("li", `bubble${text.direction === "inbound" ? " mine" : ""}${lost ? " lost" : ""}`);
  const body = element("div", "body", text.body);
  body.dir = "auto";
  for (const url of text.media) body.append(element("div", "media", `📎 ${url}`));
  const speaker = element("span", "said", text.direction === "inbound" ? "From this phone: " : "Received: ");
  made.append(speaker, body, facts(text));
  return made;
}

function refusal(refused) {
  const started = [...refused.body].slice(0, 40).join("");
  const shown = started.length < refused.body.length ? `${started}…` : started;
  const at = clock.format(new Date(refused.at));
  const made = element("li", "refused", `Refused at ${at}: ${refused.message} (${refused.code})`);
  made.append(document.createElement("br"), element("bdi", "", `“${shown}”`));
  return made;
}

function rows(phone) {
  const seen = [
    ...phone.conversation.map((text) => ({ at: text.at, key: text.sid, ours: ours(text), text })),
    ...phone.refusals.map((refused, i) => ({ at: refused.at, key: `${refused.at}#${i}`, ours: refused.from, refused })),
  ].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const several = new Set(seen.map((row) => row.ours)).size > 1;
  return seen.flatMap((row, i) =>
    several && seen[i - 1]?.ours !== row.ours ? [{ key: `with ${row.key}`, with: row.ours }, row] : [row],
  );
}

function makeRow(row) {
  if (row.text) return bubble(row.text);
  if (row.refused) return refusal(row.refused);
  return element("li", "divider", `with ${readable(row.with)}`);
}

function showPhone(phone, numbers) {
  const known = phones.get(phone.number);
  const article = known ?? makePhone(phone.number);
  if (!known) phones.set(phone.number, article);
  const list = $("ol", article);
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;

  const before = new Map([...list.children].map((row) => [row.dataset.key, row]));
  rows(phone).forEach((row, i) => {
    const content = JSON.stringify(row);
    let shown = before.get(row.key);
    if (shown?.content !== content) {
      const fresh = makeRow(row);
      fresh.dataset.key = row.key;
      fresh.content = content;
      shown?.replaceWith(fresh);
      shown = fresh;
    }
    before.delete(row.key);
    if (list.children[i] !== shown) list.insertBefore(shown, list.children[i] ?? null);
  });
  before.forEach((row) => row.remove());
  if (atEnd || !known) requestAnimationFrame(() => (list.scrollTop = list.scrollHeight));

  const spoken = [...new Set(phone.conversation.map(ours).reverse())];
  const choices = spoken.length ? spoken : numbers;
  const blocks = phone.blocks.length ? ` · blocks ${phone.blocks.map(readable).join(", ")}` : "";
  $("footer", article).textContent = readable(phone.number) + blocks;
  $(".with", article).textContent = spoken.length ? readable(spoken[0]) : "no texts";
  const select = $("select[name=to]", article);
  if (select.dataset.choices !== choices.join()) {
    select.dataset.choices = choices.join();
    select.replaceChildren(...choices.map((number) => new Option(`to ${readable(number)}`, number)));
  }
  select.hidden = choices.length < 2;
  return article;
}

function showPhones(state) {
  const place = $("#phones");
  const current = new Set(state.phones.map((phone) => phone.number));
  for (const [number, article] of phones) {
    if (current.has(number)) continue;
    article.remove();
    phones.delete(number);
  }
  // A shown phone keeps its place, so that its text box does not move while someone types.
  for (const phone of state.phones.toReversed()) {
    const article = showPhone(phone, state.numbers);
    if (!article.isConnected) place.prepend(article);
  }
  $("#empty").hidden = state.phones.length > 0;
  $("#no-inbound").hidden = Boolean(state.inbound_url);
  const full = state.phones.length === SHOWN_PHONES;
  $("#some-hidden").hidden = !full;
  $("#some-hidden").textContent = `Only the ${SHOWN_PHONES} most recently used phones are shown.`;
}

function showChoices(state) {
  const options = (list, made) => {
    const key = made.map((option) => option.value).join();
    if (list.dataset.key === key) return;
    const chosen = list.value;
    list.dataset.key = key;
    list.replaceChildren(...made);
    if (chosen) list.value = chosen;
  };
  options($("#numbers"), state.numbers.map((number) => new Option(readable(number), number)));
  const numbers = state.phones.map((phone) => phone.number).sort();
  const all = new Option("all phones", "all");
  options($("#new-fault [name=who]"), [all, ...numbers.map((number) => new Option(readable(number), number))]);
  const to = $("#new-phone [name=to]");
  if (!to.value && state.numbers.length === 1 && document.activeElement !== to) to.value = state.numbers[0];
}

function describe(who, kind, fault) {
  const details = [fault.code, fault.segments, fault.seconds !== undefined ? `${fault.seconds} s` : undefined];
  const left = fault.times ? `, ${fault.times} more` : "";
  const whose = who === "all" ? "All" : readable(who);
  return `${whose}: ${[KINDS[kind].says, ...details].filter((part) => part !== undefined).join(" ")}${left}`;
}

function showFaults() {
  const entries = Object.entries(faults).flatMap(([who, set]) =>
    Object.entries(set).map(([kind, fault]) => {
      const says = describe(who, kind, fault);
      const remove = element("button", "", "×");
      remove.type = "button";
      remove.setAttribute("aria-label", `Remove ${says}`);
      remove.addEventListener("click", () => {
        const { [kind]: _, ...rest } = faults[who] ?? {};
        void call("PUT", `/faults/${who}`, rest);
      });
      return element("li", "", undefined, element("span", "", says), remove);
    }),
  );
  $("#faults").replaceChildren(...entries);
  $("#calm").hidden = entries.length > 0;
}

function startForms() {
  const newPhone = $("#new-phone");
  onSubmit(newPhone, $(".problem", newPhone), async (fields) => {
    const phone = e164(fields.get("phone"));
    await call("POST", `/phones/${phone}/replies`, { to: e164(fields.get("to")), body: fields.get("body") });
    newPhone.elements.phone.value = newPhone.elements.body.value = "";
  });

  const newFault = $("#new-fault");
  const { kind, code, seconds, segments, times, who } = newFault.elements;
  kind.append(...Object.entries(KINDS).map(([name, { says }]) => new Option(says, name)));
  const fit = () => {
    const { needs, usual } = KINDS[kind.value];
    for (const input of [code, seconds, segments]) {
      const wanted = input.name === needs;
      input.closest("label").hidden = !wanted;
      input.disabled = !wanted;
    }
    if (usual) newFault.elements[needs].value = usual;
  };
  kind.addEventListener("change", fit);
  fit();
  onSubmit(newFault, $(".problem", newFault), async () => {
    const fault = {};
    if (!code.disabled) fault.code = code.valueAsNumber;
    if (!seconds.disabled) fault.seconds = seconds.valueAsNumber;
    if (!segments.disabled) fault.segments = segments.valueAsNumber;
    if (times.value) fault.times = times.valueAsNumber;
    await call("PUT", `/faults/${who.value}`, { ...faults[who.value], [kind.value]: fault });
  });

  const narrow = matchMedia("(max-width: 52rem)");
  for (const card of document.querySelectorAll(".card")) card.open = !narrow.matches;
}

function say(alive) {
  $("#live").textContent = alive ? "live" : "no connection to the carrier; trying again";
  $("#live").className = `live ${alive ? "on" : "off"}`;
}

async function follow() {
  for (;;) {
    try {
      const state = await call("GET", `/phones?limit=${SHOWN_PHONES}&last=${SHOWN_TEXTS}`);
      showPhones(state);
      showChoices(state);
      if (JSON.stringify(state.faults) !== JSON.stringify(faults)) {
        faults = state.faults;
        showFaults();
      }
      say(true);
      await sleep(UPDATE_INTERVAL);
      await call("GET", `/changes?after=${state.version}&wait=20`);
    } catch (error) {
      console.warn(error);
      say(false);
      await sleep(1000);
    }
  }
}

startForms();
void follow();
