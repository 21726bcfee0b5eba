#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Somebody else on the host who holds RTNL for most of a second at a time, as a slow driver does that is told to change
its rings: primed's event loop does not wait for it, and what it reads of the adapters does not grow old."""

import signal
import sys
import time
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import bench, case, policy  # noqa: E402
from lab.case import LabCase  # noqa: E402
from lab.rtnl import RtnlHolder  # noqa: E402

# seconds
PATIENCE = 60.0
# how often the thread is to be seen waiting, so that the loop's share says something
ENOUGH = 20
# where in the kernel a thread sleeps that waits for RTNL (/proc/PID/task/TID/wchan)
WAITING = ("rtnl", "rtnetlink", "netlink", "genl", "ethnl", "dev_ioctl")
LOOK = 0.003
LONG = 4.0  # of a driver that hangs
# for an answer of the loop, which /sys/class/net/*/speed keeps waiting while RTNL is held, for 0.9 s
ANSWER = 0.6
# notifications, which take 2 to 4 KiB each of the monitor's 4 MiB
STORM = 5000
SPLIT = 0.3  # 0.05 of which it waits for an answer of the kernel's (src/daemon/pair-effects.c)
OLD = 0.25  # of a policy that samples every 100 ms, and a machine that has other things to do as well
# of adapters that are plugged in later
WAN = policy.pair("C", "D", probe={"targets": [], "beacon": True})


class RtnlHeld(LabCase):
    def hold_rtnl(self, **times: float) -> RtnlHolder:
        try:
            return RtnlHolder(**times)
        except OSError as error:
            self.skipTest(f"RTNL cannot be held here: {error}")

    def counters_age(self) -> float:
        """Beside the probes, which the loop looks after at the same time."""
        (adapter,) = (found for found in self.daemon.status()["adapters"] if found["name"] == "A")
        signals = adapter["signals"]
        return (signals["probe-tx-sent"]["at_us"] - signals["rx-packets"]["at_us"]) / 1e6

    def waiting(self) -> tuple[int, dict[str, int]]:
        """How many looks there were, and at how many of them the event loop and the other threads waited for RTNL."""
        assert self.daemon.process
        loop = str(self.daemon.process.pid)
        tasks = Path(f"/proc/{loop}/task")
        looks, waited = 0, {"loop": 0, "others": 0}
        until = time.monotonic() + PATIENCE
        while waited["others"] < ENOUGH and time.monotonic() < until:
            where = {task.name: (task / "wchan").read_text() for task in tasks.iterdir()}
            looks += 1
            waited["loop"] += where[loop].startswith(WAITING)
            waited["others"] += any(
                function.startswith(WAITING) for task, function in where.items() if task != loop
            )
            time.sleep(LOOK)
        return looks, waited

    def test_goes_on(self) -> None:
        self.start()
        self.assertIn("primed", Path(f"/proc/{self.daemon.process.pid}/comm").read_text())
        streams = self.traffic(2000)
        holder = self.hold_rtnl()
        try:
            time.sleep(1)
            looks, waited = self.waiting()
            ages = [self.counters_age() for _ in range(5)]
        finally:
            holder.close()
        print(
            f"# RTNL held for {bench.median(holder.held):.2f} s at a time; of {looks} looks the loop waited at "
            f"{waited['loop']}, the thread at {waited['others']}; counters up to {max(ages):.3f} s old",
            flush=True,
        )
        self.assertGreaterEqual(waited["others"], ENOUGH, "RTNL was hardly held, or nobody asked for anything")
        self.assertLess(waited["loop"], waited["others"] / 4)
        self.assertLess(max(ages), OLD)
        self.assert_clean(streams)
        self.assertEqual(self.daemon.status()["serving"], "A")

    def test_split(self) -> None:
        """Ingress moves, although the kernel does not say which addresses and groups there are by now."""
        self.start()
        streams = self.traffic(2000)
        holder = self.hold_rtnl(hold=PATIENCE)
        took = []
        try:
            time.sleep(LONG / 10)
            for _ in range(3):
                took.append(self.move("split")["last_switch"]["ingress_us"] / 1e6)
                self.move("revert")
        finally:
            holder.close()
        print(f"# ingress moved in {', '.join(f'{seconds:.3f}' for seconds in took)} s", flush=True)
        self.assertLess(max(took), SPLIT)
        self.assert_clean(streams)

    def test_pair_comes(self) -> None:
        """It is put under guard when RTNL is free; until then nobody waits for that."""
        lan = policy.pair()
        self.start({"lan": lan})
        self.plug_wan()
        holder = self.hold_rtnl(hold=LONG)
        try:
            time.sleep(LONG / 10)
            self.daemon.write_policy(policy.document(lan=lan, wan=WAN))
            self.daemon.control("reload")
            self.assert_wan_waits("a pair could not be put under guard")
        finally:
            holder.close()
        self.daemon.wait_ready(pair="wan")

    def plug_wan(self) -> None:
        self.lab.host.sysctl(ipv6__conf__default__disable_ipv6=1)
        self.lab.host.run("ip", "link", "add", "C", "up", "type", "veth", "peer", "name", "D")
        self.lab.host.run("ip", "link", "set", "D", "up")

    def assert_wan_waits(self, while_what: str) -> None:
        """It alone: the loop answers."""
        slowest = self.slowest_answer()
        early = self.daemon.status("wan")["state"]
        print(f"# slowest answer while {while_what}: {slowest:.3f} s", flush=True)
        self.assertLess(slowest, ANSWER)
        self.assertEqual(early, "absent")

    def test_two_in_turn(self) -> None:
        """The lock is free between the two, but never to be had. What the loop would do with it, here the look whether
        the programs of an adapter without traffic are still there, is left undone."""
        self.start()
        holders = [self.hold_rtnl(pause=0) for _ in range(2)]
        try:
            slowest = self.slowest_answer(seconds=LONG * 2)
        finally:
            for holder in holders:
                holder.close()
        print(f"# slowest answer while two took turns: {slowest:.3f} s", flush=True)
        self.assertLess(slowest, SPLIT)
        self.assertIn(self.daemon.status()["state"], ("protected", "primed"))

    def test_overrun(self) -> None:
        """More is notified than is heard: all links are read again, and nobody waits for that."""
        self.start({"lan": policy.pair(), "wan": WAN})
        assert self.daemon.process
        self.daemon.process.send_signal(signal.SIGSTOP)
        try:
            self.lab.host.run("bash", "-c", f"for n in {{1..{STORM}}}; do echo link set lo txqlen $n; done | ip -batch -")
            self.plug_wan()
            holder = self.hold_rtnl(hold=LONG)
            time.sleep(LONG / 10)
        finally:
            self.daemon.process.send_signal(signal.SIGCONT)
        try:
            self.assert_wan_waits("the links could not be read")
        finally:
            holder.close()
        self.daemon.wait_ready(pair="wan")

    def slowest_answer(self, seconds: float = 1) -> float:
        """Of the questions of that time, in seconds."""
        slowest, until = 0.0, time.monotonic() + seconds
        while (began := time.monotonic()) < until:
            self.daemon.status()
            slowest = max(slowest, time.monotonic() - began)
        return slowest

    def test_link_comes_up(self) -> None:
        """Nobody waits to learn how fast it is, which the driver must be asked for."""
        self.start()
        holder = self.hold_rtnl(pause=0)
        slowest = []
        try:
            for _ in range(3):
                self.lab.adapters["B"].cut()
                self.daemon.wait_for(lambda status: not self.spare(status)["carrier"], PATIENCE, "no carrier lost")
                self.lab.adapters["B"].mend()
                slowest.append(self.slowest_answer())
        finally:
            holder.close()
        print(f"# slowest answers when a link came up: {', '.join(f'{took:.3f}' for took in slowest)} s", flush=True)
        self.assertLess(bench.median(slowest), ANSWER)
        status = self.daemon.wait_for(lambda status: self.spare(status)["bit_rate"], PATIENCE, "no word of its speed")
        # drivers/net/veth.c
        self.assertEqual((self.spare(status)["bit_rate"], self.spare(status)["duplex"]), (10_000_000_000, "full"))

    def spare(self, status: dict[str, Any]) -> dict[str, Any]:
        return next(found for found in status["adapters"] if found["name"] == "B")


if __name__ == "__main__":
    case.main()
