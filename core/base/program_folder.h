// Where this program lies, so that it finds what was installed with it. Any thread; never fails.
#pragma once

#include <filesystem>
#include <string>

namespace attune {

/// The folder of the running program; "." where the system does not tell.
inline std::string programFolder() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "." : program.parent_path().string();
}

} // namespace attune
