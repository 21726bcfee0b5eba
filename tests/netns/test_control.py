#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every verb of primectl against the real daemon: what it answers, that nothing people ask can bring it down, and that
what is refused says why. (Output and options are tested on a fake daemon, in tests/bus.)"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import case  # noqa: E402
from lab.cage import BPF  # noqa: E402
from lab.case import LabCase  # noqa: E402
from lab.daemon import ControlError, wait_until  # noqa: E402

PINS = BPF / "primed"

OK, FAILED, USAGE, TIMEOUT, REFUSED, MOVE_FAILED, NO_SUCH_PAIR = 0, 1, 2, 3, 4, 5, 10


class Control(LabCase):
    def ask(self, code: int, *words: str) -> str:
        """primectl must end with that code; returns what it printed."""
        try:
            printed = self.daemon.control(*words)
        except ControlError as error:
            self.assertEqual(error.code, code, str(error))
            return str(error)
        self.assertEqual(code, OK, f"primectl {' '.join(words)} succeeded: {printed}")
        return printed

    def test_reading(self) -> None:
        self.start()
        for words in (
            ("list",), ("status",), ("status", "lan"), ("status", "A"), ("adapters",), ("show", "lan"), ("show", "B"),
            ("plan", "lan"), ("diff", "lan"), ("explain", "lan"), ("history",), ("history", "lan"), ("cat",),
            ("cat", "lan"), ("metrics",), ("probe", "lan"), ("is-protected", "lan"), ("reload",),
            ("wait", "lan", "--state=primed", "--timeout=30s"),
        ):  # fmt: skip
            with self.subTest(words=words):
                self.ask(OK, *words)

    def test_moving(self) -> None:
        self.start()
        drill = json.loads(self.ask(OK, "drill", "lan", "--reason=monthly"))
        self.assertEqual([drill[way]["lost"] for way in ("there", "back")], [0, 0], drill)
        self.ask(OK, "split", "lan")
        self.assertIn("split already", self.ask(REFUSED, "split", "lan"))
        self.ask(REFUSED, "prime", "lan")
        self.ask(OK, "revert", "lan")
        self.ask(OK, "switch", "lan", "--dry-run")
        self.assertEqual(self.daemon.status()["serving"], "A")
        self.ask(OK, "switch", "lan", "B", "--reason=swap optics")
        self.assertIn("already carries", self.ask(REFUSED, "switch", "lan", "B"))
        self.ask(OK, "revert", "lan")
        self.assertIn("nothing to revert", self.ask(REFUSED, "revert", "lan"))
        self.assertEqual(self.daemon.status()["last_switch"]["result"], "done")

    def test_tells_what_happens(self) -> None:
        self.start()
        self.ask(OK, "inject", "A", "rx-power", "warn", "--for=1s")
        self.lab.host.ip("link", "set", "B", "down")
        self.daemon.wait_state("unprotected")
        self.lab.host.ip("link", "set", "B", "up")
        self.daemon.wait_ready()
        self.wait_event("evidence-cleared", 15)
        told = {event.kind: event for event in self.daemon.events}
        self.assertEqual(told["evidence-raised"].fields["PRIMED_SIGNAL"], "rx-power")
        self.assertEqual(told["adapter-suspect"].adapter, "A")
        self.assertEqual(told["adapter-recovered"].adapter, "A")
        self.assertEqual(told["standby-broken"].adapter, "B")
        # the carrier may be seen to go before the kernel says that it was set down
        self.assertRegex(told["standby-broken"].text, "set down|no carrier")
        self.assertEqual(self.daemon.stop(), 0)
        self.wait_event("stopped", 5)
        self.assertIn("SIGTERM", self.daemon.events[-1].text)

    def wait_event(self, kind: str, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not any(event.kind == kind for event in self.daemon.events):
            self.assertLess(time.monotonic(), deadline, f"{kind} was not told: {self.daemon.events}")
            time.sleep(0.05)

    def test_commit_confirm(self) -> None:
        self.start()
        self.ask(OK, "switch", "lan", "--revert-after=1s")
        self.daemon.wait_serving("A")  # nobody confirmed
        self.assertEqual(self.daemon.status()["last_switch"]["trigger"], "revert")
        self.ask(OK, "switch", "lan", "--revert-after=1s")
        self.ask(OK, "confirm", "lan")
        time.sleep(1.5)
        self.assertEqual(self.daemon.status()["serving"], "B")
        self.ask(REFUSED, "confirm", "lan")

    def test_programs_taken_away(self) -> None:
        self.start()
        for path in (PINS / "lan").iterdir():
            if path.name.startswith("link_"):
                path.unlink()  # which detaches the program
        wait_until(lambda: "put back" in self.daemon.log_text(), 5, "nothing was put back")
        self.assertRegex(self.daemon.log_text(), "another program removed the program [a-z_]+ on [AB]: put back")
        self.daemon.wait_ready()
        drill = json.loads(self.ask(OK, "drill", "lan"))
        self.assertEqual([drill[way]["lost"] for way in ("there", "back")], [0, 0], drill)

    def test_hold_and_inject(self) -> None:
        self.start()
        self.ask(OK, "hold", "lan", "--for=1h", "--reason=night work")
        self.assertIn("night work", self.ask(REFUSED, "switch", "lan"))
        self.ask(OK, "inject", "A", "rx-power", "alarm", "--for=30s")
        time.sleep(0.5)
        self.assertEqual(self.daemon.status()["serving"], "A")
        self.ask(OK, "release", "lan")
        self.daemon.wait_state("split")
        self.assertIn("rx-power", self.ask(OK, "explain", "lan"))

    def test_priming_and_back(self) -> None:
        self.start(pairs=None)
        host = self.lab.host
        host.ip("link", "set", "B", "txqueuelen", "777")
        before = self.txqueuelen("B")
        host.ip("link", "set", "A", "txqueuelen", "555")
        self.ask(OK, "prime", "lan")
        self.assertEqual((before, self.txqueuelen("B")), (777, 555))
        self.ask(OK, "revert", "lan", "--prime")
        self.assertEqual(self.txqueuelen("B"), 777)
        self.assertEqual(self.txqueuelen("A"), 555)

    def txqueuelen(self, name: str) -> int:
        return json.loads(self.lab.host.ip("-json", "link", "show", name))[0]["txqlen"]

    def test_hostile(self) -> None:
        self.start()
        long = "x" * 5000
        for code, words in (
            (NO_SUCH_PAIR, ("status", "nope")), (NO_SUCH_PAIR, ("switch", "nope")), (NO_SUCH_PAIR, ("plan", long)),
            (NO_SUCH_PAIR, ("switch", "lan", "lo")), (NO_SUCH_PAIR, ("inject", "lo", "rx-power", "warn", "--for=1s")),
            (USAGE, ("inject", "A", "no-such-signal", "warn", "--for=1s")),
            (USAGE, ("inject", "A", "rx-power", "panic", "--for=1s")),
            (USAGE, ("hold", "lan", "--for=5")), (USAGE, ("switch", "lan", "--revert-after=soon")),
        ):  # fmt: skip
            with self.subTest(words=[word[:20] for word in words]):
                self.ask(code, *words)
        self.assertEqual(self.daemon.status()["state"], "primed")


if __name__ == "__main__":
    case.main()
