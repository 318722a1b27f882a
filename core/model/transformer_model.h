// A decoder that can be trained: full, the last layers only, or LoRA; computed in fp32 or bf16 with fp32 masters for everything
// that trains, or with layers on the host, where 16-bit weights train without masters. Also the base and the tuned model in one, for
// generation between steps. Job thread, blocking.
#pragma once

#include "core/api/run_config.h"
#include "core/io/weight_source.h"
#include "core/lora/lora_adapter.h"
#include "core/model/trainable_model.h"
#include "core/nn/adapter_copies.h"
#include "core/nn/transformer.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace attune::core {

struct TrainingSetup {
  api::Method method = api::Method::Lora;
  int64_t freezeLayers = 2; // method freeze: how many last layers train
  api::LoraConfig lora;
  std::string initAdapter;             // LoRA: continue from this folder; empty = fresh
  at::ScalarType compute = at::kFloat; // or kBFloat16, kHalf
  at::Device device = at::kCPU;
  api::Quantization quantization = api::Quantization::None; // of the frozen base; LoRA only
  bool quantiseEmbeddings = false;                          // to int8: embedding and head, with a quantised base
  RecomputePolicy recompute = RecomputePolicy::None;
  int64_t feedForwardRows = kFeedForwardRows;                // as in PassOptions
  bool offloadCheckpoints = false, offloadEmbedding = false; // to the host, from an accelerator
  bool streamLayers = false; // weights live on the host, and train as they are stored; implies RecomputePolicy::Layer
  double neftuneAlpha = 0.0;
  uint64_t seed = 42; // draws a fresh adapter

  /// From a run config whose precision and checkpointing are resolved (fp32 or bf16; not auto).
  static TrainingSetup from(const api::RunConfig &config, at::ScalarType compute, at::Device device = at::kCPU);
};

class TransformerModel : public TrainableModel {
public:
  /// Loads weights and makes what trains. Errors of openModel, loadWeights, makeLora and readAdapter.
  static Result<std::unique_ptr<TransformerModel>> open(const std::string &modelPath, const TrainingSetup &setup);
  static Result<std::unique_ptr<TransformerModel>> open(const io::WeightSource &source, const std::string &modelPath,
                                                        const TrainingSetup &setup);

  std::vector<NamedParameter> parameters() override;
  double forwardBackward(const data::MicroBatch &batch, double gradScale, const PassSeed &seed) override;
  double evaluate(const data::MicroBatch &batch) override;
  bool recomputeAll() override;
  bool updatesInPass() const override;
  void whenGradientIsWhole(std::function<void(size_t parameter)> told) override { *m_told = std::move(told); }
  void parametersChanged() override;
  Status save(const std::string &runFolder) override;
  Status load(const std::string &runFolder) override;

  const io::ModelConfig &config() const { return m_transformer.config(); }
  Transformer &transformer() { return m_transformer; }
  /// Weights as they stand now, in the compute type; without the adapter.
  const DecoderWeights &weights() const { return m_weights; }
  /// The adapter as it stands now for generation in the compute type; null for full and freeze.
  const DecoderAdapters *adapters();
  /// What save() had to say beside success (a GGUF source has no tokenizer files to carry along); empty otherwise.
  const std::string &saveWarning() const { return m_saveWarning; }

private:
  TransformerModel(io::ModelConfig config, const TrainingSetup &setup) : m_transformer(std::move(config)), m_setup(setup) {}
  /// A trained tensor of the base model: the fp32 master and, in bf16, the copy that the products read.
  struct Master {
    std::string name;
    Tensor master;
    Tensor *weight = nullptr; // in m_weights: the master itself in fp32
    bool decays = true;
    bool embedding = false;
    std::vector<int64_t> parts; // NamedParameter's
  };
  void trainWeights(int64_t firstLayer, bool everything);
  void addMaster(const std::string &name, Tensor &weight, std::vector<int64_t> parts = {});
  /// Whether what trains is what the products read.
  bool trainsInPlace() const { return m_setup.compute == at::kFloat || m_setup.streamLayers; }
  void tellOfGradients();
  /// The weights with masters in place of their copies, as they are or as differentiable functions of the masters.
  DecoderWeights withMasters(bool differentiable);
  PassOptions passOptions(const PassSeed *seed) const;

  Transformer m_transformer;
  TrainingSetup m_setup;
  std::string m_modelPath;
  std::string m_saveWarning;
  DecoderWeights m_weights;
  std::vector<Master> m_masters;
  std::shared_ptr<std::function<void(size_t)>> m_told = std::make_shared<std::function<void(size_t)>>(); // shared by the hooks
  Tensor m_rawHead; // master of a trained head whose rows are normalised (headNorm); else undefined
  std::optional<LoraAdapter> m_adapter;
  DecoderAdapters m_trainAdapters;    // slices of the fp32 masters
  AdapterCopies m_adapterCopies;      // of those, on a device
  DecoderAdapters m_generateAdapters; // copies in the compute type, made when asked for
};

} // namespace attune::core
