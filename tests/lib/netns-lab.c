/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns-lab.h"

static void die(const char *what) {
        fprintf(stderr, "lab: %s: %s\n", what, strerror(errno));
        exit(99); /* meson: hard error */
}

static int namespace_open(void) {
        int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                die("open namespace");
        return fd;
}

void lab_enter(void) {
        if (geteuid() != 0) {
                printf("skipped: needs root for network namespaces\n");
                exit(77);
        }
        if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
                die("unshare");
        if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                die("make mounts private");
        if (mount("sysfs", "/sys", "sysfs", 0, NULL) < 0)
                die("mount /sys");
        if (mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL) < 0)
                die("mount /sys/fs/bpf");
        lab_run(-1, "ip link set lo up");
}

int lab_namespace_new(void) {
        int back = namespace_open(), fd;

        if (unshare(CLONE_NEWNET) < 0)
                die("unshare");
        lab_run(-1, "ip link set lo up");
        fd = namespace_open();
        lab_leave(back);
        return fd;
}

int lab_visit(int namespace_fd) {
        int back = namespace_open();

        if (setns(namespace_fd, CLONE_NEWNET) < 0)
                die("setns");
        return back;
}

void lab_leave(int back_fd) {
        if (setns(back_fd, CLONE_NEWNET) < 0)
                die("setns back");
        close(back_fd);
}

static int run(int namespace_fd, const char *command) {
        int status;
        pid_t pid = fork();

        if (pid < 0)
                die("fork");
        if (pid == 0) {
                if (namespace_fd >= 0 && setns(namespace_fd, CLONE_NEWNET) < 0)
                        die("setns");
                execl("/bin/sh", "sh", "-c", command, NULL);
                die("sh");
        }
        if (waitpid(pid, &status, 0) < 0)
                die("waitpid");
        return status;
}

bool lab_holds(int namespace_fd, const char *format, ...) {
        char command[4096];
        va_list ap;

        va_start(ap, format);
        vsnprintf(command, sizeof(command), format, ap);
        va_end(ap);
        return run(namespace_fd, command) == 0;
}

void lab_run(int namespace_fd, const char *format, ...) {
        char command[4096];
        int status;
        va_list ap;

        va_start(ap, format);
        vsnprintf(command, sizeof(command), format, ap);
        va_end(ap);
        status = run(namespace_fd, command);
        if (status != 0) {
                fprintf(stderr, "lab: failed (%d): %s\n", status, command);
                exit(99);
        }
}

size_t lab_output(const char *command, char *text, size_t size) {
        FILE *f = popen(command, "re");
        size_t n;

        ck_assert_ptr_nonnull(f);
        n = fread(text, 1, size - 1, f);
        text[n] = 0;
        ck_assert_int_ge(pclose(f), 0);
        return n;
}

void lab_expect(const char *expected, const char *command) {
        char text[16384];

        lab_output(command, text, sizeof(text));
        ck_assert_str_eq(text, expected);
}
