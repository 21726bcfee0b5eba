/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <poll.h>
#include <sys/socket.h>

#include "alloc-util.h"
#include "netlink-socket.h"

/* A dump's datagrams are at most 32 KiB (net/netlink/af_netlink.c, netlink_recvmsg(): max_recvmsg_len), a
 * notification is one object. */
#define RECEIVE_SIZE (64U * 1024)

#define TIMEOUT_DEFAULT (5 * USEC_PER_SEC)

struct NetlinkSocket {
        struct nl_sock *nl;
        int fd;
        uint32_t sequence;
        usec_t timeout;
        uint8_t *buffer; /* RECEIVE_SIZE */
};

/* What one request is waiting for. */
typedef struct Reply {
        uint32_t sequence;
        NetlinkHandler handler;
        void *userdata;
        bool done;
        bool interrupted;
        int result;
        Error *e;
} Reply;

NetlinkSocket *netlink_socket_free(NetlinkSocket *s) {
        if (!s)
                return NULL;
        nl_socket_free(s->nl);
        free(s->buffer);
        free(s);
        return NULL;
}

int netlink_socket_new(int protocol, NetlinkSocket **ret, Error *e) {
        static const int options[] = { NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK };
        _cleanup_(netlink_socket_freep) NetlinkSocket *s = new0(NetlinkSocket, 1);
        int r;

        if (!s)
                return error_errno(e, -ENOMEM, "netlink socket");
        s->fd = -EBADF;
        s->timeout = TIMEOUT_DEFAULT;
        s->buffer = malloc(RECEIVE_SIZE);
        s->nl = nl_socket_alloc();
        if (!s->buffer || !s->nl)
                return error_errno(e, -ENOMEM, "netlink socket");
        r = nl_connect(s->nl, protocol);
        if (r < 0)
                return error_set(e, ERROR_FAILED, -EIO, "netlink socket of protocol %d: %s", protocol,
                                nl_geterror(r));
        s->fd = nl_socket_get_fd(s->nl);
        /* Strict checking is for rtnetlink; older kernels and other protocols may not know an option, and then
         * errors merely say less. */
        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                (void) setsockopt(s->fd, SOL_NETLINK, options[i], &(int){ 1 }, sizeof(int));
        *ret = TAKE_PTR(s);
        return 0;
}

void netlink_socket_set_timeout(NetlinkSocket *s, usec_t timeout) {
        s->timeout = timeout;
}

int netlink_socket_fd(const NetlinkSocket *s) {
        return s->fd;
}

int netlink_socket_set_receive_buffer(NetlinkSocket *s, size_t bytes, Error *e) {
        int size = (int) MIN(bytes, (size_t) INT32_MAX / 2);

        /* The first needs CAP_NET_ADMIN and passes net.core.rmem_max. */
        if (setsockopt(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 &&
                        setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0)
                return error_errno(e, -errno, "netlink receive buffer of %d bytes", size);
        return 0;
}

/* One datagram into the buffer: its length, 0 for one that is not the kernel's, or negative. */
static ssize_t datagram_receive(NetlinkSocket *s) {
        struct sockaddr_nl from = {};
        struct iovec iov = { .iov_base = s->buffer, .iov_len = RECEIVE_SIZE };
        struct msghdr header = {
                .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
        };
        ssize_t n;

        do
                n = recvmsg(s->fd, &header, MSG_DONTWAIT);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        if (from.nl_pid != 0)
                return 0; /* any process may send to us; only the kernel is believed */
        if (header.msg_flags & MSG_TRUNC)
                return -EMSGSIZE;
        return n;
}

static int datagram_wait(NetlinkSocket *s) {
        struct pollfd p = { .fd = s->fd, .events = POLLIN };
        struct timespec timeout = {
                .tv_sec = (time_t) (s->timeout / USEC_PER_SEC),
                .tv_nsec = (long) (s->timeout % USEC_PER_SEC) * 1000,
        };
        int r;

        do
                r = ppoll(&p, 1, s->timeout == USEC_INFINITY ? NULL : &timeout, NULL);
        while (r < 0 && errno == EINTR);
        return r < 0 ? -errno : r == 0 ? -ETIMEDOUT : 0;
}

/* Where the attributes of an NLMSG_ERROR or NLMSG_DONE begin, NULL when it has none. */
static const struct nlattr *error_attributes(const struct nlmsghdr *message, int *ret_length) {
        size_t length, skip;

        if (!(message->nlmsg_flags & NLM_F_ACK_TLVS) || message->nlmsg_len < NLMSG_HDRLEN)
                return NULL;
        length = message->nlmsg_len - NLMSG_HDRLEN;
        if (message->nlmsg_type == NLMSG_ERROR) {
                const struct nlmsgerr *error = NLMSG_DATA(message);

                if (length < sizeof(*error))
                        return NULL;
                skip = sizeof(*error);
                if (!(message->nlmsg_flags & NLM_F_CAPPED)) {
                        /* our request is echoed in full */
                        if (error->msg.nlmsg_len < NLMSG_HDRLEN || error->msg.nlmsg_len > length)
                                return NULL;
                        skip += NLMSG_ALIGN((size_t) error->msg.nlmsg_len - NLMSG_HDRLEN);
                }
        } else
                skip = NLMSG_ALIGN(sizeof(int));
        if (skip >= length)
                return NULL;
        *ret_length = (int) (length - skip);
        return (const struct nlattr *) ((const uint8_t *) NLMSG_DATA(message) + skip);
}

bool netlink_message_words(const struct nlmsghdr *message, char *buffer, size_t size) {
        const struct nlattr *attributes, *words;
        int length;

        attributes = error_attributes(message, &length);
        if (!attributes)
                return false;
        words = nla_find((struct nlattr *) attributes, length, NLMSGERR_ATTR_MSG);
        if (!words || nla_len(words) <= 0 || size == 0)
                return false;
        length = (int) strnlen(nla_data(words), (size_t) nla_len(words));
        length = (int) MIN((size_t) length, size - 1);
        memcpy(buffer, nla_data(words), (size_t) length);
        buffer[length] = '\0';
        return length > 0;
}

static int reply_error(Reply *reply, const struct nlmsghdr *message, int code) {
        char words[256];

        if (netlink_message_words(message, words, sizeof(words)))
                return error_set(reply->e, code == -EOPNOTSUPP ? ERROR_NOT_SUPPORTED : ERROR_FAILED, code,
                                "kernel: %s (%s)", words, strerror(-code));
        return error_set(reply->e, code == -EOPNOTSUPP ? ERROR_NOT_SUPPORTED : ERROR_FAILED, code, "kernel: %s",
                        strerror(-code));
}

static void reply_finish(Reply *reply, const struct nlmsghdr *message) {
        int code = 0;

        reply->done = true;
        if (message->nlmsg_len >= NLMSG_HDRLEN + sizeof(code))
                memcpy(&code, NLMSG_DATA(message), sizeof(code));
        if (code < 0 && code >= -4095 && reply->result >= 0)
                reply->result = reply_error(reply, message, code);
}

static int reply_take(const struct nlmsghdr *message, void *userdata, Error *e) {
        Reply *reply = userdata;
        int r;

        if (message->nlmsg_seq != reply->sequence || reply->done)
                return 0; /* of an earlier request that timed out */
        if (message->nlmsg_flags & NLM_F_DUMP_INTR)
                reply->interrupted = true;
        if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
                reply_finish(reply, message);
                return 0;
        }
        if (message->nlmsg_type < NLMSG_MIN_TYPE || !reply->handler || reply->result < 0)
                return 0;
        r = reply->handler(message, reply->userdata, e);
        if (r < 0)
                reply->result = r;
        return 0;
}

/* Walks the messages of the datagram in the buffer. */
static int datagram_walk(NetlinkSocket *s, size_t length, NetlinkHandler handler, void *userdata, Error *e) {
        const struct nlmsghdr *message = (const struct nlmsghdr *) s->buffer;
        int left = (int) length, result = 0;

        for (; nlmsg_ok(message, left); message = nlmsg_next((struct nlmsghdr *) message, &left)) {
                int r = handler(message, userdata, e);

                if (r < 0 && result >= 0)
                        result = r;
        }
        return result;
}

static int reply_receive(NetlinkSocket *s, Reply *reply) {
        while (!reply->done) {
                ssize_t n = datagram_receive(s);
                int r;

                if (n == -EAGAIN) {
                        /* Nearly never: the kernel answers before sendmsg() returns. */
                        r = datagram_wait(s);
                        if (r < 0)
                                return error_errno(reply->e, r, "no answer from the kernel");
                        continue;
                }
                if (n < 0)
                        return error_errno(reply->e, (int) n, "receive from the kernel");
                r = datagram_walk(s, (size_t) n, reply_take, reply, reply->e);
                if (r < 0)
                        return r;
        }
        return reply->result;
}

static int request_run(NetlinkSocket *s, struct nl_msg *message, uint16_t flags, Reply *reply) {
        struct nlmsghdr *header = nlmsg_hdr(message);
        struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
        ssize_t n;

        reply->sequence = ++s->sequence;
        header->nlmsg_seq = reply->sequence;
        header->nlmsg_pid = nl_socket_get_local_port(s->nl);
        header->nlmsg_flags |= NLM_F_REQUEST | flags;
        do
                n = sendto(s->fd, header, header->nlmsg_len, 0, (struct sockaddr *) &kernel, sizeof(kernel));
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return error_errno(reply->e, -errno, "send to the kernel");
        return reply_receive(s, reply);
}

int netlink_socket_request(
                NetlinkSocket *s, struct nl_msg *message, NetlinkHandler handler, void *userdata, Error *e) {
        Reply reply = { .handler = handler, .userdata = userdata, .e = e };

        /* where something is made, the same bits are NLM_F_REPLACE and NLM_F_EXCL */
        if ((nlmsg_hdr(message)->nlmsg_flags & (NLM_F_DUMP | NLM_F_CREATE)) == NLM_F_DUMP)
                return netlink_socket_dump(s, message, handler, userdata, e);
        return request_run(s, message, NLM_F_ACK, &reply);
}

int netlink_socket_dump(
                NetlinkSocket *s, struct nl_msg *message, NetlinkHandler handler, void *userdata, Error *e) {
        Reply reply = { .handler = handler, .userdata = userdata, .e = e };
        int r = request_run(s, message, NLM_F_DUMP, &reply);

        if (r < 0)
                return r;
        return reply.interrupted ? -EINTR : 0;
}

static int groups_parse(struct nlattr *list, GenlFamily *family) {
        static const struct nla_policy policy[CTRL_ATTR_MCAST_GRP_MAX + 1] = {
                [CTRL_ATTR_MCAST_GRP_NAME] = { .type = NLA_STRING, .maxlen = GENL_NAMSIZ },
                [CTRL_ATTR_MCAST_GRP_ID] = { .type = NLA_U32 },
        };
        struct nlattr *item;
        int left;

        nla_for_each_nested(item, list, left) {
                struct nlattr *a[CTRL_ATTR_MCAST_GRP_MAX + 1];

                if (family->n_groups == GENL_GROUPS_MAX)
                        break;
                if (nla_parse_nested(a, CTRL_ATTR_MCAST_GRP_MAX, item, (struct nla_policy *) policy) < 0)
                        return -EBADMSG;
                if (!a[CTRL_ATTR_MCAST_GRP_NAME] || !a[CTRL_ATTR_MCAST_GRP_ID])
                        continue;
                nla_strlcpy(family->groups[family->n_groups].name, a[CTRL_ATTR_MCAST_GRP_NAME], GENL_NAMSIZ);
                family->groups[family->n_groups++].id = nla_get_u32(a[CTRL_ATTR_MCAST_GRP_ID]);
        }
        return 0;
}

static int family_take(const struct nlmsghdr *message, void *userdata, Error *e) {
        static const struct nla_policy policy[CTRL_ATTR_MAX + 1] = {
                [CTRL_ATTR_FAMILY_ID] = { .type = NLA_U16 },
                [CTRL_ATTR_VERSION] = { .type = NLA_U32 },
                [CTRL_ATTR_MCAST_GROUPS] = { .type = NLA_NESTED },
        };
        GenlFamily *family = userdata;
        struct nlattr *a[CTRL_ATTR_MAX + 1];

        if (nlmsg_parse((struct nlmsghdr *) message, GENL_HDRLEN, a, CTRL_ATTR_MAX,
                            (struct nla_policy *) policy) < 0 ||
                        !a[CTRL_ATTR_FAMILY_ID])
                return error_set(e, ERROR_FAILED, -EBADMSG, "malformed answer on a generic netlink family");
        family->id = nla_get_u16(a[CTRL_ATTR_FAMILY_ID]);
        if (a[CTRL_ATTR_VERSION])
                family->version = (uint8_t) nla_get_u32(a[CTRL_ATTR_VERSION]);
        if (a[CTRL_ATTR_MCAST_GROUPS] && groups_parse(a[CTRL_ATTR_MCAST_GROUPS], family) < 0)
                return error_set(e, ERROR_FAILED, -EBADMSG, "malformed generic netlink groups");
        return 0;
}

int netlink_socket_genl_family(NetlinkSocket *s, const char *name, GenlFamily *ret, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *message = nlmsg_alloc();
        GenlFamily family = {};
        Error own = {};
        int r;

        if (!message || !genlmsg_put(message, 0, 0, GENL_ID_CTRL, 0, 0, CTRL_CMD_GETFAMILY, 1) ||
                        nla_put_string(message, CTRL_ATTR_FAMILY_NAME, name) < 0)
                return error_errno(e, -ENOMEM, "generic netlink family %s", name);
        r = netlink_socket_request(s, message, family_take, &family, &own);
        if (r == -ENOENT)
                return r;
        if (r < 0)
                return error_set(e, own.kind, r, "generic netlink family %s: %s", name, own.text);
        if (family.id == 0)
                return error_set(e, ERROR_FAILED, -EBADMSG, "generic netlink family %s: no answer", name);
        *ret = family;
        return 0;
}

uint32_t genl_family_group(const GenlFamily *family, const char *name) {
        for (size_t i = 0; i < family->n_groups; i++)
                if (streq(family->groups[i].name, name))
                        return family->groups[i].id;
        return 0;
}

int netlink_socket_subscribe(NetlinkSocket *s, unsigned group, Error *e) {
        if (setsockopt(s->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
                return error_errno(e, -errno, "netlink multicast group %u", group);
        return 0;
}

int netlink_socket_receive(NetlinkSocket *s, unsigned max, NetlinkHandler handler, void *userdata, Error *e) {
        for (unsigned i = 0; i < max; i++) {
                ssize_t n = datagram_receive(s);
                int r;

                if (n == -EAGAIN)
                        return NETLINK_DRAINED;
                if (n == -ENOBUFS || n == -EMSGSIZE)
                        return NETLINK_OVERRUN;
                if (n < 0)
                        return error_errno(e, (int) n, "receive from the kernel");
                r = datagram_walk(s, (size_t) n, handler, userdata, e);
                if (r < 0)
                        return r;
        }
        return NETLINK_MORE;
}
