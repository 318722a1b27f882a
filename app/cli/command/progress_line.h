// One line of progress on stderr: rewritten in place on a terminal, else a plain line every ten seconds, so that a log
// stays short. Main thread only; silent with --quiet. finish() ends the line before other output.
#pragma once

#include "app/cli/command/command.h"

#include <chrono>

namespace attune::app {

class ProgressLine {
public:
  explicit ProgressLine(CommandContext &context) : m_context(context) {}
  ~ProgressLine() { finish(); }
  ProgressLine(const ProgressLine &) = delete;
  ProgressLine &operator=(const ProgressLine &) = delete;

  /// Shows `text` (one line, no newline); `important` is never skipped.
  void show(const std::string &text, bool important = false);
  /// Leaves the last line standing.
  void finish();

private:
  CommandContext &m_context;
  std::chrono::steady_clock::time_point m_last;
  bool m_shown = false;
  bool m_open = false;
};

} // namespace attune::app
