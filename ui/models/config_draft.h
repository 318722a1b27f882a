// The settings being edited: a RunConfig, what was typed and cannot be read, and everything wrong with it. GUI thread.
// Texts come and go as the fields show them; the config itself is always one that could be saved.
#pragma once

#include "core/api/config_fields.h"
#include "core/api/run_config_json.h"

#include <QHash>
#include <QObject>

#include <set>

namespace attune::ui {

/// Problems one a line, each with its setting's name in front.
QStringList problemLines(const std::vector<ConfigProblem> &problems, const api::RunConfig &config);

class ConfigDraft : public QObject {
  Q_OBJECT

public:
  explicit ConfigDraft(QObject *parent = nullptr);

  const api::RunConfig &config() const { return m_config; }
  /// Another config in place of this one, from a file at `path` that holds `file`; the command line tells the difference.
  void replace(const api::RunConfig &config, const QString &path, const api::RunConfig &file);
  /// Other values in the same draft: what it came from stays.
  void edit(const api::RunConfig &config);
  QString text(const api::ConfigField &field) const;
  /// Reads what was typed: "2e-4", "3 %", "16 GiB", a line per item for lists.
  void setText(const api::ConfigField &field, const QString &text);
  void setValue(const api::ConfigField &field, const api::FieldValue &value);
  void setDatasets(const std::vector<api::DatasetRef> &datasets);
  /// What is wrong with a setting, as the user reads it; empty when nothing is.
  QString problem(const std::string &key) const;
  /// Every problem, with the setting's name in front.
  QStringList problems() const;
  bool isDefault(const api::ConfigField &field) const;
  void reset(const api::ConfigField &field);
  /// The command line that trains with these settings.
  QString commandLine() const;

Q_SIGNALS:
  void changed();

private:
  void settle();

  api::RunConfig m_config;
  QString m_path;
  api::RunConfig m_file; // as m_path holds it
  std::vector<ConfigProblem> m_problems;
  std::set<std::string> m_changed;      // keys that differ from their defaults
  QHash<QString, QString> m_unreadable; // key, the text as typed
};

} // namespace attune::ui
