#include "ui/dialogs/fit_dialog.h"

#include "core/api/config_fields.h"
#include "ui/models/error_text.h"
#include "ui/models/field_text.h"
#include "ui/models/fit_text.h"
#include "ui/pages/forecast_view.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace attune::ui {

namespace {

constexpr int kWidth = 680, kListHeight = 420;

/// Only what is shown as changed: what `auto` became stays auto.
api::RunConfig withChanges(api::RunConfig config, const api::FitProposal &proposal) {
  for (const api::FitChange &change : proposal.changes)
    if (const api::ConfigField *field = api::findConfigField(change.key)) field->set(config, field->get(proposal.config));
  return config;
}

double largest(int64_t needed, int64_t budget) { return static_cast<double>(std::max(needed, budget)); }

} // namespace

FitDialog::FitDialog(api::Planner &planner, TaskRunner &tasks, const api::RunConfig &config, const api::Forecast &forecast,
                     const QString &device, QWidget *parent)
    : QDialog(parent), m_config(config), m_device(device) {
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(8);
  m_verdict = makeLabel(TextRole::Section, this);
  m_verdict->setWordWrap(true);
  layout->addWidget(m_verdict);
  m_advice = makeLabel(TextRole::Body, this);
  m_advice->setWordWrap(true);
  layout->addWidget(m_advice);
  m_looking = new QProgressBar(this);
  m_looking->setRange(0, 0);
  m_looking->setTextVisible(false);
  layout->addWidget(m_looking);
  layout->addSpacing(4);
  const auto addView = [&](QLabel *&name, ForecastView *&view) {
    name = makeLabel(TextRole::Strong, this);
    view = new ForecastView(this);
    layout->addWidget(name);
    layout->addWidget(view);
    layout->addSpacing(4);
  };
  addView(m_beforeName, m_before);
  addView(m_afterName, m_after);
  m_before->setForecast(forecast, device);
  m_before->setLegends(true, false);
  m_after->setLegends(false, false); // the same colours
  m_changes = makeScrollColumn(this);
  m_changes->setFocusPolicy(Qt::StrongFocus);
  layout->addWidget(m_changes, 1);
  layout->addSpacing(8);
  auto *buttons = new QHBoxLayout;
  buttons->addStretch(1);
  m_keep = makeButton(ButtonKind::Normal, this);
  m_apply = makeButton(ButtonKind::Primary, this);
  buttons->addWidget(m_keep);
  buttons->addWidget(m_apply);
  layout->addLayout(buttons);
  setFixedWidth(kWidth);
  connect(m_keep, &QPushButton::clicked, this, &QDialog::reject);
  connect(m_apply, &QPushButton::clicked, this, [this] {
    Q_EMIT chosen(withChanges(m_config, *m_proposal), static_cast<int>(m_proposal->changes.size()));
    accept();
  });
  onLanguage(this, [this] { showTexts(); });
  m_keep->setFocus();
  m_search = tasks.run(
      this, [&planner, config](StopToken) { return planner.fit(config); },
      [this](Result<api::FitProposal> proposal) { onFound(std::move(proposal)); });
}

void FitDialog::onFound(Result<api::FitProposal> proposal) {
  if (proposal.ok())
    m_proposal = std::move(*proposal);
  else
    m_failure = proposal.error();
  if (helps()) {
    const api::Forecast &before = m_before->forecast(), &after = m_proposal->forecast;
    m_after->setForecast(after, m_device);
    const double device = std::max(largest(before.neededBytes, before.budgetBytes), largest(after.neededBytes, after.budgetBytes));
    const double host =
        std::max(largest(before.hostNeededBytes, before.hostBudgetBytes), largest(after.hostNeededBytes, after.hostBudgetBytes));
    for (ForecastView *view : {m_before, m_after}) view->setScales(device, host);
    m_before->alignWith(*m_after);
  }
  showTexts();
  (helps() ? m_apply : m_keep)->setDefault(true);
  (helps() ? m_apply : m_keep)->setFocus();
}

void FitDialog::showTexts() {
  setWindowTitle(tr("Make it fit"));
  m_verdict->setText(verdict());
  m_advice->setText(advice());
  m_advice->setVisible(!m_advice->text().isEmpty());
  m_looking->setAccessibleName(tr("Looking for settings that fit"));
  m_beforeName->setText(tr("As it is set"));
  m_afterName->setText(tr("With the changes"));
  m_changes->setAccessibleName(tr("Changes"));
  m_keep->setText(tr("Keep my settings"));
  m_apply->setText(tr("Apply changes"));
  m_looking->setVisible(!m_proposal && !m_failure);
  m_apply->setVisible(helps());
  for (QWidget *part : std::initializer_list<QWidget *>{m_afterName, m_after, m_changes}) part->setVisible(helps());
  m_beforeName->setVisible(helps());
  if (helps()) fillChanges();
  fitHeight();
}

/// As high as its content, within the window: the list of changes gives way and scrolls.
void FitDialog::fitHeight() {
  const int limit = std::max(440, parentWidget()->height() - 40);
  layout()->activate();
  int height = layout()->totalHeightForWidth(kWidth);
  if (helps() && height > limit) {
    m_changes->setFixedHeight(std::max(96, m_changes->height() - (height - limit)));
    layout()->activate();
    height = layout()->totalHeightForWidth(kWidth);
  }
  setFixedHeight(height);
}

QString FitDialog::verdict() const {
  if (m_failure) return tr("The search has failed.");
  if (!m_proposal) return tr("Looking for settings that fit…");
  if (!m_proposal->fits) return tr("No settings were found that fit.");
  const auto count = static_cast<int>(m_proposal->changes.size());
  return count > 0 ? tr("The run fits with %n change(s).", "", count) : tr("The run fits as it is: memory has come free meanwhile.");
}

/// What is short at the least, and what a person can still do.
QString FitDialog::advice() const {
  if (m_failure) return errorText(*m_failure);
  if (!m_proposal || m_proposal->fits) return {};
  const api::Forecast &least = m_proposal->forecast;
  const int64_t device = std::max<int64_t>(0, least.neededBytes - least.budgetBytes);
  const int64_t host = std::max<int64_t>(0, least.hostNeededBytes - least.hostBudgetBytes);
  const QString missing = bytesText(device > 0 ? device : host);
  const bool onCard = device > 0 && !least.hostItems.empty();
  QStringList lines = {onCard ? tr("%1 is short of %2 of memory.", "a card, bytes").arg(m_device, missing)
                              : tr("This machine is short of %1 of memory.").arg(missing)};
  if (m_proposal->least) lines.append(nearest(*m_proposal->least));
  if (m_config.memoryCapBytes > 0 && device > 0) lines.append(tr("Raise the memory cap if the device has more."));
  if (m_config.method == api::Method::Full) lines.append(tr("Train a LoRA adapter instead of every weight."));
  lines.append(tr("Close what else uses this memory, or take a smaller model."));
  return lines.join(QLatin1Char('\n'));
}

QString FitDialog::nearest(const api::LeastFit &least) const {
  const QString needed = least.hostNeededBytes > 0 ? tr("%1 and %2 of this machine", "bytes of a card, bytes of the host")
                                                         .arg(bytesText(least.neededBytes), bytesText(least.hostNeededBytes))
                                                   : bytesText(least.neededBytes);
  QStringList settings;
  for (const api::FitChange &change : least.changes)
    if (const api::ConfigField *field = api::findConfigField(change.key))
      settings.append(tr("%1 %2", "a setting and its value").arg(fieldLabel(*field), fieldValueText(*field, change.to)));
  if (settings.isEmpty()) return tr("No settings take less than %1.").arg(needed);
  return tr("The least that settings can take is %1: %2.", "bytes, settings").arg(needed, settings.join(tr(", ", "between settings")));
}

void FitDialog::fillChanges() {
  auto *content = new QWidget;
  auto *grid = new QGridLayout(content);
  grid->setContentsMargins(0, 0, 12, 0);
  grid->setHorizontalSpacing(16);
  grid->setVerticalSpacing(10);
  grid->setColumnMinimumWidth(0, 200);
  grid->setColumnStretch(1, 1);
  int row = 0;
  for (const api::FitChange &change : m_proposal->changes) {
    const api::ConfigField *field = api::findConfigField(change.key);
    if (!field) continue;
    const FitReason reason = fitReason(change, m_config, m_proposal->config);
    const QString values =
        tr("%1 → %2", "a setting before and after").arg(fieldValueText(*field, change.from), fieldValueText(*field, change.to));
    const auto add = [&](int column, const QString &first, TextRole firstRole, const QString &second, TextRole secondRole) {
      auto *lines = new QVBoxLayout;
      lines->setSpacing(2);
      for (const auto &[text, role] : {std::pair(first, firstRole), std::pair(second, secondRole)}) {
        QLabel *label = makeLabel(role, content);
        label->setText(text);
        label->setWordWrap(true);
        lines->addWidget(label);
      }
      lines->addStretch(1);
      grid->addLayout(lines, row, column);
    };
    add(0, fieldLabel(*field), TextRole::Strong, values, TextRole::Body);
    add(1, reason.why, TextRole::Body, tr("Cost: %1").arg(reason.cost), TextRole::Caption);
    ++row;
  }
  m_changes->setWidget(content);
  const int height = grid->totalHeightForWidth(kWidth - 64);
  m_changes->setFixedHeight(std::min(kListHeight, height + 4));
}

} // namespace attune::ui
