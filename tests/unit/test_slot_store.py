"""Flash slots: one or the other, never neither, whatever byte the power is cut at."""

import pytest
from samples import Flash, PowerCut

from app.slot_store import SlotStore

SIZE = 16_384
MAGIC = b"TEST"


def test_what_was_saved_is_found_again():
    flash = Flash(SIZE)
    assert SlotStore(flash, MAGIC).text is None
    for text in (b'{"a":1}', b'{"b":2}', b'{"c":3}'):
        assert SlotStore(flash, MAGIC).save(text)
        assert SlotStore(flash, MAGIC).text == text


@pytest.mark.parametrize("size", [SIZE, 8_192])
def test_power_cut_at_every_byte_and_page_leaves_the_old_or_the_new(size):
    """The slot written to holds an older text, so that its erase is cut half-way too; then the
    next save must succeed.
    """
    oldest, old, new = (
        b"the oldest, longest prescription of them all",
        b"old prescription",
        b"new prescription, longer",
    )
    erase_steps = size // 2 // 256
    for cut in range(erase_steps + 16 + len(new) + 1):
        flash = Flash(size)
        for text in (oldest, old):
            SlotStore(flash, MAGIC).save(text)
        flash.budget = [cut]
        try:
            SlotStore(flash, MAGIC).save(new)
            finished = True
        except PowerCut:
            finished = False
        flash.budget = None
        assert SlotStore(flash, MAGIC).text == (new if finished else old), cut
        assert SlotStore(flash, MAGIC).save(b"next") and SlotStore(flash, MAGIC).text == b"next"
    assert finished


def test_a_power_cut_before_the_head_is_no_damage():
    """A device whose power went while it kept a calibration comes up as if nothing had been: the
    self-test would keep it in FAULT.
    """
    text = b"new prescription, longer"
    for cut in range(len(text)):
        flash = Flash(8_192)
        SlotStore(flash, MAGIC).save(b"old")
        flash.budget = [4_096 // 256 + cut]
        with pytest.raises(PowerCut):
            SlotStore(flash, MAGIC).save(text)
        flash.budget = None
        again = SlotStore(flash, MAGIC)
        assert again.text == b"old" and not again.damaged, cut


@pytest.mark.parametrize("left", range(0, 24, 4))
def test_power_cut_in_the_middle_of_a_byte_leaves_the_old_one(left):
    """Some bits of the last byte are programmed, others not."""
    old, new = b"old", b"new one"
    flash = Flash(8_192)
    SlotStore(flash, MAGIC).save(old)
    flash.budget = [16 + left]
    with pytest.raises(PowerCut):
        SlotStore(flash, MAGIC).save(new)
    flash.budget = None
    whole = Flash(8_192)
    for text in (old, new):
        SlotStore(whole, MAGIC).save(text)
    # The text is written first, from byte 16 of its slot, then the head.
    at = 4_096 + (16 + left if left < len(new) else left - len(new))
    for mask in (0xF0, 0x0F, 0xAA, 0x7F):
        flash.poke(at, 0xFF & (whole.read(at, 1)[0] | mask))
        assert SlotStore(flash, MAGIC).text == old


def test_every_flipped_bit_falls_back_to_the_old_one():
    old, new = b"old", b"new one"
    flash = Flash(SIZE)
    SlotStore(flash, MAGIC).save(old)
    SlotStore(flash, MAGIC).save(new)
    slot = 0 if flash.read(16, len(new)) == new else SIZE // 2
    for bit in range(8 * (16 + len(new))):
        at = slot + bit // 8
        whole = flash.read(at, 1)[0]
        flash.poke(at, whole ^ 1 << bit % 8)
        assert SlotStore(flash, MAGIC).text == old
        flash.poke(at, whole)
    assert SlotStore(flash, MAGIC).text == new


def test_flash_that_does_not_hold_is_noticed():
    flash = Flash(SIZE)
    SlotStore(flash, MAGIC).save(b"old")
    store = SlotStore(flash, MAGIC)
    honest = flash.program
    flash.program = lambda offset, data: honest(offset, bytes(len(data)))
    assert not store.save(b"new")
    assert store.text == b"old" and SlotStore(flash, MAGIC).text == b"old"


def test_the_size_limit_is_the_slot():
    assert SlotStore(Flash(SIZE), MAGIC).bytes_max == 8_192 - 16


def test_damage_is_told_and_an_empty_slot_is_none():
    flash = Flash(SIZE)
    assert not SlotStore(flash, MAGIC).damaged
    SlotStore(flash, MAGIC).save(b"text")
    assert not SlotStore(flash, MAGIC).damaged
    flash.poke(16, flash.read(16, 1)[0] ^ 1)
    assert SlotStore(flash, MAGIC).damaged and SlotStore(flash, MAGIC).text is None


def test_another_stores_text_is_not_taken():
    flash = Flash(SIZE)
    SlotStore(flash, b"ELSE").save(b"text")
    store = SlotStore(flash, MAGIC)
    assert store.text is None and store.damaged
