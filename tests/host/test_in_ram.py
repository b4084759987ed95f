"""What of the firmware lies in RAM, by the symbols of what was built, and how the build is told:
boards/mpconfigboard.cmake, tried without MicroPython.
"""

import subprocess
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from gate.on_micropython import HEAP_BYTES
from toolchain import firmware, sources

from evenpulse.base import boards, firmware_files
from evenpulse.emulator.crash import symbols

_FILE = Path(__file__).parents[2] / "boards" / "mpconfigboard.cmake"
_RAM, _RAM_BYTES = 0x20000000, 0x40000
# A round of therapy: bytecode, names and attributes, calls, memory, arithmetic, interrupts.
_EVERY_ROUND = (
    "mp_execute_bytecode",
    "mp_map_lookup",
    "qstr_hash",
    "mp_load_global",
    "mp_load_attr",
    "mp_load_method_maybe",
    "mp_obj_instance_attr",
    "mp_obj_class_lookup",
    "mp_store_attr",
    "fun_bc_call",
    "fun_viper_call",
    "mp_setup_code_state",
    "mp_call_function_n_kw",
    "nlr_push",
    "gc_alloc",
    "gc_free",
    "gc_collect_start",
    "mp_binary_op",
    "mp_obj_equal_not_equal",
    "mp_obj_subscr",
    "array_subscr",
    "__wrap___aeabi_uidivmod",
    "divmod_u32u32",
    "mp_irq_handler",
    "soft_timer_handler",
    "mp_sched_schedule",
)
# Our own native code, which judges samples and set-up: named by its module.
_NATIVE = tuple(f"fun_data_hal_{name}" for name in ("meters", "pulled", "regs", "sensing", "watch"))
# Nothing of these is called once therapy runs.
_SELDOM = ("mp_init", "mp_obj_new_type", "mp_import_name", "gc_dump_alloc_table")


def _in_ram(place):
    return _RAM <= place[0] < _RAM + _RAM_BYTES


@pytest.fixture(params=boards.names(), scope="module")
def table(request):
    return symbols(firmware_files.folder(request.param) / "firmware.elf")


def test_what_runs_in_every_round_lies_in_ram_and_what_does_not_in_flash(table):
    native = [name for name in table if name.startswith(_NATIVE) and "_dot_py" in name]
    assert len(native) >= 10
    assert [name for name in (*_EVERY_ROUND, *native) if not _in_ram(table[name])] == []
    assert [name for name in _SELDOM if _in_ram(table[name])] == []


def test_the_vectors_are_where_the_watch_asks_for_them(table):
    """firmware/hal/standing.py, firmware/hal/pulled.py."""
    assert table["ram_vector_table"][0] == _RAM


def test_a_unit_test_is_left_less_memory_than_the_device_has(table):
    """The gate's heap, into which no code is loaded any more."""
    assert table["__GcHeapEnd"][0] - table["__GcHeapStart"][0] > HEAP_BYTES


def _configured(folder, script):
    """What cmake says of a port whose linker script reads so; its own copy is memmap.ld."""
    (folder / "memmap_mp_rp2040.ld").write_text(script)
    (folder / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.19)\nproject(port NONE)\n"
        "set(MICROPY_TARGET firmware)\nset(MICROPY_PORT_DIR ${CMAKE_SOURCE_DIR})\n"
        "set(CMAKE_C_OUTPUT_EXTENSION .o)\n"
        "function(pico_set_linker_script target script)\n"
        '  message(STATUS "linked by ${script}")\nendfunction()\n'
        f'include("{_FILE}")\n'
        # As the port does, after the board's own file: the later one counts.
        "pico_set_linker_script(firmware ${MICROPY_PORT_DIR}/memmap_mp_rp2040.ld)\n"
    )
    return subprocess.run(
        ["cmake", "-S", folder, "-B", folder / "objects"],
        capture_output=True,
        text=True,
        check=False,
    )


def test_micropython_s_linker_script_is_taken_with_our_objects_in_place_of_its_own(tmp_path):
    script = (sources.tree() / "ports/rp2/memmap_mp_rp2040.ld").read_text()
    done = _configured(tmp_path, script)
    assert done.returncode == 0, done.stderr
    *_, last = [line for line in done.stdout.splitlines() if "linked by" in line]
    assert last.endswith("/objects/memmap.ld")
    ours = (tmp_path / "objects" / "memmap.ld").read_text().splitlines()
    theirs = script.splitlines()
    changed = [
        ("".join(theirs[a:b]).strip(), "".join(ours[c:d]).strip())
        for what, a, b, c, d in SequenceMatcher(None, theirs, ours, False).get_opcodes()
        if what != "equal"
    ]
    vectors, (old, new), end = changed
    assert vectors[0] == "KEEP (*(.vectors))" and vectors[1].startswith(
        f"{vectors[0]} LONG(__data_"
    )
    assert end == ("", "__ram_constant_end__ = .;")
    assert "*vm.c.obj" in old and "*vm.c.obj" not in new
    assert "*/py/vm.c.o " in new and "*/frozen_content.c.o " in new and ".text.mp_init " in new


@pytest.mark.parametrize("line", ["", "*(EXCLUDE_FILE(*gc.c.obj *vm.c.obj) .text*)\n"])
def test_a_linker_script_that_is_not_known_stops_the_build_and_says_where(tmp_path, line):
    done = _configured(tmp_path, f"SECTIONS\n{line}")
    told = " ".join(done.stderr.split())
    assert done.returncode != 0
    assert "memmap_mp_rp2040.ld: names gc, vm and parse" in told and str(_FILE) in told


def test_the_list_is_part_of_what_compiled_c_is_kept_by():
    assert "boards/mpconfigboard.cmake" in firmware.tree_inputs("nmes2")["board"]
