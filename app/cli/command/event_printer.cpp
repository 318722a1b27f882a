#include "app/cli/command/event_printer.h"

#include "app/cli/command/output.h"
#include "core/api/event_json.h"

#include <algorithm>
#include <cstdio>

namespace attune::app {

std::string durationText(double seconds) {
  char text[32];
  if (seconds < 100)
    std::snprintf(text, sizeof text, "%.0f s", seconds);
  else if (seconds < 6000)
    std::snprintf(text, sizeof text, "%.0f min", seconds / 60);
  else
    std::snprintf(text, sizeof text, "%.1f h", seconds / 3600);
  return text;
}

void EventPrinter::push(const api::RunEvent &event) {
  if (m_context.json) {
    m_context.out << api::eventToJson(event) << '\n' << std::flush;
    return;
  }
  if (const auto *started = std::get_if<api::RunStarted>(&event.body)) m_total = started->totalSteps;
  if (const auto *step = std::get_if<api::StepMetrics>(&event.body)) showStep(*step);
  if (const auto *eval = std::get_if<api::EvalResult>(&event.body)) {
    char text[96];
    std::snprintf(text, sizeof text, "step %lld: validation loss %.4f", static_cast<long long>(eval->step), eval->loss);
    say(text);
  }
  if (const auto *sample = std::get_if<api::SampleAnswer>(&event.body)) say(sample->prompt + "\n  " + sample->text);
  if (const auto *warning = std::get_if<api::RunWarning>(&event.body)) say("warning: " + warning->message);
  if (const auto *retry = std::get_if<api::MemoryRetry>(&event.body))
    say("step " + std::to_string(retry->step) + ": out of memory; going on with batches of " + std::to_string(retry->batchSize) + ", " +
        std::to_string(retry->accumulation) + " accumulated");
  if (const auto *change = std::get_if<api::SettingChanged>(&event.body))
    say(change->key + " is now " + change->to + " instead of " + change->from);
  if (const auto *resumed = std::get_if<api::Resumed>(&event.body)) say("continuing after step " + std::to_string(resumed->fromStep));
  if (std::holds_alternative<api::RunFinished>(event.body)) m_line.finish();
}

void EventPrinter::say(const std::string &text) {
  m_line.finish();
  if (!m_context.quiet) m_context.err << printable(text) << std::endl;
}

void EventPrinter::status(const std::string &text, bool important) { m_line.show(printable(text), important); }

void EventPrinter::showStep(const api::StepMetrics &step) {
  const double perStep = step.seconds / static_cast<double>(std::max<int64_t>(1, step.step));
  char text[160];
  std::snprintf(text, sizeof text, "step %lld/%lld  loss %.4f  lr %.2e  %.0f tokens/s  %s left", static_cast<long long>(step.step),
                static_cast<long long>(m_total), step.loss, step.lr, step.tokensPerSecond,
                durationText(perStep * static_cast<double>(m_total - step.step)).c_str());
  m_line.show(text, step.step == m_total || step.step == 1);
}

} // namespace attune::app
