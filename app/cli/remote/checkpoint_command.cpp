// attune checkpoint: asks a training on a cluster for a checkpoint now.
#include "app/cli/command/output.h"
#include "app/cli/remote/cluster_client.h"

#include <CLI/CLI.hpp>

namespace attune::app {

namespace {

class CheckpointCommand : public Command {
public:
  std::string name() const override { return "checkpoint"; }
  std::string summary() const override { return "Ask a run on a cluster to write a checkpoint and go on"; }
  std::string example() const override { return "attune checkpoint ~/Attune/runs/first-20261127-101500"; }
  unsigned globalOptions() const override { return kTakesWorkspace; }
  void addOptions(CLI::App &options) override { options.add_option("run", m_run, "The run folder that submit printed")->required(); }

  Result<int> run(CommandContext &context) override {
    const std::string folder = runFolderOf(m_run);
    ATTUNE_TRY(const api::ClusterJob job, jobOf(folder));
    if (job.phase == api::JobPhase::Over) return Error{ErrorCode::Usage, "The run is over.", folder, ""};
    if (job.id.empty()) return Error{ErrorCode::Usage, "The job has no number yet.", folder, "Ask again when it runs."};
    ClusterClient client(context);
    ATTUNE_TRY(const auto cluster, client.connect(job.cluster));
    ATTUNE_TRY(const std::string state, client.wait<std::string>([&](auto answer) {
      cluster->act(queuedJobOf(job), api::JobAction::Checkpoint, std::move(answer));
    }));
    if (context.json)
      printJson(context, {{"run", folder}, {"token", job.token}, {"job", job.id}, {"state", state}});
    else
      context.out << "Asked for a checkpoint; the run tells when it is written.\n";
    return 0;
  }

private:
  std::string m_run;
};

ATTUNE_COMMAND(CheckpointCommand);

} // namespace

} // namespace attune::app
