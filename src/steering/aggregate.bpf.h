/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/* The programs of the aggregate backend, on two ports of an 802.3ad bond; included by redirect.bpf.c, whose
 * maps and counters they share. Both ports carry traffic. One is left without the bond's knowing: what it sends
 * by that port goes out by the other, and the LACPDUs that leave there say that the port is out of sync, so
 * that the partner distributes nothing to it (IEEE 802.1AX-2020, 6.4.15). What comes in is always taken. */

#define ETHERTYPE_SLOW 0x8809 /* IEEE 802.3 57A.4 */
#define SUBTYPE_LACP   1

#define LACPDU_SUBTYPE 14
#define LACPDU_STATE   32   /* of the actor */
#define LACP_CARRIES   0x38 /* synchronization, collecting, distributing */

static __always_inline int lacpdu_egress(struct __sk_buff *skb, const int side, struct redirect_state *s) {
        struct redirect_lacpdu *l = &s->lacpdu[side];
        __u8 subtype = 0, octet;

        if (bpf_skb_load_bytes(skb, LACPDU_SUBTYPE, &subtype, sizeof(subtype)) < 0 || subtype != SUBTYPE_LACP)
                return PASS;
        l->number++;
        if (bpf_skb_load_bytes(skb, 0, l->frame, sizeof(l->frame)) < 0) {
                l->number--;
                return PASS;
        }
        l->number++;
        if (*(volatile __u32 *) &s->mode & REDIRECT_AGGREGATE_PARTED(side)) {
                octet = l->frame[LACPDU_STATE] & ~LACP_CARRIES;
                bpf_skb_store_bytes(skb, LACPDU_STATE, &octet, sizeof(octet), 0);
        }
        return PASS;
}

static __always_inline int aggregate_egress(struct __sk_buff *skb, const int side) {
        const __u32 zero = 0;
        struct redirect_state *s = bpf_map_lookup_elem(&state, &zero);
        struct redirect_config *c = bpf_map_lookup_elem(&config, &zero);
        struct redirect_counters *n = bpf_map_lookup_elem(&counters, &zero);
        struct frame_head head;
        __u32 mode;

        if (!s || !c || !n)
                return PASS;
        if (bpf_skb_load_bytes(skb, 0, &head, sizeof(head)) < 0)
                return PASS;
        if (head.protocol == bpf_htons(ETHERTYPE_SLOW))
                return lacpdu_egress(skb, side, s);
        if (belongs_to_port(&head))
                return PASS;
        mode = *(volatile __u32 *) &s->mode;
        /* never both, or frames would go round in circles */
        if (mode & REDIRECT_AGGREGATE_DIVERTED(side) && !(mode & REDIRECT_AGGREGATE_DIVERTED(1 - side)))
                return bpf_redirect(c->ifindex[1 - side], 0);
        n->egress[side] += frames_of(skb);
        set_flag(&s->sent[side]);
        return PASS;
}

SEC("tc")
int aggregate_egress_primary(struct __sk_buff *skb) {
        return aggregate_egress(skb, REDIRECT_PRIMARY);
}

SEC("tc")
int aggregate_egress_standby(struct __sk_buff *skb) {
        return aggregate_egress(skb, REDIRECT_STANDBY);
}

static __always_inline int aggregate_ingress(struct __sk_buff *skb, const int side) {
        const __u32 zero = 0;
        struct redirect_state *s = bpf_map_lookup_elem(&state, &zero);
        struct redirect_config *c = bpf_map_lookup_elem(&config, &zero);
        struct redirect_counters *n = bpf_map_lookup_elem(&counters, &zero);
        struct frame_head head;
        int verdict;

        if (!s || !c || !n)
                return PASS;
        if (!is_to_steer(skb, c, side, &head, &verdict))
                return verdict;
        set_flag(&s->received[side]);
        if (head.destination[0] & 1)
                n->ingress_group[side] += frames_of(skb);
        else
                n->ingress_unicast[side] += frames_of(skb);
        return PASS;
}

SEC("tc")
int aggregate_ingress_primary(struct __sk_buff *skb) {
        return aggregate_ingress(skb, REDIRECT_PRIMARY);
}

SEC("tc")
int aggregate_ingress_standby(struct __sk_buff *skb) {
        return aggregate_ingress(skb, REDIRECT_STANDBY);
}
