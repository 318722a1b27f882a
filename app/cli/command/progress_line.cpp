#include "app/cli/command/progress_line.h"

namespace attune::app {

void ProgressLine::show(const std::string &text, bool important) {
  if (m_context.quiet) return;
  const auto now = std::chrono::steady_clock::now();
  const auto pause = m_context.progress ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10000);
  if (m_shown && !important && now - m_last < pause) return;
  m_last = now;
  m_shown = true;
  if (m_context.progress) {
    m_context.err << "\r\x1b[2K" << text << std::flush;
    m_open = true;
  } else {
    m_context.err << text << std::endl;
  }
}

void ProgressLine::finish() {
  if (m_open) m_context.err << std::endl;
  m_open = false;
}

} // namespace attune::app
