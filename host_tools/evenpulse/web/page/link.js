// The socket: frames merged into what is known, acts out. It comes back by itself.

const HERE_MS = 250, AGAIN_MS = 1000;

export class Link extends EventTarget {
  now = {};
  open = false;

  start() {
    this.socket = new WebSocket(`ws://${location.host}/twin`);
    this.socket.onopen = () => { this.open = true; this.tell("open", true); };
    this.socket.onmessage = (event) => this.take(JSON.parse(event.data));
    this.socket.onclose = () => {
      this.open = false;
      this.tell("open", false);
      if (!this.ended) setTimeout(() => this.start(), AGAIN_MS);
    };
    this.here ??= setInterval(() => this.act("here"), HERE_MS);
  }

  take(told) {
    if (told.problem) {
      this.ended ||= told.ended;
      this.tell("problem", told.problem);
      return;
    }
    const life = told.life !== undefined && told.life !== this.now.life;
    if (told.whole) this.now = { hands: this.now.hands };
    Object.assign(this.now, told);
    this.tell("frame", { told, fresh: told.whole || life });
  }

  act(what, parameters = {}) {
    if (this.socket.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ do: what, ...parameters }));
    }
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
