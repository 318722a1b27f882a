// What chat templates are called in the window, wherever one is shown or chosen. Pure functions.
#pragma once

#include "core/api/template_names.h"

#include <QString>

namespace attune::ui {

/// "Automatic", "The model's own", "chatml (built in)", a file's name; of another name the name itself.
QString templateText(const std::string &name);

} // namespace attune::ui
