// The menu of what to compare with: no adapter, a run's result or one of its checkpoints, an adapter folder. GUI thread.
#pragma once

#include "ui/models/run_weights.h"

#include <functional>

class QMenu;

namespace attune::ui {

/// `name` is how the choice reads; a full fine-tuning gives a model without an adapter.
using ChooseWeights = std::function<void(const api::RunWeights &weights, const QString &name)>;

/// Fills `menu`. A choice of "none" or a folder keeps `model`.
void fillWeightsMenu(QMenu &menu, const RunCenter &runs, const RunWeightsList &weights, const std::string &model,
                     const ChooseWeights &choose);

/// "alpaca-lora-3 · step 400"
QString weightsName(const QString &run, const api::RunWeights &weights);

} // namespace attune::ui
