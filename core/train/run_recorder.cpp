#include "core/train/run_recorder.h"

#include "core/api/event_json.h"
#include "core/base/atomic_file.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace attune::core {

namespace {

Error openError(const std::string &path) {
  return {ErrorCode::IoFailed, "The file cannot be written: " + std::string(std::strerror(errno)) + ".", path,
          "Choose a folder that can be written to."};
}

/// Counts on after the highest number; lines of unknown types have had one each.
int64_t lastSeq(const std::string &text) {
  auto seq = static_cast<int64_t>(std::count(text.begin(), text.end(), '\n'));
  for (const api::RunEvent &event : api::eventsFromText(text)) seq = std::max(seq, event.seq);
  return seq;
}

/// A descriptor of a file of the run to append to; a pipe does not hang.
Result<int> openFile(const std::string &path, int mode) {
  const int fd = ::open(path.c_str(), mode | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
  if (fd < 0 && errno != ENXIO && errno != EISDIR) return openError(path); // a pipe without a reader, a folder
  struct stat info {};
  if (fd >= 0 && ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) return fd;
  if (fd >= 0) ::close(fd);
  return Error{ErrorCode::MissingInFolder, "This is not a regular file.", path, "Move it away; the run then begins a new one."};
}

/// False when another process runs this run. Whoever only looks whether one does holds the lock for a moment, too.
bool lockForWriting(int fd) {
  for (int attempt = 0; ::flock(fd, LOCK_EX | LOCK_NB) != 0; ++attempt) {
    if (errno != EWOULDBLOCK && errno != EINTR) return true; // a file system without locks
    if (attempt == 50) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

bool isTurningPoint(const api::RunEventBody &body) {
  return std::holds_alternative<api::RunStarted>(body) || std::holds_alternative<api::CheckpointSaved>(body) ||
         std::holds_alternative<api::StateChanged>(body) || std::holds_alternative<api::Resumed>(body) ||
         std::holds_alternative<api::SettingChanged>(body) || std::holds_alternative<api::RunFinished>(body);
}

/// What a person reading log.txt wants to know of an event.
struct Describe {
  std::string operator()(const api::RunStarted &e) const {
    return "started, attempt " + std::to_string(e.attempt) + ", " + std::to_string(e.totalSteps) + " steps on " + e.device;
  }
  std::string operator()(const api::StepMetrics &e) const {
    char text[160];
    std::snprintf(text, sizeof text, "step %" PRId64 "  loss %.4f  lr %.3e  grad %.3f  %.0f tokens/s", e.step, e.loss, e.lr, e.gradNorm,
                  e.tokensPerSecond);
    return text;
  }
  std::string operator()(const api::EvalResult &e) const {
    char text[80];
    std::snprintf(text, sizeof text, "step %" PRId64 "  validation loss %.4f", e.step, e.loss);
    return text;
  }
  std::string operator()(const api::CheckpointSaved &e) const { return "checkpoint " + e.path; }
  std::string operator()(const api::StateChanged &e) const { return std::string("now ") + api::nameOf(e.state); }
  std::string operator()(const api::SettingChanged &e) const { return e.key + " changed from " + e.from + " to " + e.to; }
  std::string operator()(const api::MemoryRetry &e) const {
    return "out of memory at step " + std::to_string(e.step) + ", going on with batches of " + std::to_string(e.batchSize);
  }
  std::string operator()(const api::SampleAnswer &e) const { return "sample: " + e.prompt + " -> " + e.text; }
  std::string operator()(const api::RunWarning &e) const { return "warning: " + e.message; }
  std::string operator()(const api::Resumed &e) const { return "resumed from step " + std::to_string(e.fromStep); }
  std::string operator()(const api::RunFinished &e) const {
    return std::string(api::nameOf(e.outcome)) + " at step " + std::to_string(e.step) + (e.error ? ": " + e.error->message : "");
  }
};

} // namespace

Result<std::unique_ptr<RunRecorder>> RunRecorder::open(const RunFolder &folder, api::EventSink *next, Clock clock) {
  ATTUNE_TRY(const int events, openFile(folder.eventsPath(), O_RDWR));
  const Result<int> log = openFile(folder.logPath(), O_WRONLY);
  if (!log.ok()) {
    ::close(events);
    return log.error();
  }
  std::unique_ptr<RunRecorder> recorder(new RunRecorder(events, *log, next, std::move(clock)));
  if (!lockForWriting(events)) {
    return Error{ErrorCode::IoFailed, "Another process is running this run.", folder.path(), "Wait for it to end, or stop it."};
  }
  ATTUNE_TRY(const std::string text, readFile(folder.eventsPath()));
  if (!text.empty() && text.back() != '\n') {
    const size_t newline = text.rfind('\n');
    const size_t begin = newline == std::string::npos ? 0 : newline + 1;
    const bool whole = api::eventFromJson(std::string_view(text).substr(begin)).has_value(); // only its newline is missing
    if (whole)
      recorder->append(events, "\n", "events.jsonl");
    else if (::ftruncate(events, static_cast<off_t>(begin)) != 0)
      return openError(folder.eventsPath());
  }
  recorder->m_seq = lastSeq(text);
  ATTUNE_CHECK(recorder->status());
  ATTUNE_CHECK(syncFolder(folder.path()));
  return recorder;
}

RunRecorder::~RunRecorder() {
  ::close(m_events);
  ::close(m_log);
}

void RunRecorder::append(int fd, const std::string &line, const char *name) {
  size_t done = 0;
  while (done < line.size()) {
    const ssize_t n = ::write(fd, line.data() + done, line.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int reason = n < 0 ? errno : EIO;
      if (m_status.ok()) {
        m_status = Error{ErrorCode::IoFailed, "Writing " + std::string(name) + " failed: " + std::strerror(reason) + ".", name,
                         reason == ENOSPC ? "Free some disk space and resume the run." : ""};
      }
      return;
    }
    done += static_cast<size_t>(n);
  }
}

void RunRecorder::flush() {
  m_lastFlush = m_clock.steady();
  struct stat info {};
  if (::fstat(m_events, &info) == 0 && info.st_nlink == 0 && m_status.ok())
    m_status = Error{ErrorCode::IoFailed, "The run's folder was removed while it ran.", "events.jsonl", "Start the run again."};
  if (::fsync(m_events) != 0 && errno != EINVAL && m_status.ok()) {
    m_status = Error{ErrorCode::IoFailed, "Writing events.jsonl failed: " + std::string(std::strerror(errno)) + ".", "events.jsonl", ""};
  }
}

void RunRecorder::push(const api::RunEvent &event) {
  api::RunEvent stamped = event;
  stamped.seq = ++m_seq;
  stamped.time = m_clock.wall();
  // After a failed write the file may end in half a line: nothing more goes to it, the live sink still hears everything.
  if (m_status.ok()) append(m_events, api::eventToJson(stamped) + "\n", "events.jsonl");
  if (m_status.ok()) {
    log(std::visit(Describe{}, stamped.body));
    if (isTurningPoint(stamped.body) || m_clock.steady() - m_lastFlush >= 1.0) flush();
  }
  if (m_next) m_next->push(stamped);
}

void RunRecorder::log(const std::string &text) {
  const auto now = static_cast<std::time_t>(m_clock.wall());
  std::tm utc = {};
  ::gmtime_r(&now, &utc);
  char stamp[32] = "";
  std::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ  ", &utc);
  append(m_log, stamp + text + "\n", "log.txt");
}

} // namespace attune::core
