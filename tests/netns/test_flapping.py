#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An adapter whose link comes and goes: traffic is moved no oftener than the budget allows, then stays where it is
good, and loses nothing there."""

import os
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import case, policy  # noqa: E402
from lab.case import LabCase  # noqa: E402

BUDGET = 4  # planned moves per hour; the hour is not over when the test is
PERIOD = 2.0  # seconds, half of them without carrier
# half a minute; PRIMED_ALL=1: five
FLAPS = 150 if "PRIMED_ALL" in os.environ else 20
QUIET_FLAPS = 4  # at the end, when the budget is long spent


class Flapping(LabCase):
    def flap(self, times: int) -> None:
        for _ in range(times):
            self.lab.adapters["A"].cut()
            time.sleep(PERIOD / 2)
            self.lab.adapters["A"].mend()
            time.sleep(PERIOD / 2)

    def test_budget_holds(self) -> None:
        # nothing but the budget keeps traffic from coming back in every second of light
        pair = policy.pair(
            failback={"mode": "auto", "after": "200ms"},
            health={"sample": "100ms", "signals": {"link-flaps": "ignore"}},
            budget={"min-interval": "1s", "max-per-hour": BUDGET, "hold-off": "0s"},
        )
        self.start(pairs={"lan": pair})
        self.flap(FLAPS - QUIET_FLAPS)
        self.daemon.wait_serving("B")
        streams = self.traffic(2000)
        before = self.moves()
        self.flap(QUIET_FLAPS)
        self.assert_clean(streams)
        self.assertEqual(self.moves(), before, "moved although the budget is spent")
        # the carrier may be lost once more after the last planned move back: that one nobody may refuse
        self.assertGreaterEqual(len(before), 2)
        self.assertLessEqual(len(before), BUDGET + 1, before)

    def moves(self) -> list[str]:
        return [event.text for event in self.daemon.events if event.kind == "switch-started"]


if __name__ == "__main__":
    case.main()
