// The display's memory as dots: what twin/oled.py's pixel() says, dot for dot.

export const WIDTH = 128, HEIGHT = 64, SCALE = 4;
const LIT = 0xff00b0ff, DARK = 0xff000000; // amber and black, as a little-endian computer stores them
const small = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });

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
  const image = new ImageData(WIDTH, HEIGHT), colours = new Uint32Array(image.data.buffer);
  dots(ram, view).forEach((dot, n) => { colours[n] = dot ? LIT : DARK; });
  small.getContext("2d").putImageData(image, 0, 0);
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, WIDTH * SCALE, HEIGHT * SCALE);
}
