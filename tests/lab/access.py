# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ends in a VLAN on a kernel without VLAN devices: their adapter does what a switch's access port would do."""

from . import build
from .bpf import ArrayMap
from .cage import BPF
from .namespaces import Namespace, run

DOT1Q, DOT1AD = 0x8100, 0x88A8


def put_into_vlan(end: Namespace, device: str, *tags: tuple[int, int]) -> None:
    """From now on the device sends and receives with these tags only: (ethertype, id), the innermost first."""
    programs, maps = BPF / f"wire-access-{end.name}-{device}", BPF / f"wire-access-{end.name}-{device}-maps"
    run("bpftool", "prog", "loadall", build.tool("access.bpf.o"), programs, "type", "classifier", "pinmaps", maps)
    pinned = ArrayMap(maps / "tags", 1)
    for index, (protocol, vlan) in enumerate(tags):
        pinned.set(index, protocol << 16 | vlan)
    end.run("tc", "qdisc", "add", "dev", device, "clsact")
    for hook, program in (("egress", "leave"), ("ingress", "enter")):
        end.run("tc", "filter", "add", "dev", device, hook, "bpf", "da", "pinned", programs / program)
