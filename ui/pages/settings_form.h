// All settings that have no card of their own, in groups: basic or all, filtered by a search, only those that apply.
// Generated from the field table. GUI thread.
#pragma once

#include "ui/models/config_draft.h"
#include "ui/models/device_watch.h"

#include <QScrollArea>

#include <vector>

class QLabel;

namespace attune::ui {

class SettingRow;

class SettingsForm : public QScrollArea {
  Q_OBJECT

public:
  SettingsForm(ConfigDraft &draft, const DeviceWatch &devices, QWidget *parent = nullptr);
  void setAdvanced(bool advanced);
  void setSearch(const QString &text);
  SettingRow *row(const std::string &key) const;
  /// A setting with a problem that the search leaves out; null when there is none.
  SettingRow *hiddenProblem() const;
  using QWidget::show;
  /// Scrolls to a setting and puts the cursor into it.
  void show(const SettingRow &row);

private:
  void offerDevices();
  void arrange();
  void refresh();

  struct Group {
    std::string name;
    QLabel *title;
    std::vector<SettingRow *> rows;
  };
  ConfigDraft &m_draft;
  const DeviceWatch &m_devices;
  std::vector<Group> m_groups;
  QLabel *m_nothing;
  bool m_advanced = false;
  QString m_search;
};

} // namespace attune::ui
