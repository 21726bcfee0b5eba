/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What would change a finding, in words; the rules themselves are in the detectors. */

#include <stdio.h>

#include "evidence.h"

/* "three readings in a row better than -12 dBm by 0.4 dB" */
static void format_level(const Evidence *e, const SignalInfo *info, char *buffer, size_t size) {
        if (info->unit == SIGNAL_UNIT_DBM)
                snprintf(buffer, size, "three readings in a row more than 0.41 dB above %.3g dBm",
                                e->threshold);
        else
                snprintf(buffer, size, "three readings in a row better than %.3g by a tenth", e->threshold);
}

void evidence_format_remedy(const Evidence *e, char *buffer, size_t size) {
        const SignalInfo *info = signal_info(e->signal);

        if (size == 0)
                return;
        buffer[0] = '\0';
        if (!info)
                return;
        if (e->injected) {
                snprintf(buffer, size, "the end of the drill it was injected for");
                return;
        }
        switch (e->rule) {
        case RULE_RATE:
                snprintf(buffer, size,
                                "as many frames without an error as it takes to trust the link again (some "
                                "%.2g); "
                                "no traffic changes nothing",
                                18 / (99 * e->threshold));
                return;
        case RULE_PROBE:
                snprintf(buffer, size,
                                "some %.2g probes without a loss, or the loss of a carrier that explains them",
                                20 / e->threshold);
                return;
        case RULE_LEVEL:
                format_level(e, info, buffer, size);
                return;
        case RULE_TREND:
                snprintf(buffer, size, "readings that no longer %s towards %.3g", info->below ? "fall" : "rise",
                                e->threshold);
                return;
        case RULE_FLAP:
                snprintf(buffer, size,
                                "%s without a loss of link, and then as long as the penalty takes to halve "
                                "(30min)",
                                FORMAT_TIMESPAN(e->per));
                return;
        case RULE_COUNT:
                snprintf(buffer, size, "fewer than %g errored seconds within %s", e->threshold,
                                FORMAT_TIMESPAN(e->per));
                return;
        case RULE_CARRIER:
                snprintf(buffer, size, "a carrier");
                return;
        case RULE_NONE:
        case _RULE_MAX:
        case _RULE_INVALID:
                return;
        }
}
