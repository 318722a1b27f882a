#include "core/io/model_fingerprint.h"

#include "core/base/fast_hash.h"
#include "core/base/helper_threads.h"
#include "core/base/inside_folder.h"
#include "core/base/mapped_file.h"
#include "core/base/sha256.h"
#include "core/io/model_files.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <set>
#include <thread>
#include <vector>

namespace attune::io {

namespace fs = std::filesystem;

namespace {

constexpr size_t kBlock = size_t(16) << 20;

/// A hash for each block of a file, made by all cores.
std::vector<uint64_t> blockHashes(const MappedFile &file) {
  const size_t size = file.bytes().size, count = (size + kBlock - 1) / kBlock;
  std::vector<uint64_t> hashes(count);
  std::atomic<size_t> next{0};
  const auto work = [&](bool) {
    for (size_t i = next++; i < count; i = next++) {
      const size_t begin = i * kBlock, length = std::min(kBlock, size - begin);
      hashes[i] = fastHash(file.bytes().sub(begin, length));
      file.release(begin, length);
    }
  };
  const size_t threads = std::min<size_t>(std::thread::hardware_concurrency(), count);
  withHelpers(std::max<size_t>(threads, 1) - 1, work);
  return hashes;
}

} // namespace

Result<std::string> modelFingerprint(const std::string &path, const WeightSource &source) {
  std::set<std::string> files;
  std::error_code ignored;
  const auto add = [&](const std::string &name) {
    if (fs::is_regular_file(path + "/" + name, ignored)) files.insert(path + "/" + name);
  };
  add("config.json");
  for (const char *name : kTokenizerFiles) add(name);
  for (const TensorInfo &tensor : source.tensors()) files.insert(tensor.file);
  Sha256 hash;
  for (const std::string &name : files) {
    ATTUNE_TRY(const auto file, insideFolder(MappedFile::open(name)));
    const std::vector<uint64_t> blocks = blockHashes(*file);
    hash.update(fs::path(name).filename().string() + " " + std::to_string(file->bytes().size) + "\n");
    hash.update(ByteView{reinterpret_cast<const uint8_t *>(blocks.data()), blocks.size() * sizeof(uint64_t)});
  }
  return hash.hex();
}

} // namespace attune::io
