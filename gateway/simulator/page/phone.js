// The phone: what the server says is shown, what is pressed is sent. State lives on the server; only choices live here.

import { MicrophoneDenied, Sound } from "./sound.js";
import { WORDS } from "./words.js";

const byId = (id) => document.getElementById(id);
const HUES = [162, 205, 268, 24, 338, 48];
// Brazil, Uruguay, Portugal: how each writes a mobile number.
const NUMBER_SHAPES = [
  [/^(55)(\d\d)(\d{5})(\d{4})$/, "+$1 $2 $3-$4"],
  [/^(598)(\d\d)(\d{3})(\d{3})$/, "+$1 $2 $3 $4"],
  [/^(351)(\d{3})(\d{3})(\d{3})$/, "+$1 $2 $3 $4"],
];
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const QUIRKS = {
  duplicates: { duplicates: 1 },
  delay: { delay_s: 5 },
  batch: { batch_s: 1 },
  terminateFirst: { terminate_first: true },
  late: { late_s: 90 },
  ipv6: { unreachable_ipv6: true },
};

const chosen = { language: startLanguage(), customer: "", speech: "voice" };
let people = { customers: [], voices: [] };
let state = { calls: [], faults: [], webhook_verified: false, business: { name: "" } };
let link = "down";
let callId = null;
let talkedSince = null;
let sound = null;

function startLanguage() {
  const saved = localStorage.getItem("language");
  if (saved in WORDS) return saved;
  return navigator.language.startsWith("en") ? "en" : "pt-BR";
}

const words = () => WORDS[chosen.language];
const currentCall = () => state.calls.find((call) => call.id === callId);
const customerOf = (key) => people.customers.find((customer) => customer.key === key);
const initials = (name) => name.split(" ").map((part) => part[0]).slice(0, 2).join("");
const colourOf = (key) => `hsl(${HUES[people.customers.findIndex((c) => c.key === key) % HUES.length]} 45% 34%)`;

function numberOf(customer) {
  if (customer.phone === null) return `@${customer.username} · ${words().noNumber}`;
  for (const [shape, spaced] of NUMBER_SHAPES)
    if (shape.test(customer.phone)) return customer.phone.replace(shape, spaced);
  return `+${customer.phone}`;
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}

async function ask(method, path, body) {
  const options = { method, headers: { "Content-Type": "application/json" } };
  if (body !== undefined) options.body = JSON.stringify(body);
  const answer = await fetch(`sim/${path}`, options);
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.why ?? String(answer.status));
  return content;
}

// ---- what is pressed

async function call(buttonPayload = null) {
  byId("call").disabled = true;
  showProblem(null);
  const speaks = chosen.speech === "microphone";
  const body = { customer: chosen.customer, quirks: pickedQuirks() };
  if (buttonPayload !== null) body.quirks.cta_payload = buttonPayload;
  if (!speaks) body.voice = byId("voice").value;
  try {
    if (speaks || byId("listen").checked) {
      sound = await Sound.open(speaks, byId("speaker-sound"));
      body.browser_offer = sound.offer;
    }
    const placed = await ask("POST", "calls", body);
    callId = placed.id;
    if (placed.browser_answer) await sound.accept(placed.browser_answer);
    state.calls = [placed, ...state.calls.filter((other) => other.id !== placed.id)];
  } catch (error) {
    closeSound();
    showProblem(error instanceof MicrophoneDenied ? words().microphoneDenied : `${words().failed} ${error.message}`);
  }
  byId("call").disabled = false;
  render();
  if (callId !== null) byId("hang-up").focus();
}

/** The business calls: pick up, with the voice or the microphone that is chosen. */
async function accept() {
  byId("accept").disabled = true;
  const speaks = chosen.speech === "microphone";
  const body = {};
  if (!speaks) body.voice = byId("voice").value;
  try {
    if (speaks || byId("listen").checked) {
      sound = await Sound.open(speaks, byId("speaker-sound"));
      body.browser_offer = sound.offer;
    }
    const picked = await ask("POST", `calls/${callId}/accept`, body);
    if (picked.browser_answer) await sound.accept(picked.browser_answer);
  } catch {
    closeSound(); // it has stopped ringing, or there is no microphone: the state says what is
  }
  byId("accept").disabled = false;
}

function hangUp() {
  const live = currentCall();
  const declines = live?.direction === "outbound" && !live.accepted;
  ask("POST", `calls/${callId}/${declines ? "decline" : "hang_up"}`).catch(() => {});
}

/** A phone that the business calls shows it, unless it is in a call already. */
function takeUpIncoming() {
  if (callId !== null) return;
  const coming = state.calls.find((call) => call.direction === "outbound" && !call.ended);
  if (coming === undefined) return;
  callId = coming.id;
  chosen.customer = coming.customer;
  byId("voice").value = customerOf(coming.customer).voice;
}

function pickedQuirks() {
  const boxes = [...document.querySelectorAll("[data-quirk]")].filter((box) => box.checked);
  return Object.assign({}, ...boxes.map((box) => QUIRKS[box.dataset.quirk]));
}

function closeSound() {
  sound?.close();
  sound = null;
}

function back() {
  callId = null;
  byId("keypad").hidden = true;
  render();
}

const press = (digit) => ask("POST", `calls/${callId}/digit`, { digit }).catch(() => {});

// ---- what is shown

function render() {
  document.documentElement.lang = chosen.language;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = words()[element.dataset.word];
  for (const button of document.querySelectorAll("[data-language]"))
    button.setAttribute("aria-pressed", String(button.dataset.language === chosen.language));
  for (const button of document.querySelectorAll("[data-speech]"))
    button.setAttribute("aria-pressed", String(button.dataset.speech === chosen.speech));
  byId("voice-line").hidden = chosen.speech !== "voice";
  byId("microphone-line").hidden = chosen.speech === "voice";
  renderLink();
  renderContacts();
  renderFaults();
  renderMessages();
  const live = currentCall();
  byId("contacts-screen").hidden = live !== undefined;
  byId("call-screen").hidden = live === undefined;
  if (live !== undefined) renderCall(live);
}

function renderLink() {
  const now = link === "up" && !state.webhook_verified ? "waiting" : link;
  byId("light").dataset.state = now;
  byId("light").textContent = words().link[now];
}

function renderContacts() {
  for (const button of byId("contacts").children) {
    const customer = customerOf(button.dataset.customer);
    button.setAttribute("aria-checked", String(customer.key === chosen.customer));
    button.tabIndex = customer.key === chosen.customer ? 0 : -1;
    button.querySelector("small").textContent = numberOf(customer);
  }
  for (const option of byId("voice").options) {
    const voice = people.voices.find((one) => one.name === option.value);
    const owner = people.customers.find((customer) => customer.voice === voice.name);
    option.textContent = `${owner.name.split(" ")[0]} · ${words().languages[voice.language]}`;
  }
}

function renderCall(live) {
  const customer = customerOf(live.customer);
  const coming = live.phase === "calling" || live.phase === "ringing";
  const called = live.direction === "outbound" && coming;
  byId("accept").hidden = !called;
  if (called) byId("business").textContent = words().callsYou(state.business.name);
  else byId("business").textContent = coming ? words().calls(state.business.name) : state.business.name;
  byId("caller-name").textContent = customer.name;
  byId("caller-number").textContent = numberOf(customer);
  const avatar = byId("caller-avatar");
  avatar.textContent = initials(customer.name);
  avatar.style.background = colourOf(customer.key);
  avatar.classList.toggle("ringing", coming);
  byId("hang-up").hidden = live.ended;
  byId("back").hidden = !live.ended;
  byId("keys").hidden = live.ended;
  byId("keys").disabled = live.phase !== "accepted" || live.media.packets_out === 0;
  if (live.ended) byId("keypad").hidden = true;
  byId("keys").setAttribute("aria-expanded", String(!byId("keypad").hidden));
  byId("status").dataset.phase = live.phase;
  byId("detail").textContent = detailOf(live);
  talkedSince = live.phase === "accepted" ? Date.now() - live.talked_s * 1000 : null;
  renderStatus();
}

function detailOf(live) {
  if (live.ended_by === "business" && !live.accepted && live.direction === "outbound") return words().endedBusinessGaveUp;
  if (live.ended_by === "business" && !live.accepted) return words().endedBusinessUnanswered;
  if (live.ended) return words().endedBy[live.ended_by];
  return live.phase === "accepted" && live.media.packets_in === 0 ? words().waitingForSound : "";
}

function renderStatus() {
  const live = currentCall();
  if (live === undefined) return;
  let text = words()[live.phase];
  if (talkedSince !== null) text = words().talking(clock((Date.now() - talkedSince) / 1000));
  else if (live.ended && live.accepted) text = words().endedWith(clock(live.talked_s));
  if (byId("status").textContent !== text) byId("status").textContent = text;
}

/** What the business sent to the chosen customer, and what that customer allows it. */
function renderMessages() {
  const phone = state.phones?.[chosen.customer];
  if (phone === undefined) return;
  const until = phone.until === null ? "" : new Date(phone.until * 1000).toLocaleString(chosen.language);
  byId("permission").textContent = words().permission[phone.permission](until);
  byId("permission").dataset.state = phone.permission;
  byId("profile").textContent = phone.permission === "no_permission" ? words().profileAllow : words().profileRevoke;
  byId("profile").dataset.calls = phone.permission === "no_permission" ? "allow" : "revoke";
  const shown = JSON.stringify([chosen, phone.messages]);
  if (byId("messages").dataset.shown === shown) return; // a button must not vanish under the pointer
  byId("messages").dataset.shown = shown;
  byId("messages").replaceChildren(...[...phone.messages].reverse().map(messageRow));
}

function messageRow(message) {
  const row = document.createElement("li");
  row.dataset.testid = "message";
  row.dataset.kind = message.kind;
  const title = document.createElement("strong");
  title.textContent = words().messageKinds[message.kind] ?? message.kind;
  const text = document.createElement("p");
  text.textContent = message.text;
  row.append(title, text);
  if (message.kind === "permission_request") row.append(answerButtons(message));
  if (message.kind === "call_button") row.append(button(message.label ?? words().call, "press-call-button", () => call(message.payload)));
  return row;
}

function answerButtons(message) {
  const line = document.createElement("div");
  line.className = "line";
  for (const answer of ["allow", "always", "decline"]) {
    const one = button(words().answers[answer], `answer-${answer}`, () =>
      ask("POST", `customers/${chosen.customer}/messages/${message.id}/answer`, { answer }).catch(() => {}),
    );
    one.disabled = !message.alive;
    one.setAttribute("aria-pressed", String(message.answer === answer));
    line.append(one);
  }
  return line;
}

function button(text, testid, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "soft";
  made.textContent = text;
  made.dataset.testid = testid;
  made.addEventListener("click", () => press());
  return made;
}

function useProfile() {
  ask("POST", `customers/${chosen.customer}/profile`, { calls: byId("profile").dataset.calls }).catch(() => {});
}

function write() {
  ask("POST", `customers/${chosen.customer}/write`, { text: words().hello }).catch(() => {});
}

function renderFaults() {
  const rows = [...state.faults].reverse().map((fault) => {
    const row = document.createElement("li");
    row.dataset.testid = "fault";
    row.dataset.kind = fault.kind;
    const title = document.createElement("strong");
    title.textContent = words().kinds[fault.kind] ?? fault.kind;
    const small = document.createElement("small");
    const at = new Date(fault.at).toLocaleTimeString(chosen.language);
    small.textContent = [fault.words, at, fault.times > 1 ? words().times(fault.times) : ""].filter(Boolean).join(" · ");
    row.append(title, small);
    return row;
  });
  byId("faults").replaceChildren(...rows);
  byId("faults").hidden = rows.length === 0;
  byId("no-faults").hidden = rows.length > 0;
  byId("clear").hidden = rows.length === 0;
}

function showProblem(text) {
  byId("problem").hidden = text === null;
  byId("problem").textContent = text ?? "";
}

// ---- the start

function choose(customerKey) {
  chosen.customer = customerKey;
  byId("voice").value = customerOf(customerKey).voice;
  render();
}

function buildContacts() {
  for (const customer of people.customers) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "contact";
    button.setAttribute("role", "radio");
    button.dataset.customer = customer.key;
    button.dataset.testid = `customer-${customer.key}`;
    const avatar = document.createElement("span");
    avatar.className = "avatar";
    avatar.style.background = colourOf(customer.key);
    avatar.textContent = initials(customer.name);
    avatar.setAttribute("aria-hidden", "true");
    const text = document.createElement("span");
    const name = document.createElement("strong");
    name.textContent = customer.name;
    text.append(name, document.createElement("small"));
    const mark = document.createElement("span");
    mark.className = "mark";
    mark.setAttribute("aria-hidden", "true");
    button.append(avatar, text, mark);
    button.addEventListener("click", () => choose(customer.key));
    byId("contacts").append(button);
  }
  byId("contacts").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const keys = people.customers.map((customer) => customer.key);
    choose(keys[(keys.indexOf(chosen.customer) + step + keys.length) % keys.length]);
    byId("contacts").querySelector('[aria-checked="true"]').focus();
  });
  for (const voice of people.voices) byId("voice").add(new Option(voice.name, voice.name));
}

function buildKeypad() {
  for (const digit of KEYS) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = digit;
    button.dataset.testid = `key-${digit}`;
    button.addEventListener("click", () => press(digit));
    byId("keypad").append(button);
  }
}

function follow() {
  const events = new EventSource("sim/events");
  events.onopen = () => {
    link = "up";
  };
  events.onmessage = ({ data }) => {
    state = JSON.parse(data);
    link = "up";
    takeUpIncoming();
    const live = currentCall();
    if (live?.ended) closeSound();
    render();
  };
  events.onerror = () => {
    link = "down";
    render();
  };
}

async function start() {
  byId("call").addEventListener("click", () => call());
  byId("hang-up").addEventListener("click", hangUp);
  byId("accept").addEventListener("click", accept);
  byId("back").addEventListener("click", back);
  byId("keys").addEventListener("click", () => {
    byId("keypad").hidden = !byId("keypad").hidden;
    render();
  });
  byId("write").addEventListener("click", write);
  byId("profile").addEventListener("click", useProfile);
  byId("clear").addEventListener("click", () => ask("DELETE", "faults"));
  for (const button of document.querySelectorAll("[data-speech]"))
    button.addEventListener("click", () => {
      chosen.speech = button.dataset.speech;
      render();
    });
  for (const button of document.querySelectorAll("[data-language]"))
    button.addEventListener("click", () => {
      chosen.language = button.dataset.language;
      localStorage.setItem("language", chosen.language);
      render();
    });
  people = await ask("GET", "customers");
  buildContacts();
  buildKeypad();
  choose(people.customers[0].key);
  setInterval(renderStatus, 250);
  follow();
}

start();
