#include "remote/slurm/request.h"

#include "core/base/nearest_name.h"
#include "core/base/shorten.h"

#include <algorithm>

namespace attune::remote::slurm {
namespace {

constexpr int64_t kMostMinutes = 366 * 24 * 60;

bool isWord(const std::string &text, const char *punctuation, size_t longest) {
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view(punctuation).find(c) != std::string_view::npos;
  });
}

bool isName(const std::string &text) { return isWord(text, "_.:=-", 64) && text[0] != '-'; }

std::string number(int64_t value) { return std::to_string(value); }

std::string duration(int64_t minutes) {
  if (minutes >= 1440 && minutes % 1440 == 0) return number(minutes / 1440) + (minutes == 1440 ? " day" : " days");
  if (minutes >= 60 && minutes % 60 == 0) return number(minutes / 60) + (minutes == 60 ? " hour" : " hours");
  return number(minutes) + (minutes == 1 ? " minute" : " minutes");
}

template <typename Items, typename Name> std::string listed(const Items &items, Name name) {
  std::string text;
  for (const auto &item : items) text += (text.empty() ? "" : ", ") + name(item);
  return text.empty() ? "none" : text;
}

class Check {
public:
  Check(const JobRequest &request, const std::vector<Partition> &partitions) : m_request(request), m_partitions(partitions) {}

  Status run() {
    names();
    amounts();
    extra();
    if (isName(m_request.partition)) partition();
    if (m_problems.empty()) return {};
    Error error{ErrorCode::InvalidConfig, "The cluster cannot run this request: " + m_problems[0].message, m_problems[0].key,
                "Change the request and try again."};
    error.problems = std::move(m_problems);
    return error;
  }

private:
  void problem(const std::string &key, std::string message) { m_problems.push_back({key, std::move(message), ErrorCode::InvalidConfig}); }

  void name(const char *key, const std::string &value) {
    if (!isName(value))
      problem(key, std::string(key) + " \"" + shortened(printable(value)) + "\" may hold letters, digits and _ . : = - only, 64 at most.");
  }

  void names() {
    name("partition", m_request.partition);
    if (!m_request.gres.empty()) name("gres", m_request.gres);
    if (!m_request.account.empty()) name("account", m_request.account);
    if (!m_request.qos.empty()) name("qos", m_request.qos);
  }

  void amount(const char *key, int64_t value, int64_t least, int64_t most) {
    if (value < least || value > most)
      problem(key, std::string(key) + " is " + number(value) + "; it goes from " + number(least) + " to " + number(most) + ".");
  }

  void amounts() {
    amount("nodes", m_request.nodes, 1, 100000);
    amount("cores", m_request.cores, 1, 100000);
    amount("cards", m_request.cards, 0, 10000);
    amount("minutes", m_request.minutes, 1, kMostMinutes);
    amount("memory", m_request.memory, 0, int64_t(1) << 40);
    if (m_request.cards > 0 && m_request.gres.empty()) problem("gres", "gres is empty, but cards are asked for: name the kind, as dcu.");
    if (m_request.cards == 0 && !m_request.gres.empty()) problem("cards", "cards is 0, but gres names a kind: ask for 1 or more.");
  }

  void extra() {
    for (const auto &[option, value] : m_request.extra) {
      const std::string shown = shortened(printable(option));
      const auto &known = extraOptions();
      if (std::find(known.begin(), known.end(), option) == known.end()) {
        const std::string near = nearestName(option, known);
        problem("extra",
                "the option \"" + shown + "\" is not one that can be given here" + (near.empty() ? "." : "; did you mean " + near + "?"));
      } else if (!value.empty() && !isWord(value, "_.:=,@&|*()[]+/-", 256)) {
        problem("extra", "the value of " + shown + " holds characters that no option of Slurm needs, or is longer than 256.");
      }
    }
  }

  void partition() {
    const auto found =
        std::find_if(m_partitions.begin(), m_partitions.end(), [&](const Partition &p) { return p.name == m_request.partition; });
    if (found == m_partitions.end()) {
      problem("partition", "there is no partition " + m_request.partition +
                               "; there are: " + shortened(listed(m_partitions, [](const Partition &p) { return p.name; }), 400) + ".");
      return;
    }
    const std::string &name = found->name;
    if (!found->up) problem("partition", name + " is closed (down): a job would wait for ever. Choose another partition.");
    if (found->limitMinutes >= 0 && m_request.minutes > found->limitMinutes)
      problem("minutes", name + " allows " + duration(found->limitMinutes) + "; you asked for " + duration(m_request.minutes) + ".");
    atMost("nodes", *found, m_request.nodes, found->nodes, "nodes");
    atMost("cores", *found, m_request.cores, found->coresPerNode, "cores a node");
    atMost("memory", *found, m_request.memory, found->memoryPerNode, "MiB of memory a node");
    cards(*found);
  }

  void atMost(const char *key, const Partition &partition, int64_t asked, int64_t most, const char *what) {
    if (asked > most) problem(key, partition.name + " has " + number(most) + " " + what + "; you asked for " + number(asked) + ".");
  }

  void cards(const Partition &partition) {
    if (m_request.gres.empty()) return;
    const std::string kind = m_request.gres.substr(0, m_request.gres.find(':'));
    const auto card = partition.cardsPerNode.find(kind);
    if (card == partition.cardsPerNode.end())
      problem("gres", partition.name + " has no " + kind +
                          "; its kinds: " + listed(partition.cardsPerNode, [](const auto &entry) { return entry.first; }) + ".");
    else
      atMost("cards", partition, m_request.cards, card->second, (kind + " a node").c_str());
  }

  const JobRequest &m_request;
  const std::vector<Partition> &m_partitions;
  std::vector<ConfigProblem> m_problems;
};

} // namespace

const std::vector<std::string> &extraOptions() {
  static const std::vector<std::string> names = {"begin",       "constraint", "contiguous", "core-spec", "dependency", "distribution",
                                                 "exclude",     "exclusive",  "hint",       "licenses",  "nice",       "nodelist",
                                                 "reservation", "switches",   "tmp",        "wckey"};
  return names;
}

Status checkRequest(const JobRequest &request, const std::vector<Partition> &partitions) { return Check(request, partitions).run(); }

int64_t warningSeconds(const JobRequest &request) { return std::min<int64_t>(180, request.minutes * 15); }

std::vector<std::string> requestOptions(const JobRequest &request) {
  std::vector<std::string> options = {"--partition=" + request.partition, "--nodes=" + number(request.nodes),
                                      "--ntasks=" + number(request.nodes * request.cores), "--time=" + number(request.minutes)};
  const auto add = [&](const char *name, const std::string &value) {
    if (!value.empty()) options.push_back(std::string("--") + name + "=" + value);
  };
  if (request.nodes > 1) add("ntasks-per-node", number(request.cores));
  if (request.cards > 0) add("gres", request.gres + ":" + number(request.cards));
  if (request.memory > 0) add("mem", number(request.memory) + "M");
  add("account", request.account);
  add("qos", request.qos);
  for (const auto &[name, value] : request.extra) options.push_back("--" + name + (value.empty() ? "" : "=" + value));
  return options;
}

} // namespace attune::remote::slurm
