#include "core/data/dataset_convert.h"

#include "core/base/atomic_file.h"
#include "core/base/rng.h"
#include "core/data/dataset_file.h"

#include <algorithm>
#include <cmath>

namespace attune::data {

namespace {

constexpr uint64_t kSplitStream = 0x73706c6974;

bool isConversation(const Record &record) {
  return record.format == api::DatasetFormat::Alpaca || record.format == api::DatasetFormat::Sharegpt ||
         record.format == api::DatasetFormat::Messages;
}

Json parsed(const std::string &text) { return Json::parse(text, nullptr, false); } // our own output: never malformed

Json messagesRow(const Record &record) {
  Json messages = Json::array();
  for (const auto &message : record.conversation.messages) {
    Json item = {{"role", message.role}, {"content", message.content}};
    if (!message.extraJson.empty()) item.update(parsed(message.extraJson));
    messages.push_back(std::move(item));
  }
  Json row = {{"messages", std::move(messages)}};
  if (!record.conversation.toolsJson.empty()) row["tools"] = parsed(record.conversation.toolsJson);
  return row;
}

std::optional<Json> sharegptRow(const Record &record) {
  Json turns = Json::array();
  for (const auto &message : record.conversation.messages) {
    if (!message.extraJson.empty()) return std::nullopt;
    const char *from = message.role == "user" ? "human" : message.role == "assistant" ? "gpt" : message.role == "tool" ? "observation" : "system";
    turns.push_back({{"from", from}, {"value", message.content}});
  }
  Json row = {{"conversations", std::move(turns)}};
  if (!record.conversation.toolsJson.empty()) row["tools"] = record.conversation.toolsJson;
  return row;
}

/// The last question and answer, earlier pairs as history, a system text in front.
std::optional<Json> alpacaRow(const Record &record) {
  const auto &messages = record.conversation.messages;
  if (!record.conversation.toolsJson.empty() && record.conversation.toolsJson != "[]") return std::nullopt;
  size_t at = 0;
  Json row = {{"instruction", ""}, {"input", ""}, {"output", ""}};
  if (!messages.empty() && (messages[0].role == "system" || messages[0].role == "developer")) {
    row["system"] = messages[0].content;
    at = 1;
  }
  if (messages.size() - at < 2 || (messages.size() - at) % 2 != 0) return std::nullopt;
  Json history = Json::array();
  for (; at < messages.size(); at += 2) {
    const auto &question = messages[at];
    const auto &answer = messages[at + 1];
    if (question.role != "user" || answer.role != "assistant" || !answer.extraJson.empty()) return std::nullopt;
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

/// Calls visit(file, row) for every row of every file in order.
template <typename Visit> Status forEachRow(const std::vector<DatasetFile> &files, const StopToken &stop, const Visit &visit) {
  for (const auto &file : files) {
    for (int64_t row = 0; row < file.source->count(); ++row) {
      if (stop.stopRequested()) return Error{ErrorCode::Interrupted, "The work was stopped.", file.source->path(), ""};
      ATTUNE_CHECK(visit(file, row));
    }
  }
  return {};
}

Status refused(const ProblemList &problems) {
  if (const Problem *first = problems.firstError()) {
    return Error{ErrorCode::InvalidData, first->message, first->where(), first->fix + " \"attune data check\" lists all mistakes."};
  }
  return {};
}

Result<std::vector<DatasetFile>> openAll(const std::vector<api::DatasetRef> &refs) {
  std::vector<DatasetFile> files;
  for (const auto &ref : refs) {
    ATTUNE_TRY(auto file, openDataset(ref));
    ATTUNE_CHECK(refused(file.source->problems()));
    files.push_back(std::move(file));
  }
  return files;
}

} // namespace

std::optional<Json> writeRecord(const Record &record, api::DatasetFormat format) {
  switch (format) {
  case api::DatasetFormat::Messages: return isConversation(record) ? std::optional<Json>(messagesRow(record)) : std::nullopt;
  case api::DatasetFormat::Sharegpt: return isConversation(record) ? sharegptRow(record) : std::nullopt;
  case api::DatasetFormat::Alpaca: return isConversation(record) ? alpacaRow(record) : std::nullopt;
  case api::DatasetFormat::Text:
    if (record.format == api::DatasetFormat::Text) return Json{{"text", record.text}};
    return std::nullopt;
  case api::DatasetFormat::Tokens:
    if (record.format == api::DatasetFormat::Tokens) return Json{{"ids", record.tokens.ids}, {"labels", record.tokens.labels}};
    return std::nullopt;
  case api::DatasetFormat::Auto: break;
  }
  return std::nullopt;
}

Result<int64_t> convertDataset(const std::vector<api::DatasetRef> &refs, api::DatasetFormat format, const std::string &out,
                               const StopToken &stop) {
  ATTUNE_TRY(const auto files, openAll(refs));
  ATTUNE_TRY(auto file, AtomicFile::create(out));
  const std::string suffix = ".json";
  const bool list = out.size() > suffix.size() && out.compare(out.size() - suffix.size(), suffix.size(), suffix) == 0;
  int64_t written = 0;
  const auto convert = [&](const DatasetFile &from, int64_t row) -> Status {
    ProblemList problems;
    const auto record = readRecord(from, row, 0, problems);
    ATTUNE_CHECK(refused(problems));
    if (!record) return {}; // an empty row
    const auto value = writeRecord(*record, format);
    if (!value) {
      return Error{ErrorCode::InvalidData, std::string("A row cannot be written as ") + formatName(format) + ".",
                   Problem{from.source->path(), row, from.source->line(row), "", "", "", "", Severity::Error}.where(),
                   "Choose messages, which holds every conversation."};
    }
    const std::string separator = list ? (written == 0 ? "[\n" : ",\n") : "";
    ++written;
    return file.write(separator + dumpJson(*value, -1) + (list ? "" : "\n"));
  };
  ATTUNE_CHECK(forEachRow(files, stop, convert));
  if (list) ATTUNE_CHECK(file.write(written == 0 ? "[]\n" : "\n]\n"));
  ATTUNE_CHECK(file.commit());
  return written;
}

Result<SplitCounts> splitDataset(const std::vector<api::DatasetRef> &refs, double fraction, int64_t seed, const std::string &train,
                                 const std::string &validation, const StopToken &stop) {
  ATTUNE_TRY(const auto files, openAll(refs));
  int64_t total = 0;
  for (const auto &file : files) total += file.source->count();
  if (total < 2) return Error{ErrorCode::InvalidData, "There are fewer than two rows to split.", refs.empty() ? "" : refs[0].path, ""};
  const double wanted = std::floor(fraction * static_cast<double>(total) + 0.5);
  const int64_t keep = std::min(std::max(static_cast<int64_t>(wanted), int64_t(1)), total - 1);
  const auto order = permutation(total, static_cast<uint64_t>(seed), kSplitStream);
  std::vector<bool> kept(static_cast<size_t>(total), false);
  for (int64_t i = 0; i < keep; ++i) kept[static_cast<size_t>(order[static_cast<size_t>(i)])] = true;
  ATTUNE_TRY(auto trainFile, AtomicFile::create(train));
  ATTUNE_TRY(auto validationFile, AtomicFile::create(validation));
  size_t index = 0;
  const auto copy = [&](const DatasetFile &from, int64_t row) -> Status {
    ProblemList problems;
    const auto value = from.source->read(row, problems);
    ATTUNE_CHECK(refused(problems));
    return (kept[index++] ? validationFile : trainFile).write(dumpJson(*value, -1) + "\n");
  };
  ATTUNE_CHECK(forEachRow(files, stop, copy));
  ATTUNE_CHECK(trainFile.commit());
  ATTUNE_CHECK(validationFile.commit());
  return SplitCounts{total - keep, keep};
}

} // namespace attune::data
