/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a fuzz target over the files of the folders named, and over every beginning and a few thousand changed
 * versions of each, so that the corpus is a test everywhere. libFuzzer replaces this by its own main(). */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In a block of exactly that size, so that the sanitizer sees the first byte too much. */
static void run_once(const uint8_t *data, size_t size) {
        uint8_t *copy = malloc(size > 0 ? size : 1);

        if (!copy)
                abort();
        memcpy(copy, data, size);
        (void) LLVMFuzzerTestOneInput(copy, size);
        free(copy);
}

static void run_file(const char *path) {
        static uint8_t data[1024 * 1024];
        FILE *f = fopen(path, "re");
        size_t size;
        uint32_t random = 1;

        if (!f) {
                perror(path);
                exit(EXIT_FAILURE);
        }
        size = fread(data, 1, sizeof(data), f);
        fclose(f);
        for (size_t n = 0; n <= size; n++)
                run_once(data, n);
        for (unsigned i = 0; i < 2000 && size > 0; i++) {
                size_t at = (random = random * 1664525 + 1013904223) >> 8;
                uint8_t *byte = &data[at % size], old = *byte;

                *byte = (uint8_t) (random >> 3);
                run_once(data, size);
                if (i % 4 != 0) /* some changes stay */
                        *byte = old;
        }
}

int main(int argc, char **argv) {
        unsigned n = 0;

        for (int i = 1; i < argc; i++) {
                DIR *directory = opendir(argv[i]);
                struct dirent *entry;

                if (!directory) {
                        perror(argv[i]);
                        return EXIT_FAILURE;
                }
                while ((entry = readdir(directory))) {
                        char path[4096];

                        if (entry->d_name[0] == '.')
                                continue;
                        snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
                        run_file(path);
                        n++;
                }
                closedir(directory);
        }
        printf("%u files\n", n);
        return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
