"""Every number with a unit in the prose of the pages comes from somewhere: page_claims says
whence, and here it is compared.
"""

import ast
import json
import re
from pathlib import Path

import pytest
from page_claims import COMPUTED, SHOWN, TOLD

ROOT = Path(__file__).resolve().parents[2]
UNITS = (
    "% µs us ms s ns min minute minutes hour hours h day days mA µA µC nC kHz MHz Hz pps clock "
    "clocks byte bytes kB MB mV V Ω kΩ ohm mW °C seconds cases faults defects pulses tests"
).split()
NUMBER = re.compile(
    r"(?<![\w.])\d(?:[\d ,.…]*\d)?[ \u202f-]?(?:" + "|".join(map(re.escape, UNITS)) + r")(?!\w)"
)
_GENERATED = re.compile(r"<!-- (\w+) -->\n.*?<!-- /\1 -->", re.DOTALL)
_CODE = re.compile(r"```.*?```", re.DOTALL)


def prose(page):
    """A page without its generated tables and its code, on one line."""
    text = (ROOT / page).read_text()
    return " ".join(_CODE.sub(" ", _GENERATED.sub(" ", text)).split())


def constant(file, name):
    """A constant's value as the source has it: device modules import what only a device has. Of
    the kept bench the limit of a row.
    """
    if file.endswith(".json"):
        return {row["id"]: row["limit"] for row in json.loads((ROOT / file).read_text())["rows"]}[
            name
        ]
    for node in ast.parse((ROOT / file).read_text()).body:
        if not isinstance(node, ast.Assign):
            continue
        (target,) = node.targets
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        values = node.value.elts if isinstance(target, ast.Tuple) else [node.value]
        for at, value in zip(names, values, strict=False):
            if ast.unparse(at) == name:
                return ast.literal_eval(value.args[0] if isinstance(value, ast.Call) else value)
    raise AssertionError(f"{file} has no {name}")


def said(words, of):
    """The words with the numbers that the sources have now."""
    return words.format(*(f"{constant(file, name) / by:g}" for file, name, by in of))


def rows(table):
    return [
        pytest.param(page, *row, id=f"{page}: {row[0]}")
        for page, all_ in table.items()
        for row in all_
    ]


@pytest.mark.parametrize(("page", "words", "of"), rows(COMPUTED))
def test_a_number_is_that_of_the_source(page, words, of):
    assert said(words, of) in prose(page), f"{page} should say: {said(words, of)}"


@pytest.mark.parametrize(("page", "words", "test"), rows(SHOWN))
def test_a_number_that_a_test_shows_names_it(page, words, test):
    assert words in prose(page), words
    file, _, name = test.partition("::")
    tree = ast.parse((ROOT / file).read_text())
    assert name in [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize(("page", "words", "why"), rows(TOLD))
def test_a_number_that_nothing_compares_has_its_reason(page, words, why):
    assert why and words in prose(page), words


@pytest.mark.parametrize("page", COMPUTED)
def test_every_number_has_its_row(page):
    text = prose(page)
    known = [said(words, of) for words, of in COMPUTED[page]]
    known += [words for words, _ in SHOWN[page] + TOLD[page]]
    spans = [found.span() for words in known for found in re.finditer(re.escape(words), text)]
    alone = [
        text[max(0, found.start() - 40) : found.end() + 20]
        for found in NUMBER.finditer(text)
        if not any(a <= found.start() and found.end() <= b for a, b in spans)
    ]
    assert alone == [], f"{page}: numbers without a row in page_claims"


def test_clocks_of_the_demo_are_its_us_and_what_was_measured():
    found = re.findall(r"\| ([\d ]+) µs \| ([\d ]+) \| ([\d ]+) … ([\d ]+) \|", prose("README.md"))
    told = [[int(text.replace(" ", "")) for text in row] for row in found]
    assert len(told) == 4
    for us, *clocks in told:
        assert clocks == [125 * us] * 3


def test_a_number_that_is_wrong_or_has_no_row_would_be_found():
    words, of = COMPUTED["firmware/SAFETY.md"][0]
    assert said(words, of) == "counts 60 ms down"
    found = "counts 61 ms down, 1 000 clocks, 2.5 mA, 1–2 things and 3 msec"
    assert NUMBER.findall(found) == ["61 ms", "1 000 clocks", "2.5 mA"]
