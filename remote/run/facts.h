// What our scripts print on a cluster: a line each, "@@fact KEY VALUE", between whatever else is printed there. Hostile text:
// bounded and made printable. Pure functions, any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace attune::remote {

struct Facts {
  std::map<std::string, std::vector<std::string>> values;

  bool has(const std::string &key) const { return values.count(key) > 0; }
  /// The first; empty when there is none.
  std::string of(const std::string &key) const;
};

Facts readFacts(const std::string &output);

/// What follows `mark` on the lines that begin with it, as it is.
std::vector<std::string> linesAfter(const std::string &output, const std::string &mark);

} // namespace attune::remote
