// Run events as JSON lines, both ways, with the names of CLI.md; the same text in events.jsonl and on stdout.
// Pure functions, any thread. Reading is tolerant: unknown types and lines are skipped, missing fields stay default.
#pragma once

#include "core/api/run_event.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::api {

/// One line without its newline. Numbers that are not finite become null.
std::string eventToJson(const RunEvent &event);

/// The event of one line; nullopt for anything that is none this version knows.
std::optional<RunEvent> eventFromJson(std::string_view line);

/// Every event of an events.jsonl text, in order; a last line without newline that does not parse is a torn one and dropped.
std::vector<RunEvent> eventsFromText(std::string_view text);

/// What is still true after resumes: step, eval, checkpoint and sample events above a later `from_step` are left out.
std::vector<RunEvent> currentEvents(const std::vector<RunEvent> &events);

/// "loading", "training", ...
const char *nameOf(RunState state);
/// "completed", "stopped", "failed".
const char *nameOf(RunOutcome outcome);
/// "step", "run_finished", ...
const char *typeName(const RunEventBody &body);

} // namespace attune::api
