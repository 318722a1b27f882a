#include "core/api/cluster_run.h"
#include "core/base/atomic_file.h"
#include "core/base/json_take.h"

#include <array>

namespace attune::api {

namespace {

constexpr int kSchema = 1;
constexpr std::array<const char *, 10> kPhases = {"preflight", "staging",    "submitting", "submit_unknown", "queued",
                                                  "running",   "cancelling", "finishing",  "fetching",       "over"};

/// One list of members for both ways.
template <typename Job, typename Fields> void eachField(Job &job, Fields &&field) {
  field("cluster", job.cluster);
  field("partition", job.partition);
  field("host", job.host);
  field("token", job.token);
  field("job", job.id);
  field("remote_folder", job.remoteFolder);
  field("result", job.result);
  field("reason", job.reason);
  field("text", job.text);
  field("never_clears", job.neverClears);
  field("unknown", job.unknown);
  field("attempt", job.attempt);
  field("exit_code", job.exitCode);
  field("submitted_at", job.submittedAt);
  field("started_at", job.startedAt);
  field("nodes", job.nodes);
  field("expected_start", job.expectedStart);
  field("fetched", job.fetched);
  field("removed", job.removed);
}

struct Reader {
  const Json &json;
  template <typename Value> void operator()(const char *key, Value &value) const {
    if (const auto found = json.find(key); found != json.end()) takeJson(*found, value); // what is of another type is left out
  }
};

} // namespace

const char *linkStateName(LinkState state) {
  static constexpr std::array<const char *, 6> names = {"offline", "connecting", "needs_user", "online", "degraded", "reconnecting"};
  return names[static_cast<size_t>(state)];
}

const char *jobPhaseName(JobPhase phase) { return kPhases[static_cast<size_t>(phase)]; }

std::string clusterJobJson(const ClusterJob &job) {
  Json json = {{"schema", kSchema}, {"phase", jobPhaseName(job.phase)}};
  eachField(job, [&](const char *key, const auto &value) { json[key] = value; });
  if (job.problem)
    json["problem"] = {{"code", errorCodeName(job.problem->code)},
                       {"fault", job.problem->fault},
                       {"message", job.problem->message},
                       {"where", job.problem->where},
                       {"hint", job.problem->hint}};
  return dumpJson(json) + "\n";
}

Result<ClusterJob> readClusterJob(const std::string &folder) {
  const std::string path = folder + "/cluster.json";
  ATTUNE_TRY(const Json json, readJsonFile(path, size_t(1) << 20));
  if (!json.is_object() || !json.contains("schema") || !json["schema"].is_number_integer())
    return Error{ErrorCode::MalformedFile, "This is not the record of a cluster's job.", path + "#schema", ""};
  if (json["schema"].get<int64_t>() > kSchema)
    return Error{ErrorCode::NewerSchema, "The record was written by a newer Attune.", path + "#schema", "Update Attune."};
  ClusterJob job;
  job.folder = folder;
  eachField(job, Reader{json});
  std::string phase;
  Reader{json}("phase", phase);
  for (size_t i = 0; i < kPhases.size(); ++i)
    if (phase == kPhases[i]) job.phase = static_cast<JobPhase>(i);
  if (const auto problem = json.find("problem"); problem != json.end() && problem->is_object()) {
    Error error;
    error.code = ErrorCode::IoFailed;
    const Reader read{*problem};
    read("fault", error.fault);
    read("message", error.message);
    read("where", error.where);
    read("hint", error.hint);
    job.problem = error;
  }
  return job;
}

} // namespace attune::api
