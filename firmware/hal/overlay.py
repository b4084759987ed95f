"""A development build alone has this module: compiled modules on the filesystem come before the
frozen ones of the same name.

A package is either frozen or in a folder, and MicroPython looks in one place for all its modules;
so each import of `package.module` first says where this one lies. What is imported before `use`
(main.py's first lines) is always the frozen one.
"""

import builtins
import os
import sys

from hal import edition, service

FOLDER = "/modules"
_SUFFIX = ".mpy"


def use():
    """Mount the filesystem and prefer FOLDER/<package>/<module>.mpy from now on."""
    service.mount()
    edition.modules = tuple(_found())
    if edition.modules:
        _prefer(edition.modules, builtins.__import__)
        # One after the other: found by way of `find`, modules that import each other would go
        # deeper than the stack.
        for name in edition.ORDER.split():
            __import__(name)


def _found():
    """Names such as "stimcore.panel" of the modules in FOLDER."""
    names = []
    for package in _listed(""):
        for file in _listed("/" + package):
            if file.endswith(_SUFFIX):
                names.append(package + "." + file[: -len(_SUFFIX)])
    return sorted(names)


def _listed(folder):
    try:
        return os.listdir(FOLDER + folder)
    except OSError:
        return []


def _prefer(names, plain):
    def find(name, *rest):
        package = name.partition(".")[0]
        if package != name and name not in sys.modules:
            plain(package)
            sys.modules[package].__path__ = (FOLDER if name in names else ".frozen") + "/" + package
        return plain(name, *rest)

    builtins.__import__ = find
