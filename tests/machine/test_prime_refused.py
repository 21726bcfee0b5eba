#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Priming between simulated adapters in which the kernel refuses a write, each one of a plan in turn. The spare must be
to the letter what it was, as the distribution's tools say, the serving adapter untouched, and the error say why.

All but one are refused for want of CAP_NET_ADMIN, in the worker's process for the time of that write
(tests/tools/prime-refused.c): any setter of the kernel checks it. That one is refused by the driver, through the
service, whose pair has to stay what it is.
"""

import json
import sys
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import build, policy  # noqa: E402
from lab.daemon import ControlError  # noqa: E402
from lab.vm import case, service  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402

TOOL = "/run/prime-refused"
ON_REQUEST = ("fec", "pause")
# something of every item that netdevsim or any device has
UNUSUAL = """
ethtool -G {0} rx 200 tx 100 rx-mini 50
ethtool -C {0} rx-usecs 33 tx-frames 7 sample-interval 5
ethtool -K {0} gro off tx-nocache-copy on
ethtool -A {0} rx off tx on
ethtool --set-fec {0} encoding rs
ip link set {0} mtu 1400 txqueuelen 77 gso_max_size 50000 gso_max_segs 900 gro_max_size 40000
ip link set {0} promisc on allmulticast on
ip maddr add 33:33:00:00:07:01 dev {0}
tc qdisc replace dev {0} root pfifo limit 321
cd /sys/class/net/{0}
echo 1 >queues/tx-0/xps_cpus
echo 2 >queues/tx-3/xps_cpus
echo 3 >queues/rx-1/rps_cpus
echo 64 >queues/rx-2/rps_flow_cnt
echo 2 >napi_defer_hard_irqs
echo 20000 >gro_flush_timeout
"""
# the spare is not out of the box either
SPARE = """
ethtool -G {0} rx 99 tx 98
ethtool -C {0} rx-usecs 12
ethtool --set-fec {0} encoding baser
ip link set {0} mtu 1450 txqueuelen 55
tc qdisc replace dev {0} root pfifo limit 99
echo 3 >/sys/class/net/{0}/queues/tx-1/xps_cpus
echo 1 >/sys/class/net/{0}/napi_defer_hard_irqs
"""
# a queueing discipline that was given no handle has the kernel's next free one
VIEW = r"""
for question in -g -c -k -a --show-fec; do echo "== $question"; ethtool $question {0} 2>&1 || :; done
ip -details link show {0} | sed 's/^[0-9]*://'
ip maddr show dev {0} | tail -n +2 | sort
tc qdisc show dev {0} | sed -E 's/ 8[0-9a-f]{{3}}: / /'
cd /sys/class/net/{0}
grep . napi_defer_hard_irqs gro_flush_timeout queues/*/[xr]ps_* 2>/dev/null || :
"""
NO_PERMISSION = "Operation not permitted"


class Refused(MachineCase):
    PATIENT = False

    def setUp(self) -> None:
        super().setUp()
        self.make_netdevsims()
        self.host.shell(UNUSUAL.format("sim0"))
        self.host.shell(SPARE.format("sim1"))

    def view(self, name: str) -> list[str]:
        return self.host.shell(VIEW.format(name)).replace(name, "it").splitlines()

    def assert_untouched(self, before: list[list[str]], what: str) -> None:
        for name, was in zip(("sim0", "sim1"), before, strict=True):
            now = self.view(name)
            self.assertEqual([line for line in now if line not in was], [], f"{what}: {name}")
            self.assertEqual(now, was, f"{what}: {name}")

    def prime(self, number: int) -> dict[str, Any]:
        """With that write refused."""
        return json.loads(self.host.run(TOOL, "sim0", "sim1", str(number), *ON_REQUEST))

    def test_every_write_in_turn(self) -> None:
        self.host.line.write(TOOL, build.tool("prime-refused").read_bytes(), mode=0o755)
        before = [self.view(name) for name in ("sim0", "sim1")]
        whole = self.prime(0)
        self.assertEqual((whole["result"], whole["undone"]), (0, 0), whole)
        self.assert_untouched(before, "nothing refused, and taken back")
        self.assertGreater(whole["writes"], 10, whole)
        refused = []
        for number in range(1, whole["writes"] + 1):
            with self.subTest(number):
                told = self.prime(number)
                refused.append(told["refused"])
                where = f"write {number} of {whole['writes']}, {told['refused']}"
                self.assertLess(told["result"], 0, f"{where}: {told}")
                self.assertIn(NO_PERMISSION, told["error"], where)
                self.assertIn("sim1", told["error"], where)
                self.assertIn("the spare has its former settings again", told["error"], where)
                self.assertFalse([step for step in told["steps"] if step["outcome"] == "done"], where)
                self.assert_untouched(before, where)
        print(f"# refused in turn: {' '.join(refused)}")

    def test_by_the_driver(self) -> None:
        """Through the service: FEC is refused when rings, MTU and features are set already."""
        failure = f"/sys/kernel/debug/netdevsim/netdevsim{case.NETDEVSIM}/ports/1/ethtool/set_err"
        pair = service.pair(primary="sim0", standby="sim1", prime="predicted", prime_items={"include": [*ON_REQUEST]})
        self.start(policy.document(lan=pair), ready=False)
        self.daemon.wait_state(("protected", "unprotected", "primed"), timeout=60)
        before = [self.view(name) for name in ("sim0", "sim1")]
        state = self.daemon.status()["state"]
        self.host.shell(f"echo 5 >{failure}")
        with self.assertRaises(ControlError) as caught:
            self.daemon.control("prime", "lan", timeout=120)
        self.assertIn("Input/output error", caught.exception.text)
        self.assertIn("fec", caught.exception.text)
        self.assertIn("the spare has its former settings again", caught.exception.text)
        self.assert_untouched(before, "fec refused by the driver")
        status = self.daemon.status()
        self.assertEqual((status["serving"], status["ingress"], status["egress"]), ("sim0",) * 3, status)
        self.assertEqual(status["state"], state, status)
        self.host.shell(f"echo 0 >{failure}")
        steps = json.loads(self.daemon.control("prime", "lan", timeout=120))["steps"]
        self.assertFalse([step for step in steps if step["result"] == "failed"], steps)
        serving, spare = (self.view(name) for name in ("sim0", "sim1"))
        self.assertEqual(spare[spare.index("== --show-fec") :][:4], serving[serving.index("== --show-fec") :][:4])
        self.daemon.control("revert", "--prime", "lan", timeout=120)
        self.assert_untouched(before, "taken back")


if __name__ == "__main__":
    case.main()
