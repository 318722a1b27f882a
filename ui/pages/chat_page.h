// Chat: a model, perhaps with an adapter, asked once and answering twice side by side; conversations kept. GUI thread.
#pragma once

#include "ui/models/chat_engine.h"
#include "ui/models/conversation.h"
#include "ui/models/run_center.h"

#include <QWidget>

class QLabel;
class QListWidget;
class QMenu;
class QPlainTextEdit;
class QPushButton;

namespace attune::ui {

class Banner;
class ChatPane;
class EmptyState;
class PageHeader;
class SamplingPanel;
class SegmentedSwitch;
class SourceCard;

class ChatPage : public QWidget {
  Q_OBJECT

public:
  ChatPage(RunCenter &runs, EngineGate &gate, TaskRunner &tasks, const Services &services, QWidget *parent = nullptr);
  /// Talks with a run's model and its adapter.
  void useRun(const QString &folder);
  void ask(const QString &question);
  const Conversation &conversation() const { return m_talk; }
  bool isReady() const { return m_engine.isLoaded(); }
  bool isBusy() const { return m_engine.isAnswering() || m_engine.isLoading(); }

protected:
  bool eventFilter(QObject *watched, QEvent *event) override;

private:
  void fillAdapters(QMenu &menu);
  void fillConversations();
  void use(const std::string &model, const std::string &adapter, const QString &adapterName);
  void send();
  void answer(int exchange);
  std::vector<api::ChatMessage> messagesFor(int exchange, bool tuned) const;
  void showTalk();
  void showState();
  void keep();
  void openConversation(const api::StoredConversation &stored);
  void newConversation();
  void exportConversation();

  RunCenter &m_runs;
  TaskRunner &m_tasks;
  const Services &m_services;
  ChatEngine m_engine;
  Task m_listing, m_writing;
  Conversation m_talk;
  std::string m_id; // of the conversation's file; empty = not kept yet
  std::vector<api::StoredConversation> m_stored;
  std::string m_modelPath, m_adapterPath;
  QString m_adapterName, m_failure;
  int m_editing = -1; // the exchange whose question is being edited
  PageHeader *m_header;
  QPushButton *m_new, *m_list, *m_options, *m_send;
  SourceCard *m_model, *m_adapter;
  SegmentedSwitch *m_sides;
  Banner *m_banner;
  ChatPane *m_base, *m_tuned;
  SamplingPanel *m_sampling;
  QPlainTextEdit *m_question;
  QLabel *m_state;
};

} // namespace attune::ui
