// RUN/log.txt: the job's log, byte for byte as it grows on the cluster; log.1.txt, ... what it was before it began anew.
// One thread. Fails with IoFailed and the fault LOCAL-FULL.
#pragma once

#include "remote/run/file_tail.h"

#include <memory>

namespace attune::remote {

class LogSpool : public TailStore {
public:
  static Result<std::unique_ptr<LogSpool>> open(const std::string &runFolder);
  ~LogSpool() override;

  uint64_t offset() const override { return m_size; }
  std::string stored(uint64_t from, size_t length) const override;
  uint64_t lineStart() const override;
  Status append(ByteView bytes) override;
  Status rewind() override;
  Status restart() override;

private:
  explicit LogSpool(std::string folder) : m_folder(std::move(folder)) {}
  Status openFile();
  std::string path() const { return m_folder + "/log.txt"; }
  Error failed(const char *what) const;
  std::string m_folder;
  int m_file = -1;
  uint64_t m_size = 0;
};

} // namespace attune::remote
