// attune plan: the memory forecast of a run, and with --fit the settings that fit.
#include "app/cli/command/output.h"
#include "core/api/config_fields.h"
#include "core/api/run_config_json.h"
#include "core/device/compute_device.h"
#include "core/device/dtype_policy.h"
#include "core/device/threads.h"
#include "core/io/weight_source.h"
#include "core/lora/lora_inject.h"
#include "core/plan/plan_place.h"
#include "core/plan/start_check.h"

#include <CLI/CLI.hpp>
#include <cmath>

namespace attune::app {

namespace {

using core::FitResult;

class PlanCommand : public Command {
public:
  std::string name() const override { return "plan"; }
  std::string summary() const override { return "Say how much memory a run needs, and with --fit what makes it fit"; }
  std::string example() const override { return "attune plan run.json --memory 16GiB --fit"; }
  unsigned globalOptions() const override { return kTakesThreads | kTakesDevice; }

  void addOptions(CLI::App &options) override {
    options.add_option("run", m_path, "The run's settings (run.json)")->required();
    options.add_option("--set", m_settings, "Change a setting: key=value, as often as needed");
    options.add_option("--memory", m_memory, "Memory to fit into, as 16GiB; without it what is free now");
    options.add_flag("--fit", m_fit, "Look for settings that fit");
  }

  Result<int> run(CommandContext &context) override {
    ATTUNE_TRY(api::RunConfig config, api::loadRunConfig(m_path, m_settings, api::ConfigPurpose::Plan));
    ATTUNE_TRY(const auto source, io::openModel(config.model, true));
    ATTUNE_TRY(config, core::withAdapterSettings(config));
    if (const Status targets = checkTargets(source->config(), config); !targets.ok()) return api::inConfigFile(targets.error(), m_path);
    const std::string device = context.device == "auto" ? config.device : context.device;
    const auto present = core::chooseDevice(device, context.device == "auto" ? "device" : "--device");
    int64_t asked = config.memoryCapBytes;
    if (!m_memory.empty()) {
      asked = core::parseBytes(m_memory);
      if (asked <= 0)
        return Error{
            ErrorCode::Usage, "The memory size \"" + m_memory + "\" is not understood.", "--memory", "Write it as 16GiB or 512MB.", {}};
    }
    core::PlanPlace place;
    if (present.ok()) {
      ATTUNE_CHECK(core::computeTypeFor(config.precision, core::ComputePurpose::Train, *present));
      place = core::placeOn(*present, config, core::setComputeThreads(context.threads > 0 ? context.threads : config.threads),
                            source->config());
      if (asked > 0) place.allow(asked, config.method);
    } else { // a card of another machine
      if (asked <= 0) {
        Error error = present.error();
        error.hint = "Say with --memory how much memory the device has. " + error.hint;
        return error;
      }
      place = core::placeElsewhere(device, asked, config.method);
    }
    const FitResult result = core::fitIntoMemory(source->config(), config, place.context, place.budget, m_fit);
    const std::string note = m_fit ? std::string() : core::checkpointingNote(config); // as a change with --fit
    if (context.json)
      printForecast(context, result, place, note);
    else
      printText(context, result, place, note);
    return result.fits ? 0 : exitCodeOf(ErrorCode::DoesNotFit);
  }

private:
  /// A fresh adapter's targets must be layers of the model, as when it is trained.
  static Status checkTargets(const io::ModelConfig &model, const api::RunConfig &config) {
    if (config.method != api::Method::Lora || !config.initAdapter.empty()) return {};
    ATTUNE_TRY(const core::ModelFamily *family, core::familyOf(model));
    ATTUNE_CHECK(core::selectTargets(core::linearModules(model, *family), config.lora.targets));
    return {};
  }

  static Json changesJson(const std::vector<api::FitChange> &changes) {
    Json out = Json::array();
    for (const auto &change : changes) {
      out.push_back({{"key", change.key},
                     {"from", Json::parse(change.from)},
                     {"to", Json::parse(change.to)},
                     {"why", change.why},
                     {"quality_cost", change.cost}});
    }
    return out;
  }

  static void printForecast(CommandContext &context, const FitResult &result, const core::PlanPlace &place, const std::string &note) {
    Json out;
    out["fits"] = result.fits;
    out["device"] = {{"name", place.deviceName}, {"bytes", place.budget.compute}};
    out["peak_bytes"] = result.forecast.peakBytes;
    out["host_peak_bytes"] = result.forecast.hostPeakBytes;
    if (result.tokensPerSecond > 0) out["tokens_per_second"] = result.tokensPerSecond;
    out["items"] = Json::array();
    for (const auto &item : result.forecast.items)
      out["items"].push_back({{"name", item.name}, {"bytes", item.bytes}, {"host", item.host}});
    out["changes"] = changesJson(result.changes);
    if (const auto &least = result.least)
      out["least"] = {{"peak_bytes", least->forecast.peakBytes},
                      {"host_peak_bytes", least->forecast.hostPeakBytes},
                      {"changes", changesJson(least->changes)}};
    if (!note.empty()) out["notes"] = {note};
    printJson(context, out);
  }

  static void printText(CommandContext &context, const FitResult &result, const core::PlanPlace &place, const std::string &note) {
    const bool onHost = place.context.computeOnHost;
    for (const auto &item : result.forecast.items) {
      std::string name = item.name + (item.host == onHost ? "" : " (host)");
      name.resize(std::max<size_t>(name.size(), 20), ' ');
      context.out << "  " << name << core::bytesText(item.bytes) << '\n';
    }
    const int64_t needed = result.forecast.needed(onHost);
    const bool hostIsShort = !result.fits && needed <= place.budget.compute;
    context.out << "Peak " << core::bytesText(needed) << " of " << core::bytesText(place.budget.compute);
    if (!onHost) context.out << ", on the host " << core::bytesText(result.forecast.hostPeakBytes);
    if (!onHost && place.budget.besides == INT64_MAX) context.out << " (of which nothing is known here)";
    context.out << ": " << (result.fits ? "fits." : hostIsShort ? "does not fit into the host's memory." : "does not fit.") << '\n';
    if (result.tokensPerSecond > 0) context.out << "About " << std::llround(result.tokensPerSecond) << " tokens/s.\n";
    for (const auto &change : result.changes) {
      context.out << "  " << change.key << ": " << change.from << " -> " << change.to << "  " << change.why << " Cost: " << change.cost
                  << ".\n";
    }
    if (result.least) context.out << core::leastText(*result.least, onHost) << '\n';
    if (!note.empty()) context.out << "Note: " << note << '\n';
    if (result.fits && !result.changes.empty()) context.out << "attune train --dry-run with these settings tries two steps.\n";
  }

  std::string m_path;
  std::vector<std::string> m_settings;
  std::string m_memory;
  bool m_fit = false;
};

ATTUNE_COMMAND(PlanCommand);

} // namespace

} // namespace attune::app
