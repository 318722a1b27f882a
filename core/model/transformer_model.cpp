#include "core/model/transformer_model.h"

#include "core/io/safetensors.h"
#include "core/lora/lora_file.h"
#include "core/lora/lora_inject.h"
#include "core/lora/row_order.h"
#include "core/model/hf_writer.h"
#include "core/model/model_loader.h"
#include "core/nn/head_norm.h"
#include "core/nn/master_weight.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <unordered_map>

namespace attune::core {
namespace {

uint64_t passNumber(const PassSeed &seed) {
  // The constants only have to keep neighbouring steps and micro-batches apart; the generators mix further.
  return seed.seed * 0x9E3779B97F4A7C15ull + seed.step * 0xD1B54A32D192ED03ull + seed.microBatch * 0x8CB92BA72F3D8DD7ull;
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
  if (config.method == api::Method::Lora) setup.quantization = config.quantization;
  setup.neftuneAlpha = config.neftuneAlpha;
  setup.seed = static_cast<uint64_t>(config.seed);
  setup.offloadCheckpoints = config.offload.checkpoints;
  setup.offloadEmbedding = config.offload.embeddings && config.method == api::Method::Lora; // what trains stays
  if (config.checkpointing == api::Checkpointing::Full) setup.recompute = RecomputePolicy::Layer;
  if (config.checkpointing == api::Checkpointing::Selective) setup.recompute = RecomputePolicy::FeedForward;
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
  LoadOptions load(setup.compute, setup.device);
  load.rawHead = setup.method == api::Method::Full;
  load.quantization = setup.quantization;
  load.embeddingOnHost = setup.offloadEmbedding;
  ATTUNE_TRY(model->m_weights, loadWeights(source, load));
  const int64_t layers = source.config().layers;
  if (setup.method == api::Method::Full) model->trainWeights(0, true);
  if (setup.method == api::Method::Freeze) model->trainWeights(std::max<int64_t>(0, layers - setup.freezeLayers), false);
  if (model->m_adapter) {
    toDevice(*model->m_adapter, setup.device);
    for (LoraModule &module : model->m_adapter->modules) {
      module.a.set_requires_grad(true);
      module.b.set_requires_grad(true);
    }
    model->m_trainAdapters = bindAdapter(*model->m_adapter, layers);
    if (!setup.device.is_cpu()) makeReady(model->m_trainAdapters, setup.compute);
  }
  return model;
}

void TransformerModel::addMaster(const std::string &name, Tensor &weight) {
  if (!weight.defined()) return;
  Master master;
  master.name = name;
  master.master = weight.scalar_type() == at::kFloat ? weight : weight.to(at::kFloat);
  master.master.set_requires_grad(true);
  master.weight = &weight;
  master.decays = weight.dim() == 2;
  m_masters.push_back(std::move(master));
}

void TransformerModel::trainWeights(int64_t firstLayer, bool everything) {
  const ModelFamily &family = **familyOf(config());
  if (everything) addMaster(family.embedding, m_weights.embedding);
  for (int64_t i = firstLayer; i < config().layers; ++i) {
    LayerWeights &layer = m_weights.layers[static_cast<size_t>(i)];
    const std::string prefix = family.layers + std::to_string(i) + ".";
    addMaster(prefix + family.inputNorm, layer.inputNorm);
    addMaster(prefix + "self_attn.qkv", layer.qkv.dense()); // packed: AdamW and the norm are element-wise, so nothing changes
    addMaster(prefix + "self_attn.qkv.bias", layer.qkvBias);
    addMaster(prefix + family.qNorm, layer.qNorm);
    addMaster(prefix + family.kNorm, layer.kNorm);
    addMaster(prefix + family.output, layer.output.dense());
    addMaster(prefix + family.output + ".bias", layer.outputBias);
    addMaster(prefix + family.attentionOutNorm, layer.attentionOutNorm);
    addMaster(prefix + family.postNorm, layer.postNorm);
    addMaster(prefix + family.feedForwardOutNorm, layer.feedForwardOutNorm);
    addMaster(prefix + "mlp.gate_up", layer.gateUp.dense());
    addMaster(prefix + "mlp.gate_up.bias", layer.gateUpBias);
    addMaster(prefix + family.down, layer.down.dense());
    addMaster(prefix + family.down + ".bias", layer.downBias);
  }
  if (!everything) return;
  addMaster(family.finalNorm, m_weights.finalNorm);
  if (config().tiedEmbeddings) return;
  if (config().headNorm) { // the products read the normalised rows, made anew after each step
    m_rawHead = m_weights.head.to(at::kFloat);
    m_rawHead.set_requires_grad(true);
    m_weights.head = normaliseRows(m_rawHead.detach()).to(m_setup.compute);
  } else {
    addMaster(family.head, m_weights.head);
  }
}

std::vector<NamedParameter> TransformerModel::parameters() {
  std::vector<NamedParameter> all;
  for (const Master &master : m_masters) all.push_back({master.name, master.master, master.decays, false});
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
  if (m_rawHead.defined()) weights.head = differentiable ? normaliseRows(m_rawHead) : m_rawHead;
  if (m_setup.compute == at::kFloat) return weights; // the weights are the masters
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

void TransformerModel::parametersChanged() {
  m_generateAdapters.clear();
  if (!m_setup.device.is_cpu()) makeReady(m_trainAdapters, m_setup.compute); // once a step instead of at each product
  at::NoGradGuard noGrad;
  if (m_rawHead.defined()) m_weights.head = normaliseRows(m_rawHead).to(m_setup.compute);
  if (m_setup.compute == at::kFloat) return;
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
  LoadOptions asWritten(at::kFloat);
  asWritten.rawHead = true;
  ATTUNE_TRY(DecoderWeights saved, loadWeights(*source, asWritten));
  const std::vector<WeightPlace> from = weightPlaces(source->config(), writtenFamily(*family), saved);
  const std::vector<WeightPlace> to = weightPlaces(config(), writtenFamily(*family), withMasters(false));
  bool fits = from.size() == to.size();
  for (size_t i = 0; fits && i < to.size(); ++i) fits = from[i].name == to[i].name && from[i].target.sizes() == to[i].target.sizes();
  if (!fits) return Error{ErrorCode::MalformedFile, "The saved model is not the one that this run trains.", runFolder + "/model", ""};
  for (size_t i = 0; i < to.size(); ++i) to[i].target.detach().copy_(from[i].target);
  parametersChanged();
  return {};
}

} // namespace attune::core
