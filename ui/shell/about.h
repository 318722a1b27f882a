// The about box: versions and licences. GUI thread.
#pragma once

#include "core/api/engine.h"

#include <optional>

class QWidget;

namespace attune::ui {

void showAbout(QWidget *parent, const std::optional<api::DeviceFacts> &device);

} // namespace attune::ui
