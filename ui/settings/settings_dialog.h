// What a person chooses for the window itself: language, theme, motion, workspace, threads. GUI thread. Every choice takes
// effect at once, or says that it waits for the next start.
#pragma once

#include "ui/settings/preferences.h"

#include <QDialog>

class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QVBoxLayout;

namespace attune::ui {

class ElidedLabel;
class SegmentedSwitch;

class SettingsDialog : public QDialog {
  Q_OBJECT

public:
  /// `atStart` are those that the program started with, `workspace` the folder in use.
  SettingsDialog(const Preferences &preferences, const Preferences &atStart, const QString &workspace, QWidget *parent = nullptr);

Q_SIGNALS:
  void changed(const attune::ui::Preferences &preferences);

private:
  QLabel *addRow(QVBoxLayout *rows, QWidget *control);
  void change(Preferences preferences);
  void showWorkspace();
  void takeAddresses();

  Preferences m_preferences;
  const Preferences m_atStart;
  const QString m_workspace;
  SegmentedSwitch *m_language, *m_theme, *m_motion;
  ElidedLabel *m_folder;
  QLabel *m_later, *m_outside;
  QPushButton *m_choose;
  QSpinBox *m_threads;
  QLineEdit *m_hub, *m_proxy;
};

} // namespace attune::ui
