/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Every signal the program knows, one row each: what it is called in a policy, what kind of value it is, which
 * rule judges it, in which cause group it counts, and where its built-in thresholds come from. A new signal is
 * a new row (and, at most, a new reader in kernel/). */

#include "string-table.h"
#include "time-util.h"

typedef enum Signal {
        /* exposures: never evidence by themselves, they say how much was looked at */
        SIGNAL_RX_PACKETS,
        SIGNAL_TX_PACKETS,
        /* error counters, judged per frame */
        SIGNAL_RX_CRC_ERRORS,
        SIGNAL_RX_FRAME_ERRORS,
        SIGNAL_RX_LENGTH_ERRORS,
        SIGNAL_TX_CARRIER_ERRORS,
        /* congestion: only ever a veto */
        SIGNAL_RX_MISSED,
        SIGNAL_RX_DROPPED,
        SIGNAL_RX_FIFO,
        SIGNAL_TX_DROPPED,
        /* link */
        SIGNAL_CARRIER,         /* level: 0 or 1 */
        SIGNAL_LINK_FLAPS,      /* counter: carrier_down_count */
        SIGNAL_LINK_DOWN_COUNT, /* counter: the PHY's own (ETHTOOL_A_LINKSTATE_EXT_DOWN_CNT) */
        SIGNAL_TX_TIMEOUT,      /* counter, summed over the queues */
        SIGNAL_TX_STALL,        /* counter: seconds in which a transmit queue stood still */
        /* PCI Express, the adapter's own and those of the port above it */
        SIGNAL_PCIE_CORRECTABLE, /* counter: AER, TOTAL_ERR_COR */
        SIGNAL_PCIE_NONFATAL,    /* counter: AER, TOTAL_ERR_NONFATAL */
        SIGNAL_PCIE_FATAL,       /* counter: AER, TOTAL_ERR_FATAL */
        /* reachability, from the prober: both are counted per direction so that exposure is exact */
        SIGNAL_PROBE_RX_SENT, /* probes that should have reached this adapter */
        SIGNAL_PROBE_RX_LOST,
        SIGNAL_PROBE_TX_SENT, /* probes this adapter sent that should have reached the other side */
        SIGNAL_PROBE_TX_LOST,
        /* module and physical layer */
        SIGNAL_RX_POWER,           /* dBm */
        SIGNAL_TX_POWER,           /* dBm */
        SIGNAL_TX_BIAS,            /* mA */
        SIGNAL_MODULE_TEMPERATURE, /* degrees Celsius */
        SIGNAL_RX_POWER_DROP,      /* dB below the lane's own mean of the last day */
        SIGNAL_TX_BIAS_RISE,       /* fraction: above the lane's own first day, no warmer than then */
        SIGNAL_MODULE_UNREADABLE,  /* level: how many readings in a row failed of one that could be read */
        SIGNAL_PRE_FEC_BER,        /* ratio */
        SIGNAL_FEC_UNCORRECTABLE,  /* counter: blocks */
        SIGNAL_SYMBOL_ERRORS,      /* counter: frames with a symbol the PHY could not decode */
        SIGNAL_MAC_FCS_ERRORS,     /* counter: as the MAC itself counts them */
        SIGNAL_MAC_TX_ERRORS,      /* counter: frames lost inside the MAC */
        SIGNAL_RX_FRAGMENTS,       /* counter: RMON fragments and jabbers */
        SIGNAL_RX_OVERRUNS,        /* counter: as drivers tell it per queue; congestion, only ever a veto */
        SIGNAL_RX_CHECKSUM_ERRORS, /* counter: frames whose CRC is right and whose IP or TCP checksum is not */
        SIGNAL_TX_QUEUE_ERRORS,    /* counter: frames the adapter dropped as invalid */
        SIGNAL_SIGNAL_QUALITY,     /* level: share of the best that the PHY can tell */
        SIGNAL_RX_PAUSE,           /* counter: pause frames; congestion, only ever a veto */
        SIGNAL_TX_PAUSE,
        /* firmware, from devlink's health reporters */
        SIGNAL_DEVLINK_HEALTH, /* counter: errors of all reporters but those of the next */
        SIGNAL_DEVLINK_FATAL,  /* counter: errors that the device does not survive */
        /* the adapter itself */
        SIGNAL_PCIE_LINK_WIDTH,     /* fraction: lanes in use, of the most that were seen in use */
        SIGNAL_PCIE_LINK_SPEED,     /* fraction: transfers per second, likewise */
        SIGNAL_ADAPTER_TEMPERATURE, /* degrees Celsius */
        /* what only the driver itself tells, under names of its own; all of them counters */
        SIGNAL_PCS_ERRORS,        /* symbols the physical coding sublayer could not decode */
        SIGNAL_MAC_LOCAL_FAULTS,  /* the MAC lost what it receives */
        SIGNAL_MAC_REMOTE_FAULTS, /* the other end says so of what it receives */
        SIGNAL_PCIE_RECOVERIES,   /* of the PCIe link, from errors of its signal */
        SIGNAL_MODULE_ERRORS,     /* short circuits in a module, or of its bus */
        SIGNAL_MODULE_OVERHEATS,
        SIGNAL_MEMORY_ERRORS,    /* of the adapter's own memory, not corrected */
        SIGNAL_MEMORY_CORRECTED, /* corrected */
        SIGNAL_DEVICE_FAULTS,    /* the driver found the device stuck */

        SIGNAL_NEIGHBOUR_FAILURES, /* counter: times that several neighbours were lost at once */
        SIGNAL_FEC_NEAR_LIMIT,     /* counter: codewords that FEC could just correct */
        _SIGNAL_MAX,
        _SIGNAL_INVALID = -EINVAL,
} Signal;

typedef enum SignalKind {
        SIGNAL_COUNTER, /* monotonic uint64, may reset or wrap */
        SIGNAL_LEVEL,   /* double */
        _SIGNAL_KIND_MAX,
        _SIGNAL_KIND_INVALID = -EINVAL,
} SignalKind;

typedef enum SignalUnit {
        SIGNAL_UNIT_NONE,
        SIGNAL_UNIT_PER_FRAME, /* threshold is an acceptable share of frames: 1e-8, or 0.1% */
        SIGNAL_UNIT_RATIO,     /* 1e-5 */
        SIGNAL_UNIT_FRACTION,  /* of what there once was: 90% */
        SIGNAL_UNIT_PER_TIME,  /* N/10min */
        SIGNAL_UNIT_DBM,
        SIGNAL_UNIT_DB,
        SIGNAL_UNIT_CELSIUS,
        SIGNAL_UNIT_MILLIAMPERE,
        _SIGNAL_UNIT_MAX,
        _SIGNAL_UNIT_INVALID = -EINVAL,
} SignalUnit;

/* The cause groups of research: within one the worst signal counts, across groups hazards add up. */
typedef enum CauseGroup {
        CAUSE_NONE,
        CAUSE_SIGNAL_INTEGRITY,
        CAUSE_OPTICS,
        CAUSE_THERMAL,
        CAUSE_PCIE,
        CAUSE_FIRMWARE_QUEUE,
        CAUSE_REACHABILITY,
        CAUSE_LINK,
        _CAUSE_GROUP_MAX,
        _CAUSE_GROUP_INVALID = -EINVAL,
} CauseGroup;

typedef enum Rule {
        RULE_NONE,    /* exposure or veto only */
        RULE_RATE,    /* clipped Poisson CUSUM on errors per frame */
        RULE_LEVEL,   /* 3 samples in a row beyond a threshold, 10 % hysteresis */
        RULE_TREND,   /* time until a level reaches its threshold */
        RULE_FLAP,    /* events per time with a decaying penalty */
        RULE_COUNT,   /* any increment counts */
        RULE_PROBE,   /* loss of probes, per direction */
        RULE_CARRIER, /* the link is down */
        _RULE_MAX,
        _RULE_INVALID = -EINVAL,
} Rule;

DECLARE_STRING_TABLE(signal, Signal);
DECLARE_STRING_TABLE(signal_unit, SignalUnit);
DECLARE_STRING_TABLE(cause_group, CauseGroup);
DECLARE_STRING_TABLE(rule, Rule);

/* A threshold as the operator writes it. For RULE_RATE value is the acceptable share p0 (the detector tests it
 * against 100 * p0); for SIGNAL_UNIT_PER_TIME value events within `per`; otherwise the level itself. */
typedef struct SignalThreshold {
        double value;
        usec_t per;
        bool set;
} SignalThreshold;

/* What a policy says of a signal: only what differs from the built-in row. */
typedef struct SignalPolicy {
        bool ignore;
        SignalThreshold warn, alarm;
} SignalPolicy;

typedef struct SignalInfo {
        SignalKind kind;
        SignalUnit unit;
        Rule rule;
        Signal exposure; /* for RULE_RATE and RULE_PROBE: which counter says how much was looked at */
        CauseGroup group;
        bool below; /* a level is bad below its threshold (rx-power), not above */
        bool trend; /* RULE_LEVEL rows whose time to threshold is also watched */
        bool usual; /* RULE_COUNT rows of which some is usual on some machines: see count-detector.h */
        SignalThreshold warn, alarm;
        const char *advice; /* what a person should check, for `primectl explain` */
        const char *source; /* where the thresholds come from */
} SignalInfo;

/* The row of a signal; never NULL for a valid one. */
const SignalInfo *signal_info(Signal s);

/* Whether a policy may name it (exposures, vetoes and the carrier itself may not be). */
bool signal_is_configurable(Signal s);
