// attune merge and attune export llama: model and adapter become one Hugging Face folder, written beside its place, checked by
// logits, then renamed into it. Memory: one copy of the model in fp32 while checking. Job thread, blocking.
#pragma once

#include "core/export/parity_check.h"

#include <cstdint>
#include <optional>
#include <string>

namespace attune::core {

enum class ExportLayout { Own, Llama };

struct ExportRequest {
  std::string model;
  std::string adapter; // may be empty
  std::string out;     // absent or an empty folder
  ExportLayout layout = ExportLayout::Own;
  std::optional<io::DType> type; // F32, BF16, F16; nothing = as stored
  uint64_t maxShardBytes = 5'000'000'000;
};

struct ExportResult {
  ParityReport parity;
  uint64_t bytes = 0;
  std::string warning; // empty = none
};

/// Told what is done and how far it is (0 to 1); an Error ends the export, and nothing of it stays.
using ExportProgress = std::function<Status(const std::string &what, double share)>;

/// Usage when `out` is taken, DoesNotFit / IoFailed for too little memory or disk, errors of reading model and adapter, Internal
/// when the written folder fails its check.
Result<ExportResult> exportFolder(const ExportRequest &request, const ExportProgress &progress = {});

} // namespace attune::core
