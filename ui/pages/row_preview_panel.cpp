#include "ui/pages/row_preview_panel.h"

#include "core/api/config_fields.h"
#include "ui/models/error_text.h"
#include "ui/models/row_text.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/length_histogram.h"
#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"
#include "ui/widgets/token_view.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

namespace attune::ui {

RowPreviewPanel::RowPreviewPanel(const Services &services, TaskRunner &tasks, TaskRunner &slow, QWidget *parent)
    : QFrame(parent), m_services(services), m_tasks(tasks), m_slow(slow) {
  setProperty("kind", QStringLiteral("card"));
  auto *layout = new QVBoxLayout(this);
  layout->setContentsMargins(16, 12, 16, 12);
  layout->setSpacing(8);
  auto *head = new QHBoxLayout;
  head->setSpacing(6);
  m_title = makeLabel(TextRole::Caption, this);
  m_number = new QSpinBox(this);
  m_number->setFixedWidth(72);
  m_number->setRange(1, 1);
  m_of = makeLabel(TextRole::Caption, this);
  head->addWidget(m_title);
  head->addStretch(1);
  head->addWidget(m_number);
  head->addWidget(m_of);
  layout->addLayout(head);
  m_message = makeLabel(TextRole::Muted, this);
  m_message->setWordWrap(true);
  layout->addWidget(m_message);
  m_scroll = makeScrollColumn(this);
  m_tokens = new TokenView(m_scroll);
  m_scroll->setWidget(m_tokens);
  layout->addWidget(m_scroll, 1);
  m_trained = makeLabel(TextRole::Caption, this);
  m_trained->setWordWrap(true);
  layout->addWidget(m_trained);
  m_lengthTitle = makeLabel(TextRole::Caption, this);
  layout->addWidget(m_lengthTitle);
  m_histogram = new LengthHistogram(this);
  layout->addWidget(m_histogram);
  m_fit = makeLabel(TextRole::Caption, this);
  m_fit->setWordWrap(true);
  layout->addWidget(m_fit);
  m_pause.setSingleShot(true);
  m_pause.setInterval(250);
  connect(&m_pause, &QTimer::timeout, this, &RowPreviewPanel::look);
  connect(m_number, &QSpinBox::valueChanged, this, &RowPreviewPanel::lookAtRow);
  onTheme(m_tokens, [this] { m_tokens->update(); });
  onLanguage(this, [this] { showTexts(); });
}

void RowPreviewPanel::setConfig(const api::RunConfig &config) {
  std::string asked =
      config.model + "\n" + config.templateName + "\n" + std::to_string(config.maxLength) + "\n" + api::nameOf(config.trainOn);
  for (const api::DatasetRef &ref : config.dataset)
    asked += "\n" + ref.path + "\t" + api::nameOf(ref.format) + "\t" + std::to_string(ref.weight);
  if (asked == m_asked) return;
  m_asked = asked;
  m_config = config;
  m_pause.start();
}

void RowPreviewPanel::look() {
  m_survey.reset();
  m_shown.reset();
  m_dataError.reset();
  m_rowError.reset();
  m_rows = 0;
  m_tokens->setTokens({});
  m_histogram->setBins({}, 0);
  Q_EMIT surveyed();
  if (!m_services.preview || m_config.model.empty() || m_config.dataset.empty()) return showTexts();
  m_count = m_slow.run(
      this, [preview = m_services.preview, config = m_config](StopToken stop) { return preview->countRows(config, stop); },
      [this](const Result<int64_t> &rows) {
        if (!rows.ok()) {
          m_dataError = rows.error();
          return showTexts();
        }
        m_rows = *rows;
        const QSignalBlocker quiet(m_number);
        m_number->setRange(1, static_cast<int>(std::clamp<qint64>(m_rows, 1, 1 << 30)));
        showTexts();
      });
  lookAtRow();
  m_lengths = m_slow.run(
      this, [preview = m_services.preview, config = m_config](StopToken stop) { return preview->lengths(config, stop); },
      [this](Result<api::LengthSurvey> survey) {
        if (!survey.ok()) {
          m_dataError = survey.error();
          return showTexts();
        }
        m_survey = std::move(*survey);
        m_histogram->setBins(m_survey->histogram, m_config.maxLength);
        showTexts();
        Q_EMIT surveyed();
      });
  showTexts();
}

void RowPreviewPanel::lookAtRow() {
  if (!m_services.preview) return;
  m_row = m_tasks.run(
      this,
      [preview = m_services.preview, config = m_config, row = m_number->value() - 1](StopToken stop) {
        return preview->rows(config, row, 1, stop);
      },
      [this](Result<std::vector<api::RowTokens>> rows) {
        m_shown.reset();
        m_rowError.reset();
        if (!rows.ok())
          m_rowError = rows.error();
        else if (!rows->empty())
          m_shown = std::move(rows->front());
        m_tokens->setTokens(m_shown ? m_shown->tokens : std::vector<api::PreviewToken>());
        showTexts();
        showRow();
      });
}

/// What the model learns from is what one looks for; a long system prompt may stand before it.
void RowPreviewPanel::showRow() {
  const int top = m_tokens->firstTrained(), line = TokenView::lineHeight();
  m_scroll->ensureVisible(0, 0, 0, 0);
  if (top + 2 * line > m_scroll->viewport()->height()) m_scroll->verticalScrollBar()->setValue(top - line);
}

void RowPreviewPanel::resizeEvent(QResizeEvent *) { showTexts(); }

void RowPreviewPanel::showMessage(const QString &text) {
  m_message->setText(text);
  m_message->setVisible(!text.isEmpty());
}

void RowPreviewPanel::showTexts() {
  m_title->setText(tr("What the model sees"));
  m_of->setText(tr("of %Ln row(s)", "", static_cast<int>(std::min<qint64>(m_rows, 1 << 30))));
  m_number->setAccessibleName(tr("Row"));
  m_lengthTitle->setText(tr("Length of the rows, in tokens"));
  const bool some = m_rows > 0;
  m_number->setVisible(some);
  m_of->setVisible(some);
  const bool tall = height() >= 320; // a low panel shows the row
  m_lengthTitle->setVisible(m_survey.has_value() && tall);
  m_histogram->setVisible(m_survey.has_value() && tall);
  showMessage(m_config.model.empty() || m_config.dataset.empty()
                  ? tr("Choose a model and data, and a row appears here as the model reads it, with the tokens it learns from coloured.")
              : m_dataError                            ? errorText(*m_dataError)
              : m_rowError                             ? errorText(*m_rowError)
              : m_survey && !m_survey->refusal.empty() ? QString::fromStdString(m_survey->refusal)
              : some && !m_shown && m_survey           ? tr("This row cannot be used. The command attune data check says why.")
                                                       : QString());
  if (m_shown) m_trained->setText(trainedText(*m_shown));
  m_trained->setVisible(m_shown.has_value());
  if (m_survey && m_survey->usableRows > 0) {
    m_fit->setText(tr("%1 of the rows fit uncut.")
                       .arg(percentText(static_cast<double>(m_survey->usableRows - m_survey->overCutoff) /
                                        static_cast<double>(m_survey->usableRows))));
  }
  m_fit->setVisible(m_survey.has_value() && m_survey->usableRows > 0);
}

} // namespace attune::ui
