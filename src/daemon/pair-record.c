/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the pair's predictors are told beside readings, said to who records it too. */

#include "pair-internal.h"
#include "pair-shell.h"

static void note(const Pair *p, PairSide side, const ReplayRow *row) {
        if (p->ports.noted)
                p->ports.noted(p->userdata, side, row);
}

void pair_hold_off_health(Pair *p, PairSide side, usec_t duration, usec_t now) {
        health_predictor_hold_off(p->predictor[side], usec_add(now, duration));
        note(p, side,
                        &(ReplayRow){ .kind = REPLAY_HOLD_OFF,
                                        .sample.signal = _SIGNAL_INVALID,
                                        .hold_off = duration });
}

void pair_forget_signal(Pair *p, PairSide side, Signal s) {
        health_predictor_forget(p->predictor[side], s);
        p->past[side][s] = (SignalHistory){};
        note(p, side, &(ReplayRow){ .kind = REPLAY_FORGET, .sample.signal = s });
}

void pair_apply_module(Pair *p, PairSide side) {
        for (Signal s = 0; s < _SIGNAL_MAX; s++) {
                SignalThreshold warn, alarm;

                if (!signal_is_of_module(s))
                        continue;
                module_diagnostics_thresholds(&p->module[side].diagnostics, s, &warn, &alarm);
                health_predictor_set_module_thresholds(p->predictor[side], s, &warn, &alarm);
                if (signal_info(s)->rule != RULE_LEVEL)
                        continue;
                note(p, side, &(ReplayRow){ .kind = REPLAY_WARN, .sample.signal = s, .threshold = warn });
                note(p, side, &(ReplayRow){ .kind = REPLAY_ALARM, .sample.signal = s, .threshold = alarm });
        }
}

void pair_forget_health(Pair *p) {
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                health_predictor_reset(p->predictor[s]);
                memset(p->past[s], 0, sizeof(p->past[s]));
                note(p, s, &(ReplayRow){ .kind = REPLAY_FORGET, .sample.signal = _SIGNAL_INVALID });
                pair_apply_module(p, s);
        }
}

void pair_note_serving(Pair *p) {
        note(p, p->serving,
                        &(ReplayRow){ .kind = REPLAY_ROLE,
                                        .sample.signal = _SIGNAL_INVALID,
                                        .role = REPLAY_SERVING });
}

void pair_note_all(Pair *p) {
        static const ReplayRole roles[_PAIR_SIDE_MAX] = {
                [SIDE_PRIMARY] = REPLAY_PRIMARY,
                [SIDE_STANDBY] = REPLAY_STANDBY,
        };

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                note(p, s,
                                &(ReplayRow){ .kind = REPLAY_ROLE,
                                                .sample.signal = _SIGNAL_INVALID,
                                                .role = roles[s] });
        pair_note_serving(p);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                if (p->module[s].read_at > 0)
                        pair_apply_module(p, s);
}
