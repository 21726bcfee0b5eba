/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The prober's targets: which there are, and what they answer. */

#include "alloc-util.h"
#include "prober-internal.h"

static size_t targets_add(ProbeTarget *targets, size_t n, const ProbeTarget *more, size_t n_more) {
        for (size_t i = 0; i < n_more && n < PAIR_TARGETS_MAX; i++) {
                bool known = false;

                for (size_t j = 0; j < n; j++)
                        known = known || probe_target_equal(targets + j, more + i);
                if (!known)
                        targets[n++] = more[i];
        }
        return n;
}

static ProberTarget *targets_renew(
                const Prober *p, const ProberTarget *old, const ProbeTarget *wanted, size_t n) {
        ProberTarget *targets = new0(ProberTarget, MAX(n, (size_t) 1));

        for (size_t i = 0; targets && i < n; i++) {
                targets[i].target = wanted[i];
                probe_ledger_init(&targets[i].ledger, p->policy.timeout);
                for (size_t j = 0; j < p->n_targets; j++)
                        if (probe_target_equal(&old[j].target, wanted + i))
                                targets[i] = old[j];
        }
        return targets;
}

/* Those of the policy, "gateway" being what was last said of it. */
static size_t targets_wanted(const Prober *p, ProbeTarget *targets) {
        size_t n = 0;

        for (size_t i = 0; i < p->policy.n_targets; i++)
                if (p->policy.targets[i].family != AF_UNSPEC)
                        n = targets_add(targets, n, p->policy.targets + i, 1);
                else
                        n = targets_add(targets, n, p->gateways, p->n_gateways);
        return n;
}

int prober_targets_follow(Prober *p, Error *e) {
        ProbeTarget wanted[PAIR_TARGETS_MAX];
        ProberTarget *renewed[_PAIR_SIDE_MAX];
        size_t n = targets_wanted(p, wanted);

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                renewed[s] = targets_renew(p, p->adapter[s].targets, wanted, n);
        if (!renewed[SIDE_PRIMARY] || !renewed[SIDE_STANDBY]) {
                free(renewed[SIDE_PRIMARY]);
                free(renewed[SIDE_STANDBY]);
                return error_errno(e, -ENOMEM, "cannot remember targets of probes");
        }
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                free(p->adapter[s].targets);
                p->adapter[s].targets = renewed[s];
        }
        p->n_targets = n;
        return 0;
}

int prober_set_gateways(Prober *p, const ProbeTarget *gateways, size_t n, Error *e) {
        p->n_gateways = MIN(n, ELEMENTSOF(p->gateways));
        memcpy(p->gateways, gateways, p->n_gateways * sizeof(*gateways));
        return prober_targets_follow(p, e);
}

void prober_receive_answer(Prober *p, PairSide side, const ProbeTarget *from, EtherAddress address, usec_t at) {
        ProberAdapter *a = p->adapter + side;

        for (size_t i = 0; i < p->n_targets; i++) {
                ProberTarget *t = a->targets + i;

                if (!probe_target_equal(&t->target, from))
                        continue;
                if (t->ledger.next == 0)
                        break; /* never asked */
                if (probe_ledger_answer(&t->ledger, at) == PROBE_IN_TIME && t->proven)
                        a->tally.received++;
                if (!ether_address_is_group(&address) && !ether_address_is_zero(&address)) {
                        t->address = address;
                        t->has_address = true;
                }
                t->proven = true;
                return;
        }
        p->ignored++;
}

usec_t prober_target_heard(const Prober *p, PairSide side) {
        usec_t heard = 0;

        for (size_t i = 0; i < p->n_targets; i++)
                heard = MAX(heard, p->adapter[side].targets[i].ledger.last_received);
        return heard;
}
