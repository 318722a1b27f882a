// What verbs print: JSON objects in the shapes of CLI.md.
#pragma once

#include "app/cli/command/command.h"
#include "core/base/json.h"
#include "core/tokenizer/tokenizer.h"

#include <string_view>

namespace attune::app {

/// The `error` object: code, message, where, hint; of a cluster's error also its fault.
Json errorJson(const Error &error);

/// One object on one line.
void printJson(CommandContext &context, const Json &value);

/// A text for a terminal: bytes that could steer it stand as \xNN, all but tab and line break.
std::string printable(std::string_view text);

/// What a model or a row wrote, flushed: as it is into a file or pipe, printable on a terminal.
void printWritten(std::ostream &out, std::string_view text);

/// Usage when `path`, given by `option`, is where the JSON of stdout goes.
Status checkBesideJson(const std::string &path, const std::string &option);

} // namespace attune::app
