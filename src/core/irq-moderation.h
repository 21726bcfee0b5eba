/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The steps between which dynamic interrupt moderation (DIM) chooses, one profile for each direction, as a
 * value of FORMAT_MODERATION. Linux 6.10 lets them be set where the driver has its own. */

#include "adapter-profile.h"

typedef enum IrqModerationField {
        IRQ_MODERATION_USEC,  /* time without an interrupt, in microseconds */
        IRQ_MODERATION_PKTS,  /* packets without one */
        IRQ_MODERATION_COMPS, /* completions without one */
        _IRQ_MODERATION_FIELD_MAX,
} IrqModerationField;

/* The kernel has 5 (NET_DIM_PARAMS_NUM_PROFILES, include/linux/dim.h). */
#define IRQ_MODERATION_STEPS_MAX 8
/* A field that the driver does not have. */
#define IRQ_MODERATION_NONE UINT32_MAX

typedef struct IrqModeration {
        size_t n_steps;
        uint32_t step[IRQ_MODERATION_STEPS_MAX][_IRQ_MODERATION_FIELD_MAX];
} IrqModeration;

AdapterValue irq_moderation_value(const IrqModeration *m);
/* False when the value is none. */
bool irq_moderation_parse(const AdapterValue *v, IrqModeration *ret);

/* Fits what is wanted to the adapter that has `now`: fields that it lacks are dropped, those that only it has
 * stay as they are. False when the two have not the same number of steps, and nothing is changed. */
bool irq_moderation_adapt(IrqModeration *wanted, const IrqModeration *now);

/* "1,256,n_8,256,n": microseconds, packets, completions, n for none, as ethtool(8) has them. */
void irq_moderation_format(char buffer[static ADAPTER_VALUE_TEXT_MAX], const AdapterValue *v);
