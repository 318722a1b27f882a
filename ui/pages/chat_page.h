// Chat: a model, perhaps with an adapter, asked once and answering twice side by side. Shows a ChatSession: what answers, what
// was said, the conversations kept, and what stands in the way. GUI thread.
#pragma once

#include "ui/models/chat_session.h"
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
class TextBox;

class ChatPage : public QWidget {
  Q_OBJECT

public:
  ChatPage(RunCenter &runs, EngineGate &gate, TaskRunner &tasks, const Services &services, QWidget *parent = nullptr);
  /// Talks with a run's result or, while it goes, its newest checkpoint.
  void useRun(const QString &folder);
  /// Talks with a model as it is.
  void useModel(const QString &path);
  void use(const api::RunWeights &weights, const QString &name) { m_session.use(weights, name); }
  void ask(const QString &question);
  ChatSession &session() { return m_session; }
  const Conversation &conversation() const { return m_session.talk(); }
  ChatPane *pane(bool tuned) const { return tuned ? m_tuned : m_base; }
  QPlainTextEdit *questionField() const;
  bool isReady() const { return m_session.isLoaded(); }
  bool isBusy() const { return m_session.isAnswering() || m_session.isLoading() || m_session.isChecking(); }

protected:
  bool eventFilter(QObject *watched, QEvent *event) override;
  void showEvent(QShowEvent *event) override;

private:
  void makeHeader(QVBoxLayout *layout);
  void makeSources(QVBoxLayout *layout);
  void makePanes(QVBoxLayout *layout);
  void makeEntry(QVBoxLayout *layout);
  void connectSession();
  void showPanel(QWidget *panel, bool on);
  bool canAsk() const;
  void send();
  void edit(int exchange);
  void openConversation(const std::string &id);
  void addToData(int exchange, bool tuned, bool whole, bool choose, QWidget *anchor);
  ChatChoices choices() const;
  void showSession();
  void showState();
  void showTemplate();
  void showBanner();
  void showTemplateProblem();
  void showShortfall(const api::ChatForecast &forecast, const QString &run);
  QString stateText() const;
  /// The run that computes now; null for none, or one that waits or is paused.
  const api::RunSummary *trainingRun() const;

  RunCenter &m_runs;
  TaskRunner &m_tasks;
  const Services &m_services;
  ChatSession m_session;
  RunWeightsList m_weights;
  int m_editing = -1; // the exchange whose question is being edited
  PageHeader *m_header;
  QPushButton *m_conversations, *m_options, *m_addTalk, *m_new, *m_send;
  SourceCard *m_model, *m_adapter, *m_template;
  SegmentedSwitch *m_sides;
  Banner *m_banner;
  ChatPane *m_base, *m_tuned;
  SamplingPanel *m_sampling;
  ConversationsPanel *m_panel;
  DatasetTarget *m_target;
  TextBox *m_question;
  QLabel *m_state;
};

} // namespace attune::ui
