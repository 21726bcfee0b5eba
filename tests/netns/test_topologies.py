#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Networks of other shapes, each moved there and back under counted traffic: nothing lost, doubled or reordered."""

import time
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import case  # noqa: E402
from lab.case import LabCase  # noqa: E402
from lab.network import BROADCAST4, HOST4, MAC  # noqa: E402
from lab.traffic import Stream, TcpStream, both_ways  # noqa: E402

GROUP4, GROUP6 = "239.1.2.3", "ff05::1:3"
VLAN = 42
# include/net/tcp.h, TCP_RTO_MIN: a stall that long is a loss that TCP had to wait for its timer to find
RTO_MIN_MS = 200


class Topologies(LabCase):
    def there_and_back(self, *others: Stream) -> None:
        """Split, switch, A's cable cut and mended, back to A; all streams count the whole way."""
        streams = [*self.traffic(), *(stream.start() for stream in others)]
        time.sleep(0.5)
        self.assertEqual(self.move("split")["state"], "split")
        self.assert_path("B", "A")
        time.sleep(0.5)
        self.move("switch")
        self.daemon.wait_serving("B")
        self.assert_path("B", "B")
        self.lab.adapters["A"].cut()
        time.sleep(0.5)
        self.lab.adapters["A"].mend()
        self.daemon.wait_ready()
        self.move("revert")
        self.daemon.wait_serving("A")
        self.assert_path("A", "A")
        time.sleep(0.3)
        self.assert_clean(streams)

    def test_both_families(self) -> None:
        self.start()
        self.there_and_back()

    def test_ipv6_only(self) -> None:
        self.start(ipv4=False)
        self.there_and_back()

    def test_two_switches(self) -> None:
        self.start(switches=2)
        self.there_and_back()

    def test_peer_ignores_gratuitous_arp(self) -> None:
        self.start()
        # a permanent entry takes no notice of anything that is announced
        self.lab.peer.ip("neigh", "replace", HOST4, "lladdr", MAC["A"], "dev", "P", "nud", "permanent")
        self.there_and_back()
        entry = self.lab.peer.ip("neigh", "show", HOST4)
        self.assertIn(MAC["A"], entry, "the peer's neighbour must never have changed")

    def test_vlan_on_primary(self) -> None:
        self.start()
        host, peer = self.lab.host, self.lab.peer
        tag, down, up = f"--vlan={VLAN}", "--interface=A", "--interface=P"
        addresses = (f"--to-mac={MAC['A']}", f"--from-mac={MAC['P']}")
        back = (f"--to-mac={MAC['P']}", f"--from-mac={MAC['A']}")
        self.there_and_back(
            Stream(peer, host, rate=5000, tagged=True, send=(up, tag, *addresses), receive=(down, tag)),
            Stream(host, peer, rate=5000, tagged=True, send=(down, tag, *back), receive=(up, tag)),
        )

    def test_macvlan_on_primary(self) -> None:
        # it appears while the pair is guarded; without a carrier it goes on sending, as A does
        self.start()
        host, peer = self.lab.host, self.lab.peer
        host.sysctl(ipv4__conf__all__arp_ignore=1)  # or A would answer for it
        host.ip("link", "add", "link", "A", "name", "mv0", "type", "macvlan", "mode", "bridge")
        for namespace, device, end in ((host, "mv0", 1), (peer, "P", 2)):
            namespace.ip("addr", "add", f"10.9.1.{end}/24", "dev", device)
            namespace.ip("addr", "add", f"fd00:9:1::{end}/64", "dev", device)
        host.ip("link", "set", "mv0", "up")
        time.sleep(0.5)
        tcp = [TcpStream(host, peer, "10.9.1.2", 20_000_000), TcpStream(host, peer, "fd00:9:1::2", 20_000_000)]
        self.there_and_back(
            *both_ways(host, peer, "10.9.1.1", "10.9.1.2", 5000),
            *both_ways(host, peer, "fd00:9:1::1", "fd00:9:1::2", 5000),
        )
        for report in [stream.stop() for stream in tcp]:
            self.assertTrue(report.intact, report)
            self.assertLess(report.max_stall_ms, RTO_MIN_MS, report)

    def group_streams(self, *groups: str) -> list[Stream]:
        send = ("--interface=P",)
        return [
            Stream(
                self.lab.peer, self.lab.host, group, rate=3000,
                send=send, receive=(f"--join={group}", "--interface=A"),
            )
            for group in groups
        ]  # fmt: skip

    def test_multicast_flooded(self) -> None:
        self.start()
        self.there_and_back(*self.group_streams(GROUP4, GROUP6))

    def test_multicast_where_reported(self) -> None:
        # this switch forwards a group only to ports from which it was asked for: the spare must ask
        self.start(querier=True)
        streams = self.group_streams(GROUP4, GROUP6)
        for stream in streams:
            stream.listen()
        time.sleep(3)  # until the switch has asked, heard, and stopped flooding
        for group in (GROUP4, GROUP6):
            self.assertEqual(self.members(group), ["sA"], "the switch does not know who wants the group")
        self.there_and_back(*streams)

    def members(self, group: str) -> list[str]:
        """The ports to which the switch forwards the group."""
        lines = self.lab.switches[0].run("bridge", "mdb", "show", "dev", "br0").splitlines()
        return sorted(line.split()[line.split().index("port") + 1] for line in lines if f"grp {group} " in line)

    def test_broadcast(self) -> None:
        self.start()
        self.there_and_back(Stream(self.lab.peer, self.lab.host, BROADCAST4, rate=3000))


if __name__ == "__main__":
    case.main()
