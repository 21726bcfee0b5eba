/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The order in which an identity is put on one adapter and taken off another, each step with its inverse, so
 * that a course that fails is undone. Every step may be carried out again: what is there already is no error,
 * nor is what is gone already. Pure: whoever runs a plan carries out its steps. */

#include "error.h"
#include "identity-record.h"
#include "pair-policy.h"

typedef struct IdentityStep {
        uint32_t entry; /* of the record */
        PairSide side;  /* on which adapter */
        bool remove;
        bool vital; /* without it the whole is not worth having: its failure undoes everything */
} IdentityStep;

typedef struct IdentityPlan {
        IdentityStep *steps;
        size_t n_steps;
} IdentityPlan;

IdentityPlan *identity_plan_free(IdentityPlan *p);
DEFINE_CLEANUP(IdentityPlan *, identity_plan_free);

/* The primary's device is gone: everything on the standby. */
int identity_plan_put(const IdentityRecord *r, IdentityPlan **ret);

/* It is back: what we made is removed from the standby; with `restore` the primary gets its own again, else
 * somebody has seen to that. */
int identity_plan_take(const IdentityRecord *r, bool restore, IdentityPlan **ret);

/* Carries out a step, or with undo its inverse: 1 done, 0 it was so already, negative errno. */
typedef int (*IdentityStepFunc)(const IdentityStep *s, bool undo, void *userdata);

/* Told of steps that failed and were not vital. */
typedef void (*IdentitySkipFunc)(const IdentityStep *s, int code, void *userdata);

/* 0, or the negative errno of the vital step that failed, after which those before it have been undone. */
int identity_plan_run(const IdentityPlan *p, IdentityStepFunc func, IdentitySkipFunc skipped, void *userdata,
                const IdentityStep **ret_failed);
