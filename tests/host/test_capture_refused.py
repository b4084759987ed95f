"""What is no capture gets one clear error, and is bounded before it is parsed."""

import io
import random
import struct
import tracemalloc
import zipfile

import pytest
from captures_of import rx_file


@pytest.fixture
def rx(tmp_path):
    return rx_file(tmp_path)


# --- bad captures ------------------------------------------------------------------------------

VCD = b"$timescale 1 ns $end\n$var wire 1 ! D0 $end\n$enddefinitions $end\n#0\n0!\n"


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name.replace("_", "-"), data)
    return out.getvalue()


METADATA = "[device 1]\ncapturefile=logic-1\nsamplerate=24 MHz\nprobe1=D0\nunitsize=1\n"


def bomb():
    """Thirty files that each say to have 4 GB unpacked."""
    data = bytearray(
        zipped(version="2", metadata=METADATA, **{f"logic_1_{k}": b"\0" * 64 for k in range(1, 31)})
    )
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        if data[at + 46 : at + 51] == b"logic":
            data[at + 24 : at + 28] = struct.pack("<I", 0xFFFFFFF0)
    return bytes(data)


def junk():
    chance = random.Random(1)
    return bytes(chance.randrange(256) for _ in range(5_000))


BAD = {
    "empty": (b"", "the file is empty"),
    "nothing but blanks": (b" \n \n", "no first line of a capture"),
    "binary junk": (junk(), "no text"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(50), "no text"),
    "Saleae's binary export": (b"<SALEAE>\0\0\0\0", "binary export"),
    "words": (b"once upon a time\n", "no first line of a capture"),
    "VCD: no times": (VCD[:-6], "no time and no change"),
    "VCD: head alone": (b"$timescale 1 ns $end\n$var wire 1 ! D0 $end\n", "ends before"),
    "VCD: no timescale": (VCD.replace(b"$timescale 1 ns $end\n", b""), "no $timescale"),
    "VCD: a timescale of 3 ns": (VCD.replace(b"1 ns", b"3 ns"), "$timescale 3ns"),
    "VCD: a timescale of 1 min": (VCD.replace(b"1 ns", b"1 min"), "$timescale 1min"),
    "VCD: no line of a bit": (VCD.replace(b"wire 1", b"wire 8")[:-3], "no line of one bit"),
    "VCD: backwards": (VCD + b"#50\n1!\n#40\n0!\n", "#40 is no time"),
    "VCD: cut off in a change": (VCD + b"#50\n1", "middle of a change"),
    "VCD: cut off in a vector": (VCD + b"#50\nb101", "middle of a change"),
    "VCD: another's line": (VCD + b"#50\n1?\n", "does not have: ?"),
    "VCD: no change": (VCD + b"#50\nhello\n", "hello is no change"),
    "VCD: a time of letters": (VCD + b"#5x\n1!\n", "#5x is no time"),
    "VCD: centuries": (VCD + b"#" + b"9" * 4_400 + b"\n1!\n", "is no time"),
    "VCD: a gigantic word": (VCD + b"#" + b"1" * 3_000_000, "a word of more than"),
    "VCD: two of a name": (
        VCD.replace(b"$endd", b"$var wire 1 % D0 $end\n$endd"), "two lines are called D0",
    ),
    "VCD: a gap": (
        b"$timescale 1 us $end\n$var wire 1 ! CH1_A $end\n$var wire 1 ? CH1_B $end\n"
        b"$enddefinitions $end\n#0\nx!\nx?\n#5\n0!\n0?\n#7\n1!\n#90\nx!\n#95\n0!\n",
        "CH1_A (CH1_A) has no level after 0.000090 s: x or z",
    ),
    "CSV: no change": (b"Time [s],D0\n", "no change in it"),
    "CSV: in weeks": (b"Time [weeks],D0\n0,1\n", "times in weeks"),
    "CSV: one column": (b"time\n0\n", "no first line of a capture"),
    "CSV: cut off": (b"Time [s],D0,D1\n0.0,0,1\n0.1,0", "csv:3: 2 cells, 3 are named"),
    "CSV: no level": (b"Time [s],D0\n0.0,3.3\n", "3.3 is no level"),
    "CSV: a gap": (b"Time [s],D0\n0.0,0\n0.1,X\n", "csv:3: X: the capture has a gap"),
    "CSV: no time": (b"Time [s],D0\n0.0,0\nnoon,1\n", "csv:3: noon is no time"),
    "CSV: no number": (b"Time [s],D0\n0.0,0\nnan,1\n", "csv:3: nan is no time"),
    "CSV: no end": (b"Time [s],D0\n0.0,0\ninf,1\n", "csv:3: inf is no time"),
    "CSV: backwards": (b"time,pin,level\n0.2,D0,0\n0.1,D0,1\n", "csv:3: the time goes backwards"),
    "CSV: years": (b"time,pin,level\n0.2,D0,0\n9e9,D0,1\n", "beyond"),
    "CSV: a gigantic line": (b"Time [s],D0\n" + b"0" * 3_000_000, "csv:2: a line of more than"),
    "CSV: half of it binary": (b"Time [s],D0\n0.0,0\n\xff\xfe\xfd,1\n", "csv:3: this is no text"),
    "CSV: two of a name": (b"Time [s],D0,D0\n0.0,0,1\n", "two lines are called D0"),
    "CSV: a thousand lines": (
        b"Time [s]," + b",".join(b"D%d" % k for k in range(1_000)) + b"\n",
        "more than 512 lines",
    ),
    "sr: cut off": (zipped(version="2", metadata=METADATA, logic_1_1=bytes(99))[:-40], "unpacked"),
    "sr: no version": (zipped(metadata=METADATA), "no version in it"),
    "sr: version 9": (zipped(version="9", metadata=METADATA), "version 9"),
    "sr: no metadata": (zipped(version="2"), "no metadata in it"),
    "sr: metadata that are none": (zipped(version="2", metadata=b"\xff\xff["), "metadata"),
    "sr: no device": (zipped(version="2", metadata="[global]\nx=1\n"), "no device"),
    "sr: no samples": (zipped(version="2", metadata=METADATA), "no samples"),
    "sr: a file missing": (
        zipped(version="2", metadata=METADATA, logic_1_1=b"0", logic_1_3=b"0"), "missing",
    ),
    "sr: a rate of 0": (
        zipped(version="2", metadata=METADATA.replace("24 MHz", "0 Hz"), logic_1_1=b"0"),
        "samplerate=0 Hz",
    ),
    "sr: a rate of words": (
        zipped(version="2", metadata=METADATA.replace("24 MHz", "fast"), logic_1_1=b"0"),
        "samplerate=fast",
    ),
    "sr: a unit of 99 bytes": (
        zipped(version="2", metadata=METADATA.replace("unitsize=1", "unitsize=99"), logic_1_1=b"0"),
        "unitsize=99",
    ),
    "sr: half a sample": (
        zipped(version="2", metadata=METADATA.replace("unitsize=1", "unitsize=2"),
            logic_1_1=b"000"),
        "1 bytes more",
    ),
    "sr: a bomb of samples": (bomb(), "128849018400 bytes unpacked"),
    # Made when it is wanted: each process reads this table.
    "sr: a bomb of metadata": (
        lambda: zipped(version="2", metadata=bytes(80_000_000)), "80000000 bytes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_capture_gets_one_clear_error(run, rx, tmp_path, name):
    data, wanted = BAD[name]
    path = tmp_path / "bad.csv"
    path.write_bytes(data() if callable(data) else data)
    tracemalloc.start()
    done = run("verify", rx, path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert done.code == 2 and not done.out, done.err
    assert wanted in done.err.splitlines()[0], done.err
    assert done.err.startswith(f"error: {path}") and "\n  next: " in done.err
    assert "Traceback" not in done.err and "unexpected" not in done.err and len(done.err) < 700
    # Little more than a piece of the file is ever held.
    assert most < 40_000_000
