#include "app/cli/command/output.h"

#include <CLI/CLI.hpp>
#include <torch/version.h>

namespace attune::app {

namespace {

struct Check {
  std::string id;
  std::string status; // ok | warn | fail
  std::string found;
  std::string advice;
};

class DoctorCommand : public Command {
public:
  std::string name() const override { return "doctor"; }
  std::string summary() const override { return "Look at this machine: devices, number types, traps"; }
  std::string example() const override { return "attune doctor --json"; }
  unsigned globalOptions() const override { return kTakesThreads | kTakesDevice; }
  void addOptions(CLI::App &) override {}

  Result<int> run(CommandContext &context) override {
    std::vector<Check> checks;
    checks.push_back({"attune", "ok", versionText(), ""});
    checks.push_back({"libtorch", "ok", TORCH_VERSION, ""});
    if (context.json) {
      Json list = Json::array();
      for (const Check &check : checks)
        list.push_back({{"id", check.id}, {"status", check.status}, {"found", check.found}, {"advice", check.advice}});
      printJson(context, {{"checks", list}});
      return 0;
    }
    for (const Check &check : checks) {
      context.out << check.status << "  " << check.id << ": " << check.found << '\n';
      if (!check.advice.empty()) context.out << "      " << check.advice << '\n';
    }
    return 0;
  }
};

ATTUNE_COMMAND(DoctorCommand);

} // namespace

} // namespace attune::app
