/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is to be told of the evidence on a pair's adapters: that some appeared or got worse, that it is vetoed,
 * that it has stayed away for long enough. Each once, however often it flickers meanwhile. Pure. */

#include "evidence.h"
#include "pair-policy.h"

/* What stays away for so long is told to be gone. */
#define EVIDENCE_GOOD_AGAIN (10 * USEC_PER_SEC)

typedef enum EvidenceNewsKind {
        EVIDENCE_NEWS_VETOED = 1 << 0, /* told of one side only: both show the same */
        EVIDENCE_NEWS_RAISED = 1 << 1,
        EVIDENCE_NEWS_SUSPECT = 1 << 2, /* the first evidence of its adapter that counts */
        EVIDENCE_NEWS_CLEARED = 1 << 3,
        EVIDENCE_NEWS_RECOVERED = 1 << 4, /* and there is no other that counts */
} EvidenceNewsKind;

typedef struct EvidenceTold {
        EvidenceLevel seen;  /* at the last look */
        EvidenceLevel level; /* the worst that was told */
        bool vetoed;
        usec_t good_since; /* 0: not since it was told */
} EvidenceTold;

/* All zero at the beginning. */
typedef struct EvidenceNews {
        EvidenceTold told[_PAIR_SIDE_MAX][_SIGNAL_MAX];
        bool remembers[_PAIR_SIDE_MAX]; /* anything in told */
} EvidenceNews;

/* news: a set of EvidenceNewsKind; about: borrowed, with level EVIDENCE_NONE if it is gone. */
typedef void (*EvidenceNewsFunc)(PairSide side, unsigned news, const Evidence *about, void *userdata);

/* Tells what is new on a side that shows these n by now. Returns whether any level is another one than at the
 * last look. */
bool evidence_news_update(EvidenceNews *n, PairSide side, const Evidence *present, size_t n_present, usec_t now,
                EvidenceNewsFunc func, void *userdata);
