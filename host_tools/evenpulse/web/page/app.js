// The page: what the frames tell goes to its parts, what hands do goes to the device.

import { Body } from "./body.js";
import { Keys } from "./keys.js";
import { Link } from "./link.js";
import { draw as drawOled } from "./oled.js";
import { CLOCKS_PER_US, SPANS_US, Scope, time } from "./scope.js";
import { paragraphs } from "./story.js";

const $ = (id) => document.getElementById(id);
const base = new URL(".", import.meta.url);
const LANES = ["CH1_A", "CH1_B", "CH2_A", "CH2_B", "HV_EN", "INTERLOCK_N"];
const FACTORS = [0, 0.001, 0.01, 0.1, 0.5, 1, 2, 4];
const LIMITED = 0.9, BEEP_HZ = 2400, KEPT_RECORDS = 200;
const FAULTS = [
  ["fault_cpu", "freeze_cpu", { for_ms: 1000 }], ["fault_leg", "stuck_high", { pin: "CH1_A", for_ms: 20 }],
  ["fault_adc", "adc_stuck", { channel: 1, mv: 0, for_ms: 200 }], ["fault_current", "overcurrent", {}],
  ["fault_forged", "forged", {}],
];
// Of a journal's fields: units that are shown, times that are days, and those whose values are words.
const UNITS = ["s", "mA", "%"], DAYS = ["was_s", "told_s"], WORDS = ["cause", "what", "stage", "skin"];
let words = {}, english = {};
// the records that the page shows, to say them in another language
const written = [];

function t(key, ...values) {
  const text = own(key) ?? key;
  return values.reduce((found, value, n) => found.replaceAll(`{${n}}`, value), text);
}

function own(key) {
  return words[key] ?? english[key];
}

const link = new Link();
const keys = new Keys($("keys"), link, $("latch"));
const body = new Body($("figure"), $("loads"), link, t);
const scope = new Scope($("scope"), t);

async function load(language) {
  return (await fetch(new URL(`words.${language}.json`, base))).json();
}

async function speak(language) {
  words = await load(language);
  document.documentElement.lang = language;
  for (const one of document.querySelectorAll("[data-t]")) one.textContent = t(one.dataset.t);
  $("oled").setAttribute("aria-label", t("screen"));
  $("scope").setAttribute("aria-label", t("scope_label"));
  $("pace").replaceChildren(...FACTORS.map((one) => new Option(one ? `${one < 0.1 ? `1/${1 / one}` : one} ×` : t("paused"), one)));
  $("faults").replaceChildren(...FAULTS.map(([key, act, parameters]) => button(t(key, parameters.pin ?? parameters.channel), () => link.act(act, parameters))));
  triggers();
  if (link.now.board) {
    build(link.now);
    const journal = written.splice(0);
    $("journal").replaceChildren();
    show(link.now, { ...link.now, journal }, true);
  }
}

function button(text, act) {
  const made = document.createElement("button");
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

function triggers() {
  const before = $("trigger").value;
  const edges = scope.lanes.map(({ role }) => new Option(`${role} ↑`, role));
  const flows = scope.flows.map((_, n) => new Option(`CH${n + 1} mA`, `ch${n + 1}`));
  $("trigger").replaceChildren(new Option(t("none"), ""), ...edges, ...flows, new Option(t("fault"), "fault"));
  $("trigger").value = before;
}

// --- what a device is made of: with each life of it

function build(now) {
  $("board").textContent = `${now.board.name} · ${now.info.version} · ${now.programs[0] ?? ""}`;
  keys.build(now.board.buttons);
  $("oled").hidden = !now.board.screen;
  $("lights").replaceChildren(...now.board.lights.map((name) => {
    const item = document.createElement("li");
    item.dataset.light = name;
    item.append(`${name.toLowerCase()} `);
    return item;
  }));
  body.build(now.board.channels);
  tour(now.tour);
}

// --- the tour: its steps, and what to watch in the one that was begun

function tour(steps) {
  $("tour").hidden = !steps.length;
  $("steps").replaceChildren(...steps.map((step) => {
    const item = document.createElement("li");
    item.append(button(t(`tour_${step}`), () => {
      $("watch").dataset.step = step;
      watch();
      link.act("tour", { step });
    }));
    return item;
  }));
  watch();
}

function watch() {
  const { step } = $("watch").dataset;
  $("watch").textContent = step ? t(`tour_${step}_watch`) : "";
}

function renew(now, whole) {
  const roles = LANES.filter((role) => Object.values(now.roles).includes(role));
  scope.build(roles, whole ? now.levels : {}, now.board.channels);
  triggers();
  $("lane").replaceChildren(...roles.map((role) => new Option(role, role)));
  $("journal").replaceChildren();
  written.length = 0;
}

// --- frames

link.addEventListener("frame", ({ detail: { told, fresh } }) => {
  const now = link.now;
  if (!now.board) return;
  if (told.whole) build(now);
  if (fresh) renew(now, told.whole);
  if (!told.whole && told.from !== undefined) scope.take(told, now.roles);
  show(now, told, fresh);
});

function show(now, told, fresh) {
  if (fresh || told.screen || told.view) now.screen && drawOled($("oled"), now.screen, now.view);
  if (told.lights || fresh) {
    for (const one of $("lights").children) one.dataset.lit = String(now.lights[one.dataset.light]);
  }
  keys.show(now);
  if (told.load || told.pulses || fresh) body.show(now);
  for (const record of told.journal ?? []) write(record, now.events);
  if (told.state || fresh) { $("state").textContent = now.state; $("state").dataset.state = now.state; }
  if (fresh || ["state", "trip", "refusal", "pulses", "plugs", "load", "pace"].some((key) => key in told)) tell(now);
  if (told.hands !== undefined || fresh) $("looking").hidden = now.hands !== false;
  if (told.pace || fresh) pace(now.pace);
  if (told.plugs || fresh) plugs(now.plugs);
  if (told.acts !== undefined || fresh) $("recorded").textContent = t("recorded", now.acts);
  if (told.playing !== undefined || fresh) {
    $("playing").hidden = !now.playing;
    $("playing").firstChild.textContent = t("plays", now.playing);
  }
  beep(now.beep && now.pace.wanted > 0);
}

let said = "";
function tell(now) {
  const found = paragraphs(now, t, $("language").value), text = found.join("\n");
  $("numbers").replaceChildren(...now.pulses.flatMap((one, n) => {
    const name = document.createElement("dt"), value = document.createElement("dd");
    name.textContent = t("channel", n + 1);
    value.textContent = `${one.ma.toFixed(1)} mA · ${one.pps} pps · ${t("pulses", one.count)}`;
    return [name, value];
  }));
  // A live region is read aloud when it changes: currents to the milliampere, and no more.
  const coarse = text.replace(/\d+\.\d+ pps|\d+ pps/g, "");
  if (coarse === said) return;
  said = coarse;
  const rows = found.map((one, n) => {
    const row = document.createElement("p");
    row.className = n ? "" : "first";
    row.textContent = one;
    return row;
  });
  if (now.state === "FAULT") {
    const row = document.createElement("p"), more = document.createElement("a");
    more.href = "/safety"; more.textContent = t("safety");
    row.append(more);
    rows.push(row);
  }
  $("happens").replaceChildren(...rows);
}

function pace({ wanted, had, attended }) {
  if (document.activeElement !== $("pace")) $("pace").value = wanted;
  const slow = attended && wanted && had < wanted * LIMITED;
  $("had").textContent = !wanted || !attended ? t("stands") : slow ? t("limited", had.toFixed(2)) : t("had", had.toFixed(2));
}

function plugs({ usb, stop, power, supply_mv: mv }) {
  $("power").textContent = t(power ? "power_off" : "power_on");
  $("power").setAttribute("aria-pressed", String(power));
  $("usb").textContent = t(usb ? "usb_out" : "usb_in");
  $("usb").setAttribute("aria-pressed", String(usb));
  $("cable").textContent = t(stop ? "cable_out" : "cable_in");
  $("cable").setAttribute("aria-pressed", String(!stop));
  if (document.activeElement !== $("battery")) $("battery").value = mv;
  $("millivolts").textContent = `${(mv / 1000).toFixed(2)} V`;
}

// A record's value in words: a fault as the patient reads it, a time as a day, a word of the table.
function meant(key, value) {
  if (key === "reason") return link.now.reasons[$("language").value][value]?.[0] ?? value;
  if (DAYS.includes(key)) return new Date(value * 1000).toISOString().slice(0, 10);
  return WORDS.includes(key) ? own(`value_${value.replaceAll(" ", "_")}`) ?? value : value;
}

function write(record, events) {
  const { seq, ms, event, fields } = record;
  const item = document.createElement("li"), name = document.createElement("b"), of = document.createElement("span");
  item.value = seq;
  name.textContent = own(`event_${event}`) ?? events[event] ?? event;
  of.className = "of";
  const shown = fields.map(([key, value, unit]) => [t(`field_${key}`), meant(key, value), UNITS.includes(unit) ? unit : ""].join(" ").trim());
  of.textContent = ` ${(ms / 1000).toFixed(1)} s${shown.length ? ` · ${shown.join("; ")}` : ""}`;
  item.append(name, of);
  const list = $("journal"), atEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 30;
  list.append(item);
  written.push(record);
  while (list.children.length > KEPT_RECORDS) { list.firstChild.remove(); written.shift(); }
  if (atEnd) list.scrollTop = list.scrollHeight;
}

// --- sound: only while somebody looks

let audio = null;
function beep(on) {
  const wanted = on && $("sound").checked && !document.hidden;
  if (!audio) {
    if (!wanted || !navigator.userActivation?.hasBeenActive) return;
    const context = new AudioContext(), tone = context.createOscillator(), gain = context.createGain();
    tone.type = "square"; tone.frequency.value = BEEP_HZ; gain.gain.value = 0;
    tone.connect(gain).connect(context.destination); tone.start();
    audio = gain.gain;
  }
  audio.value = wanted ? 0.03 : 0;
}
document.addEventListener("visibilitychange", () => document.hidden && beep(false));

// --- controls

$("pace").addEventListener("change", () => link.act("pace", { factor: Number($("pace").value) }));
$("step").addEventListener("click", () => link.act("step"));
$("take").addEventListener("click", () => link.act("take_hands"));
$("latch").addEventListener("change", () => $("latch").checked || keys.upAll());
$("usb").addEventListener("click", () => link.act(link.now.plugs.usb ? "usb_unplug" : "usb_plug"));
$("cable").addEventListener("click", () => link.act(link.now.plugs.stop ? "stop_open" : "stop_close"));
$("power").addEventListener("click", () => link.act(link.now.plugs.power ? "power_off" : "power_on"));
$("take-over").addEventListener("click", () => link.act("take_over"));
$("again").addEventListener("click", () => link.act("again"));
$("battery").addEventListener("change", () => link.act("supply_mv", { mv: Number($("battery").value) }));
$("language").addEventListener("change", () => speak($("language").value));

$("span").replaceChildren(...SPANS_US.map((us) => new Option(time(us), us)));
$("span").value = scope.spanUs;
$("span").addEventListener("change", () => { scope.spanUs = Number($("span").value); scope.dirty = true; });
$("trigger").addEventListener("change", () => { scope.trigger = $("trigger").value; scope.pending = undefined; });
$("single").addEventListener("click", () => { scope.arm(); held(); });
$("hold").addEventListener("click", () => { scope.hold(!scope.held); held(); });
scope.onheld = held;
scope.onmove = () => {
  const clocks = scope.between();
  $("between").textContent = clocks === null ? "" : t("between", clocks, clocks / CLOCKS_PER_US);
};
for (const one of document.querySelectorAll("[data-cursor]")) {
  const direction = Number(one.dataset.step);
  one.addEventListener("click", () => scope.step(one.dataset.cursor, $("lane").value, direction));
  one.setAttribute("aria-label", `${one.dataset.cursor.toUpperCase()} ${direction > 0 ? "→" : "←"}`);
}

function held() { $("hold").setAttribute("aria-pressed", String(scope.held)); }

function keep(name, blob) {
  const take = document.createElement("a");
  take.href = URL.createObjectURL(blob); take.download = name;
  take.click();
  setTimeout(() => URL.revokeObjectURL(take.href), 1000);
}
$("png").addEventListener("click", () => $("scope").toBlob((blob) => keep("scope.png", blob)));
$("csv").addEventListener("click", () => keep("scope.csv", new Blob([scope.csv()], { type: "text/csv" })));
$("vcd").addEventListener("click", () => keep("scope.vcd", new Blob([scope.vcd()], { type: "text/plain" })));

function notice(text) { $("notice").textContent = text; $("notice").hidden = !text; }
let noticed = 0;
link.addEventListener("problem", ({ detail: { what, seen, do_next: next } }) => {
  notice([what, seen, next].filter(Boolean).join(". "));
  clearTimeout(noticed);
  noticed = setTimeout(() => notice(""), link.ended ? 1e9 : 8000);
});
link.addEventListener("open", ({ detail: open }) => { keys.down.clear(); notice(open || link.ended ? $("notice").textContent : t("lost")); if (open) notice(""); });

const FRAME_MS = 33;
let drawn = 0;
function paint(now) {
  if (now - drawn >= FRAME_MS - 4) { drawn = now; scope.draw(); }
  requestAnimationFrame(paint);
}
addEventListener("resize", () => { scope.dirty = true; });

english = await load("en");
const first = navigator.language.slice(0, 2);
$("language").value = ["en", "de", "fr", "es"].includes(first) ? first : "en";
await speak($("language").value);
link.start();
requestAnimationFrame(paint);
// For tests: what is drawn, by its own parts.
Object.assign(window, { evenpulse: { link, scope, keys } });
