"""Tests in copies: each starts from the same session, which is made once; a failure, and an end,
in a copy are seen.
"""

import os

import kept_flash
import kept_sessions
import pytest
import rig

from evenpulse.connect import bring_up


class Session:
    """Stands for a twin: what is done to it stays in it."""

    made = 0

    def __init__(self, name):
        Session.made += 1
        self.name, self.seen = name, []


@pytest.fixture(autouse=True)
def _none_made():
    Session.made = 0
    kept_sessions.forget()


def told():
    return "failed there"


def use():
    session = kept_sessions.twin(Session, "a")
    assert session.seen == []
    session.seen.append("used")


def test_a_session_is_made_once_and_every_copy_has_it_as_it_was():
    assert [kept_sessions.in_a_copy(use, told) for _ in range(4)] == [""] * 4
    assert Session.made == 1 and kept_sessions._kept[Session, "a"].seen == []


def test_who_asks_twice_has_two():
    def twice():
        first, second = kept_sessions.twin(Session, "a"), kept_sessions.twin(Session, "a")
        assert first is not second and first.seen == second.seen == []
        assert kept_sessions.twin(Session, "b").name == "b"

    assert kept_sessions.in_a_copy(twice, told) == "" and Session.made == 2


def test_outside_a_copy_nothing_is_kept():
    assert kept_sessions.twin(Session, "a") is not kept_sessions.twin(Session, "a")


@pytest.mark.parametrize("error", [AssertionError, KeyboardInterrupt, SystemExit])
def test_a_failure_in_a_copy_is_one_here(error):
    def fails():
        raise error

    assert kept_sessions.in_a_copy(fails, told) == "failed there"


@pytest.mark.parametrize("code", [0, 3])
def test_a_copy_that_ends_by_itself_has_not_passed(code):
    assert kept_sessions.in_a_copy(lambda: os._exit(code), told) == f"the copy died: status {code}"


_left_behind = []


@pytest.fixture(scope="module")
def flash():
    return rig.prescribed_flash(rig.program())


@pytest.mark.copied
@pytest.mark.parametrize("_turn", [1, 2])
def test_a_twin_comes_to_each_test_at_the_same_clock(flash, _turn):
    """Whatever another has done to it, or left in a module."""
    twin = rig.ready(flash)
    found = (twin.now, len(twin.edges), twin.state)
    twin.run_ms(20)
    assert twin.now > found[0] and not _left_behind
    _left_behind.append(found)
    again = rig.ready(flash)
    assert (again.now, len(again.edges), again.state) == found


@pytest.mark.copied
@pytest.mark.xfail(strict=True, reason="a marked test that fails must be red")
def test_a_marked_test_that_fails_is_red(flash):
    assert rig.ready(flash).state == rig.RUNNING


# Flash that is kept from run to run


def test_a_kept_flash_is_what_would_be_made():
    program = rig.program()
    made = rig.accepted_flash(rig.document(program))
    assert rig.prescribed_flash(program) == made != bring_up.new().flash


def test_a_flash_is_made_once_and_again_when_anything_is_other(tmp_path, monkeypatch):
    monkeypatch.setenv("EVENPULSE_CACHE", str(tmp_path))
    new, made = bytes(range(8)), []

    def make():
        made.append(bytes(8))
        return made[-1]

    for inputs, silicon_time, times in (
        ({"firmware": "a"}, "", 1),
        ({"firmware": "a"}, "", 1),
        ({"firmware": "b"}, "", 2),
        ({"firmware": "a"}, "1", 3),
        ({"firmware": "a"}, "", 3),
    ):
        monkeypatch.setenv("EVENPULSE_SILICON_TIME", silicon_time)
        assert kept_flash.of(inputs, new, make) == bytes(8) and len(made) == times
    monkeypatch.setattr(kept_flash, "_sources", lambda: "other sources")
    assert kept_flash.of({"firmware": "a"}, new, make) == bytes(8) and len(made) == 4
