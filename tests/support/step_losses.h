// The losses that a run has told of, from its folder.
#pragma once

#include "core/base/json.h"

#include <fstream>
#include <string>
#include <vector>

namespace attune::test {

inline std::vector<double> stepLosses(const std::string &runFolder) {
  std::vector<double> all;
  std::ifstream file(runFolder + "/events.jsonl");
  for (std::string line; std::getline(file, line);) {
    const Json event = parseJson(line, "events").value();
    if (event["type"] == "step") all.push_back(event["loss"].get<double>());
  }
  return all;
}

} // namespace attune::test
