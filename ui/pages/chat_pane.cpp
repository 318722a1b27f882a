#include "ui/pages/chat_pane.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/retranslate.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollBar>

#include <algorithm>

namespace attune::ui {

namespace {
constexpr qint64 kPaceMilliseconds = 500; // figures that change faster cannot be read
constexpr int kTurns = 40;                // shown at first, and with each press of the button above them
} // namespace

ChatPane::ChatPane(Side side, QWidget *parent) : QFrame(parent), m_side(side), m_most(kTurns) {
  setProperty("kind", QStringLiteral("card"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(16, 10, 4, 10);
  layout->setSpacing(8);
  auto *head = new QHBoxLayout;
  m_title = new ElidedLabel(this, Qt::ElideRight);
  setRole(m_title, TextRole::Strong);
  m_rate = makeLabel(TextRole::Caption, this);
  m_rate->setContentsMargins(0, 0, 12, 0);
  head->addWidget(m_title, 1);
  head->addWidget(m_rate);
  layout->addLayout(head);
  m_scroll = makeScrollColumn(this);
  auto *content = new QWidget(m_scroll);
  m_list = new QVBoxLayout(content);
  m_list->setContentsMargins(0, 0, 6, 0);
  m_list->setSpacing(12);
  m_older = makeButton(ButtonKind::Small, content);
  m_list->addWidget(m_older, 0, Qt::AlignHCenter);
  m_empty = makeLabel(TextRole::Muted, content);
  m_empty->setWordWrap(true);
  m_list->addWidget(m_empty);
  m_list->addStretch(1);
  m_scroll->setWidget(content);
  layout->addWidget(m_scroll, 1);
  QScrollBar *bar = m_scroll->verticalScrollBar();
  connect(bar, &QScrollBar::valueChanged, this, [this, bar](int value) { m_follow = value >= bar->maximum() - 24; });
  connect(bar, &QScrollBar::rangeChanged, this, [this, bar](int, int maximum) { // who scrolled up reads
    if (m_follow) bar->setValue(maximum);
  });
  connect(m_older, &QPushButton::clicked, this, [this] {
    m_most += kTurns;
    m_follow = false;
    show(Conversation(m_talk), m_state);
  });
  onLanguage(this, [this] {
    m_empty->setText(m_side == Side::Base ? tr("The model answers here. Ask something below.")
                                          : tr("The tuned model answers the same question here, from the same weights and its adapter."));
    showFigures();
  });
}

void ChatPane::setTitle(const QString &title) {
  m_title->setText(title);
  setAccessibleName(title);
}

ChatTurn *ChatPane::makeTurn(int index) {
  auto *turn = new ChatTurn(index, m_scroll->widget());
  connect(turn, &ChatTurn::regenerateRequested, this, &ChatPane::regenerateRequested);
  connect(turn, &ChatTurn::editRequested, this, &ChatPane::editRequested);
  connect(turn, &ChatTurn::addRequested, this, &ChatPane::addRequested);
  connect(turn, &ChatTurn::branchStepped, this, [this](int exchange, int by) {
    const std::vector<int> branches = m_talk.siblings(exchange);
    const auto at = std::find(branches.begin(), branches.end(), exchange) - branches.begin() + by;
    if (at >= 0 && at < static_cast<std::ptrdiff_t>(branches.size())) Q_EMIT branchChosen(branches[static_cast<size_t>(at)]);
  });
  m_turns.insert(index, turn);
  return turn;
}

void ChatPane::show(const Conversation &conversation, const State &state) {
  m_talk = conversation;
  if (state.answering != m_state.answering) m_pace = {};
  m_state = state;
  std::vector<int> path = m_talk.path();
  const int hidden = std::max(0, static_cast<int>(path.size()) - m_most);
  path.erase(path.begin(), path.begin() + hidden);
  for (const int index : m_turns.keys())
    if (std::find(path.begin(), path.end(), index) == path.end()) delete m_turns.take(index);
  for (size_t i = 0; i < path.size(); ++i) {
    ChatTurn *turn = m_turns.value(path[i]);
    if (!turn) turn = makeTurn(path[i]);
    const int place = static_cast<int>(i) + 1; // below the button
    if (m_list->indexOf(turn) != place) {
      m_list->removeWidget(turn);
      m_list->insertWidget(place, turn);
    }
    const std::vector<int> branches = m_talk.siblings(path[i]);
    ChatTurn::State shown;
    shown.index = path[i];
    shown.last = i + 1 == path.size();
    shown.busy = state.busy;
    shown.answering = state.answering == path[i];
    shown.waiting = state.waiting == path[i];
    shown.canAddToData = state.canAddToData;
    shown.by = state.by;
    shown.branch = static_cast<int>(std::find(branches.begin(), branches.end(), path[i]) - branches.begin());
    shown.branches = static_cast<int>(branches.size());
    turn->show(m_talk.at(path[i]).question, m_talk.at(path[i]).reply(m_side == Side::Tuned), shown);
    turn->show();
  }
  m_older->setVisible(hidden > 0);
  m_empty->setVisible(path.empty());
  showFigures();
}

void ChatPane::showFigures() {
  const std::vector<int> path = m_talk.path();
  const int hidden = std::max(0, static_cast<int>(path.size()) - m_most);
  m_older->setText(tr("Show %n earlier turn(s)", nullptr, std::min(hidden, kTurns)));
  m_rate->clear();
  m_rate->setToolTip({});
  if (path.empty()) return;
  if (m_state.answering == path.back())
    return m_rate->setText(m_pace.tokensPerSecond > 0 ? figuresText(m_pace.newTokens, m_pace.tokensPerSecond) : tr("answering…"));
  const auto &last = m_talk.at(path.back()).reply(m_side == Side::Tuned);
  if (!last) return;
  m_rate->setText(figuresText(last->tokens, last->tokensPerSecond));
  m_rate->setToolTip(tr("The conversation before the answer: %n token(s)", nullptr, static_cast<int>(last->promptTokens)));
}

void ChatPane::grow(int exchange, const QString &text, const api::ChatPace &pace) {
  if (ChatTurn *turn = m_turns.value(exchange)) turn->grow(text);
  if (exchange != m_state.answering || (m_paceShown.isValid() && m_paceShown.elapsed() < kPaceMilliseconds)) return;
  m_pace = pace;
  m_paceShown.start();
  showFigures();
}

void ChatPane::scrollToEnd() {
  m_follow = true;
  m_scroll->verticalScrollBar()->setValue(m_scroll->verticalScrollBar()->maximum());
}

void ChatPane::scrollPages(int pages) {
  QScrollBar *bar = m_scroll->verticalScrollBar();
  bar->setValue(bar->value() + pages * bar->pageStep());
}

} // namespace attune::ui
