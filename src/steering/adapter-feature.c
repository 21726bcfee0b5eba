/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "adapter-feature.h"
#include "alloc-util.h"

#define FEATURES_MAX 256
#define BLOCKS_MAX   (FEATURES_MAX / 32)

/* Any socket will do for that (net/socket.c sock_do_ioctl()), and the unit forbids those of IP. */
static int ethtool(int fd, const char *adapter, void *command) {
        struct ifreq request = { .ifr_data = command };

        snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", adapter);
        return ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
}

/* The feature's bit, which differs from kernel to kernel, and how many there are. */
static int find_bit(int fd, const char *adapter, const char *feature, unsigned *ret_count) {
        _cleanup_free_ struct ethtool_gstrings *names = calloc(
                        1, sizeof(*names) + FEATURES_MAX * ETH_GSTRING_LEN);
        _cleanup_free_ struct ethtool_sset_info *set = calloc(1, sizeof(*set) + sizeof(set->data[0]));
        int r;

        if (!names || !set)
                return -ENOMEM;
        set->cmd = ETHTOOL_GSSET_INFO;
        set->sset_mask = 1ull << ETH_SS_FEATURES;
        r = ethtool(fd, adapter, set);
        if (r < 0)
                return r;
        if (!set->sset_mask || set->data[0] > FEATURES_MAX)
                return -EOPNOTSUPP;
        *names = (struct ethtool_gstrings){ .cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES };
        names->len = set->data[0];
        r = ethtool(fd, adapter, names);
        if (r < 0)
                return r;
        for (unsigned i = 0; i < names->len; i++)
                if (strncmp((const char *) names->data + i * ETH_GSTRING_LEN, feature, ETH_GSTRING_LEN) == 0) {
                        *ret_count = names->len;
                        return (int) i;
                }
        return -EOPNOTSUPP;
}

int adapter_feature_get(const char *adapter, const char *feature, bool *ret_on) {
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        _cleanup_free_ struct ethtool_gfeatures *get = calloc(
                        1, sizeof(*get) + BLOCKS_MAX * sizeof(get->features[0]));
        unsigned count;
        int bit, r;

        if (fd < 0 || !get)
                return get ? -errno : -ENOMEM;
        bit = find_bit(fd, adapter, feature, &count);
        if (bit < 0)
                return bit;
        get->cmd = ETHTOOL_GFEATURES;
        get->size = (count + 31) / 32;
        r = ethtool(fd, adapter, get);
        if (r < 0)
                return r;
        *ret_on = get->features[bit / 32].active & (1u << (bit % 32));
        return 0;
}

int adapter_feature_set(const char *adapter, const char *feature, bool on) {
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        _cleanup_free_ struct ethtool_sfeatures *set = calloc(
                        1, sizeof(*set) + BLOCKS_MAX * sizeof(set->features[0]));
        unsigned count;
        bool now;
        int bit, r;

        if (fd < 0 || !set)
                return set ? -errno : -ENOMEM;
        bit = find_bit(fd, adapter, feature, &count);
        if (bit < 0)
                return bit;
        set->cmd = ETHTOOL_SFEATURES;
        set->size = (count + 31) / 32;
        set->features[bit / 32].valid = 1u << (bit % 32);
        set->features[bit / 32].requested = on ? 1u << (bit % 32) : 0;
        r = ethtool(fd, adapter, set);
        if (r < 0)
                return r;
        /* What the kernel could not do it only says by the state afterwards. */
        r = adapter_feature_get(adapter, feature, &now);
        return r < 0 ? r : now == on ? 0 : -EOPNOTSUPP;
}
