#include "ui/pages/download_strip.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/icon.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/visible_text.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

namespace attune::ui {

DownloadStrip::DownloadStrip(QWidget *parent) : QFrame(parent) {
  setProperty("kind", QStringLiteral("card"));
  auto *rows = new QVBoxLayout(this);
  rows->setContentsMargins(16, 10, 12, 10);
  rows->setSpacing(4);
  auto *layout = new QHBoxLayout;
  layout->setSpacing(12);
  rows->addLayout(layout);
  m_title = new ElidedLabel(this, Qt::ElideMiddle);
  setRole(m_title, TextRole::Strong);
  m_title->setMaximumWidth(300);
  m_title->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Preferred);
  m_title->setMinimumWidth(140);
  m_text = new ElidedLabel(this);
  setRole(m_text, TextRole::Muted);
  m_text->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Preferred);
  m_bar = new QProgressBar(this);
  m_bar->setTextVisible(false);
  m_bar->setMinimumWidth(60);
  m_bar->setRange(0, 1000);
  m_pause = makeButton(ButtonKind::Small, QStringLiteral("pause"), this);
  m_discard = makeButton(ButtonKind::SmallDanger, QStringLiteral("trash"), this);
  layout->addWidget(m_title);
  layout->addWidget(m_text);
  layout->addWidget(m_bar, 1);
  layout->addWidget(m_pause);
  layout->addWidget(m_discard);
  m_problem = makeLabel(TextRole::Problem, this);
  m_problem->setWordWrap(true);
  rows->addWidget(m_problem);
  connect(m_pause, &QPushButton::clicked, this, [this] {
    if (m_progress.phase == DownloadPhase::Running)
      Q_EMIT pauseClicked();
    else
      Q_EMIT continueClicked();
  });
  connect(m_discard, &QPushButton::clicked, this, &DownloadStrip::discardClicked);
  onLanguage(this, [this] {
    m_discard->setText(tr("Discard"));
    m_discard->setToolTip(tr("Moves what has arrived to the trash."));
    showTexts();
  });
}

void DownloadStrip::setDownload(const Download &download) {
  m_repo = download.plan.address.repo;
  m_hub = hubName(download.plan.address.base);
  m_foreign = download.foreign;
  m_progress = download.progress;
  showTexts();
}

void DownloadStrip::showTexts() {
  const bool running = m_progress.phase == DownloadPhase::Running;
  m_title->setText(m_repo);
  QStringList parts = {tr("%1 of %2").arg(bytesText(m_progress.doneBytes), bytesText(m_progress.totalBytes))};
  if (!running) {
    parts.append(tr("paused"));
    if (!m_foreign) parts.append(tr("from %1", "a hub").arg(m_hub));
  }
  if (running && m_progress.waiting) parts.append(tr("waiting for %1", "a hub").arg(m_hub));
  if (running && m_progress.bytesPerSecond > 0) {
    parts.append(tr("%1/s").arg(bytesText(static_cast<qint64>(m_progress.bytesPerSecond))));
    parts.append(
        tr("%1 left").arg(durationText(static_cast<double>(m_progress.totalBytes - m_progress.doneBytes) / m_progress.bytesPerSecond)));
  }
  m_text->setText(parts.join(QStringLiteral(" · ")));
  const double share =
      m_progress.totalBytes > 0 ? static_cast<double>(m_progress.doneBytes) / static_cast<double>(m_progress.totalBytes) : 0;
  m_bar->setValue(static_cast<int>(1000 * share));
  m_bar->setAccessibleName(m_repo + QStringLiteral(", ") + m_text->text());
  m_pause->setText(running ? tr("Pause") : tr("Continue"));
  m_pause->setIcon(icon(running ? QStringLiteral("pause") : QStringLiteral("down"), Tone::Text));
  const bool problem = m_progress.problem.trouble != HubTrouble::None;
  m_problem->setText(problem ? withVisibleControls(hubProblemText(m_progress.problem))
                             : tr("Attune did not begin this download here: the folder itself names %1 as its source.").arg(m_hub));
  m_problem->setVisible(problem || m_foreign);
}

} // namespace attune::ui
