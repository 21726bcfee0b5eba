/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "irq-name.h"

#define QUEUE_MAX 65535U

static char lower(char c) {
        return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

/* Whether the first n characters of s have the word in them, whatever its case. */
static bool contains(const char *s, size_t n, const char *word) {
        size_t length = strlen(word);

        for (size_t i = 0; i + length <= n; i++) {
                size_t k = 0;

                while (k < length && lower(s[i + k]) == word[k])
                        k++;
                if (k == length)
                        return true;
        }
        return false;
}

static bool ends_with(const char *s, size_t n, const char *word) {
        size_t length = strlen(word);

        return n >= length && memcmp(s + n - length, word, length) == 0;
}

int irq_name_parse(const char *name, IrqName *ret) {
        /* Numbered, and for no queue. */
        static const char *const others[] = { "async", "config", "ctrl", "mbx", "mbox", "misc", "ptp", "aeq" };
        size_t end = strcspn(name, "@"), digits = 0, n;
        unsigned long queue;
        bool rx, tx;

        while (digits < end && name[end - digits - 1] >= '0' && name[end - digits - 1] <= '9')
                digits++;
        n = end - digits;
        if (digits == 0 || digits > 5 || n == 0 ||
                        !(name[n - 1] == '-' || name[n - 1] == '.' || ends_with(name, n, "comp")))
                return -ENOENT;
        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                if (contains(name, n, others[i]))
                        return -ENOENT;
        queue = strtoul(name + n, NULL, 10);
        if (queue > QUEUE_MAX)
                return -ENOENT;
        rx = contains(name, n, "rx-") || contains(name, n, "rxtx") || contains(name, n, "input");
        tx = contains(name, n, "tx-") || contains(name, n, "txrx") || contains(name, n, "output");
        *ret = (IrqName){ .rx = rx || !tx, .tx = tx || !rx, .queue = (unsigned) queue };
        return 0;
}
