// One side of a conversation: questions at the right, answers below them, with copy, regenerate, edit and branches.
// GUI thread; shows a Conversation, asks through signals.
#pragma once

#include "ui/models/conversation.h"

#include <QFrame>
#include <QHash>

class QLabel;
class QScrollArea;
class QVBoxLayout;

namespace attune::ui {

class MarkdownView;

class ChatPane : public QFrame {
  Q_OBJECT

public:
  enum class Side { Base, Tuned };
  ChatPane(Side side, QWidget *parent = nullptr);
  void setTitle(const QString &title);
  /// Shows all of it anew.
  void show(const Conversation &conversation);
  using QFrame::show;
  /// More text of an answer under way.
  void grow(int exchange, const QString &text);
  void setBusy(bool busy);

Q_SIGNALS:
  void regenerateRequested(int exchange);
  void editRequested(int exchange);
  void branchChosen(int exchange);

private:
  const std::optional<ChatReply> &reply(const Exchange &exchange) const;
  void addExchange(const Conversation &conversation, int index, bool last);
  void scrollDown();

  Side m_side;
  bool m_busy = false;
  QLabel *m_title;
  QLabel *m_rate;
  QScrollArea *m_scroll;
  QVBoxLayout *m_list = nullptr;
  QHash<int, MarkdownView *> m_answers;
  QHash<int, QString> m_growing;
};

} // namespace attune::ui
