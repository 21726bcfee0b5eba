#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 of primed in every state, under traffic: nothing is lost, and the next start goes on from what it finds."""

import threading
import time
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import case  # noqa: E402
from lab.case import LabCase  # noqa: E402
from lab.daemon import ControlError  # noqa: E402

# how long after asking the daemon is killed, in seconds: to hit every step of what it does
SWEEP = (0.0, 0.001, 0.002, 0.004, 0.007, 0.012, 0.020, 0.035, 0.060, 0.100)
REST = ("protected", "primed", "split")


class Kill(LabCase):
    def setUp(self) -> None:
        self.start()
        self.streams = self.traffic()
        time.sleep(0.3)

    def kill_and_start(self, pause: float = 0.5) -> None:
        self.daemon.kill()
        time.sleep(pause)
        self.daemon.start()

    def go_home(self) -> None:
        """Both ways on A again."""
        for _ in range(2):
            status = self.daemon.wait_state(REST)
            if (status["ingress"], status["egress"]) == ("A", "A"):
                return
            try:
                self.daemon.control("revert", "lan")
            except ControlError:
                pass  # what was under way has come to its end meanwhile
        self.daemon.wait_for(lambda s: (s["ingress"], s["egress"]) == ("A", "A"), 10, "back on A")

    def test_protected(self) -> None:
        self.kill_and_start()
        self.daemon.wait_ready()
        self.assert_path("A", "A")
        self.assert_clean(self.streams)

    def test_primed(self) -> None:
        self.daemon.control("prime", "lan")
        self.assertTrue(self.daemon.status()["primed"])
        self.kill_and_start()
        self.daemon.wait_ready()
        self.assert_path("A", "A")
        self.assert_clean(self.streams)

    def test_split(self) -> None:
        self.assertEqual(self.move("split")["state"], "split")
        self.kill_and_start()
        self.daemon.wait_state("split")
        self.assert_path("B", "A")
        self.move("revert")
        self.daemon.wait_ready()
        self.assert_path("A", "A")
        self.assert_clean(self.streams)

    def test_split_goes_on_when_serving_dies(self) -> None:
        self.move("split")
        self.kill_and_start()
        self.daemon.wait_state("split")
        reports = [stream.stop() for stream in self.streams]
        self.assertTrue(all(report.clean for report in reports), reports)
        time.sleep(1)  # beyond the hold-off
        self.lab.adapters["A"].cut()
        self.daemon.wait_serving("B")
        self.assert_path("B", "B")

    def test_switched(self) -> None:
        self.move("switch")
        self.daemon.wait_serving("B")
        self.kill_and_start()
        self.daemon.wait_ready()
        self.daemon.wait_serving("B")
        self.assert_path("B", "B")
        time.sleep(0.3)
        self.assert_clean(self.streams)

    def test_switched_and_the_other_is_dead(self) -> None:
        self.move("switch")
        self.daemon.wait_serving("B")
        self.lab.adapters["A"].cut()
        time.sleep(0.2)
        self.kill_and_start()
        self.daemon.wait_state("unprotected")
        self.assert_path("B", "B")
        self.assert_clean(self.streams)

    def sweep(self, *verb: str) -> None:
        """Asks and kills at once, a little later, later still; each time the next start must come to rest."""
        for delay in SWEEP:
            asked = threading.Thread(target=self.ask, args=verb)
            asked.start()
            time.sleep(delay)
            self.kill_and_start(pause=0.1)
            asked.join()
            status = self.daemon.wait_state(REST)
            self.assertIn((status["ingress"], status["egress"]), (("A", "A"), ("B", "A"), ("B", "B"), ("A", "B")))
            self.go_home()
        self.assert_clean(self.streams)

    def ask(self, *verb: str) -> None:
        try:
            self.daemon.control(*verb)
        except ControlError:
            pass  # its daemon was killed: that is the point

    def test_priming(self) -> None:
        self.sweep("prime", "lan")

    def test_splitting(self) -> None:
        self.sweep("split", "lan")

    def test_switching(self) -> None:
        self.sweep("switch", "lan")

    def test_return(self) -> None:
        for delay in SWEEP:
            self.daemon.wait_state(REST)
            self.move("switch")
            self.daemon.wait_serving("B")
            asked = threading.Thread(target=self.ask, args=("revert", "lan"))
            asked.start()
            time.sleep(delay)
            self.kill_and_start(pause=0.1)
            asked.join()
            self.go_home()
        self.assert_clean(self.streams)


if __name__ == "__main__":
    case.main()
