#include "ui/pages/run_details.h"

#include "core/api/config_fields.h"
#include "core/api/run_config_json.h"
#include "ui/models/error_text.h"
#include "ui/models/run_table_model.h"
#include "ui/pages/run_memory.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/visible_text.h"

#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTableWidget>
#include <QTextBrowser>
#include <QTimer>
#include <QVBoxLayout>

namespace attune::ui {

namespace {

QFrame *fillWithCard(QWidget *view) {
  auto *layout = new QVBoxLayout(view);
  layout->setContentsMargins(0, 0, 0, 0);
  QFrame *card = makeCard(view);
  layout->addWidget(card);
  return card;
}

} // namespace

RunSamplesView::RunSamplesView(QWidget *parent) : QWidget(parent) {
  QFrame *card = fillWithCard(this);
  m_text = new QTextBrowser(card);
  m_text->setProperty("kind", QStringLiteral("document"));
  m_text->setOpenLinks(false);
  cardLayout(card)->addWidget(m_text, 1);
  onLanguage(this, [this] {
    m_text->setPlaceholderText(tr("Nothing here yet. Give sample prompts in the settings, and their answers appear as the run goes on."));
    m_text->setAccessibleName(tr("Sample answers"));
    refill();
  });
}

void RunSamplesView::setRun(RunModel *run) {
  if (m_run) disconnect(m_run, nullptr, this, nullptr);
  m_run = run;
  if (m_run) connect(m_run, &RunModel::changed, this, &RunSamplesView::fill);
  refill();
}

void RunSamplesView::refill() {
  m_text->clear();
  m_filled = 0;
  fill();
}

void RunSamplesView::fill() {
  const size_t count = m_run ? m_run->samples().size() : 0;
  if (count == m_filled) return;
  if (count < m_filled) {
    m_text->clear();
    m_filled = 0;
  }
  for (; m_filled < count; ++m_filled) {
    const api::SampleAnswer &sample = m_run->samples()[m_filled];
    const QString prompt = QString::fromStdString(sample.prompt), answer = QString::fromStdString(sample.text);
    const QString step = tr("Step %1").arg(countText(sample.step)).toHtmlEscaped();
    m_text->append(QStringLiteral("<p><b>%1</b> · %2</p>").arg(step, prompt.toHtmlEscaped()));
    m_text->append(
        QStringLiteral("<p style='margin-left:16px'>%1</p>").arg(answer.toHtmlEscaped().replace(QLatin1Char('\n'), QLatin1String("<br>"))));
  }
}

RunSettingsView::RunSettingsView(RunCenter &runs, const Services &services, TaskRunner &tasks, QWidget *parent)
    : QWidget(parent), m_runs(runs), m_services(services), m_tasks(tasks) {
  QFrame *card = fillWithCard(this);
  m_title = makeLabel(TextRole::Caption, card);
  m_title->setWordWrap(true);
  m_table = new QTableWidget(card);
  m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_table->setShowGrid(false);
  m_table->verticalHeader()->hide();
  m_table->verticalHeader()->setDefaultSectionSize(28);
  m_table->setTabKeyNavigation(false);
  m_table->setColumnCount(3);
  m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
  m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  m_memory = new RunMemory(runs, card);
  cardLayout(card)->addWidget(m_memory);
  cardLayout(card)->addWidget(m_title);
  cardLayout(card)->addWidget(m_table, 1);
  connect(&m_runs, &RunCenter::runChanged, this, [this](const QString &folder) { // it may have its folder now
    if ((m_unwritten[0] && m_shown[0] == folder) || (m_unwritten[1] && m_shown[2] == folder)) read();
  });
  onLanguage(this, [this] { fill(); });
}

void RunSettingsView::setRuns(const QString &folder, const QString &name, const QString &other, const QString &otherName) {
  const QStringList shown = {folder, name, other, otherName};
  if (shown == m_shown) return; // the page draws often, and run.json stays as it is
  m_shown = shown;
  m_name = name;
  m_otherName = otherName;
  m_memory->setRun(other.isEmpty() ? folder : QString());
  m_found = {};
  fill();
  read();
}

/// From run.json or, so long a run waits or loads, from what it was asked to do.
void RunSettingsView::read() {
  m_reading.cancel();
  if (m_shown[0].isEmpty()) return;
  m_unwritten[0] = m_runs.unwrittenConfig(m_shown[0]);
  m_unwritten[1] = m_runs.unwrittenConfig(m_shown[2]);
  m_reading = m_tasks.run(
      this,
      [store = m_services.runs, a = m_shown[0].toStdString(), b = m_shown[2].toStdString(), first = m_unwritten[0],
       second = m_unwritten[1]](StopToken) -> Found {
        const auto one = first ? Result<api::RunConfig>(*first) : store->config(a);
        if (!one.ok()) return {{}, one.error()};
        const auto two = b.empty() ? Result<api::RunConfig>(api::RunConfig{}) : second ? Result<api::RunConfig>(*second) : store->config(b);
        if (!two.ok()) return {{}, two.error()};
        Found found;
        for (const auto &setting : api::configDiff(*one, *two))
          found.rows.push_back(
              {QString::fromStdString(setting.key), QString::fromStdString(setting.from), QString::fromStdString(setting.to)});
        return found;
      },
      [this](Found found) {
        m_found = std::move(found);
        fill();
      });
}

void RunSettingsView::fill() {
  const bool two = !m_otherName.isEmpty();
  setRole(m_title, m_found.error ? TextRole::Problem : TextRole::Caption);
  m_title->setText(m_found.error ? errorText(*m_found.error)
                   : two         ? tr("Settings that differ between %1 and %2").arg(m_name, m_otherName)
                                 : tr("Settings that differ from the defaults"));
  m_table->setHorizontalHeaderLabels({tr("Setting"), two ? m_name : tr("This run"), two ? m_otherName : tr("Default")});
  m_table->setAccessibleName(tr("Settings"));
  m_table->setRowCount(static_cast<int>(m_found.rows.size()));
  for (int i = 0; i < m_table->rowCount(); ++i) {
    const Row &row = m_found.rows[static_cast<size_t>(i)];
    const QString texts[] = {row.key, row.value, row.other};
    for (int column = 0; column < 3; ++column) {
      auto *item = new QTableWidgetItem(texts[column]);
      item->setToolTip(toolTipText(texts[column]));
      m_table->setItem(i, column, item);
    }
  }
}

RunNotesView::RunNotesView(RunCenter &runs, QWidget *parent) : QWidget(parent), m_runs(runs) {
  QFrame *card = fillWithCard(this);
  m_tagsName = makeLabel(TextRole::Caption, card);
  m_tags = new QLineEdit(card);
  m_textName = makeLabel(TextRole::Caption, card);
  m_text = new QPlainTextEdit(card);
  m_text->setTabChangesFocus(true);
  m_where = makeLabel(TextRole::Caption, card);
  m_where->setTextInteractionFlags(Qt::TextSelectableByMouse);
  m_where->setWordWrap(true);
  for (QWidget *widget : std::initializer_list<QWidget *>{m_tagsName, m_tags, m_textName}) cardLayout(card)->addWidget(widget);
  cardLayout(card)->addWidget(m_text, 1);
  cardLayout(card)->addWidget(m_where);
  connect(m_tags, &QLineEdit::editingFinished, this, &RunNotesView::save);
  auto *pause = new QTimer(this); // a second after the last key
  pause->setSingleShot(true);
  pause->setInterval(1000);
  connect(m_text, &QPlainTextEdit::textChanged, pause, qOverload<>(&QTimer::start));
  connect(pause, &QTimer::timeout, this, &RunNotesView::save);
  onLanguage(this, [this] {
    m_tagsName->setText(tr("Tags, separated by commas"));
    m_textName->setText(tr("Notes"));
    m_tags->setAccessibleName(tr("Tags"));
    m_text->setAccessibleName(tr("Notes"));
    m_text->setPlaceholderText(tr("What was tried, what came of it."));
  });
}

void RunNotesView::setRun(const QString &folder) {
  save();
  m_folder.clear(); // filling the fields is no edit
  const api::RunSummary *run = m_runs.find(folder);
  m_tags->setText(run ? RunTableModel::tagsText(*run) : QString());
  m_text->setPlainText(run ? QString::fromStdString(run->notes.text) : QString());
  m_where->setText(folder);
  m_folder = folder;
}

void RunNotesView::save() {
  const api::RunSummary *run = m_folder.isEmpty() ? nullptr : m_runs.find(m_folder);
  if (!run) return;
  api::RunNotes notes = run->notes;
  notes.text = m_text->toPlainText().toStdString();
  notes.tags.clear();
  for (const QString &tag : m_tags->text().split(QLatin1Char(','), Qt::SkipEmptyParts))
    if (!tag.trimmed().isEmpty()) notes.tags.push_back(tag.trimmed().toStdString());
  if (notes.text == run->notes.text && notes.tags == run->notes.tags) return;
  m_runs.writeNotes(m_folder, notes);
}

} // namespace attune::ui
