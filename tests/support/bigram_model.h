// The tiny model of the trainer's tests: logits of the next token = table[id] + bias, trained by autograd in fp32.
// Can be told to run out of memory above a number of tokens, to give NaN at a pass, or to call back after each pass.
#pragma once

#include "core/io/safetensors.h"
#include "core/model/trainable_model.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <new>

namespace attune::test {

class BigramModel : public core::TrainableModel {
public:
  explicit BigramModel(int64_t vocab = 11) {
    table = (at::arange(vocab * vocab, at::kFloat).mul(0.37).sin() * 0.5).view({vocab, vocab}).clone();
    bias = at::zeros({vocab}, at::kFloat);
    table.set_requires_grad(true);
    bias.set_requires_grad(true);
  }

  std::vector<core::NamedParameter> parameters() override { return {{"table", table, true, false}, {"bias", bias, false, false}}; }

  double forwardBackward(const data::MicroBatch &batch, double gradScale, const core::PassSeed &) override {
    ++passes;
    if (beforePass) beforePass(batch);
    if (batch.tokens() > memoryTokens) throw std::bad_alloc();
    const Tensor loss = lossSum(batch);
    (loss * gradScale).backward();
    const double value = passes == nanAtPass ? std::numeric_limits<double>::quiet_NaN() : loss.item<double>();
    if (afterPass) afterPass(passes);
    return value;
  }

  double evaluate(const data::MicroBatch &batch) override {
    const at::NoGradGuard noGradients;
    if (afterEvaluate) afterEvaluate();
    return evaluation ? evaluation() * static_cast<double>(batch.targets.size()) : lossSum(batch).item<double>();
  }

  void parametersChanged() override {
    if (++changes == spoilAtChange) table.detach().fill_(std::numeric_limits<float>::quiet_NaN());
  }

  Status save(const std::string &folder) override {
    if (beforeSave) beforeSave();
    ATTUNE_CHECK(makeFolders(folder + "/adapter"));
    std::vector<io::SafetensorsSpec> specs = {{"table", io::DType::F32, table.sizes().vec()}, {"bias", io::DType::F32, bias.sizes().vec()}};
    ATTUNE_TRY(auto writer, io::SafetensorsWriter::create(folder + "/adapter/adapter_model.safetensors", specs));
    for (const Tensor &t : {table, bias}) {
      ATTUNE_CHECK(writer.write(ByteView{static_cast<const uint8_t *>(t.const_data_ptr()), static_cast<size_t>(t.nbytes())}));
    }
    return writer.commit();
  }

  Status load(const std::string &folder) override {
    ATTUNE_TRY(const auto file, io::SafetensorsFile::open(folder + "/adapter/adapter_model.safetensors"));
    const at::NoGradGuard noGradients;
    for (auto [name, t] : {std::pair<const char *, Tensor>{"table", table}, {"bias", bias}}) {
      const auto *entry = file->find(name);
      if (!entry || entry->bytes != static_cast<uint64_t>(t.nbytes()))
        return Error{ErrorCode::MalformedFile, "Not a bigram model.", folder, ""};
      const ByteView bytes = file->bytes(*entry);
      std::copy_n(bytes.data, bytes.size, static_cast<uint8_t *>(t.mutable_data_ptr()));
    }
    return {};
  }

  Tensor table, bias;
  int64_t passes = 0;
  int64_t changes = 0;
  int64_t nanAtPass = -1;
  int64_t spoilAtChange = -1;
  int64_t memoryTokens = std::numeric_limits<int64_t>::max();
  std::function<void(const data::MicroBatch &)> beforePass;
  std::function<void(int64_t)> afterPass;
  std::function<void()> afterEvaluate; // each validation batch
  std::function<void()> beforeSave;
  std::function<double()> evaluation; // replaces the mean validation loss

private:
  Tensor lossSum(const data::MicroBatch &batch) const {
    std::vector<int64_t> inputs;
    for (const int64_t row : batch.targetRows) inputs.push_back(batch.ids[static_cast<size_t>(row)]);
    const Tensor logits = table.index_select(0, at::tensor(inputs, at::kLong)) + bias;
    return at::cross_entropy_loss(logits, at::tensor(batch.targets, at::kLong), {}, at::Reduction::Sum);
  }
};

/// Rows of uneven length over ids below `vocab`; the first token of each has no target.
inline std::vector<data::Sample> raggedSamples(int64_t count, int64_t vocab = 11) {
  std::vector<data::Sample> samples;
  for (int64_t i = 0; i < count; ++i) {
    data::Sample sample;
    sample.row = i;
    for (int64_t j = 0; j < 3 + (i * 5) % 9; ++j) {
      sample.ids.push_back(static_cast<int32_t>((i * 7 + j * j + 3 * j) % vocab));
      sample.labels.push_back(j % 3 == 1 ? data::kIgnore : sample.ids.back());
    }
    samples.push_back(sample);
  }
  return samples;
}

} // namespace attune::test
