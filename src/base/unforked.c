/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/mman.h>

#include "unforked.h"

void *unforked_new(size_t size) {
        void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (memory == MAP_FAILED)
                return NULL;
        /* without it, it is only slower */
        (void) madvise(memory, size, MADV_DONTFORK);
        return memory;
}

void *unforked_free(void *memory, size_t size) {
        if (memory)
                (void) munmap(memory, size);
        return NULL;
}
