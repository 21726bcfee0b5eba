# SPDX-License-Identifier: LGPL-2.1-or-later
"""tests/demo as a test runs it."""

import re
import subprocess
import tempfile
import xml.etree.ElementTree
from pathlib import Path

from . import build
from .case import TimedCase

DEMO = build.REPOSITORY / "tests" / "demo"


class DemoCase(TimedCase):
    def run_demo(self, *words: str, patience: float = 120) -> dict[str, str]:
        """Runs it to its end, which is to be a good one with a picture; returns the words of its last line."""
        with tempfile.TemporaryDirectory() as folder:
            picture = Path(folder) / "timeline.svg"
            command = [DEMO, *words, f"--svg={picture}"]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=patience)
            output = done.stdout + done.stderr
            self.assertEqual(done.returncode, 0, output)
            xml.etree.ElementTree.parse(picture)
        last = done.stdout.splitlines()[-1]
        self.assertRegex(last, r"^demo: ")
        return dict(re.findall(r"(\w+)=(\S+)", last))

    def assert_nothing_wrong(self, line: dict[str, str], *names: str) -> None:
        for name in names:
            self.assertEqual(line[name], "0", line)
