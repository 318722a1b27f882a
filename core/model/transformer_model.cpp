#include "core/model/transformer_model.h"

#include "core/io/safetensors.h"
#include "core/lora/lora_file.h"
#include "core/lora/lora_inject.h"
#include "core/lora/row_order.h"
#include "core/model/hf_writer.h"
#include "core/model/model_loader.h"
#include "core/nn/head_norm.h"
#include "core/nn/layer_stream.h"
#include "core/nn/master_weight.h"

#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace attune::core {
namespace {

uint64_t passNumber(const PassSeed &seed) {
  // The constants only have to keep neighbouring steps and micro-batches apart; the generators mix further.
  return seed.seed * 0x9E3779B97F4A7C15ull + seed.step * 0xD1B54A32D192ED03ull + seed.microBatch * 0x8CB92BA72F3D8DD7ull;
}

/// Passes on that a parameter's gradient is whole.
struct GradientHook : torch::autograd::PostAccumulateGradHook {
  GradientHook(std::shared_ptr<std::function<void(size_t)>> listener, size_t place) : told(std::move(listener)), parameter(place) {}
  void operator()(const torch::autograd::Variable &) override {
    if (*told) (*told)(parameter);
  }
  std::shared_ptr<std::function<void(size_t)>> told;
  size_t parameter;
};

/// The rows of the linear modules that one packed matrix of a layer holds, in their order.
std::vector<int64_t> partsOf(const std::vector<LinearModule> &modules, int64_t layer, PackedMatrix matrix) {
  std::vector<int64_t> rows;
  for (const LinearModule &module : modules)
    if (module.layer == layer && module.matrix == matrix) rows.push_back(module.outputs());
  return rows;
}

} // namespace

TrainingSetup TrainingSetup::from(const api::RunConfig &config, at::ScalarType compute, at::Device device) {
  TrainingSetup setup;
  setup.method = config.method;
  setup.freezeLayers = config.freezeLayers;
  setup.lora = config.lora;
  setup.initAdapter = config.initAdapter;
  setup.compute = compute;
  setup.device = device;
  if (config.method == api::Method::Lora) {
    setup.quantization = config.quantization;
    setup.quantiseEmbeddings = config.quantizeEmbeddings;
  }
  setup.neftuneAlpha = config.neftuneAlpha;
  setup.seed = static_cast<uint64_t>(config.seed);
  setup.offloadCheckpoints = config.offload.checkpoints;
  setup.offloadEmbedding = config.offload.embeddings && config.method == api::Method::Lora; // what trains stays
  if (config.checkpointing == api::Checkpointing::Full) setup.recompute = RecomputePolicy::Layer;
  if (config.checkpointing == api::Checkpointing::Selective) setup.recompute = RecomputePolicy::FeedForward;
  setup.streamLayers = config.offload.layers;
  return setup;
}

Result<std::unique_ptr<TransformerModel>> TransformerModel::open(const std::string &modelPath, const TrainingSetup &setup) {
  ATTUNE_TRY(const auto source, io::openModel(modelPath));
  return open(*source, modelPath, setup);
}

Result<std::unique_ptr<TransformerModel>> TransformerModel::open(const io::WeightSource &source, const std::string &modelPath,
                                                                 const TrainingSetup &setup) {
  ATTUNE_TRY(const ModelFamily *family, familyOf(source.config()));
  std::unique_ptr<TransformerModel> model(new TransformerModel(source.config(), setup));
  if (setup.streamLayers) model->m_setup.recompute = RecomputePolicy::Layer;
  model->m_modelPath = modelPath;
  const std::vector<LinearModule> modules = linearModules(source.config(), *family);
  if (setup.method == api::Method::Lora) { // before the weights: a wrong target or adapter is found at once
    if (setup.initAdapter.empty()) {
      ATTUNE_TRY(model->m_adapter, makeLora(setup.lora, modules, setup.seed));
    } else {
      ATTUNE_TRY(model->m_adapter, readAdapter(setup.initAdapter, modules, wholeTensors(source.config(), *family)));
      if (!model->m_adapter->changes.empty())
        return Error{ErrorCode::UnsupportedFormat,
                     "This adapter also trained " + model->m_adapter->changes.front().name +
                         " (modules_to_save, embedding or head LoRA), which Attune can run but not train further.",
                     setup.initAdapter, "Merge the adapter into its model first, and train a new one on the result."};
      toModelOrder(*model->m_adapter, source.config());
      model->m_adapter->config.dropout = setup.lora.dropout; // how this run trains, not how the last one did
    }
  }
  if (setup.method != api::Method::Lora) ATTUNE_CHECK(checkWritable(source.config(), modelPath));
  LoadOptions load(setup.compute, setup.streamLayers ? at::Device(at::kCPU) : setup.device);
  load.rawHead = setup.method == api::Method::Full;
  load.quantization = setup.quantization;
  load.quantiseEmbeddings = setup.quantiseEmbeddings;
  load.embeddingOnHost = setup.offloadEmbedding;
  ATTUNE_TRY(model->m_weights, loadWeights(source, load));
  if (setup.streamLayers && !setup.device.is_cpu()) {
    model->m_weights.stream = std::make_shared<LayerStream>(setup.device);
    model->m_weights.stream->adopt(model->m_weights);
  }
  const int64_t layers = source.config().layers;
  if (setup.method == api::Method::Full) model->trainWeights(0, true);
  if (setup.method == api::Method::Freeze) model->trainWeights(std::max<int64_t>(0, layers - setup.freezeLayers), false);
  if (model->updatesInPass()) model->tellOfGradients();
  if (model->m_adapter) {
    toDevice(*model->m_adapter, setup.device);
    for (LoraModule &module : model->m_adapter->modules) {
      module.a.set_requires_grad(true);
      module.b.set_requires_grad(true);
    }
    model->m_trainAdapters = bindAdapter(*model->m_adapter, layers);
    if (!setup.device.is_cpu()) model->m_adapterCopies = AdapterCopies(allSlices(model->m_trainAdapters), setup.compute);
  }
  return model;
}

void TransformerModel::addMaster(const std::string &name, Tensor &weight, std::vector<int64_t> parts) {
  if (!weight.defined()) return;
  Master master;
  master.name = name;
  master.master = trainsInPlace() ? weight : weight.to(at::kFloat);
  master.master.set_requires_grad(true);
  master.weight = &weight;
  master.decays = weight.dim() == 2;
  master.parts = std::move(parts);
  m_masters.push_back(std::move(master));
}

void TransformerModel::trainWeights(int64_t firstLayer, bool everything) {
  const ModelFamily &family = **familyOf(config());
  const std::vector<LinearModule> modules = linearModules(config(), family);
  if (everything) addMaster(family.embedding, m_weights.embedding.dense());
  if (everything) m_masters.back().embedding = true;
  for (int64_t i = firstLayer; i < config().layers; ++i) {
    LayerWeights &layer = m_weights.layers[static_cast<size_t>(i)];
    const std::string prefix = family.layers + std::to_string(i) + ".";
    addMaster(prefix + family.inputNorm, layer.inputNorm);
    addMaster(prefix + "self_attn.qkv", layer.qkv.dense(), partsOf(modules, i, PackedMatrix::Qkv));
    addMaster(prefix + "self_attn.qkv.bias", layer.qkvBias, partsOf(modules, i, PackedMatrix::Qkv));
    addMaster(prefix + family.qNorm, layer.qNorm);
    addMaster(prefix + family.kNorm, layer.kNorm);
    addMaster(prefix + family.output, layer.output.dense());
    addMaster(prefix + family.output + ".bias", layer.outputBias);
    addMaster(prefix + family.attentionOutNorm, layer.attentionOutNorm);
    addMaster(prefix + family.postNorm, layer.postNorm);
    addMaster(prefix + family.feedForwardOutNorm, layer.feedForwardOutNorm);
    addMaster(prefix + "mlp.gate_up", layer.gateUp.dense(), partsOf(modules, i, PackedMatrix::GateUp));
    addMaster(prefix + "mlp.gate_up.bias", layer.gateUpBias, partsOf(modules, i, PackedMatrix::GateUp));
    addMaster(prefix + family.down, layer.down.dense());
    addMaster(prefix + family.down + ".bias", layer.downBias);
  }
  if (!everything) return;
  addMaster(family.finalNorm, m_weights.finalNorm);
  if (config().tiedEmbeddings) return;
  if (config().headNorm) { // the products read the normalised rows, made anew after each step
    m_rawHead = trainsInPlace() ? m_weights.head.dense() : m_weights.head.dense().to(at::kFloat);
    m_rawHead.set_requires_grad(true);
    m_weights.head = normaliseRows(m_rawHead.detach()).to(m_setup.compute);
  } else {
    addMaster(family.head, m_weights.head.dense());
  }
}

std::vector<NamedParameter> TransformerModel::parameters() {
  std::vector<NamedParameter> all;
  for (const Master &m : m_masters) all.push_back({m.name, m.master, m.decays, false, m.embedding, m.parts});
  if (m_rawHead.defined()) all.push_back({(**familyOf(config())).head, m_rawHead, true, false});
  if (m_adapter)
    for (const LoraModule &module : m_adapter->modules) {
      all.push_back({module.place.name + ".lora_A", module.a, true, false});
      all.push_back({module.place.name + ".lora_B", module.b, true, true});
    }
  return all;
}

DecoderWeights TransformerModel::withMasters(bool differentiable) {
  DecoderWeights weights = m_weights;
  if (m_rawHead.defined())
    weights.head = differentiable ? normaliseRows(m_rawHead, trainsInPlace() ? m_weights.head.dense() : Tensor()) : m_rawHead;
  if (differentiable && weights.stream) // head and norm come to the device with an outlet of their own
    for (LayerWeights &layer : weights.layers)
      forEachTensor(layer, [&](Tensor &tensor) {
        if (tensor.requires_grad()) tensor = weights.stream->outlet(tensor);
      });
  if (trainsInPlace()) return weights; // the weights are the masters
  std::unordered_map<const void *, Tensor> masters;
  for (const Master &master : m_masters) masters[master.weight->data_ptr()] = master.master;
  // A tied head is replaced on its own: its gradient and the embedding's meet in fp32.
  forEachTensor(weights, [&](Tensor &tensor) {
    const auto found = masters.find(tensor.data_ptr());
    if (found != masters.end()) tensor = differentiable ? throughMaster(found->second, tensor) : found->second;
  });
  return weights;
}

PassOptions TransformerModel::passOptions(const PassSeed *seed) const {
  PassOptions options;
  options.feedForwardRows = m_setup.feedForwardRows;
  if (!seed) return options;
  options.recompute = m_setup.recompute;
  options.offloadCheckpoints = m_setup.offloadCheckpoints;
  options.loraDropout = m_adapter ? m_adapter->config.dropout : 0.0;
  options.neftuneAlpha = m_setup.neftuneAlpha;
  options.seed = passNumber(*seed);
  options.firstRow = seed->firstToken;
  return options;
}

double TransformerModel::forwardBackward(const data::MicroBatch &batch, double gradScale, const PassSeed &seed) {
  if (batch.targets.empty()) return 0.0;
  at::AutoGradMode record(true);
  const Tensor loss = m_transformer.lossSum(withMasters(true), m_adapter ? &m_trainAdapters : nullptr, batch, passOptions(&seed));
  const double sum = loss.item().toDouble();
  if (*m_told && !std::isfinite(sum)) return sum; // its gradients must not reach a weight
  const LayerStream::Pass pass(m_weights.stream.get());
  (loss * gradScale).backward();
  return sum;
}

double TransformerModel::evaluate(const data::MicroBatch &batch) {
  if (batch.targets.empty()) return 0.0;
  at::NoGradGuard noGrad;
  return m_transformer.lossSum(m_weights, m_adapter ? &m_trainAdapters : nullptr, batch, passOptions(nullptr)).item().toDouble();
}

bool TransformerModel::recomputeAll() {
  const bool more = m_setup.recompute != RecomputePolicy::Layer;
  m_setup.recompute = RecomputePolicy::Layer;
  return more;
}

bool TransformerModel::updatesInPass() const {
  // fp16 has to see all gradients of a step first: one that overflowed means that the step is skipped.
  return m_setup.streamLayers && m_setup.method != api::Method::Lora && m_setup.compute != at::kHalf;
}

void TransformerModel::tellOfGradients() {
  size_t place = 0;
  for (const NamedParameter &parameter : parameters())
    torch::autograd::impl::set_post_acc_grad_hooks(parameter.tensor, std::make_unique<GradientHook>(m_told, place++));
}

void TransformerModel::parametersChanged() {
  m_generateAdapters.clear();
  if (m_weights.stream) m_weights.stream->weightsChanged();
  m_adapterCopies.renew(); // once a step instead of at each product
  at::NoGradGuard noGrad;
  if (m_rawHead.defined()) m_weights.head = normaliseRows(m_rawHead).to(m_setup.compute);
  if (trainsInPlace()) return;
  for (const Master &master : m_masters) master.weight->copy_(master.master);
}

const DecoderAdapters *TransformerModel::adapters() {
  if (!m_adapter) return nullptr;
  if (!m_setup.device.is_cpu()) return &m_trainAdapters; // ready in the type of the products
  if (m_generateAdapters.empty()) m_generateAdapters = bindAdapter(*m_adapter, config().layers, m_setup.compute);
  return &m_generateAdapters;
}

Status TransformerModel::save(const std::string &runFolder) {
  ATTUNE_TRY(const ModelFamily *family, familyOf(config()));
  if (m_adapter)
    return writeAdapter(runFolder + "/adapter", inFileOrder(*m_adapter, config()), linearModules(config(), *family), m_modelPath);
  at::NoGradGuard noGrad;
  const DecoderWeights trained = withMasters(false); // masters where they exist: a resumed run must go on bit for bit
  return writeHfFolder(runFolder + "/model", config(), weightPlaces(config(), writtenFamily(*family), trained), m_modelPath,
                       &m_saveWarning);
}

Status TransformerModel::load(const std::string &runFolder) {
  ATTUNE_TRY(const ModelFamily *family, familyOf(config()));
  at::NoGradGuard noGrad;
  if (m_adapter) {
    ATTUNE_TRY(LoraAdapter saved, readAdapter(runFolder + "/adapter", linearModules(config(), *family)));
    toModelOrder(saved, config());
    const std::string where = runFolder + "/adapter";
    if (saved.modules.size() != m_adapter->modules.size())
      return Error{ErrorCode::AdapterMismatch, "The saved adapter has other layers than this run trains.", where, ""};
    for (size_t i = 0; i < saved.modules.size(); ++i) {
      LoraModule &mine = m_adapter->modules[i];
      if (saved.modules[i].place.name != mine.place.name || saved.modules[i].a.sizes() != mine.a.sizes())
        return Error{ErrorCode::AdapterMismatch, "The saved adapter does not fit what this run trains.", where + "#" + mine.place.name, ""};
      mine.a.copy_(saved.modules[i].a);
      mine.b.copy_(saved.modules[i].b);
    }
    parametersChanged();
    return {};
  }
  ATTUNE_TRY(const auto source, io::openModel(runFolder + "/model"));
  const std::vector<WeightPlace> places = weightPlaces(config(), writtenFamily(*family), withMasters(false));
  ATTUNE_CHECK(readWeights(*source, places));
  parametersChanged();
  return {};
}

} // namespace attune::core
