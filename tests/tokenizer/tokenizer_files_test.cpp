// Loading tokenizers: folders and their settings files, refused components by name, hostile files.
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/tokenizer/bpe_tokenizer.h"
#include "core/tokenizer/tokenizer_json.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <unistd.h>

using namespace attune;
using namespace attune::tokenizer;

namespace {

/// A model folder that vanishes with the test.
class Folder {
public:
  Folder() {
    static int count = 0;
    m_path = (std::filesystem::temp_directory_path() / ("attune-tokenizer-" + std::to_string(getpid()) + "-" + std::to_string(count++)))
                 .string();
    std::filesystem::create_directories(m_path);
  }
  ~Folder() { std::filesystem::remove_all(m_path); }
  const std::string &path() const { return m_path; }
  void write(const std::string &name, const std::string &text) const { REQUIRE(writeFileAtomic(m_path + "/" + name, text).ok()); }

private:
  std::string m_path;
};

const char *const kSmall = R"({"added_tokens":[{"id":3,"content":"<s>","special":true},{"id":4,"content":"</s>","special":true}],
  "normalizer":null,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},"post_processor":null,
  "decoder":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}})";

std::string with(const std::string &from, const std::string &to) {
  std::string text = kSmall;
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

Error failure(const std::string &text) {
  auto spec = parseTokenizerJson(text, "file.json");
  if (!spec.ok()) return spec.error();
  auto made = BpeTokenizer::create(std::move(*spec));
  REQUIRE(!made.ok());
  return made.error();
}

void checkRefused(const std::string &text, ErrorCode code, const std::string &part) {
  const Error error = failure(text);
  CHECK_MESSAGE(error.code == code, error.text());
  CHECK_MESSAGE(error.text().find(part) != std::string::npos, error.text());
  CHECK_MESSAGE(error.where.find("file.json") == 0, error.text());
}

} // namespace

TEST_CASE("a folder's settings files fill the bundle") {
  const Folder folder;
  folder.write("tokenizer.json", kSmall);
  auto bundle = loadTokenizer(folder.path());
  REQUIRE(bundle.ok());
  CHECK(bundle->tokenizer->eosToken() == -1);
  CHECK(bundle->chatTemplate.empty());
  CHECK(bundle->endTokens.empty());

  folder.write("tokenizer_config.json", R"({"bos_token":{"content":"<s>"},"eos_token":"</s>","add_bos_token":true,
    "chat_template":[{"name":"tools","template":"T"},{"name":"default","template":"D"}]})");
  folder.write("generation_config.json", R"({"eos_token_id":[4,2,4,99]})");
  bundle = loadTokenizer(folder.path());
  REQUIRE(bundle.ok());
  CHECK(bundle->templateTokens.at("bos_token") == "<s>");
  CHECK(bundle->templateTokens.at("eos_token") == "</s>");
  CHECK_FALSE(bundle->tokenizer->addsBos()); // transformers goes by tokenizer.json's post-processor alone
  CHECK(bundle->chatTemplate == "D");
  CHECK(bundle->endTokens == std::vector<TokenId>{4, 2, 99}); // the model's vocabulary may be larger than ours
  folder.write("generation_config.json", R"({"eos_token_id":null})");
  folder.write("config.json", R"({"eos_token_id":1})");
  CHECK(loadTokenizer(folder.path())->endTokens == std::vector<TokenId>{4, 1});

  folder.write("chat_template.jinja", "file wins");
  CHECK(loadTokenizer(folder.path())->chatTemplate == "file wins");
  folder.write("tokenizer_config.json", R"({"chat_template":"one"})");
  folder.write("special_tokens_map.json", R"({"eos_token":{"content":"</s>"}})");
  CHECK(loadTokenizer(folder.path())->templateTokens.at("eos_token") == "</s>");
}

TEST_CASE("chat templates are found where transformers finds them") {
  const auto load = [](const Folder &folder, const std::string &config) {
    folder.write("tokenizer.json", kSmall);
    folder.write("tokenizer_config.json", "{\"chat_template\":" + config + "}");
    auto bundle = loadTokenizer(folder.path());
    REQUIRE(bundle.ok());
    return *bundle;
  };
  const Folder settings;
  const auto object = load(settings, R"({"tool_use":"T","default":"D"})");
  CHECK(object.chatTemplate == "D");
  CHECK(object.templateFile == settings.path() + "/tokenizer_config.json#chat_template");
  CHECK(object.namedTemplates.empty());
  for (const std::string config :
       {R"([{"name":"tool_use","template":"T"},{"name":"rag","template":"R"}])", R"({"tool_use":"T","rag":"R"})"}) {
    const auto several = load(settings, config); // transformers takes none of them by itself
    CHECK(several.chatTemplate.empty());
    CHECK(several.namedTemplates == std::vector<std::string>{"rag", "tool_use"});
  }
  CHECK(load(settings, "{}").namedTemplates.empty());
  settings.write("tokenizer_config.json", R"({"chat_template":{"default":1}})");
  CHECK(loadTokenizer(settings.path()).error().code == ErrorCode::MalformedFile);

  const Folder files;
  std::filesystem::create_directories(files.path() + "/additional_chat_templates");
  files.write("additional_chat_templates/tool_use.jinja", "T");
  CHECK(load(files, "\"S\"").namedTemplates == std::vector<std::string>{"tool_use"}); // files go before the settings
  files.write("chat_template.jinja", "C");
  CHECK(load(files, "\"S\"").chatTemplate == "C");
  CHECK(load(files, "\"S\"").templateFile == files.path() + "/chat_template.jinja");
  files.write("additional_chat_templates/default.jinja", "A");
  CHECK(load(files, "\"S\"").chatTemplate == "A");
}

TEST_CASE("tokens of an added_tokens.json join where no newer list does") {
  const Folder folder;
  folder.write("tokenizer.json", kSmall);
  folder.write("added_tokens.json", R"({"<x>":5,"<y>":6,"<s>":99})");
  folder.write("tokenizer_config.json", R"({"pad_token":"<x>"})");
  const auto bundle = loadTokenizer(folder.path());
  REQUIRE(bundle.ok());
  CHECK(bundle->tokenizer->encode("ab<x><y><s>", true) == std::vector<TokenId>{2, 5, 6, 3});
  CHECK(bundle->tokenizer->isSpecial(5));
  CHECK_FALSE(bundle->tokenizer->isSpecial(6));
  folder.write("tokenizer_config.json", R"({"added_tokens_decoder":{}})");
  CHECK(loadTokenizer(folder.path())->tokenizer->vocabularySize() == 5);
  folder.write("tokenizer_config.json", "{}");
  folder.write("added_tokens.json", R"({"<x>":2})");
  CHECK(loadTokenizer(folder.path()).error().where == folder.path() + "/added_tokens.json");
  folder.write("added_tokens.json", R"({"<x>":"5"})");
  CHECK(loadTokenizer(folder.path()).error().where == folder.path() + "/added_tokens.json");
}

TEST_CASE("templates see the tokens that the settings name, not those that are added to texts") {
  const Folder folder;
  folder.write("tokenizer.json", with(R"("post_processor":null)", R"("post_processor":{"type":"TemplateProcessing","single":[
    {"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],"special_tokens":{"<s>":{"ids":[3]}}})"));
  const auto load = [&](const std::string &config) {
    folder.write("tokenizer_config.json", config);
    auto bundle = loadTokenizer(folder.path());
    REQUIRE(bundle.ok());
    return *bundle;
  };
  CHECK(load(R"({"eos_token":"</s>","image_token":"<i>","add_bos":"x","extra_special_tokens":{"boi":"<boi>"}})").templateTokens ==
        TemplateTokens{{"eos_token", "</s>"}, {"image_token", "<i>"}, {"boi", "<boi>"}});
  const auto other = load(R"({"bos_token":"</s>","pad_token":"ab"})");
  CHECK(other.templateTokens == TemplateTokens{{"bos_token", "</s>"}, {"pad_token", "ab"}});
  CHECK(other.tokenizer->bosToken() == 3); // the post-processor's
  CHECK(other.tokenizer->isSpecial(2));
  CHECK(load(R"({"bos_token":"<s>","add_bos_token":false})").tokenizer->addsBos());
  folder.write("special_tokens_map.json", R"({"bos_token":"<m>"})");
  CHECK(load(R"({"bos_token":"<s>"})").templateTokens.at("bos_token") == "<m>");
  CHECK(load(R"({"bos_token":"<s>","added_tokens_decoder":{}})").templateTokens.at("bos_token") == "<s>");
}

TEST_CASE("special tokens that only tokenizer_config.json names are special") {
  const Folder folder;
  folder.write("tokenizer.json", kSmall);
  folder.write("tokenizer_config.json",
               R"({"added_tokens_decoder":{"5":{"content":"<x>","special":true},"3":{"content":"<s>","special":true}}})");
  const auto bundle = loadTokenizer(folder.path());
  REQUIRE(bundle.ok());
  CHECK(bundle->tokenizer->encode("ab<x>", true) == std::vector<TokenId>{2, 5});
  CHECK(bundle->tokenizer->isSpecial(5));
  folder.write("tokenizer_config.json", R"({"added_tokens_decoder":{"3":{"content":"<s>","rstrip":true}}})");
  CHECK(loadTokenizer(folder.path())->tokenizer->encode("<s>  ab", true) == std::vector<TokenId>{3, 2});
  for (const std::string tokens : {R"("5x":{"content":"<x>"})", R"("2":{"content":"<x>"})", R"("3000000":{"content":"<x>"})"}) {
    folder.write("tokenizer_config.json", R"({"added_tokens_decoder":{)" + tokens + "}}");
    const Error error = loadTokenizer(folder.path()).error();
    CHECK(error.code == ErrorCode::MalformedFile);
    CHECK(error.where.find("tokenizer_config.json") != std::string::npos);
  }
}

TEST_CASE("missing files and foreign formats are named") {
  const Folder folder;
  CHECK(loadTokenizer(folder.path() + "/none").error().code == ErrorCode::FileNotFound);
  CHECK(loadTokenizer(folder.path()).error().code == ErrorCode::MissingInFolder);
  folder.write("tokenizer.model", "x");
  CHECK(loadTokenizer(folder.path()).error().code == ErrorCode::MalformedFile);
  folder.write("bad.gguf", "GGUF");
  CHECK(loadTokenizer(folder.path() + "/bad.gguf").error().code == ErrorCode::MalformedFile);
}

TEST_CASE("components that Attune does not read are refused by name") {
  const auto refused = ErrorCode::UnsupportedFormat;
  checkRefused(with(R"("normalizer":null)", R"("normalizer":{"type":"StripAccents"})"), refused, "StripAccents");
  checkRefused(with(R"("type":"ByteLevel","add_prefix_space")", R"("type":"Whitespace","add_prefix_space")"), refused, "Whitespace");
  checkRefused(with(R"("type":"BPE")", R"("type":"Unigram")"), refused, "Unigram");
  checkRefused(with(R"("type":"BPE")", R"("type":"BPE","dropout":0.1)"), refused, "dropout");
  checkRefused(with(R"("type":"BPE")", R"("type":"BPE","end_of_word_suffix":"</w>")"), refused, "end_of_word_suffix");
  checkRefused(with(R"("post_processor":null)", R"("post_processor":{"type":"BertProcessing"})"), refused, "BertProcessing");
  checkRefused(with(R"("decoder":{"type":"ByteLevel"})", R"("decoder":{"type":"WordPiece"})"), refused, "WordPiece");
  const auto pattern = [](const std::string &text) {
    return with(R"({"type":"ByteLevel","add_prefix_space":false,"use_regex":true})",
                R"({"type":"Sequence","pretokenizers":[{"type":"Split","behavior":"Isolated","pattern":{"Regex":")" + text +
                    R"("}},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]})");
  };
  checkRefused(pattern("\\\\bword"), refused, "\\b");
  checkRefused(pattern("\\\\G+"), refused, "\\G");
  checkRefused(pattern("[a[b]]"), refused, "class inside a class");
  checkRefused(pattern("[a&&b]"), refused, "&&");
  checkRefused(pattern("\\\\p{Thai}"), refused, "Thai");
  checkRefused(pattern("(?<name>a)"), refused, "(?<n");
  checkRefused(pattern("(a"), ErrorCode::MalformedFile, "unclosed");
  checkRefused(pattern("a**"), ErrorCode::MalformedFile, "compile");
}

TEST_CASE("broken files are refused with their place") {
  const auto broken = ErrorCode::MalformedFile;
  checkRefused("", broken, "JSON");
  checkRefused("[]", broken, "model");
  checkRefused("null", broken, "model");
  checkRefused(std::string(kSmall).substr(0, 300), broken, "JSON");
  checkRefused(with(R"("ab":2)", R"("ab":1)"), broken, "twice");
  checkRefused(with(R"("ab":2)", R"("a":2)"), broken, "twice");
  checkRefused(with(R"("ab":2)", R"("ab":-2)"), broken, "range");
  checkRefused(with(R"("ab":2)", R"("ab":3000000)"), broken, "beyond");
  checkRefused(with(R"("ab":2)", R"("ab":99999999999)"), broken, "range");
  checkRefused(with(R"("ab":2)", R"("ab":"2")"), broken, "integer");
  checkRefused(with(R"("ab":2)", R"("ab":2.5)"), broken, "integer");
  checkRefused(with(R"("a b")", R"("a c")"), broken, "lacks");
  checkRefused(with(R"("a b")", R"("ab")"), broken, "pair");
  checkRefused(with(R"("a b")", R"(["a","b","c"])"), broken, "pair");
  checkRefused(with(R"("a b")", "7"), broken, "merge");
  checkRefused(with(R"("id":3,"content":"<s>")", R"("id":2,"content":"<s>")"), broken, "twice");
  checkRefused(with(R"("id":3,"content":"<s>")", R"("id":3,"content":"ab")"), broken, "two ids");
  checkRefused(with(R"("id":3,"content":"<s>")", R"("id":3000000,"content":"<s>")"), broken, "beyond");
  checkRefused(with(R"("id":3,"content":"<s>")", R"("id":3,"content":"")"), broken, "empty");
  checkRefused(with(R"("id":3,"content":"<s>")", R"("id":3,"content":")" + std::string(5000, 'x') + "\""), broken, "1024");
  checkRefused(with(R"("type":"BPE")", R"("type":"BPE","unk_token":"no")"), broken, "unknown token");
  checkRefused(with(R"("vocab":{"a":0,"b":1,"ab":2},)", ""), broken, "vocabulary");
  checkRefused(with(R"("normalizer":null)", "\"normalizer\":" + std::string(100, '[') + std::string(100, ']')), broken, "deep");
}

TEST_CASE("what follows a split prepends to every piece, and \\w is a word's character") {
  const auto spec = parseTokenizerJson(
      R"({"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","behavior":"Removed","invert":true,"pattern":{"Regex":"\\w+"}},
          {"type":"Metaspace","replacement":"_","prepend_scheme":"always"}]},
        "model":{"vocab":{"a":0,"b":1,"_":2,"é":3,"-":4},"merges":[]}})",
      "file.json");
  REQUIRE(spec.ok());
  const auto made = BpeTokenizer::create(*spec);
  REQUIRE(made.ok());
  CHECK((*made)->encode("a-bé", false) == std::vector<TokenId>{2, 0, 2, 1, 3});
  const std::vector<TextSpan> offsets = (*made)->encodeWithOffsets("a-bé", {}).offsets;
  REQUIRE(offsets.size() == 5);
  CHECK(offsets[3].begin == 2);
  CHECK(offsets[4].end == 5);
}

TEST_CASE("added tokens are decoded as any piece") {
  const auto make = [](const std::string &decoder) {
    auto spec = parseTokenizerJson(R"({"normalizer":{"type":"Replace","pattern":{"String":" "},"content":"▁"},"decoder":)" + decoder +
                                       R"(,"added_tokens":[{"id":2,"content":"▁▁","normalized":false}],
                                        "model":{"vocab":{"a":0,"▁":1,"▁▁":2},"merges":["▁ ▁"]}})",
                                   "file.json");
    REQUIRE(spec.ok());
    auto made = BpeTokenizer::create(std::move(*spec));
    REQUIRE(made.ok());
    return *made;
  };
  // Gemma 3 lists its runs of spaces so.
  CHECK(make(R"({"type":"Replace","pattern":{"String":"▁"},"content":" "})")->decode({0, 2, 0}, false) == "a  a");
  const auto metaspace = make(R"({"type":"Metaspace","replacement":"▁","prepend_scheme":"first"})");
  CHECK(metaspace->decode({2, 0, 2, 0}, false) == "a  a");
  CHECK(metaspace->decodeNext(2, false) == "  ");
}

TEST_CASE("merges that feed each other end") {
  // aa+aa -> aaaa needs aa; a merge may name its own result without a loop.
  const auto spec = parseTokenizerJson(
      R"({"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"model":{"vocab":{"a":0,"aa":1,"aaaa":2},
        "merges":[["aa","aa"],["a","a"]]}})",
      "file.json");
  REQUIRE(spec.ok());
  const auto made = BpeTokenizer::create(*spec);
  REQUIRE(made.ok());
  CHECK((*made)->encode("aaaaaaa", false) == std::vector<TokenId>{2, 1, 0});
}

TEST_CASE("unknown bytes become the unknown token, byte tokens, or nothing, as the file says") {
  const auto make = [](const std::string &model) {
    auto spec = parseTokenizerJson(R"({"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"model":)" + model + "}", "f");
    REQUIRE_MESSAGE(spec.ok(), (spec.ok() ? "" : spec.error().text()));
    return BpeTokenizer::create(std::move(*spec)).value();
  };
  CHECK(make(R"({"vocab":{"a":0},"merges":[]})")->encode("axxa", false) == std::vector<TokenId>{0, 0});
  CHECK(make(R"({"unk_token":"u","vocab":{"a":0,"u":1},"merges":[]})")->encode("axxa", false) == std::vector<TokenId>{0, 1, 1, 0});
  CHECK(make(R"({"unk_token":"u","fuse_unk":true,"vocab":{"a":0,"u":1},"merges":[]})")->encode("axxa", false) ==
        std::vector<TokenId>{0, 1, 0});
  CHECK(make(R"({"byte_fallback":true,"vocab":{"a":0,"<0x78>":1},"merges":[]})")->encode("axxa", false) ==
        std::vector<TokenId>{0, 1, 1, 0});
}

TEST_CASE("an added token is one where an earlier one has not taken all of its white space, as in the original") {
  auto spec = parseTokenizerJson(
      R"({"added_tokens":[{"id":1,"content":"\n","lstrip":true,"rstrip":true},{"id":2,"content":"\t","rstrip":true}],
        "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"model":{"vocab":{"a":0},"merges":[]}})",
      "f");
  REQUIRE_MESSAGE(spec.ok(), (spec.ok() ? "" : spec.error().text()));
  const auto tokenizer = BpeTokenizer::create(std::move(*spec)).value();
  CHECK(tokenizer->encode("\r\n\r\n", true) == std::vector<TokenId>{1});
  CHECK(tokenizer->encode("a \n\na\n", true) == std::vector<TokenId>{0, 1, 0, 1});
  CHECK(tokenizer->encode("\t\ta", true) == std::vector<TokenId>{2, 2, 0}); // without lstrip it counts twice
}

TEST_CASE("a byte token stays a byte where it is an added token too") {
  auto spec = parseTokenizerJson(
      R"({"added_tokens":[{"id":1,"content":"<0x0D>"},{"id":2,"content":"<0x0>"}],"pre_tokenizer":null,
        "decoder":{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Fuse"}]},
        "model":{"byte_fallback":true,"vocab":{"a":0,"<0x0D>":1},"merges":[]}})",
      "f");
  REQUIRE_MESSAGE(spec.ok(), (spec.ok() ? "" : spec.error().text()));
  const auto tokenizer = BpeTokenizer::create(std::move(*spec)).value();
  CHECK(tokenizer->decode({0, 1, 0, 2}, false) == "a\ra<0x0>");
}

TEST_CASE("a tokenizer file that is refused says what to do") {
  const Folder folder;
  for (const char *text : {"{", "[]", R"({"model":{"type":"WordPiece"}})", R"({"model":{"vocab":{"a":0,"b":0},"merges":[]}})"}) {
    folder.write("tokenizer.json", text);
    CHECK(loadTokenizer(folder.path()).error().hint.find("original folder") != std::string::npos);
  }
  std::filesystem::remove(folder.path() + "/tokenizer.json");
  folder.write("tokenizer.model", "x");
  CHECK(loadTokenizer(folder.path()).error().hint.find("original folder") != std::string::npos);
}
