/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <sys/socket.h>

#include "alloc-util.h"
#include "rtnetlink.h"

#define ANSWER_TIMEOUT_SEC 2

static int on_error(struct sockaddr_nl *address, struct nlmsgerr *error, void *userdata) {
        struct nlmsghdr *h = (struct nlmsghdr *) ((char *) error - NLMSG_HDRLEN);
        Rtnetlink *n = userdata;
        struct nlattr *words;
        size_t skip = sizeof(*error);

        n->code = error->error < 0 ? error->error : -EPROTO;
        if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
                return NL_STOP;
        if (!(h->nlmsg_flags & NLM_F_CAPPED))
                skip += error->msg.nlmsg_len - NLMSG_HDRLEN;
        skip = NLMSG_ALIGN(skip);
        if (h->nlmsg_len < NLMSG_HDRLEN + skip)
                return NL_STOP;
        words = nla_find((struct nlattr *) ((char *) error + skip), (int) (h->nlmsg_len - NLMSG_HDRLEN - skip),
                        NLMSGERR_ATTR_MSG);
        if (words)
                nla_strlcpy(n->words, words, sizeof(n->words));
        return NL_STOP;
}

static int on_ack(struct nl_msg *m, void *userdata) {
        ((Rtnetlink *) userdata)->code = 0;
        return NL_STOP;
}

Rtnetlink *rtnetlink_free(Rtnetlink *n) {
        if (!n)
                return NULL;
        nl_socket_free(n->socket);
        free(n);
        return NULL;
}

int rtnetlink_new(Rtnetlink **ret, Error *e) {
        _cleanup_(rtnetlink_freep) Rtnetlink *n = new0(Rtnetlink, 1);
        struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_SEC };
        int on = 1, r;

        if (!n || !(n->socket = nl_socket_alloc()))
                return error_errno(e, -ENOMEM, "Cannot open a netlink socket");
        r = nl_connect(n->socket, NETLINK_ROUTE);
        if (r < 0)
                return error_errno(e, -EIO, "Cannot open a netlink socket (%s)", nl_geterror(r));
        /* Refused by old kernels, then there are just no words. */
        (void) setsockopt(nl_socket_get_fd(n->socket), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
        (void) setsockopt(nl_socket_get_fd(n->socket), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
        *ret = TAKE_PTR(n);
        return 0;
}

static int send_and_wait(Rtnetlink *n, struct nl_msg *m, struct nl_cb *cb) {
        int r;

        n->code = 1;
        n->words[0] = '\0';
        nl_cb_err(cb, NL_CB_CUSTOM, on_error, n);
        r = nl_send_auto(n->socket, m);
        while (r >= 0 && n->code > 0)
                r = nl_recvmsgs(n->socket, cb);
        if (n->code <= 0)
                return n->code;
        return n->code = r == -NLE_AGAIN ? -ETIMEDOUT : r == -NLE_DUMP_INTR ? -EAGAIN : -EIO;
}

int rtnetlink_call(Rtnetlink *n, struct nl_msg *m) {
        struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
        int r;

        if (!cb)
                return n->code = -ENOMEM;
        nlmsg_hdr(m)->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
        nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, n);
        r = send_and_wait(n, m, cb);
        nl_cb_put(cb);
        return r;
}

typedef struct Dump {
        Rtnetlink *netlink;
        RtnetlinkHandler handler;
        void *userdata;
        int result;
} Dump;

static int on_message(struct nl_msg *m, void *userdata) {
        Dump *d = userdata;

        if (d->result == 0)
                d->result = d->handler(nlmsg_hdr(m), d->userdata);
        return NL_OK;
}

static int on_finish(struct nl_msg *m, void *userdata) {
        ((Dump *) userdata)->netlink->code = 0;
        return NL_STOP;
}

int rtnetlink_get(Rtnetlink *n, struct nl_msg *m, RtnetlinkHandler handler, void *userdata) {
        Dump d = { .netlink = n, .handler = handler, .userdata = userdata };
        struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
        int r;

        if (!cb)
                return n->code = -ENOMEM;
        nlmsg_hdr(m)->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
        nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_message, &d);
        nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, n);
        r = send_and_wait(n, m, cb);
        nl_cb_put(cb);
        return r < 0 ? r : d.result < 0 ? d.result : 0;
}

bool rtnetlink_set_strict(Rtnetlink *n, bool strict) {
        int on = strict;

        return setsockopt(nl_socket_get_fd(n->socket), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on)) >=
                        0;
}

int rtnetlink_dump(Rtnetlink *n, struct nl_msg *m, RtnetlinkHandler handler, void *userdata) {
        Dump d = { .netlink = n, .handler = handler, .userdata = userdata };
        struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
        int r;

        if (!cb)
                return n->code = -ENOMEM;
        nlmsg_hdr(m)->nlmsg_flags |= NLM_F_REQUEST | NLM_F_DUMP;
        nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_message, &d);
        nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, &d);
        r = send_and_wait(n, m, cb);
        nl_cb_put(cb);
        return r < 0 ? r : d.result < 0 ? d.result : 0;
}

const char *rtnetlink_words(const Rtnetlink *n) {
        return n->words[0] ? n->words : strerror(n->code < 0 ? -n->code : EIO);
}
