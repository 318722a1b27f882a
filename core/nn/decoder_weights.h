// The tensors of one decoder in the shapes the forward pass wants them: q|k|v and gate|up packed into one matrix each.
// Plain values sharing storage; the job thread of a model owns them. Letters: H hidden, F intermediate, D head, V vocabulary.
#pragma once

#include "core/nn/linear.h"
#include "core/nn/tensor.h"
#include "core/nn/weight.h"

#include <memory>
#include <vector>

namespace attune::core {

struct LayerWeights {
  Tensor inputNorm;          // [H]
  Tensor attentionOutNorm;   // [H], undefined = none
  Tensor postNorm;           // [H], before the feed-forward
  Tensor feedForwardOutNorm; // [H], undefined = none
  Weight qkv;                // [(a + 2 kv) D, H], q rows first, then k, then v
  Tensor qkvBias;            // undefined = none
  Weight output;             // [H, a D]
  Tensor outputBias;
  Weight gateUp; // [2 F, H], gate rows first
  Tensor gateUpBias;
  Weight down; // [H, F]
  Tensor downBias;
  Tensor qNorm; // [D], undefined = none
  Tensor kNorm;
};

class LayerStream;

struct DecoderWeights {
  TokenTable embedding; // [V, H]
  std::vector<LayerWeights> layers;
  Tensor finalNorm;                    // [H]
  TokenTable head;                     // [V, H]; the embedding itself when tied; rows of length 1 under headNorm
  std::shared_ptr<LayerStream> stream; // set: all tensors are on the host, and come to the device through it
};

/// LoRA on the four packed products of one layer.
struct LayerAdapters {
  std::vector<LoraSlice> qkv;
  std::vector<LoraSlice> output;
  std::vector<LoraSlice> gateUp;
  std::vector<LoraSlice> down;
};
using DecoderAdapters = std::vector<LayerAdapters>; // one a layer

/// The slices of every weight.
inline std::vector<std::vector<LoraSlice> *> allSlices(DecoderAdapters &adapters) {
  std::vector<std::vector<LoraSlice> *> all;
  for (LayerAdapters &layer : adapters) all.insert(all.end(), {&layer.qkv, &layer.output, &layer.gateUp, &layer.down});
  return all;
}

/// Calls visit(Tensor &) for each defined tensor of a layer, quantised matrices left out.
template <typename Visit> void forEachTensor(LayerWeights &layer, Visit visit) {
  for (Tensor *tensor : {&layer.inputNorm, &layer.attentionOutNorm, &layer.postNorm, &layer.feedForwardOutNorm, &layer.qkv.dense(),
                         &layer.qkvBias, &layer.output.dense(), &layer.outputBias, &layer.gateUp.dense(), &layer.gateUpBias,
                         &layer.down.dense(), &layer.downBias, &layer.qNorm, &layer.kNorm})
    if (tensor->defined()) visit(*tensor);
}

/// The same for a whole decoder; a tied head is visited beside the embedding.
template <typename Visit> void forEachTensor(DecoderWeights &weights, Visit visit) {
  for (Tensor *tensor : {&weights.embedding.dense(), &weights.finalNorm, &weights.head.dense()})
    if (tensor->defined()) visit(*tensor);
  for (LayerWeights &layer : weights.layers) forEachTensor(layer, visit);
}

} // namespace attune::core
