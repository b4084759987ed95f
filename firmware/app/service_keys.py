"""Clinic keys, changed in service mode alone: `evenpulse keys` calls these over the REPL that
SELECT at power-on opens.

Each prints one line: ANSWER and JSON, with the keys then installed or what was refused.
"""

import json

import board
from app.journal_writer import JournalWriter
from app.slot_store import SlotStore
from hal import service
from hal.flash_ring import FlashArea
from stimcore import keyring, records, roles
from stimcore.breakage import Breakage
from stimcore.dose import Dose
from stimcore.errors import Refused

ANSWER = "evenpulse-keys "


def show():
    """Say which keys are installed."""
    _say(lambda keys: keys)


def install(name, modulus_hex):
    """Trust one more key."""
    _say(lambda keys: keyring.added(keys, name, modulus_hex))


def remove(key):
    """Trust the key of this id no longer: what it signed counts no more from the next start."""
    _say(lambda keys: keyring.removed(keys, key))


def entered():
    """Service mode has been entered: a device that only service may let go on is told so in its
    journal.
    """
    journal = _open_journal()
    breakage = Breakage()
    Dose().rebuild(journal.since("day"), breakage.recall)
    if breakage.locked:
        journal.append(records.payload(journal.last["t"], 0, "service", {}))


def _open_journal():
    journal = JournalWriter(FlashArea(board.JOURNAL_OFFSET, board.JOURNAL_BYTES))
    # Ends: each call counts one sector of AHEAD_SECTORS as ready
    while journal.erase_ahead():
        pass
    return journal


def _say(change):
    try:
        answer = {"keys": keyring.told(_changed(change))}
    except Refused as no:
        answer = {
            "field": no.field,
            "value": str(no.value),
            "limit": no.limit,
            "source": no.source,
            "advice": no.advice,
        }
    print(ANSWER + json.dumps(answer))


def _changed(change):
    if not roles.may("service" if service.active() else "host", "keys", "SERVICE"):
        raise Refused(
            "keys",
            "not in service mode",
            "service mode",
            "role table",
            "hold SELECT while switching the device on",
        )
    store = SlotStore(FlashArea(board.KEYS_OFFSET, board.KEYS_BYTES), keyring.MAGIC)
    before = keyring.parse(store.text) if store.text else []
    after = change(before)
    if after is not before:
        text = keyring.text(after)
        # Both slots: damage to one must not bring a removed key back
        if not (store.save(text) and store.save(text)):
            raise Refused(
                "keys",
                "flash did not hold them",
                "what was written",
                "flash",
                "the old keys stay; try again, or replace the device",
            )
        _journal(keyring.ids(before), keyring.ids(after))
    return after


def _journal(before, after):
    """A change of whom the device trusts is on record, at the time of the last record."""
    journal = _open_journal()
    time_s = journal.last["t"] if journal.last else 0
    # Nobody has had anything: without it the first day would begin with a rest
    day = {} if journal.last else {"day": []}
    for key in before + after:
        if (key in before) != (key in after):
            what = "installed" if key in after else "removed"
            journal.append(records.payload(time_s, 0, "key", dict(day, key=key, what=what)))
