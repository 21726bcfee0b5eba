/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The prober's frames as long as the MTU and of the pair's VLANs: sends and receives them, and says when what
 * does not arrive may be judged. */

#include "probe-socket.h"
#include "prober-internal.h"

static bool beacons_pass(const Prober *p, usec_t now) {
        usec_t interval = prober_check_interval(p);

        return probe_is_fresh(p->adapter[SIDE_PRIMARY].beacon.last_received, interval, now) &&
                        probe_is_fresh(p->adapter[SIDE_STANDBY].beacon.last_received, interval, now);
}

/* An adapter that corrupts some bits loses long frames first: while short ones are lost too, or its counters
 * speak against it, the long ones are not the spare's fault. */
static bool may_judge(const Prober *p, usec_t now) {
        return p->blamed >= 0 && beacons_pass(p, now) && prober_is_calm(p, now);
}

static void use_tag(Prober *p, FrameTag tag) {
        p->tag = tag;
        path_survey_forget_long(&p->survey);
}

/* Where the switch lets in no frames without a tag, beacons are of a VLAN that passes. */
static void follow_vlan(Prober *p, usec_t now) {
        const ProberAdapter *a = p->adapter;
        const FrameTag *passing;

        if (p->tag.vlan != 0 && !path_survey_has_vlan(&p->survey, &p->tag))
                use_tag(p, (FrameTag){});
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                if (a[s].beacon.lost_in_a_row < p->policy.lose)
                        return;
        passing = path_survey_passing_vlan(&p->survey,
                        MAX(a[SIDE_PRIMARY].beacon.last_received, a[SIDE_STANDBY].beacon.last_received));
        if (passing)
                use_tag(p, *passing);
}

/* The tag is not part of what the MTU limits. */
static size_t long_frame(const Prober *p, const SurveyWay *w) {
        return w->length > 0 && p->tag.vlan != 0 ? w->length + 4 : w->length;
}

static void send_one(Prober *p, PairSide side, SurveyWay *w, usec_t now) {
        Beacon b = { .kind = BEACON_SURVEY,
                .from = (uint8_t) side,
                .cookie = p->cookie,
                .pair = p->pair_id,
                .sequence = path_survey_code(w),
                .sent = now };
        bool is_vlan = w->tag.vlan != 0;
        uint8_t frame[FRAME_MAX];
        int n = prober_build_beacon(p, side, &b, is_vlan ? w->tag : p->tag, frame), r;

        r = probe_socket_send_padded(p->adapter[side].fd, frame, (size_t) n, long_frame(p, w));
        if (r == -ENOBUFS || r == -EAGAIN)
                return; /* congestion */
        path_survey_sent(w, side);
        p->survey_awaited[pair_side_other(side)] += r == 0;
}

void prober_survey(Prober *p, usec_t now) {
        if (may_judge(p, now))
                path_survey_judge(&p->survey, p->blamed, p->policy.timeout, now);
        follow_vlan(p, now);
        memset(p->survey_awaited, 0, sizeof(p->survey_awaited));
        for (size_t quota = path_survey_quota(&p->survey, p->policy.every); quota > 0; quota--) {
                SurveyWay *w = path_survey_next(&p->survey, now);

                if (!w)
                        return;
                path_survey_asked(w, now);
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                        send_one(p, s, w, now);
        }
}

void prober_survey_receive(Prober *p, PairSide side, const Beacon *b, usec_t at) {
        if (p->survey_awaited[side] > 0)
                p->survey_awaited[side]--;
        /* one that is not asked any more is none of a stranger */
        (void) path_survey_receive(&p->survey, b->sequence, (PairSide) b->from, at);
}

int prober_set_survey(Prober *p, unsigned length, const FrameTag *vlans, size_t n_vlans) {
        if (!p->policy.beacon)
                return path_survey_set(&p->survey, 0, NULL, 0);
        return path_survey_set(&p->survey, MIN(length, (unsigned) PROBE_SOCKET_PADDED_MAX), vlans, n_vlans);
}

void prober_set_blamed(Prober *p, PairSide side) {
        p->blamed = side;
}

bool prober_is_surveyed(const Prober *p, PairSide side, usec_t now, char *reason) {
        const char *const names[] = { p->adapter[SIDE_PRIMARY].name, p->adapter[SIDE_STANDBY].name };

        reason[0] = '\0';
        return !beacons_pass(p, now) || path_survey_passes(&p->survey, side, names, reason, PROBE_REASON_MAX);
}
