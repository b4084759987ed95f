"""What a clinic has on its disk, made by the code of the checkout that this runs in: README.md.

No record and no signature is made here: a device is played, and the command line does the rest.
"""

import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from played import Played
from played_device import DAY_S

HERE = Path(__file__).resolve().parent
TODAY = "2026-11-30 12:00:00"
PASSPHRASE = "no device may trust this key"


def main(into: Path) -> None:
    """Files into a folder, and in `told` what each command of commands.json says of them."""
    shutil.copy(HERE / "rx.toml", into)
    _evenpulse(into, "keys", "new", ".", "--name", "clinic")
    _evenpulse(into, "prescribe", "sign", "rx.toml", "--key", "clinic.key", "-o", "rx.signed")
    trusted = (("clinic", _modulus(into / "clinic.pub")),)
    signed = json.loads((into / "rx.signed").read_text())
    del signed["evenpulse"]
    (into / "journals").mkdir()
    week = _week(Played("E6617", trusted=trusted, sectors=8), signed)
    week.archive(into / "journals")
    # So much of its flash as has been written, in sectors of 4096.
    (into / "E6617.flash").write_bytes(week.image()[: 4_096 * (1 + max(week.flash.sectors))])
    evening = _evening(Played("E6618", trusted=trusted, sectors=8), signed)
    # Somebody took a record out, and a computer lost power in the middle of a pull.
    frames = evening.frames()
    spoilt = b"".join(frames[:5] + frames[6:-1]) + frames[-1][:20]
    evening.archive(into / "spoilt").write_bytes(spoilt)
    told = into / "told"
    told.mkdir()
    for name, words in json.loads((HERE / "commands.json").read_text()).items():
        done = _evenpulse(into, *words)
        page = into / "report.html"
        out = done.stdout + (words_of(page.read_text()) if page.exists() else "")
        (told / name).write_text(f"exit code {done.returncode}\n{out}")
        page.unlink(missing_ok=True)


def words_of(page: str) -> str:
    """What a reader sees of a page of HTML: its texts, those of its pictures too, a line each."""
    seen = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    lines = (html.unescape(line).strip() for line in re.sub(r"<[^>]*>", "\n", seen).splitlines())
    return "".join(f"{line}\n" for line in lines if line)


def _week(device, signed):
    """Sessions with answers, one cut by a lead, one ended early, one by the loss of power; a day
    with the device on, a day with it off.
    """
    _accept(device, signed)
    device.session((8, 6), before=7, after=4, skin=False)
    device.until(device.wall_s + DAY_S)
    device.begin((8, 6), before=6).run(60_000, 1_000).fault("lead_off").rearm()
    device.sleep(3_600).begin((5, 5)).run(60_000, 1_000).end_early().rate(after=5, skin=True)
    device.off(for_s=DAY_S).on().sleep(3_600)
    device.begin((9, 9)).run(200_000, 1_000).off(for_s=7_200).on().sleep(DAY_S)
    return device.session((9, 9), before=5, after=2, skin=False, program="Strength")


def _evening(device, signed):
    _accept(device, signed)
    return device.session((12, 10), before=3, after=1, skin=True)


def _accept(device, signed):
    answer = device.ask("configure", **signed, now_s=device.wall_s)
    assert "result" in answer, answer
    device.run(100).hold("SELECT").run(200)


def _modulus(file: Path) -> bytes:
    return load_pem_public_key(file.read_bytes()).public_numbers().n.to_bytes(256, "big")


def _evenpulse(folder: Path, *words: str):
    command = ["faketime", "-f", TODAY, sys.executable, "-m", "evenpulse", *words]
    return subprocess.run(
        command,
        cwd=folder,
        env={
            "TZ": "UTC",
            "PATH": "/usr/bin:/bin",
            "EVENPULSE_KEY_PASSPHRASE": PASSPHRASE,
        },
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
