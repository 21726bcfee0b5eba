/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A netlink socket that says what the kernel says: libnl builds the messages and reads the attributes, this
 * adds what libnl 3.7 lacks (extended ACK, strict checking, bounded waits) and makes a lost notification an
 * outcome that cannot be overlooked. One socket either asks (request, dump) or listens (subscribe, receive).
 *
 * The kernel works a request off in the sender's context: most of rtnetlink and all of ethtool wait there for
 * RTNL, and no timeout of ours bounds that. So the event loop asks only what is cheap, and nothing at all on
 * the way from a failure to the answer. */

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/msg.h>

#include "error.h"
#include "time-util.h"

typedef struct NetlinkSocket NetlinkSocket;

/* One message from the kernel. Its length has been checked against what was received; the payload has not.
 * Negative stops the caller's interest: the rest of the reply is read and dropped, and the value returned. */
typedef int (*NetlinkHandler)(const struct nlmsghdr *message, void *userdata, Error *e);

typedef enum NetlinkReceive {
        NETLINK_DRAINED, /* nothing left */
        NETLINK_MORE,    /* the bound was reached; the fd is still readable */
        NETLINK_OVERRUN, /* the kernel dropped notifications: resync by a dump */
        _NETLINK_RECEIVE_MAX,
        _NETLINK_RECEIVE_INVALID = -EINVAL,
} NetlinkReceive;

/* protocol: NETLINK_ROUTE, NETLINK_GENERIC, ... in the caller's network namespace, where it stays. */
int netlink_socket_new(int protocol, NetlinkSocket **ret, Error *e);
NetlinkSocket *netlink_socket_free(NetlinkSocket *s);
DEFINE_CLEANUP(NetlinkSocket *, netlink_socket_free);

/* How long one reply is waited for (5 s unless set). */
void netlink_socket_set_timeout(NetlinkSocket *s, usec_t timeout);

/* Sends `message` (flags and sequence number are filled in; it stays the caller's and can be sent again) and
 * gives every reply to `handler`, which may be NULL. 0, -ETIMEDOUT, or the kernel's errno with its own words in
 * e. NLM_F_DUMP in the message's flags makes it a dump. */
int netlink_socket_request(
                NetlinkSocket *s, struct nl_msg *message, NetlinkHandler handler, void *userdata, Error *e);

/* As above with NLM_F_DUMP. -EINTR when the kernel says that things changed meanwhile (NLM_F_DUMP_INTR): what
 * the handler got may lack an object or have it twice; ask again. No text is set then. */
int netlink_socket_dump(
                NetlinkSocket *s, struct nl_msg *message, NetlinkHandler handler, void *userdata, Error *e);

#define GENL_GROUPS_MAX 16

typedef struct GenlFamily {
        uint16_t id;
        uint8_t version;
        struct {
                char name[GENL_NAMSIZ];
                uint32_t id;
        } groups[GENL_GROUPS_MAX];
        size_t n_groups;
} GenlFamily;

/* Finds a generic netlink family ("ethtool", "devlink"); -ENOENT when the kernel has none, without a text. */
int netlink_socket_genl_family(NetlinkSocket *s, const char *name, GenlFamily *ret, Error *e);

/* The id of a multicast group, 0 when the family has no such group. */
uint32_t genl_family_group(const GenlFamily *family, const char *name);

/* Joins a multicast group (RTNLGRP_LINK, a generic netlink group id); may be called for several. */
int netlink_socket_subscribe(NetlinkSocket *s, unsigned group, Error *e);

/* The kernel's buffer for what was not yet received, in bytes (the kernel books about twice the payload). */
int netlink_socket_set_receive_buffer(NetlinkSocket *s, size_t bytes, Error *e);

/* Never waits. Gives at most `max` datagrams' messages to `handler`. Returns a NetlinkReceive or negative; an
 * error of the handler is returned after its datagram. */
int netlink_socket_receive(NetlinkSocket *s, unsigned max, NetlinkHandler handler, void *userdata, Error *e);

/* Readable when there is something to receive; owned by s. */
int netlink_socket_fd(const NetlinkSocket *s);

/* The kernel's own words in an NLMSG_ERROR or NLMSG_DONE message (NLMSGERR_ATTR_MSG): writes them and returns
 * true. Pure; any length. */
bool netlink_message_words(const struct nlmsghdr *message, char *buffer, size_t size);

/* What follows the generic netlink header of a reply; NULL when it is too short to have one. */
static inline const void *netlink_genl_payload(const struct nlmsghdr *message, size_t *ret_size) {
        int length = nlmsg_datalen(message);

        if (length < (int) GENL_HDRLEN)
                return NULL;
        *ret_size = (size_t) length - GENL_HDRLEN;
        return (const uint8_t *) nlmsg_data(message) + GENL_HDRLEN;
}

static inline struct nl_msg *netlink_message_free(struct nl_msg *message) {
        nlmsg_free(message); /* accepts NULL */
        return NULL;
}
DEFINE_CLEANUP(struct nl_msg *, netlink_message_free);

/* A request of a generic netlink family, its header in place (flags and addresses are the socket's to fill in);
 * NULL without memory. */
static inline struct nl_msg *netlink_genl_message(uint16_t family, uint8_t command, uint8_t version) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(family, NLM_F_REQUEST);
        struct genlmsghdr header = { .cmd = command, .version = version };

        if (!m || nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO) < 0)
                return NULL;
        return TAKE_PTR(m);
}
