#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""tests/demo vm: a real driver's errors are answered before the adapter is gone, and nothing is lost."""

import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.demo import DemoCase  # noqa: E402
from lab.vm import case  # noqa: E402
from lab.vm.scenario import STARVED_WORDS  # noqa: E402


class Demo(DemoCase):
    def starved(self, mark: float, error: Exception) -> str:
        """It has a machine of its own, and says so itself."""
        found = re.search(rf"{STARVED_WORDS} .*", str(error))
        return found.group() if found else ""

    def test_vm(self) -> None:
        line = self.run_demo("vm", patience=600)
        self.assertEqual(line["scenario"], "vm")
        self.assert_nothing_wrong(
            line, "lost_before_detection", "lost_by_move", "lost_after", "duplicated", "reordered"
        )
        self.assertEqual((line["split"], line["egress_on_primary_in_split"]), ("yes", "yes"), line)
        self.assertGreater(int(line["sent"]), 20000)


if __name__ == "__main__":
    case.main(caged=False)
