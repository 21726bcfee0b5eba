/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A fuzz target that can also be run as a plain test: `fuzz-foo FILE|DIRECTORY...` feeds it each file, and each
 * file cut short at every length and with every byte changed, so that the sanitizers see what a fuzzer would
 * try first. With -fsanitize=fuzzer, define FUZZ_WITH_LIBFUZZER and libFuzzer brings its own main. */

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifndef FUZZ_WITH_LIBFUZZER

#define FUZZ_FILE_MAX 65536

/* A copy of exactly this size on the heap, so that reading beyond it is caught. */
static void fuzz_exact(const uint8_t *data, size_t size) {
        uint8_t *copy = malloc(size > 0 ? size : 1);

        if (!copy)
                abort();
        memcpy(copy, data, size);
        LLVMFuzzerTestOneInput(copy, size);
        free(copy);
}

static void fuzz_file(const char *path) {
        static const uint8_t turns[] = { 0x01, 0x80, 0xff };
        static uint8_t data[FUZZ_FILE_MAX];
        FILE *f = fopen(path, "re");
        size_t size;

        if (!f) {
                perror(path);
                exit(EXIT_FAILURE);
        }
        size = fread(data, 1, sizeof(data), f);
        fclose(f);
        for (size_t cut = 0; cut <= size; cut++)
                fuzz_exact(data, cut);
        for (size_t i = 0; i < size; i++)
                for (size_t j = 0; j < sizeof(turns); j++) {
                        data[i] ^= turns[j];
                        fuzz_exact(data, size);
                        data[i] ^= turns[j];
                }
}

int main(int argc, char **argv) {
        unsigned n = 0;

        for (int i = 1; i < argc; i++) {
                DIR *directory = opendir(argv[i]);
                struct dirent *entry;
                char path[4096];

                if (!directory) {
                        fuzz_file(argv[i]);
                        n++;
                        continue;
                }
                while ((entry = readdir(directory))) {
                        if (entry->d_name[0] == '.')
                                continue;
                        snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
                        fuzz_file(path);
                        n++;
                }
                closedir(directory);
        }
        printf("%u inputs\n", n);
        return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE; /* an empty corpus proves nothing */
}

#endif
