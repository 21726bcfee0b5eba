#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What can be said of sources without compiling them: no include climbs out of its layer, every file names its
# licence, formatting is clang-format's. Long files are reported, not refused.
#
#   layers.sh SOURCE-ROOT
set -eu

cd "$1"
failed=0
fail() {
        echo "$*" >&2
        failed=$((failed + 1))
}

sources() { # of the kinds that are given
        for kind in "$@"; do
                for top in src tests data units policy man; do
                        [ ! -d "$top" ] || find "$top" -type f -name "$kind"
                done
        done | sort
}

# $1 has an include with ../
climbs() {
        grep -Eq '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<][^">]*\.\./' "$1"
}
licensed() {
        head -n 3 "$1" | grep -q 'SPDX-License-Identifier: [A-Z]'
}

for f in $(sources '*.c' '*.h'); do
        ! climbs "$f" || fail "$f: includes over ../"
done
for f in meson.build meson_options.txt $(sources '*.c' '*.h' '*.sh' '*.py' 'meson.build'); do
        licensed "$f" || fail "$f: no SPDX-License-Identifier in its first three lines"
done

# would it be noticed?
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '#include "../core/x.h"\nint  f( );\n' >"$work/wrong.c"
climbs "$work/wrong.c" || fail "blind: an include over ../ was not noticed"
! licensed "$work/wrong.c" || fail "blind: a missing licence was not noticed"

if command -v clang-format >/dev/null; then
        cp .clang-format "$work"
        ! clang-format --dry-run -Werror "$work/wrong.c" 2>/dev/null || fail "blind: wrong formatting was not noticed"
        # shellcheck disable=SC2046
        clang-format --dry-run -Werror $(sources '*.c' '*.h') || fail "run clang-format -i on these"
else
        echo "clang-format is not installed: formatting was not checked"
fi

for f in $(sources '*.c' '*.h'); do
        n=$(wc -l <"$f")
        [ "$n" -le 600 ] || echo "$f: $n lines, more than the 600 a newcomer reads"
done
echo "$failed failures"
test "$failed" -eq 0
