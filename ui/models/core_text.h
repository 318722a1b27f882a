// Sentences of core that the window shows, listed for the translator. Pure data.
#pragma once

#include <vector>

namespace attune::ui {

/// The help texts of core/api/config_fields, which fieldHelp() translates.
const std::vector<const char *> &settingHelpTexts();
/// Problems that validate() words itself, which problemText() translates.
const std::vector<const char *> &problemTexts();

} // namespace attune::ui
