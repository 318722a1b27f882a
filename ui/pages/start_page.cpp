#include "ui/pages/start_page.h"

#include "ui/models/error_text.h"
#include "ui/models/run_text.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/icon.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/page_header.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/sparkline.h"

#include <QAbstractButton>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>

#include <utility>

namespace attune::ui {

namespace {

constexpr size_t kShownRuns = 8;

/// One recent run as a wide button: name, what trained, its curve, loss and state.
class RecentRun : public QAbstractButton {
public:
  RecentRun(api::RunSummary run, const QString &state, QWidget *parent) : QAbstractButton(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
    setCursor(Qt::PointingHandCursor);
    setFixedHeight(52);
    setRun(std::move(run), state);
  }

  void setRun(api::RunSummary run, const QString &state) {
    m_run = std::move(run);
    m_state = state;
    QStringList parts = {QString::fromStdString(m_run.name), m_state};
    if (m_run.loss) parts.append(numberText(*m_run.loss));
    setAccessibleName(parts.join(QStringLiteral(", ")));
    update();
  }

protected:
  void paintEvent(QPaintEvent *) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme &look = theme();
    painter.setPen(hasFocus() ? QPen(look.color(Tone::Accent), 1.5) : QPen(Qt::NoPen));
    painter.setBrush(underMouse() ? look.color(Tone::Raised) : look.color(Tone::Surface));
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 6, 6);
    const int curve = 150, loss = 80, state = 110;
    QRect text = rect().adjusted(12, 8, -(curve + loss + state + 40), -8);
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    painter.setFont(bold);
    painter.setPen(look.color(Tone::Text));
    painter.drawText(text, Qt::AlignTop | Qt::AlignLeft,
                     QFontMetrics(bold).elidedText(QString::fromStdString(m_run.name), Qt::ElideRight, text.width()));
    QFont small = font();
    small.setPixelSize(12);
    painter.setFont(small);
    painter.setPen(look.color(Tone::Muted));
    const QString what = QStringList{shortName(m_run.model), shortName(m_run.data), timeText(m_run.startedAt)}.join(QStringLiteral(" · "));
    painter.drawText(text, Qt::AlignBottom | Qt::AlignLeft, QFontMetrics(small).elidedText(what, Qt::ElideRight, text.width()));
    const int right = width() - 12;
    Sparkline::paint(painter, QRectF(right - state - loss - curve - 12, 12, curve, height() - 24),
                     QVector<float>(m_run.curve.begin(), m_run.curve.end()), look.series(0));
    painter.setFont(bold);
    painter.setPen(look.color(Tone::Text));
    painter.drawText(QRect(right - state - loss, 0, loss - 12, height()), Qt::AlignVCenter | Qt::AlignRight,
                     m_run.loss ? numberText(*m_run.loss) : QStringLiteral("–"));
    painter.setFont(font());
    painter.setPen(look.color(phaseTone(m_run.phase)));
    painter.drawText(QRect(right - state, 0, state, height()), Qt::AlignVCenter | Qt::AlignLeft, m_state);
  }

private:
  api::RunSummary m_run;
  QString m_state;
};

} // namespace

StartCard::StartCard(const QString &iconName, bool primary, QWidget *parent) : QFrame(parent) {
  setProperty("kind", QStringLiteral("card"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(20, 20, 20, 20);
  layout->setSpacing(8);
  auto *picture = new QLabel(this);
  onTheme(picture, [picture, iconName] { picture->setPixmap(icon(iconName, Tone::Accent).pixmap(28, 28)); });
  m_title = makeLabel(TextRole::Section, this);
  m_text = makeLabel(TextRole::Muted, this);
  m_text->setWordWrap(true);
  m_text->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  m_button = makeButton(primary ? ButtonKind::Primary : ButtonKind::Normal, this);
  layout->addWidget(picture);
  layout->addWidget(m_title);
  layout->addWidget(m_text, 1);
  layout->addWidget(m_button, 0, Qt::AlignLeft);
}

void StartCard::setTexts(const QString &title, const QString &text, const QString &button) {
  m_title->setText(title);
  m_text->setText(text);
  m_button->setText(button);
}

StartPage::StartPage(RunCenter &runs, EngineGate &gate, TaskRunner &tasks, const Services &services, QWidget *parent)
    : QWidget(parent), m_runs(runs), m_gate(gate), m_tasks(tasks), m_services(services) {
  setObjectName(QStringLiteral("page"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(16);
  m_header = new PageHeader(this);
  layout->addWidget(m_header);
  m_engine = new Banner(this);
  layout->addWidget(m_engine);
  m_data = new Banner(this);
  layout->addWidget(m_data);
  auto *cards = new QHBoxLayout;
  cards->setSpacing(16);
  m_try = new StartCard(QStringLiteral("runs"), true, this);
  m_own = new StartCard(QStringLiteral("data"), false, this);
  cards->addWidget(m_try, 1);
  m_cluster = new StartCard(QStringLiteral("cluster"), false, this);
  cards->addWidget(m_own, 1);
  cards->addWidget(m_cluster, 1);
  m_cluster->setVisible(m_services.clusters != nullptr);
  layout->addLayout(cards);
  m_recent = makeLabel(TextRole::Section, this);
  layout->addSpacing(8);
  layout->addWidget(m_recent);

  QFrame *card = makeCard(this);
  cardLayout(card)->setContentsMargins(8, 8, 8, 8);
  auto *scroll = new QScrollArea(card);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  auto *content = new QWidget(scroll);
  m_list = new QVBoxLayout(content);
  m_list->setContentsMargins(0, 0, 0, 0);
  m_list->setSpacing(2);
  m_none = new EmptyState(QStringLiteral("runs"), content);
  m_list->addWidget(m_none, 1);
  m_list->addStretch();
  scroll->setWidget(content);
  cardLayout(card)->addWidget(scroll, 1);
  layout->addWidget(card, 1);

  connect(m_try->button(), &QPushButton::clicked, this, [this] {
    if (m_services.starterModel.empty())
      Q_EMIT modelRequested();
    else
      Q_EMIT tryRequested();
  });
  connect(&m_gate, &EngineGate::failed, this, &StartPage::showEngine);
  connect(&m_gate, &EngineGate::ready, m_engine, &QWidget::hide);
  connect(m_own->button(), &QPushButton::clicked, this, &StartPage::dataRequested);
  connect(m_cluster->button(), &QPushButton::clicked, this, &StartPage::clusterRequested);
  connect(&m_runs, &RunCenter::listChanged, this, &StartPage::showRuns);
  connect(&m_runs, &RunCenter::runChanged, this, [this](const QString &folder) {
    const api::RunSummary *run = m_runs.find(folder);
    if (QWidget *row = m_rowOf.value(folder); row && run) static_cast<RecentRun *>(row)->setRun(*run, stateText(*run, m_runs));
  });
  onLanguage(this, [this] {
    m_header->setTitle(tr("Start"));
    m_header->setSubtitle(tr("Fine-tune a language model on this machine."));
    const bool there = !m_services.starterModel.empty();
    m_try->setTexts(
        tr("Try it"),
        there ? tr("A small model learns from the sample rows, which are about fine-tuning itself. The loss falls within a minute; "
                   "after a few minutes you can compare its answers before and after.")
              : tr("The starter model is missing. Run ./dev setup once to fetch it and start Attune again, or train a model of your own on "
                   "the sample rows."),
        there ? tr("Start the sample run") : tr("Choose a model"));
    m_own->setTexts(tr("Fine-tune my data"),
                    tr("Open a file with conversations, questions and answers, or texts: JSON, JSON Lines, CSV or plain text. "
                       "See what the model will be trained on, then choose a model."),
                    tr("Open a file…"));
    m_cluster->setTexts(
        tr("Use a cluster"),
        tr("Train on a supercomputer with Slurm: Attune submits the job, shows its curves as it runs, and brings the result "
           "home. Your computer may be off meanwhile."),
        tr("Open the clusters"));
    m_recent->setText(tr("Recent runs"));
    m_none->setTexts(there ? tr("Your runs appear here with their curve, loss and state. The sample run above is a good first one.")
                           : tr("Your runs appear here with their curve, loss and state."),
                     {});
    showRuns();
    if (m_gate.failure()) showEngine();
    if (m_data->isVisible()) showUnsaved();
  });
}

void StartPage::showEvent(QShowEvent *) {
  if (std::exchange(m_looked, true) || !m_services.datasets) return;
  m_looking = m_tasks.run(
      this, [store = m_services.datasets](StopToken) { return store->list(); },
      [this](const std::vector<api::DatasetEntry> &files) {
        for (const api::DatasetEntry &file : files)
          if (file.hasJournal && m_unsaved.isEmpty()) m_unsaved = QString::fromStdString(file.path);
        if (!m_unsaved.isEmpty()) showUnsaved();
      });
}

/// After a window that was killed.
void StartPage::showUnsaved() {
  m_data->showMessage(Tone::Accent, tr("%1 has changes that were not saved.").arg(shortName(m_unsaved.toStdString())),
                      {{tr("Open it"), [this] { Q_EMIT datasetRequested(m_unsaved); }}});
}

void StartPage::showEngine() {
  m_engine->showMessage(
      Tone::Danger,
      tr("The engine that trains could not be loaded. You can look at data and runs meanwhile. %1").arg(errorText(*m_gate.failure())),
      {{tr("Try again"), [this] { m_gate.load(); }}});
}

void StartPage::showRuns() {
  for (QWidget *row : m_rowOf) row->deleteLater();
  m_rowOf.clear();
  const auto &runs = m_runs.runs();
  m_none->setVisible(runs.empty() && m_runs.known());
  for (size_t i = 0; i < std::min(runs.size(), kShownRuns); ++i) {
    auto *row = new RecentRun(runs[i], stateText(runs[i], m_runs), this);
    connect(row, &QAbstractButton::clicked, this, [this, folder = QString::fromStdString(runs[i].folder)] { Q_EMIT runChosen(folder); });
    m_list->insertWidget(static_cast<int>(i), row);
    m_rowOf.insert(QString::fromStdString(runs[i].folder), row);
  }
}

} // namespace attune::ui
