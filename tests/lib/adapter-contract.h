/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every AdapterAccess must do, the kernel's and the fake: the callers of this are the tests of both. */

#include "adapter-access.h"

/* ifindex: an adapter like fake_adapter_add()'s, with MTU 1500 and 2 rx and tx channels of at least 4; gone: an
 * ifindex that nobody has. Fails the running Check test. Leaves the adapter as it was. */
void adapter_contract_check(AdapterAccess *a, int ifindex, int gone);

/* ifindex: one that spreads and steers flows, as fake_adapter_rss() and fake_adapter_rule() make it, with 2
 * receive channels and location 6 free. */
void adapter_contract_check_flows(AdapterAccess *a, int ifindex);
