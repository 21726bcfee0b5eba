/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* An error a person can act on: what failed, on which adapter, the kernel's own words, what to do. Layers below
 * the daemon never log; they fill one of these and return a negative errno. The kind tells the bus which D-Bus
 * error and primectl which exit code it becomes. */

#include "macro.h"
#include "string-table.h"

typedef enum ErrorKind {
        ERROR_NONE,
        ERROR_FAILED, /* the kernel or a library refused; see text */
        ERROR_NO_SUCH_PAIR,
        ERROR_NO_SUCH_ADAPTER,
        ERROR_ALREADY_ACTIVE,
        ERROR_NOT_READY, /* spare not proved, pair absent, ... */
        ERROR_BUSY,      /* another move or priming is under way */
        ERROR_HELD,
        ERROR_INHIBITED,
        ERROR_CONFLICT, /* something else changes what we would change */
        ERROR_NOT_SUPPORTED,
        ERROR_SWITCH_FAILED,
        ERROR_REVERTED, /* it was tried, did not prove itself, and was undone */
        ERROR_TIMEOUT,
        ERROR_POLICY_INVALID,
        ERROR_INVALID_ARGUMENT,
        _ERROR_KIND_MAX,
        _ERROR_KIND_INVALID = -EINVAL,
} ErrorKind;

#define ERROR_TEXT_MAX 512

typedef struct Error {
        ErrorKind kind;
        int code; /* negative errno, 0 while no error is set */
        char text[ERROR_TEXT_MAX];
} Error;

/* Fills e (NULL is fine) and returns code, which must be negative. The first error wins: a set error is kept,
 * so that the cause is not hidden by what it caused. */
int error_set(Error *e, ErrorKind kind, int code, const char *format, ...) _printf_(4, 5);

/* ERROR_FAILED with ": <strerror(code)>" appended. */
int error_errno(Error *e, int code, const char *format, ...) _printf_(3, 4);

/* "NoSuchPair": the D-Bus error name's last part. */
DECLARE_STRING_TABLE(error_kind, ErrorKind);
