/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* rtnetlink messages <-> values: no socket, no state. What comes in may be truncated or hostile; every length
 * is checked. */

#include <linux/netlink.h>
#include <net/if.h>
#include <netlink/msg.h>

#include "ether-address.h"
#include "macro.h"

#define LINK_KIND_MAX   16
#define LINK_PARENT_MAX 64

/* One link as the kernel tells it (RTM_NEWLINK). */
typedef struct LinkState {
        int ifindex;
        char name[IFNAMSIZ];
        char kind[LINK_KIND_MAX];          /* "veth", "bond", "vlan"; "" for a device of a bus */
        char parent_bus[LINK_KIND_MAX];    /* "pci", "virtio", "usb"; "" without one */
        char parent_name[LINK_PARENT_MAX]; /* "0000:3b:00.0" */
        EtherAddress mac;
        EtherAddress permanent_mac; /* all zero: the device has none */

        bool up;      /* IFF_UP: what an administrator wants, never a fault by itself */
        bool running; /* IFF_RUNNING: up, and the kernel has taken note of the carrier */
        bool carrier; /* netif_carrier_ok(), at once, whether up or not */
        bool promiscuous;
        uint8_t operstate; /* RFC 2863, IF_OPER_* */

        /* Kept by the kernel at each change, so they never lose a flap. changes = up + down. */
        uint32_t carrier_changes;
        uint32_t carrier_up_count;
        uint32_t carrier_down_count;

        int master;                        /* ifindex of the bond or bridge it is a port of, 0: none */
        int bond_active, bond_primary;     /* of a bond: ifindex of the active port, of `primary`; 0: none */
        int link;                          /* the lower or peer device, 0: none */
        int link_netnsid;                  /* the namespace `link` is in, -1: this one */
        uint32_t mtu, mtu_min, mtu_max;    /* bytes; mtu_max 0: unlimited */
        uint32_t tx_queue_length;          /* packets */
        uint32_t n_tx_queues, n_rx_queues; /* allocated, not in use: see ethtool channels */
        uint32_t promiscuity, allmulti;    /* how many want it */
} LinkState;

typedef struct LinkMessage {
        bool gone; /* RTM_DELLINK: only ifindex and name of the state count */
        LinkState state;
} LinkMessage;

/* 0, -ENOMSG when it is not about a link as such (a bridge port's, a wireless event, another type), -EBADMSG.
 */
int rtnl_link_parse(const struct nlmsghdr *message, LinkMessage *ret);

/* All fields equal. */
bool link_state_equal(const LinkState *a, const LinkState *b);

/* The counters that health is judged by, one consistent reading of the driver (struct rtnl_link_stats64). */
typedef struct LinkCounters {
        int ifindex;
        uint64_t rx_packets, tx_packets;
        uint64_t rx_bytes, tx_bytes;
        uint64_t rx_crc_errors, rx_frame_errors, rx_length_errors, rx_fifo_errors, rx_missed_errors;
        uint64_t rx_dropped, tx_dropped;
        uint64_t tx_carrier_errors;
} LinkCounters;

/* 0, -ENOMSG for another type or one without IFLA_STATS_LINK_64, -EBADMSG. */
int rtnl_counters_parse(const struct nlmsghdr *message, LinkCounters *ret);

/* The ifindex an RTM_NEWADDR or RTM_DELADDR is about, -ENOMSG, -EBADMSG. */
int rtnl_address_parse(const struct nlmsghdr *message);

/* RTM_GETLINK and RTM_GETSTATS of one link, or of all (ifindex 0; send by netlink_socket_dump()). NULL when out
 * of memory; the caller frees. */
struct nl_msg *rtnl_link_request(int ifindex);
struct nl_msg *rtnl_counters_request(int ifindex);
