// How many columns of dots a pulse of 20 µs takes in a window of 10 s.
async (module) => {
  const { Scope } = await import(module);
  const canvas = Object.assign(document.createElement("canvas"), { style: "" });
  document.body.append(canvas);
  canvas.style.width = "800px"; canvas.style.height = "200px"; canvas.style.display = "block";
  const scope = new Scope(canvas, (key) => key), second = 125e6;
  scope.build(["CH1_A"], { CH1_A: 0 }, 0);
  scope.spanUs = 1e7;
  scope.take({ from: 1, clock: 11 * second, edges: [5 * second, 3, 2500, 2] }, { 1: "CH1_A" });
  scope.draw();
  const row = canvas.height / 3;
  const { data } = canvas.getContext("2d").getImageData(110, row, canvas.width - 120, 60);
  canvas.remove();
  const columns = new Set();
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] === 0x6f && data[i + 3] > 100 || data[i + 2] > 200 && data[i] < 160) columns.add(i / 4 % (canvas.width - 120));
  }
  return columns.size;
}
