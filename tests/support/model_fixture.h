// What the tests of the model share: reference files, batches of rows, relative differences, a plain AdamW.
#pragma once

#include "core/base/json.h"
#include "core/data/data_loader.h"
#include "core/io/safetensors.h"
#include "core/io/weight_source.h"
#include "core/model/model_loader.h"
#include "core/model/transformer_model.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/sqrt.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace attune::core::test {

inline std::string dataPath(const std::string &name) { return std::string(ATTUNE_SOURCE_DIR) + "/tests/data/" + name; }

inline Json readJson(const std::string &path) { return readJsonFile(path).value(); }

inline Tensor readTensor(const io::SafetensorsFile &file, const std::string &name) {
  const io::SafetensorsEntry *entry = file.find(name);
  if (!entry) return {};
  const bool integer = entry->type == io::DType::I64;
  return at::from_blob(const_cast<uint8_t *>(file.bytes(*entry).data), entry->shape,
                       at::TensorOptions().dtype(integer ? at::kLong : at::kFloat))
      .clone();
}

/// Where the tests of whole models compute: the CPU, or $ATTUNE_TEST_DEVICE ("cuda") on a machine that has a card.
inline at::Device testDevice() {
  const char *name = std::getenv("ATTUNE_TEST_DEVICE");
  return at::Device(name ? name : "cpu");
}

/// max |x - reference| / max |reference|
inline double differenceFrom(const Tensor &tensor, const Tensor &reference) {
  const Tensor x = tensor.detach().cpu();
  return ((x.to(at::kDouble) - reference.to(at::kDouble)).abs().max() / reference.to(at::kDouble).abs().max()).item().toDouble();
}

inline std::vector<data::Sample> samples(const Json &rows) {
  std::vector<data::Sample> all;
  for (const Json &row : rows)
    all.push_back({row["ids"].get<std::vector<int32_t>>(), row["labels"].get<std::vector<int32_t>>(), static_cast<int64_t>(all.size())});
  return all;
}

inline data::MicroBatch batchOf(const std::vector<data::Sample> &rows) {
  std::vector<std::vector<int64_t>> sequences;
  for (size_t i = 0; i < rows.size(); ++i) sequences.push_back({static_cast<int64_t>(i)});
  return data::collate(rows, sequences);
}

/// AdamW of Loshchilov & Hutter as torch.optim computes it, without decay: small enough to be read beside the formula.
class PlainAdam {
public:
  PlainAdam(std::vector<NamedParameter> parameters, double lr) : m_parameters(std::move(parameters)), m_lr(lr) {}
  double clip(double limit) {
    double squares = 0.0;
    for (const NamedParameter &p : m_parameters) squares += p.tensor.grad().to(at::kDouble).pow(2).sum().item().toDouble();
    const double norm = std::sqrt(squares);
    if (norm > limit)
      for (NamedParameter &p : m_parameters) p.tensor.mutable_grad().mul_(limit / (norm + 1e-6));
    return norm;
  }
  void step() {
    at::NoGradGuard noGrad;
    ++m_step;
    m_first.resize(m_parameters.size());
    m_second.resize(m_parameters.size());
    for (size_t i = 0; i < m_parameters.size(); ++i) {
      Tensor &p = m_parameters[i].tensor;
      if (!m_first[i].defined()) m_first[i] = at::zeros_like(p), m_second[i] = at::zeros_like(p);
      const Tensor g = p.grad();
      m_first[i].mul_(0.9).add_(g, 0.1);
      m_second[i].mul_(0.999).addcmul_(g, g, 0.001);
      const Tensor root = at::sqrt(m_second[i]).div_(std::sqrt(1 - std::pow(0.999, m_step))).add_(1e-8);
      p.addcdiv_(m_first[i], root, -m_lr / (1 - std::pow(0.9, m_step)));
      p.mutable_grad() = Tensor();
    }
  }

private:
  std::vector<NamedParameter> m_parameters;
  double m_lr;
  int m_step = 0;
  std::vector<Tensor> m_first, m_second;
};

inline void clearGradients(TransformerModel &model) {
  for (NamedParameter &p : model.parameters()) p.tensor.mutable_grad() = Tensor();
}

/// A folder that vanishes with the object.
struct TemporaryFolder {
  std::string path =
      (std::filesystem::temp_directory_path() / ("attune-test-" + std::to_string(::getpid()) + "-" + std::to_string(counter()++))).string();
  TemporaryFolder() { std::filesystem::create_directories(path); }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  static int &counter() {
    static int value = 0;
    return value;
  }
};

} // namespace attune::core::test
