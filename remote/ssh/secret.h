// A password, code or passphrase: one copy in memory that is overwritten when it goes. Moves only; one thread per object.
#pragma once

#include <cstring>
#include <memory>
#include <string>

namespace attune::remote {

class Secret {
public:
  Secret() = default;
  /// Takes the text over and overwrites `text`.
  explicit Secret(std::string &text) : m_size(text.size()), m_bytes(std::make_unique<char[]>(text.size() + 1)) {
    std::memcpy(m_bytes.get(), text.data(), m_size);
    ::explicit_bzero(text.data(), text.size());
    text.clear();
  }
  Secret(Secret &&) noexcept = default;
  Secret &operator=(Secret &&other) noexcept {
    wipe();
    m_size = other.m_size;
    m_bytes = std::move(other.m_bytes);
    return *this;
  }
  ~Secret() { wipe(); }

  const char *text() const { return m_bytes ? m_bytes.get() : ""; }

private:
  void wipe() {
    if (m_bytes) ::explicit_bzero(m_bytes.get(), m_size);
  }
  size_t m_size = 0;
  std::unique_ptr<char[]> m_bytes;
};

} // namespace attune::remote
