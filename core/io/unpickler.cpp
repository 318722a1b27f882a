#include "core/io/unpickler.h"

#include "core/base/shorten.h"
#include "core/io/safetensors.h"

#include <algorithm>
#include <cstring>
#include <deque>

namespace attune::io {

namespace {

constexpr size_t kMaxPickleBytes = size_t(32) << 20;
constexpr size_t kMaxNodes = 1'000'000; // some 60 bytes each
constexpr size_t kMaxStack = 1'000'000;
constexpr size_t kMaxMarks = 1000; // containers under construction inside one another
constexpr size_t kMaxTensors = 1 << 18;
constexpr size_t kMaxDimensions = 8;
constexpr uint64_t kMaxExpanded = 1 << 20; // elements of a tensor that repeats its storage

enum class Kind : uint8_t { None, Bool, Int, Float, Text, Tuple, List, Dict, Function, StorageClass, DTypeName, Storage, Tensor };
enum Function : int64_t { kOrderedDict, kRebuildTensor, kRebuildTypedTensor, kRebuildParameter, kSize };
constexpr int64_t kUntyped = -1; // a storage class whose tensors bring their own type

struct Name {
  const char *module, *name;
  Kind kind;
  int64_t value;
};

const Name kNames[] = {
    {"collections", "OrderedDict", Kind::Function, kOrderedDict},
    {"torch._utils", "_rebuild_tensor_v2", Kind::Function, kRebuildTensor},
    {"torch._utils", "_rebuild_tensor_v3", Kind::Function, kRebuildTypedTensor},
    {"torch._utils", "_rebuild_parameter", Kind::Function, kRebuildParameter},
    {"torch", "Size", Kind::Function, kSize},
    {"torch.storage", "UntypedStorage", Kind::StorageClass, kUntyped},
    {"torch", "FloatStorage", Kind::StorageClass, int64_t(DType::F32)},
    {"torch", "HalfStorage", Kind::StorageClass, int64_t(DType::F16)},
    {"torch", "BFloat16Storage", Kind::StorageClass, int64_t(DType::BF16)},
    {"torch", "DoubleStorage", Kind::StorageClass, int64_t(DType::F64)},
    {"torch", "CharStorage", Kind::StorageClass, int64_t(DType::I8)},
    {"torch", "ByteStorage", Kind::StorageClass, int64_t(DType::U8)},
    {"torch", "ShortStorage", Kind::StorageClass, int64_t(DType::I16)},
    {"torch", "IntStorage", Kind::StorageClass, int64_t(DType::I32)},
    {"torch", "LongStorage", Kind::StorageClass, int64_t(DType::I64)},
    {"torch", "BoolStorage", Kind::StorageClass, int64_t(DType::Bool)},
    {"torch", "float32", Kind::DTypeName, int64_t(DType::F32)},
    {"torch", "float16", Kind::DTypeName, int64_t(DType::F16)},
    {"torch", "bfloat16", Kind::DTypeName, int64_t(DType::BF16)},
    {"torch", "float64", Kind::DTypeName, int64_t(DType::F64)},
    {"torch", "int8", Kind::DTypeName, int64_t(DType::I8)},
    {"torch", "uint8", Kind::DTypeName, int64_t(DType::U8)},
    {"torch", "int16", Kind::DTypeName, int64_t(DType::I16)},
    {"torch", "uint16", Kind::DTypeName, int64_t(DType::U16)},
    {"torch", "int32", Kind::DTypeName, int64_t(DType::I32)},
    {"torch", "uint32", Kind::DTypeName, int64_t(DType::U32)},
    {"torch", "int64", Kind::DTypeName, int64_t(DType::I64)},
    {"torch", "uint64", Kind::DTypeName, int64_t(DType::U64)},
    {"torch", "bool", Kind::DTypeName, int64_t(DType::Bool)},
    {"torch", "float8_e4m3fn", Kind::DTypeName, int64_t(DType::F8E4M3)},
    {"torch", "float8_e5m2", Kind::DTypeName, int64_t(DType::F8E5M2)},
};

using Index = uint32_t;

struct Node {
  Kind kind = Kind::None;
  int64_t number = 0;       // Bool, Int, Function, StorageClass, DTypeName; Storage: its DType; Tensor: its place in m_tensors
  std::string_view text;    // Text; Storage: its key
  std::vector<Index> items; // Tuple, List; Dict: key, value, key, value, ...; Storage: its element count
};

/// Nothing here walks a value into its depth, so neither nesting nor self-reference costs more than the instructions did.
class Unpickler {
public:
  Unpickler(ByteView pickle, const std::string &where) : m_pickle(pickle), m_where(where) {}

  Result<std::vector<PickledTensor>> run() {
    if (m_pickle.size > kMaxPickleBytes) fail("The pickle is larger than any list of tensors");
    while (m_problem.empty() && !m_done) step();
    if (m_problem.empty() && m_position != m_pickle.size) fail("The pickle goes on behind its end");
    if (m_problem.empty() && (m_stack.size() != 1 || !m_marks.empty())) fail("The pickle does not end with one value");
    if (m_problem.empty()) collect();
    if (m_problem.empty()) return std::move(m_found);
    return Error{ErrorCode::MalformedFile, m_problem + ".", m_where,
                 "Use this model's safetensors or GGUF files; open no pickle from a source that you do not trust."};
  }

private:
  bool fail(const std::string &text) {
    if (m_problem.empty()) m_problem = text;
    return false;
  }
  bool damaged() { return fail("The pickle is damaged at byte " + std::to_string(m_position)); }

  // --- bytes
  const uint8_t *take(uint64_t count) {
    if (!m_pickle.contains(m_position, count)) {
      fail("The pickle ends in the middle of an instruction: the file is truncated");
      return nullptr;
    }
    const uint8_t *bytes = m_pickle.data + m_position;
    m_position += count;
    return bytes;
  }
  /// A little-endian number of up to eight bytes; with `isSigned`, the last byte carries the sign.
  bool number(uint64_t count, int64_t &value, bool isSigned = false) {
    const uint8_t *bytes = take(count);
    if (!bytes) return false;
    uint64_t bits = isSigned && count > 0 && (bytes[count - 1] & 0x80) ? ~uint64_t(0) : 0;
    for (uint64_t i = count; i-- > 0;) bits = (bits << 8) | bytes[i];
    value = static_cast<int64_t>(bits);
    return true;
  }
  bool textOf(uint64_t lengthBytes) {
    int64_t length = 0;
    if (!number(lengthBytes, length)) return false;
    const uint8_t *bytes = take(static_cast<uint64_t>(length));
    return bytes && push({Kind::Text, 0, {reinterpret_cast<const char *>(bytes), static_cast<size_t>(length)}, {}});
  }
  bool line(std::string_view &text) {
    const auto *begin = reinterpret_cast<const char *>(m_pickle.data + m_position);
    const auto *end = static_cast<const char *>(std::memchr(begin, '\n', m_pickle.size - m_position));
    if (!end) return fail("The pickle ends in the middle of a name: the file is truncated");
    text = {begin, static_cast<size_t>(end - begin)};
    m_position += text.size() + 1;
    return true;
  }

  // --- stack
  bool pushIndex(Index index) {
    if (m_stack.size() >= kMaxStack) return fail("The pickle piles up more values than weights need");
    m_stack.push_back(index);
    return true;
  }
  bool push(Node node) {
    if (m_nodes.size() >= kMaxNodes) return fail("The pickle makes more values than weights need");
    m_nodes.push_back(std::move(node));
    return pushIndex(static_cast<Index>(m_nodes.size() - 1));
  }
  /// What lies above the last mark may be taken, nothing below it.
  size_t available() const { return m_stack.size() - (m_marks.empty() ? 0 : m_marks.back()); }
  bool pop(Index &index) {
    if (available() == 0) return damaged();
    index = m_stack.back();
    m_stack.pop_back();
    return true;
  }
  bool popMark(std::vector<Index> &items) {
    if (m_marks.empty()) return damaged();
    items.assign(m_stack.begin() + static_cast<std::ptrdiff_t>(m_marks.back()), m_stack.end());
    m_stack.resize(m_marks.back());
    m_marks.pop_back();
    return true;
  }
  bool tuple(size_t count) {
    if (available() < count) return damaged();
    const auto begin = m_stack.end() - static_cast<std::ptrdiff_t>(count);
    Node node{Kind::Tuple, 0, {}, std::vector<Index>(begin, m_stack.end())};
    m_stack.erase(begin, m_stack.end());
    return push(std::move(node));
  }
  /// Adds values to the container on top: a list, or a dictionary that takes them in pairs.
  bool extend(Kind kind, const std::vector<Index> &items) {
    if (available() == 0 || m_nodes[m_stack.back()].kind != kind || (kind == Kind::Dict && items.size() % 2 != 0)) return damaged();
    std::vector<Index> &into = m_nodes[m_stack.back()].items;
    into.insert(into.end(), items.begin(), items.end());
    return true;
  }
  bool extendFromMark(Kind kind) {
    std::vector<Index> items;
    return popMark(items) && extend(kind, items);
  }
  bool extendByOne(Kind kind) {
    std::vector<Index> items(kind == Kind::Dict ? 2 : 1);
    for (size_t i = items.size(); i-- > 0;)
      if (!pop(items[i])) return false;
    return extend(kind, items);
  }
  bool remember(int64_t place) {
    if (place >= static_cast<int64_t>(kMaxNodes) || available() == 0) return damaged();
    if (static_cast<size_t>(place) >= m_memo.size()) m_memo.resize(static_cast<size_t>(place) + 1, kNothing);
    m_memo[static_cast<size_t>(place)] = m_stack.back();
    ++m_remembered;
    return true;
  }
  bool recall(int64_t place) {
    if (place >= static_cast<int64_t>(m_memo.size()) || m_memo[static_cast<size_t>(place)] == kNothing) return damaged();
    return pushIndex(m_memo[static_cast<size_t>(place)]);
  }

  // --- names and calls
  bool lookUp(std::string_view module, std::string_view name) {
    for (const Name &known : kNames)
      if (module == known.module && name == known.name) return push({known.kind, known.value, {}, {}});
    return fail("The pickle asks for " + shortened(std::string(module), 80) + "." + shortened(std::string(name), 80) +
                ", which is none of the few names that weights need; nothing was run");
  }
  bool stackGlobal() {
    Index name = 0, module = 0;
    if (!pop(name) || !pop(module)) return false;
    if (m_nodes[name].kind != Kind::Text || m_nodes[module].kind != Kind::Text) return damaged();
    return lookUp(m_nodes[module].text, m_nodes[name].text);
  }
  const Node *item(const Node &tuple, size_t index, Kind kind) const {
    if (index >= tuple.items.size() || m_nodes[tuple.items[index]].kind != kind) return nullptr;
    return &m_nodes[tuple.items[index]];
  }
  /// ("storage", class, key, device, element count)
  bool persistent() {
    Index top = 0;
    if (!pop(top)) return false;
    const Node &id = m_nodes[top];
    const Node *tag = id.kind == Kind::Tuple && id.items.size() == 5 ? item(id, 0, Kind::Text) : nullptr;
    const Node *type = item(id, 1, Kind::StorageClass), *key = item(id, 2, Kind::Text), *count = item(id, 4, Kind::Int);
    if (!tag || tag->text != "storage" || !type || !key || !count || count->number < 0)
      return fail("The pickle refers to something that is no tensor's storage");
    return push({Kind::Storage, type->number, key->text, {id.items[4]}});
  }
  bool reduce() {
    Index argumentsAt = 0, function = 0;
    if (!pop(argumentsAt) || !pop(function)) return false;
    if (m_nodes[function].kind != Kind::Function || m_nodes[argumentsAt].kind != Kind::Tuple)
      return fail("The pickle calls something that is no function of weights");
    const Node &arguments = m_nodes[argumentsAt];
    const size_t count = arguments.items.size();
    switch (m_nodes[function].number) {
    case kOrderedDict: return count == 0 ? push({Kind::Dict, 0, {}, {}}) : fail("The pickle fills an OrderedDict in an unusual way");
    case kRebuildTensor: return count == 6 || count == 7 ? plain(arguments, 6) && tensor(arguments, nullptr) : damaged();
    case kRebuildTypedTensor: {
      const Node *type = item(arguments, 6, Kind::DTypeName);
      return type && count <= 8 ? plain(arguments, 7) && tensor(arguments, type) : damaged();
    }
    case kRebuildParameter: return count == 3 && item(arguments, 0, Kind::Tensor) ? pushIndex(arguments.items[0]) : damaged();
    default: return count == 1 && item(arguments, 0, Kind::Tuple) ? pushIndex(arguments.items[0]) : damaged(); // torch.Size
    }
  }
  /// A tensor's properties, the last argument: torch marks a lazily negated or conjugated view there, whose bytes mean another value.
  bool plain(const Node &arguments, size_t index) {
    if (index >= arguments.items.size()) return true;
    const Node &properties = m_nodes[arguments.items[index]];
    if (properties.kind == Kind::None || (properties.kind == Kind::Dict && properties.items.empty())) return true;
    const Node *name = properties.kind == Kind::Dict ? item(properties, 0, Kind::Text) : nullptr;
    return fail("The pickle gives a tensor the property \"" + (name ? shortened(std::string(name->text), 80) : "?") +
                "\", which is not read: save its plain values (resolve_neg, resolve_conj)");
  }
  bool numbers(const Node *tuple, std::vector<int64_t> &out) const {
    if (!tuple || tuple->items.size() > kMaxDimensions) return false;
    for (const Index index : tuple->items) {
      if (m_nodes[index].kind != Kind::Int || m_nodes[index].number < 0) return false;
      out.push_back(m_nodes[index].number);
    }
    return true;
  }
  /// (storage, offset, size, stride, requires_grad, hooks, ...)
  bool tensor(const Node &arguments, const Node *type) {
    const Node *storage = item(arguments, 0, Kind::Storage), *offset = item(arguments, 1, Kind::Int);
    PickledTensor made;
    if (!storage || !offset || offset->number < 0 || !numbers(item(arguments, 2, Kind::Tuple), made.shape) ||
        !numbers(item(arguments, 3, Kind::Tuple), made.strides) || made.shape.size() != made.strides.size() ||
        (type == nullptr) != (storage->number != kUntyped))
      return fail("The pickle describes a tensor in an impossible way");
    made.type = static_cast<DType>(type ? type->number : storage->number);
    made.storage = storage->text;
    made.offset = static_cast<uint64_t>(offset->number);
    const uint64_t size = elementBytes(made.type), count = static_cast<uint64_t>(m_nodes[storage->items[0]].number);
    uint64_t elements = 1, last = 0;
    bool fits = !__builtin_mul_overflow(count, type ? 1 : size, &made.storageBytes);
    const bool isEmpty = std::find(made.shape.begin(), made.shape.end(), 0) != made.shape.end();
    for (size_t i = 0; fits && i < made.shape.size(); ++i) {
      uint64_t step = 0;
      fits =
          !__builtin_mul_overflow(elements, static_cast<uint64_t>(made.shape[i]), &elements) &&
          (isEmpty || (!__builtin_mul_overflow(static_cast<uint64_t>(made.shape[i]) - 1, static_cast<uint64_t>(made.strides[i]), &step) &&
                       !__builtin_add_overflow(last, step, &last)));
    }
    const uint64_t available = made.storageBytes / size; // elements in the storage
    if (fits && isEmpty) fits = made.offset <= available;
    if (fits && !isEmpty) fits = made.offset < available && last < available - made.offset;
    if (!fits) return fail("The pickle describes a tensor that reaches beyond its storage");
    if (m_tensors.size() >= kMaxTensors) return fail("The pickle holds more tensors than any model");
    if (elements > std::max(available, kMaxExpanded)) return fail("The pickle blows up a small storage to a huge tensor");
    made.extent = isEmpty ? 0 : last + 1;
    m_tensors.push_back(std::move(made));
    return push({Kind::Tensor, static_cast<int64_t>(m_tensors.size() - 1), {}, {}});
  }
  /// A state dict's _metadata: of no use for weights.
  bool build() {
    Index state = 0;
    if (!pop(state)) return false;
    return available() > 0 && m_nodes[m_stack.back()].kind == Kind::Dict ? true : fail("The pickle sets the state of something unknown");
  }

  void step() {
    const uint8_t *op = take(1);
    if (!op) return;
    int64_t value = 0;
    std::string_view module, name;
    switch (*op) {
    case 0x80: // PROTO
      if (number(1, value) && (value < 2 || value > 5)) fail("The pickle has the unknown protocol " + std::to_string(value));
      return;
    case 0x95: // FRAME: only a hint for buffered reading
      if (number(8, value) && !m_pickle.contains(m_position, static_cast<uint64_t>(value))) damaged();
      return;
    case '(':
      if (m_marks.size() >= kMaxMarks)
        fail("The pickle is nested too deeply");
      else
        m_marks.push_back(m_stack.size());
      return;
    case '.': m_done = true; return;
    case 'N': push({}); return;
    case 0x88: push({Kind::Bool, 1, {}, {}}); return;
    case 0x89: push({Kind::Bool, 0, {}, {}}); return;
    case 'J':
      if (number(4, value, true)) push({Kind::Int, value, {}, {}});
      return;
    case 'K':
      if (number(1, value)) push({Kind::Int, value, {}, {}});
      return;
    case 'M':
      if (number(2, value)) push({Kind::Int, value, {}, {}});
      return;
    case 0x8a: { // LONG1
      int64_t length = 0;
      if (!number(1, length)) return;
      if (length > 8)
        fail("The pickle holds a number of more than 64 bits");
      else if (number(static_cast<uint64_t>(length), value, true))
        push({Kind::Int, value, {}, {}});
      return;
    }
    case 'G':
      if (take(8)) push({Kind::Float, 0, {}, {}});
      return;
    case 'X': textOf(4); return;
    case 0x8c: textOf(1); return;
    case ')': push({Kind::Tuple, 0, {}, {}}); return;
    case 0x85: tuple(1); return;
    case 0x86: tuple(2); return;
    case 0x87: tuple(3); return;
    case 't':
      if (m_marks.empty()) {
        damaged();
      } else {
        Node node{Kind::Tuple, 0, {}, {}};
        popMark(node.items);
        push(std::move(node));
      }
      return;
    case ']': push({Kind::List, 0, {}, {}}); return;
    case '}': push({Kind::Dict, 0, {}, {}}); return;
    case 'a': extendByOne(Kind::List); return;
    case 'e': extendFromMark(Kind::List); return;
    case 's': extendByOne(Kind::Dict); return;
    case 'u': extendFromMark(Kind::Dict); return;
    case 'q':
      if (number(1, value)) remember(value);
      return;
    case 'r':
      if (number(4, value)) remember(value);
      return;
    case 0x94: remember(m_remembered); return;
    case 'h':
      if (number(1, value)) recall(value);
      return;
    case 'j':
      if (number(4, value)) recall(value);
      return;
    case 'c':
      if (line(module) && line(name)) lookUp(module, name);
      return;
    case 0x93: stackGlobal(); return;
    case 'Q': persistent(); return;
    case 'R': reduce(); return;
    case 'b': build(); return;
    default:
      fail("The pickle uses the instruction " + std::to_string(*op) + " at byte " + std::to_string(m_position - 1) +
           ", which weights never need");
    }
  }

  // --- the result
  bool holdsTensors(const Node &dict) const {
    for (size_t i = 1; i < dict.items.size(); i += 2)
      if (m_nodes[dict.items[i]].kind == Kind::Tensor) return true;
    return false;
  }
  const Node *nested(const Node &dict) const {
    for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      const Node &key = m_nodes[dict.items[i]], &value = m_nodes[dict.items[i + 1]];
      const bool known = key.kind == Kind::Text && (key.text == "state_dict" || key.text == "model" || key.text == "module");
      if (known && value.kind == Kind::Dict && holdsTensors(value)) return &value;
    }
    return nullptr;
  }
  void collect() {
    const Node *dict = &m_nodes[m_stack.back()];
    if (dict->kind == Kind::Dict && !holdsTensors(*dict)) dict = nested(*dict);
    if (!dict || dict->kind != Kind::Dict) {
      fail("The pickle holds no dictionary of tensors");
      return;
    }
    std::vector<std::pair<std::string_view, int64_t>> found;
    for (size_t i = 0; i + 1 < dict->items.size() && found.size() <= kMaxTensors; i += 2) {
      const Node &key = m_nodes[dict->items[i]], &value = m_nodes[dict->items[i + 1]];
      if (key.kind == Kind::Text && value.kind == Kind::Tensor) found.emplace_back(key.text, value.number);
    }
    if (found.size() > kMaxTensors) {
      fail("The pickle holds more tensors than any model");
      return;
    }
    for (const auto &[name, place] : found) {
      m_found.push_back(m_tensors[static_cast<size_t>(place)]);
      m_found.back().name = name;
    }
    std::sort(found.begin(), found.end());
    for (size_t i = 1; i < found.size(); ++i)
      if (found[i].first == found[i - 1].first)
        fail("The tensor \"" + shortened(std::string(found[i].first)) + "\" stands in the pickle twice");
  }

  static constexpr Index kNothing = ~Index(0);
  ByteView m_pickle;
  const std::string &m_where;
  uint64_t m_position = 0;
  bool m_done = false;
  std::string m_problem;
  std::deque<Node> m_nodes; // grows without moving: references into it stay good
  std::vector<Index> m_stack;
  std::vector<size_t> m_marks;
  std::vector<Index> m_memo;
  int64_t m_remembered = 0;
  std::vector<PickledTensor> m_tensors;
  std::vector<PickledTensor> m_found;
};

} // namespace

Result<std::vector<PickledTensor>> unpickleTensors(ByteView pickle, const std::string &where) { return Unpickler(pickle, where).run(); }

} // namespace attune::io
