/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* An adapter's NAPI instances (what polls a queue after its interrupt), the queues they serve and their
 * interrupts. Kernels number instances as they are made, so that an instance of one adapter is found on another
 * by its queue: "rx-3" is the one whose lowest receive queue is 3, "tx-3" one that serves transmit queues
 * alone. Where the driver links no instance to a queue they are "napi-0", "napi-1", ... in the order in which
 * they were made. */

#include "adapter-profile.h"

#define NAPI_INSTANCES_MAX (2 * ADAPTER_QUEUES_MAX)

typedef enum NapiSetting {
        NAPI_DEFER_HARD_IRQS,
        NAPI_GRO_FLUSH_TIMEOUT,
        NAPI_IRQ_SUSPEND_TIMEOUT,
        NAPI_THREADED,
        _NAPI_SETTING_MAX,
        _NAPI_SETTING_INVALID = -EINVAL,
} NapiSetting;

typedef struct NapiInstance {
        uint32_t id;  /* never 0 */
        uint32_t irq; /* 0: not told */
        struct {
                bool set;
                uint64_t n;
        } value[_NAPI_SETTING_MAX];
} NapiInstance;

typedef struct NapiMap {
        NapiInstance instance[NAPI_INSTANCES_MAX]; /* ordered by id */
        size_t n_instances;
        bool truncated;
        uint32_t rx[ADAPTER_QUEUES_MAX], tx[ADAPTER_QUEUES_MAX]; /* the instance's id, 0: not told */
} NapiMap;

/* The attribute of PRIME_NAPI that the setting is, and back: _NAPI_SETTING_INVALID for another attribute. */
AdapterAttribute napi_setting_attribute(NapiSetting s);
NapiSetting napi_setting_of(AdapterAttribute a);

/* Puts the instance in its place; one too many is left out, and the map is truncated. */
void napi_map_add(NapiMap *m, const NapiInstance *i);

/* What the instance of that id is called, empty for one that has no name: other instances have queues, this one
 * not. Returns buffer. */
const char *napi_map_name(const NapiMap *m, uint32_t id, char buffer[static ADAPTER_NAME_MAX]);

/* The instance of that name, or NULL. */
const NapiInstance *napi_map_find(const NapiMap *m, const char *name);

/* Which interrupt serves a queue, ATTRIBUTE_IRQ_RX or ATTRIBUTE_IRQ_TX; one of both directions is its receive
 * queue's, one of several queues its lowest one's. 0: none of its own, or not told. */
uint32_t napi_map_irq(const NapiMap *m, AdapterAttribute direction, unsigned queue);

/* Whether the kernel tells any queue's interrupt: else their names have to do. */
bool napi_map_has_irqs(const NapiMap *m);

/* Into the profile's entries: those settings of every instance that are in `offered`, a bit per NapiSetting. */
void napi_map_to_profile(const NapiMap *m, unsigned offered, AdapterProfile *p);
