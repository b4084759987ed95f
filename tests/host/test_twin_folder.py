"""The folder that keeps a twin's flash: one owner at a time, and only a whole flash image is
taken.
"""

import json

import pytest
from served_twin import ServedTwin

BUSY = 5


def test_found_a_folder_has_one_owner(run, clinic, tmp_path):
    """Two twins on one flash: each would be told "kept", and one of them would be lost."""
    folder = tmp_path / "own"
    with ServedTwin("--state", folder, "--service") as served:
        for words in (("info",), ("keys", "install", clinic / "clinic.pub"), ("log", "list")):
            refused = run(*words, "--port", f"twin:{folder}")
            assert refused.code == BUSY, refused.err
            assert (
                str(folder) in refused.err and "process" in refused.err and "next:" in refused.err
            )
        second = run("twin", "serve", "--tcp", "0", "--state", folder)
        assert second.code == BUSY, second.err
        kept = run("keys", "install", clinic / "clinic.pub", "--port", served.port, "--json")
        assert kept.code == 0, kept.err
    told = run("info", "--port", f"twin:{folder}", "--json")
    assert told.code == 0, told.err
    assert [row["name"] for row in json.loads(told.out)["keys"]] == ["clinic"]


@pytest.mark.parametrize("size", [0, 1, 4096, 2 * 1024 * 1024 - 1, 2 * 1024 * 1024 + 1])
def test_found_a_flash_image_of_another_size_is_refused_and_left_alone(run, tmp_path, size):
    folder = tmp_path / "own"
    folder.mkdir()
    image = folder / "flash.bin"
    image.write_bytes(b"\xff" * size)
    outcome = run("info", "--port", f"twin:{folder}")
    assert outcome.code == 1
    told = f"{size} byte{'s' * (size != 1)}; the board's flash has 2097152"
    assert told in outcome.err and "next:" in outcome.err
    assert image.stat().st_size == size
    image.unlink()
    assert run("info", "--port", f"twin:{folder}").code == 0, "the folder is free again"


def test_a_folder_is_free_again_after_its_twin_died(run, tmp_path):
    folder = tmp_path / "own"
    with ServedTwin("--state", folder) as served:
        served.kill()
    assert run("info", "--port", f"twin:{folder}").code == 0
