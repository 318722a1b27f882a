#include "core/model/language_model.h"

#include "core/io/model_tensors.h"
#include "core/lora/lora_file.h"
#include "core/lora/lora_inject.h"
#include "core/lora/row_order.h"
#include "core/lora/weight_changes.h"
#include "core/nn/adapter_copies.h"

namespace attune::core {

Result<LanguageModel> LanguageModel::open(const std::string &modelPath, const std::string &adapterPath, const LoadOptions &options) {
  ATTUNE_TRY(const auto source, io::openModel(modelPath));
  const io::ModelConfig &config = source->config();
  ATTUNE_TRY(const ModelFamily *family, familyOf(config));
  LanguageModel model(config);
  model.dequantised = io::holdsNf4(*source) && options.quantization == api::Quantization::None;
  model.surplus = io::surplusText(io::surplusTensors(*source));
  LoraAdapter adapter;
  if (!adapterPath.empty()) {
    ATTUNE_TRY(adapter, readAdapter(adapterPath, linearModules(config, *family), wholeTensors(config, *family)));
    toModelOrder(adapter, config);
    toDevice(adapter, options.device);
    model.bound = bindAdapter(adapter, config.layers, options.type);
    if (!options.device.is_cpu()) AdapterCopies(allSlices(model.bound), options.type);
  }
  ATTUNE_TRY(model.weights, loadWeights(*source, options));
  ATTUNE_TRY(model.tunedWeights, changedWeights(adapter, config, *family, model.weights));
  return model;
}

} // namespace attune::core
