# SPDX-License-Identifier: LGPL-2.1-or-later
"""Test cases in the laboratory, and their output: TAP, which tests/run counts and people can read."""

import functools
import os
import sys
import time
import traceback
import unittest
from collections.abc import Callable, Iterable
from typing import Any

from . import cage, pauses, policy
from .daemon import ControlError, Daemon
from .network import HOST4, HOST6, PEER4, PEER6, Lab
from .traffic import Report, Stream, both_ways

SANITIZER_WORDS = ("AddressSanitizer", "LeakSanitizer", "runtime error:", "UndefinedBehaviorSanitizer")
# runs of a case that measures, when it fails and was starved
MEASUREMENTS = 3
# seconds before the next one: whatever took the processors may be over then
REST = 30.0


class Reordered(AssertionError):
    """Nothing was lost or doubled, but frames came out of order."""


def measured(method: Callable[[Any], None]) -> Callable[[Any], None]:
    """A case that counts frames, or expects something within a time. A failure is one only if what is measured got the
    processors it needed, of which the case says `mark()` before and `starved()` after: why not, or nothing. Else it
    is repeated from its beginning, at most MEASUREMENTS times, and that is told. If it was starved each time and only
    order is wrong, this machine cannot tell, and the case is skipped."""

    @functools.wraps(method)
    def repeated(self: Any) -> None:
        for remaining in reversed(range(MEASUREMENTS)):
            mark = self.mark()
            try:
                method(self)
                return
            except (AssertionError, ControlError, TimeoutError) as error:
                why = self.starved(mark, error)
                if why and not remaining and isinstance(error, Reordered):
                    self.skipTest(f"out of order while {why}: {error}")
                if not why or not remaining:
                    raise
                print(f"# once more, since {why}: {str(error)[:200]!r}", flush=True)
            self.doCleanups()
            time.sleep(REST)
            self.setUp()

    return repeated


class TimedCase(unittest.TestCase):
    """All its cases are `measured`, on this machine's processors: each waits for something."""

    def __init_subclass__(cls) -> None:
        for name, method in list(vars(cls).items()):
            if name.startswith("test_"):
                setattr(cls, name, measured(method))

    def mark(self) -> float:
        return time.monotonic()

    def starved(self, mark: float, error: Exception) -> str:
        return pauses.words(mark)


class LabCase(TimedCase):
    """A case with a network and a daemon of its own, made by its `start`; both are gone after it."""

    RATE = 20000

    lab: Lab
    daemon: Daemon

    def start(
        self, pairs: dict[str, Any] | None = None, ready: bool = True, wrapper: tuple[str, ...] = (), **network: Any
    ) -> None:
        """The network (see Lab) and primed; pairs: policies by name, else one pair of A and B, quick, whose split
        stays until asked to go on."""
        self.lab = Lab(**network)
        self.addCleanup(cage.clean)
        self.addCleanup(self.lab.close)
        target = PEER4 if self.lab.ipv4 else PEER6
        pairs = pairs or {"lan": policy.pair(target=target, handover={"egress": "on-failure", "settle": "200ms"})}
        self.daemon = Daemon(self.lab.host, policy.document(**pairs), wrapper=wrapper)
        self.addCleanup(self._close_daemon)
        self.daemon.start()
        if ready:
            self.daemon.wait_ready()

    def _close_daemon(self) -> None:
        running = self.daemon.process is not None and self.daemon.process.poll() is None
        code = self.daemon.stop() if running else 0
        self.daemon.close()
        log = self.daemon.log.read_text() if self.daemon.log.exists() else ""
        found = [line for line in log.splitlines() if any(word in line for word in SANITIZER_WORDS)]
        self.assertFalse(found, f"sanitizer findings in primed:\n{log[-6000:]}")
        self.assertEqual(code, 0, f"primed ended with {code}:\n{log[-3000:]}")

    def report(self) -> str:
        daemon = getattr(self, "daemon", None)
        return f"primed's log ends:\n{daemon.log_text()[-3000:]}" if daemon else ""

    def traffic(self, rate: int | None = None) -> list[Stream]:
        """Streams both ways, started: [received by the host, sent by it]."""
        host, peer = (HOST4, PEER4) if self.lab.ipv4 else (HOST6, PEER6)
        streams = both_ways(self.lab.host, self.lab.peer, host, peer, rate or self.RATE)
        return [stream.start() for stream in streams]

    def assert_clean(self, streams: Iterable[Stream]) -> list[Report]:
        """Ends the streams; nothing may be lost, duplicated or reordered, and there must have been traffic."""
        reports = [stream.stop() for stream in streams]
        for stream, report in zip(streams, reports, strict=True):
            self.assertEqual(report.overflowed, 0, f"the measurement itself dropped some: {report}")
            self.assertGreater(report.sent, stream.rate / 10, f"hardly any traffic: {report}")
            counts = (report.lost, report.duplicated, report.reordered)
            self.assertEqual(counts, (0, 0, 0), f"lost, duplicated, reordered of {stream}: {short(report)}")
        return reports

    def move(self, verb: str, *words: str) -> dict:
        """A verb on the pair; returns the status after it."""
        self.daemon.control(verb, "lan", *words)
        return self.daemon.status()

    def assert_path(self, ingress: str, egress: str) -> None:
        status = self.daemon.status()
        self.assertEqual((status["ingress"], status["egress"]), (ingress, egress), status)


def short(report: Report) -> str:
    times = report.lost_at
    span = f", sent {times[0]:.3f} to {times[-1]:.3f}" if times else ""
    return f"{report}{span}"


class TapResult(unittest.TestResult):
    """One line per case: ok, not ok (with the reason below as comments), or skipped with why."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self._began = 0.0
        self._trouble: list[str] = []
        self._skipped: str | None = None

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._began, self._trouble, self._skipped = time.monotonic(), [], None

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        self.count += 1
        name = ".".join(test.id().split(".")[-2:])
        verdict = "not ok" if self._trouble else "ok"
        skip = f" # SKIP {self._skipped}" if self._skipped and not self._trouble else ""
        print(f"{verdict} {self.count} - {name} ({time.monotonic() - self._began:.1f} s){skip}")
        for text in self._trouble:
            print("".join(f"# {line}\n" for line in text.splitlines()), end="")
        sys.stdout.flush()

    def _note(self, error: Any) -> None:
        self._trouble.append("".join(traceback.format_exception(*error)))

    def _note_report(self, test: unittest.TestCase) -> None:
        """What the case itself knows of what went on, while it is still there to be asked."""
        try:
            self._trouble.append(test.report() if hasattr(test, "report") else "")
        except Exception as error:  # no report is to hide the failure itself
            self._trouble.append(f"no report: {error}")

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        self._note(err)
        self._note_report(test)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self._note(err)
        self._note_report(test)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err:
            self._trouble.append(str(subtest))
            self._note(err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self._skipped = reason


def main(caged: bool = True, at_end: Callable[[], None] = lambda: None) -> None:
    """Runs the cases of the file this is called from; arguments select those whose name contains one of them. at_end:
    what is to be done after the last of them."""
    words = sys.argv[1:]
    if caged:
        cage.enter()
    pauses.watch()
    found = cases_of(sys.modules["__main__"])
    run_cases([test for test in found if not words or any(word in test.id() for word in words)], at_end)


def cases_of(module: Any) -> list[unittest.TestCase]:
    return list(_cases(unittest.defaultTestLoader.loadTestsFromModule(module)))


def run_cases(
    tests: Iterable[unittest.TestCase],
    at_end: Callable[[], None],
    before: Callable[[unittest.TestCase], None] = lambda test: None,
) -> None:
    """Runs them in this order and ends the process; before: called with each."""
    result = TapResult()
    try:
        for test in tests:
            before(test)
            test.run(result)
    except KeyboardInterrupt:
        print("Bail out! interrupted")
    at_end()
    print(f"1..{result.count}")
    sys.stdout.flush()
    os._exit(0 if result.wasSuccessful() else 1)


def _cases(suite: unittest.TestSuite) -> Iterable[unittest.TestCase]:
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _cases(item)
        else:
            yield item
