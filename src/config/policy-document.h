/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One policy file as a bounded tree of nodes that know their places. Refuses here, once, what YAML has and a
 * policy must not: aliases, anchors, tags, duplicate keys (libyaml takes the last silently), several documents,
 * deep nesting, bad UTF-8. */

#include "policy-diagnostics.h"

#define POLICY_FILE_MAX  (256 * 1024) /* bytes */
#define POLICY_DEPTH_MAX 8            /* the deepest key needs 6 */
#define POLICY_NODES_MAX 8192

typedef struct PolicyMark {
        unsigned line, column; /* from 1 */
} PolicyMark;

/* The file being read: what errors need. */
typedef struct PolicySource {
        const char *file;
        const char *text; /* size bytes, not terminated */
        size_t size;
        PolicyDiagnostics *diagnostics;
        size_t n_errors;
        int r; /* -ENOMEM sticks; bad input does not count */
} PolicySource;

typedef enum PolicyNodeKind {
        POLICY_SCALAR,
        POLICY_LIST,
        POLICY_MAPPING,
        POLICY_BROKEN, /* was told already; readers pass over it */
        _POLICY_NODE_KIND_MAX,
        _POLICY_NODE_KIND_INVALID = -EINVAL,
} PolicyNodeKind;

typedef struct PolicyNode PolicyNode;
struct PolicyNode {
        PolicyNodeKind kind;
        PolicyMark mark;
        char *key; /* of a member of a mapping */
        PolicyMark key_mark;
        bool duplicate; /* of an earlier member; was told */
        char *text;     /* of a scalar */
        bool plain;     /* not in quotes */
        PolicyNode *first, *last, *next;
};

PolicyNode *policy_node_free(PolicyNode *n);
DEFINE_CLEANUP(PolicyNode *, policy_node_free);

/* "", "~" or "null" without quotes. */
bool policy_node_is_null(const PolicyNode *n);

/* A member of a mapping, or NULL. */
const PolicyNode *policy_node_find(const PolicyNode *mapping, const char *key);

/* "a mapping", "a list", "nothing" or the text in quotes, for messages; long texts are cut. */
#define POLICY_NODE_TEXT_MAX 48
const char *policy_node_describe(const PolicyNode *n, char buffer[static POLICY_NODE_TEXT_MAX]);

/* Adds an error; the last one of a file that has too many says so. */
void policy_source_error(PolicySource *s, PolicyMark mark, const char *format, ...) _printf_(3, 4);

/* Reads the text into a tree; NULL when the file is empty, or when nothing sensible can be read any more (which
 * was told). */
PolicyNode *policy_document_read(PolicySource *s);
