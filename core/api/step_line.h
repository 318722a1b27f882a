// The fast way to read a `step` line as eventToJson writes it: the bulk of every events.jsonl. Pure function, any thread.
// Reads nothing that the general reader would read differently; whatever it is not sure of, it leaves to that one.
#pragma once

#include "core/api/run_event.h"

#include <optional>
#include <string_view>

namespace attune::api {

/// The event of a step line without blanks; nullopt when the general reader has to look.
std::optional<RunEvent> stepFromLine(std::string_view line);

} // namespace attune::api
