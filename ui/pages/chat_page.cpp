#include "ui/pages/chat_page.h"

#include "ui/models/run_text.h"
#include "ui/pages/chat_pane.h"
#include "ui/pages/conversations_panel.h"
#include "ui/pages/dataset_target.h"
#include "ui/pages/model_menu.h"
#include "ui/pages/sampling_panel.h"
#include "ui/pages/source_card.h"
#include "ui/pages/weights_menu.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/page_header.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/segmented_switch.h"
#include "ui/widgets/toast.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QShortcut>
#include <QVBoxLayout>

#include <utility>

namespace attune::ui {

ChatPage::ChatPage(RunCenter &runs, EngineGate &gate, TaskRunner &tasks, const Services &services, QWidget *parent)
    : QWidget(parent), m_runs(runs), m_tasks(tasks), m_services(services), m_engine(gate), m_fit(runs, gate, tasks, services),
      m_list(services.conversations), m_weights(runs, tasks, services), m_target(new DatasetTarget(services.datasets, tasks, this)) {
  setObjectName(QStringLiteral("page"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 24, 16);
  layout->setSpacing(14);
  makeHeader(layout);
  makeSources(layout);
  makePanes(layout);
  makeEntry(layout);
  connectEngine();
  connectTalk();
  onLanguage(this, [this] {
    m_header->setTitle(tr("Chat"));
    m_header->setSubtitle(tr("One question, two answers."));
    m_conversations->setText(tr("Conversations"));
    m_options->setText(tr("Sampling"));
    m_addTalk->setText(tr("Add to data"));
    m_addTalk->setToolTip(tr("Add the whole conversation to a dataset as one row"));
    m_new->setText(tr("New"));
    m_model->setTitle(tr("Model"));
    m_adapter->setTitle(tr("Adapter"));
    m_sides->setChoices({QStringLiteral("both"), QStringLiteral("base"), QStringLiteral("tuned")}, {tr("Both"), tr("Base"), tr("Tuned")});
    m_sides->setAccessibleName(tr("Who answers"));
    m_question->setPlaceholderText(tr("Ask something…  Enter sends, Shift+Enter starts a line, Up edits the last question"));
    m_question->setAccessibleName(tr("Your question"));
    showTalk();
  });
  m_list.refresh();
  if (!services.starterModel.empty()) use({0, services.starterModel, ""}, {});
}

void ChatPage::makeHeader(QVBoxLayout *layout) {
  m_header = new PageHeader(this);
  m_conversations = makeButton(ButtonKind::Normal, QStringLiteral("chat"), this);
  m_options = makeButton(ButtonKind::Normal, QStringLiteral("settings"), this);
  m_addTalk = makeButton(ButtonKind::Normal, QStringLiteral("data"), this);
  m_new = makeButton(ButtonKind::Normal, QStringLiteral("add"), this);
  for (QPushButton *button : {m_conversations, m_options}) button->setCheckable(true);
  for (QPushButton *button : {m_conversations, m_options, m_addTalk, m_new}) m_header->addAction(button);
  layout->addWidget(m_header);
  connect(m_new, &QPushButton::clicked, this, &ChatPage::newConversation);
  connect(m_conversations, &QPushButton::toggled, this, [this](bool on) { showPanel(m_panel, on); });
  connect(m_options, &QPushButton::toggled, this, [this](bool on) { showPanel(m_sampling, on); });
  connect(m_addTalk, &QPushButton::clicked, this, [this] {
    if (!m_talk.isEmpty()) addToData(m_talk.current(), m_tuned->isVisible(), true, false, m_addTalk);
  });
}

void ChatPage::makeSources(QVBoxLayout *layout) {
  auto *cards = new QHBoxLayout;
  cards->setSpacing(14);
  m_model = new SourceCard(this);
  m_adapter = new SourceCard(this);
  m_model->setMenu([this](QMenu &menu) {
    fillModelMenu(menu, m_services, m_runs, [this](const QString &path) { use({0, path.toStdString(), ""}, {}); });
  });
  m_adapter->setMenu([this](QMenu &menu) {
    fillWeightsMenu(menu, m_runs, m_weights, m_source.model,
                    [this](const api::RunWeights &weights, const QString &name) { use(weights, name); });
  });
  m_sides = new SegmentedSwitch(this);
  cards->addWidget(m_model, 1);
  cards->addWidget(m_adapter, 1);
  cards->addWidget(m_sides, 0, Qt::AlignVCenter);
  layout->addLayout(cards);
  m_banner = new Banner(this);
  layout->addWidget(m_banner);
  connect(m_sides, &SegmentedSwitch::changed, this, [this] { showState(); });
}

void ChatPage::makePanes(QVBoxLayout *layout) {
  auto *middle = new QHBoxLayout;
  middle->setSpacing(14);
  m_base = new ChatPane(ChatPane::Side::Base, this);
  m_tuned = new ChatPane(ChatPane::Side::Tuned, this);
  m_sampling = new SamplingPanel(this);
  m_panel = new ConversationsPanel(m_list, m_tasks, this);
  m_sampling->hide();
  m_panel->hide();
  middle->addWidget(m_base, 1);
  middle->addWidget(m_tuned, 1);
  middle->addWidget(m_sampling);
  middle->addWidget(m_panel);
  layout->addLayout(middle, 1);
}

void ChatPage::makeEntry(QVBoxLayout *layout) {
  m_state = makeLabel(TextRole::Caption, this);
  m_state->setWordWrap(true);
  layout->addWidget(m_state);
  auto *entry = new QHBoxLayout;
  entry->setSpacing(8);
  m_question = new QPlainTextEdit(this);
  m_question->setProperty("kind", QStringLiteral("ask"));
  m_question->setFixedHeight(56);
  m_question->setTabChangesFocus(true);
  m_question->installEventFilter(this);
  m_send = makeButton(ButtonKind::Primary, QStringLiteral("send"), this);
  entry->addWidget(m_question, 1);
  entry->addWidget(m_send, 0, Qt::AlignBottom);
  layout->addLayout(entry);
  connect(m_send, &QPushButton::clicked, this, [this] { m_engine.isAnswering() ? m_engine.stop() : send(); });
  auto *escape = new QShortcut(QKeySequence(Qt::Key_Escape), this, nullptr, nullptr, Qt::WidgetWithChildrenShortcut);
  connect(escape, &QShortcut::activated, this, [this] {
    if (m_editing >= 0) m_question->clear();
    m_editing = -1;
    m_pending = -1;
    m_engine.stop();
    showTalk();
  });
}

void ChatPage::connectEngine() {
  const auto fail = [this](const QString &message) {
    m_failure = message;
    m_pending = -1;
    showTalk();
  };
  connect(&m_fit, &ChatFit::failed, this, fail);
  connect(&m_fit, &ChatFit::decided, this, [this](const api::ChatForecast &forecast) {
    m_contextTokens = forecast.contextTokens;
    if (forecast.fits())
      m_engine.load(m_source.model, m_source.adapter);
    else
      m_forecast = forecast;
    showTalk();
  });
  connect(&m_engine, &ChatEngine::loadFailed, this, fail);
  connect(&m_engine, &ChatEngine::loadedChanged, this, [this] {
    if (m_engine.defaults()) m_sampling->setDefaults(*m_engine.defaults());
    if (m_engine.isLoaded()) m_failure.clear();
    if (m_engine.isLoaded() && m_pending >= 0) return answer(std::exchange(m_pending, -1));
    showState();
  });
  connect(&m_engine, &ChatEngine::grew, this, [this](int id, bool tuned, const QString &text) {
    if (id != m_answering) return; // of a conversation that was left
    m_partial[tuned] += text;
    pane(tuned)->grow(id, text);
  });
  connect(&m_engine, &ChatEngine::answered, this, [this](int id, bool tuned, const api::ChatAnswer &said) {
    if (id != m_answering) return;
    (tuned ? m_talk.at(id).tuned : m_talk.at(id).base) =
        ChatReply{QString::fromStdString(said.text), said.newTokens, said.tokensPerSecond, !said.ended, said.promptTokens};
  });
  connect(&m_engine, &ChatEngine::failed, this, [this](int id, const QString &message) {
    if (id == m_answering) m_failure = message;
  });
  connect(&m_engine, &ChatEngine::ended, this, [this](int id) {
    if (id == m_answering) {
      m_answering = -1;
      m_list.keep(m_id, m_talk);
      m_panel->setCurrent(m_id);
    }
    if (m_pending >= 0) return answer(std::exchange(m_pending, -1));
    showTalk();
  });
  connect(&m_runs, &RunCenter::runChanged, this, [this] { showState(); });
  connect(&m_runs, &RunCenter::runEnded, this, [this] {
    if (m_waitsForRun && m_runs.active().isEmpty()) prepare();
    showState();
  });
}

void ChatPage::connectTalk() {
  for (ChatPane *pane : {m_base, m_tuned}) {
    connect(pane, &ChatPane::regenerateRequested, this, &ChatPage::regenerate);
    connect(pane, &ChatPane::editRequested, this, &ChatPage::edit);
    connect(pane, &ChatPane::branchChosen, this, [this](int exchange) {
      m_talk.choose(exchange);
      showTalk();
    });
    connect(pane, &ChatPane::addRequested, this,
            [this, pane](int exchange, bool choose, QWidget *anchor) { addToData(exchange, pane == m_tuned, false, choose, anchor); });
  }
  connect(m_panel, &ConversationsPanel::opened, this, &ChatPage::openConversation);
  connect(m_panel, &ConversationsPanel::renamed, this, [this](const std::string &id, const QString &title) {
    if (id == m_id) m_talk.title = title;
  });
  connect(m_panel, &ConversationsPanel::removed, this, [this](const std::string &id) {
    if (id != m_id) return;
    m_answering = -1; // its answer is not kept
    m_engine.stop();
    newConversation();
  });
  connect(&m_list, &ConversationList::failed, this, [this](const QString &message) { Toast::show(this, message); });
}

bool ChatPage::eventFilter(QObject *watched, QEvent *event) {
  if (watched != m_question || event->type() != QEvent::KeyPress) return QWidget::eventFilter(watched, event);
  const auto *key = static_cast<QKeyEvent *>(event);
  switch (key->key()) {
  case Qt::Key_Return:
  case Qt::Key_Enter:
    if (key->modifiers() & Qt::ShiftModifier) return false;
    send();
    return true;
  case Qt::Key_Up:
    if (!m_question->document()->isEmpty() || m_talk.isEmpty() || m_engine.isAnswering()) return false;
    edit(m_talk.current());
    return true;
  case Qt::Key_PageUp:
  case Qt::Key_PageDown:
    for (ChatPane *pane : {m_base, m_tuned}) pane->scrollPages(key->key() == Qt::Key_PageUp ? -1 : 1);
    return true;
  default: return false;
  }
}

void ChatPage::showEvent(QShowEvent *event) {
  QWidget::showEvent(event);
  m_target->refresh();
  m_question->setFocus();
}

void ChatPage::showPanel(QWidget *panel, bool on) {
  panel->setVisible(on);
  if (!on) return;
  (panel == m_panel ? m_options : m_conversations)->setChecked(false); // one at a time: the answers need the room
  if (panel == m_panel) m_panel->focusSearch();
}

void ChatPage::use(const api::RunWeights &weights, const QString &adapterName) {
  m_source = weights;
  m_adapterName = adapterName;
  m_failure.clear();
  m_contextTokens = 0;
  m_forecast.reset();
  m_waitsForRun = false;
  m_fit.cancel();
  m_engine.unload(); // loads with the first question
  if (m_pending >= 0) prepare();
  showTalk();
}

void ChatPage::useRun(const QString &folder) {
  const api::RunSummary *run = m_runs.find(folder);
  if (!run) return;
  const QString name = QString::fromStdString(run->name);
  std::vector<api::RunWeights> found = m_weights.of(run->folder);
  if (found.empty() && m_runs.isLive(folder)) {
    m_failure = tr("%1 has nothing to talk with yet. Save a checkpoint, then choose it here.").arg(name);
    return showState();
  }
  const bool lora = run->method == api::Method::Lora; // else the result is a model of its own
  if (found.empty()) found.push_back({0, lora ? run->model : run->folder + "/model", lora ? run->folder + "/adapter" : std::string()});
  use(found.front(), weightsName(name, found.front()));
  m_sides->setCurrent(QStringLiteral("both"));
  prepare();
}

void ChatPage::prepare() {
  if (m_source.model.empty() || m_engine.isLoaded() || m_engine.isLoading() || m_fit.isAsking()) return;
  m_forecast.reset();
  m_waitsForRun = false;
  m_failure.clear();
  m_fit.ask({m_source.model, m_source.adapter, m_source.adapter.empty() ? 1 : 2, m_contextTokens, std::nullopt});
  showState();
}

void ChatPage::send() {
  const QString question = m_question->toPlainText().trimmed();
  if (question.isEmpty() || m_source.model.empty() || m_engine.isAnswering() || m_pending >= 0) return;
  m_question->clear();
  ask(question);
}

void ChatPage::ask(const QString &question) {
  m_talk.system = m_sampling->system();
  const int exchange = m_editing >= 0 ? m_talk.askInstead(m_editing, question) : m_talk.ask(question);
  m_editing = -1;
  answer(exchange);
  for (ChatPane *pane : {m_base, m_tuned}) pane->scrollToEnd();
}

void ChatPage::regenerate(int exchange) {
  if (m_engine.isAnswering()) return;
  const Exchange &one = m_talk.at(exchange);
  answer(one.base || one.tuned ? m_talk.askAgain(exchange) : exchange);
}

void ChatPage::edit(int exchange) {
  m_editing = exchange;
  m_question->setPlainText(m_talk.at(exchange).question);
  m_question->moveCursor(QTextCursor::End);
  m_question->setFocus();
  showState();
}

void ChatPage::answer(int exchange) {
  m_failure.clear();
  if (m_engine.isAnswering() || !m_engine.isLoaded()) { // comes back once it is free
    m_pending = exchange;
    if (!m_waitsForRun) prepare();
    return showTalk();
  }
  const QString sides = m_sides->current();
  const bool tuned = m_engine.hasAdapter() && sides != QLatin1String("base");
  const bool base = !m_engine.hasAdapter() || sides != QLatin1String("tuned");
  std::vector<api::ChatRequest> requests;
  for (const bool side : {false, true}) {
    if (!(side ? tuned : base)) continue;
    (side ? m_talk.at(exchange).tuned : m_talk.at(exchange).base).reset();
    m_partial[side].clear();
    api::ChatRequest request;
    for (auto &[role, text] : m_talk.messagesUpTo(exchange, side)) request.messages.push_back({role, text});
    request.tuned = side;
    request.sampling = m_sampling->settings();
    request.sampling.seed += static_cast<uint64_t>(m_talk.attempt(exchange)); // asked again: another answer
    request.contextTokens = m_contextTokens;
    requests.push_back(std::move(request));
  }
  m_answering = exchange;
  m_engine.ask(exchange, std::move(requests));
  showTalk();
}

void ChatPage::leaveTalk() {
  m_pending = m_editing = -1;
  if (m_answering < 0) return;
  for (const bool side : {false, true})
    if (!m_partial[side].isEmpty())
      (side ? m_talk.at(m_answering).tuned : m_talk.at(m_answering).base) = ChatReply{m_partial[side], 0, 0, true, 0};
  m_answering = -1;
  m_engine.stop();
  m_list.keep(m_id, m_talk);
}

void ChatPage::openConversation(const std::string &id) {
  leaveTalk();
  const KeptConversation *kept = m_list.find(id);
  if (!kept) return;
  m_talk = *kept->talk;
  m_id = id;
  m_sampling->setSystem(m_talk.system);
  m_panel->setCurrent(m_id);
  showTalk();
  for (ChatPane *pane : {m_base, m_tuned}) pane->scrollToEnd();
}

void ChatPage::newConversation() {
  leaveTalk();
  m_talk = Conversation();
  m_id.clear();
  m_panel->setCurrent(m_id);
  showTalk();
  m_question->setFocus();
}

void ChatPage::addToData(int exchange, bool tuned, bool whole, bool choose, QWidget *anchor) {
  Messages row = m_talk.row(exchange, tuned, whole);
  if (row.empty()) row = m_talk.row(exchange, !tuned, whole);
  if (row.empty()) return Toast::show(this, tr("The last question has no answer yet."));
  m_target->add(row, choose, anchor);
}

void ChatPage::showTalk() {
  for (ChatPane *pane : {m_base, m_tuned}) pane->show(m_talk, {m_answering, m_pending, m_engine.isAnswering(), m_target->isAvailable()});
  m_addTalk->setVisible(m_target->isAvailable());
  m_addTalk->setEnabled(!m_talk.isEmpty());
  showState();
}

const api::RunSummary *ChatPage::trainingRun() const {
  const QString folder = m_runs.active();
  const api::RunSummary *run = folder.isEmpty() ? nullptr : m_runs.find(folder);
  if (!run) return nullptr;
  const RunModel *model = m_runs.model(folder);
  return model && (model->state() == api::RunState::Paused || model->state() == api::RunState::Waiting) ? nullptr : run;
}

QString ChatPage::stateText() const {
  const api::RunSummary *run = trainingRun();
  const QString name = run ? QString::fromStdString(run->name) : QString();
  if (m_fit.isAsking()) return tr("Looking whether the model fits into memory…");
  if (m_engine.isLoading()) return tr("Loading the model…");
  if (m_engine.isAnswering())
    return run ? tr("Answering on the processor, beside %1: both share its cores, so each is slower.  Esc stops").arg(name)
               : tr("Answering…  Esc stops");
  if (m_editing >= 0) return tr("You are editing an earlier question. The branch it has now stays; Esc leaves it at that.");
  return run ? tr("%1 trains on the processor. Answers are computed there, too: both share its cores, so each is slower.").arg(name)
             : QString();
}

void ChatPage::showState() {
  const bool adapter = !m_source.adapter.empty();
  m_model->setValue(m_source.model.empty() ? tr("Choose a model") : shortName(m_source.model),
                    m_engine.isLoading()  ? tr("loading…")
                    : m_engine.isLoaded() ? tr("loaded on the processor · up to %1 tokens").arg(countText(m_contextTokens))
                                          : tr("loads with the first question"));
  m_adapter->setValue(adapter ? m_adapterName : tr("None"),
                      adapter ? QString::fromStdString(m_source.adapter) : tr("Choose a run or a checkpoint to compare with."));
  m_sides->setVisible(adapter);
  m_base->setVisible(!adapter || m_sides->current() != QLatin1String("tuned"));
  m_tuned->setVisible(adapter && m_sides->current() != QLatin1String("base"));
  m_base->setTitle(adapter ? tr("Base") : m_adapterName.isEmpty() ? shortName(m_source.model) : m_adapterName);
  m_tuned->setTitle(adapter ? tr("Tuned · %1").arg(m_adapterName) : tr("Tuned"));
  const bool busy = m_engine.isAnswering();
  m_send->setText(busy ? tr("Stop") : tr("Ask"));
  m_send->setEnabled(busy || (!m_source.model.empty() && m_pending < 0));
  m_sides->setEnabled(!busy);
  const QString state = stateText();
  m_state->setText(state);
  m_state->setVisible(!state.isEmpty());
  showBanner();
}

void ChatPage::showBanner() {
  const QString folder = m_runs.active();
  const api::RunSummary *run = folder.isEmpty() ? nullptr : m_runs.find(folder);
  const QString name = run ? QString::fromStdString(run->name) : QString();
  if (m_waitsForRun)
    return m_banner->showMessage(Tone::Accent, tr("The chat begins when %1 has ended.").arg(name), {{tr("Do not wait"), [this] {
                                                                                                       m_waitsForRun = false;
                                                                                                       m_pending = -1;
                                                                                                       showTalk();
                                                                                                     }}});
  if (m_forecast) {
    const QString needed = bytesText(m_forecast->neededBytes), free = bytesText(m_forecast->freeBytes),
                  missing = bytesText(m_forecast->neededBytes - m_forecast->freeBytes);
    std::vector<BannerAction> actions;
    if (run)
      actions.push_back({tr("Chat when the run ends"), [this] {
                           m_waitsForRun = true;
                           showTalk();
                         }});
    if (m_forecast->fittingTokens > 0)
      actions.push_back({tr("Use a context of %n token(s)", nullptr, static_cast<int>(m_forecast->fittingTokens)), [this] {
                           m_contextTokens = m_forecast->fittingTokens;
                           prepare();
                         }});
    actions.push_back({tr("Check again"), [this] { prepare(); }});
    const QString text = run ? tr("Beside %1 the chat does not fit: it needs %2, and %3 is free on this machine after what the run still "
                                  "takes. %4 is missing.")
                                   .arg(name, needed, free, missing)
                             : tr("The chat does not fit: it needs %1, and %2 is free. %3 is missing: close other programs or choose a "
                                  "smaller model.")
                                   .arg(needed, free, missing);
    return m_banner->showMessage(Tone::Warning, text, actions);
  }
  if (m_failure.isEmpty())
    m_banner->hide();
  else
    m_banner->showMessage(Tone::Danger, m_failure);
}

} // namespace attune::ui
