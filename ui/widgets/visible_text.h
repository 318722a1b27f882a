// What users, files and servers wrote, as it may be shown. Pure functions.
#pragma once

#include <QString>

namespace attune::ui {

/// As it may be shown: controls that reorder text or hide in it (Unicode's bidirectional overrides and isolates) become visible.
QString withVisibleControls(const QString &text);
/// The same on one line: a break in it reads \n.
QString onOneLine(const QString &text);
/// As a tool tip, which would read markup in it.
QString toolTipText(const QString &text);

} // namespace attune::ui
