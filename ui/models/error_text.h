// An error of core as the user reads it. Pure function, GUI thread.
#pragma once

#include "core/base/error.h"

#include <QString>

namespace attune::ui {

/// What happened, where, and what to do. Core speaks English; another language has a sentence for each code, with core's own
/// words behind it where they say more.
QString errorText(const Error &error);

} // namespace attune::ui
