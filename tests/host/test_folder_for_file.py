"""A folder where a file is wanted: told as what it is by every command that takes a file."""

import pytest

COMMANDS = {
    "prescribe check": ("prescribe", "check"),
    "prescribe new": ("prescribe", "new"),
    "prescribe show": ("prescribe", "show"),
    "prescribe sign": ("prescribe", "sign", "--key", "clinic.pem"),
    "outputs": ("outputs", "-o", "page.html"),
    "twin check": ("twin", "check"),
    "twin new": ("twin", "new"),
    "twin new with a prescription": ("twin", "new", "--prescription"),
    "twin run": ("twin", "run", "--out", "there"),
    "verify": ("verify", "capture.vcd"),
}


@pytest.mark.parametrize("folder", [".", "/", "a folder"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_is_told_and_nothing_is_written(run, tmp_path, monkeypatch, command, folder):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a folder").mkdir()
    outcome = run(*COMMANDS[command], folder)
    assert outcome.code in (1, 2) and outcome.err.startswith("error: ") and not outcome.out
    assert "unexpected" not in outcome.err and "next: " in outcome.err
    assert [path.name for path in tmp_path.iterdir()] == ["a folder"]
