#include "ui/dialogs/download_dialog.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/segmented_switch.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPointer>
#include <QPushButton>
#include <QSet>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace attune::ui {

namespace {

const QStringList kLayoutKeys = {QStringLiteral("huggingface"), QStringLiteral("modelscope")};

} // namespace

DownloadDialog::DownloadDialog(const QUrl &hub, const QString &proxy, Keyring &keyring, QWidget *parent)
    : QDialog(parent), m_hub(hub), m_proxy(proxy), m_keyring(keyring) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(12);
  auto *form = new QGridLayout;
  form->setHorizontalSpacing(12);
  form->setVerticalSpacing(8);
  m_nameLabel = makeLabel(TextRole::Body, this);
  m_name = new QLineEdit(this);
  m_look = makeButton(ButtonKind::Normal, QStringLiteral("search"), this);
  m_from = makeLabel(TextRole::Caption, this);
  m_layoutLabel = makeLabel(TextRole::Body, this);
  m_layout = new SegmentedSwitch(this);
  m_tokenLabel = makeLabel(TextRole::Body, this);
  m_token = new QLineEdit(this);
  m_token->setEchoMode(QLineEdit::Password);
  form->addWidget(m_nameLabel, 0, 0);
  form->addWidget(m_name, 0, 1);
  form->addWidget(m_look, 0, 2);
  form->addWidget(m_from, 1, 1, 1, 2);
  form->addWidget(m_layoutLabel, 2, 0);
  form->addWidget(m_layout, 2, 1, Qt::AlignLeft);
  form->addWidget(m_tokenLabel, 3, 0);
  form->addWidget(m_token, 3, 1, 1, 2);
  form->setColumnStretch(1, 1);
  layout->addLayout(form);
  m_message = makeLabel(TextRole::Muted, this);
  m_message->setWordWrap(true);
  layout->addWidget(m_message);
  m_list = new QListWidget(this);
  m_list->setMinimumHeight(240);
  m_list->hide();
  m_list->setUniformItemSizes(true);
  m_list->setTextElideMode(Qt::ElideMiddle);
  m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  layout->addWidget(m_list, 1);
  auto *buttons = new QHBoxLayout;
  buttons->addStretch(1);
  m_cancel = makeButton(ButtonKind::Normal, this);
  m_download = makeButton(ButtonKind::Primary, QStringLiteral("down"), this);
  m_look->setAutoDefault(false);
  m_cancel->setAutoDefault(false);
  m_download->setAutoDefault(false);
  buttons->addWidget(m_cancel);
  buttons->addWidget(m_download);
  layout->addLayout(buttons);
  setMinimumWidth(620);

  connect(m_name, &QLineEdit::textChanged, this, &DownloadDialog::onTyped);
  connect(m_name, &QLineEdit::returnPressed, this, &DownloadDialog::lookUp);
  connect(m_token, &QLineEdit::returnPressed, this, &DownloadDialog::lookUp);
  connect(m_look, &QPushButton::clicked, this, &DownloadDialog::lookUp);
  connect(m_layout, &SegmentedSwitch::changed, this, [this] {
    m_byHand = true;
    onTyped();
  });
  connect(&m_client, &HubClient::finished, this, &DownloadDialog::onListed);
  connect(m_list, &QListWidget::itemChanged, this, &DownloadDialog::showChosen);
  connect(m_cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(m_download, &QPushButton::clicked, this, [this] {
    Q_EMIT chosen(*m_address, picked(), m_token->text().trimmed().toLatin1());
    accept();
  });
  onLanguage(this, [this] { retranslate(); });
  onTyped();
}

void DownloadDialog::retranslate() {
  setWindowTitle(tr("Download a model"));
  m_nameLabel->setText(tr("Model"));
  m_name->setAccessibleName(tr("Model"));
  m_name->setPlaceholderText(tr("owner/name, or the address of its page"));
  m_look->setText(tr("Show files"));
  m_layoutLabel->setText(tr("Hub"));
  m_layout->setAccessibleName(tr("Hub"));
  m_layout->setChoices(kLayoutKeys, {tr("like Hugging Face"), QStringLiteral("ModelScope")});
  m_layout->setCurrent(kLayoutKeys[static_cast<int>(layoutOf(m_hub))]);
  m_tokenLabel->setText(tr("Access token"));
  m_token->setAccessibleName(tr("Access token"));
  m_token->setPlaceholderText(tr("only for private models and those with terms to accept"));
  m_token->setToolTip(tr("Kept in the desktop's keyring or, without one, until Attune is closed. It is sent to this hub only."));
  m_list->setAccessibleName(tr("Files of the model"));
  m_cancel->setText(tr("Cancel"));
  m_download->setText(tr("Download"));
}

void DownloadDialog::onTyped() {
  m_client.cancel();
  m_files.clear();
  m_list->clear();
  m_address = parseHubAddress(m_name->text(), m_hub);
  if (m_address) {
    if (m_byHand) m_address->layout = static_cast<HubLayout>(kLayoutKeys.indexOf(m_layout->current()));
    m_layout->setCurrent(kLayoutKeys[static_cast<int>(m_address->layout)]);
    const bool scope = m_address->layout == HubLayout::ModelScope;
    if (m_address->revision == (scope ? QLatin1String("main") : QLatin1String("master"))) // each hub's word for the newest
      m_address->revision = scope ? QStringLiteral("master") : QStringLiteral("main");
    const QString origin = originOf(m_address->base);
    if (origin != m_tokenOrigin) {
      m_tokenOrigin = origin;
      m_keptToken.clear();
      m_token->clear();
      m_keyring.read(origin, [guard = QPointer<DownloadDialog>(this), origin](const QByteArray &token) {
        if (!guard || guard->m_tokenOrigin != origin || !guard->m_token->text().isEmpty()) return;
        guard->m_keptToken = token;
        guard->m_token->setText(QString::fromLatin1(token));
      });
    }
  }
  m_from->setText(m_address ? tr("From %1, version %2.").arg(hubName(m_address->base), m_address->revision)
                            : tr("From %1. Another hub or a mirror is set in the settings.").arg(hubName(m_hub)));
  m_look->setEnabled(m_address.has_value());
  say({}, false);
  showChosen();
}

void DownloadDialog::lookUp() {
  if (!m_address) return;
  m_files.clear();
  m_list->clear();
  showChosen();
  say(tr("Asking %1…").arg(hubName(m_address->base)), false);
  m_client.list(*m_address, {m_address->base, m_token->text().trimmed().toLatin1(), m_proxy});
}

void DownloadDialog::onListed(const std::vector<HubFile> &files, const HubProblem &problem) {
  if (problem) return say(hubProblemText(problem), true);
  const QByteArray token = m_token->text().trimmed().toLatin1();
  if (token != m_keptToken) m_keyring.store(m_tokenOrigin, token, [](bool) {});
  m_keptToken = token;
  m_files = files;
  QSet<QString> needed;
  for (const HubFile &file : neededFiles(files)) needed.insert(file.path);
  const QSignalBlocker quiet(m_list);
  for (size_t i = 0; i < files.size(); ++i) {
    auto *item = new QListWidgetItem(tr("%1 — %2").arg(files[i].path, bytesText(files[i].bytes)), m_list);
    item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
    item->setCheckState(needed.contains(files[i].path) ? Qt::Checked : Qt::Unchecked);
    item->setData(Qt::UserRole, static_cast<int>(i));
  }
  m_list->setCurrentRow(0);
  showChosen();
}

std::vector<HubFile> DownloadDialog::picked() const {
  std::vector<HubFile> files;
  for (int row = 0; row < m_list->count(); ++row)
    if (m_list->item(row)->checkState() == Qt::Checked)
      files.push_back(m_files[static_cast<size_t>(m_list->item(row)->data(Qt::UserRole).toInt())]);
  return files;
}

void DownloadDialog::showChosen() {
  const std::vector<HubFile> files = picked();
  m_download->setEnabled(!files.empty());
  if (m_list->isHidden() != m_files.empty()) { // no empty box before there is something to choose from
    m_list->setHidden(m_files.empty());
    adjustSize();
  }
  if (!m_files.empty()) say(tr("%Ln file(s) chosen, %1.", "", static_cast<int>(files.size())).arg(bytesText(bytesOf(files))), false);
}

void DownloadDialog::say(const QString &text, bool problem) {
  m_message->setText(text);
  setRole(m_message, problem ? TextRole::Problem : TextRole::Muted);
}

} // namespace attune::ui
