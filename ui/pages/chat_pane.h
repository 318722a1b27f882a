// One side of a conversation, oldest turn first; follows an answer that grows as long as its end is in sight.
// GUI thread; shows a Conversation, asks through signals.
#pragma once

#include "core/api/chat.h"
#include "ui/pages/chat_turn.h"

#include <QElapsedTimer>
#include <QHash>
#include <QScrollArea>

class QVBoxLayout;

namespace attune::ui {

class ElidedLabel;

class ChatPane : public QFrame {
  Q_OBJECT

public:
  enum class Side { Base, Tuned };
  explicit ChatPane(Side side, QWidget *parent = nullptr);
  void setTitle(const QString &title);
  struct State {
    int answering = -1; // the exchange being answered here
    int waiting = -1;   // the exchange that waits for a model
    bool busy = false;
    bool canAddToData = false;
    QString by; // what answers here now
  };
  /// Turns that are shown already keep their widgets.
  void show(const Conversation &conversation, const State &state);
  using QFrame::show;
  /// More text of an answer under way.
  void grow(int exchange, const QString &text, const api::ChatPace &pace);
  void scrollToEnd();
  void scrollPages(int pages);
  bool atEnd() const { return m_follow; }
  const ChatTurn *turn(int exchange) const { return m_turns.value(exchange); }

Q_SIGNALS:
  void regenerateRequested(int exchange);
  void editRequested(int exchange);
  void branchChosen(int exchange);
  void addRequested(int exchange, bool choose, QWidget *anchor);

private:
  ChatTurn *makeTurn(int index);
  void showFigures();

  Side m_side;
  Conversation m_talk; // as shown
  State m_state;
  api::ChatPace m_pace; // of the answer under way, as shown
  QElapsedTimer m_paceShown;
  int m_most = 0; // turns shown at most
  bool m_follow = true;
  ElidedLabel *m_title;
  QLabel *m_rate, *m_empty;
  QScrollArea *m_scroll;
  QVBoxLayout *m_list;
  QPushButton *m_older;
  QHash<int, ChatTurn *> m_turns;
};

} // namespace attune::ui
