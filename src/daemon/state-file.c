/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc-util.h"
#include "prime-plan-codec.h"
#include "state-file.h"

/* Well above the longest that prime_plan_encode() makes. */
#define PLAN_SIZE_MAX (4 * 1024 * 1024)

/* The same for identity_record_encode(). */
#define IDENTITY_SIZE_MAX (2 * IDENTITY_RECORD_BYTES_MAX)

#define VERSION_LINE "primed-state 1\n"

typedef enum StateKey {
        KEY_SERVING,
        KEY_SPLIT,
        KEY_MOVING,
        KEY_LAST_ID,
        KEY_SWITCH_COUNT,
        KEY_HELD,
        KEY_HOLD_UNTIL,
        KEY_HOLD_REASON,
        KEY_REVERT_UNTIL,
        KEY_REVERT_TO,
        KEY_RETURNS,
        KEY_PRIMED,
        KEY_PRIMED_AT,
        KEY_PRIME_HOLD,
        KEY_PRIME_HOLD_REASON,
        KEY_IDENTITY,
        KEY_PLAN_SIDE,
        KEY_PLAN_IFINDEX,
        KEY_PLAN_INTERRUPTED,
        KEY_LAST_AT,
        KEY_LAST_FROM,
        KEY_LAST_TO,
        KEY_LAST_TRIGGER,
        KEY_LAST_RESULT,
        KEY_LAST_REASON,
        KEY_LAST_LOST,
        KEY_LAST_DETECT,
        KEY_LAST_PRIME,
        KEY_LAST_INGRESS,
        KEY_LAST_EGRESS,
        KEY_LAST_DURATION,
        _STATE_KEY_MAX,
        _STATE_KEY_INVALID = -EINVAL,
} StateKey;

typedef enum ValueType {
        VALUE_BOOL,
        VALUE_U64,
        VALUE_INT,
        VALUE_TEXT,
} ValueType;

typedef struct StateRow {
        const char *name;
        ValueType type;
        size_t offset, size;
} StateRow;

#define ROW(key, t, member)                                                                                    \
        {                                                                                                      \
                .name = (key), .type = (t), .offset = offsetof(PairMemory, member),                            \
                .size = sizeof(((PairMemory *) 0)->member)                                                     \
        }

static const StateRow rows[_STATE_KEY_MAX] = {
        [KEY_SERVING] = ROW("serving", VALUE_INT, serving),
        [KEY_SPLIT] = ROW("split", VALUE_BOOL, split),
        [KEY_MOVING] = ROW("moving", VALUE_BOOL, moving),
        [KEY_LAST_ID] = ROW("last-id", VALUE_U64, last_id),
        [KEY_SWITCH_COUNT] = ROW("switch-count", VALUE_U64, switch_count),
        [KEY_HELD] = ROW("held", VALUE_BOOL, held),
        [KEY_HOLD_UNTIL] = ROW("hold-until", VALUE_U64, hold_until_realtime),
        [KEY_HOLD_REASON] = ROW("hold-reason", VALUE_TEXT, hold_reason),
        [KEY_REVERT_UNTIL] = ROW("revert-until", VALUE_U64, revert_realtime),
        [KEY_REVERT_TO] = ROW("revert-to", VALUE_INT, revert_to),
        [KEY_RETURNS] = ROW("returns", VALUE_BOOL, returns),
        [KEY_PRIMED] = ROW("primed", VALUE_BOOL, primed),
        [KEY_PRIMED_AT] = ROW("primed-at", VALUE_U64, primed_realtime),
        [KEY_PRIME_HOLD] = ROW("prime-hold", VALUE_INT, prime_hold),
        [KEY_PRIME_HOLD_REASON] = ROW("prime-hold-reason", VALUE_TEXT, prime_hold_reason),
        [KEY_IDENTITY] = ROW("identity", VALUE_INT, identity),
        [KEY_PLAN_SIDE] = ROW("plan-side", VALUE_INT, plan_side),
        [KEY_PLAN_IFINDEX] = ROW("plan-ifindex", VALUE_INT, plan_ifindex),
        [KEY_PLAN_INTERRUPTED] = ROW("plan-interrupted", VALUE_BOOL, plan_interrupted),
        [KEY_LAST_AT] = ROW("last-at", VALUE_U64, last.realtime),
        [KEY_LAST_FROM] = ROW("last-from", VALUE_TEXT, last.from),
        [KEY_LAST_TO] = ROW("last-to", VALUE_TEXT, last.to),
        [KEY_LAST_TRIGGER] = ROW("last-trigger", VALUE_INT, last.trigger),
        [KEY_LAST_RESULT] = ROW("last-result", VALUE_INT, last.result),
        [KEY_LAST_REASON] = ROW("last-reason", VALUE_TEXT, last.reason),
        [KEY_LAST_LOST] = ROW("last-lost", VALUE_U64, last.lost),
        [KEY_LAST_DETECT] = ROW("last-detect", VALUE_U64, last.detect_usec),
        [KEY_LAST_PRIME] = ROW("last-prime", VALUE_U64, last.prime_usec),
        [KEY_LAST_INGRESS] = ROW("last-ingress", VALUE_U64, last.ingress_usec),
        [KEY_LAST_EGRESS] = ROW("last-egress", VALUE_U64, last.egress_usec),
        [KEY_LAST_DURATION] = ROW("last-duration", VALUE_U64, last.duration_usec),
};

#define STATE_SUFFIX    ".state"
#define PLAN_SUFFIX     ".plan"
#define NEW_SUFFIX      ".new"
#define IDENTITY_SUFFIX ".identity"

static const char *const laser_suffix[_PAIR_SIDE_MAX] = {
        [SIDE_PRIMARY] = ".primary.lasers",
        [SIDE_STANDBY] = ".standby.lasers",
};

static void path_of(char path[static POLICY_PATH_MAX], const char *directory, const char *pair,
                const char *suffix) {
        snprintf(path, POLICY_PATH_MAX, "%s/%s%s", directory, pair, suffix);
}

static void row_print(FILE *f, const StateRow *row, const PairMemory *m) {
        const char *member = (const char *) m + row->offset;

        switch (row->type) {
        case VALUE_BOOL:
                fprintf(f, "%s=%d\n", row->name, *(const bool *) member);
                break;
        case VALUE_U64:
                fprintf(f, "%s=%" PRIu64 "\n", row->name, *(const uint64_t *) member);
                break;
        case VALUE_INT:
                fprintf(f, "%s=%d\n", row->name, *(const int *) member);
                break;
        case VALUE_TEXT:
                fprintf(f, "%s=", row->name);
                for (const char *c = member; *c; c++) /* one value, one line */
                        fputc(*c == '\n' ? ' ' : *c, f);
                fputc('\n', f);
                break;
        }
}

static void row_parse(const StateRow *row, const char *value, PairMemory *m) {
        char *member = (char *) m + row->offset;

        switch (row->type) {
        case VALUE_BOOL:
                *(bool *) member = streq(value, "1");
                break;
        case VALUE_U64:
                *(uint64_t *) member = strtoull(value, NULL, 10);
                break;
        case VALUE_INT:
                *(int *) member = atoi(value);
                break;
        case VALUE_TEXT:
                snprintf(member, row->size, "%s", value);
                break;
        }
}

/* The new file becomes the one of that name, from one moment to the next. */
static int replace(const char *directory, const char *pair, const char *suffix, Error *e) {
        char path[POLICY_PATH_MAX], temporary[POLICY_PATH_MAX];

        path_of(path, directory, pair, suffix);
        if (snprintf(temporary, sizeof(temporary), "%s%s", path, NEW_SUFFIX) >= (int) sizeof(temporary))
                return error_errno(e, -ENAMETOOLONG, "cannot write %s", path);
        return rename(temporary, path) < 0 ? error_errno(e, -errno, "cannot write %s", path) : 0;
}

static int write_new_state(const char *directory, const char *pair, const PairMemory *memory, Error *e) {
        char temporary[POLICY_PATH_MAX];
        _cleanup_fclose_ FILE *f = NULL;

        path_of(temporary, directory, pair, STATE_SUFFIX NEW_SUFFIX);
        f = fopen(temporary, "we");
        if (!f)
                return error_errno(e, -errno, "cannot write %s", temporary);
        fputs(VERSION_LINE, f);
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                row_print(f, rows + i, memory);
        return fflush(f) != 0 ? error_errno(e, -errno, "cannot write %s", temporary) : 0;
}

int state_file_write(const char *directory, const char *pair, const PairMemory *memory, Error *e) {
        int r = write_new_state(directory, pair, memory, e);

        return r < 0 ? r : replace(directory, pair, STATE_SUFFIX, e);
}

static bool is_plausible(const PairMemory *m) {
        return m->serving >= 0 && m->serving < _PAIR_SIDE_MAX && m->last.trigger >= 0 &&
                        m->last.trigger < _MOVE_TRIGGER_MAX && m->last.result >= 0 &&
                        m->last.result < _MOVE_RESULT_MAX && m->prime_hold >= 0 &&
                        m->prime_hold < _PAIR_PRIME_HOLD_MAX && m->plan_side >= 0 &&
                        m->plan_side < _PAIR_SIDE_MAX && m->identity >= 0 && m->identity < _PAIR_IDENTITY_MAX &&
                        m->revert_to >= 0 && m->revert_to < _PAIR_SIDE_MAX;
}

int state_file_read(const char *directory, const char *pair, PairMemory *ret, Error *e) {
        char path[POLICY_PATH_MAX], line[512];
        _cleanup_fclose_ FILE *f = NULL;
        PairMemory m = {};

        path_of(path, directory, pair, STATE_SUFFIX);
        f = fopen(path, "re");
        if (!f)
                return errno == ENOENT ? 0 : error_errno(e, -errno, "cannot read %s", path);
        if (!fgets(line, sizeof(line), f) || !streq(line, VERSION_LINE))
                return 0;
        while (fgets(line, sizeof(line), f)) {
                char *equals = strchr(line, '=');

                line[strcspn(line, "\n")] = 0;
                if (!equals)
                        continue;
                *equals = 0;
                for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                        if (streq(rows[i].name, line))
                                row_parse(rows + i, equals + 1, &m);
        }
        m.last.id = m.last.realtime != 0 ? m.last_id : 0;
        if (!is_plausible(&m))
                return 0;
        *ret = m;
        return 1;
}

static int file_remove(const char *directory, const char *pair, const char *suffix) {
        char path[POLICY_PATH_MAX];

        path_of(path, directory, pair, suffix);
        return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

void state_file_remove(const char *directory, const char *pair) {
        (void) file_remove(directory, pair, STATE_SUFFIX);
        (void) file_remove(directory, pair, PLAN_SUFFIX);
        (void) file_remove(directory, pair, IDENTITY_SUFFIX);
}

static int write_new(const char *directory, const char *pair, const char *suffix, const uint8_t *data,
                size_t size, Error *e) {
        char path[POLICY_PATH_MAX], temporary[POLICY_PATH_MAX];
        _cleanup_fclose_ FILE *f = NULL;

        path_of(path, directory, pair, suffix);
        if (snprintf(temporary, sizeof(temporary), "%s%s", path, NEW_SUFFIX) >= (int) sizeof(temporary))
                return error_errno(e, -ENAMETOOLONG, "cannot write %s", path);
        f = fopen(temporary, "we");
        if (!f)
                return error_errno(e, -errno, "cannot write %s", temporary);
        if (fwrite(data, 1, size, f) != size || fflush(f) != 0)
                return error_errno(e, -errno, "cannot write %s", temporary);
        return 0;
}

/* 1 read, 0 there is no such file; the caller frees. */
static int read_bytes(const char *directory, const char *pair, const char *suffix, size_t max, uint8_t **ret,
                size_t *ret_size, Error *e) {
        _cleanup_free_ uint8_t *data = NULL;
        _cleanup_fclose_ FILE *f = NULL;
        char path[POLICY_PATH_MAX];
        struct stat st;

        path_of(path, directory, pair, suffix);
        f = fopen(path, "re");
        if (!f)
                return errno == ENOENT ? 0 : error_errno(e, -errno, "cannot read %s", path);
        if (fstat(fileno(f), &st) < 0)
                return error_errno(e, -errno, "cannot read %s", path);
        if (!S_ISREG(st.st_mode) || st.st_size <= 0 || (size_t) st.st_size > max)
                return error_set(e, ERROR_FAILED, -EBADMSG, "%s is no file of ours", path);
        data = malloc((size_t) st.st_size);
        if (!data)
                return error_errno(e, -ENOMEM, "cannot read %s", path);
        if (fread(data, 1, (size_t) st.st_size, f) != (size_t) st.st_size)
                return error_set(e, ERROR_FAILED, -EIO, "cannot read all of %s", path);
        *ret = TAKE_PTR(data);
        *ret_size = (size_t) st.st_size;
        return 1;
}

int state_file_write_identity(const char *directory, const char *pair, const IdentityRecord *record, Error *e) {
        _cleanup_free_ uint8_t *data = NULL;
        size_t size;
        int r;

        r = identity_record_encode(record, &data, &size);
        if (r < 0)
                return error_errno(e, r, "cannot write down the addresses of pair %s", pair);
        r = write_new(directory, pair, IDENTITY_SUFFIX, data, size, e);
        return r < 0 ? r : replace(directory, pair, IDENTITY_SUFFIX, e);
}

int state_file_read_identity(const char *directory, const char *pair, IdentityRecord **ret, Error *e) {
        _cleanup_free_ uint8_t *data = NULL;
        size_t size;
        int r;

        r = read_bytes(directory, pair, IDENTITY_SUFFIX, IDENTITY_SIZE_MAX, &data, &size, e);
        if (r <= 0)
                return r;
        r = identity_record_decode(data, size, ret);
        return r < 0 ? error_errno(e, r,
                                       "the addresses written down of pair %s are of another version, or "
                                       "broken",
                                       pair)
                     : 1;
}

static int write_new_plan(const char *directory, const char *pair, const PrimePlan *plan, Error *e) {
        _cleanup_free_ uint8_t *data = NULL;
        size_t size;
        int r;

        r = prime_plan_encode(plan, &data, &size);
        if (r < 0)
                return error_errno(e, r, "cannot write down the plan of pair %s", pair);
        return write_new(directory, pair, PLAN_SUFFIX, data, size, e);
}

int state_file_write_plan(const char *directory, const char *pair, const PrimePlan *plan, Error *e) {
        int r;

        if (!plan) {
                r = file_remove(directory, pair, PLAN_SUFFIX);
                return r < 0 ? error_errno(e, r, "cannot remove the plan of pair %s", pair) : 0;
        }
        r = write_new_plan(directory, pair, plan, e);
        return r < 0 ? r : replace(directory, pair, PLAN_SUFFIX, e);
}

int state_file_keep(const char *directory, const char *pair, const PairMemory *memory, const PrimePlan *plan,
                Error *e) {
        int r = write_new_state(directory, pair, memory, e);

        if (r >= 0 && plan)
                r = write_new_plan(directory, pair, plan, e);
        if (r >= 0 && plan)
                r = replace(directory, pair, PLAN_SUFFIX, e);
        return r < 0 ? r : replace(directory, pair, STATE_SUFFIX, e);
}

int state_file_read_plan(const char *directory, const char *pair, PrimePlan **ret, Error *e) {
        _cleanup_free_ uint8_t *data = NULL;
        size_t size;
        int r;

        r = read_bytes(directory, pair, PLAN_SUFFIX, PLAN_SIZE_MAX, &data, &size, e);
        if (r <= 0)
                return r;
        r = prime_plan_decode(data, size, ret);
        return r < 0 ? error_errno(e, r, "the plan of pair %s is of another version, or broken", pair) : 1;
}

int state_file_write_lasers(
                const char *directory, const char *pair, PairSide side, const LaserRecord *record, Error *e) {
        char text[LASER_RECORD_SIZE_MAX];
        int r;

        laser_record_format(record, text);
        r = write_new(directory, pair, laser_suffix[side], (const uint8_t *) text, strlen(text), e);
        return r < 0 ? r : replace(directory, pair, laser_suffix[side], e);
}

int state_file_read_lasers(const char *directory, const char *pair, PairSide side, LaserRecord *ret, Error *e) {
        _cleanup_free_ uint8_t *data = NULL;
        char text[LASER_RECORD_SIZE_MAX];
        size_t size;
        int r;

        r = read_bytes(directory, pair, laser_suffix[side], sizeof(text) - 1, &data, &size, e);
        if (r <= 0)
                return r;
        memcpy(text, data, size);
        text[size] = '\0';
        r = laser_record_parse(text, ret);
        return r < 0 ? error_errno(e, r, "%s/%s%s is of another version, or broken", directory, pair,
                                       laser_suffix[side])
                     : 1;
}
