#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Priming of what an adapter lets in, how it queues, what it runs, and what it agrees upon with its partner: on a real
driver, by the service in its sandbox, read with the distribution's own tools, and taken back."""

import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import policy  # noqa: E402
from lab.daemon import wait_until  # noqa: E402
from lab.network import MAC  # noqa: E402
from lab.traffic import Stream  # noqa: E402
from lab.vm import case, service  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402

# handles are each adapter's own, fq_codel is what every queue has here, clsact is primed's own
QDISCS = (
    "tc qdisc show dev {0} | grep -vE 'fq_codel 0:|clsact|qdisc mq 0:' | "
    "sed -E 's/ [0-9a-f]+: / /; s/parent [0-9a-f]*/parent /'"
)
# those of queues; what else interrupts is the driver's own
INTERRUPTS = (
    "for file in /proc/irq/*/{0}-[rt]x-*; do\n"
    "  echo ${{file##*/{0}-}} $(cat ${{file%/*}}/smp_affinity_list)\n"
    "done | sort"
)
FLAGS = "ip -d -o link show {0} | grep -oE 'ALLMULTI' || true"
PAUSE = "ethtool -a {0} | tail -n +2"
LOOKS = (QDISCS, INTERRUPTS, FLAGS)

# The machine has neither bpftool nor a compiler: two instructions ("pass") by hand, pinned when a path is given.
LOAD = r"""
import ctypes, struct, sys, time
code = struct.pack("<BBhi", 0xb7, 0, 0, 2) + struct.pack("<BBhi", 0x95, 0, 0, 0)
code, license = ctypes.create_string_buffer(code, 16), ctypes.create_string_buffer(b"GPL")
bpf = lambda command, data: ctypes.CDLL(None, use_errno=True).syscall(321, command, data, len(data))
fd = bpf(5, ctypes.create_string_buffer(struct.pack("<IIQQIIQII", 6, 2, ctypes.addressof(code),
         ctypes.addressof(license), 0, 0, 0, 0, 0), 48))
path = ctypes.create_string_buffer(sys.argv[1].encode())
pin = ctypes.create_string_buffer(struct.pack("<QII", ctypes.addressof(path), fd, 0), 16)
sys.exit(0 if fd >= 0 and bpf(6, pin) == 0 else 1)
"""
# SIOCSHWTSTAMP (with arguments) or SIOCGHWTSTAMP; prints tx_type and rx_filter
STAMP = r"""
import ctypes, fcntl, socket, struct, sys
config = ctypes.create_string_buffer(struct.pack("iii", 0, *map(int, sys.argv[2:] or (0, 0))), 12)
request = ctypes.create_string_buffer(struct.pack("16sQ16x", sys.argv[1].encode(), ctypes.addressof(config)), 40)
fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x89b0 if sys.argv[2:] else 0x89b1, request)
print(*struct.unpack("iii", config)[1:])
"""


class Priming(MachineCase):
    def steps(self, *words: str) -> list[dict]:
        return json.loads(self.daemon.control(*words))["steps"]


class Igb(Priming):
    def look(self, name: str) -> list[str]:
        return [self.host.shell(look.format(name)) for look in LOOKS]

    def step(self, steps: list[dict], item: str, setting: str = "") -> dict:
        found = [s for s in steps if s["item"] == item and setting in str(s)]
        self.assertTrue(found, f"{item} {setting} is not in {steps}")
        return found[0]

    def settle(self) -> None:
        """Pause frames were negotiated anew: the link was down for it."""
        for name in ("A", "B"):
            wait_until(lambda name=name: self.host.read(f"/sys/class/net/{name}/carrier").strip() == "1", 60, "carrier")

    def test_alike_and_back(self) -> None:
        self.host.shell(
            "tc qdisc replace dev A root handle 8: mq; tc qdisc replace dev A parent 8:2 pfifo limit 44\n"
            "for i in $(ls /sys/class/net/A/device/msi_irqs); do echo 2 >/proc/irq/$i/smp_affinity; done\n"
            "ip link set A allmulticast on; bridge fdb add 02:00:00:00:00:77 dev A self\n"
        )
        self.settle()
        before = self.look("B")
        self.start(prime="predicted")
        self.assertNotEqual(before, self.look("A"))
        self.daemon.control("prime", "lan")
        self.settle()
        self.assertEqual(self.look("A"), self.look("B"))
        self.assertIn("02:00:00:00:00:77", self.host.run("bridge", "fdb", "show", "dev", "B"))
        due = [s for s in self.steps("plan", "lan") if s["result"] == "set"]
        self.assertEqual(due, [])
        self.daemon.control("revert", "--prime", "lan")
        self.settle()
        self.assertEqual(before, self.look("B"))
        self.host.shell("bridge fdb del 02:00:00:00:00:77 dev A self; ip link set A allmulticast off; "
                        "tc qdisc del dev A root")

    def test_pause_is_only_reported(self) -> None:
        self.host.shell("ethtool -A A autoneg off rx off tx off")
        self.settle()
        self.start(prime="predicted")
        step = self.step(self.steps("plan", "lan"), "pause", "rx")
        self.assertEqual(step["result"], "report")
        self.daemon.control("prime", "lan")
        self.assertNotEqual(self.host.shell(PAUSE.format("A")), self.host.shell(PAUSE.format("B")))

    def test_xdp(self) -> None:
        """A program is taken by its pin; by its number it would need a capability that the service has not."""
        self.host.line.write("/tmp/load.py", LOAD)
        self.host.run("python3", "/tmp/load.py", "/sys/fs/bpf/pass")
        self.addCleanup(self.host.shell, "ip link set A xdpdrv off; rm -f /sys/fs/bpf/pass")
        self.host.run("ip", "link", "set", "A", "xdpdrv", "pinned", "/sys/fs/bpf/pass")
        program = self.host.shell("ip -d link show A | grep -o 'prog/xdp id [0-9]*'")
        self.settle()
        self.start(prime="predicted")
        self.daemon.control("prime", "lan")
        self.assertEqual(self.host.shell("ip -d link show B | grep -o 'prog/xdp id [0-9]*'"), program)
        self.settle()
        self.daemon.control("revert", "--prime", "lan")
        self.assertNotIn("prog/xdp", self.host.run("ip", "-d", "link", "show", "B"))
        self.settle()
        self.host.run("rm", "/sys/fs/bpf/pass")
        steps = self.steps("prime", "lan")
        step = self.step(steps, "xdp")
        self.assertEqual(step["result"], "unsupported")
        self.assertIn("CAP_SYS_ADMIN", step["note"])

    def test_timestamping(self) -> None:
        self.host.line.write("/tmp/stamp.py", STAMP)
        self.host.run("python3", "/tmp/stamp.py", "A", "1", "12")  # HWTSTAMP_TX_ON, HWTSTAMP_FILTER_PTP_V2_EVENT
        self.addCleanup(self.host.run, "python3", "/tmp/stamp.py", "A", "0", "0")
        self.assertEqual(self.host.run("python3", "/tmp/stamp.py", "B").split(), ["0", "0"])
        self.start(prime="predicted")
        self.daemon.control("prime", "lan")
        self.assertEqual(
            self.host.run("python3", "/tmp/stamp.py", "B"), self.host.run("python3", "/tmp/stamp.py", "A")
        )
        self.daemon.control("revert", "--prime", "lan")
        self.assertEqual(self.host.run("python3", "/tmp/stamp.py", "B").split(), ["0", "0"])

    def test_vlan(self) -> None:
        """igb's VLAN filter cannot be turned off: with a device on B, frames of a VLAN still come in there, and priming
        has nothing to add."""
        self.host.shell("ip link add link A name A.5 type vlan id 5; ip link set A.5 up")
        self.addCleanup(self.host.run, "ip", "link", "del", "A.5")
        self.start()
        self.assertNotIn("PROMISC", self.host.run("ip", "-d", "link", "show", "B"))
        self.assertEqual([s for s in self.steps("plan", "lan") if s["item"] in ("vlan-filter", "promiscuity")], [])
        self.daemon.control("split", "lan")
        send = ("--interface=P", "--vlan=5", f"--to-mac={MAC['A']}", f"--from-mac={MAC['P']}")
        before = int(self.host.read("/sys/class/net/A.5/statistics/rx_packets"))
        stream = Stream(self.lab.peer, self.host, rate=500, tagged=True, send=send,
                        receive=("--interface=A", "--vlan=5"))
        stream.start()
        wait_until(
            lambda: int(self.host.read("/sys/class/net/A.5/statistics/rx_packets")) > before + 200, 30, "tagged frames"
        )
        stream.stop()
        self.daemon.stop()


class Netdevsim(Priming):
    """FEC is of no adapter that QEMU has. What netdevsim carries is nothing, so its pair is primed by request."""

    def test_fec(self) -> None:
        first, second = self.host.new_netdevsim(case.NETDEVSIM, queues=2)
        self.addCleanup(self.host.delete_netdevsim, case.NETDEVSIM)
        self.host.shell(
            f"ip link set {first} name SA; ip link set {second} name SB; ip link set SA up; ip link set SB up\n"
            "ethtool --set-fec SA encoding rs; ethtool --set-fec SB encoding off; ethtool -A SA rx on tx on"
        )
        before = self.host.shell("ethtool --show-fec SB | tail -n +2; ethtool -a SB | tail -n +2")
        pair = service.pair(prime="predicted", prime_items={"include": ["fec", "pause"]}, primary="SA", standby="SB")
        self.start(policy.document(sim=pair), ready=False)
        self.daemon.control("prime", "sim")
        look = "ethtool --show-fec {0} | tail -n +2; ethtool -a {0} | tail -n +2"
        self.assertIn("RS", self.host.shell("ethtool --show-fec SB"))
        self.assertEqual(self.host.shell(look.format("SA")), self.host.shell(look.format("SB")))
        steps = self.steps("plan", "sim", "--all")
        self.assertTrue([s for s in steps if s["item"] == "devlink" and "max_macs" in str(s)], steps)
        self.daemon.control("revert", "--prime", "sim")
        self.assertEqual(before, self.host.shell(look.format("SB")))


if __name__ == "__main__":
    case.main()
