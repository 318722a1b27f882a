#include "core/io/hf_folder.h"

#include "core/base/atomic_file.h"
#include "core/base/ending.h"
#include "core/base/inside_folder.h"
#include "core/base/json.h"
#include "core/io/config_reader.h"
#include "core/io/nf4_tensor.h"
#include "core/io/safetensors.h"
#include "core/io/stored_tensor.h"
#include "core/model/families/model_family.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <set>
#include <unordered_map>
#include <utility>

namespace attune::io {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxConfigBytes = size_t(1) << 20;
constexpr size_t kMaxIndexBytes = size_t(64) << 20;

bool exists(const std::string &path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// A relative path of plain names, none of which leads up or nowhere.
bool staysInside(const std::string &path) {
  if (path.size() > 1000 || path.find_first_of(std::string("\\\0", 2)) != std::string::npos) return false;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string name = path.substr(begin, end - begin);
    if (name.empty() || name.size() > 255 || name == "." || name == "..") return false;
    begin = end + 1;
  }
  return true;
}

/// Streams the index, so that a hostile one costs no more than its entries and no quadratic key search.
class IndexReader : public nlohmann::json_sax<Json> {
public:
  std::map<std::string, std::string> files;
  std::string problem;

  bool start_object(size_t) override {
    ++m_depth;
    if (m_depth > 8) return fail("The index is nested too deeply");
    if (m_depth == 2) {
      m_inMap = m_key == "weight_map";
      if (m_inMap && std::exchange(m_sawMap, true)) return fail("weight_map stands in the index twice");
    }
    return true;
  }
  bool end_object() override {
    if (--m_depth < 2) m_inMap = false;
    return true;
  }
  bool key(string_t &value) override {
    m_key = value;
    return true;
  }
  bool string(string_t &value) override {
    if (!m_inMap) return true;
    if (m_depth != 2) return fail("weight_map must hold file names only");
    if (!staysInside(value)) return fail("The shard name \"" + value.substr(0, 80) + "\" is no file inside the model's folder");
    return files.emplace(m_key, value).second || fail("The tensor \"" + m_key.substr(0, 80) + "\" stands in the index twice");
  }
  bool null() override { return other(); }
  bool boolean(bool) override { return other(); }
  bool number_integer(number_integer_t) override { return other(); }
  bool number_unsigned(number_unsigned_t) override { return other(); }
  bool number_float(number_float_t, const string_t &) override { return other(); }
  bool binary(binary_t &) override { return other(); }
  bool start_array(size_t) override { return m_depth == 0 ? fail("The index must be one JSON object") : other(); }
  bool end_array() override { return true; }
  bool parse_error(size_t position, const std::string &, const nlohmann::detail::exception &) override {
    return fail("The index is not valid JSON at byte " + std::to_string(position));
  }
  bool sawMap() const { return m_sawMap; }

private:
  bool other() { return !m_inMap || fail("weight_map must hold file names only"); }
  bool fail(const std::string &text) {
    if (problem.empty()) problem = text;
    return false;
  }
  int m_depth = 0;
  bool m_inMap = false;
  bool m_sawMap = false;
  std::string m_key;
};

class HfSource : public WeightSource {
public:
  explicit HfSource(ModelConfig config) : m_config(std::move(config)), m_family(core::findFamilyByType(m_config.family)) {}

  /// What transformers makes of a config that ties head and embedding: one stored alone serves as both, and two that
  /// differ are not tied.
  Status settleTie() {
    if (!m_config.tiedEmbeddings) return {};
    const std::string embedding = m_family->embedding + ".weight", head = m_family->head + ".weight";
    const auto e = m_index.find(embedding), h = m_index.find(head);
    if (h == m_index.end()) return {};
    if (e == m_index.end()) {
      m_tensors[h->second].name = embedding;
      m_index[embedding] = h->second;
      m_index.erase(head);
      return {};
    }
    ATTUNE_TRY(const bool same, sameValues(m_tensors[e->second], m_tensors[h->second]));
    m_config.tiedEmbeddings = same;
    return {};
  }

  const ModelConfig &config() const override { return m_config; }
  const std::vector<TensorInfo> &tensors() const override { return m_tensors; }
  const TensorInfo *find(const std::string &name) const override {
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_tensors[found->second];
  }

  Status readFloat(const std::string &name, int64_t rowBegin, int64_t rowEnd, float *out) const override {
    const auto found = m_index.find(name);
    if (found == m_index.end()) return Error{ErrorCode::Internal, "The tensor \"" + name + "\" does not exist.", "", ""};
    const TensorInfo &tensor = m_tensors[found->second];
    const int64_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
    if (rowBegin < 0 || rowBegin > rowEnd || rowEnd > rows)
      return Error{ErrorCode::Internal, "Rows outside the tensor \"" + name + "\" were asked for.", tensor.file, ""};
    if (rowBegin == rowEnd) return {};
    if (const Nf4Tensor *stored = nf4(name)) {
      stored->read(rowBegin * tensor.shape[1], (rowEnd - rowBegin) * tensor.shape[1], out);
      return {};
    }
    if (!m_stored[found->second].readRows(rowBegin, rowEnd, out)) {
      return Error{ErrorCode::UnsupportedFormat,
                   "The tensor \"" + name + "\" is stored as " + dtypeName(tensor.type) + ", which is not read.", tensor.file, ""};
    }
    return {};
  }

  ByteView rawBytes(const std::string &name) const override {
    const auto found = m_index.find(name);
    if (found == m_index.end()) return {};
    const DType type = m_tensors[found->second].type;
    const ByteView bytes = m_stored[found->second].bytes;
    const bool plain = (type == DType::F32 || type == DType::F16 || type == DType::BF16) && m_stored[found->second].strides.empty();
    const bool aligned = reinterpret_cast<uintptr_t>(bytes.data) % 4 == 0;
    return plain && aligned ? bytes : ByteView{};
  }

  const Nf4Tensor *nf4(const std::string &name) const override {
    const auto found = m_nf4.find(name);
    return found == m_nf4.end() ? nullptr : &found->second;
  }

  void release(const std::string &name) const override {
    const auto found = m_index.find(name);
    if (found != m_index.end()) m_stored[found->second].release();
  }

  /// Makes one matrix of each that bitsandbytes stored as several tensors.
  Status gatherNf4() {
    const auto find = [this](const std::string &name) {
      const auto found = m_index.find(name);
      return found == m_index.end() ? nullptr : &m_stored[found->second];
    };
    for (const TensorInfo &info : m_tensors) {
      if (hasEnding(info.name, ".quant_state.bitsandbytes__fp4"))
        return Error{ErrorCode::UnsupportedFormat, "The tensor \"" + info.name + "\" belongs to weights in FP4, which is not read.",
                     info.file, "Use the model's F32, F16 or BF16 files, or one in NF4."};
      const std::string &state = nf4Companions().front();
      if (!hasEnding(info.name, state)) continue;
      const std::string name = info.name.substr(0, info.name.size() - state.size());
      ATTUNE_TRY(Nf4Tensor tensor, readNf4Tensor(name, find));
      m_nf4.emplace(name, std::move(tensor));
    }
    for (const auto &[name, tensor] : m_nf4) {
      TensorInfo &info = m_tensors[m_index.at(name)];
      info.type = DType::NF4;
      info.shape = tensor.shape;
      info.bytes = tensor.bytes();
      for (const std::string &ending : nf4Companions()) m_index.erase(name + ending);
    }
    if (!m_nf4.empty()) dropUnlisted();
    return {};
  }

  /// The module path of today for a tensor that an older file calls differently.
  std::string todaysName(const std::string &name) const {
    for (const auto &[older, today] : m_family->spellings)
      if (name.compare(0, older.size(), older) == 0) return today + name.substr(older.size());
    return name;
  }

  /// Adds the tensors of one file; with `wanted`, only those that the index places in it.
  Status addFile(const std::string &folder, const std::string &fileName, const std::map<std::string, std::string> *wanted) {
    ATTUNE_TRY(auto tensors, insideFolder(openTensorFile(folder + "/" + fileName)));
    for (StoredTensor &tensor : tensors) {
      if (wanted) {
        const auto place = wanted->find(tensor.name);
        if (place == wanted->end() || place->second != fileName) continue;
      }
      if (!tensor.type) {
        return Error{ErrorCode::UnsupportedFormat,
                     "The tensor \"" + tensor.name + "\" is stored as " + tensor.dtype + ", which is not read.", tensor.where,
                     "Use the model's F32, F16 or BF16 files."};
      }
      const std::string name = todaysName(tensor.name);
      m_index.emplace(name, m_tensors.size());
      m_tensors.push_back({name, *tensor.type, tensor.shape, 0, tensor.where});
      m_tensors.back().bytes = static_cast<uint64_t>(m_tensors.back().elements()) * elementBytes(*tensor.type);
      m_stored.push_back(std::move(tensor));
    }
    return {};
  }

private:
  /// Forgets the tensors that the index does not name any more.
  void dropUnlisted() {
    std::vector<TensorInfo> tensors;
    std::vector<StoredTensor> stored;
    for (size_t i = 0; i < m_tensors.size(); ++i) {
      const auto found = m_index.find(m_tensors[i].name);
      if (found == m_index.end() || found->second != i) {
        m_nf4Files.push_back(m_stored[i].file);
        continue;
      }
      found->second = tensors.size();
      tensors.push_back(std::move(m_tensors[i]));
      stored.push_back(std::move(m_stored[i]));
    }
    m_tensors = std::move(tensors);
    m_stored = std::move(stored);
  }

  Result<bool> sameValues(const TensorInfo &a, const TensorInfo &b) const {
    if (a.shape != b.shape || a.shape.size() != 2) return false;
    const StoredTensor &x = m_stored[m_index.at(a.name)], &y = m_stored[m_index.at(b.name)];
    if (a.type == b.type && a.type != DType::NF4 && x.strides.empty() && y.strides.empty())
      return x.bytes.data == y.bytes.data || std::memcmp(x.bytes.data, y.bytes.data, x.bytes.size) == 0;
    std::vector<float> left(static_cast<size_t>(a.shape[1])), right = left;
    for (int64_t row = 0; row < a.shape[0]; ++row) {
      ATTUNE_CHECK(readFloat(a.name, row, row + 1, left.data()));
      ATTUNE_CHECK(readFloat(b.name, row, row + 1, right.data()));
      if (left != right) return false;
    }
    return true;
  }

  ModelConfig m_config;
  const core::ModelFamily *m_family; // never null: the config was parsed by it
  std::vector<TensorInfo> m_tensors;
  std::vector<StoredTensor> m_stored; // one for each of m_tensors
  std::unordered_map<std::string, size_t> m_index;
  std::map<std::string, Nf4Tensor> m_nf4; // views of files that m_stored holds, and of
  std::vector<std::shared_ptr<const MappedFile>> m_nf4Files;
};

Status addShards(HfSource &source, const std::string &folder, const std::string &indexPath) {
  ATTUNE_TRY(const std::string text, insideFolder(readFile(indexPath, kMaxIndexBytes)));
  ATTUNE_TRY(const auto map, parseShardIndex(text, indexPath));
  std::set<std::string> shards;
  for (const auto &place : map) shards.insert(place.second);
  for (const std::string &shard : shards) ATTUNE_CHECK(source.addFile(folder, shard, &map));
  for (const auto &place : map) {
    if (!source.find(source.todaysName(place.first))) {
      return Error{ErrorCode::MalformedFile,
                   "The index places the tensor \"" + place.first + "\" in " + place.second + ", which does not hold it.", indexPath,
                   "The model is incomplete; download it again."};
    }
  }
  return {};
}

} // namespace

Result<std::map<std::string, std::string>> parseShardIndex(const std::string &json, const std::string &where) {
  IndexReader reader;
  const bool parsed = Json::sax_parse(json, &reader);
  if (parsed && reader.problem.empty() && !reader.sawMap()) reader.problem = "The index has no weight_map";
  if (!parsed || !reader.problem.empty()) return Error{ErrorCode::MalformedFile, reader.problem + ".", where, "Download the model again."};
  return std::move(reader.files);
}

Result<std::unique_ptr<WeightSource>> openHfFolder(const std::string &path, bool headerOnly) {
  ATTUNE_CHECK(checkFolder(path));
  const std::string configPath = path + "/config.json";
  if (!exists(configPath)) {
    return Error{ErrorCode::MissingInFolder, "The folder has no config.json, so it is not a Hugging Face model.", path,
                 "Give a model folder with config.json and weights, or the path of a .gguf file."};
  }
  ATTUNE_TRY(const std::string text, orHint(insideFolder(readFile(configPath, kMaxConfigBytes)), kConfigHint));
  ATTUNE_TRY(ModelConfig config, parseModelConfig(text, configPath));
  auto source = std::make_unique<HfSource>(std::move(config));
  if (headerOnly) return std::unique_ptr<WeightSource>(std::move(source));

  for (const std::string name : {"model.safetensors", "pytorch_model.bin"}) { // in transformers' order of preference
    const std::string index = path + "/" + name + ".index.json";
    const bool single = exists(path + "/" + name);
    if (!single && !exists(index)) continue;
    ATTUNE_CHECK(single ? source->addFile(path, name, nullptr) : addShards(*source, path, index));
    ATTUNE_CHECK(source->gatherNf4());
    ATTUNE_CHECK(source->settleTie());
    return std::unique_ptr<WeightSource>(std::move(source));
  }
  return Error{ErrorCode::MissingInFolder, "The folder has neither model.safetensors nor pytorch_model.bin, and no index of either.", path,
               "Download the model's weights into the folder."};
}

} // namespace attune::io
