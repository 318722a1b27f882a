#include "app/cli/command/output.h"
#include "core/device/compute_device.h"
#include "core/device/machine_check.h"

#include <CLI/CLI.hpp>
#include <filesystem>

namespace attune::app {

namespace {

class DoctorCommand : public Command {
public:
  std::string name() const override { return "doctor"; }
  std::string summary() const override { return "Look at this machine: devices, number types, traps"; }
  std::string example() const override { return "attune doctor --json"; }
  unsigned globalOptions() const override { return kTakesThreads | kTakesDevice | kTakesWorkspace; }
  void addOptions(CLI::App &) override {}

  Result<int> run(CommandContext &context) override {
    ATTUNE_TRY(const at::Device device, core::chooseDevice(context.device, "--device"));
    std::vector<core::MachineCheck> checks = {{"attune", "ok", versionText(), ""}};
    for (core::MachineCheck &check : core::checkMachine(context.workspace, context.threads, device)) checks.push_back(std::move(check));
    checks.push_back(starterModel(context.workspace));
    if (context.json) {
      Json list = Json::array();
      for (const core::MachineCheck &check : checks)
        list.push_back({{"id", check.id}, {"status", check.status}, {"found", check.found}, {"advice", check.advice}});
      printJson(context, {{"checks", list}});
      return 0;
    }
    for (const core::MachineCheck &check : checks) {
      context.out << check.status << "  " << check.id << ": " << check.found << '\n';
      if (!check.advice.empty()) context.out << "      " << check.advice << '\n';
    }
    return 0;
  }

private:
  /// The model that ./dev setup fetches, where this build or the workspace would have it.
  static core::MachineCheck starterModel(const std::string &workspace) {
    const std::string file = "SmolLM2-135M-Instruct.Q4_1.gguf";
    std::error_code ignored;
    for (const std::string &folder : {std::string(".deps/models"), workspace + "/models"}) {
      if (std::filesystem::exists(folder + "/" + file, ignored)) return {"starter_model", "ok", folder + "/" + file, ""};
    }
    return {"starter_model", "warn", "not found", "Run ./dev setup in the source folder, or give any model with its path."};
  }
};

ATTUNE_COMMAND(DoctorCommand);

} // namespace

} // namespace attune::app
