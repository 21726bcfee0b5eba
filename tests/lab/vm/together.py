#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases of all test programs on virtual machines in one process, which share one boot; those that want the same adapters
come together: together.py [--only=WORD] PROGRAM...

--only: of the programs after it, the cases whose name contains the word. Prints TAP; "# program NAME" comes before the
cases of each program.
"""

import importlib.util
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from lab import cage, case  # noqa: E402
from lab.vm.case import end_machines  # noqa: E402


def adapters(test: unittest.TestCase) -> tuple[str, ...]:
    """What kind of machine it wants; empty: none, or it makes its own."""
    return getattr(test, "ADAPTERS", ())


def load(program: Path, word: str) -> list[unittest.TestCase]:
    specification = importlib.util.spec_from_file_location(program.stem, program)
    module = importlib.util.module_from_spec(specification)
    sys.modules[program.stem] = module
    specification.loader.exec_module(module)
    return [test for test in case.cases_of(module) if word in test.id()]


class Announcer:
    """Says whose cases come, when that changes."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, test: unittest.TestCase) -> None:
        name = type(test).__module__ + (f" ({', '.join(adapters(test))})" if adapters(test) else "")
        if not adapters(test):
            end_machines()  # there is to be memory for one
        if name != self._last:
            print(f"# program {name}", flush=True)
        self._last = name


def main() -> None:
    tests: list[unittest.TestCase] = []
    word = ""
    for argument in sys.argv[1:]:
        if argument.startswith("--only="):
            word = argument.removeprefix("--only=")
        else:
            tests += load(Path(argument), word)
    cage.enter()
    order = sorted(tests, key=lambda test: (getattr(test, "AFTER_ALL", False), adapters(test)))
    case.run_cases(order, end_machines, Announcer())


if __name__ == "__main__":
    main()
