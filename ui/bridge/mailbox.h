// Hands work from any thread to the GUI thread, in the order posted, as long as its owner is there. Shared by the owner, who closes
// it before it goes, and whoever may still call back; posting never blocks and after closing does nothing.
#pragma once

#include "ui/bridge/wake.h"

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace attune::ui {

class Mailbox {
public:
  static std::shared_ptr<Mailbox> make(QObject *owner) {
    auto box = std::make_shared<Mailbox>();
    box->m_wake = std::make_unique<Wake>(owner, [weak = std::weak_ptr<Mailbox>(box)] {
      if (const auto here = weak.lock()) here->deliver();
    });
    return box;
  }
  /// Any thread: `letter` runs later, on the owner's thread.
  void post(std::function<void()> letter) {
    {
      const std::lock_guard<std::mutex> lock(m_mutex);
      m_letters.push_back(std::move(letter));
      if (m_letters.size() > 1) return;
    }
    m_wake->call();
  }
  /// GUI thread: what waits is thrown away.
  void close() {
    m_wake->cut();
    m_open = false;
  }

private:
  void deliver() {
    std::vector<std::function<void()>> letters;
    {
      const std::lock_guard<std::mutex> lock(m_mutex);
      letters.swap(m_letters);
    }
    for (const auto &letter : letters)
      if (m_open) letter();
  }

  std::unique_ptr<Wake> m_wake;
  std::mutex m_mutex;
  std::vector<std::function<void()>> m_letters;
  bool m_open = true; // GUI thread
};

} // namespace attune::ui
