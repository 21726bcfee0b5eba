/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any bytes into the frame parsers; what one understood must survive being built and taken apart again. */

#include <stdlib.h>

#include "frame-codec.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        uint8_t b[FRAME_MAX];
        FrameHeader h, h2;
        Arp arp, arp2;
        NeighbourMessage nd, nd2;
        Beacon be, be2;
        int n;

        if (frame_parse_arp(data, size, &h, &arp) == 0) {
                n = frame_build_arp(b, sizeof(b), &h, &arp);
                if (n < 0 || frame_parse_arp(b, (size_t) n, &h2, &arp2) < 0 ||
                                arp.operation != arp2.operation ||
                                !ether_address_equal(&arp.sender, &arp2.sender) ||
                                arp.target_ip.s_addr != arp2.target_ip.s_addr)
                        abort();
        }
        if (frame_parse_neighbour(data, size, &h, &nd) == 0) {
                n = frame_build_neighbour(b, sizeof(b), &h, &nd);
                if (n < 0 || frame_parse_neighbour(b, (size_t) n, &h2, &nd2) < 0 ||
                                memcmp(&nd.target, &nd2.target, sizeof(nd.target)) != 0 ||
                                nd.has_address != nd2.has_address)
                        abort();
        }
        if (frame_parse_beacon(data, size, &h, &be) == 0) {
                n = frame_build_beacon(b, sizeof(b), &h, &be);
                if (n < 0 || frame_parse_beacon(b, (size_t) n, &h2, &be2) < 0 || be.sequence != be2.sequence ||
                                be.kind != be2.kind || h.vlan != h2.vlan)
                        abort();
        }
        return 0;
}
