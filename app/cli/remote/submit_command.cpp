// attune submit: a run.json becomes a job on a cluster.
#include "app/cli/command/output.h"
#include "app/cli/remote/run_follower.h"
#include "core/api/run_config_json.h"
#include "core/base/clock.h"
#include "core/base/shell_word.h"

#include <CLI/CLI.hpp>
#include <filesystem>

namespace attune::app {

namespace {

namespace fs = std::filesystem;

Status checkHere(const std::string &path, const char *what) {
  std::error_code ignored;
  if (path.empty() || fs::exists(path, ignored)) return {};
  return Error{ErrorCode::FileNotFound, std::string("The ") + what + " is not there.", path, "Check the path in the run's settings."};
}

/// What has to be copied to the cluster, looked for before anybody waits for a connection.
Status checkFilesHere(const api::RunConfig &config, bool modelThere) {
  if (!modelThere) ATTUNE_CHECK(checkHere(config.model, "model"));
  for (const api::DatasetRef &file : config.dataset) ATTUNE_CHECK(checkHere(file.path, "dataset"));
  ATTUNE_CHECK(checkHere(config.validation.path, "validation file"));
  return checkHere(config.initAdapter, "adapter to start from");
}

/// "dcu:2" as Slurm writes it: the kind, and how many where that is said.
std::pair<std::string, std::optional<int64_t>> splitGres(const std::string &gres) {
  const size_t colon = gres.rfind(':');
  if (colon == std::string::npos) return {gres, std::nullopt};
  const std::string number = gres.substr(colon + 1);
  if (number.empty() || number.size() > 6 || number.find_first_not_of("0123456789") != std::string::npos) return {gres, std::nullopt};
  return {gres.substr(0, colon), std::stoll(number)};
}

class SubmitCommand : public Command {
public:
  std::string name() const override { return "submit"; }
  std::string summary() const override { return "Run a fine-tuning on a cluster"; }
  std::string example() const override {
    return "attune submit run.json --cluster home --partition kshdtest --gres dcu --cards 1 --minutes 60 --wait\n"
           "  attune submit --resume RUN\n\n"
           "What is left out is taken from the cluster's profile. Prints the run folder, which watch, fetch and cancel take.";
  }
  unsigned globalOptions() const override { return kTakesThreads | kTakesDevice | kTakesSeed | kTakesWorkspace; }

  void addOptions(CLI::App &options) override {
    options.add_option("run", m_path, "The run's settings (run.json)");
    options.add_option("--cluster", m_target.cluster, "The cluster's profile (attune cluster list)");
    options.add_option("--set", m_settings, "Change a setting: key=value, as often as needed");
    options.add_option("--out", m_out, "The local run folder; default WORKSPACE/runs/NAME-TIME");
    options.add_option("--resume", m_resume, "Continue the run in this folder, which is over, from its last checkpoint on the cluster");
    asked(options.add_option("--partition", m_target.partition, "The queue to run in"));
    asked(options.add_option("--nodes", m_target.nodes, "Nodes"));
    asked(options.add_option("--cores", m_target.cores, "Cores on each node; 0 = 8 a card, 8 without one"));
    asked(options.add_option("--gres", m_gres, "The kind of card, as dcu or gpu:a100; with a number as Slurm writes it: dcu:2"));
    asked(options.add_option("--cards", m_cards, "Cards on each node; default 1 where a kind is known, 0 = none"));
    asked(options.add_option("--minutes", m_target.minutes, "Time limit"));
    asked(options.add_option("--memory", m_target.memory, "MiB of memory on each node; 0 = what the site gives"));
    asked(options.add_option("--account", m_target.account, "The account to charge"));
    asked(options.add_option("--qos", m_target.qos, "Quality of service"));
    asked(options.add_option("--option", m_extra, "A further option of sbatch: name=value or name, as often as needed"));
    asked(options.add_flag("--salloc", m_salloc, "Hold an allocation instead of handing in a script, for queues that refuse sbatch"));
    asked(options.add_flag("--no-requeue", m_noRequeue, "Do not let the job start again after preemption, a lost node or the time limit"));
    asked(options.add_option("--model-on-cluster", m_target.model,
                             "The model's path on the cluster; without it the model is uploaded, once"));
    options.add_option("--stop-after", m_stopAfter, "Stop with a checkpoint after so many optimizer steps")
        ->check(CLI::Range(int64_t(1), int64_t(1) << 40));
    options.add_flag("--wait", m_wait, "Follow the run to its end, as watch does");
  }

  Result<int> run(CommandContext &context) override {
    ATTUNE_TRY(api::RunRequest request, makeRequest(context));
    ClusterClient client(context);
    std::string cluster = m_target.cluster;
    if (request.resume) {
      ATTUNE_TRY(const api::ClusterJob before, jobOf(request.folder));
      if (cluster.empty()) cluster = before.cluster;
    }
    ATTUNE_TRY(const api::ClusterProfile profile, client.profile(cluster));
    if (!request.resume || m_asked) request.cluster = targetOn(profile);
    ATTUNE_CHECK(client.connect(cluster));

    const auto end = std::make_shared<LastEvent>();
    ATTUNE_TRY(const auto run, client.service().backend().startRun(request, end));
    RunFollower follower(context, client, run->folder());
    follower.take(run, end);
    ATTUNE_TRY(const api::ClusterJob job, follower.untilSubmitted());
    if (job.id.empty()) return notSubmitted(context, request, job);
    if (context.json)
      printJson(context, {{"run", job.folder}, {"token", job.token}, {"job", job.id}});
    else
      context.out << job.folder << std::endl;
    if (m_wait) return follower.untilOver(RunFollower::Show::Events); // which tells the warnings, too
    if (context.quiet) return 0;
    for (const std::string &warning : end->warnings()) context.err << "warning: " << printable(warning) << '\n';
    context.err << "Job " << printable(job.id) << " on " << printable(cluster) << ". Follow it with: attune watch "
                << printable(shellWord(job.folder)) << '\n';
    return 0;
  }

private:
  void asked(CLI::Option *option) {
    option->each([this](const std::string &) { m_asked = true; });
  }

  Result<api::RunRequest> makeRequest(const CommandContext &context) const {
    api::RunRequest request;
    request.stopAfter = m_stopAfter;
    if (!m_resume.empty()) {
      if (!m_path.empty() || !m_out.empty() || !m_settings.empty())
        return Error{ErrorCode::Usage,
                     "--resume takes the run's own settings and folder.",
                     "--resume",
                     "Leave RUN.json, --out and --set out.",
                     {},
                     {}};
      request.resume = true;
      request.folder = runFolderOf(m_resume);
      return request;
    }
    if (m_path.empty()) return Error{ErrorCode::Usage, "Give a RUN.json, or --resume with a run folder.", "", "See: attune submit --help"};
    if (m_target.cluster.empty())
      return Error{ErrorCode::Usage, "Say with --cluster where it runs.", "--cluster", "\"attune cluster list\" shows the clusters."};
    std::vector<std::string> settings = m_settings;
    if (context.threads > 0) settings.push_back("threads=" + std::to_string(context.threads));
    if (context.seed) settings.push_back("seed=" + std::to_string(*context.seed));
    if (context.device != "auto") settings.push_back("device=" + context.device);
    auto config = api::loadRunConfig(m_path, settings);
    const bool modelThere = !m_target.model.empty();
    if (modelThere && !config.ok() && config.error().problems.size() == 1 && config.error().problems[0].key == "model") {
      settings.push_back("model=" + m_target.model); // none is needed here
      config = api::loadRunConfig(m_path, settings);
    }
    if (!config.ok()) return config.error();
    request.config = *config;
    ATTUNE_CHECK(checkFilesHere(request.config, modelThere));
    request.numbered = m_out.empty();
    request.folder = request.numbered ? context.workspace + "/runs/" + request.config.name + "-" + localStamp() : runFolderOf(m_out);
    return request;
  }

  /// What was asked for, with what the profile has where nothing was.
  api::ClusterTarget targetOn(const api::ClusterProfile &profile) const {
    api::ClusterTarget target = m_target;
    target.cluster = profile.name;
    const auto fill = [](std::string &value, const std::string &usual) {
      if (value.empty()) value = usual;
    };
    fill(target.partition, profile.partition);
    fill(target.account, profile.account);
    fill(target.qos, profile.qos);
    const auto [gres, count] = splitGres(m_gres.empty() ? profile.gres : m_gres);
    target.cards = m_cards.value_or(gres.empty() ? 0 : count.value_or(1));
    if (target.cards != 0 || !m_gres.empty()) target.gres = gres;
    for (const std::string &option : m_extra) {
      const size_t equals = option.find('=');
      target.extra.emplace_back(option.substr(0, equals), equals == std::string::npos ? "" : option.substr(equals + 1));
    }
    target.requeue = !m_noRequeue;
    target.mode = m_salloc ? api::SubmitMode::Salloc : api::SubmitMode::Sbatch;
    return target;
  }

  /// Why there is no job. A request that was refused leaves no folder behind.
  static Result<int> notSubmitted(const CommandContext &context, const api::RunRequest &request, const api::ClusterJob &job) {
    if (job.result == "cancelled" || context.stop.stopRequested())
      return Error{ErrorCode::Interrupted, "Stopped before the job was submitted.", job.folder, ""};
    const Error error =
        job.problem.value_or(Error{ErrorCode::IoFailed, "The job was not accepted.", job.folder, "Look at its events.", {}, {}});
    if (!request.resume && exitCodeOf(error.code) == exitCodeOf(ErrorCode::Usage)) {
      std::error_code ignored;
      fs::remove_all(job.folder, ignored);
    }
    return error;
  }

  std::string m_path, m_out, m_resume, m_gres;
  std::vector<std::string> m_settings, m_extra;
  api::ClusterTarget m_target;
  std::optional<int64_t> m_cards;
  int64_t m_stopAfter = 0;
  bool m_salloc = false, m_noRequeue = false, m_wait = false, m_asked = false;
};

ATTUNE_COMMAND(SubmitCommand);

} // namespace

} // namespace attune::app
