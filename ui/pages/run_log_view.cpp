#include "ui/pages/run_log_view.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/line_view.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/toast.h"

#include <QCheckBox>
#include <QClipboard>
#include <QElapsedTimer>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace attune::ui {

namespace {

constexpr qint64 kSliceMilliseconds = 6;
constexpr qsizetype kCopied = 20000; // lines at most: each is made anew, and a copy should not take longer than a blink

} // namespace

RunLogView::RunLogView(QWidget *parent) : QWidget(parent) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  QFrame *card = makeCard(this);
  layout->addWidget(card);
  auto *tools = new QHBoxLayout;
  m_search = new QLineEdit(card);
  m_search->setClearButtonEnabled(true);
  m_state = makeLabel(TextRole::Caption, card);
  m_follow = new QCheckBox(card);
  m_follow->setChecked(true);
  m_copy = makeButton(ButtonKind::Small, QStringLiteral("copy"), card);
  tools->addWidget(m_search, 1);
  tools->addWidget(m_state);
  tools->addWidget(m_follow);
  tools->addWidget(m_copy);
  cardLayout(card)->addLayout(tools);
  m_view = new LineView(card);
  m_view->setSource([this](qsizetype row) { return line(row); });
  cardLayout(card)->addWidget(m_view, 1);
  m_slice.setInterval(1); // others get their turn
  m_slice.setSingleShot(true);
  connect(&m_slice, &QTimer::timeout, this, &RunLogView::searchOn);
  m_show.setInterval(100);
  m_show.setSingleShot(true);
  connect(&m_show, &QTimer::timeout, this, &RunLogView::onChanged);
  connect(m_search, &QLineEdit::textChanged, this, [this](const QString &text) {
    m_wanted = text;
    restart();
  });
  connect(m_copy, &QPushButton::clicked, this, &RunLogView::copy);
  connect(m_view, &LineView::copyRequested, this, &RunLogView::copy);
  connect(m_follow, &QCheckBox::toggled, m_view, &LineView::setFollow);
  connect(m_view, &LineView::followEnded, m_follow, [this] { m_follow->setChecked(false); });
  onLanguage(this, [this] {
    m_search->setPlaceholderText(tr("Search the log…"));
    m_search->setAccessibleName(tr("Search the log"));
    m_follow->setText(tr("Follow"));
    m_copy->setText(tr("Copy"));
    m_copy->setToolTip(tr("Copies the chosen lines, or all that are shown."));
    m_view->setAccessibleName(tr("Log"));
    restart();
  });
}

void RunLogView::setRun(RunModel *run) {
  if (m_run) disconnect(m_run, nullptr, this, nullptr);
  m_run = run;
  if (m_run)
    connect(m_run, &RunModel::changed, this, [this] {
      if (!m_show.isActive() && isVisible()) m_show.start();
    });
  restart();
}

void RunLogView::showEvent(QShowEvent *event) {
  QWidget::showEvent(event);
  onChanged(); // what came while it was out of sight
}

void RunLogView::restart() {
  m_found.clear();
  m_searched = 0;
  m_view->clearChoice();
  onChanged();
}

void RunLogView::onChanged() {
  if (!m_wanted.isEmpty()) return searchOn();
  m_state->clear();
  m_view->setCount(m_run ? static_cast<qsizetype>(m_run->logSize()) : 0);
}

void RunLogView::searchOn() {
  if (m_wanted.isEmpty()) return;
  const size_t size = m_run ? m_run->logSize() : 0;
  QElapsedTimer clock;
  clock.start();
  for (; m_searched < size && clock.elapsed() < kSliceMilliseconds; ++m_searched)
    if (m_run->logLine(m_searched).contains(m_wanted, Qt::CaseInsensitive)) m_found.push_back(static_cast<uint32_t>(m_searched));
  m_view->setCount(static_cast<qsizetype>(m_found.size()));
  m_state->setText(tr("%n line(s) found", "", static_cast<int>(m_found.size())));
  if (m_searched < size) m_slice.start();
}

QString RunLogView::line(qsizetype row) const {
  const size_t index = m_wanted.isEmpty() ? static_cast<size_t>(row) : m_found[static_cast<size_t>(row)];
  return m_run && index < m_run->logSize() ? m_run->logLine(index) : QString();
}

void RunLogView::copy() {
  auto [first, last] = m_view->chosen();
  if (first > last) {
    first = 0;
    last = m_view->count() - 1;
  }
  const bool all = last - first < kCopied;
  if (!all) first = last - kCopied + 1;
  QStringList lines;
  for (qsizetype row = first; row <= last; ++row) lines.append(line(row));
  QGuiApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
  if (!all) Toast::show(this, tr("The last %n line(s) were copied.", "", static_cast<int>(kCopied)));
}

} // namespace attune::ui
