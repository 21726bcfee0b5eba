/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the journal catalog to the file named, for `ninja update-catalog`. */

#include "alloc-util.h"
#include "event.h"

int main(int argc, char *argv[]) {
        _cleanup_fclose_ FILE *f = argc == 2 ? fopen(argv[1], "we") : NULL;

        if (!f) {
                perror(argc == 2 ? argv[1] : "usage: make-catalog FILE");
                return EXIT_FAILURE;
        }
        event_catalog_write(f);
        return fflush(f) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
