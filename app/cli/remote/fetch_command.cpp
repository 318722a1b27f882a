// attune fetch: what a run on a cluster made, copied into its local folder.
#include "app/cli/command/output.h"
#include "app/cli/remote/run_follower.h"
#include "remote/ssh/file_hash.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

namespace attune::app {

namespace {

namespace fs = std::filesystem;

/// What lies in the folder now, with hashes: those of the cluster, as the copies were checked by them.
Result<Json> fetchedFiles(const std::string &folder, const StopToken &stop) {
  std::vector<std::string> paths;
  for (const char *part : {"adapter", "model", "checkpoints"}) {
    std::error_code error;
    for (fs::recursive_directory_iterator entry(folder + "/" + part, error), end; !error && entry != end; entry.increment(error)) {
      std::error_code ignored;
      if (entry->is_regular_file(ignored) && !entry->is_symlink(ignored)) paths.push_back(entry->path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  Json files = Json::array();
  for (const std::string &path : paths) {
    ATTUNE_TRY(const std::string hash, remote::fileHash(path, stop));
    std::error_code ignored;
    files.push_back({{"path", path.substr(folder.size() + 1)}, {"bytes", fs::file_size(path, ignored)}, {"sha256", hash}});
  }
  return files;
}

class FetchCommand : public Command {
public:
  std::string name() const override { return "fetch"; }
  std::string summary() const override { return "Copy what a run on a cluster made into its local folder, checked by hashes"; }
  std::string example() const override {
    return "attune fetch ~/Attune/runs/first-20261127-101500 --checkpoints\n\n"
           "A copy that was cut off goes on where it ended; what lies here already is not copied again. A run that left no result gives "
           "its\n"
           "last checkpoint.";
  }
  unsigned globalOptions() const override { return kTakesWorkspace; }
  void addOptions(CLI::App &options) override {
    options.add_option("run", m_run, "The run folder that submit printed")->required();
    options.add_flag("--checkpoints", m_everything, "Every checkpoint, too");
    options.add_flag("--remove", m_remove, "Remove the job's folder on the cluster once everything is here");
  }

  Result<int> run(CommandContext &context) override {
    const std::string folder = runFolderOf(m_run);
    ATTUNE_TRY(api::ClusterJob job, jobOf(folder));
    ClusterClient client(context);
    ATTUNE_TRY(const auto cluster, client.connect(job.cluster));
    RunFollower follower(context, client, folder);
    if (job.phase != api::JobPhase::Over) {
      ATTUNE_CHECK(checkEnded(client, *cluster, job));
    }
    ATTUNE_CHECK(follower.attach());
    if (!follower.run()) return Error{ErrorCode::Usage, "Another Attune follows this run.", folder, "It fetches the result by itself."};
    ATTUNE_TRY(job, follower.untilOver(kEndSeconds));
    const auto what = m_everything ? api::FetchWhat::Everything : api::FetchWhat::Result;
    ATTUNE_CHECK(client.transfer("Fetching from " + job.cluster, [&](api::TransferProgress progress, api::Cluster::Answer<void> answer) {
      follower.run()->fetch(what, std::move(progress), context.stop, std::move(answer));
    }));
    if (m_remove)
      ATTUNE_CHECK(client.wait<void>([&](api::Cluster::Answer<void> answer) { follower.run()->removeRemote(std::move(answer)); }));
    return report(context, folder, follower.run()->job());
  }

private:
  static constexpr double kEndSeconds = 120; // for the look at a job that has ended meanwhile, and its result

  /// Usage while the job waits or runs.
  static Status checkEnded(ClusterClient &client, api::Cluster &cluster, const api::ClusterJob &job) {
    ATTUNE_TRY(const auto queue, client.wait<std::vector<api::QueuedJob>>([&](auto answer) { cluster.queue(std::move(answer)); }));
    for (const api::QueuedJob &queued : queue)
      if (queued.token == job.token && queued.state != "COMPLETING")
        return Error{ErrorCode::Usage, "The run is not over: its job is " + queued.state + ".", job.folder,
                     "Wait for its end with \"attune watch\", or cancel it."};
    return {};
  }

  Result<int> report(CommandContext &context, const std::string &folder, const api::ClusterJob &job) const {
    if (!context.json) {
      context.out << folder << '\n';
      return 0;
    }
    ATTUNE_TRY(Json files, fetchedFiles(folder, context.stop));
    printJson(context, {{"run", folder}, {"token", job.token}, {"job", job.id}, {"result", job.result}, {"files", std::move(files)}});
    return 0;
  }

  std::string m_run;
  bool m_everything = false, m_remove = false;
};

ATTUNE_COMMAND(FetchCommand);

} // namespace

} // namespace attune::app
