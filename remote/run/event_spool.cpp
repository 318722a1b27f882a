#include "remote/run/event_spool.h"

#include "core/api/event_json.h"
#include "core/base/atomic_file.h"
#include "core/base/clock.h"
#include "core/base/ending.h"
#include "remote/fault.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace attune::remote {
namespace {

constexpr size_t kEnd = 8192;                    // kept of both ends, to know the file again
constexpr size_t kLongestLine = size_t(8) << 20; // as the readers of events.jsonl take it
constexpr size_t kMaxFile = size_t(1) << 30;     // of a file that is taken up again
constexpr std::string_view kOurs = ",\"local\":true}";
constexpr std::string_view kRestarted = "{\"type\":\"events_restarted\"";

bool lockForWriting(int file) {
  for (int attempt = 0; ::flock(file, LOCK_EX | LOCK_NB) != 0; ++attempt) { // whoever only looks holds it for a moment
    if (errno != EWOULDBLOCK && errno != EINTR) return true;                // a file system without locks
    if (attempt == 50) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

} // namespace

Error EventSpool::failed(const char *what) const {
  return fault("LOCAL-FULL", std::string(what) + ": " + std::strerror(errno) + ".", m_path,
               "Make room on this disk; the run is followed again by itself.");
}

Result<std::unique_ptr<EventSpool>> EventSpool::open(const std::string &runFolder, std::shared_ptr<api::EventSink> sink) {
  const std::string path = runFolder + "/events.jsonl";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  std::unique_ptr<EventSpool> spool(new EventSpool(path, file, std::move(sink)));
  struct stat info {};
  if (file < 0 || ::fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) return spool->failed("The events of the run cannot be opened");
  if (!lockForWriting(file)) return Error{ErrorCode::Usage, "Another process writes this run.", path, "Close it there first."};
  ATTUNE_CHECK(spool->load());
  return spool;
}

EventSpool::~EventSpool() {
  if (m_file >= 0) ::close(m_file);
}

Status EventSpool::load() {
  ATTUNE_TRY(const std::string text, readFile(m_path, kMaxFile));
  const size_t whole = text.rfind('\n') + 1; // npos + 1 = 0
  if (whole < text.size() && ::ftruncate(m_file, static_cast<off_t>(whole)) != 0) return failed("The events of the run cannot be mended");
  for (size_t at = 0; at < whole;) {
    const size_t end = text.find('\n', at) + 1;
    const std::string_view line = std::string_view(text).substr(at, end - at);
    at = end;
    const auto event = api::eventFromJson(line.substr(0, line.size() - 1));
    if (event && std::holds_alternative<api::RunFinished>(event->body)) m_recordedEnd = event;
    m_endedByUs = event && std::holds_alternative<api::RunFinished>(event->body) && endsWith(line.substr(0, line.size() - 1), kOurs);
    if (!endsWith(line.substr(0, line.size() - 1), kOurs)) {
      count(line);
      if (event) note(*event);
    } else if (line.compare(0, kRestarted.size(), kRestarted) == 0) {
      m_bytes = 0;
      m_head.clear();
      m_tail.clear();
    }
  }
  return {};
}

void EventSpool::count(std::string_view lines) {
  m_bytes += lines.size();
  if (m_head.size() < kEnd) m_head.append(lines.substr(0, kEnd - m_head.size()));
  m_tail.append(lines.size() > kEnd ? lines.substr(lines.size() - kEnd) : lines);
  if (m_tail.size() > 2 * kEnd) m_tail.erase(0, m_tail.size() - kEnd);
}

void EventSpool::note(const api::RunEvent &event) {
  if (std::holds_alternative<api::RunFinished>(event.body))
    m_end = event;
  else
    m_end.reset();
  if (const auto *step = std::get_if<api::StepMetrics>(&event.body)) m_step = step->step;
  if (const auto *resumed = std::get_if<api::Resumed>(&event.body)) m_step = resumed->fromStep;
  if (const auto *saved = std::get_if<api::CheckpointSaved>(&event.body)) m_checkpoint = saved->step;
}

std::string EventSpool::stored(uint64_t from, size_t length) const {
  const uint64_t end = from + length;
  if (end <= m_head.size()) return m_head.substr(static_cast<size_t>(from), length);
  const uint64_t tailFrom = m_bytes - m_tail.size();
  if (from < tailFrom || end > offset()) return "";
  return (m_tail + m_partial).substr(static_cast<size_t>(from - tailFrom), length);
}

Status EventSpool::write(const std::string &lines) {
  struct stat before {};
  if (::fstat(m_file, &before) != 0) return failed("The events of the run cannot be kept");
  if (before.st_nlink == 0) {
    errno = ENOENT;
    return failed("The run's folder was removed");
  }
  for (size_t done = 0; done < lines.size();) {
    const ssize_t n = ::write(m_file, lines.data() + done, lines.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const Error error = failed("The events of the run cannot be kept here");
      if (::ftruncate(m_file, before.st_size) != 0) return error; // the next start cuts it
      return error;
    }
    done += static_cast<size_t>(n);
  }
  return {};
}

Status EventSpool::append(ByteView bytes) {
  const size_t held = m_partial.size();
  m_partial.append(reinterpret_cast<const char *>(bytes.data), bytes.size);
  const size_t whole = m_partial.rfind('\n') + 1;
  if (whole > 0) {
    const std::string lines = m_partial.substr(0, whole);
    if (const Status status = write(lines); !status.ok()) {
      m_partial.resize(held);
      return status;
    }
    m_partial.erase(0, whole);
    count(lines);
    for (size_t at = 0; at < lines.size();) {
      const size_t end = lines.find('\n', at);
      if (const auto event = api::eventFromJson(std::string_view(lines).substr(at, end - at))) {
        note(*event);
        if (m_end)
          m_recordedEnd = event;
        else
          m_sink->push(*event);
      }
      at = end + 1;
    }
  }
  m_readable = m_readable && m_partial.size() <= kLongestLine;
  return {};
}

Status EventSpool::rewind() {
  m_partial.clear();
  return {};
}

Status EventSpool::restart() {
  std::string line(kRestarted);
  line.append(",\"seq\":0,\"time\":").append(std::to_string(Clock::system().wall())).append(kOurs).append("\n");
  ATTUNE_CHECK(write(line));
  m_bytes = 0;
  m_partial.clear();
  m_head.clear();
  m_tail.clear();
  return {};
}

Status EventSpool::add(const api::RunEventBody &body) {
  const api::RunEvent event{0, Clock::system().wall(), body};
  std::string line = api::eventToJson(event);
  line.pop_back(); // its closing brace
  line.append(kOurs).append("\n");
  ATTUNE_CHECK(write(line));
  m_endedByUs = std::holds_alternative<api::RunFinished>(body);
  if (m_endedByUs) m_recordedEnd = event;
  m_sink->push(event);
  return {};
}

} // namespace attune::remote
