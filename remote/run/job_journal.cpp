#include "remote/run/job_journal.h"

#include "core/base/atomic_file.h"
#include "core/base/clock.h"
#include "core/base/json_take.h"

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

constexpr int kSchema = 1;
constexpr size_t kMaxBytes = size_t(64) << 20;
using slurm::JobState;

std::string pathIn(const std::string &runFolder) { return runFolder + "/cluster/journal.jsonl"; }

Error ioError(const std::string &what, const std::string &path) {
  return {ErrorCode::IoFailed, what + ": " + std::strerror(errno) + ".", path, errno == ENOSPC ? "Free some disk space." : ""};
}

template <typename Progress, typename Field> void eachProgressField(Progress &progress, const Field &field) {
  field("state", progress.state);
  field("id", progress.id);
  field("reason", progress.reason);
  field("attempt", progress.attempt);
  field("exit_code", progress.exitCode);
  field("exit_signal", progress.exitSignal);
  field("cancelled_by", progress.cancelledBy);
  field("missing", progress.missing);
  field("cancel_asked", progress.cancelAsked);
  field("ran", progress.ran);
  field("stale_nonce", progress.staleNonce);
  field("before", progress.before);
  field("empty_looks", progress.emptyLooks);
  field("since", progress.since);
  field("waiting", progress.waiting);
  field("unseen", progress.unseen);
}

/// One list of members for both ways; those of a nested value stand beside the others.
template <typename Record, typename Field> void eachField(Record &record, const Field &field) {
  field("token", record.token);
  auto &target = record.target;
  field("cluster", target.cluster);
  field("partition", target.partition);
  field("nodes", target.nodes);
  field("cores", target.cores);
  field("gres", target.gres);
  field("cards", target.cards);
  field("minutes", target.minutes);
  field("memory", target.memory);
  field("account", target.account);
  field("qos", target.qos);
  field("extra", target.extra);
  field("requeue", target.requeue);
  field("mode", target.mode);
  field("model", target.model);
  field("host", record.host);
  field("port", record.port);
  field("user", record.user);
  field("result_dir", record.resultDir);
  field("folder", record.folder);
  field("from", record.from);
  field("staged", record.staged);
  field("submitting", record.submitting);
  field("inside", record.inside);
  field("fetched", record.fetched);
  field("removed", record.removed);
  field("over", record.over);
  field("submitted_at", record.submittedAt);
  field("started_at", record.startedAt);
  eachProgressField(record.progress, field);
}

struct Writer {
  Json &json;
  template <typename Value> void operator()(const char *key, const Value &value) const { json[key] = value; }
  void operator()(const char *key, JobState value) const { json[key] = static_cast<int>(value); }
  void operator()(const char *key, api::SubmitMode value) const { json[key] = static_cast<int>(value); }
};

/// What is of another type is left out.
struct Reader {
  const Json &json;
  template <typename Value> void operator()(const char *key, Value &value) const {
    if (const auto found = json.find(key); found != json.end()) take(*found, value);
  }

private:
  template <typename Value> static void take(const Json &item, Value &value) { takeJson(item, value); }
  static void take(const Json &item, JobState &value) {
    if (int64_t number = -1; takeJson(item, number) && number >= 0 && number <= static_cast<int64_t>(JobState::Lost))
      value = static_cast<JobState>(number);
  }
  static void take(const Json &item, api::SubmitMode &value) {
    if (int64_t number = 0; takeJson(item, number)) value = number == 1 ? api::SubmitMode::Salloc : api::SubmitMode::Sbatch;
  }
  static void take(const Json &list, std::vector<std::pair<std::string, std::string>> &value) {
    if (!list.is_array()) return;
    value.clear();
    for (const Json &item : list)
      if (std::vector<std::string> pair; takeJson(item, pair) && pair.size() == 2) value.emplace_back(pair[0], pair[1]);
  }
};

Json toJson(const JobRecord &record) {
  Json json = Json::object();
  eachField(record, Writer{json});
  return json;
}

} // namespace

void JobRecord::goesTo(const api::ClusterProfile &profile) {
  host = profile.host;
  port = profile.port;
  user = profile.user;
}

Status JobRecord::checkGoesTo(const api::ClusterProfile &profile, const std::string &runFolder) const {
  const bool same = host == profile.host && (port < 0 || (port == profile.port && user == profile.user));
  if (host.empty() || same) return {};
  const auto address = [](std::string who, const std::string &where, int at) {
    who.append(who.empty() ? "" : "@").append(where);
    return at > 0 ? who.append(":").append(std::to_string(at)) : who;
  };
  return Error{ErrorCode::Usage,
               "This run went to " + address(user, host, port) + "; the cluster " + profile.name + " is " +
                   address(profile.user, profile.host, profile.port) + " now.",
               runFolder, "Put the host back, or give the other one a cluster of its own."};
}

Result<std::unique_ptr<JobJournal>> JobJournal::lock(const std::string &path, bool fresh) {
  const int file = ::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | (fresh ? O_CREAT | O_EXCL : 0), 0600);
  if (file < 0 && errno == ENOENT)
    return Error{ErrorCode::FileNotFound, "This run never went to a cluster.", path, "Give the folder of a run that was submitted."};
  if (file < 0) return ioError("The journal of the job cannot be opened", path);
  std::unique_ptr<JobJournal> journal(new JobJournal(file, path));
  for (int attempt = 0; ::flock(file, LOCK_EX | LOCK_NB) != 0; ++attempt) { // whoever only looks holds it for a moment
    if (errno != EWOULDBLOCK && errno != EINTR) break;                      // a file system without locks
    if (attempt == 50) return Error{ErrorCode::Usage, "Another Attune follows this run.", path, "Look at it there, or close that one."};
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return journal;
}

Result<std::unique_ptr<JobJournal>> JobJournal::create(const std::string &runFolder, const JobRecord &record) {
  ATTUNE_CHECK(makeFolders(runFolder + "/cluster"));
  ATTUNE_TRY(auto journal, lock(pathIn(runFolder), true));
  ATTUNE_CHECK(journal->append(dumpJson({{"schema", kSchema}}, -1)));
  ATTUNE_CHECK(journal->update(record));
  ATTUNE_CHECK(syncFolder(runFolder + "/cluster"));
  ATTUNE_CHECK(syncFolder(runFolder));
  return journal;
}

Result<std::unique_ptr<JobJournal>> JobJournal::open(const std::string &runFolder) {
  const std::string path = pathIn(runFolder);
  ATTUNE_TRY(auto journal, lock(path, false));
  ATTUNE_TRY(const std::string text, readFile(path, kMaxBytes));
  Json whole = Json::object();
  size_t at = 0;
  for (size_t end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    const auto line = parseJson(std::string_view(text).substr(at, end - at), path);
    if (!line.ok() || !line->is_object()) return Error{ErrorCode::MalformedFile, "The journal of the job is damaged.", path, ""};
    for (const auto &item : line->items()) whole[item.key()] = item.value();
  }
  if (at < text.size() && ::ftruncate(journal->m_file, static_cast<off_t>(at)) != 0) // a torn last line never counted
    return ioError("The journal of the job cannot be mended", path);
  if (!whole.contains("schema") || !whole["schema"].is_number_integer())
    return Error{ErrorCode::MalformedFile, "The journal of the job is damaged.", path + "#schema", ""};
  if (whole["schema"].get<int64_t>() > kSchema)
    return Error{ErrorCode::NewerSchema, "The journal of the job was written by a newer Attune.", path, "Update Attune."};
  eachField(journal->m_record, Reader{whole});
  if (!slurm::isToken(journal->m_record.token))
    return Error{ErrorCode::MalformedFile, "The journal of the job is damaged.", path + "#token", ""};
  if (!slurm::staysInside(journal->m_record.resultDir))
    return Error{ErrorCode::MalformedFile, "The journal of the job is damaged.", path + "#result_dir", ""};
  journal->m_written = dumpJson(toJson(journal->m_record), -1);
  return journal;
}

JobJournal::~JobJournal() { ::close(m_file); }

bool JobJournal::isThere() const {
  struct stat info {};
  return ::stat(m_path.c_str(), &info) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

Status JobJournal::append(const std::string &line) {
  if (!isThere()) // what is written would be lost, and a job submitted twice
    return Error{ErrorCode::FileNotFound, "The run's folder was removed or moved.", m_path, "Put it back, or start a new run."};
  const off_t before = ::lseek(m_file, 0, SEEK_END);
  const std::string text = line + "\n";
  if (::write(m_file, text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fdatasync(m_file) != 0) {
    const Error error = ioError("The journal of the job cannot be written", m_path);
    if (::ftruncate(m_file, before) != 0) return error; // half a line is dropped when it is read
    return error;
  }
  return {};
}

Status JobJournal::update(const JobRecord &record) {
  const Json now = toJson(record);
  const std::string text = dumpJson(now, -1);
  if (text == m_written) {
    m_record = record; // counters that no file needs
    return {};
  }
  Json changed = {{"time", Clock::system().wall()}};
  const Json before = toJson(m_record);
  for (const auto &item : now.items())
    if (m_written.empty() || before.at(item.key()) != item.value()) changed[item.key()] = item.value();
  ATTUNE_CHECK(append(dumpJson(changed, -1)));
  m_record = record;
  m_written = text;
  return {};
}

} // namespace attune::remote
