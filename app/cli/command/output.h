// What verbs print: JSON objects in the shapes of CLI.md.
#pragma once

#include "app/cli/command/command.h"
#include "core/base/json.h"

namespace attune::app {

/// The `error` object: code, message, where, hint.
Json errorJson(const Error &error);

/// One object on one line.
void printJson(CommandContext &context, const Json &value);

} // namespace attune::app
