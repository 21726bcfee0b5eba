#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The primary's device disappears under traffic: its addresses, routes, rules, neighbours and VLANs go on on the
standby, and return when it does."""

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import case, policy  # noqa: E402
from lab.case import LabCase  # noqa: E402
from lab.daemon import ControlError, wait_until  # noqa: E402
from lab.network import BROADCAST4, HOST4, HOST6, MAC, PEER4, PEER6  # noqa: E402
from lab.traffic import TcpStream  # noqa: E402

TABLE = "77"
# a neighbour that is asked for on the other adapter, and once more a second later when the first question is lost
# (RETRANS_TIMER of RFC 4861)
OUTAGE_MAX_MS = 1500
KEEP = 0.6  # longer than primed takes to note what was changed
# of an address, a route or a rule, what must be the same on both adapters
ADDRESS_KEYS = ("family", "local", "prefixlen", "broadcast", "scope", "valid_life_time", "metric")
ROUTE_KEYS = ("dst", "gateway", "protocol", "scope", "prefsrc", "metric", "table", "type", "flags", "metrics")
DEAD = ("linkdown", "dead")
OWN = {"fe80::ff:fe00:b"}  # of B, from before it was guarded


def picked(row: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: row[key] for key in keys if key in row}


def ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


class Gone(LabCase):
    RATE = 5000
    maxDiff = None

    def make(self, failback: dict[str, str] | None = None, **network: Any) -> None:
        more = {"failback": failback} if failback else {}
        target = PEER4 if network.get("ipv4", True) else PEER6
        pair = policy.pair(target=target, handover={"egress": "on-failure", "settle": "200ms"}, **more)
        self.start(pairs={"lan": pair}, ready=False, **network)
        self.daemon.wait_ready()

    def note(self) -> None:
        """What was set up is known to primed."""
        time.sleep(2 * KEEP + 1)

    def json(self, *words: str) -> list[dict[str, Any]]:
        return json.loads(self.lab.host.ip("-j", *words) or "[]")

    def addresses(self, device: str) -> list[dict[str, Any]]:
        found = self.json("addr", "show", "dev", device)
        rows = [row for link in found for row in link.get("addr_info", []) if row["local"] not in OWN]
        return ordered([picked(row, ADDRESS_KEYS) for row in rows])

    def routes(self, device: str) -> list[dict[str, Any]]:
        rows = []
        for family in ("-4", "-6"):
            rows += self.json(family, "route", "show", "table", "all", "dev", device)
        found = [picked(row, ROUTE_KEYS) for row in rows]
        for row in found:
            row["flags"] = [flag for flag in row.get("flags", []) if flag not in DEAD]
        # what the kernel makes by itself of groups and local addresses differs with what else it did
        return ordered([row for row in found if row.get("type") != "multicast" and row.get("table") != "local"])

    def rules(self, device: str) -> list[dict[str, Any]]:
        rows = [rule for rule in self.json("rule", "show") if device in (rule.get("iif"), rule.get("oif"))]
        return ordered([{key: rule[key] for key in rule if key not in ("iif", "oif")} for rule in rows])

    def known(self, device: str) -> dict[str, str]:
        rows = self.json("neigh", "show", "dev", device)
        return {row["dst"]: row["lladdr"] for row in rows if "lladdr" in row}

    def neighbours(self, device: str) -> list[dict[str, Any]]:
        rows = self.json("neigh", "show", "dev", device, "nud", "permanent")
        return ordered([picked(row, ("dst", "lladdr")) for row in rows])

    def mac(self, device: str) -> str:
        return self.json("link", "show", "dev", device)[0]["address"]

    def everything(self, device: str) -> dict[str, list[dict[str, Any]]]:
        return {
            "addresses": self.addresses(device),
            "routes": self.routes(device),
            "rules": self.rules(device),
            "neighbours": self.neighbours(device),
        }

    def furnish(self) -> None:
        """Some of everything that can hang on an adapter."""
        ip = self.lab.host.ip
        ip("addr", "add", "10.9.0.77/24", "dev", "A", "label", "A:x")
        ip("addr", "add", "10.55.0.1/24", "dev", "A", "metric", "300")
        ip("route", "add", "default", "via", PEER4, "dev", "A", "proto", "static", "metric", "50")
        ip("route", "add", "10.77.0.0/16", "via", PEER4, "dev", "A", "src", HOST4, "mtu", "1300", "proto", "static")
        ip("route", "add", "10.78.0.0/16", "via", PEER4, "dev", "A", "table", TABLE)
        ip("-6", "route", "add", "default", "via", PEER6, "dev", "A", "metric", "70")
        ip("-6", "route", "add", "fd00:77::/48", "via", PEER6, "dev", "A", "table", TABLE)
        ip("rule", "add", "iif", "A", "lookup", TABLE, "priority", "1000")
        ip("neigh", "add", "10.9.0.99", "lladdr", "02:00:00:00:00:99", "dev", "A", "nud", "permanent")
        self.note()

    def wait_away(self) -> dict[str, Any]:
        return self.daemon.wait_for(lambda s: "its addresses are on B" in " ".join(s["protected_reasons"]), 15, "away")

    def wait_home(self) -> None:
        self.daemon.wait_for(lambda s: s["state"] in ("protected", "primed") and s["serving"] == "A", 20, "home")

    def unplug(self) -> None:
        self.lab.unplug("A")
        status = self.wait_away()
        self.assertEqual(status["serving"], "B")
        self.assertIn("A is gone; its addresses are on B", status["protected_reasons"])

    def replug(self) -> None:
        self.lab.replug("A")
        self.daemon.wait_for(lambda s: "A is back" in " ".join(s["protected_reasons"]), 10, "seen to be back")

    def events(self, kind: str) -> list[str]:
        return [event.text for event in self.daemon.events if event.kind == kind]

    def test_all_there_and_back(self) -> None:
        self.make()
        self.furnish()
        before = self.everything("A")
        self.assertTrue(before["rules"] and before["neighbours"])
        streams = self.traffic()
        tcp = TcpStream(self.lab.host, self.lab.peer, PEER4)
        time.sleep(1)
        self.unplug()
        self.assertEqual(self.everything("B"), before)
        self.assertEqual(self.mac("B"), MAC["A"])
        self.assertTrue(wait_until(lambda: self.events("identity-moved"), 5, "told"))
        time.sleep(1.5)
        reports = [stream.stop() for stream in streams]
        for way, report in zip(("in", "out"), reports, strict=True):
            print(f"# outage {way}: {report.outage_ms:.1f} ms, {report.lost} of {report.sent} lost")
            self.assertLess(report.outage_ms, OUTAGE_MAX_MS, report)
        self.replug()
        time.sleep(0.5)
        self.assertEqual(self.everything("B"), before, "with failback: manual they stay")
        self.daemon.control("revert", "lan")
        self.assertEqual(self.everything("A"), before)
        self.assertEqual(self.addresses("B"), [])
        self.assertEqual(self.rules("B"), [])
        self.assertEqual((self.mac("A"), self.mac("B")), (MAC["A"], MAC["B"]))
        self.wait_home()
        arrived = tcp.stop()
        self.assertTrue(arrived.intact, arrived)
        print(f"# longest stall of TCP: {arrived.max_stall_ms:.0f} ms")
        self.lab.wait_reachable(self.lab.peer, HOST4)
        self.assertTrue(self.events("identity-returned"))

    def test_back_by_itself(self) -> None:
        self.make(failback={"mode": "auto", "after": "2s"})
        self.note()
        before = self.everything("A")
        self.unplug()
        self.lab.replug("A")
        self.wait_home()
        self.assertEqual(self.everything("A"), before)
        self.assertEqual(self.addresses("B"), [])
        self.lab.wait_reachable(self.lab.peer, HOST6)

    def test_twice(self) -> None:
        self.make(failback={"mode": "auto", "after": "1s"})
        self.note()
        before = self.everything("A")
        for _ in range(2):
            self.unplug()
            self.assertEqual(self.everything("B"), before)
            self.lab.replug("A")
            self.wait_home()
            self.assertEqual(self.everything("A"), before)
            self.note()

    def test_ipv6_only(self) -> None:
        self.make(ipv4=False)
        self.note()
        before = self.everything("A")
        streams = self.traffic()
        time.sleep(0.5)
        self.unplug()
        self.assertEqual(self.everything("B"), before)
        time.sleep(1)
        for way, report in zip(("in", "out"), [stream.stop() for stream in streams], strict=True):
            print(f"# outage {way}: {report.outage_ms:.1f} ms, {report.lost} of {report.sent} lost")
            self.assertLess(report.outage_ms, OUTAGE_MAX_MS, report)

    def has_vlans(self) -> bool:
        try:
            self.lab.peer.ip("link", "add", "link", "P", "name", "probe", "type", "vlan", "id", "1")
        except RuntimeError:
            return False
        self.lab.peer.ip("link", "del", "probe")
        return True

    def test_vlan(self) -> None:
        self.make()
        if not self.has_vlans():
            self.skipTest("this kernel has no VLAN devices")
        for end, parent, last in ((self.lab.host, "A", 1), (self.lab.peer, "P", 2)):
            end.ip("link", "add", "link", parent, "name", "lan7", "type", "vlan", "id", "7", "egress-qos-map", "0:3")
            end.ip("link", "set", "lan7", "up")
            end.ip("addr", "add", f"10.7.0.{last}/24", "dev", "lan7")
            end.ip("addr", "add", f"fd00:7::{last}/64", "dev", "lan7", "nodad")
        self.lab.host.ip("route", "add", "10.70.0.0/16", "via", "10.7.0.2", "dev", "lan7")
        self.note()
        self.lab.wait_reachable(self.lab.peer, "10.7.0.1")
        before = self.everything("lan7")
        self.unplug()
        self.assertEqual(self.everything("lan7"), before)
        link = self.json("-d", "link", "show", "dev", "lan7")[0]
        self.assertEqual((link["link"], link["linkinfo"]["info_data"]["id"]), ("B", 7))
        self.assertEqual(link["linkinfo"]["info_data"]["egress_qos"], [{"from": 0, "to": 3}])
        self.lab.wait_reachable(self.lab.peer, "10.7.0.1")
        self.replug()
        self.daemon.control("revert", "lan")
        self.assertEqual(self.json("-d", "link", "show", "dev", "lan7")[0]["link"], "A")
        self.assertEqual(self.everything("lan7"), before)
        self.lab.wait_reachable(self.lab.peer, "fd00:7::1")

    def test_neighbours(self) -> None:
        """Whom the primary knew need not be asked for: some are not there to answer."""
        self.make()
        self.note()
        absent = {"10.9.0.50": "02:00:00:00:00:50", "fd09::50": "02:00:00:00:00:51"}
        for host, address in absent.items():
            self.lab.host.ip("neigh", "add", host, "lladdr", address, "dev", "A", "nud", "reachable")
        self.unplug()
        self.assertLessEqual(absent.items(), self.known("B").items())
        self.lab.wait_reachable(self.lab.host, PEER4)

    def test_hold(self) -> None:
        self.make()
        self.note()
        before = self.everything("A")
        self.daemon.control("hold", "lan")
        self.lab.unplug("A")
        self.daemon.wait_state("absent")
        time.sleep(1)
        self.assertEqual(self.addresses("B"), [])
        self.daemon.control("release", "lan")
        self.wait_away()
        self.assertEqual(self.everything("B"), before)

    def test_on_purpose(self) -> None:
        """Set down first, then removed: an administrator's act."""
        self.make()
        self.note()
        self.lab.host.ip("link", "set", "A", "down")
        time.sleep(2.5)
        self.lab.unplug("A")
        self.daemon.wait_state("absent")
        time.sleep(1)
        self.assertEqual(self.addresses("B"), [])
        self.assertTrue(self.events("identity-stays"))

    def test_restart_while_away(self) -> None:
        self.make()
        self.furnish()
        before = self.everything("A")
        self.unplug()
        self.daemon.kill()
        self.daemon.start()
        self.wait_away()
        self.assertEqual(self.everything("B"), before)
        self.daemon.kill()
        self.lab.replug("A")
        self.daemon.start()
        self.daemon.wait_for(lambda s: "A is back" in " ".join(s["protected_reasons"]), 10, "seen to be back")
        self.daemon.wait_for(lambda s: self.mac("A") == MAC["B"], 5, "the two apart")
        self.daemon.control("revert", "lan")
        self.wait_home()
        self.assertEqual(self.everything("A"), before)
        self.assertEqual(self.addresses("B"), [])

    def test_killed_in_the_middle(self) -> None:
        """At every moment: the next start comes to the same end."""
        self.make()
        self.furnish()
        before = self.everything("A")
        for delay in (0.0, 0.002, 0.005, 0.01, 0.02, 0.05):
            with self.subTest(put=delay):
                self.lab.unplug("A")
                time.sleep(delay)
                noted = "identity=0" not in (self.daemon.state_text("lan"))
                self.daemon.kill()
                self.daemon.start()
                if not noted:  # so early that nobody had seen it go
                    self.daemon.wait_state("absent")
                    self.lab.replug("A")
                    self.refurnish()
                    self.daemon.wait_ready()
                    self.note()
                    continue
                self.wait_away()
                self.assertEqual(self.everything("B"), before)
                self.replug()
                self.daemon.wait_for(lambda s: self.mac("A") == MAC["B"], 5, "the two apart")
                self.ask_back_and_kill(delay)
                self.wait_home()
                self.assertEqual(self.everything("A"), before)
                self.assertEqual(self.addresses("B"), [])
                self.note()

    def refurnish(self) -> None:
        """What an administrator would do when nobody else did."""
        ip = self.lab.host.ip
        ip("addr", "add", f"{HOST4}/24", "brd", BROADCAST4, "dev", "A")
        ip("addr", "add", f"{HOST6}/64", "dev", "A", "nodad")
        ip("rule", "del", "iif", "A", "lookup", TABLE, "priority", "1000")
        self.furnish()

    def ask_back_and_kill(self, delay: float) -> None:
        asked = threading.Thread(target=self.ask_back)
        asked.start()
        time.sleep(0.03 + delay)
        self.daemon.kill()
        asked.join()
        self.daemon.start()
        self.ask_back()

    def ask_back(self) -> None:
        try:
            self.daemon.control("revert", "lan")
        except ControlError:
            pass  # its daemon was killed, or had done it already: that is the point

    def test_what_others_changed_is_left(self) -> None:
        self.make()
        self.note()
        self.unplug()
        ip = self.lab.host.ip
        ip("route", "add", "10.88.0.0/16", "via", PEER4, "dev", "B", "table", TABLE)
        ip("addr", "add", "192.0.2.1/32", "dev", "B")
        ip("addr", "del", f"{HOST6}/64", "dev", "B")
        self.replug()
        self.daemon.wait_for(lambda s: self.mac("A") == MAC["B"], 5, "the two apart")
        self.daemon.control("revert", "lan")
        self.assertEqual([row["local"] for row in self.addresses("B") if row["family"] == "inet"], ["192.0.2.1"])
        self.assertIn(HOST4, [row["local"] for row in self.addresses("A")])

    def test_somebody_sets_it_up(self) -> None:
        """A network manager gives the device its addresses as it comes: those on the standby go."""
        self.make()
        self.note()
        self.unplug()
        self.replug()
        self.lab.host.ip("addr", "add", f"{HOST4}/24", "dev", "A")
        self.daemon.wait_for(lambda s: s["serving"] == "A" and not self.addresses("B"), 15, "taken off B")
        self.wait_home()
        self.assertEqual([row["local"] for row in self.addresses("A") if row["family"] == "inet"], [HOST4])
        self.lab.wait_reachable(self.lab.peer, HOST4)


if __name__ == "__main__":
    case.main()
