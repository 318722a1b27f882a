#include "core/store/run_store.h"

#include "core/api/cluster_run.h"
#include "core/api/event_json.h"
#include "core/api/run_config_json.h"
#include "core/base/atomic_file.h"
#include "core/base/clock.h"
#include "core/base/file_lock.h"
#include "core/base/json.h"
#include "core/store/run_queue_file.h"
#include "core/store/run_weights.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace attune::store {

namespace {

namespace fs = std::filesystem;

constexpr int64_t kHead = int64_t(64) << 10, kTail = int64_t(256) << 10, kBlock = int64_t(1) << 20;
constexpr int64_t kCurvePoints = 48;
constexpr size_t kMaxLine = size_t(8) << 20;
constexpr size_t kMaxConfig = size_t(16) << 20;

/// An event file read in places. Not mapped: a run that resumes may cut it short meanwhile.
class EventFile {
public:
  explicit EventFile(const std::string &path) : m_file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    struct stat info = {};
    if (m_file >= 0 && ::fstat(m_file, &info) == 0 && S_ISREG(info.st_mode)) m_size = info.st_size;
  }
  ~EventFile() {
    if (m_file >= 0) ::close(m_file);
  }
  EventFile(const EventFile &) = delete;
  EventFile &operator=(const EventFile &) = delete;

  int64_t size() const { return m_size; }

  std::string read(int64_t from, int64_t count) const {
    std::string text(static_cast<size_t>(std::clamp<int64_t>(m_size - from, 0, count)), '\0');
    size_t done = 0;
    while (done < text.size()) {
      const ssize_t got = ::pread(m_file, text.data() + done, text.size() - done, static_cast<off_t>(from) + static_cast<off_t>(done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      done += static_cast<size_t>(got);
    }
    text.resize(done);
    return text;
  }

  /// The events of the lines that begin in [from, from + count); a line is whole when its newline lies in there, too.
  std::vector<api::RunEvent> events(int64_t from, int64_t count) const {
    std::string text = read(from, count);
    if (from + static_cast<int64_t>(text.size()) < m_size) text.resize(text.rfind('\n') + 1); // npos + 1 = 0
    const size_t begin = from == 0 ? 0 : text.find('\n') + 1;
    return from > 0 && begin == 0 ? std::vector<api::RunEvent>{} : api::eventsFromText(std::string_view(text).substr(begin));
  }

private:
  int m_file = -1;
  int64_t m_size = 0;
};

std::vector<float> sampleCurve(const EventFile &file) {
  std::vector<float> curve;
  const int64_t stride = std::max<int64_t>(1, file.size() / kCurvePoints);
  double last = 0;
  for (int64_t at = 0; at < file.size(); at += stride) {
    for (const api::RunEvent &event : file.events(at, 2048)) {
      const auto *step = std::get_if<api::StepMetrics>(&event.body);
      if (!step || !std::isfinite(step->loss) || event.time <= last) continue; // places of a short file overlap
      last = event.time;
      curve.push_back(static_cast<float>(step->loss));
      break;
    }
  }
  return curve;
}

void applyEvents(const std::vector<api::RunEvent> &events, api::RunSummary &summary, bool &ended) {
  for (const api::RunEvent &event : events) {
    if (summary.startedAt == 0) summary.startedAt = event.time;
    summary.seconds = std::max(summary.seconds, event.time - summary.startedAt);
    if (const auto *started = std::get_if<api::RunStarted>(&event.body)) summary.totalSteps = started->totalSteps;
    if (const auto *eval = std::get_if<api::EvalResult>(&event.body)) summary.validationLoss = eval->loss;
    if (const auto *step = std::get_if<api::StepMetrics>(&event.body)) {
      summary.step = step->step;
      summary.loss = step->loss;
    }
    const auto *finished = std::get_if<api::RunFinished>(&event.body);
    ended = finished != nullptr;
    if (!finished) continue;
    summary.step = finished->step;
    summary.phase = finished->outcome == api::RunOutcome::Completed ? api::RunPhase::Completed
                    : finished->outcome == api::RunOutcome::Stopped ? api::RunPhase::Stopped
                                                                    : api::RunPhase::Failed;
    if (finished->error) {
      summary.error = finished->error->message;
      summary.errorCode = finished->error->code;
    }
  }
}

void readEvents(const std::string &path, api::RunSummary &summary) {
  const EventFile file(path);
  bool ended = false;
  if (file.size() <= kHead + kTail) {
    applyEvents(file.events(0, file.size()), summary, ended);
  } else {
    applyEvents(file.events(0, kHead), summary, ended);
    applyEvents(file.events(file.size() - kTail, kTail), summary, ended);
  }
  summary.curve = sampleCurve(file);
  if (ended) return;
  summary.error.clear();
  summary.errorCode.clear();
  summary.phase = isFileLocked(path) ? api::RunPhase::Running : api::RunPhase::Interrupted;
}

/// A run on a cluster goes on without any process here.
void readCluster(const std::string &folder, api::RunSummary &summary) {
  const auto job = api::readClusterJob(folder);
  if (!job.ok()) return;
  summary.cluster = job->cluster;
  if (job->phase != api::JobPhase::Over)
    summary.phase = job->phase <= api::JobPhase::Queued ? api::RunPhase::Waiting : api::RunPhase::Running;
}

api::RunNotes readNotes(const std::string &folder) {
  api::RunNotes notes;
  const std::string path = folder + "/notes.json";
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return notes;
  const auto json = readJsonFile(path, size_t(1) << 20);
  if (!json.ok() || !json->is_object()) return notes;
  const auto read = [&](const char *key, std::string &out) {
    if (json->contains(key) && json->at(key).is_string()) out = json->at(key).get<std::string>();
  };
  read("title", notes.title);
  read("text", notes.text);
  if (json->contains("tags") && json->at("tags").is_array()) {
    for (const Json &tag : json->at("tags")) {
      if (tag.is_string()) notes.tags.push_back(tag.get<std::string>());
    }
  }
  return notes;
}

int64_t folderBytes(const std::string &folder) {
  int64_t total = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    const auto size = entry->is_regular_file(ignored) ? entry->file_size(ignored) : 0;
    if (!ignored) total += static_cast<int64_t>(size);
  }
  return total;
}

/// Forecast and measured peak from the record: of the card where the run had one, else of the host.
void readPeaks(const std::string &runJson, api::RunSummary &summary) {
  const auto json = parseJson(runJson, "run.json");
  if (!json.ok() || !json->is_object() || !json->contains("record") || !json->at("record").is_object()) return;
  const Json &record = json->at("record");
  const auto read = [&](const std::string &kind) {
    for (const char *where : {"_device_peak_bytes", "_host_peak_bytes"}) {
      const auto found = record.find(kind + where);
      if (found != record.end() && found->is_number_integer() && found->get<int64_t>() > 0) return found->get<int64_t>();
    }
    return int64_t(0);
  };
  summary.forecastBytes = read("forecast");
  summary.peakBytes = read("measured");
}

/// A name as a folder's: letters and digits of any script stay, anything a shell or a file system minds becomes a dash.
std::string folderName(const std::string &name) {
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x80 || std::isalnum(byte) || c == '.' || c == '_' || c == '-';
    if (plain)
      text += c;
    else if (!text.empty() && text.back() != '-')
      text += '-';
  }
  while (!text.empty() && (text.front() == '.' || text.front() == '-')) text.erase(text.begin());
  if (text.size() > 80) {
    text.resize(80);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.pop_back();
  }
  return text.empty() ? "run" : text;
}

} // namespace

std::vector<api::RunSummary> FolderRunStore::list(const StopToken &stop) {
  std::vector<api::RunSummary> runs;
  std::error_code error;
  for (fs::directory_iterator entry(m_runs, error), end; !error && entry != end && !stop.stopRequested(); entry.increment(error)) {
    std::error_code ignored;
    if (fs::exists(entry->path() / "run.json", ignored)) runs.push_back(summary(entry->path().string()));
  }
  std::sort(runs.begin(), runs.end(),
            [](const auto &a, const auto &b) { return a.startedAt != b.startedAt ? a.startedAt > b.startedAt : a.folder > b.folder; });
  return runs;
}

api::RunSummary FolderRunStore::summary(const std::string &folder) {
  api::RunSummary summary;
  summary.folder = folder;
  summary.name = fs::path(folder).filename().string();
  summary.notes = readNotes(folder);
  summary.diskBytes = folderBytes(folder);
  const auto loaded = config(folder);
  if (!loaded.ok()) { // its curves are still worth looking at
    readEvents(folder + "/events.jsonl", summary);
    summary.phase = api::RunPhase::Unreadable;
    summary.error = loaded.error().text();
    summary.errorCode = errorCodeName(loaded.error().code);
    return summary;
  }
  summary.name = summary.notes.title.empty() ? loaded->name : summary.notes.title;
  summary.model = loaded->model;
  summary.method = loaded->method;
  if (!loaded->dataset.empty()) summary.data = loaded->dataset.front().path;
  if (const auto text = configText(folder); text.ok()) readPeaks(*text, summary);
  readEvents(folder + "/events.jsonl", summary);
  readCluster(folder, summary);
  return summary;
}

Result<std::string> FolderRunStore::configText(const std::string &folder) { return readFile(folder + "/run.json", kMaxConfig); }

Result<api::RunConfig> FolderRunStore::config(const std::string &folder) {
  ATTUNE_TRY(const std::string text, configText(folder));
  // A setting that cannot be read keeps its default here: an old or copied run is still worth looking at.
  ATTUNE_TRY(auto parsed, api::parseRunConfig(text, folder + "/run.json", folder));
  return parsed.config;
}

Status FolderRunStore::replay(const std::string &folder, api::EventSink &sink, const StopToken &stop) {
  const EventFile file(folder + "/events.jsonl");
  std::string rest; // the beginning of a line that the next block ends
  for (int64_t at = 0; at < file.size();) {
    if (stop.stopRequested()) return Error{ErrorCode::Interrupted, "Opening the run was stopped.", folder, ""};
    const std::string block = file.read(at, kBlock);
    if (block.empty()) break;
    at += static_cast<int64_t>(block.size());
    rest += block;
    const size_t whole = at < file.size() ? rest.rfind('\n') + 1 : rest.size();
    for (const api::RunEvent &event : api::eventsFromText(std::string_view(rest).substr(0, whole))) sink.push(event);
    rest.erase(0, whole);
    if (rest.size() > kMaxLine) rest.clear();
  }
  return {};
}

std::vector<api::RunWeights> FolderRunStore::weights(const std::string &folder) {
  const auto loaded = config(folder);
  return loaded.ok() ? runWeights(folder, loaded->model) : std::vector<api::RunWeights>();
}

Status FolderRunStore::writeNotes(const std::string &folder, const api::RunNotes &notes) {
  const Json json = {{"title", notes.title}, {"text", notes.text}, {"tags", Json(notes.tags)}};
  return writeFileAtomic(folder + "/notes.json", dumpJson(json) + "\n");
}

api::KeptQueue FolderRunStore::queue() { return readRunQueue(m_queue); }
Status FolderRunStore::writeQueue(const std::vector<api::RunRequest> &queue) { return writeRunQueue(m_queue, queue); }

std::string FolderRunStore::freshFolder(const std::string &name) {
  const std::string base = m_runs + "/" + folderName(name) + "-" + localStamp();
  std::string folder = base;
  std::error_code ignored;
  for (int i = 2; fs::exists(folder, ignored); ++i) folder = base + "-" + std::to_string(i);
  return folder;
}

} // namespace attune::store
