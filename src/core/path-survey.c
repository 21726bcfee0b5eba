/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <net/ethernet.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "path-survey.h"

void path_survey_init(PathSurvey *s, usec_t every) {
        *s = (PathSurvey){};
        path_survey_set_interval(s, every);
}

void path_survey_set_interval(PathSurvey *s, usec_t every) {
        s->interval = MAX(every, PATH_SURVEY_INTERVAL);
}

void path_survey_done(PathSurvey *s) {
        free(s->ways);
        s->ways = NULL;
        s->n_ways = 0;
}

static bool way_equal(const SurveyWay *w, const FrameTag *tag, unsigned length) {
        return frame_tag_equal(&w->tag, tag) && w->length == length;
}

static bool is_same(const PathSurvey *s, unsigned length, const FrameTag *vlans, size_t n_vlans) {
        size_t n = 0;

        if (s->n_ways != n_vlans + (length > 0))
                return false;
        if (length > 0 && !way_equal(s->ways + n++, &(FrameTag){}, length))
                return false;
        for (size_t i = 0; i < n_vlans; i++)
                if (!way_equal(s->ways + n++, vlans + i, 0))
                        return false;
        return true;
}

static SurveyWay way_of(const PathSurvey *old, FrameTag tag, unsigned length) {
        for (size_t i = 0; i < old->n_ways; i++)
                if (way_equal(old->ways + i, &tag, length))
                        return old->ways[i];
        return (SurveyWay){ .tag = tag, .length = length };
}

int path_survey_set(PathSurvey *s, unsigned length, const FrameTag *vlans, size_t n_vlans) {
        SurveyWay *ways;
        size_t n = 0;

        n_vlans = MIN(n_vlans, (size_t) PATH_SURVEY_VLANS_MAX);
        if (is_same(s, length, vlans, n_vlans))
                return 0;
        ways = new0(SurveyWay, n_vlans + 1);
        if (!ways)
                return -ENOMEM;
        if (length > 0)
                ways[n++] = way_of(s, (FrameTag){}, length);
        for (size_t i = 0; i < n_vlans; i++)
                ways[n++] = way_of(s, vlans[i], 0);
        free(s->ways);
        s->ways = ways;
        s->n_ways = n;
        s->cursor = 0;
        return 0;
}

static bool is_known(const SurveyDirection *d) {
        return d->heard > 0 || d->failing;
}

static bool is_due(const PathSurvey *s, const SurveyWay *w, usec_t now) {
        if (w->asked == 0 || usec_sub(now, w->asked) >= s->interval)
                return true;
        if (w->asked == now)
                return false;
        for (PairSide from = 0; from < _PAIR_SIDE_MAX; from++)
                if (!is_known(w->from + from) && w->from[from].unanswered < PATH_SURVEY_LOSE)
                        return true; /* to be known soon, and not by one frame alone */
        return false;
}

SurveyWay *path_survey_next(PathSurvey *s, usec_t now) {
        for (size_t i = 0; i < s->n_ways; i++) {
                SurveyWay *w = s->ways + (s->cursor + i) % s->n_ways;

                if (!is_due(s, w, now))
                        continue;
                s->cursor = (s->cursor + i + 1) % s->n_ways;
                return w;
        }
        return NULL;
}

void path_survey_asked(SurveyWay *w, usec_t now) {
        w->asked = now;
}

void path_survey_sent(SurveyWay *w, PairSide from) {
        w->from[from].unanswered++;
}

size_t path_survey_quota(const PathSurvey *s, usec_t every) {
        return MAX((size_t) PATH_SURVEY_TOGETHER, (size_t) (s->n_ways * every / s->interval + 1));
}

uint64_t path_survey_code(const SurveyWay *w) {
        return (uint64_t) w->tag.protocol << 48 | (uint64_t) w->tag.vlan << 32 | w->length;
}

bool path_survey_receive(PathSurvey *s, uint64_t code, PairSide from, usec_t at) {
        for (size_t i = 0; i < s->n_ways; i++)
                if (path_survey_code(s->ways + i) == code) {
                        s->ways[i].from[from] = (SurveyDirection){ .heard = at };
                        return true;
                }
        return false;
}

void path_survey_forget_long(PathSurvey *s) {
        for (size_t i = 0; i < s->n_ways; i++)
                if (s->ways[i].length > 0)
                        s->ways[i] = (SurveyWay){ .length = s->ways[i].length };
}

static bool is_failing(const SurveyWay *w) {
        return w->from[SIDE_PRIMARY].failing || w->from[SIDE_STANDBY].failing;
}

const FrameTag *path_survey_passing_vlan(const PathSurvey *s, usec_t since) {
        for (size_t i = 0; i < s->n_ways; i++) {
                const SurveyWay *w = s->ways + i;

                if (w->tag.vlan != 0 && w->from[SIDE_PRIMARY].heard > since &&
                                w->from[SIDE_STANDBY].heard > since)
                        return &w->tag;
        }
        return NULL;
}

bool path_survey_has_vlan(const PathSurvey *s, const FrameTag *tag) {
        for (size_t i = 0; i < s->n_ways; i++)
                if (way_equal(s->ways + i, tag, 0))
                        return true;
        return false;
}

void path_survey_judge(PathSurvey *s, PairSide spare, usec_t timeout, usec_t now) {
        bool known = true;

        for (size_t i = 0; i < s->n_ways; i++) {
                SurveyWay *w = s->ways + i;
                unsigned patience = usec_sub(now, w->asked) < timeout ? PATH_SURVEY_LOSE + 1 : PATH_SURVEY_LOSE;

                for (PairSide from = 0; from < _PAIR_SIDE_MAX; from++) {
                        SurveyDirection *d = w->from + from;

                        if (d->unanswered >= patience && !d->failing) {
                                if (!is_failing(w))
                                        w->blamed = spare;
                                d->failing = true;
                        }
                        known = known && is_known(d);
                }
        }
        s->settled = s->settled || known;
}

static bool is_unknown(const SurveyWay *w) {
        return !is_known(w->from + SIDE_PRIMARY) || !is_known(w->from + SIDE_STANDBY);
}

static void name_way(const SurveyWay *w, char *name, size_t size) {
        if (w->tag.vlan == 0)
                snprintf(name, size, "frames of %u octets", w->length);
        else
                snprintf(name, size, "frames of VLAN %u%s", w->tag.vlan,
                                w->tag.protocol == ETHERTYPE_VLAN ? "" : " (802.1ad)");
}

bool path_survey_passes(const PathSurvey *s, PairSide side, const char *const names[static _PAIR_SIDE_MAX],
                char *reason, size_t size) {
        const SurveyWay *failing = NULL, *unknown = NULL;
        char name[40], others[40] = "";
        unsigned n = 0;

        for (size_t i = 0; i < s->n_ways; i++) {
                const SurveyWay *w = s->ways + i;

                if (is_failing(w) && w->blamed == side && n++ == 0)
                        failing = w;
                if (is_unknown(w) && !unknown)
                        unknown = w;
        }
        if (failing) {
                PairSide from = failing->from[SIDE_PRIMARY].failing ? SIDE_PRIMARY : SIDE_STANDBY;
                bool both = failing->from[pair_side_other(from)].failing;

                name_way(failing, name, sizeof(name));
                if (n > 1)
                        snprintf(others, sizeof(others), " and %u other kind%s", n - 1, n > 2 ? "s" : "");
                snprintf(reason, size, "%s%s do not pass %s %s %s %s", name, others, both ? "between" : "from",
                                names[from], both ? "and" : "to", names[pair_side_other(from)]);
                return false;
        }
        if (unknown && !s->settled) {
                name_way(unknown, name, sizeof(name));
                snprintf(reason, size, "%s are not known to pass between %s and %s", name, names[SIDE_PRIMARY],
                                names[SIDE_STANDBY]);
                return false;
        }
        return true;
}
