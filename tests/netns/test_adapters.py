#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Adapters that are not there, come, go, and change their names: the daemon runs on and picks them up."""

import json
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import case, policy  # noqa: E402
from lab.case import LabCase  # noqa: E402
from lab.network import HOST4, MAC  # noqa: E402


class Adapters(LabCase):
    def test_absent_then_present(self) -> None:
        self.start({"lan": policy.pair(), "san": policy.pair("C", "D")}, ready=False)
        self.daemon.wait_ready()
        self.assertEqual(self.daemon.status("san")["state"], "absent")
        self.lab.plug(self.lab.host, "C", self.lab.switches[0])
        time.sleep(0.5)
        self.assertEqual(self.daemon.status("san")["state"], "absent", "one of two is not a pair")
        self.lab.plug(self.lab.host, "D", self.lab.switches[0])
        self.daemon.wait_ready(pair="san")
        self.assertIn(self.daemon.status("lan")["state"], ("protected", "primed"))

    def test_no_adapter_at_all(self) -> None:
        self.start({"lan": policy.pair("nothere0", "nothere1")}, ready=False)
        status = self.daemon.wait_state("absent")
        self.assertFalse(status["protected"])

    def test_named_by_address(self) -> None:
        # under whatever name: an address is found at start, and again when the adapter comes back
        self.start({"lan": policy.pair(f"mac:{MAC['A']}", f"mac:{MAC['B']}")})
        self.lab.unplug("B")
        self.daemon.wait_state("absent")
        self.lab.replug("B")
        self.daemon.wait_ready()
        self.move("switch")
        self.assert_path("B", "B")

    def test_spare_renamed(self) -> None:
        self.start()
        streams = self.traffic()
        self.rename("B", "other")
        self.daemon.wait_state(("absent", "unprotected"))
        self.rename("other", "B")
        self.daemon.wait_ready()
        self.assert_clean(streams)

    def rename(self, old: str, new: str) -> None:
        self.lab.host.ip("link", "set", old, "down")
        self.lab.host.ip("link", "set", old, "name", new)
        self.lab.host.ip("link", "set", new, "up")

    def test_spare_removed_and_added(self) -> None:
        self.start()
        streams = self.traffic()
        self.lab.unplug("B")
        self.daemon.wait_state("absent")
        self.lab.replug("B")
        self.daemon.wait_ready()
        self.assert_clean(streams)
        self.move("split")
        self.assert_path("B", "A")

    def test_serving_removed_and_added(self) -> None:
        self.start()
        self.lab.unplug("A")
        self.daemon.wait_for(lambda s: s["state"] in ("absent", "unprotected"), 15, "told that A is gone")
        self.lab.replug("A")
        self.lab.host.ip("addr", "replace", f"{HOST4}/24", "dev", "A")
        self.daemon.wait_ready()

    def dropped(self) -> dict[str, int]:
        """What the kernel counts as taken in and wanted by nobody, which is what monitoring looks at."""
        found = json.loads(self.lab.host.run("ip", "-s", "-json", "link", "show"))
        return {link["ifname"]: link["stats64"]["rx"]["dropped"] for link in found if link["ifname"] in ("A", "B")}

    def test_beacons_are_no_drops(self) -> None:
        self.start()
        before = self.dropped()
        time.sleep(1)
        self.assertEqual(self.dropped(), before)

    def test_removed_while_split(self) -> None:
        self.start()
        self.move("split")
        streams = self.traffic()
        time.sleep(0.3)
        self.lab.unplug("B")
        self.daemon.wait_state("absent")
        self.lab.replug("B")
        self.daemon.wait_ready()
        self.assert_path("A", "A")
        for stream in streams:
            stream.stop()
        self.assert_clean(self.traffic_for(0.5))

    def traffic_for(self, seconds: float) -> list:
        streams = self.traffic()
        time.sleep(seconds)
        return streams


if __name__ == "__main__":
    case.main()
