# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ends in a VLAN on a kernel without VLAN devices: their adapter does what a switch's access port would do."""

from .bpf import ArrayMap, attached
from .namespaces import Namespace

DOT1Q, DOT1AD = 0x8100, 0x88A8


def put_into_vlan(end: Namespace, device: str, *tags: tuple[int, int]) -> None:
    """From now on the device sends and receives with these tags only: (ethertype, id), the innermost first."""
    with attached(end, device, "access.bpf.o", egress="leave", ingress="enter") as maps:
        pinned = ArrayMap(maps / "tags", 1)
        for index, (protocol, vlan) in enumerate(tags):
            pinned.set(index, protocol << 16 | vlan)
