/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One offload feature of an adapter by its ethtool name, through the ethtool ioctls (every kernel has them). */

#include "macro.h"

/* -EOPNOTSUPP when the adapter does not know the feature. */
int adapter_feature_get(const char *adapter, const char *feature, bool *ret_on);

/* -EOPNOTSUPP when it cannot be changed. */
int adapter_feature_set(const char *adapter, const char *feature, bool on);
