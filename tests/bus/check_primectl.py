# SPDX-License-Identifier: LGPL-2.1-or-later
"""primectl as people and scripts use it: what every verb prints, its exit codes, and that its JSON is JSON."""

import json
import os
import pty
import re
import signal
import subprocess
import time

from buslab import Lab, contains, equal, run

CTL = os.environ["PRIMECTL"]
SOURCE = os.environ["SOURCE_ROOT"]


def ctl(*arguments, code=0, **environment):
    result = subprocess.run([CTL, *arguments], capture_output=True, text=True, check=False, timeout=60,
                            env={**os.environ, **environment})
    if result.returncode != code:
        raise AssertionError(f"primectl {' '.join(arguments)}: exit {result.returncode}, want {code}: "
                             f"{result.stdout}{result.stderr}")
    if code in (0, 1):
        return result.stdout
    equal(result.stderr.count("\n"), 1)  # one clear line
    return result.stderr


def timeless(text):
    """Without what depends on the moment."""
    return re.sub(r"(now|[\d.]+(ms|s|min) ago|for [\d.]+(s|ms|min))", "then", re.sub(r" +", " ", text))


def as_json(*arguments, code=0):
    out = subprocess.run([CTL, "--json=short", *arguments], capture_output=True, text=True, check=False)
    equal((arguments, out.returncode), (arguments, code))
    equal(out.stdout.count("\n"), 1)
    short = json.loads(out.stdout)
    return short


def lists(lab):
    out = ctl()
    equal(timeless(out), timeless(ctl("list")))
    equal(out.splitlines()[0].split(), ["PAIR", "STATE", "ACTIVE", "STANDBY", "PRIMED", "RISK", "VIA", "NOTE"])
    equal(out.splitlines()[1].split()[:5], ["●", "lan", "primed", "lanA", "lanB"])
    equal(out.splitlines()[2].split()[0], "▲")
    equal(out.splitlines()[3].split()[:3], ["○", "far", "absent"])
    equal(out.splitlines()[-1], "7 pairs listed.")
    equal(len(ctl("--no-legend", "--no-pager").splitlines()), 7)
    equal(ctl(LC_ALL="C").splitlines()[1].split()[0], "*")
    contains(ctl(SYSTEMD_COLORS="1"), "\033[")
    equal("\033[" in ctl(SYSTEMD_COLORS="0"), False)
    equal([p["name"] for p in as_json("list")][:2], ["lan", "san"])
    contains(ctl("adapters"), "lanB", "standby", "nothing", "14 adapters listed.")
    equal(len(as_json("adapters")), 14)


def status(lab):
    out = ctl("status", "san")
    contains(out, "▲ san - san uplink", "State: primed since", "ingress on sanA, egress on sanA", "Risk: 30.0%",
             "Active: sanA  10G full", "warn: rx-power -13.1 dBm below -12 dBm", "Standby: sanB")
    equal(timeless(ctl("status", "sanB")), timeless(out))  # by adapter
    contains(ctl("status", "far"), "farA  absent", "farB does not exist")
    contains(ctl("status"), "lan - lan uplink", "slow - slow uplink")
    one = as_json("status", "san")
    equal((one["name"], one["serving"], one["evidence"][0]["level"], one["last_switch"]), ("san", "sanA", "warn", None))
    contains(ctl("show", "lan"), "State=primed\n", 'NotReadyReasons=[]')
    equal(ctl("show", "lan", "-p", "State,Risk"), "State=primed\nRisk=0.001\n")
    equal(as_json("show", "sanA", "-p", "Health"), {"Health": "warn"})
    contains(ctl("show"), "PairCount=7")
    ctl("show", "lan", "-p", "Nope", code=1)
    contains(ctl("explain", "san"), "sanA warn", "Rule: level", "Check: ", "Thresholds from: ",
             "Last minute: ███", "Last hour: ", "  -39 to -10\n",
             "Ends with: three readings in a row more than 0.41 dB above -12 dBm")
    contains(ctl("explain", "san", LC_ALL="C"), "Last minute: ###", "-39 to -10")
    ctl("inject", "lanB", "carrier", "alarm")
    contains(ctl("status", "lan"), "lanB  10G full  veth  no carrier (Cable issue, Unsupported cable)")
    contains(ctl("explain", "lan"), "lanB alarm", "    Driver says: Cable issue, Unsupported cable\n",
             "    Check: take a cable or transceiver that the adapter supports")
    ctl("reset", "lan")
    equal("Driver says" in ctl("explain", "san"), False)
    past = as_json("explain", "san")["evidence"][0]["history"]
    equal((past["minute"]["step_us"], past["hour"]["step_us"]), (1000000, 60000000))
    equal((past["minute"]["values"][0], past["minute"]["values"][-1], len(past["hour"]["values"])), (None, -39, 60))


def modules(lab):
    out = ctl("module", "lanA")
    contains(out, "● lanA (lan)", "Module: QSFP28 (optical, SFF-8636), FS QSFP28-IR4-100G rev A1, serial C1812155461, ",
             "made 2019-01-10", "Read: ", "Raised: rx-power low-warn, lane 2")
    rows = [line.split() for line in out.splitlines() if line.startswith((" rx-power", " tem"))]
    equal(rows[0], ["temperature", "28.5", "C", "-10", "-5", "75", "80", "good"])
    equal(rows[2], ["rx-power", "2", "-13", "dBm", "-14.5", "-12.5", "3.5", "4.5", "warn"])
    contains(ctl("module", "lanA", SYSTEMD_COLORS="1"), "\033[")
    out = ctl("module", "lanB")
    contains(out, "Error: kernel: i2c bus timed out (3 in a row)", "Checksum: wrong", "No light: lane 2")
    out = ctl("module")
    contains(out, "● lanB (lan)", "sanA (san)\n    Module: none that can be read", "○ farA (far)")
    one = as_json("module", "lanA")
    equal((one["adapter"], one["pair"], one["module"]["kind"]), ("lanA", "lan", "QSFP28"))
    equal(one["module"]["values"]["rx-power"]["lanes"][1], {"value": -13, "verdict": "warn"})
    equal(one["module"]["values"]["tx-bias"]["lanes"][0], {"value": None, "verdict": "unknown"})
    equal(one["module"]["values"]["temperature"]["low_warn"], -5)
    equal(len(as_json("module")), 14)
    equal(as_json("module", "farA")["module"], None)
    contains(ctl("module", "nope", code=10), "no guarded adapter is called 'nope'")


def protection(lab):
    equal(ctl("is-protected", "lan"), "lan: protected\n")
    equal(ctl("is-protected", "-q", "lan"), "")
    equal(ctl("is-protected", "far", code=1), "far: not protected\n")
    equal(as_json("is-protected", code=1)["far"], False)
    ctl("wait", "lan", "--state=primed")
    start = time.monotonic()
    contains(ctl("wait", "far", "--timeout=300ms", code=3), "not protected in time")
    equal(0.25 < time.monotonic() - start < 5, True)
    waiting = lab.spawn([CTL, "wait", "bad", "--state=split", "--timeout=20s"])
    time.sleep(0.3)
    equal(waiting.poll(), None)
    ctl("split", "bad")
    equal(waiting.wait(5), 0)
    ctl("revert", "bad")


def priming(lab):
    done = "lan: lanB is configured like lanA as far as it can be, nothing to do (2 of 3 settings equal)."
    out = ctl("plan", "lan")
    contains(out, "SETTING", "lanA", "lanB", "rings rx", "unsupported", done)
    equal("mtu" in out, False)
    contains(ctl("plan", "lan", "--all"), "mtu", "equal", done)
    equal(ctl("plan", "lan", "--no-legend").split()[:2], ["rings", "rx"])
    out = ctl("diff", "lan")
    contains(out, "rings rx", "the driver has no rings to set")
    equal("mtu" in out, False)
    plan = as_json("plan", "lan", "--all")
    equal((plan["pair"], plan["serving"], plan["spare"]), ("lan", "lanA", "lanB"))
    equal(plan["steps"][1], {"item": "mtu", "setting": "mtu", "serving": "1500", "spare": "1500", "want": "1500",
                             "result": "equal", "outcome": "pending", "disruption": "none", "due": False,
                             "blocks": False, "note": ""})
    equal(plan["summary"], {"settings": 3, "equal": 2, "to_set": 0, "clamped": 0, "mapped": 0, "unsupported": 1,
                            "in_the_way": 0, "disruption": "none", "link_down": "never"})
    equal(len(as_json("plan", "lan")["steps"]), 1)
    ctl("diff", "lan", "--detailed-exitcode")
    contains(ctl("revert", "lan", "--prime"), "lan: lanB has its former configuration again", "primectl prime lan")
    contains(ctl("list"), "no ")
    out = subprocess.run([CTL, "plan", "lan", "--detailed-exitcode"], capture_output=True, text=True, check=False)
    equal((out.returncode, out.stderr), (2, ""))
    out = out.stdout
    contains(out, "tx-queue-length", "Plan: 1 to set, 1 unsupported; nothing on lanB is disturbed.")
    equal(out.index("tx-queue-length") < out.index("rings rx"), True)
    equal(as_json("diff", "lan", "--detailed-exitcode", code=2)["summary"]["to_set"], 1)
    contains(ctl("prime", "lan"), "lan: lanB is primed, 0 of 3 settings were set.")
    equal(as_json("prime", "lan")["steps"][2]["result"], "unsupported")
    contains(ctl("probe", "lan"), "● lanA: proved", "● lanB: proved")
    contains(ctl("probe", "lan", "-q"), "")
    equal(subprocess.run([CTL, "probe", "far"], capture_output=True, check=False).returncode, 4)
    equal(as_json("probe", "lan")["adapters"][0]["proved"], True)


def snapshots(lab):
    file = os.path.join(lab.directory, "lanB.json")
    kept = as_json("snapshot", "lanB")
    equal((kept["format"], kept["version"], kept["adapter"], kept["driver"]),
          ("primed-adapter-snapshot", 1, "lanB", "veth"))
    equal(kept["settings"][0], {"item": "mtu", "setting": "mtu", "value": "1500"})
    contains(ctl("snapshot", "lanB", file), "lanB: 2 settings kept in")
    with open(file, encoding="utf-8") as saved:
        equal({**json.load(saved), "time_us": 0}, {**kept, "time_us": 0})
    out = ctl("restore", file, "--dry-run")
    contains(out, "SNAPSHOT", "tx-queue-length", "500", "Plan: 2 to set; nothing on lanB is disturbed.")
    contains(ctl("restore", file), "lanB: restored, 2 of 2 settings were set.")
    contains(ctl("restore", file, "lanA", code=4), "lanA carries traffic")
    equal(len(as_json("restore", file, "sanB")["steps"]), 2)
    ctl("restore", "/dev/null", code=1)
    ctl("restore", os.path.join(lab.directory, "nothing"), code=1)
    ctl("snapshot", "lanC", code=10)
    ctl("snapshot", "lanB", "/nowhere/file", code=1)

    def refused(words, code=2, **keys):
        with open(file, "w", encoding="utf-8") as changed:
            json.dump({**kept, **keys}, changed)
        contains(ctl("restore", file, code=code), words)

    refused("no snapshot", format="mine")
    refused("version other than 1", version=2)
    refused("is of the driver 'bnxt_en', this adapter has 'veth'", code=4, driver="bnxt_en")
    contains(ctl("restore", file, "--force"), "restored")
    refused("has no settings", settings={})
    for words, setting in (
            ("item, setting and value", {"item": "mtu", "setting": "mtu", "value": 1500}),
            ("no item 'colour'", {"item": "colour", "setting": "x", "value": "1"}),
            ("no setting 'rx-max'", {"item": "rings", "setting": "rx-max", "value": "1"}),
            ("no such value 'many'", {"item": "rings", "setting": "rx", "value": "many"}),
            ("no such value '99999999999999999999'", {"item": "rings", "setting": "rx", "value": "9" * 20}),
            ("no such queue", {"item": "xps", "setting": "xps_cpus", "queue": 256, "value": "1"}),
            ("no such queue", {"item": "mtu", "setting": "mtu", "place": 1, "value": "1"}),
            ("no such queue or place", {"item": "flow-rules", "setting": "flow-rules", "place": 2**32, "value": "none"}),
            ("no such name", {"item": "features", "setting": "features", "value": "on"}),
            ("'mtu'", {"item": "mtu", "setting": "mtu", "value": "1400"}),
    ):
        refused(words, settings=[kept["settings"][0], setting])
    # of a driver that chooses the locations of rules itself, a number of 32 bits is made of the rule
    rule = {"item": "flow-rules", "setting": "flow-rules", "place": 2**32 - 1, "value": "none"}
    with open(file, "w", encoding="utf-8") as changed:
        json.dump({**kept, "settings": [rule]}, changed)
    equal(len(as_json("restore", file, "--dry-run")["steps"]), 1)
    with open(file, "w", encoding="utf-8") as changed:
        changed.write("[" * 100000)
    contains(ctl("restore", file, "lanB", code=2), "no JSON object")


def moving(lab):
    equal(ctl("switch", "lan", "--dry-run"), "lan: it would be done.\n")
    contains(ctl("switch", "lan", "--reason=swap optics"),
             "lan: lanA → lanB in 1.84ms, about 0 packets lost (switch 1)")
    contains(ctl("switch", "lan", "lanA", "--revert-after=2min"), "Goes back in 2min", "primectl confirm lan")
    equal(as_json("status", "lan")["revert_us"] > time.time() * 1e6, True)
    ctl("confirm", "lan")
    contains(ctl("confirm", "lan", code=4), "no switch waits")
    contains(ctl("split", "lan", "--reason=x", "--force"), "lanA → lanB split")
    equal(as_json("status", "lan")["ingress"], "lanB")
    contains(ctl("revert", "lan"), "lanB → lanA")
    contains(ctl("drill", "lan"), "Drill passed: lost 0, duplicated 0, reordered 0.")
    contains(ctl("drill", "bad", code=1), "Drill failed: lost 2")
    result = as_json("drill", "lan")
    equal((result["there"]["to"], result["back"]["to"], result["lost"]), ("lanB", "lanA", 0))
    equal(result["there"]["ingress_us"], 1100)
    contains(ctl("history", "lan"), "swap optics", "drill", "8 moves listed.")
    records = as_json("history")
    equal(sorted(records, key=lambda r: -r["time_us"]), records)
    equal({r["pair"] for r in records}, {"lan", "bad"})
    contains(ctl("explain", "lan", "1"), "Switch 1 of pair lan", "Why: request - swap optics", "ingress 1.1ms")
    contains(ctl("explain", "1"), "of pair lan", "of pair bad")
    ctl("explain", "lan", "99", code=1)


def holding(lab):
    ctl("hold", "lan", "--for=1h", "--reason=new cable")
    contains(ctl("list"), "held")
    contains(ctl("status", "lan"), "Held: new cable; until ")
    one = as_json("status", "lan")
    equal((one["held"], one["hold_reason"]), (True, "new cable"))
    equal(abs(one["hold_until_us"] / 1e6 - time.time() - 3600) < 30, True)
    ctl("hold", "lan")
    contains(ctl("status", "lan"), "until released")
    equal(as_json("status", "lan")["hold_until_us"], None)
    ctl("release", "lan")
    equal(as_json("status", "lan")["held"], False)
    ctl("inject", "lanB", "rx-power", "alarm", "--for=5s")
    contains(ctl("status", "lan"), "(injected)")
    ctl("reset", "lan")
    equal(as_json("status", "lan")["evidence"], [])


def refusals(lab):
    contains(ctl("switch", "busy", code=4), "another move is under way")
    contains(ctl("switch", "far", code=4), "farA does not exist")
    contains(ctl("switch", "lan", "lanA", code=4), "already carries the traffic")
    contains(ctl("switch", "bad", code=5), "egress did not move")
    contains(ctl("switch", "back", code=5), "ingress did not follow")
    contains(ctl("switch", "nope", code=10), "no pair or guarded adapter is called 'nope'")
    contains(ctl("switch", "lan", "sanA", code=10), "no adapter 'sanA'")
    contains(ctl("status", "a b", code=10), "is called 'a b'")
    contains(ctl("inject", "lanA", "nonsense", "warn", code=2), "no signal is called 'nonsense'")
    contains(ctl("prime", "slow", "--timeout=300ms", code=3), "no answer from primed in time")
    equal(subprocess.run([CTL, "-q", "switch", "nope"], capture_output=True, check=False).stderr, b"")


def usage(lab):
    for arguments, want in (
            (("frobnicate",), "unknown verb 'frobnicate'"),
            (("switch",), "usage: primectl switch PAIR [ADAPTER]"),
            (("list", "lan"), "usage: primectl list"),
            (("list", "--prime"), "list: --prime means nothing here"),
            (("hold", "lan", "--for=5"), "--for=5: unit missing, 5s?"),
            (("hold", "lan", "--for=soon"), "not a time"),
            (("switch", "lan", "--revert-after=0s"), "not a time"),
            (("list", "--json=xml"), "short, pretty or off"),
            (("wait", "lan", "--state=happy"), "no such state"),
            (("explain", "lan", "x"), "not the number of a switch"),
            (("watch",), "watch needs a terminal"),
            (("-H", "a", "-M", "b"), "exclude each other"),
            (("--nonsense",), "nonsense")):
        contains(ctl(*arguments, code=2), want)
    contains(ctl("--help"), "primectl [OPTION...]", "is-protected", "--revert-after=TIME")
    contains(ctl("--version"), "primectl 0.")


def monitor(lab):
    text = lab.spawn([CTL, "monitor"], stdout=subprocess.PIPE, text=True)
    lines = lab.spawn([CTL, "monitor", "lan", "--json=short"], stdout=subprocess.PIPE, text=True)
    time.sleep(0.7)
    ctl("inject", "sanB", "rx-power", "warn")
    ctl("inject", "lanB", "rx-power", "warn")
    one = json.loads(lines.stdout.readline())
    equal(sorted(one), ["adapter", "fields", "kind", "message_id", "pair", "text", "time"])
    equal((one["kind"], one["pair"], one["adapter"]), ("adapter-suspect", "lan", "lanB"))
    first = text.stdout.readline()
    if not re.fullmatch(r"\d\d:\d\d:\d\d\.\d\d\d san sanB adapter-suspect: adapter-suspect: sanB\n", first):
        raise AssertionError(first)
    for process in (text, lines):
        process.send_signal(signal.SIGINT)
        equal(process.wait(5), 0)
        process.stdout.close()
    ctl("reset", "san")
    ctl("reset", "lan")


def watch(lab):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execv(CTL, [CTL, "watch", "lan"])
    seen = b""
    end = time.monotonic() + 10
    while time.monotonic() < end and seen.count(b"\033[H") < 2:
        seen += os.read(fd, 65536)
    os.kill(pid, signal.SIGINT)
    try:
        while True:
            seen += os.read(fd, 65536)
    except OSError:
        pass
    equal(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
    text = seen.decode()
    contains(text, "\033[?1049h", "lan uplink", "▁", "\033[?1049l")
    equal("san uplink" in text, False)
    os.close(fd)


def policies(lab):
    text = ctl("cat", "lan")
    contains(text, "primary: lanA", "# /etc/primed/policy.d/lan.yaml")
    file = os.path.join(lab.directory, "again.yaml")
    with open(file, "w", encoding="utf-8") as out:
        out.write(ctl("cat"))
    contains(ctl("check", file), "7 pairs in 1 file, nothing wrong.")
    contains(ctl("check", f"{SOURCE}/policy/lan-full.yaml", f"{SOURCE}/policy/lan-minimal.yaml", code=1), "")
    contains(ctl("check", f"{SOURCE}/policy/lan-full.yaml"), "nothing wrong.")
    bad = os.path.join(lab.directory, "bad.yaml")
    with open(bad, "w", encoding="utf-8") as out:
        out.write("pairs:\n  lan:\n    primary: eth0\n    stanby: eth1\n")
    result = subprocess.run([CTL, "check", bad], capture_output=True, text=True, check=False,
                            env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"})
    equal(result.returncode, 1)
    contains(result.stderr, f"{bad}:4:5:", "stanby")
    equal(as_json("check", bad, code=1)[0]["line"], 4)
    contains(as_json("cat", "lan")["yaml"], "lanA")
    ctl("reload")
    contains(ctl("list"), "tmp")
    ctl("reload")
    with open(os.path.join(lab.policies, "broken"), "w", encoding="utf-8"):
        pass
    result = subprocess.run([CTL, "reload"], capture_output=True, text=True, check=False)
    equal(result.returncode, 1)
    contains(result.stderr, "3:5: error: unknown key 'stanby', did you mean 'standby'?")
    contains(ctl("metrics"), "primed_policy_errors 1")
    os.unlink(os.path.join(lab.policies, "broken"))


def metrics(lab):
    names = set()
    for line in ctl("metrics").splitlines():
        if line.startswith("# TYPE "):
            names.add(line.split()[2])
        elif not line.startswith("# HELP "):
            found = re.fullmatch(r'([a-z_]+)(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? (-?[0-9.e+-]+)', line)
            if not found or found[1] not in names:
                raise AssertionError(line)
            float(found[4])
    contains(ctl("metrics"), 'primed_pair_state{pair="lan",state="primed"} 1', 'primed_pair_ready{pair="far"} 0',
             'primed_adapter_indicator{device="sanA",indicator="rx-power"} -4.2')


def pretty(lab):
    out = ctl("--json=pretty", "status", "lan")
    contains(out, '\n  "name": "lan",')
    equal(json.loads(out)["name"], "lan")
    equal(timeless(ctl("--json=off", "list")), timeless(ctl("list")))


TRACE = """# a module that fades, in a hurry
seconds,adapter,signal,value
0,lanA,rx-power,-3
0,lanB,rx-power,-3
{readings}"""


def traces(lab):
    trace = f"{lab.directory}/trace.csv"
    policy = f"{lab.directory}/traced.yaml"
    with open(policy, "w", encoding="utf-8") as file:
        file.write("version: 1\npairs:\n  lan:\n    primary: lanA\n    standby: lanB\n    handover: {settle: 2s}\n"
                   "    health: {signals: {rx-power: {warn: -8dBm, alarm: -12dBm}}}\n")
    with open(trace, "w", encoding="utf-8") as file:
        file.write(TRACE.format(readings="".join(f"{t},lanA,rx-power,{-3 if t < 3 else -13}\n{t},lanB,rx-power,-3\n"
                                                 for t in range(1, 12))))
    out = ctl("replay", trace, f"--policy={policy}", f"--svg={lab.directory}/trace.svg",
              DBUS_SYSTEM_BUS_ADDRESS="unix:path=/x")
    equal([line.split()[:3] for line in out.splitlines()[1:-1]],
          [["0.000", "lanB", "prime"], ["5.000", "lanA", "alarm"], ["5.000", "lanB", "split"],
           ["7.000", "lanB", "switch"]])
    contains(out, "rx-power -13 dBm below -12 dBm", "11s of lanA and lanB, 24 readings: the pair would be unprotected, "
             "served by lanB.")
    with open(f"{lab.directory}/trace.svg", encoding="utf-8") as file:
        contains(file.read(), "<svg", "alarm: rx-power", "lanB serves", "rx-power, dBm", "</svg>")
    told = as_json("replay", trace, f"--policy={policy}")
    equal([(x["kind"], x["at_us"]) for x in told["events"]],
          [("prime", 0), ("raised", 5000000), ("split", 5000000), ("switch", 7000000)])
    equal((told["events"][1]["level"], told["events"][1]["threshold"], told["serving"]), ("alarm", -12, "lanB"))
    contains(ctl("replay", trace), "0.000 lanB    prime")  # no threshold, no evidence
    equal(ctl("replay", trace, "-q"), "")
    # what is wrong, and where
    for text, problem in (("0,lanA,rx-pwoer,1", "wrong.csv:1:8: unknown signal 'rx-pwoer'"),
                          ("0,lanA,rx-power,1\n\n1,lanA,rx-power,x", "wrong.csv:3:17: not a number 'x'"),
                          ("# nothing\n", "the trace is empty"),
                          ("0,a,rx-power,1\n0,b,rx-power,1\n0,c,rx-power,1\n", "which two are a pair")):
        wrong = f"{lab.directory}/wrong.csv"
        with open(wrong, "w", encoding="utf-8") as file:
            file.write(text)
        out = subprocess.run([CTL, "replay", wrong], capture_output=True, text=True, check=False)
        equal((out.stdout, out.returncode in (1, 2)), ("", True))
        contains(out.stderr, problem)
    out = subprocess.run([CTL, "replay", trace, f"--policy={SOURCE}/policy/lan-minimal.yaml"], capture_output=True,
                         text=True, check=False)
    equal(out.returncode, 1)
    contains(out.stderr, "has its two adapters in the trace, which is of lanA, lanB")
    equal(subprocess.run([CTL, "replay", "/nonexistent"], capture_output=True, check=False).returncode, 1)
    contains(ctl("replay", trace, "--force", code=2), "means nothing here")


def recording(lab):
    file = f"{lab.directory}/recorded.csv"
    told = as_json("record", "lan", file, "--for=300ms")
    equal((told["pair"], told["file"], told["samples"], told["dropped"]), ("lan", file, 1, 0))
    with open(file, encoding="utf-8") as recorded:
        text = recorded.read()
    equal(text, ctl("record", "lanA", "--for=300ms"))
    contains(text, "0.100000,lanA,rx-power,-3\n")
    contains(ctl("replay", file), "100ms of lanA and lanB, 1 reading")
    waiting = lab.spawn([CTL, "record", "lan", file], stderr=subprocess.PIPE, text=True)
    time.sleep(0.5)
    waiting.send_signal(signal.SIGINT)
    equal(waiting.wait(5), 0)
    contains(waiting.stderr.read(), "1 reading of pair lan in ", f"s, in {file}.\n")
    waiting.stderr.close()
    contains(ctl("record", "busy", code=4), "16 recordings are under way already")
    contains(ctl("record", "nope", code=10), "no pair or guarded adapter is called 'nope'")
    contains(ctl("record", "lan", "--json=short", code=2), "needs a FILE")
    contains(ctl("record", "lan", "--host=elsewhere", code=2), "record there")
    for keep in ("0", "x", "1001", "-1", ""):
        contains(ctl("record", "lan", file, f"--keep={keep}", code=2), "not a number of files")
    equal(ctl("record", "lan", "/nonexistent/file", code=1), "")


def completion(lab):
    """Every verb and option is known to every shell."""
    text = ctl("--help")
    verbs = re.findall(r"^  ([a-z-]+) ", text.split("Verbs:")[1].split("Options:")[0], re.M)
    options = re.findall(r"--([a-z-]+)", text.split("Options:")[1].split("Times need")[0])
    equal(len(verbs) > 20, True)
    for file, prefix in (("primectl.bash", "--"), ("_primectl", "--"), ("primectl.fish", "-l ")):
        with open(f"{SOURCE}/data/completion/{file}", encoding="utf-8") as source:
            words = source.read()
        for verb in verbs:
            if not re.search(rf"(^|[\s'\"]){re.escape(verb)}([\s:'\"]|$)", words, re.M):
                raise AssertionError(f"{file} does not know {verb}")
        for option in options:
            contains(words, prefix + option)
    equal(subprocess.run(["bash", "-n", f"{SOURCE}/data/completion/primectl.bash"], check=False).returncode, 0)
    script = (f"source {SOURCE}/data/completion/primectl.bash; PATH={os.path.dirname(CTL)}:$PATH; "
              "COMP_WORDS=(primectl switch l); COMP_CWORD=2; _primectl; echo ${COMPREPLY[@]}; "
              "COMP_WORDS=(primectl is); COMP_CWORD=1; _primectl; echo ${COMPREPLY[@]}")
    out = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False).stdout
    equal(out, "lan lanA lanB\nis-protected\n")


def no_daemon(lab):
    stays = lab.spawn([CTL, "monitor"], stderr=subprocess.PIPE, text=True)
    time.sleep(0.7)
    lab.stop(lab.daemon)
    equal(stays.wait(10), 8)
    equal(stays.stderr.read(), "primectl: primed has ended\n")
    stays.stderr.close()
    for arguments in ((), ("status", "lan"), ("switch", "lan"), ("metrics",), ("monitor",), ("wait", "lan"),
                      ("reload",)):
        contains(ctl(*arguments, code=8), "primed is not running")
    contains(ctl(code=8, DBUS_SYSTEM_BUS_ADDRESS="unix:path=/nonexistent"), "cannot connect to the system bus")


if __name__ == "__main__":
    with Lab() as the_lab:
        run([lists, status, modules, priming, snapshots, moving, protection, holding, refusals, usage, monitor, watch,
             policies, metrics, pretty, traces, recording, completion, no_daemon], the_lab)
