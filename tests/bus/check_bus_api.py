# SPDX-License-Identifier: LGPL-2.1-or-later
"""The D-Bus API as clients see it: objects, properties, signals, errors, hostile arguments."""

import json
import os
import signal
import socket
import subprocess
import time

import introspect
from buslab import NAME, ROOT, Lab, adapter, contains, equal, pair, run

PAIRS = {"lan", "san", "far", "busy", "bad", "back", "slow"}
OPTIONS = ("sa{sv}", "")


def introspection(lab):
    for short in introspect.OBJECTS:
        with open(f"{os.environ['SOURCE_ROOT']}/data/{NAME}.{short}.xml", encoding="utf-8") as file:
            equal(introspect.interface(short), file.read())


def object_manager(lab):
    objects = lab.call(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")[0]
    want = {pair(name) for name in PAIRS} | {adapter(name + side) for name in PAIRS for side in "AB"}
    equal(set(objects), want)
    equal(f"{NAME}.Pair" in objects[pair("lan")], True)


def lists(lab):
    pairs = lab.call(ROOT, "Manager", "ListPairs")[0]
    equal(pairs[0], ["lan", pair("lan"), "primed", "lanA", "lanB"])
    adapters = lab.call(ROOT, "Manager", "ListAdapters")[0]
    equal(adapters[1], ["lanB", 11, adapter("lanB"), "lan", "good"])
    equal(lab.call(ROOT, "Manager", "GetPair", "s", "san"), [pair("san")])
    equal(lab.call(ROOT, "Manager", "GetPairByInterface", "s", "sanB"), [pair("san")])
    equal(lab.call(ROOT, "Manager", "GetAdapter", "s", "sanB"), [adapter("sanB")])


def properties(lab):
    lan = lab.properties(pair("lan"), "Pair")
    for name, value in {"Name": "lan", "Mode": "act", "Steering": "redirect", "Primary": "lanA",
                        "Standby": "lanB", "Active": "lanA", "Ingress": "lanA", "Egress": "lanA",
                        "State": "primed", "Ready": True, "NotReadyReasons": [], "Primed": True,
                        "Held": False, "Conflict": "", "LastSwitchID": 0}.items():
        equal((name, lan[name]), (name, value))
    equal(lan["PrimedItems"], {"equal": 2, "set": 0, "clamped": 0, "mapped": 0, "unsupported": 1,
                               "report": 0, "failed": 0})
    equal("Policy" in lan, False)  # explicit
    manager = lab.properties(ROOT, "Manager")
    equal((manager["State"], manager["PairCount"], manager["ProtectedCount"]), ("degraded", 7, 6))
    equal(lab.properties(pair("far"), "Pair")["NotReadyReasons"],
          ["farA does not exist", "farB does not exist"])
    san = lab.properties(adapter("sanA"), "Adapter")
    equal((san["Health"], san["Serving"], san["Address"]), ("warn", True, "02:00:00:00:00:0c"))
    contains(san["HealthReasons"][0], "rx-power -13.1 dBm")
    equal(len(san["Indicators"]), 2)
    equal(san["Module"], {})
    lan = lab.properties(adapter("lanA"), "Adapter")
    module = {key: value["data"] for key, value in lan["Module"].items()}
    equal((module["kind"], module["medium"], module["vendor"], module["part-number"], module["serial"]),
          ("QSFP28", "optical", "FS", "QSFP28-IR4-100G", "C1812155461"))
    equal((module["temperature"], module["rx-power"]), (28.5, [-1.5, -13, -1.25, -1]))
    equal(module["thresholds"]["rx-power"], [4.5, 3.5, -12.5, -14.5])
    equal((module["flags"], module["rx-los"]), (["rx-power low-warn, lane 2"], []))
    equal(abs(module["read-usec"] / 1e6 - time.time()) < 60, True)
    equal("error" in module or "state" in module or "tx-power" in module, False)
    indicators = {row[0]: row[1:] for row in lan["Indicators"]}
    equal(indicators["rx-power"], [-4.2, -12.5, -14.5, "dBm"])  # the module's own thresholds
    other = lab.properties(adapter("lanB"), "Adapter")["Module"]
    equal([other[key]["data"] for key in ("error", "failed", "rx-los")], ["kernel: i2c bus timed out", 3, [2]])


def describe(lab):
    one = json.loads(lab.call(pair("san"), "Pair", "Describe")[0])
    for key in ("name state steering primary standby serving ingress egress protected protected_reasons risk "
                "evidence primed held last_switch").split():
        equal((key, key in one), (key, True))
    equal(one["last_switch"], None)
    evidence = one["evidence"][0]
    equal((evidence["adapter"], evidence["signal"], evidence["level"]), ("sanA", "rx-power", "warn"))
    equal(abs(evidence["since_us"] / 1e6 - time.time()) < 60, True)
    every = json.loads(lab.call(ROOT, "Manager", "Describe")[0])
    equal([p["name"] for p in every["pairs"]][:2], ["lan", "san"])
    # the same words in both places
    equal({**every["pairs"][1], "evidence": 0, "adapters": 0},
          {**{k: v for k, v in one.items() if k != "priming"}, "evidence": 0, "adapters": 0})
    equal(json.loads(lab.call(adapter("farA"), "Adapter", "Describe")[0])["ifindex"], None)


def only_what_changed_is_told(lab):
    with lab.signals() as signals:
        equal(lab.call(pair("lan"), "Pair", "Hold", "ts", "60000000", "moving house"), [])
    equal(signals.changed(pair("lan")), {"Held", "HoldReason", "HoldUntilTimestamp"})
    equal(signals.changed(adapter("lanA")), set())
    with lab.signals() as signals:
        equal(lab.call(pair("lan"), "Pair", "Release"), [])
        equal(lab.call(pair("lan"), "Pair", "Release"), [])  # says nothing the second time
    equal(len(signals.of("PropertiesChanged")), 1)


def evidence_is_told(lab):
    with lab.signals() as signals:
        equal(lab.call(pair("lan"), "Pair", "InjectEvidence", "ssst", "lanB", "rx-power", "alarm", "1000000"), [])
    equal(signals.changed(adapter("lanB")), {"Health", "HealthReasons"})
    when, message_id, kind, name, interface, text, fields = signals.of("Event", ROOT)[0]
    equal((message_id, kind, name, interface, text),
          ("a910da8d485c4509a3c4ae0b1c37a80c", "adapter-suspect", "lan", "lanB", "adapter-suspect: lanB"))
    equal(fields["PRIMED_SWITCH_ID"], {"type": "s", "data": "7"})
    equal(lab.call(pair("lan"), "Pair", "Reset"), [])


def link_trouble_is_told(lab):
    equal(lab.properties(adapter("lanB"), "Adapter")["DownReason"], "")
    equal(json.loads(lab.call(adapter("lanB"), "Adapter", "Describe")[0])["down_reason"], None)
    with lab.signals() as signals:
        equal(lab.call(pair("lan"), "Pair", "InjectEvidence", "ssst", "lanB", "carrier", "alarm", "1000000"), [])
    equal(signals.changed(adapter("lanB")), {"Carrier", "DownReason", "Health", "HealthReasons"})
    equal(lab.properties(adapter("lanB"), "Adapter")["DownReason"], "Cable issue, Unsupported cable")
    one = json.loads(lab.call(adapter("lanB"), "Adapter", "Describe")[0])
    equal(one["down_reason"], "Cable issue, Unsupported cable")
    contains(one["evidence"][0]["advice"], "take a cable or transceiver that the adapter supports")
    with lab.signals() as signals:
        equal(lab.call(pair("lan"), "Pair", "Reset"), [])
    equal(signals.changed(adapter("lanB")), {"Carrier", "DownReason", "Health", "HealthReasons"})


def moves_are_told(lab):
    with lab.signals() as signals:
        result = lab.call(pair("lan"), "Pair", "Switch", "sa{sv}", "lanB", "1", "reason", "s", "test")[0]
    equal((result["from"]["data"], result["to"]["data"], result["result"]["data"], result["reason"]["data"]),
          ("lanA", "lanB", "done", "test"))
    equal(signals.of("SwitchStarted", pair("lan")), [[1, "lanA", "lanB", "request"]])
    equal(signals.of("SwitchFinished", pair("lan"))[0][:5], [1, "lanA", "lanB", "done", 1840])
    contains(signals.changed(pair("lan")), "Active", "Ingress", "Egress", "State", "SwitchCount", "LastSwitchID")
    equal("Mode" in signals.changed(pair("lan")), False)
    contains(signals.changed(adapter("lanB")), "Serving", "CarriesTraffic")
    history = lab.call(ROOT, "Manager", "GetHistory", "su", "lan", "9")[0]
    equal((len(history), history[0][1:5]), (1, ["lanA", "lanB", "request", "done"]))
    equal(history[0][6]["pair"]["data"], "lan")
    equal(lab.call(ROOT, "Manager", "GetHistory", "su", "", "0")[0], [])
    equal(lab.call(pair("lan"), "Pair", "Revert")[0]["to"]["data"], "lanA")


def pairs_come_and_go(lab):
    with lab.signals() as signals:
        equal(lab.call(ROOT, "Manager", "Reload"), [])
        equal(lab.properties(pair("tmp"), "Pair")["Name"], "tmp")
        equal(lab.call(ROOT, "Manager", "Reload"), [])
    equal([data for data in signals.of("Reloading")], [[True], [False], [True], [False]])
    equal([data[0] for data in signals.of("InterfacesAdded")], [pair("tmp"), adapter("tmpA"), adapter("tmpB")])
    equal([data[0] for data in signals.of("InterfacesRemoved")], [adapter("tmpA"), adapter("tmpB"), pair("tmp")])
    contains(signals.changed(ROOT), "PairCount", "ReloadTimestamp")
    contains(lab.call(pair("tmp"), "Pair", "Describe"), "Unknown object")


def reload_is_refused(lab):
    broken = os.path.join(lab.policies, "broken")
    with open(broken, "w", encoding="utf-8"):
        pass
    with lab.signals() as signals:
        contains(lab.call(ROOT, "Manager", "Reload"), "unknown key 'stanby'")
    equal(signals.changed(ROOT), {"PolicyDiagnostics"})
    equal(lab.properties(ROOT, "Manager")["PolicyDiagnostics"],
          [[broken, 3, 5, "error", "unknown key 'stanby', did you mean 'standby'?"]])
    os.unlink(broken)


def inhibitors(lab):
    with lab.signals() as signals:
        # busctl ends, and its file descriptor with it
        lab.call(ROOT, "Manager", "Inhibit", "sss", "san", "test", "because")
        lab.until(lambda: not lab.properties(ROOT, "Manager")["Inhibitors"], "end of the inhibitor")
    told = [values["Inhibitors"]["data"] for _, values, _ in signals.of("PropertiesChanged", ROOT)]
    equal([row[:4] for row in told[0]], [["san", "test", "because", os.getuid()]])
    equal(told[1], [])
    equal(signals.changed(pair("san")), {"Inhibitors"})
    equal(signals.changed(pair("lan")), set())


def log_control(lab):
    path, interface = "/org/freedesktop/LogControl1", "org.freedesktop.LogControl1"

    def set_level(level):
        return subprocess.run(["busctl", "set-property", NAME, path, interface, "LogLevel", "s", level],
                              capture_output=True, text=True, check=False).stderr
    equal(set_level("debug"), "")
    equal(lab.call(path, "org.freedesktop.DBus.Properties", "Get", "ss", interface, "LogLevel")[0]["data"], "debug")
    contains(set_level("loud"), "no log level is called 'loud'")
    equal(set_level("info"), "")


def errors(lab):
    for path, member, arguments, want in (
            (pair("busy"), "Switch", OPTIONS + ("0",), "another move is under way"),
            (pair("far"), "Switch", OPTIONS + ("0",), "farA does not exist"),
            (pair("bad"), "Switch", OPTIONS + ("0",), "egress did not move"),
            (pair("back"), "Switch", OPTIONS + ("0",), "ingress did not follow"),
            (pair("lan"), "Switch", ("sa{sv}", "sanA", "0"), "no adapter 'sanA'"),
            (pair("lan"), "Switch", ("sa{sv}", "lanA", "0"), "already carries the traffic"),
            (pair("lan"), "Confirm", (), "no switch waits"),
            (pair("lan"), "InjectEvidence", ("ssst", "sanA", "rx-power", "warn", "1000"), "no adapter 'sanA'"),
            (pair("nope"), "Confirm", (), "Unknown object")):
        contains(lab.call(path, "Pair", member, *arguments), want)


def switch_option(*option):
    return ("Switch", "sa{sv}", "", "1", *option)


def hostile_arguments(lab):
    long = "x" * 5000
    huge = str(2**64 - 1)
    hold = ("Hold", "ts")
    inject = ("InjectEvidence", "ssst")
    for arguments, want in (
            (switch_option("colour", "s", "red"), "unknown option 'colour'"),
            (switch_option("force", "s", "yes"), "option 'force' has type 's', not 'b'"),
            (switch_option("revert-after-usec", "d", "nan"), "has type 'd', not 't'"),
            (switch_option("revert-after-usec", "x", "-1"), "has type 'x', not 't'"),
            (switch_option("revert-after-usec", "t", huge), "revert-after-usec is out of range"),
            (switch_option("revert-after-usec", "t", "1"), "revert-after-usec is out of range"),
            (switch_option("reason", "s", long), "reason is too long: 5000 bytes, at most 191"),
            (switch_option("reason", "s", "a\nb"), "reason contains control characters"),
            (switch_option("reason", "s", "\x1b[2J"), "reason contains control characters"),
            (switch_option("reason", "s", "\u0085"), "reason contains control characters"),
            (("Switch", "sa{sv}", "", "2", "force", "b", "yes", "force", "b", "yes"), "'force' is given twice"),
            (("Switch", "sa{sv}", "a" * 16, "0"), "target is too long: 16 bytes, at most 15"),
            (("Switch", "sa{sv}", "../../x", "0"), "target contains characters no name has"),
            (("Split", "a{sv}", "1", "revert-after-usec", "t", "5000000"), "unknown option"),
            (("Drill", "a{sv}", "1", "dry-run", "b", "yes"), "unknown option 'dry-run'"),
            (("Plan", "a{sv}", "1", "x", "s", "y"), "unknown option 'x'"),
            (hold + ("0", ""), "duration_usec is out of range"),
            (hold + (str(2**63), ""), "duration_usec is out of range"),
            (hold + ("60000000", long), "reason is too long"),
            (hold + ("60000000", "a\nb"), "reason contains control characters"),
            (inject + ("lanA", "nonsense", "warn", "1000"), "no signal is called 'nonsense'"),
            (inject + ("lanA", long, "warn", "1000"), "no signal is called"),
            (inject + ("lanA", "rx-power", "none", "1000"), "level 'none': warn or alarm"),
            (inject + ("lanA", "rx-power", "", "1000"), "level '': warn or alarm"),
            (inject + ("lanA", "rx-power", "warn", huge), "duration_usec is out of range"),
            (inject + ("", "rx-power", "warn", "1000"), "adapter is empty")):
        contains(lab.call(pair("lan"), "Pair", *arguments), want)
    for arguments, want in (
            (("GetPair", "s", ""), "name is empty"),
            (("GetPair", "s", long), "name is too long"),
            (("GetPair", "s", "a b"), "characters no name has"),
            (("GetPair", "s", "nope"), "no pair is called 'nope'"),
            (("GetPairByInterface", "s", "nope"), "no pair has an adapter 'nope'"),
            (("GetAdapter", "s", "é"), "characters no name has"),
            (("GetHistory", "su", "nope", "1"), "no pair is called 'nope'"),
            (("Inhibit", "sss", "nope", "a", "b"), "no pair is called 'nope'"),
            (("Inhibit", "sss", "", "", "b"), "who and why must be said"),
            (("Inhibit", "sss", "", "x" * 64, "b"), "who is too long: 64 bytes, at most 63")):
        contains(lab.call(ROOT, "Manager", *arguments), want)
    equal(lab.properties(pair("lan"), "Pair")["Held"], False)


def ready(lab, seconds):
    """Whether another primed says so within that time, on a bus that is stopped at first; and then whether it is found
    at once."""
    path = f"{lab.directory}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
        notices.bind(path)
        notices.settimeout(seconds)
        daemon = lab.spawn([os.environ["FAKE_PRIMED"]], env={**os.environ, "NOTIFY_SOCKET": path})
        try:
            while b"READY=1" not in notices.recv(4096):
                pass
            return daemon, True
        except TimeoutError:
            return daemon, False
        finally:
            os.unlink(path)


def ready_is_said_of_the_name(lab):
    """`systemctl start primed && primectl status` is to find it."""
    lab.stop(lab.daemon)
    lab.bus.send_signal(signal.SIGSTOP)
    try:
        daemon, said = ready(lab, 1)
        equal(said, False)
        lab.stop(daemon)
        daemon, said = ready(lab, 8)  # a bus that never answers is not waited for
        equal(said, True)
        lab.stop(daemon)
    finally:
        lab.bus.send_signal(signal.SIGCONT)
    for _ in range(20):
        daemon, said = ready(lab, 4)
        equal(said, True)
        equal(lab.is_up(), True)
        lab.stop(daemon)
    lab.start_daemon()


def second_daemon_ends(lab):
    result = subprocess.run([os.environ["FAKE_PRIMED"]], capture_output=True, text=True, timeout=20, check=False)
    equal(result.returncode, 1)
    contains(result.stderr, "another process has it")


def bus_comes_back(lab):
    lab.stop(lab.bus)
    os.unlink(f"{lab.directory}/bus") if os.path.exists(f"{lab.directory}/bus") else None
    lab.start_bus()
    lab.until(lab.is_up, "primed after the bus came back")
    equal(lab.daemon.poll(), None)


def end_with_a_call_waiting(lab):
    waiting = lab.spawn(["busctl", "--timeout=20", "call", NAME, pair("slow"), NAME + ".Pair", "Prime", "a{sv}", "0"],
                        stderr=subprocess.DEVNULL)
    lab.until(lambda: "another move" in str(lab.call(pair("slow"), "Pair", "Prime", "a{sv}", "0")), "waiting call")
    equal(lab.stop(lab.daemon), 0)
    equal(waiting.wait(10) != 0, True)


if __name__ == "__main__":
    with Lab() as the_lab:
        run([introspection, object_manager, lists, properties, describe, only_what_changed_is_told, evidence_is_told,
             link_trouble_is_told,
             moves_are_told, pairs_come_and_go, reload_is_refused, inhibitors, log_control, errors,
             hostile_arguments, ready_is_said_of_the_name, second_daemon_ends, bus_comes_back,
             end_with_a_call_waiting], the_lab)
