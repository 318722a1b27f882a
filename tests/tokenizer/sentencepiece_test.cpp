// SentencePiece models, tokenizer.json files over characters and GLM-4's give the originals' ids
// (tests/parity/make_sentencepiece_fixtures.py); hostile model messages are refused.
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/tokenizer/bpe_tokenizer.h"
#include "core/tokenizer/gguf_tokenizer.h"
#include "core/tokenizer/sentencepiece_checks.h"
#include "core/tokenizer/sentencepiece_tokenizer.h"
#include "core/tokenizer/tokenizer_json.h"
#include "tests/support/gguf_bytes.h"
#include "tests/support/temp_folder.h"
#include "tests/tokenizer/fuzz_strings.h"

#include <cmath>
#include <doctest/doctest.h>
#include <filesystem>

using namespace attune;
using namespace attune::tokenizer;
using namespace attune::tests;
using attune::test::GgufBytes;
using attune::test::TempFolder;

namespace {

using Ids = std::vector<TokenId>;
const std::string kData = ATTUNE_SOURCE_DIR "/tests/data/tokenizer/sentencepiece/";

const Json &fixture() {
  static const Json value = readJsonFile(kData + "parity.json").value();
  return value;
}

uint64_t firstBlock() { return fixture()["first_block"].get<uint64_t>(); }

std::shared_ptr<const SentencePieceModel> parsed(const std::string &name) {
  auto model = SentencePieceModel::parse(readFile(kData + name + ".model").value(), name, SentencePieceTokenizer::isMarker);
  REQUIRE_MESSAGE(model.ok(), (model.ok() ? "" : model.error().text()));
  return *model;
}

/// A folder with the model as its tokenizer.model.
void fill(const TempFolder &folder, const std::string &name) {
  REQUIRE(writeFileAtomic(folder.path() + "/tokenizer.model", readFile(kData + name + ".model").value()).ok());
}

std::shared_ptr<const Tokenizer> loaded(const TempFolder &folder) {
  const auto bundle = loadTokenizer(folder.path());
  REQUIRE_MESSAGE(bundle.ok(), (bundle.ok() ? "" : bundle.error().text()));
  return bundle->tokenizer;
}

std::shared_ptr<const Tokenizer> fromJson(const std::string &text) {
  auto spec = parseTokenizerJson(text, "test");
  REQUIRE_MESSAGE(spec.ok(), (spec.ok() ? "" : spec.error().text()));
  auto made = BpeTokenizer::create(std::move(*spec));
  REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : made.error().text()));
  return *made;
}

std::string blockDigest(const Tokenizer &tokenizer, uint64_t number, bool special) {
  IdDigest digest;
  for (const std::string &text : fuzzBlock(number)) {
    const Ids ids = tokenizer.encode(text, special);
    digest.add(ids);
    const auto placed = tokenizer.encodeWithOffsets(text, special ? std::vector<TextSpan>() : std::vector<TextSpan>{{0, text.size()}});
    CHECK(placed.ids == ids);
    size_t end = 0;
    for (const TextSpan &span : placed.offsets) {
      CHECK(span.begin <= span.end);
      CHECK(span.end <= text.size());
      CHECK(span.begin >= std::min(end, span.begin));
      end = span.end;
    }
  }
  return digest.text();
}

/// Digests of blocks with special tokens, then of the first of them without.
void checkDigests(const Tokenizer &tokenizer, const Json &digests, const std::string &name) {
  for (size_t i = 0; i + 1 < digests.size(); ++i)
    CHECK_MESSAGE(blockDigest(tokenizer, firstBlock() + i, true) == digests[i].get<std::string>(), name << ", block " << i);
  CHECK_MESSAGE(blockDigest(tokenizer, firstBlock(), false) == digests[digests.size() - 1].get<std::string>(), name << ", plain");
}

std::string streamed(const Tokenizer &tokenizer, const Ids &ids) {
  StreamingDecoder stream(tokenizer);
  std::string text;
  for (const TokenId id : ids) text += stream.push(id);
  return text + stream.flush();
}

} // namespace

TEST_CASE("SentencePiece models give the library's ids") {
  for (const auto &[name, expected] : fixture()["models"].items()) {
    const TempFolder folder;
    fill(folder, name);
    const auto tokenizer = loaded(folder);
    for (size_t i = 0; i < expected["plain"].size(); ++i)
      CHECK_MESSAGE(blockDigest(*tokenizer, firstBlock() + i, false) == expected["plain"][i].get<std::string>(), name << ", block " << i);
    const auto texts = fuzzBlock(firstBlock());
    for (size_t i = 0; i < expected["decoded"].size(); ++i)
      CHECK(streamed(*tokenizer, tokenizer->encode(texts[i], false)) == expected["decoded"][i].get<std::string>());
  }
}

TEST_CASE("user-defined markup is matched in templates, never in what a user wrote") {
  for (const auto &[name, expected] : fixture()["models"].items()) {
    const TempFolder folder;
    fill(folder, name);
    const auto tokenizer = loaded(folder);
    const TokenId marker = tokenizer->idOf("<reserved_1>");
    REQUIRE(marker > 0);
    CHECK(tokenizer->isSpecial(marker));
    for (const Json &one : expected["marked"]) {
      const auto text = one[0].get<std::string>();
      CHECK_MESSAGE(tokenizer->encode(text, true) == one[1].get<Ids>(), name << ": " << text);
      for (const TokenId id : tokenizer->encode(text, false)) CHECK_FALSE(tokenizer->isSpecial(id));
    }
    const std::string text = "<reserved_1>say <reserved_1></s> now<reserved_2>";
    const auto mixed = tokenizer->encodeWithOffsets(text, {{12, text.size() - 12}});
    CHECK(std::count(mixed.ids.begin(), mixed.ids.end(), marker) == 1);
    CHECK(mixed.ids.back() == tokenizer->idOf("<reserved_2>"));
    CHECK(std::count(mixed.ids.begin(), mixed.ids.end(), tokenizer->eosToken()) == 0);
  }
}

TEST_CASE("Baichuan's flags: no dummy prefix, bytes for what is unknown, every text comes back") {
  const TempFolder folder;
  fill(folder, "baichuan2");
  const auto tokenizer = loaded(folder);
  for (const std::string &text : fuzzBlock(firstBlock() + 9)) {
    if (text.find("\xE2\x96\x81") != std::string::npos) continue;
    CHECK(streamed(*tokenizer, tokenizer->encode(text, false)) == text);
  }
}

TEST_CASE("tokenizer.json files over characters give the reference ids") {
  const auto base = nlohmann::json::parse(readFile(kData + "characters.json").value());
  for (const Json &variant : fixture()["variants"]) {
    auto value = base;
    for (const char *key : {"normalizer", "pre_tokenizer", "decoder", "added_tokens"})
      value[key] = nlohmann::json::parse(variant[key].dump());
    const auto name = variant["name"].get<std::string>();
    const auto tokenizer = fromJson(value.dump());
    checkDigests(*tokenizer, variant["digests"], name);
    const auto texts = fuzzBlock(firstBlock());
    for (size_t i = 0; i < variant["decoded"].size() && !variant["decoder"].is_null(); ++i) {
      const auto expected = variant["decoded"][i].get<std::string>();
      if (expected.find("\xEF\xBF\xBD") != std::string::npos) continue; // a replaced byte each there, a character each here
      CHECK_MESSAGE(streamed(*tokenizer, tokenizer->encode(texts[i], true)) == expected, name);
    }
  }
}

TEST_CASE("GLM-4: reference ids, and both tokens before a raw text") {
  const auto tokenizer = fromJson(readFile(kData + "glm4.json").value());
  checkDigests(*tokenizer, fixture()["glm4"], "glm4");
  CHECK(tokenizer->prefixTokens() == Ids{tokenizer->idOf("[gMASK]"), tokenizer->idOf("<sop>")});
  for (const std::string &text : fuzzBlock(firstBlock() + 9)) CHECK(tokenizer->decode(tokenizer->encode(text, false), false) == text);
}

TEST_CASE("settings files beside a tokenizer.model") {
  const TempFolder folder;
  fill(folder, "internlm2");
  const auto write = [&](const std::string &name, const std::string &text) {
    REQUIRE(writeFileAtomic(folder.path() + "/" + name, text).ok());
  };
  CHECK(loaded(folder)->bosToken() == 1);
  CHECK(loaded(folder)->eosToken() == 2);
  CHECK(loaded(folder)->prefixTokens() == Ids{1});
  const auto size = static_cast<TokenId>(loaded(folder)->vocabularySize());

  write("added_tokens.json", "{\"<|im_end|>\":" + std::to_string(size) + "}");
  write("special_tokens_map.json", R"({"eos_token":{"content":"<|im_end|>"}})");
  auto tokenizer = loaded(folder);
  CHECK(tokenizer->eosToken() == size);
  CHECK(tokenizer->encode("<|im_end|>", true) == Ids{size});
  CHECK(tokenizer->encode("<|im_end|>", false).size() > 1);
  CHECK(tokenizer->decode({size}, false) == "<|im_end|>");
  CHECK(tokenizer->decode({size}, true).empty());

  const Ids word = tokenizer->encode("hello", false);
  const auto behind = [&](const std::string &config) {
    write("tokenizer_config.json", config);
    Ids ids = loaded(folder)->encode("</s>hello", true);
    CHECK(ids.front() == 2);
    ids.erase(ids.begin());
    return ids;
  };
  CHECK(behind("{}") == word); // the dummy prefix again
  CHECK(behind(R"({"legacy":false})") != word);
  write("tokenizer_config.json", R"({"add_bos_token":false,"added_tokens_decoder":{"3":{"content":"<reserved_1>","special":false}}})");
  const TokenId marker = loaded(folder)->idOf("<reserved_1>");
  REQUIRE(marker == 3);
  CHECK(loaded(folder)->prefixTokens().empty());
  CHECK(loaded(folder)->encode("<reserved_1>", false).back() == marker); // listed as no special token, so users may write it
  write("tokenizer_config.json", R"({"added_tokens_decoder":{"7":{"content":"</s>"}}})");
  CHECK(loadTokenizer(folder.path()).error().where == folder.path() + "/tokenizer_config.json");
}

TEST_CASE("tokenizer.json goes before tokenizer.model, unless Attune cannot read it") {
  const TempFolder folder;
  fill(folder, "internlm2");
  const auto size = loaded(folder)->vocabularySize();
  REQUIRE(writeFileAtomic(folder.path() + "/tokenizer.json", readFile(kData + "glm4.json").value()).ok());
  CHECK(loaded(folder)->vocabularySize() == 1200);
  for (const std::string bad : {R"({"model":{"type":"Unigram","vocab":[]}})", "{"}) {
    REQUIRE(writeFileAtomic(folder.path() + "/tokenizer.json", bad).ok());
    CHECK(loaded(folder)->vocabularySize() == size);
  }
  std::filesystem::remove(folder.path() + "/tokenizer.model");
  CHECK(loadTokenizer(folder.path()).error().where == folder.path() + "/tokenizer.json");
}

TEST_CASE("a GGUF's lists make the same model") {
  enum : uint32_t { kI32 = 5, kF32 = 6, kBool = 7, kString = 8, kArray = 9 };
  const auto model = parsed("baichuan2");
  const auto count = static_cast<uint64_t>(model->size());
  const auto bytes = [&](uint64_t scores, uint64_t types, int32_t firstType) {
    GgufBytes file;
    file.preamble(0, 5).string("tokenizer.ggml.model").put(uint32_t(kString)).string("llama");
    file.string("tokenizer.ggml.add_space_prefix").put(uint32_t(kBool)).put(uint8_t(0));
    file.string("tokenizer.ggml.tokens").put(uint32_t(kArray)).put(uint32_t(kString)).put(count);
    for (TokenId id = 0; id < model->size(); ++id) file.string(model->piece(id));
    file.string("tokenizer.ggml.scores").put(uint32_t(kArray)).put(uint32_t(kF32)).put(scores);
    for (uint64_t id = 0; id < scores; ++id) file.put(-static_cast<float>(id)); // the later, the worse
    file.string("tokenizer.ggml.token_type").put(uint32_t(kArray)).put(uint32_t(kI32)).put(types);
    for (uint64_t id = 0; id < types; ++id)
      file.put(id == 0 ? firstType : static_cast<int32_t>(model->type(static_cast<TokenId>(id % count))));
    return file.text();
  };
  const auto read = [](const std::string &text) {
    return readGgufTokenizer(*io::GgufFile::parse({reinterpret_cast<const uint8_t *>(text.data()), text.size()}, "file.gguf").value());
  };
  const auto tokenizer = read(bytes(count, count, 2));
  REQUIRE_MESSAGE(tokenizer.ok(), (tokenizer.ok() ? "" : tokenizer.error().text()));
  CHECK(blockDigest(**tokenizer, firstBlock(), false) == fixture()["models"]["baichuan2"]["plain"][0].get<std::string>());
  CHECK(read(bytes(0, count, 2)).error().where == "file.gguf#tokenizer.ggml.scores");
  CHECK(read(bytes(count, count - 1, 2)).error().where == "file.gguf#tokenizer.ggml.token_type");
  CHECK(read(bytes(count, count, 9)).error().where == "file.gguf#tokenizer.ggml.token_type");
  CHECK_FALSE(read(bytes(count, count, 3)).ok()); // no unknown piece
}

TEST_CASE("a model that removes extra spaces leaves out all that begin a text, one with a prefix the first") {
  SentencePieceParts parts;
  parts.unigram = true;
  parts.pieces = {{"<unk>", 0, PieceType::Unknown}, {"\u2581", -1}, {"\u2581a", -1}, {"a", -1}};
  const auto text = [&](bool removes, const Ids &ids) {
    parts.removeExtraWhitespaces = removes;
    const auto model = SentencePieceModel::build(parts, "test", SentencePieceTokenizer::isMarker);
    REQUIRE_MESSAGE(model.ok(), (model.ok() ? "" : model.error().text()));
    const auto tokenizer = SentencePieceTokenizer::create(*model, {}).value();
    CHECK(streamed(*tokenizer, ids) == tokenizer->decode(ids, false));
    return tokenizer->decode(ids, false);
  };
  CHECK(text(true, {1, 1, 2, 1, 2}) == "a  a");
  CHECK(text(false, {1, 1, 2, 1, 2}) == "  a  a");
  CHECK(text(true, {3, 2}) == "a a");
}

TEST_CASE("hostile model messages are refused") {
  const std::string good = readFile(kData + "unigram.model").value();
  const auto failure = [](const std::string &bytes) {
    const auto model = SentencePieceModel::parse(bytes, "file.model", SentencePieceTokenizer::isMarker);
    REQUIRE_FALSE(model.ok());
    CHECK(model.error().where.find("file.model") == 0);
    return model.error();
  };
  CHECK(failure("").code == ErrorCode::MalformedFile);
  CHECK(failure("\x0A\xFF\xFF\xFF\x7F").code == ErrorCode::MalformedFile);
  for (size_t size = 1; size < 3000; size += 7) { // a prefix may be a whole message, but then one without an end
    const auto cut = SentencePieceModel::parse(good.substr(0, size), "file.model", SentencePieceTokenizer::isMarker);
    if (!cut.ok()) CHECK(cut.error().code == ErrorCode::MalformedFile);
  }
  SentencePieceParts parts;
  parts.pieces = {{"<unk>", 0, PieceType::Unknown}, {"a", -1, PieceType::Normal}};
  const auto built = [&] { return SentencePieceModel::build(parts, "file.model", SentencePieceTokenizer::isMarker); };
  CHECK(built().ok());
  parts.pieces.push_back({"a", -1, PieceType::Normal});
  CHECK_FALSE(built().ok());
  parts.pieces.back() = {"", -1, PieceType::Normal};
  CHECK_FALSE(built().ok());
  parts.pieces.back() = {"b", std::nanf(""), PieceType::Normal};
  CHECK_FALSE(built().ok());
  parts.pieces.back() = {std::string(2000, 'b'), -1, PieceType::Normal};
  CHECK_FALSE(built().ok());
  parts.pieces.back() = {"<0x41>", -1, PieceType::Byte}; // one byte of 256
  CHECK_FALSE(built().ok());
  parts.pieces.pop_back();
  parts.charsMap = std::string(1029, '\x01') + std::string(1, '\0');
  CHECK_FALSE(built().ok());
  parts.charsMap.clear();
  for (int i = 1; i < 80; ++i) parts.pieces.push_back({std::string(static_cast<size_t>(i), ' ') + "x", 0, PieceType::UserDefined});
  CHECK(built().ok());
  for (int i = 2; i < 80; ++i) parts.pieces.push_back({std::string(static_cast<size_t>(i), ' '), 0, PieceType::UserDefined});
  CHECK_FALSE(built().ok());
}

TEST_CASE("normalisation rules are sound only as a tree inside their array") {
  CHECK_FALSE(isSoundCharsMap(""));
  CHECK_FALSE(isSoundCharsMap(std::string(2000, '\0')));
  std::string map(4 + 1024, '\0');
  map[1] = 4; // 1024 bytes of units
  const auto unit = [&](size_t at, uint32_t bits) {
    for (size_t i = 0; i < 4; ++i) map[4 + 4 * at + i] = static_cast<char>(bits >> 8 * i & 0xFF);
  };
  for (uint32_t at = 0; at < 256; ++at) unit(at, ((at ^ 1) + 1) & 0xFF); // nobody's child
  unit(0, 1 << 10 | 2);                                                  // the root, whose children stand at 1 ^ label
  map += std::string("x\0", 2);
  CHECK(isSoundCharsMap(map));
  unit('a' ^ 1, 0x61 << 10 | 'a'); // a child of the root whose children are the root's
  CHECK_FALSE(isSoundCharsMap(map));
  unit('a' ^ 1, 0xFFFF << 10 | 'a'); // one whose children lie outside
  CHECK_FALSE(isSoundCharsMap(map));
  CHECK(deepestPrefixes({"a", "ab", "abc", "b", "bc"}) == 3);
}
