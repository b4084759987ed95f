// Each display as the page draws it: one digit a dot.
async ([module, screens]) => {
  const { draw, SCALE } = await import(module);
  const size = { width: 512, height: 256 };
  const canvas = Object.assign(document.createElement("canvas"), size);
  return screens.map(([ram, view]) => {
    draw(canvas, btoa(String.fromCharCode(...ram)), view);
    const { data } = canvas.getContext("2d").getImageData(0, 0, 512, 256);
    const colours = new Uint32Array(data.buffer), found = [];
    for (let y = 0; y < 256; y++) for (let x = 0; x < 512; x++) {
      const dot = colours[(y - y % SCALE) * 512 + x - x % SCALE];
      if (colours[y * 512 + x] !== dot) throw new Error("a dot is not one square");
      if (x % SCALE === 0 && y % SCALE === 0) found.push(dot === 0xff00b0ff ? 1 : 0);
    }
    return found.join("");
  });
}
