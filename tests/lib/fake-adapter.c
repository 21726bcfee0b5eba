/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fake-adapter.h"
#include "flow-rule.h"
#include "rss-table.h"

static struct FakeAdapter *fake_find(FakeAdapters *f, int ifindex) {
        for (size_t i = 0; i < FAKE_ADAPTERS_MAX; i++)
                if (ifindex > 0 && f->adapter[i].ifindex == ifindex)
                        return &f->adapter[i];
        return NULL;
}

AdapterProfile *fake_adapter_get(FakeAdapters *f, int ifindex) {
        return fake_find(f, ifindex)->profile;
}

static void copy_entries(const AdapterProfile *from, AdapterProfile *to, AdapterAttribute a) {
        size_t n;
        const AdapterEntry *e = adapter_profile_entries(from, a, &n);

        for (size_t i = 0; i < n; i++)
                *adapter_profile_add(to, a, e[i].place, e[i].name) = e[i].value;
}

static void copy_values(const AdapterProfile *from, AdapterProfile *to, uint64_t items) {
        for (AdapterAttribute a = 0; a < _ADAPTER_ATTRIBUTE_MAX; a++) {
                PrimeItemId item = adapter_attribute_info(a)->item;

                if (item < 0 || !(items & (UINT64_C(1) << item)) || a == ATTRIBUTE_FEATURE)
                        continue;
                if (adapter_attribute_is_entry(a)) {
                        copy_entries(from, to, a);
                        continue;
                }
                for (unsigned q = 0;
                                q < (adapter_attribute_info(a)->scope == SCOPE_DEVICE ? 1 : ADAPTER_QUEUES_MAX);
                                q++)
                        *adapter_profile_at(to, a, q, NULL) = *adapter_profile_get(from, a, q, NULL);
        }
        if (items & (UINT64_C(1) << PRIME_FEATURES))
                memcpy(to->feature, from->feature, sizeof(to->feature));
}

static int fake_read(AdapterAccess *a, int ifindex, uint64_t items, AdapterProfile *p, Error *e) {
        struct FakeAdapter *fake = fake_find((FakeAdapters *) a, ifindex);

        if (!fake)
                return error_set(e, ERROR_NO_SUCH_ADAPTER, -ENODEV, "there is no adapter with index %d",
                                ifindex);
        adapter_profile_clear(p, items);
        copy_values(fake->profile, p, items);
        p->ifindex = ifindex;
        memcpy(p->name, fake->profile->name, sizeof(p->name));
        memcpy(p->driver, fake->profile->driver, sizeof(p->driver));
        memcpy(p->kind, fake->profile->kind, sizeof(p->kind));
        p->n_rx_queues = fake->profile->n_rx_queues;
        p->n_tx_queues = fake->profile->n_tx_queues;
        return 0;
}

static int write_feature(FakeAdapters *f, AdapterProfile *p, const AdapterChange *c) {
        AdapterFeature *feature = (AdapterFeature *) adapter_profile_feature(p, c->name);

        if (!feature)
                return -EINVAL;
        if (!feature->hw)
                return 0; /* the kernel masks it out, silently */
        feature->wanted = c->value.word[0];
        feature->active = feature->wanted && !streq(f->stuck, c->name);
        return 0;
}

/* A list's entry comes and goes with its value. */
static int write_listed(AdapterProfile *p, const AdapterChange *c, Error *e) {
        AdapterValue *v;

        if (!adapter_profile_value(p, c->attribute, c->place, c->name).set)
                return error_errno(e, -EOPNOTSUPP, "kernel");
        if (c->value.absent) {
                if (!adapter_profile_get(p, c->attribute, c->place, c->name))
                        return error_errno(e, -ENOENT, "kernel");
                adapter_profile_remove(p, c->attribute, c->place, c->name);
                return 0;
        }
        v = adapter_profile_add(p, c->attribute, c->place, c->name);
        if (!v)
                return error_errno(e, -ENOSPC, "kernel");
        *v = c->value;
        return 0;
}

static int write_value(FakeAdapters *f, AdapterProfile *p, const AdapterChange *c, Error *e) {
        const AdapterAttributeInfo *info = adapter_attribute_info(c->attribute);
        AdapterValue *v = adapter_profile_at(p, c->attribute, c->place, c->name);
        const AdapterValue *high = &p->value[info->maximum], *low = &p->value[info->minimum];

        if (!v || !v->set || c->attribute == f->refused)
                return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP,
                                "kernel: cannot modify an unsupported parameter");
        if ((high->set && c->value.word[0] > high->word[0]) || (low->set && c->value.word[0] < low->word[0]))
                return error_set(e, ERROR_FAILED, -EINVAL, "kernel: requested %s exceeds maximum", info->name);
        *v = c->value;
        if (info->item == PRIME_RINGS && f->round_rings_to > 0)
                v->word[0] = (v->word[0] + f->round_rings_to - 1) / f->round_rings_to * f->round_rings_to;
        return 0;
}

/* The largest queue that a table, a context or a rule names, or -1. */
static int queue_in_use(const AdapterProfile *p) {
        int largest = -1;

        for (size_t i = 0; i < p->n_entries; i++) {
                const AdapterValue *v = &p->entry[i].value;
                AdapterAttribute a = p->entry[i].attribute;
                FlowRule r;

                for (unsigned k = 0;
                                k < v->size && (a == ATTRIBUTE_RSS_TABLE || a == ATTRIBUTE_RSS_CONTEXT_TABLE);
                                k++)
                        largest = MAX(largest, (int) adapter_value_data(v)[k]);
                if (a == ATTRIBUTE_FLOW_RULE && flow_rule_parse(v, &r))
                        largest = MAX(largest, (int) flow_rule_queue(&r));
        }
        return largest;
}

static void reset_rss(AdapterProfile *p, unsigned rx) {
        RssTable t;

        rss_table_get(p, ATTRIBUTE_RSS_TABLE, 0, &t);
        rss_table_default(&t, t.n_slots, rx);
        rss_table_put(&t, p, ATTRIBUTE_RSS_TABLE, 0);
}

/* The kernel's own checks and counts, of what was written. */
static int settle_flows(FakeAdapters *f, AdapterProfile *p, PrimeItemId item, Error *e) {
        uint64_t rx = p->value[ATTRIBUTE_CHANNELS_RX].word[0];
        size_t n;

        (void) adapter_profile_entries(p, ATTRIBUTE_RSS_CONTEXT_TABLE, &n);
        if (p->value[ATTRIBUTE_RSS_CONTEXTS].set)
                p->value[ATTRIBUTE_RSS_CONTEXTS] = adapter_value_number(n);
        if (queue_in_use(p) >= (int) rx)
                return error_set(e, ERROR_FAILED, -EINVAL, "kernel: requested channel counts are too low");
        if (item == PRIME_CHANNELS && p->value[ATTRIBUTE_RSS_QUEUES].set) {
                p->value[ATTRIBUTE_RSS_QUEUES] = adapter_value_number(rx);
                if (f->channels_reset_rss)
                        reset_rss(p, (unsigned) rx);
        }
        return 0;
}

void fake_adapter_channels(AdapterProfile *p, unsigned rx, unsigned tx) {
        p->value[ATTRIBUTE_CHANNELS_RX] = adapter_value_number(rx);
        p->value[ATTRIBUTE_CHANNELS_TX] = adapter_value_number(tx);
        p->n_rx_queues = rx;
        p->n_tx_queues = tx;
        for (unsigned q = 0; q < ADAPTER_QUEUES_MAX; q++) {
                AdapterValue *rx_values[] = { &p->rps_cpus[q], &p->rps_flow_count[q] },
                             *tx_values[] = { &p->xps_cpus[q], &p->xps_rxqs[q] };

                for (size_t i = 0; i < 2; i++) {
                        if (q >= rx || !rx_values[i]->set)
                                *rx_values[i] = (AdapterValue){ .set = q < rx };
                        if (q >= tx || !tx_values[i]->set)
                                *tx_values[i] = (AdapterValue){ .set = q < tx };
                }
        }
}

static int fake_write(AdapterAccess *a, int ifindex, const AdapterChange *changes, size_t n, Error *e) {
        FakeAdapters *f = (FakeAdapters *) a;
        struct FakeAdapter *fake = fake_find(f, ifindex);
        AdapterProfile before;
        PrimeItemId item = adapter_attribute_info(changes[0].attribute)->item;

        if (!fake)
                return error_set(e, ERROR_NO_SUCH_ADAPTER, -ENODEV, "there is no adapter with index %d",
                                ifindex);
        f->n_writes++;
        fake->n_writes++;
        while (f->hang_at > 0 && f->n_writes >= f->hang_at)
                pause();
        if (f->lost_from > 0 && f->n_writes >= f->lost_from)
                return 0;
        if (f->n_writes == f->fail_at || (f->fail_from > 0 && f->n_writes >= f->fail_from))
                return error_set(e, ERROR_FAILED, -EIO, "%s of %s: kernel: firmware said no",
                                prime_item_to_string(item), fake->profile->name);
        before = *fake->profile;
        for (size_t i = 0; i < n; i++) {
                int r = changes[i].attribute == ATTRIBUTE_FEATURE ? write_feature(f, fake->profile, &changes[i])
                                : adapter_attribute_info(changes[i].attribute)->listed
                                ? write_listed(fake->profile, &changes[i], e)
                                : write_value(f, fake->profile, &changes[i], e);

                if (r < 0) {
                        *fake->profile = before;
                        return r;
                }
        }
        if (settle_flows(f, fake->profile, item, e) < 0) {
                *fake->profile = before;
                return -EINVAL;
        }
        if (item == PRIME_CHANNELS) {
                if (f->channels_reset_xps)
                        for (unsigned q = 0; q < ADAPTER_QUEUES_MAX; q++)
                                fake->profile->xps_cpus[q] = fake->profile->xps_rxqs[q] = (AdapterValue){};
                fake_adapter_channels(fake->profile,
                                (unsigned) fake->profile->value[ATTRIBUTE_CHANNELS_RX].word[0],
                                (unsigned) fake->profile->value[ATTRIBUTE_CHANNELS_TX].word[0]);
        }
        return 0;
}

static AdapterAccess *fake_free(AdapterAccess *a) {
        FakeAdapters *f = (FakeAdapters *) a;

        for (size_t i = 0; i < FAKE_ADAPTERS_MAX; i++)
                adapter_profile_free(f->adapter[i].profile);
        free(f);
        return NULL;
}

static const AdapterAccessOps fake_ops = {
        .name = "fake", .read = fake_read, .write = fake_write, .free = fake_free
};

FakeAdapters *fake_adapters_new(void) {
        FakeAdapters *f = calloc(1, sizeof(*f));

        f->access.ops = &fake_ops;
        return f;
}

FakeAdapters *fake_adapters_free(FakeAdapters *f) {
        if (f)
                fake_free(&f->access);
        return NULL;
}

void fake_adapter_feature(
                AdapterProfile *p, unsigned bit, const char *name, bool hw, bool wanted, bool active) {
        p->feature[bit] = (AdapterFeature){ .hw = hw, .wanted = wanted, .active = active };
        snprintf(p->feature[bit].name, sizeof(p->feature[bit].name), "%s", name);
}

void fake_adapter_rule(AdapterProfile *p, unsigned location, uint16_t port, unsigned queue) {
        FlowRule r = { .spec.flow_type = TCP_V4_FLOW, .spec.ring_cookie = queue };

        r.spec.h_u.tcp_ip4_spec.pdst = htons(port);
        r.spec.m_u.tcp_ip4_spec.pdst = UINT16_MAX;
        p->value[ATTRIBUTE_FLOW_RULES_MAX] = adapter_value_number(8);
        *adapter_profile_add(p, ATTRIBUTE_FLOW_RULE, location, NULL) = flow_rule_value(&r);
}

void fake_adapter_rss(
                AdapterProfile *p, unsigned n_slots, unsigned (*queue)(unsigned slot), unsigned key_size) {
        uint8_t key[ADAPTER_BYTES_MAX];
        RssTable t = { .n_slots = n_slots };

        for (unsigned i = 0; i < n_slots; i++)
                t.queue[i] = (uint8_t) queue(i);
        for (unsigned i = 0; i < key_size; i++)
                key[i] = (uint8_t) (i + p->ifindex);
        rss_table_put(&t, p, ATTRIBUTE_RSS_TABLE, 0);
        p->value[ATTRIBUTE_RSS_QUEUES] = adapter_value_number(p->n_rx_queues);
        p->value[ATTRIBUTE_RSS_HASH_FUNCTION] = adapter_value_number(1);
        p->value[ATTRIBUTE_RSS_KEY] = adapter_value_bytes(key, key_size);
        p->value[ATTRIBUTE_RSS_CONTEXTS] = adapter_value_number(0);
}

void fake_adapter_context(AdapterProfile *p, unsigned context, unsigned queue) {
        RssTable t;

        rss_table_get(p, ATTRIBUTE_RSS_TABLE, 0, &t);
        memset(t.queue, (int) queue, t.n_slots);
        rss_table_put(&t, p, ATTRIBUTE_RSS_CONTEXT_TABLE, context * RSS_CHUNKS_MAX);
        p->value[ATTRIBUTE_RSS_CONTEXTS] = adapter_value_number(context + 1);
}

void fake_adapter_private_flag(AdapterProfile *p, const char *name, bool on) {
        *adapter_profile_add(p, ATTRIBUTE_PRIVATE_FLAG, 0, name) = adapter_value_number(on);
}

AdapterProfile *fake_adapter_add(FakeAdapters *f, int ifindex, const char *name) {
        static const struct {
                AdapterAttribute attribute;
                uint64_t value;
        } settings[] = {
                { ATTRIBUTE_CHANNELS_RX_MAX, 8 },
                { ATTRIBUTE_CHANNELS_TX_MAX, 8 },
                { ATTRIBUTE_RINGS_RX_MAX, 4096 },
                { ATTRIBUTE_RINGS_TX_MAX, 4096 },
                { ATTRIBUTE_RINGS_RX, 512 },
                { ATTRIBUTE_RINGS_TX, 512 },
                { ATTRIBUTE_MTU, 1500 },
                { ATTRIBUTE_MTU_MIN, 68 },
                { ATTRIBUTE_MTU_MAX, 9000 },
                { ATTRIBUTE_COALESCE_RX_USECS, 50 },
                { ATTRIBUTE_COALESCE_TX_USECS, 50 },
                { ATTRIBUTE_TX_QUEUE_LENGTH, 1000 },
                { ATTRIBUTE_GSO_MAX_SIZE, 65536 },
                { ATTRIBUTE_TSO_MAX_SIZE, 524280 },
                { ATTRIBUTE_GRO_MAX_SIZE, 65536 },
                { ATTRIBUTE_PROMISC, 0 },
                { ATTRIBUTE_ALLMULTI, 0 },
                { ATTRIBUTE_PROMISCUITY_COUNT, 0 },
                { ATTRIBUTE_FILTER_HOOK, 0 },
                { ATTRIBUTE_XDP_NATIVE, 0 },
                { ATTRIBUTE_NAPI_DEFER_HARD_IRQS, 0 },
                { ATTRIBUTE_NAPI_GRO_FLUSH_TIMEOUT, 0 },
                { ATTRIBUTE_NAPI_THREADED, 0 },
        };
        AdapterProfile *p = adapter_profile_new();

        for (size_t i = 0; i < ELEMENTSOF(settings); i++)
                p->value[settings[i].attribute] = adapter_value_number(settings[i].value);
        p->ifindex = ifindex;
        snprintf(p->name, sizeof(p->name), "%s", name);
        snprintf(p->driver, sizeof(p->driver), "veth");
        snprintf(p->kind, sizeof(p->kind), "veth");
        fake_adapter_channels(p, 2, 2);
        fake_adapter_feature(p, 0, "tx-scatter-gather", true, true, true);
        fake_adapter_feature(p, 14, "rx-gro", true, false, false);
        fake_adapter_feature(p, 16, "tx-tcp-segmentation", true, true, true);
        fake_adapter_feature(p, 20, "rx-lro", false, false, false);
        for (size_t i = 0; i < FAKE_ADAPTERS_MAX; i++)
                if (f->adapter[i].ifindex == 0) {
                        f->adapter[i].ifindex = ifindex;
                        f->adapter[i].profile = p;
                        return p;
                }
        abort();
}
