#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The gateway that probes ask is whoever the default routes name, also where these come after primed has started."""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import case, policy  # noqa: E402
from lab.case import LabCase  # noqa: E402
from lab.network import PEER4, PEER6  # noqa: E402

# without beacons only a gateway proves a path
ONLY_GATEWAY = {"targets": ["gateway"], "beacon": False}


class Gateway(LabCase):
    def setUp(self) -> None:
        self.start(pairs={"lan": policy.pair(probe=ONLY_GATEWAY)}, ready=False)

    def wait_unprotected(self) -> None:
        self.daemon.wait_for(lambda status: status["state"] == "unprotected", 10, "unprotected")

    def test_comes_late_and_goes(self) -> None:
        self.wait_unprotected()
        self.lab.host.ip("route", "add", "default", "via", PEER4)
        self.daemon.wait_ready()
        self.lab.host.ip("route", "del", "default")
        self.wait_unprotected()
        self.lab.host.ip("-6", "route", "add", "default", "via", PEER6)
        self.daemon.wait_ready()

    def test_is_replaced(self) -> None:
        self.lab.host.ip("route", "add", "default", "via", PEER4)
        self.daemon.wait_ready()
        # another one, which nobody is
        self.lab.host.ip("route", "replace", "default", "via", "10.9.0.99")
        self.wait_unprotected()
        self.lab.peer.ip("addr", "add", "10.9.0.99/24", "dev", "P")
        self.daemon.wait_ready()

    def test_is_asked_for_by_a_new_policy(self) -> None:
        self.lab.host.ip("route", "add", "default", "via", PEER4)
        self.daemon.wait_ready()
        self.daemon.write_policy(policy.document(lan=policy.pair(probe={"targets": ["10.9.0.99"], "beacon": False})))
        self.daemon.control("reload")
        self.wait_unprotected()
        self.daemon.write_policy(policy.document(lan=policy.pair(probe=ONLY_GATEWAY)))
        self.daemon.control("reload")
        self.daemon.wait_ready()


if __name__ == "__main__":
    case.main()
