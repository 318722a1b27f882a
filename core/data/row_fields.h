// The texts of a row that a person may edit, and its turns, by the format's rules; keys that belong to no format are kept.
// Pure functions, any thread. InvalidData for what the row does not have or its format cannot hold.
#pragma once

#include "core/api/dataset_document.h"
#include "core/base/json.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace attune::data {

/// What a row of a file of `fileFormat` is; Auto when its keys say nothing.
api::DatasetFormat rowFormat(const Json &row, api::DatasetFormat fileFormat);

std::vector<api::RowField> rowFields(const Json &row, api::DatasetFormat format);
/// Visits every text that is there, without building fields; the role is a canonical one or empty. False ends the visit.
void eachText(const Json &row, api::DatasetFormat format, const std::function<bool(const std::string &text)> &visit);
void eachText(Json &row, api::DatasetFormat format, const std::function<bool(std::string &text)> &visit);
bool hasRole(const Json &row, api::DatasetFormat format, const std::string &role);
/// The first user's turn, else the first text.
std::string firstText(const Json &row, api::DatasetFormat format);
int32_t countTurns(const Json &row, api::DatasetFormat format);

Status setText(Json &row, api::DatasetFormat format, const std::string &path, const std::string &text);
Status setRole(Json &row, api::DatasetFormat format, int64_t turn, const std::string &role);
Status addTurn(Json &row, api::DatasetFormat format, int64_t at, const std::string &role);
Status removeTurn(Json &row, api::DatasetFormat format, int64_t turn);
Status moveTurn(Json &row, api::DatasetFormat format, int64_t turn, int64_t to);

/// A row with nothing in it yet; Auto makes messages.
Json blankRow(api::DatasetFormat format);
/// A conversation as a row of the format.
Result<Json> conversationRow(const std::vector<std::pair<std::string, std::string>> &rolesAndTexts, api::DatasetFormat format);

} // namespace attune::data
