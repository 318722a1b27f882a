#include "core/data/convert_row.h"

#include <algorithm>
#include <utility>

namespace attune::data {

namespace {

using api::DatasetFormat;

bool isConversation(DatasetFormat format) {
  return format == DatasetFormat::Alpaca || format == DatasetFormat::Sharegpt || format == DatasetFormat::Messages;
}

const char *listKey(DatasetFormat format) { return format == DatasetFormat::Messages ? "messages" : "conversations"; }

Json parsed(const std::string &text) { // our own output: never malformed
  JsonLimits limits;
  limits.keepNumberTexts = true;
  auto value = parseJson(text, "", limits);
  return value.ok() ? std::move(*value) : Json();
}

/// The keys that make up a row of the format; all others are the user's.
bool belongsTo(DatasetFormat format, const std::string &key) {
  if (key == "system") return true;
  if (format != DatasetFormat::Alpaca) return key == listKey(format) || key == "tools";
  return key == "instruction" || key == "input" || key == "output" || key == "history";
}

/// An empty list of tools says no more than none.
std::string toolsOf(const Record &record) { return record.conversation.toolsJson == "[]" ? "" : record.conversation.toolsJson; }

bool sameRecord(const Record &one, const Record &other) {
  const auto same = [](const tokenizer::Message &a, const tokenizer::Message &b) {
    return a.role == b.role && a.content == b.content && a.extraJson == b.extraJson;
  };
  const auto &a = one.conversation.messages;
  const auto &b = other.conversation.messages;
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), same) && toolsOf(one) == toolsOf(other);
}

/// Roles that are more than another spelling of user, assistant or tool stay as they were read.
std::string roleName(const std::string &read, const std::string &canonical, DatasetFormat format) {
  if (read == "function_call" || read == "developer") return read;
  if (format == DatasetFormat::Messages) return canonical;
  return canonical == "user" ? "human" : canonical == "assistant" ? "gpt" : canonical == "tool" ? "observation" : canonical;
}

const char *roleKeyOf(const Json &turn) { return turn.contains("role") ? "role" : "from"; }
const char *contentKeyOf(const Json &turn) { return turn.contains("content") ? "content" : "value"; }

class RowConverter {
public:
  RowConverter(const Json &row, const Record &record, DatasetFormat format, const std::string &where)
      : m_row(row), m_record(record), m_format(format), m_where(where) {}

  Result<Json> convert() const {
    if (m_record.format == m_format) return m_row;
    if (!isConversation(m_record.format) || !isConversation(m_format))
      return refused(std::string("it holds ") + formatName(m_record.format) + " and no other format can stand for that");
    ATTUNE_TRY(Json made, m_format == DatasetFormat::Alpaca          ? toAlpaca()
                          : m_record.format == DatasetFormat::Alpaca ? fromAlpaca()
                                                                     : respell());
    for (const auto &[key, value] : m_row.items()) {
      if (belongsTo(m_record.format, key)) continue;
      if (made.contains(key)) return refused("its extra key \"" + key + "\" means something there");
      made[key] = value;
    }
    ProblemList problems;
    const std::string file;
    RowProblems report(problems, file, 0, 0);
    const auto again = parseRecord(made, {m_format, 0}, report);
    if (detectFormat(made) != m_format || !again || !sameRecord(m_record, *again)) return refused("it would read as something else there");
    return made;
  }

private:
  Error refused(const std::string &why) const {
    return Error{ErrorCode::InvalidData, std::string("The row cannot be written as ") + formatName(m_format) + ": " + why + ".", m_where,
                 "Choose messages, which holds every conversation, or change the row."};
  }

  /// The last question and answer, earlier pairs as history, a system text in front.
  Result<Json> toAlpaca() const {
    const auto &messages = m_record.conversation.messages;
    if (!toolsOf(m_record).empty()) return refused("alpaca has no place for tools");
    for (const Json &turn : m_row[listKey(m_record.format)]) {
      if (turn[roleKeyOf(turn)] == "function_call") return refused("alpaca has no place for a function call");
    }
    for (const auto &message : messages) {
      if (!message.extraJson.empty())
        return refused("alpaca has no place for what its messages carry beside role and content, such as " +
                       parsed(message.extraJson).begin().key());
    }
    Json row = {{"instruction", ""}, {"input", ""}, {"output", ""}};
    size_t at = 0;
    if (messages[0].role == "system") row["system"] = messages[at++].content;
    const char *turns = "alpaca holds pairs of a user's and an assistant's turn after an optional system text";
    if (messages.size() == at || (messages.size() - at) % 2 != 0) return refused(turns);
    Json history = Json::array();
    for (; at < messages.size(); at += 2) {
      const auto &question = messages[at];
      const auto &answer = messages[at + 1];
      if (question.role != "user" || answer.role != "assistant") return refused(turns);
      if (at + 2 < messages.size()) {
        history.push_back({question.content, answer.content});
      } else {
        row["instruction"] = question.content;
        row["output"] = answer.content;
      }
    }
    if (!history.empty()) row["history"] = std::move(history);
    return row;
  }

  Result<Json> fromAlpaca() const {
    const bool messages = m_format == DatasetFormat::Messages;
    Json turns = Json::array();
    for (const auto &message : m_record.conversation.messages) {
      turns.push_back(
          {{messages ? "role" : "from", roleName("", message.role, m_format)}, {messages ? "content" : "value", message.content}});
    }
    return Json{{listKey(m_format), std::move(turns)}};
  }

  /// Between messages and sharegpt only names change.
  Result<Json> respell() const {
    const bool messages = m_format == DatasetFormat::Messages;
    const Json &from = m_row[listKey(m_record.format)];
    const auto &read = m_record.conversation.messages;
    const size_t first = read.size() - from.size(); // a "system" beside the list is a message too
    Json turns = Json::array();
    for (size_t i = 0; i < from.size(); ++i) {
      const Json &turn = from[i];
      const std::string roleKey = roleKeyOf(turn);
      const std::string contentKey = contentKeyOf(turn);
      Json made = Json::object();
      for (const auto &[key, value] : turn.items()) {
        const bool call = key == "tool_calls" || key == "function_call";
        if (!messages && call && !value.is_null()) return refused("sharegpt has no place for " + key);
        std::string name = key;
        Json content = value;
        if (key == roleKey) {
          name = messages ? "role" : "from";
          content = roleName(value.get<std::string>(), read[first + i].role, m_format);
        } else if (key == contentKey) {
          name = messages ? "content" : "value";
          if (!messages) content = read[first + i].content; // a list of parts becomes one text
        }
        if (made.contains(name)) return refused("a message has two keys for its role or content");
        made[name] = std::move(content);
      }
      turns.push_back(std::move(made));
    }
    Json row = {{listKey(m_format), std::move(turns)}};
    if (m_row.contains("system")) row["system"] = m_row["system"];
    const std::string &tools = m_record.conversation.toolsJson;
    if (!tools.empty()) row["tools"] = messages ? parsed(tools) : Json(tools); // sharegpt keeps the list as a text
    return row;
  }

  const Json &m_row;
  const Record &m_record;
  DatasetFormat m_format;
  const std::string &m_where;
};

} // namespace

Result<Json> convertRow(const Json &row, const Record &record, api::DatasetFormat format, const std::string &where) {
  return RowConverter(row, record, format, where).convert();
}

} // namespace attune::data
