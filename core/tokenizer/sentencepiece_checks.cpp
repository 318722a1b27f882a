#include "core/tokenizer/sentencepiece_checks.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace attune::tokenizer {

namespace {

constexpr size_t kMaxRules = 32;         // the library's buffer for the matches at one place
constexpr size_t kMaxReplacement = 1024; // bytes
constexpr size_t kBlock = 256;           // units of a double array that share an address but for the label

/// A unit of a Darts double array.
struct Unit {
  uint32_t bits;
  bool hasLeaf() const { return (bits >> 8 & 1) != 0; }
  uint32_t value() const { return bits & 0x7FFFFFFF; }
  uint32_t label() const { return bits & 0x800000FF; }
  uint32_t offset() const { return bits >> 10 << ((bits & 1u << 9) >> 6); }
};

} // namespace

bool isSoundCharsMap(std::string_view blob) {
  uint32_t trieBytes = 0;
  if (blob.size() <= sizeof(trieBytes)) return false;
  std::memcpy(&trieBytes, blob.data(), sizeof(trieBytes));
  blob.remove_prefix(sizeof(trieBytes));
  if (trieBytes >= blob.size() || trieBytes == 0 || trieBytes % (kBlock * sizeof(Unit)) != 0 || blob.back() != '\0') return false;
  std::vector<Unit> units(trieBytes / sizeof(Unit));
  std::memcpy(units.data(), blob.data(), trieBytes);
  const std::string_view replacements = blob.substr(trieBytes);

  // Nodes are told by the address of their children; equal tails share one, but none may lead back to itself.
  enum State : uint8_t { kNew, kOpen, kDone };
  std::vector<uint8_t> state(units.size(), kNew);
  std::vector<uint8_t> rules(units.size(), 0); // the most on a way down from here
  struct Place {
    uint32_t children;
    uint32_t label;
  };
  std::vector<Place> way;
  const auto enter = [&](uint32_t children) {
    if (children >= units.size() || (children | (kBlock - 1)) >= units.size()) return false;
    state[children] = kOpen;
    way.push_back({children, 0});
    return true;
  };
  if (!enter(units[0].offset())) return false;
  while (!way.empty()) {
    const uint32_t children = way.back().children;
    if (way.back().label == kBlock) {
      state[children] = kDone;
      way.pop_back();
      continue;
    }
    const uint32_t at = children ^ way.back().label;
    const Unit unit = units[at];
    const uint32_t next = at ^ unit.offset();
    if (unit.label() == way.back().label) {
      if (next >= units.size() || state[next] == kOpen) return false;
      if (state[next] == kNew) { // looked at again when it is done
        if (!enter(next)) return false;
        continue;
      }
      const uint8_t found = static_cast<uint8_t>(rules[next] + (unit.hasLeaf() ? 1 : 0));
      if (found > kMaxRules) return false;
      rules[children] = std::max(rules[children], found);
      if (unit.hasLeaf()) {
        const uint32_t value = units[next].value();
        if (value < replacements.size() && replacements.substr(value, kMaxReplacement).find('\0') == std::string_view::npos) return false;
      }
    }
    ++way.back().label;
  }
  return true;
}

size_t deepestPrefixes(const std::vector<std::string> &pieces) {
  std::vector<const std::string *> chain; // each a prefix of the next
  size_t deepest = 0;
  for (const std::string &piece : pieces) {
    while (!chain.empty() && piece.compare(0, chain.back()->size(), *chain.back()) != 0) chain.pop_back();
    chain.push_back(&piece);
    deepest = std::max(deepest, chain.size());
  }
  return deepest;
}

} // namespace attune::tokenizer
