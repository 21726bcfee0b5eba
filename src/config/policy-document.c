/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-document.h"

#include <stdarg.h>
#include <yaml.h>

#include "alloc-util.h"
#include "string-table.h"

typedef struct PolicyReader {
        PolicySource *source;
        PolicyNode *root;
        PolicyNode *stack[POLICY_DEPTH_MAX]; /* the open lists and mappings */
        size_t depth;
        char *key; /* read, waiting for its value */
        PolicyMark key_mark;
        size_t n_nodes;
        size_t n_documents;
        bool stop;
        bool complete; /* the end was reached, so that what is missing is really missing */
} PolicyReader;

PolicyNode *policy_node_free(PolicyNode *n) {
        if (!n)
                return NULL;
        for (PolicyNode *child = n->first, *next; child; child = next) {
                next = child->next;
                policy_node_free(child); /* no deeper than POLICY_DEPTH_MAX */
        }
        free(n->key);
        free(n->text);
        free(n);
        return NULL;
}

bool policy_node_is_null(const PolicyNode *n) {
        static const char *const words[] = { "", "~", "null", "Null", "NULL" };

        return n->kind == POLICY_SCALAR && n->plain &&
                        string_table_lookup(words, ELEMENTSOF(words), n->text) >= 0;
}

const PolicyNode *policy_node_find(const PolicyNode *mapping, const char *key) {
        if (!mapping || mapping->kind != POLICY_MAPPING)
                return NULL;
        for (const PolicyNode *n = mapping->first; n; n = n->next)
                if (streq(n->key, key))
                        return n;
        return NULL;
}

const char *policy_node_describe(const PolicyNode *n, char buffer[static POLICY_NODE_TEXT_MAX]) {
        switch (n->kind) {
        case POLICY_LIST:
                return "a list";
        case POLICY_MAPPING:
                return "a mapping";
        case POLICY_SCALAR:
                if (policy_node_is_null(n))
                        return "nothing";
                snprintf(buffer, POLICY_NODE_TEXT_MAX, strlen(n->text) > 40 ? "'%.37s...'" : "'%s'", n->text);
                return buffer;
        case POLICY_BROKEN:
        case _POLICY_NODE_KIND_MAX:
        case _POLICY_NODE_KIND_INVALID:
                break;
        }
        return "something else";
}

void policy_source_error(PolicySource *s, PolicyMark mark, const char *format, ...) {
        char text[512];
        va_list ap;

        if (++s->n_errors > POLICY_ERRORS_PER_FILE + 1)
                return;
        if (s->n_errors > POLICY_ERRORS_PER_FILE)
                snprintf(text, sizeof(text), "more errors are not shown");
        else {
                va_start(ap, format);
                vsnprintf(text, sizeof(text), format, ap);
                va_end(ap);
        }
        if (policy_diagnostics_add(s->diagnostics, POLICY_ERROR, s->file, mark.line, mark.column, s->text,
                            s->size, text) < 0)
                s->r = -ENOMEM;
}

static PolicyMark mark_from_yaml(const yaml_mark_t *m) {
        return (PolicyMark){ .line = (unsigned) m->line + 1, .column = (unsigned) m->column + 1 };
}

/* The place of a byte, for what libyaml finds wrong before it counts lines: everything before is valid. */
static PolicyMark mark_from_offset(const PolicySource *s, size_t offset) {
        PolicyMark m = { 1, 1 };

        for (size_t i = 0; i < offset && i < s->size; i++)
                if (s->text[i] == '\n')
                        m = (PolicyMark){ m.line + 1, 1 };
                else if (((unsigned char) s->text[i] & 0xc0) != 0x80)
                        m.column++;
        return m;
}

static void reader_add(PolicyReader *r, PolicyNode *node) {
        PolicyNode *parent = r->depth > 0 ? r->stack[r->depth - 1] : NULL;

        if (!parent) {
                r->root = node;
                return;
        }
        if (parent->kind == POLICY_MAPPING) {
                const PolicyNode *twin = policy_node_find(parent, r->key);

                if (twin) {
                        policy_source_error(r->source, r->key_mark, "'%s' is given twice, first in line %u",
                                        r->key, twin->key_mark.line);
                        node->duplicate = true;
                }
                node->key = TAKE_PTR(r->key);
                node->key_mark = r->key_mark;
        }
        if (parent->last)
                parent->last->next = node;
        else
                parent->first = node;
        parent->last = node;
}

/* A new node in its place in the tree; NULL when there can be no more. */
static PolicyNode *reader_new_node(PolicyReader *r, PolicyNodeKind kind, const yaml_mark_t *mark) {
        PolicyNode *node;

        if (++r->n_nodes > POLICY_NODES_MAX) {
                policy_source_error(r->source, mark_from_yaml(mark), "more than %d values", POLICY_NODES_MAX);
                r->stop = true;
                return NULL;
        }
        node = new0(PolicyNode, 1);
        if (!node) {
                r->source->r = -ENOMEM;
                r->stop = true;
                return NULL;
        }
        node->kind = kind;
        node->mark = mark_from_yaml(mark);
        reader_add(r, node);
        return node;
}

static bool reader_wants_key(const PolicyReader *r) {
        return r->depth > 0 && r->stack[r->depth - 1]->kind == POLICY_MAPPING && !r->key;
}

/* True when the node may be read. */
static bool reader_check_properties(
                PolicyReader *r, const yaml_char_t *anchor, const yaml_char_t *tag, const yaml_mark_t *mark) {
        if (anchor)
                policy_source_error(r->source, mark_from_yaml(mark),
                                "anchors (&%s) are refused, write the value out where it is needed",
                                (const char *) anchor);
        if (tag)
                policy_source_error(r->source, mark_from_yaml(mark),
                                "tags (%s) are refused, write the plain value", (const char *) tag);
        return !anchor && !tag;
}

static void reader_scalar(PolicyReader *r, const yaml_event_t *event) {
        const char *value = (const char *) event->data.scalar.value;
        const yaml_mark_t *mark = &event->start_mark;
        char *text;
        bool good;

        good = reader_check_properties(r, event->data.scalar.anchor, event->data.scalar.tag, mark);
        if (good && strlen(value) != event->data.scalar.length) {
                policy_source_error(r->source, mark_from_yaml(mark), "a NUL character is refused");
                good = false;
        }
        text = strdup(value);
        if (!text) {
                r->source->r = -ENOMEM;
                r->stop = true;
        } else if (reader_wants_key(r)) {
                r->key = text;
                r->key_mark = mark_from_yaml(mark);
        } else {
                PolicyNode *node = reader_new_node(r, good ? POLICY_SCALAR : POLICY_BROKEN, mark);

                if (!node) {
                        free(text);
                        return;
                }
                node->text = text;
                node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        }
}

static void reader_alias(PolicyReader *r, const yaml_event_t *event) {
        policy_source_error(r->source, mark_from_yaml(&event->start_mark),
                        "aliases (*%s) are refused, write the value out",
                        (const char *) event->data.alias.anchor);
        if (reader_wants_key(r))
                r->stop = true;
        else
                reader_new_node(r, POLICY_BROKEN, &event->start_mark);
}

static void reader_open(PolicyReader *r, PolicyNodeKind kind, const yaml_char_t *anchor, const yaml_char_t *tag,
                const yaml_mark_t *mark) {
        PolicyNode *node;

        if (reader_wants_key(r)) {
                policy_source_error(r->source, mark_from_yaml(mark), "a key must be a word");
                r->stop = true;
                return;
        }
        if (r->depth == POLICY_DEPTH_MAX) {
                policy_source_error(r->source, mark_from_yaml(mark), "nested deeper than %d levels",
                                POLICY_DEPTH_MAX);
                r->stop = true;
                return;
        }
        (void) reader_check_properties(r, anchor, tag, mark);
        node = reader_new_node(r, kind, mark);
        if (node)
                r->stack[r->depth++] = node;
}

static void reader_document(PolicyReader *r, const yaml_event_t *event) {
        if (++r->n_documents > 1) {
                policy_source_error(r->source, mark_from_yaml(&event->start_mark),
                                "a second document begins here, a policy file is only one");
                r->stop = true;
        }
}

static void reader_take(PolicyReader *r, const yaml_event_t *event) {
        switch (event->type) {
        case YAML_DOCUMENT_START_EVENT:
                reader_document(r, event);
                break;
        case YAML_ALIAS_EVENT:
                reader_alias(r, event);
                break;
        case YAML_SCALAR_EVENT:
                reader_scalar(r, event);
                break;
        case YAML_SEQUENCE_START_EVENT:
                reader_open(r, POLICY_LIST, event->data.sequence_start.anchor, event->data.sequence_start.tag,
                                &event->start_mark);
                break;
        case YAML_MAPPING_START_EVENT:
                reader_open(r, POLICY_MAPPING, event->data.mapping_start.anchor, event->data.mapping_start.tag,
                                &event->start_mark);
                break;
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
                r->depth--;
                break;
        case YAML_STREAM_END_EVENT:
                r->stop = r->complete = true;
                break;
        case YAML_NO_EVENT:
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
                break;
        }
}

static char character_at(const PolicySource *s, PolicyMark mark) {
        PolicyMark m = { 1, 1 };

        for (size_t i = 0; i < s->size; i++) {
                if (m.line == mark.line && m.column == mark.column)
                        return s->text[i];
                if (s->text[i] == '\n')
                        m = (PolicyMark){ m.line + 1, 1 };
                else if (i + 1 < s->size && ((unsigned char) s->text[i + 1] & 0xc0) != 0x80)
                        m.column++;
        }
        return 0;
}

static void reader_yaml_error(PolicyReader *r, const yaml_parser_t *parser) {
        PolicySource *s = r->source;
        PolicyMark mark = mark_from_yaml(&parser->problem_mark);

        if (parser->error == YAML_MEMORY_ERROR)
                s->r = -ENOMEM;
        else if (parser->error == YAML_READER_ERROR)
                policy_source_error(s, mark_from_offset(s, parser->problem_offset), "not valid text: %s",
                                parser->problem);
        else if (character_at(s, mark) == '\t')
                policy_source_error(s, mark, "a tab cannot indent YAML, use spaces");
        else
                policy_source_error(s, mark, "not valid YAML: %s%s%s", parser->problem,
                                parser->context ? " " : "", parser->context ?: "");
}

PolicyNode *policy_document_read(PolicySource *s) {
        PolicyReader r = { .source = s };
        yaml_parser_t parser;

        if (s->size > POLICY_FILE_MAX) {
                policy_source_error(s, (PolicyMark){}, "larger than %d KiB", POLICY_FILE_MAX / 1024);
                return NULL;
        }
        if (!yaml_parser_initialize(&parser)) {
                s->r = -ENOMEM;
                return NULL;
        }
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser, (const unsigned char *) s->text, s->size);
        while (!r.stop && s->r == 0) {
                yaml_event_t event;

                if (!yaml_parser_parse(&parser, &event)) {
                        reader_yaml_error(&r, &parser);
                        break;
                }
                reader_take(&r, &event);
                yaml_event_delete(&event);
        }
        yaml_parser_delete(&parser);
        free(r.key);
        return r.complete ? r.root : policy_node_free(r.root);
}
