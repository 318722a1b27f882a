// Filters on lists and dicts. jinja2's generators are lists here that are always true.
#include "core/tokenizer/jinja_eval.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace attune::tokenizer::jinja {
namespace {

constexpr size_t kMaxPath = 20;

/// "author.name" or 0: the parts an attribute argument walks through.
std::vector<Value> attributePath(Interpreter &run, const Value *attribute) {
  std::vector<Value> path;
  if (!attribute || attribute->is(Kind::None)) return path;
  if (!attribute->is(Kind::String)) return {*attribute};
  const std::string &text = attribute->text().text;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('.', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const bool digits =
        !part.empty() && part.size() < 10 && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    path.push_back(digits ? Value::integer(std::stoll(part)) : run.makeString(MarkedText(part)));
    if (path.size() > kMaxPath) throw TemplateError("an attribute path is too long");
    begin = end + 1;
  }
  return path;
}

Value follow(Interpreter &run, Value value, const std::vector<Value> &path, const Value *otherwise = nullptr) {
  for (const Value &part : path) {
    value = run.item(value, part);
    if (otherwise && value.is(Kind::Undefined)) value = *otherwise;
  }
  return value;
}

Value folded(Interpreter &run, const Value &value, bool caseSensitive) {
  if (caseSensitive || !value.is(Kind::String)) return value;
  run.meter().work(value.text().text.size() * 8);
  return run.makeString(changeCase(value.text(), CaseRule::Lower));
}

Value length(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return Value::integer(lengthOf(run.meter(), subject));
}

Value list(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  return run.makeList(iterate(run.meter(), subject));
}

Value first(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  const std::vector<Value> items = iterate(run.meter(), subject);
  return items.empty() ? Value::undefined("the first item of nothing") : items.front();
}

Value last(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  const std::vector<Value> items = iterate(run.meter(), subject);
  return items.empty() ? Value::undefined("the last item of nothing") : items.back();
}

Value reversed(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {});
  std::vector<Value> items = iterate(run.meter(), subject);
  std::reverse(items.begin(), items.end());
  if (!subject.is(Kind::String)) return run.makeGenerator(std::move(items));
  MarkedText text;
  for (const Value &item : items) text.append(item.text());
  return run.makeString(std::move(text));
}

Value join(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"d", "attribute"});
  const MarkedText separator = args.find(0) ? toText(run.meter(), *args.find(0)) : MarkedText();
  const std::vector<Value> path = attributePath(run, args.find(1));
  MarkedText text;
  bool started = false;
  for (const Value &item : iterate(run.meter(), subject)) {
    if (started) {
      text.append(separator);
      run.meter().work(separator.text.size() + 64);
    }
    started = true;
    appendText(run.meter(), text, follow(run, item, path));
    if (text.text.size() > kMaxStringBytes) throw TemplateError("the template makes a text that is too long");
  }
  return run.makeString(std::move(text));
}

Value items(Interpreter &run, const Value &subject, const CallArguments &given) {
  if (subject.is(Kind::Undefined)) return run.makeGenerator({});
  if (!subject.is(Kind::Dict)) throw TemplateError("items needs a dict");
  return run.makeGenerator(iterate(run.meter(), run.call(run.attribute(subject, "items"), given)));
}

Value map(Interpreter &run, const Value &subject, const CallArguments &given) {
  std::vector<Value> results;
  if (!truth(subject)) return run.makeGenerator({}); // none too: jinja2 does not look into what is false
  if (given.positional.empty()) {
    const Arguments args(given, {"attribute", "default"});
    args.required(0);
    const std::vector<Value> path = attributePath(run, args.find(0));
    for (const Value &item : iterate(run.meter(), subject)) results.push_back(follow(run, item, path, args.find(1)));
    return run.makeGenerator(std::move(results));
  }
  const Value &name = given.positional.front();
  if (!name.is(Kind::String)) throw TemplateError("map needs the name of a filter");
  CallArguments rest = given;
  rest.positional.erase(rest.positional.begin());
  for (const Value &item : iterate(run.meter(), subject)) results.push_back(run.applyFilter(name.text().text, item, rest));
  return run.makeGenerator(std::move(results));
}

/// select, reject, selectattr, rejectattr: items whose value (or attribute) passes a test.
Value chosen(Interpreter &run, const Value &subject, const CallArguments &given, bool byAttribute, bool wanted) {
  CallArguments rest = given;
  std::vector<Value> path;
  if (byAttribute) {
    if (rest.positional.empty()) throw TemplateError("the name of an attribute is missing");
    path = attributePath(run, &rest.positional.front());
    rest.positional.erase(rest.positional.begin());
  }
  std::string test;
  if (!rest.positional.empty()) {
    if (!rest.positional.front().is(Kind::String)) throw TemplateError("the name of a test must be a text");
    test = rest.positional.front().text().text;
    rest.positional.erase(rest.positional.begin());
  }
  std::vector<Value> kept;
  if (!truth(subject)) return run.makeGenerator({});
  for (const Value &item : iterate(run.meter(), subject)) {
    const Value value = follow(run, item, path);
    if ((test.empty() ? truth(value) : run.applyTest(test, value, rest)) == wanted) kept.push_back(item);
  }
  return run.makeGenerator(std::move(kept));
}

Value select(Interpreter &run, const Value &subject, const CallArguments &given) { return chosen(run, subject, given, false, true); }
Value reject(Interpreter &run, const Value &subject, const CallArguments &given) { return chosen(run, subject, given, false, false); }
Value selectattr(Interpreter &run, const Value &subject, const CallArguments &given) { return chosen(run, subject, given, true, true); }
Value rejectattr(Interpreter &run, const Value &subject, const CallArguments &given) { return chosen(run, subject, given, true, false); }

struct Keyed {
  Value key;
  Value value;
};

/// Stable; charged, because a comparison may be long.
void sortKeyed(Interpreter &run, std::vector<Keyed> &entries, bool reverse) {
  std::stable_sort(entries.begin(), entries.end(), [&](const Keyed &a, const Keyed &b) {
    return reverse ? less(run.meter(), b.key, a.key) : less(run.meter(), a.key, b.key);
  });
}

Value values(Interpreter &run, std::vector<Keyed> entries) {
  std::vector<Value> result;
  for (Keyed &entry : entries) result.push_back(std::move(entry.value));
  return run.makeList(std::move(result));
}

Value sorted(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"reverse", "case_sensitive", "attribute"});
  std::vector<std::vector<Value>> paths;
  if (args.find(2) && args.find(2)->is(Kind::String)) {
    const Value names = run.call(run.attribute(*args.find(2), "split"), {{run.makeString(MarkedText(std::string(",")))}, {}});
    for (const Value &name : names.items()) paths.push_back(attributePath(run, &name));
  } else {
    paths.push_back(attributePath(run, args.find(2)));
  }
  std::vector<Keyed> entries;
  for (const Value &item : iterate(run.meter(), subject)) {
    std::vector<Value> keys;
    for (const auto &path : paths) keys.push_back(folded(run, follow(run, item, path), args.flag(1, false)));
    entries.push_back({run.makeList(std::move(keys)), item});
  }
  sortKeyed(run, entries, args.flag(0, false));
  return values(run, std::move(entries));
}

Value dictsort(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"case_sensitive", "by", "reverse"});
  const std::string by = args.text(1) ? args.text(1)->text : "key";
  if (by != "key" && by != "value") throw TemplateError("dictsort sorts by key or by value");
  if (!subject.is(Kind::Dict)) throw TemplateError("dictsort needs a dict");
  std::vector<Keyed> entries;
  for (const auto &[key, value] : subject.dictionary().entries) {
    entries.push_back({folded(run, by == "key" ? key : value, args.flag(0, false)), run.makeList({key, value}, true)});
  }
  sortKeyed(run, entries, args.flag(2, false));
  return values(run, std::move(entries));
}

Value unique(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"case_sensitive", "attribute"});
  const std::vector<Value> path = attributePath(run, args.find(1));
  std::set<std::string> seen;
  std::vector<Value> kept;
  for (const Value &item : iterate(run.meter(), subject)) {
    const std::string key = keyText(folded(run, follow(run, item, path), args.flag(0, false)));
    run.meter().work(key.size() * 8 + 64);
    if (seen.insert(key).second) kept.push_back(item);
  }
  return run.makeGenerator(std::move(kept));
}

Value extreme(Interpreter &run, const Value &subject, const CallArguments &given, bool largest) {
  const Arguments args(given, {"case_sensitive", "attribute"});
  const std::vector<Value> path = attributePath(run, args.find(1));
  Value best = Value::undefined("the smallest or largest of nothing"), bestKey;
  bool started = false;
  for (const Value &item : iterate(run.meter(), subject)) {
    const Value key = folded(run, follow(run, item, path), args.flag(0, false));
    if (!started || (largest ? less(run.meter(), bestKey, key) : less(run.meter(), key, bestKey))) {
      best = item;
      bestKey = key;
      started = true;
    }
  }
  return best;
}

Value smallest(Interpreter &run, const Value &subject, const CallArguments &given) { return extreme(run, subject, given, false); }
Value largest(Interpreter &run, const Value &subject, const CallArguments &given) { return extreme(run, subject, given, true); }

Value sum(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"attribute", "start"});
  const std::vector<Value> path = attributePath(run, args.find(0));
  Value total = args.find(1) ? *args.find(1) : Value::integer(0);
  for (const Value &item : iterate(run.meter(), subject)) total = applyOperator(run, Operator::Add, total, follow(run, item, path));
  return total;
}

Value batch(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"linecount", "fill_with"});
  args.required(0);
  const int64_t size = args.integer(0, 1);
  if (size < 1 || size > static_cast<int64_t>(kMaxItems)) throw TemplateError("batch needs a size of at least 1");
  std::vector<Value> batches, line;
  for (const Value &item : iterate(run.meter(), subject)) {
    if (line.size() == static_cast<size_t>(size)) batches.push_back(run.makeList(std::exchange(line, {})));
    line.push_back(item);
  }
  if (!line.empty()) {
    if (args.find(1) && !args.find(1)->is(Kind::None)) {
      run.meter().step(size);
      line.resize(static_cast<size_t>(size), *args.find(1));
    }
    batches.push_back(run.makeList(std::move(line)));
  }
  return run.makeGenerator(std::move(batches));
}

Value slices(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"slices", "fill_with"});
  args.required(0);
  const int64_t count = args.integer(0, 1);
  if (count < 1 || count > 10'000) throw TemplateError("slice needs a number of at least 1");
  const std::vector<Value> all = iterate(run.meter(), subject);
  const auto parts = static_cast<size_t>(count);
  const size_t each = all.size() / parts, extra = all.size() % parts;
  std::vector<Value> result;
  size_t at = 0;
  for (size_t i = 0; i < parts; ++i) {
    const size_t size = each + (i < extra ? 1 : 0);
    std::vector<Value> part(all.begin() + static_cast<std::ptrdiff_t>(at), all.begin() + static_cast<std::ptrdiff_t>(at + size));
    at += size;
    if (args.find(1) && !args.find(1)->is(Kind::None) && i >= extra) part.push_back(*args.find(1));
    result.push_back(run.makeList(std::move(part)));
  }
  return run.makeGenerator(std::move(result));
}

Value groupby(Interpreter &run, const Value &subject, const CallArguments &given) {
  const Arguments args(given, {"attribute", "default", "case_sensitive"});
  args.required(0);
  const std::vector<Value> path = attributePath(run, args.find(0));
  std::vector<Keyed> entries;
  for (const Value &item : iterate(run.meter(), subject)) {
    entries.push_back({folded(run, follow(run, item, path, args.find(1)), args.flag(2, false)), item});
  }
  sortKeyed(run, entries, false);
  std::vector<Value> groups;
  for (size_t begin = 0, end = 0; begin < entries.size(); begin = end) {
    std::vector<Value> members;
    for (end = begin; end < entries.size() && equal(run.meter(), entries[begin].key, entries[end].key); ++end)
      members.push_back(entries[end].value);
    if (end == begin) end = begin + 1; // a key that differs from itself (nan) groups alone
    const Value key = follow(run, entries[begin].value, path, args.find(1));
    groups.push_back(run.makeList({key, run.makeList(std::move(members))}, true));
  }
  return run.makeList(std::move(groups));
}

const std::unordered_map<std::string, FilterFunction> kFilters = {{"length", length},
                                                                  {"count", length},
                                                                  {"list", list},
                                                                  {"first", first},
                                                                  {"last", last},
                                                                  {"reverse", reversed},
                                                                  {"join", join},
                                                                  {"items", items},
                                                                  {"map", map},
                                                                  {"select", select},
                                                                  {"reject", reject},
                                                                  {"selectattr", selectattr},
                                                                  {"rejectattr", rejectattr},
                                                                  {"sort", sorted},
                                                                  {"dictsort", dictsort},
                                                                  {"unique", unique},
                                                                  {"min", smallest},
                                                                  {"max", largest},
                                                                  {"sum", sum},
                                                                  {"batch", batch},
                                                                  {"slice", slices},
                                                                  {"groupby", groupby}};

} // namespace

FilterFunction findListFilter(const std::string &name) {
  const auto found = kFilters.find(name);
  return found == kFilters.end() ? nullptr : found->second;
}

} // namespace attune::tokenizer::jinja
