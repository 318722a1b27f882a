#include "ui/pages/setting_row.h"

#include "ui/models/field_text.h"
#include "ui/pages/template_menu.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/file_pick.h"
#include "ui/widgets/icon.h"
#include "ui/widgets/retranslate.h"

#include <QAbstractItemView>
#include <QCheckBox>
#include <QComboBox>
#include <QFocusEvent>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTimer>
#include <QToolTip>
#include <QVBoxLayout>

#include <algorithm>

namespace attune::ui {

namespace {

constexpr int kFieldWidth = 168;

} // namespace

SettingRow::SettingRow(const api::ConfigField &field, ConfigDraft &draft, QWidget *parent)
    : QWidget(parent), m_field(field), m_draft(draft) {
  auto *grid = new QGridLayout(this);
  grid->setContentsMargins(0, 4, 0, 4);
  grid->setHorizontalSpacing(12);
  grid->setVerticalSpacing(2);
  m_label = makeLabel(TextRole::Body, this);
  m_label->setFixedWidth(148);
  m_label->setWordWrap(true);
  m_editor = makeEditor();
  m_label->setBuddy(m_editor);
  m_editor->installEventFilter(this);
  m_reset = makeButton(ButtonKind::Quiet, QStringLiteral("undo"), this);
  m_reset->setFixedWidth(28);
  QSizePolicy keep = m_reset->sizePolicy();
  keep.setRetainSizeWhenHidden(true);
  m_reset->setSizePolicy(keep);
  m_help = makeLabel(TextRole::Caption, this);
  m_help->setWordWrap(true);
  m_problem = makeLabel(TextRole::Problem, this);
  m_problem->setWordWrap(true);
  const bool wide = field.type == api::FieldType::TextList || field.type == api::FieldType::ChoiceList;
  grid->addWidget(m_label, 0, 0, wide ? Qt::AlignTop : Qt::AlignVCenter);
  grid->addWidget(m_editor, 0, 1);
  grid->addWidget(m_reset, 0, 2);
  grid->addWidget(m_help, 0, 3);
  grid->addWidget(m_problem, 1, 1, 1, 3);
  grid->setColumnStretch(3, 1);
  connect(m_reset, &QPushButton::clicked, this, [this] { m_draft.reset(m_field); });
  onLanguage(this, [this] {
    m_label->setText(fieldLabel(m_field));
    showHelp();
    m_editor->setAccessibleName(fieldLabel(m_field));
    m_editor->setAccessibleDescription(fieldExplanation(m_field));
    m_editor->setToolTip(fieldExplanation(m_field));
    if (m_pick) m_pick->setText(tr("Choose… (Alt+Down)"));
    m_reset->setToolTip(tr("Changed. Back to the default: %1").arg([this] {
      ConfigDraft fresh;
      return fresh.text(m_field);
    }()));
    m_reset->setAccessibleName(tr("Back to the default"));
    if (m_field.type == api::FieldType::Choice) {
      QStringList values, texts;
      for (const std::string &choice : choices()) {
        values.append(QString::fromStdString(choice));
        texts.append(choiceLabel(m_field.key, choice));
      }
      offer(values, texts);
    }
    for (QCheckBox *check : m_editor->findChildren<QCheckBox *>())
      check->setText(choiceLabel(m_field.key, check->objectName().toStdString()));
    if (auto *check = qobject_cast<QCheckBox *>(m_editor)) check->setText(tr("on"));
    refresh();
  });
}

/// A choice that is not there is not shown.
std::vector<std::string> SettingRow::choices() const {
  std::vector<std::string> here;
  const auto &later = m_field.unsupportedChoices;
  for (const std::string &choice : m_field.choices)
    if (std::find(later.begin(), later.end(), choice) == later.end()) here.push_back(choice);
  return here;
}

/// An open list stays open while its texts change.
void SettingRow::offer(const QStringList &values, const QStringList &texts) {
  auto *box = qobject_cast<QComboBox *>(m_editor);
  const QSignalBlocker quiet(box);
  while (box->count() > values.size()) box->removeItem(box->count() - 1);
  int widest = 0;
  for (int i = 0; i < values.size(); ++i) {
    if (i == box->count()) box->addItem(QString());
    box->setItemText(i, texts[i]);
    box->setItemData(i, values[i]);
    widest = std::max(widest, box->fontMetrics().horizontalAdvance(texts[i]));
  }
  box->view()->setMinimumWidth(widest + 40);
  box->setCurrentIndex(box->findData(m_draft.text(m_field)));
}

/// Boxes one below the other, for a setting that takes several values.
QWidget *SettingRow::makeChecks() {
  auto *group = new QWidget(this);
  group->setFixedWidth(kFieldWidth);
  auto *layout = new QVBoxLayout(group);
  layout->setContentsMargins(0, 2, 0, 2);
  layout->setSpacing(4);
  for (const std::string &choice : choices()) {
    auto *check = new QCheckBox(group);
    check->setObjectName(QString::fromStdString(choice));
    layout->addWidget(check);
    if (!group->focusProxy()) group->setFocusProxy(check);
    connect(check, &QCheckBox::toggled, this, [this, group] {
      std::vector<std::string> wanted;
      for (const QCheckBox *one : group->findChildren<QCheckBox *>())
        if (one->isChecked()) wanted.push_back(one->objectName().toStdString());
      m_draft.setValue(m_field, wanted);
    });
  }
  return group;
}

QComboBox *SettingRow::makeBox() {
  auto *box = new QComboBox(this);
  box->setFixedWidth(kFieldWidth);
  connect(box, &QComboBox::currentIndexChanged, this, [this, box](int) { m_draft.setText(m_field, box->currentData().toString()); });
  return box;
}

QWidget *SettingRow::makeEditor() {
  if (m_field.key == "device") return makeBox(); // offered by name
  switch (m_field.type) {
  case api::FieldType::Boolean: {
    auto *box = new QCheckBox(this);
    box->setFixedWidth(kFieldWidth);
    connect(box, &QCheckBox::toggled, this, [this](bool on) { m_draft.setValue(m_field, on); });
    return box;
  }
  case api::FieldType::ChoiceList: return makeChecks();
  case api::FieldType::Choice: return makeBox();
  case api::FieldType::TextList: {
    auto *edit = new QPlainTextEdit(this);
    edit->setFixedSize(kFieldWidth, 64);
    edit->setTabChangesFocus(true);
    connect(edit, &QPlainTextEdit::textChanged, this, [this, edit] { m_draft.setText(m_field, edit->toPlainText()); });
    return edit;
  }
  case api::FieldType::Path:
  case api::FieldType::Text:
  case api::FieldType::Integer:
  case api::FieldType::Number:
  case api::FieldType::Datasets: break;
  }
  auto *edit = new QLineEdit(this);
  edit->setFixedWidth(kFieldWidth);
  connect(edit, &QLineEdit::textEdited, this, [this](const QString &text) {
    m_typing = true; // "1." stays while it becomes "1.5"
    m_draft.setText(m_field, text);
    m_typing = false;
  });
  const bool isTemplate = m_field.key == "template";
  if (m_field.type == api::FieldType::Path || isTemplate) {
    m_pick =
        edit->addAction(icon(isTemplate ? QStringLiteral("chevron") : QStringLiteral("open"), Tone::Muted), QLineEdit::TrailingPosition);
    m_pick->setShortcut(QKeySequence(Qt::ALT | Qt::Key_Down));
    m_pick->setShortcutContext(Qt::WidgetShortcut);
    connect(m_pick, &QAction::triggered, this, [this, edit] {
      edit->setModified(false); // or what was typed would stay
      const Picked set = [this](const QString &value) { m_draft.setText(m_field, value); };
      if (m_field.key == "template")
        popUpTemplates(set);
      else if (m_field.key == "init_adapter")
        pickFolder(this, fieldLabel(m_field), set);
      else
        pickFile(this, fieldLabel(m_field), {}, set);
    });
  }
  return edit;
}

void SettingRow::popUpTemplates(const std::function<void(const QString &name)> &set) {
  auto *menu = new QMenu(m_editor);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  fillTemplateMenu(*menu, m_draft.config().templateName, set);
  menu->popup(m_editor->mapToGlobal(m_editor->rect().bottomLeft()));
}

bool SettingRow::matches(const QString &text) const {
  return text.isEmpty() || m_label->text().contains(text, Qt::CaseInsensitive) || m_help->text().contains(text, Qt::CaseInsensitive) ||
         QString::fromStdString(m_field.key).contains(text, Qt::CaseInsensitive);
}

/// Where the help is not beside the field, its tool tip also comes to the keyboard.
bool SettingRow::eventFilter(QObject *, QEvent *event) {
  if (event->type() != QEvent::FocusIn || m_help->isVisible()) return false;
  const Qt::FocusReason reason = static_cast<QFocusEvent *>(event)->reason();
  if (reason != Qt::TabFocusReason && reason != Qt::BacktabFocusReason) return false;
  QTimer::singleShot(0, m_editor, [this] { // the event itself would hide it again
    if (m_editor->hasFocus()) QToolTip::showText(m_editor->mapToGlobal(m_editor->rect().bottomLeft()), m_editor->toolTip(), m_editor);
  });
  return false;
}

void SettingRow::resizeEvent(QResizeEvent *) { showHelp(); }

/// As much as there is room for; all of it is in the tool tip.
void SettingRow::showHelp() {
  m_help->setVisible(width() >= 520);
  QStringList parts = {fieldUnit(m_field), width() >= 720 ? fieldRange(m_field) : QString(), fieldHelp(m_field)};
  parts.removeAll(QString());
  m_help->setText(parts.join(QStringLiteral(" · ")));
}

void SettingRow::showValue() {
  const QString text = m_draft.text(m_field);
  const QSignalBlocker quiet(m_editor);
  if (auto *edit = qobject_cast<QLineEdit *>(m_editor)) {
    if (!m_typing && edit->text() != text && !(edit->hasFocus() && edit->isModified())) edit->setText(text);
  } else if (auto *area = qobject_cast<QPlainTextEdit *>(m_editor)) {
    if (!area->hasFocus() && area->toPlainText() != text) area->setPlainText(text);
  } else if (auto *box = qobject_cast<QComboBox *>(m_editor)) {
    box->setCurrentIndex(box->findData(text));
  } else if (auto *check = qobject_cast<QCheckBox *>(m_editor)) {
    check->setChecked(std::get<bool>(m_field.get(m_draft.config())));
  } else {
    const QStringList set = text.split(QLatin1Char('\n'));
    for (QCheckBox *one : m_editor->findChildren<QCheckBox *>()) {
      const QSignalBlocker silent(one);
      one->setChecked(set.contains(one->objectName()));
    }
  }
}

void SettingRow::refresh() {
  showValue();
  const QString problem = m_draft.problem(m_field.key);
  m_problem->setText(problem);
  m_problem->setVisible(!problem.isEmpty());
  setProblem(m_editor, !problem.isEmpty());
  const bool changed = !m_draft.isDefault(m_field);
  m_reset->setVisible(changed);
  setRole(m_label, changed ? TextRole::Strong : TextRole::Body);
}

} // namespace attune::ui
