/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>

#include "alloc-util.h"
#include "redirect-presence.h"

#define LOOK USEC_PER_SEC
/* Who removes a pin takes nothing away until the next start: to find it by then is soon enough. */
#define LOOK_AT_PINS (5 * USEC_PER_SEC)
/* More than may be on their way from the driver to the program while the counters are read, of an idle adapter;
 * a fifth of a second of beacons. */
#define UNSEEN_MIN 4

typedef struct DirectionRow {
        const char *statistic;
        usec_t trust;
} DirectionRow;

/* Some adapters receive frames that no program can see (XDP, offloaded forwarding). */
static const DirectionRow directions[_PRESENCE_DIRECTION_MAX] = {
        [PRESENCE_INGRESS] = { "rx_packets", 10 * USEC_PER_SEC },
        [PRESENCE_EGRESS] = { "tx_packets", USEC_PER_MINUTE },
};

static void forget_file(PresenceHook *h) {
        if (h->opened)
                close(h->file);
        h->opened = false;
}

/* 0 where it cannot be read, which leaves no doubt. No lock is taken for it (net/core/net-sysfs.c). */
static uint64_t read_device(PresenceHook *h, const char *name, const char *statistic) {
        char path[96], text[24] = "";

        if (!h->opened) {
                snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", name, statistic);
                h->file = open(path, O_RDONLY | O_CLOEXEC);
                h->opened = h->file >= 0;
        }
        if (h->opened && pread(h->file, text, sizeof(text) - 1, 0) <= 0)
                forget_file(h); /* another device may have the name next time */
        return strtoull(text, NULL, 10);
}

static bool hook_in_doubt(PresenceHook *h, uint64_t seen, uint64_t device) {
        if (!h->known || seen != h->seen || device < h->device) {
                h->seen = seen;
                h->device = device;
                h->known = true;
                return false;
        }
        return device - h->device >= UNSEEN_MIN;
}

/* A set of 1 << PresenceDirection. */
static unsigned find_doubts(Presence *p, const RedirectPrograms *r, const SteeringParameters *s, usec_t now) {
        uint64_t device[_PRESENCE_DIRECTION_MAX][_PAIR_SIDE_MAX];
        struct redirect_counters c;
        unsigned doubts = 0;

        for (PresenceDirection d = 0; d < _PRESENCE_DIRECTION_MAX; d++)
                for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                        device[d][side] = read_device(
                                        &p->hook[d][side], s->name[side], directions[d].statistic);
        if (redirect_programs_get_counters(r, &c) < 0)
                return 0;
        for (PresenceDirection d = 0; d < _PRESENCE_DIRECTION_MAX; d++)
                for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                        uint64_t seen = d == PRESENCE_INGRESS ? c.ingress_seen[side] : c.egress_seen[side];

                        if (hook_in_doubt(&p->hook[d][side], seen, device[d][side]) &&
                                        now >= p->trusted_until[d])
                                doubts |= 1u << d;
                }
        return doubts;
}

void presence_done(Presence *p) {
        for (PresenceDirection d = 0; d < _PRESENCE_DIRECTION_MAX; d++)
                for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                        forget_file(&p->hook[d][side]);
}

bool presence_is_due(const Presence *p, usec_t now) {
        return now >= p->next;
}

void presence_looked(Presence *p, usec_t now) {
        p->next = usec_add(now, LOOK);
}

bool presence_is_sure(Presence *p, const RedirectPrograms *r, const SteeringParameters *s, usec_t now) {
        p->doubts = find_doubts(p, r, s, now);
        if (p->doubts || now < p->pins_next)
                return !p->doubts;
        p->pins_next = usec_add(now, LOOK_AT_PINS);
        return redirect_programs_pins_exist(r);
}

const char *presence_find_missing(
                Presence *p, const RedirectPrograms *r, const SteeringParameters *s, usec_t now) {
        const char *missing = redirect_programs_find_missing(r, s);

        for (PresenceDirection d = 0; !missing && d < _PRESENCE_DIRECTION_MAX; d++)
                if (p->doubts & 1u << d)
                        p->trusted_until[d] = usec_add(now, directions[d].trust);
        return missing;
}
