#include "remote/slurm/parse.h"

#include "core/base/shorten.h"
#include "core/base/utf8.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace attune::remote::slurm {
namespace {

constexpr size_t kMaxRows = 200000;
constexpr int64_t kMostCores = 1'000'000, kMostMemory = int64_t(1) << 40; // of a node; MiB, so that its bytes fit into 64 bits
constexpr std::string_view kDigits = "0123456789";

bool isNumber(std::string_view text) {
  return !text.empty() && text.size() <= 18 && text.find_first_not_of(kDigits) == std::string_view::npos;
}

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  if (!isNumber(text)) return std::nullopt;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator, size_t most) {
  std::vector<std::string_view> parts;
  while (parts.size() + 1 < most) {
    const size_t at = text.find(separator);
    if (at == std::string_view::npos) break;
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  parts.push_back(text);
  return parts;
}

std::vector<std::string_view> lines(std::string_view text) {
  std::vector<std::string_view> all = split(text, "\n", kMaxRows);
  all.erase(std::remove_if(all.begin(), all.end(), [](std::string_view line) { return line.empty() || line.size() > kMaxRow; }), all.end());
  return all;
}

// Words that Slurm itself makes up (states, reasons, times, node lists): printable ASCII, or the row is not Slurm's.
bool isPlain(std::string_view text) {
  return text.size() <= 4096 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

Error malformed(const std::string &command, std::string_view text) {
  return {ErrorCode::MalformedFile, "the answer is not what this command prints: \"" + shortened(printable(text.substr(0, 200))) + "\"",
          command, "Run it on the login node and look at what it says."};
}

constexpr size_t kColumns[] = {80, 80, 12, 24, 200, 200, 24, 16, 16, 24};
constexpr size_t kColumnCount = sizeof kColumns / sizeof *kColumns;

bool takesJobs(std::string_view state) {
  const size_t flag = state.find_first_of("*~#%$@^!-");
  const std::string_view base = state.substr(0, flag);
  if (flag != std::string_view::npos && state.find_first_of("*$@^%!") != std::string_view::npos) return false;
  return base == "idle" || base == "mix" || base == "alloc";
}

void addNode(Partition &partition, const std::vector<std::string_view> &row) {
  partition.up = row[2] == "up";
  partition.limitMinutes = parseMinutes(row[3]).value_or(-1);
  ++partition.nodes;
  const bool open = takesJobs(row[9]);
  if (open && row[9].substr(0, 4) == "idle") ++partition.freeNodes;
  const auto used = parseGres(row[5]);
  for (const auto &[name, count] : parseGres(row[4])) {
    partition.cards[name] += count;
    int64_t &most = partition.cardsPerNode[name];
    most = std::max(most, count);
    const auto taken = used.find(name);
    partition.freeCards[name] += open ? std::max<int64_t>(0, count - (taken == used.end() ? 0 : taken->second)) : 0;
  }
  partition.coresPerNode = std::max(partition.coresPerNode, std::min(number(row[7]).value_or(0), kMostCores));
  partition.memoryPerNode = std::max(partition.memoryPerNode, std::min(number(row[8]).value_or(0), kMostMemory));
}

} // namespace

const char *const kNodeColumns =
    "NodeList:80,PartitionName:80,Available:12,Time:24,Gres:200,GresUsed:200,CPUsState:24,CPUs:16,Memory:16,StateCompact:24";
const char *const kAccountColumns = "JobIDRaw,State,ExitCode,Submit,End,JobName";

std::optional<JobId> parseJobId(std::string_view text) {
  const size_t bar = text.find('_');
  const std::string_view job = text.substr(0, bar);
  if (!isNumber(job)) return std::nullopt;
  if (bar == std::string_view::npos) return JobId{std::string(job), ""};
  const std::string_view task = text.substr(bar + 1);
  const bool list = task.size() > 2 && task.size() <= 1024 && task.front() == '[' && task.back() == ']' &&
                    task.substr(1, task.size() - 2).find_first_not_of("0123456789-,%:.") == std::string_view::npos;
  if (!list && !isNumber(task)) return std::nullopt;
  return JobId{std::string(job), std::string(task)};
}

std::optional<int64_t> parseMinutes(std::string_view text) {
  text = trimmed(text);
  if (text == "infinite" || text == "UNLIMITED") return -1;
  const size_t dash = text.find('-');
  int64_t days = 0;
  if (dash != std::string_view::npos) {
    const auto value = number(text.substr(0, dash));
    if (!value || *value > 100000) return std::nullopt;
    days = *value;
    text.remove_prefix(dash + 1);
  }
  int64_t parts[3] = {0, 0, 0}; // hours, minutes, seconds
  const auto words = split(text, ":", 4);
  if (words.size() > 3) return std::nullopt;
  // sinfo: "30" is minutes, "5:00" minutes and seconds; after days the first is hours.
  const size_t first = dash != std::string_view::npos || words.size() == 3 ? 0 : 1;
  for (size_t i = 0; i < words.size(); ++i) {
    const auto value = number(words[i]);
    if (!value || *value > 10'000'000 || first + i > 2) return std::nullopt;
    parts[first + i] = *value;
  }
  return days * 1440 + parts[0] * 60 + parts[1] + (parts[2] + 59) / 60;
}

std::map<std::string, int64_t> parseGres(std::string_view text) {
  std::map<std::string, int64_t> counts;
  text = trimmed(text);
  if (text == "(null)" || text == "N/A") return counts;
  while (!text.empty()) {
    int depth = 0; // commas inside "(IDX:0,2)" part nothing
    size_t end = 0;
    for (; end < text.size() && (depth > 0 || text[end] != ','); ++end) depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
    const std::string_view item = text.substr(0, end).substr(0, text.substr(0, end).find('('));
    text.remove_prefix(std::min(text.size(), end + 1));
    auto words = split(item, ":", 4);
    if (!words.empty() && words[0] == "gres") words.erase(words.begin());
    if (words.empty() || words.size() > 3 || words[0].empty() || words[0].size() > 64 || !isPlain(words[0])) continue;
    std::string_view last = words.back();
    int64_t scale = 1;
    if (!last.empty() && last.back() == 'K') scale = 1024, last.remove_suffix(1);
    const auto count = words.size() == 1 ? std::optional<int64_t>(1) : number(last);
    if (count && *count <= 1'000'000) counts[std::string(words[0])] += *count * scale;
  }
  return counts;
}

std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const size_t length = utf8Length(text);
    if (length == 0 || isControl(text))
      shown += "\xef\xbf\xbd";
    else
      shown += text.substr(0, length);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return shown;
}

bool hasStep(const std::string &list, const std::string &job) {
  const std::string opening = "\n" + job + ".", lines = "\n" + list;
  for (size_t at = lines.find(opening); at != std::string::npos; at = lines.find(opening, at + 1))
    if (const size_t step = at + opening.size(); step < lines.size() && lines[step] >= '0' && lines[step] <= '9') return true;
  return false;
}

std::string queueFormat(const std::string &mark) { return mark + "|%i|%T|%r|%V|%S|%e|%N|%u|%P|%j"; }

Queue parseQueue(std::string_view text, const std::string &mark) {
  Queue queue;
  const std::string opening = mark + "|";
  if (mark.empty()) return queue;
  const auto start = text.find(opening);
  if (start == std::string_view::npos) return queue;
  text.remove_prefix(start + opening.size());
  for (std::string_view row : split(text, "\n" + opening, kMaxRows)) {
    if (!row.empty() && row.back() == '\n') row.remove_suffix(1);
    const auto fields = split(row, "|", 10);
    const auto id = parseJobId(fields[0]);
    const bool plain = fields.size() == 10 && std::all_of(fields.begin(), fields.end() - 1, isPlain);
    if (!id || !plain || row.size() > kMaxRow) {
      ++queue.ignored;
      continue;
    }
    const auto field = [&](size_t i) { return std::string(fields[i]); };
    queue.rows.push_back({*id, field(1), field(2), field(3), field(4), field(5), field(6), field(7), field(8), field(9)});
  }
  return queue;
}

Result<std::vector<Partition>> parseNodes(std::string_view text) {
  std::vector<Partition> partitions;
  std::map<std::string, size_t> known;
  for (std::string_view line : lines(text)) {
    std::vector<std::string_view> row;
    for (size_t i = 0, at = 0; i < kColumnCount; at += kColumns[i++])
      row.push_back(at < line.size() ? trimmed(line.substr(at, kColumns[i])) : std::string_view());
    if (!isPlain(line) || row[1].empty() || row[1].find(' ') != std::string_view::npos || row[9].empty()) return malformed("sinfo", line);
    const auto [place, isNew] = known.try_emplace(std::string(row[1]), partitions.size());
    if (isNew) {
      partitions.emplace_back();
      partitions.back().name = place->first;
    }
    addNode(partitions[place->second], row);
  }
  return partitions;
}

Result<JobId> parseSubmitted(std::string_view text) {
  const auto all = lines(text);
  const std::string_view last = all.empty() ? std::string_view() : trimmed(all.back());
  const auto id = parseJobId(last.substr(0, last.find(';')));
  const std::string_view cluster = last.substr(std::min(last.find(';'), last.size())); // ";name", where there are several
  const auto odd = [](unsigned char c) {
    return !std::isalnum(c) && std::string_view(";_.-").find(static_cast<char>(c)) == std::string_view::npos;
  };
  if (!id || !id->task.empty() || std::any_of(cluster.begin(), cluster.end(), odd)) return malformed("sbatch", last);
  return *id;
}

std::optional<Allocation> parseAllocation(std::string_view text) {
  std::optional<Allocation> found;
  for (std::string_view line : lines(text))
    for (const bool granted : {false, true}) {
      const std::string_view opening = granted ? "salloc: Granted job allocation " : "salloc: Pending job allocation ";
      if (line.substr(0, opening.size()) != opening) continue;
      const auto id = parseJobId(trimmed(line.substr(opening.size())));
      if (id) found = Allocation{*id, granted};
    }
  return found;
}

std::map<std::string, std::string> parseConfig(std::string_view text) {
  std::map<std::string, std::string> values;
  for (std::string_view line : lines(text)) {
    const size_t at = line.find('=');
    if (at == std::string_view::npos || !isPlain(line)) continue;
    values.try_emplace(std::string(trimmed(line.substr(0, at))), trimmed(line.substr(at + 1)));
  }
  return values;
}

Result<std::map<std::string, std::string>> parseJobRecord(std::string_view text, const std::string &token) {
  std::map<std::string, std::string> values;
  if (text.size() > kMaxRow) return malformed("scontrol show job", text);
  const size_t end = text.find('\n');
  for (std::string_view word : split(text.substr(0, end), " ", 2000)) {
    const size_t at = word.find('=');
    if (at != std::string_view::npos) values.try_emplace(std::string(word.substr(0, at)), word.substr(at + 1));
  }
  if (text.substr(0, 6) != "JobId=" || !parseJobId(values["JobId"]) || values["JobName"] != token)
    return malformed("scontrol show job", text);
  return values;
}

std::vector<AccountRow> parseAccount(std::string_view text) {
  std::vector<AccountRow> rows;
  for (std::string_view line : lines(text)) {
    const auto fields = split(line, "\x1f", 7);
    if (fields.size() != 6 || !std::all_of(fields.begin(), fields.end(), isPlain)) continue;
    const auto id = parseJobId(fields[0]);
    const auto code = split(fields[2], ":", 3);
    if (!id || code.size() != 2 || !isNumber(code[0]) || !isNumber(code[1])) continue;
    AccountRow row{*id, std::string(fields[1]), "", 0, 0, std::string(fields[3]), std::string(fields[4]), std::string(fields[5])};
    const size_t by = row.state.find(" by ");
    if (by != std::string::npos) row.by = row.state.substr(by + 4), row.state.resize(by);
    row.exitCode = static_cast<int>(std::min<int64_t>(*number(code[0]), 255));
    row.exitSignal = static_cast<int>(std::min<int64_t>(*number(code[1]), 127));
    rows.push_back(row);
  }
  return rows;
}

} // namespace attune::remote::slurm
