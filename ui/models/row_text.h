// A dataset's rows in the user's words: roles, formats, what is wrong with a row. Pure functions, GUI thread.
#pragma once

#include "core/api/dataset_document.h"

#include <QString>

namespace attune::ui {

QString roleText(const std::string &role);
QString formatText(api::DatasetFormat format);
/// What is wrong and what to do; core's own words where the language is English or has no sentence for the code.
QString problemText(const api::RowProblem &problem);
/// How many of the row's tokens are trained, where it was cut, and the template it has its shape from.
QString trainedText(const api::RowTokens &tokens);

} // namespace attune::ui
