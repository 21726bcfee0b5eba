/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module-standard.h"

static const char *const module_value_table[_MODULE_VALUE_MAX] = {
        [MODULE_TEMPERATURE] = "temperature",
        [MODULE_VOLTAGE] = "voltage",
        [MODULE_RX_POWER] = "rx-power",
        [MODULE_TX_POWER] = "tx-power",
        [MODULE_TX_BIAS] = "tx-bias",
};
static const char *const module_limit_table[_MODULE_LIMIT_MAX] = {
        [MODULE_HIGH_ALARM] = "high-alarm",
        [MODULE_LOW_ALARM] = "low-alarm",
        [MODULE_HIGH_WARN] = "high-warn",
        [MODULE_LOW_WARN] = "low-warn",
};
static const char *const module_medium_table[_MODULE_MEDIUM_MAX] = {
        [MODULE_MEDIUM_UNKNOWN] = "unknown",
        [MODULE_OPTICAL] = "optical",
        [MODULE_COPPER] = "copper",
};
static const char *const module_checksum_table[_MODULE_CHECKSUM_MAX] = {
        [MODULE_CHECKSUM_UNKNOWN] = "unknown",
        [MODULE_CHECKSUM_GOOD] = "good",
        [MODULE_CHECKSUM_WRONG] = "wrong",
};
static const char *const module_state_table[_MODULE_STATE_MAX] = {
        [MODULE_STATE_UNKNOWN] = "unknown",
        [MODULE_LOW_POWER] = "low-power",
        [MODULE_POWER_UP] = "power-up",
        [MODULE_READY] = "ready",
        [MODULE_POWER_DOWN] = "power-down",
        [MODULE_FAULT] = "fault",
};
static const char *const module_verdict_table[_MODULE_VERDICT_MAX] = {
        [MODULE_VERDICT_UNKNOWN] = "unknown",
        [MODULE_VERDICT_GOOD] = "good",
        [MODULE_VERDICT_WARN] = "warn",
        [MODULE_VERDICT_ALARM] = "alarm",
};

DEFINE_STRING_TABLE(module_value, ModuleValue);
DEFINE_STRING_TABLE(module_limit, ModuleLimit);
DEFINE_STRING_TABLE(module_medium, ModuleMedium);
DEFINE_STRING_TABLE(module_checksum, ModuleChecksum);
DEFINE_STRING_TABLE(module_state, ModuleState);
DEFINE_STRING_TABLE(module_verdict, ModuleVerdict);

const char *module_fault_to_string(uint8_t fault) {
        switch (fault) {
        case 0:
                return NULL;
        case 1:
                return "TEC runaway";
        case 2:
                return "data memory corrupted";
        case 3:
                return "program memory corrupted";
        default:
                return fault >= 32 && fault <= 63 ? "a fault of the maker's own" : "unknown";
        }
}

void module_diagnostics_decode(const ModuleMemory *m, ModuleDiagnostics *ret) {
        const ModuleIdentifier *identifier;

        *ret = (ModuleDiagnostics){};
        if (!module_memory_has(m, MODULE_LOWER, 0, 1))
                return;
        identifier = module_identifier_find(m->byte[MODULE_LOWER][0]);
        if (!identifier)
                return;
        ret->kind = identifier->kind;
        ret->standard = identifier->standard->name;
        identifier->standard->decode(m, ret);
}

unsigned module_value_lanes(const ModuleDiagnostics *d, ModuleValue value) {
        return value == MODULE_TEMPERATURE || value == MODULE_VOLTAGE ? MIN(d->n_lanes, 1U) : d->n_lanes;
}

ModuleVerdict module_diagnostics_verdict(const ModuleDiagnostics *d, ModuleValue value, unsigned lane) {
        const ModuleNumber *limit = d->limit[value], *number = &d->value[value][lane];

        if (!number->set || !limit[MODULE_HIGH_ALARM].set)
                return MODULE_VERDICT_UNKNOWN;
        if (number->number > limit[MODULE_HIGH_ALARM].number || number->number < limit[MODULE_LOW_ALARM].number)
                return MODULE_VERDICT_ALARM;
        if (number->number > limit[MODULE_HIGH_WARN].number || number->number < limit[MODULE_LOW_WARN].number)
                return MODULE_VERDICT_WARN;
        return MODULE_VERDICT_GOOD;
}

/* Which signal each value feeds: the side of its limits that the signal is about is the row's `below`. */
static const struct {
        Signal signal;
        ModuleValue value;
        bool light; /* says nothing without a carrier, or of a lane that is off */
} feeds[] = {
        { SIGNAL_RX_POWER, MODULE_RX_POWER, true },
        { SIGNAL_TX_POWER, MODULE_TX_POWER, true },
        { SIGNAL_TX_BIAS, MODULE_TX_BIAS, true },
        { SIGNAL_MODULE_TEMPERATURE, MODULE_TEMPERATURE, false },
};

static bool is_off(ModuleValue value, double number) {
        return value == MODULE_TX_BIAS ? number <= 0 : number <= MODULE_DARK;
}

size_t module_diagnostics_samples(
                const ModuleDiagnostics *d, bool carrier, usec_t at, HealthSample samples[MODULE_SAMPLES_MAX]) {
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(feeds); i++) {
                HealthSample worst = { .signal = feeds[i].signal, .at = at };
                bool below = signal_info(feeds[i].signal)->below, any = false;

                for (unsigned lane = 0; lane < module_value_lanes(d, feeds[i].value); lane++) {
                        const ModuleNumber *number = &d->value[feeds[i].value][lane];

                        if (!number->set ||
                                        (feeds[i].light &&
                                                        (!carrier || is_off(feeds[i].value, number->number))))
                                continue;
                        if (!any || (below ? number->number < worst.level : number->number > worst.level))
                                worst.level = number->number;
                        any = true;
                }
                if (any)
                        samples[n++] = worst;
        }
        return n;
}

bool signal_is_of_module(Signal s) {
        for (size_t i = 0; i < ELEMENTSOF(feeds); i++)
                if (feeds[i].signal == s)
                        return true;
        return s == SIGNAL_RX_POWER_DROP || s == SIGNAL_TX_BIAS_RISE || s == SIGNAL_MODULE_UNREADABLE;
}

void module_diagnostics_thresholds(const ModuleDiagnostics *d, Signal signal, SignalThreshold *ret_warn,
                SignalThreshold *ret_alarm) {
        *ret_warn = *ret_alarm = (SignalThreshold){};
        for (size_t i = 0; i < ELEMENTSOF(feeds); i++) {
                const ModuleNumber *limit = d->limit[feeds[i].value];
                bool below = signal_info(feeds[i].signal)->below;

                if (feeds[i].signal != signal || !limit[MODULE_HIGH_ALARM].set)
                        continue;
                *ret_warn = (SignalThreshold){
                        .value = limit[below ? MODULE_LOW_WARN : MODULE_HIGH_WARN].number, .set = true
                };
                *ret_alarm = (SignalThreshold){
                        .value = limit[below ? MODULE_LOW_ALARM : MODULE_HIGH_ALARM].number, .set = true
                };
        }
}
