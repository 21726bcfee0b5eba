#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A service that may not follow the kernel's carriers (without CAP_PERFMON) looks at those of adapters with traffic."""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import case  # noqa: E402
from lab.case import LabCase  # noqa: E402

WITHOUT = ("setpriv", "--bounding-set=-perfmon,-sys_admin")
CUTS = 4
# milliseconds: far below the 50 between two readings of all carriers, and two beacons
SOON = 12.0


class Untold(LabCase):
    def outage(self, leaving: str, to: str) -> float:
        """Milliseconds, of the worse direction."""
        streams = self.traffic(2000)
        self.lab.adapters[leaving].cut()
        self.daemon.wait_serving(to)
        found = max(stream.stop().outage_ms for stream in streams)
        self.lab.adapters[leaving].mend()
        self.daemon.wait_ready()
        return found

    def test_a_cut_is_seen_soon(self) -> None:
        self.start(wrapper=WITHOUT)
        self.assertIn("carriers are looked at four times a millisecond", self.daemon.log_text())
        outages = [self.outage(*("AB" if k % 2 == 0 else "BA")) for k in range(CUTS)]
        soon = sum(outage < SOON for outage in outages)
        self.assertGreaterEqual(soon, CUTS - 1, f"outages in milliseconds: {outages}")


if __name__ == "__main__":
    case.main()
