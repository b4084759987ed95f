"""ruff, its format, vulture and mypy have nothing to say against this checkout. What they look
for: pyproject.toml, firmware/mypy.ini.
"""

import pytest
from toolchain import lint, made_from


def _clean(check):
    if found := check.complaints():
        pytest.fail(f"{check.name}:\n{found}", pytrace=False)


def test_ruff():
    _clean(lint.ruff())


def test_ruff_format():
    _clean(lint.form())


def test_nothing_that_nobody_uses():
    _clean(lint.unused())


def test_types_of_the_host_tools():
    _clean(lint.host())


@pytest.mark.parametrize("board", made_from.boards())
def test_types_of_the_firmware(board):
    _clean(lint.board(board))


def test_a_file_in_another_format_is_told_with_what_mends_it(tmp_path):
    (tmp_path / "wide.py").write_text("x = {  'a':1 }\n")
    told = lint.form(tmp_path).complaints()
    assert "wide.py" in told and told.endswith(".venv/bin/ruff format FILE")
    (tmp_path / "wide.py").write_text('x = {"a": 1}\n')
    assert lint.form(tmp_path).complaints() == ""
