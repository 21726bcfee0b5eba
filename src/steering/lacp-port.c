/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/if_packet.h>
#include <stdio.h>
#include <sys/socket.h>

#include "alloc-util.h"
#include "closer.h"
#include "lacp-port.h"
#include "link-file.h"

/* "N/A" is no number. */
static bool read_number(const char *device, const char *file, unsigned *ret) {
        char value[16];

        return link_file_read(device, file, value, sizeof(value)) && sscanf(value, "%u", ret) == 1;
}

bool lacp_port_read(const char *bond, const char *port, LacpPort *ret) {
        unsigned active, own, actor, partner;

        *ret = (LacpPort){};
        if (!read_number(bond, "bonding/ad_aggregator", &active) ||
                        !read_number(port, "bonding_slave/ad_aggregator_id", &own) ||
                        !read_number(port, "bonding_slave/ad_actor_oper_port_state", &actor) ||
                        !read_number(port, "bonding_slave/ad_partner_oper_port_state", &partner))
                return false;
        *ret = (LacpPort){
                .aggregated = own == active, .actor = (uint8_t) actor, .partner = (uint8_t) partner
        };
        return true;
}

bool lacp_port_is_proved(const LacpPort *p, bool carries, char *why, size_t size) {
        const uint8_t both = LACP_COLLECTING | LACP_DISTRIBUTING;

        if (p->actor & (LACP_DEFAULTED | LACP_EXPIRED))
                snprintf(why, size, "LACP hears nothing from its partner");
        else if (!p->aggregated)
                snprintf(why, size, "LACP has not put it into the bond's active aggregator");
        else if (!(p->partner & LACP_SYNCHRONIZATION))
                snprintf(why, size, "its LACP partner is out of sync");
        else if (carries && (p->partner & both) != both)
                snprintf(why, size, "its LACP partner does not collect and distribute");
        else
                return true;
        return false;
}

/* A number that is odd, or another afterwards: the program was just putting one there. */
static bool copy_last(const struct redirect_lacpdu *last, struct redirect_lacpdu *ret) {
        for (unsigned tries = 0; tries < 3; tries++) {
                uint32_t number = __atomic_load_n(&last->number, __ATOMIC_ACQUIRE);

                *ret = *last;
                if (number != 0 && number % 2 == 0 &&
                                __atomic_load_n(&last->number, __ATOMIC_ACQUIRE) == number)
                        return true;
        }
        return false;
}

int lacp_port_tell(int ifindex, const struct redirect_lacpdu *last) {
        struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = ifindex };
        _cleanup_closer_ int fd = -EBADF;
        struct redirect_lacpdu l;

        if (!copy_last(last, &l))
                return -ENODATA;
        /* protocol 0: receives nothing */
        fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        return sendto(fd, l.frame, sizeof(l.frame), 0, (struct sockaddr *) &address, sizeof(address)) < 0
                        ? -errno
                        : 0;
}
