#include "app/cli/engine/export_options.h"

#include "app/cli/command/output.h"
#include "app/cli/command/progress_line.h"
#include "core/device/threads.h"
#include "core/plan/memory_planner.h"

#include <cmath>

namespace attune::app {

void ExportOptions::add(CLI::App &options, bool adapterRequired) {
  options.add_option("--model", m_model, "A Hugging Face folder or a .gguf file")->required();
  auto *adapter = options.add_option("--adapter", m_adapter, "A PEFT adapter folder to work in");
  if (adapterRequired) adapter->required();
  options.add_option("--out", m_out, "The folder to write; absent or empty")->required();
  options.add_option("--dtype", m_type, "Number type of the weights; same: as the model's files have them")
      ->check(CLI::IsMember({"same", "fp32", "bf16", "fp16"}))
      ->capture_default_str();
  options.add_option("--max-shard-size", m_shard, "Largest file of weights, as 5GB or 500MiB")->capture_default_str();
}

Result<int> ExportOptions::run(CommandContext &context, core::ExportLayout layout) const {
  core::ExportRequest request;
  request.model = m_model;
  request.adapter = m_adapter;
  request.out = m_out;
  request.layout = layout;
  if (m_type != "same") request.type = m_type == "fp32" ? io::DType::F32 : m_type == "bf16" ? io::DType::BF16 : io::DType::F16;
  const int64_t shard = core::parseBytes(m_shard);
  if (shard <= 0)
    return Error{ErrorCode::Usage, "The size \"" + m_shard + "\" is not understood.", "--max-shard-size", "Write it as 5GB or 500MiB.", {}};
  request.maxShardBytes = static_cast<uint64_t>(shard);
  core::setComputeThreads(context.threads);
  ProgressLine line(context);
  std::string doing;
  const auto result = core::exportFolder(request, [&](const std::string &what, double share) -> Status {
    if (context.stop.stopRequested()) return Error{ErrorCode::Interrupted, "Stopped; nothing was kept.", "", ""};
    const bool moves = share > 0.0 && share < 1.0;
    line.show(what + (moves ? ": " + std::to_string(std::lround(100 * share)) + "%" : ""), what != doing);
    doing = what;
    return {};
  });
  line.finish();
  if (!result.ok()) return result.error();
  const core::ParityReport &parity = result->parity;
  if (!result->warning.empty() && !context.quiet) context.err << result->warning << '\n';
  if (context.json) {
    printJson(context, {{"max_logit_difference", parity.maxDifference},
                        {"relative_logit_difference", parity.relativeDifference},
                        {"top1_agreement", parity.topAgreement},
                        {"bytes", result->bytes},
                        {"out", m_out}});
    return 0;
  }
  context.out << "out: " << printable(m_out) << "\nmax logit difference: " << parity.maxDifference
              << "\nsame likeliest token: " << 100 * parity.topAgreement << "%\n";
  return 0;
}

} // namespace attune::app
