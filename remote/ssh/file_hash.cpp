#include "remote/ssh/file_hash.h"

#include "core/base/file_reader.h"
#include "remote/ssh/tcp.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <openssl/evp.h>
#include <unistd.h>
#include <vector>

namespace attune::remote {
namespace {

/// By libcrypto, which uses what the processor has for it: hashing takes a fifth of the time of portable code, that is of a transfer.
class Hash {
public:
  Hash() : m_context(EVP_MD_CTX_new()) { EVP_DigestInit_ex(m_context.get(), EVP_sha256(), nullptr); }
  void update(const char *bytes, size_t size) { EVP_DigestUpdate(m_context.get(), bytes, size); }
  std::string hex() {
    unsigned char digest[EVP_MAX_MD_SIZE] = {};
    unsigned int size = 0;
    EVP_DigestFinal_ex(m_context.get(), digest, &size);
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
      text += "0123456789abcdef"[digest[i] >> 4];
      text += "0123456789abcdef"[digest[i] & 15];
    }
    return text;
  }

private:
  struct Free {
    void operator()(EVP_MD_CTX *context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> m_context;
};

} // namespace

Result<std::string> fileHash(const std::string &path, const StopToken &stop, const std::function<void()> &beat) {
  ATTUNE_TRY(const auto file, FileReader::open(path));
  Hash hash;
  std::vector<char> buffer(size_t(1) << 20);
  for (uint64_t at = 0; at < file->size();) {
    if (stop.stopRequested()) return interrupted();
    const size_t n = static_cast<size_t>(std::min<uint64_t>(buffer.size(), file->size() - at));
    ATTUNE_CHECK(file->read(at, buffer.data(), n));
    hash.update(buffer.data(), n);
    at += n;
    if (beat) beat();
  }
  return hash.hex();
}

RunningHash::RunningHash(std::string path) : m_path(std::move(path)), m_thread([this] { loop(); }) {}

RunningHash::~RunningHash() {
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_givenUp = true;
  }
  m_wake.notify_all();
  m_thread.join();
}

void RunningHash::advance(uint64_t bytes) {
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_there = bytes;
  }
  m_wake.notify_all();
}

Result<std::string> RunningHash::finish(uint64_t bytes, const StopToken &stop, const std::function<void()> &beat) {
  std::unique_lock<std::mutex> lock(m_mutex);
  m_there = m_whole = bytes;
  m_wake.notify_all();
  while (!m_done) {
    m_wake.wait_for(lock, std::chrono::milliseconds(50));
    if (stop.stopRequested()) return interrupted();
    lock.unlock();
    if (beat) beat();
    lock.lock();
  }
  return m_result;
}

void RunningHash::loop() {
  const int file = ::open(m_path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const int reason = errno;
  Hash hash;
  std::vector<char> buffer(size_t(1) << 20);
  bool failed = file < 0;
  std::unique_lock<std::mutex> lock(m_mutex);
  for (uint64_t at = 0; !failed && !m_givenUp && at < m_whole;) {
    // In large pieces, so that the copying is not woken for each of its own.
    if (at + buffer.size() > m_there && m_there != m_whole) {
      m_wake.wait(lock);
      continue;
    }
    const auto want = static_cast<size_t>(std::min<uint64_t>(buffer.size(), m_there - at));
    lock.unlock();
    const ssize_t n = ::pread(file, buffer.data(), want, static_cast<off_t>(at));
    if (n > 0) hash.update(buffer.data(), static_cast<size_t>(n));
    lock.lock();
    failed = n <= 0;
    at += n > 0 ? static_cast<uint64_t>(n) : 0;
  }
  if (failed)
    m_result =
        Error{ErrorCode::IoFailed, "The file cannot be read: " + std::string(std::strerror(file < 0 ? reason : EIO)) + ".", m_path, ""};
  else
    m_result = hash.hex();
  m_done = true;
  m_wake.notify_all();
  if (file >= 0) ::close(file);
}

} // namespace attune::remote
