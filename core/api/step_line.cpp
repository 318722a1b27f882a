#include "core/api/step_line.h"

#include <array>
#include <charconv>
#include <limits>
#include <system_error>

namespace attune::api {

namespace {

constexpr std::string_view kStart = R"({"type":"step",)";
constexpr int64_t kLargestSeq = int64_t(1) << 53;

/// Where the value of a key goes; one of the pointers is set.
struct Target {
  std::string_view key;
  int64_t *whole = nullptr;
  double *real = nullptr;
  std::optional<int64_t> *bytes = nullptr;
  MemoryUse *memory = nullptr;
};

bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// A number of JSON's grammar, correctly rounded; false for one too large or too small, and with compilers that lack the call.
bool toDouble([[maybe_unused]] std::string_view text, [[maybe_unused]] double &out) {
#if defined(__cpp_lib_to_chars)
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
#else
  return false;
#endif
}

class Scanner {
public:
  explicit Scanner(std::string_view text) : m_at(text.data()), m_end(text.data() + text.size()) {}

  bool atEnd() const { return m_at == m_end; }
  bool take(char c) { return m_at < m_end && *m_at == c && ++m_at; }

  /// The members of an object whose brace is open, up to its closing brace.
  template <size_t N> bool members(const std::array<Target, N> &targets) {
    uint32_t seen = 0;
    size_t next = 0; // the writer's order is the likely one
    do {
      std::string_view key;
      if (!name(key) || !take(':')) return false;
      for (size_t tried = 0; targets[next].key != key; next = (next + 1) % N)
        if (++tried == N) return false;
      if (seen & (1U << next) || !value(targets[next])) return false;
      seen |= 1U << next;
      next = (next + 1) % N;
    } while (take(','));
    return take('}');
  }

private:
  bool name(std::string_view &out) {
    if (!take('"')) return false;
    const char *begin = m_at;
    while (m_at < m_end && *m_at != '"' && *m_at != '\\') ++m_at;
    out = {begin, static_cast<size_t>(m_at - begin)};
    return take('"');
  }

  bool value(const Target &target) {
    if (target.memory) {
      MemoryUse &memory = *target.memory;
      return take('{') && members(std::array<Target, 4>{{{"device_bytes", nullptr, nullptr, &memory.deviceBytes},
                                                         {"device_peak_bytes", nullptr, nullptr, &memory.devicePeakBytes},
                                                         {"host_bytes", nullptr, nullptr, &memory.hostBytes},
                                                         {"host_peak_bytes", nullptr, nullptr, &memory.hostPeakBytes}}});
    }
    if (m_end - m_at >= 4 && std::string_view(m_at, 4) == "null") {
      m_at += 4;
      if (target.real) *target.real = std::numeric_limits<double>::quiet_NaN();
      return !target.whole;
    }
    const char *begin = m_at;
    const bool fraction = !integer() ? false : *m_at == '.' || *m_at == 'e' || *m_at == 'E';
    if (m_at == begin || (fraction && !(target.real && rest()))) return false;
    const std::string_view text(begin, static_cast<size_t>(m_at - begin));
    if (fraction) return toDouble(text, *target.real);
    int64_t number = 0;
    if (text.size() > 16 || std::from_chars(begin, m_at, number).ptr != m_at) return false;
    if (target.whole) *target.whole = number;
    if (target.real) *target.real = static_cast<double>(number);
    if (target.bytes) *target.bytes = number;
    return true;
  }

  /// Passes over a number's whole part; stays where there is none, or nothing after it.
  bool integer() {
    const char *at = m_at;
    if (at < m_end && *at == '-') ++at;
    const char *digits = at;
    while (at < m_end && isDigit(*at)) ++at;
    if (at == digits || at == m_end || (*digits == '0' && at - digits > 1)) return false;
    m_at = at;
    return true;
  }

  /// Passes over the fraction and the exponent.
  bool rest() {
    if (take('.') && !digits()) return false;
    if (m_at < m_end && (*m_at == 'e' || *m_at == 'E')) {
      ++m_at;
      if (m_at < m_end && (*m_at == '+' || *m_at == '-')) ++m_at;
      return digits();
    }
    return true;
  }
  bool digits() {
    const char *begin = m_at;
    while (m_at < m_end && isDigit(*m_at)) ++m_at;
    return m_at > begin;
  }

  const char *m_at, *m_end;
};

} // namespace

std::optional<RunEvent> stepFromLine(std::string_view line) {
  if (line.substr(0, kStart.size()) != kStart) return std::nullopt;
  RunEvent event;
  StepMetrics step;
  Scanner scanner(line.substr(kStart.size()));
  const bool read = scanner.members(std::array<Target, 11>{{{"seq", &event.seq},
                                                            {"time", nullptr, &event.time},
                                                            {"step", &step.step},
                                                            {"loss", nullptr, &step.loss},
                                                            {"lr", nullptr, &step.lr},
                                                            {"grad_norm", nullptr, &step.gradNorm},
                                                            {"tokens", &step.tokens},
                                                            {"trained_tokens", &step.trainedTokens},
                                                            {"tokens_per_second", nullptr, &step.tokensPerSecond},
                                                            {"seconds", nullptr, &step.seconds},
                                                            {"memory", nullptr, nullptr, nullptr, &step.memory}}});
  if (!read || !scanner.atEnd() || event.seq < 0 || event.seq > kLargestSeq) return std::nullopt;
  event.body = step;
  return event;
}

} // namespace attune::api
