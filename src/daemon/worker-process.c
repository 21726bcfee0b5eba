/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "alloc-util.h"
#include "fork-guard.h"
#include "worker-process.h"

/* A frame is u8 type, u32 size, bytes. */
#define FRAME_HEADER 5
/* room for each read */
#define READ_SIZE ((size_t) 4096)

/* Where the process tells, and waits: a socket, so that either side sees that the other is gone. */
#define WORKER_SOCKET 3

struct WorkerProcess {
        sd_event *event;
        const WorkerOps *ops;
        void *userdata;
        sd_event_source *socket_source, *pid_source, *timer_source;
        int socket_fd, pid_fd;
        uint8_t *buffer; /* what was received of frames not yet complete */
        size_t n_buffer, n_allocated;
        bool complete; /* the last word was said */
        bool ending, ended, killed;
};

/* ---- in the process ---- */

static void tell_bytes(const void *data, size_t size) {
        const uint8_t *p = data;

        while (size > 0) {
                ssize_t n = write(WORKER_SOCKET, p, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        _exit(EXIT_FAILURE); /* nobody listens */
                p += n;
                size -= (size_t) n;
        }
}

void worker_tell(uint8_t type, const void *head, size_t n_head, const void *body, size_t n_body) {
        uint8_t header[FRAME_HEADER] = { type };
        uint32_t size = (uint32_t) (n_head + n_body);

        memcpy(header + 1, &size, sizeof(size));
        tell_bytes(header, sizeof(header));
        tell_bytes(head, n_head);
        tell_bytes(body, n_body);
}

void worker_wait(void) {
        uint8_t go;
        ssize_t n;

        do
                n = read(WORKER_SOCKET, &go, sizeof(go));
        while (n < 0 && errno == EINTR);
        if (n <= 0)
                _exit(EXIT_FAILURE); /* nobody is there to say it */
}

/* Nothing of the daemon's: no handlers, no blocked signals, no descriptors but standard ones and the socket. */
static int child_detach(const char *name, pid_t parent, int fd) {
        sigset_t none;

        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
                return -ESRCH; /* the daemon died between fork() and here */
        for (int s = 1; s < NSIG; s++)
                (void) signal(s, SIG_DFL);
        sigemptyset(&none);
        (void) sigprocmask(SIG_SETMASK, &none, NULL);
        (void) prctl(PR_SET_NAME, name);
        if (fd != WORKER_SOCKET && dup2(fd, WORKER_SOCKET) < 0)
                return -errno;
        return close_range(WORKER_SOCKET + 1, ~0U, 0) < 0 ? -errno : 0;
}

static _Noreturn void child_main(const WorkerProcess *p, pid_t parent, int fd) {
        if (child_detach(p->ops->name, parent, fd) < 0)
                _exit(EXIT_FAILURE);
        _exit(p->ops->run(p->userdata));
}

/* ---- in the daemon ---- */

static int on_late_exit(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        WorkerProcess *p = userdata;
        siginfo_t info;

        (void) waitid(P_PIDFD, (id_t) fd, &info, WEXITED);
        p->pid_source = sd_event_source_disable_unref(p->pid_source);
        close(TAKE_FD(p->pid_fd));
        if (p->ops->gone)
                p->ops->gone(p->userdata);
        return 0;
}

/* A killed process that hangs in the kernel cannot be waited for now; it is reaped when it comes out. */
static void process_kill(WorkerProcess *p) {
        siginfo_t info = {};

        p->socket_source = sd_event_source_disable_unref(p->socket_source);
        p->timer_source = sd_event_source_disable_unref(p->timer_source);
        if (p->pid_fd < 0 || p->killed)
                return;
        p->killed = true;
        p->pid_source = sd_event_source_disable_unref(p->pid_source);
        (void) pidfd_send_signal(p->pid_fd, SIGKILL, NULL, 0);
        if (waitid(P_PIDFD, (id_t) p->pid_fd, &info, WEXITED | WNOHANG) < 0 || info.si_pid != 0 ||
                        sd_event_add_io(p->event, &p->pid_source, p->pid_fd, EPOLLIN, on_late_exit, p) < 0)
                close(TAKE_FD(p->pid_fd));
}

bool worker_process_lingers(const WorkerProcess *p) {
        return p->killed && p->pid_fd >= 0;
}

bool worker_process_is_ending(const WorkerProcess *p) {
        return p->ending;
}

int worker_process_go(WorkerProcess *p) {
        static const uint8_t go = 1;

        if (p->ending)
                return 0;
        return send(p->socket_fd, &go, sizeof(go), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

void worker_process_refuse(WorkerProcess *p) {
        (void) shutdown(p->socket_fd, SHUT_WR);
}

/* Nobody is interested any more but the kernel, which wants it reaped. */
static int on_orphan_exit(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        siginfo_t info;

        (void) waitid(P_PIDFD, (id_t) fd, &info, WEXITED);
        (void) sd_event_source_disable_unref(sd_event_source_ref(s));
        (void) sd_event_source_set_floating(s, false);
        return 0;
}

/* The object goes before its process does. */
static void process_orphan(WorkerProcess *p) {
        sd_event_source *late = NULL;

        p->pid_source = sd_event_source_disable_unref(p->pid_source);
        if (p->pid_fd < 0 || sd_event_add_io(p->event, &late, p->pid_fd, EPOLLIN, on_orphan_exit, NULL) < 0)
                return;
        (void) sd_event_source_set_io_fd_own(late, true);
        (void) sd_event_source_set_floating(late, true);
        sd_event_source_unref(late);
        (void) TAKE_FD(p->pid_fd);
}

WorkerProcess *worker_process_free(WorkerProcess *p) {
        if (!p)
                return NULL;
        process_kill(p);
        process_orphan(p);
        closep(&p->socket_fd);
        closep(&p->pid_fd);
        sd_event_unref(p->event);
        free(p->buffer);
        free(p);
        return NULL;
}

/* The object is not touched after this: the callback may have freed it. */
static void process_end(WorkerProcess *p, WorkerEnd end, const char *how) {
        if (p->ended)
                return;
        p->ended = true;
        process_kill(p);
        p->ops->end(end, how, p->userdata);
}

static int take_frame(WorkerProcess *p, uint8_t type, const uint8_t *data, size_t size) {
        int r = p->complete ? -EBADMSG : p->ops->take(type, data, size, p->userdata);

        p->complete = p->complete || r > 0;
        return r;
}

/* Takes every complete frame out of the buffer. */
static int take_frames(WorkerProcess *p) {
        size_t at = 0;

        while (p->n_buffer - at >= FRAME_HEADER) {
                uint32_t size;
                int r;

                memcpy(&size, p->buffer + at + 1, sizeof(size));
                if (size > p->ops->frame_max)
                        return -EBADMSG;
                if (p->n_buffer - at - FRAME_HEADER < size)
                        break;
                r = take_frame(p, p->buffer[at], p->buffer + at + FRAME_HEADER, size);
                if (r < 0)
                        return r;
                at += FRAME_HEADER + size;
        }
        if (at > 0)
                memmove(p->buffer, p->buffer + at, p->n_buffer - at);
        p->n_buffer -= at;
        return 0;
}

/* Reads what is there. 1: more may come; 0: end; negative: unreadable. */
static int process_read(WorkerProcess *p) {
        for (;;) {
                void *buffer = p->buffer;
                ssize_t n;
                int r;

                if (memory_grow(&buffer, &p->n_allocated, p->n_buffer + READ_SIZE, 1) < 0)
                        return -ENOMEM;
                p->buffer = buffer;
                n = read(p->socket_fd, p->buffer + p->n_buffer, p->n_allocated - p->n_buffer);
                if (n < 0 && errno == ECONNRESET) /* it died before it took the go-ahead */
                        return 0;
                if (n < 0)
                        return errno == EAGAIN || errno == EINTR ? 1 : -errno;
                if (n == 0)
                        return 0;
                p->n_buffer += (size_t) n;
                r = take_frames(p);
                if (r < 0)
                        return r;
        }
}

static const char not_understood[] = "sent what nobody understands";

static int on_socket(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        WorkerProcess *p = userdata;
        int r = process_read(p);

        if (r < 0)
                process_end(p, WORKER_BROKEN, not_understood);
        else if (r == 0) /* the pidfd says the rest */
                (void) sd_event_source_set_enabled(s, SD_EVENT_OFF);
        return 0;
}

static int on_exit_of_child(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        WorkerProcess *p = userdata;
        siginfo_t info = {};
        char how[64];

        p->ending = true;
        if (process_read(p) < 0)
                process_end(p, WORKER_BROKEN, not_understood);
        else if (p->complete)
                process_end(p, WORKER_DONE, NULL);
        else {
                (void) waitid(P_PIDFD, (id_t) fd, &info, WEXITED | WNOWAIT);
                snprintf(how, sizeof(how),
                                info.si_code == CLD_EXITED ? "gave up (status %d)" : "died of signal %d",
                                info.si_status);
                process_end(p, WORKER_BROKEN, how);
        }
        return 0;
}

static int on_deadline(sd_event_source *s, uint64_t usec, void *userdata) {
        WorkerProcess *p = userdata;

        p->ending = true;
        /* It may have ended in this very turn of the loop. */
        if (process_read(p) >= 0 && p->complete)
                process_end(p, WORKER_DONE, NULL);
        else
                process_end(p, WORKER_TIMED_OUT, NULL);
        return 0;
}

void worker_process_stop(WorkerProcess *p) {
        if (p->ended)
                return;
        p->ending = true;
        (void) process_read(p);
        p->ended = true;
        process_kill(p);
}

static int process_watch(WorkerProcess *p, usec_t deadline) {
        int r;

        r = sd_event_add_io(p->event, &p->socket_source, p->socket_fd, EPOLLIN, on_socket, p);
        if (r >= 0)
                r = sd_event_add_io(p->event, &p->pid_source, p->pid_fd, EPOLLIN, on_exit_of_child, p);
        if (r >= 0)
                r = sd_event_add_time_relative(
                                p->event, &p->timer_source, CLOCK_MONOTONIC, deadline, 0, on_deadline, p);
        return r;
}

int worker_process_new(sd_event *event, const WorkerOps *ops, usec_t deadline, void *userdata,
                WorkerProcess **ret, Error *e) {
        _cleanup_(worker_process_freep) WorkerProcess *p = new0(WorkerProcess, 1);
        _cleanup_close_ int write_fd = -EBADF;
        pid_t parent = getpid(), pid;
        int fds[2], r;

        if (!p)
                return error_errno(e, -ENOMEM, "process %s", ops->name);
        p->socket_fd = p->pid_fd = -EBADF;
        p->event = sd_event_ref(event);
        p->ops = ops;
        p->userdata = userdata;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
                return error_errno(e, -errno, "socket to process %s", ops->name);
        p->socket_fd = fds[0];
        write_fd = fds[1];
        if (fcntl(p->socket_fd, F_SETFL, O_NONBLOCK) < 0)
                return error_errno(e, -errno, "socket to process %s", ops->name);
        pid = fork_guard_fork();
        if (pid < 0)
                return error_errno(e, -errno, "starting process %s", ops->name);
        if (pid == 0)
                child_main(p, parent, write_fd);
        p->pid_fd = pidfd_open(pid, 0);
        if (p->pid_fd < 0) {
                r = -errno;
                (void) kill(pid, SIGKILL);
                (void) waitpid(pid, NULL, 0);
                return error_errno(e, r, "pidfd of process %s", ops->name);
        }
        r = process_watch(p, deadline);
        if (r < 0)
                return error_errno(e, r, "watching process %s", ops->name);
        *ret = TAKE_PTR(p);
        return 0;
}
