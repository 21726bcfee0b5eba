#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The core is pure: no clock, no I/O, no log, no library but libc's memory, strings and mathematics. Everything
# its objects need must be on the list below or be defined in the core or the base.
#
#   core-purity.sh NM CORE BASE IMPURE
#
# IMPURE is a library that does what the core must not (impure.c): if that passes, this test is blind and fails.
set -eu

nm=$1 core=$2 base=$3 impure=$4

allowed='^(
malloc|calloc|realloc|reallocarray|free|abort|
mem(cpy|move|set|cmp|chr|mem)|
str(n?len|n?cmp|n?casecmp|n?cpy|n?cat|r?chr|chrnul|n?dup|spn|cspn|pbrk|str|sep)|stpcpy|
str(tol|toll|toul|toull|tod)|__isoc(99|23)_(strto.*|sscanf)|__ctype_(b|toupper|tolower)_loc|
v?snprintf|sscanf|inet_ntop|qsort|bsearch|
__assert_fail|__errno_location|__stack_chk_fail|__(mem|st[rp]|v?snprintf).*_chk|
(exp2?|expm1|log(2|10|1p)?|pow|sqrt|cbrt|fabs|fmin|fmax|floor|ceil|l?l?round|trunc|fmod|ldexp|frexp|erfc?|lgamma)f?|
_GLOBAL_OFFSET_TABLE_|
__(asan|ubsan|lsan|sanitizer|tsan|msan|gcov|llvm)_.*|
)$'
allowed=$(printf %s "$allowed" | tr -d '\n' | sed 's/|)\$$/)$/')

# what $1 needs and nobody who may provides
strangers() {
        own=$(mktemp)
        "$nm" --defined-only -f posix "$1" "$base" 2>/dev/null | awk 'NF >= 2 { print $1 }' | sort -u >"$own"
        "$nm" -u -f posix "$1" 2>/dev/null | awk 'NF >= 2 && $2 ~ /[Uw]/ { print $1 }' | sort -u |
                comm -23 - "$own" | grep -Ev "$allowed" || true
        rm -f "$own"
}

# an archive without symbols would pass for a pure one
test "$("$nm" --defined-only "$core" 2>/dev/null | grep -c ' T ')" -gt 10 || {
        echo "$nm finds no functions in $core" >&2
        exit 1
}

seen=$(strangers "$impure" | tr '\n' ' ')
for symbol in clock_gettime fopen getenv puts socket; do # fopen64 where off_t was asked to be that wide
        case " $seen" in
        *" $symbol "* | *" ${symbol}64 "*) ;;
        *)
                echo "blind: $impure calls $symbol, but only this was seen: $seen" >&2
                exit 1
                ;;
        esac
done

bad=$(strangers "$core")
if [ -n "$bad" ]; then
        echo "the core is not pure, it needs:" >&2
        echo "$bad" >&2
        exit 1
fi
echo "core is pure; blindness check saw: $seen"
