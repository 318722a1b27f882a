#include "ui/pages/forecast_card.h"

#include "ui/models/error_text.h"
#include "ui/models/field_text.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/toast.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <cmath>

namespace attune::ui {

ForecastCard::ForecastCard(ConfigDraft &draft, EngineGate &gate, TaskRunner &tasks, QWidget *parent)
    : QFrame(parent), m_draft(draft), m_gate(gate), m_tasks(tasks) {
  setProperty("kind", QStringLiteral("card"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(16, 10, 16, 10);
  layout->setSpacing(8);
  auto *head = new QHBoxLayout;
  head->setSpacing(12);
  m_title = makeLabel(TextRole::Strong, this);
  m_amount = makeLabel(TextRole::Body, this);
  m_steps = makeLabel(TextRole::Caption, this);
  m_fit = makeButton(ButtonKind::Primary, this);
  head->addWidget(m_title);
  head->addWidget(m_amount);
  head->addStretch(1);
  head->addWidget(m_steps);
  head->addWidget(m_fit);
  layout->addLayout(head);
  m_bar = new ForecastBar(this);
  layout->addWidget(m_bar);
  m_message = makeLabel(TextRole::Caption, this);
  m_message->setWordWrap(true);
  layout->addWidget(m_message);
  auto *foot = new QHBoxLayout;
  foot->setSpacing(8);
  m_line = new ElidedLabel(this, Qt::ElideMiddle);
  setRole(m_line, TextRole::Mono);
  m_copy = makeButton(ButtonKind::Small, QStringLiteral("copy"), this);
  foot->addWidget(m_line, 1);
  foot->addWidget(m_copy);
  layout->addLayout(foot);
  m_pause.setSingleShot(true);
  m_pause.setInterval(120);
  connect(&m_pause, &QTimer::timeout, this, &ForecastCard::ask);
  connect(&m_draft, &ConfigDraft::changed, &m_pause, qOverload<>(&QTimer::start));
  connect(&m_gate, &EngineGate::ready, &m_pause, qOverload<>(&QTimer::start));
  connect(m_fit, &QPushButton::clicked, this, &ForecastCard::askFit);
  connect(m_copy, &QPushButton::clicked, this, [this] {
    QGuiApplication::clipboard()->setText(m_draft.commandLine());
    Toast::show(this, tr("The command line is in the clipboard."));
  });
  onLanguage(this, [this] {
    m_title->setText(tr("Memory forecast"));
    m_fit->setText(tr("Make it fit"));
    m_fit->setToolTip(tr("Finds the mildest change of settings that fits."));
    m_copy->setText(tr("Copy"));
    m_copy->setAccessibleName(tr("Copy the command line"));
    showTexts();
  });
}

void ForecastCard::setSequences(qint64 rows, qint64 tokens) {
  m_rows = rows;
  m_tokens = tokens;
  showTexts();
}

void ForecastCard::ask() {
  m_line->setText(m_draft.commandLine());
  const api::RunConfig &config = m_draft.config();
  if (!m_gate.engine() || config.model.empty()) {
    m_forecast.reset();
    m_failure.reset();
    showTexts();
    Q_EMIT forecastChanged();
    return;
  }
  m_asking = m_tasks.run(
      this, [planner = &m_gate.engine()->planner(), config](StopToken) { return planner->forecast(config); },
      [this](Result<api::Forecast> forecast) {
        m_forecast.reset();
        m_failure.reset();
        if (forecast.ok())
          m_forecast = std::move(*forecast);
        else
          m_failure = forecast.error();
        showTexts();
        Q_EMIT forecastChanged();
      });
}

void ForecastCard::askFit() {
  if (!m_gate.engine()) return;
  m_fit->setEnabled(false);
  m_fitting = m_tasks.run(
      this, [planner = &m_gate.engine()->planner(), config = m_draft.config()](StopToken) { return planner->fit(config); },
      [this](Result<api::FitProposal> proposal) {
        m_fit->setEnabled(true);
        if (!proposal.ok()) return Toast::show(this, errorText(proposal.error()));
        if (!proposal->fits)
          return Toast::show(this, tr("No smaller batch, checkpointing or length makes it fit. Take a smaller model or another method."));
        QStringList changes;
        for (const api::FitChange &change : proposal->changes)
          if (const api::ConfigField *field = api::findConfigField(change.key)) {
            changes.append(
                tr("%1: %2 → %3").arg(fieldLabel(*field), QString::fromStdString(change.from), QString::fromStdString(change.to)));
          }
        const api::RunConfig before = m_draft.config();
        api::RunConfig fitted = before; // only what was changed: what `auto` became stays auto
        for (const api::FitChange &change : proposal->changes)
          if (const api::ConfigField *field = api::findConfigField(change.key)) field->set(fitted, field->get(proposal->config));
        m_draft.edit(fitted);
        Toast::show(
            this, changes.isEmpty() ? tr("It fits as it is.") : tr("Changed so that it fits: %1").arg(changes.join(QStringLiteral(" · "))),
            changes.isEmpty() ? QString() : tr("Undo"), [this, before] { m_draft.edit(before); });
      });
}

qint64 ForecastCard::steps() const {
  const api::RunConfig &config = m_draft.config();
  if (config.maxSteps > 0) return config.maxSteps;
  if (m_rows <= 0 || config.maxLength < 1 || config.batchSize < 1 || config.accumulation < 1) return -1;
  const double rows = static_cast<double>(m_rows) * (1 - config.validation.fraction);
  const double packed = static_cast<double>(m_tokens) * (1 - config.validation.fraction) / static_cast<double>(config.maxLength);
  const double sequences = config.packing ? std::max(1.0, packed) : rows;
  return config.epochs * static_cast<qint64>(std::ceil(sequences / static_cast<double>(config.batchSize * config.accumulation)));
}

QVector<ForecastBar::Part> forecastParts(const std::vector<api::ForecastItem> &items) {
  QVector<ForecastBar::Part> parts;
  for (const api::ForecastItem &item : items) parts.push_back({memoryItemLabel(item.name), item.bytes, memoryItemPlace(item.name)});
  return parts;
}

void ForecastCard::showTexts() {
  m_bar->setParts(m_forecast ? forecastParts(m_forecast->items) : QVector<ForecastBar::Part>(), m_forecast ? m_forecast->budgetBytes : 0);
  m_bar->setVisible(m_forecast.has_value());
  const bool over = m_forecast && !m_forecast->fits();
  m_amount->setText(
      m_forecast ? tr("%1 of %2 free", "memory needed of free").arg(bytesText(m_forecast->neededBytes), bytesText(m_forecast->budgetBytes))
                 : QString());
  setRole(m_amount, over ? TextRole::Danger : TextRole::Body);
  m_fit->setVisible(over);
  const qint64 count = steps();
  QStringList facts;
  if (m_forecast)
    facts.append(tr("%1 of %2 parameters train").arg(countText(m_forecast->trainedParameters), countText(m_forecast->parameters)));
  if (count > 0) facts.append(tr("about %n step(s)", "", static_cast<int>(std::min<qint64>(count, 1 << 30))));
  m_steps->setText(facts.join(QStringLiteral(" · ")));
  m_message->setText(
      m_gate.failure()                 ? errorText(*m_gate.failure())
      : m_failure                      ? errorText(*m_failure)
      : m_draft.config().model.empty() ? tr("Choose a model, and what the run takes appears here.")
      : !m_gate.engine()               ? tr("Loading the engine…")
      : over ? tr("This machine has %1 free; the run needs %2.").arg(bytesText(m_forecast->budgetBytes), bytesText(m_forecast->neededBytes))
             : QString());
  m_message->setVisible(!m_message->text().isEmpty());
}

} // namespace attune::ui
