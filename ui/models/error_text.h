// An error of core as the user reads it. Pure functions, GUI thread.
#pragma once

#include "core/base/error.h"

#include <QString>

#include <string>

namespace attune::ui {

/// What happened, where, and what to do. Core speaks English; another language has a sentence for each code, with core's own
/// words behind it where they say more.
QString errorText(const Error &error);
/// The same for an error that is on record: the name of its code, and words.
QString errorText(const std::string &code, const std::string &words);
/// The same for a search that cannot be done as it was typed.
QString searchErrorText(const Error &error);
/// What is wrong with a file as a whole, in core's words.
QString fileProblemText(const std::string &problem);

} // namespace attune::ui
