/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reaches stderr, and what reaches a journal: a socket of our own at the journal's place, in a mount
 * namespace. */

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "alloc-util.h"
#include "check-main.h"
#include "journal.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

static int output[2]; /* what stderr is */

static void setup(void) {
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, output), 0);
        ck_assert_int_ge(dup2(output[1], STDERR_FILENO), 0);
        ck_assert_int_eq(unsetenv("JOURNAL_STREAM") | unsetenv("INVOCATION_ID") | setenv("TZ", "UTC", 1), 0);
        tzset();
}

static const char *receive(int fd) {
        static char text[16384];
        ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

        text[n > 0 ? n : 0] = 0;
        return text;
}

static Event event_of(EventKind kind) {
        Event e = { .kind = kind, .realtime = 1700000000123456, .pair = "lan", .adapter = "eth0" };

        event_format(&e, "light fades");
        return e;
}

START_TEST(test_line) {
        Event e = event_of(EVENT_ADAPTER_SUSPECT);

        ck_assert_int_eq(journal_send(&e), 0);
        ck_assert_str_eq(receive(output[0]), "2023-11-14 22:13:20.123 warning lan/eth0: light fades\n");
        e.adapter = NULL;
        ck_assert_int_eq(journal_send(&e), 0);
        ck_assert_str_eq(receive(output[0]), "2023-11-14 22:13:20.123 warning lan: light fades\n");
}
END_TEST

START_TEST(test_prefix_under_a_service_manager) {
        Event e = event_of(EVENT_ADAPTER_FAILED);

        setenv("INVOCATION_ID", "0123456789abcdef0123456789abcdef", 1);
        ck_assert_int_eq(journal_send(&e), 0);
        ck_assert_str_eq(receive(output[0]), "<3>lan/eth0: light fades\n");
        journal_log(LOG_WARNING, NULL, NULL, "plain\nwords");
        ck_assert_str_eq(receive(output[0]), "<4>plain words\n");
}
END_TEST

START_TEST(test_level) {
        Event e = event_of(EVENT_STATE_CHANGED);

        ck_assert_int_eq(journal_get_max_level(), LOG_INFO);
        ck_assert_int_eq(journal_send(&e), 0);
        journal_log(LOG_DEBUG, NULL, NULL, "hidden");
        ck_assert_str_eq(receive(output[0]), "");
        journal_set_max_level(LOG_DEBUG);
        ck_assert_int_eq(journal_send(&e), 0);
        ck_assert_ptr_nonnull(strstr(receive(output[0]), " debug lan/eth0: light fades\n"));
        errno = ENODEV;
        journal_log(LOG_DEBUG, "lan", NULL, "shown: %m");
        ck_assert_int_eq(errno, ENODEV);
        ck_assert_ptr_nonnull(strstr(receive(output[0]), " debug lan: shown: No such device\n"));
}
END_TEST

START_TEST(test_long_line_is_cut) {
        char line[64], text[200];

        memset(text, 'x', sizeof(text) - 1);
        text[sizeof(text) - 1] = 0;
        ck_assert_uint_eq(journal_format_line(line, sizeof(line), true, 0, LOG_ERR, "lan", NULL, text), 63);
        ck_assert_str_eq(line + 60, "xx\n");
}
END_TEST

START_TEST(test_level_names) {
        for (int i = LOG_EMERG; i <= LOG_DEBUG; i++)
                ck_assert_int_eq(journal_level_from_string(journal_level_to_string(i)), i);
        ck_assert_ptr_null(journal_level_to_string(LOG_DEBUG + 1));
        ck_assert_int_eq(journal_level_from_string("loud"), -EINVAL);
        ck_assert_int_eq(journal_target_from_string("console"), JOURNAL_CONSOLE);
}
END_TEST

/* A stale JOURNAL_STREAM, as a child of a service has it whose stderr was sent elsewhere. */
START_TEST(test_foreign_stream_is_not_ours) {
        Event e = event_of(EVENT_HELD);

        setenv("JOURNAL_STREAM", "1:2", 1);
        ck_assert_int_eq(journal_send(&e), 0);
        ck_assert_ptr_nonnull(strstr(receive(output[0]), "light fades"));
}
END_TEST

static void put(const char *path, const char *text) {
        _cleanup_fclose_ FILE *f = fopen(path, "we");

        ck_assert_ptr_nonnull(f);
        fputs(text, f);
}

/* Mounts for this process only; as nobody special by becoming root of a user namespace. */
static int own_mounts(void) {
        unsigned uid = geteuid(), gid = getegid();
        char map[32];

        if (uid == 0)
                return unshare(CLONE_NEWNS);
        if (unshare(CLONE_NEWNS | CLONE_NEWUSER) < 0)
                return -1;
        snprintf(map, sizeof(map), "0 %u 1\n", uid);
        put("/proc/self/uid_map", map);
        put("/proc/self/setgroups", "deny\n");
        snprintf(map, sizeof(map), "0 %u 1\n", gid);
        put("/proc/self/gid_map", map);
        return 0;
}

/* The journal's socket in a mount namespace of this process; -1 when the machine forbids that. */
static int own_journal(void) {
        struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET };
        int fd;

        if (own_mounts() < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
                        mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0)
                return -1;
        ck_assert_int_eq(mkdir("/run/systemd", 0755) | mkdir("/run/systemd/journal", 0755), 0);
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);
        return fd;
}

START_TEST(test_journal_gets_fields) {
        Event e = event_of(EVENT_SPLIT_DONE);
        char stream[64];
        const char *text;
        struct stat st;
        int fd = own_journal();

        if (fd < 0) {
                printf("skipped: no mount namespace: %s\n", strerror(errno));
                return;
        }
        ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
        snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t) st.st_dev, (uintmax_t) st.st_ino);
        setenv("JOURNAL_STREAM", stream, 1);
        ck_assert_int_eq(journal_send(&e), 0);
        text = receive(fd);
        ck_assert_ptr_nonnull(strstr(text, "MESSAGE=light fades\n"));
        ck_assert_ptr_nonnull(strstr(text, "\nMESSAGE_ID=ae808d67068c488cbd26e4e4325080f9\n"));
        ck_assert_ptr_nonnull(strstr(text, "\nPRIMED_PAIR=lan\n"));
        ck_assert_ptr_nonnull(strstr(text, "\nINTERFACE=eth0\n"));
        ck_assert_ptr_null(strstr(text, "CODE_FILE"));
        journal_log(LOG_INFO, "lan", "eth0", "plain");
        text = receive(fd);
        ck_assert_ptr_nonnull(strstr(text, "MESSAGE=plain\nPRIORITY=6\nPRIMED_PAIR=lan\n"));
        ck_assert_str_eq(receive(output[0]), "");
        journal_set_target(JOURNAL_CONSOLE);
        ck_assert_int_eq(journal_send(&e), 0);
        ck_assert_str_eq(receive(fd), "");
        ck_assert_ptr_nonnull(strstr(receive(output[0]), "light fades"));
}
END_TEST

START_TEST(test_what_the_journal_cannot_take_is_printed) {
        const EventField fields[] = { { "_BAD", "name" } };
        Event e = event_of(EVENT_RELEASED);

        e.fields = fields;
        e.n_fields = 1;
        journal_set_target(JOURNAL_JOURNAL);
        ck_assert_int_eq(journal_send(&e), -EINVAL);
        ck_assert_ptr_nonnull(strstr(receive(output[0]), "light fades"));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("journal");
        TCase *t = tcase_create("journal");

        tcase_add_checked_fixture(t, setup, NULL);
        tcase_add_test(t, test_line);
        tcase_add_test(t, test_prefix_under_a_service_manager);
        tcase_add_test(t, test_level);
        tcase_add_test(t, test_long_line_is_cut);
        tcase_add_test(t, test_level_names);
        tcase_add_test(t, test_foreign_stream_is_not_ours);
        tcase_add_test(t, test_journal_gets_fields);
        tcase_add_test(t, test_what_the_journal_cannot_take_is_printed);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
