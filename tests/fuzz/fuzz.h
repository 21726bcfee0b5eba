/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* libFuzzer's entry point; without libFuzzer, fuzz-main.c calls it for every file given. */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
