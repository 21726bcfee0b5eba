# SPDX-License-Identifier: LGPL-2.1-or-later
"""All tests on virtual machines, as tests/vm and tests/run run them."""

from pathlib import Path

from .. import build, suites
from . import image, machine

PROGRAMS = build.REPOSITORY / "tests" / "machine"


def wanted(pattern: str) -> list[Path]:
    """Programs that have such a test, perhaps."""
    found = sorted(PROGRAMS.glob("test_*.py"))
    return [path for path in found if pattern in path.stem or pattern in path.read_text()]


def run(tally: suites.Tally, pattern: str, environment: dict[str, str] | None = None) -> None:
    programs = wanted(pattern)
    if not programs:
        return
    try:
        machine.prepare()
    except image.Unavailable as reason:
        tally.skip("virtual machine tests", " ".join(str(reason).split()))
        return
    except (OSError, RuntimeError, SystemExit) as error:
        tally.note("virtual machine", 0, 1, 0, str(error))
        return
    for program in programs:
        words = () if pattern in program.stem else (pattern,)
        suites.tap(tally, program, *words, environment=environment)
