// Whether a written folder computes what model and adapter compute: logits of fixed rows of token ids, in fp32. The reference
// goes another way than the file: adapter beside the weights, then worked into packed matrices in memory. Job thread.
#pragma once

#include "core/export/output_plan.h"

#include <functional>
#include <string>

namespace attune::core {

struct ParityReport {
  double maxDifference = 0.0;      // of a logit, absolute
  double relativeDifference = 0.0; // the same ÷ the largest logit
  double topAgreement = 0.0;       // share of the places where the likeliest token is the same
};

struct ParityReference {
  Tensor exact;           // logits of model and adapter as they are
  Tensor rounded;         // with the weights merged in memory and rounded once to the plan's types
  double tolerance = 0.0; // how far a folder's logits may be from `rounded`, absolute
};

/// Asked between passes; an Error ends the check.
using StopCheck = std::function<Status()>;

/// `adapter` as its file has it. One copy of the model in fp32 is in memory. NotFinite, Internal when merging in memory does
/// not give the logits of model and adapter; errors of loadWeights and changedWeights.
Result<ParityReference> parityReference(const io::WeightSource &source, const LoraAdapter &adapter, const OutputPlan &plan,
                                        const StopCheck &stop = {});

/// Loads the folder and compares. Internal, with the figures, when it computes something else.
Result<ParityReport> checkFolder(const std::string &folder, const ParityReference &reference, const StopCheck &stop = {});

} // namespace attune::core
