"""A VCD file as IEEE 1364 has it, read strictly and by nothing of ours: scopes, signals, and
every change with its time.
"""

from dataclasses import dataclass, field


@dataclass
class Read:
    """`signals`: scope.name to [(time, value as written)], the value at time 0 first."""

    timescale: str = ""
    comments: list[str] = field(default_factory=list)
    signals: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    end_ns: int = 0


def read(text):
    """The whole file; fails on anything that is not in the standard."""
    head, body = text.split("$enddefinitions $end\n")
    told, codes, scopes = Read(), {}, []
    for line in head.splitlines():
        word, *rest, end = line.split()
        assert end == "$end", line
        if word == "$comment":
            told.comments.append(" ".join(rest))
        elif word == "$timescale":
            told.timescale = " ".join(rest)
            assert rest[0] in ("1", "10", "100") and rest[1] in ("s", "ms", "us", "ns", "ps", "fs")
        elif word == "$scope":
            assert rest[0] == "module" and len(rest) == 2
            scopes.append(rest[1])
        elif word == "$upscope":
            scopes.pop()
        else:
            assert word == "$var" and rest[0] in ("wire", "reg", "real"), line
            kind, bits, code, name = rest[:4]
            assert code not in codes and all(33 <= ord(c) <= 126 for c in code)
            codes[code] = (kind, int(bits), ".".join([*scopes, name]))
            told.signals[codes[code][2]] = []
    assert not scopes
    _changes(told, codes, body)
    return told


def _changes(told, codes, body):
    now = -1
    for line in body.splitlines():
        if line.startswith("#"):
            assert int(line[1:]) >= now, line
            now = told.end_ns = int(line[1:])
        elif line not in ("$dumpvars", "$end"):
            value, code = line.split() if line[0] in "br" else (line[0], line[1:])
            kind, bits, path = codes[code]
            if kind == "wire":
                assert bits == 1 and value in "01"
            else:
                assert value[0] == {"reg": "b", "real": "r"}[kind]
                value = value[1:]
                assert kind == "real" or len(value) <= bits
                float(value)
            told.signals[path].append((now, value))
    assert all(changes and changes[0][0] == 0 for changes in told.signals.values())
