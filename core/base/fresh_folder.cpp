#include "core/base/fresh_folder.h"

#include "core/base/atomic_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace attune {

namespace fs = std::filesystem;

namespace {

Error notWritable(const std::string &path) {
  return {ErrorCode::IoFailed, "The run folder cannot be written to: " + std::string(std::strerror(errno)) + ".", path,
          "Choose a folder that can be written to."};
}

} // namespace

Status checkFreshRunFolder(const std::string &path) {
  std::error_code reason;
  if (!fs::exists(path, reason)) return {};
  if (!fs::is_directory(path, reason)) {
    return Error{ErrorCode::Usage, "The run folder's path is a file.", path, "Choose another path with --out."};
  }
  if (!fs::is_empty(path, reason) && !reason) {
    return Error{ErrorCode::Usage, "The run folder exists and is not empty.", path,
                 "Choose another path with --out, or continue the run in it with --resume."};
  }
  return {};
}

Status makeFreshRunFolder(const std::string &path) {
  ATTUNE_CHECK(checkFreshRunFolder(path));
  ATTUNE_CHECK(makeFolders(path));
  if (::access(path.c_str(), W_OK | X_OK) != 0) return notWritable(path);
  return {};
}

Result<std::string> makeNumberedRunFolder(const std::string &path) {
  ATTUNE_CHECK(makeFolders(fs::path(path).parent_path().string()));
  for (int number = 1; number <= 10000; ++number) {
    const std::string candidate = number == 1 ? path : path + "-" + std::to_string(number);
    if (::mkdir(candidate.c_str(), 0777) == 0) return candidate;
    if (errno != EEXIST) return notWritable(candidate);
  }
  return Error{ErrorCode::IoFailed, "Ten thousand run folders of this name exist.", path, "Choose another path with --out."};
}

} // namespace attune
