// The scope: edges as lanes, currents below them, a trigger, two cursors. Drawn only when something
// changed, and never smoothed: a pulse narrower than a dot of the screen is one dot wide.

export const CLOCKS_PER_US = 125;
export const SPANS_US = [20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7];
const KEPT = 60000, KEPT_CLOCKS = 12e6 * CLOCKS_PER_US, BEFORE = 0.2;
const LEFT = 96, TOP = 20, COLOURS = ["#6fd3ff", "#6fd3ff", "#8fe388", "#8fe388", "#ffce4a", "#ff8f8f"];
const CURRENT = "#ffb000", GRID = "#2c353d", INK = "#d8dee3", CURSOR = { a: "#ffffff", b: "#ff9df0" };

// The first place in a sorted list whose value is above a limit.
export function above(list, limit) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] > limit) high = middle; else low = middle + 1;
  }
  return low;
}

export class Lane {
  constructor(role, level) {
    this.role = role; this.first = level; this.clocks = []; this.levels = [];
  }

  add(clock, level) {
    this.clocks.push(clock); this.levels.push(level);
    if (this.clocks.length > KEPT) this.forget(KEPT / 2);
  }

  forget(count) {
    if (!count) return;
    this.first = this.levels[count - 1];
    this.clocks.splice(0, count); this.levels.splice(0, count);
  }

  at(clock) {
    const index = above(this.clocks, clock);
    return index ? this.levels[index - 1] : this.first;
  }
}

export class Scope {
  constructor(canvas, t) {
    this.canvas = canvas; this.t = t;
    this.cursors = { a: null, b: null };
    this.spanUs = 1e5; this.trigger = ""; this.held = false; this.single = false;
    this.build([], {}, 0);
    canvas.addEventListener("pointerdown", (event) => this.point(event));
  }

  build(roles, levels, channels) {
    this.lanes = roles.map((role) => new Lane(role, levels[role] ?? 0));
    this.flows = [...Array(channels).keys()].map(() => []);
    this.begin = this.end = 0; this.shownTo = null; this.dirty = true;
    this.cursors = { a: null, b: null };
    this.trips = [];
  }

  lane(role) { return this.lanes.find((lane) => lane.role === role); }

  take(told, roles) {
    let clock = told.from;
    this.end = told.clock;
    this.begin ||= told.from;
    const edges = told.edges ?? [];
    for (let i = 0; i < edges.length; i += 2) {
      clock += edges[i];
      const role = roles[edges[i + 1] >> 1], level = edges[i + 1] & 1;
      this.lane(role)?.add(clock, level);
      if (level && role === this.trigger) this.hit(clock);
    }
    for (const [number, from, clocks, sign, peak, mean] of told.flows ?? []) {
      const flow = { from: told.from + from, to: told.from + from + clocks, sign, peak, mean };
      this.flows[number - 1].push(flow);
      if (this.trigger === `ch${number}` && sign > 0) this.hit(flow.from);
    }
    if (told.trip && this.trigger === "fault") this.hit(told.trip.cut ?? told.trip.noticed);
    for (const lane of this.lanes) lane.forget(above(lane.clocks, this.end - KEPT_CLOCKS));
    for (const flows of this.flows) while (flows.length && flows[0].to < this.end - KEPT_CLOCKS) flows.shift();
    this.dirty = true;
  }

  // A trigger: shown once what comes after it is there.
  hit(clock) {
    if (this.held || this.pending !== undefined && this.end < this.pending + this.after()) return;
    this.pending = clock;
  }

  after() { return this.spanUs * CLOCKS_PER_US * (1 - BEFORE); }

  window() {
    const span = this.spanUs * CLOCKS_PER_US;
    if (this.held) return [this.shownTo - span, this.shownTo];
    if (this.trigger) {
      if (this.pending !== undefined && this.end >= this.pending + this.after()) {
        this.shownTo = this.pending + this.after();
        this.pending = undefined;
        if (this.single) { this.single = false; this.held = true; this.onheld?.(); }
      }
      const to = this.shownTo ?? this.end;
      return [to - span, to];
    }
    this.shownTo = this.end;
    return [this.end - span, this.end];
  }

  hold(on) {
    this.shownTo ??= this.end;
    this.held = on; this.pending = undefined; this.dirty = true;
  }

  arm() { this.held = false; this.single = true; this.pending = undefined; this.dirty = true; }

  rows() {
    return [...this.lanes.map((lane) => lane.role), ...this.flows.map((_, n) => `CH${n + 1} mA`)];
  }

  draw() {
    const ratio = devicePixelRatio || 1, width = this.canvas.clientWidth, height = this.canvas.clientHeight;
    if (!width || !this.dirty) return;
    this.dirty = false;
    if (this.canvas.width !== Math.round(width * ratio)) {
      this.canvas.width = Math.round(width * ratio); this.canvas.height = Math.round(height * ratio);
    }
    const c = this.canvas.getContext("2d");
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, width, height);
    c.font = "12px system-ui, sans-serif";
    const [from, to] = this.shown = this.window(), rows = this.rows();
    const x = (clock) => LEFT + (clock - from) / (to - from) * (width - LEFT - 8);
    const high = (height - TOP - 4) / Math.max(1, rows.length);
    this.grid(c, x, from, to, width, height);
    this.lanes.forEach((lane, n) => this.drawLane(c, lane, COLOURS[n % COLOURS.length], x, from, to, TOP + n * high, high));
    this.flows.forEach((flows, n) => this.drawFlows(c, flows, x, from, to, TOP + (this.lanes.length + n) * high, high, width));
    c.fillStyle = INK;
    rows.forEach((name, n) => c.fillText(name, 6, TOP + (n + 0.6) * high));
    for (const [name, clock] of Object.entries(this.cursors)) {
      if (clock === null || clock < from || clock > to) continue;
      c.strokeStyle = c.fillStyle = CURSOR[name];
      c.beginPath(); c.moveTo(x(clock), 4); c.lineTo(x(clock), height); c.stroke();
      c.fillText(name.toUpperCase(), x(clock) + 3, 13);
    }
  }

  grid(c, x, from, to, width, height) {
    c.strokeStyle = GRID; c.fillStyle = INK; c.lineWidth = 1;
    c.beginPath();
    for (let n = 0; n <= 10; n++) {
      const at = x(from + (to - from) * n / 10);
      c.moveTo(at, TOP - 4); c.lineTo(at, height);
    }
    c.stroke();
    c.fillText(`${time(this.spanUs / 10)} / ${this.t("division")}`, LEFT, 12);
  }

  drawLane(c, lane, colour, x, from, to, top, high) {
    const low = top + high - 5, up = top + 6;
    let index = above(lane.clocks, from), level = index ? lane.levels[index - 1] : lane.first;
    c.strokeStyle = colour;
    c.beginPath();
    c.moveTo(x(Math.max(from, this.begin)), level ? up : low);
    let column = -1, times = 0;
    for (; index < lane.clocks.length && lane.clocks[index] <= to; index++) {
      const at = x(lane.clocks[index]);
      // One dot of the screen shows at most both levels: more lines there are the same dot.
      times = Math.round(at) === column ? times + 1 : 0;
      column = Math.round(at);
      if (times < 3) { c.lineTo(at, level ? up : low); c.lineTo(at, lane.levels[index] ? up : low); }
      level = lane.levels[index];
    }
    c.lineTo(x(Math.min(to, this.end)), level ? up : low);
    c.stroke();
  }

  drawFlows(c, flows, x, from, to, top, high, width) {
    const middle = top + high / 2, seen = flows.filter((one) => one.to >= from && one.from <= to);
    const most = Math.max(1000, ...seen.map((one) => one.peak)), scale = (high / 2 - 4) / most;
    c.strokeStyle = GRID;
    c.beginPath(); c.moveTo(LEFT, middle); c.lineTo(width - 8, middle); c.stroke();
    c.fillStyle = CURRENT;
    for (const { from: begin, to: end, sign, peak, mean } of seen) {
      const left = x(begin), right = Math.max(x(end), left + 1);
      // Where the voltage is the limit the current falls: from its peak, with the mean it had.
      const last = Math.max(0, 2 * mean - peak);
      c.beginPath(); c.moveTo(left, middle); c.lineTo(left, middle - sign * peak * scale);
      c.lineTo(right, middle - sign * last * scale); c.lineTo(right, middle); c.fill();
    }
    c.fillStyle = INK;
    if (seen.length) c.fillText(`${(most / 1000).toFixed(1)} mA`, 6, top + high * 0.6 + 13);
  }

  // --- cursors

  point(event) {
    const box = this.canvas.getBoundingClientRect(), [from, to] = this.shown ?? this.window();
    const clock = from + (event.clientX - box.left - LEFT) / (box.width - LEFT - 8) * (to - from);
    const near = (to - from) * 8 / box.width, which = event.shiftKey ? "b" : this.next ?? "a";
    const row = Math.floor((event.clientY - box.top - TOP) / ((box.height - TOP - 4) / this.rows().length));
    this.cursors[which] = Math.round(this.snap(this.lanes[row] ? [this.lanes[row]] : this.lanes, clock, near));
    this.next = which === "a" ? "b" : "a";
    this.dirty = true; this.onmove?.();
  }

  snap(lanes, clock, near) {
    const found = lanes.flatMap((lane) => {
      const index = above(lane.clocks, clock);
      return [lane.clocks[index - 1], lane.clocks[index]];
    }).filter((one) => one !== undefined && Math.abs(one - clock) <= near);
    return found.sort((one, two) => Math.abs(one - clock) - Math.abs(two - clock))[0] ?? clock;
  }

  // To the next edge of a lane, or the one before: exact to the clock.
  step(which, role, direction) {
    const { clocks } = this.lane(role), [from, to] = this.shown ?? this.window();
    const at = this.cursors[which] ?? (direction > 0 ? from : to);
    const index = direction > 0 ? above(clocks, at) : above(clocks, at - 1) - 1;
    if (clocks[index] === undefined) return;
    this.cursors[which] = clocks[index];
    this.dirty = true; this.onmove?.();
  }

  between() {
    const { a, b } = this.cursors;
    return a === null || b === null ? null : b - a;
  }

  // --- what is seen, to take along

  visible() {
    const [from, to] = this.shown ?? this.window();
    return this.lanes.map((lane) => {
      const first = above(lane.clocks, from), last = above(lane.clocks, to);
      return { role: lane.role, level: lane.at(from), from: Math.max(0, Math.ceil(from)),
        edges: lane.clocks.slice(first, last).map((clock, n) => [clock, lane.levels[first + n]]) };
    });
  }

  csv() {
    const lanes = this.visible();
    const rows = lanes.flatMap(({ role, edges }) => edges.map(([clock, level]) => [clock, role, level]));
    const heads = lanes.map(({ role, level, from }) => [from, role, level]);
    return ["clock,pin,level", ...[...heads, ...rows.sort((a, b) => a[0] - b[0])].map((row) => row.join())].join("\n") + "\n";
  }

  vcd() {
    const lanes = this.visible(), sign = (n) => String.fromCharCode(33 + n), from = lanes[0]?.from ?? 0;
    const rows = lanes.flatMap(({ edges }, n) => edges.map(([clock, level]) => [clock, `${level}${sign(n)}`]));
    let at = null;
    const body = rows.sort((a, b) => a[0] - b[0]).flatMap(([clock, change]) => {
      const lines = clock === at ? [change] : [`#${(clock - from) * 8}`, change];
      at = clock;
      return lines;
    });
    return ["$timescale 1 ns $end", ...lanes.map(({ role }, n) => `$var wire 1 ${sign(n)} ${role} $end`),
      "$enddefinitions $end", "#0", "$dumpvars", ...lanes.map(({ level }, n) => `${level}${sign(n)}`), "$end", ...body].join("\n") + "\n";
  }
}

export function time(us) {
  if (us < 1000) return `${+us.toPrecision(3)} µs`;
  return us < 1e6 ? `${+(us / 1000).toPrecision(3)} ms` : `${+(us / 1e6).toPrecision(3)} s`;
}
