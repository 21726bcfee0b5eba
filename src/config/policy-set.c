/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-set.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "alloc-util.h"
#include "policy-document.h"
#include "policy-parser.h"

#define POLICY_FILES_MAX 1024

const char *const policy_directories[] = {
        "/etc/primed/policy.d",
        "/run/primed/policy.d",
        "/usr/local/lib/primed/policy.d",
        "/usr/lib/primed/policy.d",
        NULL,
};

/* A file of a drop-in directory; rank is its directory's place in the search path. */
typedef struct DropIn {
        char *path;
        const char *name; /* within path */
        size_t rank;
} DropIn;

typedef struct DropIns {
        DropIn *items;
        size_t n_items;
} DropIns;

PolicySet *policy_set_free(PolicySet *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->n_files; i++)
                free(s->files[i]);
        free(s->files);
        free(s->policies);
        free(s);
        return NULL;
}

const PairPolicy *policy_set_find(const PolicySet *s, const char *name) {
        for (size_t i = 0; i < s->n_policies; i++)
                if (streq(s->policies[i].name, name))
                        return s->policies + i;
        return NULL;
}

static void drop_ins_done(DropIns *d) {
        for (size_t i = 0; i < d->n_items; i++)
                free(d->items[i].path);
        free(d->items);
        *d = (DropIns){};
}

static int file_error(PolicyDiagnostics *d, PolicySeverity severity, const char *file, const char *text) {
        return policy_diagnostics_add(d, severity, file, 0, 0, NULL, 0, text);
}

static bool has_suffix(const char *s, const char *suffix) {
        size_t n = strlen(s), m = strlen(suffix);

        return n > m && streq(s + n - m, suffix);
}

static int drop_ins_add(DropIns *drop_ins, const char *directory, const char *name, size_t rank) {
        DropIn *items = reallocarray(drop_ins->items, drop_ins->n_items + 1, sizeof(*items));
        char *path;

        if (!items)
                return -ENOMEM;
        drop_ins->items = items;
        if (asprintf(&path, "%s/%s", directory, name) < 0)
                return -ENOMEM;
        items[drop_ins->n_items++] = (DropIn){
                .path = path, .name = path + strlen(directory) + 1, .rank = rank
        };
        return 0;
}

static int list_entry(
                DropIns *drop_ins, const char *directory, const char *name, size_t rank, PolicyDiagnostics *d) {
        char text[512];

        if (*name == '.')
                return 0;
        if (has_suffix(name, ".yml")) {
                snprintf(text, sizeof(text), "'%s' is ignored, a policy file is named *.yaml", name);
                return file_error(d, POLICY_WARNING, directory, text);
        }
        if (!has_suffix(name, ".yaml"))
                return 0;
        if (drop_ins->n_items == POLICY_FILES_MAX) {
                snprintf(text, sizeof(text), "more than %d policy files", POLICY_FILES_MAX);
                return file_error(d, POLICY_ERROR, directory, text);
        }
        return drop_ins_add(drop_ins, directory, name, rank);
}

static int list_directory(DropIns *drop_ins, const char *directory, size_t rank, PolicyDiagnostics *d) {
        DIR *dir = opendir(directory);
        int r = 0;

        if (!dir)
                return errno == ENOENT ? 0 : file_error(d, POLICY_ERROR, directory, strerror(errno));
        while (r == 0) {
                const struct dirent *entry;

                errno = 0;
                entry = readdir(dir);
                if (!entry) {
                        if (errno != 0)
                                r = file_error(d, POLICY_ERROR, directory, strerror(errno));
                        break;
                }
                r = list_entry(drop_ins, directory, entry->d_name, rank, d);
        }
        closedir(dir);
        return r;
}

static int drop_in_compare(const void *a, const void *b) {
        const DropIn *x = a, *y = b;
        int order = strcmp(x->name, y->name);

        return order ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

static bool is_dev_null(const struct stat *st) {
        return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* Reads at most POLICY_FILE_MAX + 1 bytes, so that the reader sees that it is too large. 1: it is a mask. */
static int read_file(const char *path, bool named, char **ret, size_t *ret_size) {
        /* not to hang on a FIFO, which is refused below */
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (is_dev_null(&st) || (!named && S_ISREG(st.st_mode) && st.st_size == 0))
                return 1;
        if (!S_ISREG(st.st_mode))
                return S_ISDIR(st.st_mode) ? -EISDIR : -EBADF;
        text = new0(char, POLICY_FILE_MAX + 1);
        if (!text)
                return -ENOMEM;
        while (size <= POLICY_FILE_MAX) {
                ssize_t n = read(fd, text + size, POLICY_FILE_MAX + 1 - size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                size += (size_t) n;
        }
        *ret = TAKE_PTR(text);
        *ret_size = size;
        return 0;
}

static int set_add_file(PolicySet *set, const char *path) {
        char **files = reallocarray(set->files, set->n_files + 1, sizeof(*files));

        if (!files)
                return -ENOMEM;
        set->files = files;
        files[set->n_files] = strdup(path);
        if (!files[set->n_files])
                return -ENOMEM;
        set->n_files++;
        return 0;
}

static int take_file(PolicySet *set, const char *path, bool named, PolicyDrafts *drafts, PolicyDiagnostics *d) {
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        int r;

        r = read_file(path, named, &text, &size);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return file_error(d, POLICY_ERROR, path, r == -EBADF ? "not a regular file" : strerror(-r));
        if (r > 0)
                return 0;
        r = set_add_file(set, path);
        return r < 0 ? r : policy_parse(path, text, size, drafts, d);
}

static int set_take_drafts(PolicySet *set, const PolicyDrafts *drafts) {
        if (drafts->n_items == 0)
                return 0;
        set->policies = new0(PairPolicy, drafts->n_items);
        if (!set->policies)
                return -ENOMEM;
        for (size_t i = 0; i < drafts->n_items; i++)
                set->policies[i] = drafts->items[i].policy;
        set->n_policies = drafts->n_items;
        return 0;
}

static int load_paths(const char *const *paths, size_t n, bool named, PolicySet **ret, PolicyDiagnostics *d) {
        _cleanup_(policy_set_freep) PolicySet *set = new0(PolicySet, 1);
        _cleanup_(policy_drafts_done) PolicyDrafts drafts = {};
        int r;

        if (!set)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                r = take_file(set, paths[i], named, &drafts, d);
                if (r < 0)
                        return r;
        }
        if (d->n_errors > 0)
                return -EBADMSG;
        r = set_take_drafts(set, &drafts);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(set);
        return 0;
}

/* Sorts, and leaves of each name only the one of the first directory. */
static size_t drop_ins_resolve(DropIns *drop_ins, const char **ret_paths) {
        size_t n = 0;

        if (drop_ins->n_items > 0)
                qsort(drop_ins->items, drop_ins->n_items, sizeof(*drop_ins->items), drop_in_compare);
        for (size_t i = 0; i < drop_ins->n_items; i++)
                if (i == 0 || !streq(drop_ins->items[i].name, drop_ins->items[i - 1].name))
                        ret_paths[n++] = drop_ins->items[i].path;
        return n;
}

int policy_set_load(const char *const *directories, PolicySet **ret, PolicyDiagnostics *ret_diagnostics) {
        _cleanup_(drop_ins_done) DropIns drop_ins = {};
        _cleanup_free_ const char **paths = NULL;

        *ret_diagnostics = (PolicyDiagnostics){};
        for (size_t i = 0; directories[i]; i++) {
                int r = list_directory(&drop_ins, directories[i], i, ret_diagnostics);

                if (r < 0)
                        return r;
        }
        paths = new0(const char *, drop_ins.n_items + 1);
        if (!paths)
                return -ENOMEM;
        return load_paths(paths, drop_ins_resolve(&drop_ins, paths), false, ret, ret_diagnostics);
}

int policy_set_load_files(
                const char *const *files, size_t n, PolicySet **ret, PolicyDiagnostics *ret_diagnostics) {
        *ret_diagnostics = (PolicyDiagnostics){};
        return load_paths(files, n, true, ret, ret_diagnostics);
}

int policy_set_load_file(const char *file, PolicySet **ret, PolicyDiagnostics *ret_diagnostics) {
        return policy_set_load_files(&file, 1, ret, ret_diagnostics);
}
