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
#include "redirect-hook.h"
#include "redirect-object.h"
#include "redirect-programs.h"

typedef struct ProgramPlace {
        RedirectHook hook;
        PairSide side;
} ProgramPlace;

/* In the order of attaching: the standby is silent before anything else happens. */
static const ProgramPlace places[] = {
        { { "egress_standby", BPF_TC_EGRESS, ATTACH_TCX_EGRESS }, SIDE_STANDBY },
        { { "ingress_standby", BPF_TC_INGRESS, ATTACH_TCX_INGRESS }, SIDE_STANDBY },
        { { "ingress_primary", BPF_TC_INGRESS, ATTACH_TCX_INGRESS }, SIDE_PRIMARY },
        { { "egress_primary", BPF_TC_EGRESS, ATTACH_TCX_EGRESS }, SIDE_PRIMARY },
};

/* On the ports of a bond. */
static const ProgramPlace bond_places[] = {
        { { "bond_ingress_standby", BPF_TC_INGRESS, ATTACH_TCX_INGRESS }, SIDE_STANDBY },
        { { "bond_ingress_primary", BPF_TC_INGRESS, ATTACH_TCX_INGRESS }, SIDE_PRIMARY },
        { { "bond_egress_primary", BPF_TC_EGRESS, ATTACH_TCX_EGRESS }, SIDE_PRIMARY },
        { { "bond_egress_standby", BPF_TC_EGRESS, ATTACH_TCX_EGRESS }, SIDE_STANDBY },
};
static_assert(ELEMENTSOF(bond_places) == ELEMENTSOF(places), "two for each adapter");

/* On the ports of a link aggregate. */
static const ProgramPlace aggregate_places[] = {
        { { "aggregate_ingress_standby", BPF_TC_INGRESS, ATTACH_TCX_INGRESS }, SIDE_STANDBY },
        { { "aggregate_ingress_primary", BPF_TC_INGRESS, ATTACH_TCX_INGRESS }, SIDE_PRIMARY },
        { { "aggregate_egress_primary", BPF_TC_EGRESS, ATTACH_TCX_EGRESS }, SIDE_PRIMARY },
        { { "aggregate_egress_standby", BPF_TC_EGRESS, ATTACH_TCX_EGRESS }, SIDE_STANDBY },
};
static_assert(ELEMENTSOF(aggregate_places) == ELEMENTSOF(places), "two for each adapter");

/* For devices that come later: on top of the primary, and into the bond if there is one. */
static const char *const later[] = { REDIRECT_PROGRAM_UPPER, REDIRECT_PROGRAM_OTHER };

static const struct {
        const ProgramPlace *places;
        size_t n_later; /* the first so many of them */
} kinds[_REDIRECT_KIND_MAX] = {
        [REDIRECT_KIND_REDIRECT] = { places, 1 },
        [REDIRECT_KIND_BOND] = { bond_places, ELEMENTSOF(later) },
        [REDIRECT_KIND_AGGREGATE] = { aggregate_places, 0 },
};

static const ProgramPlace *places_of(const RedirectPrograms *r) {
        return kinds[r->config.kind].places;
}

static size_t n_later(const RedirectPrograms *r) {
        return kinds[r->config.kind].n_later;
}

static const char *const map_names[_REDIRECT_MAP_MAX] = {
        [REDIRECT_MAP_STATE] = "state",
        [REDIRECT_MAP_CONFIG] = "config",
        [REDIRECT_MAP_ADDRESS] = "address",
        [REDIRECT_MAP_COUNTERS] = "counters",
        [REDIRECT_MAP_LEDGER] = "ledger",
        [REDIRECT_MAP_UPPER] = "upper",
};

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

static void pin_path(char buffer[static REDIRECT_PIN_MAX], const RedirectPrograms *r, const char *prefix,
                const char *name) {
        snprintf(buffer, REDIRECT_PIN_MAX, "%s/%s%s", r->directory, prefix, name);
}

void redirect_programs_pin(
                char buffer[static REDIRECT_PIN_MAX], const RedirectPrograms *r, const char *program) {
        pin_path(buffer, r, "program_", program);
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
        char path[REDIRECT_PIN_MAX];
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
                        r->config.abi != REDIRECT_ABI || r->config.kind >= _REDIRECT_KIND_MAX)
                return -ENOENT;
        return 0;
}

/* The other kinds of pair have no use for them, and each takes a millisecond to be verified. */
static bool is_needed(const RedirectPrograms *r, const char *program) {
        for (size_t i = 0; i < n_later(r); i++)
                if (streq(program, later[i]))
                        return true;
        for (size_t i = 0; i < ELEMENTSOF(places); i++)
                if (streq(program, places_of(r)[i].hook.program))
                        return true;
        return false;
}

/* Loads the object: with maps in r its programs, which use those; else r gets new maps, and the programs, whose
 * verification takes most of the time, are left for later. */
static int load_object(RedirectPrograms *r, struct bpf_object **ret, Error *e) {
        LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "primed");
        bool reuse = r->map[REDIRECT_MAP_STATE] >= 0;
        struct bpf_program *program;
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
        bpf_object__for_each_program(program, object)
                        bpf_program__set_autoload(program, reuse && is_needed(r, bpf_program__name(program)));
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

static RedirectPlace place_of(const RedirectPrograms *r, const SteeringParameters *p, const ProgramPlace *place,
                char pin[static REDIRECT_PIN_MAX]) {
        pin_path(pin, r, "link_", place->hook.program);
        return (RedirectPlace){ .hook = &place->hook, .ifindex = p->ifindex[place->side], .pin = pin };
}

static int attach_program(RedirectPrograms *r, const SteeringParameters *p, const ProgramPlace *place,
                struct bpf_object *object, Error *e) {
        const char *name = place->hook.program;
        char pin[REDIRECT_PIN_MAX];
        RedirectPlace where = place_of(r, p, place, pin);
        int k;

        k = redirect_hook_attach(&where, bpf_program__fd(bpf_object__find_program_by_name(object, name)),
                        &r->config.undo_clsact[place->side]);
        if (k < 0)
                return error_errno(
                                e, k, "Cannot attach %s to %s (%s)", name, p->name[place->side], libbpf_words);
        return 0;
}

/* A pin is replaced in one step, so that a crash in between leaves the old one or the new to be found. */
static int replace_pin(const RedirectPrograms *r, int fd, const char *prefix, const char *name, Error *e) {
        char path[REDIRECT_PIN_MAX], fresh[REDIRECT_PIN_MAX];

        pin_path(path, r, prefix, name);
        pin_path(fresh, r, "new_", name);
        if (unlink(fresh) < 0 && errno != ENOENT)
                return error_errno(e, -errno, "Cannot remove %s", fresh);
        if (bpf_obj_pin(fd, fresh) < 0)
                return error_errno(e, -errno, "Cannot pin %s", fresh);
        if (rename(fresh, path) < 0)
                return error_errno(e, -errno, "Cannot replace %s", path);
        return 0;
}

static int pin_maps(const RedirectPrograms *r, Error *e) {
        int k = 0;

        for (RedirectMap m = 0; k >= 0 && m < _REDIRECT_MAP_MAX; m++)
                k = replace_pin(r, r->map[m], "", map_names[m], e);
        return k;
}

static int pin_later(const RedirectPrograms *r, struct bpf_object *object, Error *e) {
        int k = 0;

        for (size_t i = 0; k >= 0 && i < n_later(r); i++)
                k = replace_pin(r, bpf_program__fd(bpf_object__find_program_by_name(object, later[i])),
                                "program_", later[i], e);
        return k;
}

bool redirect_programs_pins_exist(const RedirectPrograms *r) {
        char pin[REDIRECT_PIN_MAX];

        for (RedirectMap m = 0; m < _REDIRECT_MAP_MAX; m++) {
                pin_path(pin, r, "", map_names[m]);
                if (access(pin, F_OK) < 0)
                        return false;
        }
        for (size_t i = 0; i < n_later(r); i++) {
                redirect_programs_pin(pin, r, later[i]);
                if (access(pin, F_OK) < 0)
                        return false;
        }
        return true;
}

const char *redirect_programs_find_missing(const RedirectPrograms *r, const SteeringParameters *p) {
        static char words[REDIRECT_PIN_MAX + 32];
        char pin[REDIRECT_PIN_MAX];

        for (size_t i = 0; i < ELEMENTSOF(places); i++) {
                const ProgramPlace *place = &places_of(r)[i];
                RedirectPlace where = place_of(r, p, place, pin);

                if (redirect_hook_find(&where) == 0) {
                        snprintf(words, sizeof(words), "the program %s on %s", place->hook.program,
                                        p->name[place->side]);
                        return words;
                }
        }
        if (redirect_programs_pins_exist(r))
                return NULL;
        snprintf(words, sizeof(words), "files in %s", r->directory);
        return words;
}

int redirect_programs_attach(RedirectPrograms *r, const SteeringParameters *p, Error *e) {
        uint64_t hash = object_hash();
        struct bpf_object *object = NULL;
        int k;

        if (r->config.program_hash == hash && r->pinned && !redirect_programs_find_missing(r, p))
                return 0;
        k = load_object(r, &object, e);
        for (size_t i = 0; k >= 0 && i < ELEMENTSOF(places); i++)
                k = attach_program(r, p, &places_of(r)[i], object, e);
        if (k >= 0)
                k = pin_later(r, object, e);
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

int redirect_programs_mend(RedirectPrograms *r, const SteeringParameters *p, Error *e) {
        int k = make_directory(r, p, e);

        r->pinned = false;
        return k < 0 ? k : redirect_programs_attach(r, p, e);
}

int redirect_programs_detach(RedirectPrograms *r, const SteeringParameters *p, Error *e) {
        char path[REDIRECT_PIN_MAX];
        int result = 0, k;

        /* The standby's ingress last: its stack hears nothing while the others go. */
        for (size_t i = ELEMENTSOF(places); i-- > 0;) {
                RedirectPlace where = place_of(r, p, &places_of(r)[i], path);

                k = redirect_hook_detach(&where);
                if (k < 0 && k != -ENODEV && result == 0)
                        result = error_errno(e, k, "Cannot detach %s from %s", places_of(r)[i].hook.program,
                                        p->name[places_of(r)[i].side]);
        }
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                if (!r->config.undo_clsact[side])
                        continue;
                k = redirect_hook_remove_clsact(p->ifindex[side]);
                if (k < 0 && k != -ENODEV && result == 0)
                        result = error_errno(e, k, "Cannot remove the clsact qdisc from %s", p->name[side]);
        }
        for (size_t i = 0; i < ELEMENTSOF(later); i++) {
                redirect_programs_pin(path, r, later[i]);
                unlink(path);
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

int redirect_programs_get_steering_counters(const RedirectPrograms *r, SteeringCounters *ret) {
        struct redirect_counters counters;
        SteeringCounters c = {};
        int k = redirect_programs_get_counters(r, &counters);

        if (k < 0)
                return k;
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                c.ingress_unicast[side] = counters.ingress_unicast[side];
                c.ingress_group[side] = counters.ingress_group[side];
                c.ingress_discarded[side] = counters.ingress_discarded[side];
                c.egress[side] = counters.egress[side];
        }
        *ret = c;
        return 0;
}

/* A store only where there is something to take back, since it takes the line from the processors that receive.
 */
static bool take_flag(uint32_t *flag) {
        bool set = __atomic_load_n(flag, __ATOMIC_RELAXED);

        if (set)
                __atomic_store_n(flag, 0, __ATOMIC_RELAXED);
        return set;
}

SteeringTraffic redirect_programs_take_traffic(RedirectPrograms *r, PairSide side) {
        return (SteeringTraffic){
                .received = take_flag(r->state->received + side),
                .sent = take_flag(r->state->sent + side),
        };
}
