#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# journalctl itself takes the catalog, and finds every entry of it. Usage: check_catalog.sh CATALOG
set -eu
command -v journalctl >/dev/null || { echo "skipped: no journalctl"; exit 77; }
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/usr/lib/systemd/catalog" "$root/var/lib/systemd/catalog"
cp "$1" "$root/usr/lib/systemd/catalog/"
SYSTEMD_LOG_LEVEL=info journalctl --root="$root" --update-catalog 2>"$root/messages"
# a catalog that cannot be read is told, not failed
if grep -v '^$' "$root/messages"; then exit 1; fi
journalctl --root="$root" --list-catalog >"$root/list"
expected=$(grep -c '^-- ' "$1")
found=$(grep -c 'primed: ' "$root/list")
echo "$found of $expected entries found"
[ "$expected" -ge 32 ] && [ "$expected" -eq "$found" ]
