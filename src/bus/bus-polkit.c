/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-polkit.h"
#include "alloc-util.h"

/* As long as a person may take to type a password. */
#define POLKIT_TIMEOUT      (2 * USEC_PER_MINUTE)
#define CREDENTIALS_TIMEOUT (10 * USEC_PER_SEC)

static void refuse(BusCall *c, const char *name, const char *why) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

        sd_bus_error_setf(&error, name, "not authorized for %s.%s: %s", BUS_NAME, c->action, why);
        bus_call_fail(c, &error);
}

static int on_polkit(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
        BusCall *c = userdata;
        int authorized = false, challenge = false, r;

        c->slot = sd_bus_slot_unref(c->slot);
        if (sd_bus_message_is_method_error(reply, NULL)) {
                refuse(c, SD_BUS_ERROR_ACCESS_DENIED, "only root is, since polkit does not answer");
                return 0;
        }
        r = sd_bus_message_enter_container(reply, 'r', "bba{ss}");
        if (r >= 0)
                r = sd_bus_message_read(reply, "bb", &authorized, &challenge);
        if (r < 0)
                refuse(c, SD_BUS_ERROR_ACCESS_DENIED, "polkit gave a strange answer");
        else if (authorized)
                bus_call_run(c);
        else if (challenge)
                refuse(c, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, "a password is needed");
        else
                refuse(c, SD_BUS_ERROR_ACCESS_DENIED, "polkit says no");
        return 0;
}

/* Pair and target go along, so that a site's rule can allow one pair and not another. */
static int ask_polkit(BusCall *c) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        sd_bus *bus = sd_bus_message_get_bus(c->message);
        char action[64];
        int r;

        snprintf(action, sizeof(action), "%s.%s", BUS_NAME, c->action);
        r = sd_bus_message_new_method_call(bus, &m, "org.freedesktop.PolicyKit1",
                        "/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1.Authority",
                        "CheckAuthorization");
        if (r >= 0)
                r = sd_bus_message_append(m, "(sa{sv})s", "system-bus-name", 1, "name", "s",
                                sd_bus_message_get_sender(c->message), action);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{ss}");
        if (r >= 0 && c->pair[0])
                r = sd_bus_message_append(m, "{ss}", "pair", c->pair);
        if (r >= 0 && c->request.target[0])
                r = sd_bus_message_append(m, "{ss}", "target", c->request.target);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0)
                r = sd_bus_message_append(m, "us",
                                (uint32_t) (sd_bus_message_get_allow_interactive_authorization(c->message) > 0),
                                "");
        if (r < 0)
                return r;
        return sd_bus_call_async(bus, &c->slot, m, on_polkit, c, POLKIT_TIMEOUT);
}

/* GetConnectionCredentials(): a{sv} with UnixUserID and, mostly, ProcessID. */
static int read_credentials(sd_bus_message *reply, uint32_t *ret_uid, uint32_t *ret_pid) {
        uint32_t uid = UINT32_MAX, pid = 0;
        int r;

        r = sd_bus_message_enter_container(reply, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
                const char *key;

                r = sd_bus_message_read(reply, "s", &key);
                if (r >= 0 && streq(key, "UnixUserID"))
                        r = sd_bus_message_read(reply, "v", "u", &uid);
                else if (r >= 0 && streq(key, "ProcessID"))
                        r = sd_bus_message_read(reply, "v", "u", &pid);
                else if (r >= 0)
                        r = sd_bus_message_skip(reply, "v");
                if (r >= 0)
                        r = sd_bus_message_exit_container(reply);
        }
        if (r < 0)
                return r;
        if (uid == UINT32_MAX)
                return -ENODATA;
        *ret_uid = uid;
        *ret_pid = pid;
        return 0;
}

static int on_credentials(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
        BusCall *c = userdata;

        c->slot = sd_bus_slot_unref(c->slot);
        if (sd_bus_message_is_method_error(reply, NULL) || read_credentials(reply, &c->uid, &c->pid) < 0)
                refuse(c, SD_BUS_ERROR_ACCESS_DENIED, "the bus does not know who asks");
        else if (c->uid == 0 || c->uid == getuid())
                bus_call_run(c);
        else if (ask_polkit(c) < 0)
                refuse(c, SD_BUS_ERROR_ACCESS_DENIED, "polkit cannot be asked");
        return 0;
}

int bus_authorize(BusCall *c) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        sd_bus *bus = sd_bus_message_get_bus(c->message);
        int r;

        r = sd_bus_message_new_method_call(bus, &m, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                        "org.freedesktop.DBus", "GetConnectionCredentials");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", sd_bus_message_get_sender(c->message));
        if (r >= 0)
                r = sd_bus_call_async(bus, &c->slot, m, on_credentials, c, CREDENTIALS_TIMEOUT);
        if (r < 0)
                refuse(c, SD_BUS_ERROR_ACCESS_DENIED, "the bus cannot be asked who calls");
        return 1;
}
