/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The command line of primed(8). */

#include "manager.h"

#define BPF_DIRECTORY          "/sys/fs/bpf/primed"
#define STATE_DIRECTORY        "/run/primed"
#define POLICY_DIRECTORIES_MAX 16

typedef struct PrimedOptions {
        const char *directories[POLICY_DIRECTORIES_MAX + 1];
        size_t n_directories;
        ManagerOptions manager;
} PrimedOptions;

/* Fills o, which points into itself and argv. 0 go on; negative: done, successfully (help, version); positive:
 * the exit code of a mistake, which was told. */
int primed_options_parse(int argc, char *argv[], PrimedOptions *o);
