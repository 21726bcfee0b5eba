/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence-news.h"

/* The worst that was told of the adapter and counts. */
static EvidenceLevel told_level(const EvidenceNews *n, PairSide side) {
        EvidenceLevel worst = EVIDENCE_NONE;

        for (Signal s = 0; s < _SIGNAL_MAX; s++)
                if (!n->told[side][s].vetoed)
                        worst = MAX(worst, n->told[side][s].level);
        return worst;
}

static unsigned note_present(EvidenceNews *n, PairSide side, const Evidence *e) {
        EvidenceTold *told = n->told[side] + e->signal;
        bool raised = e->level > told->level, vetoed = e->vetoed && !told->vetoed;
        bool counts = e->vetoed != told->vetoed || raised;
        EvidenceLevel before = counts ? told_level(n, side) : EVIDENCE_NONE;
        unsigned news = 0;

        told->vetoed = e->vetoed;
        told->level = MAX(told->level, e->level);
        told->good_since = 0;
        if (vetoed && !n->told[pair_side_other(side)][e->signal].vetoed)
                news |= EVIDENCE_NEWS_VETOED;
        if (raised)
                news |= EVIDENCE_NEWS_RAISED;
        if (counts && before == EVIDENCE_NONE && told_level(n, side) > EVIDENCE_NONE)
                news |= EVIDENCE_NEWS_SUSPECT;
        return news;
}

static unsigned note_absent(EvidenceNews *n, PairSide side, Signal signal, usec_t now) {
        EvidenceTold *told = n->told[side] + signal;
        bool suspect;

        if (told->level == EVIDENCE_NONE)
                return 0;
        if (told->good_since == 0)
                told->good_since = now;
        if (now < usec_add(told->good_since, EVIDENCE_GOOD_AGAIN))
                return 0;
        suspect = told_level(n, side) > EVIDENCE_NONE;
        *told = (EvidenceTold){};
        return EVIDENCE_NEWS_CLEARED |
                        (suspect && told_level(n, side) == EVIDENCE_NONE ? EVIDENCE_NEWS_RECOVERED : 0);
}

bool evidence_news_update(EvidenceNews *n, PairSide side, const Evidence *present, size_t n_present, usec_t now,
                EvidenceNewsFunc func, void *userdata) {
        const Evidence *of[_SIGNAL_MAX] = {};
        bool changed = false, remembers = false;

        if (n_present == 0 && !n->remembers[side])
                return false;
        for (size_t i = 0; i < n_present; i++)
                of[present[i].signal] = present + i;
        for (Signal s = 0; s < _SIGNAL_MAX; s++) {
                const Evidence good = { .signal = s, .level = EVIDENCE_NONE }, *e = of[s] ?: &good;
                unsigned news = of[s] ? note_present(n, side, e) : note_absent(n, side, s, now);

                changed = changed || e->level != n->told[side][s].seen;
                n->told[side][s].seen = e->level;
                remembers = remembers || e->level != EVIDENCE_NONE || n->told[side][s].level != EVIDENCE_NONE;
                if (news)
                        func(side, news, e, userdata);
        }
        n->remembers[side] = remembers;
        return changed;
}
