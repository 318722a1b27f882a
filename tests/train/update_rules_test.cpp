// The rules of optimizer.name against transformers, torch.optim and bitsandbytes (tests/parity/optimizer_reference.py), and
// 16-bit weights that train without a master.
#include "core/base/rng.h"
#include "core/io/safetensors.h"
#include "core/quant/dynamic_map.h"
#include "core/train/optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

using namespace attune;
using namespace attune::core;

namespace {

/// As numbers() of the script.
Tensor numbers(const std::vector<int64_t> &shape, uint64_t stream, double scale) {
  Tensor out = at::empty(shape, at::kFloat);
  CounterRng rng(7, stream);
  for (int64_t i = 0; i < out.numel(); ++i) out.data_ptr<float>()[i] = static_cast<float>((2 * rng.uniform() - 1) * scale);
  return out;
}

Tensor gradient(const std::vector<int64_t> &shape, uint64_t name, int step) {
  return numbers(shape, 1000 * (static_cast<uint64_t>(step) + 1) + name, std::pow(10.0, step - 3));
}

class Reference {
public:
  Reference() : m_file(io::SafetensorsFile::open(std::string(ATTUNE_SOURCE_DIR) + "/tests/data/train/optimizers.safetensors").value()) {}
  Tensor operator[](const std::string &name) const {
    const io::SafetensorsEntry *entry = m_file->find(name);
    REQUIRE_MESSAGE(entry, name);
    const auto type = entry->type == io::DType::U8 ? at::kByte : at::kFloat;
    return at::from_blob(const_cast<uint8_t *>(m_file->bytes(*entry).data), entry->shape, at::TensorOptions().dtype(type)).clone();
  }

private:
  std::shared_ptr<const io::SafetensorsFile> m_file;
};

api::OptimizerConfig rule(const std::string &name, double decay = 0.1) {
  api::OptimizerConfig options;
  options.name = name;
  options.beta2 = 0.98;
  options.weightDecay = decay;
  return options;
}

NamedParameter parameter(const std::string &name, Tensor value, bool decays = true) {
  value.set_requires_grad(true);
  return {name, value, decays, false};
}

double difference(const Tensor &a, const Tensor &b) { return (a.detach().to(at::kFloat) - b).abs().max().item<double>(); }

void train(Optimizer &optimizer, std::vector<NamedParameter> parameters, int from, int to) {
  for (int step = from; step < to; ++step) {
    for (size_t i = 0; i < parameters.size(); ++i)
      parameters[i].tensor.mutable_grad() = gradient(parameters[i].tensor.sizes().vec(), i + 1, step);
    optimizer.step(0.01);
  }
}

} // namespace

// To see it fail: take one factor for the packed matrix (drop `parts`), clip by the whole, or count updates from 0.
TEST_CASE("Adafactor equals transformers', with packed matrices as the matrices they hold") {
  const Reference wanted;
  std::vector<NamedParameter> parameters = {parameter("packed", numbers({24, 10}, 1, 1.0)),
                                            parameter("norm", numbers({10}, 2, 1.0), false)};
  parameters[0].parts = {12, 6, 6};
  Optimizer optimizer(parameters, rule("adafactor"));
  train(optimizer, parameters, 0, 5);
  CHECK(difference(parameters[0].tensor, wanted["adafactor.packed"]) < 1e-6);
  CHECK(difference(parameters[1].tensor, wanted["adafactor.norm"]) < 1e-6);
  std::vector<NamedParameter> alone = {parameter("alone", numbers({24, 10}, 1, 1.0))};
  Optimizer other(alone, rule("adafactor"));
  train(other, alone, 0, 5);
  CHECK(difference(alone[0].tensor, wanted["adafactor.alone"]) < 1e-6);
  CHECK(difference(alone[0].tensor, wanted["adafactor.packed"]) > 1e-4);
}

TEST_CASE("sgd equals torch.optim.SGD") {
  std::vector<NamedParameter> parameters = {parameter("packed", numbers({24, 10}, 1, 1.0))};
  Optimizer optimizer(parameters, rule("sgd"));
  train(optimizer, parameters, 0, 5);
  CHECK(difference(parameters[0].tensor, Reference()["sgd.packed"]) < 1e-6);
}

TEST_CASE("the 8-bit maps are bitsandbytes', to the bit") {
  const Reference wanted;
  const auto values = [](const DynamicMap &map) {
    Tensor codes = at::arange(256, at::kInt).to(at::kByte);
    return map.decode(codes, at::ones({1})).view({-1});
  };
  CHECK(values(DynamicMap::signedMap()).equal(wanted["signed_map"]));
  CHECK(values(DynamicMap::unsignedMap()).equal(wanted["unsigned_map"]));
  // A value keeps its sign; a block of zeros stays one.
  const auto [codes, scales] = DynamicMap::signedMap().encode(at::tensor({-1e-9F, 1.0F, 0.0F, 0.0F}).view({2, 2}));
  CHECK(codes[0].item<int>() == 126);
  CHECK(DynamicMap::signedMap().decode(codes.to(at::kByte), scales)[1].abs().sum().item<double>() == 0.0);
}

// To see it fail: scales of the whole tensor, the signed map for squares, or moments in fp32 (then the codes are absent).
TEST_CASE("adamw_8bit follows bitsandbytes' formulas: weights, codes and scales") {
  const Reference wanted;
  std::vector<NamedParameter> parameters = {parameter("w", numbers({66, 64}, 3, 1.0))};
  Optimizer optimizer(parameters, rule("adamw_8bit"));
  for (int step = 0; step < 5; ++step) {
    parameters[0].tensor.mutable_grad() = gradient({66, 64}, 3, step);
    optimizer.step(0.01);
    if (step == 0) CHECK(difference(parameters[0].tensor, wanted["adamw_8bit.0.weight"]) < 1e-6);
  }
  CHECK(difference(parameters[0].tensor, wanted["adamw_8bit.4.weight"]) < 1e-5);
  const std::string path = (std::filesystem::temp_directory_path() / "attune_8bit.safetensors").string();
  REQUIRE(optimizer.save(path).ok());
  const auto file = io::SafetensorsFile::open(path).value();
  for (const std::string moment : {"exp_avg", "exp_avg_sq"}) {
    const auto codes = file->find("w." + moment + ".codes"), scales = file->find("w." + moment + ".scales");
    REQUIRE((codes && scales));
    const Tensor wantedCodes = wanted["adamw_8bit." + moment + ".codes"], wantedScales = wanted["adamw_8bit." + moment + ".scales"];
    int64_t different = 0;
    for (int64_t i = 0; i < wantedCodes.numel(); ++i) different += file->bytes(*codes).data[i] != wantedCodes.data_ptr<uint8_t>()[i];
    CHECK(different <= 4); // of 4224: a sum that ends on the border of two codes
    CHECK(scales->shape == std::vector<int64_t>{17});
    const Tensor ours = at::from_blob(const_cast<uint8_t *>(file->bytes(*scales).data), {17}, at::kFloat);
    CHECK(difference(ours, wantedScales) / wantedScales.max().item<double>() < 1e-6);
  }
  std::filesystem::remove(path);
}

TEST_CASE("adamw_8bit keeps fp32 moments for small tensors and embeddings, and then is AdamW") {
  std::vector<NamedParameter> eight = {parameter("small", numbers({63, 65}, 1, 1.0)), parameter("embedding", numbers({66, 64}, 2, 1.0)),
                                       parameter("matrix", numbers({66, 64}, 3, 1.0))};
  std::vector<NamedParameter> plain = {parameter("small", numbers({63, 65}, 1, 1.0)), parameter("embedding", numbers({66, 64}, 2, 1.0)),
                                       parameter("matrix", numbers({66, 64}, 3, 1.0))};
  eight[1].embedding = plain[1].embedding = true;
  Optimizer one(eight, rule("adamw_8bit")), other(plain, rule("adamw"));
  train(one, eight, 0, 3);
  train(other, plain, 0, 3);
  CHECK(eight[0].tensor.detach().equal(plain[0].tensor.detach()));
  CHECK(eight[1].tensor.detach().equal(plain[1].tensor.detach()));
  const double off = difference(eight[2].tensor, plain[2].tensor.detach());
  CHECK(off > 0.0);
  CHECK(off < 0.01); // a third of the way that three steps go
}

// To see it fail: leave a state tensor out of save(), draw the rounding from a generator that runs on, or forget `updates`.
TEST_CASE("each optimizer goes on from its file as if it had not stopped, to the bit, in fp32 and in bf16 weights") {
  const std::string path = (std::filesystem::temp_directory_path() / "attune_rules.safetensors").string();
  for (const std::string name : {"adamw", "adamw_8bit", "adafactor", "sgd"}) {
    for (const auto type : {at::kFloat, at::kBFloat16}) {
      CAPTURE(name);
      const auto make = [&] {
        return std::vector<NamedParameter>{parameter("m", numbers({66, 64}, 3, 1.0).to(type)),
                                           parameter("n", numbers({10}, 2, 1.0).to(type), false)};
      };
      auto straight = make(), stopped = make();
      Optimizer one(straight, rule(name), 1.0, 5), first(stopped, rule(name), 1.0, 5), second(stopped, rule(name), 1.0, 5);
      train(one, straight, 0, 4);
      train(first, stopped, 0, 2);
      REQUIRE(first.save(path).ok());
      REQUIRE(second.load(path).ok());
      train(second, stopped, 2, 4);
      CHECK(second.updates() == 4);
      for (size_t i = 0; i < straight.size(); ++i) CHECK(straight[i].tensor.detach().equal(stopped[i].tensor.detach()));
      Optimizer stranger(stopped, rule(name == "sgd" ? "adamw" : "sgd"));
      CHECK(stranger.load(path).error().code == ErrorCode::MalformedFile);
    }
  }
  std::filesystem::remove(path);
}

// To see it fail: truncate or round to nearest in roundStochastically, or use the same number for all lanes.
TEST_CASE("stochastic rounding is unbiased, goes to a neighbour, and is a function of seed, step, tensor and place") {
  const int64_t count = 1 << 18;
  for (const auto type : {at::kBFloat16, at::kHalf}) {
    for (const double value : {0.3, -1.7, 3e-6, 300.1}) {
      CAPTURE(value);
      const Tensor exact = at::full({count}, value, at::kFloat);
      Tensor rounded = at::empty({count}, type);
      roundStochastically(rounded, exact, roundingKey(1, 2, "w"), 0);
      const Tensor wide = rounded.to(at::kFloat);
      const double low = wide.min().item<double>(), high = wide.max().item<double>(), step = high - low;
      CHECK(step > 0);
      const double real = exact[0].item<double>();
      CHECK((low <= real && real <= high));
      CHECK(((wide.eq(low) + wide.eq(high)).all().item<bool>()));
      // Five standard deviations of the mean of so many draws.
      CHECK(std::abs(wide.to(at::kDouble).mean().item<double>() - real) < 5 * step * 0.5 / std::sqrt(static_cast<double>(count)));

      Tensor again = at::empty({count}, type), pieces = at::empty({count}, type), other = at::empty({count}, type);
      roundStochastically(again, exact, roundingKey(1, 2, "w"), 0);
      CHECK(again.equal(rounded));
      roundStochastically(pieces.narrow(0, 0, 1003), exact.narrow(0, 0, 1003), roundingKey(1, 2, "w"), 0);
      roundStochastically(pieces.narrow(0, 1003, count - 1003), exact.narrow(0, 1003, count - 1003), roundingKey(1, 2, "w"), 1003);
      CHECK(pieces.equal(rounded));
      for (const RoundingKey key : {roundingKey(2, 2, "w"), roundingKey(1, 3, "w"), roundingKey(1, 2, "v")}) {
        roundStochastically(other, exact, key, 0);
        CHECK_FALSE(other.equal(rounded));
      }
    }
    Tensor kept = at::empty({4}, type);
    roundStochastically(kept, at::tensor({0.5F, -2.0F, INFINITY, NAN}), roundingKey(1, 1, "w"), 0);
    CHECK(kept[0].item<double>() == 0.5);
    CHECK(kept[1].item<double>() == -2.0);
    CHECK(std::isinf(kept[2].item<double>()));
    CHECK(std::isnan(kept[3].item<double>()));
  }
}

// To see it fail: round to nearest: at 1.0 a bf16 weight moves in steps of 2^-8, so nothing of 100 steps of 1e-5 would stay.
TEST_CASE("a hundred updates of rate 1e-5 move bf16 weights as far as fp32 ones, on average") {
  for (const std::string name : {"adamw", "adamw_8bit", "adafactor", "sgd"}) {
    CAPTURE(name);
    std::vector<NamedParameter> parameters = {parameter("w", at::ones({256, 256}, at::kBFloat16))};
    Optimizer optimizer(parameters, rule(name, 0.0), 1.0, 3);
    for (int step = 0; step < 100; ++step) {
      parameters[0].tensor.mutable_grad() = at::ones({256, 256}, at::kFloat);
      optimizer.step(1e-5);
    }
    const double moved = 1.0 - parameters[0].tensor.detach().to(at::kDouble).mean().item<double>();
    CHECK(moved == doctest::Approx(1e-3).epsilon(0.05));
  }
}

// To see it fail: scale 16-bit gradients in place.
TEST_CASE("16-bit gradients are scaled as they are used, and lose nothing by it") {
  std::vector<NamedParameter> parameters = {parameter("w", at::zeros({64}, at::kHalf))}, exact = {parameter("w", at::zeros({64}))};
  Optimizer optimizer(parameters, rule("sgd", 0.0)), other(exact, rule("sgd", 0.0));
  parameters[0].tensor.mutable_grad() = at::full({64}, 0.5, at::kHalf);
  exact[0].tensor.mutable_grad() = at::full({64}, 0.5, at::kFloat);
  for (Optimizer *one : {&optimizer, &other}) {
    one->scaleGradients(1e-8); // 5e-9 is 0 in fp16
    CHECK(one->gradientNorm() == doctest::Approx(4e-8).epsilon(1e-5));
    one->step(1e6);
    one->clearGradients();
  }
  CHECK(difference(parameters[0].tensor, exact[0].tensor.detach()) < 1e-5);
}
