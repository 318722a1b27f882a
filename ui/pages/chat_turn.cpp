#include "ui/pages/chat_turn.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/markdown_view.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/prose_view.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/visible_text.h"

#include <QClipboard>
#include <QFrame>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>

namespace attune::ui {

namespace {
constexpr qsizetype kShownQuestion = 4000;
constexpr int kSnug = 200; // a question this narrow needs no wrapping
} // namespace

QString figuresText(qint64 tokens, double tokensPerSecond) {
  const QString rate = QLocale().toString(tokensPerSecond, 'f', tokensPerSecond < 100 ? 1 : 0);
  return ChatTurn::tr("%1 tokens · %2 tokens/s").arg(countText(tokens), rate);
}

ChatTurn::ChatTurn(int index, QWidget *parent) : QWidget(parent), m_index(index) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(6);
  m_bubble = new QFrame(this);
  m_bubble->setProperty("kind", QStringLiteral("question"));
  auto *inside = new QVBoxLayout(m_bubble);
  inside->setContentsMargins(12, 8, 12, 8);
  m_question = new ProseView(m_bubble);
  m_question->setFocusPolicy(Qt::ClickFocus);
  inside->addWidget(m_question);
  m_line = new QHBoxLayout;
  m_line->addStretch(1);
  m_line->addWidget(m_bubble, 6);
  layout->addLayout(m_line);
  auto *tools = new QHBoxLayout;
  tools->setSpacing(0);
  tools->addStretch(1);
  m_earlier = makeButton(ButtonKind::Quiet, QStringLiteral("left"), this);
  m_branch = makeLabel(TextRole::Caption, this);
  m_later = makeButton(ButtonKind::Quiet, QStringLiteral("right"), this);
  m_edit = makeButton(ButtonKind::Quiet, QStringLiteral("edit"), this);
  for (QWidget *tool : std::initializer_list<QWidget *>{m_earlier, m_branch, m_later, m_edit}) tools->addWidget(tool);
  layout->addLayout(tools);
  m_answer = new MarkdownView(this);
  layout->addWidget(m_answer);
  m_figures = makeLabel(TextRole::Caption, this);
  m_figures->setWordWrap(true);
  layout->addWidget(m_figures);
  auto *below = new QHBoxLayout;
  below->setSpacing(0);
  m_copy = makeButton(ButtonKind::Quiet, QStringLiteral("copy"), this);
  m_again = makeButton(ButtonKind::Quiet, QStringLiteral("refresh"), this);
  m_add = makeButton(ButtonKind::Quiet, QStringLiteral("add"), this);
  m_choose = makeButton(ButtonKind::Quiet, QStringLiteral("chevron"), this);
  for (QPushButton *button : {m_copy, m_again, m_add, m_choose}) below->addWidget(button);
  below->addStretch(1);
  layout->addLayout(below);

  connect(m_earlier, &QPushButton::clicked, this, [this] { Q_EMIT branchStepped(m_index, -1); });
  connect(m_later, &QPushButton::clicked, this, [this] { Q_EMIT branchStepped(m_index, 1); });
  connect(m_edit, &QPushButton::clicked, this, [this] { Q_EMIT editRequested(m_index); });
  connect(m_again, &QPushButton::clicked, this, [this] { Q_EMIT regenerateRequested(m_index); });
  connect(m_add, &QPushButton::clicked, this, [this] { Q_EMIT addRequested(m_index, false, m_add); });
  connect(m_choose, &QPushButton::clicked, this, [this] { Q_EMIT addRequested(m_index, true, m_choose); });
  connect(m_copy, &QPushButton::clicked, this, [this] {
    if (m_reply) QGuiApplication::clipboard()->setText(m_reply->text);
  });
  onLanguage(this, [this] { showTexts(); });
}

void ChatTurn::show(const QString &question, const std::optional<ChatReply> &reply, const State &state) {
  m_state = state;
  m_asked = question;
  m_reply = reply;
  if (reply || !state.answering) {
    m_answer->setText(reply ? reply->text : QString());
    m_growing = false;
  } else if (!m_growing) {
    m_answer->setText(QString());
  }
  const bool idle = !state.busy, several = state.branches > 1;
  for (QWidget *tool : std::initializer_list<QWidget *>{m_earlier, m_branch, m_later}) tool->setVisible(several);
  m_earlier->setEnabled(idle && state.branch > 0);
  m_later->setEnabled(idle && state.branch + 1 < state.branches);
  m_edit->setEnabled(idle);
  m_copy->setVisible(reply.has_value());
  m_again->setVisible(idle && state.last && !state.waiting);
  const bool addable = state.canAddToData && reply && !reply->text.isEmpty();
  m_add->setVisible(addable);
  m_choose->setVisible(addable);
  showTexts();
}

void ChatTurn::showTexts() {
  const QString shown = m_asked.left(kShownQuestion);
  const auto left = static_cast<int>(m_asked.size() - kShownQuestion);
  m_question->setPlain(left > 0 ? tr("%1… (%Ln more character(s))", nullptr, left).arg(shown) : shown);
  m_question->setAccessibleName(tr("Question"));
  fitBubble();
  m_branch->setText(QStringLiteral("%1/%2").arg(m_state.branch + 1).arg(m_state.branches));
  m_branch->setAccessibleName(tr("Branch %1 of %2").arg(m_state.branch + 1).arg(m_state.branches));
  const auto name = [](QPushButton *button, const QString &text) {
    button->setToolTip(text);
    button->setAccessibleName(text);
  };
  name(m_earlier, tr("The earlier branch"));
  name(m_later, tr("The later branch"));
  name(m_edit, tr("Edit and ask again"));
  name(m_copy, tr("Copy the answer"));
  name(m_again, tr("Answer again; this answer stays as a branch"));
  name(m_choose, tr("Add to another dataset"));
  m_add->setText(tr("Add to data"));
  m_add->setToolTip(tr("Add the question and this answer to a dataset as a row"));
  QString figures;
  if (m_reply && m_reply->cut)
    figures = m_reply->text.isEmpty() ? tr("Stopped before the first word.")
                                      : tr("Cut off after %n token(s).", nullptr, static_cast<int>(m_reply->tokens));
  else if (m_reply && !m_state.last)
    figures = figuresText(m_reply->tokens, m_reply->tokensPerSecond);
  else if (!m_reply && m_state.answering && !m_growing)
    figures = tr("Reading the question…");
  else if (!m_reply && m_state.waiting)
    figures = tr("Waits for the model.");
  if (m_reply && !m_reply->by.isEmpty() && m_reply->by != m_state.by)
    figures = figures.isEmpty() ? tr("Answered by %1.").arg(m_reply->by) : tr("Answered by %1.").arg(m_reply->by) + u' ' + figures;
  m_figures->setText(withVisibleControls(figures));
  m_figures->setVisible(!figures.isEmpty());
}

void ChatTurn::fitBubble() {
  m_question->ensurePolished();
  const int width = m_question->fontMetrics().size(0, m_question->toPlainText()).width() + 4;
  const bool snug = width < kSnug;
  m_question->setMinimumWidth(snug ? width : 0);
  m_question->setMaximumWidth(snug ? width : QWIDGETSIZE_MAX);
  m_line->setStretchFactor(m_bubble, snug ? 0 : 6);
}

void ChatTurn::grow(const QString &text) {
  if (m_reply) return;
  m_growing = true;
  m_answer->append(text);
  m_figures->hide();
}

} // namespace attune::ui
