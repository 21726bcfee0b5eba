/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "steering.h"

/* In the order in which `auto` asks them; a kind without a row is not built in. */
static const struct {
        SteeringKind kind;
        const SteeringBackend *backend;
} backends[] = {
        { STEERING_BOND, &steering_bond },
        { STEERING_REDIRECT, &steering_redirect },
};

/* Known without asking the kernel. */
static bool are_no_ports(const SteeringParameters *p) {
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                if (!p->links.is_port || p->links.is_port(p->links.userdata, p->ifindex[side]))
                        return false;
        return true;
}

const SteeringBackend *steering_backend_for(SteeringKind kind, const SteeringParameters *p, Error *e) {
        for (size_t i = 0; i < ELEMENTSOF(backends); i++) {
                Error reason = {};
                int r;

                if (kind != STEERING_AUTO && kind != backends[i].kind)
                        continue;
                if (kind == STEERING_AUTO && backends[i].kind == STEERING_BOND && are_no_ports(p))
                        continue;
                r = backends[i].backend->probe(p, &reason);
                if (r > 0)
                        return backends[i].backend;
                if (kind == STEERING_AUTO && r == 0 && i + 1 < ELEMENTSOF(backends))
                        continue;
                error_set(e, reason.kind, reason.code, "%s", reason.text);
                return NULL;
        }
        error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP, "This version cannot steer by %s",
                        steering_kind_to_string(kind));
        return NULL;
}
