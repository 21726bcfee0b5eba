/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How single values of a policy are read and written: texts, adapters, times, numbers, choices. */

#include <ctype.h>
#include <inttypes.h>

#include "alloc-util.h"
#include "policy-key.h"

#define CHOICES_MAX 16

void policy_type_error(PolicySource *s, const PolicyKey *key, const PolicyNode *node, const char *expected) {
        char text[POLICY_NODE_TEXT_MAX];

        if (node->kind == POLICY_BROKEN)
                return;
        policy_source_error(s, node->mark, "%s: expected %s such as %s, not %s", key->key, expected,
                        key->example, policy_node_describe(node, text));
}

bool policy_want_scalar(PolicySource *s, const PolicyKey *key, const PolicyNode *node, const char *expected) {
        if (node->kind == POLICY_SCALAR && !policy_node_is_null(node))
                return true;
        policy_type_error(s, key, node, expected);
        return false;
}

void policy_join(char *buffer, size_t size, const char *const *names, size_t n) {
        static const char more[] = ", ...";
        size_t used = 0;

        *buffer = 0;
        for (size_t i = 0; i < n; i++) {
                if (!names[i])
                        continue;
                if (used + strlen(", ") + strlen(names[i]) + sizeof(more) > size) {
                        snprintf(buffer + used, size - used, "%s", more);
                        return;
                }
                used += (size_t) snprintf(buffer + used, size - used, "%s%s", used > 0 ? ", " : "", names[i]);
        }
}

void policy_unknown_word(PolicySource *s, PolicyMark mark, const char *what, const char *word,
                const char *const *names, size_t n) {
        const char *meant = policy_suggest(word, names, n);
        char all[400];

        if (meant)
                policy_source_error(s, mark, "unknown %s '%.64s', did you mean '%s'?", what, word, meant);
        else {
                policy_join(all, sizeof(all), names, n);
                policy_source_error(s, mark, "unknown %s '%.64s', expected one of: %s", what, word, all);
        }
}

/* Text */

static void text_parse(PolicySource *s, const PolicyKey *key, const PolicyNode *node, void *target) {
        if (!policy_want_scalar(s, key, node, "a text"))
                return;
        if (strlen(node->text) > key->max) {
                policy_source_error(s, node->mark, "%s: longer than %" PRIu64 " bytes", key->key, key->max);
                return;
        }
        /* It is printed on terminals and written back as YAML, so only what YAML calls printable: no C0, DEL,
         * C1, line separators, byte order marks, noncharacters. */
        for (const unsigned char *p = (const unsigned char *) node->text; *p; p++)
                if (*p < 0x20 || *p == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0) ||
                                (p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9)) ||
                                (p[0] == 0xef &&
                                                ((p[1] == 0xbb && p[2] == 0xbf) ||
                                                                (p[1] == 0xbf && p[2] >= 0xbe)))) {
                        policy_source_error(s, node->mark, "%s: line breaks and control characters are refused",
                                        key->key);
                        return;
                }
        strcpy(target, node->text);
}

void policy_text_write(FILE *f, const char *text) {
        static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-";
        bool plain = isalnum((unsigned char) *text) && text[strspn(text, safe)] == 0 &&
                        text[strlen(text) - 1] != ':' &&
                        !policy_node_is_null(&(PolicyNode){ .text = (char *) text, .plain = true });

        if (plain) {
                fputs(text, f);
                return;
        }
        fputc('"', f);
        for (const char *p = text; *p; p++) {
                if (*p == '"' || *p == '\\')
                        fputc('\\', f);
                fputc(*p, f);
        }
        fputc('"', f);
}

static void text_format(FILE *f, const PolicyKey *key, const void *value) {
        policy_text_write(f, value);
}

const PolicyType policy_type_text = { .name = "text", .parse = text_parse, .format = text_format };

/* Adapter */

static bool mac_parse(const char *text, EtherAddress *ret) {
        EtherAddress a;

        if (strlen(text) != 17)
                return false;
        for (size_t i = 0; i < ELEMENTSOF(a.octet); i++) {
                const char *p = text + 3 * i;

                if (!isxdigit((unsigned char) p[0]) || !isxdigit((unsigned char) p[1]) ||
                                (i < 5 && p[2] != ':'))
                        return false;
                a.octet[i] = (uint8_t) strtoul(p, NULL, 16);
        }
        *ret = a;
        return true;
}

/* As the kernel's dev_valid_name() (net/core/dev.c), and nothing a terminal could stumble over. */
static bool ifname_is_valid(const char *name) {
        if (!*name || strlen(name) >= IFNAMSIZ || streq(name, ".") || streq(name, ".."))
                return false;
        for (const char *p = name; *p; p++)
                if (!isgraph((unsigned char) *p) || *p == '/' || *p == ':')
                        return false;
        return true;
}

static const char *adapter_check_mac(const char *text, AdapterMatch *m) {
        m->kind = ADAPTER_BY_MAC;
        if (!mac_parse(text, &m->mac))
                return "is no MAC address such as mac:00:53:00:12:34:56";
        if (ether_address_is_group(&m->mac))
                return "is a group address, no adapter has it";
        return ether_address_is_zero(&m->mac) ? "is the zero address, no adapter has it" : NULL;
}

static const char *adapter_check_path(const char *text, AdapterMatch *m) {
        static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-";

        m->kind = ADAPTER_BY_PATH;
        if (!isalnum((unsigned char) *text) || text[strspn(text, safe)] || text[strlen(text) - 1] == ':' ||
                        strlen(text) >= sizeof(m->path))
                return "is no bus path such as path:pci-0000:3b:00.0";
        strcpy(m->path, text);
        return NULL;
}

static void adapter_parse(PolicySource *s, const PolicyKey *key, const PolicyNode *node, void *target) {
        AdapterMatch m = { .kind = ADAPTER_BY_NAME };
        const char *problem = NULL;

        if (!policy_want_scalar(s, key, node, "an adapter"))
                return;
        if (strncmp(node->text, "mac:", 4) == 0)
                problem = adapter_check_mac(node->text + 4, &m);
        else if (strncmp(node->text, "path:", 5) == 0)
                problem = adapter_check_path(node->text + 5, &m);
        else if (mac_parse(node->text, &m.mac))
                problem = "is a MAC address, write mac: before it";
        else if (!ifname_is_valid(node->text))
                problem = "is no interface name (1 to 15 characters without blank, '/' and ':')";
        else if (streq(node->text, "lo"))
                problem = "is the loopback interface, not an adapter";
        else
                strcpy(m.name, node->text);
        if (problem) {
                policy_source_error(s, node->mark, "%s: '%.64s' %s", key->key, node->text, problem);
                return;
        }
        strcpy(m.text, node->text);
        *(AdapterMatch *) target = m;
}

static void adapter_format(FILE *f, const PolicyKey *key, const void *value) {
        policy_text_write(f, ((const AdapterMatch *) value)->text);
}

const PolicyType policy_type_adapter = { .name = "adapter", .parse = adapter_parse, .format = adapter_format };

/* Numbers and times */

bool policy_number_parse(const char *text, double *ret, const char **ret_end) {
        const char *digits = text + (*text == '-' || *text == '+');
        char *end;

        if (!isdigit((unsigned char) digits[*digits == '.']) || (digits[0] == '0' && tolower(digits[1]) == 'x'))
                return false;
        *ret = strtod(text, &end);
        *ret_end = end;
        return *ret < 1e300 && *ret > -1e300;
}

const char *policy_number_format(char buffer[static POLICY_NUMBER_TEXT_MAX], double value) {
        char *exponent;

        /* 15 digits are what people wrote, 17 always read back as the same */
        for (int digits = 15; digits <= 17; digits += 2) {
                snprintf(buffer, POLICY_NUMBER_TEXT_MAX, "%.*g", digits, value);
                if (strtod(buffer, NULL) == value)
                        break;
        }
        /* 1e-08 is 1e-8 */
        exponent = strchr(buffer, 'e');
        if (exponent && exponent[2] == '0')
                memmove(exponent + 2, exponent + 3, strlen(exponent + 3) + 1);
        return buffer;
}

const char *policy_time_format(char buffer[static FORMAT_TIMESPAN_MAX], usec_t t) {
        usec_t back;

        if (timespan_parse(timespan_format(buffer, t), &back) < 0 || back != t)
                snprintf(buffer, FORMAT_TIMESPAN_MAX, "%" PRIu64 "us", t);
        return buffer;
}

static double ratio(double a, double b) {
        return a > b ? a / b : b / a;
}

/* Someone forgot the unit: the one that comes nearest to the built-in default was probably meant. */
static const char *guess_unit(const PolicyKey *key, const char *number) {
        static const char *const units[] = { "ms", "s", "min", "h" };
        PairPolicy defaults;
        const char *best = "s";
        double best_ratio = 1e300;

        pair_policy_init(&defaults);
        for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                usec_t t, usual = *(const usec_t *) ((const char *) &defaults + key->offset);
                char text[64];

                snprintf(text, sizeof(text), "%s%s", number, units[i]);
                if (timespan_parse(text, &t) < 0 || t < key->min || t > key->max || t == 0)
                        continue;
                if (ratio((double) t, (double) usual) < best_ratio) {
                        best = units[i];
                        best_ratio = ratio((double) t, (double) usual);
                }
        }
        return best;
}

static void time_parse(PolicySource *s, const PolicyKey *key, const PolicyNode *node, void *target) {
        char min[FORMAT_TIMESPAN_MAX], max[FORMAT_TIMESPAN_MAX];
        usec_t t;
        int r;

        if (!policy_want_scalar(s, key, node, "a time"))
                return;
        r = timespan_parse(node->text, &t);
        if (r == -ENOMSG && strlen(node->text) < 32)
                policy_source_error(s, node->mark, "%s: missing unit, did you mean '%s%s'?", key->key,
                                node->text, guess_unit(key, node->text));
        else if (r < 0 && r != -ERANGE)
                policy_type_error(s, key, node, "a time");
        else if (r < 0 || t < key->min || t > key->max)
                policy_source_error(s, node->mark, "%s: %.40s is out of range (%s to %s)", key->key, node->text,
                                timespan_format(min, key->min), timespan_format(max, key->max));
        else
                *(usec_t *) target = t;
}

static void time_format(FILE *f, const PolicyKey *key, const void *value) {
        fputs(policy_time_format((char[FORMAT_TIMESPAN_MAX]){}, *(const usec_t *) value), f);
}

const PolicyType policy_type_time = { .name = "time", .parse = time_parse, .format = time_format };

static void number_parse(PolicySource *s, const PolicyKey *key, const PolicyNode *node, void *target) {
        size_t digits;
        uint64_t value;

        if (!policy_want_scalar(s, key, node, "a whole number"))
                return;
        digits = strspn(node->text, "0123456789");
        if (digits == 0 || node->text[digits]) {
                policy_type_error(s, key, node, "a whole number");
                return;
        }
        value = digits < 10 ? strtoull(node->text, NULL, 10) : UINT64_MAX;
        if (value < key->min || value > key->max)
                policy_source_error(s, node->mark, "%s: %.40s is out of range (%" PRIu64 " to %" PRIu64 ")",
                                key->key, node->text, key->min, key->max);
        else
                *(unsigned *) target = (unsigned) value;
}

static void number_format(FILE *f, const PolicyKey *key, const void *value) {
        fprintf(f, "%u", *(const unsigned *) value);
}

const PolicyType policy_type_number = { .name = "number", .parse = number_parse, .format = number_format };

/* Choices */

static const char *boolean_choice(size_t i) {
        static const char *const words[] = { "no", "yes", "false", "true", "off", "on" };

        return i < ELEMENTSOF(words) ? words[i] : NULL;
}

static int choice_parse(PolicySource *s, const PolicyKey *key, const PolicyNode *node) {
        const char *words[CHOICES_MAX];
        size_t n = 0;
        int i;

        while (n < CHOICES_MAX && key->type->choice(n)) {
                words[n] = key->type->choice(n);
                n++;
        }
        if (!policy_want_scalar(s, key, node, "a word"))
                return -EINVAL;
        i = string_table_lookup(words, n, node->text);
        if (i < 0) {
                char what[64];

                snprintf(what, sizeof(what), "value of %s", key->key);
                policy_unknown_word(s, node->mark, what, node->text, words, n);
        }
        return i;
}

static void boolean_parse(PolicySource *s, const PolicyKey *key, const PolicyNode *node, void *target) {
        int i = choice_parse(s, key, node);

        if (i >= 0)
                *(bool *) target = i & 1;
}

static void boolean_format(FILE *f, const PolicyKey *key, const void *value) {
        fputs(boolean_choice(*(const bool *) value), f);
}

const PolicyType policy_type_boolean = {
        .name = "boolean",
        .parse = boolean_parse,
        .format = boolean_format,
        .choice = boolean_choice,
};

#define DEFINE_CHOICE(word, enum_name, Type, maximum)                                                          \
        static const char *enum_name##_choice(size_t i) {                                                      \
                return i < (maximum) ? enum_name##_to_string((Type) i) : NULL;                                 \
        }                                                                                                      \
        static void enum_name##_parse(                                                                         \
                        PolicySource *s, const PolicyKey *key, const PolicyNode *node, void *target) {         \
                int i = choice_parse(s, key, node);                                                            \
                                                                                                               \
                if (i >= 0)                                                                                    \
                        *(Type *) target = (Type) i;                                                           \
        }                                                                                                      \
        static void enum_name##_format(FILE *f, const PolicyKey *key, const void *value) {                     \
                fputs(enum_name##_to_string(*(const Type *) value), f);                                        \
        }                                                                                                      \
        const PolicyType policy_type_##word = {                                                                \
                .name = "choice",                                                                              \
                .parse = enum_name##_parse,                                                                    \
                .format = enum_name##_format,                                                                  \
                .choice = enum_name##_choice,                                                                  \
        }

DEFINE_CHOICE(mode, pair_mode, PairMode, _PAIR_MODE_MAX);
DEFINE_CHOICE(steering, steering_kind, SteeringKind, _STEERING_KIND_MAX);
DEFINE_CHOICE(prime, prime_mode, PrimeMode, _PRIME_MODE_MAX);
DEFINE_CHOICE(egress, egress_mode, EgressMode, _EGRESS_MODE_MAX);
DEFINE_CHOICE(failback, failback_mode, FailbackMode, _FAILBACK_MODE_MAX);
