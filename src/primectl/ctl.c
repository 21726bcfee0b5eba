/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "alloc-util.h"
#include "ctl.h"

#define ERROR_PREFIX "org.primed.Primed1.Error."

static const struct {
        const char *name;
        int code;
} exit_codes[] = {
        { ERROR_PREFIX "NoSuchPair", EXIT_NO_SUCH_PAIR },
        { ERROR_PREFIX "NoSuchAdapter", EXIT_NO_SUCH_PAIR },
        { ERROR_PREFIX "AlreadyActive", EXIT_REFUSED },
        { ERROR_PREFIX "NotReady", EXIT_REFUSED },
        { ERROR_PREFIX "Busy", EXIT_REFUSED },
        { ERROR_PREFIX "Held", EXIT_REFUSED },
        { ERROR_PREFIX "Inhibited", EXIT_REFUSED },
        { ERROR_PREFIX "Conflict", EXIT_REFUSED },
        { ERROR_PREFIX "SwitchFailed", EXIT_MOVE_FAILED },
        { ERROR_PREFIX "Reverted", EXIT_MOVE_FAILED },
        { ERROR_PREFIX "Timeout", EXIT_TIMEOUT },
        { SD_BUS_ERROR_INVALID_ARGS, EXIT_USAGE },
        { SD_BUS_ERROR_UNKNOWN_OBJECT, EXIT_NO_SUCH_PAIR },
        { SD_BUS_ERROR_ACCESS_DENIED, EXIT_NOT_AUTHORIZED },
        { SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, EXIT_NOT_AUTHORIZED },
        { SD_BUS_ERROR_TIMEOUT, EXIT_TIMEOUT },
        { SD_BUS_ERROR_NO_REPLY, EXIT_TIMEOUT },
        { "org.freedesktop.DBus.Error.TimedOut", EXIT_TIMEOUT },
        { SD_BUS_ERROR_SERVICE_UNKNOWN, EXIT_NOT_RUNNING },
        { SD_BUS_ERROR_NAME_HAS_NO_OWNER, EXIT_NOT_RUNNING },
        { SD_BUS_ERROR_DISCONNECTED, EXIT_NOT_RUNNING },
        { "org.freedesktop.DBus.Error.Spawn.ChildExited", EXIT_NOT_RUNNING },
        { "org.freedesktop.systemd1.NoSuchUnit", EXIT_NOT_RUNNING },
};

int ctl_exit_code(const sd_bus_error *e, int r) {
        if (e && e->name) {
                for (size_t i = 0; i < ELEMENTSOF(exit_codes); i++)
                        if (streq(e->name, exit_codes[i].name))
                                return exit_codes[i].code;
                return EXIT_FAILED;
        }
        switch (-r) {
        case ETIMEDOUT:
                return EXIT_TIMEOUT;
        case ENOTCONN:
        case ECONNRESET:
        case ECONNREFUSED:
        case ENOENT:
                return EXIT_NOT_RUNNING;
        case EPERM:
        case EACCES:
                return EXIT_NOT_AUTHORIZED;
        default:
                return EXIT_FAILED;
        }
}

int ctl_fail(const Ctl *c, int code, const char *format, ...) {
        char text[1024];
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        if (!c->quiet)
                fprintf(stderr, "primectl: %s\n", text);
        return code;
}

int ctl_bus_fail(const Ctl *c, const sd_bus_error *e, int r) {
        int code = ctl_exit_code(e, r);

        if (code == EXIT_NOT_RUNNING)
                return ctl_fail(c, code, "primed is not running (%s)",
                                e && e->message ? e->message : strerror(-r));
        if (code == EXIT_TIMEOUT && !(e && e->name && strncmp(e->name, ERROR_PREFIX, 10) == 0))
                return ctl_fail(c, code, "no answer from primed in time");
        return ctl_fail(c, code, "%s", e && e->message ? e->message : strerror(-r));
}

int ctl_connect(Ctl *c) {
        int r;

        if (c->host)
                r = sd_bus_open_system_remote(&c->bus, c->host);
        else if (c->machine)
                r = sd_bus_open_system_machine(&c->bus, c->machine);
        else
                r = sd_bus_open_system(&c->bus);
        if (r < 0)
                return ctl_fail(c, ctl_exit_code(NULL, r), "cannot connect to the system bus: %s",
                                strerror(-r));
        sd_bus_set_allow_interactive_authorization(c->bus, isatty(STDIN_FILENO));
        return 0;
}

void ctl_done(Ctl *c) {
        c->bus = sd_bus_flush_close_unref(c->bus);
}

int ctl_message(Ctl *c, const char *path, const char *member, sd_bus_message **ret) {
        const char *interface = CTL_INTERFACE("Manager");
        int r;

        if (path)
                interface = strstr(path, "/adapter/") ? CTL_INTERFACE("Adapter") : CTL_INTERFACE("Pair");
        r = sd_bus_message_new_method_call(c->bus, ret, CTL_BUS_NAME, path ?: CTL_ROOT, interface, member);
        return r < 0 ? ctl_bus_fail(c, NULL, r) : 0;
}

int ctl_send(Ctl *c, sd_bus_message *m, usec_t timeout, sd_bus_message **ret_reply) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        r = sd_bus_call(c->bus, m, c->timeout ?: timeout, &error, ret_reply);
        return r < 0 ? ctl_bus_fail(c, &error, r) : 0;
}

static int path_from_reply(sd_bus_message *reply, char **ret) {
        const char *path;
        char *copy;
        int r;

        r = sd_bus_message_read(reply, "o", &path);
        if (r < 0)
                return r;
        copy = strdup(path);
        if (!copy)
                return -ENOMEM;
        *ret = copy;
        return 0;
}

int ctl_find_pair(Ctl *c, const char *name, char **ret_path) {
        static const char *const members[] = { "GetPair", "GetPairByInterface" };
        int r = -ENOENT;

        for (size_t i = 0; i < ELEMENTSOF(members); i++) {
                _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
                _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;

                r = ctl_message(c, NULL, members[i], &m);
                if (r != 0)
                        return r;
                r = sd_bus_message_append(m, "s", name);
                if (r < 0)
                        return ctl_fail(c, EXIT_USAGE, "'%s' cannot be a name", name);
                r = sd_bus_call(c->bus, m, c->timeout ?: CTL_TIMEOUT, &error, &reply);
                if (r >= 0)
                        r = path_from_reply(reply, ret_path);
                if (r >= 0)
                        return 0;
                /* not a name a pair can have is no reason to ask no further: an adapter may be called so */
                if (!sd_bus_error_has_name(&error, ERROR_PREFIX "NoSuchPair") &&
                                !sd_bus_error_has_name(&error, ERROR_PREFIX "NoSuchAdapter") &&
                                !sd_bus_error_has_name(&error, SD_BUS_ERROR_INVALID_ARGS))
                        return ctl_bus_fail(c, &error, r);
        }
        return ctl_fail(c, EXIT_NO_SUCH_PAIR, "no pair or guarded adapter is called '%s'", name);
}

int ctl_read_json(const Ctl *c, sd_bus_message *reply, const char *complaint, json_object **ret) {
        _cleanup_json_ json_object *o = NULL;
        const char *text;
        int r;

        r = sd_bus_message_read(reply, "s", &text);
        if (r < 0)
                return ctl_bus_fail(c, NULL, r);
        o = json_tokener_parse(text);
        if (!json_object_is_type(o, json_type_object))
                return ctl_fail(c, EXIT_FAILED, "%s", complaint);
        *ret = TAKE_PTR(o);
        return 0;
}

int ctl_describe(Ctl *c, const char *path, json_object **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        int r;

        r = ctl_message(c, path, "Describe", &m);
        if (r == 0)
                r = ctl_send(c, m, CTL_TIMEOUT, &reply);
        if (r != 0)
                return r;
        return ctl_read_json(c, reply, "primed described itself in what is not JSON", ret);
}

int ctl_describe_adapters(Ctl *c, json_object **ret) {
        _cleanup_json_ json_object *all = NULL;
        json_object *adapters, *pairs;
        int r;

        r = ctl_describe(c, NULL, &all);
        if (r != 0)
                return r;
        adapters = json_object_new_array();
        pairs = json_child(all, "pairs");
        for (size_t i = 0; i < json_length(pairs); i++) {
                json_object *of_pair = json_child(json_object_array_get_idx(pairs, i), "adapters");

                for (size_t j = 0; j < json_length(of_pair); j++)
                        json_object_array_add(adapters, json_object_get(json_object_array_get_idx(of_pair, j)));
        }
        *ret = adapters;
        return 0;
}

bool ctl_print_json(const Ctl *c, json_object *o) {
        if (c->json == JSON_OFF)
                return false;
        json_print(o, c->json == JSON_PRETTY);
        return true;
}
