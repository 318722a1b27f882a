// A compiled PCRE2 expression that is bounded in time and memory when it matches, owned. For the .cpp files of the pattern
// classes; matching is theirs. Immutable after compile(), any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <pcre2.h>
#include <string>
#include <string_view>

namespace attune::io {

struct Pcre2Limits {
  uint32_t match = 1'000'000;
  uint32_t depth = 100'000;
  uint32_t heapKiB = 64 * 1024;
};

struct Pcre2Mistake {
  std::string message; // PCRE2's own words
  size_t offset = 0;
};

struct Pcre2Pattern {
  pcre2_code *code = nullptr;
  pcre2_match_context *limits = nullptr;

  Pcre2Pattern() = default;
  Pcre2Pattern(const Pcre2Pattern &) = delete;
  Pcre2Pattern &operator=(const Pcre2Pattern &) = delete;
  ~Pcre2Pattern();
  /// Nothing when it compiled. `context` is PCRE2's compile context, or null.
  std::optional<Pcre2Mistake> compile(std::string_view pattern, uint32_t options, const Pcre2Limits &bounds = {},
                                      pcre2_compile_context *context = nullptr);
};

struct Pcre2MatchDeleter {
  void operator()(pcre2_match_data *data) const { pcre2_match_data_free(data); }
};
using Pcre2Match = std::unique_ptr<pcre2_match_data, Pcre2MatchDeleter>;

/// What PCRE2 says of one of its error numbers.
std::string pcre2Message(int code);

} // namespace attune::io
