// RUN/log.txt: the job's log, byte for byte as it grows on the cluster, its first 2 GiB; log.1.txt, ... what it was before it began anew.
// One thread. Fails with IoFailed and the fault LOCAL-FULL.
#pragma once

#include "remote/run/file_tail.h"

#include <algorithm>
#include <memory>

namespace attune::remote {

class LogSpool : public TailStore {
public:
  static constexpr uint64_t kMost = uint64_t(2) << 30;
  static Result<std::unique_ptr<LogSpool>> open(const std::string &runFolder, uint64_t most = kMost);
  ~LogSpool() override;

  uint64_t offset() const override { return m_size; }
  std::string stored(uint64_t from, size_t length) const override;
  uint64_t lineStart() const override;
  uint64_t room() const override { return m_most - std::min(m_most, m_size); }
  Status append(ByteView bytes) override;
  Status rewind() override;
  Status restart() override;

private:
  LogSpool(std::string folder, uint64_t most) : m_folder(std::move(folder)), m_most(most) {}
  Status openFile();
  std::string path() const { return m_folder + "/log.txt"; }
  Error failed(const char *what) const;
  const std::string m_folder;
  const uint64_t m_most;
  int m_file = -1;
  uint64_t m_size = 0;
};

} // namespace attune::remote
