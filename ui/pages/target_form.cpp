#include "ui/pages/target_form.h"

#include "ui/models/cluster_text.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/visible_text.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

namespace attune::ui {

namespace {

constexpr int64_t kGiB = int64_t(1) << 30;

/// Of the columns' widths.
constexpr int kStretch[] = {3, 2, 2, 2, 2, 3, 3};

QGridLayout *makeGrid(QWidget *parent, int columns) {
  auto *grid = new QGridLayout(parent);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(12);
  grid->setVerticalSpacing(2);
  for (int column = 0; column < columns; ++column) grid->setColumnStretch(column, kStretch[column]);
  return grid;
}

} // namespace

TargetForm::TargetForm(TargetDraft &draft, QWidget *parent) : QFrame(parent), m_draft(draft) {
  setProperty("kind", QStringLiteral("card"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(16, 10, 16, 10);
  layout->setSpacing(8);
  auto *head = new QHBoxLayout;
  head->setSpacing(12);
  m_title = makeLabel(TextRole::Strong, this);
  m_notice = makeLabel(TextRole::Caption, this);
  m_notice->setWordWrap(true);
  m_notice->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  m_more = makeButton(ButtonKind::Small, this);
  m_more->setCheckable(true);
  head->addWidget(m_title);
  head->addWidget(m_notice, 1);
  m_script = makeButton(ButtonKind::Small, this);
  connect(m_script, &QPushButton::clicked, this, &TargetForm::scriptWanted);
  head->addWidget(m_script);
  head->addWidget(m_more);
  layout->addLayout(head);

  m_usual = new QWidget(this);
  QGridLayout *grid = makeGrid(m_usual, 6);
  const auto makeBox = [this] {
    auto *box = new QComboBox(this);
    box->setEditable(true);
    box->setInsertPolicy(QComboBox::NoInsert);
    box->setMinimumContentsLength(6);
    connect(box, &QComboBox::editTextChanged, this, &TargetForm::take);
    return box;
  };
  const auto makeLine = [this] {
    auto *edit = new QLineEdit(this);
    connect(edit, &QLineEdit::textEdited, this, &TargetForm::take);
    return edit;
  };
  m_partition = add(grid, 0, 0, "partition", makeBox());
  m_gres = add(grid, 0, 1, "gres", makeBox());
  m_cards = add(grid, 0, 2, "cards", makeCount(0, 10000));
  m_cores = add(grid, 0, 3, "cores", makeCount(0, 100000));
  m_minutes = add(grid, 0, 4, "minutes", makeLine());
  m_cardMemory = add(grid, 0, 5, "card_memory", makeCount(0, 4096));
  layout->addWidget(m_usual);
  m_rare = new QWidget(this);
  grid = makeGrid(m_rare, 7);
  m_model = add(grid, 0, 0, "model", makeLine());
  m_nodes = add(grid, 0, 1, "nodes", makeCount(1, 100000));
  m_memory = add(grid, 0, 2, "memory", makeCount(0, 1 << 20));
  m_account = add(grid, 0, 3, "account", makeLine());
  m_qos = add(grid, 0, 4, "qos", makeLine());
  m_extra = add(grid, 0, 5, "extra", makeLine());
  m_mode = new QComboBox(m_rare);
  m_mode->addItems({QString(), QString(), QString()});
  m_mode->setMinimumContentsLength(4);
  m_mode->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  connect(m_mode, &QComboBox::activated, this, &TargetForm::take);
  add(grid, 0, 6, "mode", m_mode);
  layout->addWidget(m_rare);
  m_rare->hide();
  m_problem = makeLabel(TextRole::Problem, this);
  m_problem->setWordWrap(true);
  layout->addWidget(m_problem);

  connect(m_more, &QPushButton::toggled, this, [this](bool more) {
    m_usual->setVisible(!more);
    m_rare->setVisible(more);
  });
  connect(&m_draft, &TargetDraft::changed, this, &TargetForm::refresh);
  onLanguage(this, [this] { retranslate(); });
}

QSpinBox *TargetForm::makeCount(int least, int most) {
  auto *box = new QSpinBox(this);
  box->setRange(least, most);
  box->setKeyboardTracking(false);
  connect(box, &QSpinBox::valueChanged, this, &TargetForm::take);
  return box;
}

template <typename Editor> Editor *TargetForm::add(QGridLayout *grid, int row, int column, const char *key, Editor *editor) {
  QLabel *label = makeLabel(TextRole::Caption, this);
  label->setBuddy(editor);
  editor->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  editor->setMinimumWidth(64);
  grid->addWidget(label, row, column);
  grid->addWidget(editor, row + 1, column);
  m_fields.insert(QLatin1String(key), editor);
  m_labels.insert(QLatin1String(key), label);
  return editor;
}

void TargetForm::name(const char *key, const QString &label, const QString &hint) {
  m_labels[QLatin1String(key)]->setText(label);
  QWidget *field = m_fields[QLatin1String(key)];
  field->setAccessibleName(label);
  field->setToolTip(hint);
  if (auto *edit = qobject_cast<QLineEdit *>(field)) edit->setPlaceholderText(hint);
}

void TargetForm::retranslate() {
  m_script->setText(tr("Script..."));
  m_script->setToolTip(tr("What is sent to the cluster and called there, before anything is."));
  m_more->setText(tr("More"));
  m_more->setAccessibleName(tr("More of what the run asks for"));
  name("partition", tr("Partition"), tr("The queue the job goes to."));
  name("gres", tr("Kind of card"), tr("As Slurm calls it: dcu, or gpu:a100. Empty = no card."));
  name("cards", tr("Cards a node"), tr("0 = none: the run computes on the processor."));
  name("cores", tr("Cores a node"), tr("8 for each card, unless another number is typed."));
  name("minutes", tr("Time limit"), tr("90, 1:30, 2 h or 1 d"));
  name("card_memory", tr("Memory of a card, GiB"),
       tr("Slurm does not say it. Given once, it is remembered, and the forecast below compares with it."));
  name("model", tr("Model on the cluster"), tr("uploaded when empty"));
  name("nodes", tr("Nodes"), tr("One, unless you know better."));
  name("memory", tr("Memory a node, GiB"), tr("The site's default unless a number is typed."));
  name("account", tr("Account"), tr("the usual one"));
  name("qos", tr("Quality of service"), tr("the usual one"));
  name("extra", tr("Other options"), tr("--constraint=name"));
  name("mode", tr("Submission"),
       tr("The usual way is requeued: after preemption, a lost node or the time limit the run goes on from its checkpoint. salloc is for "
          "queues that refuse sbatch: an allocation is held for the run."));
  m_mode->setItemText(0, QStringLiteral("sbatch"));
  m_mode->setItemText(1, tr("sbatch, once"));
  m_mode->setItemText(2, QStringLiteral("salloc"));
  m_cards->setSpecialValueText(tr("none"));
  m_memory->setSpecialValueText(tr("default"));
  m_cardMemory->setSpecialValueText(tr("not known"));
  refresh();
}

/// The fields into the draft.
void TargetForm::take() {
  if (m_filling || !m_draft.target()) return;
  api::ClusterTarget target = *m_draft.target();
  const auto text = [](const QString &typed) { return typed.trimmed().toStdString(); };
  const std::string kind = text(m_gres->currentText());
  target.partition = text(m_partition->currentText());
  target.cards = m_cards->value();
  // Who names a card wants one, who clears its name wants none.
  if (kind != target.gres && kind.empty()) target.cards = 0;
  if (kind != target.gres && !kind.empty() && target.cards == 0) target.cards = 1;
  target.gres = target.cards == 0 && m_draft.target()->cards > 0 ? std::string() : kind;
  target.cores = m_cores->value();
  target.minutes = minutesOf(m_minutes->text());
  target.nodes = m_nodes->value();
  target.memory = static_cast<int64_t>(m_memory->value()) * 1024;
  target.account = text(m_account->text());
  target.qos = text(m_qos->text());
  target.model = text(m_model->text());
  target.mode = m_mode->currentIndex() == 2 ? api::SubmitMode::Salloc : api::SubmitMode::Sbatch;
  target.requeue = m_mode->currentIndex() == 0;
  const bool remembered = m_draft.cardBytes() != static_cast<int64_t>(m_cardMemory->value()) * kGiB;
  const QObject *asker = sender();
  m_filling = true; // the fields are as they were typed
  m_draft.set(target);
  if (asker == m_extra) m_draft.setExtra(m_extra->text());
  if (asker == m_cardMemory && remembered) m_draft.setCardBytes(static_cast<int64_t>(m_cardMemory->value()) * kGiB);
  m_filling = false;
  refresh();
}

/// What one types stays as it is; the list follows the partitions.
void TargetForm::offer(QComboBox *box, const QStringList &choices, const std::string &text) {
  const QSignalBlocker quiet(box);
  QStringList shown;
  for (int i = 0; i < box->count(); ++i) shown.append(box->itemText(i));
  const QString typed = box->currentText();
  if (shown != choices) {
    box->clear();
    box->addItems(choices);
    box->setEditText(typed);
  }
  const QString value = QString::fromStdString(text);
  if (typed.trimmed() != value) box->setEditText(value);
}

void TargetForm::refresh() {
  setVisible(m_draft.target().has_value());
  if (!m_draft.target() || m_filling) return;
  m_filling = true;
  const api::ClusterTarget &target = *m_draft.target();
  const ClusterState *cluster = m_draft.cluster();
  m_title->setText(tr("On %1", "a cluster").arg(onOneLine(QString::fromStdString(target.cluster))));
  QStringList partitions, kinds;
  if (cluster && cluster->overview.value)
    for (const api::ClusterPartition &one : cluster->overview.value->partitions) partitions.append(QString::fromStdString(one.name));
  if (const api::ClusterPartition *one = m_draft.partition())
    for (const auto &[kind, count] : one->cardsPerNode) kinds.append(QString::fromStdString(kind));
  offer(m_partition, partitions, target.partition);
  offer(m_gres, kinds, target.gres);
  m_cards->setValue(static_cast<int>(target.cards));
  m_cores->setSpecialValueText(tr("%1 (8 a card)", "cores").arg(m_draft.usualCores()));
  m_cores->setValue(static_cast<int>(target.cores));
  if (minutesOf(m_minutes->text()) != target.minutes) m_minutes->setText(minutesText(target.minutes));
  m_nodes->setValue(static_cast<int>(target.nodes));
  m_memory->setValue(static_cast<int>(target.memory / 1024));
  const auto line = [](QLineEdit *edit, const std::string &value) {
    if (edit->text().trimmed().toStdString() != value) edit->setText(QString::fromStdString(value));
  };
  line(m_account, target.account);
  line(m_qos, target.qos);
  line(m_model, target.model);
  if (m_extra->text() != m_draft.extra()) m_extra->setText(m_draft.extra());
  m_mode->setCurrentIndex(target.mode == api::SubmitMode::Salloc ? 2 : target.requeue ? 0 : 1);
  m_cardMemory->setEnabled(target.cards > 0);
  m_cardMemory->setValue(static_cast<int>(m_draft.cardBytes() / kGiB));
  m_notice->setText(m_draft.notice());
  QStringList lines;
  bool rare = false, usual = false;
  for (const char *key : {"partition", "gres", "cards", "cores", "minutes", "nodes", "memory", "account", "qos", "extra"}) {
    const QString problem = m_draft.problems().value(QLatin1String(key));
    QWidget *field = m_fields[QLatin1String(key)];
    setProblem(field, !problem.isEmpty());
    field->setAccessibleDescription(problem);
    if (problem.isEmpty()) continue;
    lines.append(m_labels[QLatin1String(key)]->text() + tr(": ", "between a field's name and its problem") + problem);
    (m_rare->isAncestorOf(field) ? rare : usual) = true;
  }
  m_problem->setText(lines.join(QLatin1Char('\n')));
  m_problem->setVisible(!lines.isEmpty());
  m_script->setEnabled(lines.isEmpty());
  if (rare != usual && !isAncestorOf(focusWidget())) m_more->setChecked(rare); // the field with the problem is in sight
  m_filling = false;
}

} // namespace attune::ui
