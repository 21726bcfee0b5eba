/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the planner's files share. A row of its table plans one item with these. */

#include "prime-planner.h"

typedef struct Planner {
        const AdapterProfile *a, *b; /* the serving adapter and the spare */
        PrimeItems items;
        PrimePlan *plan;
        unsigned tx_queues, rx_queues; /* the spare's, once its channels are set */
        bool failed;                   /* out of memory, or of steps */
} Planner;

/* Appends a step with both adapters' values of the setting, its undo and its disruption. NULL, and the planner
 * has failed, when there is no room. Valid until the next call. */
PrimeStep *planner_add(Planner *p, AdapterAttribute attribute, unsigned place, const char *name);

void planner_note(PrimeStep *s, const char *format, ...) _printf_(2, 3);

/* Makes the step want n within the spare's limits, with the action that follows from it. */
void planner_want(const Planner *p, PrimeStep *s, uint64_t n, PrimeAction action);

/* Makes the step want the value, whatever it is; equal when the spare has it. */
void planner_want_value(PrimeStep *s, const AdapterValue *v);

/* Takes the step out of the race with the reason: PRIME_UNSUPPORTED, PRIME_REPORT. */
void planner_leave(PrimeStep *s, PrimeAction action, const char *format, ...) _printf_(3, 4);

/* True when one side lacks the setting, which decides the step. */
bool planner_one_sided(PrimeStep *s);

/* A step for a SCOPE_DEVICE setting that both adapters have, yet to be decided; NULL when neither has it, or
 * one lacks it, which decides the step. */
PrimeStep *planner_add_common(Planner *p, AdapterAttribute attribute);

/* A SCOPE_DEVICE setting that either adapter has, within the spare's limits. */
void planner_number(Planner *p, AdapterAttribute attribute);

/* All of them of the item. */
void planner_numbers(Planner *p, PrimeItemId item);

/* All entries of the item that either adapter has, by the same name and place: what the serving adapter lacks
 * is removed first where it can be, then the rest is made alike. */
void planner_entries(Planner *p, PrimeItemId item);

/* Whether both are of one driver, and have entries of the same names and places. */
bool planner_same_driver(const Planner *p);
bool planner_same_names(const Planner *p, AdapterAttribute attribute);

/* Of one item each: prime-planner-coalesce.c, prime-planner-rss.c, prime-planner-flow.c. */
void planner_coalesce(Planner *p, PrimeItemId item);
void planner_queue_coalesce(Planner *p, PrimeItemId item);
void planner_rss(Planner *p, PrimeItemId item);
void planner_rss_contexts(Planner *p, PrimeItemId item);
void planner_flow_rules(Planner *p, PrimeItemId item);

/* prime-planner-filter.c */
void planner_filters(Planner *p, PrimeItemId item);

/* prime-planner-napi.c */
void planner_napi(Planner *p, PrimeItemId item);

/* All settings of the item, shown and never copied. */
void planner_report(Planner *p, PrimeItemId item);

/* prime-planner-link.c: rows of the table. */
void planner_on_request(Planner *p, PrimeItemId item);
void planner_numbers_in_use(Planner *p, PrimeItemId item); /* those that are not 0 on both */
void planner_fates(Planner *p, PrimeItemId item);          /* what becomes of what cannot move */
void planner_qdiscs(Planner *p, PrimeItemId item);
void planner_xdp(Planner *p, PrimeItemId item);
void planner_addresses(Planner *p, PrimeItemId item);
void planner_vlans(Planner *p, PrimeItemId item);
void planner_promiscuity(Planner *p, PrimeItemId item);
void planner_tls(Planner *p, PrimeItemId item);

/* Reports a global table without which a per-queue one does nothing. */
void planner_flow_table(Planner *p);

/* The spare's VLAN filter must be open, whatever the serving adapter's is. */
bool planner_opens_vlan_filter(const Planner *p);
