// The device's buttons: mouse, touch and keyboard. What is down comes up when the page is no longer
// looked at; only the device itself says what is down.

const HOLD_MS = 1000, CLOCKS_PER_MS = 125000;
const GLOBAL = { ArrowUp: "UP", ArrowDown: "DOWN", s: "START", x: "STOP", e: "SELECT" };
const PRESSING = [" ", "Enter"];

export class Keys {
  constructor(place, link, latch) {
    this.place = place; this.link = link; this.latch = latch;
    this.down = new Set(); this.buttons = new Map();
    addEventListener("blur", () => this.upAll());
    addEventListener("pagehide", () => this.upAll());
    document.addEventListener("visibilitychange", () => document.hidden && this.upAll());
    addEventListener("keydown", (event) => this.global(event, true));
    addEventListener("keyup", (event) => this.global(event, false));
  }

  build(names) {
    this.upAll();
    this.buttons.clear();
    this.place.replaceChildren(...names.map((name) => this.make(name)));
  }

  make(name) {
    const key = document.createElement("button");
    key.className = "key"; key.dataset.button = name; key.textContent = name;
    key.setAttribute("aria-pressed", "false");
    key.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      key.setPointerCapture(event.pointerId);
      this.press(name);
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      key.addEventListener(end, () => this.release(name));
    }
    key.addEventListener("contextmenu", (event) => event.preventDefault());
    key.addEventListener("keydown", (event) => {
      if (!PRESSING.includes(event.key)) return;
      event.preventDefault();
      if (!event.repeat) this.press(name);
    });
    key.addEventListener("keyup", (event) => {
      if (!PRESSING.includes(event.key)) return;
      event.preventDefault();
      this.release(name);
    });
    key.addEventListener("blur", () => this.latch.checked || this.release(name));
    this.buttons.set(name, key);
    return key;
  }

  // Only when nothing else has the focus: a focused control owns its keys.
  global(event, isDown) {
    const name = GLOBAL[event.key];
    const { activeElement: focused } = document;
    const free = !focused || focused === document.body || focused.classList.contains("key");
    if (!name || !this.buttons.has(name) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isDown && !free) return;
    if (isDown) event.preventDefault();
    if (isDown && !event.repeat) this.press(name);
    if (!isDown) this.release(name);
  }

  press(name) {
    if (this.latch.checked && this.down.has(name)) return this.up(name);
    this.down.add(name);
    this.link.act("down", { button: name });
  }

  release(name) {
    if (!this.latch.checked) this.up(name);
  }

  up(name) {
    if (this.down.delete(name)) this.link.act("up", { button: name });
  }

  upAll() {
    for (const name of [...this.down]) this.up(name);
  }

  show({ down, clock }) {
    for (const [name, key] of this.buttons) {
      const since = down[name];
      const held = since === undefined ? 0 : Math.min(1, (clock - since) / CLOCKS_PER_MS / HOLD_MS);
      key.setAttribute("aria-pressed", String(since !== undefined));
      key.style.setProperty("--held", held.toFixed(3));
    }
  }
}
