#include "core/tokenizer/tokenizer.h"
#include "core/tokenizer/unicode.h"

namespace attune::tokenizer {

std::string StreamingDecoder::push(TokenId id) {
  const std::string added = m_tokenizer.decodeNext(id, m_atStart);
  m_pending += added;
  // Some models leave out one blank where a text begins, some all of them: those lose two of these in a row.
  m_atStart = m_atStart && added.empty() && m_tokenizer.decode({id, id}, false).empty();
  std::string out;
  size_t at = 0;
  while (at < m_pending.size()) {
    const std::string_view rest = std::string_view(m_pending).substr(at);
    const size_t good = validUtf8Prefix(rest);
    out.append(rest.substr(0, good));
    at += good;
    const size_t bad = invalidUtf8Length(rest.substr(good)); // 0: nothing left, or a character still arriving
    if (bad == 0) break;
    out += "\xEF\xBF\xBD";
    at += bad;
  }
  m_pending.erase(0, at);
  return out;
}

std::string StreamingDecoder::flush() {
  const std::string out = replaceInvalidUtf8(m_pending).text;
  m_pending.clear();
  return out;
}

} // namespace attune::tokenizer
