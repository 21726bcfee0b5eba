/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Files of the fuzz corpus (tests/fuzz/corpus), which unit tests read too. Asserts instead of failing; what is
 * returned is to be freed. */

#include <stddef.h>

#define CORPUS_FILE_MAX 65536
#define CORPUS_TAG_MAX  64

/* The bytes of folder/file, in a block that ends with them: the sanitizer watches its end. */
void *corpus_read(const char *folder, const char *file, size_t *ret_size);

/* The same of a file whose first line says what the rest is: tag gets that line, and the block the rest, with a
 * 0 behind that is not counted. */
void *corpus_read_tagged(
                const char *folder, const char *file, char tag[static CORPUS_TAG_MAX], size_t *ret_size);
