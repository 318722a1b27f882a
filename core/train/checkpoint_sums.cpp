#include "core/train/checkpoint_sums.h"

#include "core/base/atomic_file.h"
#include "core/base/file_reader.h"
#include "core/base/file_stamp.h"
#include "core/base/json.h"

#include <cstdio>
#include <filesystem>
#include <functional>

namespace attune::core {

namespace fs = std::filesystem;

namespace {

constexpr const char *kName = "trainer_state/sums.json";

std::string hex(uint64_t sum) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(sum));
  return text;
}

Error damaged(const std::string &what, const std::string &path) {
  return {ErrorCode::MalformedFile, what, path, "Resume from an earlier checkpoint: move this one away.", {}};
}

/// Of every file below `folder`.
Status forEachFile(const std::string &folder, const std::function<Status(const std::string &path)> &visit) {
  std::error_code reason;
  for (fs::recursive_directory_iterator at(folder, reason), end; !reason && at != end; at.increment(reason)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored)) ATTUNE_CHECK(visit(at->path().string()));
  }
  if (reason == std::errc::not_a_directory) return damaged("A checkpoint is a folder, and this is none.", folder);
  if (reason) return Error{ErrorCode::IoFailed, "The folder cannot be read: " + reason.message() + ".", folder, "", {}};
  return {};
}

Status checkOpens(const std::string &path) {
  const auto file = FileReader::open(path);
  if (file.ok()) return {};
  Error error = file.error();
  error.code = ErrorCode::IoFailed; // it is there
  return error;
}

} // namespace

Result<std::map<std::string, uint64_t>> sumsOf(const std::string &folder) {
  std::map<std::string, uint64_t> sums;
  ATTUNE_CHECK(forEachFile(folder, [&](const std::string &path) -> Status {
    const std::string name = fs::path(path).lexically_relative(folder).generic_string();
    if (name == kName) return {};
    const auto sum = contentSum(path);
    if (!sum) return Error{ErrorCode::IoFailed, "A checkpoint's file cannot be read.", path, "Check its permissions.", {}};
    sums[name] = *sum;
    return {};
  }));
  return sums;
}

Status writeSums(const std::string &folder, const std::map<std::string, uint64_t> &sums) {
  Json files = Json::object();
  for (const auto &[name, sum] : sums) files[name] = hex(sum);
  return writeFileAtomic(folder + "/" + kName, dumpJson({{"xxh64", files}}) + "\n");
}

Status checkSums(const std::string &folder) {
  ATTUNE_CHECK(forEachFile(folder, checkOpens));
  const std::string path = folder + "/" + kName;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return {};
  ATTUNE_TRY(const Json json, readJsonFile(path, size_t(1) << 20));
  const auto files = json.is_object() ? json.find("xxh64") : json.end();
  if (files == json.end() || !files->is_object()) return damaged("The sums of the checkpoint's files are incomplete.", path);
  ATTUNE_TRY(const auto sums, sumsOf(folder)); // names from a file are never opened
  for (const auto &item : files->items()) {
    const auto found = sums.find(item.key());
    if (found == sums.end()) return damaged("A file of the checkpoint is missing.", folder + "/" + item.key());
    if (item.value() != hex(found->second))
      return damaged("The file is not as it was written with its checkpoint: some of its bytes have changed.", folder + "/" + item.key());
  }
  return {};
}

} // namespace attune::core
