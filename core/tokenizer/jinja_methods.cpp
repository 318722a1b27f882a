// Methods of Python's str, list and dict that templates may call. Those that would change a value do not exist:
// Hugging Face renders in a sandbox that forbids them too.
#include "core/tokenizer/jinja_eval.h"
#include "core/tokenizer/letter_case.h"

#include <algorithm>
#include <unordered_map>

namespace attune::tokenizer::jinja {
namespace {

using Method = Value (*)(Interpreter &, const Value &, const CallArguments &);

Value text(Interpreter &run, MarkedText value) { return run.makeString(std::move(value)); }

/// Searching backwards takes time in proportion to both texts.
void chargeBackwards(Interpreter &run, const Value &self, const MarkedText &part) {
  run.meter().work(self.text().text.size() * (part.text.size() + 1));
}

void charge(Interpreter &run, const Value &self) { run.meter().work(self.text().text.size() * 8); }

Value stripped(Interpreter &run, const Value &self, const CallArguments &given, bool left, bool right) {
  const Arguments args(given, {"chars"});
  const MarkedText *chars = args.text(0);
  if (chars) run.meter().work(chars->text.size());
  charge(run, self);
  const TextSpan kept = stripRange(self.text().text, chars ? &chars->text : nullptr, left, right);
  return text(run, self.text().slice(kept.begin, kept.end));
}

Value strip(Interpreter &run, const Value &self, const CallArguments &given) { return stripped(run, self, given, true, true); }
Value lstrip(Interpreter &run, const Value &self, const CallArguments &given) { return stripped(run, self, given, true, false); }
Value rstrip(Interpreter &run, const Value &self, const CallArguments &given) { return stripped(run, self, given, false, true); }

std::vector<TextSpan> splitSpaces(const std::string &whole, int64_t limit, bool fromRight) {
  std::vector<TextSpan> words;
  std::vector<TextSpan> all;
  for (size_t at = 0; at < whole.size();) {
    while (at < whole.size() && isSpace(codePointAt(whole, at, nullptr))) at += characterLength(whole, at);
    if (at >= whole.size()) break;
    const size_t begin = at;
    while (at < whole.size() && !isSpace(codePointAt(whole, at, nullptr))) at += characterLength(whole, at);
    all.push_back({begin, at});
    if (all.size() > kMaxItems) throw TemplateError("the template makes a list that is too long");
  }
  const auto most = static_cast<size_t>(limit < 0 ? static_cast<int64_t>(all.size()) : limit);
  if (all.size() <= most + 1 && limit < 0) return all;
  if (all.size() <= most) return all;
  if (fromRight) {
    const size_t joined = all.size() - most; // the first pieces stay together
    words.push_back({all.front().begin, all[joined - 1].end});
    words[0].begin = 0;
    words.insert(words.end(), all.begin() + static_cast<std::ptrdiff_t>(joined), all.end());
  } else {
    words.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(most));
    words.push_back({all[most].begin, whole.size()});
  }
  return words;
}

Value splitBy(Interpreter &run, const Value &self, const CallArguments &given, bool fromRight) {
  const Arguments args(given, {"sep", "maxsplit"});
  const MarkedText *separator = args.text(0);
  int64_t limit = args.integer(1, -1);
  const std::string &whole = self.text().text;
  charge(run, self);
  std::vector<TextSpan> pieces;
  if (!separator) {
    pieces = splitSpaces(whole, limit, fromRight);
  } else {
    const std::string &mark = separator->text;
    if (mark.empty()) throw TemplateError("split needs a separator that is not empty");
    if (fromRight) {
      chargeBackwards(run, self, *separator);
      size_t end = whole.size();
      while (limit != 0 && end >= mark.size()) {
        const size_t found = whole.rfind(mark, end - mark.size());
        if (found == std::string::npos) break;
        pieces.push_back({found + mark.size(), end});
        end = found;
        --limit;
        if (pieces.size() > kMaxItems) throw TemplateError("the template makes a list that is too long");
      }
      pieces.push_back({0, end});
      std::reverse(pieces.begin(), pieces.end());
    } else {
      chargeSearch(run.meter(), self.text(), *separator);
      size_t begin = 0;
      for (size_t found = 0; limit != 0 && (found = findText(whole, mark, begin)) != std::string::npos; --limit) {
        pieces.push_back({begin, found});
        begin = found + mark.size();
        if (pieces.size() > kMaxItems) throw TemplateError("the template makes a list that is too long");
      }
      pieces.push_back({begin, whole.size()});
    }
  }
  run.meter().step(static_cast<int64_t>(pieces.size()));
  std::vector<Value> items;
  for (const TextSpan &piece : pieces) items.push_back(text(run, self.text().slice(piece.begin, piece.end)));
  return run.makeList(std::move(items));
}

Value split(Interpreter &run, const Value &self, const CallArguments &given) { return splitBy(run, self, given, false); }
Value rsplit(Interpreter &run, const Value &self, const CallArguments &given) { return splitBy(run, self, given, true); }

Value splitlines(Interpreter &run, const Value &self, const CallArguments &given) {
  const Arguments args(given, {"keepends"});
  const bool keep = args.flag(0, false);
  const std::string &whole = self.text().text;
  charge(run, self);
  std::vector<Value> items;
  for (size_t begin = 0; begin < whole.size();) {
    size_t end = begin, length = 1;
    for (; end < whole.size(); end += length) {
      const uint32_t c = codePointAt(whole, end, &length);
      if ((c >= 10 && c <= 13) || (c >= 28 && c <= 30) || c == 0x85 || c == 0x2028 || c == 0x2029) break;
    }
    size_t next = std::min(whole.size(), end + length);
    if (end < whole.size() && whole[end] == '\r' && next < whole.size() && whole[next] == '\n') ++next;
    run.meter().step();
    items.push_back(text(run, self.text().slice(begin, keep ? next : end)));
    if (items.size() > kMaxItems) throw TemplateError("the template makes a list that is too long");
    begin = next;
  }
  return run.makeList(std::move(items));
}

Value affix(Interpreter &run, const Value &self, const CallArguments &given, bool atEnd) {
  const Arguments args(given, {"affix", "start", "end"});
  const std::string &whole = self.text().text;
  std::string_view part = whole;
  if (args.find(1)) {
    int64_t start = args.integer(1, 0);
    const int64_t count = lengthOf(run.meter(), self);
    int64_t stop = args.integer(2, count);
    if (start < 0) start = std::max<int64_t>(0, start + count);
    if (stop < 0) stop = std::max<int64_t>(0, stop + count);
    if (start > count || start > stop) return Value::boolean(false);
    const size_t from = byteOffset(whole, static_cast<size_t>(start));
    part = std::string_view(whole).substr(from, byteOffset(whole, static_cast<size_t>(std::min(stop, count))) - from);
  }
  auto fits = [&](const Value &candidate) {
    if (candidate.is(Kind::Undefined)) throw TemplateError(candidate.undefinedMessage());
    if (!candidate.is(Kind::String)) throw TemplateError("startswith and endswith need a text");
    const std::string &piece = candidate.text().text;
    run.meter().work(piece.size());
    if (piece.size() > part.size()) return false;
    return part.compare(atEnd ? part.size() - piece.size() : 0, piece.size(), piece) == 0;
  };
  const Value &candidate = args.required(0);
  if (!candidate.isTuple()) return Value::boolean(fits(candidate));
  for (const Value &item : candidate.items()) {
    if (fits(item)) return Value::boolean(true);
  }
  return Value::boolean(false);
}

Value startswith(Interpreter &run, const Value &self, const CallArguments &given) { return affix(run, self, given, false); }
Value endswith(Interpreter &run, const Value &self, const CallArguments &given) { return affix(run, self, given, true); }

template <CaseRule rule> Value withCase(Interpreter &run, const Value &self, const CallArguments &given) {
  const Arguments args(given, {});
  charge(run, self);
  return text(run, changeCase(self.text(), rule));
}

Value replace(Interpreter &run, const Value &self, const CallArguments &given) {
  const Arguments args(given, {"old", "new", "count"});
  args.required(1);
  const MarkedText *from = args.text(0), *to = args.text(1);
  if (!from || !to) throw TemplateError("replace needs two texts");
  chargeSearch(run.meter(), self.text(), *from);
  try {
    MarkedText result = replaceAll(self.text(), *from, self.text().markup ? asMarkup(*to) : *to, args.integer(2, -1), kMaxStringBytes);
    result.markup = self.text().markup;
    return text(run, std::move(result));
  } catch (const std::length_error &) {
    throw TemplateError("the template makes a text that is too long");
  }
}

Value findAt(Interpreter &run, const Value &self, const CallArguments &given, bool last) {
  const Arguments args(given, {"sub"});
  args.required(0);
  const MarkedText *part = args.text(0);
  if (!part) throw TemplateError("find needs a text");
  chargeSearch(run.meter(), self.text(), *part);
  if (last) chargeBackwards(run, self, *part);
  const std::string &whole = self.text().text;
  const size_t found = last ? whole.rfind(part->text) : findText(whole, part->text);
  if (found == std::string::npos) return Value::integer(-1);
  return Value::integer(static_cast<int64_t>(countCharacters(std::string_view(whole).substr(0, found))));
}

Value find(Interpreter &run, const Value &self, const CallArguments &given) { return findAt(run, self, given, false); }
Value rfind(Interpreter &run, const Value &self, const CallArguments &given) { return findAt(run, self, given, true); }

Value index(Interpreter &run, const Value &self, const CallArguments &given) {
  const Value found = findAt(run, self, given, false);
  if (found.asInt() < 0) throw TemplateError("index does not find the text");
  return found;
}

Value count(Interpreter &run, const Value &self, const CallArguments &given) {
  const Arguments args(given, {"sub"});
  args.required(0);
  const MarkedText *part = args.text(0);
  if (!part) throw TemplateError("count needs a text");
  chargeSearch(run.meter(), self.text(), *part);
  if (part->text.empty()) return Value::integer(lengthOf(run.meter(), self) + 1);
  int64_t found = 0;
  for (size_t at = 0; (at = findText(self.text().text, part->text, at)) != std::string::npos; at += part->text.size()) ++found;
  return Value::integer(found);
}

Value join(Interpreter &run, const Value &self, const CallArguments &given) {
  const Arguments args(given, {"iterable"});
  MarkedText result;
  result.markup = self.text().markup;
  bool first = true;
  for (const Value &item : iterate(run.meter(), args.required(0))) {
    if (!item.is(Kind::String)) throw TemplateError(std::string("join needs texts, not ") + typeName(item));
    if (!first) appendText(run.meter(), result, self);
    first = false;
    appendText(run.meter(), result, result.markup ? run.makeString(asMarkup(item.text())) : item);
  }
  return text(run, std::move(result));
}

Value format(Interpreter &run, const Value &self, const CallArguments &given) { return text(run, formatBraces(run, self.text(), given)); }

enum class Class { Digit, Letter, LetterOrDigit, Space, Upper, Lower };

template <Class wanted> Value consistsOf(Interpreter &run, const Value &self, const CallArguments &given) {
  const Arguments args(given, {});
  charge(run, self);
  const std::string &whole = self.text().text;
  bool cased = false, all = !whole.empty();
  size_t length = 1;
  for (size_t at = 0; at < whole.size(); at += length) {
    const uint32_t c = codePointAt(whole, at, &length);
    const bool upper = hasLower(c), lower = hasUpper(c);
    cased = cased || upper || lower;
    switch (wanted) {
    case Class::Digit: all = all && isDigit(c); break;
    case Class::Letter: all = all && isLetter(c); break;
    case Class::LetterOrDigit: all = all && (isLetter(c) || isDigit(c)); break;
    case Class::Space: all = all && isSpace(c); break;
    case Class::Upper: all = all && !lower; break;
    case Class::Lower: all = all && !upper; break;
    }
  }
  return Value::boolean(all && (cased || (wanted != Class::Upper && wanted != Class::Lower)));
}

Value padded(Interpreter &run, const Value &self, const CallArguments &given, int side, char otherwise) {
  const Arguments args(given, {"width", "fillchar"});
  args.required(0);
  const MarkedText *given1 = args.text(1);
  MarkedText fill = given1 ? *given1 : MarkedText(std::string(1, otherwise));
  if (self.text().markup) fill = asMarkup(fill);
  if (countCharacters(fill.text) != 1) throw TemplateError("the fill must be one character");
  const int64_t missing = args.integer(0, 0) - lengthOf(run.meter(), self);
  if (missing <= 0) return self;
  if (static_cast<uint64_t>(missing) > kMaxStringBytes / 4) throw TemplateError("the template makes a text that is too long");
  run.meter().work(static_cast<size_t>(missing) * 8);
  const int64_t width = args.integer(0, 0);
  // Python's centre puts the odd blank on the left only when the width is odd
  const int64_t left = side < 0 ? missing : side > 0 ? 0 : missing / 2 + (missing & width & 1);
  MarkedText result;
  result.markup = self.text().markup;
  for (int64_t i = 0; i < left; ++i) result.append(fill);
  result.append(self.text());
  for (int64_t i = left; i < missing; ++i) result.append(fill);
  return text(run, std::move(result));
}

Value ljust(Interpreter &run, const Value &self, const CallArguments &given) { return padded(run, self, given, 1, ' '); }
Value rjust(Interpreter &run, const Value &self, const CallArguments &given) { return padded(run, self, given, -1, ' '); }
Value center(Interpreter &run, const Value &self, const CallArguments &given) { return padded(run, self, given, 0, ' '); }

Value zfill(Interpreter &run, const Value &self, const CallArguments &given) {
  const std::string &whole = self.text().text;
  if (whole.empty() || (whole[0] != '-' && whole[0] != '+')) return padded(run, self, given, -1, '0');
  CallArguments shorter = given;
  if (shorter.positional.size() != 1 || !shorter.positional[0].isIntegral()) throw TemplateError("zfill needs a width");
  shorter.positional[0] = Value::integer(std::max<int64_t>(1, shorter.positional[0].asInt()) - 1);
  MarkedText result = self.text().slice(0, 1);
  result.append(padded(run, text(run, self.text().slice(1, whole.size())), shorter, -1, '0').text());
  return text(run, std::move(result));
}

Value removeAffix(Interpreter &run, const Value &self, const CallArguments &given, bool atEnd) {
  const Arguments args(given, {"affix"});
  args.required(0);
  const MarkedText *part = args.text(0);
  if (!part || !truth(affix(run, self, given, atEnd))) return self;
  const size_t size = self.text().text.size(), cut = part->text.size();
  return text(run, atEnd ? self.text().slice(0, size - cut) : self.text().slice(cut, size));
}

Value removeprefix(Interpreter &run, const Value &self, const CallArguments &given) { return removeAffix(run, self, given, false); }
Value removesuffix(Interpreter &run, const Value &self, const CallArguments &given) { return removeAffix(run, self, given, true); }

Value partitioned(Interpreter &run, const Value &self, const CallArguments &given, bool last) {
  const Arguments args(given, {"sep"});
  args.required(0);
  const MarkedText *mark = args.text(0);
  if (!mark || mark->text.empty()) throw TemplateError("partition needs a separator that is not empty");
  chargeSearch(run.meter(), self.text(), *mark);
  if (last) chargeBackwards(run, self, *mark);
  const std::string &whole = self.text().text;
  const size_t found = last ? whole.rfind(mark->text) : findText(whole, mark->text);
  const size_t before = found == std::string::npos ? (last ? 0 : whole.size()) : found;
  const size_t after = found == std::string::npos ? before : found + mark->text.size();
  return run.makeList({text(run, self.text().slice(0, before)), text(run, self.text().slice(before, after)),
                       text(run, self.text().slice(after, whole.size()))},
                      true);
}

Value partition(Interpreter &run, const Value &self, const CallArguments &given) { return partitioned(run, self, given, false); }
Value rpartition(Interpreter &run, const Value &self, const CallArguments &given) { return partitioned(run, self, given, true); }

Value dictItems(Interpreter &run, const Value &self, const CallArguments &given) {
  const Arguments args(given, {});
  std::vector<Value> items;
  for (const auto &[key, value] : self.dictionary().entries) {
    run.meter().step();
    items.push_back(run.makeList({key, value}, true));
  }
  return run.makeList(std::move(items));
}

Value dictKeys(Interpreter &run, const Value &self, const CallArguments &given) {
  const Arguments args(given, {});
  return run.makeList(iterate(run.meter(), self));
}

Value dictValues(Interpreter &run, const Value &self, const CallArguments &given) {
  const Arguments args(given, {});
  std::vector<Value> items;
  for (const auto &entry : self.dictionary().entries) items.push_back(entry.second);
  run.meter().step(static_cast<int64_t>(items.size()));
  return run.makeList(std::move(items));
}

Value dictGet(Interpreter &run, const Value &self, const CallArguments &given) {
  const Arguments args(given, {"key", "default"});
  if (args.required(0).is(Kind::String)) run.meter().work(args.required(0).text().text.size() * 8);
  if (const Value *found = self.dictionary().find(args.required(0))) return *found;
  return args.find(1) ? *args.find(1) : Value::none();
}

Value listIndex(Interpreter &run, const Value &self, const CallArguments &given) {
  const Arguments args(given, {"value"});
  for (size_t i = 0; i < self.items().size(); ++i) {
    if (equal(run.meter(), self.items()[i], args.required(0))) return Value::integer(static_cast<int64_t>(i));
  }
  throw TemplateError("index does not find the value");
}

Value listCount(Interpreter &run, const Value &self, const CallArguments &given) {
  const Arguments args(given, {"value"});
  int64_t found = 0;
  for (const Value &item : self.items()) found += equal(run.meter(), item, args.required(0));
  return Value::integer(found);
}

Value copied(Interpreter &, const Value &self, const CallArguments &given) {
  const Arguments args(given, {});
  return self;
}

Value forbidden(Interpreter &, const Value &, const CallArguments &) {
  throw TemplateError("methods that change a list or dict are not allowed in templates");
}

const std::unordered_map<std::string, Method> kTextMethods = {{"strip", strip},
                                                              {"lstrip", lstrip},
                                                              {"rstrip", rstrip},
                                                              {"split", split},
                                                              {"rsplit", rsplit},
                                                              {"splitlines", splitlines},
                                                              {"startswith", startswith},
                                                              {"endswith", endswith},
                                                              {"upper", withCase<CaseRule::Upper>},
                                                              {"lower", withCase<CaseRule::Lower>},
                                                              {"casefold", withCase<CaseRule::Lower>},
                                                              {"title", withCase<CaseRule::Title>},
                                                              {"capitalize", withCase<CaseRule::Capitalize>},
                                                              {"swapcase", withCase<CaseRule::Swap>},
                                                              {"replace", replace},
                                                              {"find", find},
                                                              {"rfind", rfind},
                                                              {"index", index},
                                                              {"count", count},
                                                              {"join", join},
                                                              {"format", format},
                                                              {"isdigit", consistsOf<Class::Digit>},
                                                              {"isnumeric", consistsOf<Class::Digit>},
                                                              {"isdecimal", consistsOf<Class::Digit>},
                                                              {"isalpha", consistsOf<Class::Letter>},
                                                              {"isalnum", consistsOf<Class::LetterOrDigit>},
                                                              {"isspace", consistsOf<Class::Space>},
                                                              {"isupper", consistsOf<Class::Upper>},
                                                              {"islower", consistsOf<Class::Lower>},
                                                              {"ljust", ljust},
                                                              {"rjust", rjust},
                                                              {"center", center},
                                                              {"zfill", zfill},
                                                              {"removeprefix", removeprefix},
                                                              {"removesuffix", removesuffix},
                                                              {"partition", partition},
                                                              {"rpartition", rpartition}};

const std::unordered_map<std::string, Method> kDictMethods = {
    {"items", dictItems}, {"keys", dictKeys},     {"values", dictValues}, {"get", dictGet},      {"copy", copied},
    {"pop", forbidden},   {"popitem", forbidden}, {"clear", forbidden},   {"update", forbidden}, {"setdefault", forbidden}};

const std::unordered_map<std::string, Method> kListMethods = {
    {"index", listIndex}, {"count", listCount},  {"copy", copied},     {"append", forbidden}, {"extend", forbidden}, {"insert", forbidden},
    {"pop", forbidden},   {"remove", forbidden}, {"clear", forbidden}, {"sort", forbidden},   {"reverse", forbidden}};

} // namespace

Value methodOf(Interpreter &, const Value &value, const std::string &name) {
  const auto &methods = value.is(Kind::String) ? kTextMethods : value.is(Kind::Dict) ? kDictMethods : kListMethods;
  const bool has = value.is(Kind::String) || value.is(Kind::Dict) || value.is(Kind::List);
  const auto found = has ? methods.find(name) : methods.end();
  if (found == methods.end()) return Value();
  auto function = std::make_shared<Callable>();
  function->name = name;
  function->call = [value, method = found->second](Interpreter &run, const CallArguments &given) { return method(run, value, given); };
  return Value::callable(std::move(function));
}

} // namespace attune::tokenizer::jinja
