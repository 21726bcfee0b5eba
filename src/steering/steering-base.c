/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "redirect-filter.h"
#include "steering-base.h"
#include "steering-undo.h"

void steering_base_init(SteeringBase *b, const SteeringBackend *backend, const SteeringParameters *p,
                uint32_t (*mode)(const IngressMove *m)) {
        b->steering.backend = backend;
        b->announcer.socket[SIDE_PRIMARY] = b->announcer.socket[SIDE_STANDBY] = -EBADF;
        for (RedirectMap m = 0; m < _REDIRECT_MAP_MAX; m++)
                b->programs.map[m] = -EBADF;
        snprintf(b->pair, sizeof(b->pair), "%s", p->pair);
        snprintf(b->directory, sizeof(b->directory), "%s", p->bpf_directory);
        b->parameters = *p;
        b->parameters.pair = b->pair;
        b->parameters.bpf_directory = b->directory;
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                snprintf(b->name[side], sizeof(b->name[side]), "%s", p->name[side]);
                b->parameters.name[side] = b->name[side];
        }
        b->ingress = (IngressMove){
                .programs = &b->programs,
                .announcer = &b->announcer,
                .pair = b->pair,
                .name = steering_base_names(b),
                .mode = mode,
        };
}

SteeringReading *steering_reading_free(SteeringReading *r) {
        if (!r)
                return NULL;
        free(r->identity);
        free(r);
        return NULL;
}

void steering_base_done(SteeringBase *b) {
        announcer_done(&b->announcer);
        redirect_programs_done(&b->programs);
        b->netlink = rtnetlink_free(b->netlink);
}

int steering_base_open_programs(SteeringBase *b, enum redirect_kind kind, Error *e) {
        int r = redirect_programs_open(&b->programs, &b->parameters, e);

        if (r > 0 && b->programs.config.kind != kind) {
                (void) steering_base_undo(b, NULL);
                redirect_programs_done(&b->programs);
                r = redirect_programs_open(&b->programs, &b->parameters, e);
        }
        if (r >= 0)
                b->programs.config.kind = kind;
        return r;
}

int steering_base_set_up(SteeringBase *b, bool found, Error *e) {
        const SteeringParameters *p = &b->parameters;

        for (PairSide side = 0; found && side < _PAIR_SIDE_MAX; side++)
                if (b->programs.config.ifindex[side] != (uint32_t) p->ifindex[side])
                        redirect_filter_forget(&b->programs, side);
        return announcer_init(&b->announcer, p->pair, p->ifindex, p->name, e);
}

static void note_vlan(Steering *s, const FrameTag *tag) {
        for (size_t v = 0; v < s->n_vlans; v++)
                if (frame_tag_equal(s->vlans + v, tag))
                        return;
        if (s->n_vlans < STEERING_VLANS_MAX)
                s->vlans[s->n_vlans++] = *tag;
}

/* Of devices that are down nobody expects that their frames pass. */
static void note_vlans(Steering *s, const Identity *i) {
        s->n_vlans = 0;
        for (size_t u = 0; u < i->n_uppers; u++) {
                const FrameTag *tag = identity_outermost_tag(&i->uppers[u]);

                if (i->uppers[u].up && tag)
                        note_vlan(s, tag);
        }
}

int steering_base_store_identity(SteeringBase *b, const Identity *i, Error *e) {
        struct redirect_config *c = &b->programs.config;

        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                c->ifindex[side] = (uint32_t) i->ifindex[side];
                memcpy(c->station[side], i->station[side].octet, sizeof(c->station[side]));
        }
        memcpy(c->identity, i->own.octet, sizeof(c->identity));
        note_vlans(&b->steering, i);
        return redirect_programs_store_config(&b->programs, e);
}

int steering_base_undo(SteeringBase *b, Error *e) {
        return steering_undo(&b->programs, b->netlink, &b->parameters, e);
}
