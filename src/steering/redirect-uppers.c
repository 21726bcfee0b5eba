/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>

#include <bpf/bpf.h>

#include "alloc-util.h"
#include "redirect-hook.h"
#include "redirect-uppers.h"

static_assert(IDENTITY_UPPERS_MAX <= REDIRECT_UPPER_MAX, "room for all of an identity");
static_assert(IDENTITY_PRIORITIES_MAX <= REDIRECT_UPPER_PRIORITIES, "room for all of a VLAN device");

static const RedirectHook egress = { REDIRECT_PROGRAM_UPPER, BPF_TC_EGRESS, ATTACH_TCX_EGRESS };

static RedirectPlace place_of(const RedirectPrograms *r, int ifindex, char pin[static REDIRECT_PIN_MAX]) {
        snprintf(pin, REDIRECT_PIN_MAX, "%s/link_%s_%d", r->directory, egress.program, ifindex);
        return (RedirectPlace){ .hook = &egress, .ifindex = ifindex, .pin = pin };
}

/* An administrator who takes a device down stops what is on top of it. */
static bool carries(const Identity *i, const IdentityUpper *u) {
        const IdentityUpper *lower = identity_find_upper(i, u->lower);

        return lower && lower->up && (lower->kind == UPPER_HOME || carries(i, lower));
}

static struct redirect_upper entry_of(const Identity *i, const IdentityUpper *u) {
        struct redirect_upper entry = { .lower = carries(i, u) ? (uint32_t) u->lower : 0 };

        if (u->kind == UPPER_VLAN) {
                entry.protocol = htons(u->tags[0].protocol);
                entry.id = u->tags[0].vlan;
        }
        entry.flags = (u->tags_all ? REDIRECT_UPPER_TAGS_ALL : 0) | (u->bridges ? REDIRECT_UPPER_BRIDGES : 0);
        entry.n_priorities = (uint32_t) u->n_priorities;
        for (size_t k = 0; k < u->n_priorities; k++) {
                entry.priority[k].priority = u->priorities[k].from;
                entry.priority[k].tag = (uint32_t) u->priorities[k].to << 13;
        }
        return entry;
}

static int store(RedirectPrograms *r, int ifindex, const struct redirect_upper *entry) {
        uint32_t key = (uint32_t) ifindex;

        return bpf_map_update_elem(r->map[REDIRECT_MAP_UPPER], &key, entry, BPF_ANY) < 0 ? -errno : 0;
}

static int apply_one(
                RedirectPrograms *r, const Identity *i, const IdentityUpper *u, int program_fd, uint32_t id) {
        struct redirect_upper entry = entry_of(i, u), before = {};
        uint32_t key = (uint32_t) u->ifindex;
        char pin[REDIRECT_PIN_MAX];
        RedirectPlace place = place_of(r, u->ifindex, pin);
        bool found = bpf_map_lookup_elem(r->map[REDIRECT_MAP_UPPER], &key, &before) == 0;
        int k = 0;

        entry.undo_clsact = before.undo_clsact;
        if (!found || memcmp(&entry, &before, sizeof(entry)) != 0)
                k = store(r, u->ifindex, &entry);
        if (k < 0 || redirect_hook_find(&place) == id)
                return k;
        k = redirect_hook_attach(&place, program_fd, &entry.undo_clsact);
        if (entry.undo_clsact != before.undo_clsact)
                (void) store(r, u->ifindex, &entry);
        return k;
}

/* Devices that are gone: 0, too. */
static int remove_one(RedirectPrograms *r, uint32_t ifindex) {
        struct redirect_upper entry = {};
        char pin[REDIRECT_PIN_MAX];
        RedirectPlace place = place_of(r, (int) ifindex, pin);
        int k, l = 0;

        (void) bpf_map_lookup_elem(r->map[REDIRECT_MAP_UPPER], &ifindex, &entry);
        k = redirect_hook_detach(&place);
        if (entry.undo_clsact)
                l = redirect_hook_remove_clsact((int) ifindex);
        (void) bpf_map_delete_elem(r->map[REDIRECT_MAP_UPPER], &ifindex);
        return k < 0 && k != -ENODEV ? k : l < 0 && l != -ENODEV ? l : 0;
}

/* Those that are not in the identity (NULL: all); the first error, with the index of its device. */
static int remove_others(RedirectPrograms *r, const Identity *i, uint32_t *ret_ifindex) {
        uint32_t next;
        bool more = bpf_map_get_next_key(r->map[REDIRECT_MAP_UPPER], NULL, &next) == 0;
        int result = 0;

        while (more) {
                uint32_t ifindex = next;
                const IdentityUpper *u = i ? identity_find_upper(i, (int) ifindex) : NULL;
                int k = 0;

                more = bpf_map_get_next_key(r->map[REDIRECT_MAP_UPPER], &ifindex, &next) == 0;
                if (!u || u->kind == UPPER_HOME)
                        k = remove_one(r, ifindex);
                if (k < 0 && result == 0) {
                        result = k;
                        *ret_ifindex = ifindex;
                }
        }
        return result;
}

static int open_program(const RedirectPrograms *r, uint32_t *ret_id) {
        struct bpf_prog_info info = {};
        uint32_t size = sizeof(info);
        char pin[REDIRECT_PIN_MAX];
        _cleanup_close_ int fd = -EBADF;

        redirect_programs_pin(pin, r, REDIRECT_PROGRAM_UPPER);
        fd = bpf_obj_get(pin);
        if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
                return -errno;
        *ret_id = info.id;
        return TAKE_FD(fd);
}

void redirect_uppers_apply(RedirectPrograms *r, const Identity *i, Error *notice) {
        _cleanup_close_ int program = -EBADF;
        uint32_t id = 0, gone;

        (void) remove_others(r, i, &gone);
        for (size_t u = 0; u < i->n_uppers; u++) {
                const IdentityUpper *upper = &i->uppers[u];
                int k;

                if (upper->kind == UPPER_HOME)
                        continue;
                if (program < 0)
                        program = open_program(r, &id);
                k = program < 0 ? program : apply_one(r, i, upper, program, id);
                /* One that is gone already will be told of. */
                if (k < 0 && k != -ENODEV)
                        error_errno(notice, k,
                                        "What %s sends will be lost while its carrier is gone, also when it "
                                        "should leave by the standby: no program can be attached to it",
                                        upper->name);
        }
}

int redirect_uppers_undo(RedirectPrograms *r, Error *e) {
        char name[IFNAMSIZ] = "?";
        uint32_t ifindex = 0;
        int k = remove_others(r, NULL, &ifindex);

        if (k >= 0)
                return 0;
        (void) if_indextoname(ifindex, name);
        return error_errno(e, k, "Cannot detach %s from %s", egress.program, name);
}
