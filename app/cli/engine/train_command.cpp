// attune train: one run, from run.json to an adapter.
#include "app/cli/command/event_printer.h"
#include "app/cli/command/output.h"
#include "app/cli/command/signals.h"
#include "core/api/run_config_json.h"
#include "core/base/clock.h"
#include "core/base/shell_word.h"
#include "core/plan/memory_planner.h"
#include "core/train/run_training.h"

#include <CLI/CLI.hpp>
#include <cmath>

namespace attune::app {

namespace {

class TrainCommand : public Command {
public:
  std::string name() const override { return "train"; }
  std::string summary() const override { return "Run a fine-tuning described by a run.json"; }
  std::string example() const override {
    return "attune train run.json --set lora.rank=16 --out runs/first\n  attune train --resume runs/first\n\nSettings of run.json:\n" +
           api::settingsHelp(true);
  }
  unsigned globalOptions() const override { return kTakesThreads | kTakesDevice | kTakesSeed | kTakesWorkspace; }

  void addOptions(CLI::App &options) override {
    options.add_option("run", m_path, "The run's settings (run.json)");
    options.add_option("--set", m_settings, "Change a setting: key=value, as often as needed");
    options.add_option("--out", m_out, "The run folder; default WORKSPACE/runs/NAME-TIME");
    options.add_option("--resume", m_resume, "Continue the run in this folder from its last checkpoint");
    options.add_flag("--dry-run", m_dryRun, "Check everything and train two steps, keeping nothing, to see what the run takes");
    options.add_option("--stop-after", m_stopAfter, "Stop with a checkpoint after so many optimizer steps")
        ->check(CLI::Range(int64_t(1), int64_t(1) << 40));
  }

  Result<int> run(CommandContext &context) override {
    core::TrainingRequest request;
    request.dryRun = m_dryRun;
    request.stop = context.stop;
    ATTUNE_TRY(request.run, makeRequest(context));
    EventPrinter printer(context);
    request.progress = [&](const std::string &text) {
      if (context.progress && !context.json) printer.say(text + " ...");
    };
    core::RunControl control;
    control.externalStop = [&] { return context.stop.stopRequested(); };
    control.externalCheckpoint = takeCheckpointRequest;
    request.opened = [&](const std::string &folder) {
      if (request.run.numbered) printer.say("Run folder: " + folder);
    };
    const auto result = core::runTraining(request, printer, control);
    if (!result.ok()) return api::inConfigFile(result.error(), m_path.empty() ? m_resume + "/run.json" : m_path);
    return report(context, *result);
  }

private:
  Result<api::RunRequest> makeRequest(const CommandContext &context) const {
    api::RunRequest run;
    run.stopAfter = m_stopAfter;
    std::vector<std::string> settings = m_settings;
    if (context.threads > 0) settings.push_back("threads=" + std::to_string(context.threads));
    if (context.seed) settings.push_back("seed=" + std::to_string(*context.seed));
    if (context.device != "auto") settings.push_back("device=" + context.device);
    if (!m_resume.empty()) {
      if (!m_path.empty() || !m_out.empty()) {
        return Error{ErrorCode::Usage,
                     "--resume takes the run's own settings and folder, so RUN.json and --out cannot be given with it.",
                     "--resume",
                     "Leave them out, or use --set for what may change.",
                     {}};
      }
      run.resume = true;
      run.folder = m_resume;
      run.settings = settings;
      return run;
    }
    if (m_path.empty()) {
      return Error{ErrorCode::Usage, "Give a RUN.json, or --resume with a run folder.", "", "attune train --help shows an example.", {}};
    }
    ATTUNE_TRY(run.config, api::loadRunConfig(m_path, settings));
    run.numbered = m_out.empty();
    run.folder = run.numbered ? context.workspace + "/runs/" + run.config.name + "-" + localStamp() : m_out;
    return run;
  }

  int report(CommandContext &context, const core::TrainingResult &result) const {
    if (m_dryRun) {
      if (context.json) {
        const auto peaks = [](const core::PeakBytes &bytes) { return Json{{"peak_bytes", bytes.device}, {"host_peak_bytes", bytes.host}}; };
        printJson(context, {{"dry_run", true},
                            {"total_steps", result.totalSteps},
                            {"forecast", peaks(result.forecast)},
                            {"measured", peaks(result.measured)},
                            {"tokens_per_second", result.tokensPerSecond},
                            {"epoch_tokens", result.epochTokens}});
      } else {
        const auto line = [&](const char *where, int64_t forecast, int64_t measured) {
          if (forecast > 0) context.out << where << core::bytesText(measured) << " taken, " << core::bytesText(forecast) << " forecast\n";
        };
        context.out << "Everything is in order: " << result.totalSteps << " steps at about " << std::llround(result.tokensPerSecond)
                    << " tokens/s";
        if (result.tokensPerSecond > 0)
          context.out << ", an epoch in " << durationText(static_cast<double>(result.epochTokens) / result.tokensPerSecond);
        context.out << ".\n";
        line("Device memory: ", result.forecast.device, result.measured.device);
        line("Host memory: ", result.forecast.host, result.measured.host);
      }
      return 0;
    }
    if (result.outcome == api::RunOutcome::Failed) {
      if (!context.json) return reportError(context, *result.error);
      return exitCodeOf(result.error->code); // run_finished has told it
    }
    if (!context.json) context.out << result.folder << '\n';
    if (result.outcome == api::RunOutcome::Completed) return 0;
    if (!context.quiet) {
      context.err << "Stopped after step " << result.step << " of " << result.totalSteps
                  << " with a checkpoint; continue with: attune train --resume " << shellWord(result.folder) << '\n';
    }
    return context.stop.stopRequested() ? exitCodeOf(ErrorCode::Interrupted) : 0;
  }

  std::string m_path;
  std::vector<std::string> m_settings;
  std::string m_out;
  std::string m_resume;
  bool m_dryRun = false;
  int64_t m_stopAfter = 0;
};

ATTUNE_COMMAND(TrainCommand);

} // namespace

} // namespace attune::app
