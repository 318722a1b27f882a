#include "app/cli/engine/model_options.h"

#include "core/api/config_fields.h"
#include "core/device/compute_device.h"
#include "core/device/dtype_policy.h"

#include <ATen/Parallel.h>

namespace attune::app {

void ModelOptions::add(CLI::App &options) {
  options.add_option("--model", model, "A Hugging Face folder or a .gguf file")->required();
  options.add_option("--adapter", adapter, "A PEFT adapter folder");
  options.add_option("--precision", precision, "Number type of the computation; auto is fp32")
      ->check(CLI::IsMember({"auto", "fp32", "bf16", "fp16"}))
      ->capture_default_str();
  options.add_option("--quant", quant, "Quantisation of the base weights")
      ->check(CLI::IsMember({"none", "int8", "nf4"}))
      ->capture_default_str();
}

Result<core::LoadOptions> ModelOptions::loadOptions(const CommandContext &context) const {
  if (context.threads > 0) at::set_num_threads(static_cast<int>(context.threads));
  auto device = core::chooseDevice(context.device, "--device");
  if (!device.ok()) return device.error();
  auto asked = api::Precision::Auto;
  for (const auto kind : {api::Precision::Fp32, api::Precision::Bf16, api::Precision::Fp16})
    if (precision == api::nameOf(kind)) asked = kind;
  auto type = core::computeTypeFor(asked, core::ComputePurpose::Measure, *device);
  if (!type.ok()) {
    Error error = type.error();
    error.where = "--precision";
    return error;
  }
  core::LoadOptions options(*type, *device);
  for (const auto kind : {api::Quantization::Int8, api::Quantization::Nf4})
    if (quant == api::nameOf(kind)) options.quantization = kind;
  return options;
}

namespace {

Result<core::ModelSession> told(const CommandContext &context, Result<core::ModelSession> session) {
  if (session.ok() && session->model.dequantised && !context.quiet)
    context.err << "The model stores its weights in NF4; they are decoded. With --quant nf4 they stay as they are.\n";
  if (session.ok() && !session->model.surplus.empty() && !context.quiet) context.err << session->model.surplus << '\n';
  return session;
}

} // namespace

Result<core::ModelSession> ModelOptions::open(const CommandContext &context, bool needsText) const {
  ATTUNE_TRY(const core::LoadOptions options, loadOptions(context));
  return told(context, core::ModelSession::open(model, adapter, options, needsText));
}

Result<core::ModelSession> ModelOptions::openToGenerate(const CommandContext &context, bool needsText) const {
  ATTUNE_TRY(const core::LoadOptions options, loadOptions(context));
  return told(context, core::ModelSession::openToGenerate(model, adapter, options, needsText));
}

void SamplingFlags::add(CLI::App &options) {
  const std::string usual = std::to_string(usualNewTokens);
  options.add_option("--max-new-tokens", maxNewTokens, "Longest answer in tokens (default: the model's own, else " + usual + ")")
      ->check(CLI::Range(int64_t(1), int64_t(INT32_MAX)));
  options.add_flag("--greedy", greedy, "Always take the likeliest token; penalties only if given");
  options.add_option("--temperature", temperature, "Sharpness of sampling (default: the model's own)")->check(CLI::Range(0.0, 100.0));
  options.add_option("--top-k", topK, "Keep the K likeliest tokens, 0 = all")->check(CLI::Range(int64_t(0), int64_t(INT32_MAX)));
  options.add_option("--top-p", topP, "Keep the likeliest tokens of this total probability")->check(CLI::Range(0.0, 1.0));
  options.add_option("--min-p", minP, "Drop tokens below this share of the likeliest")->check(CLI::Range(0.0, 1.0));
  options.add_option("--repetition-penalty", repetitionPenalty, "Above 1 makes tokens already seen less likely")
      ->check(CLI::Range(0.01, 100.0));
}

int64_t SamplingFlags::newTokens(const io::GenerationDefaults &defaults) const {
  return maxNewTokens ? *maxNewTokens : defaults.maxNewTokens.value_or(usualNewTokens);
}

core::SamplingOptions SamplingFlags::resolve(const io::GenerationDefaults &defaults, uint64_t seed) const {
  core::SamplingOptions sampling;
  const bool asked = temperature || topK || topP || minP;
  sampling.greedy = greedy || (!asked && !defaults.doSample.value_or(false));
  sampling.temperature = temperature ? *temperature : defaults.temperature.value_or(1.0);
  sampling.topK = topK ? *topK : defaults.topK.value_or(0);
  sampling.topP = topP ? *topP : defaults.topP.value_or(1.0);
  sampling.minP = minP ? *minP : defaults.minP.value_or(0.0);
  const double usual = greedy ? 1.0 : defaults.repetitionPenalty.value_or(1.0);
  sampling.repetitionPenalty = repetitionPenalty ? *repetitionPenalty : usual;
  sampling.seed = seed;
  return sampling;
}

} // namespace attune::app
