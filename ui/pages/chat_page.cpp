#include "ui/pages/chat_page.h"

#include "ui/models/run_text.h"
#include "ui/models/template_text.h"
#include "ui/pages/chat_pane.h"
#include "ui/pages/conversations_panel.h"
#include "ui/pages/dataset_target.h"
#include "ui/pages/model_menu.h"
#include "ui/pages/sampling_panel.h"
#include "ui/pages/source_card.h"
#include "ui/pages/template_menu.h"
#include "ui/pages/weights_menu.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/page_header.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/segmented_switch.h"
#include "ui/widgets/text_box.h"
#include "ui/widgets/toast.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QShortcut>
#include <QVBoxLayout>

#include <utility>

namespace attune::ui {

ChatPage::ChatPage(RunCenter &runs, EngineGate &gate, TaskRunner &tasks, const Services &services, QWidget *parent)
    : QWidget(parent), m_runs(runs), m_tasks(tasks), m_services(services),
      m_session(runs, gate, tasks, services, [this] { return choices(); }), m_weights(runs, tasks, services),
      m_target(new DatasetTarget(services.datasets, tasks, this)) {
  setObjectName(QStringLiteral("page"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 24, 16);
  layout->setSpacing(14);
  makeHeader(layout);
  makeSources(layout);
  makePanes(layout);
  makeEntry(layout);
  connectSession();
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
    m_template->setTitle(tr("Template"));
    m_sides->setChoices({QStringLiteral("both"), QStringLiteral("base"), QStringLiteral("tuned")}, {tr("Both"), tr("Base"), tr("Tuned")});
    m_sides->setAccessibleName(tr("Who answers"));
    m_question->setPlaceholderText(tr("Ask something…  Enter sends, Shift+Enter starts a line, Up edits the last question"));
    m_question->setAccessibleName(tr("Your question"));
    showSession();
  });
  if (!services.starterModel.empty()) use({0, services.starterModel, ""}, {});
}

QPlainTextEdit *ChatPage::questionField() const { return m_question; }

void ChatPage::makeHeader(QVBoxLayout *layout) {
  m_header = new PageHeader(this);
  m_conversations = makeButton(ButtonKind::Normal, QStringLiteral("chat"), this);
  m_options = makeButton(ButtonKind::Normal, QStringLiteral("settings"), this);
  m_addTalk = makeButton(ButtonKind::Normal, QStringLiteral("data"), this);
  m_new = makeButton(ButtonKind::Normal, QStringLiteral("add"), this);
  for (QPushButton *button : {m_conversations, m_options}) button->setCheckable(true);
  for (QPushButton *button : {m_conversations, m_options, m_addTalk, m_new}) m_header->addAction(button);
  layout->addWidget(m_header);
  connect(m_new, &QPushButton::clicked, this, [this] {
    m_editing = -1;
    m_session.begin();
    m_question->setFocus();
  });
  connect(m_conversations, &QPushButton::toggled, this, [this](bool on) { showPanel(m_panel, on); });
  connect(m_options, &QPushButton::toggled, this, [this](bool on) { showPanel(m_sampling, on); });
  connect(m_addTalk, &QPushButton::clicked, this, [this] {
    if (!conversation().isEmpty()) addToData(conversation().current(), m_tuned->isVisible(), true, false, m_addTalk);
  });
}

void ChatPage::makeSources(QVBoxLayout *layout) {
  auto *cards = new QHBoxLayout;
  cards->setSpacing(14);
  m_model = new SourceCard(this);
  m_adapter = new SourceCard(this);
  m_template = new SourceCard(this);
  m_model->setMenu([this](QMenu &menu) {
    fillModelMenu(menu, m_services, m_runs, [this](const QString &path) { use({0, path.toStdString(), ""}, {}); });
    menu.addSeparator();
    menu.addAction(tr("Take the model out of memory"), this, [this] { m_session.unload(); })->setEnabled(m_session.isLoaded());
  });
  m_adapter->setMenu([this](QMenu &menu) {
    fillWeightsMenu(menu, m_runs, m_weights, m_session.source().model,
                    [this](const api::RunWeights &weights, const QString &name) { use(weights, name); });
  });
  m_template->setMenu([this](QMenu &menu) {
    fillTemplateMenu(menu, conversation().templateName, [this](const QString &name) { m_session.setTemplate(name.toStdString()); });
  });
  m_sides = new SegmentedSwitch(this);
  cards->addWidget(m_model, 1);
  cards->addWidget(m_adapter, 1);
  cards->addWidget(m_template, 1);
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
  m_panel = new ConversationsPanel(m_session.kept(), m_tasks, this);
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
  m_question = new TextBox(this);
  m_question->setProperty("kind", QStringLiteral("ask"));
  m_question->setFixedHeight(56);
  m_question->setTabChangesFocus(true);
  m_question->installEventFilter(this);
  m_send = makeButton(ButtonKind::Primary, QStringLiteral("send"), this);
  entry->addWidget(m_question, 1);
  entry->addWidget(m_send, 0, Qt::AlignBottom);
  layout->addLayout(entry);
  connect(m_send, &QPushButton::clicked, this, [this] { m_session.isAnswering() ? m_session.stop() : send(); });
  auto *escape = new QShortcut(QKeySequence(Qt::Key_Escape), this, nullptr, nullptr, Qt::WidgetWithChildrenShortcut);
  connect(escape, &QShortcut::activated, this, [this] {
    if (m_editing >= 0) m_question->setText({});
    m_editing = -1;
    m_session.stop();
  });
}

void ChatPage::connectSession() {
  connect(&m_session, &ChatSession::changed, this, &ChatPage::showSession);
  connect(&m_session, &ChatSession::defaultsKnown, this, [this] { m_sampling->setDefaults(*m_session.defaults()); });
  connect(&m_session, &ChatSession::grew, this,
          [this](int exchange, bool tuned, const QString &text, const api::ChatPace &pace) { pane(tuned)->grow(exchange, text, pace); });
  connect(&m_runs, &RunCenter::runChanged, this, [this] {
    if (isVisible()) showState();
  });
  connect(&m_runs, &RunCenter::runEnded, this, [this] { showState(); });
  connect(&m_runs, &RunCenter::listChanged, this, [this] { showState(); }); // another run may go now
  for (ChatPane *pane : {m_base, m_tuned}) {
    connect(pane, &ChatPane::regenerateRequested, &m_session, &ChatSession::regenerate);
    connect(pane, &ChatPane::editRequested, this, &ChatPage::edit);
    connect(pane, &ChatPane::branchChosen, &m_session, &ChatSession::choose);
    connect(pane, &ChatPane::addRequested, this,
            [this, pane](int exchange, bool choose, QWidget *anchor) { addToData(exchange, pane == m_tuned, false, choose, anchor); });
  }
  connect(m_panel, &ConversationsPanel::opened, this, &ChatPage::openConversation);
  connect(m_panel, &ConversationsPanel::renamed, &m_session, &ChatSession::setTitle);
  connect(m_panel, &ConversationsPanel::removed, &m_session, &ChatSession::forget);
  connect(&m_session.kept(), &ConversationList::failed, this, [this](const QString &message) { Toast::show(this, message); });
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
    if (!m_question->document()->isEmpty() || conversation().isEmpty() || m_session.isAnswering()) return false;
    edit(conversation().current());
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
  showState();
  m_question->setFocus();
}

void ChatPage::showPanel(QWidget *panel, bool on) {
  panel->setVisible(on);
  if (!on) return;
  (panel == m_panel ? m_options : m_conversations)->setChecked(false); // one at a time: the answers need the room
  if (panel == m_panel) m_panel->focusSearch();
}

void ChatPage::useRun(const QString &folder) {
  const api::RunSummary *run = m_runs.find(folder);
  if (!run) return;
  const QString name = QString::fromStdString(run->name);
  std::vector<api::RunWeights> found = m_weights.of(run->folder);
  if (found.empty() && m_runs.isLive(folder)) {
    m_session.fail(tr("%1 has nothing to talk with yet. Save a checkpoint, then choose it here.").arg(name));
    return;
  }
  const bool lora = run->method == api::Method::Lora; // else the result is a model of its own
  if (found.empty()) found.push_back({0, lora ? run->model : run->folder + "/model", lora ? run->folder + "/adapter" : std::string()});
  use(found.front(), weightsName(name, found.front()));
  m_sides->setCurrent(QStringLiteral("both"));
  m_session.prepare();
}

void ChatPage::useModel(const QString &path) {
  use({0, path.toStdString(), ""}, {});
  m_session.prepare();
}

bool ChatPage::canAsk() const {
  return !m_session.source().model.empty() && !m_session.isAnswering() && m_session.pending() < 0 && m_session.templateProblem().isEmpty();
}

void ChatPage::send() {
  const QString question = m_question->toPlainText().trimmed();
  if (question.isEmpty() || !canAsk()) return;
  m_question->setText({});
  ask(question);
}

void ChatPage::ask(const QString &question) {
  m_session.ask(question, m_sampling->system(), std::exchange(m_editing, -1));
  showState();
  for (ChatPane *pane : {m_base, m_tuned}) pane->scrollToEnd();
}

void ChatPage::edit(int exchange) {
  m_editing = exchange;
  m_question->setText(conversation().at(exchange).question);
  m_question->moveCursor(QTextCursor::End);
  m_question->setFocus();
  showState();
}

void ChatPage::openConversation(const std::string &id) {
  m_editing = -1;
  m_session.open(id);
  m_sampling->setSystem(conversation().system);
  for (ChatPane *pane : {m_base, m_tuned}) pane->scrollToEnd();
}

void ChatPage::addToData(int exchange, bool tuned, bool whole, bool choose, QWidget *anchor) {
  Messages row = conversation().row(exchange, tuned, whole);
  if (row.empty()) row = conversation().row(exchange, !tuned, whole);
  if (row.empty()) return Toast::show(this, tr("The last question has no answer yet."));
  m_target->add(row, choose, anchor);
}

ChatChoices ChatPage::choices() const {
  const QString sides = m_sides->current();
  return {sides != QLatin1String("tuned"), sides != QLatin1String("base"), m_sampling->settings()};
}

void ChatPage::showSession() {
  for (const bool tuned : {false, true})
    pane(tuned)->show(conversation(), {m_session.answering(), m_session.pending(), m_session.isAnswering(), m_target->isAvailable(),
                                       m_session.answerer(tuned)});
  m_panel->setCurrent(m_session.id());
  m_addTalk->setVisible(m_target->isAvailable());
  m_addTalk->setEnabled(!conversation().isEmpty());
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
  if (m_session.isChecking()) return tr("Looking whether the model fits into memory…");
  if (m_session.isLoading()) return tr("Loading the model…");
  if (m_session.isAnswering())
    return run ? tr("Answering on the processor, beside %1: both share its cores, so each is slower.  Esc stops").arg(name)
               : tr("Answering…  Esc stops");
  if (m_editing >= 0) return tr("You are editing an earlier question. The branch it has now stays; Esc leaves it at that.");
  if (const auto &use = m_session.templateUse(); use && !use->missingMarks.empty())
    return tr("The model has no token %1, so it reads the marks of the template %2 as ordinary text, and may not end its answers.")
        .arg(QString::fromStdString(use->missingMarks.front()), QString::fromStdString(use->name));
  return run ? tr("%1 trains on the processor. Answers are computed there, too: both share its cores, so each is slower.").arg(name)
             : QString();
}

void ChatPage::showState() {
  const bool adapter = !m_session.source().adapter.empty();
  m_model->setValue(m_session.source().model.empty() ? tr("Choose a model") : shortName(m_session.source().model),
                    m_session.isLoading()  ? tr("loading…")
                    : m_session.isLoaded() ? tr("loaded on the processor · up to %1 tokens").arg(countText(m_session.contextTokens()))
                                           : tr("loads with the first question"));
  m_adapter->setValue(adapter ? m_session.sourceName() : tr("None"),
                      adapter ? QString::fromStdString(m_session.source().adapter) : tr("Choose a run or a checkpoint to compare with."));
  showTemplate();
  m_sides->setVisible(adapter);
  m_base->setVisible(!adapter || m_sides->current() != QLatin1String("tuned"));
  m_tuned->setVisible(adapter && m_sides->current() != QLatin1String("base"));
  m_base->setTitle(adapter ? tr("Base") : m_session.answerer(false));
  m_tuned->setTitle(adapter ? tr("Tuned · %1").arg(m_session.sourceName()) : tr("Tuned"));
  const bool busy = m_session.isAnswering();
  m_send->setText(busy ? tr("Stop") : tr("Ask"));
  m_send->setEnabled(busy || canAsk());
  m_sides->setEnabled(!busy);
  const QString state = stateText();
  m_state->setText(state);
  m_state->setVisible(!state.isEmpty());
  showBanner();
}

void ChatPage::showTemplate() {
  const auto &use = m_session.templateUse();
  const std::string &chosen = conversation().templateName;
  const bool automatic = chosen == api::kAutoTemplate;
  m_template->setProblem(m_session.templateProblem().isEmpty() ? QString() : tr("not for this model"));
  m_template->setValue(templateText(use ? use->name : chosen), m_session.templateIsNew() ? tr("from the next answer on")
                                                               : automatic && use        ? tr("chosen automatically")
                                                               : automatic               ? tr("its own, if it has one")
                                                                                         : tr("chosen by you"));
}

void ChatPage::showBanner() {
  const QString folder = m_runs.active();
  const api::RunSummary *run = folder.isEmpty() ? nullptr : m_runs.find(folder);
  const QString name = run ? QString::fromStdString(run->name) : QString();
  if (m_session.waitsForRun())
    m_banner->showMessage(Tone::Accent, tr("The chat begins when %1 has ended.").arg(name),
                          {{tr("Do not wait"), [this] { m_session.waitForRun(false); }}});
  else if (m_session.shortfall())
    showShortfall(*m_session.shortfall(), name);
  else if (!m_session.templateProblem().isEmpty())
    showTemplateProblem();
  else if (!m_session.failure().isEmpty())
    m_banner->showMessage(Tone::Danger, m_session.failure());
  else
    m_banner->hide();
}

void ChatPage::showTemplateProblem() {
  std::vector<BannerAction> actions;
  if (conversation().templateName != api::kAutoTemplate)
    actions.push_back({tr("Choose it automatically"), [this] { m_session.setTemplate(api::kAutoTemplate); }});
  m_banner->showMessage(Tone::Danger, m_session.templateProblem(), actions);
}

void ChatPage::showShortfall(const api::ChatForecast &forecast, const QString &run) {
  const QString needed = bytesText(forecast.neededBytes), free = bytesText(forecast.freeBytes),
                missing = bytesText(forecast.neededBytes - forecast.freeBytes);
  std::vector<BannerAction> actions;
  if (!run.isEmpty()) actions.push_back({tr("Chat when the run ends"), [this] { m_session.waitForRun(true); }});
  if (forecast.fittingTokens > 0)
    actions.push_back(
        {tr("Use a context of %n token(s)", nullptr, static_cast<int>(forecast.fittingTokens)), [this] { m_session.shorten(); }});
  actions.push_back({tr("Check again"), [this] { m_session.prepare(); }});
  m_banner->showMessage(
      Tone::Warning,
      run.isEmpty()
          ? tr("The chat does not fit: it needs %1, and %2 is free. %3 is missing: close other programs or choose a smaller model.")
                .arg(needed, free, missing)
          : tr("Beside %1 the chat does not fit: it needs %2, and %3 is free on this machine after what the run still takes. %4 is "
               "missing.")
                .arg(run, needed, free, missing),
      actions);
}

} // namespace attune::ui
