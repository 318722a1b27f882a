// Builds GGUF files byte by byte, so that a test can make any field of them wrong. Test code, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attune::test {

/// Writes GGUF headers by hand, so that any field can be made wrong.
class GgufBytes {
public:
  template <typename T> GgufBytes &put(T value) {
    m_text.append(reinterpret_cast<const char *>(&value), sizeof value);
    return *this;
  }
  GgufBytes &raw(const std::string &text) {
    m_text += text;
    return *this;
  }
  GgufBytes &string(const std::string &text) { return put(uint64_t(text.size())).raw(text); }
  GgufBytes &preamble(uint64_t tensors, uint64_t keys, uint32_t version = 3) { return raw("GGUF").put(version).put(tensors).put(keys); }
  GgufBytes &tensor(const std::string &name, const std::vector<uint64_t> &dims, uint32_t type, uint64_t offset) {
    string(name).put(uint32_t(dims.size()));
    for (const uint64_t d : dims) put(d);
    return put(type).put(offset);
  }
  GgufBytes &pad(size_t alignment = 32) {
    m_text.resize((m_text.size() + alignment - 1) / alignment * alignment);
    return *this;
  }
  const std::string &text() const { return m_text; }

private:
  std::string m_text;
};

} // namespace attune::test
