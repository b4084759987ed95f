"""`evenpulse keys` and `prescribe sign | show`: files that are whole, never replaced, and say
what they allow.
"""

import base64
import json
import stat
from contextlib import closing

import never_trust_keys
import pytest
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from sample_prescription import GOOD_TOML

from evenpulse.base.errors import Problem
from evenpulse.link import repl
from evenpulse.prescription import keys, signed
from evenpulse.twin.port import open_twin


@pytest.fixture
def made(run, tmp_path):
    outcome = run("keys", "new", tmp_path / "keys", "--name", "clinic", "--json")
    assert outcome.code == 0, outcome.err
    return tmp_path / "keys", json.loads(outcome.out), outcome


def test_new_keys_are_a_pair_that_only_its_owner_reads(made):
    folder, told, outcome = made
    assert sorted(path.name for path in folder.iterdir()) == ["clinic.key", "clinic.pub"]
    assert stat.S_IMODE((folder / "clinic.key").stat().st_mode) == 0o600
    assert "not encrypted" in outcome.err and told["encrypted"] is False
    assert (
        keys.load_public(folder / "clinic.pub").id
        == keys.load_private(folder / "clinic.key").public.id
        == told["key"]
    )


def test_they_are_files_that_other_tools_read(made):
    """PKCS #8 and SubjectPublicKeyInfo in PEM, RFC 7468."""
    folder, _, _ = made
    assert (folder / "clinic.key").read_text().startswith("-----BEGIN PRIVATE KEY-----\n")
    assert (folder / "clinic.pub").read_text().startswith("-----BEGIN PUBLIC KEY-----\n")


def test_a_passphrase_encrypts_and_is_asked_for(run, tmp_path, good_toml, monkeypatch):
    monkeypatch.setenv("EVENPULSE_KEY_PASSPHRASE", "correct horse")
    outcome = run("keys", "new", tmp_path, "--name", "c", "--json")
    assert json.loads(outcome.out)["encrypted"] is True and "Warning" not in outcome.err
    assert b"ENCRYPTED" in (tmp_path / "c.key").read_bytes()
    assert run("prescribe", "sign", good_toml, "--key", tmp_path / "c.key").code == 0
    monkeypatch.setenv("EVENPULSE_KEY_PASSPHRASE", "wrong")
    wrong = run("prescribe", "sign", good_toml, "--key", tmp_path / "c.key", "--force")
    assert wrong.code == 1 and "passphrase" in wrong.err
    monkeypatch.delenv("EVENPULSE_KEY_PASSPHRASE")
    none = run("prescribe", "sign", good_toml, "--key", tmp_path / "c.key", "--force")
    assert none.code == 1 and "is encrypted" in none.err and "EVENPULSE_KEY_PASSPHRASE" in none.err


@pytest.mark.parametrize("there", ["clinic.key", "clinic.pub"])
def test_a_key_is_never_replaced(run, tmp_path, there):
    (tmp_path / there).write_text("mine")
    outcome = run("keys", "new", tmp_path, "--name", "clinic")
    assert outcome.code == 2 and "already there" in outcome.err
    assert [path.name for path in tmp_path.iterdir()] == [there] and (
        tmp_path / there
    ).read_text() == "mine"


@pytest.mark.parametrize("name", ["", "a/b", "..", "J\u00f6rg", "x" * 33, "a\nb"])
def test_names_that_are_none(run, tmp_path, name):
    outcome = run("keys", "new", tmp_path, "--name", name)
    assert outcome.code == 2 and "--name" in outcome.err and list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(run, tmp_path):
    (tmp_path / "file").write_text("")
    outcome = run("keys", "new", tmp_path / "file", "--name", "clinic")
    assert outcome.code == 1 and "cannot write the keys" in outcome.err


def test_show_tells_both_halves_alike(run, made):
    folder, told, _ = made
    public = run("keys", "show", folder / "clinic.pub", "--json").json
    private = run("keys", "show", folder / "clinic.key", "--json").json
    assert public["key"] == private["key"] == told["key"]
    assert (public["private"], private["private"], public["bits"]) == (False, True, 2048)


@pytest.mark.parametrize(
    "content", ["", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_files_that_are_no_key(run, tmp_path, good_toml, content):
    (tmp_path / "x").write_text(content)
    for arguments in (
        ["keys", "show", tmp_path / "x"],
        ["prescribe", "sign", good_toml, "--key", tmp_path / "x"],
        ["keys", "install", tmp_path / "x", "--port", "twin:"],
    ):
        outcome = run(*arguments)
        assert outcome.code == 1 and "unexpected" not in outcome.err and "next:" in outcome.err


def test_keys_of_another_kind(run, tmp_path, good_toml):
    for number, key in enumerate(
        (
            rsa.generate_private_key(65_537, 1_024),
            rsa.generate_private_key(3, 2_048),
            ec.generate_private_key(ec.SECP256R1()),
        )
    ):
        path = tmp_path / f"{number}.key"
        path.write_bytes(
            key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption())
        )
        outcome = run("prescribe", "sign", good_toml, "--key", path)
        assert outcome.code == 1 and "2048 bits" in outcome.err and "unexpected" not in outcome.err


def test_the_wrong_half(run, clinic, good_toml):
    outcome = run("prescribe", "sign", good_toml, "--key", clinic / "clinic.pub")
    assert outcome.code == 1 and "public half" in outcome.err
    outcome = run("keys", "install", clinic / "clinic.key", "--port", "twin:")
    assert outcome.code == 1 and "stays with the clinic" in outcome.err


@pytest.mark.parametrize("whose", ["key", "others_key"])
def test_the_twins_own_keys_go_onto_no_device(run, tmp_path, whose):
    from evenpulse.twin import clinic

    public = (
        getattr(clinic, whose)()
        ._key.public_key()
        .public_bytes(pem.Encoding.PEM, pem.PublicFormat.SubjectPublicKeyInfo)
    )
    (tmp_path / "twin.pub").write_bytes(public)
    outcome = run("keys", "install", tmp_path / "twin.pub", "--port", "twin:")
    assert outcome.code == 2 and "private half is public" in outcome.err


def test_a_device_that_is_not_in_service_mode():
    with closing(open_twin()) as port, pytest.raises(Problem, match="not in service mode") as told:
        repl.run(port, "print('evenpulse-keys {}')", "evenpulse-keys ")
    assert "hold SELECT" in str(told.value)


def test_sign_checks_first_and_replaces_nothing(run, clinic, good_toml, tmp_path):
    key = clinic / "clinic.key"
    good_toml.write_text(GOOD_TOML.replace("ch1_ma = 30.0", "ch1_ma = 101"))
    outcome = run("prescribe", "sign", good_toml, "--key", key)
    assert (
        outcome.code == 1
        and "caps.ch1_ma = 101" in outcome.err
        and not good_toml.with_suffix(".signed").exists()
    )
    good_toml.write_text(GOOD_TOML)
    assert run("prescribe", "sign", good_toml, "--key", key, "-o", tmp_path / "a.signed").code == 0
    again = run("prescribe", "sign", good_toml, "--key", key, "-o", tmp_path / "a.signed")
    assert again.code == 2 and "already there" in again.err


def test_a_signed_file_holds_the_signature_of_its_text(good_signed):
    """By the textbook: signature to the power of e is the padded digest."""
    document = json.loads(good_signed.read_text())
    n, _ = never_trust_keys.pair()
    opened = pow(
        int.from_bytes(base64.b64decode(document["signature"]), "big"), 65_537, n
    ).to_bytes(256, "big")
    assert opened == never_trust_keys.block(document["rx"].encode())


def test_show_reads_like_a_prescription(run, clinic, good_signed):
    outcome = run("prescribe", "show", good_signed, "--key", clinic / "clinic.pub")
    assert outcome.code == 0, outcome.err
    text = " ".join(outcome.out.split())
    for mention in [
        "rx-0001, number 1",
        "P-017",
        "2026-11-22 to 2027-02-22",
        "30.0 mA on channel 1",
        "30 min each, 3 a day, 30 min apart",
        "contraindications excluded, sensation tested",
        "25.0 cm2",
        "Pain relief (preset pain-conventional)",
        "100 us a phase, 50 us between",
        "80.0 pps",
        "continuous",
        "20 min",
        "at most 3 uC on channel 1, 3 uC on channel 2 a phase",
        "verified",
    ]:
        assert mention in text, mention
    assert outcome.err == ""


def test_show_tells_sweeps_bursts_and_pauses(run, good_toml, sign, tmp_path):
    from evenpulse.prescription import file as prescription

    own = '\n[[program]]\nname = "{0}"\npreset = "{0}"\nchannels = [1]\n'
    good_toml.write_text(
        GOOD_TOML
        + "".join(own.format(name) for name in ("pain-burst", "pain-modulated", "strength"))
    )
    path = sign(prescription.load(good_toml), tmp_path / "all.signed")
    text = " ".join(run("prescribe", "show", path).out.split())
    for mention in [
        "100.0 pps inside bursts of",
        "2.0 bursts a second",
        "125.0 to 2.0 pps",
        "100 to 200 us a phase",
        "sweeping in 12.0 s",
        "10.0 s on, 50.0 s off",
    ]:
        assert mention in text, mention


def test_show_without_a_key_says_that_nothing_was_verified(run, good_signed):
    outcome = run("prescribe", "show", good_signed, "--json")
    assert json.loads(outcome.out)["signature"] == "not verified" and "not verified" in outcome.err


def test_show_refuses_what_was_changed(run, clinic, good_signed):
    document = json.loads(good_signed.read_text())
    good_signed.write_text(json.dumps({**document, "rx": document["rx"].replace("30000", "60000")}))
    outcome = run("prescribe", "show", good_signed, "--key", clinic / "clinic.pub")
    assert outcome.code == 1 and "signature is wrong" in outcome.err and outcome.out == ""


SPOILT = [
    ("", "not a signed prescription"),
    ("[]", "not a signed prescription"),
    ("{}", "not a signed prescription"),
    ("\udcff", "not a signed prescription"),
    ('{"evenpulse": "signed prescription", "key": 5, "rx": "{}", "signature": ""}', "key"),
    (
        (
            '{"evenpulse": "signed prescription", "key": "0123456789abcdef", "rx": "{}", '
            '"signature": "AAAA"}'
        ),
        "signature",
    ),
    (
        (
            '{"evenpulse": "signed prescription", "key": "0123456789abcdef", "rx": "\\ud800", '
            '"signature": "AAAA"}'
        ),
        "rx",
    ),
]


@pytest.mark.parametrize(("text", "mention"), SPOILT)
def test_files_that_are_no_signed_prescription(run, tmp_path, text, mention):
    path = tmp_path / "x.signed"
    path.write_bytes(text.encode(errors="surrogateescape"))
    for command in (["prescribe", "show", path], ["configure", path, "--port", "twin:"]):
        outcome = run(*command)
        assert (
            outcome.code == 1
            and mention in outcome.err
            and "unexpected" not in outcome.err
            and outcome.out == ""
        )


def test_a_text_that_is_not_canonical(run, good_signed):
    document = json.loads(good_signed.read_text())
    for rx in (document["rx"] + " ", "[1.5]", "{", "[" * 5000, '{"a":1,"a":1}', '"text"'):
        good_signed.write_text(json.dumps({**document, "rx": rx}))
        outcome = run("prescribe", "show", good_signed)
        assert (
            outcome.code == 1
            and "not canonical JSON" in outcome.err
            and "unexpected" not in outcome.err
        )


def test_sign_verify_round_trip(clinic, good_signed):
    envelope, rx = signed.load(good_signed)
    signed.verify(good_signed, envelope, keys.load_public(clinic / "clinic.pub"))
    assert rx["id"] == "rx-0001" and signed.as_text(envelope) == good_signed.read_text()
