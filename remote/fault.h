// Errors of a cluster: each has a stable name of the remote facts' table ("NET-REFUSED") besides its sentence.
// Pure functions, any thread.
#pragma once

#include "core/base/result.h"

#include <string>

namespace attune::remote {

/// An Error of the network or the other side; `where` names host, file or field.
inline Error fault(const char *name, std::string message, std::string where, std::string hint) {
  Error error;
  error.code = ErrorCode::IoFailed;
  error.message = std::move(message);
  error.where = std::move(where);
  error.hint = std::move(hint);
  error.fault = name;
  return error;
}

} // namespace attune::remote
