#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every header compiles alone and twice, and sees no layer but those below its own.
#
#   headers.sh SOURCE-ROOT COMPILER...
set -eu

root=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# what a layer may see, itself first (src/meson.build)
layer_includes() {
        case $1 in
        base) echo base ;;
        core) echo core base ;;
        config | journal | kernel | steering) echo "$1" core base ;;
        daemon) echo daemon config journal kernel steering core base ;;
        bus) echo bus daemon config journal kernel steering core base ;;
        primectl | control | ctl) echo "$1" config core base ;;
        # of the daemon's main(), beside the layers
        primed-*.h) layer_includes bus ;;
        *) return 1 ;;
        esac
}

libraries=$(pkg-config --cflags libnl-3.0 libnl-genl-3.0 libsystemd libbpf yaml-0.1 json-c)
n=0 failed=0

check() { # FILE LAYERS...
        file=$1 include=
        shift
        for layer in "$@"; do include="$include -I$root/src/$layer"; done
        printf '#include "%s"\n#include "%s"\n' "$file" "$file" >"$work/alone.c"
        # shellcheck disable=SC2086
        $compiler -fsyntax-only -std=gnu11 -D_GNU_SOURCE -DPRIMED_VERSION='""' -Wall -Wextra -Werror \
                -Wno-unused-parameter -Wno-missing-field-initializers $include $libraries "$work/alone.c"
}

compiler=$*
# *.bpf.h are parts of a program for the kernel, which is compiled as a whole
for header in $(find "$root/src" -name '*.h' ! -name '*.bpf.h' | sort); do
        layer=${header#"$root/src/"}
        layer=${layer%%/*}
        layers=$(layer_includes "$layer") || {
                echo "$header: no layer called $layer, add it to $0" >&2
                failed=$((failed + 1))
                continue
        }
        n=$((n + 1))
        # shellcheck disable=SC2086
        check "$header" $layers || {
                echo "$header does not compile alone" >&2
                failed=$((failed + 1))
        }
done

# to know that it would be noticed: a header that lacks an include, and one that looks up a layer
echo 'static inline usec_t f(void) { return 0; }' >"$work/lacks.h"
echo '#include "health-source.h"' >"$work/upward.h"
for wrong in lacks upward; do
        if check "$work/$wrong.h" core base 2>/dev/null; then
                echo "blind: $wrong.h should not compile" >&2
                failed=$((failed + 1))
        fi
done

echo "$n headers, $failed failures"
test "$n" -gt 10
test "$failed" -eq 0
