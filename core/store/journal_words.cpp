#include "core/store/journal_words.h"

#include <algorithm>
#include <limits>

namespace attune::store {

namespace {

constexpr int kVersion = 1;

/// A list of whole numbers in 0..2^32-1.
std::optional<std::vector<uint32_t>> positionsOf(const Json &record, const char *key) {
  const auto list = record.find(key);
  if (list == record.end() || !list->is_array()) return std::nullopt;
  std::vector<uint32_t> positions;
  for (const Json &value : *list) {
    if (!value.is_number_unsigned() || value.get<uint64_t>() > std::numeric_limits<uint32_t>::max()) return std::nullopt;
    positions.push_back(value.get<uint32_t>());
  }
  return positions;
}

} // namespace

Json setRecord(const std::vector<uint32_t> &positions, const std::string &field, bool joined) {
  Json record = {{"set", positions}};
  if (!field.empty()) record["field"] = field;
  if (joined) record["join"] = true;
  return record;
}

Json orderRecord(const std::vector<uint32_t> &taken, const std::vector<uint32_t> &put, const std::vector<RowOrigin> &origins) {
  Json of = Json::array(); // 0 and up: one of the taken; -1: a new text; below: a copy of the row at -2 - value
  for (const RowOrigin &origin : origins)
    of.push_back(origin.kind == RowOrigin::Taken ? int64_t(origin.index) : origin.kind == RowOrigin::New ? -1 : -2 - int64_t(origin.index));
  return {{"take", taken}, {"put", put}, {"of", std::move(of)}};
}

Json baseRecord(const FileStamp &stamp, size_t rows, std::optional<uint64_t> content, std::optional<uint64_t> asOf) {
  Json base = {{"version", kVersion}, {"size", stamp.size}, {"changed_at", stamp.changedAt}, {"rows", rows}};
  if (content) base["content"] = *content;
  if (asOf) base["as_of"] = *asOf;
  return {{"base", std::move(base)}};
}

bool isBase(const Json &record) { return record.contains("base"); }

uint64_t asOf(const Json &record, uint64_t begin) {
  const Json place =
      isBase(record) ? (record["base"].is_object() ? record["base"].value("as_of", Json()) : Json()) : record.value("saved", Json());
  return place.is_number_unsigned() ? std::min(place.get<uint64_t>(), begin) : begin;
}

bool matchesBase(const Json &record, const FileStamp &stamp, size_t rows, std::optional<uint64_t> content) {
  if (!isBase(record)) return false;
  Json base = record["base"];
  if (!base.is_object()) return false;
  const auto known = base.find("content");
  if (known != base.end()) {
    if (content && *known == Json(*content)) base["changed_at"] = stamp.changedAt;
    base.erase("content");
  }
  base.erase("as_of");
  return base == baseRecord(stamp, rows, std::nullopt, std::nullopt)["base"];
}

std::optional<EditStep> readStep(const Json &record, const std::vector<TextRef> &texts, RowTable &table) {
  if (const auto positions = positionsOf(record, "set")) {
    auto step = table.textStep(*positions, texts);
    const auto field = record.find("field");
    if (step && field != record.end() && field->is_string()) step->field = field->get<std::string>();
    return step;
  }
  const auto taken = positionsOf(record, "take");
  const auto put = positionsOf(record, "put");
  const auto of = record.find("of");
  if (!taken || !put || of == record.end() || !of->is_array()) return std::nullopt;
  std::vector<RowOrigin> origins;
  for (const Json &value : *of) {
    if (!value.is_number_integer()) return std::nullopt;
    const auto number = value.get<int64_t>();
    const int64_t index = number >= 0 ? number : number == -1 ? 0 : -2 - number;
    if (index < 0 || index > std::numeric_limits<uint32_t>::max()) return std::nullopt;
    origins.push_back({number >= 0 ? RowOrigin::Taken : number == -1 ? RowOrigin::New : RowOrigin::Copy, static_cast<uint32_t>(index)});
  }
  return table.orderStep(*taken, *put, origins, texts);
}

} // namespace attune::store
