// Conversations in memory for the window's tests. Any thread.
#pragma once

#include "core/api/conversation_store.h"

#include <map>
#include <mutex>

namespace attune::test {

class FakeConversationStore : public api::ConversationStore {
public:
  std::vector<api::StoredConversation> list() override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    std::vector<api::StoredConversation> found;
    for (auto one = m_texts.rbegin(); one != m_texts.rend(); ++one) found.push_back({one->first, one->second, 1.79e9});
    return found;
  }
  Status write(const std::string &id, const std::string &json) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_texts[id] = json;
    return {};
  }
  Status remove(const std::string &id) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_texts.erase(id);
    return {};
  }
  std::string freshId() override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    return "talk-" + std::to_string(++m_fresh);
  }

  std::string text(const std::string &id) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    const auto found = m_texts.find(id);
    return found == m_texts.end() ? std::string() : found->second;
  }

private:
  std::mutex m_mutex;
  std::map<std::string, std::string> m_texts;
  int m_fresh = 0;
};

} // namespace attune::test
