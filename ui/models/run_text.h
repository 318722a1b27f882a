// How a run's state and progress read, in the language of the program. Pure functions.
#pragma once

#include "core/api/run_store.h"
#include "ui/models/run_center.h"
#include "ui/models/run_model.h"
#include "ui/widgets/theme.h"

namespace attune::ui {

/// "training", "done", "interrupted", ...; of the active run what it does: "loading", "paused", ...
QString stateText(const api::RunSummary &run, RunCenter &runs);
/// The texts that stateText() gives.
QStringList stateTexts();
Tone phaseTone(api::RunPhase phase);
/// "step 412 of 1,125 · 38 min left", or what it does meanwhile ("loading the model", "paused at step 12").
QString progressText(const api::RunSummary &run, const RunModel &figures, RunWish wish);
QString methodText(api::Method method);
/// The last part of a path, without a file's ending, as it may be shown.
QString shortName(const std::string &path);

} // namespace attune::ui
