# SPDX-License-Identifier: LGPL-2.1-or-later
"""A laboratory of network namespaces for primed: switches, adapters, faults, traffic, and the daemon in it.

Python's standard library only. Everything runs in a cage (cage.py), so that nothing of it is visible from the
machine, and nothing is left of it however it ends.
"""
