# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may do what: with the bus policy that is installed, a polkit that says yes, no, or asks for a password, and
none at all. Needs root, to be somebody else."""

import json
import os
import shutil
import subprocess
import sys

from buslab import NAME, ROOT, Lab, adapter, contains, equal, pair, run

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")

DENIED = "Access denied"  # busctl's own words for the error

# every method that changes something, and its action
METHODS = {
    "switch": [("Switch", "sa{sv}", "lanB", "1", "dry-run", "b", "yes"), ("Split", "a{sv}", "1", "dry-run", "b", "yes"),
               ("Drill", "a{sv}", "0"), ("Confirm",)],
    "prime": [("Prime", "a{sv}", "0"), ("Unprime", "a{sv}", "0"), ("Probe", "a{sv}", "0")],
    "hold": [("Hold", "ts", "60000000", "x"), ("Release",)],
    "reset": [("Reset",)],
    "inject": [("InjectEvidence", "ssst", "lanB", "rx-power", "warn", "1000")],
}
SNAPSHOT = json.dumps({"format": "primed-adapter-snapshot", "version": 1, "driver": "veth", "settings": []})
ADAPTER_METHODS = {"prime": [("Restore", "sa{sv}", SNAPSHOT, "0")]}
MANAGER_METHODS = {
    "inhibit": [("Inhibit", "sss", "lan", "me", "because")],
    "reload": [("Reload",)],
}


def calls():
    for action, methods in METHODS.items():
        for method in methods:
            yield action, pair("lan"), "Pair", method
    for action, methods in ADAPTER_METHODS.items():
        for method in methods:
            yield action, adapter("lanB"), "Adapter", method
    for action, methods in MANAGER_METHODS.items():
        for method in methods:
            yield action, ROOT, "Manager", method


class Polkit:
    def __init__(self, lab, verdict):
        self.lab = lab
        self.verdict = verdict

    def __enter__(self):
        self.out = open(os.path.join(self.lab.directory, "asked"), "w+", encoding="utf-8")
        self.process = self.lab.spawn([os.environ["FAKE_POLKIT"], self.verdict], stdout=self.out)
        self.lab.until(lambda: subprocess.run(["busctl", "status", "org.freedesktop.PolicyKit1"], capture_output=True,
                                              check=False).returncode == 0, "polkit")
        return self

    def asked(self):
        self.out.seek(0)
        return self.out.read().splitlines()

    def __exit__(self, *_):
        self.lab.stop(self.process)
        self.out.close()


def everybody_may_look(lab):
    equal(lab.call(ROOT, "Manager", "GetPair", "s", "lan", prefix=NOBODY), [pair("lan")])
    equal(json.loads(lab.call(pair("lan"), "Pair", "Describe", prefix=NOBODY)[0])["name"], "lan")
    equal(len(lab.call(pair("lan"), "Pair", "Plan", "a{sv}", "0", prefix=NOBODY)[0]), 3)


def without_polkit_only_root_may(lab):
    for _, path, interface, method in calls():
        contains(lab.call(path, interface, *method, prefix=NOBODY), DENIED)
    equal(lab.call(pair("lan"), "Pair", "Release"), [])


def no(lab):
    with Polkit(lab, "no") as polkit:
        for _, path, interface, method in calls():
            contains(lab.call(path, interface, *method, prefix=NOBODY), DENIED)
        equal([line.split()[0].rsplit(".", 1)[1] for line in polkit.asked()], [action for action, *_ in calls()])
        # a rule of the site can tell pairs and targets apart
        equal(polkit.asked()[0], f"{NAME}.switch pair=lan target=lanB interactive=1")
        equal([line for line in polkit.asked() if line.startswith(NAME + ".reload")], [NAME + ".reload interactive=1"])
        before = len(polkit.asked())
        equal(lab.call(pair("lan"), "Pair", "Release"), [])
        equal(len(polkit.asked()), before)  # root is not asked about
    equal(lab.properties(pair("lan"), "Pair")["Held"], False)


def a_password_is_needed(lab):
    with Polkit(lab, "challenge"):
        contains(lab.call(pair("lan"), "Pair", "Release", prefix=NOBODY), "a password is needed")


def yes(lab):
    with Polkit(lab, "yes"):
        equal(lab.call(pair("lan"), "Pair", "Hold", "ts", "60000000", "x", prefix=NOBODY), [])
        equal(lab.properties(pair("lan"), "Pair")["Held"], True)
        equal(lab.call(pair("lan"), "Pair", "Release", prefix=NOBODY), [])
        result = lab.call(pair("lan"), "Pair", "Switch", "sa{sv}", "lanB", "0", prefix=NOBODY)[0]
        equal(result["result"]["data"], "done")


def arguments_come_before_authorization(lab):
    with Polkit(lab, "yes") as polkit:
        contains(lab.call(pair("lan"), "Pair", "Hold", "ts", "0", "x", prefix=NOBODY), "out of range")
        equal(polkit.asked(), [])


def a_silent_polkit_stops_nobody_else(lab):
    with Polkit(lab, "silent") as polkit:
        waiting = lab.spawn([*NOBODY, "busctl", "call", NAME, pair("lan"), NAME + ".Pair", "Release"],
                            stderr=subprocess.DEVNULL)
        lab.until(lambda: len(polkit.asked()) == 1, "question")
        equal(lab.call(pair("lan"), "Pair", "Release"), [])
        equal(waiting.poll(), None)
    equal(waiting.wait(10), 1)  # polkit went away: no


def only_root_writes_the_log_level(lab):
    command = ["busctl", "set-property", NAME, "/org/freedesktop/LogControl1", "org.freedesktop.LogControl1",
               "LogLevel", "s", "info"]
    equal(subprocess.run(command, check=False).returncode, 0)
    result = subprocess.run([*NOBODY, *command], capture_output=True, text=True, check=False)
    contains(result.stderr, "Access denied")


def exit_code(lab):
    result = subprocess.run([*NOBODY, os.environ["PRIMECTL"], "release", "lan"], capture_output=True, text=True,
                            check=False)
    equal(result.returncode, 6)
    contains(result.stderr, f"not authorized for {NAME}.hold: only root is, since polkit does not answer")


def actions_are_declared(lab):
    with open(f"{os.environ['SOURCE_ROOT']}/data/{NAME}.policy", encoding="utf-8") as file:
        text = file.read()
    for action in (*METHODS, *MANAGER_METHODS):
        contains(text, f'<action id="{NAME}.{action}">')
    equal(text.count("<action id="), len(METHODS) + len(MANAGER_METHODS))


if __name__ == "__main__":
    if os.getuid() != 0 or not shutil.which("setpriv"):
        print("needs root and setpriv, to call as another user")
        sys.exit(77)
    # who calls must be able to run what the build made
    for path in (os.environ["PRIMECTL"],):
        if subprocess.run([*NOBODY, "test", "-x", path], check=False).returncode != 0:
            print(f"{path} cannot be run by another user")
            sys.exit(77)
    with Lab(closed=True) as the_lab:
        run([everybody_may_look, without_polkit_only_root_may, no, a_password_is_needed, yes,
             arguments_come_before_authorization, a_silent_polkit_stops_nobody_else, only_root_writes_the_log_level,
             exit_code, actions_are_declared], the_lab)
