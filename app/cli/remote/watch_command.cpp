// attune watch: a run on a cluster, seen to its end.
#include "app/cli/remote/run_follower.h"

#include <CLI/CLI.hpp>

namespace attune::app {

namespace {

class WatchCommand : public Command {
public:
  std::string name() const override { return "watch"; }
  std::string summary() const override { return "Follow a run on a cluster: its events from the first one on, to the end"; }
  std::string example() const override {
    return "attune watch ~/Attune/runs/first-20261127-101500\n  attune watch RUN --log\n\n"
           "Ctrl-C leaves the job running, to be watched again; SIGUSR1 asks it for a checkpoint. When the run is over its result is "
           "copied\ninto the run folder. Exit codes as those of train; 130 also when the job was cancelled or ran out of time.";
  }
  unsigned globalOptions() const override { return kTakesWorkspace; }
  void addOptions(CLI::App &options) override {
    options.add_option("run", m_run, "The run folder that submit printed")->required();
    options.add_flag("--log", m_log, "Show the job's log instead of the events");
  }

  Result<int> run(CommandContext &context) override {
    if (m_log && context.json) return Error{ErrorCode::Usage, "--log shows text, --json shows events.", "--log", "Leave one of them out."};
    const std::string folder = runFolderOf(m_run);
    ATTUNE_TRY(const api::ClusterJob job, jobOf(folder));
    ClusterClient client(context);
    RunFollower follower(context, client, folder);
    if (job.phase != api::JobPhase::Over) ATTUNE_CHECK(follower.attach());
    ATTUNE_TRY(const int code, follower.untilOver(m_log ? RunFollower::Show::Log : RunFollower::Show::Events));
    if (code == 0 && !context.json && !m_log) context.out << folder << '\n';
    return code;
  }

private:
  std::string m_run;
  bool m_log = false;
};

ATTUNE_COMMAND(WatchCommand);

} // namespace

} // namespace attune::app
