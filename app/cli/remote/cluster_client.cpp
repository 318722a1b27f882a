#include "app/cli/remote/cluster_client.h"

#include "app/cli/command/output.h"
#include "core/base/ending.h"
#include "core/base/nearest_name.h"
#include "remote/run/cluster_service.h"

#include <atomic>
#include <filesystem>
#include <sys/resource.h>
#include <thread>

namespace attune::app {

namespace fs = std::filesystem;

ClusterClient::ClusterClient(CommandContext &context) : m_context(context), m_prompts(TerminalPrompts::open(context.stop)) {
  const rlimit none = {0, 0}; // passwords pass through this process: no core dump
  setrlimit(RLIMIT_CORE, &none);
  remote::ClusterServiceOptions options;
  options.workspace = context.workspace;
  options.prompts = m_prompts.get();
  m_service = remote::makeClusterService(options);
}

Result<api::ClusterProfile> ClusterClient::profile(const std::string &name) {
  ATTUNE_TRY(const auto profiles, m_service->profiles().list());
  std::vector<std::string> names;
  for (const api::ClusterProfile &profile : profiles) {
    if (profile.name == name) return profile;
    names.push_back(profile.name);
  }
  const std::string near = nearestName(name, names);
  return Error{ErrorCode::Usage, "There is no cluster \"" + name + "\".", "",
               near.empty() ? "\"attune cluster list\" shows them, \"attune cluster add\" adds one." : "Did you mean " + near + "?"};
}

Result<std::shared_ptr<api::Cluster>> ClusterClient::connect(const std::string &name) {
  ATTUNE_CHECK(profile(name));
  ATTUNE_TRY(const auto cluster, m_service->cluster(name));
  ProgressLine line(m_context);
  cluster->connect();
  for (;;) {
    const api::ClusterLink link = cluster->link();
    if (link.state == api::LinkState::Online) return cluster;
    if (m_context.stop.stopRequested()) return stopped();
    if (link.failed && link.state != api::LinkState::Connecting) return link.error;
    // While a question stands on the terminal nothing is written over it.
    if (link.state == api::LinkState::Connecting && m_context.progress) line.show(printable(link.text));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Status ClusterClient::transfer(const std::string &what, const std::function<void(api::TransferProgress, api::Cluster::Answer<void>)> &ask) {
  struct Counts {
    std::atomic<uint64_t> done{0}, total{0};
  };
  const auto counts = std::make_shared<Counts>();
  const auto progress = [counts](uint64_t done, uint64_t total) {
    counts->done = done;
    counts->total = total;
  };
  ProgressLine line(m_context);
  const auto show = [&]() -> Status {
    const uint64_t total = counts->total;
    if (total > 0)
      line.show(printable(what + ": " + std::to_string(counts->done * 100 / total) + " % of " + std::to_string(total >> 10) + " KiB"));
    return {};
  };
  return wait<void>([&](api::Cluster::Answer<void> answer) { ask(progress, std::move(answer)); }, show);
}

Status LinkWatch::check(api::Cluster &cluster, const api::ClusterLink &link) {
  if (link.state == api::LinkState::Online) m_asked = false;
  const bool waits = link.failed && (link.state == api::LinkState::NeedsUser || link.state == api::LinkState::Offline);
  if (!waits) return {};
  if (m_asked || !m_client.hasTerminal()) return link.error;
  m_asked = true;
  cluster.connect();
  return {};
}

std::string runFolderOf(std::string given) {
  while (given.size() > 1 && given.back() == '/') given.pop_back();
  return given;
}

api::QueuedJob queuedJobOf(const api::ClusterJob &job) {
  api::QueuedJob queued;
  queued.id = job.id;
  queued.token = job.token;
  return queued;
}

Result<api::ClusterJob> jobOf(const std::string &folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored))
    return Error{ErrorCode::FileNotFound, "There is no such run folder.", folder, "Give the folder that \"attune submit\" printed."};
  if (!fs::exists(folder + "/cluster.json", ignored))
    return Error{ErrorCode::FileNotFound, "This run never went to a cluster.", folder, "Give the folder that \"attune submit\" printed."};
  return api::readClusterJob(folder);
}

bool isFollowedElsewhere(const Error &error) { return error.code == ErrorCode::Usage && endsWith(error.where, "/cluster/journal.jsonl"); }

} // namespace attune::app
