# SPDX-License-Identifier: LGPL-2.1-or-later
"""The interfaces as they are on the bus, as data/org.primed.Primed1.*.xml has them.

introspect.py DIRECTORY: writes the files anew (against DBUS_SYSTEM_BUS_ADDRESS); the test compares."""

import subprocess
import sys
import xml.etree.ElementTree as ET

OBJECTS = {
    "Manager": "/org/primed/Primed1",
    "Pair": "/org/primed/Primed1/pair/lan",
    "Adapter": "/org/primed/Primed1/adapter/lanA",
}

HEAD = """<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
"https://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
<!-- SPDX-License-Identifier: LGPL-2.1-or-later -->
"""


def interface(short):
    """The text of the file for one interface."""
    xml = subprocess.run(
        ["busctl", "introspect", "--xml-interface", "org.primed.Primed1", OBJECTS[short]],
        check=True, capture_output=True, text=True).stdout
    name = "org.primed.Primed1." + short
    for element in ET.fromstring(xml).findall("interface"):
        if element.get("name") == name:
            node = ET.Element("node")
            node.append(element)
            ET.indent(node, " ")
            return HEAD + ET.tostring(node, encoding="unicode") + "\n"
    raise SystemExit(f"{OBJECTS[short]} has no interface {name}")


if __name__ == "__main__":
    for one in OBJECTS:
        with open(f"{sys.argv[1]}/org.primed.Primed1.{one}.xml", "w", encoding="utf-8") as file:
            file.write(interface(one))
