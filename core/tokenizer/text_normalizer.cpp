#include "core/tokenizer/text_normalizer.h"

#include "core/tokenizer/letter_case.h"

#include <algorithm>

namespace attune::tokenizer {

namespace {

using Kind = NormalizeStep::Kind;

bool startsWith(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

/// Where the white space at the start of `text` ends.
size_t leadingSpace(std::string_view text) {
  size_t at = 0;
  for (size_t length = 0; at < text.size() && (classOf(decodeUtf8(text.data() + at, length)) & kSpace); at += length) {
  }
  return at;
}

size_t trailingSpace(std::string_view text) {
  size_t end = text.size();
  while (end > 0) {
    size_t start = end - 1;
    while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
    size_t length;
    if (!(classOf(decodeUtf8(text.data() + start, length)) & kSpace)) break;
    end = start;
  }
  return end;
}

/// Capitals that the originals' Unicode version knows and the table of letter_case, which follows Python, does not.
struct NewCapitals {
  uint32_t first, last;
  int32_t toLower;
};
constexpr NewCapitals kNewCapitals[] = {{0x1C89, 0x1C89, 1},      {0xA7CB, 0xA7CB, -0xA567}, {0xA7CC, 0xA7CC, 1}, {0xA7CE, 0xA7CE, 1},
                                        {0xA7D2, 0xA7D2, 1},      {0xA7D4, 0xA7D4, 1},       {0xA7DA, 0xA7DA, 1}, {0xA7DC, 0xA7DC, -0xA641},
                                        {0x10D50, 0x10D65, 0x20}, {0x16EA0, 0x16EB8, 0x1B}};

void appendLowercase(std::string &out, uint32_t code) {
  for (const NewCapitals &range : kNewCapitals)
    if (code >= range.first && code <= range.last)
      return appendUtf8(out, static_cast<uint32_t>(static_cast<int32_t>(code) + range.toLower));
  appendLower(out, code);
}

} // namespace

/// A text under construction with the bytes of the text before it.
struct TextNormalizer::Edit {
  bool mapped;
  MappedText out;

  void keep(std::string_view text, size_t begin, size_t end) {
    out.text.append(text.substr(begin, end - begin));
    for (size_t at = begin; mapped && at < end; ++at) {
      out.begin.push_back(static_cast<uint32_t>(at));
      out.end.push_back(static_cast<uint32_t>(at + 1));
    }
  }
  void put(std::string_view text, size_t begin, size_t end) {
    out.text.append(text);
    if (!mapped) return;
    out.begin.insert(out.begin.end(), text.size(), static_cast<uint32_t>(begin));
    out.end.insert(out.end.end(), text.size(), static_cast<uint32_t>(end));
  }
};

Result<TextNormalizer> TextNormalizer::create(const std::vector<NormalizeStep> &steps, const std::string &where) {
  TextNormalizer out;
  for (const NormalizeStep &step : steps) {
    Step made{step, {}};
    if (step.kind == Kind::ReplacePattern) {
      ATTUNE_TRY(made.pattern, SplitPattern::compile(step.from, where));
    }
    out.m_steps.push_back(std::move(made));
  }
  return out;
}

void TextNormalizer::rewrite(const Step &step, std::string_view text, bool atStart, Edit &edit) {
  const NormalizeStep &spec = step.spec;
  switch (spec.kind) {
  case Kind::Normalize: edit.out = normalized(text, spec.form); return;
  case Kind::Prepend:
    if (!text.empty()) edit.put(spec.to, 0, 0);
    return edit.keep(text, 0, text.size());
  case Kind::PrependUnlessThere:
    if (!text.empty() && !startsWith(text, spec.to) && (atStart || !spec.onlyAtStart)) edit.put(spec.to, 0, 0);
    return edit.keep(text, 0, text.size());
  case Kind::ReplaceText: {
    size_t done = 0;
    for (size_t at = text.find(spec.from); at != std::string_view::npos; at = text.find(spec.from, done)) {
      edit.keep(text, done, at);
      done = at + spec.from.size();
      edit.put(spec.to, at, done);
    }
    return edit.keep(text, done, text.size());
  }
  case Kind::ReplacePattern: {
    std::vector<PatternMatch> matches;
    step.pattern.split(text, {0, text.size()}, matches);
    for (const PatternMatch &match : matches) {
      if (match.isMatch)
        edit.put(spec.to, match.span.begin, match.span.end);
      else
        edit.keep(text, match.span.begin, match.span.end);
    }
    return;
  }
  case Kind::Strip: {
    const size_t begin = spec.left ? leadingSpace(text) : 0;
    const size_t end = spec.right ? std::max(trailingSpace(text), begin) : text.size();
    return edit.keep(text, begin, end);
  }
  case Kind::Lowercase:
    std::string lower;
    for (size_t at = 0, length = 0; at < text.size(); at += length) {
      const uint32_t code = decodeUtf8(text.data() + at, length);
      lower.clear();
      appendLowercase(lower, code);
      edit.put(lower, at, at + length);
    }
    return;
  }
}

bool TextNormalizer::apply(std::string_view text, bool atStart, bool mapped, MappedText &out) const {
  bool changed = false;
  for (const Step &step : m_steps) {
    const std::string_view before = changed ? std::string_view(out.text) : text;
    if (step.spec.kind == Kind::Normalize && isSurely(step.spec.form, before)) continue;
    if (step.spec.kind == Kind::ReplaceText && before.find(step.spec.from) == std::string_view::npos) continue;
    if (step.spec.kind == Kind::PrependUnlessThere && startsWith(before, step.spec.to)) continue;
    Edit edit{mapped, {}};
    edit.out.text.reserve(before.size() + before.size() / 2);
    rewrite(step, before, atStart, edit);
    if (mapped && changed) {
      for (size_t i = 0; i < edit.out.text.size(); ++i) {
        const TextSpan source = out.source({edit.out.begin[i], edit.out.end[i]});
        edit.out.begin[i] = static_cast<uint32_t>(source.begin);
        edit.out.end[i] = static_cast<uint32_t>(source.end);
      }
    }
    out = std::move(edit.out);
    changed = true;
  }
  return changed;
}

} // namespace attune::tokenizer
