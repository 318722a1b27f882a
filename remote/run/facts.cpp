#include "remote/run/facts.h"

#include "core/base/shorten.h"
#include "remote/slurm/parse.h"

#include <algorithm>

namespace attune::remote {
namespace {

constexpr size_t kMaxFacts = 500;

} // namespace

std::string Facts::of(const std::string &key) const {
  const auto found = values.find(key);
  return found == values.end() ? "" : found->second.front();
}

std::vector<std::string> linesAfter(const std::string &output, const std::string &mark) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < output.size() && lines.size() < kMaxFacts;) {
    const size_t end = std::min(output.find('\n', at), output.size());
    if (output.compare(at, mark.size(), mark) == 0) lines.push_back(output.substr(at + mark.size(), end - at - mark.size()));
    at = end + 1;
  }
  return lines;
}

Facts readFacts(const std::string &output) {
  Facts facts;
  for (const std::string &line : linesAfter(output, "@@fact ")) {
    const size_t space = std::min(line.find(' '), line.size());
    facts.values[slurm::printable(line.substr(0, space))].push_back(
        shortened(slurm::printable(line.substr(std::min(space + 1, line.size()))), 600));
  }
  return facts;
}

} // namespace attune::remote
