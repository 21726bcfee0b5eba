#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A spare whose switch port lets short frames pass and no long ones does not protect, and says so."""

import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import case  # noqa: E402
from lab.case import LabCase  # noqa: E402
from lab.daemon import ControlError  # noqa: E402

JUMBO = "9000"
WORDS = "frames of 9014 octets do not pass"
# seconds: three frames, one each second, and a timeout; a sanitized build, and others on this machine, take their time
FOUND = 15


class Survey(LabCase):
    def lack_jumbo(self) -> None:
        """All take jumbo frames but the port that B is plugged into."""
        switch = self.lab.switches[0]
        for port in ("sA", "sP"):
            switch.ip("link", "set", port, "mtu", JUMBO)
        for name in "AB":
            self.lab.host.ip("link", "set", name, "mtu", JUMBO)

    def wait_unprotected(self) -> None:
        self.daemon.wait_for(lambda status: WORDS in str(status["protected_reasons"]), FOUND, WORDS)
        self.assertEqual(self.daemon.status()["state"], "unprotected")

    def test_nothing_moves_there(self) -> None:
        self.start()
        streams = self.traffic(2000)
        self.lack_jumbo()
        self.wait_unprotected()
        with self.assertRaises(ControlError) as caught:
            self.daemon.control("switch", "lan")
        self.assertIn(WORDS, caught.exception.text)
        # an alarm does not move it there either
        self.daemon.control("inject", "A", "rx-crc-errors", "alarm")
        time.sleep(2)
        self.assert_path("A", "A")
        self.assert_clean(streams)

    def test_is_put_right(self) -> None:
        self.start()
        self.lack_jumbo()
        self.wait_unprotected()
        self.lab.switches[0].ip("link", "set", "sB", "mtu", JUMBO)
        self.daemon.wait_ready(timeout=FOUND)
        self.assertEqual(self.move("switch")["serving"], "B")

    def test_better_than_a_dead_one(self) -> None:
        """Short frames pass, which is more than by an adapter without carrier; and the way back is open."""
        self.start()
        self.lack_jumbo()
        self.wait_unprotected()
        self.lab.adapters["A"].cut()
        self.daemon.wait_serving("B")
        self.lab.adapters["A"].mend()
        self.daemon.wait_ready(timeout=FOUND)
        self.assertEqual(self.move("revert")["serving"], "A")


if __name__ == "__main__":
    case.main()
