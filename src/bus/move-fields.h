/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a move and a priming step are told as, one row per field, so that the a{sv} of a method and the JSON of
 * Describe() cannot differ. */

#include "pair-status.h"
#include "prime-plan.h"

typedef enum TellType {
        TELL_STRING,
        TELL_BOOL,
        TELL_U64,
} TellType;

typedef struct TellField {
        const char *option; /* a{sv} */
        const char *json;
        TellType type;
} TellField;

typedef struct TellValue {
        const char *string;
        bool flag;
        uint64_t number;
} TellValue;

extern const TellField move_fields[];
extern const size_t n_move_fields;
TellValue move_field_get(const MoveRecord *r, size_t field);

extern const TellField step_fields[];
extern const size_t n_step_fields;

/* A step with its values as text. */
typedef struct StepText {
        char setting[PRIME_LABEL_MAX];
        char serving[ADAPTER_VALUE_TEXT_MAX], spare[ADAPTER_VALUE_TEXT_MAX], want[ADAPTER_VALUE_TEXT_MAX];
} StepText;

/* The value's string lives in s, text, or a const table. */
void step_text(StepText *text, const PrimeStep *s);
TellValue step_field_get(const PrimeStep *s, const StepText *text, size_t field);
