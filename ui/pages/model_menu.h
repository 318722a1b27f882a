// The menu that chooses a model: the starter model, those of runs and of the workspace, a folder or a GGUF file. GUI thread.
#pragma once

#include "ui/models/run_center.h"

#include <functional>

class QMenu;

namespace attune::ui {

/// Fills `menu`; `choose` gets the path.
void fillModelMenu(QMenu &menu, const Services &services, const RunCenter &runs, std::function<void(const QString &path)> choose);

} // namespace attune::ui
