#include "core/api/event_json.h"

#include "core/api/step_line.h"
#include "core/base/json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace attune::api {

namespace {

constexpr std::array<const char *, 6> kStates = {"loading", "training", "evaluating", "saving", "paused", "waiting"};
constexpr std::array<const char *, 3> kOutcomes = {"completed", "stopped", "failed"};
constexpr size_t kLongestLine = size_t(4) << 20;
constexpr int64_t kLargestSeq = int64_t(1) << 53; // whole numbers that every JSON reader keeps

Json real(double value) { return std::isfinite(value) ? Json(value) : Json(); }
Json optionalBytes(const std::optional<int64_t> &bytes) { return bytes ? Json(*bytes) : Json(); }

/// Adds the fields of one event to its line.
struct Writer {
  Json &out;
  void operator()(const RunStarted &e) const {
    out["attempt"] = e.attempt;
    out["total_steps"] = e.totalSteps;
    out["device"] = e.device;
    out["versions"] = Json(e.versions);
  }
  void operator()(const StepMetrics &e) const {
    out["step"] = e.step;
    out["loss"] = real(e.loss);
    out["lr"] = real(e.lr);
    out["grad_norm"] = real(e.gradNorm);
    out["tokens"] = e.tokens;
    out["trained_tokens"] = e.trainedTokens;
    out["tokens_per_second"] = real(e.tokensPerSecond);
    out["seconds"] = real(e.seconds);
    out["memory"] = {{"device_bytes", optionalBytes(e.memory.deviceBytes)},
                     {"device_peak_bytes", optionalBytes(e.memory.devicePeakBytes)},
                     {"host_bytes", optionalBytes(e.memory.hostBytes)},
                     {"host_peak_bytes", optionalBytes(e.memory.hostPeakBytes)}};
  }
  void operator()(const EvalResult &e) const {
    out["step"] = e.step;
    out["loss"] = real(e.loss);
    out["trained_tokens"] = e.trainedTokens;
  }
  void operator()(const CheckpointSaved &e) const {
    out["step"] = e.step;
    out["path"] = e.path;
  }
  void operator()(const StateChanged &e) const { out["state"] = nameOf(e.state); }
  void operator()(const SettingChanged &e) const {
    out["step"] = e.step;
    out["key"] = e.key;
    out["from"] = fromText(e.from);
    out["to"] = fromText(e.to);
  }
  void operator()(const MemoryRetry &e) const {
    out["step"] = e.step;
    out["batch_size"] = e.batchSize;
    out["accumulation"] = e.accumulation;
  }
  void operator()(const SampleAnswer &e) const {
    out["step"] = e.step;
    out["prompt"] = e.prompt;
    out["text"] = e.text;
  }
  void operator()(const RunWarning &e) const {
    out["code"] = e.code;
    out["message"] = e.message;
  }
  void operator()(const Resumed &e) const {
    out["from_step"] = e.fromStep;
    out["attempt"] = e.attempt;
  }
  void operator()(const RunFinished &e) const {
    out["outcome"] = nameOf(e.outcome);
    out["step"] = e.step;
    out["error"] = Json();
    if (e.error) out["error"] = {{"code", e.error->code}, {"message", e.error->message}, {"hint", e.error->hint}};
  }

  static Json fromText(const std::string &text) {
    auto value = parseJson(text, "setting");
    return value.ok() ? *value : Json(text);
  }
};

/// Typed reads that leave the default where a field is missing or of another type.
struct Fields {
  const Json &json;

  void read(const char *key, int64_t &out) const {
    if (const Json *value = find(key); value && value->is_number()) out = whole(*value);
  }
  void read(const char *key, double &out) const {
    const Json *value = find(key);
    if (value && value->is_number()) out = value->get<double>();
    if (value && value->is_null()) out = std::numeric_limits<double>::quiet_NaN();
  }
  void read(const char *key, std::string &out) const {
    if (const Json *value = find(key); value && value->is_string()) out = value->get<std::string>();
  }
  void read(const char *key, std::optional<int64_t> &out) const {
    if (const Json *value = find(key); value && value->is_number()) out = whole(*value);
  }
  void readJson(const char *key, std::string &out) const {
    if (const Json *value = find(key)) out = dumpJson(*value, -1);
  }
  const Json *find(const char *key) const {
    const auto found = json.find(key);
    return found == json.end() ? nullptr : &*found;
  }
  static int64_t whole(const Json &value) {
    const double number = value.get<double>();
    if (value.is_number_integer()) return std::abs(number) < 1e16 ? value.get<int64_t>() : 0; // as stepFromLine() reads
    return std::abs(number) < 9e15 ? static_cast<int64_t>(number) : 0;
  }
};

template <size_t N> int indexOf(const std::array<const char *, N> &names, const std::string &name) {
  for (size_t i = 0; i < N; ++i) {
    if (name == names[i]) return static_cast<int>(i);
  }
  return -1;
}

std::optional<RunEventBody> readStarted(const Fields &fields) {
  RunStarted e;
  fields.read("attempt", e.attempt);
  fields.read("total_steps", e.totalSteps);
  fields.read("device", e.device);
  if (const Json *versions = fields.find("versions"); versions && versions->is_object()) {
    for (const auto &item : versions->items()) {
      if (item.value().is_string()) e.versions[item.key()] = item.value().get<std::string>();
    }
  }
  return e;
}

std::optional<RunEventBody> readStep(const Fields &fields) {
  StepMetrics e;
  fields.read("step", e.step);
  fields.read("loss", e.loss);
  fields.read("lr", e.lr);
  fields.read("grad_norm", e.gradNorm);
  fields.read("tokens", e.tokens);
  fields.read("trained_tokens", e.trainedTokens);
  fields.read("tokens_per_second", e.tokensPerSecond);
  fields.read("seconds", e.seconds);
  if (const Json *memory = fields.find("memory"); memory && memory->is_object()) {
    const Fields inner{*memory};
    inner.read("device_bytes", e.memory.deviceBytes);
    inner.read("device_peak_bytes", e.memory.devicePeakBytes);
    inner.read("host_bytes", e.memory.hostBytes);
    inner.read("host_peak_bytes", e.memory.hostPeakBytes);
  }
  return e;
}

std::optional<RunEventBody> readFinished(const Fields &fields) {
  RunFinished e;
  std::string outcome;
  fields.read("outcome", outcome);
  const int index = indexOf(kOutcomes, outcome);
  if (index < 0) return std::nullopt;
  e.outcome = static_cast<RunOutcome>(index);
  fields.read("step", e.step);
  if (const Json *error = fields.find("error"); error && error->is_object()) {
    RunErrorInfo info;
    const Fields inner{*error};
    inner.read("code", info.code);
    inner.read("message", info.message);
    inner.read("hint", info.hint);
    e.error = info;
  }
  return e;
}

std::optional<RunEventBody> readBody(const std::string &type, const Fields &fields) {
  if (type == "run_started") return readStarted(fields);
  if (type == "step") return readStep(fields);
  if (type == "run_finished") return readFinished(fields);
  if (type == "eval") {
    EvalResult e;
    fields.read("step", e.step);
    fields.read("loss", e.loss);
    fields.read("trained_tokens", e.trainedTokens);
    return e;
  }
  if (type == "checkpoint") {
    CheckpointSaved e;
    fields.read("step", e.step);
    fields.read("path", e.path);
    return e;
  }
  if (type == "state") {
    std::string state;
    fields.read("state", state);
    const int index = indexOf(kStates, state);
    if (index < 0) return std::nullopt;
    return StateChanged{static_cast<RunState>(index)};
  }
  if (type == "setting_changed") {
    SettingChanged e;
    fields.read("step", e.step);
    fields.read("key", e.key);
    fields.readJson("from", e.from);
    fields.readJson("to", e.to);
    return e;
  }
  if (type == "memory_retry") {
    MemoryRetry e;
    fields.read("step", e.step);
    fields.read("batch_size", e.batchSize);
    fields.read("accumulation", e.accumulation);
    return e;
  }
  if (type == "sample") {
    SampleAnswer e;
    fields.read("step", e.step);
    fields.read("prompt", e.prompt);
    fields.read("text", e.text);
    return e;
  }
  if (type == "warning") {
    RunWarning e;
    fields.read("code", e.code);
    fields.read("message", e.message);
    return e;
  }
  if (type == "resumed") {
    Resumed e;
    fields.read("from_step", e.fromStep);
    fields.read("attempt", e.attempt);
    return e;
  }
  return std::nullopt;
}

/// The step an event belongs to when a resume can take it back; -1 otherwise.
int64_t revocableStep(const RunEventBody &body) {
  if (const auto *e = std::get_if<StepMetrics>(&body)) return e->step;
  if (const auto *e = std::get_if<EvalResult>(&body)) return e->step;
  if (const auto *e = std::get_if<CheckpointSaved>(&body)) return e->step;
  if (const auto *e = std::get_if<SampleAnswer>(&body)) return e->step;
  return -1;
}

std::optional<RunEvent> readEvent(std::string_view line) {
  if (line.empty() || line.size() > kLongestLine) return std::nullopt;
  if (auto step = stepFromLine(line)) return step;
  const auto json = parseJson(line, "event");
  if (!json.ok() || !json->is_object()) return std::nullopt;
  const Fields fields{*json};
  std::string type;
  fields.read("type", type);
  auto body = readBody(type, fields);
  if (!body) return std::nullopt;
  RunEvent event;
  fields.read("seq", event.seq);
  if (event.seq < 0 || event.seq > kLargestSeq) return std::nullopt;
  fields.read("time", event.time);
  event.body = std::move(*body);
  return event;
}

/// A file may hold any number: readers turn figures into whole numbers and single precision, which must be able to hold them.
void bound(RunEvent &event) {
  const auto single = [](double &value) { value = std::clamp(value, -1e30, 1e30); }; // NaN stays
  const auto whole = [](double &value) { value = std::isnan(value) ? 0 : std::clamp(value, -1e11, 1e11); };
  whole(event.time);
  if (auto *eval = std::get_if<EvalResult>(&event.body)) single(eval->loss);
  auto *step = std::get_if<StepMetrics>(&event.body);
  if (!step) return;
  for (double *value : {&step->loss, &step->lr, &step->gradNorm}) single(*value);
  for (double *value : {&step->tokensPerSecond, &step->seconds}) whole(*value);
}

} // namespace

const char *nameOf(RunState state) { return kStates[static_cast<size_t>(state)]; }
const char *nameOf(RunOutcome outcome) { return kOutcomes[static_cast<size_t>(outcome)]; }

const char *typeName(const RunEventBody &body) {
  static constexpr std::array<const char *, std::variant_size_v<RunEventBody>> kTypes = {
      "run_started",  "step",   "eval",    "checkpoint", "state",       "setting_changed",
      "memory_retry", "sample", "warning", "resumed",    "run_finished"};
  return kTypes[body.index()];
}

std::string eventToJson(const RunEvent &event) {
  Json line;
  line["type"] = typeName(event.body);
  line["seq"] = event.seq;
  line["time"] = real(event.time);
  std::visit(Writer{line}, event.body);
  return dumpJson(line, -1);
}

std::optional<RunEvent> eventFromJson(std::string_view line) {
  auto event = readEvent(line);
  if (event) bound(*event);
  return event;
}

std::vector<RunEvent> eventsFromText(std::string_view text) {
  std::vector<RunEvent> events;
  for (size_t begin = 0; begin < text.size();) {
    const size_t newline = text.find('\n', begin);
    const size_t end = newline == std::string_view::npos ? text.size() : newline;
    if (auto event = eventFromJson(text.substr(begin, end - begin))) events.push_back(std::move(*event));
    begin = end + 1;
  }
  return events;
}

std::vector<RunEvent> currentEvents(const std::vector<RunEvent> &events) {
  std::vector<RunEvent> kept;
  int64_t limit = std::numeric_limits<int64_t>::max(); // the lowest from_step of all later resumes
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    if (const auto *resumed = std::get_if<Resumed>(&event->body)) limit = std::min(limit, resumed->fromStep);
    if (revocableStep(event->body) <= limit) kept.push_back(*event);
  }
  return {kept.rbegin(), kept.rend()};
}

} // namespace attune::api
