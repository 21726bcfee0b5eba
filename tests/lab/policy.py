# SPDX-License-Identifier: LGPL-2.1-or-later
"""Policies for the laboratory, as the YAML that an operator would write."""

from typing import Any

# a laboratory has no hours to wait
QUICK_BUDGET = {"min-interval": "1s", "max-per-hour": 1000, "hold-off": "500ms"}


def pair(primary: str = "A", standby: str = "B", target: str = "10.9.0.2", **keys: Any) -> dict[str, Any]:
    """A pair with short times; keys (with _ for -) add to it or replace."""
    policy: dict[str, Any] = {
        "description": "laboratory",
        "primary": primary,
        "standby": standby,
        "handover": {"egress": "settled", "settle": "1s"},
        "failback": {"mode": "manual"},
        "probe": {"targets": [target], "beacon": True},
        "health": {"sample": "100ms"},
        "budget": dict(QUICK_BUDGET),
    }
    for key, value in keys.items():
        policy[key.replace("_", "-")] = value
    return policy


def document(**pairs: dict[str, Any]) -> str:
    """A policy file with these pairs."""
    return "version: 1\n" + _block({"pairs": pairs}, 0)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return f"[{', '.join(_quoted(item) for item in value)}]"
    return str(value)


def _quoted(value: Any) -> str:
    return f'"{value}"' if ":" in str(value) else str(value)  # an IPv6 address in a flow list


def _block(mapping: dict[str, Any], depth: int) -> str:
    text = ""
    for key, value in mapping.items():
        if isinstance(value, dict):
            text += f"{'  ' * depth}{key}:\n{_block(value, depth + 1)}"
        else:
            text += f"{'  ' * depth}{key}: {_scalar(value)}\n"
    return text
