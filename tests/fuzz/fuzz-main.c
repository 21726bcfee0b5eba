/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a fuzz target over files and directories of them, so that every corpus is also a test. */

#include <dirent.h>
#include <stdint.h>
#include <sys/stat.h>

#include "alloc-util.h"

#define INPUT_MAX (1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned n_inputs;

static int run(const char *path);

static int run_directory(const char *path) {
        DIR *dir = opendir(path);
        const struct dirent *entry;
        int r = 0;

        if (!dir)
                return -errno;
        while (r == 0 && (entry = readdir(dir))) {
                _cleanup_free_ char *inner = NULL;

                if (*entry->d_name == '.')
                        continue;
                if (asprintf(&inner, "%s/%s", path, entry->d_name) < 0)
                        abort();
                r = run(inner);
        }
        closedir(dir);
        return r;
}

static int run(const char *path) {
        _cleanup_fclose_ FILE *f = NULL;
        _cleanup_free_ uint8_t *data = NULL;
        struct stat st;
        size_t size;

        if (stat(path, &st) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode))
                return run_directory(path);
        f = fopen(path, "re");
        data = new0(uint8_t, INPUT_MAX);
        if (!f || !data)
                return -errno;
        size = fread(data, 1, INPUT_MAX, f);
        /* exactly as large as the input, so that reading beyond it is seen */
        data = realloc(data, size > 0 ? size : 1);
        LLVMFuzzerTestOneInput(data, size);
        n_inputs++;
        return 0;
}

int main(int argc, char *argv[]) {
        for (int i = 1; i < argc; i++) {
                int r = run(argv[i]);

                if (r < 0) {
                        fprintf(stderr, "%s: %s\n", argv[i], strerror(-r));
                        return EXIT_FAILURE;
                }
        }
        printf("%u inputs\n", n_inputs);
        return n_inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
