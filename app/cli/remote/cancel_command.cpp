// attune cancel: ends the job of a run on a cluster.
#include "app/cli/command/output.h"
#include "app/cli/remote/run_follower.h"

#include <CLI/CLI.hpp>

namespace attune::app {

namespace {

class CancelCommand : public Command {
public:
  std::string name() const override { return "cancel"; }
  std::string summary() const override { return "End the job of a run on a cluster"; }
  std::string example() const override {
    return "attune cancel ~/Attune/runs/first-20261127-101500\n\n"
           "A training that runs gets the seconds that the site leaves for a checkpoint; with --stop it may finish its step and write one.";
  }
  unsigned globalOptions() const override { return kTakesWorkspace; }
  void addOptions(CLI::App &options) override {
    options.add_option("run", m_run, "The run folder that submit printed")->required();
    options.add_flag("--stop", m_gently, "Let the training write a checkpoint and end by itself");
  }

  Result<int> run(CommandContext &context) override {
    const std::string folder = runFolderOf(m_run);
    ATTUNE_TRY(api::ClusterJob job, jobOf(folder));
    std::string state = "over";
    if (job.phase != api::JobPhase::Over) {
      ClusterClient client(context);
      ATTUNE_TRY(const auto cluster, client.connect(job.cluster));
      RunFollower follower(context, client, folder);
      const Status attached = follower.attach();
      const bool onlyThere = !attached.ok() && attached.error().code == ErrorCode::IoFailed && !m_gently && !job.id.empty();
      if (!attached.ok() && !onlyThere) return attached.error(); // a disk that cannot be written keeps no job going
      if (m_gently && !follower.run())
        return Error{ErrorCode::Usage, "Another Attune follows this run.", folder, "Stop it there, or cancel it without --stop."};
      if (!follower.run() && job.id.empty())
        return Error{ErrorCode::Usage, "Another Attune is still sending this run to the cluster: it has no job yet.", folder,
                     "Stop it there (Ctrl-C), or cancel it once it has one."};
      if (m_gently) {
        follower.run()->requestStop();
        state = "asked";
      } else {
        ATTUNE_TRY(state, client.wait<std::string>([&](auto answer) {
          if (follower.run()) return follower.run()->cancel(std::move(answer));
          cluster->act(queuedJobOf(job), api::JobAction::Cancel, std::move(answer));
        }));
      }
      if (onlyThere) return report(context, folder, job, state);
      ATTUNE_TRY(job, follower.untilOver(kEndSeconds));
    }
    return report(context, folder, job, state);
  }

private:
  static constexpr double kEndSeconds = 60; // for the scheduler to confirm it

  static Result<int> report(CommandContext &context, const std::string &folder, const api::ClusterJob &job, const std::string &state) {
    const bool over = job.phase == api::JobPhase::Over;
    if (context.json) {
      printJson(context, {{"run", folder},
                          {"token", job.token},
                          {"job", job.id},
                          {"state", state},
                          {"over", over},
                          {"result", over ? Json(job.result) : Json()}});
    } else if (over) {
      context.out << "The job is over: " << printable(job.result) << ".\n";
    } else {
      context.out << "The job was asked to end; \"attune watch\" tells when it has.\n";
    }
    return 0;
  }

  std::string m_run;
  bool m_gently = false;
};

ATTUNE_COMMAND(CancelCommand);

} // namespace

} // namespace attune::app
