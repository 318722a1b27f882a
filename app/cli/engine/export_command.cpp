// attune export llama: a model, perhaps with an adapter, as a folder that every program for Llama models opens.
#include "app/cli/engine/export_options.h"

namespace attune::app {

namespace {

class ExportCommand : public Command {
public:
  std::string name() const override { return "export"; }
  std::string summary() const override { return "Write a model for other programs: as a plain Llama, checked by logits"; }
  std::string example() const override { return "attune export llama --model Baichuan2-7B-Chat --adapter RUN/adapter --out llama"; }
  unsigned globalOptions() const override { return kTakesThreads | kTakesDevice; }
  void addOptions(CLI::App &options) override {
    options.add_option("format", m_format, "llama: a LlamaForCausalLM folder")->required()->check(CLI::IsMember({"llama"}));
    m_options.add(options, false);
  }
  Result<int> run(CommandContext &context) override { return m_options.run(context, core::ExportLayout::Llama); }

private:
  std::string m_format;
  ExportOptions m_options;
};

ATTUNE_COMMAND(ExportCommand);

} // namespace

} // namespace attune::app
