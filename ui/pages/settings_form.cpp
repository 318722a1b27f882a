#include "ui/pages/settings_form.h"

#include "ui/models/field_text.h"
#include "ui/pages/setting_row.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/retranslate.h"

#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace attune::ui {

namespace {

/// Settings that the page shows elsewhere: cards for model and data, the switch for the method.
constexpr const char *kElsewhere[] = {"model", "dataset", "method"};

/// A choice with one value in this version is no choice.
bool hasChoice(const api::ConfigField &field) {
  return field.type != api::FieldType::Choice || field.choices.size() - field.unsupportedChoices.size() > 1;
}

} // namespace

SettingsForm::SettingsForm(ConfigDraft &draft, const DeviceWatch &devices, QWidget *parent)
    : QScrollArea(parent), m_draft(draft), m_devices(devices) {
  setWidgetResizable(true);
  setFrameShape(QFrame::NoFrame);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto *content = new QWidget(this);
  auto *layout = new QVBoxLayout(content);
  layout->setContentsMargins(0, 0, 12, 0);
  layout->setSpacing(0);
  for (const api::ConfigField &field : api::configFields()) {
    if (std::find_if(std::begin(kElsewhere), std::end(kElsewhere), [&](const char *key) { return field.key == key; }) !=
        std::end(kElsewhere))
      continue;
    if (!hasChoice(field)) continue;
    auto group = std::find_if(m_groups.begin(), m_groups.end(), [&](const Group &known) { return known.name == field.group; });
    if (group == m_groups.end()) {
      m_groups.push_back({field.group, makeLabel(TextRole::Section, content), {}});
      group = m_groups.end() - 1;
      group->title->setContentsMargins(0, 10, 0, 4);
    }
    group->rows.push_back(new SettingRow(field, m_draft, content));
  }
  for (const Group &group : m_groups) {
    layout->addWidget(group.title);
    for (SettingRow *row : group.rows) layout->addWidget(row);
  }
  m_nothing = makeLabel(TextRole::Muted, content);
  layout->addWidget(m_nothing);
  layout->addStretch(1);
  setWidget(content);
  connect(&m_draft, &ConfigDraft::changed, this, &SettingsForm::refresh);
  connect(&m_devices, &DeviceWatch::looked, this, &SettingsForm::offerDevices);
  onLanguage(this, [this] {
    for (const Group &group : m_groups) group.title->setText(groupLabel(group.name));
    m_nothing->setText(tr("No setting matches."));
    offerDevices();
    arrange();
  });
}

void SettingsForm::setAdvanced(bool advanced) {
  m_advanced = advanced;
  arrange();
}

void SettingsForm::setSearch(const QString &text) {
  m_search = text.trimmed();
  arrange();
}

SettingRow *SettingsForm::row(const std::string &key) const {
  for (const Group &group : m_groups)
    for (SettingRow *row : group.rows)
      if (row->field().key == key) return row;
  return nullptr;
}

SettingRow *SettingsForm::hiddenProblem() const {
  for (const Group &group : m_groups)
    for (SettingRow *row : group.rows)
      if (!m_search.isEmpty() && !row->matches(m_search) && !m_draft.problem(row->field().key).isEmpty()) return row;
  return nullptr;
}

void SettingsForm::show(const SettingRow &row) {
  row.editor()->setFocus(Qt::OtherFocusReason);
  widget()->layout()->activate();
  ensureWidgetVisible(row.editor());
}

void SettingsForm::arrange() {
  bool any = false;
  for (const Group &group : m_groups) {
    bool shown = false;
    for (SettingRow *row : group.rows) {
      // A search looks at everything; a setting with a problem or of its own value is never hidden as advanced.
      const bool wanted = !m_search.isEmpty() ? row->matches(m_search)
                                              : m_advanced || !row->field().advanced || !m_draft.isDefault(row->field()) ||
                                                    !m_draft.problem(row->field().key).isEmpty();
      const bool visible = wanted && (api::fieldApplies(row->field(), m_draft.config()) || !m_draft.problem(row->field().key).isEmpty());
      row->setVisible(visible);
      shown = shown || visible;
    }
    group.title->setVisible(shown);
    any = any || shown;
  }
  m_nothing->setVisible(!any);
}

void SettingsForm::offerDevices() {
  QStringList values, texts;
  for (const DeviceChoice &choice : deviceChoices(m_devices, m_draft.config().device)) {
    values.append(choice.setting);
    texts.append(choice.text);
  }
  row("device")->offer(values, texts);
}

void SettingsForm::refresh() {
  offerDevices();
  for (const Group &group : m_groups)
    for (SettingRow *row : group.rows) row->refresh();
  arrange();
}

} // namespace attune::ui
