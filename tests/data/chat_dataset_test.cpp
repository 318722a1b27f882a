#include "core/base/atomic_file.h"
#include "core/base/sha256.h"
#include "core/data/chat_dataset.h"
#include "core/data/dataset_stats.h"
#include "core/data/row_preview.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>

using namespace attune;
using namespace attune::data;
using api::DatasetFormat;

namespace {

/// One token a byte, and three special tokens.
class ByteTokenizer : public tokenizer::Tokenizer {
public:
  std::vector<tokenizer::TokenId> encode(std::string_view text, bool parseSpecial) const override {
    const std::vector<tokenizer::TextSpan> all = {{0, text.size()}};
    return encodeWithOffsets(text, parseSpecial ? std::vector<tokenizer::TextSpan>{} : all).ids;
  }
  tokenizer::EncodedText encodeWithOffsets(std::string_view text, const std::vector<tokenizer::TextSpan> &protectedSpans) const override {
    tokenizer::EncodedText encoded;
    for (size_t at = 0; at < text.size();) {
      tokenizer::TokenId id = static_cast<uint8_t>(text[at]);
      size_t length = 1;
      for (size_t k = 0; k < kSpecial.size(); ++k) {
        const std::string_view special = kSpecial[k];
        const bool here = text.substr(at, special.size()) == special;
        const bool touched = std::any_of(protectedSpans.begin(), protectedSpans.end(),
                                         [&](const auto &span) { return at < span.end && at + special.size() > span.begin; });
        if (here && !touched) {
          id = static_cast<tokenizer::TokenId>(256 + k);
          length = special.size();
        }
      }
      encoded.ids.push_back(id);
      encoded.offsets.push_back({at, at + length});
      at += length;
    }
    return encoded;
  }
  std::string decode(const std::vector<tokenizer::TokenId> &ids, bool skipSpecial) const override {
    std::string text;
    for (const auto id : ids) {
      if (id < 256 || !skipSpecial) text += piece(id);
    }
    return text;
  }
  std::string piece(tokenizer::TokenId id) const override {
    return id < 0 || id >= 259 ? ""
           : id < 256          ? std::string(1, static_cast<char>(id))
                               : std::string(kSpecial[static_cast<size_t>(id - 256)]);
  }
  tokenizer::TokenId idOf(std::string_view text) const override {
    for (int32_t id = 0; id < 259; ++id) {
      if (piece(id) == text) return id;
    }
    return -1;
  }
  bool isSpecial(tokenizer::TokenId id) const override { return id >= 256; }
  int64_t vocabularySize() const override { return 259; }
  tokenizer::TokenId bosToken() const override { return 256; }
  tokenizer::TokenId eosToken() const override { return 257; }
  bool addsBos() const override { return m_addsBos; }
  bool m_addsBos = false;

private:
  static constexpr std::array<std::string_view, 3> kSpecial = {"<bos>", "<eos>", "<|im_end|>"};
};

tokenizer::TokenizerBundle bundle(const std::string &chatTemplate = "") {
  tokenizer::TokenizerBundle made;
  made.tokenizer = std::make_shared<ByteTokenizer>();
  made.chatTemplate = chatTemplate;
  made.templateTokens = {{"bos_token", "<bos>"}, {"eos_token", "<eos>"}};
  made.endTokens = {257, 258};
  return made;
}

const char *const kShort = "{% for m in messages %}{{ m.role[0] }}:{{ m.content }}<eos>\n{% endfor %}";

class Folder {
public:
  Folder() {
    char name[] = "/tmp/attune_data_XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    m_path = name;
  }
  ~Folder() { std::filesystem::remove_all(m_path); }
  std::string write(const std::string &name, const std::string &text) const {
    REQUIRE(writeFileAtomic(m_path + "/" + name, text).ok());
    return m_path + "/" + name;
  }
  std::string path(const std::string &name) const { return m_path + "/" + name; }

private:
  std::string m_path;
};

std::string trainedText(const Sample &sample) {
  std::string text;
  for (size_t i = 1; i < sample.labels.size(); ++i) {
    if (sample.labels[i] != kIgnore) text += ByteTokenizer().piece(sample.labels[i]);
  }
  return text;
}

std::string wholeText(const Sample &sample) { return ByteTokenizer().decode(sample.ids, false); }

const char *const kDialog = R"([{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"yes"},
  {"role":"user","content":"so?"},{"role":"assistant","content":"no<eos>"}]}])";

} // namespace

// Silent bug 2 (prompt tokens in the loss, or the last end token not in it): train on labels = ids and this fails.
TEST_CASE("Answers and their end tokens are trained, and nothing else") {
  const Folder folder;
  const auto path = folder.write("d.json", kDialog);
  const auto encode = [&](api::TrainOn trainOn) {
    DatasetOptions options;
    options.trainOn = trainOn;
    auto dataset = encodeDataset({{path}}, bundle(kShort), options);
    REQUIRE(dataset.ok());
    REQUIRE(dataset->samples.size() == 1);
    CHECK(dataset->templateUsed == "model");
    return dataset->samples[0];
  };
  const auto answers = encode(api::TrainOn::Answers);
  CHECK(wholeText(answers) == "u:hi<eos>\na:yes<eos>\nu:so?<eos>\na:no<eos><eos>\n");
  // The "<eos>" that the row wrote stays text, five bytes of it; the end token after each answer is the template's.
  CHECK(trainedText(answers) == "yes<eos>no<eos><eos>");
  CHECK(std::count(answers.labels.begin(), answers.labels.end(), 257) == 2);
  CHECK(std::count(answers.ids.begin(), answers.ids.end(), 257) == 4);
  CHECK(trainedText(encode(api::TrainOn::Last)) == "no<eos><eos>");
}

TEST_CASE("Text rows train everything and the end token") {
  const Folder folder;
  const auto path = folder.write("d.txt", "one <eos>\n\ntwo\n");
  auto dataset = encodeDataset({{path}}, bundle(kShort), {});
  REQUIRE(dataset.ok());
  REQUIRE(dataset->samples.size() == 2);
  CHECK(dataset->templateUsed == "none");
  CHECK(wholeText(dataset->samples[1]) == "two<eos>");
  CHECK(trainedText(dataset->samples[1]) == "wo<eos>"); // the first token has nothing before it
  CHECK(std::count(dataset->samples[0].ids.begin(), dataset->samples[0].ids.end(), 257) == 1);
  CHECK(dataset->trainedTokens == static_cast<int64_t>(9 + 3));
  auto withBos = bundle(kShort);
  auto tokenizer = std::make_shared<ByteTokenizer>();
  tokenizer->m_addsBos = true;
  withBos.tokenizer = tokenizer;
  dataset = encodeDataset({{path}}, withBos, {});
  REQUIRE(dataset.ok());
  CHECK(wholeText(dataset->samples[1]) == "<bos>two<eos>");
  CHECK(trainedText(dataset->samples[1]) == "two<eos>");
}

TEST_CASE("Token rows are taken as they are and checked against the vocabulary") {
  const Folder folder;
  const auto good = folder.write("good.jsonl", "{\"ids\":[1,2,258],\"labels\":[-100,7,258]}\n");
  auto dataset = encodeDataset({{good}}, bundle(), {});
  REQUIRE(dataset.ok());
  CHECK(dataset->samples[0].ids == std::vector<int32_t>{1, 2, 258});
  CHECK(dataset->samples[0].labels == std::vector<int32_t>{-100, 7, 258});
  const auto bad = folder.write("bad.jsonl", "{\"ids\":[1,2],\"labels\":[1,2]}\n{\"ids\":[1,259],\"labels\":[-100,7]}\n");
  const auto refused = encodeDataset({{bad}}, bundle(), {});
  REQUIRE(!refused.ok());
  CHECK(refused.error().code == ErrorCode::InvalidData);
  CHECK(refused.error().where == bad + ":2#ids[1]");
  // The model's vocabulary, where it is known, judges instead of the tokenizer's: larger or smaller.
  DatasetOptions options;
  options.vocabularySize = 260;
  CHECK(encodeDataset({{bad}}, bundle(), options).ok());
  options.vocabularySize = 100;
  const auto beyond = encodeDataset({{good}}, bundle(), options);
  REQUIRE(!beyond.ok());
  CHECK(beyond.error().where == good + ":1#ids[2]");
  const auto text = folder.write("text.jsonl", "{\"text\":\"!\"}\n{\"text\":\"zz\"}\n");
  const auto outside = encodeDataset({{text}}, bundle(), options);
  REQUIRE(!outside.ok());
  CHECK(outside.error().where == text + ":1"); // its end token
  CHECK(outside.error().message.find("gives the id 257") != std::string::npos);
  const auto huge = surveyDataset({{folder.write("huge.jsonl", "{\"ids\":[2147483647],\"labels\":[1]}\n")}}, nullptr, {});
  CHECK(huge->problems.items().at(0).message == "The id 2147483647 is no token id of any model.");
  // Without a tokenizer only such rows can be read.
  CHECK(encodeDataset({{good}}, tokenizer::TokenizerBundle{}, {}).ok());
  CHECK(encodeDataset({{text}}, tokenizer::TokenizerBundle{}, {}).error().code == ErrorCode::MissingInFolder);
}

TEST_CASE("Long rows are cut at the end, dropped or refused, and rows left without targets are counted") {
  const Folder folder;
  const auto path = folder.write("d.jsonl", "{\"ids\":[1,2,3,4,5,6],\"labels\":[-100,-100,3,4,5,6]}\n"
                                            "{\"ids\":[1,2,3,4,5,6],\"labels\":[-100,-100,-100,-100,5,6]}\n"
                                            "{\"ids\":[1,2],\"labels\":[1,2]}\n{\"ids\":[1,2],\"labels\":[1,-100]}\n"
                                            "{\"ids\":[],\"labels\":[]}\n");
  DatasetOptions options;
  options.maxLength = 4;
  auto cut = encodeDataset({{path}}, bundle(), options);
  REQUIRE(cut.ok());
  CHECK(cut->rows == 5);
  CHECK(cut->truncated == 2);
  CHECK(cut->droppedNoTargets == 2);
  CHECK(cut->dropped() == 3); // the empty one too
  REQUIRE(cut->samples.size() == 2);
  CHECK(cut->samples[0].ids == std::vector<int32_t>{1, 2, 3, 4});
  CHECK(cut->samples[1].row == 2);
  CHECK(cut->tokens == 6);
  CHECK(cut->trainedTokens == 3);
  options.overlength = api::Overlength::Drop;
  auto dropped = encodeDataset({{path}}, bundle(), options);
  REQUIRE(dropped.ok());
  CHECK(dropped->droppedOverlength == 2);
  CHECK(dropped->samples.size() == 1);
  options.overlength = api::Overlength::Refuse;
  const auto refused = encodeDataset({{path}}, bundle(), options);
  REQUIRE(!refused.ok());
  CHECK(refused.error().code == ErrorCode::InvalidData);
  CHECK(refused.error().where == path + ":1");
  options.maxLength = 6;
  CHECK(encodeDataset({{path}}, bundle(), options).ok());
}

TEST_CASE("Data that would train on nothing and broken data are refused differently") {
  const Folder folder;
  const auto code = [&](const std::string &text) {
    const auto path = folder.write("d.json", text);
    const auto dataset = encodeDataset({{path}}, bundle(kShort), {});
    REQUIRE(!dataset.ok());
    CHECK(exitCodeOf(dataset.error().code) == 3);
    // `data check` without a model comes to the same verdict.
    const auto seen = surveyDataset({{path}}, nullptr, {});
    REQUIRE(seen.ok());
    const auto verdict = datasetVerdict(*seen);
    REQUIRE(!verdict.ok());
    CHECK(verdict.error().code == dataset.error().code);
    return std::string(errorCodeName(dataset.error().code));
  };
  CHECK(code("") == "nothing_to_train");
  CHECK(code("[]") == "nothing_to_train");
  CHECK(code("[{\"text\":\"\"}]") == "nothing_to_train");
  CHECK(code("[{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}]") == "nothing_to_train");
  CHECK(code("[{\"instruction\":\"a\",\"output\":\"\"}]") == "invalid_data");
  CHECK(code("[{\"instruction\":\"a\",\"output\":\"b\"},{\"instruction\":\"a\"}]") == "invalid_data");
  CHECK(code("[{\"instruction\":\"a\",\"output\":\"b\"}") == "invalid_data");
  CHECK(code("[{\"instruction\":\"a\",\"output\":\"\xFF\"}]") == "invalid_data");
  CHECK(code("[{\"foo\":1}]") == "invalid_data");
  CHECK(encodeDataset({{folder.path("missing.json")}}, bundle(), {}).error().code == ErrorCode::FileNotFound);
}

TEST_CASE("The error of a broken dataset says how many, where and what to do") {
  const Folder folder;
  const auto path = folder.write("d.json", "[{\"instruction\":\"a\",\"output\":\"b\"},\n{\"instruction\":\"a\"},\n{\"output\":7}]");
  const auto error = encodeDataset({{path}}, bundle(kShort), {}).error();
  CHECK(error.message.find("3 mistakes") != std::string::npos);
  CHECK(error.where == path + ":2#output");
  CHECK(error.hint.find("data check") != std::string::npos);
}

TEST_CASE("The template is the model's, else alpaca for alpaca rows, else plain, unless one is named") {
  const Folder folder;
  const auto alpaca = folder.write("a.json", "[{\"instruction\":\"q\",\"output\":\"w\"}]");
  const auto chat = folder.write("c.json", kDialog);
  const auto used = [&](const std::string &path, const std::string &own, const std::string &name) {
    DatasetOptions options;
    options.templateName = name;
    const auto dataset = encodeDataset({{path}}, bundle(own), options);
    return dataset.ok() ? dataset->templateUsed : errorCodeName(dataset.error().code);
  };
  CHECK(used(alpaca, kShort, "auto") == "model");
  CHECK(used(alpaca, "", "auto") == "alpaca");
  CHECK(used(chat, "", "auto") == "plain");
  CHECK(used(chat, kShort, "chatml") == "chatml");
  CHECK(used(chat, "", "model") == "template_failed");
  CHECK(used(chat, "", "chatm") == "unknown_key");
  CHECK(used(chat, "", folder.path("none.jinja")) == "file_not_found");
  const auto file = folder.write("t.jinja", kShort);
  CHECK(used(chat, "", file) == file);
  CHECK(used(chat, "{{ raise_exception('no') }}", "auto") == "invalid_data");
}

TEST_CASE("Weights repeat whole passes and thin the rest evenly") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 10; ++i) text.append("{\"ids\":[1,").append(std::to_string(i)).append("],\"labels\":[1,2]}\n");
  const auto path = folder.write("d.jsonl", text);
  const auto rows = [&](double weight) {
    const auto dataset = encodeDataset({{path, DatasetFormat::Auto, weight}}, bundle(), {});
    REQUIRE(dataset.ok());
    CHECK(dataset->rows == 10);
    std::vector<int64_t> found;
    for (const auto &sample : dataset->samples) found.push_back(sample.row);
    return found;
  };
  CHECK(rows(0.5) == std::vector<int64_t>{1, 3, 5, 7, 9});
  CHECK(rows(1.2) == std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 4, 9});
  CHECK(rows(2.0).size() == 20);
  CHECK(encodeDataset({{path, DatasetFormat::Auto, 0.0}}, bundle(), {}).error().code == ErrorCode::InvalidConfig);
  CHECK(encodeDataset({{path, DatasetFormat::Auto, -1.0}}, bundle(), {}).error().code == ErrorCode::InvalidConfig);
  const auto both = encodeDataset({{path}, {path}}, bundle(), {});
  CHECK(both->samples.back().row == 19); // rows count over all files
}

TEST_CASE("The result depends neither on the number of threads nor on chunk borders") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text.append("{\"text\":\"").append(static_cast<size_t>(i % 37), 'x').append("\"}\n");
  }
  const auto path = folder.write("d.jsonl", text);
  const auto encode = [&](int threads) {
    DatasetOptions options;
    options.threads = threads;
    int64_t last = 0;
    auto dataset = encodeDataset({{path}}, bundle(), options, {}, [&](int64_t done, int64_t total) {
      CHECK(done >= last);
      CHECK(total == 1000);
      last = done;
    });
    REQUIRE(dataset.ok());
    return *dataset;
  };
  const auto one = encode(1);
  const auto many = encode(7);
  REQUIRE(one.samples.size() == many.samples.size());
  for (size_t i = 0; i < one.samples.size(); ++i) {
    CHECK(one.samples[i].row == many.samples[i].row);
    CHECK(one.samples[i].ids == many.samples[i].ids);
  }
  REQUIRE(one.problems.items().size() == many.problems.items().size());
  for (size_t i = 0; i < one.problems.items().size(); ++i) CHECK(one.problems.items()[i].row == many.problems.items()[i].row);
  CHECK(one.hash == sha256Hex(text));
  StopSource stop;
  stop.requestStop();
  CHECK(encodeDataset({{path}}, bundle(), {}, stop.token()).error().code == ErrorCode::Interrupted);
}

TEST_CASE("Statistics count lengths before the cut and name the longest rows") {
  const Folder folder;
  const auto path =
      folder.write("d.jsonl", "{\"text\":\"abc\"}\n{\"text\":\"abcdefghi\"}\n\n{\"text\":\"a\"}\n{\"text\":\"\"}\n{\"text\":\"a\"}\n");
  DatasetOptions options;
  options.maxLength = 5;
  options.keepFacts = true;
  options.findDuplicates = true;
  const auto tokenizers = bundle();
  const auto dataset = surveyDataset({{path}}, &tokenizers, options);
  REQUIRE(dataset.ok());
  const auto stats = datasetStats(*dataset, 5);
  CHECK(stats.rows == 5);
  CHECK(stats.usableRows == 4);
  CHECK(stats.tokens == 4 + 10 + 2 + 2);
  CHECK(stats.overCutoff == 1);
  CHECK(stats.longest == 10);
  CHECK(stats.shortest == 2);
  REQUIRE(stats.longestRows.size() == 4);
  CHECK(stats.longestRows[0].row == 1);
  CHECK(stats.longestRows[0].line == 2);
  int64_t counted = 0;
  for (const auto &bin : stats.histogram) counted += bin.rows;
  CHECK(counted == 4);
  CHECK(dataset->problems.items().back().code == "duplicate");
  CHECK(dataset->problems.items().back().row == 4);
  // Rows of other files count as well, and the first of all is named.
  const auto other = folder.write("e.jsonl", "{\"text\":\"new\"}\n{\"text\":\"a\"}\n");
  const auto both = surveyDataset({{path}, {other}}, &tokenizers, options);
  REQUIRE(both.ok());
  CHECK(both->problems.items().back().where() == other + ":2");
  CHECK(both->problems.items().back().message == "The row is the same as row 2 of " + path + ".");
}

TEST_CASE("A file with tool calls says once whether they are trained") {
  const Folder folder;
  const std::string row = R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"w","tool_calls":[{"name":"f"}]}]})";
  const auto path =
      folder.write("d.jsonl", row + "\n" + row + "\n" +
                                  R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"w","tool_calls":[]}]})");
  const std::string body = "{{ m.content }}{% for c in m.tool_calls or [] %}({{ c.name }}){% endfor %}";
  const auto notice = [&](const std::string &source, api::TrainOn trainOn, const std::string &trained) {
    DatasetOptions options;
    options.trainOn = trainOn;
    const auto dataset = encodeDataset({{path}}, bundle(source), options);
    REQUIRE(dataset.ok());
    CHECK(trainedText(dataset->samples[0]) == trained);
    REQUIRE(dataset->problems.items().size() == 1);
    CHECK(dataset->problems.items()[0].row == -1);
    CHECK(dataset->problems.items()[0].message.substr(0, 10) == "2 rows hav");
    return dataset->problems.items()[0].code;
  };
  CHECK(notice("{% for m in messages %}" + body + "<eos>{% endfor %}", api::TrainOn::Answers, "w<eos>") == "tool_calls_not_trained");
  CHECK(notice("{% for m in messages %}" + body + "<eos>{% endfor %}", api::TrainOn::All, "<eos>w(f)<eos>") == "tool_calls_trained");
  const std::string marked = "{% for m in messages %}{% if m.role == 'user' %}q{% else %}{%- generation %}" + body +
                             "<eos>{% endgeneration -%}{% endif %}{% endfor %}";
  CHECK(notice(marked, api::TrainOn::Answers, "w(f)<eos>") == "tool_calls_trained");
}

TEST_CASE("A preview shows what training will see") {
  const Folder folder;
  const auto path = folder.write("d.json", kDialog);
  const auto broken = folder.write("b.jsonl", "{\"messages\":7}\n");
  DatasetOptions options;
  options.maxLength = 13;
  const auto preview = previewRows({{broken}, {path}, {path}, {broken}}, bundle(kShort), options, 1, 1);
  REQUIRE(preview.ok());
  CHECK(preview->rows == 4);
  CHECK(preview->format == "messages");
  CHECK(preview->columns == std::vector<std::string>{"messages"});
  CHECK(preview->problems.errors() == 0); // rows that are not shown are not read
  REQUIRE(preview->shown.size() == 1);
  const auto &row = preview->shown.front();
  CHECK(row.row == 0);
  CHECK(row.templateUsed == "model");
  CHECK(row.ids.size() == 13);
  CHECK(row.labels.size() == 13);
  CHECK(row.fullLength > 13);
  CHECK(row.pieces[0] == "u");
  CHECK(row.pieces[4] == "<eos>");
  CHECK(previewRows({{broken}}, bundle(kShort), options, 0, 1)->problems.errors() == 1);
}
