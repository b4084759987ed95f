"""Whatever bytes come from the other end: a sound answer, or one Problem. Never another exception,
never for ever.
"""

import json

import pytest
from fake_device import INFO, frame, line_of
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evenpulse.base.errors import NoBoard, Problem
from evenpulse.journal import fetch as journal
from evenpulse.link.client import ATTEMPTS, Device


class Script:
    """A transport that plays lines; `answers(request)` gives them for each request."""

    name = "script"
    pending = b""

    def __init__(self, answers):
        self._answers, self._lines, self.requests = answers, [], []

    def write(self, data):
        self.requests.append(data)
        self._lines = list(self._answers(data))

    def read_line(self, timeout_s):
        return self._lines.pop(0) if self._lines else None

    def close(self):
        pass


def id_of(request):
    return json.loads(request.rsplit(b" ", 1)[0])["id"]


@settings(max_examples=200)
@given(st.lists(st.binary(max_size=60), max_size=5))
@example([b"[" * 5000])
def test_noise_is_never_an_answer_and_never_another_error(lines):
    script = Script(lambda request: lines)
    with pytest.raises(Problem):
        Device(script).call("info")
    assert len(script.requests) == ATTEMPTS


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "jsonrpc", "result", "error", "code", "message", "data"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=200)
@given(json_values)
def test_sound_lines_of_any_content_give_a_result_or_a_problem(value):
    def answers(request):
        message = {**value, "id": id_of(request)} if isinstance(value, dict) else value
        return [line_of(message).rstrip(b"\n")]

    try:
        assert isinstance(Device(Script(answers)).call("info"), dict)
    except Problem:
        pass


def test_the_answer_is_found_behind_noise_and_other_answers():
    def answers(request):
        late = line_of(
            {"jsonrpc": "2.0", "id": id_of(request) - 1, "result": {"late": True}}
        ).strip()
        return [
            b"",
            b"boot",
            late,
            line_of({"jsonrpc": "2.0", "id": id_of(request), "result": INFO}).strip(),
        ]

    assert Device(Script(answers)).call("info") == INFO


def test_one_that_chatters_for_ever_does_not_keep_us():
    class Chatter(Script):
        def read_line(self, timeout_s):
            return b"tick"

    with pytest.raises(NoBoard, match="not Evenpulse"):
        Device(Chatter(lambda request: [])).call("info")


def test_a_line_longer_than_the_link_carries_is_not_sent():
    script = Script(lambda request: [])
    with pytest.raises(Problem, match="the link carries 8192"):
        Device(script).call("configure", {"rx": "x" * 9000})
    assert script.requests == []


@pytest.mark.parametrize("payload", [[1], "text", 5, None])
def test_a_journal_payload_that_is_no_object_is_not_sound(payload):
    chunk = {"records": [[1, frame(1, bytes(8), payload).hex()]], "next": None}
    device = Device(
        Script(
            lambda request: [
                line_of({"jsonrpc": "2.0", "id": id_of(request), "result": chunk}).strip()
            ]
        )
    )
    with pytest.raises(Problem, match="record 1 is not a sound frame"):
        list(journal.fetch(device, lambda done, total: None))
