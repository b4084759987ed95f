"""Reads a lock, and finds what its packages ask for and the lock does not have. With
`packaging`, from packages' own metadata.
"""

import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

Environment = Mapping[str, str]


def read(lock: Path) -> list[Requirement]:
    """Its lines: name, the one version, a marker where it is not for everybody."""
    return [
        Requirement(line) for line in re.findall(r"^(\w[^\\\n]*?) *\\$", lock.read_text(), re.M)
    ]


def holds(requirement: Requirement, environment: Environment, extra: str = "") -> bool:
    return requirement.marker is None or requirement.marker.evaluate(
        {**environment, "extra": extra}
    )


def versions(lock: Iterable[Requirement], environment: Environment) -> dict[str, str]:
    """{name: version} of what the lock has there."""
    return {
        canonicalize_name(line.name): next(iter(line.specifier)).version
        for line in lock
        if holds(line, environment)
    }


def requirements_of(site: Path) -> dict[str, list[Requirement]]:
    """{name: what it asks for} of the packages that are installed in a folder."""
    return {
        canonicalize_name(found.name): [Requirement(text) for text in found.requires or ()]
        for found in metadata.distributions(path=[str(site)])
    }


def gaps(
    roots: Iterable[Requirement],
    locked: Mapping[str, str],
    asked: Mapping[str, list[Requirement]],
    environment: Environment,
) -> set[str]:
    """One text for each requirement that is not met. `roots`: what the project asks for;
    `asked`: what each package does.
    """
    found = {f"{name}: its metadata is not there" for name in locked if name not in asked}
    waiting = [("the project", one) for one in roots if holds(one, environment)]
    waiting += [
        (name, one) for name in locked for one in asked.get(name, ()) if holds(one, environment)
    ]
    seen_extras = set()
    while waiting:
        who, wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        version = locked.get(name)
        if version is None or not wanted.specifier.contains(version, prereleases=True):
            found.add(f"{who} wants {wanted}, the lock has {version}")
            continue
        for extra in wanted.extras - {extra for of, extra in seen_extras if of == name}:
            seen_extras.add((name, extra))
            waiting += [
                (f"{name}[{extra}]", one)
                for one in asked.get(name, ())
                if holds(one, environment, extra)
            ]
    return found
