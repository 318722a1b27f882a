#include "core/io/safetensors.h"

#include "core/base/json.h"
#include "core/io/half.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

namespace attune::io {

namespace {

constexpr uint64_t kMaxHeaderBytes = 100'000'000;
constexpr size_t kMaxDimensions = 32;

struct DTypeRow {
  const char *name;
  uint32_t bits;
  std::optional<DType> type;
};

const DTypeRow kDTypes[] = {
    {"F32", 32, DType::F32},
    {"BF16", 16, DType::BF16},
    {"F16", 16, DType::F16},
    {"F64", 64, DType::F64},
    {"I64", 64, DType::I64},
    {"I32", 32, DType::I32},
    {"I16", 16, DType::I16},
    {"I8", 8, DType::I8},
    {"U64", 64, DType::U64},
    {"U32", 32, DType::U32},
    {"U16", 16, DType::U16},
    {"U8", 8, DType::U8},
    {"BOOL", 8, DType::Bool},
    {"F8_E4M3", 8, DType::F8E4M3},
    {"F8_E5M2", 8, DType::F8E5M2},
    {"F8_E4M3FNUZ", 8, {}},
    {"F8_E5M2FNUZ", 8, {}},
    {"F8_E8M0", 8, {}},
    {"F6_E2M3", 6, {}},
    {"F6_E3M2", 6, {}},
    {"F4", 4, {}},
    {"C64", 64, {}},
};

const DTypeRow *dtypeRow(const std::string &name) {
  for (const auto &row : kDTypes) {
    if (name == row.name) return &row;
  }
  return nullptr;
}

/// Reads the header as a stream of JSON events: the layout is fixed, so no tree is built and a hostile header
/// costs no more memory than its tensors. Each handler returns false to stop with m_problem set.
class HeaderReader : public nlohmann::json_sax<Json> {
public:
  std::vector<SafetensorsEntry> entries; // offset and bytes hold begin and end until the parser places them
  std::map<std::string, std::string> metadata;
  std::unordered_set<std::string> names;
  std::string problem;

  bool start_object(size_t) override {
    if (m_state == State::Start) return enter(State::Top);
    if (m_state == State::Top && m_haveKey) {
      m_haveKey = false;
      if (m_key == "__metadata__")
        return m_sawMetadata ? fail("__metadata__ stands in the header twice") : (m_sawMetadata = true, enter(State::Metadata));
      m_entry = {};
      m_entry.name = m_key;
      m_seen = 0;
      return enter(State::Tensor);
    }
    return unexpected();
  }
  bool key(string_t &value) override {
    m_key = value;
    m_haveKey = true;
    return true;
  }
  bool end_object() override {
    m_haveKey = false;
    if (m_state == State::Tensor) {
      if (m_seen != 7) return fail("The entry \"" + m_entry.name + "\" lacks dtype, shape or data_offsets");
      if (!names.insert(m_entry.name).second) return fail("The tensor \"" + m_entry.name + "\" stands in the header twice");
      entries.push_back(std::move(m_entry));
      return enter(State::Top);
    }
    if (m_state == State::Metadata) return enter(State::Top);
    return enter(State::Done);
  }
  bool string(string_t &value) override {
    if (m_state == State::Metadata) {
      return metadata.emplace(m_key, value).second || fail("The key \"" + m_key + "\" stands in __metadata__ twice");
    }
    if (m_state != State::Tensor || m_key != "dtype") return unexpected();
    if (!mark(1)) return false;
    const DTypeRow *row = dtypeRow(value);
    if (!row) return fail("The tensor \"" + m_entry.name + "\" has the unknown dtype \"" + value.substr(0, 40) + "\"");
    m_entry.dtype = value;
    m_entry.type = row->type;
    return true;
  }
  bool start_array(size_t) override {
    if (m_state != State::Tensor) return unexpected();
    if (m_key == "shape") return mark(2) && enter(State::Shape);
    if (m_key == "data_offsets") return mark(4) && (m_offsets = 0, enter(State::Offsets));
    return unexpected();
  }
  bool end_array() override {
    if (m_state == State::Offsets && m_offsets != 2) return fail("The tensor \"" + m_entry.name + "\" needs two data_offsets");
    return enter(State::Tensor);
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (m_state == State::Shape) {
      if (m_entry.shape.size() >= kMaxDimensions) return fail("The tensor \"" + m_entry.name + "\" has too many dimensions");
      if (value > (uint64_t(1) << 62)) return fail("The tensor \"" + m_entry.name + "\" has an impossible shape");
      m_entry.shape.push_back(static_cast<int64_t>(value));
      return true;
    }
    if (m_state == State::Offsets && m_offsets < 2) {
      (m_offsets++ == 0 ? m_entry.offset : m_entry.bytes) = value;
      return true;
    }
    return unexpected();
  }
  bool number_integer(number_integer_t) override { return unexpected(); } // negative
  bool number_float(number_float_t, const string_t &) override { return unexpected(); }
  bool null() override { return unexpected(); }
  bool boolean(bool) override { return unexpected(); }
  bool binary(binary_t &) override { return unexpected(); }
  bool parse_error(size_t position, const std::string &, const nlohmann::detail::exception &) override {
    return fail("The header is not valid JSON at byte " + std::to_string(position));
  }

private:
  enum class State { Start, Top, Metadata, Tensor, Shape, Offsets, Done };

  bool enter(State state) {
    m_state = state;
    return true;
  }
  bool fail(const std::string &text) {
    if (problem.empty()) problem = text;
    return false;
  }
  bool unexpected() { return fail("The header holds a value that does not belong there (near the key \"" + m_key.substr(0, 80) + "\")"); }
  bool mark(int bit) {
    if (m_seen & bit) return fail("The tensor \"" + m_entry.name + "\" names \"" + m_key + "\" twice");
    m_seen |= bit;
    return true;
  }

  State m_state = State::Start;
  std::string m_key;
  bool m_haveKey = false;
  bool m_sawMetadata = false;
  int m_seen = 0;
  int m_offsets = 0;
  SafetensorsEntry m_entry;
};

bool elementCount(const std::vector<int64_t> &shape, uint64_t &count) {
  count = 1;
  for (const int64_t size : shape) {
    if (size < 0 || __builtin_mul_overflow(count, static_cast<uint64_t>(size), &count)) return false;
  }
  return true;
}

} // namespace

uint64_t elementBytes(DType type) {
  for (const auto &row : kDTypes) {
    if (row.type == type) return row.bits / 8;
  }
  return 0;
}

Result<std::shared_ptr<const SafetensorsFile>> SafetensorsFile::open(const std::string &path) {
  ATTUNE_TRY(auto mapped, MappedFile::open(path));
  ATTUNE_TRY(auto file, parse(mapped->bytes(), path));
  std::const_pointer_cast<SafetensorsFile>(file)->m_file = std::move(mapped);
  return file;
}

Result<std::shared_ptr<const SafetensorsFile>> SafetensorsFile::parse(ByteView bytes, const std::string &where) {
  std::shared_ptr<SafetensorsFile> file(new SafetensorsFile);
  file->m_bytes = bytes;
  file->m_where = where;
  ATTUNE_CHECK(file->parseHeader());
  return std::shared_ptr<const SafetensorsFile>(std::move(file));
}

Status SafetensorsFile::parseHeader() {
  const auto malformed = [this](const std::string &message) {
    return Error{ErrorCode::MalformedFile, message + ".", m_where, "Download or write the file again."};
  };
  uint64_t headerBytes = 0;
  if (m_bytes.size < 8) return malformed("The file is too short for a safetensors header");
  std::memcpy(&headerBytes, m_bytes.data, 8);
  if (headerBytes > kMaxHeaderBytes) return malformed("The safetensors header claims to be larger than 100 MB");
  if (!m_bytes.contains(8, headerBytes))
    return malformed("The safetensors header reaches beyond the end of the file: the file is truncated");
  const char *text = reinterpret_cast<const char *>(m_bytes.data) + 8;
  if (headerBytes == 0 || text[0] != '{') return malformed("The safetensors header does not begin with \"{\"");

  HeaderReader reader;
  const bool parsed = Json::sax_parse(text, text + headerBytes, &reader);
  if (!parsed || !reader.problem.empty()) return malformed(reader.problem.empty() ? "The header is not valid JSON" : reader.problem);

  reader.names.clear();
  std::sort(reader.entries.begin(), reader.entries.end(), [](const SafetensorsEntry &a, const SafetensorsEntry &b) {
    return a.offset != b.offset ? a.offset < b.offset : a.bytes != b.bytes ? a.bytes < b.bytes : a.name < b.name;
  });
  const uint64_t dataBegin = 8 + headerBytes;
  const uint64_t dataBytes = m_bytes.size - dataBegin;
  uint64_t position = 0;
  for (auto &entry : reader.entries) {
    const uint64_t begin = entry.offset, end = entry.bytes;
    const std::string name = "The tensor \"" + entry.name + "\"";
    if (begin < position) return malformed(name + " overlaps another one");
    if (begin > position) return malformed("There is a hole in the file before the tensor \"" + entry.name + "\"");
    if (end < begin || end > dataBytes)
      return malformed(name + " reaches beyond the end of the file: the file is truncated or its offsets are wrong");
    uint64_t elements = 0, bits = 0;
    if (!elementCount(entry.shape, elements) || __builtin_mul_overflow(elements, uint64_t(dtypeRow(entry.dtype)->bits), &bits)) {
      return malformed(name + " has an impossible shape");
    }
    if (bits % 8 != 0 || bits / 8 != end - begin) return malformed(name + " does not have the size that its shape and dtype say");
    entry.offset = dataBegin + begin;
    entry.bytes = end - begin;
    position = end;
  }
  if (position != dataBytes) return malformed("The file holds " + std::to_string(dataBytes - position) + " bytes that belong to no tensor");

  m_entries = std::move(reader.entries);
  m_metadata = std::move(reader.metadata);
  for (size_t i = 0; i < m_entries.size(); ++i) m_index.emplace(m_entries[i].name, i);
  return {};
}

const SafetensorsEntry *SafetensorsFile::find(const std::string &name) const {
  const auto found = m_index.find(name);
  return found == m_index.end() ? nullptr : &m_entries[found->second];
}

void SafetensorsFile::release(const SafetensorsEntry &entry) const {
  if (m_file) m_file->release(entry.offset, entry.bytes);
}

Result<SafetensorsWriter> SafetensorsWriter::create(const std::string &path, const std::vector<SafetensorsSpec> &specs,
                                                    const std::map<std::string, std::string> &metadata) {
  nlohmann::json header = nlohmann::json::object(); // sorted map: building it stays n log n
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t position = 0;
  for (const auto &spec : specs) {
    const auto internal = [&](const char *what) {
      return Error{ErrorCode::Internal, "The tensor \"" + spec.name + "\" " + what + ".", path, ""};
    };
    const uint64_t size = elementBytes(spec.type);
    uint64_t elements = 0, bytes = 0, end = 0;
    if (size == 0) return internal("has a type that safetensors cannot hold");
    if (!elementCount(spec.shape, elements) || __builtin_mul_overflow(elements, size, &bytes) ||
        __builtin_add_overflow(position, bytes, &end)) {
      return internal("has an impossible shape");
    }
    if (spec.name == "__metadata__" || header.contains(spec.name)) return internal("would stand in the file twice");
    header[spec.name] = {{"dtype", dtypeName(spec.type)}, {"shape", spec.shape}, {"data_offsets", {position, end}}};
    position = end;
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' '); // tensors begin at a multiple of 8
  ATTUNE_TRY(auto file, AtomicFile::create(path));
  const uint64_t length = text.size();
  ATTUNE_CHECK(file.write(ByteView{reinterpret_cast<const uint8_t *>(&length), sizeof length}));
  ATTUNE_CHECK(file.write(text));
  return SafetensorsWriter(std::move(file), position);
}

Status SafetensorsWriter::write(ByteView bytes) {
  if (bytes.size > m_remaining) return Error{ErrorCode::Internal, "More bytes were written than the safetensors header announced.", "", ""};
  m_remaining -= bytes.size;
  return m_file.write(bytes);
}

Status SafetensorsWriter::commit() {
  if (m_remaining != 0) return Error{ErrorCode::Internal, "Fewer bytes were written than the safetensors header announced.", "", ""};
  return m_file.commit();
}

bool convertToFloat(DType type, const uint8_t *data, uint64_t count, float *out) {
  // memcpy per element: the bytes of a mapped file need not be aligned, and the compiler turns it into plain loads.
  const auto convert = [&](auto sample, auto turn) {
    using Stored = decltype(sample);
    for (uint64_t i = 0; i < count; ++i) {
      Stored value;
      std::memcpy(&value, data + i * sizeof(Stored), sizeof value);
      out[i] = turn(value);
    }
    return true;
  };
  switch (type) {
  case DType::F32: std::memcpy(out, data, count * sizeof(float)); return true;
  case DType::F16: return convert(uint16_t(), halfToFloat);
  case DType::BF16: return convert(uint16_t(), bfloatToFloat);
  case DType::F64: return convert(double(), [](double value) { return static_cast<float>(value); });
  default: return false;
  }
}

} // namespace attune::io
