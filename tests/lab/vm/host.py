# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machine as the laboratory's host: adapters A and B are its cards, the switch and the peer are namespaces.

            machine               switch                    peer
            A 02:00:00:00:00:0a   sA (tap)
              10.9.0.1  fd00:9::1    \\ learning bridge
            B 02:00:00:00:00:0b   sB (tap) /     sP (veth)   P 10.9.0.2  fd00:9::2
"""

import itertools
import json
import socket
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from ..cage import ROOT
from ..namespaces import Namespace
from ..network import BROADCAST4, HOST4, HOST6, MAC, PEER4, PEER6, Network, Wire
from ..record import COUNT, HEADER, Record
from ..timeline import Sample, parse_counters
from ..traffic import Stream
from .channel import Channel, Clock, Done, Remote
from .machine import PROCESSORS, Card, Machine
from .payload import FOLDER, SAMPLER

_numbers = itertools.count(1)

# seconds; igb takes two to bring up its link, and emulation its time
LINK_PATIENCE = 60
# seconds
CLOCK_AGE_MAX = 10
# Frames that can wait, at 2000 a second for seconds, while this machine has no time for the emulated processors: in the
# tap's queue, and in the receive ring of those who ask for it.
TAP_QUEUE = 10000
PATIENT_RING = 4096
# shorter than the smallest frame (60 bytes without checksum): a receiver counts it as an error of length
RUNT_SIZE = 20
SOL_PACKET, PACKET_QDISC_BYPASS = 263, 20
# of struct Record of tests/tools/traffic.h, the fields that are times
LAST, GAP_AT = 8, 10
RECORDED = 8  # bytes for each number


class MachineRecord(Record):
    """A record in the machine; its times are turned into ours when it is fetched."""

    REFRESH = 0.2  # seconds between two looks at the count

    def __init__(self, line: Channel, path: Path) -> None:
        self._line, self._path, self._clock = line, path, line.clock()
        self._looked, self._count = 0.0, 0
        self._fetched = ROOT / f"record-{next(_numbers)}"

    @property
    def count(self) -> int:
        if time.monotonic() - self._looked > self.REFRESH:
            self._count = HEADER.unpack(self._line.read(self._path, HEADER.size))[COUNT]
            self._looked = time.monotonic()
        return self._count

    def fetch(self) -> Path:
        header = list(HEADER.unpack(self._line.read(self._path, HEADER.size)))
        capacity, following = header[1], header[3]
        times = memoryview(bytearray(self._line.read(self._path, following * RECORDED, HEADER.size))).cast("Q")
        ours = self._conversion()
        for index, at in enumerate(times):
            times[index] = ours(at) if at else 0
        for index in (LAST, GAP_AT):
            header[index] = ours(header[index]) if header[index] else 0
        with open(self._fetched, "wb") as file:
            file.write(HEADER.pack(*header) + bytes(times))
            file.truncate(HEADER.size + capacity * RECORDED)  # sparse, as the original is
        return self._fetched

    def _conversion(self) -> Callable[[int], int]:
        """Of the machine's nanoseconds into ours: its clock may run a little fast or slow."""
        first, last = self._clock, self._line.clock()
        drift = (last.monotonic - first.monotonic) / max(last.taken - first.taken, 1e-3)
        return lambda at: round(at + (first.monotonic + (at / 1e9 - first.taken) * drift) * 1e9)

    def delete(self) -> None:
        self._fetched.unlink(missing_ok=True)
        self._line.call("rm", "-f", self._path)


class MachineHost:
    """What a Namespace is for the rest of the laboratory: commands and processes, inside the machine."""

    name = "machine"
    # what its commands run in
    within: tuple[str, ...] = ()

    def __init__(self, machine: Machine) -> None:
        self.line = machine.line
        self._clock: tuple[float, Clock] | None = None
        self._processes: list[Remote] = []
        self.line.call("mkdir", "-p", ROOT)  # records are where they would be here

    @property
    def clock(self) -> Clock:
        """As of a few seconds ago at most."""
        if not self._clock or time.monotonic() - self._clock[0] > CLOCK_AGE_MAX:
            self._clock = (time.monotonic(), self.line.clock())
        return self._clock[1]

    def call(self, *command: str | Path, stdin: str | None = None, timeout: float = 60) -> Done:
        """Runs a command, whatever becomes of it."""
        return self.line.call(*self.within, *command, stdin=stdin, timeout=timeout)

    def run(self, *command: str | Path, stdin: str | None = None, timeout: float = 60) -> str:
        """Runs a command, returns its output; an error says what it said."""
        done = self.call(*command, stdin=stdin, timeout=timeout)
        if done.code != 0:
            words = " ".join(str(word) for word in command)
            raise RuntimeError(f"in the machine: {words}: exit {done.code}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def shell(self, script: str, timeout: float = 60) -> str:
        return self.run("bash", "-euc", script, timeout=timeout)

    def ip(self, *words: str) -> str:
        return self.run("ip", *words)

    def sysctl(self, **values: int) -> None:
        self.run("sysctl", "-qw", *(f"net.{key.replace('__', '.')}={value}" for key, value in values.items()))

    def start(
        self,
        *command: str | Path,
        environment: dict[str, str] | None = None,
        stdout: int | IO | None = None,
        stderr: int | IO | None = None,
        own_sys: bool = False,
    ) -> Remote:
        """Starts a process; what it says is kept in its stdout and stderr, wherever it was to go."""
        process = self.line.start(*self.within, *command, environment=environment)
        self._processes.append(process)
        return process

    def tool(self, name: str) -> Path:
        return FOLDER / name

    def open_record(self, path: Path) -> Record:
        return MachineRecord(self.line, path)

    def read(self, path: str | Path) -> str:
        """A file's text, also of those that the kernel makes up."""
        return self.run("cat", path)

    def new_netdevsim(self, number: int, ports: int = 2, queues: int = 4) -> list[str]:
        """A simulated device with so many adapters, which are not connected to anything; their names."""
        folder = f"/sys/bus/netdevsim/devices/netdevsim{number}/net"
        listed = self.shell(
            f"modprobe netdevsim; echo '{number} {ports} {queues}' >/sys/bus/netdevsim/new_device\n"
            f"until [ $(ls {folder} 2>/dev/null | wc -l) = {ports} ]; do sleep .1; done; udevadm settle; ls {folder}"
        )
        return listed.split()

    def delete_netdevsim(self, number: int) -> None:
        self.shell(f"echo {number} >/sys/bus/netdevsim/del_device")

    def end_processes(self) -> None:
        for process in self._processes:
            process.kill()
        self._processes.clear()


class MachineSampler:
    """The adapters' counters in the machine every 20 ms, read there, in our time; as timeline.Sampler."""

    def __init__(self, host: MachineHost, streams: Sequence[Stream] = ()) -> None:
        self.samples: list[Sample] = []
        self._host, self._streams = host, streams
        # how far the senders on our side were, and when
        self._local: dict[int, list[tuple[float, int]]] = {
            index: [] for index, stream in enumerate(streams) if stream.sender is not host
        }
        self._stop = threading.Event()
        inside = [stream.sent_record for stream in streams if stream.sender is host]
        self._process = host.start("python3", SAMPLER, *inside)
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._read, self._count)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        for line in self._process.stdout:
            at, text, counts = json.loads(line)
            sample = parse_counters(at + self._host.clock.monotonic, text)
            if self._streams:
                inside = iter(counts)
                sample.sent = [
                    self._local_at(index, sample.at) if index in self._local else next(inside)
                    for index in range(len(self._streams))
                ]
            self.samples.append(sample)

    def _count(self) -> None:
        while not self._stop.wait(0.01):
            for index, counts in self._local.items():
                counts.append((time.monotonic(), self._streams[index].sent()))

    def _local_at(self, index: int, at: float) -> int:
        counts = self._local[index]
        position = bisect_right(counts, at, key=lambda pair: pair[0]) - 1
        return counts[max(position, 0)][1] if counts else 0

    def stop(self) -> None:
        self._process.kill()
        self._stop.set()
        for thread in self._threads:
            thread.join()


class MachineAdapter:
    """A card of the machine, and the switch's port (a tap) it is plugged into."""

    def __init__(self, machine: Machine, switch: Namespace, card: Card, wire: Wire) -> None:
        self._machine, self.switch, self.card, self.wire = machine, switch, card, wire

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def port(self) -> str:
        return self.card.port

    def cut(self) -> float:
        """The adapter loses its carrier. Returns the moment before."""
        return self._machine.set_carrier(self.name, False)

    def mend(self) -> None:
        self._machine.set_carrier(self.name, True)

    def unplug(self) -> None:
        self._machine.unplug(self.name)

    def plug(self) -> None:
        self._machine.plug(self.name)

    def send_runts(self, per_second: float, stop: threading.Event) -> threading.Thread:
        """Frames that are too short, out of the switch's port into the adapter, until told to stop. The wire would
        pad them, so they pass by its programs."""
        frame = bytes.fromhex(self.card.mac.replace(":", "")) + bytes.fromhex(MAC["P"].replace(":", "")) + b"\x88\xb5"
        frame = frame.ljust(RUNT_SIZE, b"x")

        def send() -> None:
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as packets:
                packets.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
                packets.bind((self.port, 0))
                while not stop.wait(1 / per_second):
                    packets.send(frame)

        thread = self.switch.thread(send)
        thread.start()
        return thread


class MachineLab(Network):
    """A machine with two cards on a learning switch, and a peer. kinds: igb, e1000e, vmxnet3, virtio."""

    adapters: dict[str, MachineAdapter]

    def __init__(
        self,
        a: str = "igb",
        b: str = "igb",
        sanitized: bool = False,
        patient: bool = False,
        processors: int = PROCESSORS,
    ) -> None:
        self.peer = self.new_end("peer")
        self.switch = self.new_switch("switch")
        self.switches = [self.switch]
        try:
            self.plug(self.peer, "P", self.switch)
            self.peer.ip("addr", "add", f"{PEER4}/24", "brd", BROADCAST4, "dev", "P")
            self.peer.ip("addr", "add", f"{PEER6}/64", "dev", "P", "nodad")
            cards = [self._new_card(name, kind) for name, kind in (("A", a), ("B", b))]
            wires = {card.name: Wire(self.switch, card.port) for card in cards}
            self.machine = Machine(self.switch, cards, sanitized, processors=processors)
        except BaseException:
            self._delete_namespaces()
            raise
        self.host = MachineHost(self.machine)
        self.host.sysctl(ipv6__conf__default__accept_ra=0, ipv6__conf__default__accept_dad=0)
        self.adapters = {
            card.name: MachineAdapter(self.machine, self.switch, card, wires[card.name]) for card in cards
        }
        try:
            self.bring_up(patient)
        except BaseException:
            self.close()
            raise

    def _new_card(self, name: str, kind: str) -> Card:
        card = Card(name, kind, MAC[name], f"s{name}")
        queues = ("multi_queue",) if card.queues > 1 else ()
        self.switch.ip("tuntap", "add", card.port, "mode", "tap", *queues)
        self.switch.sysctl(**{f"ipv6__conf__{card.port}__disable_ipv6": 1})
        self.switch.ip("link", "set", card.port, "master", "br0", "txqueuelen", str(TAP_QUEUE), "up")
        return card

    def bring_up(self, patient: bool = False) -> None:
        """Both adapters up, carrier seen, the addresses on A, and the peer finds them. patient: adapters that neither
        lose nor delay for seconds what comes while their processor gets no time: a large receive ring on A, which
        priming gives to B, and interrupts at once on both. A frame that waits for its interrupt, in emulation for
        milliseconds, is overtaken by the first ones on the other adapter when ingress moves."""
        self.wait_devices()
        if patient:
            # before they are up: rings take the link down
            self.interrupt_at_once()
            self.host.run("ethtool", "-G", "A", "rx", str(PATIENT_RING))
        # the spare must not speak for itself
        self.host.shell("ip link set B addrgenmode none; for name in A B; do ip link set $name up; done")
        self.give_host_addresses()
        self.wait_connected()

    def wait_connected(self) -> None:
        """Both carriers are there, and the peer finds the machine."""
        for name in ("A", "B"):
            self.wait_carrier(name)
        self.speak()
        self.wait_reachable(self.peer, HOST4, LINK_PATIENCE)

    def speak(self) -> None:
        """The machine says something, from which the switch learns where it is now. The peer would send to where it was
        until it asks again, seconds later."""
        self.host.call("bash", "-c", f"echo >/dev/udp/{PEER4}/9")

    def interrupt_at_once(self) -> None:
        """No moderation of receive interrupts, where the driver has one."""
        for name in self.adapters:
            self.host.call("ethtool", "-C", name, "rx-usecs", "0")

    def give_host_addresses(self) -> None:
        self.host.ip("addr", "replace", f"{HOST4}/24", "brd", BROADCAST4, "dev", "A")
        self.host.ip("addr", "replace", f"{HOST6}/64", "dev", "A", "nodad")

    def wait_carrier(self, name: str) -> None:
        script = f'until [ "$(cat /sys/class/net/{name}/carrier 2>/dev/null)" = 1 ]; do sleep .1; done'
        self.host.shell(script, timeout=LINK_PATIENCE)

    def restore(self, patient: bool = False, connected: bool = True) -> None:
        """Adapters as they come out of the box, for the next case: their drivers let go of them and take them again.
        patient: see bring_up(). Not connected: it is left at that, for a case that needs no link, or another one."""
        self.host.end_processes()
        kept = [name for name in self.adapters if self.exists(name)]
        for name, adapter in self.adapters.items():
            if name not in kept:
                adapter.plug()
            adapter.mend()
        self.host.shell(
            f"for name in {' '.join(kept)}; do\n"
            "device=$(readlink -f /sys/class/net/$name/device); driver=$(readlink -f $device/driver)\n"
            "{ echo ${device##*/} >$driver/unbind; echo ${device##*/} >$driver/bind; } &\ndone; wait"
        )
        if connected:
            self.bring_up(patient)
        else:
            self.wait_devices()

    def fit(self, a: str, b: str) -> None:
        """Adapters of these kinds, before restore(): a device is changed for another in seconds, a boot takes 20. Both
        are new, since some remember what was set (Wake-on-LAN)."""
        kinds = {"A": a, "B": b}
        if any(self.adapters[name].card.kind != kind for name, kind in kinds.items()):
            for name, kind in kinds.items():
                self._change_card(name, kind)

    def _change_card(self, name: str, kind: str) -> None:
        old = self.adapters[name]
        if self.exists(name):
            old.unplug()
        self.machine.take_out(name)
        self.switch.ip("link", "del", old.port)
        card = self._new_card(name, kind)
        wire = Wire(self.switch, card.port)
        self.machine.put_in(card)
        self.adapters[name] = MachineAdapter(self.machine, self.switch, card, wire)
        self.wait_device(name)

    def exists(self, name: str) -> bool:
        return self.host.call("test", "-e", f"/sys/class/net/{name}").code == 0

    def wait_devices(self) -> None:
        for name in ("A", "B"):
            self.wait_device(name)

    def wait_device(self, name: str) -> None:
        """Until it is there under its name and udev is done with it."""
        self.host.shell(f"until [ -e /sys/class/net/{name} ]; do sleep .1; done; udevadm settle", timeout=LINK_PATIENCE)

    def counter(self, name: str, counter: str) -> int:
        """One of /sys/class/net/*/statistics, or another number there (carrier_down_count)."""
        folder = f"/sys/class/net/{name}"
        return int(self.host.shell(f"cat {folder}/statistics/{counter} 2>/dev/null || cat {folder}/{counter}"))

    def sampler(self, streams: Sequence[Stream] = ()) -> MachineSampler:
        return MachineSampler(self.host, streams)

    def _delete_namespaces(self) -> None:
        for namespace in (self.peer, self.switch):
            namespace.delete()

    def close(self) -> None:
        self.machine.close()
        self._delete_namespaces()
