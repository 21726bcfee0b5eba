/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of signals. Everything the predictor, the policy parser and `primectl explain` know of a signal is
 * its row here. */

#include "health-signal.h"

#define THRESHOLD(v)                                                                                           \
        { .value = (v), .set = true }
#define THRESHOLD_PER_TIME(n, t)                                                                               \
        { .value = (n), .per = (t), .set = true }

/* p0 of the two instances of the CUSUM, see rate-detector.h: 1e-8 is what a link at the bit error rate that
 * IEEE 802.3 allows (1e-12) loses of full-size frames; 1e-4 (100 * the alarm's p0) is where CorrOpt (SIGCOMM
 * 2017) sees applications suffer. */
#define FRAME_ERROR_THRESHOLDS                                                                                 \
        .unit = SIGNAL_UNIT_PER_FRAME, .rule = RULE_RATE, .group = CAUSE_SIGNAL_INTEGRITY,                     \
        .warn = THRESHOLD(1e-8), .alarm = THRESHOLD(1e-6),                                                     \
        .source = "IEEE 802.3 bit error rate 1e-12; CorrOpt, SIGCOMM 2017"

/* Levels of a module, and the temperature of an adapter, have no built-in thresholds, since they differ from
 * one to the other: they come from the module or the sensor itself, or from the policy. What the policy says is
 * taken at its word. A module's own alarm threshold of power or bias is only an alarm together with errors seen
 * (signal integrity or reachability), or when the time until it is reached is short: many links run for years a
 * little beyond their data sheet. */
static const SignalInfo signals[_SIGNAL_MAX] = {
        [SIGNAL_RX_PACKETS] = {
                .kind = SIGNAL_COUNTER,
                .advice = "nothing: this only says how much was received",
                .source = "IFLA_STATS_LINK_64",
        },
        [SIGNAL_TX_PACKETS] = {
                .kind = SIGNAL_COUNTER,
                .advice = "nothing: this only says how much was sent",
                .source = "IFLA_STATS_LINK_64",
        },
        [SIGNAL_RX_CRC_ERRORS] = {
                FRAME_ERROR_THRESHOLDS,
                .kind = SIGNAL_COUNTER,
                .exposure = SIGNAL_RX_PACKETS,
                .advice = "clean or replace the cable and its connectors, then the transceivers at both ends",
        },
        [SIGNAL_RX_FRAME_ERRORS] = {
                FRAME_ERROR_THRESHOLDS,
                .kind = SIGNAL_COUNTER,
                .exposure = SIGNAL_RX_PACKETS,
                .advice = "clean or replace the cable and its connectors; check duplex and FEC at both ends",
        },
        [SIGNAL_RX_LENGTH_ERRORS] = {
                FRAME_ERROR_THRESHOLDS,
                .kind = SIGNAL_COUNTER,
                .exposure = SIGNAL_RX_PACKETS,
                .advice = "check that the MTU is the same at both ends, then the cable and the switch port",
        },
        [SIGNAL_TX_CARRIER_ERRORS] = {
                FRAME_ERROR_THRESHOLDS,
                .kind = SIGNAL_COUNTER,
                .exposure = SIGNAL_TX_PACKETS,
                .advice = "check duplex at both ends, then the cable and the adapter's port",
        },
        [SIGNAL_RX_MISSED] = {
                .kind = SIGNAL_COUNTER,
                .advice = "congestion, not a fault: larger rings or more channels",
                .source = "CorrOpt, SIGCOMM 2017: congestion is no sign of failure",
        },
        [SIGNAL_RX_DROPPED] = {
                .kind = SIGNAL_COUNTER,
                .advice = "congestion or unwanted frames, not a fault",
                .source = "CorrOpt, SIGCOMM 2017: congestion is no sign of failure",
        },
        [SIGNAL_RX_FIFO] = {
                .kind = SIGNAL_COUNTER,
                .advice = "congestion, not a fault: larger rings, or a faster PCIe slot",
                .source = "CorrOpt, SIGCOMM 2017: congestion is no sign of failure",
        },
        [SIGNAL_TX_DROPPED] = {
                .kind = SIGNAL_COUNTER,
                .advice = "congestion, not a fault: a longer transmit queue",
                .source = "CorrOpt, SIGCOMM 2017: congestion is no sign of failure",
        },
        [SIGNAL_CARRIER] = {
                .kind = SIGNAL_LEVEL,
                .rule = RULE_CARRIER,
                .group = CAUSE_LINK,
                .below = true,
                .alarm = THRESHOLD(1),
                .advice = "check the cable, the transceivers and whether the switch port is up",
                .source = "IFLA_CARRIER",
        },
        /* The alarm's 3 within 10 min is the same as a penalty of 2500 where one flap is 1000 and half of it is
         * forgotten in 30 min. */
        [SIGNAL_LINK_FLAPS] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_FLAP,
                .group = CAUSE_LINK,
                .warn = THRESHOLD_PER_TIME(1, 10 * USEC_PER_MINUTE),
                .alarm = THRESHOLD_PER_TIME(3, 10 * USEC_PER_MINUTE),
                .advice = "reseat the cable and transceivers; look at the switch's log for the same times",
                .source = "RFC 2439 damping, scaled to links; judgement",
        },
        [SIGNAL_LINK_DOWN_COUNT] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_FLAP,
                .group = CAUSE_LINK,
                .warn = THRESHOLD_PER_TIME(1, 10 * USEC_PER_MINUTE),
                .alarm = THRESHOLD_PER_TIME(3, 10 * USEC_PER_MINUTE),
                .advice = "the adapter's PHY lost the link by itself: reseat the cable and transceivers",
                .source = "RFC 2439 damping, scaled to links; judgement",
        },
        [SIGNAL_TX_TIMEOUT] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_FIRMWARE_QUEUE,
                .alarm = THRESHOLD_PER_TIME(1, 10 * USEC_PER_MINUTE),
                .advice = "a transmit queue hung: read the kernel log, update driver and firmware",
                .source = "the kernel's transmit watchdog, net/sched/sch_generic.c dev_watchdog()",
        },
        /* The watchdog fires after 5 s (dev->watchdog_timeo, 5 * HZ unless the driver says otherwise): the third
         * second of a stall comes before that. */
        [SIGNAL_TX_STALL] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_FIRMWARE_QUEUE,
                .warn = THRESHOLD_PER_TIME(1, 60 * USEC_PER_SEC),
                .alarm = THRESHOLD_PER_TIME(3, 60 * USEC_PER_SEC),
                .advice = "a transmit queue stands still: look for pause frames, then update driver and firmware",
                .source = "byte queue limits (lib/dynamic_queue_limits.c), ahead of dev_watchdog(); judgement",
        },
        /* Corrected errors cost a retransmission, no data; some slots have them all their life
         * (endlessm/linux issue 548), and no maker publishes a limit. So what is usual there is no evidence,
         * and what is not primes the spare, no more. */
        [SIGNAL_PCIE_CORRECTABLE] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_PCIE,
                .usual = true,
                .warn = THRESHOLD_PER_TIME(60, USEC_PER_HOUR),
                .advice = "reseat the card, or try another slot; check the riser and the firmware of the board",
                .source = "PCI Express Base Specification, advanced error reporting; judgement",
        },
        [SIGNAL_PCIE_NONFATAL] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_PCIE,
                .warn = THRESHOLD_PER_TIME(1, USEC_PER_HOUR),
                .advice = "a PCIe transaction was lost: reseat the card, read the kernel log for AER",
                .source = "PCI Express Base Specification: uncorrectable, the link itself is reliable",
        },
        [SIGNAL_PCIE_FATAL] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_PCIE,
                .alarm = THRESHOLD_PER_TIME(1, USEC_PER_HOUR),
                .advice = "the PCIe link is no longer reliable: replace the card, then try another slot",
                .source = "PCI Express Base Specification: uncorrectable, the link is no longer reliable",
        },
        [SIGNAL_PROBE_RX_SENT] = {
                .kind = SIGNAL_COUNTER,
                .advice = "nothing: this only says how many probes were looked for",
                .source = "the prober",
        },
        /* One entry `probe-loss` of a policy is for both directions. A threshold is the share of probes whose
         * loss must be found (p1 of probe-detector.h); a tenth of it is acceptable (p0). */
        [SIGNAL_PROBE_RX_LOST] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_FRAME,
                .rule = RULE_PROBE,
                .exposure = SIGNAL_PROBE_RX_SENT,
                .group = CAUSE_REACHABILITY,
                .warn = THRESHOLD(1e-3),
                .alarm = THRESHOLD(1e-2),
                .advice = "link up, but frames to this adapter vanish: check the switch port and its VLANs",
                .source = "Gray failure, HotOS 2017",
        },
        [SIGNAL_PROBE_TX_SENT] = {
                .kind = SIGNAL_COUNTER,
                .advice = "nothing: this only says how many probes were sent",
                .source = "the prober",
        },
        [SIGNAL_PROBE_TX_LOST] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_FRAME,
                .rule = RULE_PROBE,
                .exposure = SIGNAL_PROBE_TX_SENT,
                .group = CAUSE_REACHABILITY,
                .warn = THRESHOLD(1e-3),
                .alarm = THRESHOLD(1e-2),
                .advice = "link up, but frames from this adapter vanish: check adapter, cable, switch port",
                .source = "Gray failure, HotOS 2017",
        },
        [SIGNAL_RX_POWER] = {
                .kind = SIGNAL_LEVEL,
                .unit = SIGNAL_UNIT_DBM,
                .rule = RULE_LEVEL,
                .group = CAUSE_OPTICS,
                .below = true,
                .trend = true,
                .advice = "too little light: clean the connectors, look for a bent fibre or a weak far end",
                .source = "the module's own thresholds (SFF-8472, SFF-8636, CMIS) or the policy",
        },
        [SIGNAL_TX_POWER] = {
                .kind = SIGNAL_LEVEL,
                .unit = SIGNAL_UNIT_DBM,
                .rule = RULE_LEVEL,
                .group = CAUSE_OPTICS,
                .below = true,
                .trend = true,
                .advice = "the laser is fading: replace the transceiver",
                .source = "the module's own thresholds (SFF-8472, SFF-8636, CMIS) or the policy",
        },
        [SIGNAL_TX_BIAS] = {
                .kind = SIGNAL_LEVEL,
                .unit = SIGNAL_UNIT_MILLIAMPERE,
                .rule = RULE_LEVEL,
                .group = CAUSE_OPTICS,
                .trend = true,
                .advice = "the laser needs ever more current, which is how it ages: replace the transceiver",
                .source = "the module's own thresholds or the policy; laser ageing, OCP 2018",
        },
        [SIGNAL_MODULE_TEMPERATURE] = {
                .kind = SIGNAL_LEVEL,
                .unit = SIGNAL_UNIT_CELSIUS,
                .rule = RULE_LEVEL,
                .group = CAUSE_THERMAL,
                .trend = true,
                .advice = "check the fans, the air flow and the temperature of the room",
                .source = "the module's own thresholds (SFF-8472, SFF-8636, CMIS) or the policy",
        },
        /* What every lane has against its own past, not against its neighbours: in wavelength-multiplexed optics
         * those differ by more than 2 dB when new (100GBASE-LR4 allows 5.5 dB, IEEE 802.3 clause 88). */
        [SIGNAL_RX_POWER_DROP] = {
                .kind = SIGNAL_LEVEL,
                .unit = SIGNAL_UNIT_DB,
                .rule = RULE_LEVEL,
                .group = CAUSE_OPTICS,
                .warn = THRESHOLD(2),
                .advice = "much less light than yesterday: look for a connector that was touched, dirt, a bent fibre",
                .source = "NVIDIA cable validation: 2 dB; judgement",
        },
        [SIGNAL_TX_BIAS_RISE] = {
                .kind = SIGNAL_LEVEL,
                .unit = SIGNAL_UNIT_FRACTION,
                .rule = RULE_LEVEL,
                .group = CAUSE_OPTICS,
                .warn = THRESHOLD(0.2),
                .advice = "the laser takes more current than it did, which is how it ages: have a transceiver ready",
                .source = "laser ageing, OCP 2018; a fifth: judgement",
        },
        /* 3 readings in a row, as all levels: the threshold lies between none and one failed. */
        [SIGNAL_MODULE_UNREADABLE] = {
                .kind = SIGNAL_LEVEL,
                .rule = RULE_LEVEL,
                .group = CAUSE_OPTICS,
                .warn = THRESHOLD(0.5),
                .advice = "the module does not answer any more: reseat it, then replace it",
                .source = "NVIDIA cable validation: an unreadable EEPROM is its first check; judgement",
        },
        /* RS(544,514) loses a codeword in 1e18 at 1e-4 and one in 1e12 at 2.4e-4: behind that is a cliff. */
        [SIGNAL_PRE_FEC_BER] = {
                .kind = SIGNAL_LEVEL,
                .unit = SIGNAL_UNIT_RATIO,
                .rule = RULE_LEVEL,
                .group = CAUSE_SIGNAL_INTEGRITY,
                .trend = true,
                .warn = THRESHOLD(1e-5),
                .alarm = THRESHOLD(1e-4),
                .advice = "error correction nears its limit: clean or replace cable, then transceivers",
                .source = "IEEE 802.3 clause 91, RS(544,514) has its cliff at 2.4e-4",
        },
        [SIGNAL_FEC_UNCORRECTABLE] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_SIGNAL_INTEGRITY,
                .warn = THRESHOLD_PER_TIME(3, 60 * USEC_PER_SEC),
                .alarm = THRESHOLD_PER_TIME(10, 60 * USEC_PER_SEC),
                .advice = "frames are lost behind error correction: replace the cable, then the transceivers",
                .source = "errored seconds, as in ITU-T G.826; judgement",
        },
        /* No alarm of their own: what is lost of frames that have such an error is in rx-crc-errors too. */
        [SIGNAL_SYMBOL_ERRORS] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_FRAME,
                .rule = RULE_RATE,
                .exposure = SIGNAL_RX_PACKETS,
                .group = CAUSE_SIGNAL_INTEGRITY,
                .warn = THRESHOLD(1e-8),
                .advice = "the PHY cannot decode what it receives: clean or replace the cable, then transceivers",
                .source = "IEEE 802.3 30.3.2.1.5 aSymbolErrorDuringCarrier, bit error rate 1e-12",
        },
        [SIGNAL_MAC_FCS_ERRORS] = {
                FRAME_ERROR_THRESHOLDS,
                .kind = SIGNAL_COUNTER,
                .exposure = SIGNAL_RX_PACKETS,
                .advice = "clean or replace the cable and its connectors, then the transceivers at both ends",
        },
        [SIGNAL_MAC_TX_ERRORS] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_FRAME,
                .rule = RULE_RATE,
                .exposure = SIGNAL_TX_PACKETS,
                .group = CAUSE_FIRMWARE_QUEUE,
                .warn = THRESHOLD(1e-8),
                .advice = "the adapter loses frames inside: update driver and firmware, then replace the adapter",
                .source = "IEEE 802.3 30.3.1.1.12 aFramesLostDueToIntMACXmitError; judgement",
        },
        [SIGNAL_RX_FRAGMENTS] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_FRAME,
                .rule = RULE_RATE,
                .exposure = SIGNAL_RX_PACKETS,
                .group = CAUSE_SIGNAL_INTEGRITY,
                .warn = THRESHOLD(1e-8),
                .advice = "damaged frames too short or too long: check duplex at both ends, then the cable",
                .source = "RFC 2819 etherStatsFragments, etherStatsJabbers; IEEE 802.3 bit error rate 1e-12",
        },
        [SIGNAL_RX_OVERRUNS] = {
                .kind = SIGNAL_COUNTER,
                .advice = "congestion, not a fault: larger rings or more channels, more memory",
                .source = "CorrOpt, SIGCOMM 2017: congestion is no sign of failure",
        },
        /* Nothing that this link does, since what it damages has a wrong CRC: hence no alarm. Tested against 1e-3,
         * the worst share that was found. */
        [SIGNAL_RX_CHECKSUM_ERRORS] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_FRAME,
                .rule = RULE_RATE,
                .exposure = SIGNAL_RX_PACKETS,
                .group = CAUSE_SIGNAL_INTEGRITY,
                .warn = THRESHOLD(1e-5),
                .advice = "frames are damaged before the last link, or in the adapter: check switches, then senders",
                .source = "Stone and Partridge, SIGCOMM 2000: 1 packet in 1100 to 32000; judgement",
        },
        /* A hundred times what the MAC itself may lose, since a guest or a program with rings of its own can
         * hand down frames that no adapter sends; a sick queue drops far more of them. No alarm, as that one. */
        [SIGNAL_TX_QUEUE_ERRORS] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_FRAME,
                .rule = RULE_RATE,
                .exposure = SIGNAL_TX_PACKETS,
                .group = CAUSE_FIRMWARE_QUEUE,
                .warn = THRESHOLD(1e-6),
                .advice = "the adapter drops frames as invalid: look for a guest that sends such, update the firmware",
                .source = "tx-hw-drop-errors of the kernel's netdev family; judgement",
        },
        /* Of the 8 classes 0 to 7 those below 3 are an unstable link: the threshold lies between 2/7 and 3/7. */
        [SIGNAL_SIGNAL_QUALITY] = {
                .kind = SIGNAL_LEVEL,
                .unit = SIGNAL_UNIT_RATIO,
                .rule = RULE_LEVEL,
                .group = CAUSE_SIGNAL_INTEGRITY,
                .below = true,
                .warn = THRESHOLD(0.36),
                .advice = "the PHY receives a bad signal: check the cable, its shield and its connectors",
                .source = "OPEN Alliance TC1 signal quality index, classes 1 and 2; judgement",
        },
        [SIGNAL_RX_PAUSE] = {
                .kind = SIGNAL_COUNTER,
                .advice = "congestion at the other end, not a fault",
                .source = "CorrOpt, SIGCOMM 2017: congestion is no sign of failure",
        },
        [SIGNAL_TX_PAUSE] = {
                .kind = SIGNAL_COUNTER,
                .advice = "congestion, not a fault: larger rings or more channels",
                .source = "CorrOpt, SIGCOMM 2017: congestion is no sign of failure",
        },
        [SIGNAL_DEVLINK_HEALTH] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_FIRMWARE_QUEUE,
                .warn = THRESHOLD_PER_TIME(1, 10 * USEC_PER_MINUTE),
                .alarm = THRESHOLD_PER_TIME(3, 10 * USEC_PER_MINUTE),
                .advice = "the driver reports errors of the device: see `devlink health`, update the firmware",
                .source = "the kernel's devlink health reporters; judgement",
        },
        [SIGNAL_DEVLINK_FATAL] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_FIRMWARE_QUEUE,
                .alarm = THRESHOLD_PER_TIME(1, 10 * USEC_PER_MINUTE),
                .advice = "the device's firmware died: see `devlink health`, update it, then replace the adapter",
                .source = "the devlink health reporter fw_fatal (mlx5, bnxt): the device is reset",
        },
        /* Against what was seen of it, not against what card or slot could do: a card in a narrow slot is not
         * ill. Each step down halves the lanes, and is at most 5/8 of the speed (8 to 5 GT/s): 0.9 lies between
         * none and one, beyond the hysteresis of levels. */
        [SIGNAL_PCIE_LINK_WIDTH] = {
                .kind = SIGNAL_LEVEL,
                .unit = SIGNAL_UNIT_FRACTION,
                .rule = RULE_LEVEL,
                .group = CAUSE_PCIE,
                .below = true,
                .warn = THRESHOLD(0.9),
                .advice = "the card lost PCIe lanes it had: reseat it, clean its contacts, try another slot",
                .source = "PCI Express Base Specification, link width degradation; judgement",
        },
        [SIGNAL_PCIE_LINK_SPEED] = {
                .kind = SIGNAL_LEVEL,
                .unit = SIGNAL_UNIT_FRACTION,
                .rule = RULE_LEVEL,
                .group = CAUSE_PCIE,
                .below = true,
                .warn = THRESHOLD(0.9),
                .advice = "the PCIe link is slower than it was: reseat the card, check riser and power saving",
                .source = "PCI Express Base Specification, link speed degradation; judgement",
        },
        [SIGNAL_ADAPTER_TEMPERATURE] = {
                .kind = SIGNAL_LEVEL,
                .unit = SIGNAL_UNIT_CELSIUS,
                .rule = RULE_LEVEL,
                .group = CAUSE_THERMAL,
                .trend = true,
                .advice = "check the fans, the air flow over the card and the temperature of the room",
                .source = "the sensor's own limits (hwmon temp_max, temp_crit) or the policy",
        },
        /* These count between frames, too, so not by frames. What is lost of them is in rx-crc-errors. */
        [SIGNAL_PCS_ERRORS] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_SIGNAL_INTEGRITY,
                .warn = THRESHOLD_PER_TIME(3, 60 * USEC_PER_SEC),
                .advice = "the PHY cannot decode what it receives: clean or replace the cable, then transceivers",
                .source = "errored seconds, as in ITU-T G.826; judgement",
        },
        /* Every loss of link is such a fault, and link-flaps judges those. */
        [SIGNAL_MAC_LOCAL_FAULTS] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_SIGNAL_INTEGRITY,
                .warn = THRESHOLD_PER_TIME(3, 10 * USEC_PER_MINUTE),
                .advice = "the adapter loses the signal it receives: check cable, transceivers and the far end",
                .source = "IEEE 802.3 46.3.4, link fault signalling; judgement",
        },
        [SIGNAL_MAC_REMOTE_FAULTS] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_SIGNAL_INTEGRITY,
                .warn = THRESHOLD_PER_TIME(3, 10 * USEC_PER_MINUTE),
                .advice = "the far end loses what this adapter sends: check its transceiver, the cable, the switch port",
                .source = "IEEE 802.3 46.3.4, link fault signalling; judgement",
        },
        [SIGNAL_PCIE_RECOVERIES] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_PCIE,
                .usual = true,
                .warn = THRESHOLD_PER_TIME(60, USEC_PER_HOUR),
                .advice = "errors on the PCIe link: try another slot, update the firmware of card and board",
                .source = "mlx5 counters.rst, rx_pci_signal_integrity: advancing is a sign of a bad slot; as pcie-correctable",
        },
        [SIGNAL_MODULE_ERRORS] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_OPTICS,
                .warn = THRESHOLD_PER_TIME(1, 10 * USEC_PER_MINUTE),
                .advice = "a short circuit in the module or its bus: replace the transceiver or the cable",
                .source = "mlx5 counters.rst, module_bus_stuck and module_bad_shorted: replace the cable; judgement",
        },
        [SIGNAL_MODULE_OVERHEATS] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_THERMAL,
                .warn = THRESHOLD_PER_TIME(1, 10 * USEC_PER_MINUTE),
                .advice = "the adapter found its module too hot: check the fans, the air flow, the transceiver",
                .source = "mlx5 counters.rst, module_high_temp; judgement",
        },
        [SIGNAL_MEMORY_ERRORS] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_FIRMWARE_QUEUE,
                .warn = THRESHOLD_PER_TIME(1, USEC_PER_HOUR),
                .advice = "the adapter's memory has errors: update its firmware, then replace the adapter",
                .source = "Intel 82574 datasheet, packet buffer ECC; judgement",
        },
        /* Corrected errors cost nothing; what is usual there is no evidence. */
        [SIGNAL_MEMORY_CORRECTED] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_FIRMWARE_QUEUE,
                .usual = true,
                .warn = THRESHOLD_PER_TIME(60, USEC_PER_HOUR),
                .advice = "the adapter's memory is corrected again and again: have another adapter ready",
                .source = "Intel 82574 datasheet, packet buffer ECC; as pcie-correctable",
        },
        [SIGNAL_DEVICE_FAULTS] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_FIRMWARE_QUEUE,
                .warn = THRESHOLD_PER_TIME(1, 10 * USEC_PER_MINUTE),
                .alarm = THRESHOLD_PER_TIME(3, 10 * USEC_PER_MINUTE),
                .advice = "the driver found the device stuck: read the kernel log, update driver and firmware",
                .source = "the drivers bnxt and ena, which reset the device or kick it; as devlink-health",
        },
        /* Peers that fail, or a network behind both adapters, look the same: it primes the spare, no more. */
        [SIGNAL_NEIGHBOUR_FAILURES] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_REACHABILITY,
                .warn = THRESHOLD_PER_TIME(1, 10 * USEC_PER_MINUTE),
                .advice = "neighbours no longer answer the pair's own addresses: look at what the switch port lets "
                          "pass (port security, VLANs, address tables)",
                .source = "RFC 4861 neighbour unreachability detection, net/core/neighbour.c; judgement",
        },
        /* With errors that come alone, 1.4e-4 of bits corrupt 10 in 10 min of the 20 million codewords per second of
         * RS(544,514) at 100 Gbit/s so much, 2.2e-4 do 100 in a minute; its limit is 2.4e-4. */
        [SIGNAL_FEC_NEAR_LIMIT] = {
                .kind = SIGNAL_COUNTER,
                .unit = SIGNAL_UNIT_PER_TIME,
                .rule = RULE_COUNT,
                .group = CAUSE_SIGNAL_INTEGRITY,
                .warn = THRESHOLD_PER_TIME(10, 10 * USEC_PER_MINUTE),
                .alarm = THRESHOLD_PER_TIME(100, 60 * USEC_PER_SEC),
                .advice = "error correction is near its limit: clean or replace the cable and its connectors, then "
                          "the transceivers",
                .source = "IEEE 802.3ck FEC codeword error bins; binomial tail of RS(544,514), clause 119",
        },
};

const SignalInfo *signal_info(Signal s) {
        if ((int) s < 0 || s >= _SIGNAL_MAX)
                return NULL;
        return signals + s;
}

bool signal_is_configurable(Signal s) {
        const SignalInfo *info = signal_info(s);

        /* probe-loss speaks for both directions */
        return info && info->rule != RULE_NONE && info->rule != RULE_CARRIER && s != SIGNAL_PROBE_TX_LOST;
}
