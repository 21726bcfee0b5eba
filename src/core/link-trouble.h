/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Why a driver says that its link is down (Linux 5.9, enum ethtool_link_ext_state and its substates), in the
 * words of ethtool(8), and what a person should check then. Pure. */

#include <stdbool.h>
#include <stdint.h>

typedef struct LinkTrouble {
        bool known; /* it says so */
        uint8_t state;
        uint8_t substate; /* 0: it says no more */
} LinkTrouble;

static inline bool link_trouble_equal(const LinkTrouble *a, const LinkTrouble *b) {
        return a->known == b->known && a->state == b->state && a->substate == b->substate;
}

#define LINK_TROUBLE_TEXT_MAX 80

/* "Cable issue, Unsupported cable"; "" when it is not known. Numbers without words are told as such. */
const char *link_trouble_format(const LinkTrouble *t, char buffer[static LINK_TROUBLE_TEXT_MAX]);

#define LINK_TROUBLE_TEXT(t) link_trouble_format((t), (char[LINK_TROUBLE_TEXT_MAX]){})

/* One line; NULL: nothing better than what holds for every link that is down. */
const char *link_trouble_advice(const LinkTrouble *t);
