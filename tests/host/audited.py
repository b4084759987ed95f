"""Journals to plant damage into, and what both readers make of them."""

import struct

from hypothesis import settings
from hypothesis import strategies as st
from frames import chain
from played import Played

from evenpulse.journal import audit
from stimcore import journal

planted = settings(max_examples=60)
_PAYLOAD = st.dictionaries(
    st.sampled_from(["a", "b", "ua"]),
    st.integers(-9, 10**6) | st.text('x"\xe7\x01', max_size=9),
    max_size=3,
)
PLAYED = Played(sectors=8).prescribe().session(before=5, after=4, skin=True)
IMAGE, LAST = PLAYED.image(), len(PLAYED.frames())


@st.composite
def journals(draw, at_least=1, at_most=14, first=st.sampled_from([1, 1, 7, 5_000])):
    """Frames as a device writes them: time and uptime rise, uptime starts again at a boot."""
    payloads, t, ms = [], draw(st.integers(0, 10**9)), 0
    for fields in draw(st.lists(_PAYLOAD, min_size=at_least, max_size=at_most)):
        boot = draw(st.integers(0, 9)) == 0
        t += draw(st.integers(0, 500))
        ms = 0 if boot else ms + draw(st.integers(0, 10**6))
        payloads.append({**fields, "t": t, "ms": ms, "e": "boot" if boot else "test"})
    return chain(payloads, draw(first))


def number(frame):
    return struct.unpack_from("<I", frame, 4)[0]


def found(frames):
    return [(one.kind, one.record) for one in audit.audit_stream(b"".join(frames)).findings]


def seen_by_the_device(image):
    return [
        (r.sequence, r.frame)
        for r in journal.read_ring(lambda at, n: image[at : at + n], len(image))
    ]
