/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Modules made of dumps behind the interface of the kernel's. What is set before a worker is forked holds in
 * it. */

#include "module-dump.h"
#include "module-source.h"
#include "time-util.h"

typedef struct FakeModule {
        int ifindex;
        bool offered;   /* the driver can read modules at all */
        bool silent;    /* the module does not answer: -EIO */
        bool hangs;     /* nor does the driver return */
        unsigned delay; /* what a block takes by fake_module_clock(), in usec */
        ModuleDump dump;
} FakeModule;

#define FAKE_MODULES_MAX 4

/* What a source made by fake_module_open() gives. */
extern FakeModule fake_modules[FAKE_MODULES_MAX];

/* As module_source_new(). */
int fake_module_open(ModuleSource **ret, Error *e);

/* The time that reading has taken in this process: no machine is too slow for a test. */
usec_t fake_module_clock(void);

/* Puts the dump (a name in MODULE_DUMPS) into the adapter's cage; the i-th of fake_modules. */
FakeModule *fake_module_plug(size_t i, int ifindex, const char *dump);
