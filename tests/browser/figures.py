"""What the device's page costs and how soon it shows, in a real Chromium: a benchmark, no test.

`make web-figures` (MINUTES= of therapy, 1 unless told) prints it and writes build/web.json. On a
computer that does other things too, the factor and the latency are those of a busy computer.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

from chromium import WAIT_MS, launched
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
TOUR = ROOT / "host_tools" / "evenpulse" / "web" / "tour" / "prescription.toml"
# Two programs, so that SELECT shows another; the first is therapy on both channels all the time.
PROGRAMS = """
[[program]]
name = "One"
preset = "pain-conventional"
channels = [1, 2]
offset_us = 3000
rate_pps = 50.0
minutes = 60

[[program]]
name = "Two"
preset = "strength"
channels = [1, 2]
offset_us = 3000
minutes = 10
"""
# Of the session's 60
MINUTES_MOST = 55
LATENCIES = 60
# From a press until the canvas has other dots: what a person sees, drawing included.
CHANGED = """() => new Promise((done) => {
  const canvas = document.getElementById("oled"), context = canvas.getContext("2d");
  const image = () => context.getImageData(0, 0, canvas.width, canvas.height).data.buffer;
  const dots = () => new Uint32Array(image())
    .reduce((sum, dot, at) => (sum * 31 + dot * (at + 1)) | 0, 0);
  const before = dots(), since = performance.now();
  const look = () => dots() !== before ? done(performance.now() - since)
    : performance.now() - since > 3000 ? done(null) : requestAnimationFrame(look);
  evenpulse.keys.press("SELECT");
  setTimeout(() => evenpulse.keys.release("SELECT"), 90);
  requestAnimationFrame(look);
})"""
HEAP = "performance.memory.usedJSHeapSize"


def cpu_s(pids):
    """CPU time of these processes."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in pids]
    return sum(int(row[11]) + int(row[12]) for row in fields) / os.sysconf("SC_CLK_TCK")


def resident_mb(pids):
    """Their memory, as far as nobody shares it."""
    rows = [Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() for pid in pids]
    private = [int(line.split()[1]) for row in rows for line in row if line.startswith("Private_")]
    return sum(private) / 1024


def started_by(pid, word):
    """The processes below `pid` whose command has this word."""
    children = [
        int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ]
    below = [one for child in children for one in started_by(child, word)]
    return below + [
        child for child in children if word in Path(f"/proc/{child}/cmdline").read_text()
    ]


class Seen:
    """A page with its server, and the processes of both."""

    def __init__(self, page, server):
        self.page = page
        self.pids = {
            "twin": started_by(server.pid, "spawn_main"),
            "server": [server.pid],
            "page": started_by(os.getpid(), "--type=renderer"),
        }
        self.debugger = page.context.new_cdp_session(page)

    def now(self):
        """CPU time and memory of each; the page's is its heap, without what is garbage."""
        self.debugger.send("HeapProfiler.collectGarbage")
        memory = {name: resident_mb(pids) for name, pids in self.pids.items() if name != "page"}
        return {
            "wall_s": time.monotonic(),
            "simulated_s": self.page.evaluate("evenpulse.link.now.clock") / 125e6,
            "cpu_s": {name: cpu_s(pids) for name, pids in self.pids.items()},
            "memory_mb": memory | {"page": self.page.evaluate(HEAP) / 1e6},
        }


def latencies_ms(page):
    """SELECT pressed at READY, at moments that no frame knows."""
    found, chance = [], random.Random(1)
    for _ in range(LATENCIES):
        found.append(page.evaluate(CHANGED))
        page.wait_for_timeout(chance.uniform(300, 400))
    return sorted(one for one in found if one is not None), found.count(None)


def begin_therapy(page):
    """Both channels at 4 mA."""
    if "One" not in page.locator("#board").inner_text():
        raise SystemExit("another program than therapy is chosen")
    page.keyboard.down("s")
    expect(page.locator("#state")).to_have_text("RUNNING")
    page.keyboard.up("s")
    for _ in range(4):
        page.keyboard.press("ArrowUp", delay=120)
        page.wait_for_timeout(500)


def measured(page, server, minutes):
    """A dict of figures."""
    seen = Seen(page, server)
    ms, missed = latencies_ms(page)
    begin_therapy(page)
    page.wait_for_timeout(3_000)
    first = seen.now()
    page.wait_for_timeout(60_000 * minutes)
    last = seen.now()
    assert page.locator("#state").inner_text() == "RUNNING", "the session has ended"
    simulated_s = last["simulated_s"] - first["simulated_s"]
    wall_s = last["wall_s"] - first["wall_s"]
    return {
        "minutes": minutes,
        "cores": os.cpu_count(),
        "factor": simulated_s / wall_s,
        "cpu_share": {
            name: (last["cpu_s"][name] - first["cpu_s"][name]) / wall_s for name in seen.pids
        },
        "grown_mb": {
            name: last["memory_mb"][name] - first["memory_mb"][name] for name in seen.pids
        },
        "shown_ms": {
            "count": len(ms),
            "missed": missed,
            "median": statistics.median(ms),
            "95 %": ms[int(0.95 * len(ms)) - 1],
        },
    }


def run(minutes, into):
    """Measure, print and write."""
    rx = into.with_name("web_prescription.toml")
    into.parent.mkdir(exist_ok=True)
    head = TOUR.read_text().partition("[[program]]")[0]
    rx.write_text(head.replace("session_min = 20", "session_min = 60") + PROGRAMS)
    command = [sys.executable, "-m", "evenpulse", "twin", "web", str(rx)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().strip()
            if not address:
                raise SystemExit("evenpulse twin web has given no address: what it said is above")
            with sync_playwright() as driver:
                browser = launched(driver, "--enable-precise-memory-info")
                page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
                expect.set_options(timeout=WAIT_MS)
                page.goto(address)
                expect(page.locator("#state")).to_have_text("READY")
                found = measured(page, server, minutes)
                browser.close()
        finally:
            server.terminate()
    into.write_text(json.dumps(found, indent=1) + "\n")
    show(found)


def show(found):
    """As a table."""
    shown = found["shown_ms"]
    print(f"{found['minutes']:g} min of therapy, {found['cores']} cores")
    print(f"simulated seconds a second   {found['factor']:.3f}")
    for name, share in found["cpu_share"].items():
        print(f"{name:<8} {share:6.1%} of a core   {found['grown_mb'][name]:+.2f} MB")
    print(
        f"press to changed dots: median {shown['median']:.0f} ms, 95 % within {shown['95 %']:.0f} "
        f"ms ({shown['count']} presses, {shown['missed']} without a change)"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    wanted = parser.parse_args().minutes
    if not 0 < wanted <= MINUTES_MOST:
        parser.error(f"--minutes {wanted:g}: above 0, at most {MINUTES_MOST} of the session's 60")
    run(wanted, ROOT / "build" / "web.json")
