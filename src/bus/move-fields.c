/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "move-fields.h"

enum {
        MOVE_ID,
        MOVE_TIME,
        MOVE_FROM,
        MOVE_TO,
        MOVE_TRIGGER,
        MOVE_RESULT,
        MOVE_REASON,
        MOVE_LOST,
        MOVE_DUPLICATED,
        MOVE_REORDERED,
        MOVE_DETECT,
        MOVE_PRIME,
        MOVE_INGRESS,
        MOVE_EGRESS,
        MOVE_DURATION,
        _MOVE_FIELDS,
};

const TellField move_fields[] = {
        [MOVE_ID] = { "id", "id", TELL_U64 },
        [MOVE_TIME] = { "time-usec", "time_us", TELL_U64 },
        [MOVE_FROM] = { "from", "from", TELL_STRING },
        [MOVE_TO] = { "to", "to", TELL_STRING },
        [MOVE_TRIGGER] = { "trigger", "trigger", TELL_STRING },
        [MOVE_RESULT] = { "result", "result", TELL_STRING },
        [MOVE_REASON] = { "reason", "reason", TELL_STRING },
        [MOVE_LOST] = { "lost", "lost", TELL_U64 },
        [MOVE_DUPLICATED] = { "duplicated", "duplicated", TELL_U64 },
        [MOVE_REORDERED] = { "reordered", "reordered", TELL_U64 },
        [MOVE_DETECT] = { "detect-usec", "detect_us", TELL_U64 },
        [MOVE_PRIME] = { "prime-usec", "prime_us", TELL_U64 },
        [MOVE_INGRESS] = { "ingress-usec", "ingress_us", TELL_U64 },
        [MOVE_EGRESS] = { "egress-usec", "egress_us", TELL_U64 },
        [MOVE_DURATION] = { "duration-usec", "duration_us", TELL_U64 },
};
const size_t n_move_fields = ELEMENTSOF(move_fields);

TellValue move_field_get(const MoveRecord *r, size_t field) {
        const TellValue values[_MOVE_FIELDS] = {
                [MOVE_ID] = { .number = r->id },
                [MOVE_TIME] = { .number = r->realtime },
                [MOVE_FROM] = { .string = r->from },
                [MOVE_TO] = { .string = r->to },
                [MOVE_TRIGGER] = { .string = move_trigger_to_string(r->trigger) },
                [MOVE_RESULT] = { .string = move_result_to_string(r->result) },
                [MOVE_REASON] = { .string = r->reason },
                [MOVE_LOST] = { .number = r->lost },
                [MOVE_DUPLICATED] = { .number = r->duplicated },
                [MOVE_REORDERED] = { .number = r->reordered },
                [MOVE_DETECT] = { .number = r->detect_usec },
                [MOVE_PRIME] = { .number = r->prime_usec },
                [MOVE_INGRESS] = { .number = r->ingress_usec },
                [MOVE_EGRESS] = { .number = r->egress_usec },
                [MOVE_DURATION] = { .number = r->duration_usec },
        };

        assert(field < _MOVE_FIELDS);
        return values[field];
}

enum {
        STEP_ITEM,
        STEP_SETTING,
        STEP_SERVING,
        STEP_SPARE,
        STEP_WANT,
        STEP_RESULT,
        STEP_OUTCOME,
        STEP_DISRUPTION,
        STEP_DUE,
        STEP_BLOCKS,
        STEP_NOTE,
        _STEP_FIELDS,
};

const TellField step_fields[] = {
        [STEP_ITEM] = { "item", "item", TELL_STRING },
        [STEP_SETTING] = { "setting", "setting", TELL_STRING },
        [STEP_SERVING] = { "serving", "serving", TELL_STRING },
        [STEP_SPARE] = { "spare", "spare", TELL_STRING },
        [STEP_WANT] = { "want", "want", TELL_STRING },
        [STEP_RESULT] = { "result", "result", TELL_STRING },
        [STEP_OUTCOME] = { "outcome", "outcome", TELL_STRING },
        [STEP_DISRUPTION] = { "disruption", "disruption", TELL_STRING },
        [STEP_DUE] = { "due", "due", TELL_BOOL },
        [STEP_BLOCKS] = { "blocks", "blocks", TELL_BOOL },
        [STEP_NOTE] = { "note", "note", TELL_STRING },
};
const size_t n_step_fields = ELEMENTSOF(step_fields);

void step_text(StepText *text, const PrimeStep *s) {
        prime_step_label(text->setting, s);
        prime_step_text_a(text->serving, s);
        prime_step_text_b(text->spare, s);
        prime_step_text_want(text->want, s);
}

/* One word for what people ask: what was, or would be, done with it. */
static const char *step_result(const PrimeStep *s) {
        return s->outcome == OUTCOME_FAILED ? "failed" : prime_action_to_string(s->action);
}

TellValue step_field_get(const PrimeStep *s, const StepText *text, size_t field) {
        const TellValue values[_STEP_FIELDS] = {
                [STEP_ITEM] = { .string = prime_item_to_string(s->item) },
                [STEP_SETTING] = { .string = text->setting },
                [STEP_SERVING] = { .string = text->serving },
                [STEP_SPARE] = { .string = text->spare },
                [STEP_WANT] = { .string = text->want },
                [STEP_RESULT] = { .string = step_result(s) },
                [STEP_OUTCOME] = { .string = prime_outcome_to_string(s->outcome) },
                [STEP_DISRUPTION] = { .string = prime_disruption_to_string(s->disruption) },
                [STEP_DUE] = { .flag = prime_step_is_due(s) },
                [STEP_BLOCKS] = { .flag = s->blocks },
                [STEP_NOTE] = { .string = s->note },
        };

        assert(field < _STEP_FIELDS);
        return values[field];
}
