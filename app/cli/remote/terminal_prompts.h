// What a connection asks, put to the person at the terminal of this process (/dev/tty, whatever the streams are). Answers are
// not echoed unless the server says so, are kept nowhere, and a Ctrl-C is a no. On the connection's thread; one at a time.
#pragma once

#include "core/api/cluster_prompts.h"

#include <memory>

namespace attune::app {

class TerminalPrompts : public api::ClusterPrompts {
public:
  /// Null when the process has no terminal.
  static std::unique_ptr<TerminalPrompts> open(StopToken stop);
  ~TerminalPrompts() override;

  api::HostKeyAnswer askHostKey(const api::HostKeyPrompt &prompt, const StopToken &stop) override;
  std::optional<std::vector<std::string>> askLogin(const api::LoginPrompt &prompt, const StopToken &stop) override;

private:
  TerminalPrompts(int terminal, StopToken stop) : m_terminal(terminal), m_stop(std::move(stop)) {}
  void write(const std::string &text) const;
  std::optional<std::string> ask(const std::string &question, bool echo, const StopToken &stop) const;
  const int m_terminal;
  const StopToken m_stop; // of the verb, beside that of the connection
};

} // namespace attune::app
