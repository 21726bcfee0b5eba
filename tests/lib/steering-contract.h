/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every steering backend promises (steering.h), as tests that a real one and the fake both pass:
 *
 *      tcase_add_loop_test(c, contract, 0, (int) steering_contract_size);
 *      START_TEST(contract) { steering_contract_run(&how, _i); }
 */

#include "steering.h"

typedef struct SteeringContract {
        const SteeringBackend *backend;
        SteeringParameters parameters; /* of a pair that works and is not set up */
        usec_t (*now)(void);
        void (*wait)(usec_t until); /* lets time pass */
} SteeringContract;

extern const size_t steering_contract_size;
void steering_contract_run(const SteeringContract *c, int index);
