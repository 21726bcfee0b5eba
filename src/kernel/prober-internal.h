/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of prober share. */

#include "frame-codec.h"
#include "path-survey.h"
#include "probe-ledger.h"
#include "probe-pace.h"
#include "prober.h"

typedef struct ProberTarget {
        ProbeTarget target;
        bool proven;
        bool has_address;
        EtherAddress address; /* of its last answer */
        ProbeLedger ledger;
} ProberTarget;

typedef struct ProberAdapter {
        int fd, ifindex;
        char name[IFNAMSIZ];
        EtherAddress station;
        int down;             /* negative errno of the last send that was not just refused */
        usec_t refused_since; /* 0: the driver takes frames */
        bool doubt;           /* whether there is a carrier */
        ProberTarget *targets;
        ProbeTally tally;   /* of all proven targets */
        ProbeLedger beacon; /* from here to the other one */
} ProberAdapter;

struct Prober {
        ProbePolicy policy;
        uint64_t cookie, pair_id;
        ProbeTarget gateways[PAIR_TARGETS_MAX];
        size_t n_gateways;
        size_t n_targets;
        ProbePace beacon_pace, target_pace;
        ProbeVerdict verdict;
        usec_t due;
        usec_t lost_at; /* when the last one was given up; 0: none yet */
        bool unjudged;  /* one was, since the verdict */
        uint64_t ignored;
        bool patient;
        PathSurvey survey;
        FrameTag tag;                            /* of beacons; vlan 0: none */
        unsigned survey_awaited[_PAIR_SIDE_MAX]; /* at that side, of those sent last */
        PairSide blamed;                         /* see prober_set_blamed() */
        ProberAdapter adapter[_PAIR_SIDE_MAX];
};

/* How long what proves a path does so. */
static inline usec_t prober_check_interval(const Prober *p) {
        return p->policy.every * p->policy.lose + p->policy.timeout;
}

/* prober-targets.c: the targets become those of the policy and the gateways. -ENOMEM: they are as before. */
int prober_targets_follow(Prober *p, Error *e);
/* A target's answer arrived at that side; from which address it came on the wire. */
void prober_receive_answer(Prober *p, PairSide side, const ProbeTarget *from, EtherAddress address, usec_t at);
/* When one last answered through that side; 0: never. */
usec_t prober_target_heard(const Prober *p, PairSide side);

/* prober-survey.c: judges what has been asked, and asks what is due. With each beacon. */
void prober_survey(Prober *p, usec_t now);

/* A beacon of a survey arrived at that side. */
void prober_survey_receive(Prober *p, PairSide side, const Beacon *b, usec_t at);

/* A whole beacon into a buffer of FRAME_MAX; with a tag if that has a VLAN. Returns its length. */
int prober_build_beacon(const Prober *p, PairSide side, const Beacon *b, FrameTag tag, uint8_t *frame);
