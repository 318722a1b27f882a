// Chat: a model, perhaps with an adapter, asked once and answering twice side by side; conversations kept. Before a model is
// loaded it is asked whether it fits beside the run that goes. GUI thread.
#pragma once

#include "ui/models/chat_engine.h"
#include "ui/models/chat_fit.h"
#include "ui/models/conversation_list.h"
#include "ui/models/run_weights.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QVBoxLayout;

namespace attune::ui {

class Banner;
class ChatPane;
class ConversationsPanel;
class DatasetTarget;
class PageHeader;
class SamplingPanel;
class SegmentedSwitch;
class SourceCard;

class ChatPage : public QWidget {
  Q_OBJECT

public:
  ChatPage(RunCenter &runs, EngineGate &gate, TaskRunner &tasks, const Services &services, QWidget *parent = nullptr);
  /// Talks with a run's result or, while it goes, its newest checkpoint.
  void useRun(const QString &folder);
  void use(const api::RunWeights &weights, const QString &adapterName);
  void ask(const QString &question);
  void openConversation(const std::string &id);
  void newConversation();
  const Conversation &conversation() const { return m_talk; }
  const ConversationList &kept() const { return m_list; }
  ChatPane *pane(bool tuned) const { return tuned ? m_tuned : m_base; }
  QPlainTextEdit *questionField() const { return m_question; }
  bool isReady() const { return m_engine.isLoaded(); }
  bool isBusy() const { return m_engine.isAnswering() || m_engine.isLoading() || m_fit.isAsking(); }

protected:
  bool eventFilter(QObject *watched, QEvent *event) override;
  void showEvent(QShowEvent *event) override;

private:
  void makeHeader(QVBoxLayout *layout);
  void makeSources(QVBoxLayout *layout);
  void makePanes(QVBoxLayout *layout);
  void makeEntry(QVBoxLayout *layout);
  void connectEngine();
  void connectTalk();
  void showPanel(QWidget *panel, bool on);
  void prepare();
  void send();
  void answer(int exchange);
  void regenerate(int exchange);
  void edit(int exchange);
  void leaveTalk();
  void addToData(int exchange, bool tuned, bool whole, bool choose, QWidget *anchor);
  void showTalk();
  void showState();
  void showBanner();
  QString stateText() const;
  /// The run that computes now; null for none, or one that waits or is paused.
  const api::RunSummary *trainingRun() const;

  RunCenter &m_runs;
  TaskRunner &m_tasks;
  const Services &m_services;
  ChatEngine m_engine;
  ChatFit m_fit;
  ConversationList m_list;
  RunWeightsList m_weights;
  Conversation m_talk;
  std::string m_id; // of the conversation's file; empty = not kept yet
  api::RunWeights m_source;
  QString m_adapterName, m_failure;
  int64_t m_contextTokens = 0;                 // 0 = the usual one
  std::optional<api::ChatForecast> m_forecast; // while it does not fit
  bool m_waitsForRun = false;                  // loads when the run has ended
  int m_pending = -1;                          // the exchange to answer once a model is there
  int m_answering = -1;                        // the exchange being answered
  QString m_partial[2];                        // its text so far: base, tuned
  int m_editing = -1;                          // the exchange whose question is being edited
  PageHeader *m_header;
  QPushButton *m_conversations, *m_options, *m_addTalk, *m_new, *m_send;
  SourceCard *m_model, *m_adapter;
  SegmentedSwitch *m_sides;
  Banner *m_banner;
  ChatPane *m_base, *m_tuned;
  SamplingPanel *m_sampling;
  ConversationsPanel *m_panel;
  DatasetTarget *m_target;
  QPlainTextEdit *m_question;
  QLabel *m_state;
};

} // namespace attune::ui
