"""Lines of keys in TOML: every way a key can be written."""

import pytest

from evenpulse.base.toml_lines import Lines

TEXT = """\
# a comment
top = 1
"quoted key" = 2
dotted.one = 1
dotted.two.three = { four = 4 }

[table] # [not.this]
a = "]"
b = [
  [1, 2],
  ["[x]"],
]
c = '''
[no.table]
d = 1
'''
e = 5
[table.inner]
f = 1
[[many]]
g = 1
[[many]]
g = 2
[many.sub]
h = 1
[[many.deep]]
i = 1
[[many.deep]]
i = 2
["odd name".x]
j = 1
"""


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("top", 2), ("quoted key", 3), ("dotted.one", 4), ("dotted.two.three", 5),
        ("dotted.two.three.four", 5), ("table", 7), ("table.a", 8), ("table.b", 9),
        ("table.b[2]", 9), ("table.c", 13), ("table.e", 17), ("table.inner", 18),
        ("table.inner.f", 19), ("many[1]", 20), ("many[1].g", 21), ("many[2]", 22),
        ("many[2].g", 23), ("many[2].sub.h", 25), ("many[2].deep[1].i", 27),
        ("many[2].deep[2].i", 29), ("odd name.x.j", 31),
        ("table.nothing", 7), ("many[2].nothing.at.all", 22), ("many[1].deep", 20),
        ("nothing", None), ("no.table", None), ("table.d", 7), ("", None),
    ],
)  # fmt: skip
def test_a_field_is_found_on_its_line_or_that_of_its_table(field, line):
    assert Lines(TEXT).of(field) == line


def test_a_list_of_very_many_lines_ends_the_search():
    lines = Lines("a = 1\nb = [\n" + "[1],\n" * 5_000 + "]\nc = 1\n")
    assert (lines.of("a"), lines.of("c")) == (1, None)
