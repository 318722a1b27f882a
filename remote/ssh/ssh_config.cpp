#include "remote/ssh/ssh_config.h"

#include "core/base/atomic_file.h"
#include "core/base/workspace.h"
#include "remote/ssh/host_pattern.h"

#include <charconv>
#include <glob.h>
#include <optional>
#include <sys/stat.h>

namespace attune::remote {
namespace {

constexpr int kMaxDepth = 8;
constexpr int kMaxFiles = 64;
constexpr size_t kMaxBytes = size_t(1) << 20;
constexpr size_t kMaxWords = 1024;

/// The words of one line: a keyword, an optional =, then values; double quotes hold blanks; # begins a remark.
std::optional<std::vector<std::string>> wordsOf(const std::string &line) {
  std::vector<std::string> words;
  size_t at = 0;
  const auto blank = [&](char c) { return c == ' ' || c == '\t' || c == '\r' || (c == '=' && words.size() == 1); };
  while (words.size() < kMaxWords) {
    while (at < line.size() && blank(line[at])) ++at;
    if (at == line.size() || line[at] == '#') return words;
    std::string word;
    if (line[at] == '"') {
      const size_t end = line.find('"', at + 1);
      if (end == std::string::npos) return std::nullopt;
      word = line.substr(at + 1, end - at - 1);
      at = end + 1;
    } else {
      while (at < line.size() && !blank(line[at]) && !(words.empty() && line[at] == '=')) word += line[at++];
      if (words.empty() && at < line.size() && line[at] == '=') {
        words.push_back(word);
        continue;
      }
    }
    words.push_back(word);
  }
  return std::nullopt;
}

std::optional<int> portOf(const std::string &text) {
  int port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || port < 1 || port > 65535) return std::nullopt;
  return port;
}

class Reader {
public:
  Reader(std::string alias, std::string home) : m_alias(std::move(alias)), m_home(std::move(home)) {}

  Status readFileAt(const std::string &path, int depth, bool active) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return {};
    if (!S_ISREG(info.st_mode)) return mistake(path, 0, "is not an ordinary file");
    if (depth > kMaxDepth || ++m_files > kMaxFiles) return mistake(path, 0, "is included too deep or with too many others");
    ATTUNE_TRY(const std::string text, attune::readFile(path, kMaxBytes));
    int number = 0;
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      ATTUNE_CHECK(line(path, ++number, text.substr(at, end - at), depth, active));
      at = end + 1;
    }
    return {};
  }

  Result<HostSettings> finish() const {
    HostSettings settings;
    settings.user = m_user.value_or("");
    settings.hostName = expanded(m_hostName.value_or(m_alias), m_alias, settings.user).value_or(m_alias);
    settings.port = m_port.value_or(22);
    settings.proxyCommandAt = m_proxyCommandAt.value_or("");
    for (const std::string &file : m_identityFiles) // one with tokens that we do not know is passed over
      if (const auto path = expanded(file, settings.hostName, settings.user)) settings.identityFiles.push_back(*path);
    const std::string jumps = m_proxyJump.value_or("none");
    for (size_t at = 0; lowerCase(jumps) != "none" && at <= jumps.size();) {
      const size_t end = std::min(jumps.find(',', at), jumps.size());
      ATTUNE_TRY(SshTarget jump, parseTarget(jumps.substr(at, end - at)));
      settings.jumps.push_back(std::move(jump));
      at = end + 1;
    }
    if (settings.jumps.size() > 4)
      return Error{ErrorCode::MalformedFile, "ProxyJump names more than 4 hosts.", "ProxyJump of " + m_alias, "Shorten it.", {}};
    return settings;
  }

private:
  static Error mistake(const std::string &path, int number, const std::string &what) {
    const std::string where = number ? path + ":" + std::to_string(number) : path;
    return Error{ErrorCode::MalformedFile, "The ssh configuration " + what + ".", where, "Correct it, or take it out.", {}};
  }

  Status line(const std::string &path, int number, const std::string &text, int depth, bool &active) {
    const auto split = wordsOf(text);
    if (!split) return active ? Status(mistake(path, number, "has a quote without its end or too many words")) : Status();
    if (split->size() < 2) return {};
    const std::string keyword = lowerCase(split->front());
    const std::vector<std::string> values(split->begin() + 1, split->end());
    if (keyword == "host")
      active = matchesHost(values, m_alias);
    else if (keyword == "match")
      active = values.size() == 1 && lowerCase(values[0]) == "all";
    else if (!active)
      return {};
    else if (keyword == "include")
      return include(values, depth);
    else if (keyword == "hostname")
      keepFirst(m_hostName, values[0]);
    else if (keyword == "user")
      keepFirst(m_user, values[0]);
    else if (keyword == "proxyjump")
      keepFirst(m_proxyJump, values[0]);
    else if (keyword == "proxycommand")
      keepFirst(m_proxyCommandAt, lowerCase(values[0]) == "none" ? "" : path + ":" + std::to_string(number));
    else if (keyword == "identityfile" && m_identityFiles.size() < 32)
      m_identityFiles.push_back(values[0]);
    else if (keyword == "port") {
      const auto port = portOf(values[0]);
      if (!port) return mistake(path, number, "has a port that is no number from 1 to 65535");
      if (!m_port) m_port = port;
    }
    return {};
  }

  Status include(const std::vector<std::string> &patterns, int depth) {
    if (depth >= kMaxDepth) return mistake(patterns[0], 0, "is included too deep");
    for (const std::string &pattern : patterns) {
      std::string full = inHome(pattern, m_home);
      if (full.empty() || full[0] != '/') full = m_home + "/.ssh/" + full;
      glob_t found{};
      std::vector<std::string> paths;
      if (::glob(full.c_str(), GLOB_NOSORT, nullptr, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc && i <= kMaxFiles; ++i) paths.emplace_back(found.gl_pathv[i]);
      ::globfree(&found);
      for (const std::string &path : paths) ATTUNE_CHECK(readFileAt(path, depth + 1, true));
    }
    return {};
  }

  static void keepFirst(std::optional<std::string> &field, const std::string &value) {
    if (!field) field = value;
  }

  std::optional<std::string> expanded(const std::string &text, const std::string &host, const std::string &user) const {
    std::string out = text.rfind("~/", 0) == 0 ? m_home + "/" : "";
    for (size_t i = out.empty() ? 0 : 2; i < text.size(); ++i) {
      if (text[i] != '%') {
        out += text[i];
        continue;
      }
      const char token = i + 1 < text.size() ? text[++i] : '\0';
      if (token == '%')
        out += '%';
      else if (token == 'd')
        out += m_home;
      else if (token == 'h')
        out += host;
      else if (token == 'n')
        out += m_alias;
      else if (token == 'r')
        out += user;
      else
        return std::nullopt;
    }
    return out;
  }

  std::string m_alias, m_home;
  std::optional<std::string> m_hostName, m_user, m_proxyJump, m_proxyCommandAt;
  std::optional<int> m_port;
  std::vector<std::string> m_identityFiles;
  int m_files = 0;
};

} // namespace

Result<HostSettings> readSshConfig(const std::string &path, const std::string &alias, const std::string &home) {
  Reader reader(alias, home);
  ATTUNE_CHECK(reader.readFileAt(path, 0, true));
  return reader.finish();
}

Result<SshTarget> parseTarget(const std::string &text) {
  const auto wrong = [&] {
    return Error{ErrorCode::Usage, "This is no [user@]host[:port].", text.substr(0, 100), "For example: me@login.example.org:2222.", {}};
  };
  SshTarget target;
  std::string rest = text;
  if (const size_t at = rest.rfind('@'); at != std::string::npos) {
    target.user = rest.substr(0, at);
    rest = rest.substr(at + 1);
    if (target.user.empty()) return wrong();
  }
  std::string port;
  if (!rest.empty() && rest[0] == '[') {
    const size_t close = rest.find(']');
    if (close == std::string::npos || (close + 1 < rest.size() && rest[close + 1] != ':')) return wrong();
    target.host = rest.substr(1, close - 1);
    port = rest.substr(close + 1);
  } else if (const size_t colon = rest.find(':'); colon != std::string::npos && rest.find(':', colon + 1) == std::string::npos) {
    target.host = rest.substr(0, colon);
    port = rest.substr(colon);
  } else {
    target.host = rest;
  }
  if (!port.empty()) {
    const auto number = portOf(port.substr(1));
    if (!number) return wrong();
    target.port = *number;
  }
  for (const std::string *part : {&target.host, &target.user})
    for (const char c : *part)
      if (static_cast<unsigned char>(c) <= 32 || c == 127 || c == '/' || c == '\'' || c == '"' || c == '`' || c == '$' || c == ';')
        return wrong();
  if (target.host.empty() || target.host[0] == '-' || target.host.size() > 255 || target.user.size() > 255) return wrong();
  return target;
}

} // namespace attune::remote
