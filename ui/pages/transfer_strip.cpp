#include "ui/pages/transfer_strip.h"

#include "ui/models/error_text.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/visible_text.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

namespace attune::ui {

TransferStrip::TransferStrip(QWidget *parent) : QFrame(parent) {
  auto *rows = new QVBoxLayout(this);
  rows->setContentsMargins(0, 2, 0, 2);
  rows->setSpacing(2);
  auto *layout = new QHBoxLayout;
  layout->setSpacing(12);
  rows->addLayout(layout);
  m_title = new ElidedLabel(this, Qt::ElideMiddle);
  setRole(m_title, TextRole::Strong);
  m_title->setFixedWidth(200);
  m_text = makeLabel(TextRole::Muted, this);
  m_bar = new QProgressBar(this);
  m_bar->setTextVisible(false);
  m_bar->setMinimumWidth(60);
  m_act = makeButton(ButtonKind::Small, this);
  m_close = makeButton(ButtonKind::Small, this);
  layout->addWidget(m_title);
  layout->addWidget(m_bar, 1);
  layout->addWidget(m_text);
  layout->addWidget(m_act);
  layout->addWidget(m_close);
  m_problem = makeLabel(TextRole::Problem, this);
  m_problem->setWordWrap(true);
  rows->addWidget(m_problem);
  connect(m_act, &QPushButton::clicked, this, [this] {
    if (m_transfer.state == Transfer::State::Going)
      Q_EMIT stopClicked();
    else
      Q_EMIT againClicked();
  });
  connect(m_close, &QPushButton::clicked, this, &TransferStrip::closeClicked);
  onLanguage(this, [this] {
    m_close->setText(tr("Close"));
    showTexts();
  });
}

void TransferStrip::setTransfer(const Transfer &transfer) {
  m_transfer = transfer;
  showTexts();
}

void TransferStrip::showTexts() {
  using State = Transfer::State;
  const bool going = m_transfer.state == State::Going;
  m_title->setText((m_transfer.upload ? QStringLiteral("↑ ") : QStringLiteral("↓ ")) + onOneLine(m_transfer.name));
  QStringList parts;
  if (m_transfer.total > 0) parts.append(tr("%1 of %2").arg(bytesText(m_transfer.done), bytesText(m_transfer.total)));
  if (going && m_transfer.bytesPerSecond > 0) parts.append(tr("%1/s").arg(bytesText(static_cast<qint64>(m_transfer.bytesPerSecond))));
  if (going && m_transfer.total == 0) parts.append(tr("beginning"));
  if (m_transfer.state == State::Done) parts = QStringList{tr("done")};
  if (m_transfer.state == State::Stopped) parts.append(tr("stopped; what arrived is kept"));
  if (m_transfer.state == State::Failed) parts.append(tr("failed"));
  m_text->setText(parts.join(QStringLiteral(" · ")));
  m_bar->setRange(0, going && m_transfer.total == 0 ? 0 : 1000);
  const double share = m_transfer.total > 0 ? static_cast<double>(m_transfer.done) / static_cast<double>(m_transfer.total) : 0;
  m_bar->setValue(m_transfer.state == State::Done ? 1000 : static_cast<int>(1000 * share));
  m_bar->setAccessibleName(m_title->text() + QStringLiteral(", ") + m_text->text());
  m_act->setText(going ? tr("Stop") : tr("Go on"));
  m_act->setVisible(m_transfer.state != State::Done);
  m_close->setVisible(!going);
  m_problem->setText(m_transfer.problem ? errorText(*m_transfer.problem) : QString());
  m_problem->setVisible(m_transfer.problem.has_value());
}

} // namespace attune::ui
