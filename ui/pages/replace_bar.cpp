#include "ui/pages/replace_bar.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPushButton>

namespace attune::ui {

ReplaceBar::ReplaceBar(DatasetSession &session, QWidget *parent) : QFrame(parent), m_session(session) {
  setProperty("kind", QStringLiteral("card"));
  auto *layout = new QHBoxLayout(this);
  layout->setContentsMargins(12, 8, 8, 8);
  layout->setSpacing(8);
  m_pattern = new QLineEdit(this);
  m_replacement = new QLineEdit(this);
  m_regex = new QCheckBox(this);
  m_case = new QCheckBox(this);
  m_replace = makeButton(ButtonKind::Normal, this);
  m_close = makeButton(ButtonKind::Quiet, QStringLiteral("close"), this);
  layout->addWidget(m_pattern, 1);
  layout->addWidget(m_replacement, 1);
  for (QWidget *widget : std::initializer_list<QWidget *>{m_regex, m_case, m_replace, m_close}) layout->addWidget(widget);
  hide();
  connect(m_pattern, &QLineEdit::textChanged, this, &ReplaceBar::showTexts);
  connect(m_pattern, &QLineEdit::returnPressed, m_replacement, qOverload<>(&QWidget::setFocus));
  connect(m_replacement, &QLineEdit::returnPressed, this, &ReplaceBar::replace);
  connect(m_replace, &QPushButton::clicked, this, &ReplaceBar::replace);
  connect(m_close, &QPushButton::clicked, this, &QWidget::hide);
  connect(&m_session, &DatasetSession::viewChanged, this, &ReplaceBar::showTexts);
  connect(&m_session, &DatasetSession::workChanged, this, &ReplaceBar::showTexts);
  onLanguage(this, [this] {
    m_pattern->setPlaceholderText(tr("Find in the texts"));
    m_pattern->setAccessibleName(tr("Find in the texts"));
    m_replacement->setPlaceholderText(tr("Replace by"));
    m_replacement->setAccessibleName(tr("Replace by"));
    m_regex->setText(tr("Regular expression"));
    m_regex->setToolTip(tr("In what replaces, $1 to $9 stand for the groups."));
    m_case->setText(tr("Match case"));
    m_close->setAccessibleName(tr("Close"));
    m_close->setToolTip(tr("Close"));
    showTexts();
  });
}

void ReplaceBar::open() {
  show();
  m_pattern->setFocus();
  m_pattern->selectAll();
}

void ReplaceBar::keyPressEvent(QKeyEvent *event) {
  if (event->key() == Qt::Key_Escape) return hide();
  QFrame::keyPressEvent(event);
}

void ReplaceBar::showTexts() {
  const auto rows = static_cast<int>(m_session.view().size());
  m_replace->setText(m_session.isFiltered() ? tr("Replace in the %Ln row(s) shown", "", rows) : tr("Replace in all rows"));
  m_replace->setEnabled(!m_pattern->text().isEmpty() && rows > 0 && m_session.work() != DatasetSession::Work::Replacing);
}

void ReplaceBar::replace() {
  if (!m_replace->isEnabled()) return;
  m_session.replaceAll(m_pattern->text().toStdString(), m_replacement->text().toStdString(), m_regex->isChecked(), m_case->isChecked());
}

} // namespace attune::ui
