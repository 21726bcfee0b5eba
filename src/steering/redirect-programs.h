/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The steering backends' BPF programs and maps: loaded, attached to both adapters, pinned, and found again by
 * the next process. */

#include "redirect-map.h"
#include "steering.h"

typedef enum RedirectMap {
        REDIRECT_MAP_STATE,
        REDIRECT_MAP_CONFIG,
        REDIRECT_MAP_ADDRESS,
        REDIRECT_MAP_COUNTERS,
        REDIRECT_MAP_LEDGER,
        REDIRECT_MAP_UPPER,
        _REDIRECT_MAP_MAX,
} RedirectMap;

typedef struct RedirectPrograms {
        char directory[256];
        int map[_REDIRECT_MAP_MAX];
        struct redirect_state *state; /* in memory shared with the programs */
        struct redirect_config config;
        unsigned cpus;
        bool pinned; /* the maps are */
} RedirectPrograms;

#define REDIRECT_PIN_MAX 320

/* The programs for devices on top of the primary and for a bond's other ports, by their names in the object. */
#define REDIRECT_PROGRAM_UPPER "egress_upper"
#define REDIRECT_PROGRAM_OTHER "bond_ingress_other"

/* The path at which such a program is pinned, once redirect_programs_attach() has been through. */
void redirect_programs_pin(
                char buffer[static REDIRECT_PIN_MAX], const RedirectPrograms *r, const char *program);

/* Finds the maps that an earlier process left, or makes new ones in which an earlier path, if any, is kept.
 * Nothing is attached yet. 1: found, 0: new. The directory must be on a bpffs, else -ENOTDIR or -ENOENT with
 * what to do about it. */
int redirect_programs_open(RedirectPrograms *ret, const SteeringParameters *p, Error *e);

/* Which programs, goes by r->config.kind. Attaches what is not attached yet, replaces what is of another
 * version, pins everything. Addresses, config and state should be filled in before. */
int redirect_programs_attach(RedirectPrograms *r, const SteeringParameters *p, Error *e);

/* Whether all pins are there; takes no lock. */
bool redirect_programs_pins_exist(const RedirectPrograms *r);

/* The first program or pin that was attached and no longer is, in words, in a static buffer; NULL: all are
 * there. Waits for the RTNL lock. */
const char *redirect_programs_find_missing(const RedirectPrograms *r, const SteeringParameters *p);

/* Attaches and pins what is missing. */
int redirect_programs_mend(RedirectPrograms *r, const SteeringParameters *p, Error *e);

/* Removes programs, qdiscs of ours and pins; goes on after an error and returns the first. */
int redirect_programs_detach(RedirectPrograms *r, const SteeringParameters *p, Error *e);

/* Lets go of the maps. */
void redirect_programs_done(RedirectPrograms *r);

/* Writes r->config to the programs. */
int redirect_programs_store_config(RedirectPrograms *r, Error *e);

/* The one store that is a move. */
static inline void redirect_programs_set_mode(RedirectPrograms *r, uint32_t mode) {
        __atomic_store_n(&r->state->mode, mode, __ATOMIC_RELEASE);
}

static inline uint32_t redirect_programs_get_mode(const RedirectPrograms *r) {
        return __atomic_load_n(&r->state->mode, __ATOMIC_ACQUIRE);
}

/* Summed over the CPUs. */
int redirect_programs_get_counters(const RedirectPrograms *r, struct redirect_counters *ret);
/* And as everybody else counts. */
int redirect_programs_get_steering_counters(const RedirectPrograms *r, SteeringCounters *ret);
SteeringTraffic redirect_programs_take_traffic(RedirectPrograms *r, PairSide side);
