// The line icons of resources/icons, tinted when they are painted, so that a theme switch needs no new icons. GUI thread.
#pragma once

#include "ui/widgets/theme.h"

#include <QIcon>
#include <QString>

namespace attune::ui {

/// The icon resources/icons/NAME.svg in the colour that `tone` has at the moment; muted when disabled.
QIcon icon(const QString &name, Tone tone = Tone::Text);

} // namespace attune::ui
