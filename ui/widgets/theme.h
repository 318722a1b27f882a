// The look: colours by the names of LOOK.md, the palette and the style sheet made from them. GUI thread.
// One current theme for the whole application, set by the shell before the first window and on every switch.
#pragma once

#include <QColor>
#include <QString>

class QApplication;

namespace attune::ui {

enum class Tone { Window, Surface, Raised, Line, Text, Muted, Accent, OnAccent, Tint, Success, Warning, Danger };

class Theme {
public:
  /// Reads resources/themes/theme.json; the file is part of the program, so a mistake in it is one of ours.
  static Theme load(bool dark);

  bool dark() const { return m_dark; }
  QColor color(Tone tone) const { return m_colors[static_cast<int>(tone)]; }
  /// The colour of series `index`, the same in both themes; repeats after eight.
  QColor series(int index) const;
  QString styleSheet() const;

private:
  bool m_dark = false;
  QColor m_colors[12];
  QColor m_series[8];
};

/// The theme in force.
const Theme &theme();

/// Makes it the application's: style, palette, style sheet, fonts. Every widget gets a style change event.
void applyTheme(QApplication &application, const Theme &theme);

/// Whether things may move; LOOK.md's motions ask before they do.
bool motionAllowed();
void setMotionAllowed(bool allowed);

/// A mixture: `share` of `over` on `under`.
QColor mixed(const QColor &under, const QColor &over, double share);

} // namespace attune::ui
