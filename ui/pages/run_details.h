// What there is to read about one run beside its curves and log: answers while it trained, settings, notes. GUI thread.
#pragma once

#include "core/base/error.h"
#include "ui/models/run_center.h"

#include <QPointer>
#include <QWidget>

class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QTableWidget;
class QTextBrowser;

namespace attune::ui {

class RunMemory;

/// The sample prompts' answers, step by step.
class RunSamplesView : public QWidget {
  Q_OBJECT

public:
  explicit RunSamplesView(QWidget *parent = nullptr);
  void setRun(RunModel *run);

private:
  void fill();
  void refill();
  QPointer<RunModel> m_run;
  QTextBrowser *m_text;
  size_t m_filled = 0;
};

/// Memory forecast and peak of a run, and its settings; those that differ from the second run, when there is one, side by side.
class RunSettingsView : public QWidget {
  Q_OBJECT

public:
  RunSettingsView(RunCenter &runs, const Services &services, TaskRunner &tasks, QWidget *parent = nullptr);
  void setRuns(const QString &folder, const QString &name, const QString &other, const QString &otherName);

private:
  struct Row {
    QString key, value, other;
  };
  struct Found {
    std::vector<Row> rows;
    std::optional<Error> error;
  };
  void read();
  void fill();
  RunCenter &m_runs;
  const Services &m_services;
  TaskRunner &m_tasks;
  Task m_reading;
  RunMemory *m_memory;
  QLabel *m_title;
  QTableWidget *m_table;
  QString m_name, m_otherName;
  QStringList m_shown;
  std::optional<api::RunConfig> m_unwritten[2]; // of the shown ones that have no folder yet
  Found m_found;
};

/// Title, notes and tags, saved as one leaves the field, the run or the window.
class RunNotesView : public QWidget {
  Q_OBJECT

public:
  explicit RunNotesView(RunCenter &runs, QWidget *parent = nullptr);
  void setRun(const QString &folder);
  void save();

private:
  RunCenter &m_runs;
  QString m_folder;
  QLineEdit *m_tags;
  QPlainTextEdit *m_text;
  QLabel *m_tagsName, *m_textName, *m_where;
};

} // namespace attune::ui
