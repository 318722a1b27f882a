#include "remote/slurm/job_script.h"

#include "core/base/json.h"

#include <algorithm>
#include <cctype>

namespace attune::remote {
extern const char kRunScript[]; // of run.sh, made by CMake
}

namespace attune::remote::slurm {

namespace {

bool isVariable(const std::string &name) {
  return !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x80 && (std::isalnum(c) || c == '_'); });
}

// The bytes that printf %b leaves alone; every other as \0ooo.
std::string encoded(const std::string &value) {
  std::string text;
  for (const char c : value) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (std::isalnum(byte) || std::string_view("_./:=,+@-").find(c) != std::string_view::npos)) {
      text += c;
    } else {
      text += "\\0";
      for (const int shift : {6, 3, 0}) text += static_cast<char>('0' + ((byte >> shift) & 7));
    }
  }
  return text;
}

bool isHex(const std::string &text, size_t length) {
  return text.size() == length && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

class Fields {
public:
  explicit Fields(const Json &object) : m_object(object) {}
  int64_t number(const char *name, int64_t most) {
    const auto found = m_object.find(name);
    const bool fine = found != m_object.end() && found->is_number_integer() && found->get<int64_t>() >= 0 && found->get<int64_t>() <= most;
    return fine ? found->get<int64_t>() : (miss(name), 0);
  }
  std::string text(const char *name) {
    const auto found = m_object.find(name);
    const bool fine = found != m_object.end() && found->is_string() && found->get_ref<const std::string &>().size() <= 256;
    return fine ? found->get<std::string>() : (miss(name), "");
  }
  void miss(const std::string &name) {
    if (m_missing.empty()) m_missing = name;
  }
  const std::string &missing() const { return m_missing; }

private:
  const Json &m_object;
  std::string m_missing;
};

constexpr int64_t kMost = int64_t(1) << 53;

} // namespace

bool staysInside(const std::string &path) {
  if (path.empty() || path.front() == '/' || path.size() > 4096) return false;
  if (std::any_of(path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) return false;
  const std::string parts = "/" + path + "/";
  return parts.find("/../") == std::string::npos && parts.find("/./") == std::string::npos && parts.find("//") == std::string::npos;
}

std::string runScript() { return kRunScript; }

bool isToken(const std::string &text) { return text.compare(0, 7, "attune-") == 0 && isHex(text.substr(7), 12); }

Result<std::string> jobEnvironment(const JobValues &values) {
  std::string text;
  std::string bad;
  const auto add = [&](const char *name, const std::string &value) {
    if (value.find('\0') != std::string::npos) bad = name;
    text.append(name).append("=").append(encoded(value)).append("\n");
  };
  if (!isToken(values.token)) bad = "TOKEN";
  if (values.command.empty()) bad = "COMMAND";
  add("TOKEN", values.token);
  add("ENVIRONMENT", values.environment);
  add("MANIFEST", values.manifest);
  add("RESUME_NEEDS", values.resumeNeeds);
  add("REQUEUE", values.requeue ? "1" : "0");
  add("RELEASE", values.release ? "1" : "0");
  add("THREADS", std::to_string(values.threads));
  add("GRACE", std::to_string(values.graceSeconds));
  add("LOCK_WAIT", std::to_string(values.lockWaitSeconds));
  for (const auto &[name, value] : values.variables) {
    if (!isVariable(name)) bad = "VARIABLE";
    add("VARIABLE", name + "=" + value);
  }
  for (const std::string &word : values.command) add("COMMAND", word);
  for (const std::string &word : values.resume) add("RESUME", word);
  if (!bad.empty())
    return Error{ErrorCode::Usage,
                 "A value of the job cannot be handed to the cluster.",
                 "job.env#" + bad,
                 "It is empty, holds a zero byte or is no name.",
                 {}};
  return text;
}

Result<ExitRecord> parseExitRecord(const std::string &text, const std::string &token) {
  const auto parsed = parseJson(text, "exit.json");
  if (!parsed.ok()) return parsed.error();
  const auto malformed = [](const std::string &field) {
    return Error{ErrorCode::MalformedFile,
                 "the job's last word is not one that our script writes",
                 "exit.json#" + field,
                 "Look at run.log in the job's folder.",
                 {}};
  };
  if (!parsed->is_object()) return malformed("");
  Fields fields(*parsed);
  ExitRecord record;
  if (fields.text("token") != token) fields.miss("token");
  record.code = static_cast<int>(fields.number("rc", 255));
  record.signal = static_cast<int>(fields.number("signal", 127));
  record.stop = fields.text("stop");
  const std::string phase = fields.text("phase");
  record.environmentEnded = phase == "sourcing";
  record.environmentFailed = record.environmentEnded || phase == "environment";
  record.environmentCode = static_cast<int>(fields.number("environment_rc", 255));
  record.attempt = static_cast<int>(fields.number("attempt", 1'000'000));
  record.nonce = fields.text("nonce");
  if (!isHex(record.nonce, 16)) fields.miss("nonce");
  record.logSize = static_cast<uint64_t>(fields.number("log_size", kMost));
  const auto manifest = parsed->find("manifest");
  if (manifest == parsed->end() || !manifest->is_object()) fields.miss("manifest");
  if (!fields.missing().empty()) return malformed(fields.missing());
  for (const auto &[path, file] : manifest->items()) {
    if (!staysInside(path) || !file.is_object()) return malformed("manifest");
    Fields entry(file);
    ManifestFile &kept = record.manifest[path];
    kept.size = static_cast<uint64_t>(entry.number("size", kMost));
    kept.sha256 = entry.text("sha256");
    if (!isHex(kept.sha256, 64)) entry.miss("sha256");
    if (!entry.missing().empty()) return malformed("manifest." + entry.missing());
  }
  return record;
}

bool parseLogMark(const std::string &line, const std::string &token, LogMark &mark) {
  const std::string opening = "@@attune ";
  if (line.size() > 1024 || line.size() < opening.size() + 2 || line.compare(0, opening.size(), opening) != 0) return false;
  if (line.compare(line.size() - 2, 2, "@@") != 0) return false;
  std::vector<std::string> words(1);
  for (size_t i = opening.size(); i < line.size() - 2; ++i) {
    if (line[i] == ' ')
      words.emplace_back();
    else
      words.back() += line[i];
  }
  if (words.size() < 2 || words[1] != token) return false;
  mark = {words[0], {}};
  for (size_t i = 2; i < words.size(); ++i) {
    const size_t at = words[i].find('=');
    if (at != std::string::npos) mark.values.emplace(words[i].substr(0, at), words[i].substr(at + 1));
  }
  return true;
}

} // namespace attune::remote::slurm
