/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapter-profile.h"
#include "flow-rule.h"
#include "irq-moderation.h"
#include "qdisc-value.h"
#include "queue-coalesce.h"
#include "rss-table.h"

AdapterProfile *adapter_profile_new(void) {
        return calloc(1, sizeof(AdapterProfile));
}

AdapterProfile *adapter_profile_free(AdapterProfile *p) {
        free(p);
        return NULL;
}

static bool item_in(uint64_t items, PrimeItemId item) {
        return item >= 0 && (items & (UINT64_C(1) << item));
}

static int entry_compare(const AdapterEntry *e, AdapterAttribute a, unsigned place, const char *name) {
        int r = (e->attribute > a) - (e->attribute < a);

        if (r == 0)
                r = strcmp(e->name, name ? name : "");
        return r != 0 ? r : (e->place > place) - (e->place < place);
}

/* Where the entry is, or where it belongs. */
static size_t entry_index(const AdapterProfile *p, AdapterAttribute a, unsigned place, const char *name) {
        size_t low = 0, high = p->n_entries;

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (entry_compare(&p->entry[middle], a, place, name) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static bool entry_is(const AdapterProfile *p, size_t i, AdapterAttribute a, unsigned place, const char *name) {
        return i < p->n_entries && entry_compare(&p->entry[i], a, place, name) == 0;
}

static void entry_remove(AdapterProfile *p, size_t i) {
        p->n_entries--;
        memmove(&p->entry[i], &p->entry[i + 1], (p->n_entries - i) * sizeof(p->entry[0]));
}

/* What every queue has of a per-queue attribute, NULL for another. */
static AdapterValue *queue_values(AdapterProfile *p, AdapterAttribute a) {
        const struct {
                AdapterAttribute attribute;
                AdapterValue *values;
        } kept[] = {
                { ATTRIBUTE_XPS_CPUS, p->xps_cpus },
                { ATTRIBUTE_XPS_RXQS, p->xps_rxqs },
                { ATTRIBUTE_RPS_CPUS, p->rps_cpus },
                { ATTRIBUTE_RPS_FLOW_COUNT, p->rps_flow_count },
                { ATTRIBUTE_IRQ_RX, p->irq_rx },
                { ATTRIBUTE_IRQ_TX, p->irq_tx },
        };

        for (size_t i = 0; i < ELEMENTSOF(kept); i++)
                if (kept[i].attribute == a)
                        return kept[i].values;
        return NULL;
}

void adapter_profile_clear(AdapterProfile *p, uint64_t items) {
        for (AdapterAttribute a = 0; a < _ADAPTER_ATTRIBUTE_MAX; a++)
                if (item_in(items, adapter_attribute_info(a)->item)) {
                        AdapterValue *queues = queue_values(p, a);

                        p->value[a] = (AdapterValue){};
                        if (queues)
                                memset(queues, 0, ADAPTER_QUEUES_MAX * sizeof(*queues));
                }
        for (size_t i = p->n_entries; i > 0; i--)
                if (item_in(items, adapter_attribute_info(p->entry[i - 1].attribute)->item))
                        entry_remove(p, i - 1);
        if (item_in(items, PRIME_FEATURES))
                memset(p->feature, 0, sizeof(p->feature));
}

static bool values_equal(const AdapterValue *a, const AdapterValue *b, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (!adapter_value_equal(&a[i], &b[i]))
                        return false;
        return true;
}

static bool features_equal(const AdapterFeature *a, const AdapterFeature *b) {
        return streq(a->name, b->name) && a->hw == b->hw && a->wanted == b->wanted && a->active == b->active &&
                        a->nochange == b->nochange;
}

bool adapter_profile_equal(const AdapterProfile *a, const AdapterProfile *b) {
        if (!streq(a->driver, b->driver) || !streq(a->kind, b->kind) || a->n_tx_queues != b->n_tx_queues ||
                        a->n_rx_queues != b->n_rx_queues || a->truncated != b->truncated)
                return false;
        for (size_t i = 0; i < ADAPTER_FEATURES_MAX; i++)
                if (!features_equal(&a->feature[i], &b->feature[i]))
                        return false;
        if (a->n_entries != b->n_entries)
                return false;
        for (size_t i = 0; i < a->n_entries; i++)
                if (entry_compare(&a->entry[i], b->entry[i].attribute, b->entry[i].place, b->entry[i].name) !=
                                                0 ||
                                !adapter_value_equal(&a->entry[i].value, &b->entry[i].value))
                        return false;
        for (AdapterAttribute i = 0; i < _ADAPTER_ATTRIBUTE_MAX; i++) {
                const AdapterValue *values = queue_values((AdapterProfile *) a, i);

                if (values && !values_equal(values, queue_values((AdapterProfile *) b, i), ADAPTER_QUEUES_MAX))
                        return false;
        }
        return values_equal(a->value, b->value, ELEMENTSOF(a->value));
}

AdapterValue *adapter_profile_at(AdapterProfile *p, AdapterAttribute a, unsigned place, const char *name) {
        const AdapterAttributeInfo *info = adapter_attribute_info(a);
        size_t i;

        if (a == ATTRIBUTE_FEATURE)
                return NULL;
        if (info->scope == SCOPE_DEVICE)
                return &p->value[a];
        if (adapter_attribute_is_entry(a)) {
                i = entry_index(p, a, place, name);
                return entry_is(p, i, a, place, name) ? &p->entry[i].value : NULL;
        }
        return place < ADAPTER_QUEUES_MAX ? queue_values(p, a) + place : NULL;
}

const AdapterValue *adapter_profile_get(
                const AdapterProfile *p, AdapterAttribute a, unsigned place, const char *name) {
        return adapter_profile_at((AdapterProfile *) p, a, place, name);
}

AdapterValue *adapter_profile_add(AdapterProfile *p, AdapterAttribute a, unsigned place, const char *name) {
        size_t i = entry_index(p, a, place, name), length = name ? strlen(name) : 0;
        AdapterEntry *e = &p->entry[i];

        assert(adapter_attribute_is_entry(a));
        if (entry_is(p, i, a, place, name))
                return &e->value;
        if (p->n_entries == ADAPTER_ENTRIES_MAX || length >= sizeof(e->name)) {
                p->truncated = true;
                return NULL;
        }
        memmove(e + 1, e, (p->n_entries - i) * sizeof(*e));
        p->n_entries++;
        *e = (AdapterEntry){ .attribute = a, .place = place };
        if (name)
                memcpy(e->name, name, length);
        return &e->value;
}

void adapter_profile_remove(AdapterProfile *p, AdapterAttribute a, unsigned place, const char *name) {
        size_t i = entry_index(p, a, place, name);

        if (entry_is(p, i, a, place, name))
                entry_remove(p, i);
}

const AdapterEntry *adapter_profile_entries(const AdapterProfile *p, AdapterAttribute a, size_t *ret_n) {
        size_t begin = entry_index(p, a, 0, ""), end = begin;

        while (end < p->n_entries && p->entry[end].attribute == a)
                end++;
        *ret_n = end - begin;
        return &p->entry[begin];
}

AdapterValue adapter_profile_value(
                const AdapterProfile *p, AdapterAttribute a, unsigned place, const char *name) {
        const AdapterAttributeInfo *info = adapter_attribute_info(a);
        const AdapterValue *v = adapter_profile_get(p, a, place, name);

        if (v)
                return *v;
        if (info->listed && (info->offered == ATTRIBUTE_NONE || p->value[info->offered].set))
                return adapter_value_absent();
        return (AdapterValue){};
}

const AdapterFeature *adapter_profile_feature(const AdapterProfile *p, const char *name) {
        if (!name[0])
                return NULL;
        for (size_t i = 0; i < ADAPTER_FEATURES_MAX; i++)
                if (streq(p->feature[i].name, name))
                        return &p->feature[i];
        return NULL;
}

AdapterValue adapter_value_bytes(const void *bytes, size_t size) {
        AdapterValue v = { .set = true, .size = (uint8_t) MIN(size, (size_t) ADAPTER_BYTES_MAX) };

        memcpy(v.word, bytes, v.size);
        return v;
}

bool adapter_value_equal(const AdapterValue *a, const AdapterValue *b) {
        return a->set == b->set &&
                        (!a->set ||
                                        (a->absent == b->absent && a->size == b->size &&
                                                        memcmp(a->word, b->word, sizeof(a->word)) == 0));
}

bool adapter_value_is_zero(const AdapterValue *v) {
        return v->absent || memcmp(v->word, (AdapterValue){}.word, sizeof(v->word)) == 0;
}

bool adapter_value_truncate(AdapterValue *v, unsigned n) {
        bool changed = false;

        for (unsigned i = 0; i < ADAPTER_VALUE_WORDS; i++) {
                uint64_t keep = n >= (i + 1) * 64 ? UINT64_MAX
                                : n <= i * 64     ? 0
                                                  : (UINT64_C(1) << (n % 64)) - 1;

                changed = changed || (v->word[i] & ~keep);
                v->word[i] &= keep;
        }
        return changed;
}

static int hex_digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -EINVAL;
}

int adapter_value_parse_mask(const char *s, AdapterValue *ret) {
        AdapterValue v = { .set = true };
        size_t length = strcspn(s, "\n");
        unsigned shift = 0;

        if (length == 0)
                return -EINVAL;
        for (size_t i = length; i > 0; i--) {
                int digit;

                if (s[i - 1] == ',')
                        continue;
                digit = hex_digit(s[i - 1]);
                if (digit < 0)
                        return -EINVAL;
                if (shift < ADAPTER_CPUS_MAX)
                        v.word[shift / 64] |= (uint64_t) digit << (shift % 64);
                else if (digit > 0)
                        return -ERANGE;
                shift += 4;
        }
        if (shift == 0)
                return -EINVAL;
        *ret = v;
        return 0;
}

static void format_bytes(char *buffer, const AdapterValue *v) {
        buffer[0] = 0;
        for (unsigned i = 0; i < v->size; i++)
                snprintf(buffer + 2 * i, 3, "%02x", adapter_value_data(v)[i]);
}

static void format_mask(char *buffer, const AdapterValue *v) {
        size_t used = 0;
        bool leading = true;

        for (unsigned i = ADAPTER_MASK_WORDS * 2; i > 0; i--) {
                uint32_t group = (uint32_t) (v->word[(i - 1) / 2] >> ((i - 1) % 2 * 32));

                if (leading && group == 0 && i > 1)
                        continue;
                used += (size_t) snprintf(buffer + used, ADAPTER_VALUE_TEXT_MAX - used,
                                leading ? "%" PRIx32 : ",%08" PRIx32, group);
                leading = false;
        }
}

/* Bits of enum ethtool_link_mode_bit_indices, words of ethtool(8) --set-fec. */
static const struct {
        unsigned bit;
        const char *word;
} fec_words[] = {
        { 49, "off" },
        { 50, "rs" },
        { 51, "baser" },
        { 74, "llrs" },
};

static void format_fec(char *buffer, const AdapterValue *v) {
        size_t used = 0;

        memcpy(buffer, "none", 5);
        for (size_t i = 0; i < ELEMENTSOF(fec_words); i++)
                if (v->word[fec_words[i].bit / 64] >> (fec_words[i].bit % 64) & 1)
                        used += (size_t) snprintf(buffer + used, ADAPTER_VALUE_TEXT_MAX - used, "%s%s",
                                        used > 0 ? " " : "", fec_words[i].word);
}

const char *adapter_value_format(
                char buffer[static ADAPTER_VALUE_TEXT_MAX], const AdapterValue *v, AdapterFormat format) {
        if (!v->set) {
                memcpy(buffer, "-", 2);
                return buffer;
        }
        if (v->absent) {
                memcpy(buffer, "none", 5);
                return buffer;
        }
        switch (format) {
        case FORMAT_NUMBER:
                snprintf(buffer, ADAPTER_VALUE_TEXT_MAX, "%" PRIu64, v->word[0]);
                break;
        case FORMAT_SWITCH:
                snprintf(buffer, ADAPTER_VALUE_TEXT_MAX, "%s", v->word[0] ? "on" : "off");
                break;
        case FORMAT_MASK:
                format_mask(buffer, v);
                break;
        case FORMAT_FIELDS:
                flow_fields_format(buffer, v);
                break;
        case FORMAT_FEC:
                format_fec(buffer, v);
                break;
        case FORMAT_TEXT:
                snprintf(buffer, ADAPTER_VALUE_TEXT_MAX, "%.*s", v->size, (const char *) adapter_value_data(v));
                break;
        case FORMAT_QDISC:
                qdisc_value_format(buffer, v);
                break;
        case FORMAT_BYTES:
                format_bytes(buffer, v);
                break;
        case FORMAT_SLOTS:
                rss_table_format(buffer, v);
                break;
        case FORMAT_FLOW_RULE:
                flow_rule_format(buffer, v);
                break;
        case FORMAT_QUEUE_COALESCE:
                queue_coalesce_format(buffer, v);
                break;
        case FORMAT_MODERATION:
                irq_moderation_format(buffer, v);
                break;
        }
        return buffer;
}

static int parse_number(const char *text, AdapterValue *ret) {
        char *end;
        uint64_t n;

        if (text[0] < '0' || text[0] > '9')
                return -EINVAL;
        errno = 0;
        n = strtoull(text, &end, 10);
        if (*end)
                return -EINVAL;
        if (errno == ERANGE)
                return -ERANGE;
        *ret = adapter_value_number(n);
        return 0;
}

static int parse_bytes(const char *text, AdapterValue *ret) {
        uint8_t bytes[ADAPTER_BYTES_MAX];
        size_t length = strlen(text);

        if (length == 0 || length % 2 != 0)
                return -EINVAL;
        if (length / 2 > sizeof(bytes))
                return -ERANGE;
        for (size_t i = 0; i < length / 2; i++) {
                int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

                if (high < 0 || low < 0)
                        return -EINVAL;
                bytes[i] = (uint8_t) (high << 4 | low);
        }
        *ret = adapter_value_bytes(bytes, length / 2);
        return 0;
}

int adapter_value_parse(const char *text, AdapterFormat format, AdapterValue *ret) {
        if (streq(text, "none")) {
                *ret = adapter_value_absent();
                return 0;
        }
        format = adapter_format_exact(format);
        if (format == FORMAT_BYTES)
                return parse_bytes(text, ret);
        if (format == FORMAT_MASK)
                return strchr(text, '\n') ? -EINVAL : adapter_value_parse_mask(text, ret);
        if (format == FORMAT_NUMBER)
                return parse_number(text, ret);
        assert(format == FORMAT_SWITCH);
        if (!streq(text, "on") && !streq(text, "off"))
                return -EINVAL;
        *ret = adapter_value_number(streq(text, "on"));
        return 0;
}
