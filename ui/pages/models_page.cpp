#include "ui/pages/models_page.h"

#include "ui/pages/model_details.h"
#include "ui/pages/model_downloads.h"
#include "ui/pages/model_row_delegate.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/button_action.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/file_pick.h"
#include "ui/widgets/page_header.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/toast.h"
#include "ui/widgets/visible_text.h"

#include <QDesktopServices>
#include <QFileInfo>
#include <QFrame>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QUrl>
#include <QVBoxLayout>

namespace attune::ui {

ModelsPage::ModelsPage(ModelShelf &shelf, DownloadCenter &downloads, Keyring &keyring, const Services &services, QWidget *parent)
    : QWidget(parent), m_shelf(shelf), m_services(services) {
  setObjectName(QStringLiteral("page"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(16);
  m_header = new PageHeader(this);
  m_addFile = makeButton(ButtonKind::Normal, this);
  m_addFolder = makeButton(ButtonKind::Normal, QStringLiteral("add"), this);
  m_download = makeButton(ButtonKind::Normal, QStringLiteral("down"), this);
  m_header->addAction(m_addFile);
  m_header->addAction(m_addFolder);
  m_header->addAction(m_download);
  layout->addWidget(m_header);
  m_downloads = new ModelDownloads(downloads, keyring, this);
  layout->addWidget(m_downloads);
  m_problem = new Banner(this);
  layout->addWidget(m_problem);

  m_body = new QStackedWidget(this);
  layout->addWidget(m_body, 1);
  m_empty = new EmptyState(QStringLiteral("models"), m_body);
  m_body->addWidget(m_empty);
  auto *splitter = new QSplitter(Qt::Horizontal, m_body);
  splitter->setChildrenCollapsible(false);
  m_body->addWidget(splitter);
  QFrame *left = makeCard(splitter);
  left->setMinimumWidth(292);
  cardLayout(left)->setContentsMargins(8, 8, 8, 8);
  m_search = new QLineEdit(left);
  m_search->setClearButtonEnabled(true);
  m_list = new KeyedList(left);
  m_list->setItemDelegate(new ModelRowDelegate(m_shelf, m_list));
  m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  m_list->setMouseTracking(true);
  auto *foot = new QHBoxLayout;
  m_progress = makeLabel(TextRole::Caption, left);
  m_stop = makeButton(ButtonKind::Small, left);
  foot->addWidget(m_progress, 1);
  foot->addWidget(m_stop);
  cardLayout(left)->addWidget(m_search);
  cardLayout(left)->addWidget(m_list, 1);
  cardLayout(left)->addLayout(foot);
  m_details = new ModelDetails(splitter);
  splitter->addWidget(left);
  splitter->addWidget(m_details);
  splitter->setStretchFactor(1, 1);
  splitter->setSizes({340, 700});

  connect(m_list, &QListWidget::currentItemChanged, this, [this] { m_details->setModel(m_shelf.find(current())); });
  connect(m_list, &QListWidget::itemActivated, this, [this] { m_details->trainButton()->click(); });
  connect(m_search, &QLineEdit::textChanged, this, &ModelsPage::filter);
  connect(m_stop, &QPushButton::clicked, &m_shelf, &ModelShelf::stop);
  connect(m_addFolder, &QPushButton::clicked, this, &ModelsPage::addFolder);
  connect(m_addFile, &QPushButton::clicked, this,
          [this] { pickFiles(this, tr("A GGUF file"), tr("GGUF models (*.gguf)"), [this](const QString &path) { add(path); }); });
  connect(m_download, &QPushButton::clicked, m_downloads, &ModelDownloads::requestDownload);
  connect(m_downloads, &ModelDownloads::arrived, this, [this](const QString &folder) {
    Toast::show(this, tr("%1 is here.").arg(onOneLine(QFileInfo(folder).fileName())));
    m_list->choose(folder);
    m_shelf.refresh();
  });
  connect(m_empty, &EmptyState::triggered, this, [this] {
    if (m_services.starterModel.empty()) return addFolder();
    add(QString::fromStdString(m_services.starterModel));
  });
  connect(m_details->trainButton(), &QPushButton::clicked, this, [this] { Q_EMIT trainRequested(current()); });
  connect(m_details->chatButton(), &QPushButton::clicked, this, [this] { Q_EMIT chatRequested(current()); });
  connect(m_details->openButton(), &QPushButton::clicked, this, [this] {
    const ShelfModel *model = m_shelf.find(current());
    if (!model) return;
    const bool file = model->card.format == "gguf";
    QDesktopServices::openUrl(QUrl::fromLocalFile(file ? QFileInfo(model->path()).path() : model->path()));
  });
  connect(m_details->removeButton(), &QPushButton::clicked, this, [this] { m_shelf.remove(current()); });
  connect(&m_shelf, &ModelShelf::listChanged, this, &ModelsPage::fill);
  connect(&m_shelf, &ModelShelf::modelChanged, this, [this](const QString &path) {
    if (path == current()) m_details->setModel(m_shelf.find(path));
    m_list->viewport()->update();
    filter();
    showProgress();
  });
  connect(&m_shelf, &ModelShelf::added, this, [this](const QString &path) { m_list->choose(path); });
  connect(&m_shelf, &ModelShelf::removed, this, [this](const QString &name, bool trashed, const std::function<void()> &undo) {
    Toast::show(this, (trashed ? tr("%1 is in the trash.") : tr("%1 is no longer on the list. Its files stay.")).arg(name), tr("Undo"),
                undo);
  });
  connect(&m_shelf, &ModelShelf::failed, this, [this](const QString &message) {
    m_problem->showMessage(Tone::Danger, message, {{tr("Close"), [] {}}});
  });
  makeActions();
  onLanguage(this, [this] {
    m_header->setTitle(tr("Models"));
    m_header->setSubtitle(tr("The models on this machine, and what fits here."));
    m_addFile->setText(tr("Add GGUF files…"));
    m_addFolder->setText(tr("Add a folder…"));
    m_download->setText(tr("Download…"));
    m_search->setPlaceholderText(tr("Search models…"));
    m_search->setAccessibleName(tr("Search models"));
    m_list->setAccessibleName(tr("Models"));
    m_stop->setText(tr("Stop"));
    const bool starter = !m_services.starterModel.empty();
    m_empty->setTexts(
        starter
            ? tr("Models appear here: Hugging Face folders and GGUF files. Add those you have, drop them onto the window, or download one. "
                 "The starter model is small enough for any machine.")
            : tr("Models appear here: Hugging Face folders and GGUF files. Add those you have, drop them onto the window, or download "
                 "one."),
        starter ? tr("Use the starter model") : tr("Add a folder…"));
    fill();
    m_details->setModel(m_shelf.find(current()));
  });
}

void ModelsPage::makeActions() {
  new ButtonAction(m_details->trainButton(), {QKeySequence(Qt::CTRL | Qt::Key_Return)}, this);
  new ButtonAction(m_details->chatButton(), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_H)}, this);
  new ButtonAction(m_details->openButton(), {QKeySequence(Qt::CTRL | Qt::Key_E)}, this);
  new ButtonAction(m_details->removeButton(), {QKeySequence::Delete}, this);
  new ButtonAction(m_addFolder, {QKeySequence(Qt::CTRL | Qt::Key_N)}, this);
  new ButtonAction(m_download, {QKeySequence(Qt::CTRL | Qt::Key_D)}, this);
  new ButtonAction(m_addFile, {QKeySequence(Qt::CTRL | Qt::Key_G)}, this);
  const auto act = [this](const QKeySequence &keys, auto text, auto effect) {
    auto *action = new QAction(this);
    action->setShortcut(keys);
    connect(action, &QAction::triggered, this, effect);
    addAction(action);
    onLanguage(this, [action, text] { action->setText(text()); });
  };
  act(
      QKeySequence::Find, [] { return tr("Search models"); }, [this] { m_search->setFocus(Qt::ShortcutFocusReason); });
  act(
      QKeySequence(Qt::Key_F5), [] { return tr("Look for models again"); }, [this] { m_shelf.refresh(); });
}

void ModelsPage::addFolder() {
  pickFolder(this, tr("A model folder, or a folder with several"), [this](const QString &path) { add(path); });
}

void ModelsPage::showEvent(QShowEvent *) { m_shelf.refresh(); }

void ModelsPage::fill() {
  showProgress();
  const auto &models = m_shelf.models();
  m_body->setCurrentIndex(models.empty() && m_shelf.known() ? 0 : 1);
  QStringList paths;
  for (const ShelfModel &model : models) paths.append(model.path());
  m_list->setKeys(paths, [](QListWidgetItem *item, const QString &path) { item->setToolTip(toolTipText(onOneLine(path))); });
  m_details->setModel(m_shelf.find(current()));
  filter();
}

void ModelsPage::filter() {
  const QString wanted = m_search->text().trimmed();
  for (int row = 0; row < m_list->count(); ++row) {
    QListWidgetItem *item = m_list->item(row);
    const ShelfModel *model = m_shelf.find(m_list->key(row));
    if (!model) continue;
    const QString text = QStringList{modelName(model->card), modelKind(*model), modelState(*model).text}.join(QStringLiteral(", "));
    item->setData(Qt::AccessibleTextRole, text);
    item->setHidden(!text.contains(wanted, Qt::CaseInsensitive));
  }
}

void ModelsPage::showProgress() {
  const int done = m_shelf.described(), all = static_cast<int>(m_shelf.models().size());
  m_progress->setText(!m_shelf.isBusy() ? tr("%Ln model(s)", "", all)
                      : done < all      ? tr("Reading model %1 of %2…").arg(done + 1).arg(all)
                      : all > 0         ? tr("Working out what fits…")
                                        : tr("Looking for models…"));
  m_stop->setVisible(m_shelf.isBusy() && done < all);
}

} // namespace attune::ui
