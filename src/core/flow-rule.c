/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "flow-rule.h"

AdapterValue flow_rule_value(const FlowRule *r) {
        FlowRule plain = *r;

        plain.spec.location = 0;
        plain.zero = 0;
        return adapter_value_bytes(&plain, sizeof(plain));
}

bool flow_rule_parse(const AdapterValue *v, FlowRule *ret) {
        if (!v->set || v->absent || v->size != sizeof(*ret))
                return false;
        memcpy(ret, adapter_value_data(v), sizeof(*ret));
        return true;
}

unsigned flow_rule_place(const FlowRule *r) {
        AdapterValue v = flow_rule_value(r);
        uint32_t hash = 2166136261U; /* FNV-1a */

        for (unsigned i = 0; i < v.size; i++)
                hash = (hash ^ adapter_value_data(&v)[i]) * 16777619U;
        return FLOW_RULE_ANYWHERE | hash;
}

FlowAction flow_rule_action(const FlowRule *r) {
        if (r->spec.ring_cookie == RX_CLS_FLOW_DISC)
                return FLOW_DROP;
        if (r->spec.ring_cookie == RX_CLS_FLOW_WAKE)
                return FLOW_WAKE;
        return r->spec.ring_cookie >> 32 ? FLOW_FUNCTION : FLOW_QUEUE;
}

unsigned flow_rule_queue(const FlowRule *r) {
        return (unsigned) (r->spec.ring_cookie & ETHTOOL_RX_FLOW_SPEC_RING);
}

void flow_rule_set_queue(FlowRule *r, unsigned queue) {
        r->spec.ring_cookie = queue;
}

typedef enum FieldKind {
        FIELD_NUMBER, /* in network byte order */
        FIELD_HEX,
        FIELD_ADDRESS,
} FieldKind;

typedef struct Field {
        const char *name;
        FieldKind kind;
        size_t offset, size; /* in union ethtool_flow_union */
} Field;

#define FIELD(n, k, s, f)                                                                                      \
        { n, k, offsetof(struct s, f), sizeof(((struct s *) 0)->f) }

static const Field tcp4_fields[] = {
        FIELD("src-ip", FIELD_ADDRESS, ethtool_tcpip4_spec, ip4src),
        FIELD("dst-ip", FIELD_ADDRESS, ethtool_tcpip4_spec, ip4dst),
        FIELD("tos", FIELD_NUMBER, ethtool_tcpip4_spec, tos),
        FIELD("src-port", FIELD_NUMBER, ethtool_tcpip4_spec, psrc),
        FIELD("dst-port", FIELD_NUMBER, ethtool_tcpip4_spec, pdst),
        {},
};
static const Field ah4_fields[] = {
        FIELD("src-ip", FIELD_ADDRESS, ethtool_ah_espip4_spec, ip4src),
        FIELD("dst-ip", FIELD_ADDRESS, ethtool_ah_espip4_spec, ip4dst),
        FIELD("tos", FIELD_NUMBER, ethtool_ah_espip4_spec, tos),
        FIELD("spi", FIELD_NUMBER, ethtool_ah_espip4_spec, spi),
        {},
};
static const Field ip4_fields[] = {
        FIELD("src-ip", FIELD_ADDRESS, ethtool_usrip4_spec, ip4src),
        FIELD("dst-ip", FIELD_ADDRESS, ethtool_usrip4_spec, ip4dst),
        FIELD("tos", FIELD_NUMBER, ethtool_usrip4_spec, tos),
        FIELD("l4proto", FIELD_NUMBER, ethtool_usrip4_spec, proto),
        FIELD("l4data", FIELD_HEX, ethtool_usrip4_spec, l4_4_bytes),
        {},
};
static const Field tcp6_fields[] = {
        FIELD("src-ip", FIELD_ADDRESS, ethtool_tcpip6_spec, ip6src),
        FIELD("dst-ip", FIELD_ADDRESS, ethtool_tcpip6_spec, ip6dst),
        FIELD("tclass", FIELD_NUMBER, ethtool_tcpip6_spec, tclass),
        FIELD("src-port", FIELD_NUMBER, ethtool_tcpip6_spec, psrc),
        FIELD("dst-port", FIELD_NUMBER, ethtool_tcpip6_spec, pdst),
        {},
};
static const Field ah6_fields[] = {
        FIELD("src-ip", FIELD_ADDRESS, ethtool_ah_espip6_spec, ip6src),
        FIELD("dst-ip", FIELD_ADDRESS, ethtool_ah_espip6_spec, ip6dst),
        FIELD("tclass", FIELD_NUMBER, ethtool_ah_espip6_spec, tclass),
        FIELD("spi", FIELD_NUMBER, ethtool_ah_espip6_spec, spi),
        {},
};
static const Field ip6_fields[] = {
        FIELD("src-ip", FIELD_ADDRESS, ethtool_usrip6_spec, ip6src),
        FIELD("dst-ip", FIELD_ADDRESS, ethtool_usrip6_spec, ip6dst),
        FIELD("tclass", FIELD_NUMBER, ethtool_usrip6_spec, tclass),
        FIELD("l4proto", FIELD_NUMBER, ethtool_usrip6_spec, l4_proto),
        FIELD("l4data", FIELD_HEX, ethtool_usrip6_spec, l4_4_bytes),
        {},
};
static const Field ether_fields[] = {
        FIELD("dst", FIELD_HEX, ethhdr, h_dest),
        FIELD("src", FIELD_HEX, ethhdr, h_source),
        FIELD("proto", FIELD_HEX, ethhdr, h_proto),
        {},
};

static const struct {
        uint32_t type;
        const char *name;
        const Field *fields;
} flow_types[] = {
        { TCP_V4_FLOW, "tcp4", tcp4_fields },
        { UDP_V4_FLOW, "udp4", tcp4_fields },
        { SCTP_V4_FLOW, "sctp4", tcp4_fields },
        { AH_V4_FLOW, "ah4", ah4_fields },
        { ESP_V4_FLOW, "esp4", ah4_fields },
        { IPV4_USER_FLOW, "ip4", ip4_fields },
        { TCP_V6_FLOW, "tcp6", tcp6_fields },
        { UDP_V6_FLOW, "udp6", tcp6_fields },
        { SCTP_V6_FLOW, "sctp6", tcp6_fields },
        { AH_V6_FLOW, "ah6", ah6_fields },
        { ESP_V6_FLOW, "esp6", ah6_fields },
        { IPV6_USER_FLOW, "ip6", ip6_fields },
        { ETHER_FLOW, "ether", ether_fields },
};

typedef struct Text {
        char *buffer;
        size_t used;
} Text;

static void text_add(Text *t, const char *format, ...) _printf_(2, 3);
static void text_add(Text *t, const char *format, ...) {
        size_t left = ADAPTER_VALUE_TEXT_MAX - t->used;
        va_list ap;
        int n;

        va_start(ap, format);
        n = vsnprintf(t->buffer + t->used, left, format, ap);
        va_end(ap);
        t->used += MIN((size_t) MAX(n, 0), left - 1);
}

static void text_bytes(Text *t, FieldKind kind, const uint8_t *bytes, size_t size) {
        char address[INET6_ADDRSTRLEN];
        uint64_t n = 0;

        if (kind == FIELD_ADDRESS &&
                        inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, address, sizeof(address))) {
                text_add(t, "%s", address);
                return;
        }
        for (size_t i = 0; i < size; i++)
                if (kind == FIELD_HEX)
                        text_add(t, "%02x", bytes[i]);
                else
                        n = n << 8 | bytes[i];
        if (kind != FIELD_HEX)
                text_add(t, "%" PRIu64, n);
}

/* A field that the rule compares; which of its bits, where not all. */
static void text_field(
                Text *t, const char *name, FieldKind kind, const void *value, const void *mask, size_t size) {
        const uint8_t *bits = mask;
        bool any = false, all = true;

        for (size_t i = 0; i < size; i++) {
                any = any || bits[i] != 0;
                all = all && bits[i] == 0xff;
        }
        if (!any)
                return;
        text_add(t, " %s ", name);
        text_bytes(t, kind, value, size);
        if (!all) {
                text_add(t, "/");
                text_bytes(t, FIELD_HEX, mask, size);
        }
}

static void text_extension(Text *t, const struct ethtool_rx_flow_spec *s) {
        if (s->flow_type & FLOW_EXT) {
                text_field(t, "vlan-etype", FIELD_HEX, &s->h_ext.vlan_etype, &s->m_ext.vlan_etype, 2);
                text_field(t, "vlan", FIELD_NUMBER, &s->h_ext.vlan_tci, &s->m_ext.vlan_tci, 2);
                text_field(t, "user-def", FIELD_HEX, s->h_ext.data, s->m_ext.data, sizeof(s->h_ext.data));
        }
        if (s->flow_type & FLOW_MAC_EXT)
                text_field(t, "dst-mac", FIELD_HEX, s->h_ext.h_dest, s->m_ext.h_dest, sizeof(s->h_ext.h_dest));
}

static void text_action(Text *t, const FlowRule *r) {
        switch (flow_rule_action(r)) {
        case FLOW_DROP:
                text_add(t, " drop");
                break;
        case FLOW_WAKE:
                text_add(t, " wake");
                break;
        case FLOW_QUEUE:
                text_add(t, " queue %u", flow_rule_queue(r));
                break;
        case FLOW_FUNCTION:
                text_add(t, " action %#" PRIx64, (uint64_t) r->spec.ring_cookie);
                break;
        }
        if (r->spec.flow_type & FLOW_RSS)
                text_add(t, " context %u", r->context);
}

void flow_fields_format(char buffer[static ADAPTER_VALUE_TEXT_MAX], const AdapterValue *v) {
        static const struct {
                uint64_t bit;
                char letter;
        } letters[] = {
                { RXH_L2DA, 'm' },
                { RXH_VLAN, 'v' },
                { RXH_L3_PROTO, 't' },
                { RXH_IP_SRC, 's' },
                { RXH_IP_DST, 'd' },
                { RXH_L4_B_0_1, 'f' },
                { RXH_L4_B_2_3, 'n' },
                { (uint32_t) RXH_DISCARD, 'r' },
        };
        uint64_t left = v->word[0];
        Text t = { .buffer = buffer };

        buffer[0] = 0;
        for (size_t i = 0; i < ELEMENTSOF(letters); i++)
                if (left & letters[i].bit) {
                        text_add(&t, "%c", letters[i].letter);
                        left &= ~letters[i].bit;
                }
        if (left || !buffer[0])
                text_add(&t, "%s%#" PRIx64, buffer[0] ? "+" : "", left);
}

void flow_rule_format(char buffer[static ADAPTER_VALUE_TEXT_MAX], const AdapterValue *v) {
        Text t = { .buffer = buffer };
        const Field *fields = NULL;
        uint32_t type;
        FlowRule r;

        buffer[0] = 0;
        if (!flow_rule_parse(v, &r)) {
                text_add(&t, "?");
                return;
        }
        type = r.spec.flow_type & ~(uint32_t) (FLOW_EXT | FLOW_MAC_EXT | FLOW_RSS);
        for (size_t i = 0; i < ELEMENTSOF(flow_types) && !fields; i++)
                if (flow_types[i].type == type) {
                        text_add(&t, "%s", flow_types[i].name);
                        fields = flow_types[i].fields;
                }
        if (!fields)
                text_add(&t, "type %" PRIu32, type);
        for (; fields && fields->name; fields++)
                text_field(&t, fields->name, fields->kind, (uint8_t *) &r.spec.h_u + fields->offset,
                                (uint8_t *) &r.spec.m_u + fields->offset, fields->size);
        text_extension(&t, &r.spec);
        text_action(&t, &r);
}
