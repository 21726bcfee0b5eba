/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "alloc-util.h"
#include "prime-disruption.h"
#include "prime-planner.h"
#include "prime-worker.h"

/* One to set, one to repair what that reset, one to repair what the repair reset. */
#define PASSES_MAX 3

static const char *const prime_task_table[_PRIME_TASK_MAX] = {
        [PRIME_TASK_PLAN] = "plan",
        [PRIME_TASK_APPLY] = "apply",
        [PRIME_TASK_UNDO] = "undo",
        [PRIME_TASK_SNAPSHOT] = "snapshot",
        [PRIME_TASK_RESTORE] = "restore",
};

DEFINE_STRING_TABLE(prime_task, PrimeTask);

typedef struct Worker {
        AdapterAccess *access;
        const PrimeRequest *request;
        const PrimeWatcher *watcher;
        AdapterProfile *now; /* the spare, as last read */
        bool writing;        /* it has been decided to, and the plan is kept */
        bool by_wish; /* a feature is what was asked for, not what is in force: when something is put back */
        bool undoing; /* what cannot be had does not keep the rest from being put back */
} Worker;

/* A run of steps of one item. */
typedef struct Group {
        PrimePlan *plan;
        size_t begin, end;
} Group;

/* The one place where anything is written: to the spare, whatever the plan says, and by tasks that write. That
 * the spare carries no traffic is seen to by who starts the worker. */
static int worker_write(Worker *w, const AdapterChange *changes, size_t n, Error *e) {
        assert(w->request->spare != w->request->serving);
        assert(w->writing);
        return adapter_access_write(w->access, w->request->spare, changes, n, e);
}

static int worker_read(Worker *w, uint64_t items, Error *e) {
        return adapter_access_read(w->access, w->request->spare, items, w->now, e);
}

static void worker_told(const Worker *w, const PrimePlan *plan) {
        if (w->watcher && w->watcher->planned)
                w->watcher->planned(plan, w->watcher->userdata);
}

/* From here on it may write. */
static int worker_begin(Worker *w, Error *e) {
        int r = 0;

        if (w->watcher && w->watcher->keep)
                r = w->watcher->keep(w->watcher->userdata, e);
        w->writing = r >= 0;
        return r;
}

static AdapterValue step_now(const Worker *w, const PrimeStep *s) {
        AdapterValue wanted, value = prime_step_value(s, w->now, &wanted);

        if (s->attribute != ATTRIBUTE_FEATURE)
                return value;
        if (w->by_wish)
                return wanted;
        return value.set ? value : adapter_value_number(0);
}

static bool step_differs(const Worker *w, const PrimeStep *s) {
        AdapterValue now;

        if (!s->want.set || s->outcome == OUTCOME_FAILED)
                return false;
        now = step_now(w, s);
        if (now.set)
                return !adapter_value_equal(&now, &s->want);
        /* A queue that is not there yet: on the way forth it will be, with nothing set; on the way back it may
         * come back with the channels, in the next pass. */
        return !w->by_wish && !adapter_value_is_zero(&s->want);
}

static AdapterChange step_change(const PrimeStep *s) {
        AdapterChange c = { .attribute = s->attribute, .place = s->place, .value = s->want };

        memcpy(c.name, s->name, sizeof(c.name));
        return c;
}

static void step_failed(PrimeStep *s, const Error *cause) {
        s->outcome = OUTCOME_FAILED;
        snprintf(s->note, sizeof(s->note), "%.*s", (int) sizeof(s->note) - 1, cause->text);
}

static void worker_tell(Worker *w, const PrimePlan *plan, size_t step) {
        if (w->watcher && w->watcher->begins)
                w->watcher->begins(plan, step, w->watcher->userdata);
}

/* One write per step. A step that the adapter cannot have is an outcome; the first that fails ends it, unless
 * undoing. */
static int group_write_singly(Worker *w, const Group *g, const size_t *due, size_t n, Error *e) {
        for (size_t i = 0; i < n; i++) {
                PrimeStep *s = &g->plan->steps[due[i]];
                AdapterChange change = step_change(s);
                Error cause = {};
                int r;

                worker_tell(w, g->plan, due[i]);
                r = worker_write(w, &change, 1, &cause);
                if (r == -EOPNOTSUPP && !w->undoing) {
                        s->action = PRIME_UNSUPPORTED;
                        s->want = (AdapterValue){};
                        snprintf(s->note, sizeof(s->note), "%.*s", (int) sizeof(s->note) - 1, cause.text);
                } else if (r < 0) {
                        step_failed(s, &cause);
                        if (!w->undoing)
                                return error_set(e, cause.kind, r, "%s", cause.text);
                }
        }
        return 0;
}

/* All at once; when the driver cannot have one of them, each for itself, so that one does not cost the others.
 */
static int group_write_at_once(Worker *w, const Group *g, const size_t *due, size_t n, Error *e) {
        _cleanup_free_ AdapterChange *changes = new0(AdapterChange, n);
        Error cause = {};
        int r;

        if (!changes)
                return error_errno(e, -ENOMEM, "priming");
        for (size_t i = 0; i < n; i++)
                changes[i] = step_change(&g->plan->steps[due[i]]);
        worker_tell(w, g->plan, due[0]);
        r = worker_write(w, changes, n, &cause);
        if (r == -EOPNOTSUPP)
                return group_write_singly(w, g, due, n, e);
        if (r >= 0)
                return 0;
        for (size_t i = 0; i < n; i++)
                step_failed(&g->plan->steps[due[i]], &cause);
        return w->undoing ? 0 : error_set(e, cause.kind, r, "%s", cause.text);
}

/* What became of a step that was written. */
static void step_verify(const Worker *w, PrimeStep *s) {
        AdapterValue now = step_now(w, s);
        char text[ADAPTER_VALUE_TEXT_MAX], asked[ADAPTER_VALUE_TEXT_MAX];
        AdapterFormat format = adapter_attribute_info(s->attribute)->format;

        if (!s->want.set || s->outcome == OUTCOME_FAILED)
                return;
        s->outcome = OUTCOME_DONE;
        if (adapter_value_equal(&now, &s->want)) {
                if (s->action == PRIME_EQUAL) {
                        s->action = PRIME_SET;
                        snprintf(s->note, sizeof(s->note), "set again: another setting had changed it");
                }
                return;
        }
        adapter_value_format(text, &now, format);
        adapter_value_format(asked, &s->want, format);
        /* a filter that became another one is not a smaller one */
        if (!now.set || w->undoing || s->attribute == ATTRIBUTE_FILTER) {
                s->outcome = OUTCOME_FAILED;
                snprintf(s->note, sizeof(s->note), "set to %.60s, reads back as %.60s", asked, text);
                return;
        }
        s->action = PRIME_CLAMPED;
        s->want = now;
        if (adapter_value_equal(&now, &s->b))
                snprintf(s->note, sizeof(s->note), "the driver took %.60s but stays at %.60s", asked, text);
        else
                snprintf(s->note, sizeof(s->note), "the driver made %.60s of %.60s", text, asked);
}

/* Writes what differs in the group and reads the item back. Returns whether anything was written. */
static int group_apply(Worker *w, const Group *g, Error *e) {
        PrimeItemId item = g->plan->steps[g->begin].item;
        _cleanup_free_ size_t *due = new0(size_t, g->end - g->begin);
        size_t n = 0;
        int r = 0;

        if (!due)
                return error_errno(e, -ENOMEM, "priming");
        for (size_t i = g->begin; i < g->end; i++)
                if (step_differs(w, &g->plan->steps[i]))
                        due[n++] = i;
        if (n > 0)
                r = prime_item_is_atomic(item) ? group_write_at_once(w, g, due, n, e)
                                               : group_write_singly(w, g, due, n, e);
        if (n > 0 && r >= 0)
                r = worker_read(w, UINT64_C(1) << item, e);
        for (size_t i = 0; i < n && r >= 0; i++)
                step_verify(w, &g->plan->steps[due[i]]);
        return r < 0 ? r : n > 0;
}

static int plan_pass(Worker *w, PrimePlan *plan, Error *e) {
        bool wrote = false;

        for (size_t begin = 0, end; begin < plan->n_steps; begin = end) {
                Group g = { .plan = plan, .begin = begin };
                int r;

                for (end = begin; end < plan->n_steps; end++)
                        if (plan->steps[end].item != plan->steps[begin].item)
                                break;
                g.end = end;
                r = group_apply(w, &g, e);
                if (r < 0)
                        return r;
                wrote = wrote || r > 0;
        }
        return wrote;
}

/* w->now must have been read. */
static int plan_apply(Worker *w, PrimePlan *plan, Error *e) {
        for (unsigned pass = 0; pass < PASSES_MAX; pass++) {
                int r;

                /* On the way back an earlier step may want what only a later one brings: rules come before the
                 * feature that switches them on. */
                for (size_t i = 0; i < plan->n_steps && w->undoing && pass > 0; i++)
                        if (plan->steps[i].outcome == OUTCOME_FAILED)
                                plan->steps[i].outcome = OUTCOME_PENDING;
                r = plan_pass(w, plan, e);
                if (r < 0)
                        return r;
                if (r == 0)
                        break;
                r = worker_read(w, ADAPTER_ITEMS_ALL & ~w->request->items.exclude, e);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < plan->n_steps; i++) {
                PrimeStep *s = &plan->steps[i];
                AdapterValue now = step_now(w, s);

                if (step_differs(w, s)) /* still, because the settings contend */
                        step_verify(w, s);
                else if (prime_step_is_due(s) && adapter_value_equal(&now, &s->want)) {
                        s->b = now; /* came back with the channels */
                        s->action = PRIME_EQUAL;
                }
        }
        return 0;
}

/* The step of the setting that lets the driver choose this one's value, or NULL. */
static const PrimeStep *step_governor(const PrimePlan *plan, const PrimeStep *s) {
        AdapterAttribute governor = adapter_attribute_info(s->attribute)->governor;

        for (size_t i = 0; governor != ATTRIBUTE_NONE && i < plan->n_steps; i++)
                if (plan->steps[i].attribute == governor)
                        return &plan->steps[i];
        return NULL;
}

/* Whether the driver chooses the step's value itself once the plan is carried out. */
static bool step_is_governed(const PrimePlan *plan, const PrimeStep *s) {
        const PrimeStep *governor = step_governor(plan, s);

        return governor && governor->want.set && governor->want.word[0] != 0;
}

/* What the driver is going to choose itself once more, as it was, while it does not yet: some keep it for the
 * time after. Others refuse, or change it at once; neither matters. */
static void plan_put_governed(Worker *w, const PrimePlan *inverse) {
        for (size_t i = 0; i < inverse->n_steps; i++) {
                const PrimeStep *s = &inverse->steps[i];
                PrimeStep back = *s;
                AdapterChange change;
                Error cause = {};

                if (!step_is_governed(inverse, s) || step_governor(inverse, s)->b.word[0] != 0 || !s->a.set ||
                                !s->b.set || adapter_value_equal(&s->a, &s->b))
                        continue;
                back.want = s->a;
                change = step_change(&back);
                worker_tell(w, inverse, i);
                (void) worker_write(w, &change, 1, &cause);
        }
}

/* Back to what the plan says the spare had. ret_inverse has what became of each step, last first. */
static int plan_undo(Worker *w, const PrimePlan *plan, PrimePlan *inverse, Error *e) {
        _cleanup_(prime_plan_freep) PrimePlan *made = NULL;
        int r;

        r = prime_plan_invert(plan, &made);
        if (r < 0)
                return error_errno(e, r, "undoing");
        w->undoing = w->by_wish = true;
        r = worker_read(w, ADAPTER_ITEMS_ALL, e);
        if (r < 0)
                return r;
        for (size_t i = 0; i < made->n_steps; i++) {
                PrimeStep *s = &made->steps[i];

                s->b = step_now(w, s);
                if (step_is_governed(made, s)) {
                        s->want = (AdapterValue){};
                        s->action = PRIME_REPORT;
                } else if (s->want.set)
                        s->action = adapter_value_equal(&s->b, &s->want) ? PRIME_EQUAL : PRIME_SET;
        }
        r = prime_plan_copy(inverse, made);
        if (r < 0)
                return error_errno(e, r, "undoing");
        if (w->request->task == PRIME_TASK_UNDO) {
                worker_told(w, inverse);
                r = worker_begin(w, e);
                if (r < 0)
                        return r;
        }
        plan_put_governed(w, inverse);
        return plan_apply(w, inverse, e);
}

/* "mtu, rings rx": the steps that failed, as far as they fit. */
static void list_failed(const PrimePlan *plan, char *buffer, size_t size) {
        size_t used = 0;

        buffer[0] = 0;
        for (size_t i = 0; i < plan->n_steps && used + PRIME_LABEL_MAX + 2 < size; i++)
                if (plan->steps[i].outcome == OUTCOME_FAILED)
                        used += (size_t) snprintf(buffer + used, size - used, "%s%s", used > 0 ? ", " : "",
                                        PRIME_STEP_LABEL(&plan->steps[i]));
}

/* cause has made the priming fail: takes back what was done, and says in e how that went. */
static int plan_roll_back(Worker *w, PrimePlan *plan, int code, const Error *cause, Error *e) {
        _cleanup_(prime_plan_freep) PrimePlan *inverse = prime_plan_new();
        char left[200] = "";
        Error second = {};
        int r;

        if (!inverse)
                return error_set(e, cause->kind, code, "%s; no memory to undo it", cause->text);
        r = plan_undo(w, plan, inverse, &second);
        for (size_t i = 0; i < plan->n_steps && inverse->n_steps == plan->n_steps; i++) {
                const PrimeStep *back = &inverse->steps[plan->n_steps - 1 - i];
                PrimeStep *s = &plan->steps[i];

                if (back->outcome == OUTCOME_FAILED || (r < 0 && s->outcome == OUTCOME_DONE)) {
                        s->outcome = OUTCOME_FAILED;
                        snprintf(s->note, sizeof(s->note), "left behind: %.100s",
                                        r < 0 ? second.text : back->note);
                } else if (s->outcome == OUTCOME_DONE)
                        s->outcome = OUTCOME_UNDONE;
        }
        list_failed(inverse, left, sizeof(left));
        if (r < 0)
                return error_set(e, cause->kind, code, "%s; undoing failed: %.150s", cause->text, second.text);
        if (left[0])
                return error_set(e, cause->kind, code, "%s; left behind: %s", cause->text, left);
        return error_set(e, cause->kind, code, "%s; the spare has its former settings again", cause->text);
}

static int worker_plan(Worker *w, PrimePlan *plan, Error *e) {
        _cleanup_(adapter_profile_freep) AdapterProfile *serving = adapter_profile_new();
        const PrimeRequest *q = w->request;
        uint64_t items = ADAPTER_ITEMS_ALL & ~q->items.exclude;
        int r;

        if (!serving)
                return error_errno(e, -ENOMEM, "priming");
        r = adapter_access_read(w->access, q->serving, items, serving, e);
        if (r < 0)
                return r;
        r = worker_read(w, items, e);
        if (r < 0)
                return r;
        r = prime_planner_run(serving, w->now, q->items, plan);
        if (r < 0)
                return error_errno(e, r, "planning");
        if (q->before) {
                r = prime_plan_withdraw(plan, q->before, serving, w->now);
                if (r < 0)
                        return error_errno(e, r, "planning");
                prime_plan_forgive(plan, q->before);
        }
        if (q->contention)
                prime_contention_leave(q->contention, plan);
        worker_told(w, plan);
        return 0;
}

static int worker_prime(Worker *w, PrimePlan *plan, Error *e) {
        const PrimeStep *blocker;
        Error cause = {};
        int r;

        r = worker_plan(w, plan, e);
        if (r < 0)
                return r;
        blocker = prime_plan_blocker(plan);
        if (blocker)
                return error_set(e, ERROR_NOT_SUPPORTED, -ERANGE, "%s: %s", PRIME_STEP_LABEL(blocker),
                                blocker->note);
        if (!prime_plan_is_equal(plan)) {
                r = worker_begin(w, e);
                if (r < 0)
                        return r;
                r = plan_apply(w, plan, &cause);
        }
        if (r < 0)
                return plan_roll_back(w, plan, r, &cause, e);
        if (w->request->before)
                prime_plan_inherit(plan, w->request->before);
        return 0;
}

static int worker_undo(Worker *w, PrimePlan *plan, Error *e) {
        char left[200];
        int r;

        r = plan_undo(w, w->request->before, plan, e);
        if (r < 0)
                return r;
        list_failed(plan, left, sizeof(left));
        return left[0] ? error_set(e, ERROR_FAILED, -EIO, "left behind: %s", left) : 0;
}

/* The planner sees every setting of an adapter that it compares with itself. What has nothing to be put back,
 * because it is only reported or because the driver chooses it, is no part of a snapshot. */
static int worker_snapshot(Worker *w, PrimePlan *plan, Error *e) {
        size_t n = 0;
        int r;

        r = worker_read(w, ADAPTER_ITEMS_ALL, e);
        if (r < 0)
                return r;
        r = prime_planner_run(w->now, w->now, (PrimeItems){}, plan);
        if (r < 0)
                return error_errno(e, r, "snapshot");
        for (size_t i = 0; i < plan->n_steps; i++)
                if (plan->steps[i].undo.set && plan->steps[i].action != PRIME_REPORT)
                        plan->steps[n++] = plan->steps[i];
        plan->n_steps = n;
        return 0;
}

/* What of a setting that the adapter has is to become what the snapshot says. One that the snapshot does not
 * name stays, but what it was is kept: setting others may reset it. */
static void step_restore(Worker *w, PrimeStep *s) {
        const PrimeStep *to = prime_plan_find(w->request->before, s);
        bool removed = !to && w->request->complete && adapter_attribute_info(s->attribute)->listed;

        s->want = to ? to->undo : removed ? adapter_value_absent() : (AdapterValue){};
        s->a = s->want;
        s->b = s->undo = step_now(w, s);
        s->action = !s->want.set || adapter_value_equal(&s->b, &s->want) ? PRIME_EQUAL : PRIME_SET;
}

/* Queues that are still to come, and what the adapter cannot have. */
static int plan_add_missing(Worker *w, PrimePlan *plan) {
        const PrimePlan *snapshot = w->request->before;

        for (size_t i = snapshot->n_steps; i > 0; i--) {
                const PrimeStep *from = &snapshot->steps[i - 1];
                PrimeStep s = { .item = from->item };
                PrimeSetting setting = prime_step_setting(from);

                if (prime_plan_find(plan, from))
                        continue;
                prime_step_set_setting(&s, &setting);
                s.disruption = prime_disruption_of(w->now->driver, s.item, s.name);
                step_restore(w, &s);
                if (!prime_plan_insert(plan, &s))
                        return -ENOMEM;
        }
        return 0;
}

static bool plan_loses_channels(const PrimePlan *plan) {
        for (size_t i = 0; i < plan->n_steps; i++) {
                const PrimeStep *s = &plan->steps[i];

                if (s->item == PRIME_CHANNELS && s->want.set && s->b.set && s->want.word[0] < s->b.word[0])
                        return true;
        }
        return false;
}

static int plan_restore(Worker *w, PrimePlan *plan, Error *e) {
        int r;

        r = worker_snapshot(w, plan, e);
        if (r < 0)
                return r;
        for (size_t i = 0; i < plan->n_steps; i++)
                step_restore(w, &plan->steps[i]);
        r = plan_add_missing(w, plan);
        if (r >= 0 && plan_loses_channels(plan))
                r = prime_planner_defer_channels(plan);
        if (r < 0)
                return error_errno(e, r, "restoring");
        worker_told(w, plan);
        return 0;
}

/* What the adapter still does not have when all has been set, it cannot have. */
static void plan_note_missing(const Worker *w, PrimePlan *plan) {
        for (size_t i = 0; i < plan->n_steps; i++) {
                PrimeStep *s = &plan->steps[i];

                if (s->b.set || !s->want.set || s->outcome != OUTCOME_PENDING || step_now(w, s).set)
                        continue;
                /* queues may come with the channels that are not set yet */
                if (!w->writing && adapter_attribute_info(s->attribute)->scope != SCOPE_DEVICE)
                        continue;
                s->action = PRIME_UNSUPPORTED;
                s->want = (AdapterValue){};
                snprintf(s->note, sizeof(s->note), "the adapter has no such setting");
        }
}

static int worker_restore(Worker *w, PrimePlan *plan, Error *e) {
        Error cause = {};
        int r;

        w->by_wish = true;
        r = plan_restore(w, plan, e);
        if (r < 0)
                return r;
        if (w->request->dry_run) {
                plan_note_missing(w, plan);
                return 0;
        }
        r = worker_begin(w, e);
        if (r < 0)
                return r;
        r = plan_apply(w, plan, &cause);
        if (r < 0)
                return plan_roll_back(w, plan, r, &cause, e);
        plan_note_missing(w, plan);
        return 0;
}

int prime_worker_run(AdapterAccess *access, const PrimeRequest *request, const PrimeWatcher *watcher,
                PrimePlan *plan, Error *e) {
        _cleanup_(adapter_profile_freep) AdapterProfile *now = adapter_profile_new();
        Worker w = { .access = access, .request = request, .watcher = watcher, .now = now };

        if (!now)
                return error_errno(e, -ENOMEM, "priming");
        if (request->serving == request->spare || request->serving <= 0 || request->spare <= 0)
                return error_set(e, ERROR_INVALID_ARGUMENT, -EINVAL, "the adapters %d and %d are no pair",
                                request->serving, request->spare);
        assert(request->before != plan);
        plan->n_steps = 0;
        switch (request->task) {
        case PRIME_TASK_PLAN:
                return worker_plan(&w, plan, e);
        case PRIME_TASK_APPLY:
                return worker_prime(&w, plan, e);
        case PRIME_TASK_UNDO:
                assert(request->before);
                return worker_undo(&w, plan, e);
        case PRIME_TASK_SNAPSHOT:
                return worker_snapshot(&w, plan, e);
        case PRIME_TASK_RESTORE:
                assert(request->before);
                return worker_restore(&w, plan, e);
        case _PRIME_TASK_MAX:
        case _PRIME_TASK_INVALID:
                break;
        }
        return error_set(e, ERROR_INVALID_ARGUMENT, -EINVAL, "no such task");
}
