// The --messages file of the command line: a JSON list of turns, or {"messages":[...],"tools":[...]}.
// Roles and whatever else a turn carries reach the chat template as written. Pure, any thread.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/tokenizer/chat_template.h"

#include <string>

namespace attune::data {

/// FileNotFound for a missing file, MalformedFile for broken JSON, InvalidData (with file and field) for anything else.
Result<tokenizer::Conversation> readMessagesFile(const std::string &path);

/// The same from a text; `where` names it in errors.
Result<tokenizer::Conversation> parseMessagesText(const std::string &text, const std::string &where);

/// Message::asWritten of a turn: the turn, where a template can tell it from role, content and the other keys. Empty otherwise.
std::string turnAsWritten(const Json &turn);

} // namespace attune::data
