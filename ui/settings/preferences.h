// What a person chose for the window itself: language, theme, motion, workspace, threads, the hub for models. Kept by QSettings. GUI thread.
#pragma once

#include <QString>

namespace attune::ui {

enum class ThemeChoice { System, Light, Dark };
enum class MotionChoice { System, Full, Reduced };

struct Preferences {
  QString language; // "en", "zh_CN"; empty = the system's
  ThemeChoice theme = ThemeChoice::System;
  MotionChoice motion = MotionChoice::System;
  QString workspace; // empty = ~/Attune; ATTUNE_WORKSPACE wins over both
  int threads = 0;   // compute threads; 0 = every core
  QString hub;       // where models come from; empty = Hugging Face
  QString proxy;     // empty = the system's, "none", or the address of one

  /// Whether ATTUNE_WORKSPACE says where the workspace is.
  static bool workspaceIsSetOutside();
  static Preferences load();
  void save() const;
};

} // namespace attune::ui
