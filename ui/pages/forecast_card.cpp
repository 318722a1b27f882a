#include "ui/pages/forecast_card.h"

#include "ui/dialogs/fit_dialog.h"
#include "ui/models/error_text.h"
#include "ui/models/fit_text.h"
#include "ui/pages/forecast_view.h"
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

#include <algorithm>
#include <cmath>

namespace attune::ui {

ForecastCard::ForecastCard(ConfigDraft &draft, const TargetDraft &target, EngineGate &gate, const DeviceWatch &devices, TaskRunner &tasks,
                           QWidget *parent)
    : QFrame(parent), m_draft(draft), m_target(target), m_gate(gate), m_devices(devices), m_tasks(tasks) {
  setProperty("kind", QStringLiteral("card"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(16, 10, 16, 10);
  layout->setSpacing(8);
  auto *head = new QHBoxLayout;
  head->setSpacing(12);
  m_title = makeLabel(TextRole::Strong, this);
  m_facts = new ElidedLabel(this);
  m_facts->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  setRole(m_facts, TextRole::Caption);
  m_fit = makeButton(ButtonKind::Primary, this);
  head->addWidget(m_title);
  head->addWidget(m_facts, 1);
  head->addWidget(m_fit);
  layout->addLayout(head);
  m_view = new ForecastView(this);
  layout->addWidget(m_view);
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
  connect(&m_target, &TargetDraft::changed, &m_pause, qOverload<>(&QTimer::start));
  connect(&m_gate, &EngineGate::ready, &m_pause, qOverload<>(&QTimer::start));
  connect(m_fit, &QPushButton::clicked, this, &ForecastCard::askFit);
  connect(m_copy, &QPushButton::clicked, this, [this] {
    QGuiApplication::clipboard()->setText(commandLine());
    Toast::show(this, tr("The command line is in the clipboard."));
  });
  onLanguage(this, [this] {
    m_title->setText(tr("Memory forecast"));
    m_fit->setText(tr("Make it fit"));
    m_fit->setToolTip(tr("Looks for the mildest change of settings that fits, and shows it before anything is changed."));
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

void ForecastCard::setLow(bool low) {
  m_low = low;
  showTexts();
}

/// What the planner is asked: on a cluster the card there, as large as somebody said, takes the place of what is here.
api::RunConfig ForecastCard::question() const {
  api::RunConfig config = m_draft.config();
  if (!m_target.target()) return config;
  config.device = "auto";
  config.memoryCapBytes = m_target.cardBytes();
  return config;
}

/// The host over there is not known, and this one is of no account.
void ForecastCard::setElsewhere(api::Forecast &forecast) const {
  forecast.budgetBytes = m_target.cardBytes();
  forecast.hostItems.clear();
  forecast.hostNeededBytes = forecast.hostBudgetBytes = 0;
  forecast.tokensPerSecond = 0;
}

QString ForecastCard::commandLine() const {
  const QString words = m_target.commandWords();
  if (words.isEmpty()) return m_draft.commandLine();
  return m_draft.commandLine().replace(0, QStringLiteral("attune train").size(), QStringLiteral("attune submit")) + QLatin1Char(' ') +
         words;
}

void ForecastCard::ask() {
  m_line->setText(commandLine());
  const api::RunConfig config = question();
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
        if (forecast.ok()) {
          m_forecast = std::move(*forecast);
          if (m_target.target()) setElsewhere(*m_forecast);
        } else {
          m_failure = forecast.error();
        }
        showTexts();
        Q_EMIT forecastChanged();
      });
}

void ForecastCard::askFit() {
  if (!m_gate.engine() || !m_forecast) return;
  auto *dialog = new FitDialog(m_gate.engine()->planner(), m_tasks, question(), *m_forecast, deviceName(), window());
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &FitDialog::chosen, this, [this](const api::RunConfig &fitted, int changes) {
    const api::RunConfig before = m_draft.config();
    api::RunConfig now = fitted;
    now.device = before.device; // the question's may have been another machine's
    now.memoryCapBytes = before.memoryCapBytes;
    m_draft.edit(now);
    Toast::show(this, tr("%n setting(s) changed so that the run fits.", "", changes), tr("Undo"), [this, before] { m_draft.edit(before); });
  });
  dialog->open();
}

QString ForecastCard::deviceName() const {
  if (const auto &target = m_target.target())
    return target->cards > 0 ? tr("A %1 of %2", "kind of card, cluster")
                                   .arg(QString::fromStdString(target->gres), QString::fromStdString(target->cluster))
                             : QString::fromStdString(target->cluster);
  const api::DeviceMemory *device = m_devices.find(m_draft.config().device);
  return device ? ui::deviceName(*device) : tr("Card");
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

/// How long it takes and how much trains, as far as it is known.
QString ForecastCard::facts() const {
  QStringList facts;
  if (m_forecast && m_forecast->tokensPerSecond > 0) {
    const double speed = m_forecast->tokensPerSecond;
    const double epoch = static_cast<double>(m_tokens) * (1 - m_draft.config().validation.fraction);
    const QString rate = tr("about %1 tokens/s").arg(countText(static_cast<qint64>(std::min(speed, 1e15))));
    facts.append(m_tokens > 0 ? tr("%1, %2 an epoch", "speed, time").arg(rate, durationText(epoch / speed)) : rate);
  }
  if (const qint64 count = steps(); count > 0) facts.append(tr("about %n step(s)", "", static_cast<int>(std::min<qint64>(count, 1 << 30))));
  if (m_forecast)
    facts.append(tr("%1 of %2 parameters train").arg(countText(m_forecast->trainedParameters), countText(m_forecast->parameters)));
  return facts.join(QStringLiteral(" · "));
}

/// What to do where it does not fit; 4 bits only where they are not taken yet.
QString ForecastCard::advice() const {
  const api::RunConfig &config = m_draft.config();
  const auto &later = api::findConfigField("quantization")->unsupportedChoices;
  const bool bits4 = config.method == api::Method::Lora && config.quantization != api::Quantization::Nf4 &&
                     std::find(later.begin(), later.end(), "nf4") == later.end();
  return bits4 ? tr("Make it fit, or keep the base weights in 4 bits.") : tr("Make it fit, or take a smaller model.");
}

void ForecastCard::showTexts() {
  m_view->setVisible(m_forecast.has_value());
  if (m_forecast) {
    const bool legends = !m_low || m_forecast->hostItems.empty();
    m_view->setLegends(legends, legends);
    m_view->setElsewhere(m_target.target().has_value());
    m_view->setForecast(*m_forecast, deviceName());
  }
  const bool over = !fits();
  m_fit->setVisible(over);
  m_facts->setText(facts());
  setRole(m_message, over ? TextRole::Problem : TextRole::Caption);
  m_message->setText(m_gate.failure()                 ? errorText(*m_gate.failure())
                     : m_failure                      ? errorText(*m_failure)
                     : m_draft.config().model.empty() ? tr("Choose a model, and what the run takes appears here.")
                     : !m_gate.engine()               ? tr("Loading the engine…")
                     : isGuess() && m_forecast && m_target.target()->cards > 0
                         ? tr("Worked out as if it ran here. Give the memory of a card above, and it is compared.")
                     : over ? tr("%1 %2", "two sentences").arg(shortageText(*m_forecast, m_draft.config()), advice())
                            : QString());
  m_message->setVisible(!m_message->text().isEmpty());
}

} // namespace attune::ui
