/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who the gateways are that a policy's probes ask: read by a thread whenever a default route may have changed,
 * since the kernel answers only when nobody else holds RTNL. */

#include <linux/rtnetlink.h>
#include <netlink/msg.h>

#include "alloc-util.h"
#include "clock.h"
#include "guard-internal.h"
#include "journal.h"
#include "probe-gateway.h"

typedef struct GatewayWork {
        int home;
        ProbeTarget targets[PAIR_TARGETS_MAX];
        int n; /* or negative errno */
        Error error;
} GatewayWork;

static void work_run(void *userdata) {
        GatewayWork *w = userdata;

        w->n = probe_gateway_read(w->home, w->targets, ELEMENTSOF(w->targets), &w->error);
}

static const ErrandKind gateway_kind = { work_run, free };

static bool asks_gateways(const PairPolicy *policy) {
        for (size_t i = 0; i < policy->probe.n_targets; i++)
                if (policy->probe.targets[i].family == AF_UNSPEC)
                        return true;
        return false;
}

void guard_read_gateways(Guard *g, const PairPolicy *policy) {
        GatewayWork *w;
        int r;

        if (!g->prober || !asks_gateways(policy))
                return;
        if (g->gateways) {
                g->gateways_again = true; /* what is being read may be older than the news */
                return;
        }
        w = new0(GatewayWork, 1);
        if (w)
                w->home = g->home;
        r = w ? errand_send(g->options.errands, &gateway_kind, w, &g->gateways) : -ENOMEM;
        if (r < 0)
                journal_log(LOG_WARNING, policy->name, NULL, "cannot look for the gateways: %s", strerror(-r));
}

void guard_take_gateways(Guard *g) {
        GatewayWork *w = g->gateways ? errand_result(g->gateways) : NULL;
        Error e = {};

        if (!w)
                return;
        if (w->n < 0)
                e = w->error;
        else
                (void) prober_set_gateways(g->prober, w->targets, (size_t) w->n, &e);
        if (e.kind != ERROR_NONE)
                journal_log(LOG_WARNING, pair_name(g->pair), NULL, "%s", e.text);
        g->gateways = errand_free(g->gateways);
        probe_clock_set(g->options.probe_clock, &g->probe_alarm, clock_monotonic());
        if (g->gateways_again) {
                g->gateways_again = false;
                guard_read_gateways(g, pair_policy(g->pair));
        }
}

void guard_note_route(Guard *g, const struct nlmsghdr *message) {
        const struct rtmsg *route = message ? nlmsg_data(message) : NULL;

        if (message &&
                        ((message->nlmsg_type != RTM_NEWROUTE && message->nlmsg_type != RTM_DELROUTE) ||
                                        !nlmsg_valid_hdr(message, sizeof(*route)) || route->rtm_dst_len != 0))
                return;
        guard_read_gateways(g, pair_policy(g->pair));
}
