# SPDX-License-Identifier: LGPL-2.1-or-later
"""Test cases on an 802.3ad bond in the machine, whose partner is another one: both of the kernel's own driver, in two
namespaces of the machine.

            machine                         partner
            C  ----------- veth -----------  pC
            D  ----------- veth -----------  pD
            bond0 (C, D)  10.77.0.1          bond1 (pC, pD)  10.77.0.2
"""

import time
from typing import Any

from .. import policy
from ..daemon import wait_until
from ..traffic import Stream, both_ways
from .case import MachineCase
from .host import MachineHost, MachineLab
from .service import pair

HOST, PARTNER = "10.77.0.1", "10.77.0.2"
PORTS = ("C", "D")
# streams each way: so many that it is unlikely that a hash uses one port only (once in 500)
STREAMS, RATE = 10, 100
# seconds for LACP, which looks ten times a second and sends three times
PATIENCE = 60
# of a port's state: it collects and distributes
CARRIES = 0x30


class Partner(MachineHost):
    """The other namespace of the machine."""

    name = "partner"
    within = ("ip", "netns", "exec", "partner")


class AggregateCase(MachineCase):
    # neither A nor B is used
    PATIENT = CONNECTED = False

    partner: Partner

    def setUp(self) -> None:
        super().setUp()
        self.partner = Partner(self.lab.machine)
        self.addCleanup(self.delete)

    def delete(self) -> None:
        self.partner.end_processes()
        self.host.shell(
            "for name in bond0 C D; do ip link del $name 2>/dev/null || true; done\n"
            "ip netns del partner 2>/dev/null || true"
        )

    def make(self, rate: str = "fast", mode: str = "802.3ad") -> None:
        options = f"mode {mode} miimon 100 xmit_hash_policy layer3+4"
        if mode == "802.3ad":
            options += f" lacp_rate {rate}"
        self.host.shell(
            "modprobe bonding max_bonds=0; ip netns add partner\n"
            f"ip link add bond0 type bond {options}\nip -n partner link add bond1 type bond {options}\n"
            "for port in C D; do\n"
            "ip link add $port type veth peer name p$port netns partner\n"
            "ip link set $port master bond0; ip -n partner link set p$port master bond1\ndone\n"
            "ip link set bond0 up; ip -n partner link set bond1 up\n"
            f"ip addr add {HOST}/24 dev bond0; ip -n partner addr add {PARTNER}/24 dev bond1"
        )
        if mode == "802.3ad":
            self.wait_carried(*PORTS)

    def state(self, port: str, of: str = "actor") -> int:
        """The partner's end of that port, as it says itself."""
        return int(self.partner.read(f"/sys/class/net/p{port}/bonding_slave/ad_{of}_oper_port_state"))

    def carried(self, port: str) -> bool:
        return self.state(port) & CARRIES == CARRIES

    def wait_carried(self, *ports: str) -> None:
        """Until the partner collects and distributes on these ports, and on no other."""
        wait_until(
            lambda: all(self.carried(port) == (port in ports) for port in PORTS),
            PATIENCE, f"the partner does not use {', '.join(ports)} alone",
        )  # fmt: skip

    def start(self, text: str | None = None, ready: bool = True, **keys: Any) -> None:
        keys = {"primary": "C", "standby": "D", "handover": {"egress": "settled", "settle": "200ms"}} | keys
        super().start(text or policy.document(lan=pair(**keys)), ready=False)
        if ready:
            self.wait_balanced(True)

    def wait_balanced(self, balanced: bool) -> dict[str, Any]:
        """And at rest."""

        def found() -> dict[str, Any] | None:
            status = self.daemon.status()
            rests = status["state"] in ("protected", "primed")
            return status if status["balanced"] == balanced and rests else None

        return wait_until(found, PATIENCE, f"balanced does not become {balanced}", 0.3)

    def streams(self) -> list[Stream]:
        return [
            stream.start()
            for _ in range(STREAMS)
            for stream in both_ways(self.host, self.partner, HOST, PARTNER, RATE)
        ]

    def moved(self, seconds: float = 2.0) -> dict[str, tuple[int, int]]:
        """Frames that came in and went out on each port meanwhile."""

        def read() -> dict[str, list[int]]:
            return {
                port: [self.lab.counter(port, f"{way}_packets") for way in ("rx", "tx")] for port in PORTS
            }

        before = read()
        time.sleep(seconds)
        after = read()
        return {port: (after[port][0] - before[port][0], after[port][1] - before[port][1]) for port in PORTS}
