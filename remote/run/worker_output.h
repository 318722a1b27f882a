// What build_worker.sh prints (packaging/worker/README.md), read as it comes, in pieces of any size: lines for people, and
// "@@worker progress|done|failed ...@@" for us. Hostile text: lines are cut at kMaxLine bytes and made printable, numbers bounded.
// One thread.
#pragma once

#include "core/base/result.h"

#include <functional>
#include <string>
#include <string_view>

namespace attune::remote {

class WorkerOutput {
public:
  static constexpr size_t kMaxLine = 2000;

  struct Hooks {
    std::function<void(const std::string &)> line = {};
    std::function<void(int percent, const std::string &words)> progress = {};
  };
  explicit WorkerOutput(Hooks hooks) : m_hooks(std::move(hooks)) {}

  void take(std::string_view bytes);
  /// Whether a line said how it ended.
  bool ended() const { return !m_prefix.empty() || !m_code.empty(); }
  /// How, as the last such line says; both empty before.
  const std::string &prefix() const { return m_prefix; } // of "done"
  const std::string &code() const { return m_code; }     // of "failed": "no-torch"
  /// The words of the last "Failed: ..." line.
  const std::string &reason() const { return m_reason; }

private:
  void endLine();
  void obey(std::string_view words);

  const Hooks m_hooks;
  std::string m_line; // that has no end yet
  bool m_cut = false;
  std::string m_prefix, m_code, m_reason;
};

/// The fault of a build that ended with `code`, with what to do. `reason` is the build's own sentence, `where` host and log.
Error buildFault(const std::string &code, const std::string &reason, const std::string &where);

} // namespace attune::remote
