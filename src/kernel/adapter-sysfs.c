/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "adapter-sysfs.h"
#include "alloc-util.h"
#include "sysfs-link.h"

typedef struct SysfsFile {
        AdapterAttribute attribute;
        const char *format; /* %u: the queue; from the adapter's directory on, unless absolute */
} SysfsFile;

static const SysfsFile sysfs_table[] = {
        { ATTRIBUTE_XPS_CPUS, "queues/tx-%u/xps_cpus" },
        { ATTRIBUTE_XPS_RXQS, "queues/tx-%u/xps_rxqs" },
        { ATTRIBUTE_RPS_CPUS, "queues/rx-%u/rps_cpus" },
        { ATTRIBUTE_RPS_FLOW_COUNT, "queues/rx-%u/rps_flow_cnt" },
        { ATTRIBUTE_RPS_SOCK_FLOW_ENTRIES, "/proc/sys/net/core/rps_sock_flow_entries" },
        { ATTRIBUTE_SRIOV_VFS, "device/sriov_numvfs" },
        { ATTRIBUTE_NAPI_DEFER_HARD_IRQS, "napi_defer_hard_irqs" },
        { ATTRIBUTE_NAPI_GRO_FLUSH_TIMEOUT, "gro_flush_timeout" },
        { ATTRIBUTE_NAPI_THREADED, "threaded" },
};

bool adapter_sysfs_has(PrimeItemId item) {
        for (size_t i = 0; i < ELEMENTSOF(sysfs_table); i++)
                if (adapter_attribute_info(sysfs_table[i].attribute)->item == item)
                        return true;
        return false;
}

/* The file's text without the line's end, or negative. */
static int file_read(int directory_fd, const char *path, char *buffer, size_t size) {
        _cleanup_close_ int fd = openat(directory_fd, path, O_RDONLY | O_CLOEXEC);
        ssize_t n;

        if (fd < 0)
                return -errno;
        n = read(fd, buffer, size - 1);
        if (n < 0)
                return -errno;
        buffer[n] = 0;
        buffer[strcspn(buffer, "\n")] = 0;
        return 0;
}

static int parse_number(const char *s, uint64_t *ret) {
        char *end;
        unsigned long long n;

        errno = 0;
        n = strtoull(s, &end, 10);
        if (s[0] < '0' || s[0] > '9' || *end || errno)
                return -EINVAL;
        *ret = n;
        return 0;
}

int adapter_sysfs_open(const char *name, int ifindex, Error *e) {
        _cleanup_close_ int fd = -EBADF;
        char path[sizeof("/sys/class/net/") + IFNAMSIZ], text[32];
        uint64_t n;

        snprintf(path, sizeof(path), "/sys/class/net/%s", name);
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return error_errno(e, -errno, "%s", path);
        if (file_read(fd, "ifindex", text, sizeof(text)) < 0 || parse_number(text, &n) < 0 ||
                        n != (uint64_t) ifindex)
                return error_set(e, ERROR_NO_SUCH_ADAPTER, -ENODEV,
                                "%s is not the adapter with index %d: is sysfs of this network namespace?",
                                path, ifindex);
        return TAKE_FD(fd);
}

void adapter_sysfs_driver(int directory_fd, char ret[static ADAPTER_NAME_MAX]) {
        sysfs_link_target(directory_fd, "device/driver", ret, ADAPTER_NAME_MAX);
}

static unsigned count_queues(int directory_fd, const char *direction, bool *truncated) {
        char path[64];

        for (unsigned i = 0; i <= ADAPTER_QUEUES_MAX; i++) {
                snprintf(path, sizeof(path), "queues/%s-%u", direction, i);
                if (faccessat(directory_fd, path, F_OK, 0) < 0)
                        return i;
        }
        *truncated = true;
        return ADAPTER_QUEUES_MAX;
}

static void file_path(char *path, size_t size, const SysfsFile *file, unsigned queue) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(path, size, file->format, queue);
#pragma GCC diagnostic pop
}

static void setting_read(int directory_fd, const SysfsFile *file, unsigned queue, AdapterProfile *p) {
        AdapterValue *v = adapter_profile_at(p, file->attribute, queue, NULL);
        char path[64], text[4096];
        uint64_t n;

        file_path(path, sizeof(path), file, queue);
        if (file_read(directory_fd, path, text, sizeof(text)) < 0)
                return;
        if (adapter_attribute_info(file->attribute)->format == FORMAT_MASK) {
                if (adapter_value_parse_mask(text, v) == -ERANGE)
                        p->truncated = true;
        } else if (parse_number(text, &n) >= 0)
                *v = adapter_value_number(n);
}

void adapter_sysfs_read(int directory_fd, uint64_t items, AdapterProfile *p) {
        p->n_tx_queues = count_queues(directory_fd, "tx", &p->truncated);
        p->n_rx_queues = count_queues(directory_fd, "rx", &p->truncated);
        for (size_t i = 0; i < ELEMENTSOF(sysfs_table); i++) {
                const AdapterAttributeInfo *info = adapter_attribute_info(sysfs_table[i].attribute);
                unsigned n = info->scope == SCOPE_DEVICE        ? 1
                                : info->scope == SCOPE_TX_QUEUE ? p->n_tx_queues
                                                                : p->n_rx_queues;

                if (!(items & (UINT64_C(1) << info->item)))
                        continue;
                for (unsigned queue = 0; queue < n; queue++)
                        setting_read(directory_fd, &sysfs_table[i], queue, p);
        }
}

int adapter_sysfs_write(int directory_fd, const AdapterChange *change, Error *e) {
        char path[64], text[ADAPTER_VALUE_TEXT_MAX];
        const SysfsFile *file = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(sysfs_table); i++)
                if (sysfs_table[i].attribute == change->attribute)
                        file = &sysfs_table[i];
        if (!file)
                return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP, "sysfs has no %s",
                                adapter_attribute_info(change->attribute)->name);
        file_path(path, sizeof(path), file, change->place);
        adapter_value_format(text, &change->value, adapter_attribute_info(change->attribute)->format);
        fd = openat(directory_fd, path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                r = -errno;
        else if (write(fd, text, strlen(text)) < 0)
                r = -errno;
        if (r == -ENOENT) /* no such queue, or XPS of an adapter with one queue */
                r = -EOPNOTSUPP;
        if (r < 0)
                return error_errno(e, r, "%s: writing %s", path, text);
        return 0;
}
