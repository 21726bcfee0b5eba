/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module-watch.h"

static bool module_is_hot(const ModuleDiagnostics *d) {
        const ModuleNumber *limit = &d->limit[MODULE_TEMPERATURE][MODULE_HIGH_WARN],
                           *number = &d->value[MODULE_TEMPERATURE][0];

        return limit->set && number->set && number->number > limit->number;
}

usec_t module_watch_due(const ModuleWatch *w, bool suspect) {
        if (w->none)
                return USEC_INFINITY;
        if (w->tried_at == 0)
                return 0;
        return usec_add(w->tried_at,
                        module_is_hot(&w->now)    ? MODULE_INTERVAL_HOT
                                        : suspect ? MODULE_INTERVAL_SUSPECT
                                                  : MODULE_INTERVAL);
}

void module_watch_hurry(ModuleWatch *w) {
        w->tried_at = 0;
}

usec_t module_rest_until(usec_t began, usec_t took) {
        return usec_add(began, took * MODULE_REST);
}

static void news_add(ModuleNews *news, Signal signal, double level, usec_t at) {
        assert(news->n_samples < MODULE_SAMPLES_MAX);
        news->samples[news->n_samples++] = (HealthSample){ .signal = signal, .at = at, .level = level };
}

/* The lane that has lost most against its own past. */
static void watch_light(ModuleWatch *w, usec_t at, ModuleNews *news) {
        double worst = 0;
        bool any = false;

        for (unsigned lane = 0; lane < w->now.n_lanes; lane++) {
                const ModuleNumber *power = &w->now.value[MODULE_RX_POWER][lane];
                double drop;

                /* dark with a carrier: not in use */
                if (!power->set || power->number <= MODULE_DARK ||
                                !level_baseline_step(w->baseline + lane, power->number, at, &drop))
                        continue;
                worst = MAX(worst, drop);
                any = true;
        }
        if (any)
                news_add(news, SIGNAL_RX_POWER_DROP, worst, at);
}

/* The laser that has aged most. */
static void watch_lasers(ModuleWatch *w, usec_t at, ModuleNews *news) {
        const ModuleNumber *temperature = &w->now.value[MODULE_TEMPERATURE][0];
        double worst = 0;
        bool any = false;

        for (unsigned lane = 0; lane < w->now.n_lanes && temperature->set; lane++) {
                const ModuleNumber *bias = &w->now.value[MODULE_TX_BIAS][lane];
                double rise;

                if (!bias->set ||
                                !laser_age_step(w->laser + lane, bias->number, temperature->number, at, &rise))
                        continue;
                worst = MAX(worst, rise);
                any = true;
        }
        if (any)
                news_add(news, SIGNAL_TX_BIAS_RISE, worst, at);
}

void module_watch_compare(ModuleWatch *w, bool carrier, usec_t at, ModuleNews *news) {
        if (carrier)
                watch_light(w, at, news);
        watch_lasers(w, at, news);
}

void module_watch_forget(ModuleWatch *w) {
        memset(w->baseline, 0, sizeof(w->baseline));
        memset(w->laser, 0, sizeof(w->laser));
}

ModuleNews module_watch_take(ModuleWatch *w, const ModuleMemory *memory, bool carrier, usec_t at) {
        ModuleNews news = { .swapped = w->read_at > 0 && memory->swaps != w->memory.swaps };

        if (news.swapped)
                module_watch_forget(w);
        w->memory = *memory;
        w->tried_at = w->read_at = at;
        w->failed = 0;
        module_diagnostics_decode(memory, &w->now);
        news.n_samples = module_diagnostics_samples(&w->now, carrier, at, news.samples);
        module_watch_compare(w, carrier, at, &news);
        if (w->now.kind)
                news_add(&news, SIGNAL_MODULE_UNREADABLE, 0, at);
        return news;
}

ModuleNews module_watch_fail(ModuleWatch *w, int code, usec_t at) {
        ModuleNews news = {};

        w->tried_at = at;
        /* a cage that was empty all the time, or a driver that cannot, is no fault */
        if (w->read_at == 0) {
                w->none = code == -EOPNOTSUPP;
                return news;
        }
        w->failed++;
        news_add(&news, SIGNAL_MODULE_UNREADABLE, w->failed, at);
        return news;
}
