/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rss-config.h"

void rss_config_to_profile(const RssConfig *c, AdapterProfile *p) {
        rss_table_put(&c->table, p, ATTRIBUTE_RSS_TABLE, 0);
        p->value[ATTRIBUTE_RSS_KEY] = c->key;
        if (c->function)
                p->value[ATTRIBUTE_RSS_HASH_FUNCTION] = adapter_value_number(c->function);
        p->value[ATTRIBUTE_RSS_INPUT_TRANSFORM] = adapter_value_number(c->transform);
}

void rss_config_from_profile(const AdapterProfile *p, RssConfig *ret) {
        memset(ret, 0, sizeof(*ret));
        rss_table_get(p, ATTRIBUTE_RSS_TABLE, 0, &ret->table);
        ret->key = p->value[ATTRIBUTE_RSS_KEY];
        ret->function = (uint8_t) p->value[ATTRIBUTE_RSS_HASH_FUNCTION].word[0];
        ret->transform = (uint8_t) p->value[ATTRIBUTE_RSS_INPUT_TRANSFORM].word[0];
}

int rss_config_apply(RssConfig *c, const AdapterChange *changes, size_t n, unsigned n_queues) {
        unsigned done = 0;

        for (size_t i = 0; i < n; i++) {
                const AdapterValue *v = &changes[i].value;

                switch ((int) changes[i].attribute) {
                case ATTRIBUTE_RSS_TABLE:
                        if (!rss_table_set_chunk(&c->table, changes[i].place, v))
                                return -ERANGE;
                        done |= RSS_CHANGE_TABLE;
                        break;
                case ATTRIBUTE_RSS_KEY:
                        if (v->size != c->key.size)
                                return -ERANGE;
                        c->key = *v;
                        done |= RSS_CHANGE_KEY;
                        break;
                case ATTRIBUTE_RSS_HASH_FUNCTION:
                        c->function = (uint8_t) v->word[0];
                        done |= RSS_CHANGE_FUNCTION;
                        break;
                case ATTRIBUTE_RSS_INPUT_TRANSFORM:
                        c->transform = (uint8_t) v->word[0];
                        done |= RSS_CHANGE_TRANSFORM;
                        break;
                default:
                        return -EOPNOTSUPP;
                }
        }
        if ((done & RSS_CHANGE_TABLE) && rss_table_is_default(&c->table, n_queues))
                done |= RSS_CHANGE_DEFAULT;
        return (int) done;
}
