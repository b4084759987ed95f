"""Frames and rings for tests of the bytes: made with the device's own framing, of payloads that
mean nothing, or changed from played ones.
"""

from stimcore import journal

SECTOR = journal.SECTOR_BYTES


def chain(payloads: list, first: int = 1) -> list[bytes]:
    """Frames of payloads, each linked to the one before."""
    frames: list[bytes] = []
    for sequence, payload in enumerate(payloads, first):
        link = (
            journal.link_of(frames[-1])
            if frames
            else journal.NO_LINK
            if first == 1
            else b"gone\0\0\0\0"
        )
        frames.append(journal.frame(sequence, link, payload))
    return frames


def ring(frames: list[bytes], start: int = 1, sectors: int = 0) -> bytes:
    """An image of a flash ring: frames in sectors from `start` on, round the end, never across a
    sector.
    """
    filled = [b""]
    for frame in frames:
        if len(filled[-1]) + len(frame) > SECTOR:
            filled.append(b"")
        filled[-1] += frame
    count = sectors or len(filled) + 5
    assert count > len(filled)
    image = [b"\xff" * SECTOR] * count
    for number, data in enumerate(filled):
        image[(start + number) % count] = data.ljust(SECTOR, b"\xff")
    return b"".join(image)
