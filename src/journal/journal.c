/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An event says what happened, not where in the source: no CODE_FILE= and the like. */
#define SD_JOURNAL_SUPPRESS_LOCATION 1

#include "journal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define LINE_SIZE (EVENT_TEXT_MAX + 256)

static const char *const journal_target_table[_JOURNAL_TARGET_MAX] = {
        [JOURNAL_AUTO] = "auto",
        [JOURNAL_JOURNAL] = "journal",
        [JOURNAL_CONSOLE] = "console",
};

DEFINE_STRING_TABLE(journal_target, JournalTarget);

static const char *const levels[] = {
        [LOG_EMERG] = "emerg",
        [LOG_ALERT] = "alert",
        [LOG_CRIT] = "crit",
        [LOG_ERR] = "err",
        [LOG_WARNING] = "warning",
        [LOG_NOTICE] = "notice",
        [LOG_INFO] = "info",
        [LOG_DEBUG] = "debug",
};

static JournalTarget target = JOURNAL_AUTO;
static int max_level = LOG_INFO;

const char *journal_level_to_string(int level) {
        return level >= 0 && (size_t) level < ELEMENTSOF(levels) ? levels[level] : NULL;
}

int journal_level_from_string(const char *s) {
        return string_table_lookup(levels, ELEMENTSOF(levels), s);
}

void journal_set_target(JournalTarget t) {
        target = t;
}

JournalTarget journal_get_target(void) {
        return target;
}

void journal_set_max_level(int level) {
        max_level = level;
}

int journal_get_max_level(void) {
        return max_level;
}

/* systemd.exec(5): JOURNAL_STREAM is "device:inode" of the socket that the service got as stderr. It is
 * inherited by whoever the service starts, so it only counts when stderr still is that socket. */
static bool stderr_is_journal(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        uintmax_t device, inode;
        struct stat st;

        return stream && sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) == 2 &&
                        fstat(STDERR_FILENO, &st) >= 0 && st.st_dev == device && st.st_ino == inode;
}

static bool wants_journal(void) {
        switch (target) {
        case JOURNAL_AUTO:
                return stderr_is_journal();
        case JOURNAL_JOURNAL:
                return true;
        case JOURNAL_CONSOLE:
        case _JOURNAL_TARGET_MAX:
        case _JOURNAL_TARGET_INVALID:
                break;
        }
        return false;
}

size_t journal_format_line(char *buffer, size_t size, bool prefix, usec_t realtime, int priority,
                const char *pair, const char *adapter, const char *text) {
        char start[64] = "", about[128] = "";
        time_t seconds = (time_t) (realtime / USEC_PER_SEC);
        struct tm tm = {};
        int n;

        if (prefix)
                snprintf(start, sizeof(start), "<%d>", priority);
        else {
                char stamp[32];

                localtime_r(&seconds, &tm);
                strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
                snprintf(start, sizeof(start), "%s.%03u %s ", stamp,
                                (unsigned) (realtime % USEC_PER_SEC / USEC_PER_MSEC),
                                journal_level_to_string(priority) ?: "?");
        }
        if (pair || adapter)
                snprintf(about, sizeof(about), "%.40s%s%.40s: ", pair ?: "", pair && adapter ? "/" : "",
                                adapter ?: "");
        n = snprintf(buffer, size, "%s%s%s\n", start, about, text);
        if ((size_t) n < size)
                return (size_t) n;
        buffer[size - 2] = '\n';
        return size - 1;
}

/* One write, so that lines of several programs do not mix. Nobody is left to tell when it fails. */
static void print_line(usec_t realtime, int priority, const char *pair, const char *adapter, const char *text) {
        bool prefix = getenv("INVOCATION_ID") && !isatty(STDERR_FILENO);
        char line[LINE_SIZE];
        size_t n = journal_format_line(line, sizeof(line), prefix, realtime, priority, pair, adapter, text);

        while (write(STDERR_FILENO, line, n) < 0 && errno == EINTR)
                ;
}

int journal_send(const Event *e) {
        int priority = event_info(e->kind)->priority, r = 0;
        EventEntry entry;

        if (priority > max_level)
                return 0;
        if (wants_journal()) {
                r = event_entry_fill(&entry, e);
                if (r >= 0)
                        r = sd_journal_sendv(entry.fields, (int) entry.n_fields);
                if (r >= 0)
                        return 0;
        }
        print_line(e->realtime, priority, e->pair, e->adapter, e->text);
        return r;
}

static int log_to_journal(int priority, const char *pair, const char *adapter, const char *text) {
        const char digit[] = { (char) ('0' + priority), 0 };
        EventEntry entry;
        int r;

        entry.n_fields = entry.used = 0;
        r = event_entry_add(&entry, "MESSAGE", text);
        if (r >= 0)
                r = event_entry_add(&entry, "PRIORITY", digit);
        if (r >= 0 && pair)
                r = event_entry_add(&entry, "PRIMED_PAIR", pair);
        if (r >= 0 && adapter)
                r = event_entry_add(&entry, "PRIMED_ADAPTER", adapter);
        if (r >= 0 && adapter)
                r = event_entry_add(&entry, "INTERFACE", adapter);
        return r < 0 ? r : sd_journal_sendv(entry.fields, (int) entry.n_fields);
}

void journal_log(int priority, const char *pair, const char *adapter, const char *format, ...) {
        char text[EVENT_TEXT_MAX];
        int saved = errno;
        va_list ap;

        if (priority > max_level)
                return;
        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        for (char *p = text; *p; p++)
                if ((unsigned char) *p < 0x20 || *p == 0x7f)
                        *p = ' ';
        if (!wants_journal() || log_to_journal(priority, pair, adapter, text) < 0)
                print_line(clock_usec(CLOCK_REALTIME), priority, pair, adapter, text);
        errno = saved;
}
