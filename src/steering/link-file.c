/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "alloc-util.h"
#include "link-file.h"

bool link_file_read(const char *device, const char *file, char *value, size_t size) {
        _cleanup_fclose_ FILE *f = NULL;
        char path[96];

        snprintf(path, sizeof(path), "/sys/class/net/%s/%s", device, file);
        f = fopen(path, "re");
        if (!f)
                return false;
        if (!fgets(value, (int) size, f))
                value[0] = '\0';
        value[strcspn(value, "\n")] = '\0';
        return true;
}
