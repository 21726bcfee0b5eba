/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/ethtool.h>
#include <stddef.h>
#include <stdio.h>

#include "link-trouble.h"
#include "macro.h"

/* Not in the headers of Linux 6.1; the numbers are ABI. */
#define STATE_OTP_SPEED_VIOLATION 11
#define STATE_BMC_REQUEST_DOWN    12

#define STATE(x) ETHTOOL_LINK_EXT_STATE_##x
#define SUB(x)   ETHTOOL_LINK_EXT_SUBSTATE_##x

/* Substate 0 is the state itself; a substate without advice has that of its state. */
static const struct {
        uint8_t state, substate;
        const char *words, *advice;
} rows[] = {
        { STATE(AUTONEG), 0, "Autoneg",
                        "check that the far end is up and that both ends agree on autonegotiation, speed and "
                        "FEC" },
        { STATE(AUTONEG), SUB(AN_NO_PARTNER_DETECTED), "No partner detected",
                        "check that the far end is up and negotiates, then the cable" },
        { STATE(AUTONEG), SUB(AN_ACK_NOT_RECEIVED), "Ack not received", NULL },
        { STATE(AUTONEG), SUB(AN_NEXT_PAGE_EXCHANGE_FAILED), "Next page exchange failed", NULL },
        { STATE(AUTONEG), SUB(AN_NO_PARTNER_DETECTED_FORCE_MODE), "No partner detected during force mode",
                        "check that the far end is up and set to the same speed, then the cable" },
        { STATE(AUTONEG), SUB(AN_FEC_MISMATCH_DURING_OVERRIDE), "FEC mismatch during override",
                        "set the same FEC at both ends" },
        { STATE(AUTONEG), SUB(AN_NO_HCD), "No HCD",
                        "the two ends have no speed in common: see what each offers" },

        { STATE(LINK_TRAINING_FAILURE), 0, "Link training failure",
                        "reseat or replace the cable; check that both ends are set to the same speed and FEC" },
        { STATE(LINK_TRAINING_FAILURE), SUB(LT_KR_FRAME_LOCK_NOT_ACQUIRED), "KR frame lock not acquired",
                        NULL },
        { STATE(LINK_TRAINING_FAILURE), SUB(LT_KR_LINK_INHIBIT_TIMEOUT), "KR link inhibit timeout", NULL },
        { STATE(LINK_TRAINING_FAILURE), SUB(LT_KR_LINK_PARTNER_DID_NOT_SET_RECEIVER_READY),
                        "KR Link partner did not set receiver ready", NULL },
        { STATE(LINK_TRAINING_FAILURE), SUB(LT_REMOTE_FAULT), "Remote side is not ready yet",
                        "look at the far end, which is not ready or does not receive: its port, then the "
                        "cable" },

        { STATE(LINK_LOGICAL_MISMATCH), 0, "Logical mismatch",
                        "check that both ends are set to the same speed, lanes and FEC" },
        { STATE(LINK_LOGICAL_MISMATCH), SUB(LLM_PCS_DID_NOT_ACQUIRE_BLOCK_LOCK),
                        "PCS did not acquire block lock", NULL },
        { STATE(LINK_LOGICAL_MISMATCH), SUB(LLM_PCS_DID_NOT_ACQUIRE_AM_LOCK), "PCS did not acquire AM lock",
                        NULL },
        { STATE(LINK_LOGICAL_MISMATCH), SUB(LLM_PCS_DID_NOT_GET_ALIGN_STATUS), "PCS did not get align_status",
                        NULL },
        { STATE(LINK_LOGICAL_MISMATCH), SUB(LLM_FC_FEC_IS_NOT_LOCKED), "FC FEC is not locked",
                        "set the same FEC at both ends" },
        { STATE(LINK_LOGICAL_MISMATCH), SUB(LLM_RS_FEC_IS_NOT_LOCKED), "RS FEC is not locked",
                        "set the same FEC at both ends" },

        { STATE(BAD_SIGNAL_INTEGRITY), 0, "Bad signal integrity",
                        "clean or replace the cable and its connectors, then the transceivers at both ends" },
        { STATE(BAD_SIGNAL_INTEGRITY), SUB(BSI_LARGE_NUMBER_OF_PHYSICAL_ERRORS),
                        "Large number of physical errors", NULL },
        { STATE(BAD_SIGNAL_INTEGRITY), SUB(BSI_UNSUPPORTED_RATE), "Unsupported rate",
                        "set a speed that the cable or transceiver is made for" },
        { STATE(BAD_SIGNAL_INTEGRITY), SUB(BSI_SERDES_REFERENCE_CLOCK_LOST), "Serdes reference clock lost",
                        "the adapter's own clock fails: reseat the card, then replace it" },
        { STATE(BAD_SIGNAL_INTEGRITY), SUB(BSI_SERDES_ALOS), "Serdes ALOS",
                        "no signal comes in: check that the far end is up, then the cable and the "
                        "transceivers" },

        { STATE(NO_CABLE), 0, "No cable", "plug the cable or transceiver in, or reseat it" },

        { STATE(CABLE_ISSUE), 0, "Cable issue", "replace the cable" },
        { STATE(CABLE_ISSUE), SUB(CI_UNSUPPORTED_CABLE), "Unsupported cable",
                        "take a cable or transceiver that the adapter supports, at this speed" },
        { STATE(CABLE_ISSUE), SUB(CI_CABLE_TEST_FAILURE), "Cable test failure", NULL },

        { STATE(EEPROM_ISSUE), 0, "EEPROM issue", "reseat the cable or transceiver, then replace it" },
        { STATE(CALIBRATION_FAILURE), 0, "Calibration failure",
                        "set the link down and up; update the firmware, then replace the adapter" },
        { STATE(POWER_BUDGET_EXCEEDED), 0, "Power budget exceeded",
                        "the module takes more power than the port may give: take one of a lower class" },
        { STATE(OVERHEAT), 0, "Overheat", "check the fans, the air flow and the temperature of the room" },
        { STATE(MODULE), 0, "Module", "reseat the transceiver, then replace it" },
        { STATE(MODULE), SUB(MODULE_CMIS_NOT_READY), "CMIS module is not in ModuleReady state", NULL },
        { STATE_OTP_SPEED_VIOLATION, 0, "OTP speed violation",
                        "the adapter itself is restricted to lower speeds: set one of those" },
        { STATE_BMC_REQUEST_DOWN, 0, "BMC request down",
                        "the board's management controller holds the link down: look at its settings" },
};

/* A row's number, or -1. */
static int find(uint8_t state, uint8_t substate) {
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (rows[i].state == state && rows[i].substate == substate)
                        return (int) i;
        return -1;
}

const char *link_trouble_format(const LinkTrouble *t, char buffer[static LINK_TROUBLE_TEXT_MAX]) {
        int state = find(t->state, 0), substate = find(t->state, t->substate), n;
        size_t size = LINK_TROUBLE_TEXT_MAX;

        buffer[0] = '\0';
        if (!t->known)
                return buffer;
        if (state >= 0)
                n = snprintf(buffer, size, "%s", rows[state].words);
        else
                n = snprintf(buffer, size, "extended state %u", t->state);
        if (t->substate == 0 || n < 0 || (size_t) n >= size)
                return buffer;
        if (substate >= 0)
                snprintf(buffer + n, size - (size_t) n, ", %s", rows[substate].words);
        else
                snprintf(buffer + n, size - (size_t) n, ", substate %u", t->substate);
        return buffer;
}

const char *link_trouble_advice(const LinkTrouble *t) {
        int state = find(t->state, 0), substate = find(t->state, t->substate);

        if (!t->known || state < 0)
                return NULL;
        return substate >= 0 && rows[substate].advice ? rows[substate].advice : rows[state].advice;
}
