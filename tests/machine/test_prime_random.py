#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Priming from random configurations. The serving adapter, and now and then the spare, is set at random by the
distribution's ethtool, ip and tc and by sysfs; then the spare is primed and must be like the serving adapter but for
what the plan explains; then that is taken back, and the spare must be to the letter what it was, as these tools say.

Not among it is what an adapter lets in: the spare lets in what the serving one does as soon as that changes, primed or
not, since traffic may have to move (tests/netns/check_priming-link.c has the addresses that are primed).

The order of all is made of one number, PRIMED_SEED, which a failure tells. Of 200 configurations as many are tried as
fit into 20 s on netdevsim and on igb each, whose link goes down for every change of rings, channels and the like;
PRIMED_ALL=1 tries them all.
"""

import json
import os
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import policy  # noqa: E402
from lab.daemon import ControlError, wait_until  # noqa: E402
from lab.vm import case, service  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402

SEED = int(os.environ.get("PRIMED_SEED", "20481"))
ALL = "PRIMED_ALL" in os.environ
NETDEVSIM, IGB = 188, 12
# seconds, without the machine's boot
NETDEVSIM_TIME, IGB_TIME = 20, 20
# fewer are no proof: so many are tried however slow the machine is
LEAST = 3

VIEW = r"""
for name in NAMES; do
  for question in QUESTIONS; do echo "== $name $question"; ethtool $question $name 2>&1 || :; done
  for flow in FLOWS; do echo "== $name $flow"; ethtool -n $name rx-flow-hash $flow 2>&1 || :; done
  echo "== $name link"; ip -details -json link show $name
  echo "== $name qdisc"; tc qdisc show dev $name
  echo "== $name sysfs"; cd /sys/class/net/$name
  grep . napi_defer_hard_irqs gro_flush_timeout threaded queues/*/[xr]ps_* 2>/dev/null || :
done
"""
LINK_KEYS = {
    "mtu": "mtu", "txqlen": "tx-queue-length", "gso_max_size": "gso-size", "gso_max_segs": "gso-size",
    "gro_max_size": "gro-size", "promiscuity": "promiscuity", "flags": "promiscuity",
}  # fmt: skip
# by the name of the file
FILES = {
    "xps_cpus": "xps", "xps_rxqs": "xps", "rps_cpus": "rps", "rps_flow_cnt": "rps", "napi_defer_hard_irqs": "napi",
    "gro_flush_timeout": "napi", "threaded": "napi",
}  # fmt: skip
ITEMS = {
    "-g": "rings", "-l": "channels", "-c": "coalesce", "-k": "features", "-a": "pause", "--show-fec": "fec",
    "-x": "rss", "--show-priv-flags": "private-flags", "qdisc": "qdisc",
}  # fmt: skip

# of a queueing discipline that was given none: the kernel takes the next free number
HANDLE = re.compile(r"\b8[0-9a-f]{3}:")

View = dict[tuple[str, str], str]


class Chooser:
    """What is set, by chance: shell commands, of which an adapter may refuse some."""

    def __init__(self, seed: int, name: str) -> None:
        self.random = random.Random(seed)
        self.name = name

    def some(self, makers: list[Callable[[], str]]) -> str:
        chosen = self.random.sample(makers, self.random.randint(1, len(makers)))
        return "\n".join(f"{{ {make()}; }} >/dev/null 2>&1 || :" for make in chosen)

    def number(self, *ends: int) -> int:
        return self.random.randint(*ends)

    def ethtool(self, words: str, *numbers: str) -> str:
        return " ".join(("ethtool", words.split()[0], self.name, *words.split()[1:], *numbers))

    def switch(self) -> str:
        return self.random.choice(("on", "off"))

    def features(self, *names: str) -> str:
        chosen = self.random.sample(names, self.number(1, len(names)))
        return self.ethtool("-K", *(f"{name} {self.switch()}" for name in chosen))

    def link(self) -> str:
        keys = {"txqueuelen": (0, 5000), "gso_max_size": (1000, 65536), "gso_max_segs": (1, 65535),
                "gro_max_size": (1000, 65536)}  # fmt: skip
        chosen = self.random.sample(sorted(keys), self.number(1, len(keys)))
        return f"ip link set {self.name} " + " ".join(f"{key} {self.number(*keys[key])}" for key in chosen)

    def queues(self, count: int) -> str:
        folder, lines = f"/sys/class/net/{self.name}", []
        for queue in range(count):
            lines.append(f"echo {self.number(0, 3)} >{folder}/queues/tx-{queue}/xps_cpus")
            lines.append(f"echo {self.number(0, 3)} >{folder}/queues/rx-{queue}/rps_cpus")
            lines.append(f"echo {1 << self.number(4, 12)} >{folder}/queues/rx-{queue}/rps_flow_cnt")
        return "; ".join(self.random.sample(lines, self.number(1, len(lines))))

    def napi(self) -> str:
        folder = f"/sys/class/net/{self.name}"
        return (
            f"echo {self.number(0, 9)} >{folder}/napi_defer_hard_irqs; "
            f"echo {self.number(0, 100000)} >{folder}/gro_flush_timeout; echo {self.number(0, 1)} >{folder}/threaded"
        )

    def netdevsim(self) -> str:
        coalesce = ("rx-usecs", "rx-frames", "rx-usecs-irq", "rx-frames-irq", "tx-usecs", "tx-frames", "tx-usecs-irq",
                    "tx-frames-irq", "stats-block-usecs", "rx-usecs-low", "rx-frames-low", "tx-usecs-low",
                    "tx-frames-low", "pkt-rate-low", "pkt-rate-high", "rx-usecs-high", "tx-usecs-high",
                    "sample-interval")  # fmt: skip
        rings = ("rx", "tx", "rx-mini", "rx-jumbo")
        kinds = (f"pfifo limit {self.number(1, 9999)}", "pfifo_fast", f"fq_codel limit {self.number(100, 9999)}",
                 f"fq limit {self.number(100, 9999)}")  # fmt: skip
        return self.some([
            lambda: self.ethtool("-G", *(f"{ring} {self.number(1, 512)}" for ring in rings)),
            lambda: self.ethtool("-C", *(f"{key} {self.number(0, 1 << 20)}"
                                         for key in self.random.sample(coalesce, self.number(1, len(coalesce))))),
            lambda: self.ethtool("-C", f"adaptive-rx {self.switch()} adaptive-tx {self.switch()}"),
            lambda: f"ip link set {self.name} mtu {self.number(68, 1500)}",
            self.link,
            lambda: self.features("gro", "gso", "sg", "tx-nocache-copy", "hw-tc-offload", "rx-gro-list",
                                  "rx-udp-gro-forwarding", "tso"),
            lambda: self.queues(4),
            self.napi,
            lambda: f"ip link set {self.name} promisc {self.switch()} allmulticast {self.switch()}",
            lambda: f"tc qdisc replace dev {self.name} root {self.random.choice(kinds)}",
            lambda: self.ethtool("-A", f"rx {self.switch()} tx {self.switch()}"),
            lambda: self.ethtool("--set-fec", f"encoding {self.random.choice(('rs', 'baser', 'off', 'auto'))}"),
        ])  # fmt: skip

    def igb(self) -> str:
        spread = ("default", "equal 2", "equal 1", f"weight {self.number(1, 5)} {self.number(1, 5)}")
        return self.some([
            lambda: self.ethtool("--set-priv-flags", f"legacy-rx {self.switch()}"),
            lambda: self.ethtool("-L", f"combined {self.number(1, 2)}"),
            lambda: self.ethtool("-G", f"rx {8 * self.number(10, 512)} tx {8 * self.number(10, 512)}"),
            lambda: f"ip link set {self.name} mtu {self.number(1280, 9000)}",
            self.link,
            lambda: self.features("tso", "gso", "gro", "sg", "rx", "tx", "rxvlan", "rxhash", "rx-all", "ntuple",
                                  "tx-nocache-copy"),
            lambda: self.ethtool("-C", f"rx-usecs {self.random.choice((0, 1, 3, 10, 57, 200, 999))}"),
            lambda: self.ethtool("-X", self.random.choice(spread)),
            lambda: self.ethtool("-N", f"rx-flow-hash udp{self.random.choice('46')} "
                                       f"{self.random.choice(('sd', 'sdfn'))}"),
            lambda: self.queues(2),
            self.napi,
        ])  # fmt: skip


def pieces(command: str, text: str) -> Iterator[tuple[str, str]]:
    """What one command says, setting by setting where the lines allow."""
    if command == "link":
        shown = json.loads(text)[0]
        shown["flags"] = sorted(set(shown["flags"]) & {"PROMISC", "ALLMULTI"})
        yield from ((key, str(shown[key])) for key in LINK_KEYS if key in shown)
    elif command == "sysfs":
        yield from (line.partition(":")[::2] for line in text.splitlines())
    elif command in ("-g", "-l", "-c", "-k", "-a"):
        current = text.partition("Current hardware settings:")[2] or text
        for line in current.splitlines():
            if both := re.match(r"(Adaptive|CQE mode) RX: (\S+) +TX: (\S+)", line):
                word = {"Adaptive": "adaptive-{}", "CQE mode": "cqe-mode-{}"}[both[1]]
                yield from ((word.format("rx"), both[2]), (word.format("tx"), both[3]))
            elif "negotiated" not in line:
                key, _, value = line.strip().partition(":")
                yield key.lower().replace(" ", "-"), value.strip()
    else:
        yield command, HANDLE.sub("", text)


def in_force(value: str) -> str:
    """Without what a feature would be if another allowed it: what is copied is what is in force."""
    return value.replace(" [requested on]", "").replace(" [requested off]", "")


class Random(MachineCase):
    """One pair, many configurations."""

    NAMES = ("A", "B")
    PATIENT = False
    COUNT, TIME = IGB, IGB_TIME
    QUESTIONS = ("-g", "-l", "-c", "-k", "-a", "--show-fec", "-x", "--show-priv-flags")
    FLOWS = ("udp4", "udp6")
    # what is agreed upon with the link partner
    UNLIKE = ("-a", "--show-fec")

    def choose(self, chooser: Chooser) -> str:
        return chooser.igb()

    def look(self, *names: str) -> dict[str, View]:
        words = {"NAMES": names, "QUESTIONS": self.QUESTIONS, "FLOWS": self.FLOWS}
        text = self.host.shell(re.sub("|".join(words), lambda found: " ".join(words[found[0]]), VIEW))
        found: dict[str, View] = {name: {} for name in names}
        for part in text.split("== ")[1:]:
            heading, _, said = part.partition("\n")
            name, command = heading.split()
            for key, value in pieces(command, re.sub(rf"\b{name}\b", "it", said)):
                found[name][command, key] = value
        return found

    @staticmethod
    def concerns(step: dict[str, Any], command: str, key: str) -> bool:
        """The step is about that setting, as far as its name tells."""
        if command == "link":
            return step["item"] == LINK_KEYS[key]
        if command == "sysfs":
            return step["item"] == FILES[os.path.basename(key)]
        if command in ("-g", "-c", "-a", "-l"):
            return step["setting"] == f"{ITEMS[command]} {key}"
        return step["item"] == ITEMS.get(command, "flow-hash")

    def explains(self, step: dict[str, Any], command: str, key: str) -> bool:
        """The step says why that setting differs."""
        told = step["note"] and step["result"] not in ("equal", "set", "failed")
        return bool(told) and self.concerns(step, command, key)

    def assert_alike(self, views: dict[str, View], steps: list[dict[str, Any]]) -> int:
        """How many settings differ, all of them explained."""
        serving, spare = (views[name] for name in self.NAMES)
        differ = [
            where
            for where in serving
            if in_force(serving[where]) != in_force(spare.get(where, "")) and where[0] not in self.UNLIKE
        ]
        for command, key in differ:
            if not any(self.explains(step, command, key) for step in steps):
                told = [step for step in steps if step["result"] != "equal" and self.concerns(step, command, key)]
                self.fail(f"{command} {key}: {serving[command, key]!r}, {spare.get((command, key))!r}: {told}")
        return len(differ)

    def prime(self) -> dict[str, Any] | None:
        """What came of it; None when neither adapter had a link, since the changes took both down."""
        try:
            return json.loads(self.daemon.control("prime", "lan", timeout=120))
        except ControlError as error:
            if not any(words in error.text for words in ("neither", "an adapter failed")):
                raise
            return None

    def once(self, number: int) -> tuple[int, int]:
        """How many settings were set, and how many differ."""
        for name, share in zip(self.NAMES, (1, 0.4), strict=True):
            chooser = Chooser(SEED * 1000 + 2 * number + (name == self.NAMES[1]), name)
            if chooser.random.random() < share:
                self.scripts.append(self.choose(chooser))
                self.host.shell(self.scripts[-1])
        before = self.look(*self.NAMES)
        steps = wait_until(self.prime, 60, "a link to prime with")["steps"]
        primed = self.look(*self.NAMES)
        differ = self.assert_alike(primed, steps)
        for where, value in before[self.NAMES[0]].items():
            self.assertEqual(primed[self.NAMES[0]][where], value, f"the serving adapter was changed: {where}")
        self.daemon.control("revert", "--prime", "lan", timeout=120)
        after = self.look(self.NAMES[1])
        for where in sorted(before[self.NAMES[1]].keys() | after[self.NAMES[1]].keys()):
            was, now = (view[self.NAMES[1]].get(where) for view in (before, after))
            self.assertEqual(now, was, f"not put back: {where}")
        return sum(step["outcome"] == "done" for step in steps), differ

    def run_all(self) -> None:
        began, count, done, differ = time.monotonic(), 0, 0, 0
        self.scripts: list[str] = []
        for number in range(self.COUNT):
            if count >= LEAST and time.monotonic() - began > self.TIME and not ALL:
                break
            self.scripts.clear()
            try:
                results = self.once(number)
            except Exception as error:
                scripts = "\n".join(self.scripts)
                text = f"configuration {number} of PRIMED_SEED={SEED}: {error}\nset last:\n{scripts}"
                raise AssertionError(text) from None
            count, done, differ = count + 1, done + results[0], differ + results[1]
        took = time.monotonic() - began
        print(f"# {count} configurations of seed {SEED} in {took:.0f} s: "
              f"{done} settings set, {differ} differ, as explained")
        self.assertGreater(done, count, "hardly anything was set")


class Igb(Random):
    def test_configurations(self) -> None:
        self.start(prime="predicted")
        # its link goes down with its rings: that is not to move its traffic
        self.daemon.control("hold", "lan")
        self.run_all()


class Netdevsim(Random):
    """In the machine of two igb, which lend it only their machine. The spare's rings are smaller."""

    NAMES = ("sim0", "sim1")
    COUNT, TIME = NETDEVSIM, NETDEVSIM_TIME
    QUESTIONS = ("-g", "-c", "-k", "-a", "--show-fec")
    FLOWS = ()
    UNLIKE = ()

    def setUp(self) -> None:
        super().setUp()
        self.make_netdevsims(spare_rings=256)

    def choose(self, chooser: Chooser) -> str:
        return chooser.netdevsim()

    def test_configurations(self) -> None:
        pair = service.pair(primary="sim0", standby="sim1", prime="predicted")
        self.start(policy.document(lan=pair), ready=False)
        self.daemon.wait_state(("protected", "unprotected", "primed"), timeout=60)
        self.run_all()


if __name__ == "__main__":
    case.main()
