#include "ui/dialogs/cluster_questions.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/icon.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/visible_text.h"

#include <QCheckBox>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>

namespace attune::ui {

namespace {

QString shown(const std::string &text) { return withVisibleControls(QString::fromStdString(text)); }
QString line(const std::string &text) { return onOneLine(QString::fromStdString(text)); }

QVBoxLayout *column(QDialog *dialog) {
  auto *layout = new QVBoxLayout(dialog);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(12);
  dialog->setMinimumWidth(560); // a whole fingerprint beside its button
  return layout;
}

/// As high as its texts need at this width, and no higher.
void fit(QDialog *dialog) { dialog->resize(dialog->minimumWidth(), dialog->layout()->totalHeightForWidth(dialog->minimumWidth())); }

/// The same with what scrolls in it, as far as the screen goes.
void fit(QDialog *dialog, const QWidget *form) {
  const QMargins margins = dialog->layout()->contentsMargins();
  const int rest = dialog->layout()->sizeHint().height() - form->parentWidget()->parentWidget()->sizeHint().height();
  const int wanted = form->layout()->totalHeightForWidth(dialog->minimumWidth() - margins.left() - margins.right()) + rest;
  dialog->resize(dialog->minimumWidth(), std::min(wanted, dialog->screen()->availableSize().height() - 80));
}

/// "host", or "host:2222".
QString address(const api::HostKeyPrompt &prompt) {
  return prompt.port == 22 ? line(prompt.host) : line(prompt.host) + QLatin1Char(':') + QString::number(prompt.port);
}

/// A fingerprint to read, select and copy.
void addPrint(QFrame *card, const std::string &fingerprint) {
  auto *row = new QHBoxLayout;
  QLabel *print = makeLabel(TextRole::Mono, card);
  print->setText(line(fingerprint));
  print->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  print->setFocusPolicy(Qt::StrongFocus);
  QPushButton *copy = makeButton(ButtonKind::Small, QStringLiteral("copy"), card);
  copy->setAutoDefault(false);
  row->addWidget(print, 1);
  row->addWidget(copy);
  cardLayout(card)->addLayout(row);
  QObject::connect(copy, &QPushButton::clicked, card, [text = print->text()] { QGuiApplication::clipboard()->setText(text); });
  onLanguage(card, [print, copy] {
    print->setAccessibleName(HostKeyDialog::tr("Fingerprint"));
    copy->setText(HostKeyDialog::tr("Copy"));
    copy->setAccessibleName(HostKeyDialog::tr("Copy the fingerprint"));
  });
}

QLabel *paragraph(TextRole role, QWidget *parent, QVBoxLayout *layout) {
  QLabel *label = makeLabel(role, parent);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  layout->addWidget(label);
  return label;
}

} // namespace

ClusterQuestions::ClusterQuestions(PromptDesk &desk, Keyring &keyring, QWidget &window)
    : QObject(&window), m_desk(desk), m_keyring(keyring), m_window(window), m_mailbox(Mailbox::make(this)) {
  m_desk.open([this, box = m_mailbox] { box->post([this] { look(); }); });
}

ClusterQuestions::~ClusterQuestions() {
  m_desk.close();
  m_mailbox->close();
}

void ClusterQuestions::look() {
  const auto question = m_desk.current();
  if (m_dialog && question && question->id == m_shown) return;
  if (m_dialog) { // withdrawn: the connection ended, or nobody asks any more
    disconnect(m_dialog, nullptr, this, nullptr);
    m_dialog->close();
    m_dialog.clear();
  }
  if (!question) return;
  m_shown = question->id;
  if (const auto *key = std::get_if<api::HostKeyPrompt>(&question->asked)) {
    auto *dialog = new HostKeyDialog(*key, &m_window);
    m_dialog = dialog;
    connect(dialog, &QDialog::finished, this, [this, dialog, id = m_shown] { m_desk.answer(id, dialog->answer()); });
  } else if (const auto *change = std::get_if<api::KeyChangePrompt>(&question->asked)) {
    auto *dialog = new KeyChangeDialog(*change, &m_window);
    m_dialog = dialog;
    connect(dialog, &QDialog::finished, this, [this, id = m_shown](int result) {
      m_desk.answer(id, result == QDialog::Accepted ? api::HostKeyAnswer::Trust : api::HostKeyAnswer::Refuse);
    });
  } else {
    askLogin(std::get<api::LoginPrompt>(question->asked));
  }
  connect(m_dialog, &QDialog::finished, this, [this] {
    m_dialog.clear();
    m_mailbox->post([this] { look(); }); // somebody else may be waiting
  });
  m_dialog->setAttribute(Qt::WA_DeleteOnClose);
  m_dialog->open();
}

void ClusterQuestions::askLogin(const api::LoginPrompt &prompt) {
  auto *dialog = new LoginDialog(prompt, &m_window);
  m_dialog = dialog;
  const QString name = keyringName(prompt);
  if (!name.isEmpty() && prompt.attempt == 1)
    m_keyring.read(name, [shown = QPointer<LoginDialog>(dialog)](const QByteArray &secret) {
      if (shown && !secret.isEmpty()) shown->fill(secret);
    });
  connect(dialog, &QDialog::finished, this, [this, dialog, name, id = m_shown](int result) {
    if (result != QDialog::Accepted) return m_desk.answer(id, PromptDesk::LoginAnswer());
    auto answers = dialog->takeAnswers();
    if (!name.isEmpty()) // one that was kept and shall not be is forgotten
      m_keyring.store(name, dialog->remembers() ? QByteArray::fromStdString(answers.front()) : QByteArray(), [](bool) {});
    m_desk.answer(id, std::move(answers));
  });
}

QString keyringName(const api::LoginPrompt &prompt) {
  if (prompt.lines.size() != 1 || prompt.lines.front().echo) return {};
  const QString text = QString::fromStdString(prompt.lines.front().text);
  if (prompt.kind == api::LoginPrompt::Kind::Passphrase) return QStringLiteral("ssh-key:") + text;
  const bool password = prompt.kind == api::LoginPrompt::Kind::Password || text.contains(QLatin1String("password"), Qt::CaseInsensitive) ||
                        text.contains(QStringLiteral("密码"));
  return password ? QStringLiteral("ssh:") + QString::fromStdString(prompt.user + "@" + prompt.host) : QString();
}

KeyChangeDialog::KeyChangeDialog(const api::KeyChangePrompt &prompt, QWidget *parent) : QDialog(parent) {
  QVBoxLayout *layout = column(this);
  const QString name = line(prompt.shown.host), host = address(prompt.shown);
  const bool ours = prompt.remedy.empty();
  QLabel *title = paragraph(TextRole::Section, this, layout);
  QLabel *text = paragraph(TextRole::Body, this, layout);
  auto *frame = makeCard(this);
  std::vector<QLabel *> places;
  for (const api::KeyChangePrompt::OnFile &key : prompt.known) {
    places.push_back(paragraph(TextRole::Caption, frame, cardLayout(frame)));
    addPrint(frame, key.fingerprint);
  }
  QLabel *now = paragraph(TextRole::Caption, frame, cardLayout(frame));
  addPrint(frame, prompt.shown.fingerprint);
  layout->addWidget(frame);
  QLabel *what = paragraph(TextRole::Body, this, layout);
  auto *typed = new QLineEdit(this);
  typed->setVisible(ours);
  layout->addWidget(typed);
  auto *command = makeLabel(TextRole::Mono, this);
  command->setWordWrap(true);
  command->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  command->setText(line(prompt.remedy));
  command->setVisible(!ours);
  layout->addWidget(command);
  auto *buttons = new QHBoxLayout;
  QPushButton *copy = makeButton(ButtonKind::Normal, QStringLiteral("copy"), this);
  QPushButton *cancel = makeButton(ButtonKind::Normal, this);
  QPushButton *replace = makeButton(ButtonKind::Danger, this);
  copy->setVisible(!ours);
  replace->setVisible(ours);
  replace->setEnabled(false);
  buttons->addWidget(copy);
  buttons->addStretch(1);
  for (QPushButton *button : {copy, cancel, replace}) button->setAutoDefault(false);
  for (QPushButton *button : {cancel, replace}) buttons->addWidget(button);
  layout->addLayout(buttons);
  connect(typed, &QLineEdit::textChanged, replace, [replace, name](const QString &given) { replace->setEnabled(given.trimmed() == name); });
  connect(copy, &QPushButton::clicked, this, [remedy = command->text()] { QGuiApplication::clipboard()->setText(remedy); });
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(replace, &QPushButton::clicked, this, &QDialog::accept);
  onLanguage(this, [=, this, known = prompt.known, type = line(prompt.shown.type)] {
    setWindowTitle(tr("Another key of %1").arg(host));
    title->setText(tr("%1 shows another key than before").arg(host));
    text->setText(tr("That is so where the centre has set the host up anew, and also where somebody stands between it and you, who would "
                     "read your password. Nothing has been sent. Ask the centre, by telephone or on its page, which fingerprint is right; "
                     "go on only where it is the new one."));
    for (size_t i = 0; i < places.size(); ++i)
      places[i]->setText(tr("On file: %1, in %2", "kind of key, file and line").arg(line(known[i].type), line(known[i].where)));
    now->setText(tr("Shown now: %1", "kind of key").arg(type));
    what->setText(ours ? tr("To put the new key in the place of the old one, type the host's name: %1").arg(name)
                       : tr("The old key stands in a file that Attune only reads. Where the centre confirms the new one, remove the old "
                            "one with this command, then connect again:"));
    typed->setAccessibleName(tr("The host's name"));
    command->setAccessibleName(tr("Command that removes the old key"));
    copy->setText(tr("Copy command"));
    cancel->setText(ours ? tr("Keep the old key") : tr("Close"));
    replace->setText(tr("Replace the key"));
  });
  cancel->setFocus();
  fit(this);
}

HostKeyDialog::HostKeyDialog(const api::HostKeyPrompt &prompt, QWidget *parent) : QDialog(parent) {
  QVBoxLayout *layout = column(this);
  const QString host = address(prompt);
  QLabel *title = paragraph(TextRole::Section, this, layout);
  QLabel *text = paragraph(TextRole::Body, this, layout);
  auto *frame = makeCard(this);
  QLabel *kind = paragraph(TextRole::Caption, frame, cardLayout(frame));
  addPrint(frame, prompt.fingerprint);
  layout->addWidget(frame);
  QLabel *once = paragraph(TextRole::Caption, this, layout);
  auto *buttons = new QHBoxLayout;
  QPushButton *cancel = makeButton(ButtonKind::Normal, this);
  QPushButton *thisTime = makeButton(ButtonKind::Normal, this);
  QPushButton *trust = makeButton(ButtonKind::Primary, this);
  buttons->addStretch(1);
  for (QPushButton *button : {cancel, thisTime, trust}) {
    button->setAutoDefault(false); // Enter must not trust anybody
    buttons->addWidget(button);
  }
  layout->addLayout(buttons);
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  const auto give = [this](api::HostKeyAnswer answer) {
    m_answer = answer;
    accept();
  };
  connect(thisTime, &QPushButton::clicked, this, [give] { give(api::HostKeyAnswer::Once); });
  connect(trust, &QPushButton::clicked, this, [give] { give(api::HostKeyAnswer::Trust); });
  onLanguage(this, [=, this, type = line(prompt.type), cluster = line(prompt.cluster)] {
    setWindowTitle(tr("First connection to %1").arg(host));
    title->setText(tr("Is this really %1?").arg(host));
    text->setText(tr("Attune has not connected to this host before, and nothing has been sent yet. Compare the fingerprint with the one "
                     "that your computing centre publishes, and go on only where both are the same."));
    kind->setText(tr("Key of %1 (%2), for the cluster %3").arg(host, type, cluster));
    once->setText(tr("Trust remembers the key. If the host ever shows another one, Attune refuses to connect and says so."));
    cancel->setText(tr("Cancel"));
    thisTime->setText(tr("Only this time"));
    trust->setText(tr("Trust"));
  });
  cancel->setFocus();
  fit(this);
}

LoginDialog::LoginDialog(const api::LoginPrompt &prompt, QWidget *parent) : QDialog(parent) {
  QVBoxLayout *outer = column(this);
  QScrollArea *scroll = makeScrollColumn(this); // a server may say a lot
  scroll->setFocusPolicy(Qt::NoFocus);
  auto *form = new QWidget(scroll);
  auto *layout = new QVBoxLayout(form);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(12);
  scroll->setWidget(form);
  outer->addWidget(scroll, 1);
  QLabel *title = paragraph(TextRole::Section, this, layout);
  QLabel *about = paragraph(TextRole::Caption, this, layout);
  QLabel *again = paragraph(TextRole::Danger, this, layout);
  again->setVisible(prompt.attempt > 1);
  for (const std::string &text : {prompt.title, prompt.instruction}) // the server's own words
    if (!text.empty()) paragraph(TextRole::Body, this, layout)->setText(shown(text));
  for (const api::LoginPrompt::Line &asked : prompt.lines) {
    auto *pair = new QVBoxLayout;
    pair->setSpacing(4);
    layout->addLayout(pair);
    QLabel *label = paragraph(TextRole::Strong, this, pair);
    auto *field = new QLineEdit(this);
    field->setEchoMode(asked.echo ? QLineEdit::Normal : QLineEdit::Password);
    const QString text = line(asked.text).trimmed();
    label->setText(text);
    label->setBuddy(field);
    field->setAccessibleName(text);
    pair->addWidget(field);
    m_fields.push_back(field);
  }
  if (!keyringName(prompt).isEmpty()) {
    m_remember = new QCheckBox(this);
    layout->addWidget(m_remember);
  }
  QLabel *kept = paragraph(TextRole::Caption, this, layout);
  auto *buttons = new QHBoxLayout;
  QPushButton *cancel = makeButton(ButtonKind::Normal, this);
  QPushButton *go = makeButton(ButtonKind::Primary, this);
  cancel->setAutoDefault(false);
  go->setDefault(true);
  buttons->addStretch(1);
  buttons->addWidget(cancel);
  buttons->addWidget(go);
  outer->addLayout(buttons);
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(go, &QPushButton::clicked, this, &QDialog::accept);
  onLanguage(this, [=, this, kind = prompt.kind, host = line(prompt.host), user = line(prompt.user), cluster = line(prompt.cluster)] {
    const bool key = kind == api::LoginPrompt::Kind::Passphrase;
    setWindowTitle(tr("Sign in to %1").arg(host));
    title->setText(key ? tr("A key for %1 is locked").arg(host) : tr("Sign in to %1").arg(host));
    about->setText(user.isEmpty() ? tr("For the cluster %1.").arg(cluster) : tr("As %1, for the cluster %2.").arg(user, cluster));
    again->setText(key ? tr("That was not the passphrase. Try again.") : tr("That was not accepted. Try again."));
    const QString place = key ? tr("The passphrase stays on this machine.") : tr("What you type goes to %1 alone.").arg(host);
    const QString time = m_remember ? tr("Unless it is to be remembered, it is kept in memory while Attune connects, and nowhere else.")
                                    : tr("It is kept in memory while Attune connects, and nowhere else.");
    kept->setText(tr("%1 %2", "two sentences").arg(place, time));
    kept->setVisible(!m_fields.empty());
    if (m_remember) m_remember->setText(tr("Remember it in the keyring of this desktop"));
    cancel->setText(tr("Cancel"));
    go->setText(m_fields.empty() ? tr("Continue") : key ? tr("Unlock") : tr("Sign in"));
  });
  if (!m_fields.empty()) m_fields.front()->setFocus();
  fit(this, form);
  const auto showField = [scroll, this] {
    if (!m_fields.empty()) scroll->ensureWidgetVisible(m_fields.front());
  };
  QMetaObject::invokeMethod(this, showField, Qt::QueuedConnection); // once it has its place
}

void LoginDialog::fill(const QByteArray &secret) {
  if (!m_fields.front()->text().isEmpty()) return; // somebody was faster
  m_fields.front()->setText(QString::fromUtf8(secret));
  m_fields.front()->selectAll();
  m_remember->setChecked(true);
}

bool LoginDialog::remembers() const { return m_remember && m_remember->isChecked(); }

std::vector<std::string> LoginDialog::takeAnswers() {
  std::vector<std::string> answers;
  for (QLineEdit *field : m_fields) {
    QByteArray text = field->text().toUtf8();
    answers.emplace_back(text.constData(), static_cast<size_t>(text.size()));
    text.fill('\0');
    field->clear();
  }
  return answers;
}

} // namespace attune::ui
