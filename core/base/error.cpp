#include "core/base/error.h"

namespace attune {

const char *errorCodeName(ErrorCode code) {
  switch (code) {
  case ErrorCode::FileNotFound: return "file_not_found";
  case ErrorCode::IoFailed: return "io_failed";
  case ErrorCode::DeviceFailed: return "device_failed";
  case ErrorCode::Internal: return "internal";
  case ErrorCode::Usage: return "usage";
  case ErrorCode::InvalidConfig: return "invalid_config";
  case ErrorCode::UnknownKey: return "unknown_key";
  case ErrorCode::NotSupportedYet: return "not_supported_yet";
  case ErrorCode::MalformedFile: return "malformed_file";
  case ErrorCode::UnsupportedModel: return "unsupported_model";
  case ErrorCode::UnsupportedFormat: return "unsupported_format";
  case ErrorCode::MissingInFolder: return "missing_in_folder";
  case ErrorCode::AdapterMismatch: return "adapter_mismatch";
  case ErrorCode::InvalidData: return "invalid_data";
  case ErrorCode::NothingToTrain: return "nothing_to_train";
  case ErrorCode::TemplateFailed: return "template_failed";
  case ErrorCode::NewerSchema: return "newer_schema";
  case ErrorCode::DoesNotFit: return "does_not_fit";
  case ErrorCode::OutOfMemory: return "out_of_memory";
  case ErrorCode::NotFinite: return "not_finite";
  case ErrorCode::Interrupted: return "interrupted";
  }
  return "internal";
}

int exitCodeOf(ErrorCode code) {
  switch (code) {
  case ErrorCode::FileNotFound:
  case ErrorCode::IoFailed:
  case ErrorCode::DeviceFailed:
  case ErrorCode::Internal:
  case ErrorCode::NotFinite: return 1;
  case ErrorCode::Usage:
  case ErrorCode::InvalidConfig:
  case ErrorCode::UnknownKey:
  case ErrorCode::NotSupportedYet: return 2;
  case ErrorCode::MalformedFile:
  case ErrorCode::UnsupportedModel:
  case ErrorCode::UnsupportedFormat:
  case ErrorCode::MissingInFolder:
  case ErrorCode::AdapterMismatch:
  case ErrorCode::InvalidData:
  case ErrorCode::NothingToTrain:
  case ErrorCode::TemplateFailed:
  case ErrorCode::NewerSchema: return 3;
  case ErrorCode::DoesNotFit:
  case ErrorCode::OutOfMemory: return 4;
  case ErrorCode::Interrupted: return 130;
  }
  return 1;
}

std::string Error::text() const { return where.empty() ? message : message + " (" + where + ")"; }

} // namespace attune
