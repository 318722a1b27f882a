// Questions of connections on their way to the person and back: a connection's thread asks and waits, the window shows the oldest
// question and answers when somebody has. The window never waits. Without a window every question ends with "no".
#pragma once

#include "core/api/cluster_prompts.h"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

namespace attune::ui {

class PromptDesk : public api::ClusterPrompts {
public:
  struct Question {
    uint64_t id = 0;
    std::variant<api::HostKeyPrompt, api::LoginPrompt, api::KeyChangePrompt> asked;
  };
  using LoginAnswer = std::optional<std::vector<std::string>>;

  // A connection's thread.
  api::HostKeyAnswer askHostKey(const api::HostKeyPrompt &prompt, const StopToken &stop) override;
  LoginAnswer askLogin(const api::LoginPrompt &prompt, const StopToken &stop) override;
  bool askKeyChange(const api::KeyChangePrompt &prompt, const StopToken &stop) override;

  // The window.
  /// From now on somebody answers. `changed` is called on any thread when a question comes or goes.
  void open(std::function<void()> changed);
  /// Nobody answers any more; what waits ends with "no".
  void close();
  /// The oldest one that nobody has answered.
  std::optional<Question> current() const;
  /// An answer to a question that is gone is thrown away.
  void answer(uint64_t id, api::HostKeyAnswer answer);
  void answer(uint64_t id, LoginAnswer answers);

private:
  struct Waiting {
    Question question;
    bool done = false;
    api::HostKeyAnswer key = api::HostKeyAnswer::Refuse;
    LoginAnswer login;
  };
  template <typename Prompt> std::shared_ptr<Waiting> ask(const Prompt &prompt, const StopToken &stop);
  template <typename Set> void settle(uint64_t id, Set set);

  mutable std::mutex m_mutex;
  std::condition_variable m_answered;
  std::function<void()> m_changed; // empty = nobody answers
  std::vector<std::shared_ptr<Waiting>> m_waiting;
  uint64_t m_last = 0;
};

} // namespace attune::ui
