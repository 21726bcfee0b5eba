/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether frames pass between a pair's adapters of which ordinary probes, short and without a tag, say nothing:
 * those as long as the MTU, and those of each VLAN. Each such way is asked once a second, in both directions. A
 * way that never passed, or no longer does, while ordinary probes pass, speaks against the spare. Pure: who
 * sends and receives says so. */

#include "frame-codec.h"
#include "pair-policy.h"

#define PATH_SURVEY_INTERVAL  (1 * USEC_PER_SEC)
#define PATH_SURVEY_LOSE      3 /* in a row: one in a million where a path loses one in a hundred */
#define PATH_SURVEY_TOGETHER  8 /* ways asked in one go, so that a hundred VLANs make no burst */
#define PATH_SURVEY_VLANS_MAX 128

typedef struct SurveyDirection {
        usec_t heard;        /* when one last arrived; 0: never */
        unsigned unanswered; /* sent since something arrived */
        bool failing;
} SurveyDirection;

typedef struct SurveyWay {
        FrameTag tag;    /* vlan 0: none */
        unsigned length; /* octets of the frame, without FCS; 0: as short as can be */
        usec_t asked;    /* 0: not yet */
        SurveyDirection from[_PAIR_SIDE_MAX];
        PairSide blamed; /* for what is failing: who was the spare when it began */
} SurveyWay;

typedef struct PathSurvey {
        SurveyWay *ways;
        size_t n_ways;
        size_t cursor;
        usec_t interval;
        bool settled; /* all ways were known once: new ones need not hold up a move that is under way */
} PathSurvey;

/* every: between two ordinary probes, of which surveys are sent with some. */
void path_survey_init(PathSurvey *s, usec_t every);
void path_survey_set_interval(PathSurvey *s, usec_t every);
void path_survey_done(PathSurvey *s);

/* From now on these are the ways: frames of that length (0: none) and of the first PATH_SURVEY_VLANS_MAX of
 * these VLANs. What is known of those there were stays. -ENOMEM: they are as before. */
int path_survey_set(PathSurvey *s, unsigned length, const FrameTag *vlans, size_t n_vlans);

/* The next way to ask; NULL: none is due. It must then be said that it was asked, and from which sides a frame
 * was sent. */
SurveyWay *path_survey_next(PathSurvey *s, usec_t now);
void path_survey_asked(SurveyWay *w, usec_t now);
void path_survey_sent(SurveyWay *w, PairSide from);

/* How many to ask now, where this is called once in `every`. */
size_t path_survey_quota(const PathSurvey *s, usec_t every);

/* Names a way in a beacon's sequence. */
uint64_t path_survey_code(const SurveyWay *w);

/* A frame of that code from that side arrived at the other one. False: there is no such way (any more). */
bool path_survey_receive(PathSurvey *s, uint64_t code, PairSide from, usec_t at);

/* A VLAN of which frames passed both ways since then; NULL: there is none. */
const FrameTag *path_survey_passing_vlan(const PathSurvey *s, usec_t since);
bool path_survey_has_vlan(const PathSurvey *s, const FrameTag *tag);

/* Long frames go another way from now on: nothing is known of them. */
void path_survey_forget_long(PathSurvey *s);

/* Which ways fail. To be called only while ordinary probes pass: what else would be said of these? timeout: how
 * long a frame may be on its way. Which of the two adapters does not let it pass cannot be told: the spare is
 * blamed, and stays so when it has to serve, lest nothing could return to the other one. */
void path_survey_judge(PathSurvey *s, PairSide spare, usec_t timeout, usec_t now);

/* Whether nothing is that side's fault; else reason says what does not pass, in a few words. What is not known
 * yet counts as failing until all was known once. */
bool path_survey_passes(const PathSurvey *s, PairSide side, const char *const names[static _PAIR_SIDE_MAX],
                char *reason, size_t size);
