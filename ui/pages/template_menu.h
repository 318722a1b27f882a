// The menu that chooses a chat template: automatic, the model's own, the built-in ones, a file. GUI thread.
#pragma once

#include <functional>
#include <string>

class QMenu;
class QString;

namespace attune::ui {

/// Fills `menu`, with a mark at `current`; `choose` gets the name as run.json has it.
void fillTemplateMenu(QMenu &menu, const std::string &current, std::function<void(const QString &name)> choose);

} // namespace attune::ui
