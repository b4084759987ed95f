// The display's memory as dots: what twin/oled.py's pixel() says, dot for dot.

export const WIDTH = 128, HEIGHT = 64, SCALE = 4;
const LIT = [255, 176, 0, 255], DARK = [0, 0, 0, 255];

export function dots(ram, [on, inverted, allOn, mirroredX, mirroredY, startLine]) {
  const found = new Uint8Array(WIDTH * HEIGHT);
  if (!on) return found;
  for (let y = 0; y < HEIGHT; y++) {
    const row = ((mirroredY ? HEIGHT - 1 - y : y) + startLine) % HEIGHT;
    for (let x = 0; x < WIDTH; x++) {
      const column = mirroredX ? WIDTH - 1 - x : x;
      const lit = (ram[(row >> 3) * WIDTH + column] >> (row & 7) & 1) | allOn;
      found[y * WIDTH + x] = lit ^ inverted;
    }
  }
  return found;
}

export function draw(canvas, base64, view) {
  const ram = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const found = dots(ram, view), wide = WIDTH * SCALE;
  const image = new ImageData(wide, HEIGHT * SCALE);
  for (let y = 0; y < HEIGHT * SCALE; y++) {
    for (let x = 0; x < wide; x++) {
      const dot = found[Math.floor(y / SCALE) * WIDTH + Math.floor(x / SCALE)];
      image.data.set(dot ? LIT : DARK, (y * wide + x) * 4);
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}
