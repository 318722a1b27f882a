// Adapter folders in PEFT's layout: adapter_config.json and adapter_model.safetensors (or .bin). Job thread, blocking.
// What PEFT can do and Attune cannot (DoRA, trained biases, ...) is refused by name, never ignored.
#pragma once

#include "core/io/model_tensors.h"
#include "core/lora/lora_adapter.h"

#include <string>

namespace attune::core {

/// Writes both files (each atomically) into `folder`, which is made if needed. `modules` are all linear layers of the model,
/// `baseModel` becomes base_model_name_or_path.
Status writeAdapter(const std::string &folder, const LoraAdapter &adapter, const std::vector<LinearModule> &modules,
                    const std::string &baseModel);

/// All of an adapter's numbers, or their shapes alone: from its header, as tensors without memory.
enum class AdapterParts { Values, Shapes };

/// Reads an adapter for a model with these linear modules. FileNotFound without the folder, MissingInFolder without a file in
/// it, MalformedFile for broken files, UnsupportedFormat for a PEFT feature we lack, AdapterMismatch when a module or a
/// shape is not this model's. `tensors`, all of the model's (wholeTensors), are those that LoraAdapter::changes may change.
Result<LoraAdapter> readAdapter(const std::string &folder, const std::vector<LinearModule> &modules,
                                const std::vector<io::ExpectedTensor> &tensors = {}, AdapterParts parts = AdapterParts::Values);

/// Every tensor of a model's checkpoint, and a tied head beside the embedding: PEFT sees two modules.
std::vector<io::ExpectedTensor> wholeTensors(const io::ModelConfig &config, const ModelFamily &family);

} // namespace attune::core
