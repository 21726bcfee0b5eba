# SPDX-License-Identifier: LGPL-2.1-or-later
"""The man pages: no warnings, and every verb, option, method, property and signal is in them, and no other."""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

SOURCE = os.environ["SOURCE_ROOT"]
failed = []


def check(what, got, want):
    if got != want:
        failed.append(what)
        print(f"not ok {what}: only here {sorted(got - want)}, missing {sorted(want - got)}")
    else:
        print("ok", what)


def source(page):
    with open(f"{SOURCE}/man/{page}", encoding="utf-8") as file:
        return file.read().replace("\\-", "-")


def help_of(program):
    return subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout


def headings(text):
    """What stands on the line after .TP."""
    return re.findall(r"^\.TP\n(.*)$", text, re.M)


def options(text):
    found = set()
    for line in headings(text):
        found |= set(re.findall(r"--([a-z-]+)", line))
    return found


page = source("primectl.1")
text = help_of(os.environ["PRIMECTL"])
listed = text.split("Options:")[1].split("Times")[0]
check("options of primectl", options(page), set(re.findall(r"--([a-z-]+)", listed)))
body = page[page.index(".SH VERBS"):page.index(".SH OPTIONS")]
check("verbs of primectl", {re.match(r"\.BI? ([a-z-]+)", line)[1] for line in headings(body)},
      set(re.findall(r"^  ([a-z-]+) ", text.split("Verbs:")[1].split("Options:")[0], re.M)))
check("exit codes of primectl", set(re.findall(r"^\.B (\d+)$", page, re.M)), set("0 1 2 3 4 5 6 8 10".split()))

page = source("primed.8")
text = help_of(os.environ["FAKE_PRIMED"])
check("options of primed", options(page), set(re.findall(r"--([a-z-]+)", text)))

page = source("org.primed.Primed1.5")
for name in ("Manager", "Pair", "Adapter"):
    root = ET.parse(f"{SOURCE}/data/org.primed.Primed1.{name}.xml").getroot().find("interface")
    start = page.index(f".SH {name.upper()}\n")
    section = page[start:page.index("\n.SH ", start + 1)]
    check(f"members of {name}", {line.split()[1] for line in headings(section)},
          {element.get("name") for element in root})

page = source("primed.trace.5")
start = page.index(".SH SIGNALS\n")
lists = re.findall(r"^(?:Counters|Levels): (.*?)\.$", page[start:page.index("\n.SH ", start + 1)], re.M | re.S)
told = {re.sub(r"\(.*?\)", "", name).strip() for text in lists for name in text.split(",")}
with open(f"{SOURCE}/src/core/health-signal-name.c", encoding="utf-8") as file:
    check("signals of a trace", told, set(re.findall(r'^ *\[SIGNAL_(?!UNIT_)\w+\] = "([a-z-]+)"', file.read(), re.M)))

if shutil.which("man"):
    for name in ("primectl.1", "primed.8", "org.primed.Primed1.5", "primed.policy.5", "primed.trace.5"):
        result = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", f"{SOURCE}/man/{name}"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
                                env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})
        check(f"warnings of {name}", set(result.stderr.splitlines()), set())
else:
    print("skipped: man is not installed, no look for warnings")

sys.exit(1 if failed else 0)
