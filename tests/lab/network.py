# SPDX-License-Identifier: LGPL-2.1-or-later
"""The laboratory's networks: a host with adapters A and B, one or two learning switches, a peer; and their faults.

            host                  switch              peer
            A 02:00:00:00:00:0a   sA (lossy wire)
              10.9.0.1  fd00:9::1    \\ learning
            B 02:00:00:00:00:0b   sB / bridge    sP   P 10.9.0.2  fd00:9::2
"""

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from .bpf import ArrayMap, attached
from .namespaces import Namespace
from .timeline import Sampler
from .traffic import Stream

ALL = 1 << 32
HOST4, PEER4, BROADCAST4 = "10.9.0.1", "10.9.0.2", "10.9.0.255"
HOST6, PEER6 = "fd00:9::1", "fd00:9::2"
MAC = {
    "A": "02:00:00:00:00:0a",
    "B": "02:00:00:00:00:0b",
    "C": "02:00:00:00:00:1a",
    "D": "02:00:00:00:00:1b",
    "P": "02:00:00:00:00:0c",
    "V": "02:00:00:00:00:1c",
    "W": "02:00:00:00:00:2c",
}
QUEUES = 4


class Wire:
    """The lossy wire at a switch's port. Shares are 0 to 1; `towards` is what the adapter would receive."""

    def __init__(self, switch: Namespace, port: str) -> None:
        with attached(switch, port, "lossy.bpf.o", egress="towards", ingress="from") as maps:
            self._shares = ArrayMap(maps / "shares", 1)
            self._counts = ArrayMap(maps / "counts", 3)
            self._lacking = ArrayMap(maps / "lacking", 1)

    def lose(self, towards: float = 0.0, back: float = 0.0) -> float:
        """Loses that share from now on; returns the moment (CLOCK_MONOTONIC)."""
        moment = time.monotonic()
        self._shares.set(0, round(towards * ALL))
        self._shares.set(1, round(back * ALL))
        return moment

    def lack_vlan(self, vlan: int) -> None:
        """The switch's port is not in that VLAN from now on; 0: it is in all."""
        self._lacking.set(0, vlan)

    def frames_from(self) -> int:
        """How many the adapter has sent."""
        return self._counts.get(1)[0]

    def numbered_lost(self) -> int:
        """How many numbered datagrams it has swallowed, both ways."""
        return self._counts.get(0)[2] + self._counts.get(1)[2]


@dataclass
class Adapter:
    """An adapter of the host (or the peer) and the switch's port it is plugged into."""

    name: str
    owner: Namespace
    switch: Namespace
    wire: Wire

    @property
    def port(self) -> str:
        return f"s{self.name}"

    def cut(self) -> float:
        """Cable cut: the adapter loses its carrier. Returns the moment before."""
        moment = time.monotonic()
        self.switch.ip("link", "set", self.port, "down")
        return moment

    def mend(self) -> None:
        self.switch.ip("link", "set", self.port, "up")


class Network:
    """Switches and what is plugged into them."""

    adapters: dict[str, Adapter]

    def new_switch(self, role: str, querier: bool = False) -> Namespace:
        switch = Namespace(role)
        switch.ip("link", "add", "br0", "type", "bridge")
        switch.ip("link", "set", "br0", "up")
        if querier:
            # one after the other: a querier waits as long as the answers may take before it trusts what it heard
            for option in ("mcast_query_response_interval 50", "mcast_startup_query_interval 50", "mcast_querier 1"):
                switch.ip("link", "set", "br0", "type", "bridge", *option.split())
        return switch

    def plug(self, owner: Namespace, name: str, switch: Namespace) -> Adapter:
        """A new adapter in `owner`, plugged into the switch, up."""
        port, queues = f"s{name}", str(QUEUES)
        end = ["numrxqueues", queues, "numtxqueues", queues]
        owner.ip(
            "link", "add", name, "address", MAC[name], *end,
            "type", "veth", "peer", "name", port, *end, "netns", switch.name,
        )  # fmt: skip
        switch.sysctl(**{f"ipv6__conf__{port}__disable_ipv6": 1})
        wire = Wire(switch, port)
        switch.ip("link", "set", port, "master", "br0", "up")
        owner.ip("link", "set", name, "up")
        return Adapter(name, owner, switch, wire)

    def new_end(self, role: str) -> Namespace:
        """Its addresses are ours to give: no autoconfiguration, no waiting for duplicates."""
        end = Namespace(role)
        end.sysctl(ipv6__conf__default__accept_ra=0, ipv6__conf__default__accept_dad=0)
        return end

    def wait_reachable(self, seeker: Namespace, address: str, patience: float = 10) -> None:
        """Until `address` is found from there, which it is when it refuses a connection."""
        found = threading.Event()

        def knock() -> None:
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline:
                try:
                    socket.create_connection((address, 9), timeout=1).close()
                except ConnectionRefusedError:
                    found.set()
                    return
                except OSError:
                    time.sleep(0.05)

        thread = seeker.thread(knock)
        thread.start()
        thread.join()
        if not found.is_set():
            raise RuntimeError(f"{address} cannot be reached from {seeker.name}")


class Lab(Network):
    """A network with its faults. ipv4, ipv6: which addresses host and peer have; switches: 1, or 2 linked ones
    (A and the peer on the first, B on the second); querier: the switch forwards groups only to ports that asked."""

    def __init__(self, ipv4: bool = True, ipv6: bool = True, switches: int = 1, querier: bool = False) -> None:
        self.ipv4, self.ipv6 = ipv4, ipv6
        self.host, self.peer = self.new_end("host"), self.new_end("peer")
        self.switches = [self.new_switch(f"sw{i + 1}", querier) for i in range(switches)]
        self.adapters = {
            "A": self.plug(self.host, "A", self.switches[0]),
            "B": self.plug(self.host, "B", self.switches[-1]),
            "P": self.plug(self.peer, "P", self.switches[0]),
        }
        if switches == 2:
            self._link_switches()
        self._make_unlike()
        self._give_addresses()
        self.wait_reachable(self.host, PEER4 if ipv4 else PEER6)

    def unplug(self, name: str) -> None:
        """The adapter's device disappears."""
        self.adapters[name].owner.ip("link", "del", name)

    def replug(self, name: str) -> None:
        """A device of the same name and address appears again."""
        old = self.adapters[name]
        self.adapters[name] = self.plug(old.owner, name, old.switch)

    def _link_switches(self) -> None:
        first, second = self.switches
        first.ip("link", "add", "up1", "type", "veth", "peer", "name", "up2", "netns", second.name)
        for switch, port in ((first, "up1"), (second, "up2")):
            switch.ip("link", "set", port, "master", "br0", "up")

    def _make_unlike(self) -> None:
        # so that priming has something to do: A as somebody tuned it, B as it came out of the box
        self.host.run("ethtool", "-L", "A", "rx", "2", "tx", "2")
        self.host.ip("link", "set", "A", "txqueuelen", "2000")

    def _give_addresses(self) -> None:
        for namespace, device, four, six in ((self.host, "A", HOST4, HOST6), (self.peer, "P", PEER4, PEER6)):
            if self.ipv4:
                namespace.ip("addr", "add", f"{four}/24", "brd", BROADCAST4, "dev", device)
            if self.ipv6:
                namespace.ip("addr", "add", f"{six}/64", "dev", device, "nodad")

    def sampler(self, streams: Sequence[Stream] = ()) -> Sampler:
        return Sampler(self.host, streams)

    def close(self) -> None:
        """Removes the network's namespaces. (The cage would, too, at the end of the process.)"""
        for namespace in (self.host, self.peer, *self.switches):
            namespace.delete()

