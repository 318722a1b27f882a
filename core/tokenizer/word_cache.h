// A small direct-mapped table of recent short words and their tokens, one a thread: no locks, fixed size (1 MiB).
// It serves one model at a time and forgets everything when another one asks.
#pragma once

#include "core/tokenizer/tokenizer.h"

#include <atomic>
#include <cstring>

namespace attune::tokenizer {

struct WordSymbol {
  TokenId id;
  uint32_t bytes; // of the word it covers
};

class WordCache {
public:
  static constexpr size_t kMaxWord = 24;
  static constexpr size_t kMaxTokens = 7;

  struct Key {
    uint64_t part[3] = {0, 0, 0};
    uint8_t length;
    explicit Key(std::string_view word) : length(static_cast<uint8_t>(word.size())) { std::memcpy(part, word.data(), word.size()); }
  };

  struct Entry {
    uint64_t part[3];
    uint8_t length; // of the word; 0 marks a free entry, since no word is empty
    uint8_t count;
    uint8_t lengths[kMaxTokens];
    TokenId ids[kMaxTokens];
    bool holds(const Key &key) const {
      return length == key.length && part[0] == key.part[0] && part[1] == key.part[1] && part[2] == key.part[2];
    }
    void setKey(const Key &key) {
      std::memcpy(part, key.part, sizeof(part));
      length = key.length;
    }
  };

  /// A number for a new model.
  static uint64_t nextModel() {
    static std::atomic<uint64_t> next{1};
    return next++;
  }

  /// Appends the symbols of `word`: remembered ones, else what `encode(word, out)` appends.
  template <typename Encode> static void encode(uint64_t model, std::string_view word, std::vector<WordSymbol> &out, const Encode &encode) {
    if (word.size() > kMaxWord) return encode(word, out);
    const Key key(word);
    Entry &entry = ofThread(model).slot(key);
    if (entry.holds(key)) {
      for (size_t i = 0; i < entry.count; ++i) out.push_back({entry.ids[i], entry.lengths[i]});
      return;
    }
    const size_t before = out.size();
    encode(word, out);
    const size_t count = out.size() - before;
    if (count > kMaxTokens) return;
    entry.setKey(key);
    entry.count = static_cast<uint8_t>(count);
    for (size_t i = 0; i < count; ++i) {
      entry.ids[i] = out[before + i].id;
      entry.lengths[i] = static_cast<uint8_t>(out[before + i].bytes);
    }
  }

private:
  static WordCache &ofThread(uint64_t model) {
    static thread_local WordCache cache;
    if (cache.m_model != model) {
      cache.m_entries.assign(kEntries, Entry{});
      cache.m_model = model;
    }
    return cache;
  }

  Entry &slot(const Key &key) {
    uint64_t hash = (key.part[0] ^ key.length) * 0x9E3779B97F4A7C15u;
    hash = (hash ^ hash >> 32 ^ key.part[1]) * 0xC2B2AE3D27D4EB4Fu;
    hash = (hash ^ hash >> 32 ^ key.part[2]) * 0x165667B19E3779F9u;
    return m_entries[(hash >> 40) & (kEntries - 1)];
  }

  static constexpr size_t kEntries = 16384;
  uint64_t m_model = 0;
  std::vector<Entry> m_entries;
};

} // namespace attune::tokenizer
