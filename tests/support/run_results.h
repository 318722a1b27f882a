// What a run of the real program left: its events, its adapter, the code of its error. For tests of the command line.
#pragma once

#include "core/api/event_json.h"
#include "tests/support/run_program.h"

#include <string>
#include <variant>
#include <vector>

namespace attune::test {

inline std::vector<api::RunEvent> eventsOf(const std::string &folder) { return api::eventsFromText(slurp(folder + "/events.jsonl")); }

template <typename Event> std::vector<Event> all(const std::vector<api::RunEvent> &events) {
  std::vector<Event> found;
  for (const api::RunEvent &event : events) {
    if (const auto *e = std::get_if<Event>(&event.body)) found.push_back(*e);
  }
  return found;
}

inline std::string adapterBytes(const std::string &folder) { return slurp(folder + "/adapter/adapter_model.safetensors"); }

inline bool has(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

inline std::string errorCode(const ProgramResult &result) { return result.json().value("/error/code"_json_pointer, std::string()); }

} // namespace attune::test
