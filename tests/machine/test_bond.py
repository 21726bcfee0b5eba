#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Moves between the ports of a bond (the kernel's own bonding driver, igb), every frame counted."""

import json
import sys
import time
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import policy  # noqa: E402
from lab.access import DOT1Q, put_into_vlan  # noqa: E402
from lab.case import measured  # noqa: E402
from lab.daemon import ControlError, wait_until  # noqa: E402
from lab.network import MAC  # noqa: E402
from lab.vm import case  # noqa: E402
from lab.vm.bond import OPTIONS, PATIENCE, BondCase  # noqa: E402
from lab.vm.service import pair  # noqa: E402

# ms, while the qdiscs of a pair go from adapters that are up: 11 were seen where emulation was starved
QDISC_OUTAGE = 100
# states that a pair stays in, and for how long it must, in seconds
REST, SETTLED = ("split", "primed"), 1.5
# how often a process is killed in a split, and for how long each next one is watched, in seconds: longer than its
# probes count as fresh
SPLIT_KILLS = 2
PROVED = 4


class Moves(BondCase):
    @measured
    def test_split_switch_and_cut(self) -> None:
        self.make_bond()
        self.reach()
        self.start()
        self.assertEqual(self.daemon.status()["steering"], "bond")
        self.assertFalse(self.is_open())
        streams = self.traffic()
        sampler = self.lab.sampler(streams)
        time.sleep(1)
        self.order("split")
        self.assertEqual(self.daemon.status()["state"], "split")
        time.sleep(2)
        self.switch("B")
        time.sleep(1)
        path = self.measured_path(sampler)
        self.wait_closed()
        self.lab.adapters["A"].cut()
        time.sleep(1)
        self.lab.adapters["A"].mend()
        self.assert_clean(streams)
        self.assertGreater(path.split_seconds, 1.0)
        self.assertTrue(path.egress_on_primary, path)

    @measured
    def test_addresses_follow_active(self) -> None:
        self.make_bond(fail_over_mac="active")
        self.reach()
        self.start()
        self.there_and_back(self.traffic())
        self.assertIn(MAC["A"], self.host.ip("link", "show", "bond0"))

    @measured
    def test_addresses_follow_follow(self) -> None:
        self.make_bond(fail_over_mac="follow")
        self.reach()
        self.start()
        self.there_and_back(self.traffic())

    @measured
    def test_sudden_failure(self) -> None:
        """The programs take over before the bond has looked at its ports: it looks every second here."""
        self.make_bond(miimon=1000)
        self.reach()
        self.start()
        streams = self.traffic()
        time.sleep(1)
        self.lab.adapters["A"].cut()
        self.daemon.wait_serving("B")
        time.sleep(2)
        reports = [stream.stop() for stream in streams]
        for report in reports:
            print(f"# sudden: {case.short(report)}")
            self.assertLess(report.lost, self.RATE / 4, report)
            self.assertEqual(report.duplicated, 0, report)
        self.assertEqual(self.active(), "B")
        self.assertFalse(self.is_open())


class Above(BondCase):
    @measured
    def test_vlan(self) -> None:
        self.lab.plug(self.lab.peer, "V", self.lab.switch)
        self.addCleanup(self.lab.peer.ip, "link", "del", "V")
        put_into_vlan(self.lab.peer, "V", (DOT1Q, 42))
        self.lab.peer.ip("addr", "add", "10.42.0.2/24", "dev", "V")
        self.make_bond(
            more="ip link add link bond0 name bond0.42 type vlan id 42; ip link set bond0.42 up; "
            "ip addr add 10.42.0.1/24 dev bond0.42"
        )
        self.reach()
        self.reach("10.42.0.1")
        self.start()
        tagged = case.both_ways(self.host, self.lab.peer, "10.42.0.1", "10.42.0.2", 500)
        self.there_and_back([*self.traffic(1000), *(stream.start() for stream in tagged)])
        # the port is no more in the VLAN: nothing would pass there
        wire = self.lab.adapters["B"].wire
        self.addCleanup(wire.lack_vlan, 0)
        wire.lack_vlan(42)
        words = "frames of VLAN 42 do not pass"
        self.daemon.wait_for(lambda status: words in str(status["protected_reasons"]), PATIENCE, words)
        wire.lack_vlan(0)
        self.daemon.wait_ready(timeout=PATIENCE)

    @measured
    def test_bridge(self) -> None:
        """With a guest behind the bridge, whose address the network must find, too."""
        self.make_bond(
            home="br0",
            more="ip link add br0 type bridge forward_delay 0; ip link set bond0 master br0; ip link set br0 up; "
            "ip netns add guest; ip link add D type veth peer name G netns guest; ip link set D master br0 up; "
            "ip -n guest link set G up; ip -n guest addr add 10.9.0.7/24 dev G; tc -n guest qdisc add dev G clsact; "
            "tc -n guest filter add dev G ingress protocol 0x88b5 matchall action drop",
        )
        self.addCleanup(self.host.call, "ip", "netns", "del", "guest")
        self.reach()
        self.reach("10.9.0.7")
        self.start()
        self.there_and_back(self.traffic())
        self.reach("10.9.0.7")
        filters = json.loads(self.host.run("tc", "-n", "guest", "-s", "-json", "filter", "show", "dev", "G", "ingress"))
        actions = [action for one in filters for action in one.get("options", {}).get("actions", [])]
        beacons = [action["stats"]["packets"] for action in actions]
        self.assertEqual(beacons, [0], "beacons were flooded to the guest")

    @measured
    def test_third_port(self) -> None:
        """Left alone, and no second copy of a frame comes by it; when it is the active one, nothing moves."""
        self.make_bond(more="ip link add D type veth peer name E; ip link set D master bond0; "
                       "ip link set D up; ip link set E up")  # fmt: skip
        self.reach()
        self.start()
        self.there_and_back(self.traffic())
        self.host.shell(f"echo D >{OPTIONS}/active_slave")
        self.daemon.wait_entry("external-change")
        with self.assertRaisesRegex(ControlError, "D"):
            self.daemon.control("switch", "lan", "--force")
        self.assertEqual(self.active(), "D")
        self.host.shell(f"echo A >{OPTIONS}/active_slave")
        self.daemon.wait_ready(timeout=PATIENCE)
        self.daemon.write_policy("pairs: {}\n")
        self.daemon.control("reload")
        self.assertNotIn("bpf", self.host.run("tc", "filter", "show", "dev", "D", "ingress"))


class Others(BondCase):
    """What other programs and administrators do with the bond stands."""

    def external_changes(self) -> list[str]:
        return [entry["MESSAGE"] for entry in self.daemon.journal() if entry.get("PRIMED_EVENT") == "external-change"]

    def wait_external_change(self, number: int) -> None:
        """That there were so many; the last is about this bond, is followed and left as it is."""
        told = wait_until(
            lambda: found if len(found := self.external_changes()) == number else None, PATIENCE, "no external-change"
        )
        self.assertIn("bond0", told[-1])

    @measured
    def test_foreign_change(self) -> None:
        """By netlink, by sysfs, and by setting `primary`: told, followed, and left for budget.min-interval."""
        self.make_bond()
        self.reach()
        self.start(budget=policy.QUICK_BUDGET | {"min-interval": "2min"})
        streams = self.traffic()
        for number, (change, to) in enumerate(
            (("type bond active_slave B", "B"), ("type bond active_slave A", "A"), ("type bond primary B", "B")), 1
        ):
            self.host.shell(f"ip link set bond0 {change}")
            self.wait_external_change(number)
            self.daemon.wait_serving(to)
            self.assertEqual(self.active(), to)
            self.assertFalse(self.is_open())
        self.assertIn("primary", self.daemon.wait_entry("conflict")["MESSAGE"])
        self.assertIn("B", self.option("primary"))
        for stream in streams:
            self.assertEqual(stream.stop().duplicated, 0)
        self.daemon.wait_ready(timeout=PATIENCE)
        self.daemon.control("inject", "B", "rx-crc-errors", "alarm", "--for=20s")
        self.daemon.wait_entry("switch-suppressed")
        self.assertEqual(self.active(), "B")
        self.assertIn("B", self.option("primary"))
        self.assertEqual(len(self.external_changes()), 3)

    @measured
    def test_foreign_change_at_a_move(self) -> None:
        """Whoever makes another port the active one while a move begins, or in a split, has decided."""
        self.make_bond()
        self.reach()
        self.start()
        self.host.shell(
            "pid=$(systemctl show primed.service -p MainPID --value); kill -STOP $pid\n"
            "primectl split lan >/dev/null 2>&1 & sleep 1\n"
            f"echo B >{OPTIONS}/active_slave; kill -CONT $pid; wait || true"
        )
        self.wait_external_change(1)
        self.daemon.wait_serving("B")
        self.assertEqual(self.active(), "B")
        # what was asked for may have been answered after that, with a split of what is now
        if self.daemon.wait_state(("split", "primed"), PATIENCE)["state"] != "split":
            self.order("split")
        self.host.shell(f"echo A >{OPTIONS}/active_slave")
        self.wait_external_change(2)
        self.daemon.wait_serving("A")
        self.wait_closed()
        self.daemon.wait_ready(timeout=PATIENCE)
        self.assertEqual((self.active(), self.daemon.status()["ingress"]), ("A", "A"))

    def test_other_modes_are_observed(self) -> None:
        self.start(ready=False, steering="bond")
        reasons = wait_until(lambda: self.daemon.status()["protected_reasons"], PATIENCE, "no reason")
        self.assertIn("not the port of a bond", " ".join(reasons))
        self.daemon.write_policy(policy.document(lan=pair()))
        self.daemon.control("reload")
        for mode in ("balance-rr", "balance-xor", "balance-alb"):
            self.make_bond(mode=mode, wait=False)
            wait_until(
                lambda mode=mode: mode in " ".join(self.daemon.status()["protected_reasons"]),
                PATIENCE,
                f"no word of {mode}",
            )
            self.assertEqual(self.daemon.status()["steering"], "bond")
            with self.assertRaisesRegex(ControlError, mode):
                self.daemon.control("switch", "lan", "--force")
            self.assertNotIn("bpf", self.host.run("tc", "filter", "show", "dev", "A", "ingress"))
            self.assertFalse(self.is_open())
            self.delete_bond()

    @measured
    def test_removed_policy_leaves_no_trace(self) -> None:
        self.make_bond()
        before = self.host.ip("-d", "link", "show", "bond0")
        self.reach()
        self.start()
        streams = self.traffic()
        time.sleep(0.5)
        self.switch("B")
        time.sleep(0.5)
        self.assert_clean(streams)
        streams = self.traffic()
        time.sleep(0.5)
        self.daemon.write_policy("pairs: {}\n")
        self.daemon.control("reload")
        time.sleep(0.5)
        for stream in streams:
            report = stream.stop()
            # the kernel stops an adapter's queues while a clsact qdisc goes (net/sched/sch_api.c, qdisc_graft())
            print(f"# lost while the qdiscs went: {report.lost} in {report.outage_ms:.1f} ms", flush=True)
            self.assertLess(report.outage_ms, QDISC_OUTAGE, report)
            self.assertEqual((report.duplicated, report.reordered), (0, 0), report)
        self.assertEqual(self.active(), "B")
        for name in ("A", "B"):
            self.assertNotIn("clsact", self.host.run("tc", "qdisc", "show", "dev", name))
        self.assertEqual(self.host.shell("ls /sys/fs/bpf/primed").split(), [])
        self.assertEqual(before.replace("active_slave A", "active_slave B"),
                         self.host.ip("-d", "link", "show", "bond0"))


class Killed(BondCase):
    # the longest cases: less for a busy machine to carry
    RATE = 500

    def kill(self) -> None:
        self.host.shell("kill -9 $(systemctl show primed.service -p MainPID --value)")

    def ask_and_kill(self, verb: str, delay: float) -> None:
        """In the machine, so that it is as quick as said."""
        self.host.shell(
            f"pid=$(systemctl show primed.service -p MainPID --value); primectl {verb} lan >/dev/null 2>&1 &\n"
            f"sleep {delay}; kill -9 $pid; wait || true"
        )

    def wait_rest(self) -> str:
        """The state that it stays in."""
        seen, since = "", time.monotonic()

        def rests(status: dict[str, Any]) -> bool:
            nonlocal seen, since
            if status["state"] != seen:
                seen, since = status["state"], time.monotonic()
            return seen in REST and time.monotonic() - since > SETTLED

        return self.daemon.wait_for(rests, PATIENCE, "at rest")["state"]

    @measured
    def test_at_rest(self) -> None:
        """Killed in guard, split and switched: nothing is lost, and the next one finds what was."""
        self.make_bond()
        self.reach()
        self.start()
        streams = self.traffic()
        time.sleep(0.5)
        self.kill()
        self.assertEqual(self.wait_rest(), "primed")
        self.order("split")
        for _ in range(SPLIT_KILLS):
            self.kill()
            self.daemon.wait_state("split", PATIENCE)
            self.daemon.wait_entry("resumed")
            self.assertTrue(self.is_open())
            # until the proofs of both ports are fresh again, and beyond
            time.sleep(PROVED)
            status = self.daemon.status()
            self.assertEqual((status["state"], status["ingress"], status["egress"]), ("split", "B", "A"))
        self.switch("B")
        self.kill()
        self.assertEqual(self.wait_rest(), "primed")
        self.assertEqual((self.daemon.status()["serving"], self.active()), ("B", "B"))
        self.wait_closed()
        self.assertFalse([entry for entry in self.daemon.journal() if entry.get("PRIMED_EVENT") == "switch-reverted"])
        self.assert_clean(streams)

    @measured
    def test_on_the_way(self) -> None:
        """Killed a little later each time: whatever was under way comes to an end, and is in one piece."""
        self.make_bond()
        self.reach()
        self.start()
        streams = self.traffic()
        for delay in (0.03, 0.08, 0.2):
            self.ask_and_kill("split", delay)
            self.wait_rest()
            self.ask_and_kill("switch", delay)
            if self.wait_rest() == "split":
                self.order("switch")
                self.wait_rest()
            self.wait_closed()
            status = self.daemon.status()
            self.assertEqual((status["ingress"], status["egress"]), (self.active(), self.active()))
        self.assert_clean(streams)


if __name__ == "__main__":
    case.main()
