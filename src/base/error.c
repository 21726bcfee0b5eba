/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "error.h"

static const char *const error_kind_table[_ERROR_KIND_MAX] = {
        [ERROR_NONE] = "None",
        [ERROR_FAILED] = "Failed",
        [ERROR_NO_SUCH_PAIR] = "NoSuchPair",
        [ERROR_NO_SUCH_ADAPTER] = "NoSuchAdapter",
        [ERROR_ALREADY_ACTIVE] = "AlreadyActive",
        [ERROR_NOT_READY] = "NotReady",
        [ERROR_BUSY] = "Busy",
        [ERROR_HELD] = "Held",
        [ERROR_INHIBITED] = "Inhibited",
        [ERROR_CONFLICT] = "Conflict",
        [ERROR_NOT_SUPPORTED] = "NotSupported",
        [ERROR_SWITCH_FAILED] = "SwitchFailed",
        [ERROR_REVERTED] = "Reverted",
        [ERROR_TIMEOUT] = "Timeout",
        [ERROR_POLICY_INVALID] = "PolicyInvalid",
        [ERROR_INVALID_ARGUMENT] = "InvalidArgument",
};

DEFINE_STRING_TABLE(error_kind, ErrorKind);

int error_set(Error *e, ErrorKind kind, int code, const char *format, ...) {
        va_list ap;

        assert(code < 0);
        if (!e || e->code != 0)
                return code;
        e->kind = kind;
        e->code = code;
        va_start(ap, format);
        vsnprintf(e->text, sizeof(e->text), format, ap);
        va_end(ap);
        return code;
}

int error_errno(Error *e, int code, const char *format, ...) {
        va_list ap;
        size_t used;

        assert(code < 0);
        if (!e || e->code != 0)
                return code;
        e->kind = ERROR_FAILED;
        e->code = code;
        va_start(ap, format);
        vsnprintf(e->text, sizeof(e->text), format, ap);
        va_end(ap);
        used = strlen(e->text);
        snprintf(e->text + used, sizeof(e->text) - used, ": %s", strerror(-code));
        return code;
}
