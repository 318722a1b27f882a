#include "ui/pages/model_details.h"

#include "ui/models/error_text.h"
#include "ui/models/field_text.h"
#include "ui/models/template_text.h"
#include "ui/pages/forecast_view.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/visible_text.h"

#include <QDir>
#include <QFrame>
#include <QGridLayout>
#include <QLabel>
#include <QLayoutItem>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>

namespace attune::ui {

namespace {

constexpr size_t kShownFiles = 40;
constexpr size_t kShownProblems = 8;

using Rows = std::vector<std::pair<QString, QString>>;

/// What a file wrote, on one line and harmless.
QString shown(const std::string &text) { return withVisibleControls(QString::fromStdString(text)).simplified(); }

/// Names and values, in so many columns of pairs; labels that are there already only get new texts.
void fillGrid(QGridLayout *grid, const Rows &rows, int columns) {
  const int count = static_cast<int>(rows.size()), perColumn = (count + columns - 1) / columns;
  while (grid->count() > 2 * count) {
    QLayoutItem *item = grid->takeAt(grid->count() - 1);
    delete item->widget();
    delete item;
  }
  for (int i = grid->count() / 2; i < count; ++i) {
    grid->addWidget(makeLabel(TextRole::Caption, grid->parentWidget()), i % perColumn, i / perColumn * 2);
    grid->addWidget(new ElidedLabel(grid->parentWidget(), Qt::ElideMiddle), i % perColumn, i / perColumn * 2 + 1);
  }
  for (int i = 0; i < count; ++i) {
    static_cast<QLabel *>(grid->itemAt(2 * i)->widget())->setText(rows[static_cast<size_t>(i)].first);
    static_cast<QLabel *>(grid->itemAt(2 * i + 1)->widget())->setText(rows[static_cast<size_t>(i)].second);
  }
  for (int column = 0; column < columns; ++column) grid->setColumnStretch(column * 2 + 1, 1);
}

/// For a button that has no room for words.
void nameIcon(QPushButton *button, const QString &text) {
  button->setToolTip(text);
  button->setAccessibleName(text);
}

QFrame *addCard(QVBoxLayout *column, QWidget *parent, QLabel *&title) {
  QFrame *card = makeCard(parent);
  title = makeLabel(TextRole::Strong, card);
  cardLayout(card)->addWidget(title);
  column->addWidget(card);
  return card;
}

QGridLayout *addGrid(QFrame *card) {
  auto *grid = new QGridLayout;
  grid->setHorizontalSpacing(16);
  grid->setVerticalSpacing(6);
  cardLayout(card)->addLayout(grid);
  return grid;
}

} // namespace

ModelDetails::ModelDetails(QWidget *parent) : QWidget(parent) {
  auto *outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  m_all = new QWidget(this);
  outer->addWidget(m_all);
  auto *layout = new QVBoxLayout(m_all);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(12);
  m_name = makeLabel(TextRole::Title, m_all);
  m_name->setMinimumWidth(0);
  m_path = new ElidedLabel(m_all, Qt::ElideMiddle);
  setRole(m_path, TextRole::Caption);
  auto *titles = new QVBoxLayout;
  titles->setSpacing(2);
  titles->addWidget(m_name);
  titles->addWidget(m_path);
  layout->addLayout(titles);
  auto *buttons = new QHBoxLayout;
  buttons->setSpacing(8);
  m_train = makeButton(ButtonKind::Primary, QStringLiteral("train"), m_all);
  m_chat = makeButton(ButtonKind::Normal, QStringLiteral("chat"), m_all);
  m_open = makeButton(ButtonKind::Quiet, QStringLiteral("open"), m_all);
  m_remove = makeButton(ButtonKind::Quiet, QStringLiteral("trash"), m_all);
  for (QPushButton *button : {m_train, m_chat, m_open, m_remove}) buttons->addWidget(button);
  buttons->addStretch(1);
  layout->addLayout(buttons);
  m_refusal = new Banner(m_all);
  m_problems = new Banner(m_all);
  layout->addWidget(m_refusal);
  layout->addWidget(m_problems);

  QScrollArea *scroll = makeScrollColumn(m_all);
  auto *content = new QWidget(scroll);
  auto *column = new QVBoxLayout(content);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(12);
  m_facts = addGrid(addCard(column, content, m_factsTitle));
  m_fitCard = addCard(column, content, m_fitTitle);
  m_fit = makeLabel(TextRole::Body, m_fitCard);
  m_fit->setWordWrap(true);
  m_bar = new ForecastBar(m_fitCard);
  cardLayout(m_fitCard)->addWidget(m_fit);
  cardLayout(m_fitCard)->addWidget(m_bar);
  m_sizes = addGrid(m_fitCard);
  m_sizesNote = makeLabel(TextRole::Caption, m_fitCard);
  m_sizesNote->setWordWrap(true);
  cardLayout(m_fitCard)->addWidget(m_sizesNote);
  m_filesCard = addCard(column, content, m_filesTitle);
  m_files = addGrid(m_filesCard);
  m_licenseCard = addCard(column, content, m_licenseTitle);
  m_license = new QPlainTextEdit(m_licenseCard);
  m_license->setReadOnly(true);
  m_license->setFixedHeight(180);
  cardLayout(m_licenseCard)->addWidget(m_license);
  column->addStretch(1);
  scroll->setWidget(content);
  layout->addWidget(scroll, 1);
  onLanguage(this, [this] {
    m_train->setText(tr("Train with it"));
    m_chat->setText(tr("Chat with it"));
    nameIcon(m_open, tr("Open the folder"));
    m_factsTitle->setText(tr("What it is"));
    m_fitTitle->setText(tr("What fits here"));
    m_licenseTitle->setText(tr("Licence"));
    m_license->setAccessibleName(tr("Licence"));
    m_sizesNote->setText(tr("Size of the weights by the bits kept of each. At 4 bits (NF4) embedding and output stay at 16."));
  });
  setModel(nullptr);
}

void ModelDetails::setModel(const ShelfModel *model) {
  m_all->setVisible(model != nullptr);
  const bool usable = model && model->described && !model->card.refusal;
  m_train->setEnabled(usable);
  m_chat->setEnabled(usable);
  m_open->setEnabled(model != nullptr);
  m_remove->setEnabled(model != nullptr);
  nameIcon(m_remove, model && model->card.place.inWorkspace ? tr("Move to the trash") : tr("Remove from the list"));
  if (!model) return;
  const api::ModelCard &card = model->card;
  m_name->setText(modelName(card));
  m_path->setText(onOneLine(QDir::toNativeSeparators(model->path())));
  showProblems(card);
  Rows facts;
  const auto text = [&facts](const QString &name, const QString &value) {
    facts.emplace_back(name, value.isEmpty() ? tr("unknown") : value);
  };
  const auto number = [](int64_t value) { return value > 0 ? countText(value) : QString(); };
  text(tr("Architecture"), shown(architectureName(card).toStdString()));
  text(tr("Parameters"), number(card.parameters));
  text(tr("Layers"), number(card.layers));
  text(tr("Width"), number(card.hidden));
  text(tr("Context"), card.context > 0 ? tr("%1 tokens").arg(countText(card.context)) : QString());
  text(tr("Vocabulary"), number(card.vocabulary));
  text(tr("Tokenizer"), card.tokenizer == "none" ? tr("none") : shown(card.tokenizer));
  text(tr("Chat template"), templateText(card.chatTemplate));
  text(tr("Stored as"), shown(card.dtype));
  text(tr("Licence"), card.license.empty() && !card.licenseText.empty() ? tr("see below") : shown(card.license));
  fillGrid(m_facts, facts, 2);
  showFit(*model);
  Rows files;
  for (size_t i = 0; i < std::min(card.files.size(), kShownFiles); ++i)
    files.emplace_back(bytesText(card.files[i].bytes), shown(card.files[i].name));
  fillGrid(m_files, files, 1);
  m_filesCard->setVisible(!files.empty());
  const auto count = static_cast<int>(card.fileCount);
  m_filesTitle->setText((card.moreFiles ? tr("More than %Ln file(s), together more than %1", "", count) : tr("%Ln file(s), %1", "", count))
                            .arg(bytesText(card.bytes)));
  m_licenseCard->setVisible(!card.licenseText.empty());
  const QString license = withVisibleControls(QString::fromStdString(card.licenseText));
  if (m_license->toPlainText() != license) m_license->setPlainText(license);
}

void ModelDetails::showProblems(const api::ModelCard &card) {
  m_refusal->hide();
  if (card.refusal) m_refusal->showMessage(Tone::Danger, errorText(*card.refusal));
  QStringList lines;
  for (size_t i = 0; i < std::min(card.problems.size(), kShownProblems); ++i) lines.append(errorText(card.problems[i]));
  if (card.problems.size() > kShownProblems) lines.append(tr("and %Ln more", "", static_cast<int>(card.problems.size() - kShownProblems)));
  m_problems->hide();
  if (!lines.isEmpty()) m_problems->showMessage(Tone::Warning, withVisibleControls(lines.join(QLatin1Char('\n'))));
}

void ModelDetails::showFit(const ShelfModel &model) {
  const api::ModelCard &card = model.card;
  m_fitCard->setVisible(card.sizes.bits16 > 0);
  fillGrid(m_sizes,
           {{tr("16 bits"), bytesText(card.sizes.bits16)},
            {tr("8 bits"), bytesText(card.sizes.bits8)},
            {tr("4 bits"), bytesText(card.sizes.bits4)}},
           3);
  const FitJudgement *judged = model.judged ? &*model.judged : nullptr;
  const QVector<ForecastBar::Part> parts = judged ? forecastParts(judged->forecast.items) : QVector<ForecastBar::Part>();
  m_bar->setVisible(!parts.isEmpty());
  m_bar->setParts(parts, judged ? judged->forecast.budgetBytes : 0);
  const QString needed = judged ? bytesText(judged->forecast.neededBytes) : QString();
  const QString free = judged ? bytesText(judged->forecast.budgetBytes) : QString();
  if (!judged)
    m_fit->setText(card.refusal ? QString() : tr("Working out what training takes…"));
  else
    switch (judged->fit) {
    case ModelFit::Unknown: m_fit->setText(judged->failure); break;
    case ModelFit::Fits: m_fit->setText(tr("LoRA with the usual settings fits: it takes %1, and %2 is free.").arg(needed, free)); break;
    case ModelFit::FitsSmaller:
      m_fit->setText(tr("LoRA with the usual settings takes %1, and %2 is free. Smaller settings fit: Make it fit, on the Train page, "
                        "finds them.")
                         .arg(needed, free));
      break;
    case ModelFit::TooLarge:
      m_fit->setText(tr("LoRA takes %1 here, and %2 is free; no smaller settings fit. Close other programs or take a smaller model.")
                         .arg(needed, free));
      break;
    }
  m_fit->setVisible(!m_fit->text().isEmpty());
}

} // namespace attune::ui
