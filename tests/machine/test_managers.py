#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""primed beside the real NetworkManager, systemd-networkd and netplan, each managing the bond whose ports are the pair.

A manager that is restarted or told to apply its configuration again may take the bond's ports down for a moment
(networkd of systemd 252 does, networkd-setlink.c), and what is lost by that is its own; so frames are counted for
primed's moves, and what comes after the manager's acts is judged by where the pair ends.
"""

import sys
import time
from collections.abc import Iterable
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.case import measured  # noqa: E402
from lab.daemon import wait_until  # noqa: E402
from lab.network import HOST4  # noqa: E402
from lab.traffic import Report, Stream  # noqa: E402
from lab.vm import case  # noqa: E402
from lab.vm.bond import OPTIONS, PATIENCE, BondCase, free_ports  # noqa: E402

NETWORKD_FILES = {
    "10-bond0.netdev": "[NetDev]\nName=bond0\nKind=bond\n[Bond]\nMode=active-backup\nMIIMonitorSec=100ms\n",
    "20-ports.network": "[Match]\nName=A B\n[Network]\nBond=bond0\n",
    "30-bond0.network": f"[Match]\nName=bond0\n[Network]\nAddress={HOST4}/24\nLinkLocalAddressing=no\n"
    "IPv6AcceptRA=no\n",
}
NETPLAN_FILE = f"""\
network:
  version: 2
  renderer: networkd
  ethernets: {{A: {{}}, B: {{}}}}
  bonds:
    bond0:
      interfaces: [A, B]
      addresses: [{HOST4}/24]
      link-local: []
      accept-ra: false
      parameters: {{mode: active-backup, mii-monitor-interval: 100}}
"""
NETPLAN = "/etc/netplan/90-primed-test.yaml"
NETWORKD = Path("/run/systemd/network")
# seconds until what a manager does has come to rest
SETTLED = 3
# ms that a restart may cost more beside primed than alone, where emulated processors have so much to do
TOLERANCE = 1000


class ManagedCase(BondCase):
    UNITS: tuple[str, ...] = ()

    def prepare_ports(self) -> None:
        """Nothing configured, and set up as make_bond does."""
        self.host.shell(f"modprobe bonding max_bonds=0\n{free_ports()}")

    def wait_bond(self) -> None:
        self.wait_ports("A B")
        self.host.shell(f"echo A >{OPTIONS}/active_slave")
        self.lab.interrupt_at_once()
        wait_until(lambda: HOST4 in self.host.ip("addr", "show", "dev", "bond0"), PATIENCE, "bond0 has no address")
        self.reach()

    def assert_clean(self, streams: Iterable[Stream]) -> list[Report]:
        """Nothing lost or doubled; order is test_bond's matter. A manager that sets a port up anew lets it hold back
        interrupts again, and then frames overtake each other as long as emulation is late."""
        reports = [stream.stop() for stream in streams]
        for stream, report in zip(streams, reports, strict=True):
            self.assertGreater(report.sent, stream.rate / 10, f"hardly any traffic: {report}")
            self.assertEqual((report.lost, report.duplicated), (0, 0), f"{stream}: {case.short(report)}")
        return reports

    def watch(self, command: str, who: str) -> float:
        """The manager does something under traffic; the longest outage, in ms."""
        before = self.active()
        streams = self.traffic()
        time.sleep(1)
        self.host.shell(command, timeout=PATIENCE)
        time.sleep(SETTLED)
        self.wait_ports("A B")
        reports = [stream.stop() for stream in streams]
        lost = ", ".join(f"{report.lost} of {report.sent} ({report.outage_ms:.0f} ms)" for report in reports)
        print(f"# {command}, {who}: lost {lost}; active {before} -> {self.active()}")
        self.assertEqual(sum(report.duplicated for report in reports), 0, reports)
        return max(report.outage_ms for report in reports)

    def act(self, command: str) -> float:
        """The same beside primed: after it the pair protects again, on the port that is active."""
        outage = self.watch(command, "with primed")
        status = self.daemon.wait_ready(timeout=PATIENCE)
        self.assertEqual(status["serving"], self.active())
        self.assertFalse(self.is_open())
        self.assertIn(HOST4, self.host.ip("addr", "show", "dev", "bond0"))
        return outage

    def use(self, port: str) -> None:
        if self.active() != port:
            self.switch(port)
            self.wait_closed()
            self.daemon.wait_ready(timeout=PATIENCE)

    def live(self, restart: str, *commands: str) -> None:
        """Moves are clean before, between and after what the manager does, on either port; and its restart costs no
        more than without primed."""
        alone = self.watch(restart, "alone")
        self.start()
        self.assertEqual(self.daemon.status()["steering"], "bond")
        self.use("A")
        self.there_and_back(self.traffic())
        self.use("B")
        self.assertLessEqual(self.act(restart), 2 * alone + TOLERANCE)
        for command in commands:
            self.act(command)
        self.use("A")
        self.there_and_back(self.traffic())


class Networkd(ManagedCase):
    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.leave)
        self.prepare_ports()
        self.host.run("mkdir", "-p", NETWORKD)
        for name, text in NETWORKD_FILES.items():
            self.host.line.write(str(NETWORKD / name), text.encode(), mode=0o644)
        self.host.run("systemctl", "start", "systemd-networkd")
        self.wait_bond()

    def leave(self) -> None:
        self.host.shell(f"systemctl stop systemd-networkd.socket systemd-networkd; rm -rf {NETWORKD}")

    @measured
    def test_networkd(self) -> None:
        self.live("systemctl restart systemd-networkd", "networkctl reload", "networkctl reconfigure bond0 A B")


class Netplan(ManagedCase):
    """Which writes files for networkd, and restarts it whenever it is told to apply its own."""

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.leave)
        self.prepare_ports()
        self.host.line.write(NETPLAN, NETPLAN_FILE.encode(), mode=0o600)
        self.host.shell("netplan apply", timeout=PATIENCE)
        self.wait_bond()

    def leave(self) -> None:
        self.host.shell(
            f"rm -f {NETPLAN}; netplan generate; systemctl stop systemd-networkd.socket systemd-networkd", timeout=PATIENCE
        )

    @measured
    def test_netplan(self) -> None:
        self.live("netplan apply")


class NetworkManager(ManagedCase):
    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.leave)
        self.prepare_ports()
        ports = "".join(
            f"nmcli connection add type ethernet con-name port{name} ifname {name} master bond0 slave-type bond\n"
            for name in "AB"
        )
        self.host.shell(
            "systemctl unmask NetworkManager; systemctl start NetworkManager; nm-online -s -q -t 60 || true\n"
            "nmcli connection add type bond con-name bond0 ifname bond0 bond.options mode=active-backup,miimon=100 "
            f"ipv4.method manual ipv4.addresses {HOST4}/24 ipv6.method disabled\n{ports}"
            "nmcli connection up portA; nmcli connection up portB; nmcli connection up bond0",
            timeout=2 * PATIENCE,
        )
        self.wait_bond()

    def leave(self) -> None:
        self.host.shell(
            "nmcli connection delete bond0 portA portB || true; systemctl stop NetworkManager", timeout=PATIENCE
        )

    @measured
    def test_network_manager(self) -> None:
        self.live(
            "systemctl restart NetworkManager; nm-online -s -q -t 60", "nmcli device reapply bond0",
            "nmcli connection up bond0",
        )  # fmt: skip


if __name__ == "__main__":
    case.main()
