/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "adapter-flow.h"
#include "adapter-rss-context.h"
#include "alloc-util.h"
#include "ethtool-ioctl-codec.h"

#define LOCATIONS_MAX ADAPTER_ENTRIES_MAX

bool adapter_flow_is_refusal(int r) {
        return r == -EOPNOTSUPP || r == -EINVAL || r == -ENOSPC || r == -E2BIG || r == -ERANGE || r == -EEXIST;
}

/* What the driver has: how many rules, how many places, whether it chooses these itself. */
static int rules_count(const EthtoolIoctl *i, struct ethtool_rxnfc *ret) {
        *ret = (struct ethtool_rxnfc){ .cmd = ETHTOOL_GRXCLSRLCNT };
        return ethtool_ioctl(i, ret);
}

/* The locations in use; at most LOCATIONS_MAX. To be freed. */
static int rules_locations(
                const EthtoolIoctl *i, const struct ethtool_rxnfc *count, struct ethtool_rxnfc **ret) {
        size_t n = MIN(count->rule_cnt, (uint32_t) LOCATIONS_MAX);
        struct ethtool_rxnfc *c = calloc(1, sizeof(*c) + MAX(n, (size_t) 1) * sizeof(uint32_t));
        int r;

        if (!c)
                return -ENOMEM;
        c->cmd = ETHTOOL_GRXCLSRLALL;
        c->rule_cnt = (uint32_t) n;
        r = ethtool_ioctl(i, c);
        r = r < 0 ? r : ethtool_ioctl_parse_locations(c, n);
        if (r < 0)
                free(c);
        else
                *ret = c;
        return r;
}

static int rule_get(const EthtoolIoctl *i, uint32_t location, const uint32_t *ids, int n_ids, FlowRule *ret) {
        struct ethtool_rxnfc c = { .cmd = ETHTOOL_GRXCLSRULE, .fs.location = location };
        uint32_t context = 0;
        int r = ethtool_ioctl(i, &c);

        for (int k = 0; k < n_ids && r >= 0; k++)
                if (ids[k] == c.rss_context)
                        context = (uint32_t) k + 1;
        if (r >= 0)
                ethtool_ioctl_parse_rule(&c, context, ret);
        return r;
}

int adapter_flow_rules_read(AdapterSockets *s, int ifindex, AdapterProfile *p, Error *e) {
        EthtoolIoctl i = adapter_ioctl(s, p->name);
        uint32_t ids[ADAPTER_RSS_CONTEXTS_MAX];
        _cleanup_free_ struct ethtool_rxnfc *all = NULL;
        struct ethtool_rxnfc count;
        bool anywhere;
        int r, n_ids;

        if (rules_count(&i, &count) < 0)
                return 0;
        anywhere = count.data & RX_CLS_LOC_SPECIAL;
        r = rules_locations(&i, &count, &all);
        if (r < 0)
                return r == -EOPNOTSUPP ? 0 : error_errno(e, r, "listing flow rules");
        p->value[ATTRIBUTE_FLOW_RULES_MAX] = adapter_value_number(
                        MAX(all->data, count.data) & (RX_CLS_LOC_SPECIAL - 1));
        if (anywhere)
                p->value[ATTRIBUTE_FLOW_RULES_ANYWHERE] = adapter_value_number(1);
        p->truncated = p->truncated || count.rule_cnt > LOCATIONS_MAX;
        n_ids = adapter_rss_context_ids(s, ifindex, p->name, ids);
        for (int k = 0; k < r; k++) {
                AdapterValue *v;
                FlowRule rule;

                if (rule_get(&i, all->rule_locs[k], ids, n_ids, &rule) < 0) /* gone meanwhile */
                        continue;
                v = adapter_profile_add(p, ATTRIBUTE_FLOW_RULE,
                                anywhere ? flow_rule_place(&rule) : all->rule_locs[k], NULL);
                if (v)
                        *v = flow_rule_value(&rule);
        }
        return 0;
}

/* Where the driver has put the rule whose place is made of what it says. */
static int rule_find(const EthtoolIoctl *i, unsigned place, const uint32_t *ids, int n_ids, uint32_t *ret) {
        _cleanup_free_ struct ethtool_rxnfc *all = NULL;
        struct ethtool_rxnfc count;
        int r;

        r = rules_count(i, &count);
        if (r < 0)
                return r;
        r = rules_locations(i, &count, &all);
        for (int k = 0; k < r; k++) {
                FlowRule rule;

                if (rule_get(i, all->rule_locs[k], ids, n_ids, &rule) < 0 || flow_rule_place(&rule) != place)
                        continue;
                *ret = all->rule_locs[k];
                return 0;
        }
        return r < 0 ? r : -ENOENT;
}

static int rule_remove(const EthtoolIoctl *i, unsigned place, const uint32_t *ids, int n_ids) {
        struct ethtool_rxnfc c = { .cmd = ETHTOOL_SRXCLSRLDEL, .fs.location = place };
        int r = place >= FLOW_RULE_ANYWHERE ? rule_find(i, place, ids, n_ids, &c.fs.location) : 0;

        return r < 0 ? r : ethtool_ioctl(i, &c);
}

int adapter_flow_rules_write(
                AdapterSockets *s, int ifindex, const char *name, const AdapterChange *change, Error *e) {
        EthtoolIoctl i = adapter_ioctl(s, name);
        uint32_t ids[ADAPTER_RSS_CONTEXTS_MAX] = {}, location = change->place;
        int r, n_ids = adapter_rss_context_ids(s, ifindex, name, ids);
        struct ethtool_rxnfc c;
        FlowRule rule;

        if (change->value.absent) {
                r = rule_remove(&i, change->place, ids, n_ids);
                return r < 0 ? error_errno(e, r, "removing rule %u", change->place) : 0;
        }
        if (!flow_rule_parse(&change->value, &rule))
                return error_errno(e, -EINVAL, "rule %u", change->place);
        if (location >= FLOW_RULE_ANYWHERE)
                location = RX_CLS_LOC_ANY;
        if ((rule.spec.flow_type & FLOW_RSS) && (rule.context == 0 || (int) rule.context > n_ids))
                return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP, "there is no RSS context %u",
                                rule.context);
        ethtool_ioctl_put_rule(&rule, location, rule.context > 0 ? ids[rule.context - 1] : 0, &c);
        r = ethtool_ioctl(&i, &c);
        return r < 0 ? error_errno(e, adapter_flow_is_refusal(r) ? -EOPNOTSUPP : r, "rule %u", change->place)
                     : 0;
}
