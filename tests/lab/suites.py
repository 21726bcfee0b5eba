# SPDX-License-Identifier: LGPL-2.1-or-later
"""Running every kind of test there is and counting what came of it: meson's, TAP programs, and plain checks."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import build, pauses
from .case import MEASUREMENTS, SANITIZER_WORDS

_CHECK_FAILURE = re.compile(r"^\S+:[FE]:.*$", re.MULTILINE)
_CHECK_SUMMARY = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.MULTILINE)
_TAP_LINE = re.compile(r"^(ok|not ok) \d+ - (.*?)(?: # SKIP (.*))?$")
_TAP_PROGRAM = "# program "
# programs that are done beside others take longer than their limits allow for
PATIENCE = "4"
# What tests/lib/steering-traffic.c says when frames were out of order and no more, and its thread was kept from
# running: what a veth has sent waits then, too. Such a test is done again, up to MEASUREMENTS times in all; so is one
# that failed while a processor made programs wait.
STARVED = "while nothing ran for"
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


@dataclass
class Tally:
    """Counts of single cases; a line is printed for each program, and everything about what failed."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)

    def note(self, name: str, passed: int, failed: int, seconds: float, output: str = "") -> None:
        self.passed += passed
        self.failed += failed
        counts = f"{passed} passed" + (f", {failed} failed" if failed else "")
        print(f"{'FAIL' if failed else 'ok  '}  {name}: {counts} ({seconds:.1f} s)", flush=True)
        if failed:
            self.failures.append(name)
            print(_indented(output.splitlines()[-120:]), flush=True)

    def add(self, other: "Tally") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures

    def skip(self, name: str, reason: str) -> None:
        self.skipped += 1
        print(f"skip  {name}: {reason}", flush=True)

    def summary(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


class Lane:
    """Work that is done in order while the caller goes on; with a tally of its own. At its priority (nice 0), at a
    lower one, or (idle: SCHED_IDLE) on the processor time that nothing else on the machine wants: not for what takes
    locks that others need, as all network configuration does."""

    def __init__(self, *steps: Callable[[Tally], object], nice: int = 0, idle: bool = False) -> None:
        self.tally = Tally()
        self._steps, self._nice, self._idle = steps, nice, idle
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        # both are of this thread, and of what it starts
        if self._idle:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        elif self._nice:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self._nice)
        for step in self._steps:
            step(self.tally)

    def join(self, tally: Tally) -> None:
        """Waits for the end, and adds what came of it."""
        self._thread.join()
        tally.add(self.tally)


def check(tally: Tally, name: str, function: Callable[[], None]) -> bool:
    """One thing that either works or raises; what it raises is its output."""
    began = time.monotonic()
    try:
        function()
    except (OSError, RuntimeError, SystemExit, subprocess.CalledProcessError) as error:
        tally.note(name, 0, 1, time.monotonic() - began, str(error))
        return False
    tally.note(name, 1, 0, time.monotonic() - began)
    return True


def formatting() -> None:
    """clang-format has nothing to say about any C file."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={build.REPOSITORY}", "ls-files", "-z", "*.c", "*.h"],
        cwd=build.REPOSITORY, check=True, capture_output=True, text=True,
    )  # fmt: skip
    files = [name for name in listed.stdout.split("\0") if name and (build.REPOSITORY / name).exists()]
    done = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", *files], cwd=build.REPOSITORY, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


def meson(tally: Tally, folder: Path, pattern: str, wanted: Callable[[str], bool] = lambda suite: True) -> None:
    """The build folder's tests of the wanted suites; Check's own cases are counted, other programs count as one."""
    listed = subprocess.run(
        ["meson", "introspect", "--tests", str(folder)], check=True, capture_output=True, text=True
    ).stdout
    names = [
        test["name"]
        for test in json.loads(listed)
        if pattern in test["name"] and any(wanted(suite.rpartition(":")[2]) for suite in test["suite"])
    ]
    if not names:
        return
    silent = set(names)
    for remaining in reversed(range(MEASUREMENTS)):
        again = []
        for found in _run_meson(folder, names):
            name = found["name"].rpartition(" / ")[2].rpartition(":")[2]
            silent.discard(name)
            why = _starved(found) if remaining else ""
            if why:
                again.append(name)
                print(f"once more: {name}, which failed while {why}:\n{_indented(_failures(found)[-5:])}", flush=True)
            else:
                _note_meson(tally, found)
        names = again
        if not names:
            break
    for name in silent:
        tally.note(name, 0, 1, 0, "meson did not report on it")


def _run_meson(folder: Path, names: list[str]) -> list[dict]:
    log = f"testlog-{os.getpid()}-{threading.get_ident()}"  # another run may use the same folder
    subprocess.run(
        ["meson", "test", "-C", str(folder), "--no-rebuild", f"--logbase={log}", f"-t{PATIENCE}", *names],
        env={**os.environ, **SANITIZERS, "CK_TIMEOUT_MULTIPLIER": PATIENCE},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    logs = folder / "meson-logs"
    written = logs / f"{log}.json"
    found = [json.loads(line) for line in written.read_text().splitlines()] if written.exists() else []
    for path in logs.glob(f"{log}*"):
        path.unlink()
    return found


def _failures(found: dict) -> list[str]:
    return _CHECK_FAILURE.findall(found.get("stdout") or "")


def _starved(found: dict) -> str:
    """What it can be excused with, if it failed: nothing if it found that memory is used wrongly."""
    output = f"{found.get('stdout') or ''}{found.get('stderr') or ''}"
    if found["result"] in ("OK", "EXPECTEDFAIL", "SKIP") or any(word in output for word in SANITIZER_WORDS):
        return ""
    failures = _failures(found)
    if failures and all(STARVED in line for line in failures):
        return "its thread did not run, and frames came out of order"
    began = time.monotonic() - (time.time() - found["starttime"])
    return pauses.words(began, began + found["duration"])


def _indented(lines: list[str]) -> str:
    return "".join(f"      | {line}\n" for line in lines).rstrip("\n")


def _note_meson(tally: Tally, found: dict) -> None:
    output = f"{found.get('stdout') or ''}\n{found.get('stderr') or ''}".strip()
    name, result, seconds = found["name"], found["result"], found.get("duration", 0.0)
    if result == "SKIP":
        tally.skip(name, output.splitlines()[-1] if output else "no reason given")
        return
    summary = _CHECK_SUMMARY.findall(output)
    cases = sum(int(total) for total, _, _ in summary) or 1
    failed = sum(int(failures) + int(errors) for _, failures, errors in summary)
    if result not in ("OK", "EXPECTEDFAIL"):
        failed = max(failed, 1)
    tally.note(name, max(cases - failed, 0), failed, seconds, f"{result}\n{output}")


class _Heard:
    """What a program has said of one group of its cases."""

    def __init__(self, name: str) -> None:
        self.name, self.began = name, time.monotonic()
        self.passed = self.failed = 0
        self.output: list[str] = []

    def take(self, tally: Tally, line: str) -> None:
        self.output.append(line)
        match = _TAP_LINE.match(line.rstrip("\n"))
        if not match:
            return
        verdict, name, reason = match.groups()
        if reason is not None:
            tally.skip(f"{self.name}: {name}", reason)
        elif verdict == "ok":
            self.passed += 1
        else:
            self.failed += 1

    def note(self, tally: Tally) -> None:
        if self.passed or self.failed:
            shown = [line for line in self.output if not line.startswith("ok ")]
            tally.note(self.name, self.passed, self.failed, time.monotonic() - self.began, "".join(shown))


def tap(tally: Tally, program: Path, *words: str, environment: dict[str, str] | None = None) -> None:
    """A program that prints TAP; its cases are counted, its lines shown as they come. One that runs other programs'
    cases says whose come next."""
    heard, failed = _Heard(program.stem), 0
    with subprocess.Popen(
        [sys.executable, str(program), *words],
        env={**os.environ, **SANITIZERS, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout:
            if line.startswith(_TAP_PROGRAM):
                heard.note(tally)
                failed += heard.failed
                heard = _Heard(line.removeprefix(_TAP_PROGRAM).strip())
            else:
                heard.take(tally, line)
    if process.returncode != 0 and failed + heard.failed == 0:
        heard.failed = 1  # it died before it could say what failed
    heard.note(tally)
