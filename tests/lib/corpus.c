/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc-util.h"
#include "corpus.h"

void *corpus_read(const char *folder, const char *file, size_t *ret_size) {
        _cleanup_fclose_ FILE *f = NULL;
        char path[4096];
        void *data;

        snprintf(path, sizeof(path), CORPUS_DIR "/%s/%s", folder, file);
        f = fopen(path, "re");
        ck_assert_msg(f != NULL, "%s", path);
        data = malloc(CORPUS_FILE_MAX);
        *ret_size = fread(data, 1, CORPUS_FILE_MAX, f);
        ck_assert_msg(*ret_size > 0 && *ret_size < CORPUS_FILE_MAX, "%s", path);
        return realloc(data, *ret_size);
}

void *corpus_read_tagged(
                const char *folder, const char *file, char tag[static CORPUS_TAG_MAX], size_t *ret_size) {
        size_t size, length;
        _cleanup_free_ char *data = corpus_read(folder, file, &size);
        char *end = memchr(data, '\n', size), *rest;

        ck_assert_ptr_nonnull(end);
        length = (size_t) (end - data);
        ck_assert_uint_lt(length, CORPUS_TAG_MAX);
        memcpy(tag, data, length);
        tag[length] = '\0';
        *ret_size = size - length - 1;
        rest = calloc(1, *ret_size + 1);
        memcpy(rest, end + 1, *ret_size);
        return rest;
}
