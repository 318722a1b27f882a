#include "ui/bridge/prompt_desk.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace attune::ui {

template <typename Prompt> std::shared_ptr<PromptDesk::Waiting> PromptDesk::ask(const Prompt &prompt, const StopToken &stop) {
  auto waiting = std::make_shared<Waiting>();
  std::unique_lock<std::mutex> lock(m_mutex);
  if (!m_changed) return waiting;
  waiting->question = {++m_last, prompt};
  m_waiting.push_back(waiting);
  m_changed();
  while (!waiting->done && !stop.stopRequested()) m_answered.wait_for(lock, std::chrono::milliseconds(50)); // a token wakes nobody
  m_waiting.erase(std::remove(m_waiting.begin(), m_waiting.end(), waiting), m_waiting.end());
  if (m_changed) m_changed();
  return waiting;
}

api::HostKeyAnswer PromptDesk::askHostKey(const api::HostKeyPrompt &prompt, const StopToken &stop) { return ask(prompt, stop)->key; }

bool PromptDesk::askKeyChange(const api::KeyChangePrompt &prompt, const StopToken &stop) {
  return ask(prompt, stop)->key == api::HostKeyAnswer::Trust;
}

PromptDesk::LoginAnswer PromptDesk::askLogin(const api::LoginPrompt &prompt, const StopToken &stop) {
  return std::move(ask(prompt, stop)->login);
}

void PromptDesk::open(std::function<void()> changed) {
  const std::lock_guard<std::mutex> lock(m_mutex);
  m_changed = std::move(changed);
}

void PromptDesk::close() {
  const std::lock_guard<std::mutex> lock(m_mutex);
  m_changed = nullptr;
  for (const auto &waiting : m_waiting) waiting->done = true;
  m_answered.notify_all();
}

std::optional<PromptDesk::Question> PromptDesk::current() const {
  const std::lock_guard<std::mutex> lock(m_mutex);
  for (const auto &waiting : m_waiting)
    if (!waiting->done) return waiting->question;
  return std::nullopt;
}

template <typename Set> void PromptDesk::settle(uint64_t id, Set set) {
  const std::lock_guard<std::mutex> lock(m_mutex);
  for (const auto &waiting : m_waiting) {
    if (waiting->question.id != id || waiting->done) continue;
    set(*waiting);
    waiting->done = true;
    m_answered.notify_all();
  }
}

void PromptDesk::answer(uint64_t id, api::HostKeyAnswer answer) {
  settle(id, [answer](Waiting &waiting) { waiting.key = answer; });
}

void PromptDesk::answer(uint64_t id, LoginAnswer answers) {
  settle(id, [&answers](Waiting &waiting) { waiting.login = std::move(answers); });
}

} // namespace attune::ui
