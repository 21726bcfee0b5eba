/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What priming is going to do, or has done: for every setting that either adapter has, the two values, the
 * wanted one, the one to go back to, and in words why they differ. Ordered as it is applied, idempotent,
 * reversible. Made by prime-planner.h, carried out by kernel/prime-worker.h, shown by `primectl plan` and
 * `diff`.
 *
 * A plan knows the spare's former value of everything it looked at, also of what it does not change: setting
 * one thing may reset another (channels reset XPS), and undoing has to repair that too. */

#include "adapter-profile.h"

typedef enum PrimeAction {
        PRIME_EQUAL,
        PRIME_SET,
        PRIME_CLAMPED,     /* as near as the spare's limits or its driver allow */
        PRIME_MAPPED,      /* expressed otherwise, because the models differ */
        PRIME_UNSUPPORTED, /* the spare cannot have it */
        PRIME_REPORT,      /* shown, never copied */
        _PRIME_ACTION_MAX,
        _PRIME_ACTION_INVALID = -EINVAL,
} PrimeAction;

/* What writing does to the adapter written to. Steps that take the link down follow one another without a wait,
 * so that it is down once: it takes longer to come back (it is trained for seconds) than to set them all. */
typedef enum PrimeDisruption {
        DISRUPTION_NONE,
        DISRUPTION_QUEUES,  /* queues restart: milliseconds without traffic, the link stays */
        DISRUPTION_LINK,    /* the link goes down and comes back */
        DISRUPTION_UNKNOWN, /* of a driver nobody has looked at: to be taken for the worst */
        _PRIME_DISRUPTION_MAX,
        _PRIME_DISRUPTION_INVALID = -EINVAL,
} PrimeDisruption;

typedef enum PrimeOutcome {
        OUTCOME_PENDING, /* nothing was written (yet, or because there was no need) */
        OUTCOME_DONE,    /* written, and read back */
        OUTCOME_FAILED,
        OUTCOME_UNDONE,
        _PRIME_OUTCOME_MAX,
        _PRIME_OUTCOME_INVALID = -EINVAL,
} PrimeOutcome;

DECLARE_STRING_TABLE(prime_action, PrimeAction);
DECLARE_STRING_TABLE(prime_disruption, PrimeDisruption);
DECLARE_STRING_TABLE(prime_outcome, PrimeOutcome);

#define PRIME_NOTE_MAX 160
/* Two per-queue attributes for either direction, every feature, the entries of both adapters, every other
 * attribute. */
#define PRIME_STEPS_MAX                                                                                        \
        (4 * ADAPTER_QUEUES_MAX + ADAPTER_FEATURES_MAX + 2 * ADAPTER_ENTRIES_MAX + _ADAPTER_ATTRIBUTE_MAX)

typedef struct PrimeStep {
        PrimeItemId item;
        AdapterAttribute attribute;
        unsigned place;              /* on the spare: the queue, or as in AdapterEntry */
        char name[ADAPTER_NAME_MAX]; /* SCOPE_NAME */
        AdapterValue a, b;           /* in force on the serving adapter and on the spare */
        AdapterValue want;           /* the spare is to have this; unset: leave it */
        AdapterValue undo;           /* the spare had asked for this before; unset: there was nothing */
        PrimeAction action;
        PrimeDisruption disruption;
        PrimeOutcome outcome;
        bool blocks;               /* priming must not begin: the spare could not carry the traffic */
        char note[PRIME_NOTE_MAX]; /* why clamped, mapped, unsupported, failed; may be empty */
} PrimeStep;

/* Which setting a step is about. */
typedef struct PrimeSetting {
        AdapterAttribute attribute;
        unsigned place;
        char name[ADAPTER_NAME_MAX];
} PrimeSetting;

typedef struct PrimePlan {
        PrimeStep *steps;
        size_t n_steps, n_allocated;
} PrimePlan;

/* Empty. NULL without memory. */
PrimePlan *prime_plan_new(void);
/* NULL is fine; returns NULL. */
PrimePlan *prime_plan_free(PrimePlan *p);
DEFINE_CLEANUP(PrimePlan *, prime_plan_free);

/* Appends a zeroed step for the plan's owner to fill: NULL without memory or beyond PRIME_STEPS_MAX. Valid
 * until the next call. */
PrimeStep *prime_plan_add(PrimePlan *p);

/* A copy of step, before the first of its item, which is where removals are; or NULL as above. */
PrimeStep *prime_plan_insert(PrimePlan *p, const PrimeStep *step);

/* Copies from into to (which is emptied first). 0, or -ENOMEM and `to` is unchanged. */
int prime_plan_copy(PrimePlan *to, const PrimePlan *from);

PrimeSetting prime_step_setting(const PrimeStep *s);
/* The step's item stays as it is. */
void prime_step_set_setting(PrimeStep *s, const PrimeSetting *setting);
bool prime_setting_equal(const PrimeSetting *a, const PrimeSetting *b);

/* The step about the same setting, or NULL. */
const PrimeStep *prime_plan_find(const PrimePlan *p, const PrimeStep *like);

/* The step would write something. */
bool prime_step_is_due(const PrimeStep *s);

/* Nothing to do, and nothing in the way. */
bool prime_plan_is_equal(const PrimePlan *p);

size_t prime_plan_count(const PrimePlan *p, PrimeAction action);
size_t prime_plan_count_outcome(const PrimePlan *p, PrimeOutcome outcome);
size_t prime_plan_count_due(const PrimePlan *p);

/* The worst that carrying it out does to the spare. */
PrimeDisruption prime_plan_disruption(const PrimePlan *p);

/* The step for which priming must not begin, or NULL. */
const PrimeStep *prime_plan_blocker(const PrimePlan *p);

/* The plan that takes the spare back to what it was, last step first. A plan in *ret, or -ENOMEM. */
int prime_plan_invert(const PrimePlan *p, PrimePlan **ret);

/* A driver that rounds a value (ice: ring sizes) would otherwise be primed again at every look: where `before`,
 * the outcome of the last priming, ended in the very value the spare has now although the same was asked for,
 * the step counts as clamped by the driver and is not due. */
void prime_plan_forgive(PrimePlan *p, const PrimePlan *before);

/* Primed again: what the spare had before the first priming, not what that made of it, is what undoing shall
 * give back. Takes it from `before`, the plan that was carried out last, except where somebody else changed the
 * spare since; what a failed step left is ours, whatever it is. For a plan that was carried out. */
void prime_plan_inherit(PrimePlan *p, const PrimePlan *before);

/* It was begun, and nobody knows how far it came: every setting whose former value is known counts as failed,
 * so that the next plan inherits that value whatever the spare has now. */
void prime_plan_interrupt(PrimePlan *p);

/* What the spare has only because priming gave it that, and the serving adapter has no longer (an address, a
 * program), is taken from it again; what it has of its own the plan leaves alone. The profiles are those that p
 * was made from. 0 or -ENOMEM. */
int prime_plan_withdraw(PrimePlan *p, const PrimePlan *before, const AdapterProfile *serving,
                const AdapterProfile *spare);

#define PRIME_LABEL_MAX 96
/* "channels combined", "xps xps_cpus tx-3", "features tx-tcp-segmentation". Returns buffer. */
const char *prime_step_label(char buffer[static PRIME_LABEL_MAX], const PrimeStep *s);
#define PRIME_STEP_LABEL(s) prime_step_label((char[PRIME_LABEL_MAX]){}, (s))

/* The values as text, "-" when there is none: what both adapters have, what is wanted. */
const char *prime_step_text_a(char buffer[static ADAPTER_VALUE_TEXT_MAX], const PrimeStep *s);
const char *prime_step_text_b(char buffer[static ADAPTER_VALUE_TEXT_MAX], const PrimeStep *s);
const char *prime_step_text_want(char buffer[static ADAPTER_VALUE_TEXT_MAX], const PrimeStep *s);
