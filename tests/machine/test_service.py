#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""primed as an operator has it: its unit and sandbox, the system's bus, polkit, journal and catalog, on igb."""

import json
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import policy  # noqa: E402
from lab.case import measured  # noqa: E402
from lab.daemon import wait_until  # noqa: E402
from lab.vm import case, service  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402

EXPOSURE_MAX = 2.0
# an unprivileged user who has not logged in anywhere: polkit has nobody to ask for a password
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
# what a sandbox that is too narrow makes of a system call
REFUSALS = ("Operation not permitted", "Permission denied", "Read-only file system", "Function not implemented")
COMPLETION = "/usr/share/bash-completion/completions/primectl"


class Sandbox(MachineCase):
    # settings of A that only files below /sys can set, and those that netlink sets
    FILES = {
        "queues/rx-0/rps_cpus": "3",
        "queues/rx-0/rps_flow_cnt": "256",
        "queues/tx-0/xps_cpus": "2",
        "gro_flush_timeout": "20000",
        "napi_defer_hard_irqs": "2",
    }

    def rings(self, name: str) -> list[str]:
        return self.host.run("ethtool", "-g", name).splitlines()[1:]

    def test_primes_through_files_and_netlink(self) -> None:
        for name, value in self.FILES.items():
            self.host.shell(f"echo {value} >/sys/class/net/A/{name}")
        self.host.run("ethtool", "-G", "A", "rx", "512", "tx", "1024")
        self.host.ip("link", "set", "A", "txqueuelen", "2000")
        self.lab.wait_carrier("A")
        self.start()
        for name in self.FILES:
            value, wanted = (self.host.read(f"/sys/class/net/{adapter}/{name}") for adapter in ("B", "A"))
            self.assertEqual(value, wanted, name)
        self.assertEqual(self.rings("B"), self.rings("A"))
        self.assertEqual(self.host.read("/sys/class/net/B/tx_queue_len"), "2000\n")
        self.assertTrue(self.daemon.status()["primed"])

    def test_nothing_is_refused(self) -> None:
        self.start()
        self.order("switch")
        self.daemon.wait_serving("B")
        self.daemon.wait_ready(timeout=60)
        self.daemon.control("probe", "lan")
        refused = [line for line in self.daemon.log_text().splitlines() if any(words in line for words in REFUSALS)]
        self.assertEqual(refused, [])

    def test_pins_and_state_are_where_they_are_said_to_be(self) -> None:
        self.start()
        self.assertNotEqual(self.host.run("ls", "/sys/fs/bpf/primed/lan"), "")
        self.assertNotEqual(self.host.run("ls", "/run/primed"), "")

    def test_writes_nowhere_else(self) -> None:
        """The sandbox is the one that the unit asks for: seen from inside, all else is read-only or not there."""
        self.start(ready=False)
        inside = "nsenter --target $(systemctl show --value -p MainPID primed.service) --mount"
        for path in ("/etc", "/usr", "/var/lib", "/sys/fs/bpf", "/sys/kernel", "/proc/sys/kernel"):
            done = self.host.call("bash", "-c", f"{inside} findmnt --noheadings --output OPTIONS --target {path}")
            self.assertEqual(done.stdout.split(",")[0].strip(), "ro", f"{path}: {done}")

    def test_exposure(self) -> None:
        self.start(ready=False)
        limit = round(EXPOSURE_MAX * 10)
        done = self.host.call("systemd-analyze", "security", "--no-pager", f"--threshold={limit}", "primed.service")
        self.assertEqual(done.code, 0, done.stdout[-2000:])


class Carriers(MachineCase):
    def test_changes_are_told(self) -> None:
        """A kernel of a distribution takes the program that tells each lost carrier at once, from the service as well."""
        done = self.host.call(self.host.tool("check_carrier-watch"), timeout=180)
        self.assertEqual(done.code, 0, done.stdout[-3000:])
        self.assertIn("carriers: changes are told", done.stdout)
        self.start(ready=False)
        self.assertNotIn("carriers are", self.daemon.log_text())


class Unit(MachineCase):
    def test_reload_of_a_wrong_policy_fails_and_says_why(self) -> None:
        self.start()
        self.daemon.write_policy(policy.document(lan=service.pair(bogus="yes")))
        with self.assertRaises(RuntimeError) as caught:
            self.daemon.systemctl("reload")
        self.assertRegex(str(caught.exception), r"lan\.yaml:\d+:\d+: .*bogus")
        self.assertEqual(self.daemon.properties("ActiveState")["ActiveState"], "active")
        self.assertTrue(self.daemon.status()["protected"])
        self.daemon.write_policy(policy.document(lan=service.pair(description="corrected")))
        self.daemon.systemctl("reload")
        self.assertEqual(self.daemon.status()["description"], "corrected")

    @measured
    def test_restart_and_stop_leave_traffic_where_it_is(self) -> None:
        self.start()
        streams = self.traffic()
        self.order("switch")
        self.daemon.wait_serving("B")
        self.daemon.systemctl("restart")
        self.daemon.wait_ready(timeout=60)
        self.assertEqual(self.daemon.status()["serving"], "B")
        self.daemon.stop()
        before = {name: self.lab.counter(name, "rx_packets") for name in ("A", "B")}
        time.sleep(2)
        gained = {name: self.lab.counter(name, "rx_packets") - before[name] for name in ("A", "B")}
        self.assertGreater(gained["B"], self.RATE, gained)
        self.assertLess(gained["A"], self.RATE / 10, gained)
        self.assert_clean(streams)

    @measured
    def test_killed_is_started_again_and_traffic_flows(self) -> None:
        self.start()
        streams = self.traffic()
        self.order("switch")
        self.daemon.wait_serving("B")
        self.host.run("systemctl", "kill", "--signal=KILL", "primed.service")
        wait_until(lambda: self.daemon.properties("NRestarts")["NRestarts"] == "1", 30, "not started again")
        self.daemon.wait_for(lambda status: status["protected"] and status["serving"] == "B", 60, "B serves, protected")
        self.assert_clean(streams)


class Bus(MachineCase):
    def tearDown(self) -> None:
        self.host.call("systemctl", "disable", "primed.service")

    def test_activation(self) -> None:
        """Works while the unit is enabled, as the alias in it says."""
        self.start(ready=False)
        self.daemon.stop()
        self.host.run("systemctl", "enable", "primed.service")
        self.assertEqual(self.daemon.properties("ActiveState")["ActiveState"], "inactive")
        listed = json.loads(self.daemon.control("list"))
        self.assertIn("lan", json.dumps(listed))
        self.assertEqual(self.daemon.properties("ActiveState")["ActiveState"], "active")

    def test_polkit(self) -> None:
        self.start()
        done = self.host.call(*NOBODY, "primectl", "--json=short", "status", "lan")
        self.assertEqual(json.loads(done.stdout)["name"], "lan", done)
        for words in (("switch", "lan"), ("hold", "lan"), ("prime", "lan"), ("reload",)):
            done = self.host.call(*NOBODY, "primectl", *words)
            self.assertNotEqual(done.code, 0, done)
            self.assertRegex(done.stderr, "(?i)denied|authenti|authoris|authoriz|not permitted", words)
        self.assertEqual(self.daemon.status()["serving"], "A")
        self.assertFalse(self.daemon.status()["held"])
        self.host.run("primectl", "hold", "lan")
        self.assertTrue(self.daemon.status()["held"])
        self.host.run("primectl", "release", "lan")
        # and polkit is the one who was asked
        self.assertEqual(self.host.run("systemctl", "is-active", "polkit.service").strip(), "active")


class Journal(MachineCase):
    def test_fields_and_catalog(self) -> None:
        self.host.run("journalctl", "--update-catalog")
        self.start()
        self.order("switch")
        self.daemon.wait_serving("B")
        entry = self.daemon.wait_entry("switch-done")
        wanted = {"PRIMED_PAIR": "lan", "PRIMED_FROM": "A", "PRIMED_TO": "B", "PRIMED_TRIGGER": "request"}
        self.assertEqual({key: entry.get(key) for key in wanted}, wanted)
        self.assertRegex(entry["MESSAGE_ID"], "^[0-9a-f]{32}$")
        explained = self.host.run("journalctl", "-x", "--no-pager", "-u", "primed.service",
                                  f"MESSAGE_ID={entry['MESSAGE_ID']}")  # fmt: skip
        self.assertIn("Subject: ", explained)
        self.assertIn("lan", explained)
        self.assertNotIn("@PRIMED_", explained, "a field of the catalog's text is not in the entry")
        listed = self.host.run("journalctl", "--list-catalog")
        self.assertIn(entry["MESSAGE_ID"], listed)


class Files(MachineCase):
    CONNECTED = False

    def test_completion(self) -> None:
        self.host.run("bash", "-n", COMPLETION)
        script = f"""
        source /usr/share/bash-completion/bash_completion
        source {COMPLETION}
        COMP_WORDS=(primectl sw); COMP_CWORD=1; _primectl; echo "${{COMPREPLY[*]}}" """
        self.assertEqual(self.host.shell(script).strip(), "switch")

    def test_commands_explain_themselves(self) -> None:
        for command in (("primed", "--help"), ("primed", "--version"), ("primectl", "--help")):
            self.assertNotEqual(self.host.run(*command), "")


if __name__ == "__main__":
    case.main()
