// One setting of the form: label, field by its type, unit and help at the right, its problem below, a mark when it differs
// from the default. GUI thread; reads and writes the ConfigDraft.
#pragma once

#include "ui/models/config_draft.h"

#include <QWidget>

#include <functional>

class QAction;
class QComboBox;
class QLabel;
class QPushButton;

namespace attune::ui {

class SettingRow : public QWidget {
  Q_OBJECT

public:
  SettingRow(const api::ConfigField &field, ConfigDraft &draft, QWidget *parent = nullptr);
  const api::ConfigField &field() const { return m_field; }
  /// Whether label, key or help contain `text`.
  bool matches(const QString &text) const;
  /// What a field offers that is known only here: the devices.
  void offer(const QStringList &values, const QStringList &texts);
  /// Reads the draft again; `problem` as the page shows it.
  void refresh();
  QWidget *editor() const { return m_editor; }

protected:
  bool eventFilter(QObject *watched, QEvent *event) override;
  void resizeEvent(QResizeEvent *event) override;

private:
  QWidget *makeEditor();
  QComboBox *makeBox();
  QWidget *makeChecks();
  void popUpTemplates(const std::function<void(const QString &name)> &set);
  std::vector<std::string> choices() const;
  void showHelp();
  void showValue();

  const api::ConfigField &m_field; // of the static table
  ConfigDraft &m_draft;
  QLabel *m_label, *m_help, *m_problem;
  QPushButton *m_reset;
  QAction *m_pick = nullptr; // of a path's or a template's field
  QWidget *m_editor;
  bool m_typing = false;
};

} // namespace attune::ui
