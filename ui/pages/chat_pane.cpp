#include "ui/pages/chat_pane.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/icon.h"
#include "ui/widgets/markdown_view.h"
#include "ui/widgets/number_text.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>

namespace attune::ui {

ChatPane::ChatPane(Side side, QWidget *parent) : QFrame(parent), m_side(side) {
  setProperty("kind", QStringLiteral("card"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(16, 10, 4, 10);
  layout->setSpacing(8);
  auto *head = new QHBoxLayout;
  m_title = makeLabel(TextRole::Strong, this);
  m_rate = makeLabel(TextRole::Caption, this);
  m_rate->setContentsMargins(0, 0, 12, 0);
  head->addWidget(m_title);
  head->addStretch(1);
  head->addWidget(m_rate);
  layout->addLayout(head);
  m_scroll = new QScrollArea(this);
  m_scroll->setWidgetResizable(true);
  m_scroll->setFrameShape(QFrame::NoFrame);
  m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  layout->addWidget(m_scroll, 1);
  show(Conversation());
}

void ChatPane::setTitle(const QString &title) {
  m_title->setText(title);
  setAccessibleName(title);
}

const std::optional<ChatReply> &ChatPane::reply(const Exchange &exchange) const {
  return m_side == Side::Base ? exchange.base : exchange.tuned;
}

void ChatPane::setBusy(bool busy) { m_busy = busy; }

void ChatPane::show(const Conversation &conversation) {
  m_answers.clear();
  m_growing.clear();
  auto *content = new QWidget(m_scroll);
  m_list = new QVBoxLayout(content);
  m_list->setContentsMargins(0, 0, 12, 0);
  m_list->setSpacing(8);
  const std::vector<int> path = conversation.path();
  for (size_t i = 0; i < path.size(); ++i) addExchange(conversation, path[i], i + 1 == path.size());
  m_list->addStretch(1);
  m_scroll->setWidget(content); // the old one goes with it
  m_rate->clear();
  if (!path.empty())
    if (const auto &last = reply(conversation.at(path.back())))
      m_rate->setText(tr("%1 tokens · %2 tokens/s").arg(countText(last->tokens), numberText(last->tokensPerSecond)));
  scrollDown();
}

void ChatPane::addExchange(const Conversation &conversation, int index, bool last) {
  const Exchange &exchange = conversation.at(index);
  auto *content = m_list->parentWidget();
  auto *bubble = new QFrame(content);
  bubble->setProperty("kind", QStringLiteral("question"));
  auto *inside = new QVBoxLayout(bubble);
  inside->setContentsMargins(12, 8, 12, 8);
  QLabel *question = makeLabel(TextRole::Body, bubble);
  question->setText(exchange.question);
  question->setWordWrap(true);
  question->setTextInteractionFlags(Qt::TextSelectableByMouse);
  inside->addWidget(question);
  auto *line = new QHBoxLayout;
  line->addStretch(1);
  line->addWidget(bubble, 4);
  m_list->addLayout(line);
  const auto button = [&](QHBoxLayout *row, const QString &iconName, const QString &text, auto act) {
    QPushButton *made = makeButton(ButtonKind::Quiet, iconName, content);
    made->setToolTip(text);
    made->setAccessibleName(text);
    made->setEnabled(!m_busy);
    connect(made, &QPushButton::clicked, this, act);
    row->addWidget(made);
    return made;
  };
  auto *tools = new QHBoxLayout;
  tools->setSpacing(0);
  tools->addStretch(1);
  const std::vector<int> branches = conversation.siblings(index);
  if (branches.size() > 1) {
    const auto place = static_cast<size_t>(std::find(branches.begin(), branches.end(), index) - branches.begin());
    if (place > 0)
      button(tools, QStringLiteral("undo"), tr("The earlier branch"), [this, to = branches[place - 1]] { Q_EMIT branchChosen(to); });
    QLabel *which = makeLabel(TextRole::Caption, content);
    which->setText(QStringLiteral("%1/%2").arg(place + 1).arg(branches.size()));
    tools->addWidget(which);
    if (place + 1 < branches.size())
      button(tools, QStringLiteral("redo"), tr("The later branch"), [this, to = branches[place + 1]] { Q_EMIT branchChosen(to); });
  }
  button(tools, QStringLiteral("edit"), tr("Edit and ask again"), [this, index] { Q_EMIT editRequested(index); });
  m_list->addLayout(tools);

  auto *answer = new MarkdownView(content);
  m_answers.insert(index, answer);
  m_list->addWidget(answer);
  const auto &said = reply(exchange);
  if (!said) return;
  answer->setText(said->text);
  auto *below = new QHBoxLayout;
  below->setSpacing(0);
  button(below, QStringLiteral("copy"), tr("Copy the answer"), [text = said->text] { QGuiApplication::clipboard()->setText(text); });
  if (last) button(below, QStringLiteral("refresh"), tr("Answer again"), [this, index] { Q_EMIT regenerateRequested(index); });
  if (said->cut) {
    QLabel *cut = makeLabel(TextRole::Caption, content);
    cut->setText(tr("cut off"));
    below->addWidget(cut);
  }
  below->addStretch(1);
  m_list->addLayout(below);
}

void ChatPane::grow(int exchange, const QString &text) {
  MarkdownView *answer = m_answers.value(exchange);
  if (!answer) return;
  QString &whole = m_growing[exchange];
  whole += text;
  const QScrollBar *bar = m_scroll->verticalScrollBar();
  const bool atEnd = bar->value() >= bar->maximum() - 24; // who scrolled up reads
  answer->setText(whole);
  if (atEnd) scrollDown();
}

void ChatPane::scrollDown() {
  QTimer::singleShot(0, this, [this] { m_scroll->verticalScrollBar()->setValue(m_scroll->verticalScrollBar()->maximum()); });
}

} // namespace attune::ui
