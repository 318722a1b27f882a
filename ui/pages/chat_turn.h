// One exchange on one side of a conversation: the question at the right with its branches, the answer below with what can be
// done with it. GUI thread; built by ChatPane, asks through signals.
#pragma once

#include "ui/models/conversation.h"

#include <QWidget>

class QFrame;
class QHBoxLayout;
class QLabel;
class QPushButton;

namespace attune::ui {

class MarkdownView;
class ProseView;

/// "36 tokens · 39.8 tokens/s"
QString figuresText(qint64 tokens, double tokensPerSecond);

class ChatTurn : public QWidget {
  Q_OBJECT

public:
  struct State {
    int index = 0;
    bool last = false;
    bool busy = false;      // an answer is under way somewhere
    bool answering = false; // this one
    bool waiting = false;   // it will be answered once a model is loaded
    bool canAddToData = false;
    QString by;     // what answers on this side now; another one is named
    int branch = 0; // of `branches`
    int branches = 1;
  };
  ChatTurn(int index, QWidget *parent = nullptr);
  void show(const QString &question, const std::optional<ChatReply> &reply, const State &state);
  using QWidget::show;
  void grow(const QString &text);
  const MarkdownView *answer() const { return m_answer; }

Q_SIGNALS:
  void regenerateRequested(int exchange);
  void editRequested(int exchange);
  void branchStepped(int exchange, int by);
  /// `choose`: into a dataset picked now, not the last one; the menu goes below `anchor`.
  void addRequested(int exchange, bool choose, QWidget *anchor);

private:
  void showTexts();
  void fitBubble();

  int m_index;
  State m_state;
  QString m_asked;
  std::optional<ChatReply> m_reply;
  bool m_growing = false; // holds text of an answer under way
  QHBoxLayout *m_line;
  QFrame *m_bubble;
  ProseView *m_question;
  QLabel *m_branch, *m_figures;
  QPushButton *m_earlier, *m_later, *m_edit, *m_copy, *m_again, *m_add, *m_choose;
  MarkdownView *m_answer;
};

} // namespace attune::ui
