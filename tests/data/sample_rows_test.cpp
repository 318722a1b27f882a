// The rows that ship with Attune load, are short, and keep training and test questions apart.
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/data/chat_dataset.h"
#include "tests/support/starter_model.h"

#include <doctest/doctest.h>
#include <set>
#include <sstream>

using namespace attune;
using namespace attune::data;

namespace {

const std::string kSamples = std::string(ATTUNE_SOURCE_DIR) + "/resources/samples/";
const std::string kModel = test::starterModel();

std::vector<std::string> questions(const std::string &file) {
  auto text = readFile(kSamples + file);
  REQUIRE(text.ok());
  std::istringstream lines(*text);
  std::vector<std::string> found;
  for (std::string line; std::getline(lines, line);) {
    auto row = parseJson(line, file);
    REQUIRE(row.ok());
    found.push_back((*row)["messages"][0]["content"].get<std::string>());
  }
  return found;
}

} // namespace

TEST_CASE("sample questions are many and never repeated") {
  std::set<std::string> seen;
  size_t training = 0;
  for (const char *file : {"fine-tuning-en.jsonl", "fine-tuning-zh.jsonl", "fine-tuning-heldout.jsonl"}) {
    const std::vector<std::string> own = questions(file);
    for (const std::string &question : own) CHECK_MESSAGE(seen.insert(question).second, question);
    if (std::string(file) == "fine-tuning-heldout.jsonl") {
      CHECK(own.size() >= 40);
    } else {
      training += own.size();
    }
  }
  CHECK(training >= 300);
}

TEST_CASE("sample rows train whole with the starter model") {
  if (kModel.empty()) return;
  auto bundle = tokenizer::loadTokenizer(kModel);
  REQUIRE(bundle.ok());
  DatasetOptions options;
  options.maxLength = 256;
  options.overlength = api::Overlength::Refuse;
  const auto rows =
      encodeDataset({{kSamples + "fine-tuning-en.jsonl"}, {kSamples + "fine-tuning-zh.jsonl"}, {kSamples + "fine-tuning-heldout.jsonl"}},
                    *bundle, options);
  REQUIRE_MESSAGE(rows.ok(), rows.error().text());
  CHECK(rows->problems.items().empty());
  CHECK(rows->samples.size() == static_cast<size_t>(rows->rows));
  CHECK(rows->templateUsed == "model");
  CHECK(rows->droppedNoTargets == 0);
}
