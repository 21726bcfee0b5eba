/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "alloc-util.h"
#include "prime-job.h"
#include "prime-plan-codec.h"

/* What the process says, each as u8 type, u32 size, bytes, in this machine's byte order. */
typedef enum Frame {
        FRAME_PLAN = 1, /* an encoded plan, before anything is written */
        FRAME_STEP,     /* u32: about to write this step of it */
        FRAME_RESULT,   /* ResultHeader, the encoded plan */
} Frame;

typedef struct ResultHeader {
        int32_t code;
        Error error;
} ResultHeader;

#define FRAME_HEADER 5
/* Well above the longest plan that prime_plan_encode() makes. */
#define FRAME_MAX (2U * 1024 * 1024)

struct PrimeJob {
        sd_event *event;
        PrimeRequest request;
        usec_t deadline;
        PrimeJobFunc func;
        PrimeJobEndedFunc ended_func;
        void *userdata;
        sd_event_source *pipe_source, *pid_source, *timer_source;
        int pipe_fd, pid_fd;
        uint8_t *buffer; /* what was received of frames not yet complete */
        size_t n_buffer, n_allocated;
        bool has_result, has_step, ended, killed;
        ResultHeader result;
        PrimePlan *plan;
        size_t step, furthest; /* being written; the last that was begun at all (repairs begin anew) */
        char progress[PRIME_LABEL_MAX];
};

/* ---- in the child ---- */

static void tell_bytes(int fd, const void *data, size_t size) {
        const uint8_t *p = data;

        while (size > 0) {
                ssize_t n = write(fd, p, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        _exit(EXIT_FAILURE); /* nobody listens */
                p += n;
                size -= (size_t) n;
        }
}

static void tell(int fd, Frame type, const void *head, size_t n_head, const void *body, size_t n_body) {
        uint8_t header[FRAME_HEADER] = { (uint8_t) type };
        uint32_t size = (uint32_t) (n_head + n_body);

        memcpy(header + 1, &size, sizeof(size));
        tell_bytes(fd, header, sizeof(header));
        tell_bytes(fd, head, n_head);
        tell_bytes(fd, body, n_body);
}

static void tell_planned(const PrimePlan *plan, void *userdata) {
        _cleanup_free_ uint8_t *data = NULL;
        size_t size = 0;

        if (prime_plan_encode(plan, &data, &size) >= 0)
                tell(*(int *) userdata, FRAME_PLAN, NULL, 0, data, size);
}

static void tell_begins(const PrimePlan *plan, size_t step, void *userdata) {
        uint32_t n = (uint32_t) step;

        tell(*(int *) userdata, FRAME_STEP, &n, sizeof(n), NULL, 0);
}

/* Nothing of the daemon's: no handlers, no blocked signals, no descriptors but standard ones and the pipe. */
static int child_detach(pid_t parent, int fd) {
        sigset_t none;

        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
                return -ESRCH; /* the daemon died between fork() and here */
        for (int s = 1; s < NSIG; s++)
                (void) signal(s, SIG_DFL);
        sigemptyset(&none);
        (void) sigprocmask(SIG_SETMASK, &none, NULL);
        (void) prctl(PR_SET_NAME, "primed-prime");
        if (fd != 3 && dup2(fd, 3) < 0)
                return -errno;
        return close_range(4, ~0U, 0) < 0 ? -errno : 0;
}

static _Noreturn void child_main(const PrimeJob *j, const PrimeJobOptions *options, pid_t parent, int fd) {
        int pipe_fd = 3;
        PrimeWatcher watcher = { .planned = tell_planned, .begins = tell_begins, .userdata = &pipe_fd };
        PrimePlan *plan = prime_plan_new();
        AdapterAccess *access = NULL;
        ResultHeader result = {};
        uint8_t *data = NULL;
        size_t size = 0;

        if (!plan || child_detach(parent, fd) < 0)
                _exit(EXIT_FAILURE);
        result.code = options && options->open ? options->open(&access, &result.error)
                                               : adapter_access_new(&access, &result.error);
        if (result.code >= 0)
                result.code = prime_worker_run(access, &j->request, &watcher, plan, &result.error);
        if (prime_plan_encode(plan, &data, &size) < 0)
                _exit(EXIT_FAILURE);
        tell(pipe_fd, FRAME_RESULT, &result, sizeof(result), data, size);
        _exit(EXIT_SUCCESS);
}

/* ---- in the daemon ---- */

static sd_event_source *source_drop(sd_event_source *s) {
        return sd_event_source_disable_unref(s);
}

/* Nobody is interested any more but the kernel, which wants it reaped. */
static int on_orphan_exit(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        siginfo_t info;

        (void) waitid(P_PIDFD, (id_t) fd, &info, WEXITED);
        (void) source_drop(sd_event_source_ref(s));
        (void) sd_event_source_set_floating(s, false);
        return 0;
}

static int on_late_exit(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        PrimeJob *j = userdata;
        siginfo_t info;

        (void) waitid(P_PIDFD, (id_t) fd, &info, WEXITED);
        j->pid_source = source_drop(j->pid_source);
        close(TAKE_FD(j->pid_fd));
        if (j->ended_func)
                j->ended_func(j, j->userdata);
        return 0;
}

/* A killed process that hangs in the kernel cannot be waited for now; it is reaped when it comes out. */
static void job_kill(PrimeJob *j) {
        siginfo_t info = {};

        if (j->pid_fd < 0 || j->killed)
                return;
        j->killed = true;
        (void) pidfd_send_signal(j->pid_fd, SIGKILL, NULL, 0);
        j->pid_source = source_drop(j->pid_source);
        if (waitid(P_PIDFD, (id_t) j->pid_fd, &info, WEXITED | WNOHANG) < 0 || info.si_pid != 0 ||
                        sd_event_add_io(j->event, &j->pid_source, j->pid_fd, EPOLLIN, on_late_exit, j) < 0)
                close(TAKE_FD(j->pid_fd));
}

bool prime_job_lingers(const PrimeJob *j) {
        return j->killed && j->pid_fd >= 0;
}

/* The job goes before its process does. */
static void job_orphan(PrimeJob *j) {
        sd_event_source *late = NULL;

        j->pid_source = source_drop(j->pid_source);
        if (j->pid_fd < 0 || sd_event_add_io(j->event, &late, j->pid_fd, EPOLLIN, on_orphan_exit, NULL) < 0)
                return;
        (void) sd_event_source_set_io_fd_own(late, true);
        (void) sd_event_source_set_floating(late, true);
        sd_event_source_unref(late);
        (void) TAKE_FD(j->pid_fd);
}

PrimeJob *prime_job_free(PrimeJob *j) {
        if (!j)
                return NULL;
        job_kill(j);
        job_orphan(j);
        source_drop(j->pipe_source);
        source_drop(j->timer_source);
        closep(&j->pipe_fd);
        closep(&j->pid_fd);
        prime_plan_free(j->plan);
        sd_event_unref(j->event);
        free(j->buffer);
        free(j);
        return NULL;
}

/* The job is not touched after this: the caller may have freed it. */
static void job_end(PrimeJob *j, int result, const Error *e) {
        if (j->ended)
                return;
        j->ended = true;
        job_kill(j);
        j->pipe_source = source_drop(j->pipe_source);
        j->timer_source = source_drop(j->timer_source);
        j->func(j, result, j->plan, result < 0 ? e : NULL, j->userdata);
}

const char *prime_job_progress(const PrimeJob *j) {
        return j->has_step ? j->progress : NULL;
}

static int take_plan(PrimeJob *j, const uint8_t *data, size_t size) {
        PrimePlan *plan = NULL;
        int r = prime_plan_decode(data, size, &plan);

        if (r < 0)
                return r;
        prime_plan_free(j->plan);
        j->plan = plan;
        return 0;
}

static int take_frame(PrimeJob *j, uint8_t type, const uint8_t *data, size_t size) {
        uint32_t step;

        switch (type) {
        case FRAME_PLAN:
                return take_plan(j, data, size);
        case FRAME_STEP:
                if (size != sizeof(step) || !j->plan)
                        return -EBADMSG;
                memcpy(&step, data, sizeof(step));
                if (step >= j->plan->n_steps)
                        return -EBADMSG;
                j->step = step;
                j->furthest = MAX(j->furthest, (size_t) step);
                j->has_step = true;
                prime_step_label(j->progress, &j->plan->steps[step]);
                return 0;
        case FRAME_RESULT:
                if (size < sizeof(j->result) || j->has_result)
                        return -EBADMSG;
                memcpy(&j->result, data, sizeof(j->result));
                j->result.error.text[ERROR_TEXT_MAX - 1] = 0;
                if (j->result.code > 0 || (j->result.code < 0) != (j->result.error.code < 0))
                        return -EBADMSG;
                j->has_result = true;
                return take_plan(j, data + sizeof(j->result), size - sizeof(j->result));
        }
        return -EBADMSG;
}

/* Takes every complete frame out of the buffer. */
static int take_frames(PrimeJob *j) {
        size_t at = 0;

        while (j->n_buffer - at >= FRAME_HEADER) {
                uint32_t size;
                int r;

                memcpy(&size, j->buffer + at + 1, sizeof(size));
                if (size > FRAME_MAX)
                        return -EBADMSG;
                if (j->n_buffer - at - FRAME_HEADER < size)
                        break;
                r = take_frame(j, j->buffer[at], j->buffer + at + FRAME_HEADER, size);
                if (r < 0)
                        return r;
                at += FRAME_HEADER + size;
        }
        if (at > 0)
                memmove(j->buffer, j->buffer + at, j->n_buffer - at);
        j->n_buffer -= at;
        return 0;
}

/* Reads what is there. 1: more may come; 0: end; negative: unreadable. */
static int job_read(PrimeJob *j) {
        for (;;) {
                ssize_t n;
                int r;

                if (j->n_allocated - j->n_buffer < 4096) {
                        size_t size = MAX((size_t) 16384, j->n_allocated * 2);
                        uint8_t *grown = realloc(j->buffer, size);

                        if (!grown)
                                return -ENOMEM;
                        j->buffer = grown;
                        j->n_allocated = size;
                }
                n = read(j->pipe_fd, j->buffer + j->n_buffer, j->n_allocated - j->n_buffer);
                if (n < 0)
                        return errno == EAGAIN || errno == EINTR ? 1 : -errno;
                if (n == 0)
                        return 0;
                j->n_buffer += (size_t) n;
                r = take_frames(j);
                if (r < 0)
                        return r;
        }
}

static void job_end_broken(PrimeJob *j, int code, const char *what) {
        Error e = {};

        (void) error_set(&e, ERROR_FAILED, code, "the priming process %s%s%s", what,
                        j->has_step ? " while setting " : "", j->has_step ? j->progress : "");
        job_end(j, code, &e);
}

static int on_pipe(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        PrimeJob *j = userdata;
        int r = job_read(j);

        if (r < 0)
                job_end_broken(j, -EPROTO, "sent what nobody understands");
        else if (r == 0) /* the pidfd says the rest */
                (void) sd_event_source_set_enabled(s, SD_EVENT_OFF);
        return 0;
}

static int on_exit_of_child(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        PrimeJob *j = userdata;
        siginfo_t info = {};
        char what[64];

        if (job_read(j) < 0)
                job_end_broken(j, -EPROTO, "sent what nobody understands");
        else if (j->has_result)
                job_end(j, j->result.code, &j->result.error);
        else {
                (void) waitid(P_PIDFD, (id_t) fd, &info, WEXITED | WNOWAIT);
                snprintf(what, sizeof(what),
                                info.si_code == CLD_EXITED ? "gave up (status %d)" : "died of signal %d",
                                info.si_status);
                job_end_broken(j, -EPROTO, what);
        }
        return 0;
}

/* Marks what the process will have set before it came to the step at which it was stopped; the list of it in
 * words. */
static void job_reckon(PrimeJob *j, char *list, size_t size) {
        size_t used = 0;

        list[0] = 0;
        if (!j->has_step)
                return;
        for (size_t i = 0; i < j->plan->n_steps; i++) {
                PrimeStep *s = &j->plan->steps[i];
                bool due = prime_step_is_due(s);

                if (i == j->step ||
                                (due && i > j->step && s->item == j->plan->steps[j->step].item &&
                                                prime_item_is_atomic(s->item))) {
                        s->outcome = OUTCOME_FAILED;
                        snprintf(s->note, sizeof(s->note), "the driver did not return");
                } else if (due && i < j->furthest)
                        s->outcome = OUTCOME_DONE;
                if (s->outcome != OUTCOME_PENDING && used + PRIME_LABEL_MAX + 2 < size)
                        used += (size_t) snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "",
                                        PRIME_STEP_LABEL(s));
        }
}

static int on_deadline(sd_event_source *s, uint64_t usec, void *userdata) {
        PrimeJob *j = userdata;
        char left[300];
        Error e = {};

        /* It may have ended in this very turn of the loop. */
        if (job_read(j) >= 0 && j->has_result) {
                job_end(j, j->result.code, &j->result.error);
                return 0;
        }
        job_reckon(j, left, sizeof(left));
        if (j->has_step)
                (void) error_set(&e, ERROR_TIMEOUT, -ETIMEDOUT,
                                "priming timed out after %s while setting %s, left behind: %s",
                                FORMAT_TIMESPAN(j->deadline), j->progress, left);
        else
                (void) error_set(&e, ERROR_TIMEOUT, -ETIMEDOUT,
                                "priming timed out after %s while reading the adapters; nothing was changed",
                                FORMAT_TIMESPAN(j->deadline));
        job_end(j, -ETIMEDOUT, &e);
        return 0;
}

void prime_job_cancel(PrimeJob *j) {
        char left[300];
        Error e = {};

        if (j->ended)
                return;
        (void) job_read(j);
        job_reckon(j, left, sizeof(left));
        (void) error_set(&e, ERROR_FAILED, -ECANCELED,
                        left[0] ? "priming was cancelled, left behind: %s" : "priming was cancelled%s", left);
        job_end(j, -ECANCELED, &e);
}

void prime_job_abandon(PrimeJob *j) {
        j->ended = true;
        job_kill(j);
        j->pipe_source = source_drop(j->pipe_source);
        j->timer_source = source_drop(j->timer_source);
}

static int job_watch(PrimeJob *j) {
        int r;

        r = sd_event_add_io(j->event, &j->pipe_source, j->pipe_fd, EPOLLIN, on_pipe, j);
        if (r >= 0)
                r = sd_event_add_io(j->event, &j->pid_source, j->pid_fd, EPOLLIN, on_exit_of_child, j);
        if (r >= 0)
                r = sd_event_add_time_relative(
                                j->event, &j->timer_source, CLOCK_MONOTONIC, j->deadline, 0, on_deadline, j);
        return r;
}

int prime_job_new(sd_event *event, const PrimeRequest *request, const PrimeJobOptions *options,
                PrimeJobFunc func, void *userdata, PrimeJob **ret, Error *e) {
        _cleanup_(prime_job_freep) PrimeJob *j = new0(PrimeJob, 1);
        _cleanup_close_ int write_fd = -EBADF;
        pid_t parent = getpid(), pid;
        int fds[2], r;

        if (!j)
                return error_errno(e, -ENOMEM, "priming process");
        j->pipe_fd = j->pid_fd = -EBADF;
        j->event = sd_event_ref(event);
        j->request = *request;
        j->deadline = options && options->deadline > 0 ? options->deadline : PRIME_JOB_DEADLINE;
        j->func = func;
        j->ended_func = options ? options->ended : NULL;
        j->userdata = userdata;
        if (pipe2(fds, O_CLOEXEC) < 0)
                return error_errno(e, -errno, "pipe to the priming process");
        j->pipe_fd = fds[0];
        write_fd = fds[1];
        if (fcntl(j->pipe_fd, F_SETFL, O_NONBLOCK) < 0)
                return error_errno(e, -errno, "pipe to the priming process");
        pid = fork();
        if (pid < 0)
                return error_errno(e, -errno, "starting the priming process");
        if (pid == 0)
                child_main(j, options, parent, write_fd);
        j->pid_fd = pidfd_open(pid, 0);
        if (j->pid_fd < 0) {
                r = -errno;
                (void) kill(pid, SIGKILL);
                (void) waitpid(pid, NULL, 0);
                return error_errno(e, r, "pidfd of the priming process");
        }
        r = job_watch(j);
        if (r < 0)
                return error_errno(e, r, "watching the priming process");
        *ret = TAKE_PTR(j);
        return 0;
}
