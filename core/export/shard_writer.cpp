#include "core/export/shard_writer.h"

#include "core/base/json.h"
#include "core/io/safetensors.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <cstdio>

namespace attune::core {
namespace {

constexpr int64_t kBlockElements = 4 << 20; // 16 MiB of fp32

std::string shardName(size_t index, size_t count) {
  if (count == 1) return "model.safetensors";
  char name[64];
  std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", index + 1, count);
  return name;
}

/// The tensors of each shard, in their order.
std::vector<std::vector<const OutputTensor *>> shardsOf(const OutputPlan &plan, uint64_t maxBytes) {
  std::vector<std::vector<const OutputTensor *>> shards(1);
  uint64_t filled = 0;
  for (const OutputTensor &tensor : plan.tensors) {
    if (filled > 0 && filled + tensor.bytes() > maxBytes) {
      shards.emplace_back();
      filled = 0;
    }
    shards.back().push_back(&tensor);
    filled += tensor.bytes();
  }
  return shards;
}

at::ScalarType scalarType(io::DType type) {
  return type == io::DType::F16 ? at::kHalf : type == io::DType::BF16 ? at::kBFloat16 : at::kFloat;
}

Status writeTensor(io::SafetensorsWriter &writer, const io::WeightSource &source, const OutputPlan &plan, const OutputTensor &tensor,
                   const std::function<Status(uint64_t)> &wrote) {
  const int64_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
  int64_t width = 1;
  for (size_t i = 1; i < tensor.shape.size(); ++i) width *= tensor.shape[i];
  const int64_t step = std::max<int64_t>(1, kBlockElements / std::max<int64_t>(1, width));
  for (int64_t begin = 0; begin < rows; begin += step) {
    const int64_t count = std::min(step, rows - begin);
    const bool matrix = tensor.shape.size() > 1;
    Tensor block =
        at::empty(matrix ? std::vector<int64_t>{count, width} : std::vector<int64_t>{count}, at::TensorOptions().dtype(at::kFloat));
    ATTUNE_CHECK(readOutputRows(source, plan, tensor, begin, block));
    const Tensor cast = block.to(scalarType(tensor.type));
    if (!at::isfinite(cast).all().item().toBool()) return typeTooNarrow(tensor.name, tensor.type);
    ATTUNE_CHECK(writer.write({static_cast<const uint8_t *>(cast.data_ptr()), cast.nbytes()}));
    ATTUNE_CHECK(wrote(cast.nbytes()));
  }
  return {};
}

} // namespace

Status writeShards(const std::string &folder, const io::WeightSource &source, const OutputPlan &plan, uint64_t maxShardBytes,
                   const WriteProgress &progress) {
  at::NoGradGuard noGrad;
  const auto shards = shardsOf(plan, maxShardBytes);
  Json places = Json::object();
  uint64_t written = 0;
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string name = shardName(i, shards.size());
    std::vector<io::SafetensorsSpec> specs;
    for (const OutputTensor *tensor : shards[i]) {
      specs.push_back({tensor->name, tensor->type, tensor->shape});
      places[tensor->name] = name;
    }
    ATTUNE_TRY(auto writer, io::SafetensorsWriter::create(folder + "/" + name, specs));
    for (const OutputTensor *tensor : shards[i]) {
      ATTUNE_CHECK(writeTensor(writer, source, plan, *tensor, [&](uint64_t bytes) { return progress(written += bytes); }));
      if (!tensor->from.empty()) source.release(tensor->from);
    }
    ATTUNE_CHECK(writer.commit());
  }
  if (shards.size() == 1) return {};
  const Json index = {{"metadata", {{"total_size", plan.bytes()}}}, {"weight_map", places}};
  return writeFileAtomic(folder + "/model.safetensors.index.json", dumpJson(index) + "\n");
}

} // namespace attune::core
