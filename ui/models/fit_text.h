// Why Make it fit changes a setting and what that costs, in the language of the program. Pure functions.
#pragma once

#include "core/api/planner.h"

#include <QString>

namespace attune::ui {

struct FitReason {
  QString why;
  QString cost;
};

/// Told by the setting and its new value in the run `before` and `after`; core's own words for a change that is not known here.
FitReason fitReason(const api::FitChange &change, const api::RunConfig &before, const api::RunConfig &after);

/// What the run is short of: of which memory, and by how much; empty when it fits.
QString shortageText(const api::Forecast &forecast, const api::RunConfig &config);

} // namespace attune::ui
