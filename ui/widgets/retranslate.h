// Texts that follow the language: a lambda set once beside the widget instead of a retranslate() per class. GUI thread.
#pragma once

#include <functional>

class QObject;
class QWidget;

namespace attune::ui {

/// Runs `apply` now and after every change of language, as long as `owner` lives. `apply` may use owner and its children.
void onLanguage(QWidget *owner, std::function<void()> apply);

/// Runs `apply` now and after every change of theme, as long as `owner` lives.
void onTheme(QWidget *owner, std::function<void()> apply);

} // namespace attune::ui
