#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Priming between real drivers, like and unlike ones: what the distribution's own ethtool and ip say of the spare
afterwards, and that undoing gives back what was there. What became of each item with each pair of drivers is
written to the build folder as a table."""

import json
import re
import sys
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import build, policy  # noqa: E402
from lab.vm import case, service  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402

# What is unusual about the serving adapter. What a driver does not have is left out here, not tried.
UNUSUAL = {
    "igb": """
        ethtool --set-priv-flags A legacy-rx on
        ethtool -L A combined 2
        ethtool -G A rx 512 tx 1024
        ip link set A mtu 1400 txqueuelen 777
        ethtool -K A tso off rx-checksum off
        ethtool -C A rx-usecs 50
        ethtool -X A weight 3 1
    """,
    "e1000e": """
        ethtool -G A rx 512 tx 1024
        ip link set A mtu 1400 txqueuelen 777
        ethtool -K A tso off
        ethtool -C A rx-usecs 50
    """,
}
# how a driver is asked for its configuration; what it lacks fails, and the failure is its answer
QUESTIONS = {
    "rings": "ethtool -g {}",
    "channels": "ethtool -l {}",
    "coalesce": "ethtool -c {}",
    "features": "ethtool -k {}",
    "private-flags": "ethtool --show-priv-flags {}",
    "rss": "ethtool -x {}",
    "flow-rules": "ethtool -n {}",
    "link": "ip -details -json link show {}",
}
LINK_KEYS = ("mtu", "txqlen", "gso_max_size", "gso_max_segs", "tso_max_size", "gro_max_size")
# in the order of the table's words: what became of an item is the first of these that any of its settings has
WORDS = ("failed", "unsupported", "clamped", "mapped", "set", "report", "equal")

MANUAL = build.REPOSITORY / "man" / "primed.policy.5"
HEADING = ".SH ITEMS BY DRIVER"
PAIRS = 5  # of drivers, below

TABLE = build.REPOSITORY / "build" / "vm" / "items-by-driver.txt"
_table: dict[str, dict[str, str]] = {}


def sections(text: str) -> dict[str, dict[str, str]]:
    """`ethtool -g` and its like: limits and current values, by heading."""
    found: dict[str, dict[str, str]] = {"": {}}
    heading = ""
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and not value.strip() and not line.startswith("\t"):
            heading = key.strip()
            found[heading] = {}
        elif colon:
            found[heading][key.strip()] = value.strip()
    return found


def current(text: str) -> dict[str, str]:
    return sections(text).get("Current hardware settings", {})


def limits(text: str) -> dict[str, str]:
    return sections(text).get("Pre-set maximums", {})


def features(text: str) -> dict[str, str]:
    """By name: on, off, with [fixed] and the like behind it."""
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in text.splitlines()[1:])}


class DriverPair(MachineCase):
    """A test with one pair of drivers; `KIND` names the column of the table."""

    NAMES = ("A", "B")
    PATIENT = False

    @property
    def kind(self) -> str:
        return " to ".join(self.ADAPTERS)

    def view(self, name: str) -> dict[str, str]:
        """The adapter as the distribution's tools show it, without its name."""
        found = {}
        for what, command in QUESTIONS.items():
            done = self.host.call(*command.format(name).split())
            text = done.stdout or done.stderr
            if what == "link":
                shown = json.loads(text)[0]
                text = "\n".join(f"{key}: {shown[key]}" for key in LINK_KEYS if key in shown)
            found[what] = re.sub(rf"\b{name}\b", "ADAPTER", text)
        return found

    def prime(self) -> list[dict[str, Any]]:
        return json.loads(self.daemon.control("prime", "lan", timeout=120))["steps"]

    def note(self, steps: list[dict[str, Any]]) -> None:
        """A column of the table."""
        for step in steps:
            column = _table.setdefault(step["item"], {})
            before = column.get(self.kind, WORDS[-1])
            column[self.kind] = min(before, step["result"], key=WORDS.index)

    def assert_explained(self, steps: list[dict[str, Any]]) -> None:
        """Whatever is not as on the serving adapter says why."""
        for step in steps:
            if step["result"] not in ("equal", "set"):
                self.assertTrue(step["note"], step)
            self.assertNotEqual(step["result"], "failed", step)

    def assert_as_far_as_it_can(self, a: dict[str, str], b: dict[str, str]) -> None:
        """The spare has what the serving adapter has, within its own limits; read by ethtool and ip."""
        for what in ("rings", "channels"):
            highest, wanted = limits(b[what]), current(a[what])
            for key, value in current(b[what]).items():
                if value.isdigit() and wanted.get(key, "").isdigit() and highest.get(key, "").isdigit():
                    self.assertEqual(int(value), min(int(wanted[key]), int(highest[key])), f"{what} {key}")
        wanted = features(a["features"])
        for name, value in features(b["features"]).items():
            if "[" not in value and "[" not in wanted.get(name, "["):
                self.assertEqual(value, wanted[name], name)
        for line in ("mtu", "txqlen"):
            self.assertIn(re.search(rf"^{line}: .*$", a["link"], re.M).group(), b["link"])

    def assert_alike(self, a: dict[str, str], b: dict[str, str]) -> None:
        self.maxDiff = None
        for what, text in a.items():
            self.assertEqual(b[what], text, what)

    def run_priming(self, like: bool) -> None:
        before = self.view(self.NAMES[1])
        self.start(prime="predicted")
        steps = self.prime()
        self.note(steps)
        self.assert_explained(steps)
        serving, spare = (self.view(name) for name in self.NAMES)
        if like:
            self.assert_alike(serving, spare)
        else:
            self.assert_as_far_as_it_can(serving, spare)
        again = json.loads(self.daemon.control("prime", "lan", timeout=120))["steps"]
        self.assertFalse([step for step in again if step["outcome"] == "done"], "primed twice, changed twice")
        self.daemon.control("revert", "--prime", "lan", timeout=120)
        self.assert_alike(before, self.view(self.NAMES[1]))

    def unusual(self) -> None:
        self.host.shell(UNUSUAL.get(self.ADAPTERS[0], "ip link set A mtu 1400 txqueuelen 777"))
        self.lab.wait_carrier("A")


class IgbToIgb(DriverPair):
    ADAPTERS = ("igb", "igb")

    def test_becomes_equal_and_goes_back(self) -> None:
        self.unusual()
        self.run_priming(like=True)


class IgbToE1000e(DriverPair):
    ADAPTERS = ("igb", "e1000e")

    def test_as_far_as_it_can(self) -> None:
        self.unusual()
        self.run_priming(like=False)


class E1000eToIgb(DriverPair):
    ADAPTERS = ("e1000e", "igb")

    def test_as_far_as_it_can(self) -> None:
        self.unusual()
        self.run_priming(like=False)


class IgbToVirtio(DriverPair):
    ADAPTERS = ("igb", "virtio")

    def test_as_far_as_it_can(self) -> None:
        self.unusual()
        self.run_priming(like=False)


class NetdevsimToNetdevsim(DriverPair):
    """In the machine of two igb, which lend it only their machine."""

    NAMES = ("sim0", "sim1")
    kind = "netdevsim to netdevsim"

    def setUp(self) -> None:
        super().setUp()
        self.make_netdevsims(spare_rings=256)

    def start(self, text: str | None = None, ready: bool = True, **keys: Any) -> None:
        pair = service.pair(primary="sim0", standby="sim1", **keys)
        super().start(policy.document(lan=pair), ready=False)
        self.daemon.wait_state(("protected", "unprotected", "primed"), timeout=60)

    def test_within_smaller_limits(self) -> None:
        self.host.shell(
            "ethtool -G sim0 rx 300 tx 200; ethtool -C sim0 rx-usecs 33 tx-frames 7; ip link set sim0 mtu 1400"
        )
        self.run_priming(like=False)


def section() -> str:
    """ITEMS BY DRIVER as it is to be in the manual page: per pair of drivers what became of which items."""
    lines = [HEADING]
    for kind in sorted({kind for row in _table.values() for kind in row}):
        lines += [".TP", f".B {kind}"]
        for word in WORDS:
            items = [item for item, row in _table.items() if row.get(kind) == word]
            if items:
                lines += [f".IR {word} :", ", ".join(sorted(items)).replace("-", "\\-") + "."]
    return "\n".join(lines) + "\n"


class Table(case.case.unittest.TestCase):
    """Runs last, by its name, or after all others that share the machines."""

    AFTER_ALL = True

    def test_zz_is_written(self) -> None:
        kinds = sorted({kind for row in _table.values() for kind in row})
        lines = ["\t".join(["item", *kinds])]
        lines += ["\t".join([item, *(row.get(kind, "-") for kind in kinds)]) for item, row in _table.items()]
        TABLE.parent.mkdir(parents=True, exist_ok=True)
        TABLE.write_text("\n".join(lines) + "\n")
        print("\n".join("# " + line.expandtabs(16) for line in lines))

    def test_zz_manual_says_so(self) -> None:
        """The manual's list is what was seen. After a change it is in the build folder, to be taken over."""
        if len({kind for row in _table.values() for kind in row}) < PAIRS:
            self.skipTest("not all pairs of drivers were tried")
        found = section()
        TABLE.with_suffix(".roff").write_text(found)
        page = MANUAL.read_text()
        begin = page.index(HEADING)
        said = page[begin : page.index("\n.SH ", begin) + 1].partition(".TP\n")[1:]
        self.maxDiff = None
        self.assertEqual("".join(said), "".join(found.partition(".TP\n")[1:]), f"see {TABLE.with_suffix('.roff')}")


if __name__ == "__main__":
    case.main()
