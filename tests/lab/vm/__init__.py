# SPDX-License-Identifier: LGPL-2.1-or-later
"""The laboratory's virtual machine: a distribution kernel, systemd as PID 1 and emulated adapters of real drivers.

The switch and the peer are namespaces of this machine. image.py makes what it boots from, machine.py runs it,
channel.py and agent.py are the two ends of its control line, host.py makes it look like the laboratory's host.
"""
