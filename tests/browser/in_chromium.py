"""The device's page in a real Chromium, as people use it: keyboard alone, a finger's hold, a
phone's width, a screen reader's rules; and another page on this computer that tries to press.

Run by `make test-web`; its name keeps it out of `make test`, where there is no browser.
"""

import contextlib
import http.server
import json
import random
import re
import threading
from functools import partial
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import WAIT_MS, launched
from playwright.sync_api import expect, sync_playwright
from served import served

from evenpulse.twin.oled import HEIGHT, WIDTH, Ssd1306

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "host_tools" / "evenpulse" / "demo" / "prescription.toml"
# The demo's phase A
PHASE_CLOCKS = 187 * 125


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as driver:
        made = launched(driver)
        yield made
        made.close()


@pytest.fixture(scope="module")
def seen(browser, tmp_path_factory):
    """(context with the session, address, what was asked of whom): one twin for all."""
    asked, rx = [], tmp_path_factory.mktemp("rx") / "prescription.toml"
    rx.write_text(DEMO.read_text().replace("minutes = 0.15", "minutes = 10"))
    with served(rx) as (address, _):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en")
        context.set_default_timeout(WAIT_MS)
        expect.set_options(timeout=WAIT_MS)
        context.on("request", lambda request: asked.append(request.url))
        context.new_page().goto(address)
        yield context, address.partition("/?")[0], asked
        context.close()


@pytest.fixture
def page(seen):
    """A page with a device that has just come up."""
    context, origin, _ = seen
    for other in context.pages:
        other.close()
    one, errors = context.new_page(), []
    one.on("pageerror", lambda error: errors.append(error))
    one.goto(origin)
    expect(one.locator("#looking")).to_be_hidden()
    expect(one.locator(".key").first).to_be_visible()
    one.locator("#again").click()
    expect(one.locator("#state")).to_have_text("READY")
    expect(one.locator("#recorded")).to_contain_text("0 acts")
    one.evaluate("document.activeElement.blur()")
    yield one
    assert errors == []


def read(name):
    return Path(__file__).with_name(name).read_text()


def state(page, name):
    expect(page.locator("#state")).to_have_text(name)


def down(page, button, is_down=True):
    expect(page.locator(f"[data-button={button}]")).to_have_attribute(
        "aria-pressed", str(is_down).lower()
    )


def tab_to(page, button):
    for _ in range(60):
        if page.evaluate("document.activeElement.dataset.button") == button:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {button}")


def start(page):
    tab_to(page, "START")
    page.keyboard.down("Space")
    state(page, "RUNNING")
    page.keyboard.up("Space")
    down(page, "START", False)


def test_keyboard_alone_ready_running_stop(page):
    """Tab, Space and Enter; a focused button owns its keys."""
    start(page)
    tab_to(page, "UP")
    for key, ma in (("Enter", "1.0 mA"), ("Space", "2.0 mA")):
        page.keyboard.down(key)
        down(page, "UP")
        down(page, "SELECT", False)
        page.keyboard.up(key)
        down(page, "UP", False)
        expect(page.locator("#happens")).to_contain_text(ma)
    tab_to(page, "STOP")
    page.keyboard.press("Enter", delay=150)
    state(page, "FAULT")
    expect(page.locator("#happens")).to_contain_text("You pressed STOP.")
    expect(page.locator("#happens")).to_contain_text("hardware guard")
    expect(page.locator("#happens")).to_contain_text("after “STOP”")
    expect(page.locator("[data-light=FAULT]")).to_have_attribute("data-lit", "true")
    expect(page.locator("#journal")).to_contain_text("the outputs were cut and stay off")


def test_keys_without_a_focus_and_with_one_elsewhere(page):
    page.keyboard.down("ArrowUp")
    down(page, "UP")
    page.keyboard.up("ArrowUp")
    down(page, "UP", False)
    page.locator("#language").focus()
    page.keyboard.press("s", delay=100)
    assert "START" not in page.evaluate("Object.keys(evenpulse.link.now.down)")


def test_what_is_down_comes_up_when_nobody_holds_it(page, seen):
    """The page loses the focus, or is gone: seen by one that looks on."""
    page.locator("[data-button=UP]").hover()
    page.mouse.down()
    down(page, "UP")
    page.evaluate("dispatchEvent(new Event('blur'))")
    down(page, "UP", False)
    page.mouse.up()
    other = seen[0].new_page()
    other.goto(seen[1])
    expect(other.locator("#looking")).to_be_visible()
    page.bring_to_front()
    page.keyboard.down("ArrowDown")
    down(other, "DOWN")
    page.goto("about:blank")
    down(other, "DOWN", False)
    expect(other.locator("#looking")).to_be_hidden()


def test_the_latch_holds_for_a_hand_that_is_too_slow(page):
    """Slower than the device's own time, a hold takes longer than anybody wants to hold."""
    page.locator("#pace").select_option("0.5")
    page.locator("#latch").check()
    page.locator("[data-button=START]").click()
    state(page, "RUNNING")
    down(page, "START")
    assert (
        float(
            page.locator("[data-button=START]").evaluate("k => k.style.getPropertyValue('--held')")
        )
        > 0.99
    )
    page.locator("[data-button=START]").click()
    down(page, "START", False)
    page.locator("#latch").uncheck()
    page.locator("#pace").select_option("1")


def test_every_dot_of_the_screen(page):
    """200 random displays, drawn by the page, against the twin's own pixels()."""
    chance, screens, wanted = random.Random(2), [], []
    for _ in range(200):
        one = Ssd1306()
        one.ram[:] = chance.randbytes(len(one.ram))
        one.on, one.inverted, one.all_on = (
            chance.random() < 0.9,
            chance.random() < 0.3,
            chance.random() < 0.1,
        )
        one.mirrored_x, one.mirrored_y = chance.random() < 0.5, chance.random() < 0.5
        one.start_line = chance.randrange(64)
        view = [one.on, one.inverted, one.all_on, one.mirrored_x, one.mirrored_y, one.start_line]
        screens.append([list(one.ram), [int(flag) for flag in view]])
        wanted.append("".join(map(str, one.pixels())))
    drawn = page.evaluate(
        read("dots.js"),
        [_asset(page, "oled.js"), screens],
    )
    assert drawn == wanted and len(wanted[0]) == WIDTH * HEIGHT


def _asset(page, name):
    return page.locator("script").first.get_attribute("src").replace("app.js", name)


def test_two_cursors_on_phase_a(page):
    """The demo's 187 µs, by the keys of the cursors alone."""
    start(page)
    page.wait_for_timeout(500)
    page.locator("#span").select_option("20000")
    page.locator("#hold").click()
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    page.locator("#lane").select_option("CH1_A")
    forward = page.locator("[data-cursor=a][data-step='1']")
    forward.click()
    rising = "() => evenpulse.scope.lane('CH1_A').at(evenpulse.scope.cursors.a)"
    if not page.evaluate(rising):
        forward.click()
    assert page.evaluate(rising) == 1
    for _ in range(20):
        page.locator("[data-cursor=b][data-step='1']").click()
        if page.evaluate("evenpulse.scope.between()") > 0:
            break
    expect(page.locator("#between")).to_have_text(f"B − A = {PHASE_CLOCKS} clocks = 187 µs")
    page.locator("#hold").click()


def test_a_pulse_of_20_us_is_seen_in_a_window_of_10_s(page):
    """It is narrower than a dot of the screen, and one dot wide."""
    wide = page.evaluate(
        read("narrow.js"),
        _asset(page, "scope.js"),
    )
    assert 1 <= wide <= 3


def test_a_pad_is_dragged_off_and_put_on_again(page):
    pad = page.locator(".pad").first
    box = pad.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - 80, middle[1] + 60, steps=4)
    page.mouse.up()
    expect(pad).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#happens")).to_contain_text("lead of channel 1 is off")
    pad.focus()
    page.keyboard.press("Enter")
    expect(pad).to_have_attribute("aria-pressed", "true")


def test_what_an_engineer_breaks_is_noticed_and_told(page):
    start(page)
    page.locator("summary").click()
    page.get_by_role("button", name="CPU stands still").click()
    state(page, "FAULT")
    expect(page.locator("#happens")).to_contain_text(re.compile("dead-man|watchdog"))
    expect(page.locator("#recorded")).to_contain_text("2 acts")


def test_off_and_on_and_a_forged_prescription(page):
    """Acts like any other; who refused it is told, and why."""
    page.locator("#power").click()
    state(page, "OFF")
    expect(page.locator("#power")).to_have_text("Switch it on")
    expect(page.locator("[data-light=READY]")).to_have_attribute("data-lit", "false")
    page.locator("#power").click()
    state(page, "READY")
    page.locator("#usb").click()
    page.locator("summary").click()
    page.get_by_role("button", name="Forged prescription").click()
    expect(page.locator("#happens")).to_contain_text("The device itself refused")
    expect(page.locator("#happens")).to_contain_text("the signature is not")
    expect(page.locator("#journal")).to_contain_text("an offered prescription was refused")
    expect(page.locator("#recorded")).to_contain_text("4 acts")


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_in_any_state(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    for prepare in (lambda: None, lambda: start(page), lambda: page.keyboard.press("x", delay=150)):
        prepare()
        page.evaluate("document.activeElement.blur()")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_a_phone_shows_it_whole_in_every_language(page, language):
    page.locator("#language").select_option(language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    texts = page.evaluate(
        "[...document.querySelectorAll('[data-t]')].filter(e => e.textContent === "
        "e.dataset.t).map(e => e.dataset.t)"
    )
    assert texts == []
    small = page.evaluate(
        "[...document.querySelectorAll('.key')].filter(e => e.clientHeight < 44).length"
    )
    assert small == 0, "a finger's width"
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("#language").select_option("en")


def test_the_journal_is_said_once_and_in_the_language_that_was_chosen(page):
    """Each record as often as the device wrote it, whatever was chosen, and when."""
    start(page)
    expect(page.locator("#journal")).to_contain_text("a session began")
    rows = page.locator("#journal li")
    numbers = rows.evaluate_all("all => all.map(one => one.value)")
    assert len(numbers) == len(set(numbers)) > 3
    for language, said in (("de", "eine Sitzung begann"), ("fr", "une séance a commencé")):
        page.locator("#language").select_option(language)
        expect(page.locator("#journal")).to_contain_text(said)
        assert rows.evaluate_all("all => all.map(one => one.value)")[: len(numbers)] == numbers
        assert "a session began" not in page.locator("#journal").inner_text()
    page.locator("#language").select_option("en")
    expect(page.locator("#journal")).to_contain_text("a session began")


@contextlib.contextmanager
def somebody_elses(folder):
    pages = partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_another_local_page_can_neither_read_nor_press(page, seen, tmp_path, name):
    """Another port is same-site with ours: its requests carry our cookie."""
    context, origin, _ = seen
    text = read("somebody_elses.html").replace("ORIGIN", origin)
    (tmp_path / "index.html").write_text(text.replace("ASSET", _asset(page, "link.js")))
    with somebody_elses(tmp_path) as port:
        other = context.new_page()
        other.goto(f"http://{name}:{port}/")
        expect(other).to_have_title(re.compile(r"^\{"))
        found = json.loads(other.title())
    assert {key: found[key] for key in ("read", "recording", "socket", "script")} == dict.fromkeys(
        ("read", "recording", "socket", "script"), "refused"
    )
    assert all("Evenpulse" not in frame.content() for frame in other.frames[1:])
    other.close()
    down(page, "UP", False)
    assert page.evaluate("evenpulse.link.now.hands && evenpulse.link.now.viewers") == 1


def test_no_request_has_left_the_origin(seen):
    """After all of the above but somebody else's page."""
    _, origin, asked = seen
    ours = [url for url in asked if url.startswith(origin)]
    elsewhere = {url for url in asked if not url.startswith((origin, "about:", "data:", "blob:"))}
    assert len(ours) > 20
    assert all(
        re.fullmatch(r"http://(127\.0\.0\.1|localhost):\d+/(favicon\.ico)?", url)
        for url in elsewhere
    )
