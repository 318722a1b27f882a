#include "ui/pages/chat_page.h"

#include "ui/models/run_text.h"
#include "ui/pages/chat_pane.h"
#include "ui/pages/model_menu.h"
#include "ui/pages/sampling_panel.h"
#include "ui/pages/source_card.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/page_header.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/segmented_switch.h"
#include "ui/widgets/toast.h"

#include <QFile>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QJsonDocument>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSaveFile>
#include <QVBoxLayout>

namespace attune::ui {

ChatPage::ChatPage(RunCenter &runs, EngineGate &gate, TaskRunner &tasks, const Services &services, QWidget *parent)
    : QWidget(parent), m_runs(runs), m_tasks(tasks), m_services(services), m_engine(gate) {
  setObjectName(QStringLiteral("page"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 24, 16);
  layout->setSpacing(14);
  m_header = new PageHeader(this);
  m_list = makeButton(ButtonKind::Normal, this);
  m_options = makeButton(ButtonKind::Normal, QStringLiteral("settings"), this);
  m_options->setCheckable(true);
  m_new = makeButton(ButtonKind::Normal, QStringLiteral("add"), this);
  for (QPushButton *button : {m_list, m_options, m_new}) m_header->addAction(button);
  layout->addWidget(m_header);
  auto *cards = new QHBoxLayout;
  cards->setSpacing(14);
  m_model = new SourceCard(this);
  m_adapter = new SourceCard(this);
  m_model->setMenu(
      [this](QMenu &menu) { fillModelMenu(menu, m_services, m_runs, [this](const QString &path) { use(path.toStdString(), "", {}); }); });
  m_adapter->setMenu([this](QMenu &menu) { fillAdapters(menu); });
  m_sides = new SegmentedSwitch(this);
  cards->addWidget(m_model, 1);
  cards->addWidget(m_adapter, 1);
  cards->addWidget(m_sides, 0, Qt::AlignVCenter);
  layout->addLayout(cards);
  m_banner = new Banner(this);
  layout->addWidget(m_banner);
  auto *middle = new QHBoxLayout;
  middle->setSpacing(14);
  m_base = new ChatPane(ChatPane::Side::Base, this);
  m_tuned = new ChatPane(ChatPane::Side::Tuned, this);
  m_sampling = new SamplingPanel(this);
  m_sampling->hide();
  middle->addWidget(m_base, 1);
  middle->addWidget(m_tuned, 1);
  middle->addWidget(m_sampling);
  layout->addLayout(middle, 1);
  m_state = makeLabel(TextRole::Caption, this);
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

  connect(m_options, &QPushButton::toggled, m_sampling, &QWidget::setVisible);
  connect(m_new, &QPushButton::clicked, this, &ChatPage::newConversation);
  connect(m_sides, &SegmentedSwitch::changed, this, [this] { showState(); });
  connect(m_send, &QPushButton::clicked, this, [this] {
    if (m_engine.isAnswering())
      m_engine.stop();
    else
      send();
  });
  connect(&m_engine, &ChatEngine::loadedChanged, this, [this] {
    if (m_engine.defaults()) {
      m_sampling->setDefaults(*m_engine.defaults());
      m_sampling->setSettings(*m_engine.defaults());
    }
    if (m_engine.isLoaded()) m_failure.clear();
    showState();
  });
  connect(&m_engine, &ChatEngine::loadFailed, this, [this](const QString &message) {
    m_failure = message;
    showState();
  });
  connect(&m_engine, &ChatEngine::grew, this,
          [this](int id, bool tuned, const QString &text) { (tuned ? m_tuned : m_base)->grow(id, text); });
  connect(&m_engine, &ChatEngine::answered, this, [this](int id, bool tuned, const api::ChatAnswer &said) {
    (tuned ? m_talk.at(id).tuned : m_talk.at(id).base) =
        ChatReply{QString::fromStdString(said.text), said.newTokens, said.tokensPerSecond, !said.ended};
    showTalk();
    if (!m_engine.isAnswering()) keep();
  });
  connect(&m_engine, &ChatEngine::failed, this, [this](int, bool, const QString &message) {
    m_failure = message;
    showTalk();
  });
  for (ChatPane *pane : {m_base, m_tuned}) {
    connect(pane, &ChatPane::regenerateRequested, this, [this](int exchange) { answer(exchange); });
    connect(pane, &ChatPane::editRequested, this, [this](int exchange) {
      m_editing = exchange;
      m_question->setPlainText(m_talk.at(exchange).question);
      m_question->selectAll();
      m_question->setFocus();
    });
    connect(pane, &ChatPane::branchChosen, this, [this](int exchange) {
      m_talk.choose(exchange);
      showTalk();
    });
  }
  connect(&m_runs, &RunCenter::runChanged, this, [this] { showState(); });
  onLanguage(this, [this] {
    m_header->setTitle(tr("Chat"));
    m_header->setSubtitle(tr("Ask the base model and the tuned one the same."));
    m_list->setText(tr("Conversations ▾"));
    m_options->setText(tr("Sampling"));
    m_new->setText(tr("New"));
    m_model->setTitle(tr("Model"));
    m_adapter->setTitle(tr("Adapter"));
    m_sides->setChoices({QStringLiteral("both"), QStringLiteral("base"), QStringLiteral("tuned")}, {tr("Both"), tr("Base"), tr("Tuned")});
    m_sides->setAccessibleName(tr("Who answers"));
    m_base->setTitle(tr("Base"));
    m_question->setPlaceholderText(tr("Ask something…  Enter sends, Shift+Enter starts a line"));
    m_question->setAccessibleName(tr("Your question"));
    fillConversations();
    showTalk();
  });
  if (!services.starterModel.empty()) use(services.starterModel, "", {});
}

bool ChatPage::eventFilter(QObject *watched, QEvent *event) {
  if (watched == m_question && event->type() == QEvent::KeyPress) {
    const auto *key = static_cast<QKeyEvent *>(event);
    const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
    if (enter && !(key->modifiers() & Qt::ShiftModifier)) {
      send();
      return true;
    }
    if (key->key() == Qt::Key_Escape) {
      m_editing = -1;
      m_engine.stop();
      return true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

void ChatPage::use(const std::string &model, const std::string &adapter, const QString &adapterName) {
  m_modelPath = model;
  m_adapterPath = adapter;
  m_adapterName = adapterName;
  m_failure.clear();
  m_engine.unload(); // loads when the page is looked at or the first question comes
  showTalk();
}

void ChatPage::useRun(const QString &folder) {
  const api::RunSummary *run = m_runs.find(folder);
  if (!run) return;
  const bool lora = run->method == api::Method::Lora;
  // A full fine-tuning is a model of its own.
  use(lora ? run->model : run->folder + "/model", lora ? run->folder + "/adapter" : std::string(),
      lora ? QString::fromStdString(run->name) : QString());
  m_engine.use(m_modelPath, m_adapterPath);
  m_sides->setCurrent(lora ? QStringLiteral("both") : QStringLiteral("base"));
  showState();
}

void ChatPage::fillAdapters(QMenu &menu) {
  menu.addAction(tr("None"), this, [this] { use(m_modelPath, "", {}); });
  for (const api::RunSummary &run : m_runs.runs()) {
    const std::string adapter = run.folder + "/adapter";
    if (run.method != api::Method::Lora || !QFile::exists(QString::fromStdString(adapter))) continue;
    menu.addAction(QString::fromStdString(run.name), this,
                   [this, run, adapter] { use(run.model, adapter, QString::fromStdString(run.name)); });
  }
  menu.addSeparator();
  menu.addAction(tr("Choose an adapter folder…"), this, [this] {
    const QString path = QFileDialog::getExistingDirectory(this, tr("A PEFT adapter folder"));
    if (!path.isEmpty()) use(m_modelPath, path.toStdString(), shortName(path.toStdString()));
  });
}

void ChatPage::send() {
  const QString question = m_question->toPlainText().trimmed();
  if (question.isEmpty() || m_engine.isAnswering()) return;
  m_question->clear();
  ask(question);
}

void ChatPage::ask(const QString &question) {
  m_talk.system = m_sampling->system();
  const int exchange = m_editing >= 0 ? m_talk.askInstead(m_editing, question) : m_talk.ask(question);
  m_editing = -1;
  answer(exchange);
}

void ChatPage::answer(int exchange) {
  m_failure.clear();
  m_engine.use(m_modelPath, m_adapterPath);
  if (m_engine.isLoading()) { // asks again once it is there
    auto *once = new QObject(this);
    connect(&m_engine, &ChatEngine::loadedChanged, once, [this, once, exchange] {
      if (m_engine.isLoading()) return;
      once->deleteLater();
      if (m_engine.isLoaded()) answer(exchange);
    });
    return showTalk();
  }
  const QString sides = m_sides->current();
  const bool tuned = m_engine.hasAdapter() && sides != QLatin1String("base");
  const bool base = !m_engine.hasAdapter() || sides != QLatin1String("tuned");
  if (base) m_talk.at(exchange).base.reset();
  if (tuned) m_talk.at(exchange).tuned.reset();
  const api::SamplingSettings sampling = m_sampling->settings();
  if (base) m_engine.ask(exchange, messagesFor(exchange, false), false, sampling);
  if (tuned) m_engine.ask(exchange, messagesFor(exchange, true), true, sampling);
  showTalk();
}

std::vector<api::ChatMessage> ChatPage::messagesFor(int exchange, bool tuned) const {
  std::vector<api::ChatMessage> messages;
  if (!m_talk.system.isEmpty()) messages.push_back({"system", m_talk.system.toStdString()});
  for (const int index : m_talk.path()) {
    const Exchange &one = m_talk.at(index);
    messages.push_back({"user", one.question.toStdString()});
    if (index == exchange) break;
    // Each side goes on from its own answers; where it gave none, from the other's.
    const auto &own = tuned ? one.tuned : one.base;
    const auto &other = tuned ? one.base : one.tuned;
    messages.push_back({"assistant", (own ? *own : other ? *other : ChatReply()).text.toStdString()});
  }
  return messages;
}

void ChatPage::showTalk() {
  for (ChatPane *pane : {m_base, m_tuned}) {
    pane->setBusy(m_engine.isAnswering());
    pane->show(m_talk);
  }
  showState();
}

void ChatPage::showState() {
  m_model->setValue(m_modelPath.empty() ? tr("Choose a model") : shortName(m_modelPath), m_engine.isLoading() ? tr("loading…")
                                                                                         : m_engine.isLoaded()
                                                                                             ? tr("loaded")
                                                                                             : tr("loads with the first question"));
  m_adapter->setValue(m_adapterPath.empty() ? tr("None") : m_adapterName,
                      m_adapterPath.empty() ? tr("Choose a run to compare with.") : QString::fromStdString(m_adapterPath));
  const bool adapter = !m_adapterPath.empty();
  m_sides->setVisible(adapter);
  m_base->setVisible(!adapter || m_sides->current() != QLatin1String("tuned"));
  m_tuned->setVisible(adapter && m_sides->current() != QLatin1String("base"));
  m_tuned->setTitle(adapter ? tr("Tuned · %1").arg(m_adapterName) : tr("Tuned"));
  const bool busy = m_engine.isAnswering();
  m_send->setText(busy ? tr("Stop") : tr("Ask"));
  m_send->setEnabled(busy || (!m_modelPath.empty() && !m_engine.isLoading()));
  const QString run = m_runs.active();
  m_state->setText(busy && m_engine.isLoaded() ? tr("Answering…  Esc stops")
                   : m_engine.isLoading()      ? tr("Loading the model…")
                   : !run.isEmpty()            ? tr("A run is going; answers and training slow each other down.")
                                               : QString());
  m_state->setVisible(!m_state->text().isEmpty());
  if (m_failure.isEmpty())
    m_banner->hide();
  else
    m_banner->showMessage(Tone::Danger, m_failure);
}

void ChatPage::keep() {
  if (!m_services.conversations || m_talk.isEmpty()) return;
  if (m_id.empty()) m_id = m_services.conversations->freshId();
  const std::string json = QJsonDocument(m_talk.toJson()).toJson(QJsonDocument::Indented).toStdString();
  m_writing = m_tasks.run(
      this, [store = m_services.conversations, id = m_id, json](StopToken) { return store->write(id, json); },
      [this](const Status &status) {
        if (!status.ok())
          Toast::show(this, QString::fromStdString(status.error().text()));
        else
          fillConversations();
      });
}

void ChatPage::fillConversations() {
  if (!m_services.conversations) return;
  m_listing = m_tasks.run(
      this, [store = m_services.conversations](StopToken) { return store->list(); },
      [this](std::vector<api::StoredConversation> stored) {
        m_stored = std::move(stored);
        delete m_list->menu();
        auto *menu = new QMenu(m_list);
        for (const api::StoredConversation &one : m_stored) {
          if (menu->actions().size() >= 20) break;
          const Conversation talk = Conversation::fromJson(QJsonDocument::fromJson(QByteArray::fromStdString(one.json)).object());
          menu->addAction(talk.shownTitle().isEmpty() ? QString::fromStdString(one.id) : talk.shownTitle(), this,
                          [this, one] { openConversation(one); });
        }
        menu->addSeparator();
        QAction *rename = menu->addAction(tr("Rename this one…"), this, [this] {
          bool ok = false;
          const QString title =
              QInputDialog::getText(this, tr("Rename the conversation"), tr("Title"), QLineEdit::Normal, m_talk.shownTitle(), &ok);
          if (!ok) return;
          m_talk.title = title.trimmed();
          keep();
        });
        QAction *save = menu->addAction(tr("Export this one…"), this, &ChatPage::exportConversation);
        connect(menu, &QMenu::aboutToShow, menu, [this, rename, save] {
          for (QAction *action : {rename, save}) action->setEnabled(!m_talk.isEmpty());
        });
        m_list->setMenu(menu);
      });
}

void ChatPage::openConversation(const api::StoredConversation &stored) {
  m_engine.stop();
  m_talk = Conversation::fromJson(QJsonDocument::fromJson(QByteArray::fromStdString(stored.json)).object());
  m_id = stored.id;
  m_sampling->setSystem(m_talk.system);
  showTalk();
}

void ChatPage::newConversation() {
  m_engine.stop();
  m_talk = Conversation();
  m_id.clear();
  m_editing = -1;
  showTalk();
  m_question->setFocus();
}

void ChatPage::exportConversation() {
  const QString path = QFileDialog::getSaveFileName(this, tr("Export the conversation"), QStringLiteral("conversation.md"),
                                                    tr("Markdown (*.md);;JSON (*.json)"));
  if (path.isEmpty()) return;
  QSaveFile file(path);
  const QByteArray text = path.endsWith(QLatin1String(".json")) ? QJsonDocument(m_talk.toJson()).toJson() : m_talk.toMarkdown().toUtf8();
  const bool done = file.open(QIODevice::WriteOnly) && file.write(text) == text.size() && file.commit();
  Toast::show(this, done ? tr("Saved as %1.").arg(path) : tr("%1 could not be written. Choose another folder.").arg(path));
}

} // namespace attune::ui
