/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A loaded BPF program by its id, for which the kernel wants CAP_SYS_ADMIN (kernel/bpf/syscall.c
 * bpf_prog_get_fd_by_id()), or where it is pinned below /sys/fs/bpf, for which CAP_BPF is enough. */

#include <stdint.h>

#include "error.h"

/* An fd, the caller's to close. -EOPNOTSUPP when the program cannot be had or belongs to a device, -ENOENT when
 * there is none. */
int bpf_program_open(uint32_t id, Error *e);
