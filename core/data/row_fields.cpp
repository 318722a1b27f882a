#include "core/data/row_fields.h"

#include "core/data/record.h"

#include <algorithm>

namespace attune::data {

namespace {

using api::DatasetFormat;

/// Where a text stands; its path is built only when asked for.
struct Place {
  std::string list;  // "messages", "history"; empty for a text of the row itself
  size_t item = 0;   // in the list
  std::string key;   // that holds the text; empty in a pair of the history
  int64_t part = -1; // of a pair, or of a content in parts
  std::string role;  // canonical where it is known
  int64_t turn = -1;

  std::string path() const {
    if (list.empty()) return key;
    std::string text = list + indexName(item);
    if (!key.empty()) text.append(".").append(key);
    if (part >= 0) text += indexName(static_cast<size_t>(part));
    return key.empty() || part < 0 ? text : text + ".text";
  }
};

const char *listKey(DatasetFormat format) {
  return format == DatasetFormat::Messages ? "messages" : format == DatasetFormat::Sharegpt ? "conversations" : "";
}
bool hasTurnList(DatasetFormat format) { return *listKey(format) != '\0'; }
const char *roleKeyOf(const Json &turn) { return turn.contains("role") || !turn.contains("from") ? "role" : "from"; }
const char *contentKeyOf(const Json &turn) {
  const bool spelledRole = turn.contains("role") || !turn.contains("from");
  return turn.contains("content") || (spelledRole && !turn.contains("value")) ? "content" : "value";
}

std::string shownRole(const Json &turn) {
  const auto role = turn.find(roleKeyOf(turn));
  if (role == turn.end() || !role->is_string()) return "";
  const std::string canonical = canonicalRole(role->get_ref<const std::string &>());
  return canonical.empty() ? role->get<std::string>() : canonical == "developer" ? "system" : canonical;
}

/// Calls visit(place, value) for every text of a row in order until it returns false; `value` is null where the text is not
/// there yet and `owner` is what would hold it.
template <typename Row, typename Visit> class TextWalk {
public:
  TextWalk(Row &row, DatasetFormat format, const Visit &visit) : m_visit(visit) {
    if (row.is_object()) walk(row, format);
  }

private:
  void walk(Row &row, DatasetFormat format) {
    if (format == DatasetFormat::Text) return (void)text(row, {"", 0, "text", -1, "", -1}, true);
    if (format != DatasetFormat::Alpaca && !hasTurnList(format)) return;
    if (!text(row, {"", 0, "system", -1, "system", -1}, false)) return;
    if (hasTurnList(format)) return turns(row, listKey(format));
    int64_t turn = 0;
    const auto history = row.find("history");
    if (history != row.end() && history->is_array()) {
      for (size_t i = 0; i < history->size(); ++i, ++turn) {
        auto &pair = (*history)[i];
        if (!pair.is_array() || pair.size() != 2) continue;
        for (size_t side = 0; side < 2; ++side) {
          const Place place{"history", i, "", static_cast<int64_t>(side), side == 0 ? "user" : "assistant", turn};
          if (pair[side].is_string() && !m_visit(place, pair, &pair[side])) return;
        }
      }
    }
    text(row, {"", 0, "instruction", -1, "user", turn}, true) && text(row, {"", 0, "input", -1, "user", turn}, false) &&
        text(row, {"", 0, "output", -1, "assistant", turn}, true);
  }

  void turns(Row &row, const char *key) {
    const auto list = row.find(key);
    if (list == row.end() || !list->is_array()) return;
    for (size_t i = 0; i < list->size(); ++i) {
      auto &turn = (*list)[i];
      if (!turn.is_object()) continue;
      Place place{key, i, contentKeyOf(turn), -1, shownRole(turn), static_cast<int64_t>(i)};
      const auto content = turn.find(place.key);
      if (content == turn.end() || !content->is_array()) {
        if (!text(turn, place, true)) return;
        continue;
      }
      for (size_t part = 0; part < content->size(); ++part) {
        auto &holder = (*content)[part];
        if (!holder.is_object() || !holder.contains("text") || !holder["text"].is_string()) continue;
        place.part = static_cast<int64_t>(part);
        if (!m_visit(place, holder, &holder["text"])) return;
      }
    }
  }

  bool text(Row &owner, const Place &place, bool always) {
    const auto value = owner.find(place.key);
    if (value == owner.end() || value->is_null()) return !always || m_visit(place, owner, static_cast<Row *>(nullptr));
    return !value->is_string() || m_visit(place, owner, &*value);
  }

  const Visit &m_visit;
};

template <typename Row, typename Visit> void walkTexts(Row &row, DatasetFormat format, const Visit &visit) {
  TextWalk<Row, Visit>(row, format, visit);
}

Error refused(const std::string &why, const std::string &hint = "") { return {ErrorCode::InvalidData, why, "", hint}; }
Error noSuchTurn() { return refused("The row has no such turn."); }

/// The row's spelling of a role: as its other turns spell it, else as the keys of the turn do.
std::string spelled(const Json &turns, const std::string &role, bool from) {
  for (const Json &turn : turns) {
    if (!turn.is_object() || (std::string(roleKeyOf(turn)) == "from") != from) continue;
    const auto other = turn.find(roleKeyOf(turn));
    if (other != turn.end() && other->is_string() && other->get_ref<const std::string &>() != "function_call" &&
        canonicalRole(other->get_ref<const std::string &>()) == role)
      return other->get<std::string>();
  }
  if (!from) return role;
  return role == "user" ? "human" : role == "assistant" ? "gpt" : role == "tool" ? "observation" : role;
}

Status checkRole(const std::string &role) {
  for (const char *known : {"system", "user", "assistant", "tool"}) {
    if (role == known) return {};
  }
  return refused(std::string("\"") + role.substr(0, 40) + "\" is no role.", "Use system, user, assistant or tool.");
}

/// The list of turns of a conversation; null when the format has none or the row lacks it.
Json *turnList(Json &row, DatasetFormat format) {
  if (!row.is_object() || !hasTurnList(format)) return nullptr;
  const auto list = row.find(listKey(format));
  return list != row.end() && list->is_array() ? &*list : nullptr;
}

bool usesFrom(const Json &turns, DatasetFormat format) {
  for (const Json &turn : turns) {
    if (turn.is_object() && (turn.contains("role") || turn.contains("from"))) return !turn.contains("role");
  }
  return format == DatasetFormat::Sharegpt;
}

Json newTurn(const Json &turns, DatasetFormat format, const std::string &role, const std::string &text) {
  const bool from = usesFrom(turns, format);
  Json turn = Json::object();
  turn[from ? "from" : "role"] = spelled(turns, role, from);
  turn[from ? "value" : "content"] = text;
  return turn;
}

/// The pairs of an alpaca row, the last one from its instruction and output, taken apart and put together again.
class AlpacaPairs {
public:
  explicit AlpacaPairs(Json &row) : m_row(row) {
    const auto history = row.find("history");
    if (history != row.end() && history->is_array()) m_pairs = history->get<std::vector<Json>>();
    m_ownIndex = m_pairs.size();
    m_pairs.push_back(Json::array({textOf("instruction"), textOf("output")}));
  }
  size_t size() const { return m_pairs.size(); }
  void insert(size_t at) {
    m_pairs.insert(m_pairs.begin() + static_cast<std::ptrdiff_t>(at), Json::array({"", ""}));
    if (at <= m_ownIndex) ++m_ownIndex;
  }
  void erase(size_t at) {
    m_pairs.erase(m_pairs.begin() + static_cast<std::ptrdiff_t>(at));
    m_ownIndex = at == m_ownIndex ? kGone : at < m_ownIndex ? m_ownIndex - 1 : m_ownIndex;
  }
  void move(size_t from, size_t to) {
    Json pair = m_pairs[from];
    const bool own = from == m_ownIndex;
    erase(from);
    m_pairs.insert(m_pairs.begin() + static_cast<std::ptrdiff_t>(to), std::move(pair));
    m_ownIndex = own ? to : to <= m_ownIndex ? m_ownIndex + 1 : m_ownIndex;
  }
  Status write() {
    const Json &last = m_pairs.back();
    if (!last.is_array() || last.size() != 2) return refused("A turn of the history is not a pair of texts.", "Mend it first.");
    if (m_ownIndex != m_pairs.size() - 1) { // its input goes along with its question
      const std::string input = textOf("input");
      if (m_ownIndex != kGone && !input.empty()) {
        auto &question = m_pairs[m_ownIndex][0].get_ref<std::string &>();
        question += (question.empty() ? "" : "\n") + input;
      }
      if (m_row.contains("input")) m_row["input"] = "";
    }
    m_row["instruction"] = last[0];
    m_row["output"] = last[1];
    m_pairs.pop_back();
    if (!m_pairs.empty() || m_row.contains("history")) m_row["history"] = m_pairs;
    return {};
  }

private:
  static constexpr size_t kGone = ~size_t(0);
  std::string textOf(const char *key) const {
    const auto found = m_row.find(key);
    return found != m_row.end() && found->is_string() ? found->get<std::string>() : "";
  }
  Json &m_row;
  std::vector<Json> m_pairs;
  size_t m_ownIndex = 0; // of the pair that instruction and output hold
};

Error noTurns() { return refused("Rows of this format have no turns.", "Edit the row as JSON."); }

} // namespace

DatasetFormat rowFormat(const Json &row, DatasetFormat fileFormat) {
  const DatasetFormat seen = detectFormat(row);
  if (!row.is_object() || fileFormat == DatasetFormat::Auto || seen == fileFormat) return seen;
  const bool ofFile = hasTurnList(fileFormat)               ? row.contains(listKey(fileFormat))
                      : fileFormat == DatasetFormat::Alpaca ? row.contains("instruction") || row.contains("output")
                      : fileFormat == DatasetFormat::Text   ? row.contains("text")
                                                            : row.contains("ids");
  return ofFile ? fileFormat : seen;
}

std::vector<api::RowField> rowFields(const Json &row, DatasetFormat format) {
  std::vector<api::RowField> fields;
  walkTexts(row, format, [&](const Place &place, const Json &, const Json *value) {
    fields.push_back(
        {place.path(), place.key.empty() ? place.list : place.key, place.role, value ? value->get<std::string>() : "", place.turn});
    return true;
  });
  return fields;
}

void eachText(const Json &row, DatasetFormat format, const std::function<bool(const std::string &)> &visit) {
  walkTexts(row, format,
            [&](const Place &, const Json &, const Json *value) { return !value || visit(value->get_ref<const std::string &>()); });
}

void eachText(Json &row, DatasetFormat format, const std::function<bool(std::string &)> &visit) {
  walkTexts(row, format, [&](const Place &, Json &, Json *value) { return !value || visit(value->get_ref<std::string &>()); });
}

bool hasRole(const Json &row, DatasetFormat format, const std::string &role) {
  bool found = false;
  walkTexts(row, format, [&](const Place &place, const Json &, const Json *) { return !(found = place.role == role); });
  return found;
}

std::string firstText(const Json &row, DatasetFormat format) {
  const Json *first = nullptr;
  const Json *user = nullptr;
  walkTexts(row, format, [&](const Place &place, const Json &, const Json *value) {
    if (value && !first && place.role != "system") first = value;
    if (value && place.role == "user" && !value->get_ref<const std::string &>().empty()) user = value;
    return user == nullptr;
  });
  if (!user) user = first;
  return user ? user->get<std::string>() : "";
}

int32_t countTurns(const Json &row, DatasetFormat format) {
  if (!row.is_object()) return 0;
  const auto sizeOf = [&](const char *key) {
    const auto list = row.find(key);
    return list != row.end() && list->is_array() ? static_cast<int32_t>(list->size()) : 0;
  };
  const auto system = row.find("system");
  const int32_t own = system != row.end() && system->is_string() && !isBlank(system->get_ref<const std::string &>()) ? 1 : 0;
  if (hasTurnList(format)) return sizeOf(listKey(format)) + own;
  if (format == DatasetFormat::Alpaca) return 2 * sizeOf("history") + 2 + own;
  return format == DatasetFormat::Auto ? 0 : 1;
}

Status setText(Json &row, DatasetFormat format, const std::string &path, const std::string &text) {
  bool done = false;
  walkTexts(row, format, [&](const Place &place, Json &owner, Json *value) {
    if (place.path() != path) return true;
    if (value)
      *value = text;
    else
      owner[place.key] = text;
    done = true;
    return false;
  });
  if (done) return {};
  return refused(std::string("The row has no text \"") + path.substr(0, 100) + "\".");
}

Status setRole(Json &row, DatasetFormat format, int64_t turn, const std::string &role) {
  ATTUNE_CHECK(checkRole(role));
  if (format == DatasetFormat::Alpaca)
    return refused("The roles of an alpaca row are given by its keys.", "Export the data as messages to choose roles freely.");
  if (!hasTurnList(format)) return noTurns();
  Json *turns = turnList(row, format);
  if (!turns || turn < 0 || turn >= static_cast<int64_t>(turns->size())) return noSuchTurn();
  Json &changed = (*turns)[static_cast<size_t>(turn)];
  if (!changed.is_object()) return noSuchTurn();
  const std::string key = roleKeyOf(changed);
  const std::string spelling = spelled(*turns, role, key == "from");
  changed[key] = spelling;
  return {};
}

Status addTurn(Json &row, DatasetFormat format, int64_t at, const std::string &role) {
  ATTUNE_CHECK(checkRole(role));
  if (format == DatasetFormat::Alpaca && row.is_object()) {
    if (role == "system") {
      const auto system = row.find("system");
      if (system != row.end() && !system->is_null()) return refused("The row has a system text already.");
      row["system"] = "";
      return {};
    }
    if (role == "tool") return refused("Alpaca rows have no place for tools.", "Export the data as messages.");
    AlpacaPairs pairs(row);
    if (at < 0) return noSuchTurn();
    pairs.insert(std::min(static_cast<size_t>(at), pairs.size()));
    return pairs.write();
  }
  if (!hasTurnList(format) || !row.is_object()) return noTurns();
  if (!row.contains(listKey(format)) || row[listKey(format)].is_null()) row[listKey(format)] = Json::array();
  Json *turns = turnList(row, format);
  if (!turns || at < 0) return noSuchTurn();
  Json turn = newTurn(*turns, format, role, "");
  turns->insert(turns->begin() + std::min<std::ptrdiff_t>(at, static_cast<std::ptrdiff_t>(turns->size())), std::move(turn));
  return {};
}

Status removeTurn(Json &row, DatasetFormat format, int64_t turn) {
  if (format == DatasetFormat::Alpaca && row.is_object()) {
    AlpacaPairs pairs(row);
    if (turn < 0 || turn >= static_cast<int64_t>(pairs.size())) return noSuchTurn();
    if (pairs.size() == 1) return refused("An alpaca row needs one question and answer.", "Delete the row instead.");
    pairs.erase(static_cast<size_t>(turn));
    return pairs.write();
  }
  if (!hasTurnList(format)) return noTurns();
  Json *turns = turnList(row, format);
  if (!turns || turn < 0 || turn >= static_cast<int64_t>(turns->size())) return noSuchTurn();
  turns->erase(static_cast<size_t>(turn));
  return {};
}

Status moveTurn(Json &row, DatasetFormat format, int64_t turn, int64_t to) {
  if (format == DatasetFormat::Alpaca && row.is_object()) {
    AlpacaPairs pairs(row);
    const auto size = static_cast<int64_t>(pairs.size());
    if (turn < 0 || turn >= size || to < 0 || to >= size) return noSuchTurn();
    pairs.move(static_cast<size_t>(turn), static_cast<size_t>(to));
    return pairs.write();
  }
  if (!hasTurnList(format)) return noTurns();
  Json *turns = turnList(row, format);
  const auto size = turns ? static_cast<int64_t>(turns->size()) : 0;
  if (turn < 0 || turn >= size || to < 0 || to >= size) return noSuchTurn();
  const auto begin = turns->begin();
  if (turn < to)
    std::rotate(begin + turn, begin + turn + 1, begin + to + 1);
  else
    std::rotate(begin + to, begin + turn, begin + turn + 1);
  return {};
}

Json blankRow(DatasetFormat format) {
  switch (format) {
  case DatasetFormat::Alpaca: return {{"instruction", ""}, {"input", ""}, {"output", ""}};
  case DatasetFormat::Text: return {{"text", ""}};
  case DatasetFormat::Tokens: return {{"ids", Json::array()}, {"labels", Json::array()}};
  case DatasetFormat::Sharegpt:
  case DatasetFormat::Messages:
  case DatasetFormat::Auto: break;
  }
  const DatasetFormat kept = format == DatasetFormat::Auto ? DatasetFormat::Messages : format;
  Json turns = Json::array();
  for (const char *role : {"user", "assistant"}) turns.push_back(newTurn(turns, kept, role, ""));
  return {{listKey(kept), std::move(turns)}};
}

Result<Json> conversationRow(const std::vector<std::pair<std::string, std::string>> &rolesAndTexts, DatasetFormat format) {
  if (rolesAndTexts.empty()) return refused("The conversation is empty.");
  for (const auto &turn : rolesAndTexts) ATTUNE_CHECK(checkRole(turn.first));
  if (format == DatasetFormat::Text || format == DatasetFormat::Tokens)
    return refused(std::string("A file of ") + formatName(format) + " rows cannot hold a conversation.", "Choose another dataset.");
  const DatasetFormat kept = format == DatasetFormat::Auto ? DatasetFormat::Messages : format;
  if (kept != DatasetFormat::Alpaca) {
    Json turns = Json::array();
    for (const auto &[role, text] : rolesAndTexts) turns.push_back(newTurn(turns, kept, role, text));
    return Json{{listKey(kept), std::move(turns)}};
  }
  Json row = blankRow(kept);
  size_t at = rolesAndTexts[0].first == "system" ? 1 : 0;
  if (at == 1) row["system"] = rolesAndTexts[0].second;
  const size_t pairs = (rolesAndTexts.size() - at) / 2;
  Json history = Json::array();
  for (size_t pair = 0; pair < pairs; ++pair, at += 2) {
    const auto &[question, answer] = std::tie(rolesAndTexts[at], rolesAndTexts[at + 1]);
    if (question.first != "user" || answer.first != "assistant") break;
    if (pair + 1 < pairs) {
      history.push_back({question.second, answer.second});
    } else {
      row["instruction"] = question.second;
      row["output"] = answer.second;
    }
  }
  if (pairs == 0 || at != rolesAndTexts.size())
    return refused("An alpaca row holds pairs of a question and an answer, after an optional system text.",
                   "Choose a dataset of messages.");
  if (!history.empty()) row["history"] = std::move(history);
  return row;
}

} // namespace attune::data
