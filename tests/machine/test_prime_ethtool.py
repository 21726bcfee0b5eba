#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Priming of what ethtool(8) sets, on real drivers, judged by what the distribution's ethtool says before and after."""

import json
import re
import sys
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import policy  # noqa: E402
from lab.vm import case, service  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402

# what ethtool shows, without what no two adapters share
VIEWS = (
    ("-g",),
    ("-l",),
    ("-c",),
    ("-k",),
    ("-x",),
    ("-u",),
    ("-u", "rx-flow-hash", "tcp4"),
    ("-u", "rx-flow-hash", "udp4"),
    ("--show-priv-flags",),
)


class Ethtool(MachineCase):
    PAIR = "lan"

    def view(self, name: str) -> dict[str, str]:
        """Per command what it says of the adapter."""
        found = {}
        for words in VIEWS:
            done = self.host.call("ethtool", words[0], name, *words[1:])
            found[" ".join(words)] = re.sub(rf"\b{name}\b", "it", done.stdout + done.stderr)
        found["mtu"] = self.host.read(f"/sys/class/net/{name}/mtu")
        return found

    def assert_view(self, found: dict[str, str], wanted: dict[str, str]) -> None:
        for command, text in wanted.items():
            self.assertEqual(found[command], text, f"ethtool {command}")

    def ethtool(self, *words: str) -> None:
        self.host.run("ethtool", *words)

    def prime(self, *words: str) -> dict[str, dict[str, Any]]:
        """The steps by their labels."""
        steps = json.loads(self.daemon.control("prime", self.PAIR, *words, timeout=120))["steps"]
        return {step["setting"]: step for step in steps}


class Igb(Ethtool):
    """The 82576 that the machine has takes a table of 128 slots and no key, no rules, two channels by two
    processors."""

    def setUp(self) -> None:
        super().setUp()
        for words in (
            ("-G", "A", "rx", "512", "tx", "1024"),
            ("-C", "A", "rx-usecs", "57"),
            ("-K", "A", "gro", "off", "tso", "off"),
            ("-X", "A", "weight", "1", "3"),
            ("-N", "A", "rx-flow-hash", "udp4", "sdfn"),
            ("--set-priv-flags", "A", "legacy-rx", "on"),
        ):
            self.ethtool(*words)
        self.host.ip("link", "set", "A", "mtu", "1800")
        self.lab.wait_carrier("A")

    def primed(self) -> dict[str, dict[str, Any]]:
        """Primes B: then both look alike, and A as before, its link never down."""
        serving, downs = self.view("A"), self.lab.counter("A", "carrier_down_count")
        steps = self.prime()
        self.assert_view(self.view("B"), serving)
        self.assert_view(self.view("A"), serving)
        self.assertEqual(self.lab.counter("A", "carrier_down_count"), downs)
        return steps

    def test_everything_and_back(self) -> None:
        self.ethtool("-L", "B", "combined", "1")
        self.lab.wait_carrier("B")
        spare = self.view("B")
        self.assertNotEqual(spare, self.view("A"))
        self.start(prime="predicted")
        steps = self.primed()
        for setting in ("rss table 0", "flow-hash udp4", "private-flags legacy-rx", "channels combined"):
            self.assertEqual((steps[setting]["result"], steps[setting]["outcome"]), ("set", "done"), setting)
        again = self.prime()
        self.assertEqual([name for name, step in again.items() if step["outcome"] != "pending"], [])
        self.daemon.control("revert", "--prime", self.PAIR, timeout=120)
        self.assert_view(self.view("B"), spare)

    def test_fewer_channels(self) -> None:
        """The kernel refuses to take a channel away that the spare's table still names."""
        self.ethtool("-X", "A", "default")
        self.ethtool("-L", "A", "combined", "1")
        self.lab.wait_carrier("A")
        self.ethtool("-X", "B", "weight", "1", "5")
        spare = self.view("B")
        refused = self.host.call("ethtool", "-L", "B", "combined", "1")
        self.assertIn("too low for existing indirection table", refused.stdout + refused.stderr)
        self.start(prime="predicted")
        self.primed()
        self.daemon.control("revert", "--prime", self.PAIR, timeout=120)
        self.assert_view(self.view("B"), spare)


FILTERS = (
    "egress protocol ip pref 7 flower ip_proto udp dst_port 4000 action police rate 10mbit burst 64k conform-exceed drop",
    "egress protocol ipv6 pref 8 flower ip_proto tcp dst_ip fd00:9::/64 src_port 5000 action skbedit priority 3",
    "ingress protocol 802.1q pref 9 flower vlan_id 42 action vlan pop pipe action gact pass",
    "ingress protocol all pref 10 matchall action skbedit mark 7 pipe action gact pass",
    "ingress protocol ip pref 11 u32 match ip src 192.0.2.1/32 action gact drop",
)


class Filters(MachineCase):
    """Filters on clsact of the kinds that a distribution's kernel has, judged by its own tc."""

    def view(self, name: str) -> str:
        shown = self.host.shell(f"for way in ingress egress; do echo $way; tc filter show dev {name} $way; done")
        kept = [line for line in shown.splitlines() if "bpf" not in line and "primed" not in line]
        # numbers of actions, of which no two are the same
        return re.sub(r"index \d+|(?<=police )0x[0-9a-f]+", "", "\n".join(kept))

    def test_filters(self) -> None:
        self.start(prime="predicted")
        before = self.view("B")
        # where primed itself needs it, it is there
        self.host.shell("tc qdisc show dev A | grep -q clsact || tc qdisc add dev A clsact")
        self.host.shell("\n".join(f"tc filter add dev A {words}" for words in FILTERS))
        wanted = self.view("A")
        for word in ("flower", "matchall", "police", "skbedit", "vlan", "gact"):
            self.assertIn(word, wanted)
        steps = json.loads(self.daemon.control("prime", "lan", timeout=120))["steps"]
        filters = [step for step in steps if step["setting"].startswith("filter")]
        self.assertEqual([step for step in filters if step["result"] == "unsupported"], [])
        self.assertEqual(self.view("B"), wanted)
        self.assertEqual(self.view("A"), wanted)
        self.daemon.control("revert", "--prime", "lan", timeout=120)
        self.assertEqual(self.view("B"), before)


class Flows(Ethtool):
    """Rules, contexts, keys, tunables and queues one by one: no emulated adapter has them, so these are of a driver
    of the test's own, which is as strict; the kernel between it and primed is the real one."""

    PAIR = "flows"
    UNLIKE = 0

    def setUp(self) -> None:
        super().setUp()
        self.insert_flowsim(f"unlike={self.UNLIKE}")
        for words in (
            ("-L", "flow0", "combined", "6"),
            ("-X", "flow0", "equal", "5", "hkey", ":".join(f"{i:02x}" for i in range(40))),
            ("-X", "flow0", "context", "new", "equal", "2"),
            ("-X", "flow0", "context", "new", "equal", "3"),
            ("-X", "flow0", "context", "1", "delete"),
            ("-N", "flow0", "rx-flow-hash", "udp4", "sdfn"),
            ("-N", "flow0", "flow-type", "tcp4", "src-ip", "10.0.0.1", "dst-port", "80", "action", "5", "loc", "3"),
            ("-N", "flow0", "flow-type", "udp4", "dst-port", "53", "action", "-1", "loc", "9"),
            ("-N", "flow0", "flow-type", "tcp4", "dst-port", "22", "context", "2", "loc", "4"),
            ("--set-tunable", "flow0", "rx-copybreak", "512"),
            ("--per-queue", "flow0", "queue_mask", "0x4", "--coalesce", "rx-usecs", "33"),
            ("--set-priv-flags", "flow0", "fast-path", "on"),
        ):
            self.ethtool(*words)
        for words in (
            ("-X", "flow1", "context", "new", "equal", "4"),
            ("-X", "flow1", "context", "new", "equal", "4"),
            ("-X", "flow1", "context", "new", "equal", "4"),
            ("-N", "flow1", "flow-type", "tcp4", "dst-port", "25", "action", "3") + self.at(3),
            ("-N", "flow1", "flow-type", "tcp4", "dst-port", "26", "action", "2") + self.at(7),
        ):
            self.ethtool(*words)
        self.start(policy.document(flows=service.pair(primary="flow0", standby="flow1", prime="predicted")),
                   ready=False)

    def at(self, location: int) -> tuple[str, ...]:
        return () if self.UNLIKE else ("loc", str(location))

    def view(self, name: str) -> dict[str, str]:
        found = super().view(name)
        for words in (
            ("-x", name, "context", "1"),
            ("-x", name, "context", "2"),
            ("-x", name, "context", "3"),
            ("--get-tunable", name, "rx-copybreak"),
            ("--per-queue", name, "queue_mask", "0xff", "--show-coalesce"),
        ):
            done = self.host.call("ethtool", *words)
            found[" ".join(words).replace(name, "")] = re.sub(rf"\b{name}\b", "it", done.stdout + done.stderr)
        return found


class AlikeFlows(Flows):
    def test_everything_and_back(self) -> None:
        serving, spare = self.view("flow0"), self.view("flow1")
        self.prime()
        primed = self.view("flow1")
        # the second context of the one is the first of the other: the kernel numbers them
        numbered = [key for key in serving if "context" in key]
        for key in numbered + ["-u"]:
            primed.pop(key)
        self.assert_view(serving, primed)
        rules = self.host.run("ethtool", "-u", "flow1")
        self.assertEqual(re.findall(r"Filter: (\d+)", rules), ["3", "4", "9"])
        self.assertEqual(
            re.sub("RSS Context ID: 1", "RSS Context ID: 2", rules), self.host.run("ethtool", "-u", "flow0")
        )
        self.assertEqual(self.table("flow1", 1), self.table("flow0", 2))
        self.assertEqual(self.host.call("ethtool", "-x", "flow1", "context", "2").code, 1)
        self.assertEqual([name for name, step in self.prime().items() if step["outcome"] != "pending"], [])
        self.daemon.control("revert", "--prime", self.PAIR, timeout=120)
        self.assert_view(self.view("flow1"), spare)

    def table(self, name: str, context: int) -> str:
        return self.host.run("ethtool", "-x", name, "context", str(context)).split("\n", 1)[1]


class Profiles(Flows):
    """The steps that interrupt moderation chooses from: the distribution's ethtool cannot set them, a snapshot can."""

    UNLIKE = 1

    def profile(self, snapshot: dict[str, Any]) -> dict[str, Any] | None:
        """Its value is bytes: three numbers of 32 bits for each step."""
        return next((entry for entry in snapshot["settings"] if entry["setting"] == "rx-profile"), None)

    def snapshot(self) -> dict[str, Any]:
        return json.loads(self.daemon.control("snapshot", "flow1"))

    def test_profiles(self) -> None:
        snapshot = self.snapshot()
        profile = self.profile(snapshot)
        if not profile:
            self.skipTest("this kernel lets no profiles of interrupt moderation be set (Linux 6.10)")
        before, changed = profile["value"], "07000000" + profile["value"][8:]
        profile["value"] = changed
        self.host.line.write("/run/changed.json", json.dumps(snapshot).encode())
        self.daemon.control("restore", "/run/changed.json")
        self.assertEqual(self.profile(self.snapshot())["value"], changed)
        step = self.prime()["coalesce rx-profile"]
        self.assertRegex(step["spare"], r"^7,\d+,n_\d+,\d+,n_")
        self.assertRegex(step["serving"], r"^1,\d+,\d+_\d+,\d+,\d+_")
        self.assertEqual(step["note"], "what only one of the two has stays as it is")
        self.assertEqual(step["outcome"], "done")
        self.assertEqual(self.profile(self.snapshot())["value"], before)


class UnlikeFlows(Flows):
    UNLIKE = 1

    def test_mapped_and_back(self) -> None:
        spare = self.view("flow1")
        steps = self.prime()
        self.assertEqual(steps["rss hkey"]["note"], "a key of 40 bytes padded to 52")
        self.assertEqual(steps["rss table 0"]["note"], "512 slots made of 128: every flow keeps its queue")
        table = re.findall(r"^ +\d+: +(.*)$", self.host.run("ethtool", "-x", "flow1"), re.MULTILINE)
        queues = [int(queue) for line in table for queue in line.split()]
        self.assertEqual(queues, [i % 128 % 5 for i in range(512)])
        rules = self.host.run("ethtool", "-u", "flow1")
        self.assertEqual(rules.count("Filter:"), 3)
        self.assertNotIn("Dest port: 25 ", rules)
        self.assertEqual([name for name, step in self.prime().items() if step["outcome"] != "pending"], [])
        self.daemon.control("revert", "--prime", self.PAIR, timeout=120)
        self.assert_same_but_locations(self.view("flow1"), spare)

    def assert_same_but_locations(self, found: dict[str, str], wanted: dict[str, str]) -> None:
        """The driver puts the rules where it likes."""

        def rules(text: str) -> list[str]:
            return sorted(re.sub(r"Filter: \d+", "", rule) for rule in text.split("\n\n"))

        self.assertEqual(rules(found.pop("-u")), rules(wanted.pop("-u")))
        self.assert_view(found, wanted)


if __name__ == "__main__":
    case.main()
