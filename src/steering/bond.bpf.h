/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/* The programs of the bond backend, on the bond's ports; included by redirect.bpf.c, whose maps, ledger and
 * counters they share. Frames that pass go to the bond, which takes them from its active port, or from all when
 * it is open (all_slaves_active). Unless the pair is being moved or split the programs let everything pass and
 * the bond decides. */

/* What was accepted goes up. In a takeover the bond does not know yet that the port it considers active is
 * dead: it gets a second copy as if from there, and takes exactly one of the two (bond-course.h). */
static __always_inline int bond_deliver(
                struct __sk_buff *skb, int side, __u32 mode, const struct redirect_config *c) {
        const int serving = mode & REDIRECT_EGRESS_STANDBY ? REDIRECT_STANDBY : REDIRECT_PRIMARY;

        if (mode & REDIRECT_BOND_HANDOVER && side == serving) {
                skb->mark = MARK_HANDED;
                bpf_clone_redirect(skb, c->ifindex[1 - side], BPF_F_INGRESS);
                skb->mark = 0;
        }
        return PASS;
}

static __always_inline int bond_ingress(struct __sk_buff *skb, const int side) {
        const __u32 zero = 0;
        struct redirect_state *s = bpf_map_lookup_elem(&state, &zero);
        struct redirect_config *c = bpf_map_lookup_elem(&config, &zero);
        struct redirect_counters *n = bpf_map_lookup_elem(&counters, &zero);
        struct frame_head head;
        bool accepts, steered;
        __u32 mode, kind;
        int verdict;

        if (!s || !c || !n)
                return PASS;
        if (skb->mark == MARK_HANDED) {
                skb->mark = 0;
                return PASS;
        }
        if (!is_to_steer(skb, c, side, &head, &verdict))
                return verdict;
        set_flag(&s->received[side]);
        mode = *(volatile __u32 *) &s->mode;
        steered = mode & (REDIRECT_BOND_STEERED | REDIRECT_BOND_TAKEOVER);

        if (steered && mode & REDIRECT_DROP_OWN && address_kind(head.source) & REDIRECT_ADDRESS_OURS)
                goto discard;

        if (head.destination[0] & 1) {
                accepts = mode & REDIRECT_ACCEPT_GROUP(side);
                if (steered && mode & REDIRECT_LEDGER)
                        accepts = ledger_deliver(fingerprint(skb, c->seed), side, accepts);
                if (!accepts)
                        goto discard;
                n->ingress_group[side] += frames_of(skb);
                return bond_deliver(skb, side, mode, c);
        }

        kind = address_kind(head.destination);
        accepts = mode & REDIRECT_ACCEPT_UNICAST(side);
        if (kind & REDIRECT_ADDRESS_IDENTITY) {
                if (accepts) {
                        n->ingress_unicast[side] += frames_of(skb);
                        /* With fail_over_mac the port has another address, and the kernel takes the frame for
                         * somebody else's. */
                        if (skb->pkt_type == PACKET_OTHERHOST)
                                bpf_skb_change_type(skb, PACKET_HOST);
                        return bond_deliver(skb, side, mode, c);
                }
                if (steered)
                        n->ingress_stray[side] += frames_of(skb);
        } else if (accepts) /* others' frames, for a bridge on the bond */
                return bond_deliver(skb, side, mode, c);
discard:
        if (!steered)
                return PASS;
        n->ingress_discarded[side] += frames_of(skb);
        return DROP;
}

SEC("tc")
int bond_ingress_primary(struct __sk_buff *skb) {
        return bond_ingress(skb, REDIRECT_PRIMARY);
}

SEC("tc")
int bond_ingress_standby(struct __sk_buff *skb) {
        return bond_ingress(skb, REDIRECT_STANDBY);
}

/* A port that is not of the pair: heard no more than if the bond were not open. */
SEC("tc")
int bond_ingress_other(struct __sk_buff *skb) {
        const __u32 zero = 0;
        struct redirect_state *s = bpf_map_lookup_elem(&state, &zero);
        struct frame_head head;

        if (!s || bpf_skb_load_bytes(skb, 0, &head, sizeof(head)) < 0 || belongs_to_port(&head))
                return PASS;
        return *(volatile __u32 *) &s->mode & REDIRECT_BOND_STEERED ? DROP : PASS;
}

/* Whatever leaves by the port that is not the ingress side's must not teach the network that somebody is there:
 * the port's station stands for every source, also those of a bridge's guests. */
static __always_inline int bond_egress(struct __sk_buff *skb, const int side) {
        const __u32 zero = 0;
        struct redirect_state *s = bpf_map_lookup_elem(&state, &zero);
        struct redirect_config *c = bpf_map_lookup_elem(&config, &zero);
        struct redirect_counters *n = bpf_map_lookup_elem(&counters, &zero);
        int ingress_side, egress_side;
        struct frame_head head;
        __u32 mode;

        if (!s || !c || !n)
                return PASS;
        if (bpf_skb_load_bytes(skb, 0, &head, sizeof(head)) < 0 || belongs_to_port(&head))
                return PASS;
        mode = *(volatile __u32 *) &s->mode;
        ingress_side = mode & REDIRECT_INGRESS_STANDBY ? REDIRECT_STANDBY : REDIRECT_PRIMARY;
        egress_side = mode & REDIRECT_EGRESS_STANDBY ? REDIRECT_STANDBY : REDIRECT_PRIMARY;
        if (mode & REDIRECT_BOND_TAKEOVER && side != egress_side)
                return bpf_redirect(c->ifindex[egress_side], 0);
        n->egress[side] += frames_of(skb);
        set_flag(&s->sent[side]);
        if (mode & REDIRECT_BOND_STEERED && side != ingress_side &&
                        !(address_kind(head.source) & REDIRECT_ADDRESS_STATION(side)))
                bpf_skb_store_bytes(skb, offsetof(struct frame_head, source), c->station[side], 6, 0);
        return PASS;
}

SEC("tc")
int bond_egress_primary(struct __sk_buff *skb) {
        return bond_egress(skb, REDIRECT_PRIMARY);
}

SEC("tc")
int bond_egress_standby(struct __sk_buff *skb) {
        return bond_egress(skb, REDIRECT_STANDBY);
}
