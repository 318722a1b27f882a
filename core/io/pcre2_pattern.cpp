#include "core/io/pcre2_pattern.h"

namespace attune::io {

Pcre2Pattern::~Pcre2Pattern() {
  pcre2_code_free(code);
  pcre2_match_context_free(limits);
}

std::optional<Pcre2Mistake> Pcre2Pattern::compile(std::string_view pattern, uint32_t options, const Pcre2Limits &bounds,
                                                  pcre2_compile_context *context) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options, &error, &offset, context);
  if (!code) return Pcre2Mistake{pcre2Message(error), offset};
  limits = pcre2_match_context_create(nullptr);
  pcre2_set_match_limit(limits, bounds.match);
  pcre2_set_depth_limit(limits, bounds.depth);
  pcre2_set_heap_limit(limits, bounds.heapKiB);
  return std::nullopt;
}

std::string pcre2Message(int code) {
  unsigned char message[200] = {};
  pcre2_get_error_message(code, message, sizeof(message));
  return reinterpret_cast<char *>(message);
}

} // namespace attune::io
