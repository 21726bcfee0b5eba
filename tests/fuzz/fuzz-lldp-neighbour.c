/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any frame that claims to be LLDP: what is understood is text that prints. */

#include <ctype.h>
#include <stdlib.h>

#include "fuzz.h"
#include "lldp-neighbour.h"

static void check_text(const char text[static LLDP_TEXT_MAX]) {
        size_t n = strnlen(text, LLDP_TEXT_MAX);

        if (n == LLDP_TEXT_MAX)
                abort();
        for (size_t i = 0; i < n; i++)
                if (!isprint((unsigned char) text[i]))
                        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        LldpNeighbour n;

        if (lldp_neighbour_parse(data, size, &n) < 0)
                return 0;
        if (!n.chassis[0] || !n.port[0])
                abort();
        check_text(n.chassis);
        check_text(n.port);
        check_text(n.system);
        return 0;
}
