"""The server with the twin's process behind it, by sockets: whole state first, one pair of hands,
buttons up when the hands are gone, and nobody else reads or presses.
"""

import tomllib

import pytest
from served import served
from visitor import Page, Visitor

from evenpulse.web import begin, hub


@pytest.fixture(scope="module")
def place(rx_file):
    # What a test waits for must not be what ends it.
    hub.ALONE_S, alone_s = 0.5, hub.ALONE_S
    with served(rx_file) as (address, _):
        yield Visitor(address)
    hub.ALONE_S = alone_s


@pytest.fixture
def page(place):
    one = place.page()
    one.until(lambda now: now.get("hands"))
    yield one
    one.close()


def test_the_whole_state_comes_first_and_frames_follow_it_without_a_gap(page):
    first, *frames = [told for told in page.frames if "n" in told]
    assert first["whole"] and first["board"]["buttons"] == ["START", "STOP", "UP", "DOWN", "SELECT"]
    assert first["state"] == "READY" and first["screen"] and first["journal"]
    page.until(lambda now: now["n"] >= first["n"] + 20)
    numbers = [told["n"] for told in page.frames if "n" in told]
    assert numbers == list(range(first["n"], numbers[-1] + 1))
    clocks = [(told["from"], told["clock"]) for told in page.frames if "from" in told]
    assert all(one[1] == two[0] for one, two in zip(clocks, clocks[1:]))


def test_hands_gone_buttons_up(place, page, monkeypatch):
    """Whoever looks on sees it, and gets the hands; not because they were silent."""
    monkeypatch.setattr(hub, "SILENT_S", 1e9)
    other = place.page()
    other.until(lambda now: now.get("whole"))
    page.do("down", button="UP")
    other.until(lambda now: "UP" in now["down"])
    page.close()
    other.until(lambda now: not now["down"])
    other.until(lambda now: now["hands"])
    other.close()


def test_silent_hands_hold_nothing(page):
    page.do("down", button="SELECT")
    page.until(lambda now: "SELECT" in now["down"])
    page.until(lambda now: not now["down"])


def test_one_has_the_hands(place, page):
    other = place.page()
    other.until(lambda now: now.get("hands") is False and now["viewers"] == 2)
    other.do("down", button="UP")
    other.until_problem("another page has the hands")
    other.do("take_hands")
    other.until(lambda now: now["hands"])
    page.until(lambda now: not now["hands"])
    other.do("usb_plug")
    page.until(lambda now: now["plugs"]["usb"])
    other.do("usb_unplug")
    page.until(lambda now: not now["plugs"]["usb"])
    other.close()
    page.until(lambda now: now["hands"])


@pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense", '{"do": 5}', "[" * 3_000, "null"])
def test_what_is_no_act_is_a_problem_and_the_page_goes_on(page, text):
    page.say(text)
    page.until_problem("this is no act")
    page.do("again_and_again")
    page.until_problem("not an event")


def test_an_act_without_bounds_ends_the_page(page):
    page.say("x" * 100_000)
    with pytest.raises((AssertionError, OSError)):
        page.until(lambda now: False)


def test_nobody_looks_and_it_stands(place):
    one = place.page()
    one.until(lambda now: now.get("whole"))
    one.close()
    again = place.page()
    clock = again.until(lambda now: now.get("whole"))["clock"]
    again.close()
    # It stands half a second later, and goes on for whoever comes then.
    third = place.page()
    third.until(lambda now: now.get("whole") and now["clock"] > clock + 125_000_000 // 4)
    third.close()


def test_what_was_done_can_be_taken_away(place, page, rx_file):
    page.do("again")
    page.until(lambda now: now.get("acts") == 0)
    page.do("supply_mv", mv=4_900)
    page.until(lambda now: now["plugs"]["supply_mv"] == 4_900)
    status, text = place.get("/recorded/scenario.toml")
    (event,) = tomllib.loads(text)["event"]
    assert status == 200 and (event["do"], event["mv"]) == ("supply_mv", 4_900)
    assert place.get("/recorded/prescription.toml") == (200, rx_file.read_text())
    page.do("power_off")
    page.until(lambda now: now["state"] == "OFF")
    page.do("power_on")
    page.until(lambda now: now["state"] == "READY")
    events = tomllib.loads(place.get("/recorded/scenario.toml")[1])["event"]
    assert [one["do"] for one in events] == ["supply_mv", "power_off", "power_on"]


def test_its_files_are_those_of_its_release(place):
    _, text = place.get("/")
    (address,) = {one for one in text.split('"') if one.endswith("app.css")}
    assert place.get(address)[0] == 200
    for wrong in ("/static/0000000000000000/app.css", f"{address}x", "/static/x/..%2fguard.py"):
        status, told = place.get(wrong)
        assert status == 404 and "no such page" in told


def test_every_route_is_closed_to_whoever_has_no_session(place):
    from evenpulse.web.app import make
    from evenpulse.web.guard import Session

    routes = make(Session(1), None, None)._app.routes
    paths = [one.path for one in routes]
    assert len(paths) >= 5
    stranger = object.__new__(Visitor)
    stranger.host, stranger.cookie = place.host, ""
    for path in paths:
        assert stranger.get(path)[0] == 401, path
        assert stranger.get(path, Host="evil.example")[0] == 421, path


@pytest.mark.parametrize("origin", ["http://localhost:9", "http://evil.example", "null", ""])
def test_another_pages_script_gets_no_socket(place, origin):
    """With our cookie, which the browser sends along."""
    assert Page(place, {"Origin": origin}).refused == 403


@pytest.mark.parametrize(
    "board,screen,lights,buttons", [("zero1", False, 3, 5), ("bench", False, 1, 5)]
)
def test_another_board_is_drawn_from_its_own_file(board, screen, lights, buttons):
    at = begin.at(None, board)
    with served(at.rx, at.board) as (address, _):
        one = Visitor(address).page()
        now = one.until(lambda now: now.get("state") == "READY")
        told = now["board"]
        assert (told["screen"], len(told["lights"]), len(told["buttons"])) == (
            screen,
            lights,
            buttons,
        )
        assert now["tour"] == [] and len(now["load"]) == told["channels"]
        one.close()


def test_a_twin_that_cannot_begin_says_why_to_whoever_comes(rx_file):
    """A prescription for two channels, on a board with one."""
    with served(rx_file, "zero1") as (address, _):
        visitor = Visitor(address)
        for _ in range(2):
            one = visitor.page()
            one.until_problem("channel")
            assert one.now["ended"]
            one.close()
