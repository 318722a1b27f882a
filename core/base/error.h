// The one error value of Attune: a stable code, a sentence, where it happened and what to do.
// Plain data, any thread. Texts here are English; ui translates by code.
#pragma once

#include <string>
#include <vector>

namespace attune {

/// Stable error kinds. `errorCodeName` gives the snake_case spelling of CLI.md, `exitCodeOf` its exit code.
enum class ErrorCode {
  FileNotFound,      // a path given by the user that is missing or unreadable
  IoFailed,          // reading or writing failed (disk full, read-only, network)
  DeviceFailed,      // the compute device reported a fault
  Internal,          // a bug in Attune
  Usage,             // wrong command line
  InvalidConfig,     // a run config that cannot run; details in Error::problems
  UnknownKey,        // a key that no setting has
  NotSupportedYet,   // a setting that exists in the schema but not in this version
  MalformedFile,     // truncated, corrupt or unsafe file
  UnsupportedModel,  // an architecture or setting we do not implement
  UnsupportedFormat, // a file format or type we do not read
  MissingInFolder,   // a file missing inside a model or adapter folder
  AdapterMismatch,   // an adapter made for another model
  InvalidData,       // rows that cannot be used
  NothingToTrain,    // data without a single trained token
  TemplateFailed,    // a chat template that cannot be parsed or run
  NewerSchema,       // written by a newer Attune
  DoesNotFit,        // more memory than there is
  OutOfMemory,       // the device or host ran out
  NotFinite,         // loss or gradients became NaN or infinite
  Interrupted,       // stopped by the user
};

/// "file_not_found", "malformed_file", ...
const char *errorCodeName(ErrorCode code);

/// Exit code of CLI.md: 1 failed, 2 usage or config, 3 input refused, 4 does not fit, 130 interrupted.
int exitCodeOf(ErrorCode code);

/// One of several mistakes found at once; `key` is the dotted setting it belongs to.
struct ConfigProblem {
  std::string key;
  std::string message;
  ErrorCode code = ErrorCode::InvalidConfig;
};

struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;                      // one sentence, no trailing newline
  std::string where;                        // "file[:line][#field]", may be empty
  std::string hint;                         // what to do, may be empty
  std::vector<ConfigProblem> problems = {}; // every mistake of a run config, when there are several kinds to tell
  std::string fault = {};                   // of a cluster: its stable name, "NET-REFUSED", which ui translates by; else empty

  /// "message (where)" for logs and terminals.
  std::string text() const;
};

} // namespace attune
