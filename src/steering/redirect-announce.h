/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The frames a move sends, built before they are needed, and the sockets they leave and arrive by. Sent past
 * the queueing discipline and hence past the adapters' egress programs. */

#include "redirect-identity.h"

typedef struct FrameList {
        uint8_t *bytes;
        size_t size, used;
        struct {
                size_t offset, length;
        } * frames;
        size_t n, allocated;
} FrameList;

void frame_list_clear(FrameList *l);
void frame_list_done(FrameList *l);
/* Copies a frame of that length; a negative length, as builders return it, is passed on. */
int frame_list_add(FrameList *l, const uint8_t *frame, int length);

/* For everybody: where the identity is now. A gratuitous ARP or an unsolicited neighbour advertisement for each
 * IP address, a reverse ARP for each MAC address and VLAN without one; then membership reports. */
int announce_build_move(FrameList *l, const Identity *i, Error *e);

/* For switches alone: the reverse ARPs, for each MAC address and VLAN. */
int announce_build_reminder(FrameList *l, const Identity *i, Error *e);

/* Membership reports for the groups joined. */
int announce_build_reports(FrameList *l, const Identity *i, Error *e);

/* Asks a few neighbours for their address, so that something comes in to be seen. */
int announce_build_questions(FrameList *l, const Identity *i, Error *e);

typedef struct Announcer {
        int socket[_PAIR_SIDE_MAX];
        EtherAddress station[_PAIR_SIDE_MAX], identity;
        uint64_t pair, cookie, sequence;
        FrameList move, reminder, reports, questions;
} Announcer;

int announcer_init(Announcer *ret, const char *pair, const int ifindex[_PAIR_SIDE_MAX],
                const char *const *names, Error *e);
void announcer_done(Announcer *a);

/* Builds the frames for an identity; the old ones stay when that fails. */
int announcer_prepare(Announcer *a, const Identity *i, Error *e);

/* Sends what the adapter takes; frames it refuses are skipped, as if lost on the way. */
void announcer_send(Announcer *a, PairSide side, const FrameList *l);

/* A beacon from one side's station to the identity: whichever adapter gets it has the network's ingress. */
void announcer_send_check(Announcer *a, PairSide from, usec_t now);

/* When the youngest of such beacons that came in on that side since the last call had been sent; 0: none came.
 */
usec_t announcer_check_arrived(Announcer *a, PairSide side);

/* Sends them by an adapter that has no announcer. */
int announce_once(int ifindex, const char *name, const FrameList *l, Error *e);
