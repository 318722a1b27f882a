#include "app/cli/command/command.h"

#include <algorithm>

namespace attune::app {

std::vector<CommandFactory> &commandRegistry() {
  static std::vector<CommandFactory> registry;
  return registry;
}

std::unique_ptr<Command> findCommand(const std::string &name) {
  for (const CommandFactory &factory : commandRegistry()) {
    std::unique_ptr<Command> command = factory();
    if (command->name() == name) return command;
  }
  return nullptr;
}

namespace {

size_t editDistance(const std::string &a, const std::string &b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

} // namespace

std::string nearestName(const std::string &word, const std::vector<std::string> &candidates) {
  if (word.size() > 64) return "";
  std::string nearest;
  size_t best = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string &candidate : candidates) {
    const size_t distance = editDistance(word, candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

} // namespace attune::app
