#include "ui/dialogs/profile_dialog.h"

#include "core/base/workspace.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/file_pick.h"
#include "ui/widgets/retranslate.h"

#include <QCheckBox>
#include <QGridLayout>
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

QString joined(const std::vector<std::string> &texts) {
  QStringList parts;
  for (const std::string &text : texts) parts.append(QString::fromStdString(text));
  return parts.join(QStringLiteral(", "));
}

std::vector<std::string> parts(const QString &text) {
  std::vector<std::string> all;
  for (const QString &part : text.split(QLatin1Char(','), Qt::SkipEmptyParts))
    if (!part.trimmed().isEmpty()) all.push_back(part.trimmed().toStdString());
  return all;
}

} // namespace

ProfileDialog::ProfileDialog(const api::ClusterProfile &profile, const QStringList &taken, QWidget *parent)
    : QDialog(parent), m_before(profile), m_taken(taken) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 8, 20);
  layout->setSpacing(12);
  QScrollArea *scroll = makeScrollColumn(this);
  auto *form = new QWidget(scroll);
  auto *grid = new QGridLayout(form);
  grid->setContentsMargins(0, 0, 16, 0);
  grid->setHorizontalSpacing(12);
  grid->setVerticalSpacing(6);
  grid->setColumnMinimumWidth(0, 148);
  grid->setColumnStretch(1, 1);
  scroll->setWidget(form);
  scroll->setWidgetResizable(true);
  scroll->setFocusPolicy(Qt::NoFocus);
  layout->addWidget(scroll, 1);

  m_agent = new QCheckBox(form);
  m_agent->setChecked(profile.useAgent);
  m_addKey = makeButton(ButtonKind::Small, form);
  addSection(grid, m_reach);
  addField(grid, "name", profile.name);
  addField(grid, "host", profile.host);
  addField(grid, "user", profile.user);
  addField(grid, "port", profile.port > 0 ? std::to_string(profile.port) : "");
  addField(grid, "identity_files", joined(profile.identityFiles).toStdString(), m_addKey);
  grid->addWidget(m_agent, grid->rowCount(), 1);
  addField(grid, "jump_hosts", joined(profile.jumpHosts).toStdString());
  addSection(grid, m_there);
  addField(grid, "environment_script", profile.environmentScript);
  addField(grid, "root", profile.root);
  addField(grid, "worker", profile.worker);
  addSection(grid, m_form);
  addField(grid, "partition", profile.partition);
  addField(grid, "gres", profile.gres);
  addField(grid, "account", profile.account);
  addField(grid, "qos", profile.qos);
  grid->setRowStretch(grid->rowCount(), 1);

  auto *buttons = new QHBoxLayout;
  buttons->setContentsMargins(0, 0, 16, 0);
  m_cancel = makeButton(ButtonKind::Normal, this);
  m_save = makeButton(ButtonKind::Primary, this);
  m_cancel->setAutoDefault(false);
  m_addKey->setAutoDefault(false);
  m_save->setDefault(true);
  buttons->addStretch(1);
  buttons->addWidget(m_cancel);
  buttons->addWidget(m_save);
  layout->addLayout(buttons);
  setMinimumWidth(640);
  resize(680, std::min(640, (parent ? parent->screen() : screen())->availableSize().height() - 80));

  connect(m_cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(m_save, &QPushButton::clicked, this, &ProfileDialog::save);
  connect(m_addKey, &QPushButton::clicked, this, [this] {
    pickFile(this, tr("A private key"), {}, [this](const QString &path) {
      QLineEdit *keys = field(QStringLiteral("identity_files"));
      keys->setText(keys->text().trimmed().isEmpty() ? path : keys->text() + QStringLiteral(", ") + path);
    });
  });
  onLanguage(this, [this] { retranslate(); });
  field(QStringLiteral("name"))->setEnabled(profile.name.empty()); // runs that went there know it by its name
  field(profile.name.empty() ? QStringLiteral("name") : QStringLiteral("host"))->setFocus();
}

void ProfileDialog::addSection(QGridLayout *grid, QLabel *&title) {
  title = makeLabel(TextRole::Strong, grid->parentWidget());
  const int row = grid->rowCount();
  title->setContentsMargins(0, row > 1 ? 10 : 0, 0, 0);
  grid->addWidget(title, row, 0, 1, 2);
}

void ProfileDialog::addField(QGridLayout *grid, const char *key, const std::string &text, QWidget *beside) {
  QWidget *form = grid->parentWidget();
  const int row = grid->rowCount();
  Field made;
  made.label = makeLabel(TextRole::Body, form);
  made.edit = new QLineEdit(QString::fromStdString(text), form);
  made.edit->setCursorPosition(0);
  made.label->setBuddy(made.edit);
  made.problem = makeLabel(TextRole::Problem, form);
  made.problem->setWordWrap(true);
  made.problem->hide();
  grid->addWidget(made.label, row, 0);
  auto *line = new QHBoxLayout;
  line->setSpacing(8);
  line->addWidget(made.edit, 1);
  if (beside) line->addWidget(beside);
  grid->addLayout(line, row, 1);
  grid->addWidget(made.problem, row + 1, 1);
  m_fields.insert(QLatin1String(key), made);
  connect(made.edit, &QLineEdit::textChanged, this, [this] {
    if (m_tried) check();
  });
}

void ProfileDialog::name(const char *key, const QString &label, const QString &hint) {
  const Field &field = m_fields[QLatin1String(key)];
  field.label->setText(label);
  field.edit->setAccessibleName(label);
  field.edit->setPlaceholderText(hint);
  field.edit->setToolTip(hint);
}

void ProfileDialog::retranslate() {
  setWindowTitle(m_before.name.empty() ? tr("Add a cluster") : tr("Edit %1").arg(QString::fromStdString(m_before.name)));
  m_reach->setText(tr("How it is reached"));
  m_there->setText(tr("On the cluster"));
  m_form->setText(tr("What the Train page begins with"));
  name("name", tr("Name"), tr("as you call it"));
  name("host", tr("Host"), tr("login.example.edu, an address, or a Host of ~/.ssh/config"));
  name("user", tr("User"), tr("as in ~/.ssh/config, else your name here"));
  name("port", tr("Port"), tr("as in ~/.ssh/config, else 22"));
  name("identity_files", tr("Key files"), tr("besides those of ~/.ssh; separated by commas"));
  name("jump_hosts", tr("Jump hosts"), tr("user@gate:22, in the order they are passed through; as in ~/.ssh/config when empty"));
  name("environment_script", tr("Environment script"), tr("sourced before each run, such as ~/env.sh; may be empty"));
  name("root", tr("Folder"), tr("for jobs and uploaded models; relative paths begin in the home folder"));
  name("worker", tr("Training program"), tr("attune, or the path of the one built there"));
  name("partition", tr("Partition"), tr("such as kshdtest"));
  name("gres", tr("Kind of card"), tr("such as dcu or gpu:a100; empty = none"));
  name("account", tr("Account"), tr("the one of the site when empty"));
  name("qos", tr("Quality of service"), tr("the one of the site when empty"));
  m_agent->setText(tr("Use the keys of the SSH agent, too"));
  m_addKey->setText(tr("Add…"));
  m_addKey->setAccessibleName(tr("Add a key file"));
  m_cancel->setText(tr("Cancel"));
  m_save->setText(m_before.name.empty() ? tr("Add") : tr("Save"));
  if (m_tried) check();
}

api::ClusterProfile ProfileDialog::profile() const {
  const auto text = [this](const char *key) { return m_fields.value(QLatin1String(key)).edit->text().trimmed().toStdString(); };
  api::ClusterProfile made = m_before;
  made.name = text("name");
  made.host = text("host");
  made.user = text("user");
  bool number = true;
  const QString port = QString::fromStdString(text("port"));
  made.port = port.isEmpty() ? 0 : port.toInt(&number);
  if (!number || (!port.isEmpty() && made.port == 0)) made.port = -1;
  made.identityFiles = parts(field(QStringLiteral("identity_files"))->text());
  made.useAgent = m_agent->isChecked();
  made.jumpHosts = parts(field(QStringLiteral("jump_hosts"))->text());
  made.environmentScript = text("environment_script");
  made.root = text("root");
  made.worker = text("worker");
  made.partition = text("partition");
  made.gres = text("gres");
  made.account = text("account");
  made.qos = text("qos");
  return made;
}

void ProfileDialog::check() {
  const QHash<QString, QString> words = {
      {QStringLiteral("name"), tr("Give it a name of at most 100 letters.")},
      {QStringLiteral("host"), tr("Give a host name or an address alone: user and port have fields of their own.")},
      {QStringLiteral("user"), tr("A user name holds no spaces or quotes.")},
      {QStringLiteral("port"), tr("A port goes from 1 to 65535.")},
      {QStringLiteral("jump_hosts"), tr("A jump host is written as user@host:port; user and port may be left out.")},
      {QStringLiteral("identity_files"), tr("Name private key files that are there, such as ~/.ssh/id_ed25519; not the .pub beside it.")},
      {QStringLiteral("environment_script"), tr("The path is too long or holds control characters.")},
      {QStringLiteral("root"), tr("Give a folder on the cluster.")},
      {QStringLiteral("worker"), tr("Give the program that trains.")},
  };
  QHash<QString, QString> problems;
  const api::ClusterProfile made = profile();
  if (const Status status = api::checkNewProfile(made, homeFolder()); !status.ok())
    for (const ConfigProblem &problem : status.error().problems) {
      const QString key = QString::fromStdString(problem.key);
      problems.insert(key, words.value(key, QString::fromStdString(problem.message)));
    }
  const QString called = QString::fromStdString(made.name);
  if (m_taken.contains(called)) problems.insert(QStringLiteral("name"), tr("Another cluster is called %1.").arg(called));
  for (auto it = m_fields.cbegin(); it != m_fields.cend(); ++it) {
    const QString problem = problems.value(it.key());
    it->problem->setText(problem);
    it->problem->setVisible(!problem.isEmpty());
    it->edit->setAccessibleDescription(problem);
    setProblem(it->edit, !problem.isEmpty());
  }
  m_save->setEnabled(problems.isEmpty());
}

void ProfileDialog::save() {
  m_tried = true;
  check();
  if (m_save->isEnabled()) {
    Q_EMIT saved(profile());
    return accept();
  }
  for (const char *key : {"name", "host", "user", "port", "identity_files", "jump_hosts", "environment_script", "root", "worker"}) {
    const Field &field = m_fields[QLatin1String(key)];
    if (field.problem->text().isEmpty()) continue;
    field.edit->setFocus();
    break;
  }
}

} // namespace attune::ui
