#include "ui/pages/dataset_files.h"

#include "ui/dialogs/split_dialog.h"
#include "ui/models/error_text.h"
#include "ui/models/row_text.h"
#include "ui/models/run_text.h"
#include "ui/widgets/ask_first.h"
#include "ui/widgets/ask_name.h"
#include "ui/widgets/file_pick.h"
#include "ui/widgets/toast.h"

#include <QFileInfo>
#include <QMenu>

namespace attune::ui {

DatasetFiles::DatasetFiles(const Services &services, DatasetSession &session, TaskRunner &tasks, QWidget *page)
    : QObject(page), m_services(services), m_session(session), m_tasks(tasks), m_page(page) {}

void DatasetFiles::refresh() {
  if (!m_services.datasets) return;
  m_listing = m_tasks.run(
      this, [store = m_services.datasets](StopToken) { return store->list(); },
      [this](std::vector<api::DatasetEntry> files) { m_files = std::move(files); });
}

void DatasetFiles::fillOpen(QMenu &menu) {
  for (const api::DatasetEntry &file : m_files) {
    const QString path = QString::fromStdString(file.path);
    const QString unsaved = file.hasJournal ? QStringLiteral(" ●") : QString();
    menu.addAction(shortName(file.path) + unsaved, this, [this, path] { m_session.open(path); })->setToolTip(path);
  }
  menu.addSeparator();
  for (const char *name : {"fine-tuning-en.jsonl", "fine-tuning-zh.jsonl"})
    menu.addAction(tr("Sample rows: %1").arg(QLatin1String(name)), this,
                   [this, name] { m_session.open(QString::fromStdString(m_services.resources + "/samples/" + name)); });
  menu.addSeparator();
  menu.addAction(tr("Open a file…"), this, &DatasetFiles::chooseFile);
  menu.addAction(tr("New dataset…"), this, &DatasetFiles::newDataset);
  if (m_session.isOpen()) menu.addAction(tr("Close this dataset"), &m_session, &DatasetSession::close);
}

void DatasetFiles::fillSave(QMenu &menu, QAction *save) {
  menu.addAction(save);
  menu.addSeparator();
  menu.addAction(tr("Save as…"), this, [this] { exportAs(api::DatasetFormat::Auto); });
  QMenu *convert = menu.addMenu(tr("Convert to"));
  for (const auto format :
       {api::DatasetFormat::Messages, api::DatasetFormat::Sharegpt, api::DatasetFormat::Alpaca, api::DatasetFormat::Text})
    convert->addAction(formatText(format), this, [this, format] { exportAs(format); });
  menu.addSeparator();
  menu.addAction(tr("Discard all changes"), this, &DatasetFiles::askToDiscard)->setEnabled(m_session.hasUnsaved());
}

void DatasetFiles::chooseFile() {
  pickFile(m_page, tr("Open a dataset"), tr("Datasets (*.json *.jsonl *.ndjson *.csv *.tsv *.txt *.md);;All files (*)"),
           [this](const QString &path) { m_session.open(path); });
}

void DatasetFiles::newDataset() {
  askName(m_page, {tr("New dataset"), tr("Name of the dataset"), QString(), tr("Create")}, [this](const QString &name) {
    m_creating = m_tasks.run(
        this,
        [store = m_services.datasets, name = name.toStdString()](StopToken) { return store->create(name, api::DatasetFormat::Messages); },
        [this](const Result<std::string> &path) {
          if (!path.ok()) return Toast::show(m_page, errorText(path.error()));
          m_session.open(QString::fromStdString(*path));
        });
  });
}

void DatasetFiles::exportAs(api::DatasetFormat format) {
  const QFileInfo file(m_session.path());
  const bool same = format == api::DatasetFormat::Auto;
  const QString ending = QLatin1Char('.') + (same && !file.suffix().isEmpty() ? file.suffix() : QStringLiteral("jsonl"));
  const QString name = file.completeBaseName() + QLatin1Char('-') + (same ? tr("copy") : formatText(format).toLower()) + ending;
  pickSaveName(m_page, tr("Save rows as"), file.absolutePath() + QLatin1Char('/') + name,
               tr("JSON lines (*.jsonl);;JSON list (*.json);;CSV (*.csv);;Texts, one a line (*.txt)"),
               [this, format, ending](const QString &path) {
                 m_session.exportTo(QFileInfo(path).suffix().isEmpty() ? path + ending : path, format);
               });
}

void DatasetFiles::askToDiscard() {
  askFirst(m_page,
           {tr("Discard all changes"), tr("Discard every change since the file was saved? This cannot be undone."), tr("Discard changes"),
            tr("Keep changes")},
           &m_session, [this] { m_session.discardChanges(); });
}

void DatasetFiles::split() {
  auto *dialog = new SplitDialog(m_session.path(), static_cast<qint64>(m_session.state().order->size()), m_page);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &QDialog::accepted, this, [this, dialog] { m_session.split(dialog->target()); });
  dialog->open();
}

} // namespace attune::ui
