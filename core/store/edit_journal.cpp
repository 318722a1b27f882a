#include "core/store/edit_journal.h"

#include "core/base/atomic_file.h"
#include "core/base/fast_hash.h"
#include "core/base/file_stamp.h"

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <mutex>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace attune::store {

namespace {

constexpr size_t kBlockBytes = size_t(4) << 20;     // texts gathered before they are written
constexpr size_t kMaxHeadBytes = size_t(512) << 20; // a change of fifty million rows
constexpr size_t kMaxTextsBytes = size_t(64) << 20; // of one record

Error ioError(const std::string &what, const std::string &path) {
  const char *hint = errno == ENOSPC                     ? "Free some disk space and try again."
                     : errno == EROFS || errno == EACCES ? "Make the folder writable, or choose another workspace."
                                                         : "";
  return {ErrorCode::IoFailed, what + ": " + std::strerror(errno) + ".", path, hint};
}

/// Bytes read at `offset`, fewer at the end of the file; -1 when reading failed.
ssize_t readAt(int file, char *to, size_t size, uint64_t offset) {
  size_t done = 0;
  while (done < size) {
    const ssize_t n = ::pread(file, to + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  return static_cast<ssize_t>(done);
}

std::string hashOf(std::string_view bytes) {
  return std::to_string(fastHash({reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()}));
}

/// Reads record after record.
class RecordReader {
public:
  explicit RecordReader(int file) : m_file(file) {}
  uint64_t position() const { return m_at; }

  /// False at the end and where no whole record stands.
  bool next(JournalRecord &record) {
    std::string line;
    if (!readLine(line)) return false;
    auto head = parseJson(line, "");
    if (!head.ok() || !head->is_object()) return false;
    record.head = std::move(*head);
    uint64_t at = m_at + line.size() + 1;
    const uint64_t begin = at;
    record.texts.clear();
    const auto sizes = record.head.find("sizes");
    if (sizes != record.head.end()) {
      for (const Json &size : *sizes) {
        if (!size.is_number_integer()) return false;
        const auto wanted = size.get<int64_t>(); // below zero: spelled as in the file
        const uint64_t bytes = static_cast<uint64_t>(wanted < 0 ? -(wanted + 1) : wanted);
        if (bytes > kMaxTextsBytes || at - begin > kMaxTextsBytes) return false;
        record.texts.push_back({at, static_cast<uint32_t>(bytes), wanted < 0});
        at += bytes + 1;
      }
      std::string texts(at - begin, '\0');
      if (readAt(m_file, texts.data(), texts.size(), begin) != static_cast<ssize_t>(texts.size())) return false;
      if (record.head.value("sum", "") != hashOf(texts)) return false;
    }
    m_at = at;
    return true;
  }

private:
  bool readLine(std::string &line) {
    char buffer[1 << 14];
    while (line.size() < kMaxHeadBytes) {
      const ssize_t n = readAt(m_file, buffer, sizeof buffer, m_at + line.size());
      if (n <= 0) return false;
      const std::string_view part(buffer, static_cast<size_t>(n));
      const size_t end = part.find('\n');
      line.append(part.substr(0, end));
      if (end != std::string_view::npos) return true;
    }
    return false;
  }

  int m_file;
  uint64_t m_at = 0;
};

} // namespace

Result<std::shared_ptr<EditJournal>> EditJournal::open(const std::string &path, const std::string &dataset) {
  ATTUNE_CHECK(makeFolders(std::filesystem::path(path).parent_path().string()));
  for (;;) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return ioError("The file that keeps edits safe cannot be created", path);
    std::shared_ptr<EditJournal> journal(new EditJournal(path, file));
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return ioError("The file that keeps edits safe cannot be locked", path);
      return Error{ErrorCode::Usage, "Another window edits this dataset.", dataset, "Close it there first."};
    }
    struct stat info {};
    if (::fstat(file, &info) != 0) return ioError("The file that keeps edits safe cannot be read", path);
    const auto now = stampOf(path);
    if (!now || now->number != stampOf(info).number) continue; // its last owner deleted it before we had the lock
    journal->m_size = static_cast<uint64_t>(info.st_size);
    return journal;
  }
}

/// The open file, kept by the journal and by the thread that flushes it.
struct EditJournal::Disk {
  explicit Disk(int opened) : file(opened) {}
  ~Disk() { ::close(file); }
  Disk(const Disk &) = delete;
  Disk &operator=(const Disk &) = delete;

  void syncLoop() {
    std::unique_lock<std::mutex> lock(mutex);
    while (!closing || unsynced) {
      wake.wait(lock, [this] { return unsynced || closing; });
      wake.wait_for(lock, std::chrono::seconds(1), [this] { return closing; });
      if (!unsynced) continue;
      unsynced = false;
      lock.unlock();
      ::fdatasync(file);
      lock.lock();
    }
  }

  const int file;
  std::mutex mutex;
  std::condition_variable wake;
  bool unsynced = false;
  bool closing = false;
  bool flushed = false; // by a thread
};

EditJournal::EditJournal(std::string path, int file) : m_path(std::move(path)), m_disk(std::make_shared<Disk>(file)) {}

EditJournal::~EditJournal() { letGo(); }

int EditJournal::file() const { return m_disk->file; }

/// The next owner need not wait until what was written is on the disk: it reads it all the same.
void EditJournal::letGo() {
  ::flock(file(), LOCK_UN);
  const std::lock_guard<std::mutex> lock(m_disk->mutex);
  m_disk->closing = true;
  m_disk->wake.notify_all();
}

Status EditJournal::write(std::string_view bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::pwrite(file(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(m_size + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      if (n == 0) errno = EIO;
      const Error error = ioError("The change cannot be kept safe", m_path);
      if (::ftruncate(file(), static_cast<off_t>(m_size)) != 0) return error; // half a record is cut off when read, too
      return error;
    }
    done += static_cast<size_t>(n);
  }
  m_size += bytes.size();
  const std::lock_guard<std::mutex> lock(m_disk->mutex);
  m_disk->unsynced = true;
  try {
    if (!m_disk->flushed) std::thread([disk = m_disk] { disk->syncLoop(); }).detach();
    m_disk->flushed = true;
  } catch (const std::system_error &) {
    // No more threads here: the system writes it in its own time.
  }
  m_disk->wake.notify_one();
  return {};
}

Status EditJournal::cut(uint64_t size) {
  if (::ftruncate(file(), static_cast<off_t>(size)) != 0) return ioError("The file that keeps edits safe cannot be shortened", m_path);
  m_size = size;
  return {};
}

Status EditJournal::replay(const std::function<bool(const JournalRecord &)> &visit) {
  RecordReader reader(file());
  std::vector<JournalText> waiting; // of blocks whose change is still to come
  JournalRecord record;
  for (uint64_t whole = 0;; whole = reader.position()) {
    // Blocks without their change are cut off with the rest.
    uint64_t end = whole;
    bool more = false;
    waiting.clear();
    record.begin = whole;
    while ((more = reader.next(record))) {
      if (!record.head.contains("block")) break;
      waiting.insert(waiting.end(), record.texts.begin(), record.texts.end());
    }
    if (more) {
      waiting.insert(waiting.end(), record.texts.begin(), record.texts.end());
      record.texts.swap(waiting);
      record.head.erase("sizes");
      record.head.erase("sum");
    }
    if (!more || !visit(record)) return cut(end);
  }
}

Result<std::string> EditJournal::read(const JournalText &text) const {
  std::string bytes(text.size, '\0');
  const ssize_t n = readAt(file(), bytes.data(), bytes.size(), text.offset);
  if (n < 0) return ioError("An edited row cannot be read", m_path);
  if (static_cast<size_t>(n) != bytes.size())
    return Error{ErrorCode::IoFailed, "An edited row cannot be read: another program shortened the file.", m_path, ""};
  return bytes;
}

Status EditJournal::sync() { return ::fdatasync(file()) == 0 ? Status() : ioError("The change cannot be kept safe", m_path); }

Status EditJournal::append(const Json &head) { return write(dumpJson(head, -1) + "\n"); }

Result<std::string> EditJournal::setAside() {
  for (int i = 1;; ++i) {
    const std::string name = m_path + (i == 1 ? ".conflict" : ".conflict" + std::to_string(i));
    if (::link(m_path.c_str(), name.c_str()) != 0) {
      if (errno == EEXIST) continue;
      return ioError("The unsaved edits of an earlier session cannot be put aside", m_path);
    }
    const int file = ::open((m_path + ".new").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return ioError("The file that keeps edits safe cannot be created", m_path + ".new");
    if (::flock(file, LOCK_EX | LOCK_NB) != 0 || ::rename((m_path + ".new").c_str(), m_path.c_str()) != 0) {
      const Error error = ioError("The file that keeps edits safe cannot be created", m_path);
      ::close(file);
      return error;
    }
    letGo();
    m_disk = std::make_shared<Disk>(file);
    m_size = 0;
    return name;
  }
}

void EditJournal::remove() { ::unlink(m_path.c_str()); }

JournalBatch::~JournalBatch() {
  if (!m_finished && m_journal.m_size != m_begin) (void)m_journal.cut(m_begin).ok();
}

Status JournalBatch::add(std::string_view text, bool asInFile) {
  m_texts.push_back({0, static_cast<uint32_t>(text.size()), asInFile});
  m_waiting.append(text).append("\n");
  if (m_waiting.size() < kBlockBytes) return {};
  ++m_blocks;
  return flush({{"block", m_blocks}});
}

Status JournalBatch::flush(Json head) {
  uint64_t at = 0;
  if (m_firstWaiting < m_texts.size()) {
    Json sizes = Json::array();
    for (size_t i = m_firstWaiting; i < m_texts.size(); ++i)
      sizes.push_back(m_texts[i].asInFile ? -int64_t(m_texts[i].size) - 1 : int64_t(m_texts[i].size));
    head["sizes"] = std::move(sizes);
    head["sum"] = hashOf(m_waiting);
  }
  std::string bytes = dumpJson(head, -1) + "\n";
  at = m_journal.m_size + bytes.size();
  bytes += m_waiting;
  ATTUNE_CHECK(m_journal.write(bytes));
  for (; m_firstWaiting < m_texts.size(); ++m_firstWaiting) {
    m_texts[m_firstWaiting].offset = at;
    at += m_texts[m_firstWaiting].size + 1;
  }
  m_waiting.clear();
  return {};
}

Result<std::vector<JournalText>> JournalBatch::finish(Json head) {
  ATTUNE_CHECK(flush(std::move(head)));
  m_finished = true;
  return std::move(m_texts);
}

} // namespace attune::store
