// Bytes one after another, of a text in memory or of a file in blocks: what the row indexers read, so that a file of any size
// takes one block of memory. One thread; what it reads from must outlive it. A failed read or a stop ends the bytes: see
// status().
#pragma once

#include "core/base/file_reader.h"
#include "core/base/stop_token.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace attune::data {

class ByteCursor {
public:
  static constexpr size_t kBlock = size_t(1) << 18;

  explicit ByteCursor(std::string_view text) : m_window(text) {}
  explicit ByteCursor(const FileReader &file, StopToken stop = {})
      : m_file(&file), m_stop(std::move(stop)), m_block(std::min<uint64_t>(kBlock, file.size())) {}
  ByteCursor(const ByteCursor &) = delete; // the window lies in the block
  ByteCursor &operator=(const ByteCursor &) = delete;

  bool atEnd() { return m_at == m_window.size() && !refill(); }
  /// What follows and is in memory; not empty unless at the end.
  std::string_view window() { return atEnd() ? std::string_view() : m_window.substr(m_at); }
  uint64_t position() const { return m_begin + m_at; }
  void skip(size_t bytes) { m_at += bytes; } // inside the window
  char peek() const { return m_window[m_at]; }
  char take() { return m_window[m_at++]; }
  const Status &status() const { return m_status; }

private:
  bool refill() {
    const uint64_t next = m_begin + m_window.size();
    if (!m_file || next >= m_file->size() || !m_status.ok()) return false;
    const auto length = static_cast<size_t>(std::min<uint64_t>(m_block.size(), m_file->size() - next));
    m_status = m_stop.stopRequested() ? Status(Error{ErrorCode::Interrupted, "Reading was stopped.", m_file->path(), ""})
                                      : m_file->read(next, m_block.data(), length);
    if (!m_status.ok()) return false;
    m_window = {m_block.data(), length};
    m_begin = next;
    m_at = 0;
    return true;
  }

  const FileReader *m_file = nullptr;
  StopToken m_stop;
  std::vector<char> m_block;
  std::string_view m_window;
  uint64_t m_begin = 0; // of the window
  size_t m_at = 0;      // in the window
  Status m_status;
};

} // namespace attune::data
