/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the lists of a policy are read and written: probe targets, prime items. A pair's list replaces that of
 * its defaults. */

#include <arpa/inet.h>

#include "alloc-util.h"
#include "policy-key.h"
#include "prime-item.h"

static bool want_list(PolicySource *s, const PolicyKey *key, const PolicyNode *node) {
        if (node->kind == POLICY_LIST)
                return true;
        policy_type_error(s, key, node, "a list");
        return false;
}

/* NULL when good, otherwise what is wrong with it. */
static const char *target_parse(const char *text, ProbeTarget *ret) {
        ProbeTarget t = {};

        if (streq(text, "gateway")) {
                *ret = (ProbeTarget){ .family = AF_UNSPEC };
                return NULL;
        }
        if (inet_pton(AF_INET, text, &t.in) == 1) {
                uint32_t a = ntohl(t.in.s_addr);

                t.family = AF_INET;
                if (a >> 28 >= 14 || a >> 24 == 0 || a >> 24 == 127)
                        return "is no address of a neighbour";
        } else if (inet_pton(AF_INET6, text, &t.in6) == 1) {
                t.family = AF_INET6;
                if (IN6_IS_ADDR_MULTICAST(&t.in6) || IN6_IS_ADDR_LOOPBACK(&t.in6) ||
                                IN6_IS_ADDR_UNSPECIFIED(&t.in6) || IN6_IS_ADDR_V4MAPPED(&t.in6))
                        return "is no address of a neighbour";
        } else
                return "is neither an IP address nor 'gateway'";
        *ret = t;
        return NULL;
}

static bool target_equal(const ProbeTarget *a, const ProbeTarget *b) {
        return a->family == b->family && memcmp(&a->in6, &b->in6, sizeof(a->in6)) == 0;
}

static bool target_add(PolicySource *s, const PolicyKey *key, const PolicyNode *node, ProbePolicy *probe) {
        ProbeTarget t;
        const char *problem;

        if (!policy_want_scalar(s, &(PolicyKey){ .key = key->key, .example = "gateway" }, node, "an address"))
                return false;
        problem = target_parse(node->text, &t);
        for (size_t i = 0; !problem && i < probe->n_targets; i++)
                if (target_equal(probe->targets + i, &t))
                        problem = "is in the list already";
        if (problem) {
                policy_source_error(s, node->mark, "%s: '%.64s' %s", key->key, node->text, problem);
                return false;
        }
        if (probe->n_targets == PAIR_TARGETS_MAX) {
                policy_source_error(s, node->mark, "%s: more than %d", key->key, PAIR_TARGETS_MAX);
                return false;
        }
        probe->targets[probe->n_targets++] = t;
        return true;
}

static void targets_parse(PolicySource *s, const PolicyKey *key, const PolicyNode *node, void *target) {
        ProbePolicy *probe = target, read = {};
        bool good = want_list(s, key, node);

        for (const PolicyNode *n = node->first; good && n; n = n->next)
                good = target_add(s, key, n, &read);
        if (!good)
                return;
        memcpy(probe->targets, read.targets, sizeof(probe->targets));
        probe->n_targets = read.n_targets;
}

static void targets_format(FILE *f, const PolicyKey *key, const void *value) {
        const ProbePolicy *probe = value;

        fputc('[', f);
        for (size_t i = 0; i < probe->n_targets; i++) {
                const ProbeTarget *t = probe->targets + i;
                char text[INET6_ADDRSTRLEN] = "gateway";

                if (t->family != AF_UNSPEC)
                        inet_ntop(t->family, &t->in6, text, sizeof(text));
                fputs(i > 0 ? ", " : "", f);
                policy_text_write(f, text);
        }
        fputc(']', f);
}

const PolicyType policy_type_targets = { .name = "targets", .parse = targets_parse, .format = targets_format };

static const char *prime_item_choice(size_t i) {
        return i < _PRIME_ITEM_MAX ? prime_item_to_string((PrimeItemId) i) : NULL;
}

static const char *prime_include_choice(size_t i) {
        for (PrimeItemId item = 0; item < _PRIME_ITEM_MAX; item++)
                if (prime_item_consent(item) == PRIME_ON_REQUEST && i-- == 0)
                        return prime_item_to_string(item);
        return NULL;
}

/* NULL when the item may be in the list of that key. */
static const char *prime_item_problem(const PolicyKey *key, PrimeItemId item) {
        if (key->type == &policy_type_prime_exclude || prime_item_consent(item) == PRIME_ON_REQUEST)
                return NULL;
        return prime_item_consent(item) == PRIME_REPORTED ? "is only ever reported, never copied"
                                                          : "is copied anyway";
}

static void prime_items_parse(PolicySource *s, const PolicyKey *key, const PolicyNode *node, void *target) {
        const char *names[_PRIME_ITEM_MAX];
        bool good = want_list(s, key, node);
        size_t n_names = 0;
        uint64_t mask = 0;

        while (n_names < ELEMENTSOF(names) && (names[n_names] = key->type->choice(n_names)))
                n_names++;
        for (const PolicyNode *n = node->first; good && n; n = n->next) {
                const PolicyKey of_item = { .key = key->key, .example = names[1] };
                const char *problem;
                PrimeItemId item;

                if (!policy_want_scalar(s, &of_item, n, "an item"))
                        return;
                item = prime_item_from_string(n->text);
                problem = (int) item < 0 ? NULL : prime_item_problem(key, item);
                if ((int) item < 0) {
                        policy_unknown_word(s, n->mark, "prime item", n->text, names, n_names);
                        good = false;
                } else if (problem) {
                        policy_source_error(s, n->mark, "%s: '%s' %s", key->key, n->text, problem);
                        good = false;
                } else if (mask & (UINT64_C(1) << item)) {
                        policy_source_error(s, n->mark, "%s: '%s' is in the list already", key->key, n->text);
                        good = false;
                } else
                        mask |= UINT64_C(1) << item;
        }
        if (good)
                *(uint64_t *) target = mask;
}

static void prime_items_format(FILE *f, const PolicyKey *key, const void *value) {
        uint64_t mask = *(const uint64_t *) value;
        const char *separator = "";

        fputc('[', f);
        for (PrimeItemId i = 0; i < _PRIME_ITEM_MAX; i++)
                if (mask & (UINT64_C(1) << i)) {
                        fprintf(f, "%s%s", separator, prime_item_to_string(i));
                        separator = ", ";
                }
        fputc(']', f);
}

const PolicyType policy_type_prime_exclude = {
        .name = "prime-items",
        .parse = prime_items_parse,
        .format = prime_items_format,
        .choice = prime_item_choice,
};

const PolicyType policy_type_prime_include = {
        .name = "prime-items",
        .parse = prime_items_parse,
        .format = prime_items_format,
        .choice = prime_include_choice,
};
