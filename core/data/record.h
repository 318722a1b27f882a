// One row understood: a conversation, a text or token ids, whatever its spelling in the file.
// Pure functions, any thread. Every mistake of a row is reported, not only the first.
#pragma once

#include "core/api/run_config.h"
#include "core/base/json.h"
#include "core/data/problem.h"
#include "core/data/sample.h"
#include "core/tokenizer/chat_template.h"

#include <optional>
#include <string>

namespace attune::data {

struct Record {
  api::DatasetFormat format = api::DatasetFormat::Auto; // never Auto once parsed
  tokenizer::Conversation conversation;                 // alpaca, sharegpt, messages
  std::string text;                                     // text
  Sample tokens;                                        // tokens
};

/// "alpaca", "sharegpt", ... as in run.json.
const char *formatName(api::DatasetFormat format);
std::optional<api::DatasetFormat> formatFromName(const std::string &name);

/// What the keys of a row say it is; Auto when they say nothing.
api::DatasetFormat detectFormat(const Json &row);

struct RecordRules {
  api::DatasetFormat format = api::DatasetFormat::Auto; // of the file; Auto judges each row by its keys
  int64_t vocabularySize = 0;                           // for tokens rows; 0 = unknown
};

/// The record of a row; nothing when the row is broken (an error was reported) or empty (a warning was).
std::optional<Record> parseRecord(const Json &row, const RecordRules &rules, RowProblems &problems);

// One file a schema: record_alpaca.cpp, record_messages.cpp, record_tokens.cpp.
void parseAlpaca(const Json &row, Record &record, RowProblems &problems);
void parseSharegpt(const Json &row, Record &record, RowProblems &problems);
void parseMessages(const Json &row, Record &record, RowProblems &problems);
void parseTokens(const Json &row, int64_t vocabularySize, Record &record, RowProblems &problems);

/// The string under `key`; reports missing_field (when `required`) and wrong_type. Null counts as absent.
std::optional<std::string> readText(const Json &object, const char *key, const std::string &path, bool required, RowProblems &problems);
/// "a number", "a list", ... for messages.
const char *kindName(const Json &value);
bool isBlank(const std::string &text);
/// The role a template knows for each spelling found in data sets; empty when the word means nothing.
std::string canonicalRole(const std::string &role);
/// "[3]", to append to a field's path.
std::string indexName(size_t index);

} // namespace attune::data
