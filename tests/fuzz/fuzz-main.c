/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a fuzz target over the files of a corpus directory, and over each cut short at every length and with
 * every byte changed, so that every build tests what fuzzing once found. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "fuzz.h"

#define BYTES_CHANGED 100

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
        size_t n, step;

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        f = fopen(path, "re");
        if (!f)
                return -errno;
        n = fread(data, 1, sizeof(data), f);
        if (ferror(f))
                return -EIO;
        /* of a long file not each byte, or the test takes minutes under sanitizers */
        step = 1 + n / BYTES_CHANGED;
        for (size_t cut = 0; cut <= n; cut += step)
                run_exact(data, cut);
        for (size_t i = 0; i < n; i += step)
                for (size_t j = 0; j < ELEMENTSOF(turns); j++) {
                        data[i] ^= turns[j];
                        run_exact(data, n);
                        data[i] ^= turns[j];
                }
        return 0;
}

static int run_directory(const char *path, unsigned *count) {
        struct dirent *entry;
        DIR *d = opendir(path);
        int r = d ? 0 : -errno;

        while (r >= 0 && (entry = readdir(d)))
                if (entry->d_name[0] != '.') {
                        r = run_file(path, entry->d_name);
                        (*count)++;
                }
        if (r < 0)
                fprintf(stderr, "%s: %s\n", path, strerror(-r));
        if (d)
                closedir(d);
        return r;
}

int main(int argc, char *argv[]) {
        unsigned count = 0;

        for (int i = 1; i < argc; i++)
                if (run_directory(argv[i], &count) < 0)
                        return EXIT_FAILURE;
        printf("%u files\n", count);
        return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE; /* an empty corpus proves nothing */
}
