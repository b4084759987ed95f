// The body: two pads a channel that can be dragged off and on, and what each channel drives.

const SVG = "http://www.w3.org/2000/svg";
export const OHMS = [50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000];
const OFF_PX = 45, SPOTS = [[70, 60], [70, 130], [250, 60], [250, 130]];

function shape(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

export class Body {
  constructor(figure, loads, link, t) {
    this.figure = figure; this.loads = loads; this.link = link; this.t = t;
  }

  build(channels) {
    this.channels = channels;
    this.pads = [];
    const limbs = [...Array(channels).keys()].map((n) => shape("path", {
      class: "limb", d: `M${40 + 180 * n} 10 q-16 60 0 100 q8 50 -4 100 l68 0 q-12 -50 -4 -100 q16 -40 0 -100 z`,
    }));
    this.figure.replaceChildren(...limbs);
    for (let n = 0; n < channels; n++) {
      for (const at of [0, 1]) this.pad(n, SPOTS[2 * n + at]);
    }
    this.loads.replaceChildren(...[...Array(channels).keys()].map((n) => this.load(n + 1)));
  }

  pad(n, [x, y]) {
    const pad = shape("circle", { class: "pad", cx: x, cy: y, r: 22, tabindex: 0, role: "button" });
    let from = null;
    const move = (dx, dy) => pad.setAttribute("transform", `translate(${dx} ${dy})`);
    pad.addEventListener("pointerdown", (event) => {
      pad.setPointerCapture(event.pointerId);
      from = [event.clientX, event.clientY, false];
    });
    pad.addEventListener("pointermove", (event) => {
      if (!from) return;
      const scale = 320 / this.figure.getBoundingClientRect().width;
      from[2] ||= Math.hypot(event.clientX - from[0], event.clientY - from[1]) > 4;
      move((event.clientX - from[0]) * scale, (event.clientY - from[1]) * scale);
    });
    pad.addEventListener("pointerup", (event) => {
      if (!from) return;
      const far = Math.hypot(event.clientX - from[0], event.clientY - from[1]), moved = from[2];
      from = null;
      // A click takes it off or on; a pad that was dragged a little falls back.
      if (!moved || far > OFF_PX || this.open[n]) this.toggle(n);
      this.place();
    });
    pad.addEventListener("pointercancel", () => { from = null; this.place(); });
    pad.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      this.toggle(n);
    });
    this.figure.append(shape("circle", { class: "spot", cx: x, cy: y, r: 24 }), pad);
    this.pads.push([n, pad, move]);
  }

  toggle(n) {
    this.link.act(this.open[n] ? "lead_on" : "lead_off", { channel: n + 1 });
  }

  place() {
    for (const [n, pad, move] of this.pads) {
      move(this.open[n] ? (n ? 46 : -46) : 0, this.open[n] ? 85 - pad.cy.baseVal.value / 3 : 0);
      pad.setAttribute("aria-pressed", String(!this.open[n]));
      pad.setAttribute("aria-label", this.t(this.open[n] ? "pad_off" : "pad_on", n + 1));
    }
  }

  load(channel) {
    const box = document.createElement("fieldset"), legend = document.createElement("legend");
    legend.textContent = this.t("channel", channel);
    const field = (key, made) => {
      const label = document.createElement("label");
      label.append(this.t(key) + " ", made);
      return label;
    };
    const ohm = document.createElement("select");
    ohm.append(...OHMS.map((one) => new Option(one < 1000 ? `${one} Ω` : `${one / 1000} kΩ`, one)));
    ohm.dataset.ohm = channel;
    const number = (max) => Object.assign(document.createElement("input"), { type: "number", min: 0, max, value: 0 });
    const skinOhm = number(100000), skinNf = number(10000);
    const send = () => this.link.act("load", {
      channel, ohm: Number(ohm.value), skin_ohm: Number(skinOhm.value) || 0, skin_nf: Number(skinNf.value) || 0,
    });
    for (const one of [ohm, skinOhm, skinNf]) one.addEventListener("change", send);
    const act = (key, name) => {
      const button = document.createElement("button");
      button.textContent = this.t(key);
      button.addEventListener("click", () => this.link.act(name, { channel }));
      return button;
    };
    const row = document.createElement("div");
    row.className = "row";
    row.append(field("load", ohm), field("skin_ohm", skinOhm), field("skin_nf", skinNf),
      act("short", "short"), act("dry", "dry"), act("fresh", "lead_on"));
    box.append(legend, row);
    return box;
  }

  show({ load, pulses }) {
    this.open = load.map((one) => one.open);
    this.place();
    for (const [n, pad] of this.pads) pad.classList.toggle("live", pulses[n].ma > 0 && !this.open[n]);
    load.forEach((one, n) => {
      const select = this.loads.querySelector(`[data-ohm="${n + 1}"]`);
      if (select && document.activeElement !== select) select.value = one.ohm;
    });
  }
}
