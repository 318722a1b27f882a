// One row in another format, without losing anything: extra keys are carried along, and what the target cannot hold is
// refused. Pure function, any thread.
#pragma once

#include "core/base/result.h"
#include "core/data/record.h"

namespace attune::data {

/// `row`, whose record is `record`, as a row of `format` that reads as the same record. InvalidData at `where` ("file:line")
/// when the format cannot hold it: a text has no turns, alpaca no tools and no keys of single messages.
Result<Json> convertRow(const Json &row, const Record &record, api::DatasetFormat format, const std::string &where);

} // namespace attune::data
