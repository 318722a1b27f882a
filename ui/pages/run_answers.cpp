#include "ui/pages/run_answers.h"

#include "ui/widgets/number_text.h"
#include "ui/widgets/retranslate.h"

namespace attune::ui {

RunAnswers::RunAnswers(QWidget *parent) : QTextBrowser(parent) {
  setProperty("kind", QStringLiteral("document"));
  setOpenLinks(false);
  onLanguage(this, [this] {
    setAccessibleName(tr("Answers at this step"));
    fill();
  });
}

void RunAnswers::setRun(RunModel *run) {
  if (m_run) disconnect(m_run, nullptr, this, nullptr);
  m_run = run;
  if (m_run) connect(m_run, &RunModel::changed, this, &RunAnswers::fill);
  fill();
}

void RunAnswers::setStep(double step) {
  m_step = step;
  fill();
}

void RunAnswers::fill() {
  std::vector<const api::SampleAnswer *> newest; // one a prompt, in the prompts' order
  if (m_run)
    for (const api::SampleAnswer &sample : m_run->samples()) {
      const auto same = std::find_if(newest.begin(), newest.end(), [&](const auto *other) { return other->prompt == sample.prompt; });
      if (same == newest.end())
        newest.push_back(&sample);
      else if (m_step < 0 || static_cast<double>(sample.step) <= m_step)
        *same = &sample;
    }
  QString text;
  for (const api::SampleAnswer *sample : newest)
    text += QStringLiteral("<p><b>%1</b><br>%2</p><p>%3</p>")
                .arg(QString::fromStdString(sample->prompt).toHtmlEscaped(), tr("Step %1").arg(countText(sample->step)).toHtmlEscaped(),
                     QString::fromStdString(sample->text).toHtmlEscaped().replace(QLatin1Char('\n'), QLatin1String("<br>")));
  if (text == m_shown) return;
  m_shown = text;
  setHtml(text);
}

} // namespace attune::ui
