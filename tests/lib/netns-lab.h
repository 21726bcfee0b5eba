/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A network of this process's own: unnamed namespaces, which vanish with it, so that a test can run beside
 * itself, cannot leave anything behind, and cannot touch the machine's interfaces. Needs root; without,
 * lab_enter() exits with 77 (meson's "skipped") and says why. */

#include <stdbool.h>
#include <stddef.h>

/* Moves this process into new network and mount namespaces with fresh /sys and /sys/fs/bpf, loopback up. */
void lab_enter(void);

/* A further network namespace (a switch, a peer): an open fd of it. Lives while the fd or something in it does.
 */
int lab_namespace_new(void);

/* Runs a shell command in the namespace (or, with -1, in the current one); aborts the test with its output when
 * it fails. */
void lab_run(int namespace_fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether it succeeds there. */
bool lab_holds(int namespace_fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What a shell command prints in the current namespace, whether or not it succeeds, into text; returns its
 * length. Fails the running Check test when the command cannot be run. */
size_t lab_output(const char *command, char *text, size_t size);

/* Fails the running Check test unless the command prints exactly that. */
void lab_expect(const char *expected, const char *command);

/* Enters a namespace until lab_leave(); sockets opened meanwhile stay there. Returns the fd to give to
 * lab_leave(). */
int lab_visit(int namespace_fd);
void lab_leave(int back_fd);
