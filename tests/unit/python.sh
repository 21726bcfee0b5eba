#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# That the programs of the tests fit together: what they call exists and is given what it wants. The benchmarks run on
# demand only, so nothing else would tell. Types as such are not held to account: a case knows that its daemon runs.
#
#     python.sh SOURCE-ROOT MYPY
set -eu
cd "$1/tests"
# (each is also looked through where it calls the laboratory's modules)
programs=$(grep -rlE --exclude-dir=__pycache__ '^#!/usr/bin/env python3' . ../src)
lax=$(printf ' --disable-error-code %s' arg-type assignment dict-item index misc operator return return-value type-var \
        union-attr var-annotated)
# shellcheck disable=SC2086 # words
exec "$2" --scripts-are-modules --explicit-package-bases --ignore-missing-imports --check-untyped-defs \
        --cache-dir=/dev/null $lax $programs
