// A run's events as a verb shows them: as JSON lines on out, or as a progress line and messages on err.
// One thread at a time: of whoever pushes. Silent on err with --quiet.
#pragma once

#include "app/cli/command/progress_line.h"
#include "core/api/event_sink.h"

#include <string>

namespace attune::app {

/// "12 s", "90 min", "3.5 h".
std::string durationText(double seconds);

class EventPrinter : public api::EventSink {
public:
  explicit EventPrinter(CommandContext &context) : m_context(context), m_line(context) {}

  void push(const api::RunEvent &event) override;
  /// A message of its own line.
  void say(const std::string &text);
  /// What goes on now, in the place of the progress line; `important` is never skipped.
  void status(const std::string &text, bool important);
  /// Ends an open progress line, before something else is printed.
  void finish() { m_line.finish(); }

private:
  void showStep(const api::StepMetrics &step);
  CommandContext &m_context;
  ProgressLine m_line;
  int64_t m_total = 0;
};

} // namespace attune::app
