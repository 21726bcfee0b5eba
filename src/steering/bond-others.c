/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include <bpf/bpf.h>

#include "alloc-util.h"
#include "bond-others.h"
#include "redirect-hook.h"

static const RedirectHook ingress = { REDIRECT_PROGRAM_OTHER, BPF_TC_INGRESS, ATTACH_TCX_INGRESS };

static RedirectPlace place_of(const RedirectPrograms *r, uint32_t ifindex, char pin[static REDIRECT_PIN_MAX]) {
        snprintf(pin, REDIRECT_PIN_MAX, "%s/link_%s_%u", r->directory, ingress.program, ifindex);
        return (RedirectPlace){ .hook = &ingress, .ifindex = (int) ifindex, .pin = pin };
}

static void remove_one(RedirectPrograms *r, struct redirect_other_port *port) {
        char pin[REDIRECT_PIN_MAX];
        RedirectPlace place = place_of(r, port->ifindex, pin);

        (void) redirect_hook_detach(&place);
        if (port->undo_clsact)
                (void) redirect_hook_remove_clsact((int) port->ifindex);
        *port = (struct redirect_other_port){};
}

void bond_others_remove(RedirectPrograms *r) {
        for (size_t k = 0; k < REDIRECT_OTHERS_MAX; k++)
                if (r->config.other[k].ifindex != 0)
                        remove_one(r, &r->config.other[k]);
}

static struct redirect_other_port *find(RedirectPrograms *r, uint32_t ifindex) {
        for (size_t k = 0; k < REDIRECT_OTHERS_MAX; k++)
                if (r->config.other[k].ifindex == ifindex)
                        return &r->config.other[k];
        return NULL;
}

static bool is_port(const BondPort *ports, size_t n, uint32_t ifindex) {
        for (size_t k = 0; k < n; k++)
                if (ports[k].ifindex == (int) ifindex)
                        return true;
        return false;
}

static int apply_one(RedirectPrograms *r, const BondPort *port, Error *e) {
        struct redirect_other_port *entry = find(r, (uint32_t) port->ifindex);
        _cleanup_close_ int program = -EBADF;
        char pin[REDIRECT_PIN_MAX];
        RedirectPlace place;
        int k;

        if (!entry)
                entry = find(r, 0);
        if (!entry)
                return 0; /* too many: then nothing is moved */
        entry->ifindex = (uint32_t) port->ifindex;
        k = redirect_programs_store_config(r, e);
        if (k < 0)
                return k;
        redirect_programs_pin(pin, r, REDIRECT_PROGRAM_OTHER);
        program = bpf_obj_get(pin);
        if (program < 0)
                return error_errno(e, -errno, "Cannot find the program for %s", port->name);
        place = place_of(r, entry->ifindex, pin);
        k = redirect_hook_attach(&place, program, &entry->undo_clsact);
        if (k < 0 && k != -ENODEV)
                return error_errno(e, k, "Cannot keep %s quiet while the bond takes frames from all its ports",
                                port->name);
        return redirect_programs_store_config(r, e);
}

int bond_others_apply(RedirectPrograms *r, const BondPort *ports, size_t n, Error *e) {
        int k = 0;

        n = MIN(n, (size_t) REDIRECT_OTHERS_MAX);
        for (size_t l = 0; l < REDIRECT_OTHERS_MAX; l++)
                if (r->config.other[l].ifindex != 0 && !is_port(ports, n, r->config.other[l].ifindex))
                        remove_one(r, &r->config.other[l]);
        for (size_t l = 0; k >= 0 && l < n; l++)
                k = apply_one(r, &ports[l], e);
        return k;
}
