#include "ui/pages/turn_card.h"

#include "ui/models/row_text.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/icon.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/text_box.h"

#include <QAbstractTextDocumentLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTextBlock>
#include <QVBoxLayout>

#include <cmath>

namespace attune::ui {

namespace {

constexpr int kLeast = 34, kMost = 360;
constexpr int kLongText = 100000; // from here on a keystroke is sent with the ones after it

} // namespace

TurnCard::TurnCard(QWidget *parent) : QFrame(parent) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(10, 6, 10, 8);
  layout->setSpacing(4);
  auto *head = new QHBoxLayout;
  head->setSpacing(4);
  m_role = makeButton(ButtonKind::Quiet, this);
  m_more = makeButton(ButtonKind::Quiet, QStringLiteral("more"), this);
  head->addWidget(m_role);
  head->addStretch(1);
  head->addWidget(m_more);
  layout->addLayout(head);
  m_text = new TextBox(this);
  m_text->setUndoRedoEnabled(false);
  m_text->setTabChangesFocus(true);
  m_text->setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
  m_text->installEventFilter(this);
  layout->addWidget(m_text);
  m_problem = makeLabel(TextRole::Problem, this);
  m_problem->setWordWrap(true);
  m_problem->hide();
  layout->addWidget(m_problem);

  m_settled.setSingleShot(true);
  m_settled.setInterval(1200);
  connect(&m_settled, &QTimer::timeout, this, [this] { m_joined = false; });
  m_hold.setSingleShot(true);
  m_hold.setInterval(400);
  connect(&m_hold, &QTimer::timeout, this, &TurnCard::send);
  connect(m_text, &TextBox::textChanged, this, &TurnCard::onTyped);
  connect(m_text->document(), &QTextDocument::contentsChanged, this, &TurnCard::fit);
  auto *roles = new QMenu(m_role);
  connect(roles, &QMenu::aboutToShow, this, [this, roles] {
    roles->clear();
    for (const char *role : {"system", "user", "assistant", "tool"})
      roles->addAction(roleText(role), this, [this, role] { Q_EMIT roleChosen(QLatin1String(role)); });
  });
  m_role->setMenu(roles);
  auto *more = new QMenu(m_more);
  connect(more, &QMenu::aboutToShow, this, [this, more] { fillMenu(*more); });
  m_more->setMenu(more);
  onLanguage(this, [this] { showTexts(); });
  onTheme(this, [this] { m_more->setIcon(icon(QStringLiteral("more"), Tone::Muted)); });
}

void TurnCard::fillMenu(QMenu &menu) {
  menu.clear();
  menu.addAction(tr("Add a turn before"), this, [this] { Q_EMIT turnWanted(0); });
  menu.addAction(tr("Add a turn after"), this, [this] { Q_EMIT turnWanted(1); });
  menu.addAction(tr("Move up"), this, [this] { Q_EMIT moveWanted(-1); });
  menu.addAction(tr("Move down"), this, [this] { Q_EMIT moveWanted(1); });
  menu.addSeparator();
  menu.addAction(tr("Remove this turn"), this, &TurnCard::removeWanted);
}

void TurnCard::showTexts() {
  const bool turn = m_field.turn >= 0;
  const QString name = QString::fromStdString(m_field.name);
  QString title = roleText(m_field.role);
  // A key that is not simply the place of a turn's text says more than the role.
  const bool plain = name == QLatin1String("content") || name == QLatin1String("value") || name == QLatin1String("text") || name.isEmpty();
  if (!plain) title += QStringLiteral(" · ") + name;
  m_role->setText(title);
  m_role->setEnabled(turn);
  m_role->setAccessibleName(turn ? tr("Role: %1").arg(title) : title);
  m_more->setVisible(turn);
  m_more->setAccessibleName(tr("What can be done with this turn"));
  m_more->setToolTip(tr("What can be done with this turn"));
  m_text->setAccessibleName(title);
}

void TurnCard::flush() {
  if (m_hold.isActive()) send();
}

void TurnCard::setField(api::RowId row, const api::RowField &field) {
  const bool samePlace = m_row == row && m_field.path == field.path;
  if (!samePlace) flush();
  m_row = row;
  m_field = field;
  setStyleProperty(this, "kind", field.role == "assistant" ? QStringLiteral("answer") : QStringLiteral("question"));
  showTexts();
  const QString text = QString::fromStdString(field.text);
  if ((samePlace && m_hold.isActive()) || m_text->shows(text)) return;
  const QSignalBlocker quiet(m_text);
  const int caret = m_text->textCursor().position();
  m_text->setText(text);
  QTextCursor cursor = m_text->textCursor();
  cursor.setPosition(samePlace ? std::min(caret, m_text->document()->characterCount() - 1) : 0);
  m_text->setTextCursor(cursor);
  m_joined = false;
  fit();
}

void TurnCard::setProblems(const std::vector<api::RowProblem> &problems) {
  QStringList lines;
  bool error = false;
  for (const api::RowProblem &problem : problems)
    if (problem.field == m_field.path) {
      lines.append(problemText(problem));
      error = error || problem.kind == api::RowIssue::Error;
    }
  setProblem(m_text, error);
  if (m_text->hidden() > 0)
    lines.append(
        tr("Only the beginning is shown, so it cannot be edited here: %1 more characters follow.").arg(countText(m_text->hidden())));
  m_problem->setText(lines.join(QLatin1Char('\n')));
  m_problem->setVisible(!lines.isEmpty());
}

void TurnCard::onTyped() {
  if (m_text->document()->characterCount() > kLongText)
    m_hold.start();
  else
    send();
}

void TurnCard::send() {
  m_hold.stop();
  Q_EMIT typed(m_text->toPlainText(), m_joined);
  m_joined = true;
  m_settled.start();
}

void TurnCard::fit() {
  double height = 0;
  for (QTextBlock block = m_text->document()->begin(); block.isValid() && height < kMost; block = block.next())
    height += m_text->document()->documentLayout()->blockBoundingRect(block).height();
  const int needed = static_cast<int>(std::ceil(height + 2 * m_text->document()->documentMargin())) + 12;
  m_text->setFixedHeight(std::clamp(needed, kLeast, kMost));
}

void TurnCard::resizeEvent(QResizeEvent *event) {
  QFrame::resizeEvent(event);
  QMetaObject::invokeMethod(this, &TurnCard::fit, Qt::QueuedConnection); // the lines break anew first
}

bool TurnCard::eventFilter(QObject *watched, QEvent *event) {
  if (event->type() == QEvent::FocusOut) {
    flush();
    m_joined = false;
  }
  // The page's actions undo in the document; the editor would swallow the keys.
  if (event->type() == QEvent::ShortcutOverride) {
    auto *key = static_cast<QKeyEvent *>(event);
    if (key->matches(QKeySequence::Undo) || key->matches(QKeySequence::Redo)) {
      event->ignore();
      return true;
    }
  }
  return QFrame::eventFilter(watched, event);
}

} // namespace attune::ui
