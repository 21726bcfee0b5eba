# SPDX-License-Identifier: LGPL-2.1-or-later
"""Test cases on a bond in the machine (the kernel's own driver), whose ports are A and B."""

import time
from collections.abc import Iterable
from typing import Any

from ..daemon import wait_until
from ..network import BROADCAST4, HOST4
from ..traffic import Stream
from .case import MachineCase
from .host import PATIENT_RING, MachineLab

OPTIONS = "/sys/class/net/bond0/bonding"
# seconds for a bond's ports to have their links, and for it to know
PATIENCE = 60
CLOSED = 15


def make_bond(
    lab: MachineLab, mode: str = "active-backup", home: str = "bond0", more: str = "", wait: bool = True, **options: Any
) -> None:
    """A bond of A and B, A active; `more` is done before `home` gets the address."""
    words = " ".join(f"{key} {value}" for key, value in ({"miimon": 100} | options).items())
    lab.host.shell(
        "modprobe bonding max_bonds=0\n"
        f"ip link add bond0 type bond mode {mode} {words}\n{free_ports('ip link set $port master bond0')}"
        f"ip link set bond0 up\n{more}\nip addr add {HOST4}/24 brd {BROADCAST4} dev {home}\n"
    )
    # see MachineLab.bring_up
    lab.interrupt_at_once()
    if wait:
        wait_ports(lab, "A B")


def free_ports(then: str = "") -> str:
    """A script: A and B down, without addresses, with patient rings; `then` is done with each $port."""
    return (
        "for port in A B; do\n"
        f"ip addr flush dev $port; ip link set $port down; ethtool -G $port rx {PATIENT_RING}\n{then}\ndone\n"
    )


def wait_ports(lab: MachineLab, ports: str) -> None:
    """Until they have their links, and the bond knows."""
    lab.host.shell(
        f"for port in {ports}; do\n"
        'until [ "$(cat /sys/class/net/$port/bonding_slave/mii_status)" = up ]; do sleep .1; done\ndone',
        timeout=PATIENCE,
    )


class BondCase(MachineCase):
    """`make_bond` makes the bond; it is gone after the case."""

    # done by make_bond, which takes the ports down anyway
    PATIENT = CONNECTED = False

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.delete_bond)

    def delete_bond(self) -> None:
        self.host.shell("for name in br0 bond0.42 bond0 D; do ip link del $name 2>/dev/null || true; done")

    def make_bond(self, **keys: Any) -> None:
        make_bond(self.lab, **keys)

    def wait_ports(self, ports: str) -> None:
        wait_ports(self.lab, ports)

    def reach(self, address: str = HOST4) -> None:
        self.lab.speak()
        self.lab.wait_reachable(self.lab.peer, address, PATIENCE)

    def option(self, name: str) -> str:
        return self.host.read(f"{OPTIONS}/{name}").strip()

    def active(self) -> str:
        return self.option("active_slave")

    def is_open(self) -> bool:
        return self.option("all_slaves_active").startswith("1")

    def wait_closed(self) -> None:
        wait_until(lambda: not self.is_open(), CLOSED, "the bond still takes frames from all ports")

    def switch(self, to: str) -> None:
        self.order("switch")
        self.assertEqual(self.daemon.status()["serving"], to)
        self.assertEqual(self.active(), to)

    def there_and_back(self, streams: Iterable[Stream]) -> None:
        """Split, switch, and the way back, under traffic: each frame once, and the bond as it was."""
        time.sleep(1)
        self.order("split")
        self.assertTrue(self.is_open())
        self.assertEqual(self.active(), "A")
        time.sleep(1)
        self.switch("B")
        self.wait_closed()
        self.daemon.wait_ready(timeout=PATIENCE)
        self.switch("A")
        self.wait_closed()
        time.sleep(0.5)
        self.assert_clean(streams)
