#include "ui/pages/conversations_panel.h"

#include "core/base/atomic_file.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/file_pick.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/toast.h"
#include "ui/widgets/visible_text.h"

#include <QHBoxLayout>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QShortcut>
#include <QVBoxLayout>

namespace attune::ui {

ConversationsPanel::ConversationsPanel(ConversationList &list, TaskRunner &tasks, QWidget *parent)
    : QFrame(parent), m_list(list), m_tasks(tasks) {
  setProperty("kind", QStringLiteral("card"));
  setFixedWidth(244);
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, 12, 12, 8);
  layout->setSpacing(8);
  m_search = new QLineEdit(this);
  m_search->setClearButtonEnabled(true);
  layout->addWidget(m_search);
  m_items = new QListWidget(this);
  m_items->setEditTriggers(QAbstractItemView::EditKeyPressed);
  m_items->setTextElideMode(Qt::ElideRight);
  m_items->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  layout->addWidget(m_items, 1);
  m_empty = makeLabel(TextRole::Caption, this);
  m_empty->setWordWrap(true);
  layout->addWidget(m_empty);
  m_unreadable = makeLabel(TextRole::Problem, this);
  m_unreadable->setWordWrap(true);
  layout->addWidget(m_unreadable);
  auto *row = new QHBoxLayout;
  row->setSpacing(2);
  m_rename = makeButton(ButtonKind::Quiet, QStringLiteral("edit"), this);
  m_export = makeButton(ButtonKind::Quiet, QStringLiteral("export"), this);
  m_remove = makeButton(ButtonKind::Quiet, QStringLiteral("trash"), this);
  for (QPushButton *button : {m_rename, m_export, m_remove}) row->addWidget(button);
  row->addStretch(1);
  layout->addLayout(row);

  connect(&m_list, &ConversationList::changed, this, &ConversationsPanel::fill);
  connect(m_search, &QLineEdit::textChanged, &m_list, &ConversationList::search);
  const auto openChosen = [this] {
    if (const auto *kept = chosen(); kept && kept->id != m_current) Q_EMIT opened(kept->id);
  };
  connect(m_items, &QListWidget::itemClicked, this, openChosen);
  connect(m_items, &QListWidget::itemActivated, this, openChosen);
  connect(m_items, &QListWidget::itemChanged, this, [this](const QListWidgetItem *item) {
    if (m_filling) return;
    const std::string id = item->data(Qt::UserRole).toString().toStdString();
    const QString title = item->text().trimmed();
    m_list.rename(id, title);
    Q_EMIT renamed(id, title);
  });
  connect(m_items, &QListWidget::currentItemChanged, this, [this] {
    for (QPushButton *button : {m_rename, m_export, m_remove}) button->setEnabled(chosen() != nullptr);
  });
  connect(m_rename, &QPushButton::clicked, this, [this] {
    if (QListWidgetItem *item = m_items->currentItem()) m_items->editItem(item);
  });
  connect(m_export, &QPushButton::clicked, this, &ConversationsPanel::exportChosen);
  connect(m_remove, &QPushButton::clicked, this, &ConversationsPanel::remove);
  auto *erase = new QShortcut(QKeySequence::Delete, m_items, nullptr, nullptr, Qt::WidgetShortcut);
  connect(erase, &QShortcut::activated, this, &ConversationsPanel::remove);
  onLanguage(this, [this] {
    m_search->setPlaceholderText(tr("Search conversations"));
    m_search->setAccessibleName(tr("Search conversations"));
    m_items->setAccessibleName(tr("Conversations"));
    const auto name = [](QPushButton *button, const QString &text) {
      button->setToolTip(text);
      button->setAccessibleName(text);
    };
    name(m_rename, tr("Rename"));
    name(m_export, tr("Export as Markdown or JSON"));
    name(m_remove, tr("Delete"));
    fill();
  });
}

void ConversationsPanel::setCurrent(const std::string &id) {
  if (id == m_current) return;
  m_current = id;
  fill();
}

void ConversationsPanel::focusSearch() { m_search->setFocus(); }

void ConversationsPanel::fill() {
  m_filling = true;
  m_items->clear();
  for (const KeptConversation &kept : m_list.shown()) {
    const QString title = withVisibleControls(kept.talk->shownTitle());
    auto *item = new QListWidgetItem(title.isEmpty() ? tr("Without a title") : title, m_items);
    item->setData(Qt::UserRole, QString::fromStdString(kept.id));
    item->setToolTip(tr("%1\n%2").arg(item->text(), timeText(kept.changedAt)));
    item->setFlags(item->flags() | Qt::ItemIsEditable);
    item->setSizeHint(QSize(0, 34));
    if (kept.id == m_current) m_items->setCurrentItem(item);
  }
  m_filling = false;
  for (QPushButton *button : {m_rename, m_export, m_remove}) button->setEnabled(chosen() != nullptr);
  m_empty->setText(m_search->text().trimmed().isEmpty() ? tr("Conversations are kept here.") : tr("No conversation holds this text."));
  m_empty->setVisible(m_items->count() == 0);
  const QStringList &unreadable = m_list.unreadable();
  m_unreadable->setText(
      tr("%Ln file(s) in the folder “conversations” cannot be read. They stay as they are.", nullptr, static_cast<int>(unreadable.size())));
  m_unreadable->setToolTip(unreadable.mid(0, 20).join(QLatin1Char('\n')));
  m_unreadable->setVisible(!unreadable.isEmpty());
}

const KeptConversation *ConversationsPanel::chosen() const {
  const QListWidgetItem *item = m_items->currentItem();
  return item ? m_list.find(item->data(Qt::UserRole).toString().toStdString()) : nullptr;
}

void ConversationsPanel::remove() {
  const KeptConversation *kept = chosen();
  if (!kept) return;
  const KeptConversation gone = *kept;
  m_list.remove(gone.id);
  Q_EMIT removed(gone.id);
  Toast::show(this, tr("“%1” is deleted.").arg(withVisibleControls(gone.talk->shownTitle())), tr("Undo"), [this, gone] {
    std::string id = gone.id;
    m_list.keep(id, *gone.talk);
  });
}

void ConversationsPanel::exportChosen() {
  const KeptConversation *kept = chosen();
  if (!kept) return;
  const auto save = [this, talk = kept->talk](const QString &path) {
    m_exporting = m_tasks.run(
        this,
        [talk, path](StopToken) {
          const bool json = path.endsWith(QLatin1String(".json"), Qt::CaseInsensitive);
          const QByteArray text = json ? QJsonDocument(talk->toJson()).toJson() : talk->toMarkdown().toUtf8();
          return writeFileAtomic(path.toStdString(), std::string_view(text.data(), static_cast<size_t>(text.size())));
        },
        [this, path](const Status &status) {
          Toast::show(this, status.ok() ? tr("Saved as %1.").arg(path) : tr("%1 could not be written. Choose another folder.").arg(path));
        });
  };
  pickSaveName(this, tr("Export the conversation"), QStringLiteral("conversation.md"), tr("Markdown (*.md);;JSON (*.json)"), save);
}

} // namespace attune::ui
