#include "core/base/json.h"

#include "core/base/atomic_file.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

namespace attune {

namespace {

/// Builds the tree without looking anything up in what is built: the library's own ways are quadratic in the size of an
/// object or, with a callback, of a list.
class TreeBuilder : public nlohmann::json_sax<Json> {
public:
  explicit TreeBuilder(const JsonLimits &limits) : m_limits(limits) {}

  Json root;
  std::string refused; // why a text within the syntax was not read
  std::string mistake; // what the syntax lacks
  size_t offset = 0;   // of the mistake

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return value == 0 ? addNumber(value, "-0") : add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t &text) override { return addNumber(value, text); }
  bool string(string_t &value) override { return add(std::move(value)); }
  bool binary(binary_t &) override { return refuse("The JSON holds binary data"); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t &name) override {
    Level &level = m_levels.back();
    if (!level.keys.insert(name).second && !m_limits.allowDuplicateKeys) {
      return refuse("The key \"" + name.substr(0, 100) + "\" stands twice in one object");
    }
    if (level.keys.size() > m_limits.maxKeys) return refuse("An object has more than " + std::to_string(m_limits.maxKeys) + " keys");
    level.key = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string &, const nlohmann::detail::exception &error) override {
    offset = position > 0 ? position - 1 : 0;
    mistake = error.what();
    return false;
  }

private:
  struct Level {
    Json *value;
    std::string key;
    std::unordered_set<std::string> keys;
  };

  bool refuse(std::string why) {
    refused = std::move(why);
    return false;
  }

  bool addNumber(Json value, const std::string &text) {
    if (!m_limits.keepNumberTexts || value.dump() == text) return add(std::move(value));
    return add(Json::binary(std::vector<uint8_t>(text.begin(), text.end())));
  }

  bool add(Json value) { return place(std::move(value)) != nullptr; }

  Json *place(Json value) {
    if (++m_values > m_limits.maxValues) {
      refuse("The JSON has more than " + std::to_string(m_limits.maxValues) + " values");
      return nullptr;
    }
    if (m_levels.empty()) {
      root = std::move(value);
      return &root;
    }
    Level &level = m_levels.back();
    if (level.value->is_array()) {
      level.value->push_back(std::move(value));
      return &level.value->back();
    }
    auto &members = level.value->get_ref<Json::object_t &>();
    const bool again = m_limits.allowDuplicateKeys && level.keys.size() <= members.size();
    if (again) {
      members[level.key] = std::move(value);
      return &members[level.key];
    }
    using Members = std::vector<Json::object_t::value_type>;
    static_cast<Members &>(members).emplace_back(std::move(level.key), std::move(value));
    return &members.back().second;
  }

  bool open(Json container) {
    if (m_levels.size() > static_cast<size_t>(m_limits.maxDepth)) {
      return refuse("The JSON is nested deeper than " + std::to_string(m_limits.maxDepth) + " levels");
    }
    Json *const placed = place(std::move(container));
    if (placed) m_levels.push_back({placed, {}, {}});
    return placed != nullptr;
  }

  bool close() {
    m_levels.pop_back();
    return true;
  }

  const JsonLimits &m_limits;
  std::vector<Level> m_levels; // a level's value only grows at its end while deeper levels are open
  size_t m_values = 0;
};

/// The library's "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while ..." without its
/// tag and position.
std::string plainMistake(const std::string &text) {
  const size_t tag = text.find(']');
  const size_t detail = text.find(": ", tag == std::string::npos ? 0 : tag);
  return (detail == std::string::npos ? text : text.substr(detail + 2)).substr(0, 200);
}

bool holdsNumberText(const Json &value) {
  return value.is_binary() || (value.is_structured() && std::any_of(value.begin(), value.end(), holdsNumberText));
}

void appendWithTexts(const Json &value, std::string &out) {
  if (value.is_binary()) {
    out.append(value.get_binary().begin(), value.get_binary().end());
  } else if (value.is_structured()) {
    const char *separator = value.is_object() ? "{" : "[";
    for (const auto &item : value.items()) {
      out += separator;
      separator = ",";
      if (value.is_object()) out += dumpJson(item.key(), -1) + ":";
      appendWithTexts(item.value(), out);
    }
    if (value.empty()) out += separator;
    out += value.is_object() ? '}' : ']';
  } else {
    out += dumpJson(value, -1);
  }
}

} // namespace

Result<Json> parseJson(std::string_view text, const std::string &where, const JsonLimits &limits) {
  TreeBuilder builder(limits);
  if (Json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.root);
  if (!builder.refused.empty()) return Error{ErrorCode::MalformedFile, builder.refused + ".", where, ""};
  const size_t offset = std::min(text.size(), builder.offset);
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(offset), '\n');
  return Error{ErrorCode::MalformedFile, "This is not valid JSON: " + plainMistake(builder.mistake) + ".",
               where + ":" + std::to_string(line), "Fix the syntax at that line."};
}

Result<Json> readJsonFile(const std::string &path, size_t maxBytes) {
  ATTUNE_TRY(const std::string text, readFile(path, maxBytes));
  return parseJson(text, path);
}

std::string dumpJson(const Json &value, int indent) {
  if (holdsNumberText(value)) {
    std::string out;
    appendWithTexts(value, out);
    return out;
  }
  std::string text = value.dump(indent, ' ', false, Json::error_handler_t::replace);
  // A terminal takes U+0080 to U+009F as controls; they stand inside strings alone.
  for (size_t at = text.find('\xc2'); at != std::string::npos; at = text.find('\xc2', at + 2)) {
    const auto second = static_cast<unsigned char>(text[at + 1]);
    if (second < 0xa0) text.replace(at, 2, {'\\', 'u', '0', '0', second < 0x90 ? '8' : '9', "0123456789abcdef"[second & 15]});
  }
  return text;
}

} // namespace attune
