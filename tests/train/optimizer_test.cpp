#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/train/lr_schedule.h"
#include "core/train/optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

using namespace attune;
using namespace attune::core;

namespace {

Json reference() {
  auto json = readJsonFile(std::string(ATTUNE_SOURCE_DIR) + "/tests/data/train/reference.json");
  REQUIRE(json.ok());
  return *json;
}

Tensor tensorOf(const Json &values, const std::vector<int64_t> &shape) {
  return at::tensor(values.get<std::vector<float>>(), at::kFloat).view(shape).clone();
}

std::vector<NamedParameter> referenceParameters(const Json &json) {
  std::vector<NamedParameter> parameters;
  for (const char *name : {"matrix", "norm", "lora_B"}) {
    Tensor value = tensorOf(json["start"][name], json["shapes"][name].get<std::vector<int64_t>>());
    value.set_requires_grad(true);
    parameters.push_back({name, value, std::string(name) != "norm", std::string(name) == "lora_B"});
  }
  return parameters;
}

api::OptimizerConfig referenceOptions() {
  api::OptimizerConfig options;
  options.beta2 = 0.98;
  options.weightDecay = 0.1;
  return options;
}

void setGradients(std::vector<NamedParameter> &parameters, const Json &gradients) {
  for (NamedParameter &p : parameters) p.tensor.mutable_grad() = tensorOf(gradients[p.name], p.tensor.sizes().vec());
}

} // namespace

// Silent bug 17. To see it fail: let norms decay (drop `decays` in AdamW::step), or decay B by surprise differently.
TEST_CASE("AdamW equals torch.optim.AdamW, with decay on matrices only and LoRA+ on B") {
  const Json json = reference();
  auto parameters = referenceParameters(json);
  Optimizer optimizer(parameters, referenceOptions(), 4.0);
  for (const Json &step : json["steps"]) {
    setGradients(parameters, step["grads"]);
    CHECK(optimizer.gradientNorm() == doctest::Approx(step["norm"].get<double>()).epsilon(1e-6));
    optimizer.step(0.01);
    for (const NamedParameter &p : parameters) {
      const Tensor wanted = tensorOf(step["after"][p.name], p.tensor.sizes().vec());
      CHECK((p.tensor.detach() - wanted).abs().max().item<double>() < 2e-7);
    }
  }
}

// Silent bug 17. To see it fail: count micro-batches in Trainer::runStep, or start the warm-up at 1.
TEST_CASE("learning rates equal Hugging Face's schedules at every update") {
  const Json cases = reference();
  for (const Json &curve : cases["schedules"]) {
    api::RunConfig config;
    config.optimizer.lr = 0.5;
    const std::string name = curve["name"].get<std::string>();
    config.scheduler.name = name == "linear"   ? api::SchedulerKind::Linear
                            : name == "cosine" ? api::SchedulerKind::Cosine
                                               : api::SchedulerKind::Constant;
    config.scheduler.warmupSteps = curve["warmup"].get<int64_t>();
    const LrSchedule schedule = makeLrSchedule(config, curve["total"].get<int64_t>());
    for (size_t k = 0; k < curve["lr"].size(); ++k) {
      CHECK_MESSAGE(schedule.at(static_cast<int64_t>(k)) == doctest::Approx(curve["lr"][k].get<double>()).epsilon(1e-12), name << " " << k);
    }
  }
  api::RunConfig config;
  config.scheduler.warmupRatio = 0.25;
  CHECK(makeLrSchedule(config, 10).warmupSteps == 3);
  config.scheduler.warmupSteps = 2;
  CHECK(makeLrSchedule(config, 10).warmupSteps == 2);
  config.epochs = 3;
  CHECK(totalStepsOf(config, 7) == 21);
  config.maxSteps = 50;
  CHECK(totalStepsOf(config, 7) == 50);
}

TEST_CASE("a large tensor is updated as a whole, whatever the slices") {
  Tensor big = at::arange(700001, at::kFloat).mul(1e-3).sin();
  Tensor small = big.narrow(0, 600000, 5).clone();
  const Tensor gradient = at::arange(700001, at::kFloat).mul(3e-3).cos();
  big.set_requires_grad(true);
  small.set_requires_grad(true);
  big.mutable_grad() = gradient.clone();
  small.mutable_grad() = gradient.narrow(0, 600000, 5).clone();
  Optimizer one({{"big", big, true, false}}, {}), other({{"small", small, true, false}}, {});
  CHECK(one.gradientNorm() == doctest::Approx(gradient.to(at::kDouble).norm().item<double>()).epsilon(1e-6));
  one.step(0.1);
  other.step(0.1);
  CHECK(big.detach().narrow(0, 600000, 5).equal(small.detach()));
}

TEST_CASE("the gradient norm is right where squares overflow, and not finite where a gradient is not") {
  Tensor weight = at::zeros({4}, at::kFloat);
  weight.set_requires_grad(true);
  Optimizer optimizer({{"w", weight, true, false}}, {});
  CHECK(optimizer.gradientNorm() == 0.0);
  weight.mutable_grad() = at::tensor({3e30f, 4e30f, 0.0f, 0.0f}, at::kFloat);
  CHECK(optimizer.gradientNorm() == doctest::Approx(5e30).epsilon(1e-6));
  weight.mutable_grad() = at::tensor({INFINITY, 0.0f, 0.0f, 0.0f}, at::kFloat);
  CHECK_FALSE(std::isfinite(optimizer.gradientNorm()));
}

TEST_CASE("optimizer state survives its file bit for bit and refuses a wrong one") {
  const Json json = reference();
  auto parameters = referenceParameters(json), copies = referenceParameters(json);
  Optimizer optimizer(parameters, referenceOptions()), copy(copies, referenceOptions());
  setGradients(parameters, json["steps"][0]["grads"]);
  optimizer.step(0.01);
  const std::string path = (std::filesystem::temp_directory_path() / "attune_optimizer.safetensors").string();
  REQUIRE(optimizer.save(path).ok());
  REQUIRE(copy.load(path).ok());
  CHECK(copy.updates() == 1);
  for (size_t i = 0; i < parameters.size(); ++i) {
    const at::NoGradGuard noGradients;
    copies[i].tensor.copy_(parameters[i].tensor);
  }
  setGradients(parameters, json["steps"][1]["grads"]);
  setGradients(copies, json["steps"][1]["grads"]);
  optimizer.step(0.01);
  copy.step(0.01);
  for (size_t i = 0; i < parameters.size(); ++i) CHECK(parameters[i].tensor.detach().equal(copies[i].tensor.detach()));

  // A tensor under another name is none that was never there. To see it fail: take a parameter without state as never trained.
  const std::string whole = *readFile(path);
  for (const char *suffix : {".exp_avg\"", ".exp_avg_sq\""}) {
    std::string renamed = whole;
    renamed.at(renamed.find(suffix) + 1) = 'x';
    std::ofstream(path, std::ios::binary) << renamed;
    const Status refused = copy.load(path);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == ErrorCode::MalformedFile);
  }
  std::ofstream(path, std::ios::binary) << whole;
  CHECK(copy.load(path).ok());

  Tensor other = at::zeros({5}, at::kFloat);
  Optimizer stranger({{"matrix", other, true, false}}, {});
  CHECK(stranger.load(path).error().code == ErrorCode::MalformedFile);
  std::ofstream(path) << "torn";
  CHECK(copy.load(path).error().code == ErrorCode::MalformedFile);
  std::filesystem::remove(path);
  CHECK_FALSE(copy.load(path).ok());
}
