#include "ui/pages/dataset_target.h"

#include "ui/models/error_text.h"
#include "ui/models/run_text.h"
#include "ui/widgets/ask_name.h"
#include "ui/widgets/toast.h"

#include <QMenu>
#include <QSettings>

#include <algorithm>

namespace attune::ui {

namespace {
constexpr auto kLast = "chat/dataset";
constexpr size_t kOffered = 20;
} // namespace

DatasetTarget::DatasetTarget(api::DatasetStore *store, TaskRunner &tasks, QWidget *page)
    : QObject(page), m_store(store), m_tasks(tasks), m_page(page) {}

void DatasetTarget::refresh() {
  if (!m_store) return;
  m_listing = m_tasks.run(
      this, [store = m_store](StopToken) { return store->list(); },
      [this](std::vector<api::DatasetEntry> entries) {
        m_entries = std::move(entries);
        Q_EMIT listed();
      });
}

void DatasetTarget::add(const Row &row, bool choose, QWidget *anchor) {
  if (!m_store || row.empty()) return;
  const std::string last = QSettings().value(QLatin1String(kLast)).toString().toStdString();
  if (!choose && stands(last)) return addTo(last, row);
  auto *menu = new QMenu(m_page);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  fillMenu(*menu, row);
  menu->popup(anchor->mapToGlobal(QPoint(0, anchor->height())));
}

bool DatasetTarget::stands(const std::string &path) const {
  return std::any_of(m_entries.begin(), m_entries.end(), [&](const auto &one) { return one.path == path; });
}

void DatasetTarget::fillMenu(QMenu &menu, const Row &row) {
  for (const api::DatasetEntry &entry : m_entries) {
    if (static_cast<size_t>(menu.actions().size()) >= kOffered) break;
    QString name = shortName(entry.path);
    QAction *action = menu.addAction(name.replace(u'&', QStringLiteral("&&")), this, [this, path = entry.path, row] { addTo(path, row); });
    action->setToolTip(QString::fromStdString(entry.path));
  }
  menu.addSeparator();
  menu.addAction(tr("New dataset…"), this, [this, row] { addToNew(row); });
}

void DatasetTarget::addTo(const std::string &path, const Row &row) {
  m_adding = m_tasks.run(
      this, [store = m_store, path, row](StopToken) { return store->append(path, row); },
      [this, path](const Status &status) {
        if (!status.ok()) return Toast::show(m_page, tr("The row was not added. %1").arg(errorText(status.error())));
        QSettings().setValue(QLatin1String(kLast), QString::fromStdString(path));
        Toast::show(m_page, tr("Added to %1 as a row.").arg(shortName(path)));
        if (!stands(path)) m_entries.push_back({path, 0, 0, false});
        refresh();
      });
}

void DatasetTarget::addToNew(const Row &row) {
  askName(m_page, {tr("New dataset"), tr("Name of the dataset"), tr("chat-rows"), tr("Create and add")},
          [this, row](const QString &name) { createAndAdd(name, row); });
}

void DatasetTarget::createAndAdd(const QString &name, const Row &row) {
  m_adding = m_tasks.run(
      this, [store = m_store, name = name.toStdString()](StopToken) { return store->create(name, api::DatasetFormat::Messages); },
      [this, row](const Result<std::string> &path) {
        if (!path.ok()) return Toast::show(m_page, tr("The dataset was not created. %1").arg(errorText(path.error())));
        addTo(*path, row);
      });
}

} // namespace attune::ui
