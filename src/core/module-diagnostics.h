/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the memory of a module means: who made it, how it is, and between which limits its maker wants it.
 * Nothing is guessed: what was not read, is not offered or contradicts itself is unknown. */

#include "health-sample.h"
#include "module-memory.h"
#include "string-table.h"

#define MODULE_LANES_MAX 8
#define MODULE_TEXT_MAX  17
#define MODULE_DATE_MAX  11

/* What a reading of no light at all is shown as: the least that the 0.1 uW of the memory can say. */
#define MODULE_DARK (-40.0)

typedef enum ModuleValue {
        MODULE_TEMPERATURE, /* degrees Celsius; lane 0, as the next */
        MODULE_VOLTAGE,     /* V */
        MODULE_RX_POWER,    /* dBm, per lane */
        MODULE_TX_POWER,    /* dBm, per lane */
        MODULE_TX_BIAS,     /* mA, per lane */
        _MODULE_VALUE_MAX,
        _MODULE_VALUE_INVALID = -EINVAL,
} ModuleValue;

/* In the order in which all three standards store them. */
typedef enum ModuleLimit {
        MODULE_HIGH_ALARM,
        MODULE_LOW_ALARM,
        MODULE_HIGH_WARN,
        MODULE_LOW_WARN,
        _MODULE_LIMIT_MAX,
        _MODULE_LIMIT_INVALID = -EINVAL,
} ModuleLimit;

typedef enum ModuleMedium {
        MODULE_MEDIUM_UNKNOWN,
        MODULE_OPTICAL,
        MODULE_COPPER, /* direct attach cable or twisted pair: no light, so none is missing */
        _MODULE_MEDIUM_MAX,
        _MODULE_MEDIUM_INVALID = -EINVAL,
} ModuleMedium;

typedef enum ModuleChecksum {
        MODULE_CHECKSUM_UNKNOWN, /* not all of what it is about was read */
        MODULE_CHECKSUM_GOOD,
        MODULE_CHECKSUM_WRONG,
        _MODULE_CHECKSUM_MAX,
        _MODULE_CHECKSUM_INVALID = -EINVAL,
} ModuleChecksum;

/* CMIS only. */
typedef enum ModuleState {
        MODULE_STATE_UNKNOWN,
        MODULE_LOW_POWER,
        MODULE_POWER_UP,
        MODULE_READY,
        MODULE_POWER_DOWN,
        MODULE_FAULT,
        _MODULE_STATE_MAX,
        _MODULE_STATE_INVALID = -EINVAL,
} ModuleState;

/* How a value stands to its limits. */
typedef enum ModuleVerdict {
        MODULE_VERDICT_UNKNOWN, /* no value, or no limits */
        MODULE_VERDICT_GOOD,
        MODULE_VERDICT_WARN,
        MODULE_VERDICT_ALARM,
        _MODULE_VERDICT_MAX,
        _MODULE_VERDICT_INVALID = -EINVAL,
} ModuleVerdict;

DECLARE_STRING_TABLE(module_value, ModuleValue);
DECLARE_STRING_TABLE(module_limit, ModuleLimit);
DECLARE_STRING_TABLE(module_medium, ModuleMedium);
DECLARE_STRING_TABLE(module_checksum, ModuleChecksum);
DECLARE_STRING_TABLE(module_state, ModuleState);
DECLARE_STRING_TABLE(module_verdict, ModuleVerdict);

typedef struct ModuleNumber {
        bool set;
        double number;
} ModuleNumber;

/* A value: no pointers but to constants of the program. */
typedef struct ModuleDiagnostics {
        const char *kind;     /* "SFP", "QSFP28"; NULL: nothing known was read */
        const char *standard; /* "SFF-8472", "SFF-8636", "CMIS" */
        ModuleMedium medium;
        char vendor[MODULE_TEXT_MAX], part_number[MODULE_TEXT_MAX], revision[MODULE_TEXT_MAX],
                        serial[MODULE_TEXT_MAX];
        char date[MODULE_DATE_MAX]; /* of manufacture */
        ModuleChecksum identity_checksum;
        ModuleChecksum limits_checksum; /* WRONG: limits and calibration are not believed */
        unsigned n_lanes;               /* at most MODULE_LANES_MAX */
        ModuleNumber value[_MODULE_VALUE_MAX][MODULE_LANES_MAX];
        ModuleNumber limit[_MODULE_VALUE_MAX][_MODULE_LIMIT_MAX];
        /* What the module itself raised, a bit per lane. Most are latched until somebody reads them, whoever
         * that is: for people only, no judgement hangs on them. */
        uint8_t flag[_MODULE_VALUE_MAX][_MODULE_LIMIT_MAX];
        uint8_t rx_los, tx_fault;
        ModuleState state;
        uint8_t fault; /* cause, CMIS table 8-13 */
} ModuleDiagnostics;

void module_diagnostics_decode(const ModuleMemory *m, ModuleDiagnostics *ret);

/* How many lanes the value has: 1 of what the module as a whole has. */
unsigned module_value_lanes(const ModuleDiagnostics *d, ModuleValue value);

ModuleVerdict module_diagnostics_verdict(const ModuleDiagnostics *d, ModuleValue value, unsigned lane);

/* "TEC runaway"; NULL for 0, which is none. */
const char *module_fault_to_string(uint8_t fault);

#define MODULE_SAMPLES_MAX 8

/* The worst lane of each value as samples of the predictor; returns how many, at most MODULE_SAMPLES_MAX. Only
 * with a carrier do power and bias say something of the time before a failure; and a lane that is dark or off
 * while there is one is not in use, or its sensor lies. */
size_t module_diagnostics_samples(
                const ModuleDiagnostics *d, bool carrier, usec_t at, HealthSample samples[MODULE_SAMPLES_MAX]);

/* The signals that a module feeds. */
bool signal_is_of_module(Signal s);

/* The module's own thresholds for a signal; not set where there are none. */
void module_diagnostics_thresholds(const ModuleDiagnostics *d, Signal signal, SignalThreshold *ret_warn,
                SignalThreshold *ret_alarm);
