/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The line that sums a plan up. */

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check-main.h"
#include "plan-view.h"

static void add_step(json_object *steps, const char *disruption, bool due) {
        json_object *s = json_object_new_object();

        json_object_object_add(s, "result", json_object_new_string(due ? "set" : "equal"));
        json_object_object_add(s, "disruption", json_object_new_string(disruption));
        json_object_object_add(s, "due", json_object_new_boolean(due));
        json_object_array_add(steps, s);
}

/* What is printed, read back from a file that standard output is for so long. */
static void print(const PlanSummary *sum, char *buffer, size_t size) {
        FILE *file = tmpfile();
        int out = dup(STDOUT_FILENO);
        size_t n;

        ck_assert(file && out >= 0 && fflush(stdout) == 0);
        ck_assert_int_ge(dup2(fileno(file), STDOUT_FILENO), 0);
        plan_summary_print(sum, "eth1");
        (void) fflush(stdout);
        ck_assert_int_ge(dup2(out, STDOUT_FILENO), 0);
        close(out);
        rewind(file);
        n = fread(buffer, 1, size - 1, file);
        buffer[n] = 0;
        fclose(file);
}

/* What the steps that are due, and one that is not, do; what is said of the link. */
static const struct {
        const char *due[3], *idle;
        const char *line, *link_down;
} plans[] = {
        { { "none" }, "link", "1 to set; nothing on eth1 is disturbed", "never" },
        { { "none", "queues" }, "unknown", "2 to set; eth1's queues restart, its link stays up", "never" },
        { { "link", "queues", "none" }, "unknown", "3 to set; eth1's link goes down once", "once" },
        { { "link", "link" }, "none", "2 to set; eth1's link goes down once", "once" },
        { { "unknown", "none" }, "none", "2 to set; how often eth1's link goes down is unknown", "unknown" },
        { { "unknown", "link" }, "none", "2 to set; how often eth1's link goes down is unknown", "unknown" },
        { {}, "link", "", "never" },
};

START_TEST(test_link) {
        json_object *steps = json_object_new_array(), *o, *link_down;
        char line[160];
        PlanSummary sum;

        for (size_t i = 0; i < ELEMENTSOF(plans[_i].due) && plans[_i].due[i]; i++)
                add_step(steps, plans[_i].due[i], true);
        add_step(steps, plans[_i].idle, false);
        sum = plan_summary(steps);
        print(&sum, line, sizeof(line));
        ck_assert_str_eq(line, plans[_i].line);
        o = plan_summary_to_json(&sum);
        ck_assert(json_object_object_get_ex(o, "link_down", &link_down));
        ck_assert_str_eq(json_object_get_string(link_down), plans[_i].link_down);
        json_object_put(o);
        json_object_put(steps);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("plan-view");
        TCase *t = tcase_create("plan-view");

        tcase_add_loop_test(t, test_link, 0, ELEMENTSOF(plans));
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
