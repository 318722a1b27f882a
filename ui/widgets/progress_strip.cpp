#include "ui/widgets/progress_strip.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/icon.h"
#include "ui/widgets/retranslate.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

namespace attune::ui {

ProgressStrip::ProgressStrip(QWidget *parent) : QFrame(parent) {
  setProperty("kind", QStringLiteral("card"));
  auto *layout = new QHBoxLayout(this);
  layout->setContentsMargins(16, 10, 12, 10);
  layout->setSpacing(12);
  m_title = new ElidedLabel(this);
  setRole(m_title, TextRole::Strong);
  m_title->setMaximumWidth(240);
  m_title->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Preferred);
  m_text = makeLabel(TextRole::Muted, this);
  m_bar = new QProgressBar(this);
  m_bar->setTextVisible(false);
  m_bar->setMinimumWidth(60);
  m_pause = makeButton(ButtonKind::Small, QStringLiteral("pause"), this);
  m_checkpoint = makeButton(ButtonKind::Small, QStringLiteral("checkpoint"), this);
  m_stop = makeButton(ButtonKind::SmallDanger, QStringLiteral("stop"), this);
  layout->addWidget(m_title);
  layout->addWidget(m_text);
  layout->addWidget(m_bar, 1);
  layout->addWidget(m_pause);
  layout->addWidget(m_checkpoint);
  layout->addWidget(m_stop);
  connect(m_pause, &QPushButton::clicked, this, [this] {
    if (m_paused)
      Q_EMIT resumeClicked();
    else
      Q_EMIT pauseClicked();
  });
  connect(m_checkpoint, &QPushButton::clicked, this, &ProgressStrip::checkpointClicked);
  connect(m_stop, &QPushButton::clicked, this, &ProgressStrip::stopClicked);
  onLanguage(this, [this] {
    m_checkpoint->setText(tr("Checkpoint now"));
    m_stop->setText(tr("Stop"));
    m_stop->setToolTip(tr("Ends the run after this step and saves a checkpoint, from which it can go on."));
    showPause();
  });
}

void ProgressStrip::setTitle(const QString &title) { m_title->setText(title); }

void ProgressStrip::setProgress(const QString &text, double share) {
  m_text->setText(text);
  m_bar->setRange(0, share < 0 ? 0 : 1000);
  if (share >= 0) m_bar->setValue(static_cast<int>(share * 1000));
  m_bar->setAccessibleName(text);
}

void ProgressStrip::setPaused(bool paused) {
  m_paused = paused;
  showPause();
}

void ProgressStrip::setPausable(bool pausable) { m_pause->setVisible(pausable); }

void ProgressStrip::showPause() {
  m_pause->setText(m_paused ? tr("Go on") : tr("Pause"));
  m_pause->setIcon(icon(m_paused ? QStringLiteral("train") : QStringLiteral("pause")));
}

void ProgressStrip::setSteerable(bool steerable, bool stoppable) {
  for (QPushButton *button : {m_pause, m_checkpoint}) button->setEnabled(steerable);
  m_stop->setEnabled(stoppable);
}

} // namespace attune::ui
