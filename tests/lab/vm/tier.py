# SPDX-License-Identifier: LGPL-2.1-or-later
"""All tests on virtual machines, as tests/vm and tests/run run them."""

import contextlib
from pathlib import Path

from .. import build, suites
from . import machine
from .apt import Unavailable

PROGRAMS = build.REPOSITORY / "tests" / "machine"
TOGETHER = Path(__file__).resolve().parent / "together.py"


def wanted(pattern: str) -> list[Path]:
    """Programs that have such a test, perhaps."""
    found = sorted(PROGRAMS.glob("test_*.py"))
    return [path for path in found if pattern in path.stem or pattern in path.read_text()]


def prepare_ahead(pattern: str) -> None:
    """What `run` would wait for; it says itself what is wrong, if something is."""
    with contextlib.suppress(Unavailable, OSError, RuntimeError, SystemExit):
        if wanted(pattern):
            machine.prepare()


def run(tally: suites.Tally, pattern: str, environment: dict[str, str] | None = None) -> None:
    programs = wanted(pattern)
    if not programs:
        return
    try:
        machine.prepare()
    except Unavailable as reason:
        tally.skip("virtual machine tests", " ".join(str(reason).split()))
        return
    except (OSError, RuntimeError, SystemExit) as error:
        tally.note("virtual machine", 0, 1, 0, str(error))
        return
    whole = [str(program) for program in programs if pattern in program.stem]
    parts = [str(program) for program in programs if pattern not in program.stem]
    only = (f"--only={pattern}", *parts) if parts else ()
    suites.tap(tally, TOGETHER, *whole, *only, environment=environment)
