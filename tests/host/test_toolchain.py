"""The toolchain's promises: keys follow inputs, one build a key, failures say what, where and
what to try.
"""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from toolchain import ToolchainError, cache, firmware, firmware_dir, made_from, native, pip, rebuilt
from toolchain import sources, steps, venv
from toolchain.cache import Artefact
from toolchain.steps import Step, build_environment
from evenpulse_ground.uf2 import uf2_from_parts

_CHECKOUT = Path(__file__).resolve().parents[2]


def run_toolchain(*arguments, **env):
    """python3 -m toolchain with these arguments, as make runs it."""
    return subprocess.run(
        [sys.executable, "-m", "toolchain", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(_CHECKOUT / "host_tools"), **env},
    )


# Keys and the cache


def test_a_key_follows_every_input_and_not_their_order():
    base = {"compiler": "gcc 12", "options": ["-O2"], "files": {"a.py": "1"}}
    changed = [
        {**base, "compiler": "gcc 13"},
        {**base, "options": []},
        {**base, "files": {"a.py": "2"}},
        {**base, "files": {"b.py": "1"}},
    ]
    keys = {cache.digest(inputs) for inputs in [base, *changed]}
    assert len(keys) == 5
    assert cache.digest(dict(reversed(base.items()))) == cache.digest(base)


def test_a_file_counts_by_name_and_content(tmp_path):
    first, second = tmp_path / "a.py", tmp_path / "b.py"
    first.write_text("x = 1\n")
    before = cache.file_hashes(tmp_path, [first])
    first.write_text("x = 2\n")
    changed = cache.file_hashes(tmp_path, [first])
    first.rename(second)
    assert before != changed != cache.file_hashes(tmp_path, [second])


@pytest.fixture
def copied_checkout(tmp_path, monkeypatch):
    """Boards and firmware in a folder of their own, which the toolchain takes for the checkout."""
    for part in ("firmware", "boards"):
        subprocess.run(["cp", "-r", _CHECKOUT / part, tmp_path / part], check=True)
    monkeypatch.setattr(made_from, "CHECKOUT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "file, same_tree",
    [
        ("firmware/main.py", True),
        ("boards/nmes2/board.py", True),
        ("boards/nmes2/mpconfigboard.h", False),
        ("boards/nmes2/manifest.py", False),
        ("boards/mpconfigboard.cmake", False),
    ],
)
def test_the_firmware_key_follows_our_files(copied_checkout, file, same_tree):
    def keys():
        artefact = firmware.artefact("nmes2")
        return artefact.name, cache.digest(artefact.inputs["tree"])

    name, tree = keys()
    with open(copied_checkout / file, "a") as changed:
        changed.write("\n")
    assert keys()[0] != name
    assert (keys()[1] == tree) == same_tree


@pytest.mark.parametrize("name", ["OPTIONS", "FLAGS", "SOURCE_DATE_EPOCH"])
def test_the_tree_s_key_follows_what_the_compilers_are_told(monkeypatch, name):
    before, told = firmware.tree_inputs("nmes2"), getattr(firmware, name)
    other = f"{told}1" if isinstance(told, str) else (*told, "-g0")
    monkeypatch.setattr(firmware, name, other)
    assert cache.digest(firmware.tree_inputs("nmes2")) != cache.digest(before)


def test_no_compiler_is_told_a_flag_that_is_not_in_the_key():
    """But where files lie, which the flag itself maps away."""
    tree = cache.root() / "tree-of-a-board"
    environment = firmware._environment(tree)
    for name in ("CFLAGS", "CXXFLAGS", "ASMFLAGS"):
        told = environment[name].split()
        own = [flag for flag in told if not flag.startswith("-ffile-prefix-map=")]
        assert own == list(firmware.tree_inputs("nmes2")["flags"]), name
        assert any(str(tree) in flag for flag in told), name


def test_a_new_module_changes_the_firmware_key(copied_checkout):
    before = firmware.artefact("nmes2").name
    (copied_checkout / "firmware/stimcore/added.py").write_text("")
    assert firmware.artefact("nmes2").name != before


def test_what_is_there_is_complete_or_not_there(own_cache):
    def half(finished):
        (finished / "part").write_text("x")
        raise ToolchainError("broken off")

    artefact = Artefact("thing", {"a": 1}, half)
    with pytest.raises(ToolchainError, match="broken off"):
        artefact.get()
    assert not artefact.path.exists()
    assert [path for path in own_cache.iterdir() if path.name != "locks"] == []


def test_two_builders_of_one_key_build_it_once(own_cache, tmp_path):
    script = textwrap.dedent("""
        import os, sys, time
        from pathlib import Path
        from toolchain.cache import Artefact
        def build(finished):
            with open(sys.argv[1], "a") as log:
                log.write(f"{os.getpid()}\\n")
            time.sleep(0.5)
            (finished / "result").write_text("whole")
        print((Artefact("thing", {"a": 1}, build).get() / "result").read_text())
    """)
    log = tmp_path / "log"
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", script, log],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(_CHECKOUT / "host_tools")},
        )
        for _ in range(3)
    ]
    assert [run.communicate()[0].strip() for run in runs] == ["whole"] * 3
    assert len(log.read_text().splitlines()) == 1


def test_a_cache_that_cannot_be_written_is_one_clear_error(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    answer = run_toolchain("venv", EVENPULSE_CACHE=str(blocked / "cache"))
    assert answer.returncode == 1
    assert "EVENPULSE_CACHE" in answer.stderr and "Traceback" not in answer.stderr


# .venv


def test_a_command_starts_below_a_path_with_a_blank(tmp_path, monkeypatch):
    """And below one that is longer than a first line may be."""
    for place in ("a path with a blank", "/".join(["a-long-folder"] * 12)):
        monkeypatch.setattr(venv, "VENV", tmp_path / place / ".venv")
        (venv.VENV / "bin").mkdir(parents=True)
        (venv.VENV / "bin" / "python").symlink_to(sys.executable)
        script = venv.VENV / "bin" / "pretty"
        venv._write_script(script, "json.tool:main")
        told = subprocess.run(
            [script, "--compact"], input='{"a": 1}', capture_output=True, text=True, check=False
        )
        assert (told.returncode, told.stdout, told.stderr) == (0, '{"a":1}\n', "")


# Failures

_LEAVES = """
import os, sys
os.execv = lambda program, words: sys.exit(f"{program} {' '.join(words[1:])}")
sys.argv = ["toolchain", "--help"]
from toolchain.__main__ import main
main()
"""


@pytest.mark.parametrize("inside", [True, False])
def test_make_in_an_activated_venv_does_not_run_in_what_it_removes(inside):
    """The checkout's .venv is made anew when a lock changes: not by its own Python."""
    python = venv.VENV / "bin" / "python" if inside else Path(sys._base_executable)
    ran = subprocess.run(
        [python, "-c", _LEAVES],
        env={"PYTHONPATH": str(venv.CHECKOUT / "host_tools"), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    if inside:
        program, *words = ran.stderr.split()
        assert not program.startswith(str(venv.VENV)) and words == ["-m", "toolchain", "--help"]
    else:
        assert ran.returncode == 0 and "usage: toolchain" in ran.stdout


@pytest.mark.parametrize("module", [firmware, native, pip, rebuilt])
def test_what_is_kept_for_all_checkouts_names_no_python_of_one(module):
    """Seen: a checkout was removed, and the builds of another failed for its .venv."""
    assert Path(sys.executable).is_relative_to(_CHECKOUT)
    assert not Path(steps.python()).is_relative_to(_CHECKOUT)
    assert "sys.executable" not in Path(module.__file__).read_text()


def test_a_failed_step_names_itself_its_log_the_last_lines_and_what_to_try(own_cache):
    with pytest.raises(ToolchainError) as caught, Step("build thing", "buy more disk") as step:
        step.run([sys.executable, "-c", "print('reason'); raise SystemExit(3)"])
    message = str(caught.value)
    assert "step 'build thing' failed" in message and "code 3" in message
    assert f"log: {step.log}" in message and "reason" in step.log.read_text()
    assert "| reason" in message and "try: buy more disk" in message


def test_a_command_that_is_not_there_is_the_same_kind_of_failure(own_cache):
    with (
        pytest.raises(
            ToolchainError, match="(?s)step 'build thing' failed.*no-such-command.*try: advice"
        ),
        Step("build thing", "advice") as step,
    ):
        step.run(["no-such-command"])


def test_the_environment_of_make_does_not_reach_a_build(monkeypatch):
    for name in ("MAKEFLAGS", "CFLAGS", "PYTHONPATH", "BOARD"):
        monkeypatch.setenv(name, "-x")
    assert not {"MAKEFLAGS", "CFLAGS", "PYTHONPATH", "BOARD"} & set(build_environment())


def test_a_missing_firmware_says_what_to_run(copied_checkout):
    (copied_checkout / "firmware/main.py").write_text("never built\n")
    with pytest.raises(ToolchainError, match="Run: make firmware BOARD=nmes2"):
        firmware_dir("nmes2")


def test_an_unknown_board_says_which_there_are():
    answer = run_toolchain("firmware", "--board", "nosuch")
    assert answer.returncode == 1
    assert (
        "board 'nosuch'" in answer.stderr
        and "nmes2" in answer.stderr
        and "Traceback" not in answer.stderr
    )


@pytest.mark.parametrize("given", ["no/such/folder", "."])
def test_a_micropython_dir_that_is_none_is_one_clear_error(tmp_path, given):
    answer = run_toolchain("tools", MICROPY_DIR=str(tmp_path / given))
    assert answer.returncode == 1
    assert (
        "MICROPY_DIR=" in answer.stderr
        and "ports/rp2" in answer.stderr
        and "Traceback" not in answer.stderr
    )


def test_a_micropython_dir_is_known_by_its_state(tmp_path, monkeypatch):
    for part in sources._CHECKOUT_PARTS:
        (tmp_path / part).mkdir(parents=True)
        (tmp_path / part / "x.c").write_text("1")
    monkeypatch.setenv("MICROPY_DIR", str(tmp_path))
    sources._state.cache_clear()
    before = sources.identity()
    (tmp_path / "py" / "x.c").write_text("22")
    sources._state.cache_clear()
    assert sources.tree() == tmp_path and sources.identity() != before


# UF2, against Microsoft's published block layout: 512 bytes, three magic numbers, RP2040's family
# number


def test_a_uf2_block_is_laid_out_as_published():
    image = bytes(range(256)) + b"tail"
    file = uf2_from_parts((0, image))
    first, second = file[:512], file[512:]
    words = [int.from_bytes(first[at : at + 4], "little") for at in range(0, 32, 4)]
    assert words == [0x0A324655, 0x9E5D5157, 0x2000, 0x10000000, 256, 0, 2, 0xE48BFF56]
    assert first[32:288] == image[:256] and first[508:] == bytes.fromhex("306fb10a")
    assert (
        len(second) == 512
        and second[32:36] == b"tail"
        and second[12:16] == (0x10000100).to_bytes(4, "little")
    )
