// attune merge: an adapter worked into its model, as a Hugging Face folder.
#include "app/cli/engine/export_options.h"

namespace attune::app {

namespace {

class MergeCommand : public Command {
public:
  std::string name() const override { return "merge"; }
  std::string summary() const override { return "Work an adapter into its model and write the result, checked by logits"; }
  std::string example() const override { return "attune merge --model MODEL --adapter RUN/adapter --out merged"; }
  unsigned globalOptions() const override { return kTakesThreads | kTakesDevice; }
  void addOptions(CLI::App &options) override { m_options.add(options, true); }
  Result<int> run(CommandContext &context) override { return m_options.run(context, core::ExportLayout::Own); }

private:
  ExportOptions m_options;
};

ATTUNE_COMMAND(MergeCommand);

} // namespace

} // namespace attune::app
