/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a fuzz target over the files of a corpus directory, and over each cut short at every length and with
 * every byte changed, so that every build tests what fuzzing once found. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "fuzz.h"

/* A copy of exactly this size on the heap, so that reading beyond it is caught. */
static void run_exact(const uint8_t *data, size_t size) {
        _cleanup_free_ uint8_t *copy = malloc(size > 0 ? size : 1);

        if (!copy)
                abort();
        memcpy(copy, data, size);
        LLVMFuzzerTestOneInput(copy, size);
}

static int run_file(const char *directory, const char *name) {
        static const uint8_t turns[] = { 0x01, 0x80, 0xff };
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
        for (size_t cut = 0; cut <= n; cut++)
                run_exact(data, cut);
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < ELEMENTSOF(turns); j++) {
                        data[i] ^= turns[j];
                        run_exact(data, n);
                        data[i] ^= turns[j];
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
