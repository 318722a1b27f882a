// A model, adapter or run folder is the user's path; a file that belongs into it and is absent is the folder's mistake.
// Any thread.
#pragma once

#include "core/base/result.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <unistd.h>

namespace attune {

/// FileNotFound when the folder is missing or may not be looked into.
inline Status checkFolder(const std::string &path) {
  if (::access(path.c_str(), R_OK | X_OK) == 0) return {};
  return Error{ErrorCode::FileNotFound,
               "The folder cannot be opened: " + std::string(std::strerror(errno)) + ".",
               path,
               "Check the path and its permissions.",
               {}};
}

/// What to do, for an error that does not say so itself.
template <typename T> Result<T> orHint(Result<T> result, const char *hint) {
  if (result.ok() || !result.error().hint.empty()) return result;
  Error error = result.error();
  error.hint = hint;
  return error;
}

/// FileNotFound (missing, unreadable, no regular file) becomes MissingInFolder; everything else stays.
template <typename T> Result<T> insideFolder(Result<T> result) {
  if (result.ok() || result.error().code != ErrorCode::FileNotFound) return result;
  Error error = result.error();
  error.code = ErrorCode::MissingInFolder;
  return error;
}

} // namespace attune
