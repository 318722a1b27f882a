#include "core/io/weight_source.h"

#include "core/io/gguf_model.h"
#include "core/io/hf_folder.h"
#include "core/io/model_tensors.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/stat.h>

namespace attune::io {

const char *dtypeName(DType type) {
  switch (type) {
  case DType::F32: return "F32";
  case DType::F16: return "F16";
  case DType::BF16: return "BF16";
  case DType::F64: return "F64";
  case DType::I8: return "I8";
  case DType::U8: return "U8";
  case DType::I16: return "I16";
  case DType::U16: return "U16";
  case DType::I32: return "I32";
  case DType::U32: return "U32";
  case DType::I64: return "I64";
  case DType::U64: return "U64";
  case DType::Bool: return "BOOL";
  case DType::F8E4M3: return "F8_E4M3";
  case DType::F8E5M2: return "F8_E5M2";
  case DType::Q4_0: return "Q4_0";
  case DType::Q4_1: return "Q4_1";
  case DType::Q5_0: return "Q5_0";
  case DType::Q5_1: return "Q5_1";
  case DType::Q8_0: return "Q8_0";
  case DType::Q4_K: return "Q4_K";
  case DType::Q5_K: return "Q5_K";
  case DType::Q6_K: return "Q6_K";
  case DType::NF4: return "NF4";
  }
  return "?";
}

int64_t TensorInfo::elements() const {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size; // the readers refuse shapes whose product overflows
  return count;
}

bool holdsNf4(const WeightSource &source) {
  const std::vector<TensorInfo> &all = source.tensors();
  return std::any_of(all.begin(), all.end(), [](const TensorInfo &tensor) { return tensor.type == DType::NF4; });
}

Result<std::unique_ptr<WeightSource>> openModel(const std::string &path, bool headerOnly) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return Error{ErrorCode::FileNotFound, "The model cannot be opened: " + std::string(std::strerror(errno)) + ".", path,
                 "Give a Hugging Face folder or a .gguf file."};
  }
  ATTUNE_TRY(auto source, S_ISDIR(info.st_mode) ? openHfFolder(path, headerOnly) : openGgufModel(path, headerOnly));
  if (!headerOnly) ATTUNE_CHECK(checkTensors(*source, path));
  return source;
}

} // namespace attune::io
