// attune inspect PATH: what a path is, and what is wrong with it.
#include "app/cli/command/output.h"
#include "core/base/shorten.h"
#include "core/data/describe_path.h"

#include <CLI/CLI.hpp>

namespace attune::app {

namespace {

constexpr size_t kMaxShown = 40;      // entries of a list in the text for people
constexpr size_t kMaxShownText = 600; // bytes of a text, such as a licence

std::string shown(const Json &value) {
  return printable(value.is_string() ? shortened(value.get<std::string>(), kMaxShownText) : dumpJson(value, -1));
}

void printText(std::ostream &out, const Json &facts) {
  for (const auto &[key, value] : facts.items()) {
    if (!value.is_structured()) {
      out << key << ": " << shown(value) << '\n';
      continue;
    }
    if (value.empty()) continue;
    out << key << " (" << value.size() << "):\n";
    size_t count = 0;
    for (const auto &[name, item] : value.items()) {
      if (++count > kMaxShown) {
        out << "  ... and " << value.size() - kMaxShown << " more\n";
        break;
      }
      out << "  " << (value.is_object() ? printable(name) + ": " : "") << shown(item) << '\n';
    }
  }
}

class InspectCommand : public Command {
public:
  std::string name() const override { return "inspect"; }
  std::string summary() const override { return "Say what a model, adapter, dataset or run is"; }
  std::string example() const override { return "attune inspect model.gguf"; }
  void addOptions(CLI::App &options) override {
    options.add_option("path", m_path, "A model or adapter folder, .gguf, .safetensors or .bin file, run folder or dataset")->required();
  }

  Result<int> run(CommandContext &context) override {
    ATTUNE_TRY(io::Description description, data::describePath(m_path));
    if (context.json) {
      if (description.error) description.facts["error"] = errorJson(*description.error);
      printJson(context, description.facts);
      return description.error ? exitCodeOf(description.error->code) : 0;
    }
    printText(context.out, description.facts);
    if (description.error) return *description.error;
    return 0;
  }

private:
  std::string m_path;
};

ATTUNE_COMMAND(InspectCommand);

} // namespace

} // namespace attune::app
