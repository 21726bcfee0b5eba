/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lives of one class, one line each: what was true, and what each judge said and when. tests/bench/predict
 * reads them. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "predict-life.h"

static double cpu_seconds(void) {
        struct timespec t;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static void print_life(const Life *l, const LifeClass *class) {
        const Verdict *own = l->world.verdict + JUDGE_PRIMED;

        printf("%s %llu %g %g %.3f %.3f %.6f %llu %s %d", class->name, (unsigned long long) l->seed, l->pps,
                        l->loss, l->trouble, l->failure, l->years, (unsigned long long) l->world.n_fed,
                        own->alarm_at < 0 ? "-" : signal_to_string(own->signal),
                        own->alarm_at >= 0 && (class->groups & (1U << own->group)) != 0);
        for (Judge j = 0; j < _JUDGE_MAX; j++) {
                const Verdict *v = l->world.verdict + j;

                printf(" %.3f,%.3f,%.0f,%u,%u", v->warn_at, v->alarm_at, v->lost, v->n_warns, v->n_alarms);
        }
        printf("\n");
}

int main(int argc, char **argv) {
        double days, began = cpu_seconds();
        uint64_t seed, n, fed = 0;

        if (argc != 5) {
                fprintf(stderr, "usage: predict-score CLASS FIRST-SEED LIVES DAYS-OF-A-HEALTHY-ONE\n");
                return EXIT_FAILURE;
        }
        seed = strtoull(argv[2], NULL, 10);
        n = strtoull(argv[3], NULL, 10);
        days = strtod(argv[4], NULL);
        for (size_t i = 0; i < n_life_classes; i++) {
                if (!streq(life_classes[i].name, argv[1]))
                        continue;
                for (uint64_t k = 0; k < n; k++) {
                        Life l;

                        life_run(&l, life_classes + i, seed + k, days);
                        print_life(&l, life_classes + i);
                        fed += l.world.n_fed;
                        life_done(&l);
                }
                fprintf(stderr, "%s: %.1f s of CPU, %.3g us a sample with its generation\n", argv[1],
                                cpu_seconds() - began, (cpu_seconds() - began) * 1e6 / (double) fed);
                return EXIT_SUCCESS;
        }
        fprintf(stderr, "no class %s\n", argv[1]);
        return EXIT_FAILURE;
}
