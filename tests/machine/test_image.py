#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the virtual machine's image is made of: sources of the backports, sections of packages; and the pieces it is
run with."""

import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import case  # noqa: E402
from lab.vm import apt, image  # noqa: E402
from lab.vm.channel import Output  # noqa: E402
from lab.vm.machine import MODELS, Card  # noqa: E402

STANZAS = """\
Types: deb
# a comment
URIs: http://one.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/one.gpg

Types: deb
URIs: http://one.example/security
Suites: bookworm-security
Components: main
"""
LINES = """\
# deb http://commented.example/debian bookworm main
deb [signed-by=/k.gpg] http://one.example/debian bookworm main contrib
deb http://one.example/security bookworm-security main
deb-src http://one.example/debian bookworm main
"""


class Sources(unittest.TestCase):
    def test_stanzas(self) -> None:
        found = apt.for_suites("debian.sources", STANZAS, "bookworm", "bookworm-backports")
        self.assertIn("Suites: bookworm-backports\n", found)
        self.assertIn("http://one.example/debian", found)
        self.assertIn("Signed-By: /usr/share/keyrings/one.gpg", found)
        self.assertNotIn("security", found)

    def test_lines(self) -> None:
        found = apt.for_suites("sources.list", LINES, "bookworm", "bookworm-backports")
        self.assertEqual(found, "deb [signed-by=/k.gpg] http://one.example/debian bookworm-backports main contrib")

    def test_of_two_suites(self) -> None:
        found = apt.for_suites("sources.list", LINES, "bookworm", "trixie", "trixie-backports")
        self.assertEqual([line.split()[3] for line in found.splitlines()], ["trixie", "trixie-backports"])
        found = apt.for_suites("debian.sources", STANZAS, "bookworm", "trixie", "trixie-backports")
        self.assertIn("Suites: trixie trixie-backports\n", found)

    def test_of_another_suite(self) -> None:
        self.assertEqual(apt.for_suites("debian.sources", STANZAS, "trixie", "sid"), "")
        self.assertEqual(apt.for_suites("sources.list", LINES, "trixie", "sid"), "")


class Packages(unittest.TestCase):
    def test_sections(self) -> None:
        found = image.sections()
        self.assertEqual(set(found), {"emulator", "tools", "machine", "daemon"})
        for name, words in found.items():
            self.assertTrue(words, name)
            self.assertFalse([word for word in words if set(word) & set(" #[]")], name)


class Cards(unittest.TestCase):
    def test_queues(self) -> None:
        for kind in MODELS:
            card = Card("A", kind, "02:00:00:00:00:0a", "sA")
            several = kind == "virtio"
            self.assertEqual("queues" in card.netdev(), several, kind)
            self.assertEqual("mq" in card.device(), several, kind)


class Reading(unittest.TestCase):
    def test_lines_in_pieces(self) -> None:
        output = Output()
        for piece in (b"one\ntw", b"o\nthree"):
            output.feed(piece)
        self.assertEqual([output.readline(), output.readline()], ["one\n", "two\n"])
        output.feed(None)
        self.assertEqual((output.readline(), output.readline(), output.read()), ("three", "", ""))


if __name__ == "__main__":
    case.main(caged=False)
