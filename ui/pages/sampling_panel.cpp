#include "ui/pages/sampling_panel.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/text_box.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <tuple>

namespace attune::ui {

namespace {

bool same(const api::SamplingSettings &a, const api::SamplingSettings &b) {
  const auto values = [](const api::SamplingSettings &s) {
    return std::make_tuple(s.greedy, s.temperature, s.topK, s.topP, s.minP, s.repetitionPenalty, s.maxNewTokens, s.seed);
  };
  return values(a) == values(b);
}

} // namespace

SamplingPanel::SamplingPanel(QWidget *parent) : QFrame(parent) {
  setProperty("kind", QStringLiteral("card"));
  setFixedWidth(244);
  auto *whole = new QVBoxLayout(this);
  whole->setContentsMargins(0, 4, 2, 4);
  QScrollArea *scroll = makeScrollColumn(this); // a small window shows a part
  whole->addWidget(scroll);
  auto *content = new QWidget(scroll);
  auto *layout = new QVBoxLayout(content);
  layout->setContentsMargins(16, 8, 12, 8);
  layout->setSpacing(6);
  QLabel *systemName = makeLabel(TextRole::Caption, this);
  m_system = new TextBox(this);
  m_system->setMaximumHeight(84);
  m_system->setTabChangesFocus(true);
  layout->addWidget(systemName);
  layout->addWidget(m_system);
  m_greedy = new QCheckBox(this);
  layout->addWidget(m_greedy);
  auto *form = new QFormLayout;
  form->setHorizontalSpacing(12);
  form->setVerticalSpacing(6);
  form->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  std::vector<std::pair<QLabel *, QWidget *>> rows;
  const auto real = [&](double low, double high, double step) {
    auto *box = new QDoubleSpinBox(this);
    box->setRange(low, high);
    box->setSingleStep(step);
    box->setDecimals(2);
    rows.push_back({makeLabel(TextRole::Body, this), box});
    return box;
  };
  const auto integer = [&](int low, int high) {
    auto *box = new QSpinBox(this);
    box->setRange(low, high);
    rows.push_back({makeLabel(TextRole::Body, this), box});
    return box;
  };
  m_temperature = real(0, 5, 0.05);
  m_topP = real(0.01, 1, 0.01);
  m_topK = integer(0, 1000);
  m_minP = real(0, 1, 0.01);
  m_penalty = real(0.5, 2, 0.05);
  m_length = integer(1, 32768);
  m_seed = integer(0, 1 << 30);
  for (const auto &[label, field] : rows) {
    field->setMinimumWidth(76);
    label->setBuddy(field);
    form->addRow(label, field);
  }
  layout->addLayout(form);
  m_reset = makeButton(ButtonKind::Small, QStringLiteral("undo"), this);
  layout->addWidget(m_reset, 0, Qt::AlignLeft);
  layout->addStretch(1);
  connect(m_reset, &QPushButton::clicked, this, [this] { setSettings(m_defaults); });
  connect(m_greedy, &QCheckBox::toggled, this, &SamplingPanel::enableFields);
  scroll->setWidget(content);
  setSettings(m_defaults);
  onLanguage(this, [this, systemName, rows] {
    systemName->setText(tr("System prompt"));
    m_system->setAccessibleName(tr("System prompt"));
    m_system->setPlaceholderText(tr("What the model is told first; may be empty."));
    m_greedy->setText(tr("Always the likeliest token"));
    const QString names[] = {tr("Temperature"),        tr("Top-p"),          tr("Top-k"), tr("Min-p"),
                             tr("Repetition penalty"), tr("Longest answer"), tr("Seed")};
    const QString helps[] = {tr("Higher is more varied; 0 always takes the likeliest token."),
                             tr("Only the likeliest tokens of this total probability."),
                             tr("Only so many of the likeliest tokens; 0 is all."),
                             tr("Drops tokens below this share of the likeliest."),
                             tr("Above 1 makes repeated tokens less likely."),
                             tr("In tokens."),
                             tr("The same seed gives the same answer.")};
    for (size_t i = 0; i < rows.size(); ++i) {
      rows[i].first->setText(names[i]);
      rows[i].first->setToolTip(helps[i]);
      rows[i].second->setToolTip(helps[i]);
      rows[i].second->setAccessibleName(names[i]);
    }
    m_reset->setText(tr("Model's own values"));
  });
}

void SamplingPanel::enableFields() {
  for (QWidget *field : std::initializer_list<QWidget *>{m_temperature, m_topP, m_topK, m_minP, m_seed})
    field->setEnabled(!m_greedy->isChecked());
}

api::SamplingSettings SamplingPanel::settings() const {
  api::SamplingSettings settings;
  settings.greedy = m_greedy->isChecked() || m_temperature->value() == 0;
  settings.temperature = std::max(0.01, m_temperature->value());
  settings.topP = m_topP->value();
  settings.topK = m_topK->value();
  settings.minP = m_minP->value();
  settings.repetitionPenalty = m_penalty->value();
  settings.maxNewTokens = m_length->value();
  settings.seed = static_cast<uint64_t>(m_seed->value());
  return settings;
}

void SamplingPanel::setSettings(const api::SamplingSettings &settings) {
  m_greedy->setChecked(settings.greedy);
  m_temperature->setValue(settings.temperature);
  m_topP->setValue(settings.topP);
  m_topK->setValue(static_cast<int>(settings.topK));
  m_minP->setValue(settings.minP);
  m_penalty->setValue(settings.repetitionPenalty);
  m_length->setValue(static_cast<int>(settings.maxNewTokens));
  m_seed->setValue(static_cast<int>(settings.seed));
  enableFields();
}

void SamplingPanel::setDefaults(const api::SamplingSettings &defaults) {
  const api::SamplingSettings shown = settings();
  setSettings(m_defaults); // as the fields round them
  const bool untouched = same(shown, settings());
  m_defaults = defaults;
  setSettings(untouched ? defaults : shown);
}

QString SamplingPanel::system() const { return m_system->toPlainText().trimmed(); }
void SamplingPanel::setSystem(const QString &text) { m_system->setText(text); }

} // namespace attune::ui
