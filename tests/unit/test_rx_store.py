"""Prescription slots: one or the other, never neither, whatever byte the power is cut at."""

import pytest
from samples import Flash, PowerCut

from app.rx_store import RxStore

SIZE = 16_384


def test_what_was_saved_is_found_again():
    flash = Flash(SIZE)
    assert RxStore(flash).text is None
    for text in (b'{"a":1}', b'{"b":2}', b'{"c":3}'):
        assert RxStore(flash).save(text)
        assert RxStore(flash).text == text


def test_power_cut_at_every_byte_leaves_the_old_or_the_new():
    old, new = b"old prescription", b"new prescription, longer"
    for cut in range(len(new) + 17):
        flash = Flash(SIZE)
        RxStore(flash).save(old)
        flash.bytes_left = cut
        try:
            RxStore(flash).save(new)
            finished = True
        except PowerCut:
            finished = False
        flash.bytes_left = None
        assert RxStore(flash).text == (new if finished else old)
    assert finished


def test_every_flipped_bit_falls_back_to_the_old_one():
    old, new = b"old", b"new one"
    flash = Flash(SIZE)
    RxStore(flash).save(old)
    RxStore(flash).save(new)
    slot = 0 if flash.read(16, len(new)) == new else SIZE // 2
    for bit in range(8 * (16 + len(new))):
        at = slot + bit // 8
        whole = flash.read(at, 1)[0]
        flash.poke(at, whole ^ 1 << bit % 8)
        assert RxStore(flash).text == old
        flash.poke(at, whole)
    assert RxStore(flash).text == new


def test_flash_that_does_not_hold_is_noticed():
    flash = Flash(SIZE)
    RxStore(flash).save(b"old")
    store = RxStore(flash)
    honest = flash.program
    flash.program = lambda offset, data: honest(offset, bytes(len(data)))
    assert not store.save(b"new")
    assert store.text == b"old" and RxStore(flash).text == b"old"


def test_the_size_limit_is_the_slot():
    assert RxStore(Flash(SIZE)).bytes_max == 8_192 - 16
