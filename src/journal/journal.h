/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where events and plain diagnostics go: with fields to the journal when stderr is connected to it, as lines to
 * stderr otherwise. Transitions only, never samples. */

#include <syslog.h>

#include "event.h"

typedef enum JournalTarget {
        JOURNAL_AUTO,    /* the journal if stderr is connected to it, else stderr */
        JOURNAL_JOURNAL, /* the journal, whatever stderr is */
        JOURNAL_CONSOLE, /* stderr */
        _JOURNAL_TARGET_MAX,
        _JOURNAL_TARGET_INVALID = -EINVAL,
} JournalTarget;

/* "auto", "journal", "console", as org.freedesktop.LogControl1 names them. */
DECLARE_STRING_TABLE(journal_target, JournalTarget);

/* "emerg" to "debug": LOG_EMERG to LOG_DEBUG, as LogControl1 names them; -EINVAL, NULL for none of these. */
const char *journal_level_to_string(int level);
int journal_level_from_string(const char *s);

void journal_set_target(JournalTarget target);
JournalTarget journal_get_target(void);

/* What is less important is dropped: LOG_INFO at the beginning. */
void journal_set_max_level(int level);
int journal_get_max_level(void);

/* Sends an event. 0 also when it was dropped by its level; an event the journal does not take goes to stderr,
 * and its error is returned. */
int journal_send(const Event *e);

/* Says something that is no event. pair and adapter may be NULL. errno stays as it is. */
void journal_log(int priority, const char *pair, const char *adapter, const char *format, ...) _printf_(4, 5);

/* One line for stderr, with its end. "<4>lan/eth0: text" when the reader stamps the time itself (a service
 * manager with another log than the journal), else "2026-11-23 05:00:06.123 warning lan/eth0: text" in local
 * time. Always terminated; returns its length. */
size_t journal_format_line(char *buffer, size_t size, bool prefix, usec_t realtime, int priority,
                const char *pair, const char *adapter, const char *text);
