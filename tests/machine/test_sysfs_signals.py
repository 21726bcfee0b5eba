#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What sysfs tells of a real driver's adapter: primed finds it, keeps its files open, and an error that the PCIe port
reports is what `primectl explain` says."""

import json
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.vm import case  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402

PORT = "/sys/class/net/A/device/.."


class SysfsSignals(MachineCase):
    PATIENT = False

    def inject(self, error: str) -> None:
        """An error of PCI Express that the port notices into which A is plugged."""
        line = f"pcie_aer_inject_error slotA {error}"
        said = self.lab.machine.monitor("human-monitor-command", **{"command-line": line})
        self.assertIn("OK", said)

    def total(self, kind: str) -> int:
        text = self.host.run("cat", f"{PORT}/aer_dev_{kind}")
        return int(next(line.split()[1] for line in text.splitlines() if line.startswith("TOTAL_ERR_")))

    def wait_total(self, kind: str, at_least: int) -> None:
        deadline = time.monotonic() + 30
        while self.total(kind) < at_least:
            self.assertLess(time.monotonic(), deadline, f"the kernel counts no {kind} error")
            time.sleep(0.2)

    def test_kernel_to_explanation(self) -> None:
        self.start(mode="observe", ready=False)
        self.daemon.wait_state(("unprotected", "protected", "primed"), timeout=60)
        time.sleep(12)  # two readings of what is read every 5 s
        pid = self.host.run("systemctl", "show", "-p", "MainPID", "--value", "primed.service").strip()
        kept = self.host.run("ls", "-l", f"/proc/{pid}/fd")
        for name in ("byte_queue_limits/inflight", "aer_dev_correctable", "aer_dev_fatal", "current_link_width"):
            self.assertIn(name, kept)
        status = json.loads(self.daemon.control("status", "lan"))
        for adapter in status["adapters"]:
            found = {name: signal["value"] for name, signal in adapter["signals"].items()}
            expected = {"tx-stall": 0, "pcie-correctable": 0, "pcie-link-width": 1, "pcie-link-speed": 1}
            self.assertLessEqual(expected.items(), found.items())
        self.assertEqual(status["evidence"], [])

        self.inject("BAD_TLP")
        self.wait_total("correctable", 1)
        self.inject("COMP_TIME")
        self.wait_total("nonfatal", 1)
        deadline = time.monotonic() + 30
        while "pcie-nonfatal" not in (said := self.host.run("primectl", "explain", "lan")):
            self.assertLess(time.monotonic(), deadline, said)
            time.sleep(0.5)
        self.assertRegex(said, r"pcie-nonfatal 1 errored second within 1h \(limit 1\)")
        self.assertIn("reseat the card", said)
        # one that was corrected is none
        self.assertNotIn("pcie-correctable", said)


if __name__ == "__main__":
    case.main()
