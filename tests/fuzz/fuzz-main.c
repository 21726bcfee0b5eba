/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a fuzz target over the files of a corpus directory, and over each with one bit turned at a time, so that
 * every build tests what fuzzing once found. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "fuzz.h"

static int run_file(const char *directory, const char *name) {
        static uint8_t data[64 * 1024];
        _cleanup_fclose_ FILE *f = NULL;
        char path[4096];
        size_t n;

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        f = fopen(path, "re");
        if (!f)
                return -errno;
        n = fread(data, 1, sizeof(data), f);
        if (ferror(f))
                return -EIO;
        LLVMFuzzerTestOneInput(data, n);
        for (size_t bit = 0; bit < n * 8 && bit < 4096; bit++) {
                data[bit / 8] ^= (uint8_t) (1U << bit % 8);
                LLVMFuzzerTestOneInput(data, n);
                data[bit / 8] ^= (uint8_t) (1U << bit % 8);
        }
        return 0;
}

int main(int argc, char *argv[]) {
        struct dirent *entry;
        unsigned count = 0;
        DIR *d;

        d = argc == 2 ? opendir(argv[1]) : NULL;
        if (!d) {
                fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
                return EXIT_FAILURE;
        }
        while ((entry = readdir(d)))
                if (entry->d_name[0] != '.') {
                        if (run_file(argv[1], entry->d_name) < 0)
                                return EXIT_FAILURE;
                        count++;
                }
        closedir(d);
        printf("%u files\n", count);
        return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
