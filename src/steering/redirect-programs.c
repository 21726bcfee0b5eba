/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "alloc-util.h"
#include "own-filter.h"
#include "redirect-object.h"
#include "redirect-programs.h"

/* include/uapi/linux/bpf.h since Linux 6.6; older headers lack them. */
#define ATTACH_TCX_INGRESS 46
#define ATTACH_TCX_EGRESS  47
#define LINK_TYPE_TCX      11

typedef struct Hook {
        const char *program;
        PairSide side;
        enum bpf_tc_attach_point point;
        int link_type;
} Hook;

/* In the order of attaching: the standby is silent before anything else happens. */
static const Hook hooks[] = {
        { "egress_standby", SIDE_STANDBY, BPF_TC_EGRESS, ATTACH_TCX_EGRESS },
        { "ingress_standby", SIDE_STANDBY, BPF_TC_INGRESS, ATTACH_TCX_INGRESS },
        { "ingress_primary", SIDE_PRIMARY, BPF_TC_INGRESS, ATTACH_TCX_INGRESS },
        { "egress_primary", SIDE_PRIMARY, BPF_TC_EGRESS, ATTACH_TCX_EGRESS },
};

static const char *const map_names[_REDIRECT_MAP_MAX] = {
        [REDIRECT_MAP_STATE] = "state",
        [REDIRECT_MAP_CONFIG] = "config",
        [REDIRECT_MAP_ADDRESS] = "address",
        [REDIRECT_MAP_COUNTERS] = "counters",
        [REDIRECT_MAP_LEDGER] = "ledger",
};

bool redirect_programs_without_tcx = false;

/* What libbpf would print; the last line of it goes into errors. */
static char libbpf_words[200];

_printf_(2, 0) static int keep_words(enum libbpf_print_level level, const char *format, va_list ap) {
        if (level == LIBBPF_WARN) {
                vsnprintf(libbpf_words, sizeof(libbpf_words), format, ap);
                libbpf_words[strcspn(libbpf_words, "\n")] = '\0';
        }
        return 0;
}

/* FNV-1a: tells one version of the programs from another, nothing more. */
static uint64_t object_hash(void) {
        uint64_t hash = 0xcbf29ce484222325ull;

        for (size_t i = 0; i < sizeof(redirect_object); i++)
                hash = (hash ^ redirect_object[i]) * 0x100000001b3ull;
        return hash;
}

static void pin_path(char buffer[static 320], const RedirectPrograms *r, const char *prefix, const char *name) {
        snprintf(buffer, 320, "%s/%s%s", r->directory, prefix, name);
}

static bool on_bpffs(const char *path) {
        struct statfs fs;

        return statfs(path, &fs) == 0 && (uint64_t) fs.f_type == BPF_FS_MAGIC;
}

/* <bpf_directory>/<pair>, both made when missing. bpffs forbids dots in names, pair names have no colons. */
static int make_directory(RedirectPrograms *r, const SteeringParameters *p, Error *e) {
        char *dot;
        int n;

        if (mkdir(p->bpf_directory, 0700) < 0 && errno != EEXIST)
                return error_set(e, ERROR_FAILED, -errno,
                                "Cannot make %s (%s): mount a BPF file system above it (mount -t bpf bpf "
                                "/sys/fs/bpf)",
                                p->bpf_directory, strerror(errno));
        if (!on_bpffs(p->bpf_directory))
                return error_set(e, ERROR_FAILED, -ENOTDIR,
                                "%s is not on a BPF file system: mount one there or above (mount -t bpf bpf "
                                "/sys/fs/bpf)",
                                p->bpf_directory);
        n = snprintf(r->directory, sizeof(r->directory), "%s/%s", p->bpf_directory, p->pair);
        if (n < 0 || (size_t) n >= sizeof(r->directory))
                return error_set(e, ERROR_INVALID_ARGUMENT, -ENAMETOOLONG, "%s is too long a directory",
                                p->bpf_directory);
        for (dot = r->directory + strlen(p->bpf_directory) + 1; (dot = strchr(dot, '.'));)
                *dot = ':';
        if (mkdir(r->directory, 0700) < 0 && errno != EEXIST)
                return error_errno(e, -errno, "Cannot make %s", r->directory);
        return 0;
}

static void close_maps(RedirectPrograms *r) {
        if (r->state)
                munmap(r->state, (size_t) sysconf(_SC_PAGESIZE));
        r->state = NULL;
        for (RedirectMap m = 0; m < _REDIRECT_MAP_MAX; m++) {
                closep(&r->map[m]);
                r->map[m] = -EBADF;
        }
}

static int map_state(RedirectPrograms *r) {
        void *memory = mmap(NULL, (size_t) sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
                        r->map[REDIRECT_MAP_STATE], 0);

        if (memory == MAP_FAILED)
                return -errno;
        r->state = memory;
        return 0;
}

/* All maps of an earlier process, if they have our layout; -ENOENT otherwise, with the path that they hold. */
static int find_maps(RedirectPrograms *r, uint32_t *ret_path) {
        uint32_t value_size[] = { sizeof(struct redirect_state), sizeof(struct redirect_config) };
        struct bpf_map_info info = {};
        uint32_t key = 0;
        char path[320];
        int r2 = 0;

        *ret_path = 0;
        for (RedirectMap m = 0; m < _REDIRECT_MAP_MAX; m++) {
                pin_path(path, r, "", map_names[m]);
                r->map[m] = bpf_obj_get(path);
                if (r->map[m] < 0)
                        r2 = -ENOENT;
        }
        if (r->map[REDIRECT_MAP_STATE] >= 0 && map_state(r) >= 0)
                *ret_path = redirect_programs_get_mode(r) &
                                (REDIRECT_INGRESS_STANDBY | REDIRECT_EGRESS_STANDBY);
        if (r2 < 0)
                return r2;
        for (RedirectMap m = REDIRECT_MAP_STATE; m <= REDIRECT_MAP_CONFIG; m++) {
                uint32_t size = sizeof(info);

                if (bpf_obj_get_info_by_fd(r->map[m], &info, &size) < 0 || info.value_size != value_size[m])
                        return -ENOENT;
        }
        if (!r->state || bpf_map_lookup_elem(r->map[REDIRECT_MAP_CONFIG], &key, &r->config) < 0 ||
                        r->config.abi != REDIRECT_ABI)
                return -ENOENT;
        return 0;
}

/* Loads the object; with maps in r it uses those, else r gets the new ones. */
static int load_object(RedirectPrograms *r, struct bpf_object **ret, Error *e) {
        LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "primed");
        bool reuse = r->map[REDIRECT_MAP_STATE] >= 0;
        struct bpf_object *object;
        int k;

        libbpf_words[0] = '\0';
        object = bpf_object__open_mem(redirect_object, sizeof(redirect_object), &options);
        if (!object)
                return error_errno(e, -errno, "Cannot read the steering programs");
        for (RedirectMap m = 0; reuse && m < _REDIRECT_MAP_MAX; m++) {
                k = bpf_map__reuse_fd(bpf_object__find_map_by_name(object, map_names[m]), r->map[m]);
                if (k < 0) {
                        bpf_object__close(object);
                        return error_errno(e, k, "Cannot use the map %s again", map_names[m]);
                }
        }
        k = bpf_object__load(object);
        if (k < 0) {
                bpf_object__close(object);
                return error_errno(e, k, "The kernel refuses the steering programs (%s)", libbpf_words);
        }
        for (RedirectMap m = 0; !reuse && m < _REDIRECT_MAP_MAX; m++)
                r->map[m] = fcntl(bpf_object__find_map_fd_by_name(object, map_names[m]), F_DUPFD_CLOEXEC, 3);
        *ret = object;
        return 0;
}

static int new_maps(RedirectPrograms *r, uint32_t path, Error *e) {
        struct bpf_object *object;
        int k;

        close_maps(r);
        k = load_object(r, &object, e);
        if (k < 0)
                return k;
        bpf_object__close(object);
        k = map_state(r);
        if (k < 0)
                return error_errno(e, k, "Cannot map the steering state");
        r->config = (struct redirect_config){ .abi = REDIRECT_ABI };
        if (getrandom(&r->config.seed, sizeof(r->config.seed), GRND_NONBLOCK) < 0)
                r->config.seed = 0; /* early at boot: the ledger then has a well-known seed */
        redirect_programs_set_mode(r, path ? path : REDIRECT_GUARD);
        return 0;
}

int redirect_programs_open(RedirectPrograms *ret, const SteeringParameters *p, Error *e) {
        RedirectPrograms r = {};
        uint32_t path;
        int k;

        libbpf_set_print(keep_words);
        for (RedirectMap m = 0; m < _REDIRECT_MAP_MAX; m++)
                r.map[m] = -EBADF;
        k = libbpf_num_possible_cpus();
        if (k < 0)
                return error_errno(e, k, "Cannot count the CPUs");
        r.cpus = (unsigned) k;
        k = make_directory(&r, p, e);
        if (k < 0)
                return k;
        k = find_maps(&r, &path);
        if (k >= 0) {
                r.pinned = true;
                *ret = r;
                return 1;
        }
        k = new_maps(&r, path, e);
        if (k < 0) {
                redirect_programs_done(&r);
                return k;
        }
        *ret = r;
        return 0;
}

int redirect_programs_store_config(RedirectPrograms *r, Error *e) {
        uint32_t key = 0;

        if (bpf_map_update_elem(r->map[REDIRECT_MAP_CONFIG], &key, &r->config, BPF_ANY) < 0)
                return error_errno(e, -errno, "Cannot configure the steering programs");
        return 0;
}

/* The link of an earlier process, when it still holds on to the adapter: its fd. */
static int find_link(const RedirectPrograms *r, const Hook *hook, int ifindex) {
        struct bpf_link_info info = {};
        uint32_t size = sizeof(info);
        char path[320];
        int fd;

        pin_path(path, r, "link_", hook->program);
        fd = bpf_obj_get(path);
        if (fd < 0)
                return -ENOENT;
        /* info.tcx has the interface index first, as info.xdp has; Debian 12's header knows only the latter. */
        if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0 || (int) info.type != LINK_TYPE_TCX ||
                        (int) info.xdp.ifindex != ifindex) {
                unlink(path);
                close(fd);
                return -ENOENT;
        }
        return fd;
}

static bool filter_exists(const Hook *hook, int ifindex) {
        LIBBPF_OPTS(bpf_tc_hook, where, .ifindex = ifindex, .attach_point = hook->point);
        LIBBPF_OPTS(bpf_tc_opts, filter, .handle = OWN_FILTER_HANDLE, .priority = OWN_FILTER_PRIORITY);

        return bpf_tc_query(&where, &filter) == 0;
}

static int attach_link(RedirectPrograms *r, const Hook *hook, int ifindex, int program) {
        _cleanup_close_ int fd = find_link(r, hook, ifindex);
        char path[320];

        if (fd >= 0)
                return bpf_link_update(fd, program, NULL) < 0 ? -errno : 0;
        if (redirect_programs_without_tcx)
                return -EINVAL;
        fd = bpf_link_create(program, ifindex, (enum bpf_attach_type) hook->link_type, NULL);
        if (fd < 0)
                return -errno;
        pin_path(path, r, "link_", hook->program);
        return bpf_obj_pin(fd, path) < 0 ? -errno : 0;
}

static int attach_filter(RedirectPrograms *r, const Hook *hook, int ifindex, int program) {
        LIBBPF_OPTS(bpf_tc_hook, qdisc, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
        LIBBPF_OPTS(bpf_tc_hook, where, .ifindex = ifindex, .attach_point = hook->point);
        LIBBPF_OPTS(bpf_tc_opts, filter, .handle = OWN_FILTER_HANDLE, .priority = OWN_FILTER_PRIORITY,
                        .prog_fd = program, .flags = BPF_TC_F_REPLACE);
        int k = bpf_tc_hook_create(&qdisc);

        if (k == 0)
                r->config.undo_clsact[hook->side] = 1;
        else if (k != -EEXIST)
                return k;
        return bpf_tc_attach(&where, &filter);
}

static int attach_hook(
                RedirectPrograms *r, const SteeringParameters *p, const Hook *hook, int program, Error *e) {
        int ifindex = p->ifindex[hook->side], k = -EINVAL;

        if (!filter_exists(hook, ifindex)) {
                k = attach_link(r, hook, ifindex, program);
                r->tcx = k == 0;
                /* EINVAL is what a kernel before 6.6 says to an attach type it does not know. */
                if (k < 0 && k != -EINVAL && k != -EOPNOTSUPP)
                        return error_errno(e, k, "Cannot attach %s to %s", hook->program, p->name[hook->side]);
        }
        if (k < 0)
                k = attach_filter(r, hook, ifindex, program);
        if (k < 0)
                return error_errno(e, k, "Cannot attach %s to %s (%s)", hook->program, p->name[hook->side],
                                libbpf_words);
        return 0;
}

/* Each pin is replaced in one step, so that a crash in between leaves the old path or the new to be found. */
static int pin_maps(const RedirectPrograms *r, Error *e) {
        char path[320], fresh[320];

        for (RedirectMap m = 0; m < _REDIRECT_MAP_MAX; m++) {
                pin_path(path, r, "", map_names[m]);
                pin_path(fresh, r, "new_", map_names[m]);
                if (unlink(fresh) < 0 && errno != ENOENT)
                        return error_errno(e, -errno, "Cannot remove %s", fresh);
                if (bpf_obj_pin(r->map[m], fresh) < 0)
                        return error_errno(e, -errno, "Cannot pin %s", fresh);
                if (rename(fresh, path) < 0)
                        return error_errno(e, -errno, "Cannot replace %s", path);
        }
        return 0;
}

static bool all_attached(RedirectPrograms *r, const SteeringParameters *p) {
        for (size_t i = 0; i < ELEMENTSOF(hooks); i++) {
                int ifindex = p->ifindex[hooks[i].side];
                _cleanup_close_ int fd = find_link(r, &hooks[i], ifindex);

                if (fd < 0 && !filter_exists(&hooks[i], ifindex))
                        return false;
                r->tcx = fd >= 0;
        }
        return true;
}

int redirect_programs_attach(RedirectPrograms *r, const SteeringParameters *p, Error *e) {
        uint64_t hash = object_hash();
        struct bpf_object *object;
        int k;

        if (r->config.program_hash == hash && all_attached(r, p))
                return 0;
        k = load_object(r, &object, e);
        for (size_t i = 0; k >= 0 && i < ELEMENTSOF(hooks); i++) {
                struct bpf_program *program = bpf_object__find_program_by_name(object, hooks[i].program);

                k = attach_hook(r, p, &hooks[i], bpf_program__fd(program), e);
        }
        if (k >= 0) {
                /* Last, since a crash before this is then set up again from the start. */
                r->config.program_hash = hash;
                k = redirect_programs_store_config(r, e);
        }
        if (k >= 0 && !r->pinned)
                k = pin_maps(r, e);
        r->pinned |= k >= 0;
        bpf_object__close(object);
        return k;
}

static int detach_hook(RedirectPrograms *r, const Hook *hook, int ifindex) {
        LIBBPF_OPTS(bpf_tc_hook, where, .ifindex = ifindex, .attach_point = hook->point);
        LIBBPF_OPTS(bpf_tc_opts, filter, .handle = OWN_FILTER_HANDLE, .priority = OWN_FILTER_PRIORITY);
        _cleanup_close_ int fd = find_link(r, hook, ifindex);
        char path[320];
        int k = 0;

        if (fd >= 0) {
                if (bpf_link_detach(fd) < 0)
                        k = -errno;
                pin_path(path, r, "link_", hook->program);
                unlink(path);
                return k;
        }
        if (filter_exists(hook, ifindex))
                k = bpf_tc_detach(&where, &filter);
        return k;
}

int redirect_programs_detach(RedirectPrograms *r, const SteeringParameters *p, Error *e) {
        char path[320];
        int result = 0, k;

        /* The standby's ingress last: its stack hears nothing while the others go. */
        for (size_t i = ELEMENTSOF(hooks); i-- > 0;) {
                k = detach_hook(r, &hooks[i], p->ifindex[hooks[i].side]);
                if (k < 0 && k != -ENODEV && result == 0)
                        result = error_errno(e, k, "Cannot detach %s from %s", hooks[i].program,
                                        p->name[hooks[i].side]);
        }
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                LIBBPF_OPTS(bpf_tc_hook, qdisc, .ifindex = p->ifindex[side],
                                .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);

                if (!r->config.undo_clsact[side])
                        continue;
                k = bpf_tc_hook_destroy(&qdisc);
                if (k < 0 && k != -ENODEV && result == 0)
                        result = error_errno(e, k, "Cannot remove the clsact qdisc from %s", p->name[side]);
        }
        for (RedirectMap m = 0; m < _REDIRECT_MAP_MAX; m++) {
                pin_path(path, r, "", map_names[m]);
                unlink(path);
        }
        rmdir(r->directory);
        return result;
}

void redirect_programs_done(RedirectPrograms *r) {
        close_maps(r);
}

int redirect_programs_get_counters(const RedirectPrograms *r, struct redirect_counters *ret) {
        _cleanup_free_ struct redirect_counters *cpu = new0(struct redirect_counters, r->cpus);
        struct redirect_counters sum = {};
        uint32_t key = 0;

        if (!cpu)
                return -ENOMEM;
        if (bpf_map_lookup_elem(r->map[REDIRECT_MAP_COUNTERS], &key, cpu) < 0)
                return -errno;
        for (unsigned i = 0; i < r->cpus; i++) {
                const uint64_t *from = (const uint64_t *) &cpu[i];
                uint64_t *to = (uint64_t *) &sum;

                for (size_t j = 0; j < sizeof(sum) / sizeof(uint64_t); j++)
                        to[j] += from[j];
        }
        *ret = sum;
        return 0;
}
