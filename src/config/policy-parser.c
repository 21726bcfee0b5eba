/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-parser.h"

#include "alloc-util.h"
#include "policy-key.h"

#define POLICY_VERSION "1"
#define KEYS_MAX       32

void policy_drafts_done(PolicyDrafts *d) {
        free(d->items);
        *d = (PolicyDrafts){};
}

/* The mapping that a misplaced key belongs into, or NULL. */
static const char *home_of(const PolicyKey *keys, const char *name) {
        for (const PolicyKey *k = keys; k->key; k++)
                for (const PolicyKey *inner = k->keys; inner && inner->key; inner++)
                        if (streq(inner->key, name))
                                return k->key;
        return NULL;
}

static size_t key_names(const PolicyKey *keys, const char *names[static KEYS_MAX]) {
        size_t n = 0;

        for (const PolicyKey *k = keys; k->key && n < KEYS_MAX; k++)
                names[n++] = k->key;
        return n;
}

static void unknown_key(PolicySource *s, const PolicyNode *node, const PolicyKey *keys) {
        const char *names[KEYS_MAX], *home = home_of(policy_pair_keys, node->key);
        size_t n = key_names(keys, names);

        if (home && !policy_suggest(node->key, names, n))
                policy_source_error(
                                s, node->key_mark, "unknown key '%s', it belongs into '%s'", node->key, home);
        else
                policy_unknown_word(s, node->key_mark, "key", node->key, names, n);
}

static const PolicyKey *key_find(const PolicyKey *keys, const char *name) {
        for (const PolicyKey *k = keys; k->key; k++)
                if (streq(k->key, name))
                        return k;
        return NULL;
}

static void take_keys(PolicySource *s, const PolicyKey *keys, const PolicyNode *node, bool is_default,
                PairPolicy *p) {
        for (const PolicyNode *n = node->first; n; n = n->next) {
                const PolicyKey *k = key_find(keys, n->key);

                if (n->duplicate)
                        continue;
                if (!k)
                        unknown_key(s, n, keys);
                else if (is_default && k->pair_only)
                        policy_source_error(
                                        s, n->key_mark, "'%s' belongs to a pair, not into defaults", n->key);
                else if (!k->keys)
                        k->type->parse(s, k, n, (char *) p + k->offset);
                else if (n->kind == POLICY_MAPPING)
                        take_keys(s, k->keys, n, is_default, p); /* as deep as the tables */
                else if (!policy_node_is_null(n))
                        policy_type_error(s, k, n, "a mapping");
        }
}

static bool pair_name_is_valid(const char *name) {
        size_t length = strlen(name);

        return length > 0 && length <= PAIR_NAME_MAX && strchr("._-", *name) == NULL &&
                        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == length;
}

static bool adapter_is_same(const AdapterMatch *a, const AdapterMatch *b) {
        if (!*a->text || a->kind != b->kind)
                return false;
        switch (a->kind) {
        case ADAPTER_BY_NAME:
                return streq(a->name, b->name);
        case ADAPTER_BY_MAC:
                return ether_address_equal(&a->mac, &b->mac);
        case ADAPTER_BY_PATH:
                return streq(a->path, b->path);
        case _ADAPTER_MATCH_KIND_MAX:
        case _ADAPTER_MATCH_KIND_INVALID:
                break;
        }
        return false;
}

/* False when some earlier pair has the adapter, which is told with both places. */
static bool check_adapter_unused(
                PolicySource *s, PolicyMark mark, const AdapterMatch *m, const PolicyDrafts *drafts) {
        for (size_t i = 0; i < drafts->n_items; i++)
                for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                        const PolicyDraft *other = drafts->items + i;

                        if (!adapter_is_same(m, other->policy.adapter + side))
                                continue;
                        policy_source_error(s, mark, "adapter '%s' is already the %s of pair '%s' (%s:%u)",
                                        m->text, pair_side_to_string(side), other->policy.name,
                                        other->policy.file, other->adapter_line[side]);
                        return false;
                }
        return true;
}

static void check_adapters(
                PolicySource *s, const PolicyNode *node, PolicyDraft *draft, const PolicyDrafts *drafts) {
        const AdapterMatch *adapters = draft->policy.adapter;

        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                const PolicyNode *n = policy_node_find(node, pair_side_to_string(side));

                if (!n)
                        continue;
                draft->adapter_line[side] = n->mark.line;
                if (side == SIDE_STANDBY && adapter_is_same(adapters + SIDE_PRIMARY, adapters + side))
                        policy_source_error(s, n->mark,
                                        "standby: '%s' is the primary too, a pair is two adapters",
                                        adapters[side].text);
                else
                        (void) check_adapter_unused(s, n->mark, adapters + side, drafts);
        }
}

/* Whether another key was probably meant to be this one, which is told already. */
static bool is_misspelt(const PolicyNode *node, const PolicyKey *wanted) {
        const char *names[KEYS_MAX];
        size_t n_names = key_names(policy_pair_keys, names);

        for (const PolicyNode *n = node->first; n; n = n->next)
                if (!key_find(policy_pair_keys, n->key) &&
                                streq_ptr(policy_suggest(n->key, names, n_names), wanted->key))
                        return true;
        return false;
}

static void check_required(PolicySource *s, const PolicyNode *node) {
        for (const PolicyKey *k = policy_pair_keys; k->key; k++)
                if (k->required && !policy_node_find(node, k->key) && !is_misspelt(node, k))
                        policy_source_error(s, node->key_mark, "pair '%s' has no '%s'", node->key, k->key);
}

static const PolicyDraft *draft_find(const PolicyDrafts *drafts, const char *name) {
        for (size_t i = 0; i < drafts->n_items; i++)
                if (streq(drafts->items[i].policy.name, name))
                        return drafts->items + i;
        return NULL;
}

static void draft_add(PolicySource *s, const PolicyDraft *draft, PolicyMark mark, PolicyDrafts *drafts) {
        PolicyDraft *items;

        if (drafts->n_items == POLICY_PAIRS_MAX) {
                policy_source_error(s, mark, "more than %d pairs", POLICY_PAIRS_MAX);
                return;
        }
        /* doubles, so that a thousand pairs are not copied a thousand times */
        if ((drafts->n_items & (drafts->n_items - 1)) == 0) {
                items = reallocarray(
                                drafts->items, drafts->n_items > 0 ? 2 * drafts->n_items : 1, sizeof(*items));
                if (!items) {
                        s->r = -ENOMEM;
                        return;
                }
                drafts->items = items;
        }
        drafts->items[drafts->n_items++] = *draft;
}

static void take_pair(
                PolicySource *s, const PolicyNode *node, const PairPolicy *defaults, PolicyDrafts *drafts) {
        PolicyDraft draft = { .policy = *defaults };
        const PolicyDraft *twin;

        if (!pair_name_is_valid(node->key)) {
                policy_source_error(s, node->key_mark,
                                "'%.64s' is no pair name (1 to %d of a-z 0-9 . _ -, a letter or digit first)",
                                node->key, PAIR_NAME_MAX);
                return;
        }
        twin = draft_find(drafts, node->key);
        if (twin) {
                policy_source_error(s, node->key_mark, "pair '%s' is already defined (%s:%u)", node->key,
                                twin->policy.file, twin->policy.line);
                return;
        }
        if (node->kind != POLICY_MAPPING && !policy_node_is_null(node)) {
                policy_type_error(s,
                                &(PolicyKey){ .key = node->key, .example = "{primary: eth0, standby: eth1}" },
                                node, "a mapping");
                return;
        }
        snprintf(draft.policy.name, sizeof(draft.policy.name), "%s", node->key);
        draft.policy.line = node->key_mark.line;
        take_keys(s, policy_pair_keys, node, false, &draft.policy);
        check_required(s, node);
        check_adapters(s, node, &draft, drafts);
        draft_add(s, &draft, node->key_mark, drafts);
}

static const PolicyKey root_keys[] = {
        { "version", .example = POLICY_VERSION },
        { "defaults", .example = "{health: {sample: 250ms}}" },
        { "pairs", .example = "{lan: {primary: eth0, standby: eth1}}" },
        {},
};

/* The member of the root of that name when it has anything in it. */
static const PolicyNode *root_mapping(PolicySource *s, const PolicyNode *root, const char *name) {
        const PolicyNode *n = policy_node_find(root, name);

        if (!n || policy_node_is_null(n))
                return NULL;
        if (n->kind == POLICY_MAPPING)
                return n;
        policy_type_error(s, key_find(root_keys, name), n, "a mapping");
        return NULL;
}

static void check_version(PolicySource *s, const PolicyNode *root) {
        const PolicyNode *n = policy_node_find(root, "version");

        if (!n || !policy_want_scalar(s, key_find(root_keys, "version"), n, "the version"))
                return;
        if (!streq(n->text, POLICY_VERSION))
                policy_source_error(s, n->mark,
                                "version '%.32s' is not known, this primed reads version " POLICY_VERSION,
                                n->text);
}

static void take_root(PolicySource *s, const PolicyNode *root, PolicyDrafts *drafts) {
        const PolicyNode *n;
        PairPolicy defaults;

        if (root->kind != POLICY_MAPPING) {
                policy_type_error(s, &(PolicyKey){ .key = "policy", .example = "'pairs: {...}'" }, root,
                                "a mapping");
                return;
        }
        for (n = root->first; n; n = n->next)
                if (!n->duplicate && !key_find(root_keys, n->key))
                        unknown_key(s, n, root_keys);
        check_version(s, root);
        pair_policy_init(&defaults);
        snprintf(defaults.file, sizeof(defaults.file), "%s", s->file);
        n = root_mapping(s, root, "defaults");
        if (n)
                take_keys(s, policy_pair_keys, n, true, &defaults);
        n = root_mapping(s, root, "pairs");
        for (n = n ? n->first : NULL; n; n = n->next)
                if (!n->duplicate && n->kind != POLICY_BROKEN)
                        take_pair(s, n, &defaults, drafts);
}

int policy_parse(const char *file, const char *text, size_t size, PolicyDrafts *drafts,
                PolicyDiagnostics *diagnostics) {
        PolicySource s = { .file = file, .text = text, .size = size, .diagnostics = diagnostics };
        _cleanup_(policy_node_freep) PolicyNode *root = NULL;

        root = policy_document_read(&s);
        if (root && !policy_node_is_null(root))
                take_root(&s, root, drafts);
        return s.r;
}
