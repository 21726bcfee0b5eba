/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The verbs that keep an adapter's configuration in a file, and put it back. */

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc-util.h"
#include "plan-view.h"
#include "verbs.h"

/* More than any adapter has; the daemon takes no more either. */
#define FILE_MAX (4U * 1024 * 1024)

static int adapter_message(Ctl *c, const char *name, const char *member, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        const char *path;
        int r;

        r = ctl_message(c, NULL, "GetAdapter", &m);
        if (r != 0)
                return r;
        r = sd_bus_message_append(m, "s", name);
        if (r < 0)
                return ctl_fail(c, EXIT_USAGE, "'%s' cannot be a name", name);
        r = ctl_send(c, m, CTL_TIMEOUT, &reply);
        if (r != 0)
                return r;
        r = sd_bus_message_read(reply, "o", &path);
        return r < 0 ? ctl_bus_fail(c, NULL, r) : ctl_message(c, path, member, ret);
}

/* Whole or not at all: a snapshot that is cut off would be found out when it is needed. */
static int write_file(const Ctl *c, const char *name, const char *text) {
        _cleanup_free_ char *temporary = NULL;
        _cleanup_close_ int fd = -EBADF;
        _cleanup_fclose_ FILE *f = NULL;

        if (asprintf(&temporary, "%s.XXXXXX", name) < 0)
                return ctl_fail(c, EXIT_FAILED, "out of memory");
        fd = mkostemp(temporary, O_CLOEXEC);
        if (fd < 0)
                return ctl_fail(c, EXIT_FAILED, "cannot write %s: %s", name, strerror(errno));
        f = fdopen(fd, "w");
        if (!f)
                return ctl_fail(c, EXIT_FAILED, "cannot write %s: %s", name, strerror(errno));
        fd = -EBADF;
        if (fprintf(f, "%s\n", text) < 0 || fflush(f) != 0 || fchmod(fileno(f), 0644) < 0 ||
                        fsync(fileno(f)) < 0 || rename(temporary, name) < 0) {
                int code = errno;

                (void) unlink(temporary);
                return ctl_fail(c, EXIT_FAILED, "cannot write %s: %s", name, strerror(code));
        }
        return EXIT_OK;
}

int verb_snapshot(Ctl *c, int argc, char *argv[]) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_json_ json_object *o = NULL;
        int r;

        r = adapter_message(c, argv[0], "Snapshot", &m);
        if (r != 0)
                return r;
        r = sd_bus_message_append(m, "a{sv}", 0);
        if (r < 0)
                return ctl_bus_fail(c, NULL, r);
        r = ctl_send(c, m, CTL_PRIME_TIMEOUT, &reply);
        if (r != 0)
                return r;
        r = ctl_read_json(c, reply, "primed gave a snapshot that is not JSON", &o);
        if (r != 0)
                return r;
        if (argc < 2) {
                json_print(o, c->json != JSON_SHORT);
                return EXIT_OK;
        }
        r = write_file(c, argv[1],
                        json_object_to_json_string_ext(o,
                                        JSON_C_TO_STRING_NOSLASHESCAPE | JSON_C_TO_STRING_PRETTY |
                                                        JSON_C_TO_STRING_SPACED));
        if (r == EXIT_OK && c->json == JSON_OFF && !c->quiet && c->legend)
                printf("%s: %zu settings kept in %s.\n", argv[0], json_length(json_child(o, "settings")),
                                argv[1]);
        return r;
}

static int read_file(const Ctl *c, const char *name, char **ret) {
        _cleanup_free_ char *text = malloc(FILE_MAX + 1);
        _cleanup_fclose_ FILE *f = NULL;
        size_t n;

        if (!text)
                return ctl_fail(c, EXIT_FAILED, "out of memory");
        f = streq(name, "-") ? fdopen(dup(STDIN_FILENO), "re") : fopen(name, "re");
        if (!f)
                return ctl_fail(c, EXIT_FAILED, "cannot read %s: %s", name, strerror(errno));
        n = fread(text, 1, FILE_MAX, f);
        if (ferror(f))
                return ctl_fail(c, EXIT_FAILED, "cannot read %s: %s", name, strerror(errno));
        text[n] = 0;
        if (n == FILE_MAX || strlen(text) != n)
                return ctl_fail(c, EXIT_FAILED, "%s is no snapshot", name);
        *ret = TAKE_PTR(text);
        return 0;
}

static int call_restore(Ctl *c, const char *adapter, const char *text, json_object **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        int r;

        r = adapter_message(c, adapter, "Restore", &m);
        if (r != 0)
                return r;
        r = sd_bus_message_append(m, "s", text);
        if (r < 0)
                return ctl_fail(c, EXIT_FAILED, "the snapshot is not UTF-8");
        r = sd_bus_message_append(
                        m, "a{sv}", 2, "dry-run", "b", (int) c->dry_run, "force", "b", (int) c->force);
        if (r < 0)
                return ctl_bus_fail(c, NULL, r);
        r = ctl_send(c, m, CTL_PRIME_TIMEOUT, &reply);
        if (r != 0)
                return r;
        r = json_from_message(reply, ret);
        return r < 0 ? ctl_bus_fail(c, NULL, r) : EXIT_OK;
}

int verb_restore(Ctl *c, int argc, char *argv[]) {
        _cleanup_json_ json_object *snapshot = NULL, *result = NULL;
        _cleanup_free_ char *text = NULL;
        const char *adapter;
        json_object *steps;
        PlanSummary sum;
        int r;

        r = read_file(c, argv[0], &text);
        if (r != 0)
                return r;
        snapshot = json_tokener_parse(text);
        adapter = argc > 1 ? argv[1] : json_string(snapshot, "adapter", NULL);
        if (!adapter)
                return ctl_fail(c, EXIT_FAILED, "%s does not say which adapter it is of", argv[0]);
        r = call_restore(c, adapter, text, &result);
        if (r != 0 || ctl_print_json(c, result) || c->quiet)
                return r;
        steps = json_child(result, "steps");
        sum = plan_summary(steps);
        plan_print(c, steps, "SNAPSHOT", adapter, c->dry_run, false);
        if (!c->legend)
                return EXIT_OK;
        if (!c->dry_run)
                printf("%s: restored, %zu of %zu settings were set.\n", adapter, sum.done, sum.n);
        else if (plan_summary_is_due(&sum)) {
                printf("Plan: ");
                plan_summary_print(&sum, adapter);
                puts(".");
        } else
                printf("%s is as in the snapshot, nothing to do.\n", adapter);
        return EXIT_OK;
}
