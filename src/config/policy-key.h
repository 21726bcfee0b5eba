/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The keys of a policy as tables: one row says what a key is called, of which type its value is, where it goes,
 * and its range. Parser, printer and the test of the JSON Schema all walk the same rows. */

#include "pair-policy.h"
#include "policy-document.h"

typedef struct PolicyKey PolicyKey;

typedef struct PolicyType {
        const char *name; /* "time" */
        /* Reads node into target; tells errors to s and leaves target alone then. */
        void (*parse)(PolicySource *s, const PolicyKey *key, const PolicyNode *node, void *target);
        /* Writes the value as parse() would read it. */
        void (*format)(FILE *f, const PolicyKey *key, const void *value);
        /* The i-th word a choice may be, NULL beyond the last. */
        const char *(*choice)(size_t i);
} PolicyType;

struct PolicyKey {
        const char *key; /* NULL ends a table */
        const PolicyType *type;
        size_t offset;         /* in PairPolicy */
        uint64_t min, max;     /* of a time in microseconds, of a number, of a text in bytes */
        const PolicyKey *keys; /* of a mapping */
        const char *example;
        bool pair_only; /* has no meaning in defaults */
        bool required;  /* of a pair */
};

/* What a pair, and defaults, may hold. */
extern const PolicyKey policy_pair_keys[];

/* Mappings of further keys have this type, and neither parse nor format. */
extern const PolicyType policy_type_mapping;

/* policy-value.c */
extern const PolicyType policy_type_text, policy_type_adapter, policy_type_time, policy_type_number,
                policy_type_boolean, policy_type_mode, policy_type_steering, policy_type_prime,
                policy_type_egress, policy_type_failback;
/* policy-list.c */
extern const PolicyType policy_type_targets, policy_type_prime_exclude, policy_type_prime_include;
/* policy-signal.c */
extern const PolicyType policy_type_signals;

/* "expected a time such as 50ms, not a list" */
void policy_type_error(PolicySource *s, const PolicyKey *key, const PolicyNode *node, const char *expected);

/* True when node is a scalar with something in it; else tells that `expected` was expected. */
bool policy_want_scalar(PolicySource *s, const PolicyKey *key, const PolicyNode *node, const char *expected);

/* Tells that word is unknown, with the one of n names that was probably meant, or all of them when few. */
void policy_unknown_word(PolicySource *s, PolicyMark mark, const char *what, const char *word,
                const char *const *names, size_t n);

/* A number in decimal or with an exponent at the start of text; the rest follows at *ret_end. False for none,
 * for hexadecimal, infinity and the like. */
bool policy_number_parse(const char *text, double *ret, const char **ret_end);

/* The fewest digits that read back as the same number. */
#define POLICY_NUMBER_TEXT_MAX 32
const char *policy_number_format(char buffer[static POLICY_NUMBER_TEXT_MAX], double value);

/* A time that reads back as the same: timespan_format() where that is exact. */
const char *policy_time_format(char buffer[static FORMAT_TIMESPAN_MAX], usec_t t);

/* Writes text as a YAML scalar, in quotes where it must be. */
void policy_text_write(FILE *f, const char *text);

/* "a, b, c" for messages; "a, b, ..." where not all fit. */
void policy_join(char *buffer, size_t size, const char *const *names, size_t n);
