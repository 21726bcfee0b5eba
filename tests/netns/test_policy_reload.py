#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reload is all or nothing: a wrong policy changes nothing and says where it is wrong."""

import json
import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import case, policy  # noqa: E402
from lab.case import LabCase  # noqa: E402
from lab.daemon import ControlError, wait_until  # noqa: E402

MANY, OUTAGE_MS = 24, 150
ON_FAILURE = {"egress": "on-failure", "settle": "200ms"}


class PolicyReload(LabCase):
    def setUp(self) -> None:
        self.start()

    def refused(self, text: str) -> str:
        self.daemon.write_policy(text)
        with self.assertRaises(ControlError) as caught:
            self.daemon.control("reload")
        return caught.exception.text

    def test_bad_policy_keeps_the_last_good(self) -> None:
        before = self.daemon.status()
        message = self.refused(policy.document(lan=policy.pair(handover=ON_FAILURE, bogus="yes")))
        self.assertRegex(message, r"lan\.yaml:\d+:\d+: .*bogus")
        after = self.daemon.status()
        for key in ("name", "state", "primary", "standby", "serving"):
            self.assertEqual(before[key], after[key], key)
        # and it goes on guarding
        self.assertEqual(self.move("split")["state"], "split")

    def test_not_yaml_at_all(self) -> None:
        message = self.refused("pairs: {lan: [")
        self.assertRegex(message, r"lan\.yaml:\d+:\d+: ")
        self.assertIn(self.daemon.status()["state"], ("protected", "primed"))

    def test_second_file_with_the_same_pair(self) -> None:
        self.daemon.write_policy(policy.document(lan=policy.pair()), "other.yaml")
        with self.assertRaises(ControlError) as caught:
            self.daemon.control("reload")
        self.assertIn("lan", caught.exception.text)
        self.assertIn(self.daemon.status()["state"], ("protected", "primed"))

    def test_good_after_bad(self) -> None:
        self.refused("pairs: 7\n")
        self.daemon.write_policy(policy.document(lan=policy.pair(handover=ON_FAILURE), san=policy.pair("C", "D")))
        self.daemon.control("reload")
        self.assertEqual(self.daemon.status("san")["state"], "absent")
        self.assertIn(self.daemon.status()["state"], ("protected", "primed"))

    def test_unchanged_pair_keeps_its_state(self) -> None:
        streams = self.traffic()
        self.move("split")
        text = (self.daemon.policies / "lan.yaml").read_text()
        self.daemon.write_policy(f"# only a comment\n{text}")
        self.daemon.control("reload")
        self.assertEqual(self.daemon.status()["state"], "split")
        time.sleep(0.3)
        self.assert_path("B", "A")
        self.assert_clean(streams)

    def frames_per_second(self) -> float:
        wire = self.lab.adapters["B"].wire
        before = wire.frames_from()
        time.sleep(2)
        return (wire.frames_from() - before) / 2

    def test_probes_follow(self) -> None:
        """The spare sends nothing but beacons and what it asks targets."""
        self.assertGreater(self.frames_per_second(), 30)
        rare = {"every": "500ms", "targets": "[]"}
        self.daemon.write_policy(policy.document(lan=policy.pair(probe=rare)))
        self.daemon.control("reload")
        self.daemon.wait_ready()
        self.assertLess(self.frames_per_second(), 10)
        self.daemon.write_policy(policy.document(lan=policy.pair(probe={"every": "20ms"})))
        self.daemon.control("reload")
        self.daemon.wait_ready()
        self.assertGreater(self.frames_per_second(), 40)

    def test_many_removed_hold_up_nobody(self) -> None:
        """The kernel takes its time to close the sockets of each, and meanwhile another pair's adapter fails."""
        for i in range(MANY):
            self.lab.host.ip("link", "add", f"x{i}", "up", "type", "veth", "peer", "name", f"y{i}")
            self.lab.host.ip("link", "set", f"y{i}", "up")
        more = {f"p{i}": policy.pair(f"x{i}", f"y{i}", prime="predicted") for i in range(MANY)}
        self.daemon.write_policy(policy.document(**more), "more.yaml")
        self.daemon.control("reload")
        wait_until(self.all_are_guarded, 60, "not all pairs are guarded")
        streams = self.traffic()
        time.sleep(1)
        (self.daemon.policies / "more.yaml").unlink()
        reload = threading.Thread(target=self.daemon.control, args=("reload",))
        reload.start()
        time.sleep(0.01)
        self.lab.adapters["A"].cut()
        self.daemon.wait_serving("B")
        reload.join()
        outages = [stream.stop().outage_ms for stream in streams]
        self.assertLess(max(outages), OUTAGE_MS, outages)

    def all_are_guarded(self) -> bool:
        return all(one["state"] in ("protected", "primed") for one in json.loads(self.daemon.control("list")))

    def test_removed_pair_is_let_go(self) -> None:
        streams = self.traffic()
        self.daemon.write_policy(policy.document(san=policy.pair("C", "D")))
        self.daemon.control("reload")
        with self.assertRaises(ControlError) as caught:
            self.daemon.status("lan")
        self.assertEqual(caught.exception.code, 10)
        time.sleep(0.3)
        self.assert_clean(streams)


if __name__ == "__main__":
    case.main()
